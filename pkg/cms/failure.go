package cms

import "fmt"

// Reason says why a signature is not a good one, named as the sub-indications
// of ETSI EN 319 102-1. It is an error, so that errors.Is tells one from
// another.
type Reason string

// Reasons this package gives.
const (
	// FormatFailure: not what RFC 5652 or RFC 5035 asks for.
	FormatFailure Reason = "FORMAT_FAILURE"
	// HashFailure: the content is not the content that was signed.
	HashFailure Reason = "HASH_FAILURE"
	// SigCryptoFailure: the signature value does not fit the certificate's key.
	SigCryptoFailure Reason = "SIG_CRYPTO_FAILURE"
	// SigConstraintsFailure: the signature means something else than a
	// signature over this content.
	SigConstraintsFailure Reason = "SIG_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailure: an algorithm or a key that proves nothing, or
	// that this package does not know.
	CryptoConstraintsFailure Reason = "CRYPTO_CONSTRAINTS_FAILURE"
	// NoSigningCertificateFound: the certificate the signer names is not there.
	NoSigningCertificateFound Reason = "NO_SIGNING_CERTIFICATE_FOUND"
	// SignedDataNotFound: the content was not given.
	SignedDataNotFound Reason = "SIGNED_DATA_NOT_FOUND"
)

func (r Reason) Error() string { return string(r) }

// Failure is a reason and what was found. errors.Is compares it with a Reason.
type Failure struct {
	Reason Reason
	Detail string
}

func failure(r Reason, format string, args ...any) *Failure {
	return &Failure{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

func (f *Failure) Error() string { return fmt.Sprintf("cms: %s (%s)", f.Detail, f.Reason) }

func (f *Failure) Unwrap() error { return f.Reason }

// Warning says what is weak or unusual about a signature that verifies.
type Warning string

// Warnings this package gives.
const (
	// WeakDigest: the content or the attributes were digested with SHA-1, for
	// which collisions can be made.
	WeakDigest Warning = "WEAK_DIGEST"
	// WeakKey: an RSA key of less than 2048 bits.
	WeakKey Warning = "WEAK_KEY"
	// AttributesNotDER: the signed attributes were not sent in DER, as RFC 5652,
	// 5.3, asks for.
	AttributesNotDER Warning = "ATTRIBUTES_NOT_DER"
)
