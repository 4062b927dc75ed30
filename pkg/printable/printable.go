// Package printable makes text that others wrote fit for a terminal: what is
// printed can neither move the cursor nor read other than it is.
//
// Stability: more may be escaped as attacks become known; how it is escaped
// stays.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes s fit to be shown on one line. Control characters and line
// separators, which move the cursor or speak to the terminal, become \u{1B}. So
// do format characters, among them the bidirectional overrides, and letters
// that show nothing, such as U+3164. Bytes that are no UTF-8 become \x{FF}.
// Everything else stays: so do the full-width space, variation selectors and
// private-use characters of Japanese names.
func Line(s string) string { return escape(s, Harmful) }

// Lines is [Line] for text of several lines: line feeds and tabs stay.
func Lines(s string) string {
	return escape(s, func(r rune) bool { return r != '\n' && r != '\t' && Harmful(r) })
}

func escape(s string, harmful func(rune) bool) string {
	if strings.IndexFunc(s, harmful) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x{%02X}`, s[i])
		case harmful(r):
			fmt.Fprintf(&b, `\u{%04X}`, r)
		default:
			b.WriteString(s[i : i+size])
		}
	}
	return b.String()
}

// Harmful reports whether r is one of the characters that [Line] escapes.
func Harmful(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune(blanks, r)
}

// blanks are letters and signs that show nothing: with them one name looks like
// another, or like none. They are the Hangul fillers, the combining grapheme
// joiner, inherent vowels of Khmer, and the empty pattern of braille.
const blanks = "\u115F\u1160\u3164\uFFA0\u034F\u17B4\u17B5\u2800"
