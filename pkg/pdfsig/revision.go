package pdfsig

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/update"
)

// Change is one thing that was added or changed after a signature: at which
// level, of which kind, and on which pages.
type Change = compare.Change

// Changes are all changes after a signature, at most 100.
type Changes = compare.Changes

// Level is what a certification must allow for a change. A larger one is
// graver.
type Level = compare.Level

// The levels of changes.
const (
	LevelNone       = compare.None       // validation data and document timestamps
	LevelSignature  = compare.Signature  // another signature that shows nothing new, metadata
	LevelForm       = compare.Form       // values of form fields
	LevelAnnotation = compare.Annotation // notes, stamps, a signature that shows itself in a new place
	LevelContent    = compare.Content    // anything else: what is shown need not be what was signed
)

// ChangeKind is what was added or changed.
type ChangeKind = compare.Kind

// The kinds of changes.
const (
	ChangeTimestamp      = compare.Timestamp      // a document timestamp
	ChangeValidationData = compare.ValidationData // certificates and revocation data
	ChangeSignature      = compare.Signed         // a signature that shows nothing
	ChangeSignatureShown = compare.SignedShown    // a signature with an appearance
	ChangeForm           = compare.Filled         // values of fields, and signature fields that are still empty
	ChangeAnnotation     = compare.Annotated      // notes, stamps, highlights
	ChangeMetadata       = compare.Metadata       // about the document, its structure for reading aloud, or nothing at all
	ChangeContent        = compare.Altered        // anything else
)

// ChangeAbout tells apart changes of one kind.
type ChangeAbout = compare.About

// What changes are about where their kind does not say all.
const (
	AboutStructure  = compare.Structure  // the structure for reading aloud
	AboutNothing    = compare.Nothing    // objects that nothing uses
	AboutEmptyField = compare.EmptyField // a signature field without a signature
	AboutOrder      = compare.Order      // of annotations
	AboutSettings   = compare.Settings   // of the form, which show nothing by themselves
)

// UpdateError is the cause of a failure of a signature after which bytes were
// added whose structure is not exact: programs can read such a file in different
// ways, so that nothing is said of what was added.
type UpdateError struct {
	// Rule is a word for what is not exact: bytes, offset, outside, twice,
	// section, prev, size, hybrid, startxref, end, length,
	// object-stream, hidden, generation, linearized or unreadable.
	Rule   string
	Offset int64 // from the header's percent sign; -1 where there is no one place
	Object int   // its number; 0 where it is about none
	Err    error // what reading found, or nil
	// Signed is true where it was so when the document was signed: programs can
	// read it differently, and nothing need have been added.
	Signed bool
}

func (e *UpdateError) Error() string {
	if e.Signed {
		return fmt.Sprintf("pdfsig: programs read this file differently: %v", e.fault())
	}
	return fmt.Sprintf("pdfsig: what was added after signing cannot be told: %v", e.fault())
}

func (e *UpdateError) fault() *update.Fault {
	return &update.Fault{Kind: update.Kind(e.Rule), Offset: e.Offset, Number: e.Object, Err: e.Err}
}

func (e *UpdateError) Unwrap() error { return e.Err }

// allowed is the gravest change a permission lets be (12.8.2.2). Without a
// certification notes may be added, as every viewer has it.
func (p Permission) allowed() Level {
	switch p {
	case NoChanges:
		return LevelNone
	case FillForms:
		return LevelForm
	}
	return LevelAnnotation
}

// Unchanged reports whether nothing but document timestamps and validation data
// was added after the signature: what a strict reader asks for. Where it cannot
// be told, the answer is no.
func (s Signature) Unchanged() bool {
	if _, undecided := errors.AsType[*UpdateError](s.Err()); undecided || !s.Complete {
		return false
	}
	return !slices.ContainsFunc(s.Changes, func(c Change) bool {
		return c.Kind != ChangeTimestamp && c.Kind != ChangeValidationData
	})
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
	slices.SortStableFunc(signed, func(a, b *foundSignature) int { return cmp.Compare(a.end, b.end) })
	if len(signed) == 0 {
		return nil
	}
	if signed[0].Whole {
		return v.asSigned(signed)
	}
	checker, err := update.New(v.doc.File)
	if err != nil {
		return unreadable(signed, err)
	}
	h := &history{verifier: v, checker: checker, signed: signed}
	for i := range signed {
		if err := h.step(i); err != nil {
			return err
		}
	}
	return h.whole()
}

// asSigned judges signatures after which nothing was added: the file as it is
// must be one document.
func (v *verifier) asSigned(signed []*foundSignature) error {
	acting, err := v.doc.rebuilt(v.loose)
	v.acting = acting
	differs, is := errors.AsType[*UpdateError](err)
	if damaged, unread := errors.AsType[*DamagedError](err); !is && unread {
		differs = &UpdateError{Rule: string(update.Unread), Offset: damaged.Offset, Object: damaged.Number, Err: damaged, Signed: true}
	} else if !is {
		return err
	}
	for _, s := range signed {
		s.undecided(differs)
	}
	return nil
}

// history goes through the signed revisions of a file.
type history struct {
	*verifier
	checker *update.Checker
	compare compare.History
	signed  []*foundSignature // oldest first
	active  rules             // of all signatures so far
}

