package pdfsig

import (
	"errors"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/update"
)

// rebuilt wants that a reader that gives up on the cross-references, and
// rebuilds them from the bytes, finds the same document. What differs is an
// [UpdateError], though nothing need have been added.
func (d *document) rebuilt() error {
	checker, err := update.New(d.File)
	if err != nil {
		return err
	}
	var h compare.History
	if err := h.Reach(d.comparable()); err != nil {
		return err
	}
	if misfits := h.Misfits(); len(misfits) > 0 {
		err = update.Misfit(misfits[0])
	} else {
		err = h.Reached(func(number int, drawn bool) error { return checker.Same(d.File, number, drawn) })
	}
	if fault, broken := errors.AsType[*update.Fault](err); broken {
		return &UpdateError{string(fault.Kind), fault.Offset, fault.Number, fault.Err}
	}
	return err
}
