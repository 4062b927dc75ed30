package pdfsig

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// later is an update of a file with tables. Nonzero fields make it inexact.
type later struct {
	objects     []object
	gap         string // before the objects
	hidden      string // bytes after its objects
	early       int    // number of bytes by which its offsets are too small
	entry       string // the form of an entry of its table
	start, prev int    // errors added to startxref and Prev
	noSize      bool
	comment     bool   // between startxref and its number
	noSection   bool   // only the old startxref, repeated
	tail        string // after %%EOF; "" means "\n"
}

var startxrefs = regexp.MustCompile(`startxref\s+(\d+)`)

func lastStartxref(file []byte) int {
	all := startxrefs.FindAllSubmatch(file, -1)
	n, _ := strconv.Atoi(string(all[len(all)-1][1]))
	return n
}

func (l later) update(file []byte) []byte {
	b := bytes.NewBuffer(bytes.Clone(file))
	b.WriteString(l.gap)
	entry := l.entry
	if entry == "" {
		entry = "%010d %05d n \n"
	}
	table, size := "", 100
	for _, o := range l.objects {
		table += fmt.Sprintf("%d 1\n"+entry, o.number, b.Len()-l.early, o.generation)
		fmt.Fprintf(b, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
		size = max(size, o.number+1)
	}
	if table == "" {
		table = "0 1\n0000000000 65535 f \n"
	}
	b.WriteString(l.hidden)
	at := b.Len()
	if l.noSection {
		at = lastStartxref(file)
	} else {
		fmt.Fprintf(b, "xref\n%strailer\n<<", table)
		if !l.noSize {
			fmt.Fprintf(b, "/Size %d ", size)
		}
		fmt.Fprintf(b, "/Root 1 0 R /Prev %d>>\n", lastStartxref(file)+l.prev)
	}
	comment := ""
	if l.comment {
		comment = "%c\n"
	}
	tail := l.tail
	if tail == "" {
		tail = "\n"
	}
	fmt.Fprintf(b, "startxref\n%s%d\n%%%%EOF%s", comment, at+l.start, tail)
	return b.Bytes()
}

// shown is the content of a signed document, and other is content that it must
// not show later.
const (
	shownText = "BT /F 24 Tf 20 100 Td (Pay 100 yen) Tj ET"
	otherText = "BT /F 24 Tf 20 100 Td (Pay 999 yen) Tj ET"
)

var (
	other  = streamBody("", otherText)
	hidden = "4 0 obj\n" + other + "\nendobj\n"
)

// form20 returns the catalog of a document with the signature field 20.
func form20(more string) object {
	return object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R]>> " + more + ">>"}
}

func page3(contents, more string) object {
	return object{3, 0, "<</Type /Page /Parent 2 0 R /Contents " + contents + " " + more + ">>"}
}

