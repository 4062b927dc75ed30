package pdfsig

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzSign wants of any file that it is refused, or signed so that every byte
// of it stays and the new signature is good.
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
