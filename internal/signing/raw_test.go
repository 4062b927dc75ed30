package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestCheckRaw: a bare signature by any kind of key that signs is checked before
// it is kept.
func TestCheckRaw(t *testing.T) {
	sign, _ := virtualcard.DemoCAs()
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("content"))
	other := sha256.Sum256([]byte("another"))
	for name, key := range map[string]crypto.Signer{"RSA": sign.Key, "P-384": curve} {
		signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{PublicKey: key.Public()}
		if err := checkRaw(c, crypto.SHA256, digest[:], signature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if checkRaw(c, crypto.SHA256, other[:], signature) == nil {
			t.Errorf("%s: a signature over something else is taken", name)
		}
	}
}
