package cert

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a string out of a certificate: valid UTF-8, otherwise as its issuer
// wrote it. Printing one with package fmt shows [Printable] of it; converting
// it to string gives the exact characters, for comparing and for programs.
type Text string

// String is [Printable] of the text.
func (t Text) String() string { return Printable(string(t)) }

// Printable makes s fit to be shown on one line of a terminal. Control
// characters and line separators, which move the cursor or speak to the
// terminal, and format characters, among them the bidirectional overrides that
// make text read other than it is, become \u{202E}, and so do letters that show
// nothing, such as U+3164; bytes that are no UTF-8
// become \x{FF}. Everything else stays, so the full-width space, variation
// selectors and private-use characters of Japanese names do.
func Printable(s string) string {
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

func harmful(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune(blanks, r)
}

// blanks are letters and signs that show nothing: with them one name looks like
// another, or like none. They are the Hangul fillers, the combining grapheme
// joiner, inherent vowels of Khmer, and the empty pattern of braille.
const blanks = "\u115F\u1160\u3164\uFFA0\u034F\u17B4\u17B5\u2800"
