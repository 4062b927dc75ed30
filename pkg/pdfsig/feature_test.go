package pdfsig

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// plainPDF writes a file of these objects, numbered from 1.
func plainPDF(bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, body := range bodies {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, start)
	return b.Bytes()
}

func TestFeatures(t *testing.T) {
	const pages, page = "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]%s>>"
	file := func(catalog, inPage string, more ...string) []byte {
		return plainPDF(append([]string{"<</Type/Catalog/Pages 2 0 R" + catalog + ">>", pages, fmt.Sprintf(page, inPage)}, more...)...)
	}
	stream := func(dict string) string { return "<<" + dict + "/Length 0>>\nstream\n\nendstream" }
	for what, test := range map[string]struct {
		file []byte
		want []Feature
	}{
		"nothing":               {file("", ""), nil},
		"on opening":            {file("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>", ""), []Feature{Script}},
		"in the names":          {file("/Names<</JavaScript<</Names[(a)4 0 R]>>>>", "", "<</S/JavaScript/JS 5 0 R>>", stream("")), []Feature{Script}},
		"kind by reference":     {file("/OpenAction 4 0 R", "", "<</S 5 0 R/JS(x)>>", "/JavaScript"), []Feature{Script}},
		"in a rendition":        {file("/OpenAction<</S/Rendition/JS(x)>>", ""), []Feature{Script}},
		"of a field":            {file("", "/Annots[4 0 R]", "<</Subtype/Widget/AA<</F<</S/JavaScript/JS(x)>>>>>>"), []Feature{Script}},
		"a program":             {file("", "/AA<</O 4 0 R>>", "<</S/Launch/F(cmd.exe)>>"), []Feature{Launch}},
		"both":                  {file("/OpenAction<</S/Launch/F(a)/Next<</S/JavaScript/JS(x)>>>>", ""), []Feature{Script, Launch}},
		"content elsewhere":     {file("", "/Contents 4 0 R", stream("/F(other.bin)")), []Feature{ExternalStream}},
		"a page of another one": {file("", "/Resources<</XObject<</X 4 0 R>>>>", stream("/Subtype/Form/Ref<</F(other.pdf)/Page 0>>")), []Feature{ExternalPage}},
		"another document":      {file("/OpenAction<</S/GoToR/F(other.pdf)/D[0/Fit]>>", ""), []Feature{Launch}},
		"data of another file":  {file("/OpenAction<</S/ImportData/F(a.fdf)>>", ""), []Feature{Launch}},
		"one inside another":    {file("/OpenAction<</S/GoToE/F(other.pdf)/T<</R/C/N(a)>>>>", ""), []Feature{Launch}},
		"one inside this":       {file("/OpenAction<</S/GoToE/T<</R/C/N(a)>>>>", ""), nil},
		"a form shown instead":  {file("/AcroForm<</Fields[]/XFA 4 0 R>>", "", stream("")), []Feature{DynamicForm}},
		"script of an object":   {file("", "/Annots[4 0 R]", "<</Subtype/3D/3DD 5 0 R>>", stream("/Type/3D/OnInstantiate 6 0 R"), stream("")), []Feature{Script}},
		"a film elsewhere":      {file("", "/Annots[4 0 R]", "<</Subtype/Movie/Movie 5 0 R>>", "<</F(a.mov)>>"), []Feature{ExternalStream}},
		"an image elsewhere":    {file("", "/Resources<</XObject<</X 4 0 R>>>>", stream("/Subtype/Image/OPI<</1.3<</F(a.tif)>>>>")), []Feature{ExternalStream}},
		"a role of that name":   {file("/StructTreeRoot<</K<</Type/StructElem/S/JavaScript>>>>", ""), nil},
		"flags of a note":       {file("", "/Annots[4 0 R]", "<</Subtype/Text/F 4>>"), nil},
		"a layer":               {file("/OCProperties<</OCGs[4 0 R]/D<</ON[4 0 R]/OFF[]/BaseState/ON/Intent/View>>>>", "", "<</Type/OCG/Name(a)/Intent[/View]/Usage<</View<</ViewState/ON>>/Print<</PrintState/ON>>>>>>"), nil},
		"a hidden layer":        {file("/OCProperties<</OCGs[4 0 R]/D<</OFF[4 0 R]>>>>", "", "<</Type/OCG/Name(a)>>"), []Feature{Layers}},
		"all layers hidden":     {file("/OCProperties<</OCGs[4 0 R]/D<</BaseState/OFF>>>>", "", "<</Type/OCG/Name(a)>>"), []Feature{Layers}},
		"a layer of no list":    {file("/OCProperties<</OCGs[]/D<<>>>>", ""), []Feature{Layers}},
		"a layer not printed":   {file("/OCProperties<</OCGs[4 0 R]/D<<>>>>", "", "<</Type/OCG/Name(a)/Usage<</Print<</PrintState/OFF>>>>>>"), []Feature{Layers}},
		"a layer by language":   {file("/OCProperties<</OCGs[4 0 R]/D<<>>>>", "", "<</Type/OCG/Name(a)/Usage<</Language<</Lang(ja)>>>>>>"), []Feature{Layers}},
		"a layer of design":     {file("/OCProperties<</OCGs[4 0 R]/D<<>>>>", "", "<</Type/OCG/Name(a)/Intent/Design>>"), []Feature{Layers}},
		"a layer by condition":  {file("/OCProperties<</OCGs[4 0 R]/D<<>>>>", "/Resources<</Properties<</L<</Type/OCMD/OCGs 4 0 R/P/AllOff>>>>>>", "<</Type/OCG/Name(a)>>"), []Feature{Layers}},
		"a note in print alone": {file("", "/Annots[4 0 R]", "<</Subtype/Stamp/F 36>>"), []Feature{PrintOnly}},
		"a note hidden as well": {file("", "/Annots[4 0 R]", "<</Subtype/Stamp/F 38>>"), nil},
		"a note in a print":     {file("", "/Annots[4 0 R]", "<</Subtype/Stamp/F 4>>"), nil},
		"an image for printing": {file("", "/Resources<</XObject<</X 4 0 R>>>>", stream("/Subtype/Image/Alternates[<</Image 4 0 R/DefaultForPrinting true>>]")), []Feature{PrintOnly}},
		"attached files":        {file("/Collection<</Type/Collection/View/T>>", ""), []Feature{Portfolio}},
		"not in use":            {file("", "", "<</S/JavaScript/JS(x)>>"), nil},
	} {
		got, complete, err := Features(bytes.NewReader(test.file), int64(len(test.file)))
		if err != nil || !complete || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, complete %v, %v", what, got, complete, err)
		}
	}
	broken := file("/Metadata 4 0 R/OpenAction 5 0 R", "", "<</broken", "<</S/JavaScript/JS(x)>>")
	if got, complete, err := Features(bytes.NewReader(broken), int64(len(broken))); err != nil || complete || !slices.Equal(got, []Feature{Script}) {
		t.Errorf("broken: %v, complete %v, %v", got, complete, err)
	}
	if _, _, err := Features(strings.NewReader("text"), 4); err == nil {
		t.Error("a text has features")
	}
}

