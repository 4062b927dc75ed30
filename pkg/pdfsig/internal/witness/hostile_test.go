//go:build foreign

package witness

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// trick is a change that verification must report. The update itself is exact;
// only its content is wrong.
type trick struct {
	name   string
	kind   string              // "" means the name
	layout func() *layout      // the document; nil means rich
	change func(f *file) *file // adds the change to the signed file
	want   want                // "" means refused
}

var reference = regexp.MustCompile(`\b(\d+) 0 R\b`)

// named returns the body of an object with roles in place of references.
func (f *file) named(role string) string {
	names := map[string]string{}
	for name, n := range f.roles {
		names[strconv.Itoa(n)] = name
	}
	return reference.ReplaceAllStringFunc(f.body(role), func(s string) string {
		if name, ok := names[strings.TrimSuffix(s, " 0 R")]; ok {
			return "{" + name + "}"
		}
		return s
	})
}

// edit replaces the bodies of the objects with these roles.
func (f *file) edit(change func(body string) string, roles ...string) *file {
	objects := map[int]string{}
	for _, r := range roles {
		if _, ok := f.roles[r]; !ok {
			panic("no object is the " + r)
		}
		objects[f.roles[r]] = f.fill(change(f.named(r)))
	}
	return f.apply(update{objects: objects})
}

// swap replaces a part of a body, with any spacing. The part must exist.
func swap(then, now string) func(string) string {
	return func(body string) string {
		if strings.Contains(body, then) {
			return strings.Replace(body, then, now, 1)
		}
		// qpdf writes a blank between all tokens
		i, j := 0, 0
		for start := range body {
			i, j = start, 0
			for i < len(body) && j < len(then) {
				switch {
				case body[i] == then[j]:
					i++
					j++
				case body[i] == ' ':
					i++
				case then[j] == ' ':
					j++
				default:
					j = len(then) + 1
				}
			}
			if j == len(then) {
				return body[:start] + now + " " + body[i:]
			}
		}
		panic(then + " is not in " + body)
	}
}

func adds(entries string) func(string) string {
	return func(body string) string { return with(body, entries) }
}

func becomes(now string) func(string) string { return func(string) string { return now } }

// editing is a trick that changes one object.
func editing(name, role string, change func(string) string) trick {
	return trick{name: name, change: func(f *file) *file { return f.edit(change, role) }}
}

// adding is a trick that changes one object to refer to new objects: {new} and
// the numbers after it.
func adding(name, role string, change func(string) string, more ...string) trick {
	return trick{name: name, change: func(f *file) *file { return f.add(role, change, more...) }}
}

func (f *file) add(role string, change func(string) string, more ...string) *file {
	g := f.clone()
	for i := range more {
		g.roles[[]string{"new", "new2", "new3"}[i]] = f.size + i
	}
	objects := map[int]string{g.roles[role]: g.fill(change(f.named(role)))}
	for i, body := range more {
		objects[f.size+i] = g.fill(body)
	}
	return g.apply(update{objects: objects})
}

const nines = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Type/Encoding/Differences[48/nine/nine]>>>>"

var cover = formXObject("1 g 0 0 240 40 re f 0 g "+show("Pay 999 yen", 36, 0, 6), "0 0 240 40", "")

