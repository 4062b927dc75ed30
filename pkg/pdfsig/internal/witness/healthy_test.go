//go:build foreign

package witness

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// healthyForms are unusual forms of a file that some programs write and every
// reader accepts silently.
func healthyForms() []odd {
	put := func(name, role, entries string) odd { return odd{name: name, layout: putting(role, entries)} }
	change := func(name, role, then, now string) odd { return odd{name: name, layout: replacing(role, then, now)} }
	with := func(name string, do func(l *layout)) odd { return odd{name: name, layout: do} }
	writing := func(name string, do func(u *update)) odd { return odd{name: name, update: do} }
	written := func(name, then, now string) odd {
		return writing(name, func(u *update) {
			u.objectEdit = func(_ int, s string) string { return strings.ReplaceAll(s, then, now) }
		})
	}
	ending := func(name, form string) odd {
		return writing(name, func(u *update) { u.end = func(at int) string { return fmt.Sprintf(form, at) } })
	}
	indirect := func(name, role, key, value string) odd {
		return with(name, func(l *layout) {
			l.set("apart", value)
			replacing(role, "/"+key+value, "/"+key+" {apart}")(l)
		})
	}
	unused := func(name, pattern string) odd { // in the resources of the page, which draws nothing with it
		return with(name, func(l *layout) {
			l.set("pattern", pattern)
			replacing("page", "<<"+fonts+">>", "<<"+fonts+"/Pattern<</Strip {pattern}>>>>")(l)
		})
	}
	number := func(n string) odd { return put("the number "+n, "font", "/X "+n) }
	return append([]odd{
		written("objects on one line", "\n", " "),
		written("line ends CR LF", " obj\n", " obj\r\n"),
		written("line ends CR", " obj\n", " obj\r"),
		written("no blank behind obj", " obj\n", " obj"),
		written("no line end before endobj", "\nendobj", "endobj"),
		written("blanks before endobj", "\nendobj", "   \n\n endobj"),
		written("a comment behind obj", " obj\n", " obj %x\n"),
		written("a comment in dictionaries", "<</", "<<%x\n/"),
		written("a comment with a bracket", "<</", "<<%>>\n/"),
		written("blanks in dictionaries", "<</", "<<\t\f\r\n /"),
		written("blanks between key and value", "/Type/", "/Type \n/"),
		written("a null in between", "/Type/", "/Type\x00/"),
		written("CR LF behind stream", "stream\n0", "stream\r\n0"),
		written("no blank before stream", ">>\nstream\n", ">>stream\n"),
		written("CR LF before endstream", "\nendstream", "\r\nendstream"),
		written("no line end before endstream", "\nendstream", "endstream"),
		ending("CR behind startxref", "startxref\r%d\r%%%%EOF"),
		ending("CR LF behind startxref", "startxref\r\n%d\r\n%%%%EOF"),
		ending("blanks behind startxref", "startxref  \n%d  \n%%%%EOF"),
		ending("zeros before the number", "startxref\n000%d\n%%%%EOF"),
		ending("a line between", "startxref\n\n%d\n\n%%%%EOF"),
		ending("a comment before startxref", "%%made by a program\nstartxref\n%d\n%%%%EOF"),
		writing("no line end at the end", func(u *update) { u.noEOL = true }),
		writing("CR at the end", func(u *update) { u.tail = "\r" }),
		writing("nulls at the end", func(u *update) { u.tail = "\n\x00\x00\x00\x00" }),
		writing("text at the end", func(u *update) { u.tail = "\n<!-- served in 0.1 s -->\n" }),
		writing("%%EOF twice", func(u *update) { u.tail = "\n%%EOF\n" }),
		writing("a comment before each object", func(u *update) { u.between = "%-- next --\n" }),
		writing("blanks before each object", func(u *update) { u.between = "  \n\n" }),
		{name: "a table with CR LF", tables: true, update: func(u *update) { u.entry = "%010d %05d n\r\n" }},
		{name: "a table with CR", tables: true, update: func(u *update) { u.entry = "%010d %05d n \r" }},
		{name: "a table without object 0", tables: true, update: func(u *update) {
			u.edit = func(s *section) {
				s.rows = s.rows[:0:0]
			}
		}},
		writing("a higher Size", func(u *update) { u.edit = func(s *section) { s.size += 7 } }),
		writing("widths 0 8 0", func(u *update) {
			u.edit = func(s *section) {
				for _, r := range s.rows {
					if r.kind != 1 || r.b != 0 {
						return
					}
				}
				s.w = [3]int{0, 8, 0}
			}
		}),
		writing("widths 1 3 1", func(u *update) { u.edit = narrow }),
		writing("a plain cross-reference stream", func(u *update) { u.edit = func(s *section) { s.plain = true } }),
		writing("more data in the cross-reference stream", func(u *update) { u.edit = func(s *section) { s.behind = "\x00" } }),
		indirect("kids apart", "pages", "Kids", "[{page}]"),
		indirect("count apart", "pages", "Count", " 1"),
		indirect("box apart", "page", "MediaBox", "[0 0 360 240]"),
		indirect("resources apart", "page", "Resources", "<<"+fonts+">>"),
		change("content in an array", "page", "/Contents {content}", "/Contents[{content}]"),
		indirect("content in an array apart", "page", "Contents", " {content}"),
		change("box of real numbers", "page", box, "/MediaBox[0.0 0.0 360.00 240.]"),
		change("box upside down", "page", box, "/MediaBox[360 240 0 0]"),
		change("box inherited", "page", box, ""),
		put("boxes of all kinds", "page", "/CropBox[0 0 360 240]/TrimBox[1 1 359 239]/BleedBox[0 0 360 240]/ArtBox[5 5 50 50]"),
		put("turned back", "page", "/Rotate -90"),
		put("turned often", "page", "/Rotate 450"),
		put("user unit", "page", "/UserUnit 2.5"),
		put("an empty form", "catalog", "/AcroForm<<>>"),
		put("a form of no fields", "catalog", "/AcroForm<</Fields[]>>"),
		put("a form that is null", "catalog", "/AcroForm null"),
		put("annotations that are none", "page", "/Annots[]"),
		put("annotations that are null", "page", "/Annots null"),
		put("null among annotations", "page", "/Annots[null]"),
		put("an annotation in place", "page", "/Annots[<</Type/Annot/Subtype/Link/Rect[1 1 2 2]/Border[0 0 0]/A<</S/URI/URI(http://example.invalid)>>>>]"),
		put("a version in the catalog", "catalog", "/Version/2.0"),
		put("a version older than the header", "catalog", "/Version/1.3"),
		put("preferences", "catalog", "/ViewerPreferences<</DisplayDocTitle true/Direction/R2L>>/PageLayout/OneColumn/PageMode/UseNone"),
		put("page labels", "catalog", "/PageLabels<</Nums[0<</S/D/P(A-)>>]>>"),
		put("an open action", "catalog", "/OpenAction[{page}/XYZ null null 0]"),
		put("threads and other lists", "catalog", "/Threads[]/Names<<>>/Dests<<>>/Outlines<</Count 0>>/SpiderInfo<<>>"),
		put("extensions", "catalog", "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>"),
		put("keys of nobody", "catalog", "/XYZW_Key(x)/#46oo(y)"),
		put("names with numbers", "font", "/A#20B 1/C#2FD 2/#e3#81#82 3"),
		put("an empty name", "font", "/ 1"),
		put("strings of all kinds", "font", "/X[()(\\()(\\051)(a\\\nb)(\\r\\n\\t\\b\\f\\\\)(\\7)(\\0053)<><4><4 1 4\n2>(\xfe\xff\x30\x42)((nested))]"),
		put("words", "font", "/X[true false null]"),
		put("an empty array and dictionary", "font", "/X[[]<<>>[[]]]"),
		put("nesting", "font", "/X"+strings.Repeat("<</A[", 20)+strings.Repeat("]>>", 20)),
		unused("an unreadable pattern that nothing uses", "<</PatternType 2/Matrix[1 0 0 1 0 -1.#INF]/Shading<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]>>>>"),
		unused("a pattern with a key twice that nothing uses", "<</PatternType 2/X 1/X 2>>"),
		unused("a pattern with an unknown filter that nothing uses", streamOf("/PatternType 1/Filter/Unknown", "0 g")),
		with("a page below two nodes", func(l *layout) {
			l.set("pages", "<</Type/Pages/Kids[{node}]/Count 1>>")
			l.set("node", "<</Type/Pages/Parent {pages}/Kids[{node2}]/Count 1/Rotate 0>>")
			l.set("node2", "<</Type/Pages/Parent {node}/Kids[{page}]/Count 1>>")
			replacing("page", "/Parent {pages}", "/Parent {node2}")(l)
		}),
		with("an empty node beside", func(l *layout) {
			l.set("pages", "<</Type/Pages/Kids[{node} {page}]/Count 1>>")
			l.set("node", "<</Type/Pages/Parent {pages}/Kids[]/Count 0>>")
		}),
		with("a length apart", func(l *layout) {
			l.set("length", fmt.Sprint(len(show("Pay 100 yen", 36, 20, 170))))
			l.set("content", strings.Replace(l.objects["content"], fmt.Sprintf("/Length %d", len(show("Pay 100 yen", 36, 20, 170))), "/Length {length}", 1))
		}),
		with("a filter in an array", func(l *layout) {
			data := deflate(show("Pay 100 yen", 36, 20, 170))
			l.set("content", streamOf("/Filter[/FlateDecode]/DecodeParms[null]", data))
		}),
		with("two filters", func(l *layout) {
			l.set("content", streamOf("/Filter[/ASCIIHexDecode/FlateDecode]", fmt.Sprintf("%x>", deflate(show("Pay 100 yen", 36, 20, 170)))))
		}),
		with("an attached PDF", func(l *layout) {
			l.set("attached", streamOf("/Type/EmbeddedFile", string(plain().write(table, update{}).data)))
			l.set("filespec", "<</Type/Filespec/F(a.pdf)/EF<</F {attached}>>>>")
			putting("catalog", "/Names<</EmbeddedFiles<</Names[(a) {filespec}]>>>>")(l)
		}),
		with("information of odd strings", func(l *layout) {
			l.set("about", "<</Title(\xfe\xff\x30\x42)/Author<FEFF3042>/CreationDate(D:20260101000000+09'00')/ModDate(D:2026)/Trapped/Unknown/Keywords()>>")
			l.trailer = "/Info {about}"
		}),
		with("a title about trailers", func(l *layout) {
			l.set("about", "<</Title(xref, trailer and startxref of 4 objects)>>")
			l.trailer = "/Info {about}"
		}),
		with("an object that nothing uses", func(l *layout) { l.set("unused", "<</A {content}/B[1 2 3]>>") }),
		with("an object that refers to itself", func(l *layout) {
			l.set("loop", "<</A {loop}>>")
			putting("catalog", "/PieceInfo<</X<</LastModified(D:2026)/Private {loop}>>>>")(l)
		}),
		with("a field with kids", func(l *layout) {
			l.set("parent", "<</T(a)/Kids[{kid}]>>")
			l.set("kid", "<</T(b)/FT/Tx/Parent {parent}/Kids[{widget}]/V(x)>>")
			l.set("widget", "<</Subtype/Widget/Rect[1 1 90 20]/Parent {kid}/P {page}/AP<</N {look}>>/F 4>>")
			l.set("look", formXObject("0 0 9 9 re f", "0 0 89 19", ""))
			putting("catalog", "/AcroForm<</Fields[{parent}]/DA(/F1 0 Tf)/DR<<"+fonts+">>>>")(l)
			putting("page", "/Annots[{widget}]")(l)
		}),
		with("a field that is its widget, of a parent", func(l *layout) {
			l.set("parent", "<</T(a)/FT/Btn/Ff 32768/Kids[{kid} {kid2}]/V/One>>")
			l.set("kid", "<</Subtype/Widget/Rect[1 1 20 20]/Parent {parent}/P {page}/AS/One/AP<</N<</One {look}>>>>/F 4>>")
			l.set("kid2", "<</Subtype/Widget/Rect[31 1 50 20]/Parent {parent}/P {page}/AS/Off/AP<</N<</Two {look}>>>>/F 4>>")
			l.set("look", formXObject("0 0 9 9 re f", "0 0 19 19", ""))
			putting("catalog", "/AcroForm<</Fields[{parent}]>>")(l)
			putting("page", "/Annots[{kid} {kid2}]")(l)
		}),
		with("a field on no page", func(l *layout) {
			l.set("field", "<</T(a)/FT/Tx/V(x)>>")
			putting("catalog", "/AcroForm<</Fields[{field}]/NeedAppearances false>>")(l)
		}),
		with("an empty signature field", func(l *layout) {
			l.set("field", "<</T(Signature1)/FT/Sig/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P {page}/F 132>>")
			putting("catalog", "/AcroForm<</Fields[{field}]/SigFlags 1>>")(l)
			putting("page", "/Annots[{field}]")(l)
		}),
	}, number("+5"), number("5."), number(".5"), number("-.5"), number("00012"), number("-0"), number("123456789012345"), number("0.000000000000000000001"))
}

