package command

import (
	"encoding/base64"
	"time"
	"unicode/utf8"

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

// NameBytes returns the bytes of a file's name in base64 if the name is not
// UTF-8, because JSON cannot hold such a name; otherwise nil.
func NameBytes(name string) *string {
	if utf8.ValidString(name) {
		return nil
	}
	s := base64.StdEncoding.EncodeToString([]byte(name))
	return &s
}
