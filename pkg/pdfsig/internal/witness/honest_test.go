//go:build foreign

package witness

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// base is a signed document.
type base struct {
	name      string
	structure structure
	rules     rules
	rich      bool
}

func (b base) layout() *layout {
	if b.rich {
		return rich()
	}
	return plain()
}

// signed is the document with the first signature.
func (b base) signed() *file {
	return b.layout().write(b.structure, update{}).sign(signature{rules: b.rules})
}

func bases() (all []base) {
	for _, s := range structures {
		for _, r := range allRules {
			for _, isRich := range []bool{false, true} {
				if r == locked && !isRich {
					continue
				}
				name := fmt.Sprintf("%s %s plain", s, r)
				if isRich {
					name = fmt.Sprintf("%s %s rich", s, r)
				}
				all = append(all, base{name, s, r, isRich})
			}
		}
	}
	return all
}

// validation returns the objects of a DSS (ISO 32000-2, 12.8.4.3).
func (f *file) validation(certificate string) map[int]string {
	n := f.size
	return map[int]string{
		f.roles["catalog"]: with(without(f.body("catalog"), "DSS"), fmt.Sprintf("/DSS %d 0 R", n)),
		n:                  fmt.Sprintf("<</Type/DSS/Certs[%d 0 R]>>", n+1),
		n + 1:              streamOf("", certificate),
	}
}

func (f *file) validated(u update) *file {
	u.objects = f.validation(string(signing().Certificate.Raw))
	return f.apply(u)
}

// filled returns the file with another value in the text field.
func (f *file) filled(u update) *file {
	look := formXObject("/Tx BMC q BT /F1 12 Tf 2 5 Td (Suzuki) Tj ET Q EMC", "0 0 160 20", "")
	u.objects = map[int]string{
		f.roles["text"]:      strings.Replace(f.body("text"), "(Sato)", "(Suzuki)", 1),
		f.roles["text-look"]: f.fill(look),
	}
	return f.apply(u)
}

// noted returns the file with a note.
func (f *file) noted(u update) *file {
	n := f.size
	u.objects = map[int]string{
		f.roles["page"]: into(f.body("page"), "Annots", fmt.Sprintf("%d 0 R", n)),
		n:               f.fill(fmt.Sprintf("<</Type/Annot/Subtype/Stamp/Rect[200 10 320 40]/F 4/P {page}/AP<</N %d 0 R>>>>", n+1)),
		n + 1:           f.fill(formXObject("1 g 0 0 120 30 re f 0 g "+show("seen", 14, 4, 8), "0 0 120 30", "")),
	}
	return f.apply(u)
}

// tagged adds a second signature as accessible programs do: with a structure
// element, and with the widget in the parent tree.
func (f *file) tagged() *file {
	element := f.size + 2
	return f.sign(signature{
		widget: "/Rect[0 0 0 0]/F 132/StructParent 1",
		edit: func(o map[int]string) {
			o[element] = f.fill(fmt.Sprintf("<</Type/StructElem/S/Form/P {document}/Pg {page}/K<</Type/OBJR/Obj %d 0 R/Pg {page}>>>>", f.size))
			o[f.roles["document"]] = strings.Replace(f.body("document"), "]", fmt.Sprintf(" %d 0 R]", element), 1)
			o[f.roles["parents"]] = strings.Replace(f.body("parents"), "]]", fmt.Sprintf("] 1 %d 0 R]", element), 1)
			if strings.Contains(f.body("parents"), "] ]") {
				o[f.roles["parents"]] = strings.Replace(f.body("parents"), "] ]", fmt.Sprintf("] 1 %d 0 R ]", element), 1)
			}
			o[f.roles["tree"]] = strings.Replace(f.body("tree"), "/ParentTreeNextKey 1", "/ParentTreeNextKey 2", 1)
		},
	})
}

// described adds document information and metadata, as signing programs do.
func (f *file) described(u update) *file {
	u.objects = map[int]string{
		f.roles["info"]:     "<</Title(A contract)/Producer(hand)/ModDate(D:20261122163005+09'00')>>",
		f.roles["metadata"]: streamOf("/Type/Metadata/Subtype/XML", `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>`),
	}
	return f.apply(u)
}