// step judges what was added after the signature i and before the next one.
func (h *history) step(i int) error {
	s, next := h.signed[i], h.doc
	if i+1 < len(h.signed) {
		next = h.signed[i+1].revision
	}
	if s.rules.permission != 0 && (h.active.permission == 0 || s.rules.permission < h.active.permission) {
		h.active.permission = s.rules.permission
	}
	h.active.locks = append(h.active.locks, s.rules.locks...)
	if s.revision.Size() == next.Size() {
		return nil
	}
	before := h.signed[:i+1]
	if err := h.checker.Step(s.revision.File, next.File); err != nil {
		if err := h.fault(before, err); err != nil {
			return err
		}
	}
	changes, err := h.compare.Step(s.revision.comparable(), next.comparable(), h.limits())
	for _, earlier := range before {
		earlier.changed(changes, h.active.permission)
	}
	if err != nil {
		return unreadable(before, err)
	}
	return nil
}

func (h *history) limits() compare.Limits {
	locks := slices.Clone(h.active.locks)
	return compare.Limits{
		Locked: func(name string) bool {
			return slices.ContainsFunc(locks, func(l lock) bool { return l.covers(name) })
		},
		Text: text,
		Judged: func(field pdf.Ref) bool {
			return slices.ContainsFunc(h.found, func(s *foundSignature) bool { return s.field == field })
		},
	}
}

// fault makes inexact structure a failure of these signatures; another error is
// returned.
func (h *history) fault(signed []*foundSignature, err error) error {
	broken, is := errors.AsType[*update.Fault](err)
	if !is {
		return unreadable(signed, err)
	}
	for _, s := range signed {
		s.undecided(&UpdateError{Rule: string(broken.Kind), Offset: broken.Offset, Object: broken.Number, Err: broken.Err})
	}
	return nil
}

// undecided adds why nothing can be said of what was added. One reason is
// enough.
func (s *foundSignature) undecided(cause *UpdateError) {
	for _, f := range s.Failures {
		if _, told := errors.AsType[*UpdateError](f.Cause); told {
			return
		}
	}
	s.Failures = append(s.Failures, &cms.Failure{Code: cms.Generic, Detail: cause.Error(), Cause: cause})
}

// whole checks what no step shows by itself: whether every reader begins in the
// same place, and whether one that rebuilds the cross-references finds the same
// document.
func (h *history) whole() error {
	var before []*foundSignature
	var revisions []*pdf.File
	for _, s := range h.signed {
		if !s.Whole {
			before, revisions = append(before, s), append(revisions, s.revision.File)
		}
	}
	err := h.checker.Ends(revisions...)
	if err == nil {
		err = h.rebuilt(revisions)
	}
	if err != nil {
		return h.fault(before, err)
	}
	return nil
}

// rebuilt compares each revision, and the file as it is, with what a rebuilding
// reader finds. What one of them reaches counts for all at first: what is gone
// may still stand there, so that a difference is looked at once more with what
// that revision itself reaches.
func (h *history) rebuilt(revisions []*pdf.File) error {
	if misfits := h.compare.Misfits(); len(misfits) > 0 {
		return update.Misfit(misfits[0])
	}
	if h.loose || h.compare.Odd() {
		h.checker.Loosen()
	}
	for i := range revisions { // what the next one has alike, is looked at there
		next := h.doc
		if i+1 < len(h.signed) {
			next = h.signed[i+1].revision
		}
		d := h.signed[i].revision
		err := h.same(d, func(check func(int, bool) error) error {
			return compare.Unshared(d.comparable(), next.comparable(), func(number int) error {
				if reached, drawn := h.compare.Reaches(number); reached {
					return check(number, drawn)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	if err := h.same(h.doc, h.compare.Reached); err != nil {
		return err
	}
	err := h.checker.Begin(h.doc.File, h.doc.root, reaching(&h.compare))
	if _, broken := errors.AsType[*update.Fault](err); broken {
		var alone compare.History
		if err := alone.Reach(h.doc.comparable()); err != nil {
			return err
		}
		return h.checker.Begin(h.doc.File, h.doc.root, reaching(&alone))
	}
	return err
}

// same compares the objects of a document that each goes through.
func (h *history) same(d *document, each func(func(int, bool) error) error) error {
	check := func(number int, drawn bool) error { return h.checker.Same(d.File, number, drawn) }
	err := each(check)
	if _, broken := errors.AsType[*update.Fault](err); broken {
		var alone compare.History
		if err := alone.Reach(d.comparable()); err != nil {
			return err
		}
		return alone.Reached(check)
	}
	return err
}

// comparable is the document as package compare takes it.
func (d *document) comparable() *compare.Document {
	return &compare.Document{
		File: d.File, Root: d.root, Catalog: d.catalog, Form: d.form,
		Fields: func(visit func(*compare.Field) error) error {
			return d.fields(func(f *field) error {
				return visit(&compare.Field{Ref: f.ref, Dict: f.dict, Name: f.name, Signature: f.isSignature(), Value: f.value, Widgets: f.widgets})
			})
		},
		Pages: func(visit func(pdf.Ref) bool) error {
			return d.pages(func(p page) bool { return visit(p.ref) })
		},
	}
}

// unreadable makes damage in what was signed, or added later, a failure of
// these signatures; another error is returned.
func unreadable(signed []*foundSignature, err error) error {
	var damaged *DamagedError
	if !errors.As(err, &damaged) {
		return err
	}
	for _, s := range signed {
		s.undecided(&UpdateError{Rule: string(update.Unread), Offset: damaged.Offset, Object: damaged.Number, Err: damaged})
	}
	return nil
}

// changed adds what one step changed.
func (s *foundSignature) changed(all Changes, p Permission) {
	s.Changes.Add(all)
	if gravest, ok := all.Gravest(); ok && gravest.Level > p.allowed() {
		s.Failures = append(s.Failures, &cms.Failure{
			Code: cms.HashFailure, Detail: fmt.Sprintf("the document was changed after it was signed (%v): %s", gravest.Level, gravest.Detail), Cause: ErrChangedLater,
		})
	}
}
