package pdf

import (
	"fmt"
	"io"
)

// maxLookups bounds lookups inside lookups: the length of a stream in an
// object stream whose length is in another one.
const maxLookups = 16

// Entry is what the newest section that speaks of an object says.
func (f *File) Entry(number int) (Entry, error) {
	for _, s := range f.sections {
		if e, err := s.Entry(number); err != nil || e.Kind != Absent {
			return e, err
		}
	}
	return Entry{}, nil
}

// Object reads an indirect object. One that is not there, or there with
// another generation, is null (7.3.10).
func (f *File) Object(ref Ref) (Object, error) {
	o, _, err := f.object(ref, nil)
	return o, err
}

// ObjectSpans reads an indirect object that is a dictionary, and where in the
// file each of its values stands. An object in an object stream has no places
// in the file: spans is nil.
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
		return nil, false, err
	}
	switch {
	case e.Kind == InFile && e.Generation == ref.Generation:
		o, err = f.parseIndirect(e.Offset, &ref, spans)
		return o, true, err
	case e.Kind == Compressed && ref.Generation == 0:
		o, err = f.compressed(ref.Number, e)
		return o, false, err
	}
	return nil, false, nil
}

// Resolve follows references until it meets something else.
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

// As resolves o and wants it to be a T. Null is the zero T and no error: in a
// dictionary it means that the key is not there (7.3.9).
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
// cross-reference stream, whose number nobody has told yet.
func (f *File) parseIndirect(at int64, want *Ref, spans map[Name]Span) (o Object, err error) {
	if err := f.allowed(); err != nil {
		return nil, err
	}
	p := f.parserAt(at)
	defer func() { f.spend(p.pos - at) }()
	if at > 0 {
		p.pos--
		if isRegular(p.peek()) {
			return nil, p.fail(at, "the cross-reference points into the middle of a word")
		}
		p.pos++
	}
	number, err := p.unsigned()
	if err != nil {
		return nil, err
	}
	generation, err := p.unsigned()
	if err != nil {
		return nil, err
	}
	if want != nil && (number != int64(want.Number) || generation != int64(want.Generation)) {
		return nil, damaged(at, "object %d %d where %d %d should be", number, generation, want.Number, want.Generation)
	}
	if err := p.keyword("obj"); err != nil {
		return nil, err
	}
	p.begin, p.spans = p.pos, spans
	if o, err = p.object(0); err != nil {
		return nil, err
	}
	p.skipSpace()
	if d, ok := o.(Dict); ok && p.peek() == 's' {
		return f.stream(p, d, want != nil)
	}
	return o, p.keyword("endobj")
}

// stream reads the keyword, passes the data and checks that endstream follows
// (7.3.8). The length of a cross-reference stream cannot be looked up.
func (f *File) stream(p *parser, d Dict, lookup bool) (Object, error) {
	if err := p.keyword("stream"); err != nil {
		return nil, err
	}
	if p.peek() == '\r' {
		p.pos++
	}
	if p.peek() != '\n' {
		return nil, p.fail(p.pos, "no end of line after the keyword stream")
	}
	p.pos++
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
	s := &Stream{d, p.pos, n}
	p.pos += n
	p.window = nil
	// endstream is looked for without comments: data may end with a %
	for p.peek() != eof && class[p.peek()] == white {
		p.pos++
		if p.pos-s.Offset-n > 16 {
			break
		}
	}
	if err := p.keyword("endstream"); err != nil {
		return nil, err
	}
	f.spend(-n) // passed, not read
	return s, p.keyword("endobj")
}

// Encoded reads a stream's bytes as they are in the file.
func (f *File) Encoded(s *Stream) *io.SectionReader {
	return io.NewSectionReader(f.src, s.Offset, s.Length)
}

// Decode reads a stream's data through its filters. It is made for the streams
// of the file's structure: FlateDecode only, up to 16 MiB.
func (f *File) Decode(s *Stream) ([]byte, error) {
	filters, parms, err := f.filters(s.Dict)
	if err != nil {
		return nil, err
	}
	if s.Dict["F"] != nil {
		return nil, damaged(s.Offset, "the stream's data is in another file")
	}
	if err := f.allowed(); err != nil {
		return nil, err
	}
	data, err := decode(f.Encoded(s), filters, parms, s.Offset)
	f.spend(s.Length + int64(len(data)))
	return data, err
}

// filters are a stream's Filter and DecodeParms, each one or an array (7.3.8.2).
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
		names, parms = append(names, name), append(parms, own)
	}
	return names, parms, nil
}
