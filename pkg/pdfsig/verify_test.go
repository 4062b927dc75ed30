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

// level returns the highest level of the changes after a signature.
func level(s Signature) Level {
	gravest, _ := s.Changes.MostSevere()
	return gravest.Level
}

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
			continue // their certification is fake
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
				if s.Whole != last || last != (len(s.Changes) == 0) || !last && level(s) != LevelSignature {
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

// TestEveryByteCounts changes every byte of small signed files. Their CMS has
// no padding zeros.
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

// TestEveryCut cuts a file with two signatures at nearly every length. Only the
// first revision is good.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	once := mustSign(t, formFile(table), Options{})
	twice := mustSign(t, once, Options{})
	for n := 0; n < len(twice); n++ {
		if n%1000 == 500 && len(once)-n > 600 {
			n += 400 // inside Contents the results are alike
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

// TestLaterChanges appends allowed and forbidden changes to files signed with
// each permission.
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
		want    Level
	}{
		"validation data":               {[]object{catalog(form + " /DSS <</Certs [30 0 R]>>"), {30, 0, streamBody("", "x")}}, LevelNone},
		"metadata":                      {[]object{catalog(form + " /Metadata 30 0 R"), {30, 0, streamBody("/Type /Metadata", "x")}}, LevelSignature},
		"unused object":                 {[]object{{30, 0, "(hello)"}}, LevelSignature},
		"empty field added":             {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, newField + "/Rect [0 0 0 0]>>"}}, LevelSignature},
		"visible field added":           {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, newField + "/Rect [0 0 300 200]>>"}}, LevelAnnotation},
		"field filled":                  {[]object{filled}, LevelForm},
		"field's appearance":            {[]object{filled, {10, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 90 20]", "1 0 0 rg")}}, LevelForm},
		"note added":                    {[]object{page("/Contents 4 0 R /Annots [6 0 R 11 0 R 30 0 R]"), {30, 0, "<</Subtype /Square /Rect [0 0 300 200]>>"}}, LevelAnnotation},
		"note changed":                  {[]object{{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (other)>>"}}, LevelAnnotation},
		"note removed":                  {[]object{page("/Contents 4 0 R /Annots [6 0 R]")}, LevelAnnotation},
		"note freed":                    {[]object{page("/Contents 4 0 R /Annots [6 0 R]"), {11, 1, ""}}, LevelAnnotation},
		"content stream":                {[]object{{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 900 yen) Tj ET")}}, LevelContent},
		"content of the same size":      {[]object{{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 999 yen) Tj ET")}}, LevelContent},
		"content freed":                 {[]object{{4, 1, ""}}, LevelContent},
		"other content":                 {[]object{page("/Contents 30 0 R /Annots [6 0 R 11 0 R]"), {30, 0, streamBody("", "0 0 9 9 re f")}}, LevelContent},
		"page rotated":                  {[]object{page(annots + " /Rotate 180")}, LevelContent},
		"page size inherited":           {[]object{{2, 0, "<</Type /Pages /Kids [3 0 R 15 0 R] /Count 2 /MediaBox [0 0 30 20]>>"}}, LevelContent},
		"page added":                    {[]object{{2, 0, "<</Type /Pages /Kids [3 0 R 15 0 R 30 0 R] /Count 3>>"}, {30, 0, "<</Type /Page /Parent 2 0 R>>"}}, LevelContent},
		"other page tree":               {[]object{{1, 0, "<</Type /Catalog /Pages 30 0 R " + form + ">>"}, {30, 0, "<</Type /Pages /Kids [3 0 R] /Count 1>>"}}, LevelContent},
		"open action":                   {[]object{catalog(form + " /OpenAction <</S /JavaScript /JS (x)>>")}, LevelContent},
		"field moved":                   {[]object{text("/V (a) /Rect [50 10 140 30] /F 4 /AP <</N 10 0 R>>")}, LevelContent},
		"field hidden":                  {[]object{text("/V (a) /Rect [10 10 100 30] /F 6 /AP <</N 10 0 R>>")}, LevelContent},
		"field gets an action":          {[]object{text("/V (a) /Rect [10 10 100 30] /F 4 /AP <</N 10 0 R>> /AA <<>>")}, LevelContent},
		"field removed":                 {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R]>>")}, LevelContent},
		"widget removed":                {[]object{page("/Contents 4 0 R /Annots [11 0 R]")}, LevelContent},
		"text field added":              {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), {30, 0, "<</FT /Tx /T (x)>>"}}, LevelContent},
		"note becomes a field":          {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 11 0 R]>>"), {11, 0, "<</FT /Sig /T (x) /Subtype /Widget /Rect [0 0 0 0]>>"}}, LevelContent},
		"XFA":                           {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R] /XFA (x)>>")}, LevelContent},
		"missing object appears":        {[]object{{12, 0, streamBody("", "0 0 300 200 re f")}}, LevelContent},
		"appearance of a signature":     {[]object{{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 300 200] /P 3 0 R /F 132 /AP <</N 30 0 R>>>>"}, {30, 0, streamBody("", "x")}}, LevelContent},
		"content of another generation": {[]object{{4, 1, streamBody("", "BT /F 24 Tf 20 100 Td (Contract: 100 yen) Tj ET")}}, LevelContent},
		"note becomes a widget":         {[]object{{11, 0, "<</Type /Annot /Subtype /Widget /Rect [1 1 9 9]>>"}}, LevelContent},
		"note becomes a number":         {[]object{{11, 0, "5"}}, LevelContent},
		"field with an action added":    {[]object{catalog("/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R 30 0 R]>>"), {30, 0, newField + "/Rect [0 0 0 0] /A <<>>>>"}}, LevelContent},
		"only its appearance":           {[]object{{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132 /AP <</N 30 0 R>>>>"}, {30, 0, streamBody("", "x")}}, LevelContent},
		"used as content, too":          {[]object{{13, 0, streamBody("/Type /XObject /Subtype /Form", "changed")}}, LevelContent},
		"metadata shown as content":     {[]object{{14, 0, streamBody("/Type /Metadata", "changed")}}, LevelContent},
	} {
		for _, k := range []kind{table, stream} {
			for _, p := range []Permission{0, 1, 2, 3} {
				// prepared for attack: page 15 uses a missing object, an
				// appearance, and metadata
				base := formFile(k,
					object{2, 0, "<</Type /Pages /Kids [3 0 R 15 0 R] /Count 2 /MediaBox [0 0 300 200]>>"},
					object{15, 0, "<</Type /Page /Parent 2 0 R /Contents [12 0 R 13 0 R 14 0 R] /Annots [16 0 R]>>"},
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
				if level(s) != c.want {
					t.Errorf("%s: %v, want %v: %v", name, level(s), c.want, s.Changes)
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

// TestSharedObjects changes objects with two purposes, when only one of them
// allows the change. Attackers prepare documents this way. Each case also has
// an object with the harmless purpose alone.
func TestSharedObjects(t *testing.T) {
	const info = "/Info 40 0 R"
	form := "/AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>> /DSS 41 0 R"
	page := object{45, 0, "<</Type /Page /Parent 2 0 R /Contents %s /Resources %s /Annots [50 0 R 52 0 R]>>"}
	with := func(contents, resources string) object {
		return object{page.number, 0, fmt.Sprintf(page.body, contents, resources)}
	}
	base := []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R " + form + ">>"},
		{2, 0, "<</Type /Pages /Kids [3 0 R 45 0 R] /Count 2 /MediaBox [0 0 300 200]>>"},
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
		want    Level
	}{
		"information":                 {with("null", "null"), []object{newInfo}, LevelSignature},
		"information as resources":    {with("null", "40 0 R"), []object{newInfo}, LevelContent},
		"validation data":             {with("null", "null"), []object{newCerts, {47, 0, streamBody("", "")}}, LevelNone},
		"validation data as content":  {with("42 0 R", "null"), []object{newCerts, {47, 0, streamBody("", "")}}, LevelContent},
		"certificate":                 {with("null", "null"), []object{{43, 0, streamBody("", "other")}}, LevelContent},
		"annotations":                 {with("null", "null"), []object{newAnnots, square}, LevelAnnotation},
		"annotations as content":      {with("44 0 R", "null"), []object{newAnnots, square}, LevelContent},
		"note in an array":            {with("null", "null"), []object{note}, LevelAnnotation},
		"note in a content array":     {with("46 0 R", "null"), []object{note}, LevelContent},
		"the signature's appearance":  {with("null", "null"), []object{{22, 0, streamBody("/Subtype /Form", "another")}}, LevelContent},
		"a stamp's appearance":        {with("null", "null"), []object{{51, 0, streamBody("/Subtype /Form", "another")}}, LevelAnnotation},
		"and its sound":               {with("null", "null"), []object{{53, 0, streamBody("/Subtype /Form", "another")}}, LevelContent},
		"form and annotation as well": {with("null", "null"), []object{note, newInfo, newCerts}, LevelAnnotation},
	} {
		objects := append([]object{c.page}, base...)
		signed := signature.sign(t, formFile(table, objects...))
		s := mustVerify(t, extend(t, signed, info, c.changes...)).Signatures[0]
		if level(s) != c.want || (s.Err() == nil) != (c.want < LevelContent) {
			t.Errorf("%s: %v, want %v: %v, %v", name, level(s), c.want, s.Changes, s.Err())
		}
	}
}

// TestTaggedFiles changes the structure tree, and objects that only look like
// it.
func TestTaggedFiles(t *testing.T) {
	signature := crafted("")
	signature.objects[0].body = "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>> /StructTreeRoot 40 0 R>>"
	base := []object{
		{40, 0, "<</Type /StructTreeRoot /K 41 0 R /ParentTree 42 0 R>>"},
		{41, 0, "<</Type /StructElem /S /Document /P 40 0 R /K 43 0 R>>"},
		{42, 0, "<</Nums 44 0 R>>"},
		{43, 0, "[0 1]"},
		{44, 0, "[0 41 0 R]"},
		{2, 0, "<</Type /Pages /Kids [3 0 R 45 0 R 48 0 R] /Count 3>>"},
		{45, 0, "<</Type /Page /Parent 2 0 R /Contents 46 0 R /Resources <</XObject 47 0 R>>>>"},
		{46, 0, "[4 0 R]"},
		{47, 0, "<</Type /StructElem /F 10 0 R>>"},
		{48, 0, "<</Kids [49 0 R] /Count 1>>"},
		{49, 0, "<</Kids [50 0 R] /Count 1>>"},
		{50, 0, "<</Type /Page /Parent 49 0 R>>"},
	}
	signed := signature.sign(t, formFile(table, base...))
	for name, c := range map[string]struct {
		change object
		want   Level
	}{
		"root":                {object{40, 0, "<</Type /StructTreeRoot /K 41 0 R /ParentTree 42 0 R /ParentTreeNextKey 2>>"}, LevelSignature},
		"element":             {object{41, 0, "<</Type /StructElem /S /Document /P 40 0 R /K 43 0 R /Alt (x)>>"}, LevelContent},
		"parent tree":         {object{42, 0, "<</Nums 44 0 R /Limits [0 1]>>"}, LevelSignature},
		"kids":                {object{43, 0, "[0 1 2]"}, LevelAnnotation},
		"numbers":             {object{44, 0, "[0 41 0 R 1 41 0 R]"}, LevelSignature},
		"tab order":           {object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R] /Tabs /S>>"}, LevelSignature},
		"page's structure":    {object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R] /StructParents 1>>"}, LevelSignature},
		"content array":       {object{46, 0, "[4 0 R 10 0 R]"}, LevelContent},
		"resources as a part": {object{47, 0, "<</Type /StructElem /F 4 0 R>>"}, LevelContent},
		"node of a page tree": {object{49, 0, "<</Kids [50 0 R 45 0 R] /Count 2>>"}, LevelContent},
		"another type":        {object{41, 0, "<</Type /Page /P 40 0 R>>"}, LevelContent},
	} {
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if level(s) != c.want || (s.Err() == nil) != (c.want < LevelContent) {
			t.Errorf("%s: %v, want %v: %v", name, level(s), c.want, s.Changes)
		}
	}
}

// TestDefaultResources changes the resources that give fields their fonts. It
// does so like iText (new FRM) and PDFBox (another FRM) at a second signature,
// and like an attacker who wants to show other text.
func TestDefaultResources(t *testing.T) {
	catalog := func(form string) object {
		return object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R] " + form + ">>>>"}
	}
	const inline = "/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"
	for name, c := range map[string]struct {
		before string
		more   []object // further objects at signing
		change object
		want   Level
	}{
		"none before":                         {"", nil, catalog(inline), LevelSignature},
		"a category":                          {"/DR <</Font <</F 40 0 R>>>>", nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"), LevelSignature},
		"another XObject":                     {inline, nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 13 0 R>> /ProcSet [/PDF]>>"), LevelSignature},
		"another ProcSet":                     {inline, nil, catalog("/DR <</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF /Text]>>"), LevelSignature},
		"a font":                              {inline, nil, catalog("/DR <</Font <</F 40 0 R /G 41 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), LevelSignature},
		"another font":                        {inline, nil, catalog("/DR <</Font <</F 41 0 R>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), LevelContent},
		"a font less":                         {inline, nil, catalog("/DR <</Font <<>> /XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), LevelContent},
		"fonts less":                          {inline, nil, catalog("/DR <</XObject <</FRM 10 0 R>> /ProcSet [/PDF]>>"), LevelContent},
		"all less":                            {inline, nil, catalog(""), LevelContent},
		"the font":                            {inline, nil, object{40, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Courier>>"}, LevelContent},
		"object":                              {"/DR 42 0 R", nil, object{42, 0, "<</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"}, LevelSignature},
		"object, another font":                {"/DR 42 0 R", nil, object{42, 0, "<</Font <</F 41 0 R>>>>"}, LevelContent},
		"object of a page, too":               {"/DR 42 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources 42 0 R>>"}}, object{42, 0, "<</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"}, LevelSignature},
		"object of a page, too, and used":     {"/DR 42 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Contents 47 0 R /Resources 42 0 R>>"}}, object{42, 0, "<</Font <</F 40 0 R>> /XObject <</FRM 10 0 R>>>>"}, LevelContent},
		"fonts":                               {"/DR <</Font 43 0 R>>", nil, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelSignature},
		"fonts of the object":                 {"/DR 46 0 R", nil, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelSignature},
		"of the object, another":              {"/DR 46 0 R", nil, object{43, 0, "<</F 41 0 R>>"}, LevelContent},
		"of the object of a page":             {"/DR 46 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources 46 0 R>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelSignature},
		"a default of a page, too":            {"/DR 42 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources 42 0 R>>"}}, object{42, 0, "<</Font <</F 40 0 R>> /ColorSpace <</DefaultRGB /DeviceGray>>>>"}, LevelContent},
		"of the object of a page, and used":   {"/DR 46 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Contents 47 0 R /Resources 46 0 R>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelContent},
		"of the object and another":           {"/DR 46 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources <</Font 43 0 R>>>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelSignature},
		"of the object and another, and used": {"/DR 46 0 R", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Contents 47 0 R /Resources <</Font 43 0 R>>>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelContent},
		"fonts, another":                      {"/DR <</Font 43 0 R>>", nil, object{43, 0, "<</F 41 0 R>>"}, LevelContent},
		"fonts of a page, too":                {"/DR <</Font 43 0 R>>", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources <</Font 43 0 R>>>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelSignature},
		"fonts of a page, too, and used":      {"/DR <</Font 43 0 R>>", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Contents 47 0 R /Resources <</Font 43 0 R>>>>"}}, object{43, 0, "<</F 40 0 R /G 41 0 R>>"}, LevelContent},
		"XObjects":                            {"/DR <</XObject 44 0 R>>", nil, object{44, 0, "<</FRM 13 0 R>>"}, LevelSignature},
		"XObjects of a page, too":             {"/DR <</XObject 44 0 R>>", []object{{45, 0, "<</Type /Page /Parent 2 0 R /Resources <</XObject 44 0 R>>>>"}}, object{44, 0, "<</FRM 13 0 R>>"}, LevelContent},
		"no dictionary any more":              {"/DR <</Font 43 0 R>>", nil, object{43, 0, "null"}, LevelContent},
	} {
		signature := crafted("")
		signature.objects[0] = catalog(c.before)
		resources := object{46, 0, "null"}
		if strings.Contains(c.before, "46 0 R") { // it would also use 43
			resources.body = "<</Font 43 0 R>>"
		}
		signed := signature.sign(t, formFile(table, append([]object{
			{13, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "")},
			{2, 0, "<</Type /Pages /Kids [3 0 R 45 0 R] /Count 2>>"},
			{45, 0, "<</Type /Page /Parent 2 0 R>>"},
			{40, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"},
			{41, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>"},
			{42, 0, "<</Font <</F 40 0 R>>>>"},
			{43, 0, "<</F 40 0 R>>"},
			{44, 0, "<</FRM 10 0 R>>"},
			resources,
			{47, 0, streamBody("", "/G 9 Tf /#46RM Do")},
		}, c.more...)...))
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if level(s) != c.want || (s.Err() == nil) != (c.want < LevelContent) {
			t.Errorf("%s: %v, want %v: %v, %v", name, level(s), c.want, s.Changes, s.Err())
		}
	}
}

// TestAppearancesApart has appearance dictionaries in objects of their own, as
// PDFBox writes them, and fills in the fields.
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
		field, other string // name of the field with the appearance; another object that uses it
		change       object
		want         Level
	}{
		"stream":                       {"open", "<</Type /Page /Parent 2 0 R>>", stream, LevelForm},
		"dictionary":                   {"open", "<</Type /Page /Parent 2 0 R>>", dictionary, LevelForm},
		"no dictionary any more":       {"open", "<</Type /Page /Parent 2 0 R>>", object{40, 0, streamBody(streamOf, "1 0 0 rg")}, LevelContent},
		"stream of a locked field":     {"locked", "<</Type /Page /Parent 2 0 R>>", stream, LevelContent},
		"dictionary of a locked field": {"locked", "<</Type /Page /Parent 2 0 R>>", dictionary, LevelContent},
		"stream of the signature":      {"open", "<</Type /Page /Parent 2 0 R>>", object{43, 0, streamBody(streamOf, "1 0 0 rg")}, LevelContent},
		"dictionary of the signature":  {"open", "<</Type /Page /Parent 2 0 R>>", object{42, 0, "<</N 10 0 R>>"}, LevelContent},
		"stream of a page, too":        {"open", "<</Type /Page /Parent 2 0 R /Contents 41 0 R>>", stream, LevelContent},
		"stream of another N":          {"open", "<</Type /Page /Parent 2 0 R /X <</N 41 0 R>>>>", stream, LevelContent},
		"dictionary of a page, too":    {"open", "<</Type /Page /Parent 2 0 R /Resources 40 0 R>>", dictionary, LevelContent},
		"through one of a page, too":   {"open", "<</Type /Page /Parent 2 0 R /Resources 40 0 R>>", stream, LevelContent},
		"of the signature as well":     {"open", "<</Type /Page /Parent 2 0 R /Annots [45 0 R]>>", stream, LevelContent},
		"of a note as well":            {"open", "<</Type /Page /Parent 2 0 R /Annots [46 0 R]>>", stream, LevelAnnotation},
	} {
		signed := signature.sign(t, formFile(table,
			text(7, c.field),
			object{40, 0, "<</N 41 0 R>>"},
			object{41, 0, streamBody(streamOf, "0 0 1 rg")},
			object{42, 0, "<</N 43 0 R>>"},
			object{43, 0, streamBody(streamOf, "0 1 0 rg")},
			object{2, 0, "<</Type /Pages /Kids [3 0 R 44 0 R] /Count 2>>"},
			object{45, 0, "<</FT /Sig /T (x) /Subtype /Widget /AP 40 0 R>>"},
			object{46, 0, "<</Subtype /Stamp /Rect [0 0 9 9] /AP 40 0 R>>"},
			object{44, 0, c.other}))
		s := mustVerify(t, extend(t, signed, "", c.change)).Signatures[0]
		if level(s) != c.want || (s.Err() == nil) != (c.want < LevelContent) {
			t.Errorf("%s: %v, want %v: %v, %v", name, level(s), c.want, s.Changes, s.Err())
		}
	}
}

// TestNumbersRewritten changes numbers as other programs do when they rewrite
// objects. mupdf omits zeros. PDFBox turns the numbers of a Rect into real
// numbers, and empties the Rect of an invisible signature.
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
		want   Level
	}{
		"page":                     {page("0 0 300 200.5"), LevelSignature},
		"page, integers as reals":  {page("0.0 0.0 300.0 200.50"), LevelContent},
		"page, another size":       {page("0 0 300 200"), LevelContent},
		"field":                    {field("50 60 100 90.5", value), LevelSignature},
		"field, integers as reals": {field("50.0 60.0 100.0 90.50", value), LevelSignature},
		"field, another place":     {field("50 61 100 90.5", value), LevelAnnotation},
		"field, moved the least":   {field("50.0 60.001 100.0 90.50", value), LevelAnnotation},
		"field, no place":          {field("0.0 0.0 0.0 0.0", value), LevelSignature},
		"field, malformed place":   {field("0 0 0", value), LevelAnnotation},
		"field, moved, unsigned":   {field("50 61 100 90.5", ""), LevelContent},
		"field, moved, an action":  {field("50 61 100 90.5", value+" /AA <<>>"), LevelContent},
	} {
		all := mustVerify(t, extend(t, signed, "", c.change)).Signatures
		s := all[slices.IndexFunc(all, func(s Signature) bool { return s.Field == "S" })]
		if level(s) != c.want || (s.Err() == nil) != (c.want < LevelContent) {
			t.Errorf("%s: %v, want %v: %v, %v", name, level(s), c.want, s.Changes, s.Err())
		}
	}
}

// TestGravestIsNamed checks that the failure names the change that broke the
// signature, not a later one.
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

// TestCertificationHoldsForLater checks that the first signature's
// certification also limits changes after the second.
func TestCertificationHoldsForLater(t *testing.T) {
	signed := mustSign(t, crafted(docMDP("2")).sign(t, formFile(table)), Options{})
	note := object{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (other)>>"}
	if err := mustVerify(t, signed).Err(); err != nil {
		t.Fatal(err)
	}
	noted := mustVerify(t, extend(t, signed, "", note)).Signatures
	if len(noted) != 2 {
		t.Errorf("%d signatures", len(noted))
	}
	for _, s := range noted {
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
	if r = mustVerify(t, restored); len(r.Signatures) != 2 {
		t.Errorf("restored: %d signatures", len(r.Signatures))
	}
	for _, s := range r.Signatures {
		if !errors.Is(s.Err(), cms.HashFailure) {
			t.Errorf("restored: %s: %v", s.Field, s.Err())
		}
	}
}
