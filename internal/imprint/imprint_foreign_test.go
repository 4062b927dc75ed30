//go:build foreign

package imprint

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Fonts of Debian packages, with outlines of both kinds.
const (
	trueTypeFont   = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"
	postScriptFont = "/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf"
)

// TestOthersDrawTheSame compares what poppler makes of a stamp with the same
// text in the same places by another rasterizer, pixel by pixel.
func TestOthersDrawTheSame(t *testing.T) {
	latin := Text{"Ångström, Álvaro (Q&A)", []string{"2026-11-22 12:00:00 JST", "Reason: I agree to §3, 50%"}}
	japanese := Text{"渡邉　德川瀨 髙﨑𠮟", []string{"電子署名 2026年11月22日 12:00:00 JST", "理由: 内容を確認し、「同意」しました。Ａｂｃ"}}
	for _, c := range []struct {
		path       string
		collection bool
		text       Text
	}{
		{trueTypeFont, false, japanese}, {trueTypeFont, false, latin}, {trueTypeFont, true, japanese},
		{postScriptFont, false, latin}, {postScriptFont, true, latin},
	} {
		data, err := os.ReadFile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		file := data
		if c.collection {
			file = collection(data, data)
		}
		f, err := Open(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, box := range []Box{{400, 100, false}, {400, 120, true}} {
			d, err := Draw(f, c.text, box)
			if err != nil {
				t.Fatal(err)
			}
			got, want := rendered(t, d), typeset(t, data, d, c.text)
			if wrong := difference(got, want); wrong > 0.08 {
				t.Errorf("%s, %v: %.3f of the ink is elsewhere", filepath.Base(c.path), box, wrong)
			}
			// The measure sees a difference: a pixel's shift is one.
			if wrong := difference(got, want.SubImage(want.Rect.Add(image.Pt(1, 0))).(*image.Gray)); wrong < 0.15 {
				t.Errorf("a shift makes only %.3f", wrong)
			}
		}
	}
}

const pixels = 4 // in a point

// rendered is the drawing as poppler shows it.
func rendered(t *testing.T, d Drawing) *image.Gray {
	t.Helper()
	dir := t.TempDir()
	var pdf bytes.Buffer
	fmt.Fprintf(&pdf, "%%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n"+
		"3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Contents 4 0 R /Resources <<>>>>\nendobj\n"+
		"4 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n", d.Width, d.Height, len(d.Content), d.Content)
	if err := os.WriteFile(filepath.Join(dir, "in.pdf"), pdf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pdftoppm", "-gray", "-r", strconv.Itoa(72*pixels), "-singlefile", "in.pdf", "out")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	pgm, err := os.ReadFile(filepath.Join(dir, "out.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	var width, height, white int
	rest := bytes.NewReader(pgm)
	if _, err := fmt.Fscanf(rest, "P5\n%d %d\n%d\n", &width, &height, &white); err != nil || white != 255 {
		t.Fatal(err)
	}
	return &image.Gray{Pix: pgm[len(pgm)-rest.Len():], Stride: width, Rect: image.Rect(0, 0, width, height)}
}

var placed = regexp.MustCompile(`q ([\d.]+) 0 0 [\d.]+ ([\d.]+) ([\d.]+) cm`)

// typeset sets the lines of the text where the drawing has them.
func typeset(t *testing.T, data []byte, d Drawing, text Text) *image.Gray {
	t.Helper()
	parsed, err := opentype.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	page := image.NewGray(image.Rect(0, 0, int(d.Width*pixels+1), int(d.Height*pixels+1)))
	draw.Draw(page, page.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	lines := placed.FindAllSubmatch(d.Content, -1)
	if len(lines) != 1+len(text.Details) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range append([]string{text.Name}, text.Details...) {
		var at [3]float64
		for j := range at {
			at[j], _ = strconv.ParseFloat(string(lines[i][1+j]), 64)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: at[0] * float64(parsed.UnitsPerEm()) * pixels, DPI: 72})
		if err != nil {
			t.Fatal(err)
		}
		// Glyph by glyph: a face would kern.
		dot := fixed.Point26_6{X: fixed.Int26_6(at[1] * pixels * 64), Y: fixed.Int26_6((d.Height - at[2]) * pixels * 64)}
		for _, r := range line {
			drawer := font.Drawer{Dst: page, Src: image.Black, Face: face, Dot: dot}
			drawer.DrawString(string(r))
			advance, _ := face.GlyphAdvance(r)
			dot.X += advance
		}
	}
	return page
}

// difference is how much ink is not where it should be, as a part of all; the
// frame is left out.
func difference(got, want *image.Gray) float64 {
	ink, wrong := 0, 0
	const frame = 3 * pixels
	size := got.Rect.Intersect(image.Rect(0, 0, want.Rect.Dx(), want.Rect.Dy())).Inset(frame)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			a, b := int(got.GrayAt(x, y).Y), int(want.GrayAt(x+want.Rect.Min.X, y+want.Rect.Min.Y).Y)
			ink += 255 - b
			wrong += max(a-b, b-a)
		}
	}
	return float64(wrong) / float64(ink)
}
