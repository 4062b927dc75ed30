package cert

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"
)

const (
	signUnit = "JPKI for digital signature"
	authUnit = "JPKI for user authentication"
	agency   = "Japan Agency for Local Authority Information Systems"
)

var (
	signPolicy = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 1, 20}
	authPolicy = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 3, 30}
)

// rdn is one part of a Name, of one attribute.
func rdn(id asn1.ObjectIdentifier, value any) pkix.RelativeDistinguishedNameSET {
	return pkix.RelativeDistinguishedNameSET{{Type: id, Value: value}}
}

func country() pkix.RelativeDistinguishedNameSET {
	return rdn(asn1.ObjectIdentifier{2, 5, 4, 6}, "JP")
}
func locality(v string) pkix.RelativeDistinguishedNameSET {
	return rdn(asn1.ObjectIdentifier{2, 5, 4, 7}, v)
}
func org(v string) pkix.RelativeDistinguishedNameSET {
	return rdn(asn1.ObjectIdentifier{2, 5, 4, 10}, v)
}
func unit(v string) pkix.RelativeDistinguishedNameSET {
	return rdn(asn1.ObjectIdentifier{2, 5, 4, 11}, v)
}
func commonName(v any) pkix.RelativeDistinguishedNameSET {
	return rdn(asn1.ObjectIdentifier{2, 5, 4, 3}, v)
}

// dn encodes a Name part by part: pkix.Name would put both OU into one part,
// which no JPKI certificate does.
func dn(t testing.TB, parts ...pkix.RelativeDistinguishedNameSET) []byte {
	t.Helper()
	return der(t, pkix.RDNSequence(parts))
}

func caName(t testing.TB, o, ou string) []byte {
	return dn(t, country(), org(o), unit(ou), unit(agency))
}

func der(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func policies(t testing.TB, ids ...asn1.ObjectIdentifier) (all []x509.OID) {
	t.Helper()
	for _, id := range ids {
		oid, err := x509.ParseOID(id.String())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, oid)
	}
	return all
}

// san builds a subjectAltName out of its entries.
func san(t testing.TB, entries ...[]byte) pkix.Extension {
	t.Helper()
	var content []byte
	for _, e := range entries {
		content = append(content, e...)
	}
	return pkix.Extension{Id: subjectAltName, Value: der(t, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content})}
}

// attributeEntry is the otherName of the holder's attribute n.
func attributeEntry(t testing.TB, n int, value string) []byte {
	return otherName(t, append(append(asn1.ObjectIdentifier{}, holderArc...), n), der(t, utf8String(value)))
}

func utf8String(s string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)}
}

func otherName(t testing.TB, id asn1.ObjectIdentifier, value []byte) []byte {
	wrapped := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: value}
	return der(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true,
		Bytes: append(der(t, id), der(t, wrapped)...)})
}

// certificate makes a certificate of the given names; change may be nil. Its
// signature fits no issuer: nothing in this package looks at it.
func certificate(t testing.TB, issuer, subject []byte, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x0132C4AB),
		RawSubject:   subject,
		NotBefore:    time.Date(2024, 9, 3, 1, 2, 3, 0, time.UTC),
		NotAfter:     time.Date(2029, 9, 14, 14, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(template)
	}
	raw, err := x509.CreateCertificate(nil, template, &x509.Certificate{RawSubject: issuer}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signCertificate makes a signing certificate with these subjectAltName
// entries.
func signCertificate(t testing.TB, entries ...[]byte) *x509.Certificate {
	t.Helper()
	subject := dn(t, country(), locality("Tokyo-to"), locality("Kiyose-shi"), commonName("202409031234567890123456A"))
	return certificate(t, caName(t, "JPKI", signUnit), subject, func(c *x509.Certificate) {
		c.Policies = policies(t, signPolicy)
		if len(entries) > 0 {
			c.ExtraExtensions = []pkix.Extension{san(t, entries...)}
		}
	})
}
