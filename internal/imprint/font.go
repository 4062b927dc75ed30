// Package imprint draws the visible stamp of a signature: the signer's name,
// lines of details and a frame, as the content of a PDF form XObject. It draws
// characters as outlines of a font. They look the same in every viewer, and the
// file contains no part of the font itself.
//
// Each character is drawn as one glyph. The package refuses characters that
// need more than that, such as a variation selector, a combining mark or
// Arabic, just like characters missing from the font: a name is shown as it is
// written, or not at all.
package imprint

import (
	"errors"
	"fmt"
	"io"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// ErrFont is a file that is no font, or one that cannot be drawn with.
var ErrFont = errors.New("imprint: not a font to draw with")

// MissingError is a character that cannot be drawn with the font.
type MissingError struct {
	Rune   rune
	Beyond bool // with any font
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("imprint: no glyph to draw %U with", e.Rune)
}

// Font is an outline font: TrueType, OpenType, or the first one of a
// collection. It reads parts of its file on demand.
type Font struct {
	source *rationed
	font   *sfnt.Font
	grid   int // units in an em
	buffer sfnt.Buffer
	glyphs map[rune]glyph
}

// glyph is how a character looks, in units of the grid. Its y grows downwards.
type glyph struct {
	advance int
	outline sfnt.Segments
}

// Bounds of a font. Those that are in use need far less: NotoSerifCJK 0.7 MB to
// be opened and 13 KB for a character of 29 strokes, which has 188 segments.
const (
	rationToOpen = 16 << 20
	rationAGlyph = 1 << 20
	maxSegments  = 4096
	minGrid      = 1000
)

// Open reads the tables of a font that say where everything is.
func Open(r io.ReaderAt) (*Font, error) {
	f := &Font{source: &rationed{source: r, left: rationToOpen}, glyphs: map[rune]glyph{}}
	err := f.guard(func() error {
		collection, err := sfnt.ParseCollectionReaderAt(f.source)
		if err != nil {
			return err
		}
		f.font, err = collection.Font(0)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.grid = int(f.font.UnitsPerEm())
	if f.grid <= 0 {
		return nil, fmt.Errorf("%w: no units in an em", ErrFont)
	}
	for f.grid < minGrid {
		f.grid *= 2
	}
	return f, nil
}

// guard makes every failure of the parser an ErrFont, a panic included: package
// sfnt calls itself not hardened against damaged fonts, and a font that cannot
// be used must not take the program with it.
func (f *Font) guard(do func() error) (err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("%w: %v", ErrFont, what)
		}
	}()
	if err := do(); err != nil {
		return fmt.Errorf("%w: %v", ErrFont, err)
	}
	return nil
}

// Check reports the first character that cannot be drawn, as a *[MissingError].
func (f *Font) Check(text string) error {
	for _, r := range text {
		if _, err := f.glyph(r); err != nil {
			return err
		}
	}
	return nil
}

func (f *Font) glyph(r rune) (glyph, error) {
	if g, known := f.glyphs[r]; known {
		return g, nil
	}
	if !simple(r) {
		return glyph{}, &MissingError{r, true}
	}
	var g glyph
	missing := false
	f.source.left = rationAGlyph
	err := f.guard(func() error {
		index, err := f.font.GlyphIndex(&f.buffer, r)
		if missing = err == nil && index == 0; err != nil || missing {
			return err
		}
		g, err = f.load(index)
		if missing = errors.Is(err, sfnt.ErrColoredGlyph) || err == nil && len(g.outline) == 0 && !unicode.IsSpace(r); missing {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return glyph{}, err
	case missing && r == '\u3000':
		g = glyph{advance: f.grid} // as wide as a kanji, in fonts without any, too
	case missing:
		return glyph{}, &MissingError{r, false}
	}
	f.glyphs[r] = g
	return g, nil
}

// load reads a glyph, in whole units of the grid.
func (f *Font) load(index sfnt.GlyphIndex) (glyph, error) {
	em := fixed.Int26_6(f.grid)
	segments, err := f.font.LoadGlyph(&f.buffer, index, em, nil)
	if err != nil {
		return glyph{}, err
	}
	if len(segments) > maxSegments {
		return glyph{}, errors.New("a glyph of too many parts")
	}
	outline := append(sfnt.Segments(nil), segments...) // the buffer is used again
	advance, err := f.font.GlyphAdvance(&f.buffer, index, em, font.HintingNone)
	if err == nil && (advance < 0 || int(advance) > 4*f.grid) {
		err = errors.New("a glyph of a strange width")
	}
	return glyph{int(advance), outline}, err
}

// simple reports a character that looks right as one glyph beside the next, in
// writing from left to right.
func simple(r rune) bool {
	if unicode.In(r, unicode.M, unicode.C, unicode.Zl, unicode.Zp) {
		return false
	}
	if unicode.Is(unicode.Hangul, r) {
		return 0xAC00 <= r && r <= 0xD7A3 // not the parts of syllables
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common)
}

// rationed is a file with a limit on the bytes read. The limit stops outlines
// that call each other without end, and tables that claim to be huge.
type rationed struct {
	source io.ReaderAt
	left   int
}

var errRation = errors.New("too much to read")

func (r *rationed) ReadAt(b []byte, at int64) (int, error) {
	const atLeast = 16 // many small reads take time, too
	if r.left -= max(len(b), atLeast); r.left < 0 {
		return 0, errRation
	}
	return r.source.ReadAt(b, at)
}
