package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// expect checks a verdict against its status and the reasons, which are all of
// them.
func expect(t *testing.T, what string, v Verdict, status Status, reasons ...Reason) {
	t.Helper()
	if v.Status() != status {
		t.Errorf("%s: %s (%v), want %s", what, v.Status(), v.Reasons, status)
	}
	if !slices.Equal(v.Reasons, reasons) {
		t.Errorf("%s: reasons %v, want %v", what, v.Reasons, reasons)
	}
}

func cas(all ...authority) (certificates []*x509.Certificate) {
	for _, a := range all {
		certificates = append(certificates, a.cert)
	}
	return certificates
}

func TestCheck(t *testing.T) {
	sign, auth := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.AuthCA, 2, nil)
	a := trusting(sign, auth)
	for _, ca := range []authority{sign, auth} {
		c := ca.issue(nil)
		for _, want := range []cert.Kind{ca.kind.Issues(), cert.Any} {
			for _, when := range []Moment{proven, unproven} {
				v := a.Check(c, cas(auth, sign), want, when)
				expect(t, ca.kind.String(), v, ValidRevocationUnchecked)
				if v.Issuer.Standing != Added {
					t.Errorf("issuer %v", v.Issuer)
				}
			}
		}
	}
}

func TestCheckWithoutTheCA(t *testing.T) {
	ca, stranger := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.SignCA, 2, nil)
	foreign := newAuthority(t, cert.SignCA, 3, func(c *x509.Certificate) { c.RawSubject = caName(t, "Example", "Example") })
	respelt := newAuthority(t, cert.SignCA, 1, func(c *x509.Certificate) { // the same text in another string type
		c.RawSubject = bytes.Replace(c.RawSubject, []byte("\x13\x04JPKI"), []byte("\x0C\x04JPKI"), 1)
	})
	c := ca.issue(nil)
	reason := func(err error) Reason { return Reason{Code: NoCertificateChainFound, Err: err} }

	for what, test := range map[string]struct {
		anchors  Anchors
		c        *x509.Certificate
		cas      []*x509.Certificate
		err      error
		standing Standing
	}{
		"no CA at hand":           {trusting(ca), c, nil, ErrNoIssuer, NotJPKI},
		"another generation's CA": {trusting(ca, stranger), c, cas(stranger), ErrNoIssuer, NotJPKI},
		"CA of another name":      {trusting(ca, foreign), c, cas(foreign), ErrNoIssuer, NotJPKI},
		"name in other bytes":     {trusting(ca, respelt), c, cas(respelt), ErrNoIssuer, NotJPKI},
		"CA not known":            {trusting(stranger), c, cas(ca, stranger), ErrUnknownCA, Unknown},
		"not of JPKI":             {Anchors{}, foreign.issue(nil), cas(foreign), ErrNotJPKI, NotJPKI},
		"not of JPKI, but added":  {trusting(foreign), foreign.issue(nil), cas(foreign), ErrNotJPKI, NotJPKI},
		"demo believed":           {Anchors{Demo: true}, c, cas(ca), ErrUnknownCA, Unknown},
	} {
		v := test.anchors.Check(test.c, test.cas, cert.Any, proven)
		expect(t, what, v, Indeterminate, reason(test.err))
		if v.Issuer.Standing != test.standing {
			t.Errorf("%s: issuer %v", what, v.Issuer)
		}
	}
}

// The key identifier tells which CA certificate is missing.
func TestCheckNamesTheMissingCA(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, func(c *x509.Certificate) {
		c.SubjectKeyId = []byte{0x4D, 0xE0, 0x17, 0xDE, 0x4B, 0x7F, 0x47, 0x3D, 0xCD, 0x86, 0x7A, 0x62, 0xD3, 0x8B, 0x13, 0x4A, 0xCE, 0x83, 0x55, 0x8A}
	})
	v := Anchors{}.Check(ca.issue(nil), nil, cert.Sign, proven)
	expect(t, "missing", v, Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrNoIssuer})
	if v.Issuer.Standing != Pinned || v.Issuer.Pin.ID != "sign-02" {
		t.Errorf("issuer %v", v.Issuer)
	}
	// A forger who copies the identifier gains nothing.
	v = Anchors{}.Check(ca.issue(nil), cas(ca), cert.Sign, proven)
	expect(t, "forged", v, Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrUnknownCA})
}

