package cert

import (
	"crypto/sha256"
	"errors"
	"math/big"
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	c := signCertificate(t)
	f := FingerprintOf(c)
	if f != sha256.Sum256(c.Raw) || len(f.String()) != 64 || f.String() != strings.ToUpper(f.String()) {
		t.Errorf("fingerprint %s", f)
	}
	s := f.String()
	var colons []string
	for i := 0; i < len(s); i += 2 {
		colons = append(colons, s[i:i+2])
	}
	for _, written := range []string{s, strings.ToLower(s), strings.Join(colons, ":"), strings.Join(colons, " "), s[:32] + " " + s[32:]} {
		if got, err := ParseFingerprint(written); err != nil || got != f {
			t.Errorf("%q: %v, %v", written, got, err)
		}
	}
	for _, wrong := range []string{"", "00", s[:63], s[:62], s + "00", s[:62] + "0G", s[:40], strings.Join(colons, "-")} {
		if got, err := ParseFingerprint(wrong); !errors.Is(err, ErrFingerprint) || got != (Fingerprint{}) {
			t.Errorf("%q: %v, %v", wrong, got, err)
		}
	}
}

func TestSerial(t *testing.T) {
	for want, n := range map[string]int64{"00": 0, "01": 1, "0132C4AB": 0x0132C4AB, "FF": 255, "0100": 256} {
		if got := Serial(big.NewInt(n)); got != want {
			t.Errorf("Serial(%d) = %s, want %s", n, got, want)
		}
	}
}
