//go:build foreign

package witness

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// prepared is an unsigned file with another document hidden in it, and a
// harmless twin of the same length.
type prepared struct {
	name          string
	healthy       bool // signing must not refuse the twin
	twin, hostile *file
}

// odd is an unusual form of a file that makes some reader ignore the
// cross-references, or might do so.
type odd struct {
	name    string
	healthy bool
	tables  bool
	layout  func(l *layout)
	update  func(u *update)
}

func oddities() []odd {
	put := func(name string, healthy bool, role, entries string) odd {
		return odd{name: name, healthy: healthy, layout: putting(role, entries)}
	}
	change := func(name string, healthy bool, role, then, now string) odd {
		return odd{name: name, healthy: healthy, layout: replacing(role, then, now)}
	}
	info := func(name string, healthy bool, body string) odd {
		return odd{name: name, healthy: healthy, layout: func(l *layout) {
			l.set("about", body)
			l.trailer = "/Info {about}"
		}}
	}
	writing := func(name string, healthy bool, do func(u *update)) odd {
		return odd{name: name, healthy: healthy, update: do}
	}
	object := func(name string, healthy bool, n int, then, now string) odd {
		return writing(name, healthy, func(u *update) {
			u.objectEdit = func(number int, written string) string {
				if number != n {
					return written
				}
				return strings.Replace(written, then, now, 1)
			}
		})
	}
	rows := func(name string, healthy bool, do func(s *section)) odd {
		return writing(name, healthy, func(u *update) { u.edit = do })
	}
	all := []odd{
		{name: "nothing odd", healthy: true},
		info("the word trailer in the title", true, "<</Title(A trailer)>>"),
		info("the word trailer in a key", true, "<</Xtrailer 1>>"),
		info("the word trailer in a comment", true, "<</Title(A)>>\n%a trailer"),
		info("the word startxref in the title", true, "<</Title(startxref 17)>>"),
		info("an object in the title", true, "<</Title(70 0 obj)>>"),
		info("a name with an R", false, "<</Title/x R/Y 1>>"),
		info("a name with a parenthesis", false, "<</Title/x)>>"),
		put("the word trailer on the page", true, "page", "/Note(trailer)"),
		put("the word trailer in the catalog", true, "catalog", "/Note(trailer)"),
		put("the word trailer in the page tree", true, "pages", "/Note(trailer)"),
		put("the word trailer in the font", true, "font", "/Note(trailer)"),
		put("the word trailer with the content", true, "content", "/Note(trailer)"),
		put("a number that is none", false, "font", "/Note -1.#INF"),
		put("a word that is none", false, "font", "/Note none"),
		put("a key twice", true, "page", "/MediaBox[0 0 360 240]"),
		put("a key twice, differently", false, "page", "/Rotate 0/Rotate 90"),
		change("a font that is missing", true, "page", "/F1 {font}", "/F1 {font}/F2 900 0 R"),
		put("an annotation that is missing", true, "page", "/Annots[900 0 R]"),
		put("outlines that are missing", true, "catalog", "/Outlines 900 0 R"),
		put("metadata that is missing", true, "catalog", "/Metadata 900 0 R"),
		put("a form that is missing", true, "catalog", "/AcroForm 900 0 R"),
		put("a form of missing fields", true, "catalog", "/AcroForm<</Fields[900 0 R]>>"),
		put("names that are missing", true, "catalog", "/Names 900 0 R"),
		{name: "information that is missing", healthy: true, layout: func(l *layout) { l.trailer = "/Info 900 0 R" }},
		change("content that is missing, too", true, "page", "/Contents {content}", "/Contents[{content} 900 0 R]"),
		change("a catalog without Type", true, "catalog", "/Type/Catalog", ""),
		change("pages without Type", true, "pages", "/Type/Pages", ""),
		change("a page without Type", true, "page", "/Type/Page", ""),
		change("a page of another Type", false, "page", "/Type/Page", "/Type/Pagx"),
		change("a page without Parent", true, "page", "/Parent {pages}", ""),
		change("a Count too high", true, "pages", "/Count 1", "/Count 2"),
		change("a Count too low", true, "pages", "/Count 1", "/Count 0"),
		change("no Count", true, "pages", "/Count 1", ""),
		change("a Count that is none", false, "pages", "/Count 1", "/Count(1)"),
		change("a page that is null", true, "pages", "[{page}]", "[{page} null]"),
		change("a page that is missing", true, "pages", "[{page}]", "[{page} 900 0 R]"),
		change("a page that is a number", false, "pages", "[{page}]", "[{page} 17]"),
		change("a page tree in a loop", false, "pages", "[{page}]", "[{page} {pages}]"),
		change("a page of another generation", false, "pages", "[{page}]", "[{#page} 1 R]"),
		change("content of another generation", false, "page", "/Contents {content}", "/Contents {#content} 1 R"),
		change("a box that is none", false, "page", box, "/MediaBox 17"),
		object("no endobj", false, 5, "\nendobj", ""),
		object("no endobj behind the page", false, 3, "\nendobj", ""),
		object("a word before endobj", false, 5, "\nendobj", "\n17\nendobj"),
		object("no line end before endobj", true, 5, "\nendobj", " endobj"),
		object("a comment before endobj", true, 5, "\nendobj", "\n%17\nendobj"),
		object("no endstream", false, 4, "\nendstream", ""),
		object("a Length too large", false, 4, "/Length ", "/Length 1"),
		object("a Length of nothing", false, 4, "/Length ", "/Length 0/L "),
		object("no Length", false, 4, "/Length ", "/L "),
		object("a Length too small by one", false, 4, "Tj ET\nendstream", "Tj ET \nendstream"),
		object("blanks before endstream", true, 4, "Tj ET\nendstream", "Tj ET\r\nendstream"),
		object("a line end before the object", true, 5, "5 0 obj", "\n5 0 obj"),
		object("a comment before the object", true, 5, "5 0 obj", "%x\n5 0 obj"),
		object("another number", false, 5, "5 0 obj", "6 0 obj"),
		object("a comment in the object's head", true, 5, "5 0 obj", "5 %x\n0 obj"),
		object("a name with #", true, 5, "/Type/Font", "/Type/Font/X#41 1"),
		object("a name with a wrong #", true, 5, "/Type/Font", "/Type/Font/X#4G 1"),
		object("a null in a name", false, 5, "/Type/Font", "/Type/Font/X#00 1"),
		object("a string without an end", false, 5, "/Type/Font", "/Type/Font/X(("),
		object("a bracket too many", false, 5, "/Type/Font", "/Type/Font/X[1]]"),
		object("a very long number", true, 5, "/Type/Font", "/Type/Font/X 99999999999999999999999999"),
		object("a number with an exponent", false, 5, "/Type/Font", "/Type/Font/X 1e5"),
		object("a number with two signs", false, 5, "/Type/Font", "/Type/Font/X --5"),
		object("a hexadecimal string of other letters", false, 5, "/Type/Font", "/Type/Font/X<4G>"),
		object("deep nesting", true, 5, "/Type/Font", "/Type/Font/X"+strings.Repeat("[", 90)+strings.Repeat("]", 90)),
		writing("an offset at the line end", true, func(u *update) { u.early = 1 }),
		writing("blanks before the section", true, func(u *update) { u.xrefGap = "   \n" }),
		writing("a comment before the section", true, func(u *update) { u.xrefGap = "%x\n" }),
		writing("startxref too large by one", false, func(u *update) { u.start = 1 }),
		writing("blanks behind", true, func(u *update) { u.tail = "\n" + strings.Repeat(" ", 900) }),
		writing("2,000 blanks behind", true, func(u *update) { u.tail = "\n" + strings.Repeat(" ", 2000) }),
		writing("5,000 blanks behind", false, func(u *update) { u.tail = "\n" + strings.Repeat(" ", 5000) }),
		writing("%%EOF twice", true, func(u *update) { u.tail = "\n%%EOF\n" }),
		writing("a comment behind startxref", false, func(u *update) { u.inStart = "%x\n" }),
		writing("no %%EOF", false, func(u *update) { u.end = func(at int) string { return fmt.Sprintf("startxref\n%d\n", at) } }),
		writing("no Size", true, func(u *update) { u.noSize = true }),
		rows("Size too small", true, func(s *section) { s.size = 2 }),
		rows("Size too large", true, func(s *section) { s.size += 100 }),
		rows("Prev of nothing", false, func(s *section) { s.prev = 5 }),
		rows("an entry for nothing", true, func(s *section) { s.rows = append(s.rows, row{s.size + 1, 1, 0, 0}) }),
		rows("an entry behind the end", false, func(s *section) { s.rows = append(s.rows, row{s.size + 1, 1, 1 << 20, 0}) }),
		rows("an entry of another object", false, func(s *section) { s.rows = append(s.rows, row{s.size + 1, 1, 15, 0}) }),
		rows("a free object of a high number", true, func(s *section) { s.rows = append(s.rows, row{s.size + 1, 0, 0, 65535}) }),
		{name: "entries padded with blanks", healthy: true, tables: true, update: func(u *update) { u.entry = "%10d %5d n \n" }},
		{name: "entries of 19 bytes", healthy: true, tables: true, update: func(u *update) { u.entry = "%010d %05d n\n" }},
		{name: "entries of 21 bytes", tables: true, update: func(u *update) { u.entry = "%010d %05d n \r\n" }},
		{name: "numbered from 1", healthy: true, tables: true, update: func(u *update) {
			u.edit = func(s *section) { s.runs = func(r [][2]int) [][2]int { r[0][0]++; return r } }
		}},
		{name: "the letter N", tables: true, update: func(u *update) { u.entry = "%010d %05d N \n" }},
		{name: "a header further down", layout: func(l *layout) { l.leading = "MIME stuff\n" }},
	}
	return all
}

