package cert

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Fingerprint is the SHA-256 of a certificate's DER.
type Fingerprint [sha256.Size]byte

// ErrFingerprint is the error of a string that is no fingerprint.
var ErrFingerprint = errors.New("cert: a SHA-256 fingerprint has 64 hexadecimal digits")

// FingerprintOf computes the fingerprint of c.
func FingerprintOf(c *x509.Certificate) Fingerprint { return sha256.Sum256(c.Raw) }

// ParseFingerprint reads 64 hexadecimal digits of either case, with or without
// the colons and spaces that other programs and printed lists put in between.
func ParseFingerprint(s string) (Fingerprint, error) {
	var f Fingerprint
	digits := strings.NewReplacer(":", "", " ", "").Replace(s)
	if raw, err := hex.DecodeString(digits); err != nil || copy(f[:], raw) != len(f) || len(raw) != len(f) {
		return Fingerprint{}, ErrFingerprint
	}
	return f, nil
}

// String is 64 upper-case hexadecimal digits.
func (f Fingerprint) String() string { return fmt.Sprintf("%X", f[:]) }

// Serial writes a serial number as J-LIS and openssl do: whole bytes in
// upper-case hexadecimal, 0132C4AB.
func Serial(n *big.Int) string {
	if n.Sign() == 0 {
		return "00"
	}
	return fmt.Sprintf("%X", n.Bytes())
}
