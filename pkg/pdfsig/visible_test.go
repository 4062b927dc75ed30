package pdfsig

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// pageFile returns a file with pages of these attributes; the Pages node has
// inherited.
func pageFile(inherited string, pages ...string) []byte {
	objects := []object{{1, 0, "<</Type /Catalog /Pages 2 0 R>>"}, {}}
	kids := ""
	for i, attributes := range pages {
		kids += fmt.Sprintf("%d 0 R ", 10+i)
		objects = append(objects, object{10 + i, 0, "<</Type /Page /Parent 2 0 R " + attributes + ">>"})
	}
	objects[1] = object{2, 0, fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d %s>>", kids, len(pages), inherited)}
	return sample{objects: objects}.bytes()
}

// lastWidget returns the current widget of the newest field.
func lastWidget(t *testing.T, file []byte) (d *document, widget pdf.Dict) {
	t.Helper()
	d, err := openDocument(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.fields(func(f *field) error { widget = f.dict; return nil }); err != nil {
		t.Fatal(err)
	}
	return d, widget
}

// TestVisiblePlace compares with numbers worked out by hand, for a stamp of 60
// by 20 points in a corner of the page as its reader sees it.
func TestVisiblePlace(t *testing.T) {
	const a4 = "/MediaBox [0 0 600 800] "
	identity := "[1 0 0 1 0 0]"
	for name, c := range map[string]struct {
		inherited, page string
		corner          Corner
		rect, matrix    string
	}{
		"top left":              {a4, "", TopLeft, "[24 756 84 776]", identity},
		"top right":             {a4, "", TopRight, "[516 756 576 776]", identity},
		"bottom left":           {a4, "", BottomLeft, "[24 24 84 44]", identity},
		"bottom right":          {a4, "", BottomRight, "[516 24 576 44]", identity},
		"turned 90":             {a4, "/Rotate 90", TopLeft, "[24 24 44 84]", "[0 1 -1 0 20 0]"},
		"turned 90, right":      {a4, "/Rotate 90", BottomRight, "[556 716 576 776]", "[0 1 -1 0 20 0]"},
		"turned 180":            {a4, "/Rotate 180", TopLeft, "[516 24 576 44]", "[-1 0 0 -1 60 20]"},
		"turned 270":            {a4, "/Rotate 270", TopLeft, "[556 716 576 776]", "[0 -1 1 0 0 60]"},
		"turned back":           {a4, "/Rotate -90", TopLeft, "[556 716 576 776]", "[0 -1 1 0 0 60]"},
		"turned 450":            {a4, "/Rotate 450", TopLeft, "[24 24 44 84]", "[0 1 -1 0 20 0]"},
		"turning inherited":     {a4 + "/Rotate 270", "", TopLeft, "[556 716 576 776]", "[0 -1 1 0 0 60]"},
		"turning overridden":    {a4 + "/Rotate 270", "/Rotate 0", TopLeft, "[24 756 84 776]", identity},
		"cropped":               {a4, "/CropBox [100 50 500 700]", TopLeft, "[124 656 184 676]", identity},
		"cropped, inherited":    {a4 + "/CropBox [100 50 500 700]", "", BottomRight, "[416 74 476 94]", identity},
		"cropped beyond":        {a4, "/CropBox [-100 50 900 900]", TopRight, "[516 756 576 776]", identity},
		"cropped and turned":    {a4, "/CropBox [100 50 500 700] /Rotate 90", TopLeft, "[124 74 144 134]", "[0 1 -1 0 20 0]"},
		"origin elsewhere":      {"/MediaBox [-300 -400 300 400]", "", BottomLeft, "[-276 -376 -216 -356]", identity},
		"corners the other way": {"/MediaBox [600 800 0 0]", "", BottomLeft, "[24 24 84 44]", identity},
		"fractions":             {"/MediaBox [.5 0 600.25 800.]", "", BottomRight, "[516.25 24 576.25 44]", identity},
		"units of two points":   {"/MediaBox [0 0 300 400]", "/UserUnit 2", TopLeft, "[12 378 42 388]", identity},
		"two points, turned":    {"/MediaBox [0 0 300 400]", "/UserUnit 2 /Rotate 180", TopLeft, "[258 12 288 22]", "[-1 0 0 -1 60 20]"},
	} {
		file := pageFile(c.inherited, c.page)
		signed := mustSign(t, file, Options{Visible: &Placement{Corner: c.corner, Width: 180, Height: 40}})
		d, widget := lastWidget(t, signed)
		if got := string(pdf.Append(nil, widget["Rect"])); got != c.rect {
			t.Errorf("%s: Rect %s, want %s", name, got, c.rect)
		}
		look, err := pdf.As[*pdf.Stream](d.File, widget["AP"].(pdf.Dict)["N"])
		if err != nil {
			t.Fatal(err)
		}
		if got := string(pdf.Append(nil, look.Dict["Matrix"])); got != c.matrix {
			t.Errorf("%s: Matrix %s, want %s", name, got, c.matrix)
		}
		if got := string(pdf.Append(nil, look.Dict["BBox"])); got != "[0 0 60 20]" {
			t.Errorf("%s: BBox %s", name, got)
		}
		if content, err := d.Decode(look); err != nil || string(content) != "0 10.000 30.000 10.000 re f" {
			t.Errorf("%s: content %q, %v", name, content, err)
		}
		if !bytes.HasPrefix(signed, file) {
			t.Errorf("%s: the original bytes are not all there", name)
		}
		if err := mustVerify(t, signed).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVisiblePage(t *testing.T) {
	file := pageFile("/MediaBox [0 0 600 800]", "", "", "")
	for number, want := range map[int]int{0: 10, 1: 10, 2: 11, 3: 12, -1: 12, -2: 11, -3: 10} {
		_, widget := lastWidget(t, mustSign(t, file, Options{Visible: &Placement{Page: number, Corner: TopLeft, Width: 60, Height: 20}}))
		if widget["P"] != (pdf.Ref{Number: want}) {
			t.Errorf("page %d is %v, want object %d", number, widget["P"], want)
		}
	}
	for _, number := range []int{4, -4, 1 << 40, -1 << 40} {
		if _, err := sign(file, Options{Visible: &Placement{Page: number, Corner: TopLeft, Width: 60, Height: 20}}); !errors.Is(err, ErrNoPage) {
			t.Errorf("page %d: %v", number, err)
		}
	}
}

// TestVisibleBesideEachOther signs until a corner is full. No stamp covers
// another one or a field of the form.
func TestVisibleBesideEachOther(t *testing.T) {
	for _, corner := range []Corner{TopLeft, BottomRight} {
		for _, turn := range []string{"0", "90", "180", "270"} {
			file := pageFile("/MediaBox [0 0 300 300]", "/Rotate "+turn)
			var rects []rect
			for {
				signed, err := sign(file, Options{Visible: &Placement{Corner: corner, Width: 120, Height: 60}})
				if errors.Is(err, ErrNoSpace) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				d, widget := lastWidget(t, signed)
				r, err := d.rect(widget["Rect"])
				if err != nil {
					t.Fatal(err)
				}
				for _, other := range rects {
					if !r.intersect(other).empty() {
						t.Errorf("%s, turned %s: %v on %v", corner, turn, r, other)
					}
				}
				if r.x0 < pageMargin || r.y0 < pageMargin || r.x1 > 300-pageMargin || r.y1 > 300-pageMargin {
					t.Errorf("%s, turned %s: %v is not on the page", corner, turn, r)
				}
				rects, file = append(rects, r), signed
			}
			// 252 points hold stamps of 30 and gaps of 6 while 60 are free, in
			// two columns.
			if len(rects) != 12 {
				t.Errorf("%s, turned %s: %d signatures", corner, turn, len(rects))
			}
			for i, s := range mustVerify(t, file).Signatures[:len(rects)-1] {
				if level(s) != LevelAnnotation || s.Err() != nil {
					t.Errorf("signature %d: %v, %v", i+1, s.Changes, s.Err())
				}
			}
		}
	}
}

// TestVisibleBesideNotes checks that stamps and notes of other programs stay
// uncovered. The frame of a link and the window of a note may be covered.
func TestVisibleBesideNotes(t *testing.T) {
	for subtype, want := range map[string]float64{"Stamp": 66, "FreeText": 66, "Square": 66, "Widget": 66, "Link": 24, "Popup": 24} {
		file := pageFile("/MediaBox [0 0 300 300]", "/Annots [<</Type /Annot /Subtype /"+subtype+" /Rect [30 20 160 60]>>]")
		d, widget := lastWidget(t, mustSign(t, file, Options{Visible: &Placement{Corner: BottomLeft, Width: 120, Height: 60}}))
		if r, err := d.rect(widget["Rect"]); err != nil || r.y0 != want {
			t.Errorf("beside a %s: %v, %v", subtype, r, err)
		}
	}
}

// fieldOn returns a file with one empty signature field. kid is its widget, if
// that is an object of its own.
func fieldOn(page, field, kid string) []byte {
	objects := documentOf(
		object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm 5 0 R>>"},
		object{3, 0, "<</Type /Page /Parent 2 0 R " + page + ">>"},
		object{5, 0, "<</Fields [6 0 R]>>"},
		object{6, 0, "<</T (sign) /FT /Sig " + field + ">>"},
	)
	if kid != "" {
		objects = append(objects, object{7, 0, "<</Parent 6 0 R " + kid + ">>"})
	}
	return sample{objects: objects}.bytes()
}

const widgetOfField = "/Type /Annot /Subtype /Widget /Rect [10 40 110 60] "

func TestVisibleInField(t *testing.T) {
	for name, c := range map[string]struct {
		file          []byte
		width, height float64
		matrix        string
	}{
		"one object":    {fieldOn("/Annots [6 0 R]", widgetOfField, ""), 100, 20, "[1 0 0 1 0 0]"},
		"two objects":   {fieldOn("/Annots [7 0 R]", "/Kids [7 0 R]", widgetOfField), 100, 20, "[1 0 0 1 0 0]"},
		"turned":        {fieldOn("/Annots [6 0 R] /Rotate 90", widgetOfField, ""), 20, 100, "[0 1 -1 0 100 0]"},
		"not to turn":   {fieldOn("/Annots [6 0 R] /Rotate 90", widgetOfField+"/F 20", ""), 100, 20, "[1 0 0 1 0 0]"},
		"units":         {fieldOn("/Annots [6 0 R] /UserUnit 3", widgetOfField, ""), 300, 60, "[1 0 0 1 0 0]"},
		"had something": {fieldOn("/Annots [6 0 R]", widgetOfField+"/AP <</N 4 0 R /D 4 0 R>>", ""), 100, 20, "[1 0 0 1 0 0]"},
	} {
		first := mustSign(t, c.file, Options{}) // it must stay good
		p, err := Prepare(bytes.NewReader(first), int64(len(first)), Options{Field: "sign", Visible: &Placement{}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := p.Space(); s != (Space{c.width, c.height, true}) {
			t.Errorf("%s: %+v", name, s)
		}
		signed := mustSign(t, first, Options{Field: "sign", Visible: &Placement{}})
		report := mustVerify(t, signed)
		if s := report.Signatures[0]; report.Err() != nil || level(s) != LevelSignature {
			t.Errorf("%s: %v, %v", name, s.Changes, report.Err())
		}
		d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
		if err != nil {
			t.Fatal(err)
		}
		d.fields(func(f *field) error {
			if f.name != "sign" {
				return nil
			}
			widget, _ := pdf.As[pdf.Dict](d.File, f.widgets[0])
			look, err := pdf.As[*pdf.Stream](d.File, widget["AP"].(pdf.Dict)["N"])
			if err != nil || string(pdf.Append(nil, look.Dict["Matrix"])) != c.matrix || len(widget["AP"].(pdf.Dict)) != 1 {
				t.Errorf("%s: %v, %v", name, look, err)
			}
			if got := string(pdf.Append(nil, widget["Rect"])); got != "[10 40 110 60]" {
				t.Errorf("%s: Rect %s", name, got)
			}
			return nil
		})
	}
}

func TestVisibleRefusals(t *testing.T) {
	visible := &Placement{Page: 1, Corner: BottomLeft, Width: 60, Height: 20}
	locked := func(lock string) []byte {
		file := sample{objects: documentOf(
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [5 0 R]>>>>"},
			object{5, 0, "<</T (a) /FT /Sig /Lock <<" + lock + ">>>>"})}.bytes()
		return mustSign(t, file, Options{Field: "a"})
	}
	for name, c := range map[string]struct {
		file  []byte
		field string
		want  error // nil: a DamagedError
	}{
		"certified, P 2":          {sample{objects: certified("/P 2")}.bytes(), "", ErrNoNewField},
		"certified, P 3":          {sample{objects: certified("/P 3")}.bytes(), "", ErrNoNewField},
		"certified, P 1":          {sample{objects: certified("/P 1")}.bytes(), "", ErrCertified},
		"certified, by Perms":     {sample{objects: append(documentOf(object{1, 0, "<</Type /Catalog /Pages 2 0 R /Perms <</DocMDP 6 0 R>>>>"}), certified("/P 2")[5])}.bytes(), "", ErrNoNewField},
		"all fields locked":       {locked("/Action /All"), "", ErrNoNewField},
		"all others locked":       {locked("/Action /Exclude /Fields [(c)]"), "", ErrNoNewField},
		"this one locked":         {locked("/Action /Include /Fields [(Signature1)]"), "", ErrNoNewField},
		"small page":              {pageFile("/MediaBox [0 0 40 40]", ""), "", ErrNoSpace},
		"full page":               {pageFile("/MediaBox [0 0 300 300]", "/Annots [<</Subtype /Widget /Rect [0 0 300 280]>>]"), "", ErrNoSpace},
		"no MediaBox":             {pageFile("", ""), "", nil},
		"three numbers":           {pageFile("/MediaBox [0 0 300]", ""), "", nil},
		"no numbers":              {pageFile("/MediaBox [0 0 (a) 300]", ""), "", nil},
		"endless":                 {pageFile("/MediaBox [0 0 100000000 300]", ""), "", nil},
		"cropped away":            {pageFile("/MediaBox [0 0 300 300]", "/CropBox [400 0 500 100]"), "", nil},
		"askew":                   {pageFile("/MediaBox [0 0 300 300]", "/Rotate 45"), "", nil},
		"no unit":                 {pageFile("/MediaBox [0 0 300 300]", "/UserUnit 0"), "", nil},
		"field without a widget":  {fieldOn("", "", ""), "sign", ErrFieldHidden},
		"field on no page":        {fieldOn("", widgetOfField, ""), "sign", ErrFieldHidden},
		"field without a place":   {fieldOn("/Annots [6 0 R]", "/Subtype /Widget /Rect [10 40 10 60]", ""), "sign", ErrFieldHidden},
		"hidden field":            {fieldOn("/Annots [6 0 R]", widgetOfField+"/F 2", ""), "sign", ErrFieldHidden},
		"field that is no view":   {fieldOn("/Annots [6 0 R]", widgetOfField+"/F 32", ""), "sign", ErrFieldHidden},
		"annotations of a number": {fieldOn("/Annots 5", widgetOfField, ""), "sign", nil},
	} {
		_, err := sign(c.file, Options{Field: c.field, Visible: visible})
		var d *DamagedError
		if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !errors.As(err, &d) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == ErrNoNewField {
			if _, err := sign(c.file, Options{}); err != nil {
				t.Errorf("%s, invisible: %v", name, err)
			}
		}
	}
	// A lock that does not include the new field forbids nothing.
	signed := mustSign(t, locked("/Action /Include /Fields [(x)]"), Options{Visible: visible})
	if err := mustVerify(t, signed).Err(); err != nil {
		t.Error(err)
	}
}

// TestAppearanceFits checks that an appearance that is missing, too large or,
// in a field, too small gives an error.
func TestAppearanceFits(t *testing.T) {
	for _, field := range []string{"", "sign"} {
		file := fieldOn("/Annots [6 0 R]", widgetOfField, "")
		p, err := Prepare(bytes.NewReader(file), int64(len(file)), Options{Field: field, Visible: &Placement{Corner: TopLeft, Width: 100, Height: 20}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Hash(crypto.SHA256); err != nil {
			t.Fatal(err)
		}
		for _, a := range []*Appearance{nil, {}, {Width: 101, Height: 20}, {Width: 100, Height: 21}, {Width: -1, Height: 20}, {Width: 60, Height: 20}} {
			_, err := p.Update(Statement{Room: 10, Appearance: a})
			if fits := field == "" && a != nil && a.Width == 60; fits != (err == nil) || err != nil && !errors.Is(err, ErrAppearance) {
				t.Errorf("field %q, %+v: %v", field, a, err)
			}
		}
		// The same statement gives the same bytes.
		same := &Appearance{100, 20, []byte(strings.Repeat("0 0 m ", 1000))}
		one, err1 := p.Update(Statement{Room: 10, Appearance: same})
		two, err2 := p.Update(Statement{Room: 10, Appearance: same})
		if err1 != nil || err2 != nil || !bytes.Equal(one.bytes, two.bytes) || len(one.bytes) > 3000 {
			t.Errorf("field %q: %v, %v", field, err1, err2)
		}
	}
}

// TestVisibleInEveryStructure adds a visible signature to a file with an
// invisible one.
func TestVisibleInEveryStructure(t *testing.T) {
	for name, s := range samples() {
		if strings.HasPrefix(name, "certified") { // they allow no new visible field
			continue
		}
		once := mustSign(t, s.bytes(), Options{})
		twice := mustSign(t, once, Options{Visible: &Placement{Corner: BottomRight, Width: 60, Height: 20}})
		report := mustVerify(t, twice)
		if first := report.Signatures[0]; report.Err() != nil || level(first) != LevelAnnotation || !bytes.HasPrefix(twice, once) {
			t.Errorf("%s: %v, %v", name, first.Changes, report.Err())
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, attributes := range []string{"", "/Rotate 90 /CropBox [10 10 200 200]", "/Rotate -450 /UserUnit .5", "/Annots [<</Subtype /Widget /Rect [0 0 50 50]>>]"} {
		f.Add(pageFile("/MediaBox [0 0 300 400]", "", attributes), -1, uint8(1), false)
	}
	f.Add(fieldOn("/Annots [6 0 R]", widgetOfField, ""), 1, uint8(0), true)
	f.Add(fieldOn("/Annots [7 0 R]", "/Kids [7 0 R]", widgetOfField), 1, uint8(2), true)
	f.Fuzz(func(t *testing.T, file []byte, number int, corner uint8, inField bool) {
		o := Options{Visible: &Placement{Page: number, Corner: []Corner{TopLeft, TopRight, BottomLeft, BottomRight}[corner%4], Width: 100, Height: 50}}
		if inField {
			o.Field = "sign"
		}
		signed, err := sign(file, o)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(signed, file) {
			t.Error("the original bytes are not all there")
		}
		report, err := verify(signed)
		if err != nil {
			t.Fatal(err)
		}
		if last := report.Signatures[len(report.Signatures)-1]; !last.Whole || last.Err() != nil {
			t.Error(last.Err())
		}
	})
}
