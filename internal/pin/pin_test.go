package pin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

func TestChooseOneSource(t *testing.T) {
	person := &scriptedAsker{}
	for _, c := range []struct {
		name         string
		opt          Options
		env          Env
		current, new Kind
		want         error
		flags        []Kind
	}{
		{name: "terminal", env: Env{Terminal: person}},
		{name: "no terminal", want: ErrNoSource},
		{name: "no input", opt: Options{NoInput: true}, env: Env{Terminal: person}, want: ErrNoSource},
		{name: "stdin", opt: Options{Flags: []Flag{{Stdin, ""}}}, current: Stdin, new: Stdin},
		{name: "stdin, no input", opt: Options{Flags: []Flag{{Stdin, ""}}, NoInput: true}, current: Stdin, new: Stdin},
		{name: "descriptor 0", opt: Options{Flags: []Flag{{Descriptor, "0"}}}, current: Descriptor, new: Descriptor},
		{name: "file", opt: Options{Flags: []Flag{{File, "f"}}}, current: File, new: File},
		{name: "command", opt: Options{Flags: []Flag{{Command, "c"}}}, current: Command, new: Command},
		{name: "credential", opt: Options{Flags: []Flag{{Credential, "c"}}}, current: Credential, new: Credential},
		{name: "pinentry", opt: Options{Flags: []Flag{{Pinentry, "p"}}}, current: Pinentry, new: Pinentry},
		{name: "pinentry, no input", opt: Options{Flags: []Flag{{Pinentry, "p"}}, NoInput: true}, want: errNobodyAsked, flags: []Kind{Pinentry}},
		{name: "two", opt: Options{Flags: []Flag{{File, "f"}, {Command, "c"}}}, want: ErrTwoSources, flags: []Kind{File, Command}},
		{name: "one twice", opt: Options{Flags: []Flag{{File, "f"}, {File, "f"}}}, want: ErrTwoSources, flags: []Kind{File, File}},
		{name: "no value", opt: Options{Flags: []Flag{{File, ""}}}, want: ErrNoValue, flags: []Kind{File}},
		{name: "new without a change", opt: Options{Flags: []Flag{{NewFile, "f"}}}, env: Env{Terminal: person}, want: ErrNoNewPIN, flags: []Kind{NewFile}},
		{name: "change by file", opt: Options{Flags: []Flag{{File, "f"}}, Change: true}, current: File, new: File},
		{name: "change by two files", opt: Options{Flags: []Flag{{File, "f"}, {NewFile, "g"}}, Change: true}, current: File, new: NewFile},
		{name: "change by stdin and command", opt: Options{Flags: []Flag{{NewCommand, "c"}, {Stdin, ""}}, Change: true}, current: Stdin, new: NewCommand},
		{name: "typed, then a file", opt: Options{Flags: []Flag{{NewFile, "g"}}, Change: true}, env: Env{Terminal: person}, current: Terminal, new: NewFile},
		{name: "a file, and nobody for the current", opt: Options{Flags: []Flag{{NewFile, "g"}}, Change: true}, want: ErrNoSource},
		{name: "two new", opt: Options{Flags: []Flag{{NewFile, "f"}, {NewCommand, "c"}}, Change: true}, want: ErrTwoSources, flags: []Kind{NewFile, NewCommand}},
		{name: "open quote", opt: Options{Flags: []Flag{{Command, "pass 'x"}}}, want: ErrBadCommand, flags: []Kind{Command}},
		{name: "open quote, new", opt: Options{Flags: []Flag{{Stdin, ""}, {NewCommand, "pass 'x"}}, Change: true}, want: ErrBadCommand, flags: []Kind{NewCommand}},
		{name: "credential with a folder", opt: Options{Flags: []Flag{{Credential, "a/b"}}}, want: ErrBadName, flags: []Kind{Credential}},
		{name: "credential above", opt: Options{Flags: []Flag{{Credential, ".."}}}, want: ErrBadName, flags: []Kind{Credential}},
		{name: "descriptor x", opt: Options{Flags: []Flag{{Descriptor, "x"}}}, want: ErrBadDescriptor, flags: []Kind{Descriptor}},
		{name: "descriptor -1", opt: Options{Flags: []Flag{{Descriptor, "-1"}}}, want: ErrBadDescriptor, flags: []Kind{Descriptor}},
		{name: "closed descriptor", opt: Options{Flags: []Flag{{Descriptor, "60000"}}}, want: ErrBadDescriptor, flags: []Kind{Descriptor}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.env.Stdin = strings.NewReader("")
			s, err := Choose(c.opt, c.env)
			if !errors.Is(err, c.want) {
				t.Fatalf("Choose: %v, want %v", err, c.want)
			}
			if c.flags != nil {
				if u, ok := errors.AsType[*UsageError](err); !ok || !slices.Equal(u.Flags, c.flags) || u.Reason != c.want {
					t.Fatalf("Choose: %v, want flags %v", err, c.flags)
				}
			}
			if err != nil {
				return
			}
			defer s.Close()
			if s.CurrentKind() != c.current || s.NewKind() != c.new {
				t.Fatalf("from %v and %v, want %v and %v", s.CurrentKind(), s.NewKind(), c.current, c.new)
			}
		})
	}
}

