package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// JSON writes a document to Out.
func (o *IO) JSON(doc any) error { return WriteJSON(o.Out, doc) }

// WriteJSON writes one JSON document.
func WriteJSON(w io.Writer, doc any) error { return writeJSON(w, doc, "  ") }

// WriteJSONLine writes one JSON document in a line.
func WriteJSONLine(w io.Writer, doc any) error { return writeJSON(w, doc, "") }

func writeJSON(w io.Writer, doc any, indent string) error {
	part, err := encodeJSON(doc, "", indent)
	if err != nil {
		return err
	}
	_, err = w.Write(append(part, '\n'))
	return err
}

// WriteJSONPart writes a value inside a larger document. Each line after the
// first gets prefix; the caller has already begun the first line.
func WriteJSONPart(w io.Writer, doc any, prefix, indent string) error {
	part, err := encodeJSON(doc, prefix, indent)
	if err != nil {
		return err
	}
	_, err = w.Write(part)
	return err
}

// encodeJSON escapes the characters that could steer a terminal, which
// encoding/json leaves as they are: a certificate can hold any.
func encodeJSON(doc any, prefix, indent string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, indent)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, r := range strings.TrimSuffix(buf.String(), "\n") {
		if r > '~' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, "\\u%04x", unit)
			}
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes(), nil
}
