package pin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/jpki-tools/jpki/internal/beside"
)

// maxRead bounds the length of any source, in bytes.
const maxRead = 4096

// readAll reads r to its end, which must come within maxRead bytes.
func readAll(r io.Reader) ([]byte, error) {
	buf := make([]byte, maxRead+1)
	n, err := io.ReadFull(r, buf)
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		return buf[:n], nil
	case nil:
		err = RuleTooLong
	}
	clear(buf)
	return nil, err
}

// readLine reads r up to the next LF, byte by byte: the rest belongs to another
// reader. It gives [io.EOF] where there is nothing at all.
func readLine(r io.Reader) ([]byte, error) {
	buf := make([]byte, maxRead)
	for n := 0; n < len(buf); n++ {
		_, err := io.ReadFull(r, buf[n:n+1])
		switch {
		case err == io.EOF && n == 0:
			return nil, io.EOF
		case err == io.EOF:
			return line(buf[:n]), nil
		case err == nil && buf[n] == '\n':
			return line(buf[:n+1]), nil
		case err != nil:
			clear(buf)
			return nil, err
		}
	}
	clear(buf)
	return nil, RuleTooLong
}

// line is a copy of b without the LF or CRLF at its end; b is overwritten.
func line(b []byte) []byte {
	text, ended := bytes.CutSuffix(b, []byte("\n"))
	if ended {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	text = bytes.Clone(text)
	clear(b)
	return text
}

// document is a source that is read whole and must be exactly so many lines.
type document struct {
	lines int
	read  func(context.Context) ([]byte, error)
	got   [][]byte // nil entries were given away
}

func (d *document) line(ctx context.Context, n int, _ Ask) ([]byte, error) {
	if d.got == nil {
		text, err := d.read(ctx)
		if err != nil {
			return nil, err
		}
		if d.got, err = splitLines(text, d.lines); err != nil {
			return nil, err
		}
	}
	return takeLine(d.got, n)
}

func (d *document) close() { wipe(d.got) }

// splitLines cuts text into n lines and overwrites it.
func splitLines(text []byte, n int) (lines [][]byte, err error) {
	defer clear(text)
	if hasByteOrderMark(text) { // UTF-16 has its line endings elsewhere
		return nil, RuleByteOrderMark
	}
	for rest := text; len(rest) > 0; {
		if len(lines) == n {
			wipe(lines)
			return nil, RuleMoreLines
		}
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		lines = append(lines, line(rest[:end]))
		rest = rest[end:]
	}
	switch len(lines) {
	case n:
		return lines, nil
	case 0:
		return nil, RuleEmpty
	}
	wipe(lines)
	return nil, RuleMissing
}

func takeLine(lines [][]byte, n int) ([]byte, error) {
	b := lines[n]
	if b == nil {
		return nil, errUsed
	}
	lines[n] = nil
	return b, nil
}

func wipe(lines [][]byte) {
	for i, b := range lines {
		clear(b)
		lines[i] = nil
	}
}

// stream is a source that is read a line at a time, and not past it.
type stream struct {
	r     io.Reader
	got   [][]byte  // nil entries were given away
	owned io.Closer // nil for standard input
}

// openStream refuses a terminal: it would show the typing.
func openStream(kind Kind, r io.Reader) (*stream, error) {
	if f, ok := r.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return nil, usage(kind, ErrIsTerminal, nil)
	}
	return &stream{r: r}, nil
}

func openDescriptor(value string, stdin io.Reader) (*stream, error) {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return nil, usage(Descriptor, ErrBadDescriptor, nil)
	}
	if n == 0 {
		return openStream(Descriptor, stdin)
	}
	f, err := inherited(int(n))
	if err != nil {
		return nil, usage(Descriptor, ErrBadDescriptor, err)
	}
	s, err := openStream(Descriptor, f)
	if err != nil {
		f.Close()
		return nil, err
	}
	s.owned = f
	return s, nil
}

func (s *stream) line(ctx context.Context, n int, _ Ask) ([]byte, error) {
	for len(s.got) <= n {
		b, err := beside.Read(ctx, func() ([]byte, error) { return readLine(s.r) })
		switch {
		case err == io.EOF && len(s.got) > 0:
			return nil, RuleMissing
		case err == io.EOF:
			return nil, RuleEmpty
		case err != nil:
			return nil, err
		}
		s.got = append(s.got, b)
	}
	return takeLine(s.got, n)
}

func (s *stream) close() {
	wipe(s.got)
	if s.owned != nil {
		s.owned.Close()
	}
}

// terminal asks the person.
type terminal struct{ asker Asker }

func (t terminal) line(ctx context.Context, _ int, ask Ask) ([]byte, error) {
	for _, s := range []string{ask.Error, ask.Description} {
		for line := range strings.Lines(s) {
			t.asker.Println(strings.TrimSuffix(line, "\n"))
		}
	}
	b, err := t.asker.Secret(ctx, ask.Prompt)
	if errors.Is(err, io.EOF) { // Ctrl-D
		err = ErrCancelled
	}
	return b, err
}

func (terminal) close() {}
