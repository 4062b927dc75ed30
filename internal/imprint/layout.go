package imprint

import (
	"strings"
	"unicode"
)

// line is a line of text, without spaces at its ends.
type line struct {
	text []rune
	size float64 // of the characters, in points
}

// width is that of a text in units of the font's grid. All characters of it
// have been checked.
func (f *Font) width(text []rune) (width int) {
	for _, r := range text {
		width += f.glyphs[r].advance
	}
	return width
}

// wrap breaks a text into lines of at most limit points.
func (f *Font) wrap(text string, size, limit float64, mayBreak func(a, b rune) bool) (lines []line) {
	most := int(limit / size * float64(f.grid))
	for paragraph := range strings.SplitSeq(text, "\n") {
		runes := trimmed([]rune(paragraph))
		for len(runes) > 0 {
			n := f.fitting(runes, most, mayBreak)
			lines = append(lines, line{trimmed(runes[:n]), size})
			runes = trimmed(runes[n:])
		}
	}
	return lines
}

// fitting is how many characters go on a line: up to the last place to break it
// where there is one, and never none.
func (f *Font) fitting(text []rune, most int, mayBreak func(a, b rune) bool) int {
	width, last := 0, 0
	for i, r := range text {
		if i > 0 && mayBreak(text[i-1], r) {
			last = i
		}
		width += f.glyphs[r].advance
		if width > most && i > 0 && !unicode.IsSpace(r) {
			if last > 0 {
				return last
			}
			return i
		}
	}
	return len(text)
}

func trimmed(text []rune) []rune {
	for len(text) > 0 && unicode.IsSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && unicode.IsSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// Characters that no line begins with, and characters that no line ends with.
const (
	notFirst = "、。,.，．・:;：；?!？！)]}）］｝」』】〉》〕’”ー〜…‥々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ%％"
	notLast  = "([{（［｛「『【〈《〔‘“￥¥"
)

// betweenNames reports a place between two characters where the line of a name
// can end.
func betweenNames(a, _ rune) bool { return unicode.IsSpace(a) || a == '-' }

// inProse reports whether a line of ordinary text may end between a and b. It
// may also end next to scripts written without spaces.
func inProse(a, b rune) bool {
	if betweenNames(a, b) {
		return true
	}
	if strings.ContainsRune(notFirst, b) || strings.ContainsRune(notLast, a) {
		return false
	}
	return eastAsian(a) || eastAsian(b)
}

// eastAsian leaves out the wide letters and digits of words.
func eastAsian(r rune) bool {
	if unicode.In(r, unicode.Latin, unicode.Nd) {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || 0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFFEF
}

// Sizes in points at scale 1, and heights as parts of a line's size.
const (
	nameSize   = 14
	nameLeast  = 9 // before a long name goes on several lines
	detailSize = 8
	padding    = 5
	nameGap    = 2
	lineHeight = 1.25
	baseline   = 1.005 // from the top of the line
)

// layout is a stamp with everything in its place.
type layout struct {
	scale         float64
	lines         []line
	gap           int     // the line that has a gap before it
	width, height float64 // of the content, and of the frame
}

// layout sets the text at a scale into a width.
func (f *Font) layout(t Text, scale, width float64) layout {
	inner := width - 2*padding*scale
	size := nameSize * scale
	if natural := float64(f.width([]rune(t.Name))) / float64(f.grid); natural*size > inner {
		size = max(inner/natural, nameLeast*scale)
	}
	const rounding = 1e-6 // tolerance, so that a text sized to fit does fit
	l := layout{scale: scale, lines: f.wrap(t.Name, size, inner+rounding, betweenNames)}
	l.gap = len(l.lines)
	for _, detail := range t.Details {
		l.lines = append(l.lines, f.wrap(detail, detailSize*scale, inner, inProse)...)
	}
	for i, line := range l.lines {
		l.width = max(l.width, float64(f.width(line.text))/float64(f.grid)*line.size)
		l.height += line.size * lineHeight
		if i == l.gap {
			l.height += nameGap * scale
		}
	}
	l.width += 2 * padding * scale
	l.height += 2 * padding * scale
	return l
}
