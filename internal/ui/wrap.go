package ui

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Wrap breaks a text into lines of at most width columns: between words, and
// between Japanese phrases. Punctuation, numbers with their units, dates and
// commands to type stay whole. It ends a line early to keep a word whole, or to
// keep the last line longer than one syllable. Lines after the first begin with
// indent.
func Wrap(s string, width int, indent string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(line, width, indent))
	}
	return strings.Join(lines, "\n")
}

func wrapLine(s string, width int, indent string) string {
	room := width - twwidth.Width(indent)
	all := keepCommands(pieces(s, room), room)
	var out strings.Builder
	start := 0
	for _, end := range lineEnds(all, width, twwidth.Width(indent)) {
		if start > 0 {
			out.WriteString("\n" + indent)
		}
		var line strings.Builder
		for _, p := range all[start:end] {
			line.WriteString(p.text)
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		start = end
	}
	return out.String()
}

// piece is a part of a text that no line ends inside of.
type piece struct {
	text  string
	width int // without the spaces at its end
	gap   int // those spaces
	cost  int // of a line that ends behind it
}

// join puts pieces together.
func join(pieces []piece) piece {
	joined := pieces[len(pieces)-1]
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.text)
	}
	joined.text = text.String()
	joined.width = 0
	for _, p := range pieces {
		joined.width += p.width + p.gap
	}
	joined.width -= joined.gap
	return joined
}

// The costs of a line, in columns that it leaves empty.
const (
	costTooWide  = 10_000 // for each column over the width
	costShortEnd = 12     // a last line that is a syllable
	costParticle = 18     // an end before the kana that belong to a word
	costCompound = 19     // between the words of a compound
	costPhrase   = 28     // between kana
	costWord     = 30     // inside a word
)

// lineEnds chooses where lines end. Each way to cut the pieces has a cost: the
// space that its lines leave empty, and the words that they separate. The
// cheapest way wins.
func lineEnds(all []piece, width, indent int) (ends []int) {
	type way struct{ cost, start int }
	best := make([]way, len(all)+1) // of the pieces before each
	for end := 1; end <= len(all); end++ {
		best[end].cost = -1
		columns := 0
		for start := end - 1; start >= 0; start-- {
			columns += all[start].width
			if start+1 < end {
				columns += all[start].gap
			}
			room := width - indent
			if start == 0 {
				room = width
			}
			if columns > width && start+1 < end {
				break
			}
			cost := best[start].cost + lineCost(all[end-1], columns, room, start, end == len(all))
			if best[end].cost < 0 || cost < best[end].cost {
				best[end] = way{cost, start}
			}
		}
	}
	for end := len(all); end > 0; end = best[end].start {
		ends = append(ends, end)
	}
	slices.Reverse(ends)
	return ends
}

// lineCost is the cost of a line of so many columns that begins at piece start.
func lineCost(last piece, columns, room, start int, ends bool) int {
	switch {
	case columns > room:
		return (columns - room) * costTooWide
	case ends && start > 0 && columns < min(8, room/6):
		return costShortEnd
	case ends:
		return 0
	}
	return room - columns + last.cost
}

// pieces cuts a text where a line may end: after spaces, and around wide
// characters. Closing punctuation stays with the text before it, an opening
// bracket with the text after it, and a number with its unit if there is room
// for both.
func pieces(s string, room int) (all []piece) {
	start := 0
	numbers := slices.DeleteFunc(wholeNumbers().FindAllStringIndex(s, -1), func(at []int) bool { return twwidth.Width(s[at[0]:at[1]]) > room })
	margin := len(s) - len(strings.TrimLeft(s, " "))
	before := rune(0)
	for i, after := range s {
		for len(numbers) > 0 && numbers[0][1] <= i {
			numbers = numbers[1:]
		}
		inside := len(numbers) > 0 && numbers[0][0] < i
		if i > margin && !inside && mayBreak(before, after) {
			all = append(all, newPiece(s[start:i], breakCost(before, s[i:])))
			start = i
		}
		before = after
	}
	return append(all, newPiece(s[start:], 0))
}

func newPiece(s string, cost int) piece {
	trimmed := strings.TrimRight(s, " ")
	return piece{s, twwidth.Width(trimmed), len(s) - len(trimmed), cost}
}

