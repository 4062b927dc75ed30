package pdf

import (
	"encoding/binary"
	"io"
)

// readSections follows the cross-references from startxref back through every
// Prev (7.5.5).
func (f *File) readSections(startxref int64) error {
	seen := map[int64]bool{}
	entries, bound := int64(0), maxEntries+f.size/2
	for at, more := startxref, true; more; {
		s, err := f.section(at)
		if err != nil {
			return err
		}
		if seen[s.Offset] {
			return damaged(s.Offset, "cross-reference sections in a loop")
		}
		seen[s.Offset] = true
		if len(f.sections) == maxSections {
			return damaged(s.Offset, "cross-reference sections: %w", ErrTooLarge)
		}
		if entries += int64(s.Count()); entries > bound {
			return damaged(s.Offset, "cross-reference entries: %w", ErrTooLarge)
		}
		f.sections = append(f.sections, s)
		if at, more, err = offsetIn(s.Trailer, "Prev", s.Offset); err != nil {
			return err
		}
		more = more && at > 0 // byte 0 is the header: see readSection
	}
	f.index()
	return f.allowed()
}

// offsetIn reads an offset from a trailer. It does not accept a real number
// without a fraction.
func offsetIn(trailer Dict, key Name, at int64) (offset int64, present bool, err error) {
	v := trailer[key]
	if v == nil {
		return 0, false, nil
	}
	n, ok := v.(int64)
	if !ok || n < 0 {
		return 0, false, damaged(at, "%s is %v", key, v)
	}
	return n, true, nil
}

// section returns the section at or next to an offset. The revisions of a file
// share the sections that lie completely within them.
func (f *File) section(named int64) (*Section, error) {
	if s, known := f.tables[named]; known && s.within(f.size) {
		return s, f.Spend(1)
	}
	s, err := f.readSection(named)
	if err == nil {
		if f.tables == nil {
			f.tables = map[int64]*Section{}
		}
		f.tables[named] = s
	}
	return s, err
}

// within reports whether a file of this size contains the whole section.
func (s *Section) within(size int64) bool {
	return s.Named < size && s.End <= size && (s.Hybrid == nil || s.Hybrid.within(size))
}

// readSection reads the section whose first token is at or next to an offset.
func (f *File) readSection(named int64) (*Section, error) {
	at, inexact, err := f.tokenAt(named)
	if err != nil {
		return nil, err
	}
	p := f.parserAt(at)
	var s *Section
	if isDigit(p.peek()) {
		s, err = f.readXRefStream(at)
	} else {
		s, err = f.readTable(p)
	}
	if err != nil {
		return nil, err
	}
	s.named(named, inexact)
	if prev, present := s.Trailer["Prev"]; present && prev == Object(int64(0)) {
		s.note(PrevZero, s.Offset, 0)
	}
	if s.Stream {
		return s, nil
	}
	hybrid, present, err := offsetIn(s.Trailer, "XRefStm", at)
	if err != nil || !present {
		return s, err
	}
	if at, inexact, err = f.tokenAt(hybrid); err != nil {
		return nil, err
	}
	if s.Hybrid, err = f.readXRefStream(at); err == nil {
		s.Hybrid.named(hybrid, inexact)
	}
	return s, err
}

// named records the offset in the reference to the section.
func (s *Section) named(offset int64, inexact NoteKind) {
	s.Named = offset
	if inexact != "" {
		s.note(inexact, offset, 0)
	}
}

// tokenAt finds the token for an offset. The offset may name white space or a
// comment before the token: every reader skips them, and a browser that saves a
// form leaves thousands of blanks. It may also point into a word, as after a
// line-end conversion, because only one word is possible then.
func (f *File) tokenAt(at int64) (token int64, inexact NoteKind, err error) {
	const slack = 16
	if at < 0 || at >= f.size {
		return 0, "", damaged(-1, "cross-reference at byte %d, outside the file", at)
	}
	p := f.parserAt(at)
	defer func() { f.spent(p, at) }()
	if p.skipSpace(); p.pos != at {
		return p.pos, NamedBefore, p.ioErr
	}
	if p.pos++; p.peek() == 'r' { // the start of xref, after any character
		p.pos--
		return at, "", p.ioErr
	}
	p.pos--
	for i := 0; i < slack && p.pos > 0; i++ {
		p.pos--
		if !isRegular(p.peek()) {
			p.pos++
			break
		}
	}
	if p.pos != at {
		inexact = NamedInside
	}
	return p.pos, inexact, p.ioErr
}

// readTable reads the keyword xref, the subsections and the trailer (7.5.4). It
// checks the form of the entries, but decodes them on demand.
func (f *File) readTable(p *parser) (*Section, error) {
	s := &Section{Offset: p.pos, file: f}
	defer func() { f.spent(p, s.Offset) }()
	if err := p.keyword("xref"); err != nil {
		return nil, err
	}
	var runs []run
	for {
		p.skipSpace()
		if !isDigit(p.peek()) {
			break
		}
		first, err := p.unsigned()
		if err != nil {
			return nil, err
		}
		count, err := p.unsigned()
		if err != nil {
			return nil, err
		}
		p.skipSpace()
		if first > maxNumber || count > maxNumber || first+count > maxNumber+1 || len(runs) == maxRuns {
			return nil, p.fail(p.pos, "cross-reference subsection %d %d: %w", first, count, ErrTooLarge)
		}
		r, err := s.readRun(p, int(first), int(count))
		if err != nil {
			return nil, err
		}
		if count > 0 {
			runs = append(runs, r)
		}
	}
	if err := p.keyword("trailer"); err != nil {
		return nil, err
	}
	p.begin = p.pos
	o, err := p.whole()
	if err != nil {
		return nil, err
	}
	trailer, ok := o.(Dict)
	if !ok {
		return nil, p.fail(p.pos, "the trailer is %s", kindOf(o))
	}
	s.Trailer, s.End = trailer, p.pos
	s.Notes = append(s.Notes, p.notes...)
	return s, s.setRuns(runs)
}

