package xmlsig

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzParse: whatever comes in, Parse returns, and says where it stopped or
// gives a document that can be read again.
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

// FuzzCanonicalize: the canonical form is a document with the same canonical
// form.
func FuzzCanonicalize(f *testing.F) {
	for n := range 20 {
		f.Add([]byte(newGenerator(n).document()), uint8(n))
	}
	methods := []C14NMethod{C14N10, C14N10Comments, C14N11, C14N11Comments, ExcC14N10, ExcC14N10Comment}
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
