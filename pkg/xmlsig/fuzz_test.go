package xmlsig

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzParse shows that Parse returns an error with a place, or a document whose
// canonical form can be parsed again.
func FuzzParse(f *testing.F) {
	for _, e := range encodings {
		f.Add(encoded(f, "<申告 年='令和八'>\r\n<b xmlns='urn:b' Id='あ'/></申告>", e.enc, e.mark))
	}
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"))
	f.Add([]byte("<a><![CDATA[<]]>&#x41;<?p q?><!-- c --></a>"))
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse(src)
		if err != nil {
			var syntax *SyntaxError
			var limit *LimitError
			if !errors.As(err, &syntax) && !errors.As(err, &limit) {
				t.Fatalf("an error of another type: %v", err)
			}
			return
		}
		start, end := d.Root().Range()
		if start < 0 || end > len(src) || start >= end {
			t.Fatalf("root at %d..%d of %d", start, end, len(src))
		}
	})
}

// FuzzCanonicalize shows that canonicalising a canonical form changes nothing.
func FuzzCanonicalize(f *testing.F) {
	for n := range 20 {
		f.Add([]byte(newGenerator(n).document()), uint8(n))
	}
	methods := []C14NMethod{C14N10, C14N10Comments, C14N11, C14N11Comments, ExcC14N10, ExcC14N10Comments}
	f.Fuzz(func(t *testing.T, src []byte, n uint8) {
		d, err := Parse(src)
		if err != nil {
			return
		}
		c := Canonicalizer{Method: methods[int(n)%len(methods)]}
		var once, twice bytes.Buffer
		if c.Document(&once, d) != nil {
			return // a relative namespace
		}
		again, err := Parse(once.Bytes())
		if err != nil {
			t.Fatalf("canonical form cannot be read: %v\n%q", err, once.Bytes())
		}
		if err := c.Document(&twice, again); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("%v\nonce  %q\ntwice %q", err, once.Bytes(), twice.Bytes())
		}
	})
}

// FuzzVerify shows that a valid document has a signature by the test's signer
// over what was signed.
func FuzzVerify(f *testing.F) {
	for _, signed := range signedForms(f) {
		f.Add(signed)
	}
	for _, path := range govSigned(f) {
		f.Add(govFile(f, path))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse(src)
		if err != nil {
			return
		}
		results := d.Verify(Verification{Open: govOpen("egov/standard")})
		if results.Err() != nil {
			return
		}
		for _, r := range results {
			if r.Certificate == nil || len(r.References) == 0 || !r.Whole && len(r.Warnings) == 0 {
				t.Fatalf("good without reason: %+v", r)
			}
		}
	})
}

// FuzzSign shows that a prepared document can be signed, that the result
// verifies, and that its content is kept.
func FuzzSign(f *testing.F) {
	f.Add([]byte(taxReturn), uint8(0))
	f.Add(govFile(f, "etax/unsigned.xtx"), uint8(3))
	f.Add(govFile(f, "egov/standard/kousei-other.xml"), uint8(4))
	for n, e := range encodings {
		f.Add(encoded(f, "<申告/>", e.enc, e.mark), uint8(n))
	}
	f.Fuzz(func(t *testing.T, src []byte, kind uint8) {
		d, err := Parse(src)
		if err != nil {
			return
		}
		requests := []Options{{}, {XAdES: true}, {Form: Enveloping}, {Profile: ProfileETax}, {Profile: ProfileEGov, Open: govOpen("egov/standard")}, {C14N: Canonicalizer{Method: ExcC14N10Comments}}}
		p, err := d.Prepare(requests[int(kind)%len(requests)])
		if err != nil {
			return
		}
		signed, err := p.Sign(fixture().signer.signing())
		if err != nil {
			t.Fatalf("prepared and not signed: %v\n%q", err, src)
		}
		var b bytes.Buffer
		if _, err := signed.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(b.Bytes())
		if err != nil {
			t.Fatalf("signed and not to be read: %v\n%q", err, b.Bytes())
		}
		// An ordinary signature of a document that has a form leaves out the files
		// of the form.
		ordinary := requests[int(kind)%len(requests)].Profile == ProfileNone && d.Detect() != ProfileNone
		results := again.Verify(Verification{Open: govOpen("egov/standard"), Partial: ordinary})
		for _, r := range results {
			if r.ID == signed.ID && r.Err() == nil {
				return
			}
		}
		t.Fatalf("signed and not valid: %v\n%q", results.Err(), b.Bytes())
	})
}
