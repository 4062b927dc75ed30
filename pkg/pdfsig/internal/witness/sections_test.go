//go:build foreign

package witness

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// sections are files that readers begin to read at different places, or that
// have contradictory cross-references.
func sections(use func(testCase)) {
	withoutSection(use)
	twoAnswers(use)
	objectStreams(use)
	twoBeginnings(use)
}

// withoutSection appends bytes and an old startxref, or only bytes.
func withoutSection(use func(testCase)) {
	appended := []struct {
		name string
		want want
		tail func(f *file) string
	}{
		{"a hidden object", refused, hiddenIn},
		{"a hidden object in a comment", refused, func(f *file) string { return "%" + oneLine(f) + "\n" }},
		{"a word", refused, func(*file) string { return "word\n" }},
		{"nothing", open, func(*file) string { return "" }},
		{"a comment", open, func(*file) string { return "% nothing\n" }},
		{"blanks", open, func(*file) string { return strings.Repeat(" ", 100) + "\n" }},
		{"1,000 blanks", open, func(*file) string { return strings.Repeat(" ", 1000) + "\n" }},
		{"5,000 blanks", open, func(*file) string { return strings.Repeat(" ", 5000) + "\n" }},
		{"20,000 line ends", open, func(*file) string { return strings.Repeat("\n", 20000) }},
		{"2,000 nulls", open, func(*file) string { return strings.Repeat("\x00", 2000) }},
	}
	ends := []struct {
		name   string
		number func(section int) string
	}{
		{"", nil},
		{", the old end", func(s int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", s) }},
		{", an end one less", func(s int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", s-1) }},
		{", an end one more", func(s int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", s+1) }},
		{", an end far off", func(s int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", s+4000) }},
		{", an end of 0", func(int) string { return "startxref\n0\n%%EOF\n" }},
		{", an end without number", func(int) string { return "startxref\n%%EOF\n" }},
		{", an end behind a comment", func(s int) string { return fmt.Sprintf("startxref\n%%c\n%d\n%%%%EOF\n", s) }},
		{", %%EOF alone", func(int) string { return "%%EOF\n" }},
		{", a trailer", func(int) string { return "trailer\n<</Root 4 0 R/Size 9>>\n" }},
	}
	number := 0
	for _, c := range carriers {
		if c.later != nil {
			continue
		}
		for _, a := range appended {
			for _, e := range ends {
				number++
				s := structures[number%len(structures)]
				if s == linearized && c.prepared != nil {
					s = hybrid
				}
				r := []rules{approval, p1, p2}[number%3]
				use(testCase{kind: "no section " + a.name + e.name, want: a.want, name: fmt.Sprintf("%s, without section %s%s: %s %s", c.name, a.name, e.name, s, r), build: func() *file {
					f := c.carrying(s, r)
					g := f.clone()
					g.data = append(g.data, a.tail(f)...)
					if e.number != nil {
						g.data = append(g.data, e.number(f.section)...)
					}
					return g
				}})
			}
		}
		if c.older {
			// startxref points to the section of the older revision.
			for _, s := range structures {
				for _, kind := range []string{"", "%c\n", " "} {
					use(testCase{kind: "back to the older revision", want: refused, name: fmt.Sprintf("back to the older revision %q: %s", kind, s), build: func() *file {
						l := plain()
						good := l.objects["content"]
						l.objects["content"] = evil()
						first := l.write(s, update{})
						f := first.apply(update{objects: map[int]string{first.roles["content"]: good}}).sign(signature{})
						f.data = append(f.data, fmt.Sprintf("startxref\n%s%d\n%%%%EOF\n", kind, first.section)...)
						return f
					}})
					use(testCase{kind: "back to the older revision", want: refused, name: fmt.Sprintf("an update upon the older revision %q: %s", kind, s), build: func() *file {
						l := plain()
						good := l.objects["content"]
						l.objects["content"] = evil()
						first := l.write(s, update{})
						f := first.apply(update{objects: map[int]string{first.roles["content"]: good}}).sign(signature{})
						return f.apply(update{objects: f.validation("x"), prev: first.section - f.section, inTrailer: kind})
					}})
				}
			}
		}
	}
}

// twoAnswers are sections with two entries for one object.
func twoAnswers(use func(testCase)) {
	for _, r := range []rules{approval, p1, p2} {
		for _, s := range []structure{table, stream, packed, hybrid} {
			for _, target := range []string{"content", "page", "font"} {
				for _, order := range []string{"old first", "new first"} {
					isTable := s == table || s == hybrid
					build := func() (*file, int, string) {
						f := plain().write(s, update{}).sign(signature{rules: r})
						return f, f.roles[target], map[string]string{"content": evil(), "page": with(f.body("page"), "/Rotate 180"), "font": nines}[target]
					}
					name := fmt.Sprintf("the %s, %s: %s %s", target, order, s, r)
					use(testCase{kind: "two entries in one section", want: refused, name: "two entries of " + name, build: func() *file {
						f, n, body := build()
						old := bytes.LastIndex(f.data, fmt.Appendf(nil, "\n%d 0 obj", n)) + 1
						return f.apply(update{objects: map[int]string{n: body}, edit: func(x *section) {
							twin := row{n, 1, old, 0}
							if order == "old first" {
								x.rows = append([]row{twin}, x.rows...)
							} else {
								x.rows = append(x.rows, twin)
							}
						}})
					}})
					use(testCase{kind: "two sections in one file", want: refused, name: "two objects of " + name, build: func() *file {
						f, n, body := build()
						u := update{objects: f.validation("x")}
						twice := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, body)
						keep := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, f.objects[n])
						if order == "old first" {
							u.before = keep + twice
						} else {
							u.before = twice + keep
						}
						return f.apply(u)
					}})
					if isTable {
						use(testCase{kind: "table and stream", want: refused, name: "table and stream disagree on " + name, build: func() *file {
							f, n, body := build()
							return hybridUpdate(f, n, body, order == "old first")
						}})
					}
				}
			}
		}
	}
}

// hybridUpdate is an update with a different object for one number in its table
// and in its stream.
func hybridUpdate(f *file, n int, body string, oldInTable bool) *file {
	g := f.clone()
	b := bytes.NewBuffer(g.data)
	old := bytes.LastIndex(g.data, fmt.Appendf(nil, "\n%d 0 obj", n)) + 1
	now := b.Len()
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", n, body)
	inTable, inStream := now, old
	if oldInTable {
		inTable, inStream = old, now
	}
	x := section{rows: []row{{n, 1, inStream, 0}}, number: g.size, size: g.size + 1, trailer: "/Root " + g.fill("{catalog}")}
	stm := b.Len()
	x.writeStream(b)
	t := section{rows: []row{{n, 1, inTable, 0}, {g.size, 1, stm, 0}}, size: g.size + 1, prev: g.section, xrefStm: stm, trailer: "/Root " + g.fill("{catalog}") + g.trailer}
	at := b.Len()
	t.writeTable(b, "")
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", at)
	g.data = b.Bytes()
	return g
}

// objectStreams are object streams with an inexact header or inexact entries.
func objectStreams(use func(testCase)) {
	for _, s := range []structure{stream, packed} {
		for _, target := range []string{"page", "font", "pages"} {
			for _, t := range []struct {
				name string
				// header returns the numbers and offsets, the bodies, and
				// errors for N and First.
				header func(n, other int, old, now string) (pairs []int, bodies string, count, first int)
				index  int
			}{
				{"number twice, the old one named", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0, n, len(old) + 1}, old + "\n" + now, 0, 0
				}, 0},
				{"number twice, the new one first", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0, n, len(now) + 1}, now + "\n" + old, 0, 0
				}, 1},
				{"another number at the place", func(n, other int, old, now string) ([]int, string, int, int) {
					return []int{other, 0, n, len(old) + 1}, old + "\n" + now, 0, 0
				}, 0},
				{"index beyond", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0}, now, 0, 0
				}, 3},
				{"N one more", func(n, _ int, old, now string) ([]int, string, int, int) { return []int{n, 0}, old, 1, 0 }, 0},
				{"N zero", func(n, _ int, old, now string) ([]int, string, int, int) { return []int{n, 0}, old, -1, 0 }, 0},
				{"First one more", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0}, "<" + old[1:], 0, 1
				}, 0},
				{"First leads to the new one", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0}, old + "\n" + now, 0, len(old) + 1
				}, 0},
				{"offset leads to the new one", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, len(old) + 1}, old + "\n" + now, 0, 0
				}, 0},
				{"offset into the middle", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, strings.Index(old, "/")}, old, 0, 0
				}, 0},
				{"an object header inside", func(n, _ int, old, now string) ([]int, string, int, int) {
					return []int{n, 0}, fmt.Sprintf("%d 0 obj\n%s\nendobj", n, now), 0, 0
				}, 0},
				{"a null inside", func(n, _ int, old, now string) ([]int, string, int, int) { return []int{n, 0}, "null", 0, 0 }, 0},
				{"a reference inside", func(n, other int, old, now string) ([]int, string, int, int) {
					return []int{n, 0}, fmt.Sprintf("%d 0 R", other), 0, 0
				}, 0},
			} {
				for _, plainData := range []bool{true, false} {
					name := fmt.Sprintf("object stream, %s, of the %s: %s plain=%v", t.name, target, s, plainData)
					use(testCase{kind: "object stream " + t.name, want: open, name: name, build: func() *file {
						f := plain().write(s, update{}).sign(signature{})
						n, old := f.roles[target], f.body(target)
						now := map[string]string{"page": with(old, "/Rotate 180"), "font": nines, "pages": with(old, "/Rotate 180")}[target]
						holder := f.size
						pairs, bodies, count, first := t.header(n, holder+2, old, now)
						head := strings.Trim(fmt.Sprint(pairs), "[]") + " "
						data, filter := head+bodies, ""
						if !plainData {
							data, filter = deflate(data), "/Filter/FlateDecode"
						}
						body := streamOf(fmt.Sprintf("/Type/ObjStm/N %d/First %d%s", len(pairs)/2+count, len(head)+first, filter), data)
						return f.apply(update{objects: map[int]string{holder: body, holder + 2: now}, edit: func(x *section) {
							x.rows = append(x.rows, row{n, 2, holder, t.index})
						}})
					}})
				}
			}
		}
	}
}