// hidings are places in an unsigned file for hidden text.
var hidings = []struct {
	name string
	put  func(l *layout, u *update, text string)
}{
	{"a stream", func(l *layout, u *update, text string) {
		l.set("hiding", streamOf("/Type/EmbeddedFile", "\n"+text))
		putting("catalog", "/AF {hiding}")(l)
	}},
	{"a string", func(l *layout, u *update, text string) {
		l.set("hiding", "<</Note(\n"+text+")>>")
		putting("catalog", "/PieceInfo {hiding}")(l)
	}},
	{"an unused stream", func(l *layout, u *update, text string) { l.set("hiding", streamOf("/Type/EmbeddedFile", "\n"+text)) }},
	{"a gap", func(l *layout, u *update, text string) { u.lastGap += text }},
	{"a comment", func(l *layout, u *update, text string) { u.before = "%" + text + "\n" + u.before }},
	{"behind the end", func(l *layout, u *update, text string) {
		if u.tail == "" {
			u.tail = "\n"
		}
		u.tail += text
	}},
}

// hidden are texts that make another document in readers that find them.
var hidden = []string{
	"{n} 0 obj\n{x}\nendobj\n", "{n} 1 obj\n{x}\nendobj\n", "{n} 0 obj\n{x}\nendobj\ntrailer\n<</Root {catalog}/Size 30>>\n",
	"trailer\n<</Root {alt}/Size 30>>\n", "xref\n0 0\ntrailer\n<</Root {alt}/Size 30>>\nstartxref\n0\n%%EOF\n",
	"777 0 obj\n<</Type/XRef/Root {alt}/Size 30/W[1 1 1]/Length 0>>\nstream\n\nendstream\nendobj\n",
	"778 0 obj\n<</Type/Catalog/Pages {altpages}>>\nendobj\n",
	"777 0 obj\n<</Type/ObjStm/N 1/First 4/Length 61>>\nstream\n5 0 <</Type/Font/Subtype/Type1/BaseFont/Courier-BoldOblique>>\nendstream\nendobj\n",
	"catalog", // listed but unused
}

