package pin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Assuan is the line protocol between GnuPG's programs (the Assuan manual,
// "Implementation"): commands one way; OK, ERR, D, S, # and INQUIRE the other.

// maxAssuanLine is the longest line the protocol has, its LF included.
const maxAssuanLine = 1000

// maxAssuanLines bounds the lines of one answer.
const maxAssuanLines = 1000

var errAssuan = errors.New("unexpected line")

// assuanError is an ERR line: a libgpg-error code with its source in the upper
// bits, and the program's text about it.
type assuanError struct {
	Code uint32
	Text string
}

func (e *assuanError) Error() string { return fmt.Sprintf("error %d (%s)", e.Code, e.Text) }

// Codes of libgpg-error, without the source.
const (
	gpgTimeout        = 62
	gpgCanceled       = 99
	gpgNotConfirmed   = 114
	gpgFullyCanceled  = 198
	gpgAssuanCanceled = 277
)

// cause is the code without its source.
func (e *assuanError) cause() uint32 { return e.Code & 0xFFFF }

// assuan is a client's end of a connection.
type assuan struct {
	r   io.Reader
	w   io.Writer
	buf [maxAssuanLine]byte // the input so far; it may hold a PIN
	n   int                 // how much of buf is filled
	end int                 // and how much of that the last line took
}

// command sends a line and gives the data of the answer. An ERR line is an
// *assuanError, everything unforeseen another error.
func (a *assuan) command(name, argument string) ([]byte, error) {
	line := name
	if argument != "" {
		line += " " + escape(argument, maxAssuanLine-len(name)-2)
	}
	if _, err := io.WriteString(a.w, line+"\n"); err != nil {
		return nil, err
	}
	return a.answer()
}

// answer reads up to OK or ERR.
func (a *assuan) answer() (data []byte, err error) {
	data = make([]byte, 0, maxRead)
	defer func() {
		if err != nil {
			clear(data[:cap(data)])
			data = nil
		}
	}()
	for range maxAssuanLines {
		line, err := a.readLine()
		if err != nil {
			return data, err
		}
		word, rest, _ := bytes.Cut(line, []byte(" "))
		switch {
		case string(word) == "OK":
			return data, nil
		case string(word) == "ERR":
			return data, parseError(rest)
		case string(word) == "D":
			if data, err = unescape(data, rest); err != nil {
				return data, err
			}
		case string(word) == "INQUIRE":
			if _, err := io.WriteString(a.w, "CAN\n"); err != nil {
				return data, err
			}
		case string(word) == "S" || bytes.HasPrefix(word, []byte("#")):
		default:
			return data, errAssuan
		}
	}
	return data, errAssuan
}

// readLine gives the next line without its LF. It is valid until the next call.
func (a *assuan) readLine() ([]byte, error) {
	rest := copy(a.buf[:], a.buf[a.end:a.n])
	clear(a.buf[rest:a.n])
	a.n, a.end = rest, 0
	for {
		if i := bytes.IndexByte(a.buf[:a.n], '\n'); i >= 0 {
			a.end = i + 1
			return bytes.TrimSuffix(a.buf[:i], []byte("\r")), nil
		}
		if a.n == len(a.buf) {
			return nil, errAssuan
		}
		n, err := a.r.Read(a.buf[a.n:])
		a.n += n
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// wipe overwrites the text that was read.
func (a *assuan) wipe() { clear(a.buf[:]) }

// parseError reads the text after ERR.
func parseError(b []byte) error {
	code, text, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseUint(code, 10, 32)
	if err != nil {
		return errAssuan
	}
	printable := func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}
	return &assuanError{uint32(n), strings.Map(printable, text)}
}

// escape writes control characters and % as %XX, and stops before the result
// has more than max bytes, between two characters.
func escape(s string, max int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		char := s[i : i+size]
		if c := s[i]; c < ' ' || c == '%' || c == 0x7F {
			char = fmt.Sprintf("%%%02X", c)
		}
		if b.Len()+len(char) > max {
			break
		}
		b.WriteString(char)
		i += size
	}
	return b.String()
}

// unescape appends the content of a D line to data, within its capacity: a
// growing slice would leave copies behind.
func unescape(data, line []byte) ([]byte, error) {
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '%' {
			if i+2 >= len(line) {
				return data, errAssuan
			}
			high, low := hexDigit(line[i+1]), hexDigit(line[i+2])
			if high < 0 || low < 0 {
				return data, errAssuan
			}
			c = byte(high<<4 | low)
			i += 2
		}
		if len(data) == cap(data) {
			return data, RuleTooLong
		}
		data = append(data, c)
	}
	return data, nil
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}