// tricks change visible content, or content that people rely on.
func tricks() []trick {
	all := []trick{
		// Content of the page.
		editing("content replaced", "content", becomes(evil())),
		adding("page names other content", "page", swap("/Contents {content}", "/Contents {new}"), evil()),
		adding("page names more content", "page", swap("/Contents {content}", "/Contents[{content} {new}]"), streamOf("", "1 g 0 160 300 60 re f 0 g "+show("Pay 999 yen", 36, 20, 170))),
		editing("font replaced", "font", becomes(nines)),
		adding("resources name another font", "page", swap("/F1 {font}", "/F1 {new}"), nines),
		editing("page turned", "page", adds("/Rotate 180")),
		editing("pages turned", "pages", adds("/Rotate 90")),
		editing("page cut", "page", adds("/CropBox[0 0 200 240]")),
		editing("pages cut", "pages", adds("/CropBox[0 0 200 240]")),
		editing("page larger", "page", swap("/MediaBox[0 0 360 240]", "/MediaBox[0 -100 360 240]")),
		editing("page scaled", "page", adds("/UserUnit 2")),
		adding("another page", "pages", becomes("<</Type/Pages/Kids[{new}]/Count 1>>"), "<</Type/Page/Parent {pages}"+box+"/Resources<<"+fonts+">>/Contents {new2}>>", evil()),
		adding("a second page", "pages", becomes("<</Type/Pages/Kids[{page} {new}]/Count 2>>"), "<</Type/Page/Parent {pages}"+box+"/Resources<<"+fonts+">>/Contents {new2}>>", evil()),
		adding("another page tree", "catalog", swap("/Pages {pages}", "/Pages {new}"), "<</Type/Pages/Kids[{page}]/Count 1/Rotate 180>>"),
		{name: "another catalog", change: func(f *file) *file {
			g := f.clone()
			n := f.size
			return g.apply(update{root: fmt.Sprintf("%d 0 R", n), objects: map[int]string{
				n: fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/AcroForm %s>>", n+1, f.fill("{form}")), n + 1: f.fill(fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count 1>>", n+2)),
				n + 2: f.fill(fmt.Sprintf("<</Type/Page/Parent %d 0 R%s/Resources<<%s>>/Contents %d 0 R>>", n+1, box, fonts, n+3)), n + 3: evil(),
			}})
		}},
		{name: "content freed", change: func(f *file) *file { return f.apply(update{free: []int{f.roles["content"]}}) }},
		{name: "stamp freed", change: func(f *file) *file { return f.apply(update{free: []int{f.roles["stamp2"]}}) }},
		editing("content null", "content", becomes("null")),
		editing("page group", "page", adds("/Group<</S/Transparency/I true/K true>>")),
		// Layers.
		editing("layer off", "catalog", swap("/ON[{layer}]", "/OFF[{layer}]")),
		editing("layers off by default", "catalog", swap("/ON[{layer}]", "/BaseState/OFF")),
		editing("layer removed", "catalog", swap("/OCGs[{layer}]", "/OCGs[]")),
		editing("layer for print alone", "layer", adds("/Usage<</View<</ViewState/OFF>>/Print<</PrintState/ON>>>>")),
		editing("layers by usage", "catalog", swap("/D<<", "/D<</AS[<</Event/View/OCGs[{layer}]/Category[/View]>>]")),
		editing("layer is none", "layer", becomes("<</Type/OCMD/OCGs[]/P/AllOff>>")),
		editing("a note in a layer", "stamp2", adds("/OC {layer}")),
		// Actions on opening, and targets of links.
		editing("open action", "catalog", adds("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")),
		editing("catalog actions", "catalog", adds("/AA<</WS<</S/JavaScript/JS(1)>>>>")),
		editing("page actions", "page", adds("/AA<</O<</S/JavaScript/JS(1)>>>>")),
		editing("link elsewhere", "link", func(b string) string {
			return with(without(b, "Dest"), "/A<</S/URI/URI(http://example.invalid/)>>")
		}),
		editing("outline renamed", "outline", swap("(One)", "(Two)")),
		editing("outline action", "outline", func(b string) string {
			return with(without(b, "Dest"), "/A<</S/URI/URI(http://example.invalid/)>>")
		}),
		editing("attachment replaced", "attached", becomes(streamOf("/Type/EmbeddedFile", "another"))),
		editing("attachment renamed", "filespec", swap("(a.txt)", "(b.exe)")),
		editing("attachment removed", "catalog", func(b string) string { return swap("/EmbeddedFiles", "/Nothing")(b) }),
		editing("page labels", "catalog", adds("/PageLabels<</Nums[0<</S/r/St 7>>]>>")),
		editing("viewer preferences", "catalog", adds("/ViewerPreferences<</HideToolbar true>>")),
		editing("page mode", "catalog", adds("/PageMode/FullScreen")),
		editing("text for the blind", "paragraph", adds("/ActualText(Pay 999 yen)")),
		editing("layout for reading", "document", adds("/Alt(Pay 999 yen)")),
		editing("rendering needed", "catalog", adds("/NeedsRendering true")),
		// Notes.
		editing("order of notes", "page", swap("{stamp} {stamp2}", "{stamp2} {stamp}")),
		editing("note twice", "page", swap("{stamp} {stamp2}", "{stamp} {stamp2} {stamp}")),
		editing("note removed", "page", swap("{stamp} {stamp2}", "{stamp}")),
		editing("all notes removed", "page", func(b string) string { return without(b, "Annots") }),
		editing("note hidden", "stamp2", swap("/F 4", "/F 2")),
		editing("note not viewed", "stamp2", swap("/F 4", "/F 32")),
		editing("note moved", "stamp2", swap("/Rect[20 60 140 90]", "/Rect[20 165 260 205]")),
		editing("note looks otherwise", "stamp2-look", becomes(cover)),
		adding("note has another look", "stamp2", swap("/N {stamp2-look}", "/N {new}"), cover),
		editing("note has the look of another", "stamp2", swap("/N {stamp2-look}", "/N {stamp-look}")),
		editing("look moved", "stamp2-look", adds("/Matrix[1 0 0 1 0 300]")),
		editing("look cut", "stamp2-look", swap("/BBox[0 0 120 30]", "/BBox[0 0 60 30]")),
		editing("link with a border", "link", swap("/Border[0 0 0]", "/Border[0 0 9]/C[1 0 0]")),
		editing("note is a widget", "stamp2", swap("/Subtype/Stamp", "/Subtype/Widget/FT/Sig/T(X)")),
		// Forms.
		editing("value without look", "text", swap("(Sato)", "(Suzuki)")),
		editing("look without value", "text-look", becomes(formXObject("/Tx BMC q BT /F1 12 Tf 2 5 Td (Suzuki) Tj ET Q EMC", "0 0 160 20", ""))),
		editing("field moved", "text", swap("/Rect[20 100 180 120]", "/Rect[20 165 260 205]")),
		editing("field hidden", "text", swap("/F 4", "/F 2")),
		editing("field aligned", "text", adds("/Q 2")),
		editing("field renamed", "text", swap("/T(name)", "/T(payer)")),
		editing("field flags", "text", adds("/Ff 8192")),
		editing("field with colours", "text", adds("/MK<</BG[1 0 0]>>")),
		editing("field without look", "text", func(b string) string { return without(b, "AP") }),
		editing("field with a script", "text", adds("/AA<</F<</S/JavaScript/JS(event.value=999)>>>>")),
		editing("box ticked", "check", func(b string) string { return swap("/AS/Off", "/AS/Yes")(swap("/V/Off", "/V/Yes")(b)) }),
		editing("box looks ticked", "check", swap("/AS/Off", "/AS/Yes")),
		editing("box's looks swapped", "check", func(b string) string {
			return swap("/Off {check-off}", "/Off {check-on}")(swap("/Yes {check-on}", "/Yes {check-off}")(b))
		}),
		editing("unticked look replaced", "check-off", becomes(formXObject("0 g 2 2 11 11 re f", "0 0 15 15", ""))),
		editing("ticked look replaced", "check-on", becomes(formXObject("1 0 0 rg 2 2 11 11 re f", "0 0 15 15", ""))),
		editing("fields removed", "form", swap("/Fields[{text} {check}", "/Fields[")),
		editing("appearances needed", "form", adds("/NeedAppearances true")),
		editing("another default font", "form", swap("/F1 {font}", "/F1 {layer}")),
		editing("a calculation order", "form", adds("/CO[{text}]")),
		editing("XFA", "form", adds("/XFA(<xdp:xdp/>)")),
		{name: "form's default appearance", want: open, change: func(f *file) *file { // readers keep the existing appearance
			return f.edit(swap("/DA(/F1 12 Tf 0 g)", "/DA(/F1 60 Tf 0 g)"), "form")
		}},
		adding("form moved and emptied", "catalog", swap("/AcroForm {form}", "/AcroForm {new}"), "<</Fields[]/DA(/F1 12 Tf 0 g)>>"),
		// The signature itself.
		editing("signature replaced", "value1", swap("/Filter", "/Name(somebody else)/Filter")),
		editing("signature freed", "value1", becomes("null")),
		editing("signature field renamed", "field1", swap("/T(S1)", "/T(S9)")),
		adding("signature field shows something", "field1", swap(showsNothing, "/Rect[20 165 260 205]/F 4/AP<</N {new}>>"), cover),
		editing("signature field emptied", "field1", func(b string) string { return without(b, "V") }),
		editing("certification taken away", "catalog", func(b string) string { return with(without(b, "Perms"), "/Perms<<>>") }),
		// The trailer.
		{name: "encrypted later", change: func(f *file) *file {
			return f.apply(update{trailer: "/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + strings.Repeat("00", 32) + ">/U<" + strings.Repeat("00", 32) + ">>>"})
		}},
		{name: "no root", change: func(f *file) *file { return f.apply(update{noRoot: true}) }},
		{name: "root is a page", change: func(f *file) *file { return f.apply(update{root: f.fill("{page}")}) }},
	}
	return slices.Concat(all, added(), laterAppearances(), generations(), laterTricks())
}