// signedWith returns a document with these objects, signed with these entries.
func signedWith(t *testing.T, k kind, entries string, objects ...object) []byte {
	t.Helper()
	c := craft{objects: []object{
		form20(""),
		{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132>>"},
		{21, 0, "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached " + entries + " %s>>"},
	}}
	for _, o := range objects {
		if o.number == 1 { // the catalog, with its form
			c.objects[0] = o
		}
	}
	return c.sign(t, sample{kind: k, objects: documentOf(append([]object{{4, 0, streamBody("", shownText)}, page3("4 0 R", "")}, objects...)...)}.bytes())
}

// verdictOf returns the exit status of verify for a report, if all signers were
// trusted.
func verdictOf(r *Report, err error) int {
	if err != nil {
		return 1
	}
	err = r.Err()
	switch {
	case errors.Is(err, cms.FormatFailure), errors.Is(err, cms.HashFailure), errors.Is(err, cms.SigCryptoFailure):
		return 8
	case err != nil:
		return 9
	}
	for _, s := range r.Signatures {
		if slices.ContainsFunc(s.Changes, func(c Change) bool { return c.Shown && c.Kind != ChangeSignatureShown }) {
			return 7
		}
	}
	return 0
}

// laterCase is an update with its correct verdicts.
type laterCase struct {
	file  []byte
	right []int
	kinds []ChangeKind // expected kinds of changes; nil accepts any
}

func dss(more ...object) []object {
	return append([]object{form20("/DSS 60 0 R"), {60, 0, "<</Type /DSS>>"}}, more...)
}

// honest are updates that every reader reads as intended.
func honest(t *testing.T) map[string]laterCase {
	signed := signedWith(t, table, "")
	ok := []int{0}
	validation := []ChangeKind{ChangeValidationData}
	glued := extendGlued(t)
	entries := `%010d %05d n` + "\n"
	tagged := func(kids string) object {
		return object{32, 0, "<</Type /StructElem /S /Document /P 30 0 R /K [33 0 R " + kids + "]>>"}
	}
	structure := signedWith(t, table, "",
		object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R]>> /StructTreeRoot 30 0 R /Outlines 34 0 R>>"},
		object{30, 0, "<</Type /StructTreeRoot /K 32 0 R /ParentTree 31 0 R /ParentTreeNextKey 1>>"},
		object{31, 0, "<</Nums [0 [33 0 R]]>>"}, tagged(""),
		object{33, 0, "<</Type /StructElem /S /P /P 32 0 R /Pg 3 0 R /K 0>>"},
		object{34, 0, "<</Type /Outlines /First 35 0 R /Last 35 0 R /Count 1>>"},
		object{35, 0, "<</Title (One) /Parent 34 0 R /Dest [3 0 R /Fit] /SE 32 0 R>>"})
	return map[string]laterCase{
		"nothing":                        {signed, ok, []ChangeKind{}},
		"validation data":                {later{objects: dss()}.update(signed), ok, validation},
		"behind an empty line":           {later{objects: dss(), gap: "\r\n"}.update(signed), ok, validation},
		"a second signature":             {mustSign(t, signed, Options{}), ok, []ChangeKind{ChangeSignature}},
		"two line ends":                  {append(bytes.Clone(signed), "\n\n"...), ok, []ChangeKind{}},
		"signed without a line end":      {gluedSigned(t), ok, []ChangeKind{}},
		"glued":                          {later{objects: dss()}.update(gluedSigned(t)), ok, validation},
		"glued before signing":           {glued, ok, []ChangeKind{}},
		"and the object written again":   {later{objects: dss(object{4, 0, streamBody("", shownText)})}.update(glued), ok, validation},
		"offsets at line ends":           {later{objects: dss(), early: 1}.update(signed), []int{0, 9}, nil},
		"entries of 19 bytes":            {later{objects: dss(), entry: entries}.update(signed), []int{0, 9}, nil},
		"an element of the structure":    {later{objects: []object{tagged("40 0 R"), {40, 0, "<</Type /StructElem /S /Form /P 32 0 R /Pg 3 0 R>>"}}}.update(structure), ok, []ChangeKind{ChangeMetadata}},
		"on cross-reference streams":     {extend(t, signedWith(t, stream, ""), "", dss()...), ok, validation},
		"on a hybrid file":               {extend(t, signedWith(t, hybrid, ""), "", dss()...), ok, validation},
		"an object number free till now": {later{objects: []object{{90, 0, "(unused)"}}}.update(signed), ok, []ChangeKind{ChangeMetadata}},
	}
}

// gluedSigned returns a signed file without a line end after %%EOF.
func gluedSigned(t *testing.T) []byte {
	c := crafted("")
	c.objects[0], c.noLineEnd = form20(""), true
	return c.sign(t, sample{objects: documentOf()}.bytes())
}

// extendGlued returns a signed file with an earlier update directly after
// %%EOF.
func extendGlued(t *testing.T) []byte {
	c := crafted("")
	c.objects[0] = form20("")
	base := sample{objects: documentOf(), trailing: "-"}.bytes()
	return c.sign(t, later{objects: []object{{4, 0, streamBody("", shownText)}}}.update(base))
}

