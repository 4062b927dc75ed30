package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// bigFile returns a PDF file of about size bytes, with one large stream.
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

// signTo signs from file to file, as the program does.
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

// BenchmarkCopyAndHash is the baseline for signing: one copy and one hash of
// the same file.
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

// signedFile returns a big file with five signatures.
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

// TestHostileLists uses lists that are costly to compare item by item, and
// references that are costly to follow.
func TestHostileLists(t *testing.T) {
	const many = 100000
	var fields, arrays strings.Builder
	for n := range many {
		fmt.Fprintf(&fields, "%d 0 R ", 1000+n)
		arrays.WriteString("13 0 R ")
	}
	list := "[6 0 R " + fields.String() + "]"
	page := func(annots string) object {
		return object{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /PieceInfo 14 0 R /Annots " + annots + ">>"}
	}
	base := formFile(table, page(list), object{13, 0, "[" + arrays.String() + "]"}, object{14, 0, "[13 0 R 13 0 R]"})
	signed := crafted("").sign(t, base)
	start := time.Now()
	file := extend(t, signed, "", page(list[:len(list)-1]+" 11 0 R]"), object{13, 0, "[" + arrays.String() + " 1 0 R]"})
	if s := mustVerify(t, file).Signatures[0]; level(s) != LevelContent {
		t.Errorf("%v", s.Changes)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// BenchmarkVerifyObjects verifies a file of many objects with five signatures.
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

// sparseFile is a file with zeros between its head and its tail.
type sparseFile struct {
	head, tail string
	size       int64
}

func (h sparseFile) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), h.size-off))
	clear(p[:n])
	if off < int64(len(h.head)) {
		copy(p[:n], h.head[off:])
	}
	if at := h.size - int64(len(h.tail)); off+int64(n) > at {
		if off >= at {
			copy(p[:n], h.tail[off-at:])
		} else {
			copy(p[at-off:n], h.tail)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestLargerThanATable checks that a file too large for its table is refused
// before anything is hashed.
func TestLargerThanATable(t *testing.T) {
	for k, want := range map[kind]error{table: ErrTooLarge, stream: nil} {
		text := string(sample{kind: k, objects: documentOf()}.bytes())
		i := strings.LastIndex(text, "startxref")
		h := sparseFile{text[:i], text[i:], 10_000_000_000}
		if _, err := Prepare(h, h.size, Options{}); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", k, err, want)
		}
	}
}

// TestOffsetsOfEightBytes lays out an update behind 5 GB.
func TestOffsetsOfEightBytes(t *testing.T) {
	for size, want := range map[int64]string{1 << 20: "/W [1 4 2]", 5_000_000_000: "/W [1 8 2]"} {
		text := string(sample{kind: stream, objects: documentOf()}.bytes())
		i := strings.LastIndex(text, "startxref")
		h := sparseFile{text[:i], text[i:], size}
		p, err := Prepare(h, h.size, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.state, p.hashed = sha256.New().(hash.Cloner), true // the digest is not tested here
		u, err := p.Update(Statement{Name: holder, Time: clock, Room: 100})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(u.bytes, []byte(want)) {
			t.Errorf("%d bytes: no %q in %q", size, want, u.bytes)
		}
		end := sparseFile{h.head, string(u.bytes), size + int64(len(u.bytes))}
		d, err := openDocument(end, end.size)
		if err != nil {
			t.Fatal(err)
		}
		if names := fieldNames(t, d); len(names) != 1 {
			t.Errorf("%d bytes: fields %q", size, names)
		}
	}
}

func TestHashNotAvailable(t *testing.T) {
	in := sample{objects: documentOf()}.bytes()
	p, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hash(crypto.BLAKE2b_256); !errors.Is(err, ErrHash) {
		t.Error(err)
	}
	pades, err := Prepare(bytes.NewReader(in), int64(len(in)), Options{Profile: PAdES})
	if err != nil {
		t.Fatal(err)
	}
	for h, want := range map[crypto.Hash]error{crypto.SHA256: nil, crypto.SHA384: ErrHash, crypto.SHA512: ErrHash} {
		if err := p.Hash(h); !errors.Is(err, want) {
			t.Errorf("touki, %v: %v", h, err)
		}
		if err := pades.Hash(h); err != nil {
			t.Errorf("PAdES, %v: %v", h, err)
		}
	}
}