// added are annotations and fields of each kind, with an appearance or with
// content that readers draw themselves.
func added() (all []trick) {
	draws := map[string]string{
		"Polygon": "/Vertices[80 160 220 160 220 200 80 200]/IC[1 1 1]/C[1 1 1]", "PolyLine": "/Vertices[80 180 220 180]/C[1 1 1]/BS<</W 40>>",
		"Ink": "/InkList[[80 180 220 180]]/C[1 1 1]/BS<</W 40>>", "Line": "/L[80 180 220 180]/C[1 1 1]/BS<</W 40>>",
		"Square": "/IC[1 1 1]/C[1 1 1]", "Circle": "/IC[1 1 1]/C[1 1 1]", "FreeText": "/DA(/Helv 36 Tf 0 g)/Contents(Pay 999 yen)/C[1 1 1]",
		"Highlight": "/QuadPoints[80 200 220 200 80 160 220 160]/C[0 0 0]", "Underline": "/QuadPoints[80 200 220 200 80 160 220 160]/C[1 0 0]",
		"StrikeOut": "/QuadPoints[80 200 220 200 80 160 220 160]/C[0 0 0]/BS<</W 30>>", "Squiggly": "/QuadPoints[80 200 220 200 80 160 220 160]/C[0 0 0]",
		"Text": "/Contents(x)/Name/Note", "Stamp": "/Name/Approved", "Link": "/Border[0 0 40]/C[1 1 1]", "Redact": "/QuadPoints[80 200 220 200 80 160 220 160]/IC[0 0 0]",
		"Caret": "/C[0 0 0]", "Watermark": "", "FileAttachment": "/Name/PushPin/FS(a)", "Widget": "/MK<</BG[1 1 1]/BC[0 0 0]>>", "Screen": "/MK<</BG[1 1 1]>>", "PrinterMark": "", "Popup": "/Open true", "Nothing": "",
	}
	for _, kind := range []string{"Polygon", "PolyLine", "Ink", "Line", "Square", "Circle", "FreeText", "Highlight", "Underline", "StrikeOut", "Squiggly", "Text", "Stamp", "Link", "Redact", "Caret", "Watermark", "FileAttachment", "Widget", "Screen", "PrinterMark", "Popup", "Nothing"} {
		for _, rect := range []string{"[80 160 220 200]", "[0 0 0 0]"} {
			for _, field := range []string{"", "/FT/Sig/T(N)", "/FT/Sig/T(N)/V null", "/FT/Btn/T(N)"} {
				for _, look := range []string{"", "/AP<</N {new2}>>"} {
					if kind == "Widget" && rect == "[0 0 0 0]" && look == "" && field != "/FT/Btn/T(N)" {
						continue // an empty signature field, invisible
					}
					body := "<</Type/Annot/Subtype/" + kind + "/Rect" + rect + "/F 4/P {page}" + draws[kind] + field + look + ">>"
					name := fmt.Sprintf("added %s at %s%s%s", kind, rect, field, strings.TrimSuffix(look, " {new2}>>"))
					t := trick{name: name, kind: "added " + kind, change: func(f *file) *file {
						g := f.clone()
						g.roles["new"], g.roles["new2"] = f.size, f.size+1
						objects := map[int]string{f.roles["page"]: g.fill(into(f.body("page"), "Annots", "{new}")), f.size: g.fill(body), f.size + 1: g.fill(cover)}
						if field != "" {
							objects[f.roles["form"]] = g.fill(into(f.body("form"), "Fields", "{new}"))
						}
						return g.apply(update{objects: objects})
					}}
					if rect == "[0 0 0 0]" && look == "" && (kind == "Nothing" || kind == "Popup" || kind == "Text") || kind == "Widget" && rect == "[0 0 0 0]" {
						t.want = open
					}
					all = append(all, t)
				}
			}
		}
	}
	for _, rect := range []string{"[20 165 260 205]", "[260 205 20 165]", "[/a/b/c/d]", "[null null null null]", "[]", "[20 165]", "(x)", "[0 0 1e-9 1e-9]", "[0 0 0.4 0.4]", "[-5 -5 0 0]", "[0 0 0 40]", "[20 165 20 205]", "[0 0 0 0 20 165 260 205]"} {
		for _, more := range []string{"", "/MK<</R 90>>", "/Border[0 0 20]", "/BS<</W 20>>/MK<</BC[0 0 0]>>", "/DA(/F1 36 Tf 0 g)", "/V{value1}", "/Kids[{stamp}]", "/Parent {text}", "/V(text)", "/V<</Type/Sig>>", "/AA<</E<</S/JavaScript/JS(1)>>>>", "/OC {layer}", "/AS/On"} {
			body := "<</Type/Annot/Subtype/Widget/FT/Sig/T(N)/F 4/P {page}/AP<</N {new2}>>/Rect" + rect + strings.Replace(more, "/V{", "/V {", 1) + ">>"
			wanted := open
			if strings.HasPrefix(more, "/AA") {
				wanted = refused // a script; no reader here runs it
			}
			all = append(all, trick{name: "signature field at " + rect + more, kind: "signature field at " + rect, want: wanted, change: func(f *file) *file {
				g := f.clone()
				g.roles["new"], g.roles["new2"] = f.size, f.size+1
				return g.apply(update{objects: map[int]string{
					f.roles["page"]: g.fill(into(f.body("page"), "Annots", "{new}")), f.roles["form"]: g.fill(into(f.body("form"), "Fields", "{new}")),
					f.size: g.fill(body), f.size + 1: g.fill(cover),
				}})
			}})
		}
	}
	return all
}