// way is a form of an update.
type way struct {
	name   string
	change func(*update)
	want   want // verdict on such an update
	qpdf   bool // qpdf finds nothing
}

// ways are the forms that every reader accepts.
var ways = []way{
	{"crlf gap", func(u *update) { u.before = "\r\n" }, accepted, true},
	{"empty lines", func(u *update) { u.before = "\n\n\n" }, accepted, true},
	{"blanks between objects", func(u *update) { u.between = "\n" }, accepted, true},
	{"two line ends behind", func(u *update) { u.tail = "\n\n" }, accepted, true},
	{"cr lf behind", func(u *update) { u.tail = "\r\n" }, accepted, true},
	{"no line end behind", func(u *update) { u.noEOL = true }, accepted, true},
	{"size too large", func(u *update) { u.edit = func(s *section) { s.size += 5 } }, accepted, false},
	{"blank behind number", func(u *update) { u.behind = " " }, accepted, true},
	{"cr lf behind number", func(u *update) { u.behind = "\r" }, accepted, true},
	{"wide columns", func(u *update) { u.edit = func(s *section) { s.w = [3]int{1, 8, 2} } }, accepted, true},
	{"entry of object 0", func(u *update) {
		u.edit = func(s *section) {
			if !slices.ContainsFunc(s.rows, func(r row) bool { return r.number == 0 }) {
				s.rows = append(s.rows, row{0, 0, 0, 65535})
			}
		}
	}, accepted, true},
	{"offset at line end", func(u *update) { u.early = 1 }, tolerated, true},
	{"entries of 19 bytes", func(u *update) { u.entry = "%010d %05d n\n" }, tolerated, true},
	{"blanks before xref", func(u *update) { u.xrefGap = strings.Repeat(" ", 25) }, tolerated, false},
	{"many blanks before", func(u *update) { u.xrefGap = strings.Repeat(" ", 900) }, tolerated, false},
	{"line end before xref", func(u *update) { u.xrefGap = "\r\n" }, tolerated, false},
	{"comment between", func(u *update) { u.between = "% nothing\n" }, tolerated, true},
	{"nulls behind", func(u *update) { u.tail = "\n\x00\x00\x00\x00" }, tolerated, true},
}

// honest are updates as honest programs make them.
func honest(use func(testCase)) {
	for _, b := range bases() {
		b.honest(func(k testCase) {
			k.name = k.kind + ": " + b.name
			k.kind = "honest " + k.kind
			use(k)
		})
	}
}

func (b base) honest(use func(testCase)) {
	// The verdicts depend on the rules: signs is for a further signature, fills
	// for a value, and notes for a note.
	signs, shows, fills, notes, describes := accepted, shownToo, told, told, accepted
	switch b.rules {
	case p1:
		signs, shows, fills, notes, describes = forbidden, forbidden, forbidden, forbidden, forbidden
	case p2:
		shows, notes = forbidden, forbidden
	case locked:
		fills = forbidden
	}
	add := func(kind string, w want, build func() *file) {
		use(testCase{kind: kind, build: build, want: w, qpdf: true})
	}
	signed := sync.OnceValue(b.signed)
	dss := sync.OnceValue(func() *file { return signed().validated(update{}) })
	add("as signed", accepted, signed)
	add("dss", accepted, dss)
	add("dss twice", accepted, func() *file { return dss().validated(update{}) })
	add("second signature", signs, func() *file { return signed().sign(signature{}) })
	add("second signature, dss", signs, func() *file { return signed().sign(signature{}).validated(update{}) })
	add("registry signature", signs, func() *file { return signed().sign(signature{subFilter: "adbe.pkcs7.detached"}) })
	add("signature with an empty look", signs, func() *file { return signed().sign(looking(signed(), showsNothing, "", "0 0 0 0")) })
	add("signature that shows itself", shows, func() *file {
		return signed().sign(looking(signed(), "/Rect[200 10 320 40]/F 132", "0 0 120 30 re S", "0 0 120 30"))
	})
	add("three signatures", signs, func() *file { return signed().sign(signature{}).sign(signature{}) })
	add("timestamp", accepted, func() *file { return dss().sign(signature{stamp: true}) })
	add("note", notes, func() *file { return signed().noted(update{}) })
	if b.rules != p1 {
		ours := func() *file { return signed().cosign(pdfsig.Options{}) }
		add("our signature", signs, ours)
		add("our signatures", signs, func() *file { return ours().cosign(pdfsig.Options{Profile: pdfsig.PAdES}) })
		add("our signature, dss", signs, func() *file { return ours().validated(update{}) })
	}
	if b.rich {
		add("filled", fills, func() *file { return signed().filled(update{}) })
		add("filled then signed", fills, func() *file { return signed().filled(update{}).sign(signature{}) })
		add("tagged signature", signs, func() *file { return signed().tagged() })
		add("described", describes, func() *file { return signed().described(update{}) })
	}
	if b.structure != table && b.structure != linearized {
		add("dss in an object stream", accepted, func() *file { return signed().validated(update{packed: true, from: len(visible) + 1}) })
	}
	if b.rules == approval && !b.rich || b.rules == p1 && b.rich {
		b.inWays(use, signed, dss)
	}
}

