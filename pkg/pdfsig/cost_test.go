package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// bigFile is a PDF file of about size bytes, in one stream.
func bigFile(tb testing.TB, size int) (*os.File, int64) {
	tb.Helper()
	s := sample{objects: documentOf(object{4, 0, streamBody("", strings.Repeat("%0123456789abcde", size/16))})}
	f, err := os.Create(filepath.Join(tb.TempDir(), "big.pdf"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	data := s.bytes()
	if _, err := f.Write(data); err != nil {
		tb.Fatal(err)
	}
	return f, int64(len(data))
}

// signTo signs as the program does, from file to file.
func signTo(w io.Writer, r io.ReaderAt, size int64) error {
	p, err := Prepare(r, size, Options{})
	if err != nil {
		return err
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		return err
	}
	u, err := p.Update(Statement{Name: holder, Time: clock, Room: 4 << 10})
	if err != nil {
		return err
	}
	if err := u.Embed(u.Digest()); err != nil {
		return err
	}
	_, err = u.WriteTo(w)
	return err
}

func TestMemoryOfABigFile(t *testing.T) {
	f, size := bigFile(t, 100<<20)
	out, err := os.Create(filepath.Join(t.TempDir(), "out.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := signTo(out, f, size); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("signing %d bytes allocated %d", size, used)
	}
}

func BenchmarkSign(b *testing.B) {
	for _, mb := range []int{1, 100} {
		b.Run(fmt.Sprintf("%dMB", mb), func(b *testing.B) {
			f, size := bigFile(b, mb<<20)
			out, err := os.Create(filepath.Join(b.TempDir(), "out.pdf"))
			if err != nil {
				b.Fatal(err)
			}
			defer out.Close()
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				out.Seek(0, io.SeekStart)
				if err := signTo(out, f, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCopyAndHash is what signing is measured against: one copy and one
// hash of the same file.
func BenchmarkCopyAndHash(b *testing.B) {
	f, size := bigFile(b, 100<<20)
	out, err := os.Create(filepath.Join(b.TempDir(), "out.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	b.SetBytes(size)
	for b.Loop() {
		out.Seek(0, io.SeekStart)
		buffer := make([]byte, copyBuffer)
		io.CopyBuffer(plainWriter{sha256.New()}, plainReader{io.NewSectionReader(f, 0, size)}, buffer)
		io.CopyBuffer(plainWriter{out}, plainReader{io.NewSectionReader(f, 0, size)}, buffer)
	}
}

// signedFile is a big file with five signatures.
func signedFile(tb testing.TB, size int) (*os.File, int64) {
	tb.Helper()
	f, n := bigFile(tb, size)
	for range 5 {
		p, err := Prepare(f, n, Options{})
		if err != nil {
			tb.Fatal(err)
		}
		if err := p.Hash(crypto.SHA256); err != nil {
			tb.Fatal(err)
		}
		u, err := p.Update(Statement{Name: holder, Time: clock, Room: 4 << 10})
		if err != nil {
			tb.Fatal(err)
		}
		der, err := signer().Detached(u.Digest())
		if err != nil {
			tb.Fatal(err)
		}
		if err := u.Embed(der); err != nil {
			tb.Fatal(err)
		}
		m, err := f.WriteAt(u.bytes, n)
		if err != nil {
			tb.Fatal(err)
		}
		n += int64(m)
	}
	return f, n
}

func TestMemoryOfVerifying(t *testing.T) {
	f, size := signedFile(t, 100<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := Verify(f, size)
	if err != nil || r.Err() != nil || len(r.Signatures) != 5 {
		t.Fatal(err, r.Err())
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 12<<20 {
		t.Errorf("verifying %d bytes allocated %d", size, used)
	}
}

func BenchmarkVerify(b *testing.B) {
	f, size := signedFile(b, 100<<20)
	b.Run("100MB", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Verify(f, size); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hashing alone", func(b *testing.B) {
		for b.Loop() {
			for range 5 {
				io.CopyBuffer(plainWriter{sha256.New()}, plainReader{io.NewSectionReader(f, 0, size)}, make([]byte, copyBuffer))
			}
		}
	})
}

// TestHostileLists has lists that are costly to compare item by item, and uses
// that are costly to follow.
func TestHostileLists(t *testing.T) {
	const many = 100000
	var fields, arrays strings.Builder
	for n := range many {
		fmt.Fprintf(&fields, "%d 0 R ", 1000+n)
		arrays.WriteString("13 0 R ")
	}
	list := "[6 0 R " + fields.String() + "]"
	page := func(annots string) object {
		return object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots " + annots + ">>"}
	}
	base := formFile(table, page(list), object{13, 0, "[" + arrays.String() + "]"}, object{14, 0, "[13 0 R 13 0 R]"})
	signed := crafted("").sign(t, base)
	start := time.Now()
	file := extend(t, signed, "", page(list[:len(list)-1]+" 11 0 R]"), object{13, 0, "[" + arrays.String() + " 1 0 R]"})
	if s := mustVerify(t, file).Signatures[0]; s.Changes.Level != ContentChanged {
		t.Errorf("%v", s.Changes)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// BenchmarkVerifyObjects is a file of many objects, signed five times.
func BenchmarkVerifyObjects(b *testing.B) {
	var objects []object
	for n := 100; n < 20100; n++ {
		objects = append(objects, object{n, 0, "<</Type /StructElem /P 99 0 R /K [1 2 3] /Pg 3 0 R /S /Span>>"})
	}
	file := sample{objects: documentOf(objects...)}.bytes()
	for range 5 {
		file = mustSign(b, file, Options{})
	}
	for b.Loop() {
		if r, err := verify(file); err != nil || r.Err() != nil {
			b.Fatal(err, r.Err())
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	in := samples()["the same, in streams"].bytes()
	for b.Loop() {
		if _, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
