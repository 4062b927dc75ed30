package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"testing"
)

// known fails the test unless err is one of the documented errors.
func known(t *testing.T, err error) {
	t.Helper()
	var d *DamagedError
	if err != nil && !errors.As(err, &d) && !errors.Is(err, ErrNotPDF) && !errors.Is(err, ErrPassword) && !errors.Is(err, ErrEncryption) {
		t.Fatalf("unexpected kind of error: %v", err)
	}
}

// FuzzObject checks that a parsed object can be written and reads back equal.
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

// small fails the test if a read takes much more memory than the largest
// decoded stream, even for a small file.
func small(t *testing.T, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 40*maxDecoded {
		t.Fatalf("%d bytes allocated", used)
	}
}

// readAll opens a file and reads every listed object.
func readAll(t *testing.T, data []byte) {
	t.Helper()
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
}

// FuzzFile opens whole files.
func FuzzFile(f *testing.F) {
	for _, b := range []*builder{plain(), modern(), hybrid()} {
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) { small(t, func() { readAll(t, data) }) })
}

// FuzzXRefTable uses the data as the sections of a cross-reference table, the
// trailer dictionary, and the text before startxref.
func FuzzXRefTable(f *testing.F) {
	f.Add("0 1\n0000000000 65535 f \n1 1\n0000000009 00000 n \n", "/Size 2 /Root 1 0 R", 0)
	f.Add("0 3\n0000000002 65535 f \n0000000009 00000 n \n0000000000 00001 f \n", "/Size 3 /Root 1 0 R /Prev 9 /XRefStm 9", 1)
	f.Add("1 99999999\n0000000009 00000 n\r\n", "/Size 9 /Prev 41 /ID [<00> <01>]", -1)
	f.Fuzz(func(t *testing.T, table, trailer string, shift int) {
		b := newBuilder("%PDF-1.7\n")
		b.object(1, "<</Type /Catalog>>")
		at := b.Len()
		fmt.Fprintf(b, "xref\n%strailer\n<<%s>>\n", table, trailer)
		b.end(at + shift)
		small(t, func() { readAll(t, b.Bytes()) })
	})
}

// FuzzObjectStream uses the data as an object stream, with any N and First.
func FuzzObjectStream(f *testing.F) {
	f.Add("/N 2 /First 9", []byte("1 0 2 5 (a) [3 0 R]"))
	f.Add("/N 1 /First 4 /Extends 3 0 R", []byte("1 0 <</Type /Catalog>>"))
	f.Add("/N 1 /First 4 /Filter /FlateDecode", []byte(deflate("1 0 <</Type /Catalog>>")))
	f.Add("/N 99999999 /First -1 /Length 3 0 R", []byte("1 99999999999"))
	f.Fuzz(func(t *testing.T, dict string, data []byte) {
		b := newBuilder("%PDF-1.5\n")
		b.stream(3, "/Type /ObjStm "+dict, string(data))
		at := b.Len()
		rows := "\x00\x00\x00\x00" + "\x02\x00\x03\x00" + "\x02\x00\x03\x01" + fmt.Sprintf("\x01\x00%c\x00", b.offsets[3])
		b.stream(4, "/Type /XRef /W [1 2 1] /Size 4 /Root 1 0 R", rows)
		b.end(at)
		small(t, func() { readAll(t, b.Bytes()) })
	})
}

// FuzzXRefStream uses the data as the dictionary and the bytes of a
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
		small(t, func() { readAll(t, b.Bytes()) })
	})
}

// FuzzFilter decodes with every predictor.
func FuzzFilter(f *testing.F) {
	f.Add([]byte(deflate("\x02\x01\x02\x03")), 12, 3, 1, 8)
	f.Add([]byte(deflate("\x01\x02\x03")), 2, 3, 3, 8)
	f.Fuzz(func(t *testing.T, data []byte, predictor, columns, colors, bits int) {
		parms := Dict{"Predictor": int64(predictor), "Columns": int64(columns), "Colors": int64(colors), "BitsPerComponent": int64(bits)}
		small(t, func() {
			_, _, err := decode(bytes.NewReader(data), []Name{"FlateDecode"}, []Dict{parms}, 0, maxDecoded)
			known(t, err)
		})
	})
}
