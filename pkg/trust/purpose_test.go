package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// TestCheckPurpose: the log-in key of JPKI signs no document, and neither does
// a server's.
func TestCheckPurpose(t *testing.T) {
	sign, auth := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.AuthCA, 2, nil)
	_, middle, _ := givenChain(t)
	other := func(usage x509.KeyUsage, unknown asn1.ObjectIdentifier, extended ...x509.ExtKeyUsage) *x509.Certificate {
		return middle.person(func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage = usage, extended
			if unknown != nil {
				c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{unknown}
			}
		})
	}
	const digital, commitment = x509.KeyUsageDigitalSignature, x509.KeyUsageContentCommitment
	for what, test := range map[string]struct {
		c    *x509.Certificate
		want error
	}{
		"JPKI's for signing":          {sign.issue(nil), nil},
		"JPKI's for logging in":       {auth.issue(nil), ErrLoginKey},
		"no extended key usage":       {other(digital, nil), nil},
		"a server's":                  {other(digital, nil, x509.ExtKeyUsageServerAuth), ErrOtherPurpose},
		"a server's and client's":     {other(digital, nil, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth), ErrOtherPurpose},
		"without key usage":           {other(0, nil, x509.ExtKeyUsageClientAuth), ErrOtherPurpose},
		"mail and client":             {other(digital, nil, x509.ExtKeyUsageEmailProtection, x509.ExtKeyUsageClientAuth), nil},
		"any":                         {other(digital, nil, x509.ExtKeyUsageAny, x509.ExtKeyUsageClientAuth), nil},
		"documents (RFC 9336)":        {other(digital, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}, x509.ExtKeyUsageClientAuth), nil},
		"nonRepudiation beside it":    {other(digital|commitment, nil, x509.ExtKeyUsageClientAuth), nil},
		"a responder's":               {other(digital, nil, x509.ExtKeyUsageOCSPSigning), ErrOtherPurpose},
		"a timestamping authority's":  {other(digital, nil, x509.ExtKeyUsageTimeStamping), ErrOtherPurpose},
		"a program maker's":           {other(digital, nil, x509.ExtKeyUsageCodeSigning), ErrOtherPurpose},
		"there is none at all":        {nil, nil},
		"under JPKI's name, of no CA": {auth.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), ErrLoginKey},
	} {
		reasons := CheckPurpose(test.c)
		if test.want == nil && len(reasons) > 0 || test.want != nil && (len(reasons) != 1 || !errors.Is(reasons[0], test.want)) {
			t.Errorf("%s: %v", what, reasons)
		}
		v := trusting(sign, auth).Check(test.c, cas(sign, auth), cert.Any, proven).With(reasons...)
		if test.want != nil && test.c != nil && v.Status() != Indeterminate {
			t.Errorf("%s: %s, %v", what, v.Status(), v.Reasons)
		}
	}
}

// TestUncheckedResponder: a verdict tells when it rests on a responder that can
// be revoked, and that nobody looked at.
func TestUncheckedResponder(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c, by := ca.issue(nil), ca.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} })
	good := goodEvidence()
	good.Certificate = c
	delegated, looked := good, good
	delegated.Source, delegated.Responder = SourceOCSP, by
	looked.Source, looked.Responder, looked.ResponderState = SourceOCSP, by, RevocationGood
	stale := good
	stale.NextUpdate = now.AddDate(0, 0, -1)
	stale.ThisUpdate = now.AddDate(0, 0, -2)
	for what, test := range map[string]struct {
		evidence []Evidence
		want     int
	}{
		"a list":                         {[]Evidence{good}, 0},
		"a responder":                    {[]Evidence{delegated}, 1},
		"one that was looked at":         {[]Evidence{looked}, 0},
		"a list beside it":               {[]Evidence{delegated, good}, 0},
		"a list before it":               {[]Evidence{good, delegated}, 0},
		"a list that proves nothing":     {[]Evidence{delegated, stale}, 1},
		"another that was looked at too": {[]Evidence{delegated, looked}, 0},
	} {
		v := trusting(ca).Check(c, cas(ca), cert.Any, unproven).WithRevocation(test.evidence, now)
		if v.Status() != Valid || len(v.UncheckedResponders) != test.want {
			t.Errorf("%s: %s %v, %d unchecked", what, v.Status(), v.Reasons, len(v.UncheckedResponders))
		}
	}
}