// hostile are updates that make some reader show something else.
func hostile(t *testing.T) map[string]laterCase {
	signed := signedWith(t, table, "")
	untold, seen := []int{1, 9}, []int{8}
	all := map[string]laterCase{
		"startxref one too large":     {later{hidden: hidden, start: 1}.update(signed), untold, nil},
		"Prev one too large":          {later{hidden: hidden, prev: 1}.update(signed), untold, nil},
		"no Size":                     {later{hidden: hidden, noSize: true}.update(signed), untold, nil},
		"a comment behind startxref":  {later{hidden: hidden, comment: true}.update(signed), untold, nil},
		"5,000 blanks":                {later{hidden: hidden, tail: "\n" + strings.Repeat(" ", 5000)}.update(signed), untold, nil},
		"no section, wrong number":    {later{hidden: hidden, noSection: true, start: 1}.update(signed), untold, nil},
		"no section, a comment":       {later{hidden: hidden, noSection: true, comment: true}.update(signed), untold, nil},
		"exact, but hidden":           {later{hidden: hidden}.update(signed), untold, nil},
		"blanks behind what was hid":  {append(bytes.Clone(signedHidden(t)), strings.Repeat(" ", 5000)...), untold, nil},
		"hidden in a certificate":     {later{objects: dss(object{61, 0, streamBody("", hidden)}), start: 1}.update(signed), untold, nil},
		"hidden there, all exact":     {later{objects: dss(object{61, 0, streamBody("", hidden)})}.update(signed), untold, nil},
		"hidden in a string":          {later{objects: []object{{90, 0, "(" + hidden + ")"}}}.update(signed), untold, nil},
		"hidden in a comment":         {later{objects: dss(), hidden: "% 4 0 obj 4 endobj\n"}.update(signed), untold, nil},
		"numbers parted by a comment": {later{objects: []object{{90, 0, "(4 %\n0 %\nobj)"}}}.update(signed), untold, nil},
		"a trailer in a string":       {later{objects: []object{{90, 0, "(trailer <</Root 90 0 R>>)"}}}.update(signed), untold, nil},
		"signed again over Prev":      {mustSignAnyhow(t, later{hidden: hidden, prev: 1}.update(signed)), untold, nil},
		"hybrid, two readings":        {hybridTwice(t, signed), untold, nil},
		"twice in an object stream":   {twiceInStream(t), untold, nil},
		"linearized, a line end":      {append(linearizedTwice(t), '\n'), untold, nil},
		"an object twice":             {later{objects: []object{{90, 0, "(a)"}}, hidden: "90 0 obj\n(b)\nendobj\n"}.update(signed), untold, nil},
		"certified against changes":   {later{objects: dss(), hidden: hidden, start: 1}.update(signedWith(t, table, docMDP("1"))), untold, nil},
		"another generation":          {later{objects: []object{{4, 0, other}}}.update(signedWith(t, table, "", page3("4 1 R", ""))), []int{1, 8, 9}, nil},
	}
	for name, file := range roles(t) {
		all[name] = laterCase{file, seen, nil}
	}
	for name, c := range fieldsAndNotes(t) {
		all[name] = c
	}
	return all
}

// signedHidden returns a document that contained the hidden object when it was
// signed.
func signedHidden(t *testing.T) []byte {
	base := sample{objects: documentOf(object{4, 0, streamBody("", shownText)})}.bytes()
	at := bytes.LastIndex(base, []byte("xref\n0 1"))
	base = slices.Concat(base[:at], []byte(hidden), bytes.Replace(base[at:], fmt.Appendf(nil, "startxref\n%d", at), fmt.Appendf(nil, "startxref\n%d", at+len(hidden)), 1))
	c := crafted("")
	c.objects[0] = form20("")
	return c.sign(t, base)
}

// mustSignAnyhow adds a signature even if Prepare may refuse the file.
func mustSignAnyhow(t *testing.T, file []byte) []byte {
	t.Helper()
	c := craft{objects: []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 70 0 R]>>>>"},
		{70, 0, "<</FT /Sig /T (T) /V 71 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132>>"},
		{71, 0, "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached %s>>"},
	}}
	return c.sign(t, file)
}

// hybridTwice adds a hybrid section: its table lists the old page, and its
// stream lists another one.
func hybridTwice(t *testing.T, signed []byte) []byte {
	b := bytes.NewBuffer(bytes.Clone(signed))
	content := b.Len()
	fmt.Fprintf(b, "90 0 obj\n%s\nendobj\n", other)
	page := b.Len()
	fmt.Fprintf(b, "3 0 obj\n%s\nendobj\n", page3("90 0 R", "").body)
	row := string([]byte{1, byte(page >> 8), byte(page), 0})
	side := b.Len()
	fmt.Fprintf(b, "91 0 obj\n%s\nendobj\n", streamBody("/Type /XRef /Size 92 /W [1 2 1] /Index [3 1] /Root 1 0 R", row))
	at := b.Len()
	old := bytes.Index(signed, []byte("\n3 0 obj")) + 1
	fmt.Fprintf(b, "xref\n3 1\n%010d 00000 n \n90 1\n%010d 00000 n \ntrailer\n<</Size 92 /Root 1 0 R /Prev %d /XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", old, content, lastStartxref(signed), side, at)
	return b.Bytes()
}

