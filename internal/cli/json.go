package cli

import (
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// rfc3339 shows a time of a certificate as JSON has it, in Japan's zone.
func rfc3339(t time.Time) string { return t.In(cert.JST).Format(time.RFC3339) }
