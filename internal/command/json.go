package command

import (
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// NonNil makes an empty list an empty JSON array, not null.
func NonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// RFC3339 shows a time of a certificate as JSON has it, in Japan's zone.
func RFC3339(t time.Time) string { return t.In(cert.JST).Format(time.RFC3339) }