// twiceInStream adds an object stream that contains the page twice.
func twiceInStream(t *testing.T) []byte {
	signed := signedWith(t, stream, "")
	d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	first, second := page3("4 0 R", "").body, page3("90 0 R", "").body
	head := fmt.Sprintf("3 0 3 %d ", len(first)+1)
	b := bytes.NewBuffer(bytes.Clone(signed))
	content := b.Len()
	fmt.Fprintf(b, "90 0 obj\n%s\nendobj\n", other)
	packed := b.Len()
	fmt.Fprintf(b, "91 0 obj\n%s\nendobj\n", streamBody(fmt.Sprintf("/Type /ObjStm /N 2 /First %d", len(head)), head+first+" "+second))
	at := b.Len()
	rows := []byte{2, 0, 91, 0}
	for _, offset := range []int{content, packed, at} {
		rows = append(rows, 1, byte(offset>>8), byte(offset), 0)
	}
	fmt.Fprintf(b, "92 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", streamBody(fmt.Sprintf("/Type /XRef /Size 93 /W [1 2 1] /Index [3 1 90 3] /Root 1 0 R /Prev %d", d.Sections()[0].Offset), string(rows)), at)
	return b.Bytes()
}

// linearizedTwice returns a file with two sets of cross-references. Readers use
// the first while the length in its first object is correct, and then the last.
func linearizedTwice(t *testing.T) []byte {
	const head, gap = "%PDF-1.7\n", 700
	length := 0
	for range 4 {
		var b bytes.Buffer
		at := map[int]int{}
		b.WriteString(head)
		fmt.Fprintf(&b, "8 0 obj\n<</Linearized 1 /L %09d /H [0 0] /O 3 /E 0 /N 1 /T 0>>\nendobj\n", length)
		front := b.Len()
		b.WriteString(strings.Repeat(" ", gap))
		write := func(key, number int, body string) {
			at[key] = b.Len()
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", number, body)
		}
		for _, o := range documentOf(object{4, 0, streamBody("", shownText)}) {
			write(o.number, o.number, o.body)
		}
		write(9, 4, other)
		table := func(content int) string {
			all := "xref\n0 5\n0000000000 65535 f \n"
			for _, n := range []int{1, 2, 3, content} {
				all += fmt.Sprintf("%010d 00000 n \n", at[n])
			}
			return all + fmt.Sprintf("8 1\n%010d 00000 n \ntrailer\n<</Size 9 /Root 1 0 R", len(head))
		}
		last := b.Len()
		fmt.Fprintf(&b, "%s>>\nstartxref\n%d\n%%%%EOF\n", table(9), last)
		file := b.Bytes()
		copy(file[front:], fmt.Sprintf("%s /Prev %d>>\nstartxref\n0\n%%%%EOF\n", table(4), last))
		c := crafted("")
		c.objects[0] = form20("")
		signed := c.sign(t, file)
		if len(signed) == length {
			return signed
		}
		length = len(signed)
	}
	t.Fatal("the length of the file does not settle")
	return nil
}