// wholeNumbers finds expressions that people read as one: 残り5回(最大5回), 2026年11月22日,
// 6:30〜23:00, 5 years, 22 November 2026, TLS 1.3.
var wholeNumbers = sync.OnceValue(func() *regexp.Regexp {
	const (
		number  = `[0-9][0-9,.:/-]*`
		before  = `(?:残り|あと|約|第|令和|平成|昭和|大正|明治|最大|最低|午前|午後)?`
		date    = `(?:年(?:[0-9]+月(?:[0-9]+日)?)?|月[0-9]+日)(?:\([月火水木金土日]\))?|時[0-9]+分|日[0-9]+時(?:[0-9]+分)?`
		counter = `か月|ヶ月|カ月|営業日|文字|時間|日間|週間|年間|分間|秒間|回目|つ目|日目|人目|番目|つ|ページ|ビット|バイト|ファイル|\p{Han}`
		month   = `(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*`
	)
	return regexp.MustCompile(`残り回数|満了日|残り[0-9]+回(?:\(最大[0-9]+回\))?|` + before + number + `(?:〜` + number + `)?(?:` + date + `|` + counter + `)` +
		`|` + number + `〜` + number +
		`|\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?[0-9]{1,2} ` + month + `(?: [0-9]{4})?|\b` + month + ` [0-9]{4}` +
		`|\b[0-9]+ of [0-9]+(?: tries left)?|\b[0-9][0-9,.:-]* [a-z]+|\b[A-Z][A-Za-z]+ [0-9]+(?:\.[0-9]+)*\b`)
})

// commandWords is how many words at most follow the first one of a command to
// type. Where a sentence goes on behind it, some of its words stay with it.
var commandWords = map[string]int{"jpki": 3, "sudo": 4, "ssh-add": 1}

// keepCommands joins the pieces of each command that fits into so many columns.
func keepCommands(all []piece, room int) (joined []piece) {
	for len(all) > 0 {
		n := 1
		for more := commandWords[commandName(all[0].text)]; more > 0 && n < len(all) && continues(all[n-1].text, all[n].text); more-- {
			n++
		}
		p := join(all[:n])
		for n > 1 && p.width > room {
			n--
			p = join(all[:n])
		}
		joined, all = append(joined, p), all[n:]
	}
	return joined
}

// commandName returns a word with a space after it, without opening brackets or
// quotes.
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
	case '0' <= before && before <= '9' && wide(after) && !unicode.In(after, unicode.Hiragana): // 残り5回
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

// breakCost is the cost of a line that ends between these: little where a
// Japanese phrase ends, which is where kana change to another script.
func breakCost(before rune, rest string) int {
	after, size := utf8.DecodeRuneInString(rest)
	behind, _ := utf8.DecodeRuneInString(rest[size:])
	kana := unicode.In(after, unicode.Hiragana)
	switch {
	case strings.ContainsRune("、。,.:;!?を", before), unicode.In(after, unicode.Ps, unicode.Pi):
		return 0
	case kana && (before == ' ' || unicode.In(before, unicode.Pe, unicode.Pf)):
		return costParticle
	case before == ' ', unicode.In(before, unicode.Pe, unicode.Pf):
		return 0
	case before == 'っ', katakana(before) && katakana(after):
		return costWord
	case (after == 'お' || after == 'ご') && unicode.In(behind, unicode.Han):
		return costCompound
	case before == 'お' || before == 'ご', kana && unicode.In(before, unicode.Hiragana):
		return costPhrase
	case kana:
		return costParticle
	case unicode.In(before, unicode.Hiragana):
		return 0
	}
	return costCompound
}

func katakana(r rune) bool { return r == 'ー' || unicode.In(r, unicode.Katakana) }

func wide(r rune) bool { return twwidth.Width(string(r)) == 2 }

// Page breaks the lines of a text as [Layout] does, if Out is a terminal.
func (o *IO) Page(text string) string {
	if !IsTerminal(o.Out) {
		return text
	}
	return Layout(text, o.Width())
}

// Prose lays out a text to be read from its beginning, such as a help text:
// also where a pager shows it, and for a file.
func (o *IO) Prose(text string) string { return Layout(text, o.ReadingWidth()) }

// ReadingWidth is the width for long texts: the width of the person's terminal,
// even if a pager stands between it and Out.
func (o *IO) ReadingWidth() int {
	for _, stream := range []any{o.Out, o.Err} {
		if f, ok := stream.(descriptor); ok && IsTerminal(f) {
			return columns(f)
		}
	}
	return 80
}

// Layout breaks the paragraphs of a text, each of them a line, at this width. A
// line with a column of labels goes on below the column that its last part
// begins in, a list's entry below its text. Lines that begin with tabs are
// commands to copy, indented by two for each tab: they go on behind a backslash.
func Layout(text string, width int) string {
	lines := strings.Split(text, "\n")
	stacked := stackedRows(lines, width)
	for i, line := range lines {
		command := strings.TrimLeft(line, "\t")
		switch {
		case command != line:
			lines[i] = foldCommand(command, width, strings.Repeat("  ", len(line)-len(command)))
		case stacked[i]:
			lines[i] = readRow(line).stack(width)
		case twwidth.Width(line) > width && !toCopy(line):
			lines[i] = readRow(line).wrap(width)
		}
	}
	return strings.Join(lines, "\n")
}

