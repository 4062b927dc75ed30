package pdf

// readSections follows the cross-references from startxref back through every
// Prev (7.5.5).
func (f *File) readSections(startxref int64) error {
	seen := map[int64]bool{}
	entries, bound := int64(0), maxEntries+f.size/2
	for at, more := startxref, true; more; {
		s, err := f.readSection(at)
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
		if s.Trailer["Encrypt"] != nil {
			return ErrEncrypted
		}
		if entries += int64(s.Count()); entries > bound {
			return damaged(s.Offset, "cross-reference entries: %w", ErrTooLarge)
		}
		f.sections = append(f.sections, s)
		if at, more, err = offsetIn(s.Trailer, "Prev", s.Offset); err != nil {
			return err
		}
	}
	return nil
}

// offsetIn is an offset that a trailer holds. A real number without a fraction
// is not taken for one.
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

// readSection reads the section that begins with the token at or next to at.
func (f *File) readSection(at int64) (*Section, error) {
	at, err := f.tokenAt(at)
	if err != nil {
		return nil, err
	}
	p := f.parserAt(at)
	if isDigit(p.peek()) {
		return f.readXRefStream(at)
	}
	if err := p.keyword("xref"); err != nil {
		return nil, err
	}
	s := &Section{Offset: at, file: f}
	if err := s.readTable(p); err != nil {
		return nil, err
	}
	hybrid, present, err := offsetIn(s.Trailer, "XRefStm", at)
	if err != nil || !present {
		return s, err
	}
	if hybrid, err = f.tokenAt(hybrid); err == nil {
		s.Hybrid, err = f.readXRefStream(hybrid)
	}
	return s, err
}

// tokenAt is where the token begins that the offset points into or, from white
// space, right before: an offset that is off by a byte or two, as line-end
// conversions leave it, still names one token and no other.
func (f *File) tokenAt(at int64) (int64, error) {
	const slack = 16
	if at < 0 || at >= f.size {
		return 0, damaged(-1, "cross-reference at byte %d, outside the file", at)
	}
	p := f.parserAt(at)
	for i := 0; i < slack && p.peek() != eof && class[p.peek()] == white; i++ {
		p.pos++
	}
	for i := 0; i < slack && p.pos > 0; i++ {
		p.pos--
		if !isRegular(p.peek()) {
			p.pos++
			break
		}
	}
	return p.pos, p.ioErr
}

// readTable reads the subsections after the keyword xref, and the trailer. The
// entries themselves are read when they are looked up.
func (s *Section) readTable(p *parser) error {
	var runs []run
	for {
		p.skipSpace()
		if !isDigit(p.peek()) {
			break
		}
		first, err := p.unsigned()
		if err != nil {
			return err
		}
		count, err := p.unsigned()
		if err != nil {
			return err
		}
		p.skipSpace()
		if first+count > maxNumber+1 || first > maxNumber || len(runs) == maxRuns {
			return p.fail(p.pos, "cross-reference subsection %d %d: %w", first, count, ErrTooLarge)
		}
		if count*tableEntry > p.end-p.pos {
			return p.fail(p.pos, "cross-reference subsection %d %d reaches past the end", first, count)
		}
		if count > 0 {
			runs = append(runs, run{int(first), int(count), p.pos})
		}
		p.pos += count * tableEntry
	}
	if err := p.keyword("trailer"); err != nil {
		return err
	}
	p.begin = p.pos
	o, err := p.object(0)
	if err != nil {
		return err
	}
	trailer, ok := o.(Dict)
	if !ok {
		return p.fail(p.pos, "the trailer is %s", kindOf(o))
	}
	s.Trailer = trailer
	return s.setRuns(runs)
}

// readXRefStream reads a cross-reference stream (7.5.8). Its values are direct:
// nothing could look a reference up yet.
func (f *File) readXRefStream(at int64) (*Section, error) {
	o, err := f.parseIndirect(at, nil, nil)
	if err != nil {
		return nil, err
	}
	stream, ok := o.(*Stream)
	if !ok || stream.Dict["Type"] != Name("XRef") {
		return nil, damaged(at, "no cross-reference stream where there should be one")
	}
	s := &Section{Offset: at, Trailer: stream.Dict, Stream: true, file: f}
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
	if s.packed, err = f.Decode(stream); err != nil {
		return nil, err
	}
	return s, s.readIndex()
}

// readIndex reads which objects a cross-reference stream lists.
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
			runs = append(runs, run{int(first), int(count), at})
		}
		at += count * width
	}
	if at > int64(len(s.packed)) {
		return damaged(s.Offset, "cross-reference stream has %d bytes, its entries need %d", len(s.packed), at)
	}
	return s.setRuns(runs)
}
