package xmlsig

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// pointer is a parsed URI reference (XML-DSig 1.1, 4.4.3.2 and 4.4.3.3).
type pointer struct {
	files    []string // names of a file; the rest is about the document itself
	ids      []string
	whole    bool
	comments bool
}

// parsePointer reads a URI. A fragment is taken as it stands and with its
// percent-encoding resolved, because readers do either.
func parsePointer(uri string) (pointer, *cms.Failure) {
	fragment, same := strings.CutPrefix(uri, "#")
	switch {
	case uri == "":
		return pointer{whole: true}, nil
	case uri == "#xpointer(/)":
		return pointer{whole: true, comments: true}, nil
	case same:
		comments := false
		if id, found := strings.CutPrefix(fragment, "xpointer(id("); found {
			id, found = strings.CutSuffix(id, "))")
			if !found || len(id) < 3 || id[0] != id[len(id)-1] || id[0] != '\'' && id[0] != '"' {
				return pointer{}, unsupported(cms.SigConstraintsFailure, "transform", "XPointer "+uri)
			}
			fragment, comments = id[1:len(id)-1], true
		}
		if fragment == "" || strings.ContainsAny(fragment, "()") {
			return pointer{}, unsupported(cms.SigConstraintsFailure, "transform", "XPointer "+uri)
		}
		ids := []string{fragment}
		if plain, err := url.PathUnescape(fragment); err == nil && plain != fragment {
			ids = append(ids, plain)
		}
		return pointer{ids: ids, comments: comments}, nil
	}
	files := fileNames(uri)
	if files == nil {
		return pointer{}, &cms.Failure{Code: cms.SignedDataNotFound, Detail: fmt.Sprintf("%q is not fetched: only files beside the signature are", uri), Cause: &NotFetchedError{uri}}
	}
	return pointer{files: files}, nil
}

// NotFetchedError is a reference that leads out of the folder of the signature.
// It is never followed.
type NotFetchedError struct{ URI string }

func (e *NotFetchedError) Error() string {
	return fmt.Sprintf("xmlsig: %q is not fetched: only files beside the signature are", e.URI)
}
