package cms

import (
	"bytes"
	"crypto"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
	"time"
)

// zeros returns n octets that are never in memory as a whole.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestHashContent(t *testing.T) {
	text := bytes.Repeat([]byte(content), 10_000)
	want256, want512 := sha256.Sum256(text), sha512.Sum512(text)
	for name, r := range map[string]io.Reader{
		"whole":             bytes.NewReader(text),
		"octet by octet":    iotest.OneByteReader(bytes.NewReader(text)),
		"end with the data": iotest.DataErrReader(bytes.NewReader(text)),
	} {
		c, err := HashContent(r, crypto.SHA256, crypto.SHA512, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.Digest(crypto.SHA256), want256[:]) || !bytes.Equal(c.Digest(crypto.SHA512), want512[:]) || c.Digest(crypto.SHA384) != nil {
			t.Errorf("%s: %x %x", name, c.Digest(crypto.SHA256), c.Digest(crypto.SHA512))
		}
	}
}

func TestHashContentSizes(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), pieceSize)
	for _, size := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, pieces * pieceSize, pieces*pieceSize + 1, len(text)} {
		c, err := HashContent(bytes.NewReader(text[:size]), crypto.SHA256)
		if want := sha256.Sum256(text[:size]); err != nil || !bytes.Equal(c.Digest(crypto.SHA256), want[:]) {
			t.Errorf("%d octets: %v", size, err)
		}
	}
}

// TestHashContentFails shows that content that cannot be read to its end has no
// digest.
func TestHashContentFails(t *testing.T) {
	for _, size := range []int64{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 10 * pieceSize} {
		for _, gone := range []error{errors.New("disk gone"), io.ErrUnexpectedEOF} {
			c, err := HashContent(io.MultiReader(zeros(size), iotest.ErrReader(gone)), crypto.SHA256)
			if !errors.Is(err, gone) || c != nil {
				t.Errorf("after %d octets: %v %v, want %v", size, c, err, gone)
			}
		}
	}
	if md5.New() == nil {
		t.Fatal("MD5 must be linked in for the next check to mean something")
	}
	for _, h := range []crypto.Hash{0, crypto.MD5, crypto.SHA224, 99} {
		if c, err := HashContent(bytes.NewReader(nil), crypto.SHA256, h); err == nil || c != nil {
			t.Errorf("%v: %v %v", h, c, err)
		}
	}
}

// TestConstantMemory shows that 64 MiB of content are digested in constant
// memory.
func TestConstantMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := HashContent(zeros(64<<20), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d octets allocated", n)
	}
}

// TestReaderIsGivenBack shows that HashContent does not read on after it has
// returned.
func TestReaderIsGivenBack(t *testing.T) {
	for _, r := range []io.Reader{zeros(10 * pieceSize), iotest.TimeoutReader(zeros(10 * pieceSize))} {
		reads := 0
		counted := readerFunc(func(b []byte) (int, error) {
			reads++
			return r.Read(b)
		})
		_, err := HashContent(counted, crypto.SHA256)
		before := reads // a late read is also a data race, which go test -race sees
		time.Sleep(20 * time.Millisecond)
		if before == 0 || before != reads {
			t.Errorf("%d reads, then %d (%v)", before, reads, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func BenchmarkHashContent(b *testing.B) {
	const size = 64 << 20
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		b.Run(h.String(), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := HashContent(zeros(size), h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDetached(b *testing.B) {
	s := fixture().rsa.signing(crypto.SHA256)
	digest := make([]byte, 32)
	for b.Loop() {
		if _, err := s.Detached(digest); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndVerify(b *testing.B) {
	der := fixture().rsa.sign(b, crypto.SHA256)
	c := hashed(b, content, crypto.SHA256)
	for b.Loop() {
		sd, err := Parse(der)
		if err == nil {
			err = sd.Verify(c).Err()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