// row is a line, split into a label and the text after it; the label may be "".
type row struct {
	line, margin, label, rest string
	column                    int // that rest begins in
}

func readRow(line string) row {
	text := strings.TrimLeft(line, " ")
	r := row{line: line, margin: line[:len(line)-len(text)], rest: text}
	gap := strings.LastIndex(text, "  ")
	switch {
	case strings.HasPrefix(text, "- "), strings.HasPrefix(text, "・"):
		r.column = len(r.margin) + 2
	case gap < 0:
		r.column = len(r.margin)
	default:
		r.label, r.rest = strings.TrimRight(text[:gap], " "), text[gap+2:]
		r.column = twwidth.Width(r.margin + text[:gap+2])
	}
	return r
}

// wrap goes on below the column.
func (r row) wrap(width int) string { return Wrap(r.line, width, strings.Repeat(" ", r.column)) }

// stack puts the label above the rest.
func (r row) stack(width int) string {
	margin := r.margin + "    "
	return r.margin + r.label + "\n" + margin + Wrap(r.rest, width-len(margin), margin)
}

// stackedRows finds the rows with too little room beside their labels. If one
// row of a group does not fit, it includes the whole group.
func stackedRows(lines []string, width int) []bool {
	stacked := make([]bool, len(lines))
	for i := 0; i < len(lines); {
		column := labelColumn(lines[i])
		end, fits := i, true
		for ; end < len(lines) && labelColumn(lines[end]) == column; end++ {
			fits = fits && twwidth.Width(lines[end]) <= width
		}
		for ; i < end; i++ {
			stacked[i] = column > width/2 && !fits
		}
	}
	return stacked
}

// labelColumn is the column after the label of a line, 0 without a label.
func labelColumn(line string) int {
	if r := readRow(line); r.label != "" && !strings.HasPrefix(line, "\t") && !toCopy(line) {
		return r.column
	}
	return 0
}

// foldCommand breaks a command for a shell: between its words, never inside
// quotes.
func foldCommand(command string, width int, margin string) string {
	const more = " \\"
	if line := margin + command; twwidth.Width(line) <= width {
		return line
	}
	var out strings.Builder
	out.WriteString(margin)
	column := len(margin)
	for i, word := range keepOptions(shellWords(command), width-len(margin)-4-len(more)) {
		w := twwidth.Width(word)
		switch {
		case i == 0:
		case column+1+w+len(more) > width:
			out.WriteString(more + "\n" + margin + "    ")
			column = len(margin) + 4
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += w
	}
	return out.String()
}

// shellWords cuts a command at the spaces outside of quotes and parentheses.
func shellWords(command string) []string {
	quote, depth := rune(0), 0
	return strings.FieldsFunc(command, func(r rune) bool {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		case quote == 0 && r == '(':
			depth++
		case quote == 0 && r == ')':
			depth--
		}
		return r == ' ' && quote == 0 && depth == 0
	})
}

// keepOptions joins each option with its value, where both fit into so many
// columns.
func keepOptions(words []string, room int) (joined []string) {
	for len(words) > 0 {
		n := 1
		if len(words) > 1 && goesOn(words[0], words[1]) && twwidth.Width(words[0]+words[1])+1 <= room {
			n = 2
		}
		joined, words = append(joined, strings.Join(words[:n], " ")), words[n:]
	}
	return joined
}

// goesOn reports whether a word belongs to the one before it.
func goesOn(word, next string) bool {
	return strings.HasPrefix(word, "-") && !strings.HasPrefix(next, "-") && next != "|" || strings.ContainsAny(word[len(word)-1:], "|<>")
}

// toCopy reports an indented line to copy as it is, such as XML or a command
// with placeholders. Sentences contain neither < nor {.
func toCopy(line string) bool {
	return strings.HasPrefix(line, "  ") && strings.ContainsAny(line, "<{")
}

// Rows lays out rows of a label and a value for Out, as a [Table] indented by
// indent. On a terminal long values are broken, and stay in their column; for
// anything else a value stays one line, which is easier to search.
func (o *IO) Rows(indent int, rows [][]string) string {
	width := math.MaxInt
	if IsTerminal(o.Out) {
		width = o.Width()
	}
	return Table(indent, nil, fitRows(width, indent, rows))
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
		for whole := range strings.SplitSeq(value, "\n") {
			if twwidth.Width(whole) > width {
				whole = Wrap(whole, width, "")
			}
			for line := range strings.SplitSeq(whole, "\n") {
				fitted = append(fitted, []string{name, colour + line + end})
				name = ""
			}
		}
	}
	return fitted
}
