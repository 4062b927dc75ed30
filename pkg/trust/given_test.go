package trust

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// givenChain is a chain of three of another organization.
func givenChain(t testing.TB) (root, middle authority, leaf *x509.Certificate) {
	t.Helper()
	other := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.RawSubject = caName(t, "Example", name) }
	}
	root = newAuthority(t, cert.SignCA, 40, other("root"))
	middle = authority{t, cert.SignCA, key(t, 41), nil}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), RawSubject: caName(t, "Example", "middle"), NotBefore: caFrom, NotAfter: caUntil,
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{41},
	}
	middle.cert = create(t, template, root.cert, &middle.key.PublicKey, root.key)
	return root, middle, middle.person(nil)
}

// person makes the certificate of somebody, of no profile; change may be nil.
func (a authority) person(change func(*x509.Certificate)) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "Somebody"}, NotBefore: validFrom, NotAfter: validUntil,
		KeyUsage: x509.KeyUsageContentCommitment,
	}
	if change != nil {
		change(template)
	}
	public := template.PublicKey
	if public == nil {
		public = &key(a.t, 99).PublicKey
	}
	return create(a.t, template, a.cert, public, a.key)
}

func TestGiven(t *testing.T) {
	root, middle, leaf := givenChain(t)
	stranger := newAuthority(t, cert.SignCA, 43, func(c *x509.Certificate) { c.RawSubject = caName(t, "Example", "stranger") })
	believing := func(all ...authority) Anchors { return Anchors{Given: cas(all...)} }
	noChain := func(err error) []Reason { return []Reason{{Code: NoCertificateChainFound, Err: err}} }
	constraint := func(err error) []Reason { return []Reason{{Code: ChainConstraintsFailure, Err: err}} }
	old := middle.person(func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, 0, -1) })

	for what, test := range map[string]struct {
		anchors Anchors
		c       *x509.Certificate
		cas     []*x509.Certificate
		want    cert.Kind
		at      Moment
		status  Status
		reasons []Reason
	}{
		"to the root":            {believing(root), leaf, cas(middle), cert.Any, proven, ValidRevocationUnchecked, nil},
		"to the CA in between":   {believing(middle), leaf, nil, cert.Any, unproven, ValidRevocationUnchecked, nil},
		"intermediate given too": {believing(root, middle), leaf, nil, cert.Any, proven, ValidRevocationUnchecked, nil},
		"no intermediate":        {believing(root), leaf, nil, cert.Any, proven, Indeterminate, noChain(ErrNotGiven)},
		"another CA given":       {believing(stranger), leaf, cas(middle, root), cert.Any, proven, Indeterminate, noChain(ErrNotGiven)},
		"nothing given":          {Anchors{}, leaf, cas(middle, root), cert.Any, proven, Indeterminate, noChain(ErrNotJPKI)},
		"no usage at all":        {believing(root), middle.person(func(c *x509.Certificate) { c.KeyUsage = 0 }), cas(middle), cert.Any, proven, ValidRevocationUnchecked, nil},
		"digitalSignature":       {believing(root), middle.person(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), cas(middle), cert.Any, proven, ValidRevocationUnchecked, nil},
		"key agreement":          {believing(root), middle.person(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), cas(middle), cert.Any, proven, Invalid, constraint(ErrKeyUsage)},
		"a CA as signer":         {believing(root), middle.cert, nil, cert.Any, proven, Invalid, append(constraint(ErrNotEndEntity), constraint(ErrKeyUsage)...)},
		"where JPKI's is needed": {believing(root), leaf, cas(middle), cert.Sign, proven, Invalid, constraint(ErrKind)},
		"expired, no proof":      {believing(root), old, cas(middle), cert.Any, unproven, Indeterminate, []Reason{{Code: OutOfBoundsNoPOE, Err: ErrExpired}}},
		"expired":                {believing(root), old, cas(middle), cert.Any, proven, Invalid, []Reason{{Code: Expired, Err: ErrExpired}}},
		"good when it was made":  {believing(root), old, cas(middle), cert.Any, at(now, -48*time.Hour, true), ValidRevocationUnchecked, nil},
		"not yet":                {believing(root), leaf, cas(middle), cert.Any, at(validFrom, -time.Hour, true), Invalid, []Reason{{Code: NotYetValid, Err: ErrNotYetValid}}},
	} {
		v := test.anchors.Check(test.c, test.cas, test.want, test.at)
		expect(t, what, v, test.status, test.reasons...)
		if believed := test.status != Indeterminate || v.Chain != nil; believed != (v.Issuer.Standing == Given) || believed != (len(v.Chain) > 1) {
			t.Errorf("%s: issuer %v, chain of %d", what, v.Issuer, len(v.Chain))
		}
	}
	if Given.String() != "given" {
		t.Errorf("%v", Given)
	}
}

