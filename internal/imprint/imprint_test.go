package imprint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
)

func goFont(t testing.TB) *Font {
	t.Helper()
	f, err := Open(bytes.NewReader(goregular.TTF))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ink reads the content of a drawing as a viewer does, as far as drawings go,
// and gives the rectangle that the outlines are in and how many are filled.
func ink(t testing.TB, content []byte) (x0, y0, x1, y1 float64, filled int) {
	t.Helper()
	x0, y0 = 1e9, 1e9
	type matrix struct{ scale, x, y float64 }
	stack := []matrix{{1, 0, 0}}
	var n []float64
	for word := range strings.FieldsSeq(string(content)) {
		if v, err := strconv.ParseFloat(word, 64); err == nil {
			n = append(n, v)
			continue
		}
		m := &stack[len(stack)-1]
		want := map[string]int{"w": 1, "re": 4, "cm": 6, "m": 2, "l": 2, "c": 6}[word]
		if len(n) != want {
			t.Fatalf("%s with %v", word, n)
		}
		switch word {
		case "q":
			stack = append(stack, *m)
		case "Q":
			stack = stack[:len(stack)-1]
		case "cm":
			if n[0] != n[3] || n[1] != 0 || n[2] != 0 || m.scale != 1 {
				t.Fatalf("cm with %v", n)
			}
			*m = matrix{n[0], n[4], n[5]}
		case "m", "l", "c":
			for i := 0; i < len(n); i += 2 {
				x, y := m.x+m.scale*n[i], m.y+m.scale*n[i+1]
				x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
			}
		case "f":
			filled++
		case "w", "re", "S":
		default:
			t.Fatalf("unknown operator %s", word)
		}
		n = nil
	}
	if len(stack) != 1 {
		t.Fatalf("%d q without a Q", len(stack)-1)
	}
	return x0, y0, x1, y1, filled
}

// TestDraw shows that every glyph is drawn inside the frame.
func TestDraw(t *testing.T) {
	f := goFont(t)
	for _, c := range []struct {
		text   Text
		box    Box
		filled int
	}{
		{Text{"Ann\u3000Lee", []string{"2026-11-22"}}, Box{220, 110, false}, 16},
		{Text{"Ann Lee", []string{"2026-11-22"}}, Box{220, 110, true}, 16},
		{Text{"Ann Lee", []string{"2026-11-22"}}, Box{1000, 1000, true}, 16},
		{Text{"Ann Lee", nil}, Box{60, 20, true}, 6},
		{Text{"Ann Lee", []string{"one\ntwo\n", "three"}}, Box{220, 110, false}, 17},
		{Text{"gjpqy", []string{"ÅÉgjpqy"}}, Box{220, 110, false}, 12},
		{Text{"Christopher Alexander Montgomery FitzGerald von Hohenzollern", []string{strings.Repeat("I agree to all of it. ", 10)}}, Box{220, 110, false}, 55 + 160},
		{Text{strings.Repeat("W", 80), nil}, Box{220, 110, false}, 80},
	} {
		d, err := Draw(f, c.text, c.box)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if d.Width > c.box.Width || d.Height > c.box.Height || c.box.Fill && (d.Width != c.box.Width || d.Height != c.box.Height) {
			t.Errorf("%q: %v by %v in %v", c.text, d.Width, d.Height, c.box)
		}
		x0, y0, x1, y1, filled := ink(t, d.Content)
		if x0 < 1 || y0 < 1 || x1 > d.Width-1 || y1 > d.Height-1 {
			t.Errorf("%q: ink from (%.1f, %.1f) to (%.1f, %.1f) in %.1f by %.1f", c.text, x0, y0, x1, y1, d.Width, d.Height)
		}
		if filled != c.filled {
			t.Errorf("%q: %d characters, want %d", c.text, filled, c.filled)
		}
		if again, _ := Draw(goFont(t), c.text, c.box); !bytes.Equal(again.Content, d.Content) {
			t.Errorf("%q is drawn in two ways", c.text)
		}
	}
}

func TestNoRoom(t *testing.T) {
	for _, c := range []struct {
		text Text
		box  Box
	}{
		{Text{"Ann Lee", nil}, Box{10, 10, true}},
		{Text{"Ann Lee", nil}, Box{0, 0, false}},
		{Text{"Ann Lee", []string{strings.Repeat("WWWW ", 300)}}, Box{220, 110, false}},
		{Text{"Ann Lee", []string{strings.Repeat("w", maxText)}}, Box{1e6, 1e6, true}},
	} {
		if _, err := Draw(goFont(t), c.text, c.box); !errors.Is(err, ErrNoRoom) {
			t.Errorf("%.20q in %v: %v", c.text, c.box, err)
		}
	}
}

// TestMissing shows that characters that the font does not have, or cannot show
// as one glyph each, are refused by name.
func TestMissing(t *testing.T) {
	f := goFont(t)
	for i, r := range []rune{
		'山', '𠮷', // not in the font
		0xE0100, 0xFE0F, // variation selectors
		0x3099, 0x0301, // combining marks
		0x200B, 0x202E, 0x200D, // format characters
		'\t', '\r', 0x07, 0x7F, 0x2028, // control characters
		0xE000, 0x10FFFD, 0xFFFD + 2, // private use, no character
		'ا', 'א', 'ก', 'क', 0x1100, // other ways of writing
	} {
		for _, text := range []Text{{"Ann" + string(r), nil}, {"Ann", []string{"Lee" + string(r)}}} {
			var missing *MissingError
			if _, err := Draw(f, text, Box{220, 110, false}); !errors.As(err, &missing) || *missing != (MissingError{r, i >= 2}) {
				t.Errorf("%U: %v", r, err)
			}
		}
	}
	var missing *MissingError
	if err := f.Check("abc山"); !errors.As(err, &missing) || missing.Rune != '山' || !strings.Contains(err.Error(), "U+5C71") {
		t.Error(err)
	}
	if err := f.Check("Ann Lee, 2026-11-22 \u3000αжé"); err != nil {
		t.Error(err)
	}
}

func TestWrap(t *testing.T) {
	f := goFont(t)
	for _, r := range "あいうえおー、。（）「」署名ＡＢＣＤ" { // as wide as each other
		f.glyphs[r] = glyph{advance: f.grid}
	}
	for _, c := range []struct {
		text string
		ems  float64
		want string
	}{
		{"あいうえお", 3, "あいう|えお"},
		{"あいうえお", 5, "あいうえお"},
		{"あいう、えお", 3, "あい|う、え|お"},   // 、 begins no line
		{"あい「うえ」お", 3, "あい|「う|え」お"}, // 「 ends none
		{"あいう。", 3, "あい|う。"},
		{"署名署名ー", 4, "署名署|名ー"},
		{"、、、、、、", 4, "、、、、|、、"}, // nowhere to break: anywhere
		{"ＡＢＣＤ\u3000ＡＢ", 5, "ＡＢＣＤ|ＡＢ"},
		{"ＡＢ\u3000ＡＢＣＤ", 4, "ＡＢ|ＡＢＣＤ"},
		{"署名 ＡＢ ＣＤ", 3, "署名|ＡＢ|ＣＤ"},
		{"one two", 2.2, "one|two"},
		{"twenty-one", 4, "twenty-|one"},
		{"あ\nい\n\nう", 3, "あ|い|う"},
		{"  あ  ", 3, "あ"},
		{"あいう", 0.5, "あ|い|う"}, // never an empty line
		{"", 3, ""},
	} {
		if err := f.Check(strings.ReplaceAll(c.text, "\n", "")); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range f.wrap(c.text, 8, c.ems*8, inProse) {
			got = append(got, string(l.text))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q in %v ems: %q, want %q", c.text, c.ems, got, c.want)
		}
	}
	// A name stays in one piece.
	if lines := f.wrap("署名\u3000署名名", 8, 4*8, betweenNames); len(lines) != 2 || string(lines[1].text) != "署名名" {
		t.Errorf("a name is wrapped as %v", lines)
	}
}

// collection puts fonts into one file as a TTC does: their offsets count from
// its beginning.
func collection(fonts ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte("ttcf\x00\x01\x00\x00"), uint32(len(fonts)))
	var body []byte
	start := len(head) + 4*len(fonts)
	for _, font := range fonts {
		at := uint32(start + len(body))
		head = binary.BigEndian.AppendUint32(head, at)
		font = slices.Clone(font)
		for i := range int(binary.BigEndian.Uint16(font[4:])) {
			offset := font[12+16*i+8:]
			binary.BigEndian.PutUint32(offset, binary.BigEndian.Uint32(offset)+at)
		}
		body = append(body, font...)
	}
	return append(head, body...)
}

