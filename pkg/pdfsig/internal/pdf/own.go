package pdf

// These functions give access to single pieces of a file, such as an entry of
// one table or the object numbers in an object stream. Package update needs
// them to account for every byte of an update.

// Own looks up an object in this section only, without the XRefStm of a hybrid
// file.
func (s *Section) Own(number int) (Entry, error) { return s.ownEntry(number) }

// Exact reports whether a cross-reference stream holds its entries and no other
// data.
func (s *Section) Exact() bool {
	entries := 0
	for _, r := range s.runs {
		entries += r.count
	}
	return !s.Stream || entries*s.width() == len(s.packed)
}

// Noted reports whether there is a note for the end of the file, for a section,
// or for an object read so far.
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

// Last returns the highest object number in the section, or -1.
func (s *Section) Last() int { return s.last() }

// Once is like [File.Object], but does not cache the object. Use it for objects
// that are needed only once.
func (f *File) Once(ref Ref) (Object, error) {
	closed := f.objects.closed
	f.objects.closed = true
	defer func() { f.objects.closed = closed }()
	return f.Object(ref)
}

// At reads an object at an offset that a cross-reference entry gives.
func (f *File) At(ref Ref, offset int64) (Place, Object, error) {
	o, err := f.parseIndirect(offset, &ref, nil)
	if err != nil {
		return Place{}, nil, within(err, FaultObject, ref.Number)
	}
	return Place{offset, Span{o.start, o.end}, o.notes}, o.object, nil
}

// Direct reads a direct object, without "n g obj", at an offset.
func (f *File) Direct(at int64) (Object, error) {
	p := f.parserAt(at)
	defer func() { f.spent(p, at) }()
	return p.whole()
}

// Members returns the numbers of the objects in an object stream, in order.
func (f *File) Members(stream *Stream) ([]int, error) {
	s, err := f.objectStream(stream)
	if err != nil {
		return nil, err
	}
	return s.numbers, nil
}

// Blank returns the end and the text of the white space and comments that begin
// at an offset.
func (f *File) Blank(at int64) (end int64, text []byte, err error) {
	const most = 1 << 16 // bytes of text to return
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
	Startxref int64 // value of its number
	Keyword   int64 // offset of the keyword
	End       int64 // after %%EOF and its end of line
	Exact     bool  // only blanks and line ends are between startxref and its number
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
	for _, c := range text { // some readers do not treat null or form feed as white space
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
