package imprint

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/image/font/sfnt"
)

// ErrNoRoom is a text that does not fit, however small it is written.
var ErrNoRoom = errors.New("imprint: the text does not fit")

// ErrNameless is a text without the name that a stamp shows first.
var ErrNameless = errors.New("imprint: there is no name to show")

// Text is the text of a stamp. A detail can contain line ends.
type Text struct {
	Name    string
	Details []string
}

// Box is the room for a stamp, in points. A stamp takes as much as it needs, or
// fills the box where it should.
type Box struct {
	Width, Height float64
	Fill          bool
}

// Drawing is a stamp as the content of a form XObject (ISO 32000-1, 8.10) that
// needs no resources, from (0, 0) to (Width, Height) in points.
type Drawing struct {
	Width, Height float64
	Content       []byte
}

// Bounds for drawing.
const (
	maxText    = 2000    // characters
	maxContent = 4 << 20 // bytes; one of 200 kanji has 100 KB
)

// How much larger or smaller than usual a stamp is written.
const (
	largest  = 3    // in a large field
	smallest = 0.45 // 3.6 points: print, but small print
	step     = 0.96
)

// Draw sets the text as large as the box lets it be and draws it, in black on
// whatever the page has. The same text, font and box give the same bytes.
func Draw(f *Font, t Text, b Box) (Drawing, error) {
	if t.Name == "" {
		return Drawing{}, ErrNameless
	}
	n := 0
	for _, text := range append([]string{t.Name}, t.Details...) {
		if n += len([]rune(text)); n > maxText {
			return Drawing{}, ErrNoRoom
		}
		for _, r := range text {
			if r == '\n' {
				continue
			}
			if _, err := f.glyph(r); err != nil {
				return Drawing{}, err
			}
		}
	}
	scale := 1.0
	if b.Fill {
		scale = largest
	}
	for ; scale >= smallest; scale *= step {
		l := f.layout(t, scale, b.Width)
		if l.width > b.Width || l.height > b.Height {
			continue
		}
		top := 0.0 // above the text
		if b.Fill {
			top = (b.Height - l.height) / 2
			l.width, l.height = b.Width, b.Height
		}
		content, err := f.draw(l, top)
		return Drawing{l.width, l.height, content}, err
	}
	return Drawing{}, ErrNoRoom
}

func (f *Font) draw(l layout, top float64) ([]byte, error) {
	var b bytes.Buffer
	stroke := 0.7 * l.scale // and as much around it, so that no viewer cuts into it
	fmt.Fprintf(&b, "q %s w %s %s %s %s re S\n", decimal(stroke), decimal(stroke), decimal(stroke), decimal(l.width-2*stroke), decimal(l.height-2*stroke))
	y := l.height - top - padding*l.scale
	for i, line := range l.lines {
		if i == l.gap {
			y -= nameGap * l.scale
		}
		unit := decimal(line.size / float64(f.grid))
		fmt.Fprintf(&b, "q %s 0 0 %s %s %s cm\n", unit, unit, decimal(padding*l.scale), decimal(y-line.size*baseline))
		pen := 0
		for _, r := range line.text {
			g := f.glyphs[r]
			g.draw(&b, pen)
			pen += g.advance
			if b.Len() > maxContent {
				return nil, fmt.Errorf("%w: its outlines are too large", ErrFont)
			}
		}
		b.WriteString("Q\n")
		y -= line.size * lineHeight
	}
	b.WriteString("Q\n")
	return b.Bytes(), nil
}

// draw fills the outline (8.5.3.3.2: nonzero, as fonts are made). A quadratic
// curve becomes the same one with two control points.
func (g glyph) draw(b *bytes.Buffer, pen int) {
	if len(g.outline) == 0 {
		return
	}
	var x, y int // where the path is
	for _, s := range g.outline {
		var at [6]int
		for i, p := range s.Args {
			at[2*i], at[2*i+1] = pen+int(p.X), -int(p.Y)
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			path(b, "m", at[:2])
		case sfnt.SegmentOpLineTo:
			path(b, "l", at[:2])
		case sfnt.SegmentOpQuadTo:
			cx, cy := 2*at[0], 2*at[1]
			at = [6]int{third(x + cx), third(y + cy), third(at[2] + cx), third(at[3] + cy), at[2], at[3]}
			path(b, "c", at[:])
		case sfnt.SegmentOpCubeTo:
			path(b, "c", at[:])
		}
		n := 2
		if s.Op == sfnt.SegmentOpQuadTo || s.Op == sfnt.SegmentOpCubeTo {
			n = 6
		}
		x, y = at[n-2], at[n-1]
	}
	b.WriteString("f\n")
}

// third is a third of n, rounded; it needs no more exactness than the grid.
func third(n int) int {
	if n < 0 {
		return -third(-n)
	}
	return (n + 1) / 3
}

func path(b *bytes.Buffer, operator string, at []int) {
	for _, n := range at {
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(n), 10))
		b.WriteByte(' ')
	}
	b.WriteString(operator)
	b.WriteByte('\n')
}

// decimal writes a number as PDF does, without an exponent.
func decimal(n float64) string { return strconv.FormatFloat(n, 'f', 6, 64) }
