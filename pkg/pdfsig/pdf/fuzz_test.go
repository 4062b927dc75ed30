package pdf

import (
	"bytes"
	"errors"
	"testing"
)

// known fails the test when err is none of the errors this package promises.
func known(t *testing.T, err error) {
	t.Helper()
	var d *DamagedError
	if err != nil && !errors.As(err, &d) && !errors.Is(err, ErrNotPDF) && !errors.Is(err, ErrEncrypted) {
		t.Fatalf("unexpected kind of error: %v", err)
	}
}

// FuzzObject wants that what was read can be written and reads back the same.
func FuzzObject(f *testing.F) {
	for _, s := range []string{"<</A[1 0 R(x\\051)<4>/B#20 -1.5 true null]>>", "<<", "[[[", "(\\7777)", "1 0 R", "% c\r\n/x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := parse(string(data))
		known(t, err)
		if err != nil {
			return
		}
		again, err := parse(string(Append(nil, o)))
		if err != nil || !Equal(o, again) {
			t.Fatalf("%v reads back as %v, %v", o, again, err)
		}
	})
}

// FuzzFile opens a file (trailers, tables, streams) and reads every object.
func FuzzFile(f *testing.F) {
	for _, b := range []*builder{plain(), modern(), hybrid()} {
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		known(t, err)
		if err != nil {
			return
		}
		for _, s := range file.Sections() {
			read := 0
			for n := range s.Numbers {
				e, err := file.Entry(n)
				known(t, err)
				_, err = file.Object(Ref{n, e.Generation})
				known(t, err)
				if read++; read == 1000 {
					break
				}
			}
		}
	})
}

// FuzzXRefStream puts the data into the dictionary and the bytes of a
// cross-reference stream.
func FuzzXRefStream(f *testing.F) {
	f.Add("/W [1 2 1] /Index [0 1 5 1]", []byte("\x00\x00\x00\x00\x01\x00\x09\x00"))
	f.Add("/W [0 1 0] /Size 3", []byte("\x00\x09\x20"))
	f.Fuzz(func(t *testing.T, dict string, data []byte) {
		b := newBuilder("%PDF-1.5\n")
		b.object(1, "<</Type /Catalog>>")
		at := b.Len()
		b.stream(2, "/Type /XRef /Root 1 0 R "+dict, string(data))
		b.end(at)
		file, err := b.open()
		known(t, err)
		if err == nil {
			for n := range 20 {
				_, err := file.Object(Ref{n, 0})
				known(t, err)
			}
		}
	})
}

// FuzzFilter decodes with every predictor.
func FuzzFilter(f *testing.F) {
	f.Add([]byte(deflate("\x02\x01\x02\x03")), 12, 3, 1, 8)
	f.Add([]byte(deflate("\x01\x02\x03")), 2, 3, 3, 8)
	f.Fuzz(func(t *testing.T, data []byte, predictor, columns, colors, bits int) {
		parms := Dict{"Predictor": int64(predictor), "Columns": int64(columns), "Colors": int64(colors), "BitsPerComponent": int64(bits)}
		_, err := decode(bytes.NewReader(data), []Name{"FlateDecode"}, []Dict{parms}, 0)
		known(t, err)
	})
}