// twoBeginnings are linearized files. Readers begin at the first
// cross-reference if the length in the linearization dictionary is correct, and
// at the last one otherwise. The first gives the amount 100, the last 999.
func twoBeginnings(use func(testCase)) {
	after := []struct {
		name string
		do   func(f *file) *file
	}{
		{"a line end", func(f *file) *file { f.data = append(f.data, '\n'); return f }},
		{"a blank", func(f *file) *file { f.data = append(f.data, ' '); return f }},
		{"100 blanks", func(f *file) *file { f.data = append(f.data, strings.Repeat(" ", 100)...); return f }},
		{"validation data", func(f *file) *file { return f.validated(update{}) }},
		{"a signature", func(f *file) *file { return f.sign(signature{}) }},
		{"the end again", func(f *file) *file { f.data = fmt.Appendf(f.data, "startxref\n%d\n%%%%EOF\n", f.section); return f }},
	}
	for _, front := range []string{"100", "999"} {
		for _, off := range []int{0, 1, -1, 1000} {
			for _, a := range after {
				for _, r := range []rules{approval, p1} {
					use(testCase{kind: "two beginnings, then " + a.name, want: open, name: fmt.Sprintf("first %s, length %+d, then %s: %s", front, off, a.name, r), build: func() *file {
						return a.do(begunTwice(front, off, r))
					}})
				}
			}
		}
	}
}