// Every source that gives lines must do so by the same rules; only a stream may
// have more than are needed.
var lineCases = []struct {
	name    string
	text    string
	lines   int
	want    []string
	rule    Rule
	fresh   bool // the rule is about the new PIN
	streams bool // right from a stream
}{
	{name: "LF", text: "1234\n", lines: 1, want: []string{"1234"}},
	{name: "CRLF", text: "1234\r\n", lines: 1, want: []string{"1234"}},
	{name: "no line ending", text: "ABC123", lines: 1, want: []string{"ABC123"}},
	{name: "two", text: "ABC123\nDEF456\n", lines: 2, want: []string{"ABC123", "DEF456"}},
	{name: "two, the second open", text: "ABC123\r\nDEF456", lines: 2, want: []string{"ABC123", "DEF456"}},
	{name: "nothing", text: "", lines: 1, rule: RuleEmpty},
	{name: "nothing for two", text: "", lines: 2, rule: RuleEmpty},
	{name: "an empty line", text: "\n", lines: 1, rule: RuleEmpty},
	{name: "an empty second line", text: "1234\n\n", lines: 2, rule: RuleEmpty, fresh: true},
	{name: "one of two", text: "1234\n", lines: 2, rule: RuleMissing},
	{name: "two of one", text: "1234\n5678\n", lines: 1, rule: RuleMoreLines, streams: true},
	{name: "an empty line more", text: "1234\n\n", lines: 1, rule: RuleMoreLines, streams: true},
	{name: "three of two", text: "1234\n5678\nx", lines: 2, rule: RuleMoreLines, streams: true},
	{name: "CR inside", text: "12\r34\n", lines: 1, rule: RuleCarriageReturn},
	{name: "CR at the end", text: "1234\r", lines: 1, rule: RuleCarriageReturn},
	{name: "CR CR LF", text: "1234\r\r\n", lines: 1, rule: RuleCarriageReturn},
	{name: "NUL", text: "12\x0034\n", lines: 1, rule: RuleNUL},
	{name: "escape", text: "\x1b[A1234\n", lines: 1, rule: RuleControl},
	{name: "space", text: "1234 \n", lines: 1, rule: RuleBlank},
	{name: "tab", text: "\t1234\n", lines: 1, rule: RuleBlank},
	{name: "full-width digits", text: "１２３４\n", lines: 1, rule: RuleFullWidth},
	{name: "full-width letter among others", text: "é ABＣ123\n", lines: 1, rule: RuleFullWidth},
	{name: "full-width space", text: "1234\u3000\n", lines: 1, rule: RuleFullWidth},
	{name: "kana", text: "あんしょう\n", lines: 1, rule: RuleNotASCII},
	{name: "Shift_JIS", text: "\x82\x50\x82\x51\n", lines: 1, rule: RuleNotASCII},
	{name: "UTF-8 mark", text: "\xEF\xBB\xBF1234\n", lines: 1, rule: RuleByteOrderMark},
	{name: "UTF-16 LE", text: "\xFF\xFE1\x002\x003\x004\x00\r\x00\n\x00", lines: 1, rule: RuleByteOrderMark},
	{name: "UTF-16 BE", text: "\xFE\xFF\x001\x002\x003\x004\x00\r\x00\n", lines: 1, rule: RuleByteOrderMark},
	{name: "too long", text: strings.Repeat("1", 5000), lines: 1, rule: RuleTooLong},
	{name: "a full-width new PIN", text: "1234\n５６７８\n", lines: 2, rule: RuleFullWidth, fresh: true},
}

