package pdfsig

import (
	"bytes"
	"crypto"
	"errors"
	"slices"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// FuzzSign checks that any file is either refused, or signed so that all its
// bytes stay and the new signature is good.
func FuzzSign(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.bytes(), "")
	}
	for _, k := range []kind{table, stream, hybrid} {
		f.Add(fieldFile("", k), "甲.sign")
		f.Add(mustSign(f, formFile(k), Options{}), "")
	}
	f.Fuzz(func(t *testing.T, file []byte, field string) {
		signed, err := sign(file, Options{Field: field})
		if err != nil {
			return
		}
		if !bytes.HasPrefix(signed, file) {
			t.Fatal("a byte of the file has changed")
		}
		r, err := verify(signed)
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		last := r.Signatures[len(r.Signatures)-1]
		if !last.Whole || last.Err() != nil {
			t.Fatalf("whole %v: %v", last.Whole, last.Err())
		}
	})
}

// FuzzFeatures searches any file. A signature must neither add nor hide a
// feature.
func FuzzFeatures(f *testing.F) {
	for _, action := range []string{"", "/OpenAction <</S /JavaScript /JS (1)>>", "/AA <</WC 9 0 R>>", "/Names <</JavaScript 9 0 R>>"} {
		for _, k := range []kind{table, stream, hybrid} {
			f.Add(sample{kind: k, objects: documentOf(
				object{1, 0, "<</Type /Catalog /Pages 2 0 R " + action + ">>"},
				object{9, 0, "<</S /Launch /Next [<</S /Rendition /JS (1)>> 9 0 R]>>"},
				object{10, 0, streamBody("/F (elsewhere) /Subtype /Form /Ref <<>>", "")},
			)}.bytes())
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		found, complete, err := Features(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		signed, err := sign(file, Options{})
		if err != nil {
			return
		}
		again, completeAgain, err := Features(bytes.NewReader(signed), int64(len(signed)))
		if err != nil || complete && completeAgain && !slices.Equal(found, again) {
			t.Errorf("%v, and %v when it is signed: %v", found, again, err)
		}
	})
}

// FuzzDocumentTimestamp embeds any token as a document timestamp. A token is
// good only if package cms verifies it over the covered bytes.
func FuzzDocumentTimestamp(f *testing.F) {
	signature := mustVerify(f, mustSign(f, sample{objects: documentOf()}.bytes(), Options{})).Signatures[0]
	f.Add(bytes.TrimRight(signature.Contents, "\x00"))
	f.Add([]byte{0x30, 0x80, 0, 0})
	original := sample{objects: documentOf()}.bytes()
	p, err := Prepare(bytes.NewReader(original), int64(len(original)), Options{Profile: Timestamp})
	if err != nil {
		f.Fatal(err)
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		u, err := p.Update(Statement{Room: 16 << 10})
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Embed(token); err != nil {
			return
		}
		var out bytes.Buffer
		if _, err := u.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		r, err := verify(out.Bytes())
		if err != nil || len(r.Signatures) != 1 {
			t.Fatalf("%v: %v", r, err)
		}
		if s := r.Signatures[0]; s.Err() == nil {
			stamp, err := cms.ParseTimestamp(token)
			if err != nil {
				t.Fatalf("good, and no timestamp: %v", err)
			}
			if _, err := stamp.VerifyDigest(u.Digest()); err != nil && !errors.Is(err, cms.ErrNotTimestamping) {
				t.Fatalf("good, and package cms says %v", err)
			}
		}
	})
}
