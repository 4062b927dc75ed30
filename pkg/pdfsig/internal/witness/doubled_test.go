//go:build foreign

package witness

import (
	"fmt"
	"strings"
)

// slot is a place with a reference to the object {x}. Changes are either
// allowed in the place, or visible.
type slot struct {
	name  string
	place func(l *layout)
	keys  string // entries of a dictionary {x} for this place
	now   string // body after signing, with a visible change
	// The place requires a stream, or takes either a stream or a dictionary.
	stream, either bool
}

func putting(role, entries string) func(*layout) {
	return func(l *layout) { l.objects[role] = with(l.objects[role], entries) }
}

func replacing(role, then, now string) func(*layout) {
	return func(l *layout) { l.objects[role] = swap(then, now)(l.objects[role]) }
}

// harmless are places with objects that may change in some way.
var harmless = []slot{
	{name: "info", place: func(l *layout) { l.trailer = "/Info {x}" }, either: true},
	{name: "metadata", place: putting("catalog", "/Metadata {x}"), stream: true, keys: "/Type/Metadata/Subtype/XML"},
	{name: "metadata of the page", place: putting("page", "/Metadata {x}"), stream: true, keys: "/Type/Metadata/Subtype/XML"},
	{name: "metadata of the font", place: putting("font", "/Metadata {x}"), stream: true},
	{name: "default resources", place: putting("catalog", "/AcroForm<</Fields[]/DR {x}>>")},
	{name: "form", place: putting("catalog", "/AcroForm {x}"), keys: "/Fields[]"},
	{name: "field", place: func(l *layout) {
		l.set("form", "<</Fields[{x}]>>")
		putting("catalog", "/AcroForm {form}")(l)
	}, keys: "/FT/Sig/T(X)"},
	{name: "text field", place: func(l *layout) {
		l.set("form", "<</Fields[{x}]>>")
		putting("catalog", "/AcroForm {form}")(l)
	}, keys: "/FT/Tx/T(X)/V(1)"},
	{name: "value of a text field", place: func(l *layout) {
		l.set("form", "<</Fields[{f}]>>")
		l.set("f", "<</FT/Tx/T(X)/V {x}>>")
		putting("catalog", "/AcroForm {form}")(l)
	}, either: true},
	{name: "element", place: func(l *layout) {
		l.set("tree", "<</Type/StructTreeRoot/K {x}>>")
		putting("catalog", "/StructTreeRoot {tree}")(l)
	}, keys: "/Type/StructElem/S/P/P {tree}"},
	{name: "tree of elements", place: putting("catalog", "/StructTreeRoot {x}"), keys: "/Type/StructTreeRoot"},
	{name: "parent tree", place: func(l *layout) {
		l.set("tree", "<</Type/StructTreeRoot/ParentTree {x}>>")
		putting("catalog", "/StructTreeRoot {tree}")(l)
	}, keys: "/Nums[]"},
	{name: "class map", place: func(l *layout) {
		l.set("tree", "<</Type/StructTreeRoot/ClassMap {x}/RoleMap {x}>>")
		putting("catalog", "/StructTreeRoot {tree}")(l)
	}},
	{name: "validation data", place: putting("catalog", "/DSS {x}"), keys: "/Type/DSS"},
	{name: "certificate", place: func(l *layout) {
		l.set("dss", "<</Type/DSS/Certs[{x}]>>")
		putting("catalog", "/DSS {dss}")(l)
	}, stream: true},
	{name: "revocation data", place: func(l *layout) {
		l.set("dss", "<</Type/DSS/VRI<</0123456789ABCDEF0123456789ABCDEF01234567<</CRL[{x}]/TU(D:2026)>>>>>>")
		putting("catalog", "/DSS {dss}")(l)
	}, stream: true},
	{name: "validation of one signature", place: func(l *layout) {
		l.set("dss", "<</Type/DSS/VRI<</0123456789ABCDEF0123456789ABCDEF01234567 {x}>>>>")
		putting("catalog", "/DSS {dss}")(l)
	}},
	{name: "note", place: putting("page", "/Annots[{x}]"), keys: "/Type/Annot/Subtype/Text/Rect[0 0 0 0]"},
	{name: "pop-up", place: func(l *layout) {
		l.set("note", "<</Type/Annot/Subtype/Text/Rect[0 0 0 0]/Popup {x}>>")
		putting("page", "/Annots[{note}]")(l)
	}, keys: "/Type/Annot/Subtype/Popup/Rect[0 0 0 0]"},
	{name: "look of a note", place: func(l *layout) {
		l.set("note", "<</Type/Annot/Subtype/Stamp/Rect[0 0 0 0]/AP<</N {x}>>>>")
		putting("page", "/Annots[{note}]")(l)
	}, stream: true, keys: "/Type/XObject/Subtype/Form/BBox[0 0 360 240]"},
	{name: "permissions", place: putting("catalog", "/Perms {x}")},
	{name: "legal", place: putting("catalog", "/Legal {x}")},
	{name: "extensions", place: putting("catalog", "/Extensions {x}")},
	{name: "private data", place: putting("page", "/PieceInfo {x}")},
}

