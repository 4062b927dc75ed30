package trust

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// Dates of the lists of the tests, around [now].
var (
	thisUpdate = now.Add(-time.Hour)
	nextUpdate = now.Add(24 * time.Hour)
)

// newList makes a CRL of the CA; change may be nil.
func (a authority) newList(change func(*x509.RevocationList)) []byte {
	a.t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(7), ThisUpdate: thisUpdate, NextUpdate: nextUpdate}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, a.cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// list parses the one list of newList.
func (a authority) list(change func(*x509.RevocationList)) *CRL {
	a.t.Helper()
	lists, err := ParseCRLs(a.newList(change))
	if err != nil {
		a.t.Fatal(err)
	}
	return lists[0]
}

// revoking puts c on a list.
func revoking(c *x509.Certificate, at time.Time, reason int, extra ...pkix.Extension) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(1), RevocationTime: at.AddDate(-1, 0, 0)},
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: at, ReasonCode: reason, ExtraExtensions: extra})
	}
}

// extension makes one out of a value, or out of its DER.
func extension(t testing.TB, id string, critical bool, value any) pkix.Extension {
	t.Helper()
	e := pkix.Extension{Critical: critical}
	for part := range strings.SplitSeq(id, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatal(err)
		}
		e.Id = append(e.Id, n)
	}
	der, ok := value.([]byte)
	if !ok {
		var err error
		if der, err = asn1.Marshal(value); err != nil {
			t.Fatal(err)
		}
	}
	e.Value = der
	return e
}

func extending(extensions ...pkix.Extension) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, extensions...) }
}

func TestCRL(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	since := now.AddDate(0, -2, 0).Truncate(time.Second)
	earlier := since.AddDate(0, -1, 0)
	for what, test := range map[string]struct {
		list   *CRL
		state  Revocation
		since  time.Time
		reason string
	}{
		"not listed":              {ca.list(nil), RevocationGood, time.Time{}, "unspecified"},
		"revoked without reason":  {ca.list(revoking(c, since, 0)), RevocationRevoked, since, "unspecified"},
		"key compromised":         {ca.list(revoking(c, since, 1)), RevocationRevoked, since, "keyCompromise"},
		"an invalidity date":      {ca.list(revoking(c, since, 1, invalidity(t, earlier))), RevocationRevoked, earlier, "keyCompromise"},
		"invalid only afterwards": {ca.list(revoking(c, earlier, 1, invalidity(t, since))), RevocationRevoked, earlier, "keyCompromise"},
		"listed twice": {ca.list(func(l *x509.RevocationList) { revoking(c, earlier, 3)(l); revoking(c, since, 4)(l) }),
			RevocationRevoked, earlier, "affiliationChanged"},
	} {
		e, applies := test.list.Check(c, ca.cert)
		if !applies || e.Err != nil || e.State != test.state || !e.Since.Equal(test.since) || e.Reason.String() != test.reason {
			t.Errorf("%s: %v %+v", what, applies, e)
		}
		if e.Source != SourceCRL || e.Certificate != c || !e.ThisUpdate.Equal(thisUpdate) || !e.NextUpdate.Equal(nextUpdate) {
			t.Errorf("%s: %+v", what, e)
		}
	}
}

func invalidity(t *testing.T, at time.Time) pkix.Extension {
	der, err := asn1.MarshalWithParams(at.UTC(), "generalized")
	if err != nil {
		t.Fatal(err)
	}
	return extension(t, "2.5.29.24", true, der)
}

func TestCRLOfAnother(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	for what, other := range map[string]authority{
		"another generation": newAuthority(t, cert.SignCA, 2, nil),
		"another kind":       newAuthority(t, cert.AuthCA, 3, nil),
		"another name":       newAuthority(t, cert.SignCA, 1, func(c *x509.Certificate) { c.RawSubject = caName(t, "JPKI", "another") }),
	} {
		if e, applies := other.list(revoking(c, now, 1)).Check(c, ca.cert); applies {
			t.Errorf("the list of %s: %+v", what, e)
		}
		if e, applies := ca.list(revoking(c, now, 1)).Check(c, other.cert); applies {
			t.Errorf("not issued by %s: %+v", what, e)
		}
	}
	if e, applies := ca.list(nil).Check(newAuthority(t, cert.AuthCA, 3, nil).issue(nil), ca.cert); applies {
		t.Errorf("a certificate that names another issuer: %+v", e)
	}
	forger := newAuthority(t, cert.SignCA, 2, func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId })
	if e, applies := forger.list(nil).Check(c, ca.cert); !applies || e.Err != ErrSourceSignature || e.State != RevocationNotChecked {
		t.Errorf("forged: %v %+v", applies, e)
	}
	// x509.CreateRevocationList would not sign with it.
	l := ca.list(nil)
	may := *ca.cert
	may.KeyUsage = x509.KeyUsageCertSign
	if e, _ := l.Check(c, &may); e.Err != ErrSourceSigner {
		t.Errorf("a CA that may not sign lists: %+v", e)
	}
	weak := *ca.cert
	weak.PublicKey = &rsa.PublicKey{N: big.NewInt(3233), E: 17}
	if e, _ := l.Check(c, &weak); e.Err != ErrAlgorithm {
		t.Errorf("a weak key: %+v", e)
	}
	l.list.SignatureAlgorithm = x509.ECDSAWithSHA1
	if e, _ := l.Check(c, ca.cert); e.Err != ErrAlgorithm {
		t.Errorf("SHA-1: %+v", e)
	}
}

