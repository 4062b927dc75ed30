package xmlsig

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// Failure is a reason and what was found. errors.Is compares it with a
// cms.Reason, errors.As finds the cause. The reasons mean here:
//
//   - FormatFailure: not what XML-DSig or XAdES asks for.
//   - HashFailure: something that was signed has changed.
//   - SigConstraintsFailure: the signature means something else than a
//     signature over this document, or goes through a transform that hides what
//     it means.
//   - NoSigningCertificateFound: no certificate for the key, or not the one
//     that the signature names.
//   - SignedDataNotFound: what a reference means is not there.
type Failure struct {
	Reason cms.Reason
	Detail string
	Cause  error // an UnsupportedError, a SyntaxError and so on, or nil
}

func failure(r cms.Reason, format string, args ...any) *Failure {
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

// Warnings this package gives, beside cms.WeakDigest and cms.WeakKey.
const (
	// PartialCoverage: part of the document is not signed; Result.References
	// tell what is.
	PartialCoverage cms.Warning = "PARTIAL_COVERAGE"
	// UnreadableTimestamp: a signature timestamp is not in Result.Timestamps,
	// because it is malformed or of a kind that this package does not read.
	UnreadableTimestamp cms.Warning = "UNREADABLE_TIMESTAMP"
)
