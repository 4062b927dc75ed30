package pdf

import (
	"cmp"
	"io"
	"slices"
)

// Section is one cross-reference section with its trailer (7.5.4, 7.5.8): a
// table, or a cross-reference stream. Which objects it lists is looked up
// where it is needed: the entries of a table stay in the file, those of a
// stream are kept as they were packed.
type Section struct {
	Offset  int64 // of the keyword xref, or of the stream object
	Trailer Dict  // of a stream: the stream's dictionary
	Stream  bool
	Hybrid  *Section // the stream that a table's XRefStm names (7.5.8.4), or nil

	file   *File
	runs   []run  // sorted by first, apart from each other
	packed []byte // entries of a stream
	widths [3]int // of the fields of a stream's entry
}

// run is a subsection: the entries of count objects from first on.
type run struct {
	first, count int
	at           int64 // of the first entry, in the file or in packed
}

// EntryKind says what a cross-reference entry says of its object.
type EntryKind byte

const (
	Absent     EntryKind = iota // the section does not speak of the object
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

// Bounds of a section and of a file. Entries are bounded beside the size of
// the file: a compressed stream could list millions in a few bytes.
const (
	maxEntries  = 1 << 18
	maxRuns     = 1 << 17
	maxSections = 1024
	tableEntry  = 20 // bytes
)

// Numbers calls yield for every object number that the section, or the stream
// of a hybrid one, speaks of; some may come twice.
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

// Count is how many numbers [Section.Numbers] gives.
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

// setRuns sorts and checks the subsections.
func (s *Section) setRuns(runs []run) error {
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	for i := 1; i < len(runs); i++ {
		if runs[i-1].first+runs[i-1].count > runs[i].first {
			return damaged(s.Offset, "object %d comes twice in one cross-reference section", runs[i].first)
		}
	}
	s.runs = runs
	return nil
}

// Entry looks an object up in this section only.
func (s *Section) Entry(number int) (Entry, error) {
	e, err := s.ownEntry(number)
	if err == nil && e.Kind <= Free && s.Hybrid != nil {
		// 7.5.8.4: what the table leaves out or hides as free
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
	r := s.runs[i]
	if s.Stream {
		return s.packedEntry(number, r.at+int64(number-r.first)*int64(s.width()))
	}
	return s.tableEntry(number, r.at+int64(number-r.first)*tableEntry)
}

// tableEntry reads "nnnnnnnnnn ggggg n" and its end of line (7.5.4).
func (s *Section) tableEntry(number int, at int64) (Entry, error) {
	var b [tableEntry]byte
	if _, err := s.file.src.ReadAt(b[:], at); err != nil && err != io.EOF {
		return Entry{}, err
	}
	offset, ok1 := parseUnsigned(string(b[:10]))
	generation, ok2 := parseUnsigned(string(b[11:16]))
	eol := string(b[18:])
	if !ok1 || !ok2 || b[10] != ' ' || b[16] != ' ' ||
		eol != " \n" && eol != " \r" && eol != "\r\n" {
		return Entry{}, damaged(at, "cross-reference entry of object %d", number)
	}
	switch b[17] {
	case 'f':
		return Entry{Kind: Free, Generation: int(min(generation, maxGeneration))}, nil // MuPDF writes 65536
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
	kind := uint64(1) // the default where the first width is 0
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
	return Entry{Kind: Free}, nil // 7.5.8.3: any other type is a reference to null
}
