package cms

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
)

// pemLabels are those of RFC 7468, 9, of programs older than it, and the one
// that GnuPG's gpgsm writes.
var pemLabels = []string{"CMS", "PKCS7", "SIGNED MESSAGE"}

const (
	pemLine    = 64      // characters (RFC 7468, 2)
	pemPreface = 1 << 16 // octets looked through for the first line
)

// NewPEMWriter encodes all that is written to it as PEM with the label CMS (RFC
// 7468, 9). Close writes the last line, and does not close w.
func NewPEMWriter(w io.Writer) io.WriteCloser {
	p := &pemWriter{out: bufio.NewWriter(w)}
	p.text = base64.NewEncoder(base64.StdEncoding, &p.lines)
	p.lines.out = p.out
	_, p.err = p.out.WriteString("-----BEGIN " + pemLabels[0] + "-----\n")
	return p
}

type pemWriter struct {
	out   *bufio.Writer
	lines lineBreaker
	text  io.WriteCloser
	err   error
}

func (p *pemWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	return p.text.Write(b)
}

func (p *pemWriter) Close() error {
	err := errors.Join(p.err, p.text.Close())
	if p.lines.column > 0 {
		_ = p.out.WriteByte('\n')
	}
	_, _ = p.out.WriteString("-----END " + pemLabels[0] + "-----\n")
	return errors.Join(err, p.out.Flush()) // Flush has the error of every write before it
}

// lineBreaker breaks text into lines of pemLine characters.
type lineBreaker struct {
	out    *bufio.Writer
	column int
}

func (l *lineBreaker) Write(text []byte) (n int, err error) {
	for n < len(text) {
		part := text[n:min(len(text), n+pemLine-l.column)]
		if _, err := l.out.Write(part); err != nil {
			return n, err
		}
		n += len(part)
		if l.column += len(part); l.column == pemLine {
			l.column = 0
			if err := l.out.WriteByte('\n'); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// byteOrderMark stands before a text in UTF-8 of some programs.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// isBase64 reports whether a text begins like the base64 of a SEQUENCE.
func isBase64(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] != 'M' { // of a first octet of 0x30
		return false
	}
	for _, c := range head {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', bytes.IndexByte([]byte("+/= \t\r\n"), c) >= 0:
		default:
			return false
		}
	}
	return true
}

// newTextReader decodes a signature in a text: in PEM, or in base64 without
// the lines around it.
func newTextReader(r *bufio.Reader) io.Reader {
	if mark, _ := r.Peek(len(byteOrderMark)); bytes.Equal(mark, byteOrderMark) {
		_, _ = r.Discard(len(mark)) // it is there
	}
	if head, _ := r.Peek(64); isBase64(head) {
		body := &bareBody{in: r}
		return &pemReader{&body.ended, base64.NewDecoder(base64.StdEncoding, body)}
	}
	return newPEMReader(r)
}

// bareBody is base64 to the end of a file.
type bareBody struct {
	in    *bufio.Reader
	ended bool
}

func (b *bareBody) Read(p []byte) (int, error) {
	for {
		n, err := b.in.Read(p)
		b.ended = errors.Is(err, io.EOF)
		// base64.Decoder skips line ends alone.
		n = len(slices.DeleteFunc(p[:n], func(c byte) bool { return c == ' ' || c == '\t' }))
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// newPEMReader decodes the first PEM text in r, with whatever is in front of
// it; nothing but white space may follow. Errors are FormatFailure, and those
// of r.
func newPEMReader(r io.Reader) io.Reader {
	p := &pemBody{in: bufio.NewReaderSize(r, 64<<10)}
	return &pemReader{&p.ended, base64.NewDecoder(base64.StdEncoding, p)}
}

type pemReader struct {
	ended *bool
	text  io.Reader
}

func (p *pemReader) Read(b []byte) (int, error) {
	n, err := p.text.Read(b)
	if _, corrupt := errors.AsType[base64.CorruptInputError](err); corrupt || errors.Is(err, io.ErrUnexpectedEOF) && *p.ended {
		err = failure(FormatFailure, "malformed base64")
	}
	return n, err
}

// pemBody reads the text between the first line and the last.
type pemBody struct {
	in    *bufio.Reader
	label string // "" before the first line
	rest  []byte // of a line
	whole bool   // the part of a line that was read before reached its end
	ended bool
}

func (p *pemBody) Read(b []byte) (int, error) {
	if p.label == "" {
		if err := p.begin(); err != nil {
			return 0, err
		}
	}
	for len(p.rest) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		if err := p.line(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// begin looks for the first line.
func (p *pemBody) begin() error {
	for looked := 0; looked <= pemPreface; {
		line, err := p.in.ReadSlice('\n')
		looked += len(line)
		if label, ok := boundary(line, "-----BEGIN "); ok {
			if !slices.Contains(pemLabels, label) {
				return failure(FormatFailure, "PEM of %q", label)
			}
			p.label, p.whole = label, true
			return nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return failure(FormatFailure, "neither BER nor PEM")
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
	return failure(FormatFailure, "neither BER nor PEM")
}

// boundary gives the label of a first or last line.
func boundary(line []byte, begins string) (label string, ok bool) {
	line = bytes.TrimRight(line, " \t\r\n")
	line, ok = bytes.CutPrefix(line, []byte(begins))
	if !ok {
		return "", false
	}
	line, ok = bytes.CutSuffix(line, []byte("-----"))
	return string(line), ok
}

// line reads the next line, or a part of one that is very long.
func (p *pemBody) line() error {
	line, err := p.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	starts := p.whole
	p.whole = err == nil
	if starts && bytes.HasPrefix(line, []byte("-")) {
		if label, ok := boundary(line, "-----END "); !ok || label != p.label {
			return failure(FormatFailure, "malformed end of PEM")
		}
		p.ended = true
		return p.nothingMore()
	}
	if errors.Is(err, io.EOF) {
		return failure(FormatFailure, "PEM without its end")
	}
	p.rest = bytes.Trim(line, " \t\r\n")
	return nil
}

func (p *pemBody) nothingMore() error {
	for {
		b, err := p.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !bytes.ContainsRune([]byte(" \t\r\n"), rune(b)):
			return failure(FormatFailure, "more after the PEM")
		}
	}
}