func TestCheckAForgedCertificate(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	bad := Reason{Code: CertificateChainGeneralFailure, Err: ErrSignature}

	forger := newAuthority(t, cert.SignCA, 2, func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId })
	expect(t, "another key", trusting(ca).Check(forger.issue(nil), cas(ca), cert.Sign, proven), Invalid, bad)
	expect(t, "another key, and its CA along", trusting(ca).Check(forger.issue(nil), cas(forger, ca), cert.Sign, proven), Invalid, bad)

	for _, all := range [][]*x509.Certificate{cas(forger, ca), cas(ca, forger)} {
		expect(t, "genuine, a forger's CA along", trusting(ca).Check(ca.issue(nil), all, cert.Sign, proven), ValidRevocationUnchecked)
	}

	changed := bytes.Replace(ca.issue(nil).Raw, []byte("12345678901234567890123"), []byte("12345678901234567890124"), 1)
	expect(t, "one byte changed", trusting(ca).Check(parse(t, changed), cas(ca), cert.Sign, proven), Invalid, bad)
}

// Without a key identifier several CAs of one name come into question.
func TestCheckWithoutKeyIdentifier(t *testing.T) {
	noID := func(c *x509.Certificate) { c.SubjectKeyId = nil }
	one, two := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.SignCA, 2, nil)
	nameless := authority{t, cert.SignCA, two.key, newAuthority(t, cert.SignCA, 2, noID).cert}
	nameless.cert.SubjectKeyId = nil // CreateCertificate gives every CA one
	c := nameless.issue(nil)
	if len(c.AuthorityKeyId) != 0 {
		t.Fatalf("key identifier %X", c.AuthorityKeyId)
	}
	a := trusting(one, two)
	expect(t, "one, two", a.Check(c, cas(one, two), cert.Sign, proven), ValidRevocationUnchecked)
	expect(t, "two, one", a.Check(c, cas(two, one), cert.Sign, proven), ValidRevocationUnchecked)
	expect(t, "one", a.Check(c, cas(one), cert.Sign, proven), Invalid, Reason{Code: CertificateChainGeneralFailure, Err: ErrSignature})
}

func TestCheckConstraints(t *testing.T) {
	constraint := func(errs ...error) (reasons []Reason) {
		for _, err := range errs {
			reasons = append(reasons, Reason{Code: ChainConstraintsFailure, Err: err})
		}
		return reasons
	}
	critical := func(id ...int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: id, Critical: true, Value: []byte{0x30, 0x00}}}
		}
	}
	for what, test := range map[string]struct {
		kind   cert.Kind
		want   cert.Kind
		change func(*x509.Certificate)
		errs   []error
	}{
		"signing without nonRepudiation": {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, []error{ErrKeyUsage}},
		"signing without digitalSignature": {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment },
			[]error{ErrKeyUsage}},
		"no key usage":              {cert.AuthCA, cert.Auth, func(c *x509.Certificate) { c.KeyUsage = 0 }, []error{ErrKeyUsage}},
		"usage for encipherment":    {cert.AuthCA, cert.Auth, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, []error{ErrKeyUsage}},
		"authentication's policy":   {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.Policies = policies(t, "1.2.392.200149.8.5.1.3.30") }, []error{ErrPolicy}},
		"signing's policy":          {cert.AuthCA, cert.Auth, func(c *x509.Certificate) { c.Policies = policies(t, "1.2.392.200149.8.5.1.1.20") }, []error{ErrPolicy}},
		"no policy":                 {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.Policies = nil }, []error{ErrPolicy}},
		"older policy":              {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.Policies = policies(t, "1.2.392.200149.8.5.1.1.10") }, nil},
		"authentication for a file": {cert.AuthCA, cert.Sign, nil, []error{ErrKind}},
		"signing for a log-in":      {cert.SignCA, cert.Auth, nil, []error{ErrKind}},
		"a subordinate CA": {cert.SignCA, cert.Sign, func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, true },
			[]error{ErrNotEndEntity}},
		"unknown critical extension":   {cert.SignCA, cert.Sign, critical(1, 2, 3), []error{ErrCriticalExtension}},
		"critical extended key usage":  {cert.SignCA, cert.Sign, critical(2, 5, 29, 37), []error{ErrCriticalExtension}},
		"critical policy constraints":  {cert.SignCA, cert.Sign, critical(2, 5, 29, 36), []error{ErrCriticalExtension}},
		"critical subjectAltName":      {cert.SignCA, cert.Sign, critical(2, 5, 29, 17), nil},
		"critical issuerAltName":       {cert.SignCA, cert.Sign, critical(2, 5, 29, 18), nil},
		"critical distribution points": {cert.SignCA, cert.Sign, critical(2, 5, 29, 31), nil},
		"several at once": {cert.AuthCA, cert.Sign, func(c *x509.Certificate) { c.KeyUsage, c.Policies = 0, nil },
			[]error{ErrKeyUsage, ErrPolicy, ErrKind}},
	} {
		ca := newAuthority(t, test.kind, 1, nil)
		v := trusting(ca).Check(ca.issue(test.change), cas(ca), test.want, proven)
		status := Invalid
		if test.errs == nil {
			status = ValidRevocationUnchecked
		}
		expect(t, what, v, status, constraint(test.errs...)...)
	}
}

