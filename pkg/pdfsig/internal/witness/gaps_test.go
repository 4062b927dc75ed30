//go:build foreign

package witness

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// carrier is a place for the bytes of a hidden object. A reader finds it only
// if it ignores the cross-references.
type carrier struct {
	name string
	// prepared puts the bytes into the document before signing.
	prepared func(l *layout, u *update, hidden string)
	// older adds an older revision to the document.
	older bool
	// later puts the bytes into the update.
	later func(f *file, u *update, hidden string)
	// outside is true if the bytes belong to no object.
	outside bool
}

// oneLine returns an object without a line end: a page that shows the
// attachment.
func oneLine(f *file) string {
	return f.fill("{#page} 0 obj<</Type/Page/Parent {pages}" + box + "/Resources<<" + fonts + ">>/Contents {attachment}>>endobj")
}

func hiddenIn(f *file) string {
	return fmt.Sprintf("%d 0 obj\n%s\nendobj\n", f.roles["content"], evil())
}

func inStream(f *file, u *update, dict, data string) {
	n := max(f.size, highest(u.objects)+1)
	u.objects[n] = streamOf(dict, data)
	u.objects[f.size] = strings.Replace(u.objects[f.size], "/Certs[", fmt.Sprintf("/Certs[%d 0 R ", n), 1)
}

func highest(objects map[int]string) (n int) {
	for k := range objects {
		n = max(n, k)
	}
	return n
}

var carriers = []carrier{
	{name: "nothing"},
	// In the signed bytes.
	{name: "signed, before the header", prepared: func(l *layout, u *update, hidden string) { l.leading = hidden }},
	{name: "signed, in a gap", prepared: func(l *layout, u *update, hidden string) { u.before = hidden }},
	{name: "signed, before the section", prepared: func(l *layout, u *update, hidden string) { u.lastGap = hidden }},
	{name: "signed, behind the trailer", prepared: func(l *layout, u *update, hidden string) { u.inTrailer = hidden }},
	{name: "signed, behind %%EOF", prepared: func(l *layout, u *update, hidden string) { u.tail = "\n" + hidden }},
	{name: "signed, in a string", prepared: func(l *layout, u *update, hidden string) {
		l.set("info", "<</Title(\n"+hidden+")>>")
		l.trailer = "/Info {info}"
	}},
	{name: "signed, in a string of the trailer", prepared: func(l *layout, u *update, hidden string) { u.trailer = "/X(\n" + hidden + ")" }},
	{name: "signed, in a stream", prepared: func(l *layout, u *update, hidden string) {
		l.set("hiding", streamOf("/Type/EmbeddedFile", "\n"+hidden))
	}},
	{name: "signed, in a comment", prepared: func(l *layout, u *update, _ string) { u.before = "%{oneline}\n" }},
	{name: "signed, in a comment in an object", prepared: func(l *layout, u *update, _ string) { l.set("noted", "<</X 1\n%{oneline}\n>>") }},
	{name: "signed, as an object twice", prepared: func(l *layout, u *update, hidden string) { u.before = hidden + hidden }},
	{name: "an older revision", older: true},
	// In the update.
	{name: "in a gap", outside: true, later: func(f *file, u *update, hidden string) { u.before = hidden }},
	{name: "between objects", outside: true, later: func(f *file, u *update, hidden string) { u.between = hidden }},
	{name: "before the section", outside: true, later: func(f *file, u *update, hidden string) { u.lastGap = hidden }},
	{name: "behind the trailer", outside: true, later: func(f *file, u *update, hidden string) { u.inTrailer = hidden }},
	{name: "behind %%EOF", outside: true, later: func(f *file, u *update, hidden string) { u.tail = "\n" + hidden }},
	{name: "in a comment", outside: true, later: func(f *file, u *update, _ string) { u.before = "%" + oneLine(f) + "\n" }},
	{name: "in a comment behind %%EOF", outside: true, later: func(f *file, u *update, _ string) { u.tail = "\n%" + oneLine(f) + "\n" }},
	{name: "glued to %%EOF", outside: true, later: func(f *file, u *update, hidden string) { u.tail = hidden }},
	{name: "in a certificate", later: func(f *file, u *update, hidden string) { inStream(f, u, "", hidden) }},
	{name: "in a certificate, behind a line end", later: func(f *file, u *update, hidden string) { inStream(f, u, "", "\n"+hidden+"\n") }},
	{name: "in a string of the validation data", later: func(f *file, u *update, hidden string) {
		u.objects[f.size] = with(u.objects[f.size], "/X(\n"+hidden+")")
	}},
	{name: "in a date of the validation data", later: func(f *file, u *update, hidden string) {
		u.objects[f.size] = with(u.objects[f.size], "/VRI<</0123456789ABCDEF0123456789ABCDEF01234567<</TU(\n"+hidden+")>>>>")
	}},
	{name: "in a string of the trailer", later: func(f *file, u *update, hidden string) { u.trailer = "/X(\n" + hidden + ")" }},
	{name: "in the cross-reference stream", later: func(f *file, u *update, hidden string) {
		u.edit = func(s *section) { s.plain, s.behind = true, "\n"+hidden }
	}},
	{name: "in a comment in an object", later: func(f *file, u *update, _ string) {
		u.objects[f.size] = with(u.objects[f.size], "\n%"+oneLine(f)+"\n")
	}},
	{name: "in an object stream", later: func(f *file, u *update, hidden string) {
		u.packed, u.from = true, len(visible)+1
		u.objects[f.size] = with(u.objects[f.size], "/X(\n"+hidden+")")
	}},
	{name: "behind an object", outside: true, later: func(f *file, u *update, hidden string) {
		u.objectEdit = func(n int, written string) string {
			if n == f.size {
				return strings.Replace(written, "\nendobj", "\n"+strings.TrimSuffix(hidden, "endobj\n")+"\nendobj", 1)
			}
			return written
		}
	}},
	{name: "behind a stream", outside: true, later: func(f *file, u *update, hidden string) {
		u.objectEdit = func(n int, written string) string {
			if n == f.size+1 {
				return strings.Replace(written, "\nendstream\nendobj", "\nendstream\n"+strings.TrimSuffix(hidden, "endobj\n")+"\nendobj", 1)
			}
			return written
		}
	}},
}