// testLines runs the cases against a source that gives text.
func testLines(t *testing.T, kind Kind, isStream bool, give func(t *testing.T, text string) (Flag, Env)) {
	for _, c := range lineCases {
		t.Run(c.name, func(t *testing.T) {
			flag, env := give(t, c.text)
			s, err := Choose(Options{Flags: []Flag{flag}, Change: c.lines == 2}, env)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var got []jpki.PIN
			pin, err := s.Current(t.Context(), Ask{})
			if err == nil {
				got = append(got, pin)
				if c.lines == 2 {
					if pin, err = s.New(t.Context(), Ask{}); err == nil {
						got = append(got, pin)
					}
				}
			}
			if c.rule == 0 || isStream && c.streams {
				want := c.want
				if want == nil {
					want = strings.Split(c.text, "\n")[:c.lines]
				}
				if err != nil || !slices.EqualFunc(got, want, func(p jpki.PIN, s string) bool { return p.Equal(pinOf(s)) }) {
					t.Fatalf("%d PINs, %v, want %d", len(got), err, len(want))
				}
				return
			}
			e, ok := errors.AsType[*TextError](err)
			fresh := c.fresh || isStream && c.rule == RuleMissing // a stream is not read ahead
			if !ok || e.Rule != c.rule || e.Kind != kind || e.New != fresh || !errors.Is(err, c.rule) {
				t.Fatalf("%v, want rule %d (%v), new %t", err, c.rule, c.rule, fresh)
			}
		})
	}
}

func TestLinesOfStdin(t *testing.T) {
	testLines(t, Stdin, true, func(_ *testing.T, text string) (Flag, Env) {
		return Flag{Stdin, ""}, Env{Stdin: strings.NewReader(text)}
	})
}

func TestLinesOfFile(t *testing.T) {
	testLines(t, File, false, func(t *testing.T, text string) (Flag, Env) {
		return Flag{File, pinFile(t, text)}, Env{}
	})
}

func TestLinesOfCredential(t *testing.T) {
	testLines(t, Credential, false, func(t *testing.T, text string) (Flag, Env) {
		path := pinFile(t, text)
		return Flag{Credential, filepath.Base(path)}, Env{Getenv: environment("CREDENTIALS_DIRECTORY", filepath.Dir(path))}
	})
}

func TestChangeFromTwoSources(t *testing.T) {
	stdin := strings.NewReader("1234\nthe document")
	s, err := Choose(Options{Flags: []Flag{{Stdin, ""}, {NewFile, pinFile(t, "5678\n")}}, Change: true}, Env{Stdin: stdin})
	testkit.Must(t, err)
	defer s.Close()
	wantPIN(t, s.Current, "1234")
	wantPIN(t, s.New, "5678")
	if rest, _ := io.ReadAll(stdin); string(rest) != "the document" {
		t.Fatalf("left on standard input: %q", rest)
	}
}