const boxOver = "1 1 1 rg 140 160 150 50 re f"

// showing are places with visible objects.
var showing = []slot{
	{name: "form XObject", stream: true, place: func(l *layout) {
		l.objects["content"] = streamOf("", "/X Do")
		replacing("page", "/Resources<<", "/Resources<</XObject<</X {x}>>")(l)
	}, keys: "/Type/XObject/Subtype/Form/BBox[0 0 360 240]/Resources<<" + fonts + ">>"},
	{name: "content", stream: true, place: replacing("page", "{content}", "{x}")},
	{name: "look", stream: true, place: func(l *layout) {
		l.objects["content"] = streamOf("", "")
		l.set("seen", "<</Type/Annot/Subtype/Stamp/Rect[0 0 360 240]/F 4/AP<</N {x}>>>>")
		l.objects["page"] = into(l.objects["page"], "Annots", "{seen}")
	}, keys: "/Type/XObject/Subtype/Form/BBox[0 0 360 240]/Resources<<" + fonts + ">>"},
	{name: "looks", place: func(l *layout) {
		l.set("seen", "<</Type/Annot/Subtype/Stamp/Rect[20 60 260 100]/F 4/AP {x}>>")
		l.set("old-look", formXObject(show("fee 100", 24, 4, 8), "0 0 240 40", ""))
		l.set("new-look", formXObject(show("fee 999", 24, 4, 8), "0 0 240 40", ""))
		l.objects["page"] = into(l.objects["page"], "Annots", "{seen}")
	}, keys: "/N {old-look}", now: "/N {new-look}"},
	{name: "graphics state", place: func(l *layout) {
		l.objects["content"] = streamOf("", show("Pay 999999", 36, 20, 170)+" q /X gs "+boxOver+" Q")
		replacing("page", "/Resources<<", "/Resources<</ExtGState<</X {x}>>")(l)
	}, keys: "/ca 1", now: "/ca 0"},
	{name: "graphics states", place: func(l *layout) {
		l.objects["content"] = streamOf("", show("Pay 999999", 36, 20, 170)+" q /X gs "+boxOver+" Q")
		replacing("page", "/Resources<<", "/Resources<</ExtGState {x}")(l)
	}, keys: "/X<</ca 1>>", now: "/X<</ca 0>>"},
	{name: "resources", place: replacing("page", "/Resources<<"+fonts+">>", "/Resources {x}"), keys: fonts, now: "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[48/nine/nine]>>>>>>"},
	{name: "font", place: replacing("page", "/F1 {font}", "/F1 {x}"), keys: "/Subtype/Type1/BaseFont/Helvetica", now: "/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[48/nine/nine]>>"},
	{name: "encoding", place: putting("font", "/Encoding {x}"), keys: "/BaseEncoding/WinAnsiEncoding", now: "/BaseEncoding/WinAnsiEncoding/Differences[48/nine/nine]"},
	{name: "characters", place: putting("font", "/ToUnicode {x}"), stream: true},
	{name: "layer", place: func(l *layout) {
		l.objects["content"] = streamOf("", show("Pay 999999", 36, 20, 170)+" /OC /X BDC "+boxOver+" EMC")
		replacing("page", "/Resources<<", "/Resources<</Properties<</X {x}>>")(l)
		l.set("on", "<</Type/OCG/Name(on)>>")
		putting("catalog", "/OCProperties<</OCGs[{on}]/D<</ON[{on}]>>>>")(l)
	}, keys: "/Type/OCMD/OCGs{on}/P/AllOn", now: "/Type/OCMD/OCGs{on}/P/AllOff"},
	{name: "page", place: replacing("pages", "{page}", "{x}"), keys: "/Type/Page/Parent {pages}" + box + "/Resources<<" + fonts + ">>/Contents {content}", now: "/Type/Page/Parent {pages}" + box + "/Resources<<" + fonts + ">>/Contents {content}/Rotate 180"},
	{name: "node of the page tree", place: func(l *layout) {
		replacing("pages", "{page}", "{x}")(l)
		replacing("page", "/Parent {pages}", "/Parent {x}")(l)
	}, keys: "/Type/Pages/Parent {pages}/Kids[{page}]/Count 1", now: "/Type/Pages/Parent {pages}/Kids[{page}]/Count 1/Rotate 180"},
	{name: "layers", place: func(l *layout) {
		l.objects["content"] = streamOf("", show("Pay 999999", 36, 20, 170)+" /OC /X BDC "+boxOver+" EMC")
		replacing("page", "/Resources<<", "/Resources<</Properties<</X {on}>>")(l)
		l.set("on", "<</Type/OCG/Name(on)>>")
		putting("catalog", "/OCProperties {x}")(l)
	}, keys: "/OCGs[{on}]/D<</ON[{on}]>>", now: "/OCGs[{on}]/D<</OFF[{on}]>>"},
	{name: "private dictionary of resources", place: func(l *layout) {
		l.objects["content"] = streamOf("", "/X Do")
		l.set("shown", formXObject(show("Pay 999999", 36, 20, 170)+" q /G gs "+boxOver+" Q", "0 0 360 240", ""))
		l.objects["shown"] = swap("/Resources<<"+fonts+">>", "/Resources {x}")(l.objects["shown"])
		replacing("page", "/Resources<<", "/Resources<</XObject<</X {shown}>>")(l)
	}, keys: fonts + "/ExtGState<</G<</ca 1>>>>", now: fonts + "/ExtGState<</G<</ca 0>>>>"},
}

