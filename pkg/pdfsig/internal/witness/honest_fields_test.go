//go:build foreign

package witness

import (
	"fmt"
	"strings"
)

// waitingField is a document with an empty signature field, prepared by the
// author of a form.
type waitingField struct {
	name          string
	field, widget string // roles of its objects
	layout        func() *layout
}

func waitingFields() []waitingField {
	make := func(name, widget string, objects map[string]string, top, listed string) waitingField {
		return waitingField{name: name, field: "empty", widget: widget, layout: func() *layout {
			l := rich()
			for _, role := range []string{"group", "empty", "empty-widget"} {
				if objects[role] != "" {
					l.set(role, objects[role])
				}
			}
			l.objects["form"] = into(l.objects["form"], "Fields", top)
			l.objects["page"] = into(l.objects["page"], "Annots", listed)
			return l
		}}
	}
	const place = "/Subtype/Widget/Rect[0 0 0 0]/F 132"
	return []waitingField{
		make("its widget", "empty", map[string]string{"empty": "<</T(Empty)/FT/Sig" + place + ">>"}, "{empty}", "{empty}"),
		make("its widget, all said", "empty", map[string]string{"empty": "<</T(Empty)/FT/Sig/Type/Annot/P {page}/MK<<>>" + place + ">>"}, "{empty}", "{empty}"),
		make("beside its widget", "empty-widget", map[string]string{"empty": "<</T(Empty)/FT/Sig/Kids[{empty-widget}]>>", "empty-widget": "<</Parent {empty}" + place + ">>"}, "{empty}", "{empty-widget}"),
		make("below another", "empty", map[string]string{"group": "<</T(group)/Kids[{empty}]>>", "empty": "<</T(Empty)/FT/Sig/Parent {group}" + place + ">>"}, "{group}", "{empty}"),
		make("of inherited type", "empty", map[string]string{"group": "<</T(group)/FT/Sig/Kids[{empty}]>>", "empty": "<</T(Empty)/Parent {group}" + place + ">>"}, "{group}", "{empty}"),
	}
}

// signWaiting signs the empty field. more replaces entries of its widget.
func (f *file) signWaiting(w waitingField, s signature, more map[string]string) *file {
	s.edit = func(objects map[int]string) {
		delete(objects, f.size)
		delete(objects, f.roles["page"])
		delete(objects, f.roles["form"])
		field, widget := f.roles[w.field], f.roles[w.widget]
		objects[field] = with(f.body(w.field), fmt.Sprintf("/V %d 0 R", f.size+1))
		if widget != field {
			objects[widget] = f.body(w.widget)
		}
		for key, value := range more {
			objects[widget] = with(without(objects[widget], key), "/"+key+f.fill(value))
		}
	}
	return f.sign(s)
}

// waitingCases sign an empty field after the first signature.
func waitingCases(use func(testCase)) {
	edits := []struct {
		name string
		more map[string]string
		want want
	}{
		{"", nil, accepted},
		{", its page said", map[string]string{"P": " {page}"}, accepted},
		{", its type said", map[string]string{"Type": "/Annot"}, accepted},
		{", other flags", map[string]string{"F": " 4"}, accepted},
		{", a date", map[string]string{"M": "(D:20261122163005+09'00')"}, accepted},
		{", its place in real numbers", map[string]string{"Rect": "[0.0 0.0 0.0 0.0]"}, accepted},
		{", on another page", map[string]string{"P": " {pages}"}, refused},
		{", with an action", map[string]string{"AA": "<</E<</S/JavaScript/JS(1)>>>>"}, refused},
		{", in a layer", map[string]string{"OC": " {layer}"}, refused},
		{", of another kind", map[string]string{"Subtype": "/Ink", "InkList": "[[80 180 220 180]]", "BS": "<</W 40>>"}, refused},
		{", with a look of another", map[string]string{"AP": "<</N {stamp-look}>>", "Rect": "[20 165 260 205]"}, open},
	}
	for _, w := range waitingFields() {
		for i, e := range edits {
			for j, s := range structures {
				r := allRules[(i+j)%len(allRules)]
				want := e.want
				if r == p1 && want == accepted {
					want = forbidden
				}
				use(testCase{kind: "waiting field" + e.name, want: want, qpdf: want == accepted, name: fmt.Sprintf("waiting field %s%s: %s %s", w.name, e.name, s, r), build: func() *file {
					return w.layout().write(s, update{}).sign(signature{rules: r}).signWaiting(w, signature{}, e.more)
				}})
			}
		}
	}
}

