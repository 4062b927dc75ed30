package pdf

import (
	"fmt"
	"io"
)

// maxLookups bounds nested lookups: the Length of a stream may be in an object
// stream, and the Length of that stream in another one.
const maxLookups = 16

// Entry returns the entry of an object in the newest section that lists it.
func (f *File) Entry(number int) (Entry, error) {
	if f.newest != nil {
		if number < 0 || number >= len(f.newest) || f.newest[number] == 0 {
			return Entry{}, nil
		}
		return f.sections[f.newest[number]-1].Entry(number)
	}
	for i, s := range f.sections {
		if e, err := s.Entry(number); err != nil || e.Kind != Absent {
			f.spend(int64(i))
			return e, err
		}
	}
	f.spend(int64(len(f.sections)))
	return Entry{}, f.allowed()
}

// index builds a table from object numbers to sections, if there are several
// sections and the numbers are not too sparse.
func (f *File) index() {
	const few = 4
	next := f.NextNumber()
	if len(f.sections) < few || int64(next) > 1<<16+f.size {
		return
	}
	f.newest = make([]uint16, next)
	for i, s := range f.sections {
		f.spend(int64(s.Count()))
		for n := range s.Numbers {
			if f.newest[n] == 0 {
				f.newest[n] = uint16(i + 1)
			}
		}
	}
}

// Object reads an indirect object. A missing object, or one with another
// generation, is null (7.3.10).
func (f *File) Object(ref Ref) (Object, error) {
	o, _, err := f.object(ref, nil)
	return o, err
}

// ObjectSpans reads an indirect dictionary and the offsets of its values in the
// file. spans is nil for a dictionary in an object stream, because its values
// have no offsets in the file.
func (f *File) ObjectSpans(ref Ref) (d Dict, spans map[Name]Span, err error) {
	spans = map[Name]Span{}
	o, inFile, err := f.object(ref, spans)
	if err != nil {
		return nil, nil, err
	}
	d, ok := o.(Dict)
	if !ok {
		return nil, nil, damaged(-1, "object %d is %s, not a dictionary", ref.Number, kindOf(o))
	}
	if !inFile {
		return d, nil, nil
	}
	return d, spans, nil
}

func (f *File) object(ref Ref, spans map[Name]Span) (o Object, inFile bool, err error) {
	if f.depth == maxLookups {
		return nil, false, damaged(-1, "object %d depends on itself", ref.Number)
	}
	f.depth++
	defer func() { f.depth-- }()

	e, err := f.Entry(ref.Number)
	if err != nil {
		return nil, false, within(err, FaultCrossReference, ref.Number)
	}
	switch {
	case e.Kind == InFile && e.Generation == ref.Generation:
		var p *parsedObject
		if p, err = f.parseIndirect(e.Offset, &ref, spans); err == nil {
			o = p.object
		}
		inFile = true
	case e.Kind == Compressed && ref.Generation == 0:
		o, err = f.compressed(ref.Number, e)
	}
	return o, inFile, within(err, FaultObject, ref.Number)
}

// Place is the place of an object in the file.
type Place struct {
	Named int64 // offset in the cross-reference
	Span        // from its number through endobj
	Notes []Note
}

// Place returns the place of an object in the file; ok is false for a missing
// object and for one in an object stream.
func (f *File) Place(ref Ref) (p Place, ok bool, err error) {
	e, err := f.Entry(ref.Number)
	if err != nil || e.Kind != InFile || e.Generation != ref.Generation {
		return p, false, within(err, FaultCrossReference, ref.Number)
	}
	o, err := f.parseIndirect(e.Offset, &ref, nil)
	if err != nil {
		return p, false, within(err, FaultObject, ref.Number)
	}
	return Place{e.Offset, Span{o.start, o.end}, o.notes}, true, nil
}

// Resolve follows references until it finds another object.
func (f *File) Resolve(o Object) (Object, error) {
	for range maxLookups {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = f.Object(ref); err != nil {
			return nil, err
		}
	}
	return nil, damaged(-1, "references in a loop")
}

