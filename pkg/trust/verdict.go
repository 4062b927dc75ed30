package trust

import (
	"crypto/x509"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/indication"
)

// Status is the word of a verdict.
type Status string

// The four words. Valid needs proof that the certificate is not revoked;
// Indeterminate means that more knowledge could decide, Invalid that none
// could help.
const (
	Valid                    Status = "valid"
	ValidRevocationUnchecked Status = "valid-revocation-unchecked"
	Invalid                  Status = "invalid"
	Indeterminate            Status = "indeterminate"
)

// Code is the name of a reason: a sub-indication of ETSI EN 319 102-1.
type Code = indication.Code

// The codes of reasons: see package indication.
const (
	FormatFailure                  = indication.FormatFailure
	HashFailure                    = indication.HashFailure
	SigCryptoFailure               = indication.SigCryptoFailure
	Revoked                        = indication.Revoked
	Expired                        = indication.Expired
	NotYetValid                    = indication.NotYetValid
	ChainConstraintsFailure        = indication.ChainConstraintsFailure
	CertificateChainGeneralFailure = indication.CertificateChainGeneralFailure
	NoSigningCertificateFound      = indication.NoSigningCertificateFound
	NoCertificateChainFound        = indication.NoCertificateChainFound
	SignedDataNotFound             = indication.SignedDataNotFound
	SigConstraintsFailure          = indication.SigConstraintsFailure
	CryptoConstraintsFailure       = indication.CryptoConstraintsFailure
	CryptoConstraintsFailureNoPOE  = indication.CryptoConstraintsFailureNoPOE
	OutOfBoundsNoPOE               = indication.OutOfBoundsNoPOE
	RevokedNoPOE                   = indication.RevokedNoPOE
	RevokedCANoPOE                 = indication.RevokedCANoPOE
	TryLater                       = indication.TryLater
	Generic                        = indication.Generic
)

// Reason is one thing that stands against a certificate or a signature.
type Reason struct {
	Code Code
	Err  error // the exact reason: one of this package's errors, or a format's
	CA   bool  // it is about the CA's certificate, not the end entity's
}

// Error gives the code and the exact reason.
func (r Reason) Error() string {
	if r.CA {
		return fmt.Sprintf("%s: the CA's certificate: %v", r.Code, r.Err)
	}
	return fmt.Sprintf("%s: %v", r.Code, r.Err)
}

// Unwrap makes errors.Is find Err.
func (r Reason) Unwrap() error { return r.Err }

// ReasonsOf takes the error that a format's verification ends in, the Err of a
// result of package cms, pdfsig or xmlsig, apart into reasons for
// [Verdict.With]: none for nil, and one at least for everything else. An error
// in it that has a method SubIndication() Code, as cms.Failure has, tells its
// code; any other is [Generic], and leaves the verdict open.
func ReasonsOf(err error) (reasons []Reason) {
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ SubIndication() Code }:
		return []Reason{{Code: e.SubIndication(), Err: err}}
	case interface{ Unwrap() error }:
		reasons = ReasonsOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			reasons = append(reasons, ReasonsOf(inner)...)
		}
	}
	if len(reasons) == 0 {
		reasons = []Reason{{Code: Generic, Err: err}}
	}
	return reasons
}

// Verdict is the judgement of a certificate, or of a signature made with it
// once a format has added its own reasons. The zero Verdict is indeterminate.
type Verdict struct {
	At Moment // the moment that was judged
	// Issuer is the CA. With ErrNoIssuer it is the one that the certificate
	// claims by a key identifier, if that is known. A verdict that stands on
	// [Demo] proves nothing about anyone.
	Issuer     Identity
	Revocation Revocation
	Reasons    []Reason
	// Chain leads from the end entity to the trust anchor. It is nil where
	// there is none: see [NoCertificateChainFound].
	Chain []*x509.Certificate
	// Evidence are the statements of sources of revocation: see
	// [Verdict.WithRevocation].
	Evidence []Evidence
	// UncheckedResponders are the responders that are the only source of
	// Revocation and may be revoked themselves: see [Evidence.Responder].
	UncheckedResponders []*x509.Certificate

	authority bool // it is a timestamping authority's
}

// Status sums the verdict up: a single reason that decides is enough for
// Invalid, any other reason for Indeterminate.
func (v Verdict) Status() Status {
	for _, r := range v.Reasons {
		if r.Code.Invalid() {
			return Invalid
		}
	}
	switch {
	case len(v.Reasons) > 0, v.Issuer.Standing == NotJPKI, v.Issuer.Standing == Unknown:
		return Indeterminate
	case v.Revocation == RevocationUnknown, v.Revocation == RevocationRevoked:
		return Indeterminate
	case v.Revocation == RevocationNotChecked:
		return ValidRevocationUnchecked
	}
	return Valid
}

// With is the verdict with more reasons.
func (v Verdict) With(reasons ...Reason) Verdict {
	v.Reasons = append(v.Reasons[:len(v.Reasons):len(v.Reasons)], reasons...)
	return v
}