// laterAppearances are documents with an invisible field. The update adds the
// resources that it needs to become visible.
func laterAppearances() (all []trick) {
	waiting := func(form, field string) func() *layout {
		return func() *layout {
			l := rich()
			l.set("form", "<</Fields[{text} {check}]"+form+">>")
			l.set("text", "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(not 100 but 999)/Rect[20 100 300 140]/F 4/P {page}"+field+">>")
			return l
		}
	}
	const dr, da = "/DR<</Font<</Helv {font}>>>>", "/DA(/Helv 24 Tf 0 g)"
	add := func(name, form, field, role string, change func(string) string) {
		all = append(all, trick{name: name, layout: waiting(form, field), change: func(f *file) *file { return f.edit(change, role) }})
	}
	add("default appearance later", "/NeedAppearances true"+dr, "", "form", adds(da))
	add("field's appearance later", "/NeedAppearances true"+dr, "", "text", adds(da))
	add("fonts later", "/NeedAppearances true"+da, "", "form", adds(dr))
	add("appearances needed later", dr+da, "", "form", adds("/NeedAppearances true"))
	add("font of the default appearance replaced", "/NeedAppearances true"+dr+da, "", "form", swap("{font}", "{layer}"))
	add("default appearance larger", "/NeedAppearances true"+dr+da, "", "form", swap("24 Tf", "60 Tf"))
	add("value later", "/NeedAppearances true"+dr+da, "", "text", swap("(not 100 but 999)", "(999)"))
	add("alignment later", "/NeedAppearances true"+dr+da, "", "form", adds("/Q 2"))
	return all
}