// harmlessly spoils the words that readers search for.
var harmlessly = strings.NewReplacer("obj", "abj", "trailer", "trxiler", "xref", "xrxf", "/Catalog", "/Cxtalog", "%%EOF", "%%EXF")

// preparedFiles passes the files to use.
func preparedFiles(use func(name string, make func() prepared)) {
	for _, o := range oddities() {
		for hi, text := range hidden {
			for pi, p := range hidings {
				if text == "catalog" && pi > 0 {
					continue
				}
				h := fnv.New32a()
				fmt.Fprint(h, o.name, hi, pi)
				s := structures[h.Sum32()%4]
				if o.tables && s != hybrid {
					s = table
				}
				name := fmt.Sprintf("%s; %q in %s: %s", o.name, text, p.name, s)
				use(name, func() prepared {
					create := func(text string, catalog string) *file {
						l := plain()
						l.set("alt", "<</Type/"+catalog+"/Pages {altpages}>>")
						l.set("altpages", "<</Type/Pages/Kids[{altpage}]/Count 1>>")
						l.set("altpage", "<</Type/Page/Parent {altpages}"+box+"/Resources<<"+fonts+">>/Contents {altcontent}>>")
						l.set("altcontent", evil())
						var u update
						if o.layout != nil {
							o.layout(l)
						}
						if o.update != nil {
							o.update(&u)
						}
						if text != "" {
							p.put(l, &u, text)
						}
						return l.write(s, u)
					}
					filled := (&file{roles: map[string]int{"n": 4, "alt": 6, "altpages": 7, "catalog": 1}}).fill(placed(text))
					if text == "catalog" {
						return prepared{name, o.healthy, create("", "Cxtalog"), create("", "Catalog")}
					}
					return prepared{name, o.healthy, create(harmlessly.Replace(filled), "Cxtalog"), create(filled, "Catalog")}
				})
			}
		}
	}
}

