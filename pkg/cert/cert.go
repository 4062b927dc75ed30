// Package cert reads what the certificates of Japan's public personal
// authentication service (JPKI) say: which of the kinds one is, whom it names,
// which CA issued it, and when it ends, in Japanese civil dates.
//
// It believes whatever the certificate says: whether that is true is decided by
// package trust. Every certificate is hostile input here. What a certificate
// can smuggle into a terminal is kept out by [Text].
//
// Standards: RFC 5280 for the certificate, the JPKI profile for its names,
// policies and attributes. It uses the standard library only.
package cert

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
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
// crypto/x509 decides what is well-formed. It accepts all that the JPKI profile
// has (a subjectAltName of otherNames only, directoryName as CRL distribution
// point, issuerAltName, serial numbers of 20 bytes) and refuses a negative
// serial number.
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
// header included (X.690, 8.1.3 and 10.1).
func sequenceLen(file []byte) (int, error) {
	if len(file) == 0 || file[0] != 0x30 {
		return 0, ErrNone
	}
	if len(file) < 2 {
		return 0, ErrTruncated
	}
	header, content := 2, int(file[1])
	if content >= 0x80 { // the long form: so many octets of length follow
		octets := content & 0x7F
		if octets == 0 {
			return 0, fmt.Errorf("%w: indefinite length", ErrMalformed)
		}
		if octets > 3 {
			return 0, ErrTooLarge
		}
		header += octets
		if len(file) < header {
			return 0, ErrTruncated
		}
		content = 0
		for _, b := range file[2:header] {
			content = content<<8 | int(b)
		}
	}
	switch n := header + content; {
	case n > MaxSize:
		return 0, ErrTooLarge
	case n > len(file):
		return 0, ErrTruncated
	default:
		return n, nil
	}
}
