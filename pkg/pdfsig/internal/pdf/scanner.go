package pdf

import (
	"errors"
	"fmt"
	"io"
)

// Bounds of the text of one object without stream data, and of the white space
// and comments between two tokens.
const (
	maxObject = 16 << 20
	maxSpace  = 1 << 20
)

// eof is the result of peek at the end of the source.
const eof = -1

// scanner reads characters and tokens from a part of a file, one window at a
// time.
type scanner struct {
	src    io.ReaderAt
	end    int64 // end of the source
	pos    int64 // offset of the next character
	window []byte
	start  int64 // offset of the window
	ioErr  error // a read error; methods treat it like the end of the source
}

func newScanner(src io.ReaderAt, size, pos int64) *scanner {
	return &scanner{src: src, end: size, pos: pos}
}

// peek returns the next character or eof.
func (s *scanner) peek() int {
	if i := s.pos - s.start; i >= 0 && i < int64(len(s.window)) {
		return int(s.window[i])
	}
	return s.fill()
}

func (s *scanner) fill() int {
	if s.pos < 0 || s.pos >= s.end || s.ioErr != nil {
		return eof
	}
	if cap(s.window) == 0 {
		s.window = make([]byte, 0, 1<<10)
	} else if cap(s.window) == 1<<10 && s.pos >= s.start+1<<9 { // not when the parser only stepped back by a byte
		s.window = make([]byte, 0, 16<<10) // the object is not small: use larger reads
	}
	n := min(int64(cap(s.window)), s.end-s.pos)
	s.start, s.window = s.pos, s.window[:n]
	got, err := s.src.ReadAt(s.window, s.pos)
	s.window = s.window[:got]
	if got == 0 {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		s.ioErr = err
		return eof
	}
	return int(s.window[0])
}

// fail returns an error for a place in the source, or the read error if there
// was one.
func (s *scanner) fail(offset int64, format string, args ...any) error {
	var d *DamagedError
	if errors.As(s.ioErr, &d) {
		return d
	}
	if s.ioErr != nil {
		return fmt.Errorf("pdf: reading: %w", s.ioErr)
	}
	return damaged(offset, format, args...)
}

// Character classes (ISO 32000-1, 7.2.2).
const (
	regular = iota
	white
	delimiter
)

var class = func() (t [256]byte) {
	for _, c := range "\x00\t\n\f\r " {
		t[c] = white
	}
	for _, c := range "()<>[]{}/%" {
		t[c] = delimiter
	}
	return
}()

func isRegular(c int) bool { return c != eof && class[c] == regular }
func isDigit(c int) bool   { return c >= '0' && c <= '9' }

// skipSpace skips white space and comments.
func (s *scanner) skipSpace() {
	for begin := s.pos; ; {
		if s.pos-begin > maxSpace && s.ioErr == nil {
			s.ioErr, s.window = damaged(begin, "white space: %w", ErrTooLarge), nil
		}
		c := s.peek()
		switch {
		case c == eof:
			return
		case class[c] == white:
			s.pos++
		case c == '%':
			for c != eof && c != '\n' && c != '\r' {
				s.pos++
				c = s.peek()
			}
		default:
			return
		}
	}
}

// regularToken reads a run of at most limit regular characters.
func (s *scanner) regularToken(limit int) string {
	var token []byte
	for c := s.peek(); isRegular(c) && len(token) <= limit; c = s.peek() {
		token = append(token, byte(c))
		s.pos++
	}
	return string(token)
}

// keyword skips white space and then reads exactly the given word as a whole
// token.
func (s *scanner) keyword(word string) error {
	s.skipSpace()
	at := s.pos
	if got := s.regularToken(len(word)); got != word {
		return s.fail(at, "%q where %q should be", got, word)
	}
	return nil
}

// unsigned skips white space and reads a token of digits.
func (s *scanner) unsigned() (int64, error) {
	s.skipSpace()
	at := s.pos
	token := s.regularToken(20)
	n, ok := parseUnsigned(token)
	if !ok {
		return 0, s.fail(at, "%q where a number should be", token)
	}
	return n, nil
}

// parseUnsigned parses up to 18 significant digits, which fit an int64.
func parseUnsigned(token string) (n int64, ok bool) {
	if token == "" || len(token) > 20 {
		return 0, false
	}
	for i := range len(token) {
		if !isDigit(int(token[i])) || n > 1e17 {
			return 0, false
		}
		n = n*10 + int64(token[i]-'0')
	}
	return n, true
}
