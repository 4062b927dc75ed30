package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// pagesOf reads the catalog and its page tree root.
func pagesOf(f *File) (Dict, error) {
	root, err := As[Dict](f, f.Trailer()["Root"])
	if err != nil {
		return nil, err
	}
	return As[Dict](f, root["Pages"])
}

func TestOpen(t *testing.T) {
	withPrefix := func(b *builder) *builder {
		p := newBuilder("")
		p.WriteString("HTTP/1.1 200 OK\r\n\r\n")
		p.Write(b.Bytes())
		return p
	}
	replaced := func(b *builder, old, new string) *builder {
		p := newBuilder("")
		if !strings.Contains(b.String(), old) {
			t.Fatalf("%q is not in the file", old)
		}
		p.WriteString(strings.Replace(b.String(), old, new, 1))
		return p
	}
	shifted := func(b *builder, by int) *builder {
		i := strings.LastIndex(b.String(), "startxref\n") + len("startxref\n")
		var at int
		fmt.Sscan(b.String()[i:], &at)
		return replaced(b, fmt.Sprintf("startxref\n%d", at), fmt.Sprintf("startxref\n%d", at+by))
	}
	chopped := newBuilder("")
	chopped.WriteString(strings.TrimRight(plain().String(), "\n"))
	junk := plain()
	junk.WriteString(strings.Repeat("\x00junk\n", 1000))

	for name, b := range map[string]*builder{
		"table":                   plain(),
		"cross-reference stream":  modern(),
		"hybrid":                  hybrid(),
		"bytes before the header": withPrefix(plain()),
		"stream after bytes":      withPrefix(modern()),
		"no final newline":        chopped,
		"junk at the end":         junk,
		"startxref one late":      shifted(plain(), 1),
		"startxref one early":     shifted(plain(), -1),
		"stream, one late":        shifted(modern(), 1),
		"stream, one early":       shifted(modern(), -1),
		"CRLF entries":            replaced(plain(), "f \n", "f\r\n"),
		"comment in the trailer":  replaced(plain(), "trailer\n", "trailer % <</Root 9 0 R>>\n"),
	} {
		f, err := b.open()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pages, err := pagesOf(f)
		if err != nil || pages["Type"] != Name("Pages") {
			t.Errorf("%s: pages are %v, %v", name, pages, err)
		}
	}
}

