package xmlsig

import "fmt"

// Reason says why a signature is not a good one, named as the sub-indications
// of ETSI EN 319 102-1, tables 4 to 6. It is an error, so that errors.Is tells
// one from another.
type Reason string

// Reasons this package gives.
const (
	// FormatFailure: not what XML-DSig or XAdES asks for.
	FormatFailure Reason = "FORMAT_FAILURE"
	// HashFailure: something that was signed has changed.
	HashFailure Reason = "HASH_FAILURE"
	// SigCryptoFailure: the signature value does not fit the certificate's key.
	SigCryptoFailure Reason = "SIG_CRYPTO_FAILURE"
	// SigConstraintsFailure: the signature means something else than a
	// signature over this document, or goes through a transform that hides
	// what it means.
	SigConstraintsFailure Reason = "SIG_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailure: an algorithm or a key that proves nothing, or
	// that this package does not know.
	CryptoConstraintsFailure Reason = "CRYPTO_CONSTRAINTS_FAILURE"
	// NoSigningCertificateFound: no certificate for the key, or not the one
	// that the signature names.
	NoSigningCertificateFound Reason = "NO_SIGNING_CERTIFICATE_FOUND"
	// SignedDataNotFound: what a reference means is not there.
	SignedDataNotFound Reason = "SIGNED_DATA_NOT_FOUND"
)

func (r Reason) Error() string { return string(r) }

// Failure is a reason and what was found. errors.Is compares it with a Reason,
// errors.As finds the cause.
type Failure struct {
	Reason Reason
	Detail string
	Cause  error // an UnsupportedError, a SyntaxError and so on, or nil
}

func failure(r Reason, format string, args ...any) *Failure {
	return &Failure{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

func (f *Failure) Error() string { return fmt.Sprintf("xmlsig: %s (%s)", f.Detail, f.Reason) }

// Unwrap gives the reason and the cause.
func (f *Failure) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Reason}
	}
	return []error{f.Reason, f.Cause}
}

// Warning says what is weak or unusual about a signature that verifies.
type Warning string

// Warnings this package gives.
const (
	// WeakDigest: something was digested with SHA-1, for which collisions can
	// be made.
	WeakDigest Warning = "WEAK_DIGEST"
	// WeakKey: an RSA key of less than 2048 bits.
	WeakKey Warning = "WEAK_KEY"
	// PartialCoverage: part of the document is not signed; Result.References
	// tell what is.
	PartialCoverage Warning = "PARTIAL_COVERAGE"
	// UnreadableTimestamp: a signature timestamp is not in Result.Timestamps,
	// because it is malformed or of a kind that this package does not read.
	UnreadableTimestamp Warning = "UNREADABLE_TIMESTAMP"
)