// As resolves o and returns it as a T. Null gives the zero T without an error:
// a null value in a dictionary means a missing key (7.3.9).
func As[T Object](f *File, o Object) (T, error) {
	var zero T
	o, err := f.Resolve(o)
	if err != nil || o == nil {
		return zero, err
	}
	v, ok := o.(T)
	if !ok {
		return zero, damaged(-1, "%s where %s should be", kindOf(o), kindOf(zero))
	}
	return v, nil
}

// parseIndirect reads "n g obj … endobj" (7.3.10). want is nil for a
// cross-reference stream, because its number is not known in advance.
func (f *File) parseIndirect(at int64, want *Ref, spans map[Name]Span) (*parsedObject, error) {
	if err := f.Spend(unitsPerObject); err != nil {
		return nil, err
	}
	o, kept := f.objects.parsed[place{at, -1}]
	if !kept || want == nil || spans != nil || o.end > f.size {
		var err error
		if o, err = f.readIndirect(at, want, spans); err != nil {
			return nil, err
		}
	}
	if want != nil && o.ref != *want {
		return nil, damaged(at, "object %d %d where %d %d should be", o.ref.Number, o.ref.Generation, want.Number, want.Generation)
	}
	return o, nil
}

func (f *File) readIndirect(at int64, want *Ref, spans map[Name]Span) (o *parsedObject, err error) {
	p := f.parserAt(at)
	defer func() { f.spent(p, at) }()
	o = &parsedObject{}
	if err := f.head(p, o); err != nil {
		return nil, err
	}
	if want != nil && o.ref != *want {
		return o, nil // the caller refuses the number
	}
	p.begin, p.spans = p.pos, spans
	if o.object, err = p.object(0); err != nil {
		return nil, err
	}
	keep := want != nil
	p.skipSpace()
	if d, ok := o.object.(Dict); ok && p.peek() == 's' {
		s, err := f.stream(p, d, want != nil)
		if err != nil {
			return nil, err
		}
		_, direct := d["Length"].(int64)
		keep = keep && direct // Length may differ in another revision
		o.object = s
	}
	if err := p.keyword("endobj"); err != nil {
		return nil, err
	}
	if p.odd != nil {
		return nil, p.odd
	}
	o.end, o.notes = p.pos, p.notes
	f.noted = f.noted || len(p.notes) > 0
	if want != nil {
		o.object = f.crypt.open(o.object, o.ref)
	}
	if keep {
		f.objects.add(place{at, -1}, o, p.tokens)
	}
	return o, nil
}

// head reads "n g obj". Some writers' offsets name the white space before the
// number. The number may also follow a word directly, for example when an
// update begins right after %%EOF. An offset inside a number is an error,
// because it would give another number.
func (f *File) head(p *parser, o *parsedObject) error {
	at := p.pos
	p.skipSpace()
	o.start = p.pos
	switch {
	case o.start != at:
		p.notes = append(p.notes, Note{Kind: NamedBefore, Offset: at})
	case at > 0:
		p.pos--
		before := p.peek()
		p.pos++
		if isDigit(before) || before == '+' || before == '-' || before == '.' {
			return p.fail(at, "the cross-reference points into the middle of a word")
		}
		if isRegular(before) {
			p.notes = append(p.notes, Note{Kind: Glued, Offset: at})
		}
	}
	number, err := p.unsigned()
	if err != nil {
		return err
	}
	generation, err := p.unsigned()
	if err != nil {
		return err
	}
	if number > maxNumber || generation > maxGeneration {
		return p.fail(at, "object %d %d: %w", number, generation, ErrTooLarge)
	}
	o.ref = Ref{int(number), int(generation)}
	return p.keyword("obj")
}

