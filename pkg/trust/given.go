package trust

import (
	"crypto/x509"
	"errors"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/strength"
)

// checkGiven judges a certificate of another organization against the CAs that
// the user believes, as [Anchors.Check] does for JPKI's. Other organizations'
// chains have any depth and form, so the path is a matter for
// x509.Certificate.Verify; no policy is asked for. The certificate's key must
// be for signatures: digitalSignature or nonRepudiation, or no key usage at
// all. Dates are judged here, because of the [Moment].
func (a Anchors) checkGiven(c *x509.Certificate, cas []*x509.Certificate, want cert.Kind, at Moment) Verdict {
	if cert.NamesJPKI(c) { // under a CA that has the name from its own issuer
		return Verdict{At: at}.With(Reason{Code: NoCertificateChainFound, Err: ErrNotGiven})
	}
	opts := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(),
		CurrentTime: at.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	if at.Time.Before(c.NotBefore) {
		opts.CurrentTime = c.NotBefore
	} else if at.Time.After(c.NotAfter) {
		opts.CurrentTime = c.NotAfter
	}
	for _, ca := range a.Given {
		if !cert.NamesJPKI(ca) {
			opts.Roots.AddCert(ca)
		}
	}
	for _, ca := range cas {
		if strength.Of(ca.PublicKey) != strength.Unfit { // its check could take for ever
			opts.Intermediates.AddCert(ca)
		}
	}
	chains, err := c.Verify(opts)
	if err != nil {
		return Verdict{At: at}.With(givenReason(err))
	}
	v := Verdict{At: at, Issuer: Identity{Standing: Given}, Chain: chains[0]}
	fail := func(err error) { v = v.With(Reason{Code: ChainConstraintsFailure, Err: err}) }
	if c.IsCA {
		fail(ErrNotEndEntity)
	}
	if c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		fail(ErrKeyUsage)
	}
	if want != cert.Any && want != cert.Other {
		fail(ErrKind)
	}
	for i, link := range v.Chain {
		for _, r := range checkDates(link, at) {
			r.CA = i > 0
			v = v.With(r)
		}
		for _, r := range checkKey(link) {
			r.CA = i > 0
			v = v.With(r)
		}
	}
	return v
}

// givenReason is the reason for an error of x509.Certificate.Verify.
func givenReason(err error) Reason {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return Reason{Code: NoCertificateChainFound, Err: ErrNotGiven}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Reason{Code: OutOfBoundsNoPOE, Err: ErrExpired, CA: true}
	}
	return Reason{Code: ChainConstraintsFailure, Err: err}
}
