package pdf

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// Section is one cross-reference section with its trailer (7.5.4, 7.5.8): a
// table, or a cross-reference stream. Entries are decoded on demand: those of a
// table stay in the file, and those of a stream stay packed.
type Section struct {
	Named   int64 // the offset in startxref, Prev or XRefStm
	Offset  int64 // of the keyword xref, or of the stream object
	End     int64 // after the trailer dictionary, or after endobj
	Trailer Dict  // the stream dictionary in a cross-reference stream
	Stream  bool
	Hybrid  *Section // the stream at a table's XRefStm (7.5.8.4), or nil
	Notes   []Note   // inexact places in the section

	file   *File
	runs   []run  // sorted by first, not overlapping
	packed []byte // entries of a stream, or of a table with entries of other than 20 bytes
	block  []byte // part of the file around the last table entry read
	start  int64  // offset of block
	widths [3]int // widths of the fields in a stream's entry
}

// run is a subsection: the entries of the objects first to first+count-1.
type run struct {
	first, count int
	at           int64 // offset of the first entry, in the file or in packed
	width        int64 // of one entry
}

// EntryKind is the kind of a cross-reference entry.
type EntryKind byte

const (
	Absent     EntryKind = iota // the section does not list the object
	Free                        // the object is null
	InFile                      // at Offset
	Compressed                  // in object stream Stream, at Index
)

// Entry is one entry of a cross-reference section.
type Entry struct {
	Kind       EntryKind
	Generation int
	Offset     int64
	Stream     int
	Index      int
}

// Bounds of a section and of a file. The size of the file alone does not bound
// the entries: a compressed stream can list millions in a few bytes.
const (
	maxEntries  = 1 << 18
	maxRuns     = 1 << 17
	maxSections = 1024
	tableEntry  = 20 // bytes
	loosely     = 13 // bytes of a packed table entry: offset, generation, n or f
)

// Numbers calls yield for every object number in the section, including its
// XRefStm. It may call yield twice for a number.
func (s *Section) Numbers(yield func(int) bool) {
	for _, r := range s.runs {
		for i := range r.count {
			if !yield(r.first + i) {
				return
			}
		}
	}
	if s.Hybrid != nil {
		s.Hybrid.Numbers(yield)
	}
}

// Count returns the number of calls that [Section.Numbers] makes.
func (s *Section) Count() int {
	n := 0
	for _, r := range s.runs {
		n += r.count
	}
	if s.Hybrid != nil {
		n += s.Hybrid.Count()
	}
	return n
}

func (s *Section) last() int {
	n := -1
	if len(s.runs) > 0 {
		r := s.runs[len(s.runs)-1]
		n = r.first + r.count - 1
	}
	if s.Hybrid != nil {
		n = max(n, s.Hybrid.last())
	}
	return n
}

// setRuns sorts and checks the subsections. An object may occur twice if both
// entries are equal, because the choice then does not matter.
func (s *Section) setRuns(runs []run) error {
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	s.runs = runs[:0:0]
	for _, r := range runs {
		for len(s.runs) > 0 && r.count > 0 {
			last := s.runs[len(s.runs)-1]
			both := min(last.first+last.count-r.first, r.count)
			if both <= 0 {
				break
			}
			if err := s.file.Spend(2 * int64(both)); err != nil {
				return err
			}
			for i := range both {
				a, err1 := s.entryOf(last, r.first+i)
				b, err2 := s.entryOf(r, r.first+i)
				if err1 != nil || err2 != nil || a != b {
					return within(damaged(s.Offset, "object %d comes twice in one cross-reference section", r.first+i), FaultTwice, r.first+i)
				}
			}
			s.note(DoubledEntry, s.Offset, r.first)
			r = r.from(both)
		}
		if r.count > 0 {
			s.runs = append(s.runs, r)
		}
	}
	if size, ok := s.Trailer["Size"].(int64); !ok {
		s.note(NoSize, s.Offset, 0)
	} else if last := s.last(); int64(last) >= size {
		s.note(SizeLow, s.Offset, last)
	}
	return nil
}

// from returns the run without its first n entries.
func (r run) from(n int) run {
	return run{r.first + n, r.count - n, r.at + int64(n)*r.width, r.width}
}

func (s *Section) note(kind NoteKind, offset int64, number int) {
	s.Notes = append(s.Notes, Note{kind, offset, number})
}

// Entry looks up an object in this section only.
func (s *Section) Entry(number int) (Entry, error) {
	e, err := s.ownEntry(number)
	if err == nil && e.Kind <= Free && s.Hybrid != nil {
		// 7.5.8.4: the stream lists objects that the table omits or marks as
		// free
		if hidden, err := s.Hybrid.Entry(number); err != nil || hidden.Kind != Absent {
			return hidden, err
		}
	}
	return e, err
}

