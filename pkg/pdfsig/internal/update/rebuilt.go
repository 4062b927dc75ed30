package update

import (
	"errors"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// startxrefWithin is how far from the end of a file every reader looks for
// startxref, in bytes.
const startxrefWithin = 1024

// Ends wants that every reader begins with the same section of the file, now and
// as it was at the end of these revisions.
func (c *Checker) Ends(revisions ...*pdf.File) error {
	if c.file.Startxref.Start < c.file.Size()-startxrefWithin {
		return fault(Far, c.file.Startxref.Start, 0)
	}
	if c.loose {
		if err := c.noObjectStreams(); err != nil {
			return err
		}
	}
	length, first, err := c.linearized()
	if err != nil || length == 0 {
		return err
	}
	for _, f := range append(revisions, c.file) {
		if f.Size() != length && f.Size()+f.Leading != length {
			continue
		}
		if newest := f.Sections()[0]; newest.Offset != first {
			return fault(Linearized, first, 0)
		}
	}
	return nil
}

// noObjectStreams is for an update that is not exact to the letter: where one
// reader rebuilds the cross-references, it does not find what is in object
// streams as others do.
func (c *Checker) noObjectStreams() error {
	for _, s := range c.file.Sections() {
		if !s.Stream && s.Hybrid == nil {
			continue
		}
		for n := range s.Numbers {
			e, err := s.Entry(n)
			if err != nil {
				return err
			}
			if e.Kind == pdf.Compressed {
				return fault(Reference, c.file.Sections()[0].Offset, 0)
			}
		}
	}
	return nil
}

// linearized reads the linearization dictionary (annex F), which is the first
// object where there is one: the length that it says, and where its readers find
// the first cross-reference, behind it.
func (c *Checker) linearized() (length, first int64, err error) {
	if len(c.marks.objects) == 0 || c.marks.objects[0].offset > startxrefWithin {
		return 0, 0, nil
	}
	m := c.marks.objects[0]
	place, o, err := c.file.At(pdf.Ref{Number: int(m.number), Generation: int(m.generation)}, m.offset)
	if err != nil {
		return 0, 0, ignoreDamage(err)
	}
	dict, _ := o.(pdf.Dict)
	if dict["Linearized"] == nil {
		return 0, 0, nil
	}
	length, _ = dict["L"].(int64)
	first, _, err = c.file.Blank(place.End)
	return length, first, ignoreDamage(err)
}

func ignoreDamage(err error) error {
	if _, is := errors.AsType[*pdf.DamagedError](err); is {
		return nil
	}
	return err
}

// Same wants that a reader that rebuilds the cross-references of a revision from
// its bytes finds this object as the cross-references have it. drawn is false
// for one that nothing shows.
func (c *Checker) Same(f *pdf.File, number int, drawn bool) error {
	found := c.marks.of(number, f.Size())
	e, err := f.Entry(number)
	if err != nil {
		return err
	}
	switch e.Kind {
	case pdf.InFile:
		return c.sameInFile(f, number, e, found)
	case pdf.Compressed:
		return c.sameCompressed(f, e, found)
	}
	if len(found) > 0 && drawn {
		return c.tolerate(f, found[len(found)-1])
	}
	return nil
}

func (c *Checker) sameInFile(f *pdf.File, number int, e pdf.Entry, found []mark) error {
	at, seen := e.Offset, false
	if len(found) > 0 && found[len(found)-1].offset != at {
		blank, _, err := f.Blank(at)
		if err != nil {
			return err
		}
		at = blank
	}
	for i := len(found) - 1; i >= 0; i-- {
		m := found[i]
		if m.offset == at && int(m.generation) == e.Generation {
			if at != e.Offset && at < c.updated {
				c.inexact = true
			}
			found, seen = found[:i], true
			break
		}
		if err := c.tolerate(f, m); err != nil {
			return err
		}
	}
	if !seen { // not written as an object is
		return fault(Hidden, e.Offset, number)
	}
	for _, m := range found { // the highest generation wins in some readers
		if int(m.generation) > e.Generation {
			if err := c.tolerate(f, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameCompressed wants nothing behind the object stream that an object is in.
func (c *Checker) sameCompressed(f *pdf.File, e pdf.Entry, found []mark) error {
	container, err := f.Entry(e.Stream)
	if err != nil {
		return err
	}
	for _, m := range found {
		if m.offset > container.Offset {
			if err := c.tolerate(f, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// tolerate allows what looks like an object inside a stream of the part that was
// there from the start, as an attached PDF file has them: where everything is
// exact, no reader rebuilds.
func (c *Checker) tolerate(f *pdf.File, m mark) error {
	hidden := fault(Hidden, m.offset, int(m.number))
	if m.offset >= c.updated && c.updated > 0 || c.inexact || !c.exact() {
		return hidden
	}
	inside, err := c.insideStream(f, m)
	if err != nil {
		return err
	}
	if !inside {
		return hidden
	}
	return nil
}

// exact reports whether the sections of the file are exact to the letter.
func (c *Checker) exact() bool {
	if c.sound == nil {
		sound := c.allExact()
		c.sound = &sound
	}
	return *c.sound
}

func (c *Checker) allExact() bool {
	if len(c.file.Notes) > 0 {
		return false
	}
	for _, s := range c.file.Sections() {
		if len(s.Notes) > 0 || !s.Exact() || s.Hybrid != nil && (len(s.Hybrid.Notes) > 0 || !s.Hybrid.Exact()) {
			return false
		}
	}
	return true
}

// maxBack is how many places before one may be looked at for the stream that it
// is in.
const maxBack = 100_000

// unitsBack is what it costs to look at one of them.
const unitsBack = 24

// insideStream reports whether a place is inside the data of a stream that the
// cross-references name.
func (c *Checker) insideStream(f *pdf.File, m mark) (bool, error) {
	if c.stream.file == f && m.offset >= c.stream.Start && m.offset < c.stream.End {
		return true, nil
	}
	before := c.marks.between(0, m.offset)
	for i := len(before) - 1; i >= max(0, len(before)-maxBack); i-- {
		if err := f.Spend(unitsBack); err != nil {
			return false, err
		}
		header := before[i]
		e, err := f.Entry(int(header.number))
		if err != nil {
			return false, err
		}
		if e.Kind != pdf.InFile || e.Offset != header.offset || e.Generation != int(header.generation) {
			continue
		}
		_, o, err := f.At(pdf.Ref{Number: int(header.number), Generation: e.Generation}, e.Offset)
		if err != nil {
			return false, ignoreDamage(err)
		}
		s, isStream := o.(*pdf.Stream)
		if !isStream || m.offset < s.Offset || m.offset >= s.Offset+s.Length {
			return false, nil
		}
		c.stream.file, c.stream.Span = f, pdf.Span{Start: s.Offset, End: s.Offset + s.Length}
		return true, nil
	}
	return false, nil
}

// Trailers wants every trailer that a rebuilding reader could take to name the
// same catalog.
func (c *Checker) Trailers(root pdf.Ref) error {
	for _, s := range c.file.Sections() {
		if other := s.Trailer["Root"]; other != nil && other != pdf.Object(root) && (c.inexact || !c.exact()) {
			return fault(Hidden, s.Offset, 0)
		}
	}
	return nil
}

// Misfit is the fault of a reference by another generation than an object has.
func Misfit(number int) error { return fault(Generation, -1, number) }
