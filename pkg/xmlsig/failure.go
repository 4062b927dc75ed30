package xmlsig

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/cms"
)

func failure(c cms.Code, format string, args ...any) *cms.Failure {
	return &cms.Failure{Code: c, Detail: fmt.Sprintf(format, args...)}
}

// because makes a failure of an error of this package or of the caller's.
func because(c cms.Code, err error) *cms.Failure {
	return &cms.Failure{Code: c, Detail: err.Error(), Cause: err}
}

// Warnings of this package.
const (
	// PartialCoverage is the warning that part of the document is not signed;
	// [Result.References] list the signed parts, [Result.Outside] the others.
	PartialCoverage cms.Warning = "PARTIAL_COVERAGE"
	// EnvelopedElsewhere is the warning that an enveloped-signature transform
	// is for an element that the signature is not in, where it takes nothing
	// out. Official documents have it.
	EnvelopedElsewhere cms.Warning = "ENVELOPED_SIGNATURE_ELSEWHERE"
)
