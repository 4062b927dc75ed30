package printable

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"見本\u3000太郎":                  "見本\u3000太郎",
		"葛\U000E0100飾 \uE000":         "葛\U000E0100飾 \uE000", // variation selector, private use
		"Müller-Ō’Neil":               "Müller-Ō’Neil",
		"a\x1b[2Jb":                   `a\u{001B}[2Jb`,
		"a\r\nb\tc\x00\x7f":           `a\u{000D}\u{000A}b\u{0009}c\u{0000}\u{007F}`,
		"\u009b31m":                   `\u{009B}31m`,
		"東京\u202e都京東\u2069":           `東京\u{202E}都京東\u{2069}`,
		"a\u200bb\ufeff":              `a\u{200B}b\u{FEFF}`,
		"a\u2028b\u2029c":             `a\u{2028}b\u{2029}c`,
		"\U000E0041":                  `\u{E0041}`,
		"half \xe8\xa6 a character":   `half \x{E8}\x{A6} a character`,
		"the replacement character �": "the replacement character �",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for in, want := range map[string]string{
		"one\n\ttwo\n":      "one\n\ttwo\n",
		"one\r\ntwo\x1b[2J": "one\\u{000D}\ntwo\\u{001B}[2J",
		"a\u202e\nb\xff":    "a\\u{202E}\nb\\x{FF}",
	} {
		if got := Lines(in); got != want {
			t.Errorf("Lines(%q) = %q, want %q", in, got, want)
		}
	}
}

// mustBePrintable states once more, in other words than the code, what may
// reach a terminal.
func mustBePrintable(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) {
			t.Errorf("%q is no UTF-8", s)
		}
		for _, r := range s {
			if !unicode.IsPrint(r) && !unicode.In(r, unicode.Zs, unicode.Co, unicode.Cn) {
				t.Errorf("%q has %U", s, r)
			}
		}
		if strings.ContainsAny(s, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\u009b\n\r") {
			t.Errorf("%q speaks to the terminal", s)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("見本\u3000太郎")
	f.Add("\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		mustBePrintable(t, got)
		if again := Line(got); again != got {
			t.Errorf("%q becomes %q, then %q", s, got, again)
		}
	})
}
