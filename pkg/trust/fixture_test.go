package trust

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// The clock of the tests, and the dates of the certificates around it.
var (
	now        = time.Date(2027, 6, 1, 12, 0, 0, 0, cert.JST)
	caFrom     = time.Date(2023, 7, 16, 0, 50, 27, 0, time.UTC)
	caUntil    = time.Date(2033, 7, 15, 14, 59, 59, 0, time.UTC)
	validFrom  = time.Date(2024, 9, 3, 1, 2, 3, 0, time.UTC)
	validUntil = time.Date(2029, 9, 14, 14, 59, 59, 0, time.UTC)
)

var (
	proven   = Moment{Time: now, Proven: true}
	unproven = Moment{Time: now}
)

// key is a fixed key; each number has its own.
func key(t testing.TB, number byte) *ecdsa.PrivateKey {
	t.Helper()
	raw := make([]byte, 32)
	raw[31] = number
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// authority is a CA of the tests, named as JPKI's are.
type authority struct {
	t    testing.TB
	kind cert.Kind
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// newAuthority makes a CA; change may be nil.
func newAuthority(t testing.TB, kind cert.Kind, keyNumber byte, change func(*x509.Certificate)) authority {
	t.Helper()
	unit := "JPKI for digital signature"
	if kind == cert.AuthCA {
		unit = "JPKI for user authentication"
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		RawSubject:            caName(t, "JPKI", unit),
		NotBefore:             caFrom,
		NotAfter:              caUntil,
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          []byte{0xCA, keyNumber},
	}
	if change != nil {
		change(template)
	}
	k := key(t, keyNumber)
	return authority{t, kind, k, create(t, template, template, &k.PublicKey, k)}
}

// issue makes the certificate of a holder, as the CA's profile has it; change
// may be nil.
func (a authority) issue(change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	policy, usage := "1.2.392.200149.8.5.1.1.20", x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment
	if a.kind == cert.AuthCA {
		policy, usage = "1.2.392.200149.8.5.1.3.30", x509.KeyUsageDigitalSignature
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234567),
		Subject:      pkix.Name{Country: []string{"JP"}, CommonName: "12345678901234567890123"},
		NotBefore:    validFrom,
		NotAfter:     validUntil,
		KeyUsage:     usage,
		Policies:     policies(a.t, policy),
	}
	holder := &key(a.t, 99).PublicKey
	if change != nil {
		change(template)
		if template.PublicKey != nil {
			return create(a.t, template, a.cert, template.PublicKey, a.key)
		}
	}
	return create(a.t, template, a.cert, holder, a.key)
}

func create(t testing.TB, template, parent *x509.Certificate, public any, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	raw, err := x509.CreateCertificate(nil, template, parent, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

func parse(t testing.TB, raw []byte) *x509.Certificate {
	t.Helper()
	c, err := cert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func caName(t testing.TB, o, unit string) []byte {
	t.Helper()
	part := func(id int, v string) pkix.RelativeDistinguishedNameSET {
		return pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, id}, Value: v}}
	}
	raw, err := asn1.Marshal(pkix.RDNSequence{part(6, "JP"), part(10, o), part(11, unit),
		part(11, "Japan Agency for Local Authority Information Systems")})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func policies(t testing.TB, ids ...string) (all []x509.OID) {
	t.Helper()
	for _, id := range ids {
		oid, err := x509.ParseOID(id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, oid)
	}
	return all
}

// trusting believes the CAs given.
func trusting(cas ...authority) (a Anchors) {
	for _, ca := range cas {
		a.Added = append(a.Added, cert.FingerprintOf(ca.cert))
	}
	return a
}

// at is the moment d after t.
func at(t time.Time, d time.Duration, proven bool) Moment {
	return Moment{Time: t.Add(d), Proven: proven}
}