// looking returns a signature with an appearance in its field.
func looking(f *file, widget, content, bbox string) signature {
	look := f.size + 2 // after the field and the value
	return signature{
		widget: fmt.Sprintf("%s/AP<</N %d 0 R>>", widget, look),
		edit: func(o map[int]string) {
			o[look] = streamOf("/Type/XObject/Subtype/Form/BBox["+bbox+"]", content)
		},
	}
}

// inWays are updates, and signed files, in unusual forms.
func (b base) inWays(use func(testCase), signed, dss func() *file) {
	for _, w := range ways {
		change := func() (u update) { w.change(&u); return u }
		if change().entry != "" && (b.structure == stream || b.structure == packed) {
			continue
		}
		add := func(kind string, as want, build func() *file) {
			use(testCase{kind: kind, build: build, want: as, qpdf: w.qpdf})
		}
		add("dss, "+w.name, w.want, func() *file { return signed().validated(change()) })
		add("dss, later "+w.name, w.want, func() *file { return dss().validated(change()) })
		// Changes before signing are signed, so they do not count later.
		if b.structure == linearized {
			continue
		}
		over := func() *file { return b.layout().write(b.structure, change()).sign(signature{rules: b.rules}) }
		so := func() *file {
			return b.layout().write(b.structure, update{}).sign(signature{rules: b.rules, update: change()})
		}
		add("signed over "+w.name, accepted, over)
		add("signed over "+w.name+", dss", accepted, func() *file { return over().validated(update{}) })
		add("signed with "+w.name, accepted, so)
		add("signed with "+w.name+", dss", accepted, func() *file { return so().validated(update{}) })
	}
	if b.structure == linearized {
		return
	}
	add := func(kind string, build func() *file) {
		use(testCase{kind: kind, build: build, want: accepted, qpdf: true})
	}
	// The next object directly follows %%EOF, before signing and after.
	glued := func() *file {
		bare := b.layout().write(b.structure, update{noEOL: true})
		again := bare.apply(update{objects: map[int]string{bare.roles["content"]: bare.body("content")}, glued: true})
		return again.sign(signature{rules: b.rules, update: update{noEOL: true}})
	}
	add("signed over glued", glued)
	add("signed over glued, glued dss", func() *file { return glued().validated(update{glued: true}) })
	add("signed over glued, object renewed", func() *file {
		f := glued()
		renewed := f.validation(string(signing().Certificate.Raw))
		renewed[f.roles["content"]] = f.body("content")
		return f.apply(update{objects: renewed, glued: true})
	})
	prevZero := update{edit: func(s *section) { s.trailer += "/Prev 0" }}
	add("prev 0", func() *file { return b.layout().write(b.structure, prevZero).sign(signature{rules: b.rules}) })
}