func TestCollection(t *testing.T) {
	f, err := Open(bytes.NewReader(collection(goregular.TTF, goregular.TTF)))
	if err != nil {
		t.Fatal(err)
	}
	text, box := Text{"Ann Lee", nil}, Box{220, 110, false}
	one, err1 := Draw(f, text, box)
	two, err2 := Draw(goFont(t), text, box)
	if err1 != nil || err2 != nil || !bytes.Equal(one.Content, two.Content) {
		t.Errorf("%v, %v", err1, err2)
	}
}

// TestDamaged cuts a font short everywhere: an error, or a drawing.
func TestDamaged(t *testing.T) {
	opened := 0
	for n := 0; n < len(goregular.TTF); n += 211 {
		f, err := Open(bytes.NewReader(goregular.TTF[:n]))
		if err == nil {
			opened++
			_, err = Draw(f, Text{"Ann Lee", []string{"2026-11-22"}}, Box{220, 110, false})
		}
		var missing *MissingError
		if err != nil && !errors.Is(err, ErrFont) && !errors.As(err, &missing) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if opened == 0 {
		t.Error("none could be opened: nothing was drawn with a damaged font")
	}
	for _, data := range []string{"", "hello", "ttcf", "OTTO\x00\x00", "%PDF-1.7\n"} {
		if _, err := Open(strings.NewReader(data)); !errors.Is(err, ErrFont) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestGuard shows that a panic of package sfnt becomes an error.
func TestGuard(t *testing.T) {
	err := new(Font).guard(func() error { var none []int; _ = none[len(none)]; return nil })
	if !errors.Is(err, ErrFont) || !strings.Contains(err.Error(), "out of range") {
		t.Error(err)
	}
}

// TestRation shows that a font cannot make the parser read without end.
func TestRation(t *testing.T) {
	r := &rationed{strings.NewReader(strings.Repeat("x", 100)), 64}
	for i := range 5 {
		if _, err := r.ReadAt(make([]byte, 1), 0); (err == nil) != (i < 4) {
			t.Errorf("read %d: %v", i, err)
		}
	}
	r.left = 64
	if _, err := r.ReadAt(make([]byte, 65), 0); !errors.Is(err, errRation) {
		t.Error(err)
	}
	f := goFont(t)
	if used := rationToOpen - f.source.left; used > rationToOpen/16 {
		t.Errorf("opening took %d bytes", used)
	}
}

func FuzzFont(f *testing.F) {
	f.Add(uint32(0), []byte("OTTO"))
	f.Add(uint32(12), []byte{0xFF, 0xFF, 0xFF, 0xFF})
	for at := uint32(0); at < 400; at += 16 { // the table directory
		f.Add(at+8, []byte{0, 0, 0, 0, 0xFF, 0xFF})
	}
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		data := slices.Clone(goregular.TTF)
		copy(data[int(at)%len(data):], patch)
		font, err := Open(bytes.NewReader(data))
		if err != nil {
			return
		}
		d, err := Draw(font, Text{"Ann Lee", []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"}}, Box{220, 110, false})
		if err == nil && len(d.Content) > maxContent+1<<20 {
			t.Errorf("%d bytes", len(d.Content))
		}
	})
}

func Example() {
	f, err := Open(bytes.NewReader(goregular.TTF)) // mostly a file
	if err != nil {
		panic(err)
	}
	d, err := Draw(f, Text{Name: "Ann Lee", Details: []string{"2026-11-22"}}, Box{Width: 220, Height: 110})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f by %.0f points\n", d.Width, d.Height)
	// Output: 62 by 40 points
}
