//go:build foreign

package witness

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// verdict is the verdict on all signatures of a file, as the exit status of
// jpki verify.
type verdict int

const (
	genuine   verdict = 0
	damaged   verdict = 1
	shown     verdict = 7 // genuine as signed; more is visible now
	invalid   verdict = 8
	undecided verdict = 9
)

// judge verifies a file with the library. said explains the verdict in a failed
// test. signatureShown is true if a further visible signature was added; this
// is reported but needs no attention.
func judge(data []byte) (v verdict, signatureShown bool, said string) {
	report, err := pdfsig.Verify(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, pdfsig.ErrNoSignature) {
		return invalid, false, err.Error()
	}
	if err != nil {
		return damaged, false, err.Error()
	}
	for _, s := range report.Signatures {
		one := genuine
		if err := s.Err(); err != nil {
			one = invalid
			if _, is := errors.AsType[*pdfsig.UpdateError](err); is && !errors.Is(err, pdfsig.ErrChangedLater) && !errors.Is(err, cms.FormatFailure) {
				one = undecided
			}
		}
		for _, c := range s.Changes {
			if !c.Shown {
				continue
			}
			if c.Kind == pdfsig.ChangeSignatureShown {
				signatureShown = true
			} else {
				one = max(one, shown)
			}
		}
		if v != invalid { // invalid is worse than undecided
			v = max(v, one)
		}
		if one == invalid {
			v = invalid
		}
		said += fmt.Sprintf("%s: %d, %v, %v; ", s.Field, one, s.Changes, s.Err())
	}
	return v, signatureShown, said
}
