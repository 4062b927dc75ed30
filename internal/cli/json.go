package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// writeJSON writes one JSON document.
func (a *app) writeJSON(w io.Writer, doc any) error { return writeJSON(w, doc, "  ") }

// writeJSONLine writes one JSON document in a line.
func writeJSONLine(w io.Writer, doc any) error { return writeJSON(w, doc, "") }

func writeJSON(w io.Writer, doc any, indent string) error {
	part, err := encodeJSON(doc, "", indent)
	if err != nil {
		return err
	}
	_, err = w.Write(append(part, '\n'))
	return err
}

// writeJSONPart writes a value inside a document, whose lines begin with
// prefix; the first one is begun already.
func writeJSONPart(w io.Writer, doc any, prefix, indent string) error {
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

// rfc3339 shows a time of a certificate as JSON has it, in Japan's zone.
func rfc3339(t time.Time) string { return t.In(cert.JST).Format(time.RFC3339) }