// otherKinds are updates with cross-references of another kind than the file's,
// or in a form that only some programs write.
func otherKinds(use func(testCase)) {
	for _, b := range bases() {
		add := func(kind string, want want, build func(f *file) *file) {
			use(testCase{kind: kind, want: want, name: kind + ": " + b.name, build: func() *file { return build(b.signed()) }})
		}
		if b.structure == table {
			add("stream after a table", accepted, func(f *file) *file {
				f.structure = stream
				return f.validated(update{})
			})
		}
		if b.structure == stream {
			add("table after a stream", open, func(f *file) *file {
				f.structure = table
				return f.validated(update{})
			})
		}
		if b.structure == stream || b.structure == packed {
			add("a stream that does not list itself", tolerated, func(f *file) *file {
				return f.validated(update{edit: func(s *section) { s.rows = s.rows[:len(s.rows)-1] }})
			})
			add("a stream of odd widths", accepted, func(f *file) *file {
				return f.validated(update{edit: func(s *section) { s.w = [3]int{1, 5, 3} }})
			})
		} else {
			add("a comment of its program behind the trailer", accepted, func(f *file) *file {
				return f.validated(update{inTrailer: "%program-8.0.1\n"})
			})
		}
		add("a comment of its program before", accepted, func(f *file) *file {
			return f.validated(update{before: "%\xe2\xe3\xcf\xd3\n"})
		})
		nothing := accepted
		if b.rules == p1 {
			nothing = forbidden
		}
		add("an object freed that nothing uses", nothing, func(f *file) *file {
			n := f.size
			g := f.apply(update{objects: map[int]string{n: "<</Nothing true>>"}})
			return g.apply(update{free: []int{n}})
		})
		add("an object freed and used again", open, func(f *file) *file {
			n := f.roles["content"]
			g := f.apply(update{free: []int{n}})
			return g.apply(update{objects: map[int]string{n: f.objects[n]}, generations: map[int]int{n: 1}})
		})
		add("content of generation 65535", open, func(f *file) *file {
			n := f.roles["content"]
			return f.apply(update{objects: map[int]string{n: evil()}, generations: map[int]int{n: 65535}})
		})
	}
}

// ranges are signatures with a wrong ByteRange.
func ranges(use func(testCase)) {
	for _, s := range structures {
		for _, c := range []struct{ name, then, now string }{
			{"a negative number", "/ByteRange[0 ", "/ByteRange[-0 "},
			{"a number too large", "/ByteRange[0 ", "/ByteRange[9223372036854775808 "},
			{"a real number", "/ByteRange[0 ", "/ByteRange[0.0 "},
			{"six numbers", "/ByteRange[0 ", "/ByteRange[0 0 0 "},
			{"another beginning", "/ByteRange[0 ", "/ByteRange[9 "},
		} {
			use(testCase{kind: "byte range", want: refused, name: fmt.Sprintf("byte range with %s: %s", c.name, s), build: func() *file {
				f := plain().write(s, update{}).sign(signature{})
				// The array has room for longer numbers.
				text := string(f.data)
				at := strings.LastIndex(text, c.then)
				end := at + strings.Index(text[at:], "]")
				inside := strings.TrimRight(text[at:end], " ")
				changed := strings.Replace(inside, c.then, c.now, 1)
				f.data = []byte(text[:at] + changed + strings.Repeat(" ", max(0, end-at-len(changed))) + text[end:])
				return f
			}})
		}
		use(testCase{kind: "two fields of one signature", want: refused, name: "two fields of one signature: " + string(s), build: func() *file {
			f := rich().write(s, update{}).sign(signature{})
			return f.apply(update{objects: map[int]string{
				f.roles["form"]: into(f.body("form"), "Fields", fmt.Sprintf("%d 0 R", f.size)),
				f.roles["page"]: into(f.body("page"), "Annots", fmt.Sprintf("%d 0 R", f.size)),
				f.size:          f.fill("<</Type/Annot/Subtype/Widget/FT/Sig/T(S2)" + showsNothing + "/V {value1}/P {page}>>"),
			}})
		}})
		use(testCase{kind: "a signature of copied contents", want: refused, name: "a signature of copied contents: " + string(s), build: func() *file {
			f := rich().write(s, update{}).sign(signature{})
			return f.apply(update{objects: map[int]string{
				f.roles["form"]: into(f.body("form"), "Fields", fmt.Sprintf("%d 0 R", f.size)),
				f.roles["page"]: into(f.body("page"), "Annots", fmt.Sprintf("%d 0 R", f.size)),
				f.size:          f.fill(fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(S2)%s/V %d 0 R/P {page}>>", showsNothing, f.size+1)),
				f.size + 1:      f.body("value1"),
			}})
		}})
	}
}
