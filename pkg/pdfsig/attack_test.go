package pdfsig

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// attacks are files that must not pass, one for each known class of attack.
// Each has a reason that verification must give.
func attacks(t testing.TB) map[string]attack {
	base := formFile(table)
	signed := crafted("").sign(t, base)
	withRange := func(format string) []byte {
		c := crafted("")
		c.byteRange = func(start, end, size int) string {
			return strings.NewReplacer("START+1", itoa(start+1), "START-1", itoa(start-1), "START", itoa(start),
				"END+1", itoa(end+1), "END-1", itoa(end-1), "END", itoa(end), "REST+1", itoa(size-end+1), "REST-9", itoa(size-end-9), "REST", itoa(size-end)).Replace(format)
		}
		return c.sign(t, base)
	}
	withContents := func(f func([]byte) []byte) []byte {
		c := crafted("")
		c.contents = func(cms, _ []byte) []byte { return f(cms) }
		return c.sign(t, base)
	}
	withDict := func(dict string) []byte {
		c := crafted("")
		c.objects[2].body = dict
		return c.sign(t, base)
	}
	replaced := func(old, new string) []byte {
		if len(old) != len(new) || !bytes.Contains(signed, []byte(old)) {
			t.Fatalf("%q cannot be replaced by %q", old, new)
		}
		return bytes.Replace(signed, []byte(old), []byte(new), 1)
	}
	literal := crafted("")
	literal.literal = true
	twoFields := crafted("")
	twoFields.objects[0].body = "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 30 0 R 6 0 R]>>>>"
	twoFields.objects = append(twoFields.objects, object{30, 0, "<</FT /Sig /T (Eve) /V 21 0 R>>"})
	dictionary := regexp.MustCompile(`(?s)<</Type /Sig .*?>>\n`).Find(signed)
	all := map[string]attack{
		"content changed":              {replaced("100 yen", "900 yen"), cms.HashFailure},
		"no ByteRange":                 {withRange(""), cms.FormatFailure},
		"ByteRange null":               {withRange("/ByteRange null"), cms.FormatFailure},
		"ByteRange empty":              {withRange("/ByteRange []"), cms.FormatFailure},
		"ByteRange of two":             {withRange("/ByteRange [0 START]"), cms.FormatFailure},
		"ByteRange of six":             {withRange("/ByteRange [0 START END 1 END REST]"), cms.FormatFailure},
		"ByteRange of real numbers":    {withRange("/ByteRange [0 START.0 END REST]"), cms.FormatFailure},
		"ByteRange negative":           {withRange("/ByteRange [0 START END -1]"), cms.FormatFailure},
		"ByteRange huge":               {withRange("/ByteRange [0 START END 99999999999999999]"), cms.FormatFailure},
		"ByteRange not from 0":         {withRange("/ByteRange [1 START END REST]"), cms.FormatFailure},
		"gap begins early":             {withRange("/ByteRange [0 START-1 END REST]"), cms.FormatFailure},
		"gap begins late":              {withRange("/ByteRange [0 START+1 END REST]"), cms.FormatFailure},
		"gap ends early":               {withRange("/ByteRange [0 START END-1 REST]"), cms.FormatFailure},
		"gap ends late":                {withRange("/ByteRange [0 START END+1 REST-9]"), cms.FormatFailure},
		"reaches past the end":         {withRange("/ByteRange [0 START END REST+1]"), cms.FormatFailure},
		"ends inside the revision":     {withRange("/ByteRange [0 START END REST-9]"), cms.FormatFailure},
		"Contents of zeros":            {withContents(func(b []byte) []byte { return make([]byte, len(b)) }), cms.FormatFailure},
		"Contents is garbage":          {withContents(func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) }), cms.FormatFailure},
		"bytes behind the CMS":         {withContents(func(b []byte) []byte { return append(b, 0, 0, 1) }), cms.FormatFailure},
		"CMS cut":                      {withContents(func(b []byte) []byte { b[3] += 40; return b }), cms.FormatFailure},
		"Contents null":                {withDict("<</Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents null /Other <<%s>>>>"), cms.FormatFailure},
		"Contents missing":             {withDict("<</Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Other <<%s>>>>"), cms.FormatFailure},
		"Contents in a dictionary":     {withDict("<</Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> /Other <<%s>>>>"), cms.FormatFailure},
		"no SubFilter":                 {withDict("<</Type /Sig %s>>"), cms.FormatFailure},
		"unknown SubFilter":            {withDict("<</Type /Sig /SubFilter /x.y %s>>"), cms.FormatFailure},
		"old: rsa_sha1":                {withDict("<</Type /Sig /SubFilter /adbe.x509.rsa_sha1 %s>>"), cms.CryptoConstraintsFailure},
		"old: pkcs7.sha1":              {withDict("<</Type /Sig /SubFilter /adbe.pkcs7.sha1 %s>>"), cms.CryptoConstraintsFailure},
		"no timestamp in it":           {withDict("<</Type /DocTimeStamp /SubFilter /ETSI.RFC3161 %s>>"), cms.FormatFailure},
		"dictionary rewritten":         {extend(t, signed, "", object{21, 0, strings.TrimSpace(string(dictionary))}), cms.FormatFailure},
		"dictionary moved, other Name": {extend(t, signed, "", object{21, 0, strings.Replace(strings.TrimSpace(string(dictionary)), "/Type /Sig", "/Type /Sig /Name (Eve)", 1)}), cms.FormatFailure},
		"value in another field": {extend(t, signed, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [30 0 R 6 0 R]>>>>"},
			object{30, 0, "<</FT /Sig /T (Eve) /V 21 0 R>>"}), cms.FormatFailure},
		"value in a second field": {extend(t, signed, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 30 0 R 6 0 R]>>>>"},
			object{30, 0, "<</FT /Sig /T (Eve) /V 21 0 R>>"}), cms.FormatFailure},
		"dictionary inside the field": {extend(t, base, "",
			object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [30 0 R 6 0 R]>>>>"},
			object{30, 0, "<</FT /Sig /T (S) /V " + strings.TrimSpace(string(dictionary)) + ">>"}), cms.FormatFailure},
		"bytes behind the end":              {append(bytes.Clone(signed), "4 0 obj\n<</Length 1>>\nstream\n\nendstream\nendobj\n"...), cms.Generic},
		"revision left out":                 {skipping(t, "Contract: 1 yen"), cms.HashFailure},
		"nothing but the revision left out": {skipping(t, ""), cms.HashFailure},
		"two fields from the start":         {twoFields.sign(t, base), cms.FormatFailure},
		"Contents in brackets":              {literal.sign(t, base), cms.FormatFailure},
		"same catalog, other number":        {sameCatalog(t, signed), cms.HashFailure},
		"object stream replaced":            {objectStreamReplaced(t), cms.HashFailure},
		"offset past the signed part":       {offsetPastTheEnd(t), cms.Generic},
		"another catalog":                   {anotherCatalog(t, signed), cms.HashFailure},

		"content inside the CMS": {signedBy(t, func(der, covered []byte) []byte { return attached(t, der, covered) }), cms.SigConstraintsFailure},
		"other content inside the CMS": {signedBy(t, func([]byte, []byte) []byte {
			digest := sha256.Sum256([]byte("something else"))
			der, err := signer().Detached(digest[:])
			if err != nil {
				t.Fatal(err)
			}
			return attached(t, der, []byte("something else"))
		}), cms.SigConstraintsFailure},
		"the CMS of another document": {signedBy(t, func([]byte, []byte) []byte {
			digest := sha256.Sum256([]byte("something else"))
			der, err := signer().Detached(digest[:])
			if err != nil {
				t.Fatal(err)
			}
			return der
		}), cms.HashFailure},
		"two signers in the CMS": {signedBy(t, func(der, _ []byte) []byte { return signers(t, der, 2) }), cms.FormatFailure},
		"no signer in the CMS":   {signedBy(t, func(der, _ []byte) []byte { return signers(t, der, 0) }), cms.FormatFailure},
	}
	for name, file := range shadows(t) {
		all[name] = attack{file, cms.HashFailure}
	}
	return all
}

