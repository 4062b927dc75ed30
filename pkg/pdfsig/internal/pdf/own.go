package pdf

// What accounts for the bytes of an update needs to see the pieces of a file by
// themselves: an entry of one table, an object at a place, the names in an
// object stream.

// Own looks an object up in this section, without the stream of a hybrid one.
func (s *Section) Own(number int) (Entry, error) { return s.ownEntry(number) }

// Exact reports whether the entries of a cross-reference stream are all of its
// data.
func (s *Section) Exact() bool {
	entries := 0
	for _, r := range s.runs {
		entries += r.count
	}
	return !s.Stream || entries*s.width() == len(s.packed)
}

// Noted reports whether the end of the file, a section, or an object that was
// read so far is not exact.
func (f *File) Noted() bool {
	if f.noted || len(f.Notes) > 0 {
		return true
	}
	for _, s := range f.sections {
		if len(s.Notes) > 0 || !s.Exact() || s.Hybrid != nil && (len(s.Hybrid.Notes) > 0 || !s.Hybrid.Exact()) {
			return true
		}
	}
	return false
}

// Last is the highest object number that the section speaks of, or -1.
func (s *Section) Last() int { return s.last() }

// Once is [File.Object] for an object that nobody will ask for again: it is not
// kept.
func (f *File) Once(ref Ref) (Object, error) {
	closed := f.objects.closed
	f.objects.closed = true
	defer func() { f.objects.closed = closed }()
	return f.Object(ref)
}

// At reads the object that an entry of some section says is at an offset.
func (f *File) At(ref Ref, offset int64) (Place, Object, error) {
	o, err := f.parseIndirect(offset, &ref, nil)
	if err != nil {
		return Place{}, nil, within(err, FaultObject, ref.Number)
	}
	return Place{offset, Span{o.start, o.end}, o.notes}, o.object, nil
}

// Direct reads an object at a byte, without a number before it.
func (f *File) Direct(at int64) (Object, error) {
	p := f.parserAt(at)
	defer func() { f.spent(p, at) }()
	return p.object(0)
}

// Members are the numbers of the objects in an object stream, in its order.
func (f *File) Members(stream *Stream) ([]int, error) {
	s, err := f.objectStream(stream)
	if err != nil {
		return nil, err
	}
	return s.numbers, nil
}

// Blank is where the white space and the comments end that begin at a byte, and
// what they are.
func (f *File) Blank(at int64) (end int64, text []byte, err error) {
	const most = 1 << 16 // of the text that is looked at
	p := f.parserAt(at)
	p.skipSpace()
	f.spend(p.pos - at)
	if p.ioErr != nil {
		return at, nil, p.fail(at, "white space")
	}
	text = make([]byte, min(p.pos-at, most))
	if len(text) > 0 {
		if _, err := f.src.ReadAt(text, at); err != nil {
			return at, nil, err
		}
	}
	if p.pos-at > most {
		return p.pos, text, damaged(at, "white space: %w", ErrTooLarge)
	}
	return p.pos, text, nil
}

// Ending is the end of a revision (7.5.5).
type Ending struct {
	Startxref int64 // its number
	Keyword   int64 // where it stands
	End       int64 // behind %%EOF and its end of line
	Exact     bool  // nothing but blanks and line ends between startxref and its number
}

// EndingAt reads startxref, its number and %%EOF.
func (f *File) EndingAt(at int64) (e Ending, err error) {
	p := f.parserAt(at)
	e.Keyword = at
	if err := p.keyword("startxref"); err != nil {
		return e, err
	}
	behind := p.pos
	if e.Startxref, err = p.unsigned(); err != nil {
		return e, err
	}
	text := make([]byte, p.pos-behind)
	if _, err := f.src.ReadAt(text, behind); err != nil {
		return e, err
	}
	e.Exact = true
	for _, c := range text { // a null or form feed is no white space to all readers
		e.Exact = e.Exact && (isDigit(int(c)) || c == '\n' || c == '\r' || c == ' ' || c == '\t')
	}
	for p.peek() != eof && class[p.peek()] == white {
		p.pos++
	}
	for _, c := range "%%EOF" {
		if p.peek() != int(c) {
			return e, p.fail(p.pos, "no %%%%EOF after startxref")
		}
		p.pos++
	}
	switch p.peek() {
	case '\r':
		if p.pos++; p.peek() == '\n' {
			p.pos++
		}
	case '\n':
		p.pos++
	}
	e.End = p.pos
	return e, nil
}
