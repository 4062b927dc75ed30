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

// Change is one change after a signature, with its level, its kind and its
// pages.
type Change = compare.Change

// Changes are all changes after a signature, at most 100.
type Changes = compare.Changes

// Level is the permission that a certification must give for a change. A higher
// level is more serious.
type Level = compare.Level

// Levels of changes.
const (
	LevelNone       = compare.None       // validation data and document timestamps
	LevelSignature  = compare.Signature  // another signature that shows nothing new, metadata
	LevelForm       = compare.Form       // values of form fields
	LevelAnnotation = compare.Annotation // notes, stamps, a visible signature in a new place
	LevelContent    = compare.Content    // anything else; the visible content may differ from the signed content
)

// ChangeKind is the kind of a change.
type ChangeKind = compare.Kind

// Kinds of changes.
const (
	ChangeTimestamp      = compare.Timestamp      // a document timestamp
	ChangeValidationData = compare.ValidationData // certificates and revocation data
	ChangeSignature      = compare.Signed         // an invisible signature
	ChangeSignatureShown = compare.SignedShown    // a visible signature
	ChangeForm           = compare.Filled         // values of fields, and signature fields that are still empty
	ChangeAnnotation     = compare.Annotated      // notes, stamps, highlights
	ChangeMetadata       = compare.Metadata       // document information, the structure for screen readers, or unused objects
	ChangeContent        = compare.Altered        // anything else
)

// ChangeAbout divides the changes of one kind.
type ChangeAbout = compare.About

// Subjects of changes within one kind.
const (
	AboutStructure  = compare.Structure  // the structure for screen readers
	AboutNothing    = compare.Nothing    // unused objects
	AboutEmptyField = compare.EmptyField // a signature field without a signature
	AboutOrder      = compare.Order      // order of annotations
	AboutSettings   = compare.Settings   // settings of the form without visible effect
)

// UpdateError means that bytes with an inexact structure were added after a
// signature. Programs can read such a file in different ways, so this package
// makes no statement about the changes.
type UpdateError struct {
	// Rule is the broken rule: bytes, offset, outside, twice, section, prev,
	// size, hybrid, startxref, end, length, object-stream, hidden, generation,
	// linearized, unreadable, pages or drawn.
	Rule   string
	Offset int64 // from the header's percent sign; -1 if there is no single place
	Object int   // object number; 0 if the error is about no object
	Err    error // the underlying read error, or nil
	// Signed is true if the document was already inexact when it was signed.
	// Then nothing need have been added.
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

// allowed returns the highest level of change that a permission allows
// (12.8.2.2). Without a certification, annotations are allowed, as in other
// viewers.
func (p Permission) allowed() Level {
	switch p {
	case NoChanges:
		return LevelNone
	case FillForms:
		return LevelForm
	}
	return LevelAnnotation
}

// Unchanged reports whether only document timestamps and validation data were
// added after the signature; strict verifiers require this. It returns false if
// the changes are unknown.
func (s Signature) Unchanged() bool {
	if _, undecided := errors.AsType[*UpdateError](s.Err()); undecided || !s.Complete {
		return false
	}
	return !slices.ContainsFunc(s.Changes, func(c Change) bool {
		return c.Kind != ChangeTimestamp && c.Kind != ChangeValidationData
	})
}

// compareRevisions compares each signed revision with the next one, and the
// last with the current file. A change counts for every signature before it.
// The limits of a signature are its own and those of an earlier certification.
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

// asSigned judges signatures without later additions. It checks that every
// reader finds the same document in the file.
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

// history walks through the signed revisions of a file.
type history struct {
	*verifier
	checker *update.Checker
	compare compare.History
	signed  []*foundSignature // oldest first
	active  rules             // of all signatures so far
}

// step judges the additions between the signature i and the next one.
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

// fault turns an inexact structure into a failure of these signatures. It
// returns any other error.
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

// undecided records why the later changes are unknown. It keeps the first
// reason.
func (s *foundSignature) undecided(cause *UpdateError) {
	for _, f := range s.Failures {
		if _, told := errors.AsType[*UpdateError](f.Cause); told {
			return
		}
	}
	s.Failures = append(s.Failures, &cms.Failure{Code: cms.Generic, Detail: cause.Error(), Cause: cause})
}

// whole makes the checks that need all revisions: that every reader begins at
// the same section, and that a reader that rebuilds the cross-references finds
// the same document.
func (h *history) whole() error {
	var before []*foundSignature
	var revisions []*pdf.File
	for _, s := range h.signed {
		if !s.Whole {
			before, revisions = append(before, s), append(revisions, s.revision.File)
		}
	}
	err := h.checker.Ends(revisions...)
	if err == nil && !h.compare.Stepped() { // nothing but blanks was added
		return h.asSigned(h.signed)
	}
	if err == nil {
		err = h.rebuilt(revisions)
	}
	if err != nil {
		if err := h.fault(before, err); err != nil {
			return err
		}
	}
	return h.alike()
}

// alike checks that readers draw the file in the same way, as it was signed
// first and as it is now. What differs was there when it was signed, or was added
// as a part of an annotation.
func (h *history) alike() error {
	if err := h.compare.Reach(h.doc.comparable()); err != nil {
		return unreadable(h.signed, err)
	}
	err := h.signed[0].revision.alike(&h.compare)
	if err == nil {
		err = h.doc.alike(&h.compare)
	}
	broken, is := errors.AsType[*update.Fault](err)
	if !is {
		return unreadable(h.signed, err)
	}
	for _, s := range h.signed {
		s.undecided(&UpdateError{Rule: string(broken.Kind), Offset: broken.Offset, Object: broken.Number, Err: broken.Err, Signed: true})
	}
	return nil
}

// rebuilt compares each revision, and the current file, with the result of a
// rebuilding reader. It first checks the objects that any revision reaches. An
// object removed earlier can still stand in the file, so a difference is
// checked again with only the objects that this revision reaches.
func (h *history) rebuilt(revisions []*pdf.File) error {
	if misfits := h.compare.Misfits(); len(misfits) > 0 {
		return update.Misfit(misfits[0])
	}
	if h.loose || h.compare.Odd() {
		h.checker.Loosen()
	}
	for i := range revisions { // objects that the next revision shares are checked there
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

// same compares the objects of a document that each visits.
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

// comparable converts the document for package compare.
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

// unreadable turns damage in a revision into a failure of these signatures. It
// returns any other error.
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

// changed records the changes of one step.
func (s *foundSignature) changed(all Changes, p Permission) {
	s.Changes.Add(all)
	if gravest, ok := all.MostSevere(); ok && gravest.Level > p.allowed() {
		s.Failures = append(s.Failures, &cms.Failure{
			Code: cms.HashFailure, Detail: fmt.Sprintf("the document was changed after it was signed (%v): %s", gravest.Level, gravest.Detail), Cause: ErrChangedLater,
		})
	}
}