// object returns the body of {x} for two places, before and after the change.
func object(h, s slot) (then, now string, ok bool) {
	keys := func(own string) string {
		all := own + h.keys
		// Keep one Type and one Subtype: those of the visible place, if it has
		// any.
		for _, key := range []string{"/Type/", "/Subtype/"} {
			if i := strings.Index(all, key); i >= 0 {
				rest := all[i+len(key):]
				for j := strings.Index(rest, key); j >= 0; j = strings.Index(rest, key) {
					end := j + len(key)
					for end < len(rest) && rest[end] != '/' && rest[end] != '[' && rest[end] != ' ' && rest[end] != '{' {
						end++
					}
					rest = rest[:j] + rest[end:]
				}
				all = all[:i+len(key)] + rest
			}
		}
		return strings.ReplaceAll(all, "OCGs{", "OCGs {")
	}
	switch {
	case s.stream && s.name == "characters" && (h.stream || h.either):
		return streamOf(keys(s.keys), cmap(0x31)), streamOf(keys(s.keys), cmap(0x39)), true
	case s.stream && (h.stream || h.either):
		return streamOf(keys(s.keys), show("Pay 100 yen", 36, 20, 170)), streamOf(keys(s.keys), show("Pay 999 yen", 36, 20, 170)), true
	case !s.stream && !h.stream:
		return "<<" + keys(s.keys) + ">>", "<<" + keys(s.now) + ">>", true
	}
	return "", "", false
}

// cmap maps every 1 to another character.
func cmap(of int) string {
	return fmt.Sprintf("/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <31> <%04X> endbfchar endcmap end", of)
}

// doubled are changes to objects with two roles.
func doubled(use func(testCase)) {
	number := 0
	for _, h := range harmless {
		for _, s := range showing {
			then, now, ok := object(h, s)
			if !ok {
				continue
			}
			number++
			for i, r := range []rules{approval, p1, p2, p3} {
				l := func() *layout {
					l := plain()
					l.set("x", then)
					h.place(l)
					s.place(l)
					return l
				}
				structure := []structure{table, stream, packed, hybrid}[(number+i)%4]
				use(testCase{kind: "doubled " + h.name, name: fmt.Sprintf("%s is %s: %s %s", h.name, s.name, structure, r), want: refused, build: func() *file {
					return l().write(structure, update{}).sign(signature{rules: r}).edit(becomes(now), "x")
				}})
			}
		}
	}
	reached(use)
}

