package pdf

import (
	"bytes"
	"io"
)

// Bounds for finding the header and the end (7.5.2, 7.5.5). Readers
// traditionally search the first 1024 bytes for the header. Some transports and
// tools add bytes after %%EOF; 64 KiB is more than any file seen.
const (
	headerWithin = 1024
	tailWithin   = 64 << 10

	everywhereWithin = 1024 // every reader searches at least this many bytes
)

// File is an open PDF file. It is not safe for concurrent use.
//
// Every offset in this package counts from the percent sign of the header, as
// ISO 32000-2, 7.5.2 requires. Leading bytes precede it.
type File struct {
	Version   string // version in the header: "1.7"
	Leading   int64  // bytes before the header
	Startxref Span   // the last startxref, through the end of its number
	End       int64  // after the last %%EOF and its end of line
	Notes     []Note // notes about the end; sections and objects have their own

	src      io.ReaderAt // from the header on
	size     int64
	sections []*Section // newest first
	newest   []uint16   // position of the newest section with this object number, from 1 on; nil if there is no index
	crypt    *encryption
	depth    int // of nested lookups
	*shared
}

// shared is the state that a file and its revisions share, because they consist
// of the same bytes.
type shared struct {
	budget  *int64 // remaining units of work
	objects objectCache
	streams streamCache
	tables  map[int64]*Section // by the offset in the reference to them
	noted   bool               // some object that was read has a note
}

// Open reads the header and every cross-reference section of a PDF file of size
// bytes. An encrypted file must open without a password ([ErrPassword]).
func Open(src io.ReaderAt, size int64) (*File, error) {
	budget := workOf(size)
	return open(src, size, &shared{budget: &budget}, nil)
}

// Revision opens the file as it was when it ended at offset end, by its own
// cross-references. Both share one budget of work.
func (f *File) Revision(end int64) (*File, error) {
	if end <= 0 || end > f.size {
		return nil, damaged(-1, "no revision ends at byte %d", end)
	}
	return open(io.NewSectionReader(f.src, 0, end), end, f.shared, f)
}

func open(src io.ReaderAt, size int64, with *shared, later *File) (*File, error) {
	f := &File{src: src, size: size, shared: with}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	startxref, err := f.readTail()
	if err != nil {
		return nil, within(err, FaultEnd, 0)
	}
	if err := f.readSections(startxref); err != nil {
		return nil, within(err, FaultCrossReference, 0)
	}
	if err := f.decrypt(later); err != nil {
		return nil, within(err, FaultStructure, 0)
	}
	if _, ok := f.Trailer()["Root"].(Ref); !ok {
		return nil, within(damaged(f.sections[0].Offset, "the trailer's Root is no reference"), FaultCrossReference, 0)
	}
	return f, nil
}

// Sections returns the cross-reference sections, newest first.
func (f *File) Sections() []*Section { return f.sections }

// Trailer returns the newest trailer.
func (f *File) Trailer() Dict { return f.sections[0].Trailer }

// Size returns the length of the file from its header on.
func (f *File) Size() int64 { return f.size }

// Source returns a reader of the file from its header on.
func (f *File) Source() io.ReaderAt { return f.src }

// NextNumber returns the first object number beyond all sections and their
// Size.
func (f *File) NextNumber() int {
	next := 1
	for _, s := range f.sections {
		next = max(next, s.last()+1)
		if size, ok := s.Trailer["Size"].(int64); ok && size <= maxNumber {
			next = max(next, int(size))
		}
	}
	return next
}

// readHeader finds "%PDF-1.7" (7.5.2).
func (f *File) readHeader() error {
	head := make([]byte, min(headerWithin+8, f.size))
	if _, err := f.src.ReadAt(head, 0); err != nil && err != io.EOF {
		return err
	}
	at := bytes.Index(head, []byte("%PDF-"))
	if at < 0 || len(head)-at < 8 || !isDigit(int(head[at+5])) || head[at+6] != '.' || !isDigit(int(head[at+7])) {
		return ErrNotPDF
	}
	f.Version = string(head[at+5 : at+8])
	f.Leading = int64(at)
	f.size -= f.Leading
	f.src = io.NewSectionReader(f.src, f.Leading, f.size)
	return nil
}

// readTail finds the last "startxref", its offset and "%%EOF" (7.5.5).
func (f *File) readTail() (startxref int64, err error) {
	start := max(0, f.size-tailWithin)
	tail := make([]byte, f.size-start)
	if _, err := f.src.ReadAt(tail, start); err != nil && err != io.EOF {
		return 0, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, damaged(-1, "no startxref at the end")
	}
	p := f.parserAt(start + int64(i))
	if i > 0 && isRegular(int(tail[i-1])) {
		return 0, damaged(p.pos, "startxref is not a word of its own")
	}
	if err := p.keyword("startxref"); err != nil {
		return 0, err
	}
	if startxref, err = p.unsigned(); err != nil {
		return 0, err
	}
	f.Startxref = Span{start + int64(i), p.pos}
	if bytes.IndexByte(tail[i:p.pos-start], '%') >= 0 {
		f.Notes = append(f.Notes, Note{Kind: StartxrefComment, Offset: f.Startxref.Start})
	}
	if f.Startxref.Start < f.size-everywhereWithin {
		f.Notes = append(f.Notes, Note{Kind: StartxrefFar, Offset: f.Startxref.Start})
	}
	for p.peek() != eof && class[p.peek()] == white { // not skipSpace: %%EOF is a comment
		p.pos++
	}
	rest := tail[min(p.pos-start, int64(len(tail))):]
	if !bytes.HasPrefix(rest, []byte("%%EOF")) {
		return 0, damaged(p.pos, "no %%%%EOF after startxref")
	}
	f.End = p.pos + 5
	switch rest = rest[5:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		f.End += 2
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
		f.End++
	}
	return startxref, nil
}

func (f *File) parserAt(at int64) *parser {
	return &parser{scanner: newScanner(f.src, f.size, at), begin: at, most: f.mostObjects()}
}
