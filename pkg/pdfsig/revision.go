package pdfsig

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// Change is how far something that was added after a signature reaches. A
// larger one is a graver one.
type Change int

// Kinds of changes.
const (
	Unchanged             Change = iota
	ValidationAdded              // certificates, revocation data, document timestamps (EN 319 142-1, 5.4)
	SignatureAdded               // signed an empty field, or added one that shows nothing; metadata
	FormFilled                   // values of form fields
	VisibleSignatureAdded        // one with an appearance of its own, in a new field
	AnnotationsChanged           // notes, stamps
	ContentChanged               // anything else: what is shown need not be what was signed
)

var changeNames = map[Change]string{
	Unchanged: "none", ValidationAdded: "validation", SignatureAdded: "signatures",
	FormFilled: "forms", VisibleSignatureAdded: "visible-signatures", AnnotationsChanged: "annotations", ContentChanged: "content",
}

// String is a word for the change: none, validation, signatures, forms,
// visible-signatures, annotations or content.
func (c Change) String() string { return changeNames[c] }

// Changes say what later revisions changed.
type Changes struct {
	Level   Change   // the gravest
	Details []string // what was found, in English; at most 100

	gravest string // the first detail of this level
}

func (c *Changes) add(level Change, format string, args ...any) {
	detail := fmt.Sprintf(format, args...)
	if level > c.Level {
		c.Level, c.gravest = level, detail
	}
	if len(c.Details) < 100 {
		c.Details = append(c.Details, detail)
	}
}

// allowed is the gravest change a permission lets be (12.8.2.2). Without a
// certification notes may be added, as every viewer has it.
func (p Permission) allowed() Change {
	switch p {
	case NoChanges:
		return ValidationAdded
	case FillForms:
		return FormFilled
	}
	return AnnotationsChanged
}

// compareRevisions compares each signed revision with the next one, and the
// last with the file as it is. What a step changed counts for every signature
// before it; a signature forbids what its own rules and those of the
// certification before it forbid.
func (v *verifier) compareRevisions() error {
	var signed []*foundSignature
	for _, s := range v.found {
		if s.revision != nil {
			signed = append(signed, s)
		}
	}
	if len(signed) == 0 {
		return nil
	}
	slices.SortStableFunc(signed, func(a, b *foundSignature) int { return cmp.Compare(a.end, b.end) })
	var revisions []*document
	for _, s := range signed {
		revisions = append(revisions, s.revision)
	}
	uses, err := findUses(revisions, v.doc)
	if err != nil {
		return unreadable(signed, err)
	}
	var active rules
	for i, s := range signed {
		next := v.doc
		if i+1 < len(signed) {
			next = signed[i+1].revision
		}
		if s.rules.permission != 0 && (active.permission == 0 || s.rules.permission < active.permission) {
			active.permission = s.rules.permission
		}
		active.locks = append(active.locks, s.rules.locks...)
		changes, err := compare(s.revision, next, i, uses, active.locks)
		if err != nil {
			if err := unreadable(signed[:i+1], err); err != nil {
				return err
			}
			continue
		}
		for _, earlier := range signed[:i+1] {
			earlier.changed(changes, active.permission)
		}
	}
	return v.checkTrailing(signed)
}

// unreadable makes damage in what was signed, or added later, a failure of
// these signatures; another error is returned.
func unreadable(signed []*foundSignature, err error) error {
	var damaged *DamagedError
	if !errors.As(err, &damaged) {
		return err
	}
	for _, s := range signed {
		s.fail(cms.Generic, "what was changed after signing cannot be told: %v", err)
	}
	return nil
}

// changed adds what one step changed.
func (s *foundSignature) changed(c Changes, p Permission) {
	for _, detail := range c.Details {
		s.Changes.add(c.Level, "%s", detail)
	}
	if c.Level > p.allowed() {
		s.Failures = append(s.Failures, &cms.Failure{
			Code: cms.HashFailure, Detail: fmt.Sprintf("the document was changed after it was signed (%v): %s", c.Level, c.gravest), Cause: ErrChangedLater,
		})
	}
}

// checkTrailing refuses bytes at the end that are neither signed nor belong to
// a revision: a reader that repairs files may show what they hold.
func (v *verifier) checkTrailing(signed []*foundSignature) error {
	from := max(v.doc.End+v.doc.Leading, signed[len(signed)-1].end)
	buffer := make([]byte, 32<<10)
	for rest := io.NewSectionReader(v.source, from, v.size-from); ; {
		n, err := rest.Read(buffer)
		for _, c := range buffer[:n] {
			if c != 0 && c != ' ' && (c < '\t' || c > '\r') {
				for _, s := range signed {
					s.fail(cms.FormatFailure, "bytes were added behind the end of the file")
				}
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
