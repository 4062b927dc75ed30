package update

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Checker looks at a file and its revisions.
type Checker struct {
	file  *pdf.File // as it is now
	marks *marks
	// accounted are the marks that are objects of updates, and the words
	// trailer that are theirs.
	accounted map[int64]bool
	inexact   bool     // something every reader takes, but not to the letter
	loose     bool     // and it is in an update
	updated   int64    // where the first update begins; 0 for none
	looked    bool     // for words that make a reader rebuild the cross-references
	stream    struct { // in which something was found last that looks like an object
		file *pdf.File
		pdf.Span
		number int
	}
}

// New reads a file once, from its first byte to its last.
func New(file *pdf.File) (*Checker, error) {
	if err := file.Spend(file.Size() / scanUnit); err != nil {
		return nil, err
	}
	m, err := scan(file.Source(), file.Size())
	if err != nil {
		return nil, err
	}
	return &Checker{file: file, marks: m, accounted: map[int64]bool{}}, nil
}

// scanUnit is how many bytes are looked through in the time of a unit of work.
const scanUnit = 32

// Step accounts for the bytes from the end of one revision up to the end of a
// later one. A fault is a [*Fault]; another error is one of reading.
func (c *Checker) Step(old, now *pdf.File) error {
	from, to := old.Size(), now.Size()
	if c.updated == 0 {
		c.updated = from
	}
	sections := now.Sections()
	newest := slices.IndexFunc(sections, func(s *pdf.Section) bool { return s.Offset == old.Sections()[0].Offset })
	if newest < 0 {
		return fault(Previous, sections[0].Offset, 0)
	}
	at := from
	for i := newest - 1; i >= 0; i-- {
		r := revision{Checker: c, file: now, section: sections[i], before: sections[i+1:], start: at}
		if err := r.check(); err != nil {
			return damage(err, sections[i].Offset)
		}
		at = r.end
	}
	if err := c.blank(now, at, to); err != nil {
		return err
	}
	for _, m := range c.marks.between(from, to) {
		if !c.accounted[m.offset] {
			return fault(Hidden, m.offset, int(m.number))
		}
	}
	for _, offset := range c.marks.trailers {
		if offset >= from && offset < to && !c.accounted[offset] {
			return fault(Hidden, offset, 0)
		}
	}
	return nil
}

// damage makes a fault of what could not be read.
func damage(err error, offset int64) error {
	if _, is := errors.AsType[*Fault](err); is {
		return err
	}
	if d, is := errors.AsType[*pdf.DamagedError](err); is {
		if d.Offset >= 0 {
			offset = d.Offset
		}
		return &Fault{Unread, offset, d.Number, err}
	}
	return err
}

// blank wants nothing but white space.
func (c *Checker) blank(file *pdf.File, from, to int64) error {
	buffer := make([]byte, 4<<10)
	for from < to {
		n, err := file.Source().ReadAt(buffer[:min(int64(len(buffer)), to-from)], from)
		for i, b := range buffer[:n] {
			if !white(b) && b != '\v' {
				return fault(Bytes, from+int64(i), 0)
			}
		}
		if n == 0 {
			return err
		}
		from += int64(n)
	}
	return nil
}

// revision is one update: what one section and its startxref belong to.
type revision struct {
	*Checker
	file       *pdf.File
	section    *pdf.Section
	before     []*pdf.Section // older ones, newest first
	start, end int64
	pieces     []piece
}

// piece is an object, or a table with its trailer.
type piece struct {
	pdf.Span
	number int // -1 for a table
}

func (r *revision) check() error {
	for _, step := range []func() error{r.readSection, r.readTrailer, r.readEntries, r.readEnd} {
		if err := step(); err != nil {
			return err
		}
	}
	return r.account()
}

// Notes of a section that every reader passes over, and that are not exact. A
// table with entries of another form is none of them: PDFium and Ghostscript
// rebuild the cross-references then, and each has its own idea of what begins an
// object.
var harmless = []pdf.NoteKind{pdf.NamedBefore, pdf.UnfinishedFlate, pdf.Glued}

// readSection wants the section itself to be exact.
func (r *revision) readSection() error {
	for _, s := range []*pdf.Section{r.section, r.section.Hybrid} {
		if s == nil {
			continue
		}
		for _, note := range s.Notes {
			if !slices.Contains(harmless, note.Kind) {
				return fault(noteFaults[note.Kind], note.Offset, note.Number)
			}
			r.inexact, r.loose = true, true
		}
		if !s.Exact() || s.Offset < r.start || s.Stream && !plainStream(s.Trailer) {
			return fault(Reference, s.Offset, 0)
		}
		if err := r.readTable(s); err != nil {
			return err
		}
		number := -1
		if s.Stream {
			number = 0 // told where it is read
		}
		r.pieces = append(r.pieces, piece{pdf.Span{Start: s.Offset, End: s.End}, number})
	}
	return nil
}

