package shellwords

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: an error
	}{
		{`pass show jpki/sign`, []string{"pass", "show", "jpki/sign"}},
		{"  a\t b \n c  ", []string{"a", "b", "c"}},
		{`gpg -d '/home/花子/my pin.gpg'`, []string{"gpg", "-d", "/home/花子/my pin.gpg"}},
		{`a "b c"'d e'f\ g`, []string{"a", `b cd ef g`}},
		{`a '' ""`, []string{"a", "", ""}},
		{`a "\"\\\$\` + "`" + `\n\'"`, []string{"a", `"\$` + "`" + `\n\'`}},
		{`a '\n"$x'`, []string{"a", `\n"$x`}},
		{"a b\\\nc \"d\\\ne\"", []string{"a", "bc", "de"}},
		{"a \\\n b", []string{"a", "b"}},
		{`$HOME/bin/x ~ *.gpg | head; $(y) #z`, []string{"$HOME/bin/x", "~", "*.gpg", "|", "head;", "$(y)", "#z"}},
		{``, nil}, {"  \n", nil}, {`''`, nil}, {`'' a`, nil},
		{`a 'b`, nil}, {`a "b`, nil}, {`a "b\"`, nil}, {`a b\`, nil},
	} {
		got, err := Split(c.line)
		if (err == nil) != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.line, got, err, c.want)
		}
	}
}

// What lines are made of in the comparison with a shell: all that quoting is
// about. A $ that gets free of its backslash stands before nothing that has a
// value.
var pieces = []string{",", "+", "é", " ", "  ", "\t", `'`, `'`, `"`, `"`, `\`, `\\`, `\"`, `\'`, `\$`, "\\\n", "'\n'", `''`, `""`}

// The words must be those that sh makes of the line.
func TestSplitLikeTheShell(t *testing.T) {
	random := rand.New(rand.NewPCG(2022, 9))
	var script strings.Builder
	var want [][]string
	var broken []string
	for len(want) < 3000 {
		line := "x "
		for range random.IntN(12) {
			line += pieces[random.IntN(len(pieces))]
		}
		words, err := Split(line)
		if err == errOpenQuote && len(broken) < 50 {
			broken = append(broken, line)
		}
		if err != nil || endsEarly(line, words) {
			continue
		}
		want = append(want, words)
		fmt.Fprintf(&script, "printf '%%s\\0' %s\nprintf '\\001'\n", line)
	}
	if runtime.GOOS == "windows" {
		t.Skip("a shell splits on Unix")
	}
	shell := exec.Command("sh")
	shell.Stdin = strings.NewReader(script.String())
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("sh: %v: %q", err, out[max(0, len(out)-300):])
	}
	got := bytes.Split(bytes.TrimSuffix(out, []byte{1}), []byte{1})
	if len(got) != len(want) {
		t.Fatalf("sh has %d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if g := strings.Split(strings.TrimSuffix(string(got[i]), "\x00"), "\x00"); !slices.Equal(g, want[i]) {
			t.Fatalf("sh has %q, Split %q", g, want[i])
		}
	}
	for _, line := range broken {
		if out, err := exec.Command("sh", "-c", "printf '%s' "+line).CombinedOutput(); err == nil {
			t.Errorf("sh takes %q: %q", line, out)
		}
	}
}

// endsEarly finds lines with a newline that a blank could stand for: a shell's
// command would end there.
func endsEarly(line string, words []string) bool {
	for i, c := range line {
		if c == '\n' {
			if blank, err := Split(line[:i] + " " + line[i+1:]); err == nil && slices.Equal(blank, words) {
				return true
			}
		}
	}
	return false
}

func FuzzSplitWords(f *testing.F) {
	for _, s := range append(pieces, "pass show x", `a 'b c' "d" e\ f`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := Split(s)
		if err != nil {
			return
		}
		// Quoted again, the words must come back.
		var line []string
		for _, w := range words {
			line = append(line, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
		}
		again, err := Split(strings.Join(line, " "))
		if err != nil || !slices.Equal(again, words) {
			t.Fatalf("%q became %q, %v", words, again, err)
		}
	})
}