func TestStdinIsNotReadAhead(t *testing.T) {
	for _, change := range []bool{false, true} {
		stdin := strings.NewReader("1234\n5678\nthe document")
		s, err := Choose(Options{Flags: []Flag{{Stdin, ""}}, Change: change}, Env{Stdin: stdin})
		testkit.Must(t, err)
		wantPIN(t, s.Current, "1234")
		want := "5678\nthe document"
		if change {
			wantPIN(t, s.New, "5678")
			want = "the document"
		}
		s.Close()
		if rest, _ := io.ReadAll(stdin); string(rest) != want {
			t.Errorf("left on standard input: %q, want %q", rest, want)
		}
	}
}

// A second question for the same PIN must never be answered with the next one:
// it would be sent to the card as the current PIN.
func TestEachPINOnce(t *testing.T) {
	for name, flag := range map[string]Flag{"stream": {Stdin, ""}, "document": {File, pinFile(t, "1234\n5678\n")}} {
		t.Run(name, func(t *testing.T) {
			s, err := Choose(Options{Flags: []Flag{flag}, Change: true}, Env{Stdin: strings.NewReader("1234\n5678\n9999\n")})
			testkit.Must(t, err)
			wantPIN(t, s.New, "5678") // out of order, and still the second line
			wantPIN(t, s.Current, "1234")
			for _, get := range []func(context.Context, Ask) (jpki.PIN, error){s.Current, s.New} {
				if p, err := get(t.Context(), Ask{}); err != errUsed || !p.IsZero() {
					t.Errorf("the second time: %v, want errUsed", err)
				}
			}
			s.Close()
		})
	}
	s, err := Choose(Options{Flags: []Flag{{File, pinFile(t, "1234\n5678\n")}}, Change: true}, Env{})
	testkit.Must(t, err)
	wantPIN(t, s.Current, "1234")
	s.Close()
	if _, err := s.New(t.Context(), Ask{}); err != errUsed {
		t.Errorf("after Close: %v, want errUsed", err)
	}
}

func TestBuffersAreOverwritten(t *testing.T) {
	text := []byte("1234\r\n5678\n")
	lines, err := splitLines(text, 2)
	testkit.Must(t, err)
	if len(strings.Trim(string(text), "\x00")) != 0 {
		t.Errorf("the text is still %q", text)
	}
	kept := [][]byte{lines[0], lines[1]}
	wipe(lines)
	for _, b := range kept {
		if string(b) != "\x00\x00\x00\x00" {
			t.Errorf("a line is still %q", b)
		}
	}
}

func TestRefusedTextIsOverwritten(t *testing.T) {
	b := []byte("12 34")
	if _, err := check(b, nil, TextError{}); !errors.Is(err, RuleBlank) {
		t.Fatal(err)
	}
	if string(b) != "\x00\x00\x00\x00\x00" {
		t.Errorf("the text is still %q", b)
	}
}

// scriptedAsker is a person at a terminal.
type scriptedAsker struct {
	answers []any    // what is typed, or an error
	shown   []string // and what was read before
}

func (a *scriptedAsker) Println(s string) { a.shown = append(a.shown, s) }

func (a *scriptedAsker) Secret(_ context.Context, prompt string) ([]byte, error) {
	a.shown = append(a.shown, prompt)
	answer := a.answers[0]
	a.answers = a.answers[1:]
	if err, ok := answer.(error); ok {
		return nil, err
	}
	return []byte(answer.(string)), nil
}

func TestTerminal(t *testing.T) {
	person := &scriptedAsker{answers: []any{"１２３４", "1234", "5678", "5678", io.EOF, context.Canceled}}
	s, err := Choose(Options{Change: true}, Env{Terminal: person})
	testkit.Must(t, err)
	defer s.Close()
	if !s.CurrentKind().Interactive() || !s.NewKind().Interactive() {
		t.Error("a terminal is a person")
	}
	ask := Ask{Title: "jpki", Description: "残り3回", Prompt: "暗証番号: "}
	_, err = s.Current(t.Context(), ask)
	if e, ok := errors.AsType[*TextError](err); !ok || *e != (TextError{Terminal, false, RuleFullWidth}) {
		t.Fatalf("full-width digits: %v", err)
	}
	ask.Error = "全角です"
	p, err := s.Current(t.Context(), ask)
	if err != nil || !p.Equal(pinOf("1234")) {
		t.Fatal(err)
	}
	want := []string{"残り3回", "暗証番号: ", "全角です", "残り3回", "暗証番号: "}
	if !slices.Equal(person.shown, want) {
		t.Errorf("shown %q, want %q", person.shown, want)
	}
	wantPIN(t, s.New, "5678")
	wantPIN(t, s.New, "5678")
	if _, err := s.Current(t.Context(), ask); err != ErrCancelled {
		t.Errorf("Ctrl-D: %v", err)
	}
	if _, err := s.Current(t.Context(), ask); err != context.Canceled {
		t.Errorf("Ctrl-C: %v", err)
	}
}

