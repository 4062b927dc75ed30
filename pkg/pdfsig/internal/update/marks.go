package update

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// mark is a place with the text "n g obj", anywhere in the file. A reader that
// rebuilds the cross-references takes it for an object.
type mark struct {
	offset             int64
	number, generation int32
}

// marks are all marks of a file in order, and the offsets of the word trailer.
type marks struct {
	objects  []mark
	trailers []int64
	byNumber []mark // sorted by number, then offset
	work     int64  // bytes read more than once
}

// Sizes for the search: the bytes per read, and the distance before the word
// obj to search for its numbers.
const (
	scanBuffer = 256 << 10
	scanBefore = 256
	maxNumber  = 8388607
)

// scan searches a file for the words that a rebuilding reader uses.
func scan(src io.ReaderAt, size int64) (*marks, error) {
	m := &marks{}
	buffer := make([]byte, scanBuffer+scanBefore)
	kept := 0 // bytes at the start of buffer that were already searched
	for at := int64(0); at < size; {
		n, err := src.ReadAt(buffer[kept:min(int64(len(buffer)), int64(kept)+size-at)], at)
		if n == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		window := buffer[:kept+n]
		m.find(window, at-int64(kept), kept)
		if m.work > 16*size+1<<20 {
			return nil, pdf.Faultf(pdf.FaultTooLarge, "words that look like objects: %w", pdf.ErrTooLarge)
		}
		at += int64(n)
		kept = min(scanBefore, len(window))
		copy(buffer, window[len(window)-kept:])
	}
	slices.SortFunc(m.objects, func(a, b mark) int { return cmp.Compare(a.offset, b.offset) })
	m.byNumber = slices.Clone(m.objects)
	slices.SortFunc(m.byNumber, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.offset, b.offset))
	})
	return m, nil
}

var (
	wordObject  = []byte("obj")
	wordTrailer = []byte("trailer")
)

// find searches a window that begins at base. It skips matches that end within
// the first kept bytes, because the previous window found them.
func (m *marks) find(window []byte, base int64, kept int) {
	for from := 0; ; {
		i := bytes.Index(window[from:], wordObject)
		if i < 0 {
			break
		}
		i += from
		from = i + len(wordObject)
		if from > kept {
			m.object(window, base, i)
		}
	}
	for from := max(0, kept-len(wordTrailer)+1); ; {
		i := bytes.Index(window[from:], wordTrailer)
		if i < 0 {
			break
		}
		m.trailers = append(m.trailers, base+int64(from+i))
		from += i + len(wordTrailer)
	}
}

// object records the object of the word obj at i, if two numbers precede it. Few
// readers allow comments between the numbers and obj; this function does, so
// that it misses no object.
func (m *marks) object(window []byte, base int64, i int) {
	if i == 0 || !white(window[i-1]) && !digit(window[i-1]) {
		return
	}
	before := window[max(0, i-scanBefore):i]
	first := i - len(before)
	if start, number, generation, ok := plainNumbers(before); ok {
		m.note(base+int64(first+start), number, generation)
	} else if comment := bytes.IndexByte(before, '%'); comment >= 0 && bytes.ContainsAny(before[comment:], "\r\n") {
		for start := range before {
			if digit(before[start]) && (start == 0 || !digit(before[start-1])) {
				m.work += int64(len(before) - start)
				if number, generation, ok := commentedNumbers(before[start:]); ok {
					m.note(base+int64(first+start), number, generation)
				}
			}
		}
	}
}

func (m *marks) note(offset int64, number, generation int) {
	if number <= maxNumber {
		m.objects = append(m.objects, mark{offset, int32(number), int32(generation)})
	}
}

func white(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

// plainNumbers reads two numbers backwards from the end of b, each followed by
// white space. The white space after the second is optional.
func plainNumbers(b []byte) (start, number, generation int, ok bool) {
	end := len(b)
	back := func(is func(byte) bool) (n int) {
		for end > 0 && is(b[end-1]) {
			end--
			n++
		}
		return n
	}
	back(white)
	to := end
	if back(digit) == 0 {
		return 0, 0, 0, false
	}
	generation = value(b[end:to])
	if back(white) == 0 {
		return 0, 0, 0, false
	}
	to = end
	if back(digit) == 0 {
		return 0, 0, 0, false
	}
	return end, value(b[end:to]), generation, true
}

// commentedNumbers reads two numbers, each followed by white space and
// comments, at the end of b.
func commentedNumbers(b []byte) (number, generation int, ok bool) {
	at := 0
	read := func() (n int, gap bool) {
		from := at
		for at < len(b) && digit(b[at]) {
			at++
		}
		n = value(b[from:at])
		from = at
		for at < len(b) && (white(b[at]) || b[at] == '%') {
			if b[at] == '%' {
				for at < len(b) && b[at] != '\n' && b[at] != '\r' {
					at++
				}
			} else {
				at++
			}
		}
		return n, at > from
	}
	number, gap := read()
	if !gap || at == len(b) || !digit(b[at]) {
		return 0, 0, false
	}
	generation, _ = read()
	return number, generation, at == len(b)
}

// value parses a number. It returns maxNumber + 1 for a number that is too
// large.
func value(digits []byte) (n int) {
	for _, c := range digits {
		if n = n*10 + int(c-'0'); n > maxNumber {
			return maxNumber + 1
		}
	}
	return n
}

// of returns the marks of one object before an offset, in order.
func (m *marks) of(number int, before int64) []mark {
	from, _ := slices.BinarySearchFunc(m.byNumber, number, func(a mark, n int) int { return cmp.Compare(int(a.number), n) })
	to := from
	for to < len(m.byNumber) && int(m.byNumber[to].number) == number && m.byNumber[to].offset < before {
		to++
	}
	return m.byNumber[from:to]
}

// between returns the marks from one offset up to another.
func (m *marks) between(from, to int64) []mark {
	by := func(a mark, at int64) int { return cmp.Compare(a.offset, at) }
	i, _ := slices.BinarySearchFunc(m.objects, from, by)
	j, _ := slices.BinarySearchFunc(m.objects, to, by)
	return m.objects[i:j]
}