// stream reads the keyword, skips the data and checks that endstream follows
// (7.3.8). lookup is false for a cross-reference stream, because its Length
// must be direct.
func (f *File) stream(p *parser, d Dict, lookup bool) (*Stream, error) {
	if err := p.keyword("stream"); err != nil {
		return nil, err
	}
	if err := p.endKeyword(); err != nil {
		return nil, err
	}
	length := d["Length"]
	if lookup {
		var err error
		if length, err = f.Resolve(length); err != nil {
			return nil, err
		}
	}
	n, ok := length.(int64)
	if !ok || n < 0 || n > p.end-p.pos {
		return nil, p.fail(p.pos, "a stream's Length is %v", length)
	}
	s := &Stream{Dict: d, Offset: p.pos, Length: n}
	p.pos += n
	p.window = nil
	// endstream must not be searched with comments: data may end with a %
	for p.peek() != eof && class[p.peek()] == white {
		p.pos++
		if p.pos-s.Offset-n > 16 {
			break
		}
	}
	f.spend(-n) // the data was skipped, not read
	return s, p.keyword("endstream")
}

// endKeyword reads the line end after the keyword stream. Some writers put
// blanks before it, or a single CR in its place.
func (p *parser) endKeyword() error {
	at := p.pos
	for p.peek() == ' ' {
		p.pos++
	}
	exact := p.pos == at
	if p.peek() == '\r' {
		p.pos++
		exact = exact && p.peek() == '\n'
		if p.peek() != '\n' {
			p.pos--
		}
	}
	if c := p.peek(); c != '\n' && c != '\r' {
		return p.fail(p.pos, "no end of line after the keyword stream")
	}
	p.pos++
	if !exact {
		p.notes = append(p.notes, Note{Kind: StreamLineEnd, Offset: at})
	}
	return nil
}

// Encoded returns a reader of a stream's bytes before its filters: as in the
// file, but decrypted.
func (f *File) Encoded(s *Stream) io.Reader {
	data := io.NewSectionReader(f.src, s.Offset, s.Length)
	if s.crypt == nil {
		return data
	}
	return s.crypt.reader(data, s.Length)
}

// Decode reads a stream's data through its filters. It supports only streams of
// the file's structure: FlateDecode, up to 16 MiB.
func (f *File) Decode(s *Stream) ([]byte, error) {
	data, _, err := f.decode(s)
	return data, err
}

func (f *File) decode(s *Stream) (data []byte, finished bool, err error) {
	filters, parms, err := f.filters(s.Dict)
	if err != nil {
		return nil, false, err
	}
	if s.Dict["F"] != nil {
		return nil, false, damaged(s.Offset, "the stream's data is in another file")
	}
	if err := f.allowed(); err != nil {
		return nil, false, err
	}
	data, finished, err = decode(f.Encoded(s), filters, parms, s.Offset, f.mostDecoded())
	f.spend(s.Length + unitsPerDecoded*int64(len(data)))
	if err != nil {
		return nil, false, err // the data decoded so far has used its share of work
	}
	return data, finished, nil
}

// mostDecoded bounds the decoded size of one stream: maxDecoded, or less in a
// small file.
func (f *File) mostDecoded() int64 { return min(maxDecoded, decodedAlways+16*f.size) }

// filters returns a stream's Filter and DecodeParms; each is a single object or
// an array (7.3.8.2).
func (f *File) filters(d Dict) (names []Name, parms []Dict, err error) {
	filter, err := f.Resolve(d["Filter"])
	if err != nil {
		return nil, nil, err
	}
	parm, err := f.Resolve(d["DecodeParms"])
	if err != nil {
		return nil, nil, err
	}
	list, isList := filter.(Array)
	parmList, _ := parm.(Array)
	if !isList {
		if filter == nil {
			return nil, nil, nil
		}
		list, parmList = Array{filter}, Array{parm}
	}
	for i, o := range list {
		name, err := As[Name](f, o)
		if err != nil {
			return nil, nil, err
		}
		own := Dict(nil)
		if i < len(parmList) {
			if own, err = As[Dict](f, parmList[i]); err != nil {
				return nil, nil, fmt.Errorf("DecodeParms: %w", err)
			}
		}
		if name == "Crypt" { // already undone: see encryption
			continue
		}
		names, parms = append(names, name), append(parms, own)
	}
	return names, parms, nil
}
