package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// builder writes test files object by object and records their offsets.
type builder struct {
	bytes.Buffer
	offsets map[int]int
}

func newBuilder(header string) *builder {
	b := &builder{offsets: map[int]int{}}
	b.WriteString(header)
	return b
}

func (b *builder) object(number int, body string) {
	b.offsets[number] = b.Len()
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", number, body)
}

func (b *builder) stream(number int, dict, data string) {
	b.object(number, fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

// table ends a revision with a cross-reference table of the objects given.
func (b *builder) table(trailer string, numbers ...int) (at int) {
	at = b.Len()
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, n := range numbers {
		fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", n, b.offsets[n])
	}
	fmt.Fprintf(b, "trailer\n<<%s>>\n", trailer)
	b.end(at)
	return at
}

func (b *builder) end(startxref int) { fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", startxref) }

func (b *builder) open() (*File, error) { return Open(bytes.NewReader(b.Bytes()), int64(b.Len())) }

func mustOpen(t *testing.T, b *builder) *File {
	t.Helper()
	f, err := b.open()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func deflate(data string) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(data))
	w.Close()
	return z.String()
}

// plain returns the smallest file with a table.
func plain() *builder {
	b := newBuilder("%PDF-1.7\n")
	b.object(1, "<</Type /Catalog /Pages 2 0 R>>")
	b.object(2, "<</Type /Pages /Kids [] /Count 0>>")
	b.table("/Size 3 /Root 1 0 R", 1, 2)
	return b
}

// modern returns the smallest file with a cross-reference stream and an object
// stream. Both are compressed, the first with a PNG predictor.
func modern() *builder {
	b := newBuilder("%PDF-1.5\n")
	one, two := "<</Type /Catalog /Pages 2 0 R>> ", "<</Type /Pages /Kids [] /Count 0>>"
	head := fmt.Sprintf("1 0 2 %d ", len(one))
	b.stream(3, fmt.Sprintf("/Type /ObjStm /N 2 /First %d /Filter /FlateDecode", len(head)), deflate(head+one+two))
	at := b.Len()
	rows := [][4]byte{{0, 0, 0, 0}, {2, 0, 3, 0}, {2, 0, 3, 1}, {1, 0, byte(b.offsets[3]), 0}, {1, byte(at >> 8), byte(at), 0}}
	var packed strings.Builder
	above := [4]byte{}
	for _, row := range rows {
		packed.WriteByte(2) // PNG Up
		for i := range row {
			packed.WriteByte(row[i] - above[i])
		}
		above = row
	}
	b.stream(40, "/Type /XRef /W [1 2 1] /Size 41 /Index [0 4 40 1] /Root 1 0 R /Filter [/FlateDecode] /DecodeParms [<</Predictor 12 /Columns 4>>]", deflate(packed.String()))
	b.end(at)
	return b
}

// hybrid has a table that marks object 2 as free and an XRefStm that lists it.
func hybrid() *builder {
	b := newBuilder("%PDF-1.5\n")
	b.object(1, "<</Type /Catalog /Pages 2 0 R>>")
	b.stream(3, "/Type /ObjStm /N 1 /First 4", "2 0 <</Type /Pages /Kids [] /Count 0>>")
	at := b.Len()
	b.stream(4, "/Type /XRef /W [1 2 1] /Size 5 /Index [2 1]", "\x02\x00\x03\x00")
	table := b.Len()
	fmt.Fprintf(b, "xref\n0 4\n0000000002 65535 f \n%010d 00000 n \n0000000000 00000 f \n%010d 00000 n \n", b.offsets[1], b.offsets[3])
	fmt.Fprintf(b, "trailer\n<</Size 5 /Root 1 0 R /XRefStm %d>>\n", at)
	b.end(table)
	return b
}
