//go:build foreign

package cli

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestVisibleStampOfThePerson signs a turned and cropped page of another
// program with several cards, in the fonts of the system: each stamp changes
// the page in its corner and nowhere else, and every signature stays good.
func TestVisibleStampOfThePerson(t *testing.T) {
	w := newWorld(t, "ja")
	w.write("in.ps", "%!PS\n/Helvetica findfont 24 scalefont setfont 200 400 moveto (one) show showpage 300 400 moveto (two) show showpage\n")
	runOther(t, "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sPAPERSIZE=a4 -o plain.pdf in.ps")
	runOther(t, "qpdf --rotate=90 plain.pdf 0.pdf")
	before := secondPage(t, "0.pdf")
	for i, c := range []struct {
		card, options string
		within        image.Rectangle // of a page of 842 by 595 points
	}{
		{"demo", "--visible --reason 内容に同意します", image.Rect(598, 461, 818, 571)},
		{"demo:last-try --allow-last-try", "--visible=2,top-left", image.Rect(24, 24, 244, 134)},
		{"demo:foreign", "--visible=-1,tr --profile pades", image.Rect(598, 24, 818, 134)},
		{"demo:expiring", "--visible=last,br", image.Rect(598, 300, 818, 570)},
	} {
		in, out := fmt.Sprintf("%d.pdf", i), fmt.Sprintf("%d.pdf", i+1)
		if exit, text := w.run(fmt.Sprintf("sign %s --card %s --pin-stdin %s -o %s", in, c.card, c.options, out), "DEMO123\n"); exit != 0 {
			t.Fatal(text)
		}
		after := secondPage(t, out)
		changed, count := changedPixels(t, before, after)
		if !changed.In(c.within) || changed.Dx() < 100 || changed.Dy() < 25 || count < 500 {
			t.Errorf("%s: %d pixels in %v changed, want them in %v", c.card, count, changed, c.within)
		}
		before = after
		runOther(t, "qpdf --check "+out)
		if said := runOther(t, "pdfsig -nocert "+out); strings.Count(said, "Signature is Valid.") != i+1 {
			t.Errorf("%s: %s", c.card, said)
		}
		if exit, said := w.run("verify "+out+" --trust demo", ""); exit != 0 || strings.Count(said, "紙面に表示される署名が追加されました") != i {
			t.Errorf("%s: %s", c.card, said)
		}
	}
}

func runOther(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// secondPage is the second page of a file, with a pixel for each point.
func secondPage(t *testing.T, file string) *image.Gray {
	t.Helper()
	runOther(t, "pdftoppm -gray -r 72 -f 2 -singlefile "+file+" page")
	pgm, err := os.ReadFile("page.pgm")
	if err != nil {
		t.Fatal(err)
	}
	var width, height, white int
	rest := bytes.NewReader(pgm)
	if _, err := fmt.Fscanf(rest, "P5\n%d %d\n%d\n", &width, &height, &white); err != nil {
		t.Fatal(err)
	}
	return &image.Gray{Pix: pgm[len(pgm)-rest.Len():], Stride: width, Rect: image.Rect(0, 0, width, height)}
}

// changedPixels are the pixels that differ.
func changedPixels(t *testing.T, a, b *image.Gray) (where image.Rectangle, count int) {
	t.Helper()
	if a.Rect != b.Rect {
		t.Fatalf("a page of %v became one of %v", a.Rect, b.Rect)
	}
	for i := range a.Pix {
		if a.Pix[i] != b.Pix[i] {
			x, y := i%a.Stride, i/a.Stride
			where, count = where.Union(image.Rect(x, y, x+1, y+1)), count+1
		}
	}
	return where, count
}
