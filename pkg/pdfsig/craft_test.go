package pdfsig

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// extend appends an incremental update of the given objects, with the file's own
// kind of cross-reference. The entries in trailer come first in the trailer
// dictionary; extend adds the usual ones after them.
func extend(t testing.TB, file []byte, trailer string, objects ...object) []byte {
	t.Helper()
	d, err := openDocument(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return extendFrom(file, d.Sections()[0].Offset, d.NextNumber(), d.Sections()[0].Stream, trailer, objects...)
}

func extendFrom(file []byte, prev int64, next int, stream bool, trailer string, objects ...object) []byte {
	b := bytes.NewBuffer(bytes.Clone(file))
	at := map[int]int{}
	for _, o := range objects {
		next = max(next, o.number+1)
		if o.body == "" { // mark as free
			continue
		}
		at[o.number] = b.Len()
		fmt.Fprintf(b, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
	}
	start := b.Len()
	trailer += fmt.Sprintf(" /Root 1 0 R /Prev %d", prev)
	if !stream {
		b.WriteString("xref\n")
		for _, o := range objects {
			kind := "n"
			if o.body == "" {
				kind = "f"
			}
			fmt.Fprintf(b, "%d 1\n%010d %05d %s \n", o.number, at[o.number], o.generation, kind)
		}
		fmt.Fprintf(b, "trailer\n<<%s /Size %d>>\n", trailer, next)
	} else {
		var index, data strings.Builder
		at[next] = start
		for _, o := range append(objects[:len(objects):len(objects)], object{number: next, body: "self"}) {
			fmt.Fprintf(&index, "%d 1 ", o.number)
			kind := byte(1)
			if o.body == "" {
				kind = 0
			}
			data.Write([]byte{kind, byte(at[o.number] >> 16), byte(at[o.number] >> 8), byte(at[o.number]), byte(o.generation)})
		}
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", next, streamBody(fmt.Sprintf("/Type /XRef /W [1 3 1] /Index [%s] /Size %d %s", index.String(), next+1, trailer), data.String()))
	}
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

// craft describes a file that Prepare and Sign would not make. Its writer
// follows the description without checks.
type craft struct {
	trailer   string
	objects   []object // %s in one body is replaced by the signature's ByteRange and Contents
	byteRange func(start, end, size int) string
	contents  func(cms, covered []byte) []byte
	literal   bool                // Contents as a literal string
	room      int                 // for the CMS; 0 means 2000
	noLineEnd bool                // after %%EOF
	behind    func([]byte) []byte // adds further signed bytes
}

func (c craft) sign(t testing.TB, in []byte) []byte {
	t.Helper()
	const placeholder = "/ByteRange [---------------------------------------------] /Contents "
	room := c.room
	if room == 0 {
		room = 2000
	}
	gap := "<" + strings.Repeat("0", 2*room) + ">"
	if c.literal {
		gap = "(" + strings.Repeat(`\000`, room) + ")"
	}
	objects := append([]object(nil), c.objects...)
	for i, o := range objects {
		objects[i].body = strings.Replace(o.body, "%s", placeholder+gap, 1)
	}
	file := extend(t, in, c.trailer, objects...)
	if c.noLineEnd {
		file = bytes.TrimSuffix(file, []byte("\n"))
	}
	if c.behind != nil {
		file = c.behind(file)
	}
	at := bytes.Index(file, []byte(placeholder))
	start := at + len(placeholder)
	end := start + len(gap)
	value := fmt.Sprintf("/ByteRange [0 %d %d %d]", start, end, len(file)-end)
	if c.byteRange != nil {
		value = c.byteRange(start, end, len(file))
	}
	copy(file[at:], fmt.Sprintf("%-*s", len(placeholder)-len("/Contents "), value))
	covered := slices.Concat(file[:start], file[end:])
	digest := sha256.Sum256(covered)
	der, err := signer().Detached(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	if c.contents != nil {
		der = c.contents(der, covered)
	}
	if len(der) > room {
		t.Fatalf("a CMS of %d bytes", len(der))
	}
	if c.literal {
		for i, b := range der {
			copy(file[start+1+4*i:], fmt.Sprintf(`\%03o`, b))
		}
		return file
	}
	copy(file[start+1:], fmt.Sprintf("%x", der))
	return file
}

// crafted returns a file with the field 20 and its signature 21, which has
// further entries.
func crafted(entries string) craft {
	return craft{objects: []object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</SigFlags 3 /Fields [20 0 R 6 0 R]>>>>"},
		{20, 0, "<</FT /Sig /T (S) /V 21 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /F 132>>"},
		{21, 0, "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached " + entries + " %s>>"},
	}}
}

func docMDP(p string) string {
	return "/Reference [<</Type /SigRef /TransformMethod /DocMDP /TransformParams <</Type /TransformParams /V /1.2 /P " + p + ">>>>]"
}

// formFile returns a file with the text field 6, its appearance 10, the note
// 11, and further objects.
func formFile(k kind, more ...object) []byte {
	return sample{kind: k, objects: documentOf(append([]object{
		{1, 0, "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R]>>>>"},
		{3, 0, "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R]>>"},
		{6, 0, "<</FT /Tx /T (name) /V (a) /Type /Annot /Subtype /Widget /Rect [10 10 100 30] /P 3 0 R /F 4 /AP <</N 10 0 R>>>>"},
		{10, 0, streamBody("/Type /XObject /Subtype /Form /BBox [0 0 90 20]", "0 0 1 rg")},
		{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (note)>>"},
	}, more...)...)}.bytes()
}