// place is the DER of a GeneralName for a place in a directory.
func place(t testing.TB, name string) []byte {
	t.Helper()
	der, err := asn1.MarshalWithParams(pkix.Name{Country: []string{"JP"}, CommonName: name}.ToRDNSequence(), "tag:4,explicit")
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// tlv wraps contents in an element of one tag byte.
func tlv(tag byte, contents ...[]byte) []byte {
	var all []byte
	for _, c := range contents {
		all = append(all, c...)
	}
	out, err := asn1.Marshal(asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 0x1F), IsCompound: tag&0x20 != 0, Bytes: all})
	if err != nil {
		panic(err)
	}
	return out
}

// pointName is the name of the distribution point of a list or a certificate.
func pointName(names ...[]byte) []byte { return tlv(0xA0, tlv(0xA0, names...)) }

// JPKI's CAs issue a list for each municipality, and the certificate says which
// one is its own.
func TestCRLScope(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	kiyose, demo := place(t, "Kiyose-shi CRLDP"), place(t, "Demo-ku CRLDP")
	points := func(all ...[]byte) *x509.Certificate {
		return ca.issue(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(t, "2.5.29.31", false, tlv(0x30, all...)))
		})
	}
	c := points(tlv(0x30, pointName(kiyose)))
	yes := []byte{0xFF}
	scope := func(parts ...[]byte) func(*x509.RevocationList) {
		return extending(extension(t, "2.5.29.28", true, tlv(0x30, parts...)))
	}
	others := points(tlv(0x30, pointName(kiyose), tlv(0xA2, place(t, "somebody else"))))
	some := points(tlv(0x30, pointName(kiyose), tlv(0x81, []byte{6, 0x40})))
	for what, test := range map[string]struct {
		c       *x509.Certificate
		scope   func(*x509.RevocationList)
		applies bool
		err     error
	}{
		"its own list":                 {c, scope(pointName(kiyose)), true, nil},
		"its own and more":             {c, scope(pointName(demo, kiyose)), true, nil},
		"one of two points":            {points(tlv(0x30, pointName(demo)), tlv(0x30, pointName(kiyose))), scope(pointName(kiyose)), true, nil},
		"another town's":               {c, scope(pointName(demo)), false, nil},
		"no point in the certificate":  {ca.issue(nil), scope(pointName(kiyose)), false, nil},
		"everything":                   {c, nil, true, nil},
		"users":                        {c, scope(tlv(0x81, yes)), true, nil},
		"its own, users":               {c, scope(pointName(kiyose), tlv(0x81, yes)), true, nil},
		"not users only":               {ca.cert, scope(tlv(0x81, []byte{0})), true, nil},
		"users, for a CA":              {ca.cert, scope(tlv(0x81, yes)), false, nil},
		"CAs":                          {c, scope(tlv(0x82, yes)), false, nil},
		"CAs, for a CA":                {ca.cert, scope(tlv(0x82, yes)), true, nil},
		"some reasons":                 {c, scope(tlv(0x83, []byte{6, 0x40})), true, ErrSourceScope},
		"some reasons at its point":    {some, scope(pointName(kiyose)), true, ErrSourceScope},
		"a point with another issuer":  {others, scope(pointName(kiyose)), false, nil},
		"a point with trailing things": {points(tlv(0x30, pointName(kiyose), []byte{0x05, 0x00})), scope(pointName(kiyose)), false, nil},
	} {
		e, applies := ca.list(test.scope).Check(test.c, ca.cert)
		if applies != test.applies || e.Err != test.err {
			t.Errorf("%s: %v %+v", what, applies, e)
		}
		if want := test.applies && test.err == nil; (e.State == RevocationGood) != want {
			t.Errorf("%s: %v", what, e.State)
		}
	}
	// Being listed is proof whatever the list leaves out.
	e, _ := ca.list(func(l *x509.RevocationList) {
		scope(tlv(0x83, []byte{6, 0x40}))(l)
		revoking(c, thisUpdate, 1)(l)
	}).Check(c, ca.cert)
	if e.State != RevocationRevoked || e.Err != nil {
		t.Errorf("listed for some reasons: %+v", e)
	}

	for what, test := range map[string]struct {
		change func(*x509.RevocationList)
		want   error
	}{
		"delta":                    {extending(extension(t, "2.5.29.27", true, 6)), ErrDeltaCRL},
		"delta, not critical":      {extending(extension(t, "2.5.29.27", false, 6)), ErrDeltaCRL},
		"indirect":                 {scope(tlv(0x84, yes)), ErrIndirectCRL},
		"attribute certificates":   {scope(tlv(0x85, yes)), ErrSourceScope},
		"relative name":            {scope(tlv(0xA0, tlv(0xA1, []byte{0x30, 0}))), ErrSourceScope},
		"scope with junk":          {scope([]byte{0x05, 0x00}), ErrNotRevocation},
		"scope with long boolean":  {scope(tlv(0x81, []byte{0xFF, 0xFF})), ErrNotRevocation},
		"scope without names":      {scope(tlv(0xA0, tlv(0xA0))), ErrNotRevocation},
		"scope that is no scope":   {extending(extension(t, "2.5.29.28", true, 5)), ErrNotRevocation},
		"unknown critical":         {extending(extension(t, "1.2.3.4", true, 5)), ErrCriticalExtension},
		"unknown, not critical":    {extending(extension(t, "1.2.3.4", false, 5)), nil},
		"entry of another CA":      {revoking(c, now, 0, extension(t, "2.5.29.29", true, 5)), ErrCriticalExtension},
		"unknown in another entry": {func(l *x509.RevocationList) { revoking(ca.issue(nil), now, 0, extension(t, "1.2.3", true, 5))(l) }, ErrCriticalExtension},
	} {
		if _, err := ParseCRLs(ca.newList(test.change)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestParseCRLs(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	der := ca.newList(nil)
	block := func(kind string) string { return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})) }
	two := "a comment\n" + block("X509 CRL") + block("CERTIFICATE") + block("X509 CRL")
	if lists, err := ParseCRLs([]byte(two)); len(lists) != 2 || err != nil {
		t.Errorf("two in PEM: %v, %v", lists, err)
	}
	for what, data := range map[string][]byte{
		"nothing":        nil,
		"text":           []byte("no list"),
		"another PEM":    []byte(block("CERTIFICATE")),
		"cut short":      der[:len(der)-1],
		"something more": append(der[:len(der):len(der)], 0),
		"a certificate":  ca.cert.Raw,
		"second damaged": []byte(block("X509 CRL") + strings.Replace(block("X509 CRL"), "MI", "AA", 1)),
	} {
		if lists, err := ParseCRLs(data); !errors.Is(err, ErrNotRevocation) || lists != nil {
			t.Errorf("%s: %v, %v", what, lists, err)
		}
	}
	if _, err := ParseCRLs(make([]byte, MaxCRLSize+1)); err != ErrTooLarge {
		t.Errorf("too large: %v", err)
	}
	if _, err := ParseCRLs(withoutNextUpdate(t, ca, der)); err != ErrNoNextUpdate {
		t.Errorf("no nextUpdate: %v", err)
	}
}

// withoutNextUpdate signs a list anew that does not say how long it holds.
func withoutNextUpdate(t *testing.T, ca authority, der []byte) []byte {
	var list struct {
		TBS struct {
			Version    int
			Algorithm  pkix.AlgorithmIdentifier
			Issuer     asn1.RawValue
			ThisUpdate time.Time
			NextUpdate time.Time     `asn1:"optional"`
			Extensions asn1.RawValue `asn1:"optional"`
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &list); err != nil {
		t.Fatal(err)
	}
	list.TBS.NextUpdate = time.Time{}
	tbs, err := asn1.Marshal(list.TBS)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(tbs)
	sig, err := ca.key.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	list.Signature = asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}
	if der, err = asn1.Marshal(list); err != nil {
		t.Fatal(err)
	}
	return der
}
