package cms

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/indication"
)

// Code says why a signature is not a good one. Packages pdfsig and xmlsig give
// the same codes.
type Code = indication.Code

// The codes of the signature formats: see package indication.
const (
	FormatFailure                 = indication.FormatFailure
	HashFailure                   = indication.HashFailure
	SigCryptoFailure              = indication.SigCryptoFailure
	SigConstraintsFailure         = indication.SigConstraintsFailure
	CryptoConstraintsFailure      = indication.CryptoConstraintsFailure
	CryptoConstraintsFailureNoPOE = indication.CryptoConstraintsFailureNoPOE
	NoSigningCertificateFound     = indication.NoSigningCertificateFound
	SignedDataNotFound            = indication.SignedDataNotFound
	Generic                       = indication.Generic
)

// Failure is one thing that stands against a signature. errors.Is compares it
// with a Code, errors.As finds its Cause.
type Failure struct {
	Code   Code
	Detail string // the finding, in English; it can quote the file
	Cause  error  // an error of the package that found it, or nil
}

func failure(c Code, format string, args ...any) *Failure {
	return &Failure{Code: c, Detail: fmt.Sprintf(format, args...)}
}

func (f *Failure) Error() string { return fmt.Sprintf("%s (%s)", f.Detail, f.Code) }

// Unwrap gives the code and the cause.
func (f *Failure) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Code}
	}
	return []error{f.Code, f.Cause}
}

// SubIndication is the code: package trust asks an error for it.
func (f *Failure) SubIndication() Code { return f.Code }

// Warning names an oddity of a signature that verifies.
type Warning string

// AttributesNotDER is the warning that the signed attributes were not sent in
// DER, as RFC 5652, 5.3, asks for.
const AttributesNotDER Warning = "ATTRIBUTES_NOT_DER"
