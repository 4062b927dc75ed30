package pdf

import "bytes"

// objectStream is a decoded object stream (7.5.7).
type objectStream struct {
	data    []byte
	numbers []int
	offsets []int64 // in data
}

// streamCache keeps the most recently used object streams, by the place of
// their data.
type streamCache struct {
	used    []Span // most recent last
	streams map[Span]*objectStream
	bytes   int
}

// Bounds of the cache. A typical stream is far smaller than cachedBytes; a
// larger one is kept alone.
const (
	cachedStreams = 16
	cachedBytes   = 4 << 20
)

// compressed reads an object of an object stream.
func (f *File) compressed(number int, e Entry) (Object, error) {
	if err := f.Spend(unitsPerObject); err != nil {
		return nil, err
	}
	stream, err := f.objectStreamAt(e.Stream)
	if err != nil {
		return nil, err
	}
	where := place{stream.Offset, e.Index}
	if o, ok := f.objects.parsed[where]; ok && o.ref.Number == number && o.end <= f.size {
		return o.object, nil
	}
	s, err := f.objectStream(stream)
	if err != nil {
		return nil, err
	}
	if e.Index >= len(s.numbers) || s.numbers[e.Index] != number {
		return nil, damaged(-1, "object %d is not where object stream %d should have it", number, e.Stream)
	}
	p := &parser{scanner: newScanner(bytes.NewReader(s.data), int64(len(s.data)), s.offsets[e.Index]), most: f.mostObjects()}
	p.begin = p.pos
	defer func() { f.spent(p, p.begin) }()
	o, err := p.whole()
	if err == nil {
		f.objects.add(where, &parsedObject{ref: Ref{number, 0}, object: o, end: stream.Offset + stream.Length}, p.tokens)
	}
	return o, err
}

// objectStreamAt returns the object stream with this number, not decoded.
func (f *File) objectStreamAt(number int) (*Stream, error) {
	e, err := f.Entry(number)
	if err != nil {
		return nil, err
	}
	if e.Kind != InFile || e.Generation != 0 {
		return nil, damaged(-1, "object stream %d is not in the file", number)
	}
	o, err := f.Object(Ref{number, 0})
	if err != nil {
		return nil, err
	}
	stream, ok := o.(*Stream)
	if !ok || stream.Dict["Type"] != Name("ObjStm") {
		return nil, damaged(e.Offset, "object %d is no object stream", number)
	}
	return stream, nil
}

func (f *File) objectStream(stream *Stream) (*objectStream, error) {
	key := Span{stream.Offset, stream.Offset + stream.Length}
	if s, ok := f.streams.streams[key]; ok {
		return s, nil
	}
	s, err := f.readObjectStream(stream)
	if err != nil {
		return nil, err
	}
	f.streams.add(key, s)
	return s, nil
}

func (f *File) readObjectStream(stream *Stream) (*objectStream, error) {
	count, err := As[int64](f, stream.Dict["N"])
	if err != nil {
		return nil, err
	}
	first, err := As[int64](f, stream.Dict["First"])
	if err != nil {
		return nil, err
	}
	data, err := f.Decode(stream)
	if err != nil {
		return nil, err
	}
	size := int64(len(data))
	if count < 0 || first < 0 || first > size || count > size/4+1 || count > f.mostObjects() {
		return nil, damaged(stream.Offset, "object stream with N %d and First %d in %d bytes", count, first, size)
	}
	s := &objectStream{data: data}
	p := &parser{scanner: newScanner(bytes.NewReader(data), first, 0)}
	if err := f.Spend(first + unitsPerObject*count); err != nil {
		return nil, err
	}
	for range count {
		number, err := p.unsigned()
		if err != nil {
			return nil, err
		}
		offset, err := p.unsigned()
		if err != nil {
			return nil, err
		}
		if number > maxNumber || offset > size-first {
			return nil, damaged(stream.Offset, "object stream entry %d %d", number, offset)
		}
		s.numbers = append(s.numbers, int(number))
		s.offsets = append(s.offsets, first+offset)
	}
	return s, nil
}

func (s *objectStream) size() int { return len(s.data) + 16*len(s.numbers) }

func (c *streamCache) add(key Span, s *objectStream) {
	if c.streams == nil {
		c.streams = map[Span]*objectStream{}
	}
	for len(c.used) > 0 && (len(c.used) == cachedStreams || c.bytes+s.size() > cachedBytes) {
		c.bytes -= c.streams[c.used[0]].size()
		delete(c.streams, c.used[0])
		c.used = c.used[1:]
	}
	c.used, c.streams[key] = append(c.used, key), s
	c.bytes += s.size()
}