// roles are documents with an object that serves two purposes and changes as
// only one of them allows.
func roles(t *testing.T) map[string][]byte {
	const box = "/Type /XObject /Subtype /Form /BBox [0 0 300 200]"
	shown, changed := streamBody(box, shownText), streamBody(box, otherText)
	resources := func(s string) object { return page3("4 0 R", "/Resources <<"+s+">>") }
	draws := func(name string) object { return object{4, 0, streamBody("", "/"+name+" Do")} }
	named := func(name string) object { return object{8, 0, "<</" + name + " 9 0 R>>"} }
	node := func(kid string) object {
		return object{7, 0, "<</Type /Pages /Parent 2 0 R /Kids [" + kid + " 0 R] /Count 1 /Subtype /Text /Rect [0 0 0 0]>>"}
	}
	store := form20("/DSS 9 0 R")
	return map[string][]byte{
		"information is drawn": extend(t, withTrailer(t, "/Info 9 0 R", resources("/XObject 8 0 R"), draws("Info"), named("Info"), object{9, 0, shown}), "/Info 9 0 R", object{9, 0, changed}),
		"metadata is drawn": later{objects: []object{{9, 0, streamBody(box+" /Type2 /Metadata", otherText)}}}.update(signedWith(t, table, "",
			form20("/Metadata 9 0 R"), resources("/XObject 8 0 R"), draws("Metadata"), named("Metadata"), object{9, 0, streamBody(box, shownText)})),
		"default resources are a graphics state": later{objects: []object{{9, 0, "<</Font <<>> /ca 0>>"}}}.update(signedWith(t, table, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [20 0 R] /DR 9 0 R>>>>"}, resources("/ExtGState 8 0 R"), named("DR"), object{9, 0, "<</Font <<>>>>"})),
		"an element is a graphics state": later{objects: []object{{9, 0, "<</Type /StructElem /S /P /P 30 0 R /K 1>>"}}}.update(signedWith(t, table, "",
			form20("/StructTreeRoot 30 0 R"), resources("/ExtGState 8 0 R"), named("K"), object{9, 0, "<</Type /StructElem /S /P /P 30 0 R>>"}, object{30, 0, "<</Type /StructTreeRoot /K 9 0 R>>"})),
		"validation data leads to the catalog": later{objects: []object{page3("90 0 R", ""), {90, 0, other}}}.update(signedWith(t, table, docMDP("1"), store, object{9, 0, "<</Type /DSS /X 1 0 R>>"})),
		"an annotation is a node of pages": later{objects: []object{node("80"), {80, 0, "<</Type /Page /Parent 7 0 R /Contents 90 0 R>>"}, {90, 0, other}}}.update(signedWith(t, table, "",
			object{2, 0, "<</Type /Pages /Kids [7 0 R] /Count 1 /MediaBox [0 0 300 200]>>"}, node("3"))),
		"the structure is the layers": later{objects: []object{{9, 0, "<</Type /StructTreeRoot /K 95 0 R /OCGs [96 0 R] /D <</OFF [96 0 R]>>>>"}}}.update(signedWith(t, table, "",
			form20("/StructTreeRoot 9 0 R /OCProperties 9 0 R"), object{9, 0, "<</Type /StructTreeRoot /K 95 0 R /OCGs [96 0 R] /D <<>>>>"},
			object{95, 0, "<</Type /StructElem /S /P /P 9 0 R>>"}, object{96, 0, "<</Type /OCG /Name (x)>>"})),
		"the structure is the outlines, too": later{objects: []object{{9, 0, "<</Type /StructTreeRoot /K 95 0 R /ParentTreeNextKey 2>>"}}}.update(signedWith(t, table, "",
			form20("/StructTreeRoot 9 0 R /Outlines 9 0 R"), object{9, 0, "<</Type /StructTreeRoot /K 95 0 R>>"},
			object{95, 0, "<</Type /StructElem /S /P /P 9 0 R>>"})),
		"a field is a layer": later{objects: []object{{9, 0, "<</FT /Tx /T (x) /V (b) /Type /OCG /Name (x)>>"}}}.update(signedWith(t, table, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 9 0 R]>>>>"},
			page3("4 0 R", "/Annots [95 0 R]"), object{95, 0, "<</Subtype /Stamp /Rect [0 0 9 9] /OC 9 0 R>>"}, object{9, 0, "<</FT /Tx /T (x) /V (a) /Type /OCG /Name (x)>>"})),
		"a parent tree's node is one of pages": later{objects: []object{{7, 0, "<</Kids [3 0 R 80 0 R] /Nums [0 3 0 R]>>"}, {80, 0, "<</Type /Page /Parent 7 0 R /Contents 90 0 R>>"}, {90, 0, other}}}.update(signedWith(t, table, "",
			form20("/StructTreeRoot 30 0 R"), object{30, 0, "<</Type /StructTreeRoot /ParentTree 7 0 R>>"},
			object{2, 0, "<</Type /Pages /Kids [7 0 R] /Count 1 /MediaBox [0 0 300 200]>>"}, object{7, 0, "<</Kids [3 0 R] /Nums [0 3 0 R]>>"})),
		"a page is a note": later{objects: []object{page3("4 0 R", "/Annots [3 0 R 91 0 R]"), {91, 0, "<</Subtype /Square /Rect [0 0 9 9]>>"}}}.update(signedWith(t, table, "",
			page3("4 0 R", "/Annots [3 0 R]"))),
		"the form's fields are content": later{objects: []object{{93, 0, "[20 0 R 94 0 R]"}, {94, 0, "<</FT /Sig /T (x) /Type /Annot /Subtype /Widget /Rect [0 0 0 0]>>"}}}.update(signedWith(t, table, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields 93 0 R>>>>"}, object{93, 0, "[20 0 R]"}, resources("/ColorSpace <</C 93 0 R>>"))),
	}
}

// withTrailer is signedWith with further entries of the trailer.
func withTrailer(t *testing.T, trailer string, objects ...object) []byte {
	c := crafted("")
	c.objects[0], c.trailer = form20(""), trailer
	return c.sign(t, sample{objects: documentOf(objects...)}.bytes())
}

// fieldsAndNotes are additions and changes to forms and pages.
func fieldsAndNotes(t *testing.T) map[string]laterCase {
	const field = "<</Type /Annot /FT /Sig /T (S2) /F 4 /P 3 0 R "
	signed, certified := signedWith(t, table, ""), signedWith(t, table, docMDP("2"))
	withField := func(file []byte, body string, more ...object) []byte {
		return later{objects: append([]object{
			{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [90 0 R 20 0 R]>>>>"},
			page3("4 0 R", "/Annots [90 0 R]"), {90, 0, field + body + ">>"},
		}, more...)}.update(file)
	}
	withKids := func(file []byte, kids string, more ...object) []byte {
		return later{objects: append([]object{
			{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 90 0 R]>>>>"},
			page3("4 0 R", "/Annots [92 0 R]"), {90, 0, "<</FT /Sig /T (S2) /Kids " + kids + ">>"},
		}, more...)}.update(file)
	}
	kid := func(subtype, parent string) object {
		return object{92, 0, "<</Type /Annot /Subtype " + subtype + " /Rect [0 0 0 0] /P 3 0 R /Parent " + parent + ">>"}
	}
	look := object{91, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 240 40]", "1 g 0 0 240 40 re f")}
	stamp := func(n int) string {
		return "<</Type /Annot /Subtype /Stamp /Rect [20 60 140 90] /F 4 /AP <</N " + strconv.Itoa(n) + " 0 R>>>>"
	}
	stamps := signedWith(t, table, docMDP("2"), page3("4 0 R", "/Annots [30 0 R 31 0 R]"),
		object{30, 0, stamp(32)}, object{31, 0, stamp(33)}, object{32, 0, look.body}, object{33, 0, look.body})
	waits := []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm 10 0 R>>"},
		{10, 0, "<</Fields [11 0 R 20 0 R] /NeedAppearances true>>"},
		{11, 0, "<</Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (999) /Rect [20 100 300 140] /F 4 /P 3 0 R>>"},
		page3("4 0 R", "/Annots [11 0 R]"),
	}
	waiting := signedWith(t, table, "", waits...)
	told, forbidden := []int{7, 8}, []int{8}
	return map[string]laterCase{
		"a field that is a polygon":      {withField(certified, "/Subtype /Polygon /Rect [0 0 0 0] /Vertices [80 160 220 160 220 200 80 200] /IC [1 1 1]"), forbidden, nil},
		"a field that is ink":            {withField(signed, "/Subtype /Ink /Rect [0 0 0 0] /InkList [[80 180 220 180]]"), forbidden, nil},
		"a field with a Rect of names":   {withField(signed, "/Subtype /Widget /Rect [/a /b /c /d] /AP <</N 91 0 R>>", look), forbidden, nil},
		"a field with an action":         {withField(signed, "/Subtype /Widget /Rect [0 0 0 0] /AA <<>>"), forbidden, nil},
		"a field of optional content":    {withField(signed, "/Subtype /Widget /Rect [0 0 0 0] /OC 92 0 R", object{92, 0, "<</Type /OCG /Name (x)>>"}), forbidden, nil},
		"a field with a value, unsigned": {withField(signed, "/Subtype /Widget /Rect [0 0 0 0] /V (x)"), []int{8, 9}, nil},
		"a field without a signature":    {withField(signed, "/Subtype /Widget /Rect [20 165 260 205] /AP <</N 91 0 R>>", look), told, []ChangeKind{ChangeForm}},
		"such a field that is a line":    {withField(signed, "/Subtype /Widget /Rect [20 165 20 205] /AP <</N 91 0 R>>", look), told, []ChangeKind{ChangeForm}},
		"one that shows nothing":         {withField(signed, "/Subtype /Widget /Rect [0 0 0 0]"), []int{0}, []ChangeKind{ChangeForm}},
		"one that is a point, and draws": {withField(signed, "/Subtype /Widget /Rect [0 0 0 0] /AP <</N 91 0 R>>", look), told, []ChangeKind{ChangeForm}},
		"one with nothing in its look":   {withField(signed, "/Subtype /Widget /Rect [0 0 0 0] /AP <</N 91 0 R>>", object{91, 0, streamBody("/Subtype /Form /BBox [0 0 9 9]", "% DSBlank\n")}), []int{0}, []ChangeKind{ChangeForm}},
		"one with a widget of its own":   {withKids(signed, "[92 0 R]", kid("/Widget", "90 0 R")), []int{0}, []ChangeKind{ChangeForm}},
		"one with two widgets":           {withKids(signed, "[92 0 R 93 0 R]", kid("/Widget", "90 0 R"), object{93, 0, kid("/Widget", "90 0 R").body}), forbidden, nil},
		"one whose kid is ink":           {withKids(signed, "[92 0 R]", kid("/Ink", "90 0 R")), forbidden, nil},
		"one whose kid is another's":     {withKids(signed, "[92 0 R]", kid("/Widget", "20 0 R")), forbidden, nil},
		"one whose kid was there":        {withKids(signed, "[20 0 R]"), []int{1, 8}, nil},
		"one whose kid acts":             {withKids(signed, "[92 0 R]", object{92, 0, strings.Replace(kid("/Widget", "90 0 R").body, "/Type", "/A <<>> /Type", 1)}), forbidden, nil},
		"a default appearance":           {later{objects: []object{{10, 0, "<</Fields [11 0 R 20 0 R] /NeedAppearances true /DA (/Helv 24 Tf 0 g)>>"}}}.update(waiting), told, []ChangeKind{ChangeForm}},
		"a font that a field waits for":  {later{objects: []object{{10, 0, "<</Fields [11 0 R 20 0 R] /NeedAppearances true /DR <</Font <</Helv 5 0 R>>>>>>"}}}.update(waiting), told, []ChangeKind{ChangeForm}},
		"annotations swapped":            {later{objects: []object{page3("4 0 R", "/Annots [31 0 R 30 0 R]")}}.update(stamps), forbidden, nil},
		"an annotation twice":            {later{objects: []object{page3("4 0 R", "/Annots [30 0 R 31 0 R 30 0 R]")}}.update(stamps), forbidden, nil},
		"a flag of an annotation":        {later{objects: []object{{30, 0, strings.Replace(stamp(32), "/F 4", "/F 2", 1)}}}.update(stamps), forbidden, nil},
		"a note":                         {later{objects: []object{page3("4 0 R", "/Annots [90 0 R]"), {90, 0, "<</Subtype /Square /Rect [0 0 99 99]>>"}}}.update(signed), []int{7}, []ChangeKind{ChangeAnnotation}},
	}
}

// TestLaterUpdates checks the verdict on every kind of update. Honest updates
// are genuine, and an update that changes the display in any reader never
// passes as unchanged.
func TestLaterUpdates(t *testing.T) {
	for _, all := range []map[string]laterCase{honest(t), hostile(t)} {
		for name, c := range all {
			r, err := verify(c.file)
			got := verdictOf(r, err)
			if !slices.Contains(c.right, got) {
				t.Errorf("%s: %d, want one of %v: %v, %v", name, got, c.right, err, r.Err())
			}
			if err != nil || c.kinds == nil {
				continue
			}
			var kinds []ChangeKind
			for _, change := range r.Signatures[0].Changes {
				kinds = append(kinds, change.Kind)
			}
			if !slices.Equal(kinds, c.kinds) && len(kinds)+len(c.kinds) > 0 {
				t.Errorf("%s: %v, want %v", name, kinds, c.kinds)
			}
		}
	}
}

// TestRulesOfUpdates breaks each structural rule alone, with nothing hidden,
// and checks the rule in the error.
func TestRulesOfUpdates(t *testing.T) {
	signed := signedWith(t, table, "")
	nothing := []object{{90, 0, "(x)"}}
	exact := later{objects: nothing}.update(signed)
	replaced := func(old, new string) []byte {
		at := bytes.LastIndex(exact, []byte(old))
		if at < len(signed) {
			t.Fatalf("no %q in the update", old)
		}
		return slices.Concat(exact[:at], []byte(new), exact[at+len(old):])
	}
	old := bytes.Index(signed, []byte("\n2 0 obj")) + 1
	outside := fmt.Appendf(bytes.Clone(signed), "xref\n2 1\n%010d 00000 n \ntrailer\n<</Size 100 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		bytes.Index(signed, []byte("\n3 0 obj"))+1, lastStartxref(signed), len(signed))
	again := fmt.Appendf(bytes.Clone(signed), "xref\n2 1\n%010d 00000 n \ntrailer\n<</Size 100 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		old, lastStartxref(signed), len(signed))
	for name, c := range map[string]struct {
		file []byte
		rule string
	}{
		"exact":                          {exact, ""},
		"an entry said again":            {again, ""},
		"startxref":                      {later{objects: nothing, start: 1}.update(signed), "offset"},
		"startxref, too small":           {later{objects: nothing, start: -1}.update(signed), ""}, // the line end before it
		"startxref, far too small":       {later{objects: nothing, start: -9}.update(signed), "unreadable"},
		"Prev":                           {later{objects: nothing, prev: 1}.update(signed), "prev"},
		"Prev of another section":        {later{objects: nothing, prev: -4000}.update(signed), "unreadable"},
		"no Size":                        {later{objects: nothing, noSize: true}.update(signed), "size"},
		"Size too small":                 {replaced("/Size 100", "/Size 90"), "size"},
		"an entry for something else":    {outside, "outside"},
		"an object that is not listed":   {later{objects: nothing, hidden: "91 0 obj\n(y)\nendobj\n"}.update(signed), "bytes"},
		"bytes that are none":            {later{objects: nothing, hidden: "hello\n"}.update(signed), "bytes"},
		"a comment":                      {later{objects: nothing, hidden: "%hello\n"}.update(signed), ""},
		"a comment like the end":         {later{objects: nothing, hidden: "%startxref\n"}.update(signed), "bytes"},
		"an offset inside":               {replaced(fmt.Sprintf("%010d 00000 n", len(signed)), fmt.Sprintf("%010d 00000 n", len(signed)+1)), "unreadable"},
		"a long way to endstream":        {later{objects: []object{{90, 0, "<</Length 1>>\nstream\nx\n\n\n\nendstream"}}}.update(signed), "length"},
		"a stream of no section":         {later{objects: []object{{90, 0, streamBody("/Type /XRef /Size 1 /W [1 1 1] /Root 1 0 R", "")}}}.update(signed), "section"},
		"an object stream":               {later{objects: []object{{90, 0, streamBody("/Type /ObjStm /N 1 /First 5", "91 0 (x)")}}}.update(signed), "object-stream"},
		"a hidden object":                {later{objects: []object{{90, 0, "(91 0 obj)"}}}.update(signed), "hidden"},
		"a hidden trailer":               {later{objects: []object{{90, 0, "(trailer)"}}}.update(signed), "hidden"},
		"far from the end":               {append(bytes.Clone(exact), strings.Repeat("\n", 1100)...), "end"},
		"bytes behind the end":           {append(bytes.Clone(exact), "x"...), "bytes"},
		"only bytes behind the end":      {append(bytes.Clone(signed), "x"...), "bytes"},
		"only blanks behind the end":     {append(bytes.Clone(signed), " \r\n"...), ""},
		"only many blanks":               {append(bytes.Clone(signed), strings.Repeat(" ", 1100)...), "end"},
		"a null behind startxref":        {replaced("startxref\n", "startxref\x00"), "startxref"},
		"a null between objects":         {later{objects: nothing, hidden: "\x00"}.update(signed), "bytes"},
		"a comment in the table":         {replaced("xref\n90 1", "xref %c\n90 1"), "section"},
		"a hybrid that contradicts":      {hybridTwice(t, signed), "hybrid"},
		"linearized":                     {append(linearizedTwice(t), '\n'), "linearized"},
		"linearized, as it was signed":   {linearizedTwice(t), ""},
		"a generation that does not fit": {later{objects: nothing}.update(signedWith(t, table, "", page3("4 1 R", ""))), "generation"},
	} {
		r, err := verify(c.file)
		if err == nil {
			err = r.Err()
		}
		rule := ""
		if inexact, ok := errors.AsType[*UpdateError](err); ok {
			rule = inexact.Rule
		} else if err != nil {
			rule = "unreadable"
		}
		if rule != c.rule {
			t.Errorf("%s: %q, want %q: %v", name, rule, c.rule, err)
		}
	}
}

// TestToukiIntactByChanges checks the item intact of the registry's checklist.
// Further signatures and timestamps leave it met.
func TestToukiIntactByChanges(t *testing.T) {
	signed := signedWith(t, table, "")
	note := []object{page3("4 0 R", "/Annots [90 0 R]"), {90, 0, "<</Subtype /Square /Rect [0 0 99 99]>>"}}
	for name, c := range map[string]struct {
		file []byte
		want Answer
	}{
		"nothing":             {signed, Met},
		"validation data":     {later{objects: dss()}.update(signed), Met},
		"another signature":   {mustSign(t, signed, Options{}), Met},
		"a note":              {later{objects: note}.update(signed), NotMet},
		"data of no use":      {later{objects: []object{{90, 0, "(x)"}}}.update(signed), NotMet},
		"content":             {later{objects: []object{{4, 0, other}}}.update(signed), NotMet},
		"what cannot be told": {later{objects: note, prev: 1}.update(signed), CannotSay},
	} {
		list := mustVerify(t, c.file).Signatures[0].Touki()
		if got := list[len(list)-1]; got.Item != ToukiIntact || got.Answer != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestUnchanged checks the condition of the option --unchanged.
func TestUnchanged(t *testing.T) {
	signed := signedWith(t, table, "")
	for name, c := range map[string]struct {
		file []byte
		want bool
	}{
		"nothing":             {signed, true},
		"a line end":          {append(bytes.Clone(signed), '\n'), true},
		"validation data":     {later{objects: dss()}.update(signed), true},
		"another signature":   {mustSign(t, signed, Options{}), false},
		"data of no use":      {later{objects: []object{{90, 0, "(x)"}}}.update(signed), false},
		"what cannot be told": {append(bytes.Clone(signed), 'x'), false},
	} {
		if got := mustVerify(t, c.file).Signatures[0].Unchanged(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
