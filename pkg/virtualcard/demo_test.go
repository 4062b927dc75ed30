package virtualcard

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"
)

// newDemoCA makes the certificate of a demo CA in the form of JPKI's.
// demo_ca.pem was made by it.
func newDemoCA(t *testing.T, k kind, serial int64, key *rsa.PrivateKey) []byte {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		SignatureAlgorithm:    x509.SHA256WithRSA,
		RawSubject:            encode(k.name().rdnSequence(), ""),
		NotBefore:             date(2015, 1, 1),
		NotAfter:              date(2050, 1, 1).Add(-time.Second),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          keyIdentifier(&key.PublicKey),
		ExtraExtensions: []pkix.Extension{
			{Id: oidSubjectAltName, Value: encode(generalNames{directoryName(k.nameJA())}, "")},
			{Id: oidCRLDistributionPoints, Value: crlDistributionPoints(k.name())},
		},
	}
	der, err := x509.CreateCertificate(nil, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestDemoCAsStayTheSame shows that the demo CA certificates keep their bytes,
// whose fingerprints other programs may pin, and that newDemoCA makes them.
func TestDemoCAsStayTheSame(t *testing.T) {
	sign, auth := DemoCAs()
	for _, tt := range []struct {
		ca     CA
		kind   kind
		serial int64
		sha256 string
	}{
		{sign, signKind, 0x44454D01, "2d99bf5ef39ecae749417b16be0dafa7db302cc7804f91585bba2d4be36ad261"},
		{auth, authKind, 0x44454D02, "b93501ade4b3fabcb28e812163af93236a02412ae2ae61c058d4bef4b1e6b536"},
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256(tt.ca.Certificate.Raw)); got != tt.sha256 {
			t.Errorf("%s: fingerprint %s, want %s", tt.kind.unit, got, tt.sha256)
		}
		if !bytes.Equal(tt.ca.Certificate.Raw, newDemoCA(t, tt.kind, tt.serial, tt.ca.Key)) {
			t.Errorf("%s: the recipe makes another certificate", tt.kind.unit)
		}
	}
}
