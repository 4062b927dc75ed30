package update

import (
	"errors"
	"io"
	"math"

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
	if m.offset >= c.updated && c.updated > 0 {
		return hidden
	}
	rebuilds, err := c.rebuilds()
	if err != nil {
		return err
	}
	if rebuilds {
		return hidden
	}
	in, _, err := c.around(f, m.offset)
	if err != nil {
		return err
	}
	if in != inStream {
		return hidden
	}
	return nil
}

// rebuilds reports whether some reader could rebuild the cross-references,
// whatever for.
func (c *Checker) rebuilds() (bool, error) {
	if c.inexact {
		return true, nil
	}
	c.inexact = c.file.Noted() || shrinks(c.file.Sections())
	if c.inexact || c.looked {
		return c.inexact, nil
	}
	c.looked = true
	for _, offset := range c.marks.trailers {
		in, _, err := c.around(c.file, offset)
		if err != nil {
			return false, err
		}
		if in == inObject {
			c.inexact = true
			break
		}
	}
	return c.inexact, nil
}

// shrinks reports whether a section counts fewer objects than one before it: then
// Ghostscript rebuilds the cross-references.
func shrinks(sections []*pdf.Section) bool {
	least := int64(math.MaxInt64)
	for _, s := range sections {
		size, _ := s.Trailer["Size"].(int64)
		if size > least {
			return true
		}
		least = min(least, size)
	}
	return false
}

// Loosen tells that some reader could rebuild the cross-references.
func (c *Checker) Loosen() { c.inexact = true }

// maxBack is how many places before one may be looked at for the stream that it
// is in.
const maxBack = 100_000

// unitsBack is what it costs to look at one of them.
const unitsBack = 24

// part is what a byte of a file belongs to.
type part int

const (
	inGap    part = iota // nothing, a cross-reference section, or what cannot be read
	inObject             // an object that the cross-references name
	inStream             // the data of a stream that is one
)

// around tells what a byte belongs to, and the number of the object.
func (c *Checker) around(f *pdf.File, offset int64) (in part, number int, err error) {
	if c.stream.file == f && offset >= c.stream.Start && offset < c.stream.End {
		return inStream, c.stream.number, nil
	}
	before := c.marks.between(0, offset)
	for i := len(before) - 1; i >= max(0, len(before)-maxBack); i-- {
		if err := f.Spend(unitsBack); err != nil {
			return inGap, 0, err
		}
		header := before[i]
		e, err := f.Entry(int(header.number))
		if err != nil {
			return inGap, 0, err
		}
		if e.Kind != pdf.InFile || e.Offset != header.offset || e.Generation != int(header.generation) {
			continue
		}
		place, o, err := f.At(pdf.Ref{Number: int(header.number), Generation: e.Generation}, e.Offset)
		if err != nil {
			return inGap, 0, ignoreDamage(err)
		}
		s, isStream := o.(*pdf.Stream)
		if !isStream || offset < s.Offset || offset >= s.Offset+s.Length {
			if offset < place.End {
				in = inObject
			}
			return in, int(header.number), nil
		}
		c.stream.file, c.stream.Span, c.stream.number = f, pdf.Span{Start: s.Offset, End: s.Offset + s.Length}, int(header.number)
		return inStream, c.stream.number, nil
	}
	return inGap, 0, nil
}

// Begin wants that a reader that rebuilds the cross-references, if any does,
// begins with the same catalog: no trailer, cross-reference stream or catalog
// that it finds is another one. It wants, too, that each object stream is the one
// that the cross-references know for what is in it. reaches tells whether the
// document has an object.
func (c *Checker) Begin(f *pdf.File, root pdf.Ref, reaches func(number int) bool) error {
	if rebuilds, err := c.rebuilds(); !rebuilds || err != nil {
		return err
	}
	for _, s := range f.Sections() {
		if other := s.Trailer["Root"]; other != nil && other != pdf.Object(root) {
			return fault(Hidden, s.Offset, 0)
		}
	}
	for _, offset := range c.marks.trailers {
		if offset < f.Size() {
			if err := c.trailer(f, root, offset); err != nil {
				return err
			}
		}
	}
	for _, m := range c.marks.between(0, f.Size()) {
		if err := c.beginning(f, root, m, reaches); err != nil {
			return err
		}
	}
	return c.compressedCatalogs(f, root)
}

