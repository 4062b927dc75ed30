package pin

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		want        string
		err         error
	}{
		{"nothing", "OK\n", "", nil},
		{"with words", "OK Pleased to meet you\n", "", nil},
		{"data", "D 1234\nOK\n", "1234", nil},
		{"CRLF", "D 1234\r\nOK\r\n", "1234", nil},
		{"escaped data", "D 12%2534%0D%0a\nOK\n", "12%34\r\n", nil},
		{"data in parts", "D AB\nD C1\n# a remark\nS STATUS x\nD 23\nOK\n", "ABC123", nil},
		{"spaces are data", "D  1 \nOK\n", " 1 ", nil},
		{"a question is declined", "INQUIRE QUALITY 1234\nOK\n", "", nil},
		{"the end", "D 1234\n", "", io.EOF},
		{"the middle of a line", "O", "", io.EOF},
		{"no such line", "HELLO\n", "", errAssuan},
		{"an empty line", "\nOK\n", "", errAssuan},
		{"half an escape", "D 12%3\nOK\n", "", errAssuan},
		{"no escape", "D %zz\nOK\n", "", errAssuan},
		{"no code", "ERR canceled\n", "", errAssuan},
		{"a line without an end", strings.Repeat("D", 2000), "", errAssuan},
		{"an answer without an end", strings.Repeat("#\n", 2000), "", errAssuan},
		{"data without an end", strings.Repeat("D "+strings.Repeat("1", 900)+"\n", 6) + "OK\n", "", RuleTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.lines), iotest.OneByteReader(strings.NewReader(c.lines)), iotest.DataErrReader(strings.NewReader(c.lines))} {
				a := assuan{r: r, w: io.Discard}
				got, err := a.answer()
				if string(got) != c.want || !errors.Is(err, c.err) {
					t.Errorf("%q, %v, want %q, %v", got, err, c.want, c.err)
				}
				a.wipe()
				if a.buf != [maxAssuanLine]byte{} {
					t.Errorf("left in the buffer: %q", a.buf)
				}
			}
		})
	}
}

func TestErrorLine(t *testing.T) {
	a := assuan{r: strings.NewReader("ERR 83886179 \x1b[2JOperation cancelled\xff <Pinentry>\n")}
	_, err := a.answer()
	e, ok := errors.AsType[*assuanError](err)
	if !ok || *e != (assuanError{83886179, "[2JOperation cancelled <Pinentry>"}) || e.cause() != gpgCanceled {
		t.Fatalf("%#v", err)
	}
}

func TestCommandLines(t *testing.T) {
	long := strings.Repeat("残り1回です。", 200)
	for _, c := range []struct{ name, argument, want string }{
		{"BYE", "", "BYE\n"},
		{"SETDESC", "署名用パスワード\r\n残り50%", "SETDESC 署名用パスワード%0D%0A残り50%25\n"},
		{"SETDESC", "a\x00\x7f", "SETDESC a%00%7F\n"},
	} {
		var sent bytes.Buffer
		a := assuan{r: strings.NewReader("OK\n"), w: &sent}
		_, err := a.command(c.name, c.argument)
		testkit.Must(t, err)
		if sent.String() != c.want {
			t.Errorf("sent %q, want %q", sent.String(), c.want)
		}
	}
	for _, s := range []string{long, "x" + long, "xy" + long, strings.Repeat("%", 1000)} {
		var sent bytes.Buffer
		a := assuan{r: strings.NewReader("OK\n"), w: &sent}
		_, err := a.command("SETDESC", s)
		testkit.Must(t, err)
		line, text := sent.String(), strings.TrimPrefix(strings.TrimSuffix(sent.String(), "\n"), "SETDESC ")
		back, err := unescape(make([]byte, 0, maxRead), []byte(text))
		testkit.Must(t, err)
		if len(line) > maxAssuanLine || len(line) < maxAssuanLine-3 || !utf8.ValidString(line) || !strings.HasPrefix(s, string(back)) {
			t.Errorf("a long text was sent as %d bytes: %q", len(line), line)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"1234", "%25", "a%0d%0A", "%", "%4", "%zz", "署名", "\xff\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		buf := make([]byte, 0, 64)
		got, err := unescape(buf, line)
		if len(got) > len(line) || cap(got) != cap(buf) {
			t.Fatalf("%d bytes of %d", len(got), len(line))
		}
		if err != nil && err != errAssuan && err != RuleTooLong {
			t.Fatal(err)
		}
		// Whatever is escaped comes back.
		back, err := unescape(make([]byte, 0, len(line)), []byte(escape(string(line), 3*len(line))))
		if err != nil || !bytes.Equal(back, line) {
			t.Fatalf("%q came back as %q, %v", line, back, err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"OK\n", "D 1234\nOK\n", "ERR 83886179 x\n", "INQUIRE x\nS y\n# z\nOK\n", "D %3\n", "\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		var sent bytes.Buffer
		a := assuan{r: bytes.NewReader(lines), w: &sent}
		for {
			data, err := a.answer()
			if len(data) > maxRead || err != nil && data != nil {
				t.Fatalf("%d bytes, %v", len(data), err)
			}
			if _, refused := errors.AsType[*assuanError](err); err != nil && !refused {
				break
			}
		}
		if strings.Trim(sent.String(), "CAN\n") != "" {
			t.Fatalf("sent %q", sent.String())
		}
	})
}

func FuzzSplitLines(f *testing.F) {
	for _, c := range lineCases {
		f.Add([]byte(c.text), c.lines == 2)
	}
	f.Fuzz(func(t *testing.T, text []byte, two bool) {
		n := 1
		if two {
			n = 2
		}
		whole := string(text)
		lines, err := splitLines(text, n)
		if len(bytes.Trim(text, "\x00")) != 0 {
			t.Fatalf("%q is left of %q", text, whole)
		}
		if err != nil {
			return
		}
		if len(lines) != n {
			t.Fatalf("%d lines, want %d", len(lines), n)
		}
		for _, l := range lines {
			switch rule := checkText(l); {
			case bytes.IndexByte(l, '\n') >= 0 || !strings.Contains(whole, string(l)):
				t.Fatalf("%q of %q", l, whole)
			case rule == 0 && bytes.ContainsFunc(l, func(r rune) bool { return r <= ' ' || r >= 0x7F }):
				t.Fatalf("%q was let through", l)
			}
		}
	})
}
