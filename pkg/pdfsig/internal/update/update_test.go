package update

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// later is an exact update, except for the deviations in its fields.
type later struct {
	objects map[int]string
	entries map[int]string // replacements for correct entries
	numbers map[int]string // text before obj instead of "N 0"
	trailer string
	size    int // 0 means correct
	prev    int // added to the correct value

	between     string // objects and the section
	beforeStart string // between the trailer and startxref
	startxref   int    // added to the correct value
	behind      string // after %%EOF
	hybrid      map[int]string
}

var baseObjects = map[int]string{
	1: "<</Type/Catalog/Pages 2 0 R>>",
	2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
	3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
	4: "<</Length 3>>\nstream\n0 g\nendstream",
}

const firstNew = 5 // object number

func base() []byte {
	return later{objects: baseObjects}.append([]byte("%PDF-1.7\n"))
}

// append writes the update with a table.
func (u later) append(data []byte) []byte {
	previous := bytes.LastIndex(data, []byte("\nxref\n")) + 1
	offsets := map[int]int{}
	var highest int
	for _, n := range slices.Sorted(maps.Keys(u.objects)) {
		offsets[n], highest = len(data), n
		head := fmt.Sprintf("%d 0", n)
		if u.numbers[n] != "" {
			head = u.numbers[n]
		}
		data = fmt.Appendf(data, "%s obj\n%s\nendobj\n", head, u.objects[n])
	}
	trailer := u.trailer
	if u.hybrid != nil {
		highest++
		offsets[highest] = len(data)
		trailer += fmt.Sprintf("/XRefStm %d", len(data))
		var index, rows strings.Builder
		for _, n := range slices.Sorted(maps.Keys(u.hybrid)) {
			fmt.Fprintf(&index, "%d 1 ", n)
			rows.WriteString(u.hybrid[n])
		}
		data = fmt.Appendf(data, "%d 0 obj\n<</Type/XRef/Size 99/W[1 2 1]/Index[%s]/Length %d>>\nstream\n%s\nendstream\nendobj\n",
			highest, index.String(), rows.Len(), rows.String())
	}
	data = append(data, u.between...)
	at := len(data)
	data = append(data, "xref\n"...)
	if previous == 0 {
		data = append(data, "0 1\n0000000000 65535 f \n"...)
	}
	for _, n := range slices.Sorted(maps.Keys(offsets)) {
		entry := fmt.Sprintf("%010d 00000 n \n", offsets[n])
		if u.entries[n] != "" {
			entry = u.entries[n]
		}
		data = fmt.Appendf(data, "%d 1\n%s", n, entry)
	}
	size := max(firstNew, highest+1)
	if u.size != 0 {
		size = u.size
	}
	data = fmt.Appendf(data, "trailer\n<</Root 1 0 R/Size %d%s", size, trailer)
	if previous > 0 {
		data = fmt.Appendf(data, "/Prev %d", previous+u.prev)
	}
	return fmt.Appendf(data, ">>\n%sstartxref\n%d\n%%%%EOF\n%s", u.beforeStart, at+u.startxref, u.behind)
}