// trailer wants a dictionary behind the word trailer to name the catalog, if it
// names one.
func (c *Checker) trailer(f *pdf.File, root pdf.Ref, offset int64) error {
	at, _, err := f.Blank(offset + int64(len(wordTrailer)))
	if err != nil {
		return ignoreDamage(err)
	}
	var open [2]byte
	if _, err := f.Source().ReadAt(open[:], at); err != nil || string(open[:]) != "<<" {
		return ignoreEnd(err)
	}
	o, err := f.Direct(at)
	if err != nil {
		if err = ignoreDamage(err); err == nil {
			err = fault(Hidden, offset, 0)
		}
		return err
	}
	if dict, _ := o.(pdf.Dict); dict["Root"] != nil && dict["Root"] != pdf.Object(root) {
		return fault(Hidden, offset, 0)
	}
	return nil
}

func ignoreEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// beginning looks at one place where a reader finds an object.
func (c *Checker) beginning(f *pdf.File, root pdf.Ref, m mark, reaches func(int) bool) error {
	if int(m.number) == root.Number {
		return nil // which of them counts is [Checker.Same]'s
	}
	_, o, err := f.At(pdf.Ref{Number: int(m.number), Generation: int(m.generation)}, m.offset)
	if err != nil {
		return ignoreDamage(err)
	}
	if other(o, root) {
		return fault(Hidden, m.offset, int(m.number))
	}
	stream, ok := o.(*pdf.Stream)
	if !ok || stream.Dict["Type"] != pdf.Name("ObjStm") {
		return nil
	}
	members, err := f.Members(stream)
	if err != nil {
		return ignoreDamage(err)
	}
	for _, n := range members {
		if !reaches(n) {
			continue
		}
		if at, err := c.standsAt(f, n); err != nil {
			return err
		} else if at < m.offset { // the last one counts
			return fault(Hidden, m.offset, n)
		}
	}
	return nil
}

// standsAt is where an object stands, or the object stream that it is in; -1
// where it is not there.
func (c *Checker) standsAt(f *pdf.File, number int) (int64, error) {
	e, err := f.Entry(number)
	if err == nil && e.Kind == pdf.Compressed {
		e, err = f.Entry(e.Stream)
	}
	if err != nil || e.Kind != pdf.InFile {
		return -1, err
	}
	at, _, err := f.Blank(e.Offset)
	return at, ignoreDamage(err)
}

// other reports whether an object makes a reader begin with another catalog.
func other(o pdf.Object, root pdf.Ref) bool {
	switch o := o.(type) {
	case pdf.Dict:
		return o["Type"] == pdf.Name("Catalog")
	case *pdf.Stream:
		return o.Dict["Type"] == pdf.Name("XRef") && o.Dict["Root"] != nil && o.Dict["Root"] != pdf.Object(root)
	}
	return false
}

// compressedCatalogs wants none in an object stream but the one.
func (c *Checker) compressedCatalogs(f *pdf.File, root pdf.Ref) error {
	for n := range f.NextNumber() {
		e, err := f.Entry(n)
		if err != nil || e.Kind != pdf.Compressed || n == root.Number {
			if err != nil {
				return err
			}
			continue
		}
		o, err := f.Once(pdf.Ref{Number: n})
		if err != nil {
			if err = ignoreDamage(err); err != nil {
				return err
			}
			continue
		}
		if other(o, root) {
			return fault(Hidden, -1, n)
		}
	}
	return nil
}

// Misfit is the fault of a reference by another generation than an object has.
func Misfit(number int) error { return fault(Generation, -1, number) }
