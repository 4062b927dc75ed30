package pdf

import "bytes"

// objectStream is a decoded object stream (7.5.7).
type objectStream struct {
	data    []byte
	numbers []int
	offsets []int64 // in data
}

// streamCache keeps the object streams used last.
type streamCache struct {
	numbers []int // most recent last
	streams map[int]*objectStream
	bytes   int
}

// Bounds of the cache. A stream of usual size is far smaller than the bytes
// allowed; a larger one is kept alone.
const (
	cachedStreams = 16
	cachedBytes   = 4 << 20
)

// compressed reads an object of an object stream.
func (f *File) compressed(number int, e Entry) (Object, error) {
	if err := f.allowed(); err != nil {
		return nil, err
	}
	s, err := f.objectStream(e.Stream)
	if err != nil {
		return nil, err
	}
	if e.Index >= len(s.numbers) || s.numbers[e.Index] != number {
		return nil, damaged(-1, "object %d is not where object stream %d should have it", number, e.Stream)
	}
	p := &parser{scanner: newScanner(bytes.NewReader(s.data), int64(len(s.data)), s.offsets[e.Index])}
	p.begin = p.pos
	defer func() { f.spend(p.pos - p.begin) }()
	return p.object(0)
}

func (f *File) objectStream(number int) (*objectStream, error) {
	if s, ok := f.objects.streams[number]; ok {
		return s, nil
	}
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
	s, err := f.readObjectStream(stream)
	if err != nil {
		return nil, err
	}
	f.objects.add(number, s)
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
	if count < 0 || first < 0 || first > size || count > size/4+1 {
		return nil, damaged(stream.Offset, "object stream with N %d and First %d in %d bytes", count, first, size)
	}
	s := &objectStream{data: data}
	p := &parser{scanner: newScanner(bytes.NewReader(data), first, 0)}
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

func (c *streamCache) add(number int, s *objectStream) {
	if c.streams == nil {
		c.streams = map[int]*objectStream{}
	}
	for len(c.numbers) > 0 && (len(c.numbers) == cachedStreams || c.bytes+len(s.data) > cachedBytes) {
		c.bytes -= len(c.streams[c.numbers[0]].data)
		delete(c.streams, c.numbers[0])
		c.numbers = c.numbers[1:]
	}
	c.numbers, c.streams[number] = append(c.numbers, number), s
	c.bytes += len(s.data)
}
