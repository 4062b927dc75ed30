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

// FitRows breaks the values of rows, each a label and a value, for a terminal:
// they stay in their column of a [Table] with this indent. For anything else a
// value stays one line, which is easier to search.
func (o *IO) FitRows(indent int, rows [][]string) [][]string {
	if !IsTerminal(o.Out) {
		return rows
	}
	return fitRows(o.Width(), indent, rows)
}

func fitRows(width, indent int, rows [][]string) (fitted [][]string) {
	label := 0
	for _, row := range rows {
		label = max(label, twwidth.Width(row[0]))
	}
	width = max(width-indent-label-2, 20)
	for _, row := range rows {
		name, value := row[0], row[1]
		colour, end := "", ""
		if painted, ok := strings.CutSuffix(value, endColour); ok && strings.HasPrefix(painted, "\x1b") {
			i := strings.IndexByte(painted, 'm') + 1
			colour, value, end = painted[:i], painted[i:], endColour
		}
		for line := range strings.SplitSeq(Wrap(value, width, ""), "\n") {
			fitted = append(fitted, []string{name, colour + line + end})
			name = ""
		}
	}
	return fitted
}