// A trusted CA's own certificate is not a holder's.
func TestCheckTheCAAsSigner(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	v := trusting(ca).Check(ca.cert, cas(ca), cert.Sign, proven)
	if v.Status() != Invalid || !errors.Is(v.Reasons[0], ErrNotEndEntity) {
		t.Errorf("%s, %v", v.Status(), v.Reasons)
	}
}

func TestCheckWeakAlgorithms(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	a := trusting(ca)
	weak := Reason{Code: CryptoConstraintsFailureNoPOE, Err: ErrAlgorithm}
	unknown := Reason{Code: CryptoConstraintsFailure, Err: ErrAlgorithm}

	sha1 := ca.issue(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })
	expect(t, "SHA-1", a.Check(sha1, cas(ca), cert.Sign, proven), Indeterminate, weak)

	broken := *sha1
	broken.Signature = slices.Clone(sha1.Signature)
	broken.Signature[len(broken.Signature)-1] ^= 1
	expect(t, "SHA-1, forged", a.Check(&broken, cas(ca), cert.Sign, proven), Invalid, Reason{Code: CertificateChainGeneralFailure, Err: ErrSignature})

	for what, algorithm := range map[string]x509.SignatureAlgorithm{"MD5": x509.MD5WithRSA, "unknown": x509.UnknownSignatureAlgorithm} {
		c := *ca.issue(nil)
		c.SignatureAlgorithm = algorithm
		v := a.Check(&c, cas(ca), cert.Sign, proven)
		expect(t, what, v, Indeterminate, unknown)
		if v.Chain != nil { // nobody verified the CA's signature
			t.Errorf("%s: a chain of %d", what, len(v.Chain))
		}
	}

	for bits, reasons := range map[uint][]Reason{1024: {weak}, 2047: {weak}, 2048: nil} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		public := &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}
		c := ca.issue(func(c *x509.Certificate) { c.PublicKey = public })
		status := ValidRevocationUnchecked
		if reasons != nil {
			status = Indeterminate
		}
		expect(t, "RSA key", a.Check(c, cas(ca), cert.Sign, proven), status, reasons...)
	}

	edwards := ca.issue(func(c *x509.Certificate) { c.PublicKey = ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)) })
	expect(t, "Ed25519 key", a.Check(edwards, cas(ca), cert.Sign, proven), ValidRevocationUnchecked)

	c := *ca.issue(nil)
	c.PublicKey = nil // an algorithm that crypto/x509 does not know
	expect(t, "unknown key", a.Check(&c, cas(ca), cert.Sign, proven), Indeterminate, unknown)
}

func TestCheckTime(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	for _, test := range []struct {
		what   string
		when   Moment
		status Status
		code   Code
		err    error
	}{
		{"first second", at(validFrom, 0, true), ValidRevocationUnchecked, "", nil},
		{"last second", at(validUntil, 999*time.Millisecond, true), ValidRevocationUnchecked, "", nil},
		{"before, proven", at(validFrom, -1, true), Invalid, NotYetValid, ErrNotYetValid},
		{"before, unproven", at(validFrom, -1, false), Indeterminate, OutOfBoundsNoPOE, ErrNotYetValid},
		{"after, proven", at(validUntil, time.Second, true), Invalid, Expired, ErrExpired},
		{"after, unproven", at(validUntil, time.Second, false), Indeterminate, OutOfBoundsNoPOE, ErrExpired},
		{"stamped in time", Moment{Time: validUntil, Proven: true, Latest: true}, ValidRevocationUnchecked, "", nil},
		{"stamped after", Moment{Time: validUntil.Add(time.Second), Proven: true, Latest: true}, Indeterminate, OutOfBoundsNoPOE, ErrExpired},
		{"stamped before", Moment{Time: validFrom.Add(-1), Proven: true, Latest: true}, Invalid, NotYetValid, ErrNotYetValid},
		{"first second, unproven", at(validFrom, 0, false), ValidRevocationUnchecked, "", nil},
		{"last second, unproven", at(validUntil, 0, false), ValidRevocationUnchecked, "", nil},
	} {
		v := trusting(ca).Check(c, cas(ca), cert.Sign, test.when)
		if test.code == "" {
			expect(t, test.what, v, test.status)
		} else {
			expect(t, test.what, v, test.status, Reason{Code: test.code, Err: test.err})
		}
	}
}