// narrow makes the columns of a cross-reference stream as narrow as possible.
func narrow(s *section) {
	most := 0
	for _, r := range s.rows {
		most = max(most, r.b)
	}
	if most < 256 {
		s.w = [3]int{1, 3, 1}
	}
}

// healthy is a file with its signed forms: signed once, signed twice, and
// signed by another program.
type healthy struct {
	name     string
	contents [][]byte // unsigned, signed, signed again
	other    []byte
	err      error // of signing
}

func (o odd) sign(s structure) healthy {
	l, u := plain(), update{}
	if o.layout != nil {
		o.layout(l)
	}
	if o.update != nil {
		o.update(&u)
	}
	f := l.write(s, u)
	h := healthy{name: fmt.Sprintf("%s: %s", o.name, s), contents: [][]byte{f.data}}
	if !bytes.Contains(f.data, []byte("/AcroForm")) && !bytes.Contains(f.data, []byte("/Annots null")) {
		h.other = f.sign(signature{}).data
	}
	for _, profile := range []pdfsig.Profile{pdfsig.Touki, pdfsig.PAdES} {
		var signed []byte
		if signed, h.err = f.signedByUs(pdfsig.Options{Profile: profile}); h.err != nil {
			break
		}
		h.contents = append(h.contents, signed)
		f = f.read(signed)
	}
	return h
}

