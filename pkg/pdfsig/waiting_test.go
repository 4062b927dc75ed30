package pdfsig

import (
	"fmt"
	"testing"
)

// TestWaitingLooks changes the form's default appearance. It is visible if some
// reader makes the appearance of a field or note itself.
func TestWaitingLooks(t *testing.T) {
	const text, check = "/FT /Tx /V (a)", "/FT /Btn /V /Off"
	for _, c := range []struct {
		kind, look string
		shown      bool
	}{
		{text, "/AP <</N 10 0 R>>", false},
		{text, "/AP <</N <</X 10 0 R>>>> /AS /X", false},
		{text, "/AP <</N <</X 10 0 R>>>> /AS /Y", true},
		{text, "/AP <</N <</X 10 0 R>>>>", true},
		{text, "/AP <</N <<>>>>", true},
		{text, "/AP <</N 12 0 R>>", true},
		{text, "/AP <<>>", true},
		{text, "", true},
		{check, "/AP <</N <</Yes 10 0 R>>>> /AS /Off", false},
		{check, "/AP <</N <</Yes 10 0 R>>>>", false},
		{check, "/AP <</N <</Yes 10 0 R>>>> /AS /Y", true},
		{"/FT /Btn /Ff 65536", "/AP <</N <</Yes 10 0 R>>>> /AS /Off", true},
	} {
		signature := crafted("")
		field := fmt.Sprintf("<<%s /T (name) /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4 %s>>", c.kind, c.look)
		signed := signature.sign(t, formFile(table, object{6, 0, field}, object{12, 0, "null"}))
		later := object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R] /DA (/Helv 24 Tf 0 g)>>>>"}
		s := mustVerify(t, extend(t, signed, "", later)).Signatures[0]
		shown := len(s.Changes) == 1 && s.Changes[0].Shown && s.Changes[0].Level == LevelForm
		if s.Err() != nil || shown != c.shown {
			t.Errorf("%s %s: %v, %v", c.kind, c.look, s.Changes, s.Err())
		}
	}
}

// TestSharedNames adds a font to resources that the form shares with the page.
func TestSharedNames(t *testing.T) {
	const picture = "/Subtype /Image /Width 1 /Height 1 /Filter /DCTDecode"
	for name, c := range map[string]struct {
		contents string
		objects  []object
		want     Level
	}{
		"unused":             {"[4 0 R 31 0 R]", []object{{31, 0, streamBody("", "BT /F1 9 Tf ET /F")}}, LevelSignature},
		"used":               {"[4 0 R 31 0 R]", []object{{31, 0, streamBody("", "BT /F2 9 Tf ET")}}, LevelContent},
		"cut":                {"[31 0 R 32 0 R]", []object{{31, 0, streamBody("", "BT /F")}, {32, 0, streamBody("", "2 9 Tf ET")}}, LevelContent},
		"in a picture":       {"[4 0 R 31 0 R]", []object{{31, 0, streamBody(picture, "x")}}, LevelContent},
		"beside a picture":   {"4 0 R", []object{{33, 0, "<</X 34 0 R>>"}, {34, 0, streamBody(picture, "x")}}, LevelSignature},
		"a picture of glyph": {"4 0 R", []object{{33, 0, "<</Subtype /Type3 /CharProcs <</a 34 0 R>>>>"}, {34, 0, streamBody(picture, "x")}}, LevelContent},
	} {
		catalog := func(more string) object {
			return object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /DR 30 0 R /Fields [" + more + "6 0 R]>>>>"}
		}
		fonts := func(more string) object { return object{30, 0, "<</Font <</F1 33 0 R" + more + ">>>>"} }
		signature := crafted("")
		signature.objects[0] = catalog("20 0 R ")
		objects := append([]object{
			catalog(""), fonts(""),
			{3, 0, "<</Type /Page /Parent 2 0 R /Resources 30 0 R /Contents " + c.contents + " /Annots [6 0 R 11 0 R]>>"},
		}, c.objects...)
		if len(objects) < 5 || objects[3].number != 33 {
			objects = append(objects, object{33, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"})
		}
		signed := signature.sign(t, formFile(table, objects...))
		s := mustVerify(t, extend(t, signed, "", fonts(" /F2 33 0 R"))).Signatures[0]
		if level(s) != c.want {
			t.Errorf("%s: %v, want %v: %v, %v", name, level(s), c.want, s.Changes, s.Err())
		}
	}
}

// TestWaitingWidget is TestWaitingLooks for a widget on a page that belongs to
// no field of the form.
func TestWaitingWidget(t *testing.T) {
	for look, shown := range map[string]bool{
		"/FT /Tx /V (a) /AP <</N 10 0 R>>":             false,
		"/FT /Tx /V (a)":                               true,
		"/Parent 13 0 R":                               true,
		"/FT /Tx /V (a) /DA (/F1 9 Tf)":                false,
		"/FT /Sig":                                     false,
		"/FT /Btn /AS /Off /AP <</N <</Yes 10 0 R>>>>": false,
	} {
		form := func(entries string) object {
			return object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R] " + entries + ">>>>"}
		}
		signature := crafted("")
		signature.objects[0] = form("")
		signed := signature.sign(t, formFile(table,
			object{1, 0, "<</Type /Catalog /Pages 2 0 R>>"}, object{13, 0, "<</FT /Tx /T (a) /V (a) /Kids [6 0 R]>>"},
			object{6, 0, "<<" + look + " /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4>>"}))
		s := mustVerify(t, extend(t, signed, "", form("/DA (/Helv 24 Tf 0 g)"))).Signatures[0]
		if is := len(s.Changes) == 1 && s.Changes[0].Shown; s.Err() != nil || is != shown {
			t.Errorf("%s: %v, %v", look, s.Changes, s.Err())
		}
	}
}

// TestIntegersLater writes integers in place of real numbers that some readers
// had ignored.
func TestIntegersLater(t *testing.T) {
	for then, now := range map[string]string{
		"/Encoding <</Differences [48.0 /nine]>>": "/Encoding <</Differences [48 /nine]>>",
		"/FirstChar 48.0 /Widths [9 9]":           "/FirstChar 48 /Widths [9 9]",
		"/Flags 4.0":                              "/Flags 4",
	} {
		font := func(entries string) object { return object{10, 0, streamBody("/Subtype /Form /X <<"+entries+">>", "")} }
		signed := crafted("").sign(t, formFile(table, object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 10 0 R /Annots [6 0 R 11 0 R]>>"}, font(then)))
		s := mustVerify(t, extend(t, signed, "", font(now))).Signatures[0]
		if level(s) != LevelContent || s.Err() == nil {
			t.Errorf("%s: %v, %v", then, s.Changes, s.Err())
		}
	}
}
