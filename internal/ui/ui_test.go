package ui

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
)

var sentence = i18n.Text{JA: "読みました。", EN: "Read."}

func TestNoteAndComplain(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		for lang, want := range map[i18n.Lang]string{i18n.JA: "読みました。\n", i18n.EN: "Read.\n"} {
			var out, err bytes.Buffer
			o := &IO{Out: &out, Err: &err, Lang: lang, Quiet: quiet}
			o.Note(sentence)
			if got := err.String(); quiet && got != "" || !quiet && got != want {
				t.Errorf("quiet %v, %s: noted %q", quiet, lang, got)
			}
			err.Reset()
			o.Complain(sentence)
			o.Say(sentence)
			if err.String() != want || out.String() != want {
				t.Errorf("quiet %v, %s: complained %q, said %q", quiet, lang, &err, &out)
			}
		}
	}
}

// TestFitOnlyTerminals: in a file or a pipe a text stays one line, because that
// is easier to search.
func TestFitOnlyTerminals(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	long := strings.Repeat("word ", 60)
	for _, stream := range []any{f, new(bytes.Buffer)} {
		if got := fit(stream, long); got != long {
			t.Errorf("%T: %q", stream, got)
		}
		if IsTerminal(stream) {
			t.Errorf("%T is a terminal", stream)
		}
	}
	if got := (&IO{Out: f}).Width(); got != maxLine {
		t.Errorf("width %d", got)
	}
}

func TestPaint(t *testing.T) {
	o := &IO{Color: true}
	for tone, want := range map[Tone]string{
		Plain: "x", Good: "\x1b[32mx\x1b[0m", Warn: "\x1b[33mx\x1b[0m", Bad: "\x1b[31;1mx\x1b[0m", Strong: "\x1b[1mx\x1b[0m", Faint: "\x1b[2mx\x1b[0m",
	} {
		if got := o.Paint(tone, "x"); got != want {
			t.Errorf("%d: %q", tone, got)
		}
	}
	if got := o.Paint(Bad, ""); got != "" {
		t.Errorf("nothing is painted as %q", got)
	}
	if row := o.Row(Good, sentence, sentence); row[0] != "Read." || row[1] != "\x1b[32mRead.\x1b[0m" {
		t.Errorf("%q", row)
	}
}

// TestJSONIsSafe: a document cannot steer the terminal that it is shown on, and
// its readers get the same text.
func TestJSONIsSafe(t *testing.T) {
	doc := struct {
		Name string `json:"name"`
	}{"<a&b>\x1b[2J\u009b\u202e\u2028\U000E0041名前\x7f"}
	const escaped = `"name": "<a&b>\u001b[2J\u009b\u202e\u2028\udb40\udc41名前\u007f"`
	var b bytes.Buffer
	if err := WriteJSON(&b, doc); err != nil || b.String() != "{\n  "+escaped+"\n}\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	b.Reset()
	if err := WriteJSONLine(&b, doc); err != nil || b.String() != "{"+strings.Replace(escaped, ": ", ":", 1)+"}\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	b.Reset()
	if err := WriteJSONPart(&b, doc, "    ", "  "); err != nil || b.String() != "{\n      "+escaped+"\n    }" {
		t.Errorf("%q, %v", b.String(), err)
	}
	b.Reset()
	if err := WriteJSON(&b, make(chan int)); err == nil || b.Len() > 0 {
		t.Errorf("what is no document: %v, %q", err, b.String())
	}
	if err := WriteJSON(full{}, doc); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestProgress has a clock and a stream that is watched as a terminal is.
func TestProgress(t *testing.T) {
	var shown bytes.Buffer
	clock := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	o := &IO{Err: &shown, Lang: i18n.EN}
	step := func(p *Progress, wait time.Duration, n int64) string {
		shown.Reset()
		clock = clock.Add(wait)
		p.add(n)
		return strings.TrimPrefix(shown.String(), "\r\x1b[K")
	}

	p := o.Progress(sentence, 200e6, now)
	for i, want := range []string{"", "Read.  50%", "", "Read. 100%"} {
		wait := []time.Duration{progressDelay - 1, 1, progressEvery - 1, 1}[i]
		if got := step(p, wait, []int64{50e6, 50e6, 50e6, 50e6}[i]); got != want {
			t.Errorf("bytes, step %d: %q, want %q", i, got, want)
		}
	}
	shown.Reset()
	o.Complain(sentence) // a sentence takes the place of the line
	if got := shown.String(); got != "\r\x1b[KRead.\n" {
		t.Errorf("complained %q", got)
	}
	shown.Reset()
	p.Done()
	if shown.Len() > 0 {
		t.Errorf("wiped twice: %q", &shown)
	}

	p = o.Progress(sentence, 0, now)
	if got := step(p, time.Second, 7_900_000); got != "Read. 7 MB" {
		t.Errorf("of unknown length: %q", got)
	}
	shown.Reset()
	p.Done()
	if shown.String() != "\r\x1b[K" {
		t.Errorf("done: %q", &shown)
	}
	p = o.Steps(sentence, 3, now)
	if got := step(p, time.Second, 2); got != "Read. 2/3" {
		t.Errorf("things: %q", got)
	}
	p.Done()
	if got := step(o.Steps(sentence, 1, now), time.Second, 1); got != "" {
		t.Errorf("one thing: %q", got)
	}

	// Nothing is shown where nobody looks, nor for no progress.
	shown.Reset()
	quiet := o.Progress(sentence, 10, now)
	clock = clock.Add(time.Hour)
	quiet.Advance(5)
	if r := strings.NewReader("text"); quiet.Reader(r) != r {
		t.Error("a reader is counted for nobody")
	}
	(*Progress)(nil).Advance(1)
	(*Progress)(nil).Done()
	if shown.Len() > 0 {
		t.Errorf("shown to nobody: %q", &shown)
	}
}
