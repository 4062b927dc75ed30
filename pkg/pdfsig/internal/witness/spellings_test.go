//go:build foreign

package witness

import (
	"fmt"
	"strings"
)

// spellings are forms of an object, or of another word that a rebuilding reader
// searches for. {n} is the number of the content, {alt} another catalog, and
// {x} the hidden body. The update is inexact, but all or most readers accept
// it.
func spellings(use func(testCase)) {
	hidden := []string{
		"{n} 0 obj\n{x}\nendobj\n", "{n} 0 obj{x}endobj\n", "\r{n} 0 obj\r{x}\rendobj\r", " {n} 0 obj\n{x}\nendobj\n", "x {n} 0 obj\n{x}\nendobj\n",
		"0{n} 00 obj\n{x}\nendobj\n", "+{n} 0 obj\n{x}\nendobj\n", "{n}\n0\nobj\n{x}\nendobj\n", "{n}\t0\tobj\n{x}\nendobj\n", "{n}\x000\x00obj\n{x}\nendobj\n",
		"{n}\f0\fobj\n{x}\nendobj\n", "{n} %c\n0 obj\n{x}\nendobj\n", "{n} 0 %c\nobj\n{x}\nendobj\n", "{n}%\n0%\nobj%\n{x}\nendobj\n", "{n} 0  obj\n{x}\nendobj\n",
		"{n} 1 obj\n{x}\nendobj\n", "{n} 65535 obj\n{x}\nendobj\n", "{n}.0 0 obj\n{x}\nendobj\n", "{n} 0.0 obj\n{x}\nendobj\n", "endobj{n} 0 obj\n{x}\nendobj\n",
		"]{n} 0 obj\n{x}\nendobj\n", ">>{n} 0 obj\n{x}\nendobj\n", "\\){n} 0 obj\n{x}\nendobj\n", "{n} 0 obj\n{x}\n", "{n} 0 obj %c\n{x}\nendobj\n", "{n} 0 OBJ\n{x}\nendobj\n",
		"{n} -0 obj\n{x}\nendobj\n", "{n} 0 obj\n{x}\nendobj {n} 0 obj null endobj\n", "endstream\nendobj\n{n} 0 obj\n{x}\nendobj\n",
		"trailer\n<</Root {alt}/Size 30>>\n", "trailer<</Root {alt}/Size 30>>", "\ntrailer\r<</Size 30/Root {alt}/Prev 0>>\r", "xref\n0 0\ntrailer\n<</Root {alt}/Size 30>>\nstartxref\n0\n%%EOF\n",
		"%%EOF\n{n} 0 obj\n{x}\nendobj\n", "startxref\n9\n%%EOF\n", "%PDF-1.4\n{n} 0 obj\n{x}\nendobj\n",
		"777 0 obj\n<</Type/XRef/Root {alt}/Size 30/W[1 1 1]/Length 0>>\nstream\n\nendstream\nendobj\n", "778 0 obj\n<</Type/Catalog/Pages {altpages}>>\nendobj\n",
		"777 0 obj\n<</Type/ObjStm/N 1/First 4/Length 400>>\nstream\n{n} 0 {x}\nendstream\nendobj\n",
	}
	places := []struct {
		name  string
		later bool
		put   func(l *layout, u *update, f *file, text string)
	}{
		{"signed, in a stream", false, func(l *layout, u *update, _ *file, text string) {
			l.set("hiding", streamOf("/Type/EmbeddedFile", "\n"+text))
			putting("catalog", "/AF {hiding}")(l)
		}},
		{"signed, in a string", false, func(l *layout, u *update, _ *file, text string) {
			l.set("info", "<</Title(\n"+text+")>>")
			l.trailer = "/Info {info}"
		}},
		{"signed, in a gap", false, func(l *layout, u *update, _ *file, text string) { u.lastGap = text }},
		{"signed, behind %%EOF", false, func(l *layout, u *update, _ *file, text string) { u.tail = "\n" + text }},
		{"in a certificate", true, func(_ *layout, u *update, f *file, text string) { inStream(f, u, "", "\n"+text) }},
		{"in a string", true, func(_ *layout, u *update, f *file, text string) {
			u.objects[f.size] = with(u.objects[f.size], "/VRI<</0123456789ABCDEF0123456789ABCDEF01234567<</TU(\n"+text+")>>>>")
		}},
		{"in a comment", true, func(_ *layout, u *update, _ *file, text string) { u.before = "%" + text + "\n" }},
	}
	loosely := []struct {
		name   string
		tables bool
		do     func(u *update)
	}{
		{"exact", false, func(*update) {}},
		{"offset at line end", false, func(u *update) { u.early = 1 }},
		{"blanks before xref", false, func(u *update) { u.xrefGap = "   \n" }},
		{"Size large", false, func(u *update) { u.edit = func(s *section) { s.size = 1 << 30 } }},
		{"entries of 19 bytes", true, func(u *update) { u.entry = "%010d %05d n\n" }},
		{"entries padded with blanks", true, func(u *update) { u.entry = "%10d %5d n \n" }},
		{"blanks behind", false, func(u *update) { u.tail = "\n" + fmt.Sprintf("%1000s", "") }},
	}
	for hi, text := range hidden {
		for pi, p := range places {
			for li, w := range loosely {
				s := structures[(hi+2*pi+3*li)%4]
				if w.tables && s != hybrid {
					s = table
				}
				use(testCase{kind: fmt.Sprintf("spelling %q", text), want: open, name: fmt.Sprintf("spelling %q %s, %s: %s", text, p.name, w.name, s), build: func() *file {
					l := plain()
					l.set("alt", "<</Type/Catalog/Pages {altpages}>>")
					l.set("altpages", "<</Type/Pages/Kids[{altpage}]/Count 1>>")
					l.set("altpage", "<</Type/Page/Parent {altpages}"+box+"/Resources<<"+fonts+">>/Contents {altcontent}>>")
					l.set("altcontent", evil())
					roles := map[string]int{"n": 4, "alt": 6, "altpages": 7}
					text := (&file{roles: roles}).fill(placed(text))
					var before, after update
					if !p.later {
						p.put(l, &before, nil, text)
					}
					f := l.write(s, before).sign(signature{})
					after.objects = f.validation("a certificate")
					if p.later {
						p.put(nil, &after, f, text)
					}
					w.do(&after)
					return f.apply(after)
				}})
			}
		}
	}
}

// placed replaces the placeholders of a spelling.
func placed(text string) string {
	return strings.NewReplacer("{n}", "{#n}", "{x}", evil()).Replace(text)
}
