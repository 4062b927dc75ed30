package pdfsig

import (
	"errors"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/update"
)

// rebuilt checks that a reader that rebuilds the cross-references from the
// bytes finds the same document. A difference is an [UpdateError], even if
// nothing was added after signing. loose is true if some reader could rebuild
// for a reason outside the file. rebuilt also returns the active parts of the
// document, which it finds on its way.
func (d *document) rebuilt(loose bool) (*Acting, error) {
	checker, err := update.New(d.File)
	if err != nil {
		return nil, err
	}
	search := &featureSearch{doc: d, complete: true}
	h := compare.History{Look: search.look}
	if err := h.Reach(d.comparable()); err != nil {
		return nil, err
	}
	if loose || h.Odd() {
		checker.Loosen()
	}
	if misfits := h.Misfits(); len(misfits) > 0 {
		err = update.Misfit(misfits[0])
	} else {
		err = h.Reached(func(number int, drawn bool) error { return checker.Same(d.File, number, drawn) })
	}
	if err == nil {
		err = checker.Begin(d.File, d.root, reaching(&h))
	}
	if err == nil {
		err = d.alike(&h)
	}
	if fault, broken := errors.AsType[*update.Fault](err); broken {
		err = &UpdateError{Rule: string(fault.Kind), Offset: fault.Offset, Object: fault.Number, Err: fault.Err, Signed: true}
	}
	return search.acting(&h), err
}

// reaching returns a function that reports whether a history reaches an object.
func reaching(h *compare.History) func(number int) bool {
	return func(number int) bool {
		reached, _ := h.Reaches(number)
		return reached
	}
}
