package ui

import (
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Wrap breaks a text into lines of at most width columns: between words, and
// between Japanese characters, but not before closing punctuation. Lines after
// the first begin with indent.
func Wrap(s string, width int, indent string) string {
	var out strings.Builder
	column, margin := 0, 0
	for _, piece := range pieces(s) {
		w := twwidth.Width(strings.TrimRight(piece, " "))
		if column+w > width && column > margin {
			out.WriteString("\n" + indent)
			margin = twwidth.Width(indent)
			column = margin
		}
		out.WriteString(piece)
		column += twwidth.Width(piece)
	}
	var lines []string
	for line := range strings.SplitSeq(out.String(), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

// pieces cuts a text where a line may end: behind spaces, and around wide
// characters. Punctuation stays with what it closes, an opening bracket with
// what it opens.
func pieces(s string) (all []string) {
	var piece strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		piece.WriteRune(r)
		if i+1 == len(runes) || mayBreak(r, runes[i+1]) {
			all = append(all, piece.String())
			piece.Reset()
		}
	}
	return all
}

func mayBreak(before, after rune) bool {
	switch {
	case after == ' ', unicode.In(after, unicode.Pe, unicode.Pf), strings.ContainsRune("、。,.:;!?ーっゃゅょッャュョ", after):
		return false
	case before == ' ':
		return true
	case unicode.In(before, unicode.Ps, unicode.Pi):
		return false
	}
	return wide(before) || wide(after)
}

func wide(r rune) bool { return twwidth.Width(string(r)) == 2 }
