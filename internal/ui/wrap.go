package ui

import (
	"slices"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Wrap breaks a text into lines of at most width columns: between words, and
// between Japanese characters, but not before closing punctuation, nor inside a
// command to type that a line has room for. Lines after the first begin with
// indent.
func Wrap(s string, width int, indent string) string {
	var out strings.Builder
	column, margin := 0, 0
	for _, piece := range keepCommands(pieces(s), width-twwidth.Width(indent)) {
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

// commandWords is how many words at most follow the first one of a command to
// type. Where a sentence goes on behind it, some of its words stay with it.
var commandWords = map[string]int{"jpki": 3, "sudo": 4}

// keepCommands joins the pieces of each command that fits into so many columns.
func keepCommands(all []string, room int) (joined []string) {
	for len(all) > 0 {
		n := 1
		for more := commandWords[commandName(all[0])]; more > 0 && n < len(all) && continues(all[n-1], all[n]); more-- {
			n++
		}
		piece := strings.Join(all[:n], "")
		for n > 1 && twwidth.Width(strings.TrimRight(piece, " ")) > room {
			n--
			piece = strings.Join(all[:n], "")
		}
		joined, all = append(joined, piece), all[n:]
	}
	return joined
}

// commandName is a word with a space behind it, without what opens before it.
func commandName(piece string) string {
	name, spaced := strings.CutSuffix(piece, " ")
	if !spaced {
		return ""
	}
	return strings.TrimLeftFunc(name, func(r rune) bool { return r == '"' || unicode.In(r, unicode.Ps, unicode.Pi) })
}

// continues reports whether a word can belong to the command before it.
func continues(before, word string) bool {
	return strings.HasSuffix(before, " ") && !strings.HasSuffix(before, ". ") && !strings.HasSuffix(before, ", ") &&
		strings.ContainsAny(word[:1], "abcdefghijklmnopqrstuvwxyz-")
}

func mayBreak(before, after rune) bool {
	switch {
	case '0' <= before && before <= '9' && wide(after): // 残り5回
		return false
	case after == ' ', unicode.In(after, unicode.Pe, unicode.Pf), strings.ContainsRune("、。,.:;!?ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ", after):
		return false
	case before == ' ':
		return true
	case unicode.In(before, unicode.Ps, unicode.Pi):
		return false
	}
	return wide(before) || wide(after)
}

func wide(r rune) bool { return twwidth.Width(string(r)) == 2 }

// Page breaks the lines of a text with columns, such as a help text, for Out
// where that is a terminal: each goes on below the column that its last part
// begins in. Lines to copy as they are stay whole.
func (o *IO) Page(text string) string {
	if !IsTerminal(o.Out) {
		return text
	}
	return page(text, o.Width())
}

func page(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if twwidth.Width(line) > width && !toCopy(line) {
			lines[i] = Wrap(line, width, strings.Repeat(" ", hanging(line, width)))
		}
	}
	return strings.Join(lines, "\n")
}

// toCopy reports an indented line with what commands and files have, and
// sentences have not.
func toCopy(line string) bool {
	return strings.HasPrefix(line, "  ") &&
		slices.ContainsFunc([]string{" '", " | ", " > ", "<", "{", "ExecStart="}, func(mark string) bool { return strings.Contains(line, mark) })
}

// hanging is the column below which a line goes on: that of its last part
// behind two spaces or more, if that leaves room for it.
func hanging(line string, width int) int {
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if strings.HasPrefix(text, "- ") {
		indent += 2
	}
	if gap := strings.LastIndex(text, "  "); gap >= 0 {
		if column := twwidth.Width(line[:len(line)-len(text)+gap+2]); column <= width/2 {
			return column
		}
	}
	return indent
}

// Rows lays out rows of a label and a value for Out, as a [Table] indented by
// indent. On a terminal long values are broken, and stay in their column; for
// anything else a value stays one line, which is easier to search.
func (o *IO) Rows(indent int, rows [][]string) string {
	if IsTerminal(o.Out) {
		rows = fitRows(o.Width(), indent, rows)
	}
	return Table(indent, nil, rows)
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
