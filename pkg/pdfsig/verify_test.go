package pdfsig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

func verify(file []byte) (*Report, error) { return Verify(bytes.NewReader(file), int64(len(file))) }

func mustVerify(t testing.TB, file []byte) *Report {
	t.Helper()
	r, err := verify(file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifyOwn(t *testing.T) {
	for name, s := range samples() {
		if strings.HasPrefix(name, "certified") {
			continue // their certification is none
		}
		file := s.bytes()
		if _, err := verify(file); !errors.Is(err, ErrNoSignature) {
			t.Errorf("%s, unsigned: %v", name, err)
		}
		for n := 1; n <= 3; n++ {
			file = mustSign(t, file, Options{})
			report := mustVerify(t, file)
			if err := report.Err(); err != nil || len(report.Signatures) != n {
				t.Errorf("%s: %d signatures, %v", name, len(report.Signatures), err)
				continue
			}
			for i, s := range report.Signatures {
				last := i == n-1
				if s.Whole != last || last != (s.Changes.Level == Unchanged) || !last && s.Changes.Level != SignatureAdded {
					t.Errorf("%s: signature %d of %d is whole: %v, changes: %v", name, i+1, n, s.Whole, s.Changes)
				}
				if s.Name != holder || !s.ClaimedTime.Equal(clock) || s.Kind != Approval || !s.CMS.Certificate.Equal(signer().Certificate) {
					t.Errorf("%s: %q at %v, %v", name, s.Name, s.ClaimedTime, s.Kind)
				}
			}
		}
	}
}

func TestNothingIsNotGood(t *testing.T) {
	for name, r := range map[string]*Report{"nil": nil, "zero": {}} {
		if !errors.Is(r.Err(), ErrNoSignature) {
			t.Errorf("%s report: %v", name, r.Err())
		}
	}
	if err := (Signature{}).Err(); err == nil {
		t.Error("the zero signature is good")
	}
	if err := (&Report{Signatures: make([]Signature, 1)}).Err(); err == nil {
		t.Error("a report with a zero signature is good")
	}
	if _, err := verify(fieldFile("", table)); !errors.Is(err, ErrNoSignature) {
		t.Errorf("an empty signature field: %v", err)
	}
	for text, want := range map[string]error{"": ErrNotPDF, "hello": ErrNotPDF, string(sample{objects: documentOf(), trailer: "/Encrypt 1 0 R"}.bytes()): ErrEncryption} {
		if _, err := verify([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
}

// TestEveryByteCounts changes every byte of small signed files, whose CMS has
// no zeros behind it.
func TestEveryByteCounts(t *testing.T) {
	for name, k := range map[string]kind{"table": table, "stream": stream} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			der := find(t, mustSign(t, formFile(k), Options{}))[0].der(t)
			file, err := signInto(len(der), formFile(k), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := mustVerify(t, file).Err(); err != nil {
				t.Fatal(err)
			}
			for i := range file {
				flip := []byte{0x01, 0x80}[i%2]
				file[i] ^= flip
				if r, err := verify(file); err == nil && r.Err() == nil {
					t.Errorf("byte %d (%q) changed, and all is good", i, file[max(0, i-10):min(i+10, len(file))])
				}
				file[i] ^= flip
			}
		})
	}
}

// TestEveryCut cuts a file that was signed twice at nearly every length. None but the
// first revision is good.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	once := mustSign(t, formFile(table), Options{})
	twice := mustSign(t, once, Options{})
	for n := 0; n < len(twice); n++ {
		if n%1000 == 500 && len(once)-n > 600 {
			n += 400 // inside Contents: much of the same
		}
		r, err := verify(twice[:n])
		if err == nil && r.Err() == nil && n != len(once) {
			t.Errorf("cut to %d of %d and %d, all is good", n, len(once), len(twice))
		}
	}
}

func TestExtendedFile(t *testing.T) {
	file := mustSign(t, formFile(table), Options{})
	for added, good := range map[string]bool{"\n": true, "\r\n \x00\x00": true, "x": false, "%%EOF\n": false, "\n\n\n1 0 obj\n": false} {
		if err := mustVerify(t, append(file[:len(file):len(file)], added...)).Err(); (err == nil) != good {
			t.Errorf("%q added: %v", added, err)
		}
	}
}

// TestLaterChanges appends what is allowed and what is not to files signed
// with each permission.
func TestLaterChanges(t *testing.T) {
	const form = "/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>>"
	catalog := func(s string) object { return object{1, 0, "<</Type /Catalog /Pages 2 0 R " + s + ">>"} }
	page := func(s string) object { return object{3, 0, "<</Type /Page /Parent 2 0 R " + s + ">>"} }
	text := func(s string) object {
		return object{6, 0, "<</FT /Tx /T (name) /Type /Annot /Subtype /Widget /P 3 0 R " + s + ">>"}
	}
	const annots = "/Contents 4 0 R /Annots [6 0 R 11 0 R]"
	filled := text("/V (b) /Rect [10 10 100 30] /F 4 /AP <</N 10 0 R>>")
	newField := "<</FT /Sig /T (T) /Type /Annot /Subtype /Widget /P 3 0 R /F 132 "

	for name, c := range map[string]struct {
		objects []object
		want    Change
	}{
		"validation data":               {[]object{catalog(form + " /DSS <</Certs [30 0 R]>>"), {30, 0, streamBody("", "x")}}, ValidationAdded},
		"metadata":                      {[]object{catalog(form + " /Metadata 30 0 R"), {30, 0, streamBody("/Type /Metadata", "x")}}, SignatureAdded},
		"unused object":                 {[]object{{30, 0, "(hello)"}}, SignatureAdded},
		"empty field added":             {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, newField + "/Rect [0 0 0 0]>>"}}, SignatureAdded},
		"visible field added":           {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, newField + "/Rect [0 0 300 200]>>"}}, VisibleSignatureAdded},
		"field filled":                  {[]object{filled}, FormFilled},
		"field's appearance":            {[]object{filled, {10, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 90 20]", "1 0 0 rg")}}, FormFilled},
		"note added":                    {[]object{page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, "<</Subtype /Square /Rect [0 0 300 200]>>"}}, AnnotationsChanged},
		"note changed":                  {[]object{{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (other)>>"}}, AnnotationsChanged},
		"note removed":                  {[]object{page("/Contents 4 0 R /Annots [6 0 R]")}, AnnotationsChanged},
		"note freed":                    {[]object{page("/Contents 4 0 R /Annots [6 0 R]"), {11, 1, ""}}, AnnotationsChanged},
		"content stream":                {[]object{{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 900 yen) Tj ET")}}, ContentChanged},
		"content of the same size":      {[]object{{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 999 yen) Tj ET")}}, ContentChanged},
		"content freed":                 {[]object{{4, 1, ""}}, ContentChanged},
		"other content":                 {[]object{page("/Contents 30 0 R /Annots [6 0 R 11 0 R]"), {30, 0, streamBody("", "0 0 9 9 re f")}}, ContentChanged},
		"page rotated":                  {[]object{page(annots + " /Rotate 180")}, ContentChanged},
		"page size inherited":           {[]object{{2, 0, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 30 20]>>"}}, ContentChanged},
		"page added":                    {[]object{{2, 0, "<</Type /Pages /Kids [3 0 R 30 0 R] /Count 2>>"}, {30, 0, "<</Type /Page /Parent 2 0 R>>"}}, ContentChanged},
		"other page tree":               {[]object{{1, 0, "<</Type /Catalog /Pages 30 0 R " + form + ">>"}, {30, 0, "<</Type /Pages /Kids [3 0 R] /Count 1>>"}}, ContentChanged},
		"open action":                   {[]object{catalog(form + " /OpenAction <</S /JavaScript /JS (x)>>")}, ContentChanged},
		"field moved":                   {[]object{text("/V (a) /Rect [50 10 140 30] /F 4 /AP <</N 10 0 R>>")}, ContentChanged},
		"field hidden":                  {[]object{text("/V (a) /Rect [10 10 100 30] /F 6 /AP <</N 10 0 R>>")}, ContentChanged},
		"field gets an action":          {[]object{text("/V (a) /Rect [10 10 100 30] /F 4 /AP <</N 10 0 R>> /AA <<>>")}, ContentChanged},
		"field removed":                 {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R]>>")}, ContentChanged},
		"widget removed":                {[]object{page("/Contents 4 0 R /Annots [11 0 R]")}, ContentChanged},
		"text field added":              {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), {30, 0, "<</FT /Tx /T (x)>>"}}, ContentChanged},
		"note becomes a field":          {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 11 0 R]>>"), {11, 0, "<</FT /Sig /T (x) /Subtype /Widget /Rect [0 0 0 0]>>"}}, ContentChanged},
		"XFA":                           {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R] /XFA (x)>>")}, ContentChanged},
		"missing object appears":        {[]object{{12, 0, streamBody("", "0 0 300 200 re f")}}, ContentChanged},
		"appearance of a signature":     {[]object{{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 300 200] /P 3 0 R /F 132 /AP <</N 30 0 R>>>>"}, {30, 0, streamBody("", "x")}}, ContentChanged},
		"content of another generation": {[]object{{4, 1, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 100 yen) Tj ET")}}, ContentChanged},
		"note becomes a widget":         {[]object{{11, 0, "<</Type /Annot /Subtype /Widget /Rect [1 1 9 9]>>"}}, ContentChanged},
		"note becomes a number":         {[]object{{11, 0, "5"}}, ContentChanged},
		"field with an action added":    {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), {30, 0, newField + "/Rect [0 0 0 0] /A <<>>>>"}}, ContentChanged},
		"only its appearance":           {[]object{{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132 /AP <</N 30 0 R>>>>"}, {30, 0, streamBody("", "x")}}, ContentChanged},
		"used as content, too":          {[]object{{13, 0, streamBody("/Type /XObject /Subtype /Form", "changed")}}, ContentChanged},
		"metadata shown as content":     {[]object{{14, 0, streamBody("/Type /Metadata", "changed")}}, ContentChanged},
	} {
		for _, k := range []kind{table, stream} {
			for _, p := range []Permission{0, 1, 2, 3} {
				// prepared for attack: page 15 of no tree uses what is missing, an
				// appearance, and metadata; in a real attack it would be the page
				base := formFile(k,
					object{15, 0, "<</Type /Page /Contents [12 0 R 13 0 R 14 0 R]>>"},
					object{13, 0, streamBody("/Type /XObject /Subtype /Form", "")},
					object{16, 0, "<</Subtype /Stamp /AP <</N 13 0 R>>>>"},
					object{14, 0, streamBody("/Type /Metadata", "")},
					object{17, 0, "<</Metadata 14 0 R>>"})
				entries := ""
				if p > 0 {
					entries = docMDP(itoa(int(p)))
				}
				signed := crafted(entries).sign(t, base)
				if err := mustVerify(t, signed).Err(); err != nil {
					t.Fatalf("%s: before: %v", name, err)
				}
				report := mustVerify(t, extend(t, signed, "", c.objects...))
				s := report.Signatures[0]
				if s.Changes.Level != c.want {
					t.Errorf("%s: %v, want %v: %q", name, s.Changes.Level, c.want, s.Changes.Details)
				}
				if s.Permission != p || (p > 0) != (s.Kind == Certification) {
					t.Errorf("%s: permission %v, kind %v", name, s.Permission, s.Kind)
				}
				err := report.Err()
				if allowed := c.want <= p.allowed(); allowed != (err == nil) || !allowed && !errors.Is(err, cms.HashFailure) {
					t.Errorf("%s with permission %d: %v", name, p, err)
				}
			}
		}
	}
}

// TestSharedObjects changes objects that serve two purposes, of which one
// would let them change: the way a document is prepared to show something else
// later. Beside each is one that serves the harmless purpose alone.
func TestSharedObjects(t *testing.T) {
	const info = "/Info 40 0 R"
	form := "/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>> /DSS 41 0 R"
	page := object{45, 0, "<</Type /Page /Contents %s /Resources %s>>"}
	with := func(contents, resources string) object {
		return object{page.number, 0, fmt.Sprintf(page.body, contents, resources)}
	}
	base := []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R " + form + ">>"},
		{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots 44 0 R>>"},
		{40, 0, "<</Title (a) /Font <<>>>>"},
		{41, 0, "<</Certs 42 0 R>>"},
		{42, 0, "[43 0 R]"},
		{43, 0, streamBody("", "certificate")},
		{44, 0, "[6 0 R 11 0 R 20 0 R]"},
		{46, 0, "[11 0 R]"},
		{22, 0, streamBody("/Subtype /Form", "the signer")},
		{50, 0, "<</Subtype /Stamp /Rect [0 0 9 9] /AP <</N 51 0 R>>>>"},
		{51, 0, streamBody("/Subtype /Form", "a stamp")},
		{52, 0, "<</Subtype /Stamp /Rect [0 0 9 9] /AP <</N 53 0 R>> /Sound 53 0 R>>"},
		{53, 0, streamBody("/Subtype /Form", "a stamp")},
	}
	signature := crafted("")
	signature.objects[0] = base[0]
	signature.objects[1] = object{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 50 50] /P 3 0 R /F 132 /AP <</N 22 0 R>>>>"}
	signature.trailer = info

	note := object{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (other)>>"}
	newInfo := object{40, 0, "<</Title (b) /Font <</F 1 0 R>>>>"}
	newCerts := object{42, 0, "[43 0 R 47 0 R]"}
	newAnnots := object{44, 0, "[6 0 R 11 0 R 20 0 R 47 0 R]"}
	square := object{47, 0, "<</Subtype /Square /Rect [0 0 9 9]>>"}
	for name, c := range map[string]struct {
		page    object
		changes []object
		want    Change
	}{
		"information":                 {with("null", "null"), []object{newInfo}, SignatureAdded},
		"information as resources":    {with("null", "40 0 R"), []object{newInfo}, ContentChanged},
		"validation data":             {with("null", "null"), []object{newCerts, {47, 0, streamBody("", "")}}, ValidationAdded},
		"validation data as content":  {with("42 0 R", "null"), []object{newCerts, {47, 0, streamBody("", "")}}, ContentChanged},
		"certificate":                 {with("null", "null"), []object{{43, 0, streamBody("", "other")}}, ContentChanged},
		"annotations":                 {with("null", "null"), []object{newAnnots, square}, AnnotationsChanged},
		"annotations as content":      {with("44 0 R", "null"), []object{newAnnots, square}, ContentChanged},
		"note in an array":            {with("null", "null"), []object{note}, AnnotationsChanged},
		"note in a content array":     {with("46 0 R", "null"), []object{note}, ContentChanged},
		"the signature's appearance":  {with("null", "null"), []object{{22, 0, streamBody("/Subtype /Form", "another")}}, ContentChanged},
		"a stamp's appearance":        {with("null", "null"), []object{{51, 0, streamBody("/Subtype /Form", "another")}}, AnnotationsChanged},
		"and its sound":               {with("null", "null"), []object{{53, 0, streamBody("/Subtype /Form", "another")}}, ContentChanged},
		"form and annotation as well": {with("null", "null"), []object{note, newInfo, newCerts}, AnnotationsChanged},
	} {
		objects := append([]object{c.page}, base...)
		if c.page.body == with("null", "null").body { // the array 46 belongs to nothing then
			objects = slices.DeleteFunc(objects, func(o object) bool { return o.number == 46 })
		}
		signed := signature.sign(t, formFile(table, objects...))
		s := mustVerify(t, extend(t, signed, info, c.changes...)).Signatures[0]
		if s.Changes.Level != c.want || (s.Err() == nil) != (c.want < ContentChanged) {
			t.Errorf("%s: %v, want %v: %q, %v", name, s.Changes.Level, c.want, s.Changes.Details, s.Err())
		}
	}
}

// TestTaggedFiles changes the structure tree, and what only looks like it.
func TestTaggedFiles(t *testing.T) {
	signature := crafted("")
	signature.objects[0].body = "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>> /StructTreeRoot 40 0 R>>"
	base := []object{
		{40, 0, "<</Type /StructTreeRoot /K 41 0 R /ParentTree 42 0 R>>"},
		{41, 0, "<</Type /StructElem /S /Document /P 40 0 R /K 43 0 R>>"},
		{42, 0, "<</Nums 44 0 R>>"},
		{43, 0, "[0 1]"},
		{44, 0, "[0 41 0 R]"},
		{45, 0, "<</Type /Page /Contents 46 0 R /Resources <</XObject 47 0 R>>>>"},
		{46, 0, "[4 0 R]"},
		{47, 0, "<</Type /StructElem /F 10 0 R>>"},
		{48, 0, "<</Kids [49 0 R]>>"},
		{49, 0, "<</Kids [3 0 R]>>"},
	}
	signed := signature.sign(t, formFile(table, base...))
	for name, c := range map[string]struct {
		change object
		want   Change
	}{
		"root":                {object{40, 0, "<</Type /StructTreeRoot /K 41 0 R /ParentTree 42 0 R /ParentTreeNextKey 2>>"}, AnnotationsChanged},
		"element":             {object{41, 0, "<</Type /StructElem /S /Document /P 40 0 R /K 43 0 R /Alt (x)>>"}, AnnotationsChanged},
		"parent tree":         {object{42, 0, "<</Nums 44 0 R /Limits [0 1]>>"}, AnnotationsChanged},
		"kids":                {object{43, 0, "[0 1 2]"}, AnnotationsChanged},
		"numbers":             {object{44, 0, "[0 41 0 R 1 41 0 R]"}, AnnotationsChanged},
		"tab order":           {object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R] /Tabs /S>>"}, AnnotationsChanged},
		"page's structure":    {object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R] /StructParents 1>>"}, ContentChanged},
		"content array":       {object{46, 0, "[4 0 R 10 0 R]"}, ContentChanged},
		"resources as a part": {object{47, 0, "<</Type /StructElem /F 4 0 R>>"}, ContentChanged},
		"node of a page tree": {object{49, 0, "<</Kids [3 0 R 45 0 R]>>"}, ContentChanged},
		"another type":        {object{41, 0, "<</Type /Page /P 40 0 R>>"}, ContentChanged},
	} {
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if s.Changes.Level != c.want || (s.Err() == nil) != (c.want < ContentChanged) {
			t.Errorf("%s: %v, want %v: %q", name, s.Changes.Level, c.want, s.Changes.Details)
		}
	}
}

// TestDefaultResources changes what fields take their fonts from, as iText
// (FRM is new) and PDFBox (FRM is another one) do when they sign a second time,
// and as somebody does who wants other text to show.
func TestDefaultResources(t *testing.T) {
	catalog := func(form string) object {
		return object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R] " + form + ">>>>"}
	}
	const inline = "/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"
	for name, c := range map[string]struct {
		before string
		more   []object // beside, when it is signed
		change object
		want   Change
	}{
		"none before":               {"", nil, catalog(inline), SignatureAdded},
		"a category":                {"/DR <</Font <</F 40 0 R>>>>", nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"), SignatureAdded},
		"another XObject":           {inline, nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 13 0 R>> /ProcSet [/PDF]>>"), SignatureAdded},
		"another ProcSet":           {inline, nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF /Text]>>"), SignatureAdded},
		"a font":                    {inline, nil, catalog("/DR <</Font <</F 40 0 R /G 41 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), SignatureAdded},
		"another font":              {inline, nil, catalog("/DR <</Font <</F 41 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), ContentChanged},
		"a font less":               {inline, nil, catalog("/DR <</Font <<>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), ContentChanged},
		"fonts less":                {inline, nil, catalog("/DR <</XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), ContentChanged},
		"all less":                  {inline, nil, catalog(""), ContentChanged},
		"the font":                  {inline, nil, object{40, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Courier>>"}, ContentChanged},
		"object":                    {"/DR 42 0 R", nil, object{42, 0, "<</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"}, SignatureAdded},
		"object, another font":      {"/DR 42 0 R", nil, object{42, 0, "<</Font <</F 41 0 R>>>>"}, ContentChanged},
		"object of a page, too":     {"/DR 42 0 R", []object{{45, 0, "<</Type /Page /Resources 42 0 R>>"}}, object{42, 0, "<</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"}, ContentChanged},
		"fonts":                     {"/DR <</Font 43 0 R>>", nil, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, SignatureAdded},
		"fonts of the object":       {"/DR 46 0 R", nil, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, SignatureAdded},
		"of the object, another":    {"/DR 46 0 R", nil, object{43, 0, "<</F 41 0 R>>"}, ContentChanged},
		"of the object of a page":   {"/DR 46 0 R", []object{{45, 0, "<</Type /Page /Resources 46 0 R>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, ContentChanged},
		"of the object and another": {"/DR 46 0 R", []object{{45, 0, "<</Font 43 0 R>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, ContentChanged},
		"fonts, another":            {"/DR <</Font 43 0 R>>", nil, object{43, 0, "<</F 41 0 R>>"}, ContentChanged},
		"fonts of a page, too":      {"/DR <</Font 43 0 R>>", []object{{45, 0, "<</Type /Page /Resources <</Font 43 0 R>>>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, ContentChanged},
		"XObjects":                  {"/DR <</XObject 44 0 R>>", nil, object{44, 0, "<</FRM 13 0 R>>"}, SignatureAdded},
		"XObjects of a page, too":   {"/DR <</XObject 44 0 R>>", []object{{45, 0, "<</Type /Page /Resources <</XObject 44 0 R>>>>"}}, object{44, 0, "<</FRM 13 0 R>>"}, ContentChanged},
		"no dictionary any more":    {"/DR <</Font 43 0 R>>", nil, object{43, 0, "null"}, ContentChanged},
	} {
		signature := crafted("")
		signature.objects[0] = catalog(c.before)
		resources := object{46, 0, "null"}
		if strings.Contains(c.before, "46 0 R") { // else it would use 43, too
			resources.body = "<</Font 43 0 R>>"
		}
		signed := signature.sign(t, formFile(table, append([]object{
			{13, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "")},
			{40, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"},
			{41, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>"},
			{42, 0, "<</Font <</F 40 0 R>>>>"},
			{43, 0, "<</F 40 0 R>>"},
			{44, 0, "<</FRM 10 0 R>>"},
			resources,
		}, c.more...)...))
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if s.Changes.Level != c.want || (s.Err() == nil) != (c.want < ContentChanged) {
			t.Errorf("%s: %v, want %v: %q, %v", name, s.Changes.Level, c.want, s.Changes.Details, s.Err())
		}
	}
}

// TestAppearancesApart has appearance dictionaries that are objects of their
// own, as PDFBox writes them, and fills in the fields.
func TestAppearancesApart(t *testing.T) {
	const streamOf = "/Type /XObject /Subtype /Form /BBox [0 0 90 20]"
	text := func(n int, name string) object {
		return object{n, 0, "<</FT /Tx /T (" + name + ") /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4 /AP 40 0 R>>"}
	}
	signature := crafted(`/Reference [<</TransformMethod /FieldMDP /TransformParams <</Action /Include /Fields [(locked)]>>>>]`)
	signature.objects[0] = object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 7 0 R]>>>>"}
	signature.objects[1] = object{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 50 50] /P 3 0 R /F 132 /AP 42 0 R>>"}
	stream := object{41, 0, streamBody(streamOf, "1 0 0 rg")}
	dictionary := object{40, 0, "<</N 10 0 R>>"}
	for name, c := range map[string]struct {
		field, other string // the name of a field that has the appearance, and something else that uses it
		change       object
		want         Change
	}{
		"stream":                       {"open", "null", stream, FormFilled},
		"dictionary":                   {"open", "null", dictionary, FormFilled},
		"no dictionary any more":       {"open", "null", object{40, 0, streamBody(streamOf, "1 0 0 rg")}, ContentChanged},
		"stream of a locked field":     {"locked", "null", stream, ContentChanged},
		"dictionary of a locked field": {"locked", "null", dictionary, ContentChanged},
		"stream of the signature":      {"open", "null", object{43, 0, streamBody(streamOf, "1 0 0 rg")}, ContentChanged},
		"dictionary of the signature":  {"open", "null", object{42, 0, "<</N 10 0 R>>"}, ContentChanged},
		"stream of a page, too":        {"open", "<</Type /Page /Contents 41 0 R>>", stream, ContentChanged},
		"stream of another N":          {"open", "<</X <</N 41 0 R>>>>", stream, ContentChanged},
		"dictionary of a page, too":    {"open", "<</Type /Page /Resources 40 0 R>>", dictionary, ContentChanged},
		"through one of a page, too":   {"open", "<</Type /Page /Resources 40 0 R>>", stream, ContentChanged},
		"of the signature as well":     {"open", "<</FT /Sig /T (x) /AP 40 0 R>>", stream, ContentChanged},
		"of a note as well":            {"open", "<</Subtype /Stamp /Rect [0 0 9 9] /AP 40 0 R>>", stream, AnnotationsChanged},
	} {
		signed := signature.sign(t, formFile(table,
			text(7, c.field),
			object{40, 0, "<</N 41 0 R>>"},
			object{41, 0, streamBody(streamOf, "0 0 1 rg")},
			object{42, 0, "<</N 43 0 R>>"},
			object{43, 0, streamBody(streamOf, "0 1 0 rg")},
			object{44, 0, c.other}))
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if s.Changes.Level != c.want || (s.Err() == nil) != (c.want < ContentChanged) {
			t.Errorf("%s: %v, want %v: %q, %v", name, s.Changes.Level, c.want, s.Changes.Details, s.Err())
		}
	}
}

// TestNumbersRewritten has what programs do to the numbers of objects that they
// write anew: mupdf leaves out zeros, PDFBox makes real numbers of a Rect, and
// an empty one where a signature shows nothing.
func TestNumbersRewritten(t *testing.T) {
	page := func(box string) object {
		return object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R 7 0 R] /MediaBox [" + box + "]>>"}
	}
	field := func(rect, value string) object {
		return object{7, 0, "<</FT /Sig /T (empty) /Type /Annot /Subtype /Widget /P 3 0 R /F 4 /Rect [" + rect + "] " + value + ">>"}
	}
	signature := crafted("")
	signature.objects[0] = object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 7 0 R]>>>>"}
	signed := signature.sign(t, formFile(table, page("0 0 300.0 200.50"), field("50.0 60 100 90.50", "")))
	const value = "/V <</Type /Sig>>"
	for name, c := range map[string]struct {
		change object
		want   Change
	}{
		"page":                     {page("0 0 300 200.5"), SignatureAdded},
		"page, integers as reals":  {page("0.0 0.0 300.0 200.50"), ContentChanged},
		"page, another size":       {page("0 0 300 200"), ContentChanged},
		"field":                    {field("50 60 100 90.5", value), SignatureAdded},
		"field, integers as reals": {field("50.0 60.0 100.0 90.50", value), SignatureAdded},
		"field, another place":     {field("50 61 100 90.5", value), VisibleSignatureAdded},
		"field, moved the least":   {field("50.0 60.001 100.0 90.50", value), VisibleSignatureAdded},
		"field, no place":          {field("0.0 0.0 0.0 0.0", value), SignatureAdded},
		"field, malformed place":   {field("0 0 0", value), VisibleSignatureAdded},
		"field, moved, unsigned":   {field("50 61 100 90.5", ""), ContentChanged},
		"field, moved, an action":  {field("50 61 100 90.5", value+" /AA <<>>"), ContentChanged},
	} {
		all := mustVerify(t, extend(t, signed, "", c.change)).Signatures
		s := all[slices.IndexFunc(all, func(s Signature) bool { return s.Field == "S" })]
		if s.Changes.Level != c.want || (s.Err() == nil) != (c.want < ContentChanged) {
			t.Errorf("%s: %v, want %v: %q, %v", name, s.Changes.Level, c.want, s.Changes.Details, s.Err())
		}
	}
}

// TestGravestIsNamed wants the failure to say what broke the signature, not
// what came after.
func TestGravestIsNamed(t *testing.T) {
	signed := mustSign(t, formFile(table), Options{})
	forged := extend(t, signed, "", object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Rotate 90 /Annots [6 0 R]>>"})
	err := mustVerify(t, forged).Err()
	if err == nil || !strings.Contains(err.Error(), "Rotate was changed") {
		t.Error(err)
	}
}

func TestLocks(t *testing.T) {
	lock := func(s string) string {
		return "/Reference [<</TransformMethod /FieldMDP /TransformParams <<" + s + ">>>>]"
	}
	filled := object{6, 0, "<</FT /Tx /T (name) /V (b) /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4 /AP <</N 10 0 R>>>>"}
	for rules, good := range map[string]bool{
		"":                   true,
		lock("/Action /All"): false,
		lock("/Action /Include /Fields [(name)]"): false,
		lock("/Action /Include /Fields [(nam)]"):  true,
		lock("/Action /Exclude /Fields [(name)]"): true,
		lock("/Action /Exclude /Fields [(x)]"):    false,
	} {
		signed := crafted(rules).sign(t, formFile(table))
		if err := mustVerify(t, extend(t, signed, "", filled)).Err(); (err == nil) != good {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

// TestCertificationHoldsForLater wants the certification of the first to bind
// what comes after the second.
func TestCertificationHoldsForLater(t *testing.T) {
	signed := mustSign(t, crafted(docMDP("2")).sign(t, formFile(table)), Options{})
	note := object{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (other)>>"}
	if err := mustVerify(t, signed).Err(); err != nil {
		t.Fatal(err)
	}
	for _, s := range mustVerify(t, extend(t, signed, "", note)).Signatures {
		if !errors.Is(s.Err(), cms.HashFailure) {
			t.Errorf("%s: %v", s.Field, s.Err())
		}
	}
}

func TestContentChangedBetweenSignatures(t *testing.T) {
	original := "BT /F 24 Tf 20 100 Td (Contract: 100 yen) Tj ET"
	once := mustSign(t, formFile(table), Options{})
	forged := extend(t, once, "", object{4, 0, streamBody("", strings.Replace(original, "100 yen", "900 yen", 1))})
	twice := mustSign(t, forged, Options{})
	restored := extend(t, twice, "", object{4, 0, streamBody("", original)})
	r := mustVerify(t, twice)
	if !errors.Is(r.Signatures[0].Err(), cms.HashFailure) || r.Signatures[1].Err() != nil {
		t.Errorf("forged before the second signature: %v", r.Err())
	}
	for _, s := range mustVerify(t, restored).Signatures {
		if !errors.Is(s.Err(), cms.HashFailure) {
			t.Errorf("restored: %s: %v", s.Field, s.Err())
		}
	}
}
