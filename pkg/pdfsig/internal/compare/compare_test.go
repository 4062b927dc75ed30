package compare

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// form is the document that the tests change: a page with a text field, a note,
// and their resources.
var form = map[int]string{
	1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
	2:  "<</Type/Pages/Kids[3 0 R]/Count 1>>",
	3:  "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Annots[6 0 R 7 0 R]>>",
	4:  stream("", "0 0 9 9 re f"),
	5:  "<</Fields[6 0 R]/DA(/F1 12 Tf)/DR<</Font<</F1 8 0 R>>>>>>",
	6:  "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[9 9 20 20]/P 3 0 R/AP<</N 9 0 R>>>>",
	7:  "<</Type/Annot/Subtype/Text/Rect[1 1 5 5]/Contents(a)/P 3 0 R>>",
	8:  "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	9:  stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f"),
	10: "<</Length 0>>\nstream\n\nendstream",
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// revision appends objects with a table that is exact.
func revision(data []byte, objects map[int]string) []byte {
	previous := bytes.LastIndex(data, []byte("\nxref\n")) + 1
	var table strings.Builder
	highest := 20
	for _, n := range slices.Sorted(maps.Keys(objects)) {
		highest = max(highest, n)
		fmt.Fprintf(&table, "%d 1\n%010d 00000 n \n", n, len(data))
		data = fmt.Appendf(data, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	at := len(data)
	data = fmt.Appendf(data, "xref\n%strailer\n<</Root 1 0 R/Size %d", table.String(), highest+1)
	if previous > 0 {
		data = fmt.Appendf(data, "/Prev %d", previous)
	}
	return fmt.Appendf(data, ">>\nstartxref\n%d\n%%%%EOF\n", at)
}

func document(t *testing.T, file *pdf.File) *Document {
	t.Helper()
	d := &Document{File: file, Root: file.Trailer()["Root"].(pdf.Ref)}
	var err error
	if d.Catalog, err = pdf.As[pdf.Dict](file, d.Root); err != nil {
		t.Fatal(err)
	}
	if d.Form, err = pdf.As[pdf.Dict](file, d.Catalog["AcroForm"]); err != nil {
		t.Fatal(err)
	}
	d.Fields = func(visit func(*Field) error) error {
		refs, err := d.refs(d.Form["Fields"])
		for _, ref := range refs {
			dict, err := pdf.As[pdf.Dict](file, ref)
			if err != nil {
				return err
			}
			name, _ := dict["T"].(pdf.String)
			if err := visit(&Field{ref, dict, string(name), dict["FT"] == pdf.Name("Sig"), dict["V"], []pdf.Ref{ref}}); err != nil {
				return err
			}
		}
		return err
	}
	d.Pages = func(visit func(pdf.Ref) bool) error {
		visit(pdf.Ref{Number: 3})
		return nil
	}
	return d
}

// step compares a revision with the one before it.
func step(t *testing.T, before, changed map[int]string, limits Limits) Changes {
	t.Helper()
	old := revision([]byte("%PDF-1.7\n"), before)
	now := revision(old, changed)
	file, err := pdf.Open(bytes.NewReader(now), int64(len(now)))
	if err != nil {
		t.Fatal(err)
	}
	first, err := file.Revision(int64(len(old)))
	if err != nil {
		t.Fatal(err)
	}
	if limits.Locked == nil {
		limits.Locked = func(string) bool { return false }
	}
	limits.Text = func(s pdf.String) string { return string(s) }
	if limits.Judged == nil {
		limits.Judged = func(pdf.Ref) bool { return true }
	}
	var h History
	all, err := h.Step(document(t, first), document(t, file), limits)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// adding returns the change that adds a new field to the form and its widget to
// the page.
func adding(field string, more map[int]string) map[int]string {
	all := map[int]string{
		3:  strings.Replace(form[3], "7 0 R]", "7 0 R 30 0 R]", 1),
		5:  strings.Replace(form[5], "6 0 R]", "6 0 R 30 0 R]", 1),
		30: field,
	}
	maps.Copy(all, more)
	return all
}

const newWidget = "/Type/Annot/Subtype/Widget/FT/Sig/T(new)/P 3 0 R"

var (
	draws      = stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f")
	drawsNot   = stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "% nothing\n")
	signature  = "<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"
	noRect     = "/Rect[0 0 0 0]"
	appearance = "/AP<</N 31 0 R>>"
)

// TestAddedField adds a field with one different key or place per case.
func TestAddedField(t *testing.T) {
	for name, c := range map[string]struct {
		field string
		more  map[int]string
		level Level
		shown bool
	}{
		"that shows nothing":                     {newWidget + noRect, nil, Signature, false},
		"without a place":                        {newWidget, nil, Signature, false},
		"with a place":                           {newWidget + "/Rect[1 1 9 9]", nil, Annotation, true},
		"with a place, and hidden":               {newWidget + "/Rect[1 1 9 9]/F 2", nil, Signature, false},
		"with a look at a point":                 {newWidget + noRect + appearance, map[int]string{31: draws}, Annotation, true},
		"with a look along a line":               {newWidget + "/Rect[0 0 0 40]" + appearance, map[int]string{31: draws}, Annotation, true},
		"with a look along another line":         {newWidget + "/Rect[0 5 40 5.0]" + appearance, map[int]string{31: draws}, Annotation, true},
		"with a look of a state":                 {newWidget + noRect + "/AP<</N<</A 31 0 R>>>>", map[int]string{31: draws}, Annotation, true},
		"with a look and no place":               {newWidget + appearance, map[int]string{31: draws}, Annotation, true},
		"with an empty look at a point":          {newWidget + noRect + appearance, map[int]string{31: drawsNot}, Signature, false},
		"along a line":                           {newWidget + "/Rect[0 0 0 40]", nil, Signature, false},
		"with an action":                         {newWidget + noRect + "/A<</S/URI>>", nil, Content, true},
		"with more actions":                      {newWidget + noRect + "/AA<</E<</S/JavaScript>>>>", nil, Content, true},
		"of a layer":                             {newWidget + noRect + "/OC 8 0 R", nil, Content, true},
		"with a key that nobody knows":           {newWidget + noRect + "/Foo 1", nil, Content, true},
		"of a place of names":                    {newWidget + "/Rect[/a/b/c/d]", nil, Content, true},
		"of a place of three numbers":            {newWidget + "/Rect[0 0 0]", nil, Content, true},
		"that is no widget":                      {"/Type/Annot/Subtype/Ink/FT/Sig/T(new)/P 3 0 R" + noRect, nil, Content, true},
		"that is no annotation":                  {"/Type/Page/Subtype/Widget/FT/Sig/T(new)/P 3 0 R" + noRect, nil, Content, true},
		"of another type":                        {strings.Replace(newWidget, "/Sig", "/Tx", 1) + noRect, nil, Content, true},
		"without a name":                         {strings.Replace(newWidget, "/T(new)", "", 1) + noRect, nil, Content, true},
		"of a name that another one has":         {strings.Replace(newWidget, "(new)", "(name)", 1) + noRect, nil, Content, true},
		"below another one":                      {newWidget + noRect + "/Parent 6 0 R", nil, Content, true},
		"beside its widget":                      {"/FT/Sig/T(new)/Kids[32 0 R]", map[int]string{32: "<</Subtype/Widget/Parent 30 0 R" + noRect + ">>"}, Signature, false},
		"beside a widget of another one":         {"/FT/Sig/T(new)/Kids[32 0 R]", map[int]string{32: "<</Subtype/Widget/Parent 6 0 R" + noRect + ">>"}, Content, true},
		"beside a widget that was there":         {"/FT/Sig/T(new)/Kids[6 0 R]", nil, Content, true},
		"beside two widgets":                     {"/FT/Sig/T(new)/Kids[32 0 R 33 0 R]", map[int]string{32: "<</Subtype/Widget/Parent 30 0 R" + noRect + ">>", 33: "<</Subtype/Widget/Parent 30 0 R>>"}, Content, true},
		"beside a widget with an action":         {"/FT/Sig/T(new)/Kids[32 0 R]", map[int]string{32: "<</Subtype/Widget/Parent 30 0 R/A<<>>" + noRect + ">>"}, Content, true},
		"beside its widget, with a widget's key": {"/FT/Sig/T(new)/Kids[32 0 R]/AP<</N 31 0 R>>", map[int]string{31: draws, 32: "<</Subtype/Widget/Parent 30 0 R" + noRect + ">>"}, Content, true},
		"signed":                                 {newWidget + noRect + "/V 34 0 R", map[int]string{34: signature}, Signature, false},
	} {
		all := step(t, form, adding("<<"+c.field+">>", c.more), Limits{})
		gravest, _ := all.MostSevere()
		if gravest.Level != c.level || gravest.Shown != c.shown {
			t.Errorf("%s: %v", name, all)
		}
	}
}

// TestAddedSignature checks that the value of a new field must be a judged
// signature.
func TestAddedSignature(t *testing.T) {
	changed := adding("<<"+newWidget+noRect+"/V 34 0 R>>", map[int]string{34: signature})
	all := step(t, form, changed, Limits{Judged: func(pdf.Ref) bool { return false }})
	if gravest, _ := all.MostSevere(); gravest.Level != Content {
		t.Errorf("%v", all)
	}
}

// TestStep changes one existing thing per case.
func TestStep(t *testing.T) {
	replaced := func(n int, old, now string) map[int]string {
		return map[int]string{n: strings.Replace(form[n], old, now, 1)}
	}
	tagged := maps.Clone(form)
	tagged[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/StructTreeRoot 11 0 R>>"
	tagged[11] = "<</Type/StructTreeRoot/K 12 0 R/ParentTree 13 0 R>>"
	tagged[12] = "<</Type/StructElem/S/P/P 11 0 R/K 0/Alt(a)>>"
	tagged[13] = "<</Nums[0 12 0 R]>>"
	pageless := maps.Clone(form)
	pageless[6] = strings.Replace(form[6], "/P 3 0 R", "", 1)
	double := maps.Clone(form)
	double[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 10 0 R>>"
	double[3] = strings.Replace(form[3], "/Annots", "/Resources<</XObject<</X 10 0 R>>>>/Annots", 1)
	for name, c := range map[string]struct {
		before, changed map[int]string
		level           Level
		kind            Kind
	}{
		"value of a field":                  {form, replaced(6, "/T(name)", "/T(name)/V(x)"), Form, Filled},
		"value of a field that is locked":   {form, replaced(6, "/T(name)", "/T(name)/V(x)/Ff 9"), Content, Altered},
		"look of a field":                   {form, map[int]string{9: draws + " "}, None, ""},
		"other look of a field":             {form, map[int]string{9: drawsNot}, Form, Filled},
		"page of a field":                   {form, map[int]string{6: strings.Replace(form[6], "/P 3 0 R", "/P 2 0 R", 1)}, Content, Altered},
		"page of a field, not said before":  {pageless, map[int]string{6: form[6]}, Form, Filled},
		"no page of a field":                {pageless, map[int]string{6: strings.Replace(form[6], "/P 3 0 R", "/P 2 0 R", 1)}, Content, Altered},
		"place of a field":                  {form, replaced(6, "[9 9 20 20]", "[9 9 30 30]"), Content, Altered},
		"place of a field, written anew":    {form, replaced(6, "[9 9 20 20]", "[9.0 9 20.0 20]"), Form, Filled},
		"text of a note":                    {form, replaced(7, "(a)", "(b)"), Annotation, Annotated},
		"note becomes a stamp":              {form, replaced(7, "/Text", "/Stamp"), Content, Altered},
		"order of annotations":              {form, replaced(3, "[6 0 R 7 0 R]", "[7 0 R 6 0 R]"), Annotation, Annotated},
		"annotation twice":                  {form, replaced(3, "7 0 R]", "7 0 R 7 0 R]"), Annotation, Annotated},
		"widget taken away":                 {form, replaced(3, "[6 0 R 7 0 R]", "[7 0 R]"), Content, Altered},
		"content of the page":               {form, map[int]string{4: stream("", "0 0 8 9 re f")}, Content, Altered},
		"content of the page, as it was":    {form, map[int]string{4: form[4]}, Signature, Metadata},
		"box of the page":                   {form, replaced(3, "99 99", "99 50"), Content, Altered},
		"node of the page tree":             {form, replaced(2, "/Count 1", "/Count 1/Rotate 90"), Content, Altered},
		"font":                              {form, map[int]string{8: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}, Content, Altered},
		"font of the form's, replaced":      {form, replaced(5, "8 0 R", "10 0 R"), Content, Altered},
		"form's calculation order":          {form, replaced(5, "/DA", "/CO[6 0 R]/DA"), Content, Altered},
		"catalog's action":                  {form, replaced(1, "/AcroForm", "/OpenAction[3 0 R/Fit]/AcroForm"), Content, Altered},
		"metadata":                          {form, map[int]string{1: strings.Replace(form[1], "/AcroForm", "/Metadata 35 0 R/AcroForm", 1), 35: stream("", "x")}, Signature, Metadata},
		"metadata that is drawn":            {double, map[int]string{10: stream("", "0 g")}, Content, Altered},
		"validation data":                   {form, map[int]string{1: strings.Replace(form[1], "/AcroForm", "/DSS<</Certs[35 0 R]>>/AcroForm", 1), 35: stream("", "x")}, None, ValidationData},
		"validation data that is a page":    {form, map[int]string{1: strings.Replace(form[1], "/AcroForm", "/DSS<</Certs[4 0 R]>>/AcroForm", 1)}, Content, Altered},
		"validation data of another key":    {form, map[int]string{1: strings.Replace(form[1], "/AcroForm", "/DSS<</Foo 1>>/AcroForm", 1)}, Content, Altered},
		"what is read aloud":                {tagged, map[int]string{12: "<</Type/StructElem/S/P/P 11 0 R/K 0/Alt(b)>>"}, Content, Altered},
		"element's kind":                    {tagged, map[int]string{12: "<</Type/StructElem/S/H/P 11 0 R/K 0/Alt(a)>>"}, Annotation, Annotated},
		"element of another number":         {tagged, map[int]string{13: "<</Nums[1 12 0 R]>>"}, Annotation, Annotated},
		"one more number for the structure": {tagged, map[int]string{13: "<</Nums[0 12 0 R 1 12 0 R]>>"}, Signature, Metadata},
	} {
		all := step(t, c.before, c.changed, Limits{})
		gravest, _ := all.MostSevere()
		if c.kind == "" {
			c.level, c.kind = Signature, Metadata // nothing counts as another kind
		}
		if gravest.Level != c.level || gravest.Kind != c.kind {
			t.Errorf("%s: %v", name, all)
		}
	}
}

// TestLocked fills in a field that an earlier signature locked.
func TestLocked(t *testing.T) {
	changed := map[int]string{6: strings.Replace(form[6], "/T(name)", "/T(name)/V(x)", 1)}
	all := step(t, form, changed, Limits{Locked: func(name string) bool { return name == "name" }})
	if gravest, _ := all.MostSevere(); gravest.Level != Content {
		t.Errorf("%v", all)
	}
}

// TestMisfits has references with a wrong generation.
func TestMisfits(t *testing.T) {
	for reference, want := range map[string]int{"4 0 R": 0, "4 1 R": 4, "[4 0 R 4 1 R]": 4, "[4 1 R 4 0 R]": 4, "99 1 R": 0} {
		objects := maps.Clone(form)
		objects[3] = strings.Replace(form[3], "4 0 R", reference, 1)
		data := revision([]byte("%PDF-1.7\n"), objects)
		file, err := pdf.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var h History
		if err := h.Reach(document(t, file)); err != nil {
			t.Fatal(err)
		}
		if found := h.Misfits(); want == 0 && len(found) > 0 || want != 0 && !slices.Contains(found, want) {
			t.Errorf("%s: %v", reference, found)
		}
		if missing := reference == "4 1 R" || reference == "99 1 R"; h.Odd() != missing && reference[0] != '[' {
			t.Errorf("%s: odd is %v", reference, h.Odd())
		}
	}
}