// TestPrepared hides another document in unsigned files. If some reader shows
// it, signing must refuse the file, and verification must not call another
// program's signature genuine. If all readers silently show the same, signing
// must accept the file.
func TestPrepared(t *testing.T) {
	nodeModules = modules(t)
	cases := chosenPrepared(t)
	v := &views{t.TempDir(), map[[32]byte][]view{}}
	refused, shownOtherwise := 0, 0
	const together = 60
	for len(cases) > 0 {
		n := min(together, len(cases))
		var contents [][]byte
		for _, c := range cases[:n] {
			contents = append(contents, c.twin.data, c.hostile.data, c.twin.sign(signature{}).data, c.hostile.sign(signature{}).data)
		}
		v.look(t, contents)
		for i, c := range cases[:n] {
			if len(v.differences(contents[4*i], contents[4*i+1]))+len(v.differences(contents[4*i+2], contents[4*i+3])) > 0 {
				shownOtherwise++
			}
			if c.check(t, v, contents[4*i:4*i+4]) {
				refused++
			}
		}
		v.known = map[[32]byte][]view{}
		cases = cases[n:]
	}
	t.Logf("%d are shown otherwise by some reader, %d are refused", shownOtherwise, refused)
}

func chosenPrepared(t *testing.T) (cases []prepared) {
	one, from := share(t)
	one = min(one, 60)
	count := 0
	preparedFiles(func(name string, make func() prepared) {
		n := testCase{name: name}.number()
		count++
		if only(t).MatchString(name) && n%one == from {
			cases = append(cases, make())
		}
	})
	t.Logf("%d of %d cases, %d oddities", len(cases), count, len(oddities()))
	return cases
}

// check compares signing and verification with the display in readers. It
// checks the twin and the hostile file, both as they are and signed by another
// program.
func (c prepared) check(t *testing.T, v *views, contents [][]byte) (refused bool) {
	differ := v.differences(contents[0], contents[1])
	if len(v.unopened(contents[0])) > 0 {
		differ = nil // the original display is unknown
	}
	signed, err := c.hostile.signedByUs(pdfsig.Options{})
	if err == nil && len(differ) > 0 {
		c.keep(t, signed)
		t.Errorf("%s\n\tsigned, and readers show something else\n\t%s", c.name, strings.Join(differ, "\n\t"))
	}
	if _, twinErr := c.twin.signedByUs(pdfsig.Options{}); twinErr != nil && c.healthy && len(v.unopened(contents[0])) == 0 {
		c.keep(t, contents[0])
		t.Errorf("%s\n\ta healthy file is not signed: %v", c.name, twinErr)
	}
	differ = v.differences(contents[2], contents[3])
	said, _, why := judge(contents[3])
	if len(v.unopened(contents[2])) == 0 && len(differ) > 0 && said == genuine {
		c.keep(t, contents[3])
		t.Errorf("%s\n\tcalled genuine, and readers show something else: %s\n\t%s", c.name, why, strings.Join(differ, "\n\t"))
	}
	if said, _, why := judge(contents[2]); said != genuine && c.healthy && len(v.unopened(contents[2])) == 0 {
		c.keep(t, contents[2])
		t.Errorf("%s\n\ta healthy file that was signed is %d: %s", c.name, said, why)
	}
	return err != nil
}

func (c prepared) keep(t *testing.T, data []byte) {
	keep(t, testCase{name: "prepared " + c.name}, bytes.Clone(data))
}