func TestGivenBadChains(t *testing.T) {
	root, middle, leaf := givenChain(t)
	a := Anchors{Given: cas(root)}
	end := Moment{Time: caUntil.Add(time.Hour), Proven: true}
	long := middle.person(func(c *x509.Certificate) { c.NotAfter = caUntil.AddDate(1, 0, 0) })
	expect(t, "CA expired", a.Check(long, cas(middle), cert.Any, end), Indeterminate, Reason{Code: OutOfBoundsNoPOE, Err: ErrExpired, CA: true})

	critical := middle.person(func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{extension(t, "1.2.3", true, 5)}
	})
	if v := a.Check(critical, cas(middle), cert.Any, proven); v.Status() != Invalid || !errors.As(v.Reasons[0].Err, new(x509.UnhandledCriticalExtension)) {
		t.Errorf("critical extension: %v", v.Reasons)
	}
	weak := middle.person(func(c *x509.Certificate) {
		c.PublicKey = &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	})
	expect(t, "a weak key", a.Check(weak, cas(middle), cert.Any, proven), Indeterminate, Reason{Code: CryptoConstraintsFailureNoPOE, Err: ErrAlgorithm})

	forged := *leaf
	forged.RawTBSCertificate = append([]byte{}, leaf.RawTBSCertificate...)
	forged.RawTBSCertificate[len(forged.RawTBSCertificate)-1] ^= 1
	if v := a.Check(&forged, cas(middle), cert.Any, proven); v.Status() != Indeterminate || v.Chain != nil {
		t.Errorf("forged: %v", v.Reasons)
	}
}

// --ca is no back door: a CA that calls itself JPKI's is added with its
// fingerprint, and the demo card's is never believed by being given.
func TestGivenIsNotForJPKI(t *testing.T) {
	fake, demo := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.AuthCA, 2, nil)
	pinned(t, &demoPins, demo)
	odd := newAuthority(t, cert.SignCA, 3, func(c *x509.Certificate) { c.RawSubject = caName(t, "JPKI", "Something else") })
	a := Anchors{Given: cas(fake, demo, odd)}
	for what, test := range map[string]struct {
		ca  authority
		err error
	}{
		"JPKI's name":    {fake, ErrUnknownCA},
		"demo":           {demo, ErrDemoCA},
		"a unit of JPKI": {odd, ErrNotGiven},
	} {
		v := a.Check(test.ca.issue(nil), cas(fake, demo, odd), cert.Any, proven)
		expect(t, what, v, Indeterminate, Reason{Code: NoCertificateChainFound, Err: test.err})
	}
}

// A CA that is given lends nobody JPKI's name: neither one that it certified,
// nor itself where another issued it.
func TestGivenLendsNoNames(t *testing.T) {
	root, _, _ := givenChain(t)
	for _, o := range []string{"JPKI", "JPKI DEMO"} {
		lent := authority{t, cert.SignCA, key(t, 44), nil}
		lent.cert = create(t, &x509.Certificate{
			SerialNumber: big.NewInt(3), RawSubject: caName(t, o, o+" for digital signature"), NotBefore: caFrom, NotAfter: caUntil,
			BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: []byte{44},
		}, root.cert, &lent.key.PublicKey, root.key)
		c := lent.issue(nil)
		if got := cert.KindOf(c); got != cert.Sign {
			t.Errorf("%s: %v", o, got)
		}
		for what, given := range map[string][]*x509.Certificate{"certified": cas(root), "itself": cas(lent)} {
			v := Anchors{Given: given}.Check(c, cas(lent), cert.Any, proven)
			expect(t, o+", "+what, v, Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrNotGiven})
		}
	}
}

// TestGivenJPKI: a CA that is named like one of JPKI's, or of the demo card, is
// not believed by being given, nor what it certifies under other names.
func TestGivenJPKI(t *testing.T) {
	for _, o := range []string{"JPKI", "JPKI DEMO"} {
		root := newAuthority(t, cert.SignCA, 45, func(c *x509.Certificate) { c.RawSubject = caName(t, o, o+" for digital signature") })
		middle := authority{t, cert.SignCA, key(t, 41), nil}
		middle.cert = create(t, &x509.Certificate{
			SerialNumber: big.NewInt(4), RawSubject: caName(t, "Example", "middle"), NotBefore: caFrom, NotAfter: caUntil,
			BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: []byte{41},
		}, root.cert, &middle.key.PublicKey, root.key)
		v := Anchors{Given: cas(root)}.Check(middle.person(nil), cas(middle, root), cert.Any, proven)
		expect(t, o, v, Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrNotGiven})
	}
}
