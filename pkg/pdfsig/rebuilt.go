package pdfsig

import (
	"errors"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/update"
)

// rebuilt wants that a reader that gives up on the cross-references, and
// rebuilds them from the bytes, finds the same document. What differs is an
// [UpdateError], though nothing need have been added. loose is true where some
// reader could do so for a reason that is not in the file. What acts in the
// document is found on the way.
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
	if fault, broken := errors.AsType[*update.Fault](err); broken {
		err = &UpdateError{Rule: string(fault.Kind), Offset: fault.Offset, Object: fault.Number, Err: fault.Err, Signed: true}
	}
	return search.acting(&h), err
}

// reaching tells whether a history has an object.
func reaching(h *compare.History) func(number int) bool {
	return func(number int) bool {
		reached, _ := h.Reaches(number)
		return reached
	}
}