// readTable wants a table of numbers, n, f and line ends alone, up to the word
// trailer.
func (r *revision) readTable(s *pdf.Section) error {
	if s.Stream {
		return nil
	}
	i, _ := slices.BinarySearch(r.marks.trailers, s.Offset)
	if i == len(r.marks.trailers) || r.marks.trailers[i] >= s.End {
		return fault(Reference, s.Offset, 0)
	}
	table := io.NewSectionReader(r.file.Source(), s.Offset, r.marks.trailers[i]-s.Offset)
	text := make([]byte, 32<<10)
	for at, word := s.Offset, []byte("xref"); ; {
		n, err := table.Read(text)
		for _, c := range bytes.TrimPrefix(text[:n], word) {
			if !digit(c) && c != ' ' && c != '\n' && c != '\r' && c != 'n' && c != 'f' {
				return fault(Reference, at, 0)
			}
		}
		at, word = at+int64(n), nil
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// noteFaults are the rules that an inexact section breaks.
var noteFaults = map[pdf.NoteKind]Kind{
	pdf.NamedInside: Named, pdf.EntryForm: Reference, pdf.FirstNumber: Reference, pdf.DoubledEntry: Twice, pdf.DoubledKey: Twice,
	pdf.PrevZero: Previous, pdf.NoSize: Size, pdf.SizeLow: Size,
}

// readTrailer compares what the trailer says with the sections before.
func (r *revision) readTrailer() error {
	s := r.section
	if err := r.readPrevious(); err != nil {
		return err
	}
	size, ok := s.Trailer["Size"].(int64)
	if !ok || size <= int64(s.Last()) || size > maxSize {
		return fault(Size, s.Offset, 0)
	}
	hybrid, most := false, int64(0)
	for _, earlier := range r.before {
		counted, ok := earlier.Trailer["Size"].(int64)
		hybrid = hybrid || earlier.Hybrid != nil
		most = max(most, counted)
		if size <= int64(earlier.Last()) && !(ok && counted <= int64(earlier.Last())) { // it was wrong before
			return fault(Size, s.Offset, 0)
		}
	}
	if hybrid && size < most { // pdf.js does not open such a file
		return fault(Size, s.Offset, 0)
	}
	if s.Hybrid != nil && s.Trailer["XRefStm"] != pdf.Object(s.Hybrid.Offset) {
		return fault(Hybrid, s.Offset, 0)
	}
	return r.readHybrid(s)
}

// maxSize is as many objects as every reader takes: PDFium has no more.
const maxSize = 4 << 20

// plainStream reports whether a stream of the file's structure is encoded as
// every reader knows it: by no abbreviation, and not in another file.
func plainStream(dict pdf.Dict) bool {
	for _, key := range []pdf.Name{"F", "FFilter", "FDecodeParms", "DP", "DL"} {
		if dict[key] != nil {
			return false
		}
	}
	filter := dict["Filter"]
	if array, ok := filter.(pdf.Array); ok && len(array) == 1 {
		filter = array[0]
	}
	return filter == nil || filter == pdf.Name("FlateDecode")
}

// readPrevious wants Prev to name the section before, or the blanks right before
// it, as the startxref of that may do.
func (r *revision) readPrevious() error {
	previous := r.before[0]
	named, ok := r.section.Trailer["Prev"].(int64)
	if !ok {
		return fault(Previous, r.section.Offset, 0)
	}
	if named == previous.Offset {
		return nil
	}
	blank, text, err := r.file.Blank(named)
	if err != nil || blank != previous.Offset || named > blank || bytes.IndexByte(text, '%') >= 0 {
		return fault(Previous, r.section.Offset, 0)
	}
	return nil
}

// readHybrid wants a table and the stream beside it to agree about what both
// list as there (7.5.8.4: what the stream lists alone is hidden from old
// readers).
func (r *revision) readHybrid(s *pdf.Section) error {
	if s.Hybrid == nil {
		return nil
	}
	for n := range s.Hybrid.Numbers {
		own, err := s.Own(n)
		if err != nil {
			return err
		}
		other, err := s.Hybrid.Own(n)
		if err != nil {
			return err
		}
		if own.Kind == pdf.InFile && own != other {
			return fault(Hybrid, s.Offset, n)
		}
	}
	return nil
}

// readEntries wants each entry to name an object of this update exactly, or to
// say what was said before.
func (r *revision) readEntries() error {
	seen := map[int]bool{}
	for n := range r.section.Numbers {
		if seen[n] {
			continue
		}
		seen[n] = true
		e, err := r.section.Entry(n)
		if err != nil {
			return err
		}
		switch {
		case e.Kind == pdf.InFile && r.begins(e.Offset):
			err = r.readObject(n, e)
		case e.Kind == pdf.Compressed && r.ownStream(e.Stream):
			// readMembers sees to it
		case e.Kind >= pdf.InFile:
			err = r.again(n, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begins reports whether an offset is one of this update: or of the end of the
// line right before it.
func (r *revision) begins(offset int64) bool {
	if offset >= r.start || offset < r.start-2 {
		return offset >= r.start
	}
	blank, _, err := r.file.Blank(offset)
	return err == nil && blank >= r.start
}

// ownStream reports whether an object stream is one of this update.
func (r *revision) ownStream(number int) bool {
	e, err := r.section.Entry(number)
	return err == nil && e.Kind == pdf.InFile && r.begins(e.Offset)
}

// again wants an entry for an object outside the update to say what the older
// sections say.
func (r *revision) again(n int, e pdf.Entry) error {
	for _, s := range r.before {
		was, err := s.Entry(n)
		if err != nil {
			return err
		}
		if was.Kind == pdf.Absent {
			continue
		}
		if was == e {
			return nil
		}
		break
	}
	return fault(Outside, r.section.Offset, n)
}

func (r *revision) readObject(n int, e pdf.Entry) error {
	ref := pdf.Ref{Number: n, Generation: e.Generation}
	place, o, err := r.file.At(ref, e.Offset)
	if err != nil {
		return err
	}
	if place.Start != e.Offset {
		blank, text, err := r.file.Blank(e.Offset)
		if err != nil || blank != place.Start || bytes.IndexByte(text, '%') >= 0 {
			return fault(Named, e.Offset, n)
		}
		r.inexact, r.loose = true, true
	}
	for _, note := range place.Notes {
		if note.Kind != pdf.NamedBefore && note.Kind != pdf.Glued {
			return fault(Unread, place.Start, n)
		}
	}
	r.pieces = append(r.pieces, piece{place.Span, n})
	stream, isStream := o.(*pdf.Stream)
	if !isStream {
		return nil
	}
	if err := r.readStreamEnd(n, stream); err != nil {
		return err
	}
	switch stream.Dict["Type"] {
	case pdf.Name("ObjStm"):
		return r.readMembers(n, stream)
	case pdf.Name("XRef"):
		if place.Start != r.section.Offset && (r.section.Hybrid == nil || place.Start != r.section.Hybrid.Offset) {
			return fault(Reference, place.Start, n)
		}
	}
	return nil
}

// readStreamEnd wants endstream right behind the data, or on the next line.
func (r *revision) readStreamEnd(n int, s *pdf.Stream) error {
	at := s.Offset + s.Length
	b := make([]byte, len("\r\nendstream"))
	if _, err := r.file.Source().ReadAt(b, at); err != nil && err != io.EOF {
		return err
	}
	for _, line := range []string{"", "\n", "\r\n", "\r"} {
		if bytes.HasPrefix(b, []byte(line+"endstream")) {
			return nil
		}
	}
	return fault(Stream, at, n)
}

// readMembers wants each object of an object stream to be named there by this
// update, and no other one.
func (r *revision) readMembers(n int, s *pdf.Stream) error {
	if !plainStream(s.Dict) {
		return fault(ObjectStream, s.Offset, n)
	}
	members, err := r.file.Members(s)
	if err != nil {
		return err
	}
	for i, member := range members {
		e, err := r.section.Entry(member)
		if err != nil {
			return err
		}
		if e.Kind != pdf.Compressed || e.Stream != n || e.Index != i {
			return fault(ObjectStream, s.Offset, member)
		}
	}
	return nil
}

// readEnd wants startxref behind the last piece.
func (r *revision) readEnd() error {
	slices.SortFunc(r.pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.number, a.number)) })
	last := r.pieces[len(r.pieces)-1]
	at, err := r.between(last.End, -1)
	if err != nil {
		return err
	}
	ending, err := r.file.EndingAt(at)
	if err != nil {
		return fault(End, at, 0)
	}
	if !ending.Exact || ending.Startxref != r.section.Offset && ending.Startxref != r.section.Named {
		return fault(End, at, 0)
	}
	r.end = ending.End
	return nil
}

// account wants one piece after the other, and between them only white space
// and comments that no reader takes for anything else.
func (r *revision) account() error {
	at := r.start
	for i, p := range r.pieces {
		if i > 0 && p.Start == r.pieces[i-1].Start {
			continue // a cross-reference stream, which lists itself
		}
		end, err := r.between(at, p.Start)
		if err != nil {
			return err
		}
		if end != p.Start {
			if p.Start < at {
				return fault(Twice, p.Start, max(p.number, 0))
			}
			return fault(Bytes, end, 0)
		}
		if p.number >= 0 {
			r.accounted[p.Start] = true
		} else {
			r.ownTrailer(p)
		}
		at = p.End
	}
	return nil
}

// ownTrailer accounts for the one word trailer of a table.
func (r *revision) ownTrailer(p piece) {
	i, _ := slices.BinarySearch(r.marks.trailers, p.Start)
	if i < len(r.marks.trailers) && r.marks.trailers[i] < p.End {
		r.accounted[r.marks.trailers[i]] = true
	}
}

// words are what no comment of an update contains.
var words = [][]byte{[]byte("obj"), []byte("xref"), []byte("trailer"), []byte("stream"), []byte("%%EOF"), []byte("%PDF")}

// between passes white space and comments up to a byte, or as far as they go.
func (r *revision) between(from, to int64) (end int64, err error) {
	end, text, err := r.file.Blank(from)
	if err != nil {
		return from, err
	}
	if to >= 0 && end > to {
		return from, nil // an object begins inside them
	}
	for _, word := range words {
		if bytes.Contains(text, word) || bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(text, '\f') >= 0 {
			return from, fault(Bytes, from, 0)
		}
	}
	return end, nil
}
