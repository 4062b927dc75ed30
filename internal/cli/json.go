package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// writeJSON writes one JSON document.
func (a *app) writeJSON(w io.Writer, doc any) error { return writeJSON(w, doc, "  ") }

// writeJSONLine writes one JSON document in a line.
func writeJSONLine(w io.Writer, doc any) error { return writeJSON(w, doc, "") }

// writeJSON escapes the characters that could steer a terminal, which
// encoding/json leaves as they are: a certificate can hold any.
func writeJSON(w io.Writer, doc any, indent string) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(doc); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, r := range buf.String() {
		if r > '~' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, "\\u%04x", unit)
			}
			continue
		}
		out.WriteRune(r)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// rfc3339 shows a time of a certificate as JSON has it, in Japan's zone.
func rfc3339(t time.Time) string { return t.In(cert.JST).Format(time.RFC3339) }
