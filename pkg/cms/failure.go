package cms

import "fmt"

// Code says why a signature is not a good one: the name of a sub-indication of
// ETSI EN 319 102-1. It is an error, so that errors.Is tells one from another.
// Packages pdfsig and xmlsig give the same ones.
type Code string

// The codes.
const (
	// FormatFailure: not what the standard of the format asks for.
	FormatFailure Code = "FORMAT_FAILURE"
	// HashFailure: the content is not the content that was signed.
	HashFailure Code = "HASH_FAILURE"
	// SigCryptoFailure: the signature value does not fit the certificate's key.
	SigCryptoFailure Code = "SIG_CRYPTO_FAILURE"
	// SigConstraintsFailure: the signature means something else than a
	// signature over this content.
	SigConstraintsFailure Code = "SIG_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailure: an algorithm or a key that proves nothing, or
	// that is not known here.
	CryptoConstraintsFailure Code = "CRYPTO_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailureNoPOE: all of it fits, by SHA-1 or a short key
	// ([strength.Weak]). That proved something once, and nothing shows that
	// the signature is from then.
	CryptoConstraintsFailureNoPOE Code = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	// NoSigningCertificateFound: the certificate the signer names is not there.
	NoSigningCertificateFound Code = "NO_SIGNING_CERTIFICATE_FOUND"
	// SignedDataNotFound: what was signed is not there, or was not given.
	SignedDataNotFound Code = "SIGNED_DATA_NOT_FOUND"
	// Generic: it could not be looked at.
	Generic Code = "GENERIC"
)

func (c Code) Error() string { return string(c) }

// Failure is one thing that stands against a signature. errors.Is compares it
// with a Code, errors.As finds its Cause.
type Failure struct {
	Code   Code
	Detail string // what was found, in English; it can quote the file
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

// SubIndication is the code as package trust takes it out of an error.
func (f *Failure) SubIndication() string { return string(f.Code) }

// Warning says what is unusual about a signature that verifies.
type Warning string

// AttributesNotDER is the warning that the signed attributes were not sent in
// DER, as RFC 5652, 5.3, asks for.
const AttributesNotDER Warning = "ATTRIBUTES_NOT_DER"