// check compares the verdicts on a file with the display in readers.
func (h healthy) check(t *testing.T, v *views) (clean bool) {
	code, found := qpdf(t, h.contents[0])
	if none := v.unopened(h.contents[0]); len(none) > 0 || code != 0 {
		t.Logf("%s is no healthy file: not opened by %v, qpdf %d: %s", h.name, none, code, found)
		return false
	}
	wrong := func(data []byte, format string, args ...any) {
		keep(t, testCase{name: "healthy " + h.name}, data)
		t.Errorf("%s: %s", h.name, fmt.Sprintf(format, args...))
	}
	if h.err != nil {
		wrong(h.contents[0], "not signed: %v", h.err)
	}
	for _, signed := range h.contents[1:] {
		for _, differ := range v.differences(h.contents[0], signed) {
			// Ghostscript reads only the XRefStm of the last section.
			if !strings.HasPrefix(differ, "ghostscript") || !strings.HasSuffix(h.name, string(hybrid)) {
				wrong(signed, "signed, a reader shows something else: %s", differ)
			}
		}
		if said, _, why := judge(signed); said != genuine {
			wrong(signed, "signed, %d: %s", said, why)
		}
		if code, found := qpdf(t, signed); code != 0 {
			wrong(signed, "signed, qpdf finds %s", found)
		}
	}
	if h.other != nil {
		if said, _, why := judge(h.other); said != genuine {
			wrong(h.other, "signed by another program, %d: %s", said, why)
		}
	}
	return true
}

// TestHealthy signs files twice that all readers and qpdf accept silently.
// Every reader must show the same, and both signatures must be genuine.
func TestHealthy(t *testing.T) {
	nodeModules = modules(t)
	v := &views{t.TempDir(), map[[32]byte][]view{}}
	one, from := share(t)
	var all []healthy
	for _, o := range healthyForms() {
		for _, s := range structures {
			h := testCase{name: fmt.Sprintf("healthy %s: %s", o.name, s)}
			if s == linearized || o.tables && s != table || one >= 100 && h.number()%8 != 0 || one < 100 && h.number()%one != from || !only(t).MatchString(h.name) {
				continue
			}
			all = append(all, o.sign(s))
		}
	}
	clean := 0
	const together = 40
	for i := 0; i < len(all); i += together {
		some := all[i:min(i+together, len(all))]
		var contents [][]byte
		for _, h := range some {
			contents = append(contents, h.contents...)
		}
		v.look(t, contents)
		for _, h := range some {
			if h.check(t, v) {
				clean++
			}
		}
	}
	t.Logf("%d files, %d of them clean for qpdf and opened by all", len(all), clean)
}
