//go:build foreign

package witness

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
)

// laterTricks are updates of parts that only some readers use: looks that are
// none, names that stand on the border of two contents, content that is a
// picture.
func laterTricks() (all []trick) {
	edit := func(name string, layout func() *layout, role string, change func(string) string) {
		all = append(all, trick{name: name, kind: strings.SplitN(name, ":", 2)[0], want: open, layout: layout, change: func(f *file) *file { return f.edit(change, role) }})
	}
	// Fields with a look that some readers do not use.
	const dr, da = "/DR<</Font<</Helv {font}>>>>", "/DA(/Helv 24 Tf 0 g)"
	for _, look := range []string{"/AP<<>>", "/AP null", "/AP<</N null>>", "/AP<</N<<>>>>", "/AP<</N<</X {text-look}>>>>", "/AP<</N<</X {text-look}>>>>/AS/X", "/AP<</N<</X {text-look}>>>>/AS/Y", "/AP<</N<</Off {text-look}>>>>", "/AP<</N {nothing}>>", "/AP {nothing}", "/AP<</N {empty-look}>>", "/AP<</N<</On {empty-look}>>>>/AS/On"} {
		for _, kind := range []string{"/FT/Tx/V(not 100 but 999)", "/FT/Ch/Ff 131072/Opt[(a)(not 100 but 999)]/V(not 100 but 999)", "/FT/Btn/Ff 65536/MK<</CA(not 100 but 999)/BC[0 0 0]>>", "/FT/Tx/Ff 4096/V(not 100 but 999)", "/FT/Btn/V/Off/MK<</CA(4)>>", "/FT/Btn/Ff 32768/V/X/MK<</CA(l)>>"} {
			layout := func(form string, own string) func() *layout {
				return func() *layout {
					l := rich()
					l.set("nothing", "null")
					l.set("empty-look", formXObject("", "0 0 280 40", ""))
					l.set("form", "<</Fields[{text} {check}]"+form+">>")
					l.set("text", "<</Type/Annot/Subtype/Widget"+kind+"/T(name)/Rect[20 100 300 140]/F 4/P {page}"+own+look+">>")
					return l
				}
			}
			name := kind + look
			edit("default appearance later: "+name, layout(dr, ""), "form", adds(da))
			edit("fonts later: "+name, layout(da, ""), "form", adds(dr))
			edit("fonts later for the field's own appearance: "+name, layout("", da), "form", adds(dr))
			edit("default appearance larger: "+name, layout(dr+da, ""), "form", swap("24 Tf", "60 Tf"))
			edit("default appearance with NeedAppearances false: "+name, layout(dr+"/NeedAppearances false", ""), "form", adds(da))
		}
	}
	// Notes that readers draw themselves.
	for _, note := range []string{"/Subtype/FreeText/Contents(not 100 but 999)", "/Subtype/FreeText/Contents(not 100 but 999)/DA(/Helv 24 Tf 0 g)", "/Subtype/FreeText/Contents(not 100 but 999)/AP<<>>", "/Subtype/FreeText/Contents(not 100 but 999)/DA(/Helv 24 Tf 0 g)/AP<<>>", "/Subtype/FreeText/Contents(not 100 but 999)/DA(/Helv 24 Tf 0 g)/AP<</N null>>", "/Subtype/Stamp/Name/Approved", "/Subtype/Line/L[20 100 300 140]/Cap true/Contents(999)", "/Subtype/Redact/OverlayText(999)/DA(/Helv 24 Tf 0 g)"} {
		layout := func(form string) func() *layout {
			return func() *layout {
				l := rich()
				l.set("form", "<</Fields[{text} {check}]"+form+">>")
				l.set("stamp", "<</Type/Annot/Rect[20 100 300 140]/F 4/P {page}"+note+">>")
				return l
			}
		}
		edit("default appearance later for a note: "+note, layout(dr), "form", adds(da))
		edit("fonts later for a note: "+note, layout(da), "form", adds(dr))
		edit("fonts later: "+note, layout(""), "form", adds(dr))
	}
	// Widgets of no field of the form.
	for _, form := range []string{"", "<</Fields[]>>", "<</Fields[]" + dr + ">>", "<</Fields[]" + da + ">>", "<</Fields[{check}]>>"} {
		for _, widget := range []string{"/FT/Tx/T(a)/V(not 100 but 999)", "/FT/Tx/T(a)/V(not 100 but 999)/DA(/Helv 24 Tf 0 g)", "/FT/Tx/T(a)/V(not 100 but 999)/AP<</N {stamp-look}>>", "/Parent {apart}", "/Parent {apart}/AP<</N {stamp-look}>>", "/Parent {apart}/DA(/Helv 24 Tf 0 g)", "/FT/Ch/T(a)/V(not 100 but 999)/Opt[(not 100 but 999)]", "/FT/Btn/Ff 65536/T(a)/MK<</CA(not 100 but 999)>>"} {
			layout := func() *layout {
				l := rich()
				if l.set("form", form); form == "" {
					replacing("catalog", "/AcroForm {form}", "")(l)
					l.names = slices.DeleteFunc(l.names, func(n string) bool { return n == "form" })
					delete(l.objects, "form")
				}
				l.set("apart", "<</FT/Tx/T(a)/V(not 100 but 999)/Kids[{text}]>>")
				l.set("text", "<</Type/Annot/Subtype/Widget/Rect[20 100 300 140]/F 4/P {page}"+widget+">>")
				return l
			}
			for _, later := range []string{da, dr, dr + da, "/NeedAppearances true", dr + da + "/NeedAppearances true"} {
				name := fmt.Sprintf("a form later: %s for %s in %s", later, widget, form)
				if form == "" {
					edit(name, layout, "catalog", swap("/SigFlags 3", "/SigFlags 3"+later))
					continue
				}
				edit(name, layout, "form", func(b string) string {
					more := later
					for _, entry := range []string{dr, da} {
						if strings.Contains(b, entry[:4]) {
							more = strings.Replace(more, entry, "", 1)
						}
					}
					return with(b, more)
				})
			}
		}
	}
	// Resources of the page that are the form's default resources, too.
	shared := func(contents ...string) func() *layout {
		return func() *layout {
			l := plain()
			l.set("shared", "<<"+fonts+">>")
			l.set("form", "<</Fields[]/DR {shared}>>")
			l.set("nine", nines)
			l.set("page", "<</Type/Page/Parent {pages}"+box+"/Resources {shared}/Contents[{content}")
			for i, c := range contents {
				n := "content" + strings.Repeat("i", i+1)
				l.set(n, c)
				l.objects["page"] += " {" + n + "}"
			}
			l.objects["page"] += "]>>"
			putting("catalog", "/AcroForm {form}")(l)
			return l
		}
	}
	text := func(font string) string { return "BT " + font + " 36 Tf 20 60 Td (Fee 000 yen) Tj ET" }
	cut := func(s string, at int, make func(string, string) string, dict string) []string {
		return []string{make(dict, s[:at]), make(dict, s[at:])}
	}
	packed := func(dict, data string) string { return streamOf(dict+"/Filter/FlateDecode", deflate(data)) }
	for _, c := range []struct {
		name     string
		contents []string
	}{
		{"in a content", []string{streamOf("", text("/F2"))}},
		{"with an escape", []string{streamOf("", text("/F#32"))}},
		{"cut in the name", cut(text("/F2"), strings.Index(text("/F2"), "2"), streamOf, "")},
		{"cut behind the slash", cut(text("/F2"), strings.Index(text("/F2"), "F2"), streamOf, "")},
		{"cut in the escape", cut(text("/F#32"), strings.Index(text("/F#32"), "32"), streamOf, "")},
		{"cut in the name, compressed", cut(text("/F2"), strings.Index(text("/F2"), "2"), packed, "")},
		{"in a content of another filter", []string{streamOf("/Filter/ASCIIHexDecode", fmt.Sprintf("%x>", text("/F2")))}},
		{"in a picture", []string{streamOf("/Filter/DCTDecode", pictured(text("/F2")))}},
		{"in a picture that says so", []string{streamOf("/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", pictured(text("/F2")))}},
		{"by a default of the reader", []string{streamOf("", text("/Helv"))}},
	} {
		edit("font later "+c.name, shared(c.contents...), "shared", swap("/F1 {font}", "/F1 {font}/F2 {nine}/Helv {nine}"))
	}
	// Real numbers that become integers, where only integers count.
	rewritten := func(name, role, entries string, more func(l *layout)) {
		edit("integer later: "+name, func() *layout {
			l := plain()
			if more != nil {
				more(l)
			}
			putting(role, entries)(l)
			return l
		}, role, func(b string) string { return strings.ReplaceAll(b, ".0", "") })
	}
	rewritten("Rotate", "page", "/Rotate 180.0", nil)
	rewritten("Rotate of the tree", "pages", "/Rotate 180.0", nil)
	rewritten("Differences", "font", "/Encoding<</Type/Encoding/Differences[48.0/nine/nine]>>", nil)
	rewritten("Differences apart", "differences", "/Differences[48.0/nine/nine]", func(l *layout) {
		l.set("differences", "<</Type/Encoding>>")
		putting("font", "/Encoding {differences}")(l)
	})
	rewritten("FirstChar and Widths", "font", "/FirstChar 48.0/LastChar 49.0/Widths[2000.0 2000.0]", nil)
	rewritten("a state", "state", "/ca 0.0/LW 20.0/LC 1.0/D[[9.0] 0]", func(l *layout) {
		l.set("state", "<</Type/ExtGState>>")
		replacing("page", fonts, fonts+"/ExtGState<</G {state}>>")(l)
		l.set("content", streamOf("", "/G gs 20 60 m 200 60 l S "+show(goodText, 36, 20, 170)))
	})
	rewritten("a note's flags", "stamp", "/F 2.0", func(l *layout) {
		l.set("stamp", "<</Type/Annot/Subtype/Stamp/Rect[20 165 260 205]/AP<</N {cover}>>>>")
		l.set("cover", cover)
		putting("page", "/Annots[{stamp}]")(l)
	})
	rewritten("a field's quadding", "form", "/Q 2.0", func(l *layout) {
		l.set("form", "<</Fields[{text}]/DA(/F1 12 Tf 0 g)/DR<<"+fonts+">>>>")
		l.set("text", strings.Replace(textField, "/AP<</N {text-look}>>", "", 1))
		putting("catalog", "/AcroForm {form}")(l)
		putting("page", "/Annots[{text}]")(l)
	})
	rewritten("a field's flags", "text", "/Ff 8192.0", func(l *layout) {
		l.set("form", "<</Fields[{text}]/DA(/F1 12 Tf 0 g)/DR<<"+fonts+">>>>")
		l.set("text", strings.Replace(textField, "/AP<</N {text-look}>>", "", 1))
		putting("catalog", "/AcroForm {form}")(l)
		putting("page", "/Annots[{text}]")(l)
	})
	rewritten("a count of pages", "pages", "/Later 1.0", func(l *layout) {
		l.set("page2", strings.Replace(l.objects["page"], "{content}", "{content2}", 1))
		l.set("content2", evil())
		l.set("pages", "<</Type/Pages/Kids[{page} {page2}]/Count 2.0>>")
	})
	rewritten("a function", "shading", "/ShadingType 2.0/ColorSpace/DeviceGray/Coords[0.0 0.0 300.0 0.0]/Function<</FunctionType 2.0/N 1.0/Domain[0.0 1.0]/C0[0.0]/C1[1.0]>>", func(l *layout) {
		l.set("shading", "<<>>")
		replacing("page", fonts, fonts+"/Shading<</S {shading}>>")(l)
		l.set("content", streamOf("", show(goodText, 36, 20, 170)+" q 0 0 300 100 re W n /S sh Q"))
	})
	rewritten("a type of font", "cid", "/DW 3000.0/W[0.0[2000.0]]/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2.0>>", func(l *layout) {
		l.set("cid", "<</Type/Font/Subtype/CIDFontType0/BaseFont/Ryumin-Light>>")
		l.set("font", "<</Type/Font/Subtype/Type0/BaseFont/Ryumin-Light/Encoding/90ms-RKSJ-H/DescendantFonts[{cid}]>>")
	})
	rewritten("a layer's usage", "ocg", "/Usage<</Zoom<</min 9.0/max 0.0>>>>", func(l *layout) {
		l.set("ocg", "<</Type/OCG/Name(A)>>")
		putting("catalog", "/OCProperties<</OCGs[{ocg}]/D<</AS[<</Event/View/OCGs[{ocg}]/Category[/Zoom]>>]>>>>")(l)
		replacing("page", fonts, fonts+"/Properties<</L {ocg}>>")(l)
		l.set("content", streamOf("", "/OC /L BDC "+show(goodText, 36, 20, 170)+" EMC"))
	})
	// Looks and pages without resources of their own.
	for _, key := range []string{"Font<</F9 {nine}>>", "XObject<</F9 {other}>>", "ExtGState<</F9<</ca 0>>>>", "ColorSpace<</F9/DeviceGray>>", "Properties<</F9<</Type/OCG/Name(x)>>>>"} {
		const draws = "/F9 gs /F9 cs 0 sc /OC /F9 BDC BT /F9 24 Tf 2 5 Td (000) Tj ET EMC /F9 Do"
		for name, place := range map[string]func(l *layout){
			"a look": func(l *layout) { l.set("stamp-look", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 200 40]", draws)) },
			"a look, empty resources": func(l *layout) {
				l.set("stamp-look", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources<<>>", draws))
			},
			"a field's look": func(l *layout) { l.set("text-look", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 160 20]", draws)) },
			"a field's look, empty resources": func(l *layout) {
				l.set("text-look", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 160 20]/Resources<<>>", draws))
			},
			"a page": func(l *layout) {
				l.set("content", streamOf("", draws))
				replacing("page", "/Resources<<"+fonts+"/Properties<</L {layer}>>>>", "")(l)
			},
			"a page, empty resources": func(l *layout) {
				l.set("content", streamOf("", draws))
				replacing("page", "/Resources<<"+fonts+"/Properties<</L {layer}>>>>", "/Resources<<>>")(l)
			},
		} {
			edit("resources of the form for "+name+": "+key, func() *layout {
				l := rich()
				l.set("nine", "<</Type/Font/Subtype/Type1/BaseFont/Courier-Bold>>")
				l.set("other", formXObject("0 0 200 40 re f", "0 0 200 40", ""))
				place(l)
				l.set("form", "<</Fields[{text} {check}]/DA(/F1 12 Tf 0 g)/DR<<"+fonts+">>>>")
				return l
			}, "form", func(b string) string {
				if more, is := strings.CutPrefix(key, "Font<<"); is {
					return swap("/Font<<", "/Font<<"+more[:len(more)-2])(b)
				}
				return swap("/DR<<", "/DR<</"+key)(b)
			})
		}
	}
	// The version.
	for _, v := range []string{"1.0", "1.3", "1.4", "2.0"} {
		edit("version later: "+v, rich, "catalog", adds("/Version/"+v))
	}
	return all
}

// pictured encodes text as a gray picture, one byte a pixel.
func pictured(text string) string {
	text += strings.Repeat(" ", 64-len(text)%64)
	const width = 64
	picture := image.NewGray(image.Rect(0, 0, width, len(text)/width))
	for i, c := range []byte(text) {
		picture.SetGray(i%width, i/width, color.Gray{c})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 100}); err != nil {
		panic(err)
	}
	return b.String()
}
