package sigalg

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestAlgorithms has crypto/x509 sign with each algorithm and reads the
// identifier that it wrote.
func TestAlgorithms(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, a := range Algorithms {
		if a.Hash == crypto.SHA1 || a.Hash == 0 { // crypto/x509 does not sign with SHA-1
			continue
		}
		var key crypto.Signer = rsaKey
		if a.EC {
			key = ec
		}
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<31, 0), SignatureAlgorithm: a.X509},
			&x509.Certificate{}, key.Public(), key)
		if err != nil {
			t.Fatalf("%s: %v", a.ID, err)
		}
		var c struct {
			TBS       asn1.RawValue
			Algorithm pkix.AlgorithmIdentifier
			Signature asn1.BitString
		}
		if _, err := asn1.Unmarshal(der, &c); err != nil {
			t.Fatal(err)
		}
		if c.Algorithm.Algorithm.String() != a.ID {
			t.Errorf("%v: %v, and %s in the table", a.X509, c.Algorithm.Algorithm, a.ID)
		}
		if want := strings.ReplaceAll(a.Hash.String(), "-", ""); !strings.Contains(strings.ReplaceAll(a.X509.String(), "-", ""), want) {
			t.Errorf("%v: with %v in the table", a.X509, a.Hash)
		}
		seen++
	}
	if seen != 6 {
		t.Errorf("%d algorithms were looked at", seen)
	}
}