// TestNotes has inexact files that every reader accepts silently, with the
// expected note.
func TestNotes(t *testing.T) {
	swap := func(b *builder, pairs ...string) string {
		text := b.String()
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(text, pairs[i]) {
				t.Fatalf("%q is not in the file", pairs[i])
			}
			text = strings.Replace(text, pairs[i], pairs[i+1], 1)
		}
		return text
	}
	at := strings.Index(plain().String(), "xref\n")
	where := fmt.Sprintf("startxref\n%d", at)
	offset := func(n int) string { return fmt.Sprintf("%010d 00000 n", plain().offsets[n]) }
	before := func(what string) string { // between the offset and the section
		return swap(plain(), "xref\n0 1", what+"xref\n0 1")
	}
	flushed := func() string {
		text := modern().String()
		i := strings.Index(text, "stream\n")
		j := strings.Index(text, "\nendstream")
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		data, _ := zlib.NewReader(strings.NewReader(text[i+7 : j]))
		io.Copy(w, data)
		w.Flush()
		b := newBuilder("%PDF-1.5\n")
		b.stream(1, "/A 1 /Filter /FlateDecode", z.String())
		b.object(2, "<</Type /Catalog /Pages 3 0 R>>")
		b.object(3, "<</Type /Pages /Kids [] /Count 0>>")
		start := b.Len()
		var rows bytes.Buffer
		w = zlib.NewWriter(&rows)
		for _, n := range []int{0, b.offsets[1], b.offsets[2], b.offsets[3], start} {
			w.Write([]byte{byte(min(n, 1)), byte(n >> 8), byte(n), 0})
		}
		w.Flush()
		b.stream(4, "/Type /XRef /W [1 2 1] /Size 5 /Root 2 0 R /Filter /FlateDecode", rows.String())
		b.end(start)
		return b.String()
	}()
	for name, c := range map[string]struct {
		text string
		want NoteKind // "" for an exact file
	}{
		"exact":                {plain().String(), ""},
		"exact, stream":        {modern().String(), ""},
		"exact, hybrid":        {hybrid().String(), ""},
		"blanks before":        {before(strings.Repeat(" ", 5000)), NamedBefore},
		"a comment before":     {before("% saved by a browser\n"), NamedBefore},
		"line ends before":     {before("\r\n\r\n\x00"), NamedBefore},
		"one late":             {swap(plain(), where, fmt.Sprintf("startxref\n%d", at+1)), NamedInside},
		"19 bytes":             {swap(plain(), "f \n", "f\n", offset(1)+" ", offset(1), offset(2)+" ", offset(2)), EntryForm},
		"offsets with spaces":  {swap(plain(), offset(1), fmt.Sprintf("%10d     0 n", plain().offsets[1])), EntryForm},
		"counts from 1":        {swap(plain(), "xref\n0 1\n", "xref\n1 1\n", "1 1\n"+offset(1), "1 1\n"+offset(1)), FirstNumber},
		"generation 65536":     {swap(plain(), "65535 f", "65536 f"), ""},
		"the same entry twice": {swap(plain(), "2 1\n"+offset(2), "2 1\n"+offset(2)+" \n2 1\n"+offset(2)), DoubledEntry},
		"a key twice":          {swap(plain(), "/Root 1 0 R", "/Root 1 0 R/Root 1 0 R"), DoubledKey},
		"Prev 0":               {swap(plain(), "/Root 1 0 R", "/Root 1 0 R/Prev 0"), PrevZero},
		"no Size":              {swap(plain(), "/Size 3", ""), NoSize},
		"Size too low":         {swap(plain(), "/Size 3", "/Size 2"), SizeLow},
		"sync flush":           {flushed, UnfinishedFlate},
		"startxref, a comment": {swap(plain(), "startxref\n", "startxref\n% 5\n"), StartxrefComment},
		"far from the end":     {plain().String() + strings.Repeat(" ", 2000), StartxrefFar},
	} {
		f, err := Open(strings.NewReader(c.text), int64(len(c.text)))
		if err == nil {
			_, err = pagesOf(f)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		notes := append(f.Notes, f.Sections()[0].Notes...)
		other := func(n Note) bool { return n.Kind != c.want }
		if c.want == "" && len(notes) > 0 || c.want != "" && len(notes) == 0 || slices.ContainsFunc(notes, other) {
			t.Errorf("%s: noted %v, want %q", name, notes, c.want)
		}
	}
}

// TestPlace has objects with inexact offsets.
func TestPlace(t *testing.T) {
	b := newBuilder("%PDF-1.7\n")
	b.object(1, "<</Type /Catalog /Pages 2 0 R>>")
	b.object(2, "<</Type /Pages /Kids [] /Count 0 /Count 0>>")
	b.offsets[2]-- // the line end before it
	b.WriteString("startxref\n0\n%%EOF")
	b.object(3, "[]")
	b.table("/Size 4 /Root 1 0 R", 1, 2, 3)
	f := mustOpen(t, b)
	for n, want := range map[int][]NoteKind{1: nil, 2: {NamedBefore, DoubledKey}, 3: {Glued}} {
		p, ok, err := f.Place(Ref{n, 0})
		if !ok || err != nil {
			t.Fatal(n, ok, err)
		}
		text := b.String()[p.Start:p.End]
		if !strings.HasPrefix(text, fmt.Sprintf("%d 0 obj\n", n)) || !strings.HasSuffix(text, "endobj") || strings.Count(text, "obj") != 2 {
			t.Errorf("object %d stands at %q", n, text)
		}
		var kinds []NoteKind
		for _, note := range p.Notes {
			kinds = append(kinds, note.Kind)
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("object %d: %v, want %v", n, kinds, want)
		}
	}
	if _, ok, err := mustOpen(t, modern()).Place(Ref{1, 0}); ok || err != nil {
		t.Errorf("an object of an object stream has a place: %v, %v", ok, err)
	}
}