// TestActing checks that signing and verification find the same features as a
// search of every object.
func TestActing(t *testing.T) {
	for name, file := range map[string][]byte{
		"nothing": sample{objects: documentOf()}.bytes(),
		"scripts": sample{kind: stream, objects: documentOf(
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /OpenAction 9 0 R>>"}, object{9, 0, "<</S /JavaScript /JS (1) /Next 10 0 R>>"}, object{10, 0, "<</S /Launch>>"})}.bytes(),
		"a stream elsewhere": sample{objects: documentOf(object{4, 0, streamBody("/F (elsewhere)", "")})}.bytes(),
		"unreadable":         sample{objects: documentOf(object{1, 0, "<</Type /Catalog /Pages 2 0 R /X 9 0 R>>"}, object{9, 0, "<</A -1.#INF>>"})}.bytes(),
	} {
		found, complete, err := Features(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := prepare(file, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := mustVerify(t, mustSign(t, file, Options{}))
		for _, a := range []*Acting{p.Acting, r.Acting} {
			if a == nil || !slices.Equal(a.Features, found) || a.Complete != complete {
				t.Errorf("%s: %+v, want %v, %v", name, a, found, complete)
			}
		}
		twice := mustSign(t, mustSign(t, file, Options{}), Options{})
		if a := mustVerify(t, twice).Acting; a != nil {
			t.Errorf("%s, signed twice: %v", name, a)
		}
	}
}