// generations are documents with a reference of a wrong generation. The updates
// add the object with this generation or another.
func generations() (all []trick) {
	for _, at := range []struct{ role, then, now string }{
		{"page", "/Contents {content}", "/Contents {#content} 1 R"},
		{"page", "/F1 {font}", "/F1 {#font} 1 R"},
		{"stamp2", "/N {stamp2-look}", "/N {#stamp2-look} 1 R"},
		{"pages", "{page}", "{#page} 1 R"},
		{"page", "{stamp2}", "{#stamp2} 1 R"},
	} {
		for _, g := range []int{0, 1, 2} {
			for _, entry := range []int{0, 1, 2} {
				target := strings.Trim(strings.TrimPrefix(at.then[strings.Index(at.then, "{"):], "{"), "}")
				all = append(all, trick{
					name: fmt.Sprintf("reference to generation 1 of the %s, object %d, entry %d", target, g, entry),
					want: open,
					layout: func() *layout {
						l := rich()
						l.objects[at.role] = strings.Replace(l.objects[at.role], at.then, at.now, 1)
						return l
					},
					change: func(f *file) *file {
						n := f.roles[target]
						body := f.body(target)
						switch target {
						case "content":
							body = evil()
						case "font":
							body = nines
						case "stamp2-look":
							body = f.fill(cover)
						default:
							body = with(body, "/Rotate 180/F 2")
						}
						return f.apply(update{objects: map[int]string{n: body}, generations: map[int]int{n: g}, edit: func(s *section) {
							for i, r := range s.rows {
								if r.number == n {
									s.rows[i].b = entry
								}
							}
						}})
					},
				})
			}
		}
	}
	return all
}

// roles are exact updates with forbidden changes, and changes to objects with
// two roles.
func roles(use func(testCase)) {
	for _, t := range tricks() {
		for i, s := range structures {
			// Use all rules with tables, and one rule with each other
			// structure.
			for j, r := range allRules {
				if s != table && j != (i+len(t.name))%len(allRules) {
					continue
				}
				l := rich
				if t.layout != nil {
					if l = t.layout; s == linearized {
						continue // qpdf would repair some of them
					}
				}
				k := testCase{kind: "hostile " + t.name, name: fmt.Sprintf("%s: %s %s", t.name, s, r), want: t.want, build: func() *file {
					return t.change(l().write(s, update{}).sign(signature{rules: r}))
				}}
				if t.kind != "" {
					k.kind = "hostile " + t.kind
				}
				if k.want == "" {
					k.want = refused
				}
				use(k)
			}
		}
	}
	doubled(use)
}