// TestFaults checks the damaged part that an error names.
func TestFaults(t *testing.T) {
	plainText := plain().String()
	for text, want := range map[string]DamagedError{
		plainText[:len(plainText)-30]:                                             {Fault: FaultEnd, Offset: -1},
		strings.Replace(plainText, "trailer", "trayler", 1):                       {Fault: FaultCrossReference, Offset: int64(strings.Index(plainText, "trailer"))},
		strings.Replace(plainText, "1 0 obj", "7 0 obj", 1):                       {Fault: FaultObject, Number: 1, Offset: int64(plain().offsets[1])},
		strings.Replace(plainText, "/Count 0", "/Type  0", 1):                     {Fault: FaultTwice, Number: 2, Offset: int64(strings.Index(plainText, "/Count"))},
		strings.Replace(modern().String(), "[/FlateDecode]", "[/LZWDecode  ]", 1): {Fault: FaultFilter, Offset: -2},
	} {
		f, err := Open(strings.NewReader(text), int64(len(text)))
		if err == nil {
			_, err = pagesOf(f)
		}
		var got *DamagedError
		if !errors.As(err, &got) || got.Fault != want.Fault || got.Number != want.Number || want.Offset != -2 && got.Offset != want.Offset {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	plainText, modernText := plain().String(), modern().String()
	at := strings.Index(plainText, "xref\n")
	replace := func(s, old, new string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	for name, c := range map[string]struct {
		text string
		want error // nil: any DamagedError
	}{
		"empty":                {"", ErrNotPDF},
		"no header":            {"hello", ErrNotPDF},
		"half a header":        {"%PDF-1", ErrNotPDF},
		"header only":          {"%PDF-1.7\n", nil},
		"encrypted":            {replace(plainText, "/Root 1", "/Encrypt 9 0 R /Root 1"), ErrEncryption},
		"startxref too late":   {replace(plainText, fmt.Sprintf("startxref\n%d", at), "startxref\n99999"), nil},
		"startxref overflow":   {replace(plainText, fmt.Sprintf("startxref\n%d", at), "startxref\n18446744073709551617"), nil},
		"startxref to nothing": {replace(plainText, fmt.Sprintf("startxref\n%d", at), "startxref\n40"), nil},
		"no %%EOF":             {replace(plainText, "%%EOF", "%%EOT"), nil},
		"loop":                 {replace(plainText, "/Root 1", fmt.Sprintf("/Prev %d /Root 1", at)), nil},
		"negative Prev":        {replace(plainText, "/Root 1", "/Prev -1 /Root 1"), nil},
		"real Prev":            {replace(plainText, "/Root 1", "/Prev 1.0 /Root 1"), nil},
		"no Root":              {replace(plainText, "/Root 1 0 R", ""), nil},
		"direct Root":          {replace(plainText, "/Root 1 0 R", "/Root <<>>"), nil},
		"two Roots":            {replace(plainText, "/Root 1 0 R", "/Root 1 0 R /Root 2 0 R"), nil},
		"object number":        {replace(plainText, "1 0 obj", "7 0 obj"), nil},
		"entry":                {replace(plainText, "00000 n", "0000x n"), nil},
		"same object twice":    {replace(plainText, "2 1\n", "1 1\n"), nil},
		"subsection to 2^63":   {replace(plainText, "2 1\n", "2 9223372036854775807\n"), nil},
		"cut":                  {plainText[:len(plainText)-30], nil},
		"no endobj":            {replace(plainText, "endobj", "endodj"), nil},
		"no endstream":         {replace(modernText, "endstream", "endsteam?"), nil},
		"Length of the stream": {replace(modernText, "/Length 7", "/Length 6"), nil},
		"other filter":         {replace(modernText, "/Filter [/FlateDecode]", "/Filter [/LZWDecode]"), ErrFilter},
		"width of 9":           {replace(modernText, "/W [1 2 1]", "/W [1 9 1]"), nil},
		"stream too short":     {replace(modernText, "/Index [0 4", "/Index [0 5"), nil},
		"not an object stream": {replace(modernText, "/ObjStm", "/ObjStn"), nil},
		"another object in it": {replace(hybrid().String(), "2 0 <<", "5 0 <<"), nil},
		"N too large":          {replace(modernText, "/N 2", "/N 9"), nil},
		"First too large":      {replace(modernText, "/First ", "/First 9"), nil},
	} {
		f, err := Open(strings.NewReader(c.text), int64(len(c.text)))
		if err == nil {
			_, err = pagesOf(f)
		}
		var d *DamagedError
		switch {
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: %v, want %v", name, err, c.want)
		case c.want == nil && !errors.As(err, &d):
			t.Errorf("%s: %v, want a DamagedError", name, err)
		}
	}
}

// TestMiddleOfANumber has an entry for object 2 that points into "12 0 obj".
func TestMiddleOfANumber(t *testing.T) {
	b := newBuilder("%PDF-1.7\n")
	b.object(1, "<</Type /Catalog /Pages 2 0 R>>")
	b.object(12, "<</Type /Pages>>")
	b.offsets[2] = b.offsets[12] + 1
	b.table("/Size 13 /Root 1 0 R", 1, 2, 12)
	f := mustOpen(t, b)
	if o, err := f.Object(Ref{2, 0}); err == nil {
		t.Errorf("object 2 is %v", o)
	}
	if _, err := f.Object(Ref{12, 0}); err != nil {
		t.Error(err)
	}
}

func TestReadErrorIsNoDamage(t *testing.T) {
	broken := errors.New("disk on fire")
	text := plain().String()
	for at := range len(text) {
		f, err := Open(failingReader{strings.NewReader(text), int64(at), broken}, int64(len(text)))
		if err == nil {
			_, err = pagesOf(f)
		}
		if !errors.Is(err, broken) {
			t.Fatalf("read error at %d: %v", at, err)
		}
	}
}

// failingReader fails every read that touches one byte.
type failingReader struct {
	io.ReaderAt
	at  int64
	err error
}

func (r failingReader) ReadAt(p []byte, off int64) (int, error) {
	if off <= r.at && r.at < off+int64(len(p)) {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(p, off)
}

func TestNewestRevisionWins(t *testing.T) {
	b := plain()
	first := bytes.Index(b.Bytes(), []byte("xref\n"))
	b.object(2, "<</Type /Pages /Kids [] /Count 0 /New true>>")
	b.table(fmt.Sprintf("/Size 3 /Root 1 0 R /Prev %d", first), 2)
	f := mustOpen(t, b)
	pages, err := pagesOf(f)
	if err != nil || pages["New"] != true || len(f.Sections()) != 2 {
		t.Errorf("pages %v, %d sections, %v", pages, len(f.Sections()), err)
	}
}

func TestGenerations(t *testing.T) {
	text := strings.Replace(plain().String(), "2 0 obj", "2 7 obj", 1)
	text = strings.Replace(text, "00000 n \ntrailer", "00007 n \ntrailer", 1)
	f, err := Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if o, err := f.Object(Ref{2, 0}); o != nil || err != nil {
		t.Errorf("generation 0 is %v, %v; want null", o, err)
	}
	if o, err := f.Object(Ref{2, 7}); o == nil || err != nil {
		t.Errorf("generation 7 is %v, %v", o, err)
	}
}

func TestReferenceLoops(t *testing.T) {
	b := newBuilder("%PDF-1.7\n")
	b.object(1, "2 0 R")
	b.object(2, "1 0 R")
	b.object(3, "<</Length 3 0 R>>\nstream\n\nendstream")
	b.table("/Size 4 /Root 1 0 R", 1, 2, 3)
	f := mustOpen(t, b)
	if _, err := f.Resolve(Ref{1, 0}); err == nil {
		t.Error("two references to each other resolved")
	}
	if _, err := f.Object(Ref{3, 0}); err == nil {
		t.Error("a stream that is its own length was read")
	}
}

func TestOverlappingObjectsAreBounded(t *testing.T) {
	// every object is a string that holds the next one
	b := newBuilder("%PDF-1.7\n")
	var numbers []int
	for n := 1; n <= 9000; n++ {
		b.offsets[n] = b.Len()
		fmt.Fprintf(b, "%d 0 obj (", n)
		numbers = append(numbers, n)
	}
	b.WriteString(strings.Repeat(")", 9000) + " endobj\n")
	b.table("/Size 40001 /Root 1 0 R", numbers...)
	f := mustOpen(t, b)
	*f.budget = 1 << 20
	var err error
	for n := 1; n <= 9000; n++ { // like a caller that continues after errors
		_, err = f.Object(Ref{n, 0})
	}
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("9000 objects inside each other: %v", err)
	}
}

func TestEntriesAreBounded(t *testing.T) {
	b := newBuilder("%PDF-1.5\n")
	at := b.Len()
	data := strings.Repeat("\x00", maxEntries*2)
	b.stream(1, fmt.Sprintf("/Type /XRef /W [0 1 0] /Size %d /Root 1 0 R /Filter /FlateDecode", len(data)), deflate(data))
	b.end(at)
	if _, err := b.open(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d entries in a file of %d bytes: %v", len(data), b.Len(), err)
	}
}

func TestRevision(t *testing.T) {
	b := plain()
	end := int64(b.Len())
	b.object(2, "<</Type /Pages /Kids [] /Count 0 /New true>>")
	b.table(fmt.Sprintf("/Size 3 /Root 1 0 R /Prev %d", bytes.Index(b.Bytes(), []byte("xref\n"))), 2)
	f := mustOpen(t, b)
	old, err := f.Revision(end)
	if err != nil {
		t.Fatal(err)
	}
	if pages, err := pagesOf(old); err != nil || pages["New"] != nil || len(old.Sections()) != 1 {
		t.Errorf("the first revision has %v, %v", pages, err)
	}
	for _, end := range []int64{-1, 0, 5, end - 10, f.Size() + 1} {
		if _, err := f.Revision(end); err == nil {
			t.Errorf("a revision ends at %d", end)
		}
	}
}

func TestObjectSpans(t *testing.T) {
	b := newBuilder("%PDF-1.7\n")
	b.object(1, "<< /Sub << /Contents <00> >> /Contents\n < 41 4\n2 > >>")
	b.table("/Size 2 /Root 1 0 R", 1)
	f := mustOpen(t, b)
	d, spans, err := f.ObjectSpans(Ref{1, 0})
	if err != nil || d["Contents"] != String("AB") {
		t.Fatalf("%v, %v", d, err)
	}
	s := spans["Contents"]
	if got := b.String()[s.Start:s.End]; got != "< 41 4\n2 >" {
		t.Errorf("Contents stands at %q", got)
	}
	if _, spans, err = mustOpen(t, modern()).ObjectSpans(Ref{1, 0}); err != nil || spans != nil {
		t.Errorf("an object of an object stream stands at %v, %v", spans, err)
	}
}

func TestNextNumber(t *testing.T) {
	for want, b := range map[int]*builder{3: plain(), 41: modern()} {
		if got := mustOpen(t, b).NextNumber(); got != want {
			t.Errorf("next number %d, want %d", got, want)
		}
	}
}