func TestCancelledWhileStdinIsWaitedFor(t *testing.T) {
	r, w, err := os.Pipe()
	testkit.Must(t, err)
	defer r.Close()
	defer w.Close()
	for name, flag := range map[string]Flag{"stdin": {Stdin, ""}, "descriptor": {Descriptor, "0"}} {
		s, err := Choose(Options{Flags: []Flag{flag}}, Env{Stdin: r})
		testkit.Must(t, err)
		wantInterrupted(t, name, s)
	}
}

// wantInterrupted asks for a PIN that never comes, and interrupts.
func wantInterrupted(t *testing.T, name string, s *Sources) {
	t.Helper()
	stop := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	defer timer.Stop()
	begun := time.Now()
	if _, err := s.Current(ctx, Ask{}); err != stop {
		t.Errorf("%s: %v, want the cause of the context", name, err)
	}
	if d := time.Since(begun); d > 3*time.Second {
		t.Errorf("%s: it took %v to stop", name, d)
	}
	if _, err := s.Current(ctx, Ask{}); err != stop {
		t.Errorf("%s, asked again after the interrupt: %v", name, err)
	}
}

// No error may say what the PIN was.
func TestErrorsKeepTheSecret(t *testing.T) {
	for _, c := range lineCases {
		if c.rule == 0 {
			continue
		}
		secret := "hush" + c.text
		s, err := Choose(Options{Flags: []Flag{{File, pinFile(t, secret)}}, Change: c.lines == 2}, Env{})
		testkit.Must(t, err)
		_, err = s.Current(t.Context(), Ask{})
		if err == nil && c.lines == 2 {
			_, err = s.New(t.Context(), Ask{})
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if said := fmt.Sprintf(format, err); strings.Contains(said, "hush") || strings.Contains(said, "123") {
				t.Errorf("%s: %s", c.name, said)
			}
		}
		s.Close()
	}
}

func TestMissingFiles(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, err := readFile(missing, checkPrivate)
	wantFileError(t, err, missing, ErrNoFile)
	_, err = readFile(dir, checkPrivate)
	wantFileError(t, err, dir, ErrNotFile)
	_, err = readCredential("pin", environment("CREDENTIALS_DIRECTORY", dir))
	wantFileError(t, err, filepath.Join(dir, "pin"), ErrNoFile)
	for _, folder := range []string{"", "credentials"} {
		_, err = readCredential("pin", environment("CREDENTIALS_DIRECTORY", folder))
		wantFileError(t, err, "pin", ErrNoCredentials)
	}
}

func pinFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pin")
	testkit.Must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func pinOf(s string) jpki.PIN { return jpki.NewPIN([]byte(s)) }

func wantPIN(t *testing.T, get func(context.Context, Ask) (jpki.PIN, error), want string) {
	t.Helper()
	got, err := get(t.Context(), Ask{})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(pinOf(want)) {
		t.Fatalf("not the PIN %s", want)
	}
}

func wantFileError(t *testing.T, err error, path string, reason error) {
	t.Helper()
	if e, ok := errors.AsType[*FileError](err); !ok || e.Path != path || e.Reason != reason || !errors.Is(err, reason) {
		t.Errorf("%v, want the reason %q for %s", err, reason, path)
	}
}
