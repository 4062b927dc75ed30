package trust

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

func TestCheckTSA(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string, parent *x509.Certificate, ca bool, use ...x509.ExtKeyUsage) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(0, 1, 0),
			IsCA: ca, BasicConstraintsValid: true, ExtKeyUsage: use,
		}
		if parent == nil {
			parent = template
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	root := issue("root", nil, true)
	middle := issue("middle", root, true)
	tsa := issue("tsa", middle, false, x509.ExtKeyUsageTimeStamping)
	coder := issue("coder", middle, false, x509.ExtKeyUsageCodeSigning)
	stranger := issue("stranger", nil, true)
	for name, c := range map[string]struct {
		cert          *x509.Certificate
		others, roots []*x509.Certificate
		at            time.Time
		good          bool
	}{
		"good":               {tsa, []*x509.Certificate{middle}, []*x509.Certificate{root}, at, true},
		"root given is next": {tsa, nil, []*x509.Certificate{middle}, at, true},
		"no intermediate":    {tsa, nil, []*x509.Certificate{root}, at, false},
		"other root":         {tsa, []*x509.Certificate{middle, root}, []*x509.Certificate{stranger}, at, false},
		"no root":            {tsa, []*x509.Certificate{middle, root}, nil, at, false},
		"before its time":    {tsa, []*x509.Certificate{middle}, []*x509.Certificate{root}, at.AddDate(-1, 0, 0), false},
		"after its time":     {tsa, []*x509.Certificate{middle}, []*x509.Certificate{root}, at.AddDate(1, 0, 0), false},
		"other key usage":    {coder, []*x509.Certificate{middle}, []*x509.Certificate{root}, at, false},
	} {
		v := Anchors{TSA: c.roots}.CheckTSA(c.cert, c.others, c.at, c.at)
		if c.good && (v.Status() != ValidRevocationUnchecked || v.Chain[0] != c.cert || !v.Chain[len(v.Chain)-1].Equal(c.roots[0])) {
			t.Errorf("%s: %s, %v", name, v.Status(), v.Reasons)
		}
		if !c.good && (v.Status() != Indeterminate || v.Chain != nil || len(v.Reasons) != 1 || !errors.Is(v.Reasons[0], ErrTSA)) {
			t.Errorf("%s: %s, %v", name, v.Status(), v.Reasons)
		}
	}
	if v := (Anchors{TSA: []*x509.Certificate{root}}).CheckTSA(nil, nil, at, at); v.Status() != Indeterminate {
		t.Errorf("no certificate: %s", v.Status())
	}
}

func TestTSARevocation(t *testing.T) {
	root := newAuthority(t, cert.SignCA, 1, nil)
	tsa := root.issue(nil)
	checked := Verdict{Issuer: Identity{Standing: Given}, Chain: []*x509.Certificate{tsa, root.cert}}
	stamped, later := now.AddDate(0, 0, -7), now.AddDate(0, 0, -1)
	revoked := func(since time.Time, why RevocationReason) Evidence {
		e := revokedEvidence(since)
		e.Certificate, e.Reason = tsa, why
		return e
	}
	good, other := goodEvidence(), revoked(stamped, 1)
	good.Certificate, other.Certificate = tsa, root.cert
	for what, test := range map[string]struct {
		evidence []Evidence
		state    Revocation
		err      error
	}{
		"nobody asked":               {nil, RevocationNotChecked, nil},
		"good":                       {[]Evidence{good}, RevocationGood, nil},
		"about another":              {[]Evidence{other}, RevocationNotChecked, nil},
		"proves nothing":             {[]Evidence{{Certificate: tsa, Err: ErrNonce}}, RevocationUnknown, ErrNonce},
		"ended before":               {[]Evidence{revoked(stamped.AddDate(0, 0, -1), cessationOfOperation)}, RevocationRevoked, ErrRevoked},
		"ended later":                {[]Evidence{revoked(later, cessationOfOperation)}, RevocationRevokedLater, nil},
		"superseded later":           {[]Evidence{revoked(later, superseded)}, RevocationRevokedLater, nil},
		"renamed later":              {[]Evidence{revoked(later, affiliationChanged)}, RevocationRevokedLater, nil},
		"no reason, later":           {[]Evidence{revoked(later, 0)}, RevocationRevoked, ErrRevoked},
		"key lost later":             {[]Evidence{revoked(later, 1)}, RevocationRevoked, ErrRevoked},
		"key lost later, and good":   {[]Evidence{good, revoked(later, 1)}, RevocationRevoked, ErrRevoked},
		"ended later, says one only": {[]Evidence{revoked(later, superseded), revoked(later, 1)}, RevocationRevoked, ErrRevoked},
	} {
		v := Anchors{}.CheckTSA(nil, nil, stamped, now)
		v.Issuer, v.Chain = checked.Issuer, checked.Chain // newAuthority makes none of the general PKI
		v = v.WithRevocation(test.evidence, now)
		if v.Revocation != test.state || (len(v.Reasons) > 0) != (test.err != nil) || test.err != nil && !errors.Is(v.Reasons[0], test.err) {
			t.Errorf("%s: %v, %v", what, v.Revocation, v.Reasons)
		}
		if test.err == ErrRevoked && (v.Status() != Indeterminate || v.Reasons[0].Code != RevokedNoPOE) {
			t.Errorf("%s: %s, %v: a timestamp that proves nothing does not make what it is over a forgery", what, v.Status(), v.Reasons)
		}
	}
}

// TestTSAOver: once a certificate on the way is over, a timestamp counts only
// where it is proven to be older.
func TestTSAOver(t *testing.T) {
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	k := key(t, 50)
	issue := func(serial int64, parent *x509.Certificate, until time.Time, ca bool) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: string(rune('a' + serial))}, NotBefore: from, NotAfter: until,
			IsCA: ca, BasicConstraintsValid: true,
		}
		if !ca {
			template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
		}
		if parent == nil {
			parent = template
		}
		return create(t, template, parent, &k.PublicKey, k)
	}
	year := func(n int) time.Time { return from.AddDate(n, 0, 0) }
	root := issue(1, nil, year(10), true)
	tsa, outlives := issue(2, root, year(5), false), issue(3, root, year(20), false)
	for what, test := range map[string]struct {
		c           *x509.Certificate
		at, existed time.Time
		want        error
	}{
		"in force":                            {tsa, year(1), year(2), nil},
		"on its last second":                  {tsa, year(1), year(5), nil},
		"over, nothing later":                 {tsa, year(1), year(6), ErrTSAOver},
		"over, the CA too":                    {tsa, year(1), year(11), ErrTSAOver},
		"the CA is over":                      {outlives, year(1), year(11), ErrTSAOver},
		"over, proven by a later one":         {tsa, year(1), year(4), nil},
		"made after its end, whatever proven": {tsa, year(6), year(6), ErrTSA},
	} {
		v := Anchors{TSA: []*x509.Certificate{root}}.CheckTSA(test.c, nil, test.at, test.existed)
		if test.want == nil && v.Status() != ValidRevocationUnchecked || test.want != nil && (v.Status() != Indeterminate || !errors.Is(v.Reasons[0], test.want)) {
			t.Errorf("%s: %s, %v", what, v.Status(), v.Reasons)
		}
	}
}
