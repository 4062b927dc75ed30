//go:build foreign

package pdfsig

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"image"
	"testing"
)

// TestOthersShowIt renders visible signatures with other programs and checks
// the dark pixels. The black quarter of the appearance must be upright in its
// corner of the page, for every rotation and scale.
func TestOthersShowIt(t *testing.T) {
	b := newBench(t)
	b.write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().Certificate.Raw}))
	for _, crop := range []string{"", "/CropBox [50 30 250 330]"} {
		for _, turn := range []int{0, 90, 180, 270} {
			inherited := fmt.Sprintf("/MediaBox [-20 -40 300 400] %s /Rotate %d", crop, turn)
			size := image.Pt(320, 440)
			if crop != "" {
				size = image.Pt(200, 300)
			}
			if turn%180 != 0 {
				size.X, size.Y = size.Y, size.X
			}
			for corner, at := range map[Corner]image.Point{
				TopLeft: {24, 24}, TopRight: {size.X - 74, 24}, BottomLeft: {24, size.Y - 44}, BottomRight: {size.X - 74, size.Y - 44},
			} {
				name := fmt.Sprintf("%s of %s", corner, inherited)
				signed := mustSign(t, pageFile(inherited, ""), Options{Visible: &Placement{Corner: corner, Width: 150, Height: 40}})
				b.write("signed.pdf", signed)
				want := image.Rectangle{at, at.Add(image.Pt(25, 10))}
				b.ink(name, "pdftoppm -gray -cropbox -r 72 -singlefile signed.pdf page", size, want)
				b.ink(name, "mutool draw -q -c gray -r 72 -o page.pgm signed.pdf", size, want)
				if corner == TopLeft {
					b.accepted(name, signed, 1, 0)
				}
			}
		}
	}
	// Two points per unit, if the renderer supports UserUnit.
	signed := mustSign(t, pageFile("/MediaBox [0 0 200 100]", "/UserUnit 2 /Rotate 90"), Options{Visible: &Placement{Corner: BottomLeft, Width: 150, Height: 40}})
	b.write("signed.pdf", signed)
	b.ink("UserUnit", "mutool draw -q -c gray -r 72 -o page.pgm signed.pdf", image.Pt(200, 400), image.Rect(24, 356, 49, 366))

	// An existing field, on a rotated page and on a plain one.
	for turn, want := range map[string]image.Rectangle{"0": image.Rect(10, 140, 60, 150), "90": image.Rect(40, 10, 50, 60)} {
		file := fieldOn("/Annots [6 0 R] /Rotate "+turn, widgetOfField+"/F 4", "")
		size := image.Pt(300, 200)
		if turn == "90" {
			size = image.Pt(200, 300)
		}
		b.write("signed.pdf", mustSign(t, file, Options{Field: "sign", Visible: &Placement{}}))
		b.ink("field", "pdftoppm -gray -r 72 -singlefile signed.pdf page", size, want)
		b.ink("field", "mutool draw -q -c gray -r 72 -o page.pgm signed.pdf", size, want)
	}
}

// ink renders a page to page.pgm and checks that its dark pixels fill a
// rectangle, with a tolerance of one pixel.
func (b bench) ink(name, command string, size image.Point, want image.Rectangle) {
	b.Helper()
	b.must(command)
	page := bytes.NewReader(b.read("page.pgm"))
	var width, height, white int
	if _, err := fmt.Fscanf(page, "P5\n%d %d\n%d\n", &width, &height, &white); err != nil || (image.Point{width, height}) != size {
		b.Errorf("%s: %s: a page of %d by %d, want %v: %v", name, command, width, height, size, err)
		return
	}
	pixels := b.read("page.pgm")[int(page.Size())-page.Len():]
	dark, count := image.Rectangle{}, 0
	for i, p := range pixels {
		if int(p) < white/2 {
			dark = dark.Union(image.Rect(i%width, i/width, i%width+1, i/width+1))
			count++
		}
	}
	if area := dark.Dx() * dark.Dy(); !want.Inset(1).In(dark) || !dark.In(want.Inset(-1)) || count != area {
		b.Errorf("%s: %s: ink in %v, %d of %d pixels, want %v", name, command, dark, count, area, want)
	}
}
