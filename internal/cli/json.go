package cli

import (
	"encoding/json"
	"io"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// writeJSON writes one JSON document.
func (a *app) writeJSON(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// rfc3339 shows a time of a certificate as JSON has it, in Japan's zone.
func rfc3339(t time.Time) string { return t.In(cert.JST).Format(time.RFC3339) }
