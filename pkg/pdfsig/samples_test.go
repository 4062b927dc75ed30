package pdfsig

import "strings"

// samples are files of every structure that Prepare must accept.
func samples() map[string]sample {
	form := func(catalog string, more ...object) []object {
		return documentOf(append([]object{{1, 0, "<</Type /Catalog /Pages 2 0 R " + catalog + ">>"}}, more...)...)
	}
	textField := object{6, 0, "<</FT /Tx /T (name) /V (a) /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4>>"}
	emptyField := object{7, 0, "<</FT /Sig /T (Signature1) /Type /Annot /Subtype /Widget /Rect [10 40 100 60] /P 3 0 R /F 4>>"}
	pageWith := func(annots string) object {
		return object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots " + annots + ">>"}
	}
	deep := documentOf(object{2, 0, "<</Type /Pages /Kids [10 0 R] /Count 1 /MediaBox [0 0 300 200]>>"},
		object{3, 0, "<</Type /Page /Parent 49 0 R /Contents 4 0 R>>"})
	for n := 10; n < 50; n++ {
		kid, parent := n+1, n-1
		if n == 49 {
			kid = 3
		}
		if n == 10 {
			parent = 2
		}
		deep = append(deep, object{n, 0, "<</Type /Pages /Parent " + itoa(parent) + " 0 R /Count 1 /Kids [" + itoa(kid) + " 0 R]>>"})
	}
	return map[string]sample{
		"table":                {objects: documentOf()},
		"PDF 1.4":              {version: "1.4", objects: documentOf()},
		"PDF 2.0":              {version: "2.0", objects: documentOf(), kind: stream},
		"stream":               {objects: documentOf(), kind: stream},
		"hybrid":               {objects: documentOf(), kind: hybrid},
		"leading bytes":        {objects: documentOf(), leading: "\r\nHTTP/1.1 200 OK\r\n\r\n"},
		"leading, stream":      {objects: documentOf(), leading: "x", kind: stream},
		"no final newline":     {objects: documentOf(), trailing: "-"},
		"no newline, stream":   {objects: documentOf(), trailing: "-", kind: stream},
		"junk at the end":      {objects: documentOf(), trailing: strings.Repeat("\x00 junk", 500)},
		"startxref late":       {objects: documentOf(), shift: 1},
		"startxref early":      {objects: documentOf(), shift: -1},
		"generations":          {objects: generations()},
		"generations, stream":  {objects: generations(), kind: stream},
		"deep page tree":       {objects: deep},
		"deep, stream":         {objects: deep, kind: stream},
		"Info kept":            {objects: documentOf(object{9, 0, "<</Title (t)>>"}), trailer: "/Info 9 0 R"},
		"form in the catalog":  {objects: form("/AcroForm <</Fields [6 0 R] /DA (/F 0 Tf)>>", textField, pageWith("[6 0 R]"))},
		"form of its own":      {objects: form("/AcroForm 5 0 R", object{5, 0, "<</Fields [6 0 R]>>"}, textField, pageWith("[6 0 R]"))},
		"fields of their own":  {objects: form("/AcroForm 5 0 R", object{5, 0, "<</Fields 8 0 R /SigFlags 3>>"}, object{8, 0, "[6 0 R]"}, textField, pageWith("9 0 R"), object{9, 0, "[6 0 R]"})},
		"the same, in streams": {objects: form("/AcroForm 5 0 R", object{5, 0, "<</Fields 8 0 R>>"}, object{8, 0, "[6 0 R]"}, textField, pageWith("9 0 R"), object{9, 0, "[6 0 R]"}), kind: stream},
		"one array for both":   {objects: form("/AcroForm <</Fields 8 0 R>>", object{8, 0, "[6 0 R]"}, textField, pageWith("8 0 R"))},
		"name taken":           {objects: form("/AcroForm <</Fields [7 0 R]>>", emptyField, pageWith("[7 0 R]"))},
		"empty form":           {objects: form("/AcroForm null", pageWith("null"))},
		"certified, P 2":       {objects: certified("/P 2")},
		"certified, default":   {objects: certified("")},
	}
}

// generations returns the objects of a file with reused numbers for the catalog
// and the page.
func generations() []object {
	return []object{
		{1, 3, "<</Type /Catalog /Pages 2 0 R>>"},
		{2, 0, "<</Type /Pages /Kids [3 7 R] /Count 1 /MediaBox [0 0 300 200]>>"},
		{3, 7, "<</Type /Page /Parent 2 0 R /Contents 4 0 R>>"},
		{4, 0, streamBody("", "0 0 100 100 re f")},
	}
}

// certified has the structure of a certification; its CMS is fake.
func certified(p string) []object {
	return documentOf(
		object{1, 0, "<</Type /Catalog /Pages 2 0 R /Perms <</DocMDP 6 0 R>> /AcroForm <</SigFlags 3 /Fields [5 0 R]>>>>"},
		object{5, 0, "<</FT /Sig /T (Author) /V 6 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132>>"},
		object{6, 0, "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> /Reference [<</TransformMethod /DocMDP /TransformParams <</V /1.2 " + p + ">>>>]>>"})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