// signedBy signs with the CMS that contents returns.
func signedBy(t testing.TB, contents func(der, covered []byte) []byte) []byte {
	c := crafted("")
	c.contents, c.room = contents, 9000
	return c.sign(t, formFile(table))
}

// attached puts content into a CMS.
func attached(t testing.TB, der, content []byte) []byte {
	var b bytes.Buffer
	if err := cms.WriteAttached(&b, der, bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signers returns a CMS with the SignerInfo of der n times.
func signers(t testing.TB, der []byte, n int) []byte {
	var info struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version                       int
			Digests, Content, Certificate asn1.RawValue
			Signers                       []asn1.RawValue `asn1:"set"`
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		t.Fatal(err)
	}
	info.Content.Signers = slices.Repeat(info.Content.Signers, n)
	out, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shadows are documents prepared before signing, so that a seemingly harmless
// change shows other content.
func shadows(t testing.TB) map[string][]byte {
	const resources = "/Resources <</Font <</F 13 0 R>> /XObject <</O 14 0 R>>>>"
	const evil = "BT /F 24 Tf 20 100 Td (Contract: 900 yen) Tj ET"
	hidden := "4 0 obj\n" + streamBody("", evil) + "\nendobj\n"
	signed := crafted("").sign(t, formFile(table,
		object{3, 0, "<</Type /Page /Parent 2 0 R /Contents [12 0 R 4 0 R] " + resources + " /Annots [6 0 R 11 0 R]>>"},
		object{12, 0, streamBody("", evil)},
		object{13, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"},
		object{14, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 300 200]", "1 g 0 0 300 200 re f")},
		object{15, 0, streamBody("/Type /Metadata", hidden)},
	))
	replaced := bytes.Clone(signed) // the cross-reference leads to an object from before signing
	d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	replaced = fmt.Appendf(replaced, "xref\n4 1\n%010d 00000 n \ntrailer\n<</Size 30 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		bytes.Index(signed, []byte(hidden)), d.Sections()[0].Offset, len(signed))
	return map[string][]byte{
		"shadow: what covered it is hidden": extend(t, signed, "", object{14, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 300 200]", "")}),
		"shadow: what covered it is freed":  extend(t, signed, "", object{14, 1, ""}),
		"shadow: no longer used":            extend(t, signed, "", object{3, 0, "<</Type /Page /Parent 2 0 R /Contents [12 0 R] " + resources + " /Annots [6 0 R 11 0 R]>>"}),
		"shadow: another font":              extend(t, signed, "", object{13, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding <</Differences [48 /nine]>>>>"}),
		"shadow: a font that was standard":  extend(t, signed, "", object{2, 0, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] /Resources <</Font <</F 30 0 R>>>>>>"}, object{30, 0, "<</Type /Font /Subtype /Type3>>"}),
		"shadow: hidden and replaced":       replaced,
	}
}

type attack struct {
	file []byte
	want cms.Code
}

// skipping adds a revision with a Prev that skips the signed revision, so that
// older content returns. If newer is empty, no content returns.
func skipping(t testing.TB, newer string) []byte {
	base := formFile(table)
	d, err := openDocument(bytes.NewReader(base), int64(len(base)))
	if err != nil {
		t.Fatal(err)
	}
	if newer != "" {
		base = extend(t, base, "", object{4, 0, streamBody("", "BT /F 24 Tf 20 100 Td ("+newer+") Tj ET")})
	}
	signed := crafted("").sign(t, base)
	catalog := crafted("").objects
	// repeat the entries of the signature's objects, with their old offsets
	var b bytes.Buffer
	b.Write(signed)
	start := b.Len()
	b.WriteString("xref\n")
	for _, o := range catalog {
		fmt.Fprintf(&b, "%d 1\n%010d 00000 n \n", o.number, bytes.LastIndex(signed, []byte(fmt.Sprintf("\n%d 0 obj", o.number)))+1)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 30 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n", d.Sections()[0].Offset, start)
	return b.Bytes()
}

// objectStreamReplaced overwrites the object stream that contains the page.
func objectStreamReplaced(t testing.TB) []byte {
	signed := crafted("").sign(t, formFile(stream))
	d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Entry(3)
	if err != nil {
		t.Fatal(err)
	}
	head, bodies := "", ""
	for _, n := range []int{1, 2, 3, 6, 11} {
		o, err := d.Object(pdf.Ref{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		body := string(pdf.Append(nil, o))
		if n == 3 {
			body = "<</Type /Page /Parent 2 0 R /Annots [6 0 R 11 0 R]>>" // without Contents
		}
		head += fmt.Sprintf("%d %d ", n, len(bodies))
		bodies += body + "\n"
	}
	return extend(t, signed, "", object{e.Stream, 0, streamBody(fmt.Sprintf("/Type /ObjStm /N 5 /First %d", len(head)), head+bodies)})
}

// offsetPastTheEnd signs a file with a cross-reference to an offset past its
// end. A later revision puts an object there.
func offsetPastTheEnd(t testing.TB) []byte {
	base := formFile(table)
	base = extend(t, base, "", object{12, 0, "(to be moved)"})
	i := bytes.LastIndex(base, []byte("xref\n12 1\n")) + len("xref\n12 1\n")
	const target = 20000
	copy(base[i:], fmt.Sprintf("%010d", target))
	signed := crafted("").sign(t, base)
	padded := append(signed, bytes.Repeat([]byte("\n"), target-len(signed))...)
	padded = append(padded, "12 0 obj\n(here it is)\nendobj\n"...)
	d, err := openDocument(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	return extendFrom(padded, d.Sections()[0].Offset, 30, false, "", object{29, 0, "(x)"})
}

func anotherCatalog(t testing.TB, signed []byte) []byte {
	file := extend(t, signed, "", object{30, 0, "<</Type /Catalog /Pages 31 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>>>>"},
		object{31, 0, "<</Type /Pages /Kids [] /Count 0>>"})
	i := bytes.LastIndex(file, []byte("/Root 1 0 R"))
	return slices.Concat(file[:i], []byte("/Root 30 0 R"), file[i+len("/Root 1 0 R"):])
}

func sameCatalog(t testing.TB, signed []byte) []byte {
	file := extend(t, signed, "", object{30, 0, crafted("").objects[0].body})
	i := bytes.LastIndex(file, []byte("/Root 1 0 R"))
	return slices.Concat(file[:i], []byte("/Root 30 0 R"), file[i+len("/Root 1 0 R"):])
}

func TestAttacks(t *testing.T) {
	for name, a := range attacks(t) {
		r, err := verify(a.file)
		if err != nil {
			t.Errorf("%s: %v, want a report", name, err)
			continue
		}
		if err := r.Err(); !errors.Is(err, a.want) {
			t.Errorf("%s: %v, want %v", name, err, a.want)
		}
	}
}

// TestCraftedIsGood checks that the crafted files are good without the attacks,
// so that the attacks fail for the intended reason.
func TestCraftedIsGood(t *testing.T) {
	for _, k := range []kind{table, stream, hybrid} {
		r := mustVerify(t, crafted("").sign(t, formFile(k)))
		if err := r.Err(); err != nil || !r.Signatures[0].Whole {
			t.Errorf("%v", err)
		}
	}
}

// TestIndefiniteLength uses a CMS in BER. The padding zeros must not hide its
// end.
func TestIndefiniteLength(t *testing.T) {
	for end, good := range map[string]bool{"\x00\x00": true, "\x00\x00\x00\x01": false} {
		c := crafted("")
		c.contents = func(cms, _ []byte) []byte {
			return slices.Concat([]byte{0x30, 0x80}, cms[4:], []byte(end)) // from 30 82 xx xx
		}
		if err := mustVerify(t, c.sign(t, formFile(table))).Err(); (err == nil) != good {
			t.Errorf("ends in %x: %v", end, err)
		}
	}
}

func TestTooManySignatures(t *testing.T) {
	fields := strings.Repeat("20 0 R ", 1)
	objects := []object{{21, 0, "<</Type /Sig>>"}}
	for n := 30; n < 30+maxSignatures; n++ {
		fields += itoa(n) + " 0 R "
		objects = append(objects, object{n, 0, "<</FT /Sig /V 21 0 R>>"})
	}
	objects = append(objects, object{20, 0, "<</FT /Sig /V 21 0 R>>"}, object{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [" + fields + "]>>>>"})
	if _, err := verify(extend(t, formFile(table), "", objects...)); !errors.Is(err, ErrTooManySignatures) {
		t.Errorf("%d signatures: %v", maxSignatures+1, err)
	}
}

// FuzzVerify checks that Verify does not panic or hang, and that a good signature
// has its Contents and a certificate.
func FuzzVerify(f *testing.F) {
	signed := [][]byte{mustSign(f, formFile(table), Options{}), crafted("").sign(f, formFile(stream)), crafted("").sign(f, formFile(table))}
	for _, file := range signed {
		f.Add(file)
	}
	for _, a := range attacks(f) {
		f.Add(a.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := verify(file)
		if err != nil || r.Err() != nil {
			return
		}
		for _, s := range r.Signatures {
			if s.Err() != nil || len(s.Contents) == 0 || s.CMS.Certificate == nil {
				t.Fatalf("a good signature without its parts: %+v", s)
			}
		}
	})
}