// reached are exact updates of visible objects that are also referenced from a
// harmless place. Not every object reachable from that place may change.
func reached(use func(testCase)) {
	from := map[string]func(target string) func(*layout){
		"validation data": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("dss", "<</Type/DSS/X {"+t+"}/Certs[{"+t+"}]>>")
				putting("catalog", "/DSS {dss}")(l)
			}
		},
		"validation of a signature": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("dss", "<</Type/DSS/VRI<</0123456789ABCDEF0123456789ABCDEF01234567<</Cert[{"+t+"}]>>>>>>")
				putting("catalog", "/DSS {dss}")(l)
			}
		},
		"an element": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("tree", "<</Type/StructTreeRoot/K {elem}>>")
				l.set("elem", "<</Type/StructElem/S/P/P {tree}/K<</Type/OBJR/Obj {"+t+"}/Pg {page}>>/A {"+t+"}>>")
				putting("catalog", "/StructTreeRoot {tree}")(l)
			}
		},
		"the parent tree": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("tree", "<</Type/StructTreeRoot/ParentTree<</Nums[0 {"+t+"} 1[{"+t+"}]]>>>>")
				putting("catalog", "/StructTreeRoot {tree}")(l)
			}
		},
		"information": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("info", "<</Title(A)/X {"+t+"}>>")
				l.trailer = "/Info {info}"
			}
		},
		"metadata": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("metadata", streamOf("/Type/Metadata/Subtype/XML/X {"+t+"}", "<x/>"))
				putting("catalog", "/Metadata {metadata}")(l)
			}
		},
		"a field": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("form", "<</Fields[{f}]>>")
				l.set("f", "<</FT/Tx/T(X)/V(1)/MK<</IX {"+t+"}>>/X {"+t+"}>>")
				putting("catalog", "/AcroForm {form}")(l)
			}
		},
		"kids of a field": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("form", "<</Fields[{f}]>>")
				l.set("f", "<</FT/Tx/T(X)/V(1)/Kids[{"+t+"}]>>")
				putting("catalog", "/AcroForm {form}")(l)
			}
		},
		"fields of the form": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("form", "<</Fields[{"+t+"}]>>")
				putting("catalog", "/AcroForm {form}")(l)
			}
		},
		"a note": func(t string) func(*layout) {
			return func(l *layout) {
				l.set("note", "<</Type/Annot/Subtype/Text/Rect[0 0 0 0]/Popup {"+t+"}/IRT {"+t+"}/X {"+t+"}>>")
				l.objects["page"] = into(l.objects["page"], "Annots", "{note}")
			}
		},
		"notes of the page": func(t string) func(*layout) {
			return func(l *layout) { l.objects["page"] = into(l.objects["page"], "Annots", "{"+t+"}") }
		},
		"default resources": func(t string) func(*layout) {
			return func(l *layout) { putting("catalog", "/AcroForm<</Fields[]/DR<</Font<</X {"+t+"}>>>>>>")(l) }
		},
		"permissions": func(t string) func(*layout) {
			return func(l *layout) { putting("catalog", "/Perms<</X {"+t+"}>>")(l) }
		},
	}
	targets := []struct {
		role   string
		change func(string) string
	}{
		{"catalog", adds("/Lang(en)/ViewerPreferences<</Direction/R2L>>/OpenAction<</S/JavaScript/JS(1)>>")},
		{"pages", adds("/Rotate 180")},
		{"page", adds("/Rotate 180")},
		{"content", becomes(evil())},
		{"font", becomes(nines)},
	}
	for _, name := range []string{"validation data", "validation of a signature", "an element", "the parent tree", "information", "metadata", "a field", "kids of a field", "fields of the form", "a note", "notes of the page", "default resources", "permissions"} {
		for i, target := range targets {
			for j, r := range []rules{approval, p1, p3} {
				s := []structure{table, packed, stream, hybrid}[(i+j)%4]
				use(testCase{kind: "reached from " + name, name: fmt.Sprintf("%s refers to the %s: %s %s", name, target.role, s, r), want: refused, build: func() *file {
					l := plain()
					from[name](target.role)(l)
					return l.write(s, update{}).sign(signature{rules: r}).edit(target.change, target.role)
				}})
			}
		}
	}
}