// tweak makes an update inexact.
type tweak struct {
	name   string
	broken bool // must be rejected if something is hidden
	do     func(f *file, u *update)
	tables bool // only for sections that are tables
	stream bool // only for sections that are streams
}

// chain adds a change that runs after the update's other changes to the
// section.
func chain(u *update, change func(s *section)) {
	before := u.edit
	u.edit = func(s *section) {
		if before != nil {
			before(s)
		}
		change(s)
	}
}

func onSection(name string, broken bool, change func(s *section)) tweak {
	return tweak{name: name, broken: broken, do: func(_ *file, u *update) { chain(u, change) }}
}

func onEnd(name string, broken bool, end func(section, old int) string) tweak {
	return tweak{name: name, broken: broken, do: func(f *file, u *update) { u.end = func(at int) string { return end(at, f.section) } }}
}

func tweaks() (all []tweak) {
	all = append(all, tweak{name: "exact", do: func(*file, *update) {}})
	for _, d := range []int{-20, -5, -2, -1, 1, 2, 5, 20, 1000, -1 << 30} {
		all = append(all, tweak{name: fmt.Sprintf("startxref %+d", d), broken: true, do: func(_ *file, u *update) { u.start = d }},
			tweak{name: fmt.Sprintf("Prev %+d", d), broken: true, do: func(_ *file, u *update) { u.prev = d }})
		if d > -21 && d < 21 {
			all = append(all, tweak{name: fmt.Sprintf("all offsets %+d", -d), broken: d != 1, do: func(_ *file, u *update) { u.early = d }},
				onSection(fmt.Sprintf("one offset %+d", d), d != -1, func(s *section) {
					for i := range s.rows {
						if s.rows[i].kind == 1 && s.rows[i].a > 0 {
							s.rows[i].a += d
							return
						}
					}
				}))
		}
	}
	for _, size := range []int{0, 1, -7, 1 << 20, 1 << 30} {
		all = append(all, onSection(fmt.Sprintf("Size %d", size), size < 2, func(s *section) { s.size = size }))
	}
	all = append(all,
		tweak{name: "no Size", broken: true, do: func(_ *file, u *update) { u.noSize = true }},
		onSection("Size one too small", true, func(s *section) { s.size-- }),
		onSection("Size two too small", true, func(s *section) { s.size -= 2 }),
		onSection("Size one too large", false, func(s *section) { s.size++ }),
		onSection("Size twice", true, func(s *section) { s.trailer += "/Size 3" }),
		onSection("no Prev", true, func(s *section) { s.prev = 0 }),
		onSection("Prev 0", true, func(s *section) { s.prev = 0; s.trailer += "/Prev 0" }),
		onSection("Prev a real number", false, func(s *section) { s.trailer += fmt.Sprintf("/Prev %d.0", s.prev); s.prev = 0 }),
		onSection("Prev a broken number", true, func(s *section) { s.trailer += fmt.Sprintf("/Prev %d.9", s.prev); s.prev = 0 }),
		onSection("Prev signed", false, func(s *section) { s.trailer += fmt.Sprintf("/Prev +%d", s.prev); s.prev = 0 }),
		onSection("Prev a reference", true, func(s *section) { s.trailer += "/Prev 5 0 R"; s.prev = 0 }),
		onSection("Prev a string", true, func(s *section) { s.trailer += fmt.Sprintf("/Prev(%d)", s.prev); s.prev = 0 }),
		onSection("Prev twice", true, func(s *section) { s.trailer += "/Prev 9" }),
		onSection("Root twice", true, func(s *section) { s.trailer += "/Root 4 0 R" }),
		onSection("XRefStm wrong", true, func(s *section) { s.trailer += "/XRefStm 20" }),
		onSection("XRefStm 0", true, func(s *section) { s.trailer += "/XRefStm 0" }),
		onSection("Root of another generation", true, func(s *section) {
			s.trailer = regexp.MustCompile(`/Root (\d+) 0 R`).ReplaceAllString(s.trailer, "/Root $1 1 R")
		}),
		onSection("no ID", false, func(s *section) { s.trailer = regexp.MustCompile(`/ID\[.*?\]`).ReplaceAllString(s.trailer, "") }),
		onSection("a generation too high", true, func(s *section) { s.rows[0].b++ }),
		onSection("generation 65535", true, func(s *section) { s.rows[0].b = 65535 }),
		onSection("an entry in use is free", true, func(s *section) { s.rows[0].kind = 0 }),
		onSection("an offset 0", true, func(s *section) { s.rows[0].a = 0 }),
		onSection("an offset behind the end", true, func(s *section) { s.rows[0].a = 1 << 24 }),
		onSection("two offsets swapped", true, func(s *section) {
			if len(s.rows) > 1 {
				s.rows[0].a, s.rows[1].a = s.rows[1].a, s.rows[0].a
			}
		}),
		onSection("an entry twice", true, func(s *section) {
			r := s.rows[0]
			r.a = 15
			s.rows = append(s.rows, r)
		}),
		onSection("an entry twice, alike", false, func(s *section) { s.rows = append(s.rows, s.rows[0]) }),
		onSection("first number one less", true, func(s *section) { s.runs = shift(-1, 0) }),
		onSection("first number one more", true, func(s *section) { s.runs = shift(1, 0) }),
		onSection("one entry less", true, func(s *section) { s.runs = shift(0, -1) }),
		onSection("one entry more", true, func(s *section) { s.runs = shift(0, 1) }),
		onSection("ten entries more", true, func(s *section) { s.runs = shift(0, 10) }),
		onSection("a run of none", false, func(s *section) { s.runs = func(r [][2]int) [][2]int { return append([][2]int{{3, 0}}, r...) } }),
		onSection("first number very high", true, func(s *section) { s.runs = shift(1<<22, 0) }),
		onSection("first number negative", true, func(s *section) { s.runs = shift(-100, 0) }),
	)
	table := func(name string, broken bool, entry string) {
		all = append(all, tweak{name: name, broken: broken, tables: true, do: func(_ *file, u *update) { u.entry = entry }})
	}
	table("entries of 19 bytes", false, "%010d %05d n\n")
	table("entries of 18 bytes", true, "%010d %05d n")
	table("entries of 21 bytes", true, "%010d %05d n \r\n")
	table("entries without zeros", true, "%d %d n\n")
	table("entries padded with blanks", false, "%10d %5d n \n")
	table("entries with a tab", true, "%010d\t%05d n \n")
	table("entries of another letter", true, "%010d %05d N \n")
	table("entries with a comment", true, "%010d %05d n %%\n")
	table("entries with a sign", true, "+%09d %05d n \n")
	table("entries with a point", true, "%09d. %05d n \n")
	onStream := func(name string, broken bool, change func(s *section)) {
		t := onSection(name, broken, change)
		t.stream = true
		all = append(all, t)
	}
	onStream("W without types", false, func(s *section) { s.w = [3]int{0, 4, 2} })
	onStream("W without generations", false, func(s *section) { s.w = [3]int{1, 4, 0} })
	onStream("W of two bytes", true, func(s *section) { s.w = [3]int{1, 1, 2} })
	onStream("W of wide types", false, func(s *section) { s.w = [3]int{2, 4, 2} })
	onStream("W very wide", true, func(s *section) { s.w = [3]int{1, 12, 2} })
	onStream("type 3", true, func(s *section) { s.rows[0].kind = 3 })
	onStream("type 2 of nothing", true, func(s *section) { s.rows[0].kind = 2 })
	onStream("no Index", true, func(s *section) { s.index = func([][2]int) string { return "" } })
	onStream("Index of three", true, func(s *section) {
		s.index = func(r [][2]int) string { return fmt.Sprintf("%d %d %d", r[0][0], r[0][1], 5) }
	})
	onStream("Index of reals", true, func(s *section) {
		s.index = func(r [][2]int) string { return fmt.Sprintf("%d.5 %d", r[0][0], r[0][1]) }
	})
	onStream("Length one more", true, func(s *section) { s.length = 1 })
	onStream("Length one less", true, func(s *section) { s.length = -1 })
	onStream("Length far more", true, func(s *section) { s.length = 1000 })
	onStream("more data", true, func(s *section) { s.behind = "\x01\x00\x00\x00\x0f\x00\x00" })
	onStream("not XRef", true, func(s *section) { s.trailer += "/Type/XRef2" })
	encoded := func(name string, encode func(data string) (string, string)) {
		onStream("encoded: "+name, false, func(s *section) { s.encode = encode })
	}
	encoded("hexadecimal", func(d string) (string, string) { return fmt.Sprintf("%x>", d), "/Filter/ASCIIHexDecode" })
	encoded("hexadecimal of zlib", func(d string) (string, string) {
		return fmt.Sprintf("%x>", deflate(d)), "/Filter[/ASCIIHexDecode/FlateDecode]"
	})
	encoded("by a short name", func(d string) (string, string) { return deflate(d), "/Filter/Fl" })
	encoded("with parameters of a short name", func(d string) (string, string) {
		return deflate(d), "/Filter/FlateDecode/DP<</Predictor 12/Columns 3>>"
	})
	encoded("with two lists of filters", func(d string) (string, string) { return deflate(d), "/Filter/FlateDecode/F/ASCIIHexDecode" })
	encoded("in another file", func(d string) (string, string) { return d, "/F(other)" })
	encoded("in another file, by a dictionary", func(d string) (string, string) { return d, "/F<</Type/Filespec/F(other)>>" })
	encoded("with nulls for parameters", func(d string) (string, string) { return deflate(d), "/Filter[/FlateDecode]/DecodeParms[null]" })
	encoded("with parameters and no filter", func(d string) (string, string) { return d, "/DecodeParms<</Predictor 12/Columns 7>>" })
	encoded("with predictor 1", func(d string) (string, string) {
		return deflate(d), "/Filter/FlateDecode/DecodeParms<</Predictor 1/Columns 9>>"
	})
	encoded("with predictor 12", func(d string) (string, string) {
		return deflate(predicted(d, 7)), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7>>"
	})
	encoded("with predictor 15", func(d string) (string, string) {
		return deflate(predicted(d, 7)), "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 7>>"
	})
	encoded("with predictor 10", func(d string) (string, string) {
		return deflate(predicted(d, 7)), "/Filter/FlateDecode/DecodeParms<</Predictor 10/Columns 7>>"
	})
	encoded("with a predictor of other columns", func(d string) (string, string) {
		return deflate(predicted(d, 14)), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 14>>"
	})
	encoded("with colours", func(d string) (string, string) {
		return deflate(predicted(d, 7)), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1/Colors 7>>"
	})
	encoded("with a real number of columns", func(d string) (string, string) {
		return deflate(predicted(d, 7)), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7.0>>"
	})
	encoded("with data behind zlib's", func(d string) (string, string) {
		return deflate(d) + deflate("\x01\x00\x00\x00\x0f\x00\x00"), "/Filter/FlateDecode"
	})
	encoded("with a wrong sum", func(d string) (string, string) {
		z := []byte(deflate(d))
		z[len(z)-1] ^= 1
		return string(z), "/Filter/FlateDecode"
	})
	encoded("cut at the sum", func(d string) (string, string) { z := deflate(d); return z[:len(z)-4], "/Filter/FlateDecode" })
	encoded("with Crypt", func(d string) (string, string) {
		return deflate(d), "/Filter[/Crypt/FlateDecode]/DecodeParms[<</Name/Identity>>null]"
	})
	encoded("twice", func(d string) (string, string) { return deflate(deflate(d)), "/Filter[/FlateDecode/FlateDecode]" })
	for _, w := range []string{"[1.0 4 2]", "[1 4 2 1]", "[1 4 2 0]", "[01 4 2]", "[+1 4 2]", "[1 4 2.9]", "[1 4 null]", "[1 4]", "[1 4 2]/W[1 3 3]", "[1 3 3]/W[1 4 2]"} {
		onStream("W "+w, false, func(s *section) { s.widths = w })
	}
	for _, size := range []string{"9.0", "99.9", "+99", "(99)", "null", "99 0 R", "-1", "99999999999"} {
		onSection := onSection("Size written "+size, false, func(s *section) { s.size = -1; s.trailer += "/Size " + size })
		all = append(all, onSection)
	}
	for _, number := range []int{1000, 65535, 65536, 1 << 20, 8388606, 8388607, 8388608, 10_000_000, 1<<31 - 2, 1 << 31} {
		all = append(all, tweak{name: fmt.Sprintf("an object of number %d", number), do: func(f *file, u *update) {
			u.objects[number] = streamOf("", "a certificate")
			u.objects[f.size] = strings.Replace(u.objects[f.size], "/Certs[", fmt.Sprintf("/Certs[%d 0 R ", number), 1)
		}})
	}
	for _, n := range []int{1, 20, 900, 990, 1000, 1010, 1020, 1030, 1040, 1100, 2000, 5000} {
		for _, fill := range [][2]string{{"blanks", " "}, {"line ends", "\n"}, {"nulls", "\x00"}, {"percent signs", "%"}} {
			name, c := fill[0], fill[1]
			if n > 1 && n < 900 && c != " " {
				continue
			}
			all = append(all, tweak{name: fmt.Sprintf("%d %s behind", n, name), broken: n > 1024 || c == "%", do: func(_ *file, u *update) {
				if u.tail == "" {
					u.tail = "\n"
				}
				u.tail += strings.Repeat(c, n)
			}})
		}
	}
	between := func(name string, broken bool, gap string) {
		all = append(all, tweak{name: "behind startxref " + name, broken: broken, do: func(_ *file, u *update) { u.inStart = gap }},
			tweak{name: "behind the number " + name, broken: broken, do: func(_ *file, u *update) { u.behind = gap }},
			tweak{name: "before startxref " + name, broken: broken, do: func(_ *file, u *update) { u.inTrailer += gap }},
			tweak{name: "before the section " + name, broken: broken, do: func(_ *file, u *update) { u.xrefGap = gap }})
	}
	between("a comment", true, "%c\n")
	between("a number", true, "7\n")
	between("a word", true, "word\n")
	between("zeros", false, "000000")
	between("a blank", false, " ")
	between("a null", false, "\x00")
	between("2,000 blanks", true, strings.Repeat(" ", 2000))
	all = append(all,
		onEnd("no startxref", true, func(at, _ int) string { return "%%EOF\n" }),
		onEnd("startxref without number", true, func(at, _ int) string { return "startxref\n%%EOF\n" }),
		onEnd("startxref glued", true, func(at, _ int) string { return fmt.Sprintf("startxref%d\n%%%%EOF\n", at) }),
		onEnd("startxref misspelt", true, func(at, _ int) string { return fmt.Sprintf("startXref\n%d\n%%%%EOF\n", at) }),
		onEnd("startxref as a real number", true, func(at, _ int) string { return fmt.Sprintf("startxref\n%d.0\n%%%%EOF\n", at) }),
		onEnd("startxref with a sign", true, func(at, _ int) string { return fmt.Sprintf("startxref\n+%d\n%%%%EOF\n", at) }),
		onEnd("startxref negative", true, func(at, _ int) string { return fmt.Sprintf("startxref\n-%d\n%%%%EOF\n", at) }),
		onEnd("startxref in one line", true, func(at, _ int) string { return fmt.Sprintf("startxref %d %%%%EOF\n", at) }),
		onEnd("no %%EOF", true, func(at, _ int) string { return fmt.Sprintf("startxref\n%d\n", at) }),
		onEnd("%%EOF misspelt", true, func(at, _ int) string { return fmt.Sprintf("startxref\n%d\n%%EOF\n", at) }),
		onEnd("%%EOF cut", true, func(at, _ int) string { return fmt.Sprintf("startxref\n%d\n%%%%EO", at) }),
		onEnd("the end twice", true, func(at, _ int) string { return strings.Repeat(fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at), 2) }),
		onEnd("the old end behind", true, func(at, old int) string {
			return fmt.Sprintf("startxref\n%d\n%%%%EOF\nstartxref\n%d\n%%%%EOF\n", at, old)
		}),
		onEnd("a wrong end behind", true, func(at, old int) string {
			return fmt.Sprintf("startxref\n%d\n%%%%EOF\nstartxref\n%d\n%%%%EOF\n", at, at+1)
		}),
		onEnd("startxref again without %%EOF", true, func(at, old int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\nstartxref\n%d\n", at, old) }),
		onEnd("the old end before", true, func(at, old int) string {
			return fmt.Sprintf("startxref\n%d\n%%%%EOF\nstartxref\n%d\n%%%%EOF\n", old, at)
		}),
		onEnd("startxref in a comment behind", true, func(at, old int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n%%startxref %d\n", at, old) }),
	)
	object := func(name string, broken bool, change func(n int, written string) string) {
		all = append(all, tweak{name: name, broken: broken, do: func(f *file, u *update) {
			before := u.objectEdit
			u.objectEdit = func(n int, written string) string {
				if before != nil {
					written = before(n, written)
				}
				if n == f.size+1 { // the certificate
					return change(n, written)
				}
				return written
			}
		}})
	}
	object("header of another number", true, func(n int, w string) string {
		return strings.Replace(w, fmt.Sprintf("%d 0 obj", n), fmt.Sprintf("%d 0 obj", n+1), 1)
	})
	object("header of the content", true, func(n int, w string) string { return strings.Replace(w, fmt.Sprintf("%d 0 obj", n), "4 0 obj", 1) })
	object("header of generation 1", true, func(n int, w string) string { return strings.Replace(w, " 0 obj", " 1 obj", 1) })
	object("header with zeros", false, func(n int, w string) string { return "00" + w })
	object("header with a comment", true, func(n int, w string) string { return strings.Replace(w, " 0 obj", " 0%\nobj", 1) })
	object("header glued", true, func(n int, w string) string { return strings.Replace(w, " 0 obj\n", " 0 obj", 1) })
	object("no endobj", true, func(n int, w string) string { return strings.Replace(w, "endobj\n", "", 1) })
	object("endobj misspelt", true, func(n int, w string) string { return strings.Replace(w, "endobj", "endobx", 1) })
	object("endobj twice", true, func(n int, w string) string { return w + "endobj\n" })
	object("no endstream", true, func(n int, w string) string { return strings.Replace(w, "endstream\n", "", 1) })
	object("stream behind a blank", false, func(n int, w string) string { return strings.Replace(w, "stream\n", "stream \n", 1) })
	object("stream behind a lone CR", true, func(n int, w string) string { return strings.Replace(w, "stream\n", "stream\r", 1) })
	for _, d := range []int{-100, -1, 1, 2, 20, 2000} {
		object(fmt.Sprintf("Length of a stream %+d", d), true, func(n int, w string) string {
			return lengthOf.ReplaceAllStringFunc(w, func(s string) string {
				old, _ := strconv.Atoi(s[len("/Length "):])
				return fmt.Sprintf("/Length %d", max(0, old+d))
			})
		})
	}
	object("no Length", true, func(n int, w string) string { return lengthOf.ReplaceAllString(w, "") })
	object("Length a reference to nothing", true, func(n int, w string) string { return lengthOf.ReplaceAllString(w, "/Length 999 0 R") })
	object("Length twice", true, func(n int, w string) string { return lengthOf.ReplaceAllString(w, "$0/Length 5") })
	return all
}

// predicted adds the filter byte of PNG's "none" before each row.
func predicted(data string, columns int) string {
	var b strings.Builder
	for len(data) > 0 {
		n := min(columns, len(data))
		b.WriteString("\x00" + data[:n])
		data = data[n:]
	}
	return b.String()
}

var lengthOf = regexp.MustCompile(`/Length \d+`)

// shift returns a change that makes the header of the first run wrong.
func shift(first, count int) func([][2]int) [][2]int {
	return func(r [][2]int) [][2]int {
		if len(r) > 0 {
			r[0][0] += first
			r[0][1] = max(0, r[0][1]+count)
		}
		return r
	}
}

// carrying returns a signed document with hidden bytes, or with an older
// revision.
func (c carrier) carrying(s structure, r rules) *file {
	l := plain()
	l.set("attachment", streamOf("/Type/EmbeddedFile", show("Pay 999 yen", 36, 20, 170)))
	putting("catalog", "/PieceInfo<</Us<</Private {attachment}>>>>")(l)
	var u update
	if c.prepared != nil {
		// The roles are those of the layout, which has these objects first.
		roles := map[string]int{}
		for i, name := range l.names {
			roles[name] = i + 1
		}
		f := &file{roles: roles}
		c.prepared(l, &u, hiddenIn(f))
		u.before = strings.ReplaceAll(u.before, "{oneline}", oneLine(f))
		if o, ok := l.objects["noted"]; ok {
			l.objects["noted"] = strings.ReplaceAll(o, "{oneline}", oneLine(f))
		}
	}
	if c.older {
		good := l.objects["content"]
		l.objects["content"] = evil()
		f := l.write(s, u)
		return f.apply(update{objects: map[int]string{f.roles["content"]: good}}).sign(signature{rules: r})
	}
	return l.write(s, u).sign(signature{rules: r})
}

// gaps are updates with validation data: with hidden objects in each gap, and
// inexact in each way.
func gaps(use func(testCase)) {
	all := tweaks()
	for ci, c := range carriers {
		for ti, t := range all {
			for si, s := range structures {
				isStream := s == stream || s == packed
				if t.tables && isStream || t.stream && !isStream || s == linearized && c.prepared != nil || c.name == "in the cross-reference stream" && !isStream ||
					c.name == "in an object stream" && (s == table || s == linearized) {
					continue
				}
				// Use two structures in turn for each pair.
				if at := (ci + ti) % len(structures); si != at && si != (at+2)%len(structures) {
					continue
				}
				r := []rules{approval, p1, p2}[(ci+2*ti+si)%3]
				k := testCase{kind: "gap " + c.name, want: open, name: fmt.Sprintf("%s, %s: %s %s", c.name, t.name, s, r), build: func() *file {
					f := c.carrying(s, r)
					u := update{objects: f.validation(string(signing().Certificate.Raw))}
					if c.later != nil {
						c.later(f, &u, hiddenIn(f))
					}
					t.do(f, &u)
					return f.apply(u)
				}}
				// If the bytes were hidden before signing, a rebuilding reader
				// may find the same document in both revisions.
				if c.outside || t.broken && c.later != nil {
					k.want = refused
				}
				if ci == 0 || ci%5 == ti%5 {
					k.kind = "inexact " + t.name
				}
				use(k)
			}
		}
	}
}

// numbers are honest updates with one number slightly wrong. The document has
// hidden bytes and an older revision.
func numbers(use func(testCase)) {
	hidden := carrier{name: "loaded", older: true, prepared: func(l *layout, u *update, hidden string) {
		l.set("hiding", streamOf("/Type/EmbeddedFile", "\n"+hidden))
	}}
	for _, s := range []structure{table, stream, packed, hybrid} {
		for _, what := range []string{"dss", "signature"} {
			for at := range 80 {
				for _, d := range []int{-1, 1, -10, 7, 100} {
					use(testCase{kind: fmt.Sprintf("number %+d", d), want: open, name: fmt.Sprintf("number %d of the %s %+d: %s", at, what, d, s), build: func() *file {
						f := hidden.carrying(s, approval)
						start := len(f.data)
						if what == "dss" {
							f = f.apply(update{objects: f.validation("not a certificate"), edit: func(x *section) { x.plain = true }})
						} else {
							f = f.sign(signature{update: update{edit: func(x *section) { x.plain = true }}})
						}
						f.data = off(f.data, start, at, d)
						return f
					}})
				}
			}
		}
	}
}

var integer = regexp.MustCompile(`\b\d+\b`)

// off adds d to the number at a place of an update, if there is one.
func off(data []byte, start, at, d int) []byte {
	where := integer.FindAllIndex(data[start:], -1)
	if at >= len(where) {
		at = len(where) - 1 - at%len(where)
	}
	i, j := start+where[at][0], start+where[at][1]
	n, err := strconv.Atoi(string(data[i:j]))
	if err != nil {
		return data
	}
	changed := strconv.Itoa(max(0, n+d))
	for len(changed) < j-i {
		changed = "0" + changed // keeps the length
	}
	return bytes.Join([][]byte{data[:i], data[j:]}, []byte(changed))
}