func begunTwice(front string, off int, r rules) *file {
	length := 0
	for range 9 {
		f := linearizedByHand(front, length+off).sign(signature{rules: r})
		if len(f.data) == length {
			return f
		}
		length = len(f.data)
	}
	panic("no length fits")
}

// linearizedByHand is a document with two cross-reference tables for two
// different contents.
func linearizedByHand(front string, length int) *file {
	head := "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
	const lin = "8 0 obj\n<</Linearized 1/L %09d/H[%05d 10]/O 3/E %05d/N 1/T %05d>>\nendobj\n"
	l := plain()
	roles := map[string]int{}
	for i, name := range l.names {
		roles[name] = i + 1
	}
	f := &file{structure: table, objects: map[int]string{}, roles: roles, size: 9}
	begin := len(head) + len(fmt.Sprintf(lin, 0, 0, 0, 0)) + 400
	var body strings.Builder
	at := map[int]int{}
	for i, name := range l.names {
		n := i + 1
		f.objects[n] = f.fill(l.objects[name])
		at[n] = begin + body.Len()
		fmt.Fprintf(&body, "%d 0 obj\n%s\nendobj\n", n, f.objects[n])
	}
	at[9] = begin + body.Len()
	fmt.Fprintf(&body, "4 0 obj\n%s\nendobj\n", evil())
	last := begin + body.Len()
	tableOf := func(four int) string {
		t := "xref\n0 6\n0000000000 65535 f \n"
		for n := 1; n < 6; n++ {
			offset := at[n]
			if n == 4 {
				offset = at[four]
			}
			t += fmt.Sprintf("%010d 00000 n \n", offset)
		}
		return t + fmt.Sprintf("8 1\n%010d 00000 n \ntrailer\n<</Size 9/Root 1 0 R", len(head))
	}
	first, second := 4, 9
	if front == "999" {
		first, second = 9, 4
	}
	start := tableOf(first) + fmt.Sprintf("/Prev %d>>\nstartxref\n0\n%%%%EOF\n", last)
	f.data = slices.Concat([]byte(head), fmt.Appendf(nil, lin, length, at[1], last, last), fmt.Appendf(nil, "%-399s\n", start), []byte(body.String()), []byte(tableOf(second)), fmt.Appendf(nil, ">>\nstartxref\n%d\n%%%%EOF\n", last))
	f.section = last
	return f
}