// readRun skips the entries of a subsection. Regular entries of 20 bytes stay
// in the file. Other entries are read word by word, as every reader does, and
// packed.
func (s *Section) readRun(p *parser, first, count int) (run, error) {
	r := run{first, count, p.pos, tableEntry}
	exact, err := s.exactRun(p, count)
	if err != nil {
		return r, err
	}
	if exact {
		p.pos += int64(count) * tableEntry
	} else if err := s.readLoosely(p, &r); err != nil {
		return r, err
	}
	if first == 1 && count > 0 {
		// Some tables count from 1 but begin with the entry of object 0, so all
		// numbers are one too high. All readers recognize this.
		e, err := s.entryOf(r, 1)
		if err == nil && e.Kind == Free && e.Offset == 0 && e.Generation == maxGeneration {
			r.first = 0
			s.note(FirstNumber, s.Offset, 0)
		}
	}
	return r, nil
}

// exactRun reports whether the next entries have exactly the form of 7.5.4.
func (s *Section) exactRun(p *parser, count int) (bool, error) {
	need := int64(count) * tableEntry
	if need > p.end-p.pos {
		return false, nil
	}
	buffer := make([]byte, min(need, tableEntry*1024))
	for at := p.pos; need > 0; {
		b := buffer[:min(need, int64(len(buffer)))]
		if _, err := s.file.src.ReadAt(b, at); err != nil && err != io.EOF {
			return false, err
		}
		for i := 0; i < len(b); i += tableEntry {
			if !exactEntry(b[i : i+tableEntry]) {
				return false, nil
			}
		}
		at, need = at+int64(len(b)), need-int64(len(b))
	}
	return true, nil
}

// readLoosely reads entries of any width.
func (s *Section) readLoosely(p *parser, r *run) error {
	const least = 6 // bytes in the shortest entry: "0 0 n "
	if int64(r.count) > (p.end-p.pos)/least+1 {
		return p.fail(p.pos, "cross-reference subsection %d %d reaches past the end", r.first, r.count)
	}
	s.note(EntryForm, p.pos, r.first)
	r.at, r.width = int64(len(s.packed)), loosely
	for i := range r.count {
		at := p.pos
		offset, err := p.unsigned()
		if err != nil {
			return err
		}
		generation, err := p.unsigned()
		if err != nil {
			return err
		}
		p.skipSpace()
		kind := p.regularToken(1)
		if kind != "n" && kind != "f" {
			return p.fail(at, "cross-reference entry of object %d is neither n nor f", r.first+i)
		}
		s.packed = binary.BigEndian.AppendUint64(s.packed, uint64(offset))
		s.packed = binary.BigEndian.AppendUint32(s.packed, uint32(min(generation, maxGeneration+1)))
		s.packed = append(s.packed, kind[0])
	}
	return nil
}

// readXRefStream reads a cross-reference stream (7.5.8). Its values must be
// direct, because no references can be resolved yet.
func (f *File) readXRefStream(at int64) (*Section, error) {
	o, err := f.parseIndirect(at, nil, nil)
	if err != nil {
		return nil, err
	}
	stream, ok := o.object.(*Stream)
	if !ok || stream.Dict["Type"] != Name("XRef") {
		return nil, damaged(at, "no cross-reference stream where there should be one")
	}
	s := &Section{Offset: at, End: o.end, Trailer: stream.Dict, Stream: true, Notes: o.notes, file: f}
	widths, _ := stream.Dict["W"].(Array)
	if len(widths) < 3 {
		return nil, damaged(at, "cross-reference stream without W")
	}
	for i := range s.widths {
		w, ok := widths[i].(int64)
		if !ok || w < 0 || w > 8 {
			return nil, damaged(at, "W of a cross-reference stream is %v", widths)
		}
		s.widths[i] = int(w)
	}
	var finished bool
	if s.packed, finished, err = f.decode(stream); err != nil {
		return nil, err
	}
	if !finished {
		s.note(UnfinishedFlate, stream.Offset, 0)
	}
	return s, s.readIndex()
}

// readIndex reads the object numbers that a cross-reference stream lists.
func (s *Section) readIndex() error {
	size, ok := s.Trailer["Size"].(int64)
	if !ok {
		return damaged(s.Offset, "cross-reference stream without Size")
	}
	index, ok := s.Trailer["Index"].(Array)
	if s.Trailer["Index"] == nil {
		index, ok = Array{int64(0), size}, true
	}
	if !ok || len(index)%2 != 0 || len(index) > 2*maxRuns {
		return damaged(s.Offset, "Index of a cross-reference stream")
	}
	width, at := int64(s.width()), int64(0)
	if width == 0 {
		return damaged(s.Offset, "cross-reference entries of no width")
	}
	var runs []run
	for i := 0; i < len(index); i += 2 {
		first, ok1 := index[i].(int64)
		count, ok2 := index[i+1].(int64)
		if !ok1 || !ok2 || first < 0 || count < 0 || first > maxNumber || count > maxNumber+1-first {
			return damaged(s.Offset, "Index %v %v of a cross-reference stream", index[i], index[i+1])
		}
		if count > 0 {
			runs = append(runs, run{int(first), int(count), at, width})
		}
		at += count * width
	}
	if at > int64(len(s.packed)) {
		return damaged(s.Offset, "cross-reference stream has %d bytes, its entries need %d", len(s.packed), at)
	}
	return s.setRuns(runs)
}
