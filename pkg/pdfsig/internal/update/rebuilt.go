package update

import (
	"errors"
	"io"
	"math"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// startxrefWithin is the number of bytes at the end of a file in which every
// reader searches for startxref.
const startxrefWithin = 1024

// Ends checks that every reader begins with the same cross-reference section,
// both in the current file and at the end of these revisions.
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

// noObjectStreams rejects object streams in an update that is not exact to the
// letter. If one reader rebuilds the cross-references there, it may miss
// objects in object streams that other readers find.
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

// linearized reads the linearization dictionary (annex F), if the first object
// is one. It returns the length in it, and the offset of the first
// cross-reference section, which follows it.
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

// Same checks that a reader that rebuilds the cross-references of a revision
// finds the same object as the cross-references give. drawn is false for an
// object without visible effect.
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
	if !seen { // not written as "n g obj"
		return fault(Hidden, e.Offset, number)
	}
	for _, m := range found { // some readers choose the highest generation
		if int(m.generation) > e.Generation {
			if err := c.tolerate(f, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameCompressed checks that no mark of an object follows the object stream
// that contains it.
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

// tolerate allows marks inside a stream of the original part, for example in an
// attached PDF file. If everything is exact, no reader rebuilds the
// cross-references.
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

// rebuilds reports whether some reader could rebuild the cross-references, for
// any reason.
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

// shrinks reports whether a section has a smaller Size than an earlier one.
// Ghostscript then rebuilds the cross-references.
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

// Loosen records that some reader could rebuild the cross-references.
func (c *Checker) Loosen() { c.inexact = true }

// maxBack is the largest number of marks to examine when searching for the
// stream that contains a byte.
const maxBack = 100_000

// unitsBack is the cost of examining one mark, in units of work.
const unitsBack = 24

// part is the kind of file part that contains a byte.
type part int

const (
	inGap    part = iota // no object, a cross-reference section, or unreadable bytes
	inObject             // an object that the cross-references list
	inStream             // the data of such a stream object
)

// around returns the part of the file that contains a byte, and the number of
// the object.
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

// Begin checks that a reader that rebuilds the cross-references begins with the
// same catalog: it must find no trailer, cross-reference stream or catalog that
// leads to another one. Begin also checks that each object stream is the one
// that the cross-references give for its objects. reaches reports whether the
// document reaches an object.
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

// trailer checks that a dictionary after the word trailer has the same Root, or
// none.
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

// beginning checks one mark for [Checker.Begin].
func (c *Checker) beginning(f *pdf.File, root pdf.Ref, m mark, reaches func(int) bool) error {
	if int(m.number) == root.Number {
		return nil // [Checker.Same] checks all marks of this object
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
		} else if at < m.offset { // readers take the last mark
			return fault(Hidden, m.offset, n)
		}
	}
	return nil
}

// standsAt returns the offset of an object or of its object stream; -1 if the
// object does not exist.
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

// compressedCatalogs checks that object streams contain no other catalog.
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

// Misfit returns the fault of a reference with the wrong generation.
func Misfit(number int) error { return fault(Generation, -1, number) }
