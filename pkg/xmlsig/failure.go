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
	// EnvelopedElsewhere warns of an enveloped-signature transform without
	// effect: the referenced element does not contain the signature.
	// Official documents have it.
	EnvelopedElsewhere cms.Warning = "ENVELOPED_SIGNATURE_ELSEWHERE"
)
