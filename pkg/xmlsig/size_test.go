package xmlsig

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"
)

// ledger returns a document of at least size bytes with much markup for its
// size.
func ledger(size int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<t:帳簿 xmlns:t=\"urn:t\" xml:lang=\"ja\">\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "<t:行 番号=\"%d\" Id=\"r%d\"><日>令和8年</日><額 通貨='JPY'>1,234 &amp; 5</額></t:行>\r\n", i, i)
	}
	b.WriteString("</t:帳簿>\n")
	return b.Bytes()
}

// heapPeak runs f and returns the largest growth of the heap.
func heapPeak(f func()) int {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	peak := make(chan int)
	go func() {
		most := uint64(0)
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
			select {
			case <-done:
				peak <- int(most) - int(before.HeapInuse)
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	return <-peak
}

// TestMemory shows that parsing, signing and verifying need at most half the
// size of the document in memory, besides the document in UTF-8.
func TestMemory(t *testing.T) {
	src := ledger(4 << 20)
	key := fixture().signer.signing()
	peak := heapPeak(func() {
		d, err := Parse(src)
		if err != nil {
			t.Error(err)
			return
		}
		p, err := d.Prepare(Options{XAdES: true})
		if err != nil {
			t.Error(err)
			return
		}
		signed, err := p.Sign(key)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := signed.WriteTo(io.Discard); err != nil {
			t.Error(err)
		}
	})
	if most := len(src) / 2; peak > most {
		t.Errorf("signing %d bytes took %d bytes beside them, more than %d", len(src), peak, most)
	}
	signed := sign(t, src, Options{XAdES: true}, key)
	peak = heapPeak(func() {
		if err := mustParse(t, signed).Verify(Verification{}).Err(); err != nil {
			t.Error(err)
		}
	})
	if most := len(src) / 2; peak > most {
		t.Errorf("verifying %d bytes took %d bytes beside them, more than %d", len(src), peak, most)
	}
}

func BenchmarkParse(b *testing.B) {
	src := ledger(100 << 20)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonicalize(b *testing.B) {
	src := ledger(100 << 20)
	d := mustParse(b, src)
	for _, m := range []C14NMethod{C14N10, ExcC14N10} {
		b.Run(string(m), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if err := (Canonicalizer{Method: m}).Document(io.Discard, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	for _, size := range []int{1 << 20, 10 << 20, 100 << 20} {
		src := ledger(size)
		b.Run(fmt.Sprint(size>>20, " MB"), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				sign(b, src, Options{}, fixture().signer.signing())
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{1 << 20, 10 << 20, 100 << 20} {
		signed := sign(b, ledger(size), Options{}, fixture().signer.signing())
		b.Run(fmt.Sprint(size>>20, " MB"), func(b *testing.B) {
			b.SetBytes(int64(len(signed)))
			b.ReportAllocs()
			for b.Loop() {
				if err := mustParse(b, signed).Verify(Verification{}).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