func (s *Section) ownEntry(number int) (Entry, error) {
	i, found := slices.BinarySearchFunc(s.runs, number, func(r run, n int) int {
		switch {
		case n < r.first:
			return 1
		case n >= r.first+r.count:
			return -1
		}
		return 0
	})
	if !found {
		return Entry{}, nil
	}
	return s.entryOf(s.runs[i], number)
}

func (s *Section) entryOf(r run, number int) (Entry, error) {
	at := r.at + int64(number-r.first)*r.width
	switch {
	case s.Stream:
		return s.packedEntry(number, at)
	case r.width == loosely:
		return s.looseEntry(number, at)
	}
	return s.tableEntry(number, at)
}

// tableEntry reads "nnnnnnnnnn ggggg n" and its end of line (7.5.4).
func (s *Section) tableEntry(number int, at int64) (Entry, error) {
	b, err := s.entryAt(at)
	if err != nil {
		return Entry{}, err
	}
	if !exactEntry(b) {
		return Entry{}, damaged(at, "cross-reference entry of object %d", number)
	}
	offset, _ := parseUnsigned(string(b[:10]))
	generation, _ := parseUnsigned(string(b[11:16]))
	return s.entry(number, at, offset, generation, b[17])
}

// entryAt returns the text of an entry. It reads several entries at a time,
// because callers usually ask for them in order.
func (s *Section) entryAt(at int64) ([]byte, error) {
	const entries = 256
	if at < s.start || at+tableEntry > s.start+int64(len(s.block)) {
		if s.block == nil {
			s.block = make([]byte, entries*tableEntry)
		}
		s.block = s.block[:cap(s.block)]
		n, err := s.file.src.ReadAt(s.block, at)
		s.start, s.block = at, s.block[:n]
		if n < tableEntry {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			s.block = s.block[:0]
			return nil, err
		}
	}
	return s.block[at-s.start:][:tableEntry], nil
}

// exactEntry reports whether a table entry has exactly the form of 7.5.4.
func exactEntry(b []byte) bool {
	for i, c := range b[:16] {
		if i != 10 && (c < '0' || c > '9') {
			return false
		}
	}
	return b[10] == ' ' && b[16] == ' ' && (b[17] == 'n' || b[17] == 'f') &&
		(b[18] == ' ' && (b[19] == '\n' || b[19] == '\r') || b[18] == '\r' && b[19] == '\n')
}

// looseEntry reads an entry that [Section.readLoosely] packed.
func (s *Section) looseEntry(number int, at int64) (Entry, error) {
	b := s.packed[at:]
	return s.entry(number, s.Offset, int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint32(b[8:])), b[12])
}

func (s *Section) entry(number int, at, offset, generation int64, kind byte) (Entry, error) {
	switch kind {
	case 'f':
		return Entry{Kind: Free, Generation: int(min(generation, maxGeneration)), Offset: offset}, nil // MuPDF writes 65536
	case 'n':
		if generation > maxGeneration {
			break
		}
		return Entry{Kind: InFile, Generation: int(generation), Offset: offset}, nil
	}
	return Entry{}, damaged(at, "cross-reference entry of object %d is neither n nor f", number)
}

func (s *Section) width() int { return s.widths[0] + s.widths[1] + s.widths[2] }

// packedEntry reads the entry of a cross-reference stream (7.5.8.3).
func (s *Section) packedEntry(number int, at int64) (Entry, error) {
	field := func(i int) uint64 {
		var n uint64
		for range s.widths[i] {
			n = n<<8 | uint64(s.packed[at])
			at++
		}
		return n
	}
	kind := uint64(1) // the default if the first width is 0
	if s.widths[0] > 0 {
		kind = field(0)
	}
	second, third := field(1), field(2)
	bad := func() (Entry, error) {
		return Entry{}, damaged(s.Offset, "cross-reference entry of object %d", number)
	}
	switch kind {
	case 0:
		return Entry{Kind: Free, Generation: int(min(third, maxGeneration))}, nil
	case 1:
		if second > 1<<62 || third > maxGeneration {
			return bad()
		}
		return Entry{Kind: InFile, Offset: int64(second), Generation: int(third)}, nil
	case 2:
		if second > maxNumber || third > maxNumber {
			return bad()
		}
		return Entry{Kind: Compressed, Stream: int(second), Index: int(third)}, nil
	}
	return Entry{Kind: Free}, nil // 7.5.8.3: an object with any other type is null
}
