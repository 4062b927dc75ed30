// Package cert reads the certificates of Japan's public personal authentication
// service (JPKI): the kind of a certificate, its holder, the CA that issued it,
// and its end, in Japanese civil dates.
//
// It believes whatever the certificate says: whether that is true is decided by
// package trust. Every certificate is hostile input here. [Text] keeps control
// characters of a certificate out of a terminal.
//
// Standards: RFC 5280 for the certificate, the JPKI profile for its names,
// policies and attributes. It uses the standard library only.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package cert

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
	"io"
)

// MaxSize is the most bytes a certificate may have: READ BINARY has 15 bits of
// offset, so no file of a card holds more. Real ones have 1 to 2 KiB.
const MaxSize = 1 << 15

// Errors of [Parse].
var (
	ErrNone      = errors.New("cert: no certificate here")
	ErrTruncated = errors.New("cert: the certificate is cut short")
	ErrTooLarge  = errors.New("cert: larger than any certificate of a card")
	ErrMalformed = errors.New("cert: malformed certificate")
)

// Parse takes the certificate out of the content of a card's file, which is
// padded behind the DER: the DER's own length counts, not the file's. A file
// that does not begin with a SEQUENCE holds no certificate, and is [ErrNone]: so
// the file of the signing certificate may be on a card that has none. The result
// does not share memory with file.
//
// crypto/x509 decides whether a certificate is well-formed. It accepts all that
// the JPKI profile has (a subjectAltName of otherNames only, directoryName as
// CRL distribution point, issuerAltName, serial numbers of 20 bytes) and
// refuses a negative serial number.
func Parse(file []byte) (*x509.Certificate, error) {
	n, err := sequenceLen(file)
	if err != nil {
		return nil, err
	}
	c, err := x509.ParseCertificate(bytes.Clone(file[:n]))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return c, nil
}

// sequenceLen gives the length of the DER SEQUENCE that file begins with,
// header included.
func sequenceLen(file []byte) (int, error) {
	if len(file) == 0 || file[0] != ber.Sequence {
		return 0, ErrNone
	}
	h, err := ber.Decode(file)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return 0, ErrTruncated
	case err != nil || h.Length > MaxSize-uint64(h.Size):
		return 0, ErrTooLarge
	case h.Indefinite:
		return 0, fmt.Errorf("%w: indefinite length", ErrMalformed)
	}
	n := h.Size + int(h.Length)
	if n > len(file) {
		return 0, ErrTruncated
	}
	return n, nil
}