// The CA's dates count too. An end entity's certificate that outlives its CA's
// has no place in JPKI, but a bad CA could make one.
func TestCheckTimeOfTheCA(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(0, -1, 0), now.AddDate(0, 1, 0) })
	c, a := ca.issue(nil), trusting(ca)
	expect(t, "within", a.Check(c, cas(ca), cert.Sign, proven), ValidRevocationUnchecked)
	later, earlier := now.AddDate(0, 2, 0), now.AddDate(0, -2, 0)
	expect(t, "after", a.Check(c, cas(ca), cert.Sign, at(later, 0, true)), Invalid, Reason{Expired, ErrExpired, true})
	expect(t, "after, unproven", a.Check(c, cas(ca), cert.Sign, at(later, 0, false)), Indeterminate, Reason{OutOfBoundsNoPOE, ErrExpired, true})
	expect(t, "before", a.Check(c, cas(ca), cert.Sign, at(earlier, 0, true)), Invalid, Reason{NotYetValid, ErrNotYetValid, true})
}

func TestCheckTheCA(t *testing.T) {
	constraint := func(err error) []Reason { return []Reason{{ChainConstraintsFailure, err, true}} }
	nameConstraints := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true,
		Value: []byte{0x30, 0x08, 0xA0, 0x06, 0x30, 0x04, 0x82, 0x02, 'j', 'p'}}
	for what, test := range map[string]struct {
		change  func(*x509.Certificate)
		status  Status
		reasons []Reason
	}{
		"as it should be":       {nil, ValidRevocationUnchecked, nil},
		"no basicConstraints":   {func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false }, Invalid, constraint(ErrNotCA)},
		"basicConstraints: no":  {func(c *x509.Certificate) { c.IsCA = false }, Invalid, constraint(ErrNotCA)},
		"no key usage":          {func(c *x509.Certificate) { c.KeyUsage = 0 }, Invalid, constraint(ErrNotCA)},
		"no keyCertSign":        {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, Invalid, constraint(ErrNotCA)},
		"signed with SHA-1":     {func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }, Indeterminate, []Reason{{CryptoConstraintsFailureNoPOE, ErrAlgorithm, true}}},
		"with name constraints": {func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{nameConstraints} }, Invalid, constraint(ErrCriticalExtension)},
	} {
		ca := newAuthority(t, cert.SignCA, 1, test.change)
		// CreateCertificate hands on the key identifier of CAs alone.
		c := ca.issue(func(c *x509.Certificate) { c.AuthorityKeyId = ca.cert.SubjectKeyId })
		v := trusting(ca).Check(c, cas(ca), cert.Sign, proven)
		expect(t, what, v, test.status, test.reasons...)

		if test.status == ValidRevocationUnchecked {
			test.status = Valid // a root is not revoked by anyone
		}
		expect(t, what+", alone", trusting(ca).CheckCA(ca.cert, proven), test.status, test.reasons...)
	}
}

func TestCheckCAThatIsNotSelfSigned(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	template, other := *ca.cert, *ca.cert
	other.PublicKey = key(t, 2).Public()
	crossed := authority{t, cert.SignCA, ca.key, create(t, &template, &other, &ca.key.PublicKey, key(t, 2))}
	bad := Reason{CertificateChainGeneralFailure, ErrSignature, true}
	expect(t, "alone", trusting(crossed).CheckCA(crossed.cert, proven), Invalid, bad)
	expect(t, "with a holder's", trusting(crossed).Check(crossed.issue(nil), cas(crossed), cert.Sign, proven), Invalid, bad)
}

func TestCheckCANotBelieved(t *testing.T) {
	ca := newAuthority(t, cert.AuthCA, 1, nil)
	expect(t, "unknown", Anchors{}.CheckCA(ca.cert, proven), Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrUnknownCA})
	expect(t, "holder's", trusting(ca).CheckCA(ca.issue(nil), proven), Indeterminate, Reason{Code: NoCertificateChainFound, Err: ErrNotJPKI})
	expect(t, "expired", trusting(ca).CheckCA(ca.cert, at(caUntil, time.Second, true)), Invalid, Reason{Expired, ErrExpired, true})
}

// Whatever a certificate says: unless the CA signed these very words, it does
// not pass.
func FuzzCheck(f *testing.F) {
	ca := newAuthority(f, cert.SignCA, 1, nil)
	genuine := ca.issue(nil)
	f.Add(genuine.Raw)
	f.Add(ca.cert.Raw)
	f.Add(newAuthority(f, cert.SignCA, 2, func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId }).issue(nil).Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := cert.Parse(raw)
		if err != nil {
			return
		}
		v := trusting(ca).Check(c, []*x509.Certificate{c, ca.cert}, cert.Any, proven)
		passed := v.Status() == Valid || v.Status() == ValidRevocationUnchecked
		if passed && !bytes.Equal(c.RawTBSCertificate, genuine.RawTBSCertificate) {
			t.Errorf("%X passes", raw)
		}
		if alone := (Anchors{}).CheckCA(c, proven).Status(); alone != Indeterminate {
			t.Errorf("%X, of no pinned CA, is %s", raw, alone)
		}
	})
}