// judge accounts for the bytes after the first revision.
func judge(t *testing.T, old, now []byte) error {
	t.Helper()
	file, err := pdf.Open(bytes.NewReader(now), int64(len(now)))
	if err != nil {
		t.Fatal(err)
	}
	first, err := file.Revision(int64(len(old)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Step(first, file); err != nil {
		return err
	}
	return c.Ends(first)
}

// offsetOf returns an object's offset in the first revision.
func offsetOf(n int) string {
	return fmt.Sprintf("%010d 00000 n \n", bytes.Index(base(), fmt.Appendf(nil, "%d 0 obj", n)))
}

// TestStep breaks one rule at a time.
func TestStep(t *testing.T) {
	added := map[int]string{firstNew: "<</A 1>>"}
	packed := func(members, more string) string {
		return fmt.Sprintf("<</Type/ObjStm/N 1/First %d/Length %d%s>>\nstream\n%s null\nendstream", len(members)+1, len(members)+5, more, members)
	}
	for name, c := range map[string]struct {
		update later
		want   Kind // "" for none
	}{
		"exact":                            {later{objects: added}, ""},
		"nothing":                          {later{}, ""},
		"an entry says what was said":      {later{objects: added, hybrid: nil, between: "\n"}, ""},
		"a comment between":                {later{objects: added, between: "%x\n"}, ""},
		"startxref one too large":          {later{objects: added, startxref: 1}, Named},
		"startxref one too small":          {later{objects: added, startxref: -1}, ""}, // the line end before it
		"Prev one too large":               {later{objects: added, prev: 1}, Previous},
		"Size does not count":              {later{objects: added, size: firstNew}, Size},
		"Size that is none":                {later{objects: added, size: -1}, Size},
		"Size of too many":                 {later{objects: added, size: maxSize + 1}, Size},
		"Size counts too little of before": {later{objects: map[int]string{1: baseObjects[1]}, size: firstNew - 1}, Size},
		"Size does not count what the stream beside has": {later{objects: added, size: firstNew + 2, hybrid: map[int]string{firstNew + 7: "\x00\x00\x00\x00"}}, Size},
		"bytes between":                     {later{objects: added, between: "17\n"}, Bytes},
		"bytes before startxref":            {later{objects: added, beforeStart: "17\n"}, End},
		"a word in a comment":               {later{objects: added, between: "% stream\n"}, Bytes},
		"an object in a comment":            {later{objects: added, between: "% 4 0 obj\n"}, Bytes},
		"bytes behind":                      {later{objects: added, behind: "17\n"}, Bytes},
		"an object in a string":             {later{objects: map[int]string{firstNew: "<</A(\n4 0 obj)>>"}}, Hidden},
		"a trailer in a string":             {later{objects: map[int]string{firstNew: "<</A(\ntrailer\n<</Root 9 0 R>>)>>"}}, Hidden},
		"the end is far":                    {later{objects: added, behind: strings.Repeat(" ", 1100)}, Far},
		"the end is near":                   {later{objects: added, behind: strings.Repeat(" ", 900)}, ""},
		"an entry for what was before":      {later{objects: map[int]string{4: baseObjects[4]}, entries: map[int]string{4: offsetOf(3)}}, Outside},
		"an offset too large":               {later{objects: map[int]string{firstNew: "<</A 1>>", 4: "null"}, entries: map[int]string{4: "0000009999 00000 n \n"}}, Unread},
		"an entry of 19 bytes":              {later{objects: added, entries: map[int]string{firstNew: fmt.Sprintf("%010d 00000 n\n", len(base()))}}, Reference},
		"a stream too short":                {later{objects: map[int]string{firstNew: "<</Length 3>>\nstream\n0 g \nendstream"}}, Stream},
		"an object stream with more":        {later{objects: map[int]string{firstNew: packed("4 0", "")}}, ObjectStream},
		"an object stream in another file":  {later{objects: map[int]string{firstNew: packed("4 0", "/F(x)")}}, ObjectStream},
		"a cross-reference stream too many": {later{objects: map[int]string{firstNew: "<</Type/XRef/Size 1/W[1 1 1]/Length 0>>\nstream\n\nendstream"}}, Reference},
		"a comment before the number":       {later{objects: added, numbers: map[int]string{firstNew: "%x\n5 0"}}, Named},
		"another number":                    {later{objects: added, numbers: map[int]string{firstNew: "6 0"}}, Unread},
		"the stream beside agrees":          {later{objects: added, hybrid: map[int]string{firstNew: entryOf(len(base()))}}, ""},
		"the stream beside says otherwise":  {later{objects: map[int]string{4: baseObjects[4]}, hybrid: map[int]string{4: entryOf(bytes.Index(base(), []byte("4 0 obj")))}}, Hybrid},
		"a key twice":                       {later{objects: map[int]string{firstNew: "<</A 1/A 1>>"}}, Unread},
		"a null in the way":                 {later{objects: added, between: "\x00"}, Bytes},
	} {
		err := judge(t, base(), c.update.append(base()))
		fault, broken := errors.AsType[*Fault](err)
		switch {
		case err != nil && !broken:
			t.Errorf("%s: %v", name, err)
		case broken && fault.Kind != c.want, !broken && c.want != "":
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// entryOf returns the entry of an object in a cross-reference stream with W [1
// 2 1].
func entryOf(offset int) string { return string([]byte{1, byte(offset >> 8), byte(offset), 0}) }

// TestStepInside has two updates, the first with an inexact end. A reader of
// that revision begins elsewhere.
func TestStepInside(t *testing.T) {
	for _, off := range []int{0, 1, 7, -400} {
		first := later{objects: map[int]string{firstNew: "<</A 1>>"}, startxref: off}.append(base())
		err := judge(t, base(), later{objects: map[int]string{firstNew + 1: "<</A 1>>"}}.append(first))
		fault, broken := errors.AsType[*Fault](err)
		if err != nil && !broken || broken != (off != 0) || broken && fault.Kind != End {
			t.Errorf("startxref off by %d: %v", off, err)
		}
	}
}

// TestStepTwice checks that an update contains no object twice.
func TestStepTwice(t *testing.T) {
	first := fmt.Sprintf("%d 0 obj\n<</A 1>>\nendobj\n", firstNew)
	update := later{objects: map[int]string{firstNew: "<</A 1>>"}}
	now := update.append(append(base(), first...))
	if fault, ok := errors.AsType[*Fault](judge(t, base(), now)); !ok || fault.Kind != Bytes {
		t.Errorf("%v", fault)
	}
}

// TestEndsLinearized has a linearized file that readers begin at two places.
func TestEndsLinearized(t *testing.T) {
	objects := maps.Clone(baseObjects)
	objects[1] = "<</Linearized 1/L 00000/Type/Catalog/Pages 2 0 R>>"
	old := later{objects: objects}.append([]byte("%PDF-1.7\n"))
	now := later{objects: map[int]string{firstNew: "<</A 1>>"}}.append(old)
	for name, c := range map[string]struct {
		length int
		want   Kind
	}{"of another length": {7, ""}, "of the length as it was": {len(old), Linearized}, "of the length as it is": {len(now), Linearized}} {
		said := fmt.Appendf(nil, "/L %05d", c.length)
		err := judge(t, bytes.Replace(old, []byte("/L 00000"), said, 1), bytes.Replace(now, []byte("/L 00000"), said, 1))
		fault, broken := errors.AsType[*Fault](err)
		if err != nil && !broken || broken && fault.Kind != c.want || !broken && c.want != "" {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestSame compares with the result of a rebuilding reader, for several ways to
// hide an object.
func TestSame(t *testing.T) {
	const other = "4 0 obj\n<</Length 3>>\nstream\n1 g\nendstream\nendobj\n"
	hiding := func(body string) later {
		objects := maps.Clone(baseObjects)
		objects[firstNew] = body
		return later{objects: objects}
	}
	inStream := fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(other), other)
	inexact := hiding(inStream)
	inexact.entries = map[int]string{firstNew: "0000000227 00000 n\n"}
	shrunk := hiding(inStream)
	shrunk.size = 99
	newer := hiding("<</A 1>>")
	newer.between = strings.Replace(other, "4 0", "4 1", 1)
	for name, c := range map[string]struct {
		update later
		loose  bool
		want   Kind
	}{
		"plain":                                 {later{objects: baseObjects}, false, ""},
		"in a stream":                           {hiding(inStream), false, ""},
		"in a stream, and a reader can rebuild": {hiding(inStream), true, Hidden},
		"in a stream of an inexact file":        {inexact, false, Hidden},
		"in a stream, and Size shrinks":         {shrunk, false, Hidden},
		"in a string":                           {hiding("(\n" + other + ")"), false, Hidden},
		"in a gap":                              {later{objects: baseObjects, between: other}, false, Hidden},
		"of a higher generation":                {newer, false, Hidden},
		"beside the word trailer":               {hiding(strings.Replace(inStream, "<<", "<</A(trailer)", 1)), false, Hidden},
	} {
		data := c.update.append([]byte("%PDF-1.7\n"))
		if c.update.size != 0 {
			data = later{objects: map[int]string{3: baseObjects[3]}}.append(data)
		}
		file, err := pdf.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		checker, err := New(file)
		if err != nil {
			t.Fatal(err)
		}
		if c.loose {
			checker.Loosen()
		}
		err = checker.Same(file, 4, true)
		fault, broken := errors.AsType[*Fault](err)
		if err != nil && !broken || broken && fault.Kind != c.want || !broken && c.want != "" {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestBegin hides another catalog.
func TestBegin(t *testing.T) {
	root := pdf.Ref{Number: 1}
	adding := func(body string) later {
		objects := maps.Clone(baseObjects)
		objects[firstNew] = body
		return later{objects: objects}
	}
	for name, c := range map[string]struct {
		update later
		want   bool
	}{
		"plain":                           {later{objects: baseObjects}, false},
		"another trailer in a comment":    {later{objects: baseObjects, between: "%trailer<</Root 9 0 R>>\n"}, true},
		"the same trailer in a comment":   {later{objects: baseObjects, between: "%trailer<</Root 1 0 R>>\n"}, false},
		"a trailer that cannot be read":   {later{objects: baseObjects, between: "%trailer<</Root\n"}, true},
		"the word trailer alone":          {adding("<</A(the trailer is late)>>"), false},
		"another catalog":                 {adding("<</Type/Catalog/Pages 2 0 R>>"), true},
		"a hidden catalog":                {later{objects: baseObjects, between: "%8 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"}, true},
		"a hidden cross-reference stream": {later{objects: baseObjects, between: "8 0 obj<</Type/XRef/Root 9 0 R/Length 0>>stream\n\nendstream endobj\n"}, true},
		"a hidden object stream":          {later{objects: baseObjects, between: "8 0 obj<</Type/ObjStm/N 1/First 4/Length 8>>stream\n7 0 null\nendstream endobj\n"}, true},
	} {
		data := c.update.append([]byte("%PDF-1.7\n"))
		file, err := pdf.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, loose := range []bool{false, true} {
			checker, err := New(file)
			if err != nil {
				t.Fatal(err)
			}
			if loose {
				checker.Loosen()
			}
			err = checker.Begin(file, root, func(n int) bool { return n == 7 || n <= 4 })
			fault, broken := errors.AsType[*Fault](err)
			if err != nil && !broken || broken && fault.Kind != Hidden || broken != (c.want && loose) {
				t.Errorf("%s, loose %v: %v", name, loose, err)
			}
		}
	}
}
