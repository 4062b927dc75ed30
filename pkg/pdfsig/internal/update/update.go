package update

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Checker checks a file and its revisions.
type Checker struct {
	file  *pdf.File // the current file
	marks *marks
	// accounted are the offsets of marks that belong to objects of updates, and
	// of the words trailer that belong to their sections.
	accounted map[int64]bool
	inexact   bool     // something in the file is inexact, although every reader accepts it
	loose     bool     // something inexact is in an update
	updated   int64    // offset of the first update; 0 if there is none
	looked    bool     // the file was searched for words that make a reader rebuild
	stream    struct { // the stream with the last mark found inside it
		file *pdf.File
		pdf.Span
		number int
	}
}

// New reads the file once, from the first byte to the last, to find all marks.
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

// scanUnit is the number of bytes searched per unit of work.
const scanUnit = 32

// Step accounts for the bytes between the end of one revision and the end of a
// later one. It returns a [*Fault], or a read error.
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

// damage turns a read error from a damaged file into a fault.
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

// blank checks that a range holds only white space.
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

// revision is one update: the bytes of one section and its startxref.
type revision struct {
	*Checker
	file       *pdf.File
	section    *pdf.Section
	before     []*pdf.Section // earlier sections, newest first
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

// harmless are inexact forms of a section that every reader accepts. Table
// entries of another width are not harmless: PDFium and Ghostscript then
// rebuild the cross-references, and each of them recognizes objects in its own
// way.
var harmless = []pdf.NoteKind{pdf.NamedBefore, pdf.UnfinishedFlate, pdf.Glued}

// readSection checks that the section itself is exact.
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
			number = 0 // reported while the table is read
		}
		r.pieces = append(r.pieces, piece{pdf.Span{Start: s.Offset, End: s.End}, number})
	}
	return nil
}

// readTable checks that a table holds only numbers, n, f and line ends, up to
// the word trailer.
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

// noteFaults maps the notes of an inexact section to faults.
var noteFaults = map[pdf.NoteKind]Kind{
	pdf.NamedInside: Named, pdf.EntryForm: Reference, pdf.FirstNumber: Reference, pdf.DoubledEntry: Twice, pdf.DoubledKey: Twice,
	pdf.PrevZero: Previous, pdf.NoSize: Size, pdf.SizeLow: Size,
}

// readTrailer compares the trailer with the earlier sections.
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
		if size <= int64(earlier.Last()) && !(ok && counted <= int64(earlier.Last())) { // it was not wrong before
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

// maxSize is the largest Size that every reader accepts; PDFium has this limit.
const maxSize = 4 << 20

// plainStream reports whether every reader can decode a structural stream: its
// filters are not abbreviated, and its data is not in another file.
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

// readPrevious checks that Prev gives the offset of the previous section, or of
// blanks directly before it. The startxref of that section may do the same.
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

// readHybrid checks that a table and its XRefStm agree on the objects that both
// list as used. Objects that only the stream lists are hidden from old readers
// (7.5.8.4).
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

// readEntries checks that each entry gives the exact offset of an object in
// this update, or repeats an earlier entry.
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
			// checked by readMembers
		case e.Kind >= pdf.InFile:
			err = r.again(n, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begins reports whether an offset is in this update, or at the line end
// directly before it.
func (r *revision) begins(offset int64) bool {
	if offset >= r.start || offset < r.start-2 {
		return offset >= r.start
	}
	blank, _, err := r.file.Blank(offset)
	return err == nil && blank >= r.start
}

// ownStream reports whether an object stream is in this update.
func (r *revision) ownStream(number int) bool {
	e, err := r.section.Entry(number)
	return err == nil && e.Kind == pdf.InFile && r.begins(e.Offset)
}

// again checks that an entry for an object outside the update agrees with the
// earlier sections.
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

// readStreamEnd checks that endstream follows the data directly or on the next
// line.
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

// readMembers checks that the cross-references of this update list exactly the
// objects of an object stream.
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

// readEnd checks that startxref follows the last piece.
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

// account checks that pieces follow one another, with only white space and
// harmless comments between them.
func (r *revision) account() error {
	at := r.start
	for i, p := range r.pieces {
		if i > 0 && p.Start == r.pieces[i-1].Start {
			continue // a cross-reference stream lists itself
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

// ownTrailer accounts for the word trailer of a table.
func (r *revision) ownTrailer(p piece) {
	i, _ := slices.BinarySearch(r.marks.trailers, p.Start)
	if i < len(r.marks.trailers) && r.marks.trailers[i] < p.End {
		r.accounted[r.marks.trailers[i]] = true
	}
}

// words must not appear in a comment of an update, because readers search for
// them.
var words = [][]byte{[]byte("obj"), []byte("xref"), []byte("trailer"), []byte("stream"), []byte("%%EOF"), []byte("%PDF")}

// between skips white space and comments up to an offset, as far as possible.
func (r *revision) between(from, to int64) (end int64, err error) {
	end, text, err := r.file.Blank(from)
	if err != nil {
		return from, err
	}
	if to >= 0 && end > to {
		return from, nil // an object begins inside the comment
	}
	for _, word := range words {
		if bytes.Contains(text, word) || bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(text, '\f') >= 0 {
			return from, fault(Bytes, from, 0)
		}
	}
	return end, nil
}
