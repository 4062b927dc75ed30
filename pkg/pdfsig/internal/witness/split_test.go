//go:build foreign

package witness

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// split is an unsigned document in which some readers could find "Pay 100 yen"
// and others "Pay 999 yen", with exact cross-references.
type split struct {
	name   string
	layout func(l *layout)
}

// Readers differ on these documents, but signing or verification accepts them:
// readers draw the same objects differently or in another size, or the new
// signature replaces the form that they differ on.
var drawnDifferently = regexp.MustCompile(`^(layers|note|field|UserUnit|contents cut|compressed contents cut|resources (empty|of nothing|missing)|from the tree CropBox|second content hexadecimal|endstream inside|image with alternates|a page by a reference to a reference)|/F(<<|\()`)

// Readers agree on these documents, but they are refused: readers differ on
// others of the same form.
var agreedOn = regexp.MustCompile(`^(nested contents|an array apart|resources null|CropBox|fonts (of a name|"F#)|Length apart and wrong|notes by Annots \{stamp|doubled a length|(font|state) with an unreadable value|predicted with .*Predictor 9|compressed stream glued|a form moved by 500-1|(FirstChar|LastChar|state|shading|pattern|image of real numbers) .*\.0$|note of .*/AP)|/Filter(/asciihexdecode|\(ASCIIHexDecode|/Crypt|/Identity)`)

const goodText, otherText = "Pay 100 yen", "Pay 999 yen"

func splits() (all []split) {
	add := func(name string, do func(l *layout)) { all = append(all, split{name, do}) }
	page := func(name, then, now string) {
		add(name, func(l *layout) { replacing("page", then, now)(l) })
	}
	pages := func(name, then, now string) {
		add(name, func(l *layout) { replacing("pages", then, now)(l) })
	}
	good, other := show(goodText, 36, 20, 170), show(otherText, 36, 20, 170)
	const white = "1 g 0 160 300 60 re f 0 g "
	content := func(name, dict, data string) {
		add("content "+name, func(l *layout) { l.set("content", streamOf(dict, data)) })
	}
	second := func(name, dict, data string) { // drawn over the first
		add("second content "+name, func(l *layout) {
			l.set("second", streamOf(dict, data))
			replacing("page", "/Contents {content}", "/Contents[{content} {second}]")(l)
		})
	}
	hexed := fmt.Sprintf("%x>", white+other)
	flated := deflate(white + other)
	predicted := func() string { // rows of one byte each behind a filter byte 0
		var b strings.Builder
		for _, c := range []byte(white + other) {
			b.WriteByte(0)
			b.WriteByte(c)
		}
		return b.String()
	}()
	// Keys and names.
	page("two contents", "/Contents {content}", "/Contents {content}/Contents {other}")
	page("an escaped key", "/Contents {content}", "/Con#74ents {other}")
	page("a key and an escaped key", "/Contents {content}", "/Contents {content}/Con#74ents {other}")
	page("a key and an escaped key with null", "/Contents {content}", "/Contents {content}/Con#74ents null")
	page("an escaped Type", "/Type/Page", "/Ty#70e/P#61ge")
	page("contents null", "/Contents {content}", "/Contents null")
	page("nested contents", "/Contents {content}", "/Contents[[{content}][{second}]]")
	page("an array apart", "/Contents {content}", "/Contents[{list}]")
	page("an array apart in place", "/Contents {content}", "/Contents {list}")
	page("contents a list of null", "/Contents {content}", "/Contents[null {content} null]")
	page("contents twice in the list", "/Contents {content}", "/Contents[{content} {second} {content}]")
	page("contents a dictionary", "/Contents {content}", "/Contents[{font} {content}]")
	page("contents of a number", "/Contents {content}", "/Contents[{content} 17]")
	// Inherited.
	pages("contents from the tree", "/Type/Pages", "/Type/Pages/Contents {second}")
	add("contents only from the tree", func(l *layout) {
		replacing("page", "/Contents {content}", "")(l)
		putting("pages", "/Contents {other}")(l)
	})
	add("annotations from the tree", func(l *layout) {
		l.set("stamp", "<</Type/Annot/Subtype/Stamp/Rect[20 165 260 205]/F 4/AP<</N {cover}>>>>")
		l.set("cover", cover)
		putting("pages", "/Annots[{stamp}]")(l)
	})
	for _, key := range []string{"UserUnit 2", "Group<</S/Transparency/K true/I true/CS/DeviceGray>>", "Rotate 180", "CropBox[0 0 100 100]", "TrimBox[0 0 100 100]", "MediaBox[0 0 100 100]"} {
		pages("from the tree "+key, "/Type/Pages", "/Type/Pages/"+key)
	}
	add("resources null, from the tree", func(l *layout) {
		replacing("page", "/Resources<<"+fonts+">>", "/Resources null")(l)
		putting("pages", "/Resources<<"+fonts+">>")(l)
	})
	add("resources empty, from the tree", func(l *layout) {
		replacing("page", "/Resources<<"+fonts+">>", "/Resources<<>>")(l)
		putting("pages", "/Resources<<"+fonts+">>")(l)
	})
	add("resources of nothing, from the tree", func(l *layout) {
		replacing("page", "/Resources<<"+fonts+">>", "/Resources<</ProcSet[/PDF]>>")(l)
		putting("pages", "/Resources<<"+fonts+">>")(l)
	})
	add("resources null apart, from the tree", func(l *layout) {
		l.set("nothing", "null")
		replacing("page", "/Resources<<"+fonts+">>", "/Resources {nothing}")(l)
		putting("pages", "/Resources<<"+fonts+">>")(l)
	})
	add("resources missing", func(l *layout) { replacing("page", "/Resources<<"+fonts+">>", "")(l) })
	add("Parent elsewhere", func(l *layout) {
		l.set("aunt", "<</Type/Pages/Kids[]/Count 0/Rotate 180/MediaBox[0 0 360 240]>>")
		replacing("page", "/Parent {pages}", "/Parent {aunt}")(l)
	})
	add("Parent elsewhere with resources", func(l *layout) {
		l.set("nine", nines)
		l.set("aunt", "<</Type/Pages/Kids[]/Count 0/Resources<</Font<</F1 {nine}>>>>>>")
		replacing("page", "/Resources<<"+fonts+">>", "")(l)
		putting("pages", "/Resources<<"+fonts+">>")(l)
		replacing("page", "/Parent {pages}", "/Parent {aunt}")(l)
	})
	add("middle node with another Parent", func(l *layout) {
		l.set("nine", nines)
		l.set("aunt", "<</Type/Pages/Kids[]/Count 0/Resources<</Font<</F1 {nine}>>>>>>")
		l.set("middle", "<</Type/Pages/Kids[{page}]/Count 1/Parent {aunt}>>")
		l.set("pages", "<</Type/Pages/Kids[{middle}]/Count 1/Resources<<"+fonts+">>>>")
		replacing("page", "/Resources<<"+fonts+">>", "")(l)
		replacing("page", "/Parent {pages}", "/Parent {middle}")(l)
	})
	// The tree.
	twoPages := func(kids, count string) func(l *layout) {
		return func(l *layout) {
			l.set("page2", strings.Replace(l.objects["page"], "{content}", "{other}", 1))
			l.set("pages", "<</Type/Pages/Kids["+kids+"]/Count "+count+">>")
		}
	}
	for _, count := range []string{"1", "0", "2", "3", "-1", "-2", "2.0", "1.0", "{count}", "4294967297", "99999999999"} {
		add("two pages, Count "+count, func(l *layout) { l.set("count", "1"); twoPages("{page} {page2}", count)(l) })
		add("one page, Count "+count, func(l *layout) { l.set("count", "1"); twoPages("{page}", count)(l) })
	}
	add("a page twice", twoPages("{page} {page}", "2"))
	add("a page twice and another", twoPages("{page} {page} {page2}", "3"))
	add("null first", twoPages("null {page} {page2}", "2"))
	add("null first counted", twoPages("null {page} {page2}", "3"))
	nested := func(count string, before string) func(l *layout) {
		return func(l *layout) {
			l.set("page2", strings.Replace(l.objects["page"], "{content}", "{other}", 1))
			l.set("middle", "<</Type/Pages/Parent {pages}/Kids["+before+"{page2}]/Count "+count+">>")
			l.set("pages", "<</Type/Pages/Kids[{middle} {page}]/Count 2>>")
		}
	}
	for _, count := range []string{"1", "0", "2", "3", "-1", "(x)", "1.0"} {
		add("a node first, Count "+count, nested(count, ""))
	}
	add("a node without Count first", func(l *layout) {
		nested("1", "")(l)
		replacing("middle", "/Count 1", "")(l)
	})
	add("an empty node first", func(l *layout) {
		nested("0", "")(l)
		replacing("middle", "{page2}", "")(l)
	})
	add("an empty node first that counts", func(l *layout) {
		nested("1", "")(l)
		replacing("middle", "{page2}", "")(l)
	})
	for _, kind := range []string{"/Type/Page", "/Type/Pages", "", "/Type/Nonsense", "/Type null", "/Type(Pages)", "/Type/Template", "/Type/page"} {
		add("a node with contents"+kind, func(l *layout) {
			nested("1", "")(l)
			l.set("middle", "<<"+kind+"/Parent {pages}/Kids[{page2}]/Count 1/Contents {content}"+box+"/Resources<<"+fonts+">>>>")
			l.set("pages", "<</Type/Pages/Kids[{middle}]/Count 1>>")
		})
		add("a leaf of another kind"+kind, func(l *layout) {
			l.set("middle", "<<"+kind+"/Parent {pages}/Contents {other}"+box+"/Resources<<"+fonts+">>>>")
			l.set("pages", "<</Type/Pages/Kids[{middle} {page}]/Count 2>>")
		})
		add("a leaf with empty Kids"+kind, func(l *layout) {
			l.set("middle", "<<"+kind+"/Parent {pages}/Kids[]/Contents {other}"+box+"/Resources<<"+fonts+">>>>")
			l.set("pages", "<</Type/Pages/Kids[{middle} {page}]/Count 2>>")
		})
		add("a leaf with Kids null apart"+kind, func(l *layout) {
			l.set("nothing", "null")
			l.set("middle", "<<"+kind+"/Parent {pages}/Kids {nothing}/Contents {other}"+box+"/Resources<<"+fonts+">>>>")
			l.set("pages", "<</Type/Pages/Kids[{middle} {page}]/Count 2>>")
		})
	}
	add("Pages is a page", func(l *layout) {
		l.set("catalog", "<</Type/Catalog/Pages {page}>>")
		replacing("page", "/Parent {pages}", "")(l)
	})
	add("Pages is the second level", func(l *layout) {
		nested("1", "")(l)
		l.set("catalog", "<</Type/Catalog/Pages {middle}>>")
	})
	add("Kids direct", func(l *layout) {
		l.set("pages", "<</Type/Pages/Kids[<</Type/Page/Parent {pages}"+box+"/Resources<<"+fonts+">>/Contents {other}>> {page}]/Count 2>>")
	})
	add("Kids apart", func(l *layout) {
		l.set("kids", "[{page}]")
		l.set("pages", "<</Type/Pages/Kids {kids}/Count 1>>")
	})
	add("Kids a reference to a page", func(l *layout) { l.set("pages", "<</Type/Pages/Kids {page}/Count 1>>") })
	add("a reference to a reference", func(l *layout) {
		l.set("alias", "{other}")
		replacing("page", "{content}", "{alias}")(l)
	})
	add("a page by a reference to a reference", func(l *layout) {
		twoPages("{alias} {page}", "2")(l)
		l.set("alias", "{page2}")
	})
	// Boxes and numbers.
	for _, b := range []string{"[0 0 360 240 0]", "[0 0 360]", "[360 240 0 0]", "[0 0 360. 240.]", "[0 0 +360 240]", "[0 0 360 240.0000000000000000000001]", "[0 0 null 240]", "[0 0 {w} 240]", "[(0) 0 360 240]", "[0 0 0 0]", "[]", "[0 0 360 -240]", "[0 -240 360 0]", "[1e2 0 360 240]", "{box}", "[-.0 0 360 240]", "[4294967296 4294967296 4294967656 4294967536]"} {
		add("MediaBox"+b, func(l *layout) {
			l.set("w", "360")
			l.set("box", "[0 0 360 240]")
			replacing("page", box, "/MediaBox "+b)(l)
		})
		add("CropBox"+b, func(l *layout) {
			l.set("w", "360")
			l.set("box", "[0 0 360 240]")
			putting("page", "/CropBox "+b)(l)
		})
	}
	for _, r := range []string{"90", "-90", "450", "180", "180.0", "180.", "+180", "4294967476", "45", "(180)", "{r}", "null", "180.5", "18446744073709551796", "-180", "540", "[180]", "-4294967116", "9999999999999990"} {
		add("Rotate "+r, func(l *layout) {
			l.set("r", "180")
			putting("page", "/Rotate "+r)(l)
		})
		add("Rotate from the tree and "+r, func(l *layout) {
			l.set("r", "0")
			putting("page", "/Rotate "+r)(l)
			putting("pages", "/Rotate 180")(l)
		})
	}
	for _, r := range []string{"2", "2.0", "0.5", "0", "-1", "(2)"} {
		page("UserUnit "+r, "/Type/Page", "/Type/Page/UserUnit "+r)
	}
	// Filters.
	for _, f := range []string{"/Filter/AHx", "/Filter/ASCIIHexDecode", "/F/AHx", "/F/ASCIIHexDecode", "/Filter[/AHx]", "/FFilter/ASCIIHexDecode", "/Filter[/ASCIIHexDecode null]", "/Filter[null /ASCIIHexDecode]", "/Filter[[/ASCIIHexDecode]]", "/Filter/asciihexdecode", "/Filter/ASCII#48exDecode", "/Filter{filter}", "/Filter[{filter}]", "/Filter(ASCIIHexDecode)", "/Filter[/ASCIIHexDecode/Unknown]", "/Filter[/Crypt/ASCIIHexDecode]", "/Filter[/Crypt/ASCIIHexDecode]/DecodeParms[<</Name/Identity>> null]", "/Filter[/ASCIIHexDecode/Crypt]", "/Filter[/Crypt/ASCIIHexDecode]/DecodeParms[<</Name/StdCF>> null]", "/Filter/Crypt", "/Filter[]", "/Filter null", "/Filter/ASCIIHexDecode/DecodeParms<</Predictor 12>>", "/Filter/ASCIIHexDecode/F(x.pdf)", "/Filter/ASCIIHexDecode/F<</F(x.pdf)>>", "/Filter/Identity"} {
		f := strings.Replace(f, "{", " {", 1)
		add("hex over it with "+f, func(l *layout) {
			l.set("filter", "/ASCIIHexDecode")
			l.set("second", streamOf(f, hexed))
			replacing("page", "/Contents {content}", "/Contents[{content} {second}]")(l)
		})
		add("hex instead with "+f, func(l *layout) {
			l.set("filter", "/ASCIIHexDecode")
			l.set("content", streamOf(f, hexed))
		})
	}
	for _, f := range []string{"/Filter/Fl", "/Filter[/Fl]", "/F/Fl", "/F/FlateDecode", "/F[/FlateDecode]", "/Filter/FlateDecode/DP<</Predictor 12/Columns 1>>", "/Filter/FlateDecode/FDecodeParms<</Predictor 12>>", "/Filter/FlateDecode/DecodeParms[]", "/Filter/FlateDecode/DecodeParms[null null]", "/Filter/FlateDecode/DecodeParms<</Predictor 1/Columns 9>>", "/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 1/Colors 1/BitsPerComponent 1>>", "/Filter/FlateDecode/DL 5", "/Filter/FlateDecode/Subtype/Image", "/Filter/FlateDecode/Type/XRef", "/Filter/FlateDecode/Type/ObjStm/N 0/First 0"} {
		second("compressed with "+f, f, flated)
	}
	for _, f := range []string{"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1>>", "/Filter/FlateDecode/DP<</Predictor 12/Columns 1>>", "/Filter[/FlateDecode]/DecodeParms<</Predictor 12/Columns 1>>", "/Filter/FlateDecode/DecodeParms[<</Predictor 12/Columns 1>>]", "/Filter[/FlateDecode]/DecodeParms[{parms}]", "/Filter/FlateDecode/DecodeParms{parms}", "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns {one}>>", "/Filter/FlateDecode/DecodeParms<</Predictor 12>>", "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1/Columns 2>>", "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1>>", "/Filter/FlateDecode/DecodeParms<</Predictor 9/Columns 1>>", "/Filter/FlateDecode/DecodeParms<</Predictor 12.0/Columns 1>>", "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1/Colors 0>>"} {
		f := strings.ReplaceAll(f, "DecodeParms{", "DecodeParms {")
		add("predicted with "+f, func(l *layout) {
			l.set("parms", "<</Predictor 12/Columns 1>>")
			l.set("one", "1")
			l.set("second", streamOf(f, deflate(predicted)))
			replacing("page", "/Contents {content}", "/Contents[{content} {second}]")(l)
		})
	}
	for _, d := range []struct{ name, data string }{
		{"followed by more", flated + deflate(white+good)}, {"twice", deflate(white+other[:len(other)-3]) + deflate(other[len(other)-3:])},
		{"with a wrong sum", flated[:len(flated)-4] + "\x00\x00\x00\x00"}, {"without a sum", flated[:len(flated)-4]}, {"cut", flated[:len(flated)-9]}, {"of raw deflate", flated[2 : len(flated)-4]},
		{"behind a line end", "\n" + flated}, {"behind CR LF", "\r\n" + flated}, {"with a byte wrong", flated[:20] + "\xff" + flated[21:]}, {"with another window", "\x08\x1d" + flated[2:]},
		{"with a dictionary", "\x78\xbb\x00\x00\x00\x01" + flated[2:]}, {"with garbage behind", flated + "xxxxxxxxxxxxxxxx"},
	} {
		second("compressed "+d.name, "/Filter/FlateDecode", d.data)
	}
	for _, d := range []struct{ name, data string }{
		{"without an end", hexed[:len(hexed)-1]}, {"of an odd number", hexed[:len(hexed)-2] + ">"}, {"with more behind", hexed + fmt.Sprintf("%x>", white+good)}, {"with letters between", hexed[:10] + "zz" + hexed[10:]}, {"with a comment", "%" + hexed + "\n" + fmt.Sprintf("%x>", white+good)}, {"with an end first", ">" + hexed},
	} {
		second("hexadecimal "+d.name, "/Filter/ASCIIHexDecode", d.data)
	}
	// Tokens over the border of two contents.
	for _, cut := range []int{len(white) - 3, len(white) + 3, len(white) + 8, len(white) + 14, len(white + other), len(white+other) - 4, len(white+other) - 6, len(white+other) - 1, len(white) + 27} {
		both := white + other + " "
		add(fmt.Sprintf("contents cut at %q", both[cut-2:cut+1]), func(l *layout) {
			l.set("second", streamOf("", both[:cut]))
			l.set("third", streamOf("", both[cut:]))
			replacing("page", "/Contents {content}", "/Contents[{content} {second} {third}]")(l)
		})
		add(fmt.Sprintf("compressed contents cut at %q", both[cut-2:cut+1]), func(l *layout) {
			l.set("second", streamOf("/Filter/FlateDecode", deflate(both[:cut])))
			l.set("third", streamOf("/Filter/FlateDecode", deflate(both[cut:])))
			replacing("page", "/Contents {content}", "/Contents[{content} {second} {third}]")(l)
		})
	}
	// Names.
	for _, n := range []int{126, 127, 128, 254, 255, 256, 257, 300, 1000, 5000} {
		long := strings.Repeat("a", n)
		add(fmt.Sprintf("fonts of a name of %d letters", n+1), func(l *layout) {
			l.set("nine", nines)
			replacing("page", fonts, "/Font<</"+long+"1 {font}/"+long+"2 {nine}>>")(l)
			l.set("content", streamOf("", strings.Replace(good, "/F1", "/"+long+"1", 1)))
		})
		add(fmt.Sprintf("fonts of a name of %d letters, in the other order", n+1), func(l *layout) {
			l.set("nine", nines)
			replacing("page", fonts, "/Font<</"+long+"2 {nine}/"+long+"1 {font}>>")(l)
			l.set("content", streamOf("", strings.Replace(good, "/F1", "/"+long+"1", 1)))
		})
	}
	for _, n := range [][3]string{{"F#31", "F1", "F1"}, {"F1", "F#31x", "F1"}, {"F1", "F2", "F#31"}, {"F#20", "F", "F#20"}, {"F#20", "F", "F "}, {"F", "F#20", "F "}, {"F#23", "F#2323", "F#23"}, {"F#c3#a9", "Fe", "F\xc3\xa9"}, {"F#E9", "F\xc3\xa9", "F\xe9"}, {"F\xe9", "F\xc3\xa9", "F#e9"}, {"F#2F", "F", "F#2F"}, {"F#28", "F", "F#28"}, {"F#5b#5d", "F", "F#5b#5d"}, {"F#0A", "F", "F#0a"}, {"F#25", "F", "F#25"}, {"", "F", ""}, {"#46#31", "F", "#46#31"}, {"F\x80", "F#81", "F\x80"}, {"F#7f", "F", "F#7f"}, {"1", "01", "1"}, {"F1", "f1", "F1"}, {"F#01", "F", "F#01"}, {"F#1", "F", "F#1"}, {"F#", "F", "F#"}, {"F#zz", "F", "F#zz"}, {"F#G1", "F", "F#G1"}, {"F#fe", "F", "F#FE"}, {"F~", "F", "F~"}, {"F\x7f", "F", "F\x7f"}} {
		add(fmt.Sprintf("fonts %q and %q, used as %q", n[0], n[1], n[2]), func(l *layout) {
			l.set("nine", nines)
			replacing("page", fonts, "/Font<</"+n[0]+" {font}/"+n[1]+" {nine}>>")(l)
			l.set("content", streamOf("", strings.Replace(good, "/F1", "/"+n[2], 1)))
		})
	}
	// Dictionaries.
	add("font dictionaries doubled", func(l *layout) {
		l.set("nine", nines)
		replacing("page", fonts, "/Font<</F1 {font}/F#31 {nine}>>")(l)
	})
	add("a null among the fonts", func(l *layout) { replacing("page", fonts, "/Font<</F1 {font}/F2 null>>")(l) })
	image := func(name, dict string, data string) {
		add("image "+name, func(l *layout) {
			l.set("image", streamOf("/Type/XObject/Subtype/Image"+dict, data))
			replacing("page", fonts, fonts+"/XObject<</X {image}>>")(l)
			l.set("content", streamOf("", good+" q 300 0 0 60 0 160 cm /X Do Q"))
		})
	}
	const gray = "/ColorSpace/DeviceGray/BitsPerComponent 8"
	// Real numbers in place of integers.
	add("real Differences", func(l *layout) {
		putting("font", "/Encoding<</Type/Encoding/Differences[48.0/nine/nine]>>")(l)
	})
	add("integer Differences", func(l *layout) {
		putting("font", "/Encoding<</Type/Encoding/Differences[48/nine/nine]>>")(l)
	})
	for _, n := range []string{"", ".0"} {
		add("FirstChar 48"+n, func(l *layout) { putting("font", "/FirstChar 48"+n+"/LastChar 49/Widths[2000 2000]")(l) })
		add("LastChar 49"+n, func(l *layout) { putting("font", "/FirstChar 48/LastChar 49"+n+"/Widths[2000 2000]")(l) })
		add("Widths 2000"+n, func(l *layout) { putting("font", "/FirstChar 48/LastChar 49/Widths[2000"+n+" 2000]")(l) })
		for _, state := range []string{"LC 1", "LJ 1", "ML 9", "LW 20", "ca 0", "OPM 1", "SA 1"} {
			add("state "+state+n, func(l *layout) {
				replacing("page", fonts, fonts+"/ExtGState<</G<</"+state+n+">>>>")(l)
				l.set("content", streamOf("", good+" /G gs 40 w 60 100 m 200 100 l 200 20 l S"))
			})
		}
		for _, key := range []string{"ShadingType 2", "FunctionType 2", "N 1"} {
			add("shading "+key+n, func(l *layout) {
				l.set("shading", strings.Replace("<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 300 0]/Function<</FunctionType 2/N 1/Domain[0 1]/C0[0]/C1[1]>>>>", key, key+n, 1))
				replacing("page", fonts, fonts+"/Shading<</S {shading}>>")(l)
				l.set("content", streamOf("", good+" q 0 0 300 100 re W n /S sh Q"))
			})
		}
		for _, key := range []string{"PatternType 1", "PaintType 1", "TilingType 1", "XStep 20"} {
			add("pattern "+key+n, func(l *layout) {
				l.set("pattern", streamOf(strings.Replace("/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 10 10]/XStep 20/YStep 20/Resources<<>>", key, key+n, 1), "0 0 9 9 re f"))
				replacing("page", fonts, fonts+"/Pattern<</S {pattern}>>")(l)
				l.set("content", streamOf("", good+" /Pattern cs /S scn 0 0 300 100 re f"))
			})
		}
		for _, key := range []string{"Width 2", "Height 1", "BitsPerComponent 8"} {
			image("of real numbers "+key+n, strings.Replace("/Width 2/Height 1"+gray, key, key+n, 1), "\x00\xff")
		}
	}
	// Length and the stream's extent.
	add("Length apart and wrong", func(l *layout) {
		l.set("length", "5")
		l.set("content", strings.Replace(l.objects["content"], fmt.Sprintf("/Length %d", len(good)), "/Length {length}", 1))
	})
	add("Length apart, glued to endobj", func(l *layout) {
		l.set("length", fmt.Sprint(len(good))+"GLUED")
		l.set("content", strings.Replace(l.objects["content"], fmt.Sprintf("/Length %d", len(good)), "/Length {length}", 1))
	})
	for _, n := range []string{"--500", "5-3", "1e3", "1.2.3", "1-", "-5-3", "5.-3", "+-500", "5+3", "1E3", "500-1", "0-500", "1.5.0e9"} {
		add("a form moved by "+n, func(l *layout) {
			l.set("xform", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 360 240]/Resources<<"+fonts+">>/Matrix[1 0 0 1 0 "+n+"]", white+other))
			replacing("page", fonts, fonts+"/XObject<</X {xform}>>")(l)
			l.set("content", streamOf("", good+" /X Do"))
		})
	}
	add("stream with CR", func(l *layout) {
		l.objects["content"] = strings.Replace(l.objects["content"], "stream\n", "stream\r", 1)
	})
	add("stream with CR before LF", func(l *layout) {
		l.set("content", strings.Replace(streamOf("", "\n"+good), "stream\n", "stream\r", 1))
	})
	add("compressed stream with CR", func(l *layout) {
		l.set("content", strings.Replace(streamOf("/Filter/FlateDecode", deflate(other)), "stream\n", "stream\r", 1))
	})
	add("compressed stream with a blank", func(l *layout) {
		l.set("content", strings.Replace(streamOf("/Filter/FlateDecode", deflate(other)), "stream\n", "stream \n", 1))
	})
	add("compressed stream glued", func(l *layout) {
		l.set("content", strings.Replace(streamOf("/Filter/FlateDecode", deflate(other)), "stream\n", "stream", 1))
	})
	add("endstream inside", func(l *layout) {
		l.set("content", streamOf("", good+"\nendstream\nendobj\n"+white+other))
	})
	add("endstream inside a string", func(l *layout) {
		l.set("content", streamOf("", "(\nendstream\nendobj\n) pop\n"+good))
	})
	add("endstream inside, Length with a zero before", func(l *layout) {
		l.set("content", strings.Replace(streamOf("", good+"\nendstream\n"+white+other), "/Length ", "/Length 0", 1))
	})
	content("a comment with CR", "", "%x\r"+good)
	content("a string over lines", "", strings.Replace(good, "(Pay", "(\\\r\nPay", 1))
	// Optional content.
	oc := func(name, config, layers string, more func(l *layout)) {
		add("layers "+name, func(l *layout) {
			l.set("catalog", "<</Type/Catalog/Pages {pages}/OCProperties<</OCGs["+layers+"]/D<<"+config+">>>>>>")
			l.set("ocg", "<</Type/OCG/Name(A)>>")
			l.set("ocg2", "<</Type/OCG/Name(B)>>")
			if more != nil {
				more(l)
			}
			l.set("content", streamOf("", good+" /OC /L BDC "+white+other+" EMC"))
			replacing("page", fonts, fonts+"/Properties<</L {ocg}>>")(l)
		})
	}
	oc("on", "/ON[{ocg}]", "{ocg}", nil)
	oc("off", "/OFF[{ocg}]", "{ocg}", nil)
	oc("on and off", "/ON[{ocg}]/OFF[{ocg}]", "{ocg}", nil)
	oc("base off", "/BaseState/OFF", "{ocg}", nil)
	oc("base off, on", "/BaseState/OFF/ON[{ocg}]", "{ocg}", nil)
	oc("base unchanged", "/BaseState/Unchanged", "{ocg}", nil)
	oc("unlisted", "/OFF[{ocg}]", "", nil)
	oc("off, apart", "/OFF {off}", "{ocg}", func(l *layout) { l.set("off", "[{ocg}]") })
	for _, u := range []string{"/View<</ViewState/OFF>>", "/Print<</PrintState/OFF>>", "/Print<</PrintState/ON>>/View<</ViewState/OFF>>", "/Print<</PrintState/OFF>>/View<</ViewState/ON>>", "/Export<</ExportState/OFF>>", "/Language<</Lang(ja)/Preferred/ON>>", "/Zoom<</min 5>>", "/Zoom<</max 0.5>>"} {
		for _, as := range []string{"", "/AS[<</Event/View/OCGs[{ocg}]/Category[/View/Print/Export/Zoom/Language]>>]", "/AS[<</Event/Print/OCGs[{ocg}]/Category[/Print/View/Export]>>]", "/AS[<</Event/Export/OCGs[{ocg}]/Category[/Export/Print/View]>>]", "/AS[<</Event/View/OCGs[{ocg}]/Category[/View]>><</Event/Print/OCGs[{ocg}]/Category[/Print]>><</Event/Export/OCGs[{ocg}]/Category[/Export]>>]"} {
			oc("used for "+u+as, as, "{ocg}", func(l *layout) { l.set("ocg", "<</Type/OCG/Name(A)/Usage<<"+u+">>>>") })
		}
	}
	for _, m := range []string{"/OCGs {ocg2}", "/OCGs[{ocg2}]", "/OCGs[{ocg2} null]/P/AnyOff", "/OCGs[{ocg2}]/P/AllOff", "/OCGs[{ocg2}]/P/AnyOff", "/OCGs[{ocg2}]/P/Nonsense", "/OCGs[]", "/OCGs[]/P/AllOn", "/OCGs null", "", "/VE[/Not {ocg2}]", "/VE[/And {ocg2}]", "/VE[/And {ocg2}]/OCGs {ocg2}/P/AllOff", "/OCGs {ocg2}/VE[/Not {ocg2}]", "/VE[/Not[/Not {ocg2}]]", "/VE[]", "/VE[/Nonsense {ocg2}]", "/OCGs{ocg}/P/AllOn"} {
		m := strings.Replace(m, "OCGs{", "OCGs {", 1)
		for _, d := range []string{"", "/OFF[{ocg2}]"} {
			oc("by membership "+m+d, d, "{ocg2}", func(l *layout) { l.set("ocg", "<</Type/OCMD"+m+">>") })
		}
	}
	oc("intent Design", "/Intent/View", "{ocg}", func(l *layout) { l.set("ocg", "<</Type/OCG/Name(A)/Intent/Design>>") })
	oc("intent Design, off", "/OFF[{ocg}]", "{ocg}", func(l *layout) { l.set("ocg", "<</Type/OCG/Name(A)/Intent/Design>>") })
	oc("intent All", "/Intent/All/OFF[{ocg}]", "{ocg}", func(l *layout) { l.set("ocg", "<</Type/OCG/Name(A)/Intent[/Design]>>") })
	// Notes.
	note := func(name, entries string) {
		add("note "+name, func(l *layout) {
			l.set("stamp", "<</Type/Annot/Subtype/Stamp/Rect[20 165 260 205]/AP<</N {cover}>>"+entries+">>")
			l.set("cover", cover)
			l.set("good-look", formXObject("", "0 0 1 1", ""))
			l.set("ocg", "<</Type/OCG/Name(A)>>")
			putting("page", "/Annots[{stamp}]")(l)
		})
	}
	for _, f := range []string{"", "0", "1", "2", "4", "8", "16", "32", "36", "6", "64", "128", "256", "512", "4.0", "2.0", "(2)", "null", "-1", "4294967300", "4294967298", "33", "5"} {
		if f != "" {
			f = "/F " + f
		}
		note("flags "+f, f)
	}
	for _, e := range []string{"/Subtype/Watermark", "/OC{ocg}", "/AS/X", "/AP<</N null/D {cover}>>", "/AP<</N<</X {cover}>>>>", "/AP<</N<</X {cover}>>>>/AS/X", "/AP<</N<</X {cover}>>>>/AS/Y", "/AP<</N<</Off {cover}>>>>", "/AP<</N<</Off {cover}>>>>/AS/Y", "/AP<</D {cover}>>", "/AP<</R {cover}>>", "/AP {cover}"} {
		e := strings.Replace(e, "OC{", "OC {", 1)
		for _, sub := range []string{"/Subtype/Stamp", "/Subtype/Widget/FT/Btn/T(x)", "/Subtype/Widget/FT/Tx/T(x)/V(y)", "/Subtype/Nonsense", "/Subtype/Popup", "/Subtype/Link", "/Subtype/Text", "/Subtype/FileAttachment", "/Subtype/Redact", "/Subtype/TrapNet", "/Subtype/PrinterMark", ""} {
			add("note of "+sub+e, func(l *layout) {
				body := "<</Type/Annot" + sub + "/Rect[20 165 260 205]/F 4"
				if !strings.Contains(e, "/AP") {
					body += "/AP<</N {cover}>>"
				}
				if strings.Contains(e, "Subtype") {
					body = strings.Replace(body, sub, "", 1)
				}
				l.set("stamp", body+e+">>")
				l.set("cover", cover)
				l.set("ocg", "<</Type/OCG/Name(A)>>")
				putting("page", "/Annots[{stamp}]")(l)
				if strings.Contains(sub, "/FT") {
					putting("catalog", "/AcroForm<</Fields[{stamp}]>>")(l)
				}
			})
		}
	}
	for _, o := range []string{"Annots {list}", "Annots[[{stamp}]]", "Annots {stamp}", "Annots[{alias}]", "Annots[<</Type/Annot/Subtype/Stamp/F 4/Rect[20 165 260 205]/AP<</N {cover}>>>>]", "Annots[null {stamp}]", "Annots[{stamp} {stamp}]"} {
		add("notes by "+o, func(l *layout) {
			l.set("stamp", "<</Type/Annot/Subtype/Stamp/F 4/Rect[20 165 260 205]/AP<</N {cover}>>>>")
			l.set("cover", cover)
			l.set("alias", "{stamp}")
			putting("page", "/"+o)(l)
			l.set("list", "[{stamp}]")
		})
	}

	// Doubled keys in drawn objects.
	doubledIn := func(name, role, entries string, more func(l *layout)) {
		add("doubled "+name, func(l *layout) {
			if more != nil {
				more(l)
			}
			putting(role, entries)(l)
		})
	}
	doubledIn("font base", "font", "/BaseFont/Courier", nil)
	doubledIn("font encodings", "font", "/Encoding<</Type/Encoding/Differences[48/zero/nine]>>/Encoding<</Type/Encoding/Differences[48/nine/nine]>>", nil)
	doubledIn("a length", "content", "/Length 0", nil)
	doubledIn("a filter", "content", "/Filter[]/Filter/ASCIIHexDecode", func(l *layout) { l.set("content", streamOf("", fmt.Sprintf("%x>", other))) })
	add("doubled keys in resources of a form", func(l *layout) {
		l.set("nine", nines)
		l.set("xform", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 360 240]/Resources<</Font<</F1 {font}/F1 {nine}>>>>", good))
		replacing("page", fonts, fonts+"/XObject<</X {xform}>>")(l)
		l.set("content", streamOf("", "/X Do"))
	})
	add("doubled Matrix of a form", func(l *layout) {
		l.set("xform", streamOf("/Type/XObject/Subtype/Form/BBox[0 0 360 240]/Resources<<"+fonts+">>/Matrix[1 0 0 1 0 0]/Matrix[1 0 0 1 0 500]", white+other))
		replacing("page", fonts, fonts+"/XObject<</X {xform}>>")(l)
		l.set("content", streamOf("", good+" /X Do"))
	})
	add("doubled state", func(l *layout) {
		l.set("state", "<</Type/ExtGState/ca 1/ca 0>>")
		replacing("page", fonts, fonts+"/ExtGState<</G {state}>>")(l)
		l.set("content", streamOf("", good+" /G gs "+white+other))
	})
	add("doubled fonts in a dictionary apart", func(l *layout) {
		l.set("nine", nines)
		l.set("fonts", "<</F1 {font}/F1 {nine}>>")
		replacing("page", fonts, "/Font {fonts}")(l)
	})
	add("doubled look", func(l *layout) {
		l.set("stamp", "<</Type/Annot/Subtype/Stamp/Rect[20 165 260 205]/F 4/AP {look}>>")
		l.set("look", "<</N {empty}/N {cover}>>")
		l.set("empty", formXObject("", "0 0 240 40", ""))
		l.set("cover", cover)
		putting("page", "/Annots[{stamp}]")(l)
	})
	add("resources apart doubled", func(l *layout) {
		l.set("nine", nines)
		l.set("res", "<<"+fonts+"/Font<</F1 {nine}>>>>")
		replacing("page", "/Resources<<"+fonts+">>", "/Resources {res}")(l)
	})
	for _, bad := range []string{"-1.#INF", "none", "1.2.3", "--1", "(", "<4G>", "]", ">", "/A#", "1e5", "R", "{", "0x12", "-", "+", ".", "..", "5-3", "-.", "1.-2", "4.5e", "--1/ca 0/ca 1", "1-", "/A#g/ca 0/ca 1", "999999999999999999999999999999999999999999999999999999999999999999999"} {
		add("font with an unreadable value "+bad, func(l *layout) {
			l.set("nine", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/X "+bad+"/Encoding<</Type/Encoding/Differences[48/nine/nine]>>>>")
			replacing("page", "{font}", "{nine}")(l)
		})
		add("state with an unreadable value "+bad, func(l *layout) {
			l.set("state", "<</Type/ExtGState/X "+bad+"/ca 0>>")
			replacing("page", fonts, fonts+"/ExtGState<</G {state}>>")(l)
			l.set("content", streamOf("", good+" /G gs "+white+other))
		})
	}
	add("without MediaBox", func(l *layout) { replacing("page", box, "")(l) })
	for _, c := range []string{"1", "2", "3"} {
		add("nested twice, inner Count "+c, func(l *layout) {
			l.set("page2", strings.Replace(l.objects["page"], "{content}", "{other}", 1))
			l.set("middle", "<</Type/Pages/Parent {pages}/Kids[{page2}]/Count "+c+">>")
			l.set("pages", "<</Type/Pages/Kids[{page} {middle}]/Count 2>>")
		})
	}
	add("two pages, no Count", func(l *layout) { twoPages("{page} {page2}", "2")(l); replacing("pages", "/Count 2", "")(l) })
	image("plain", "/Width 2/Height 1"+gray, "\x00\xff")
	image("W and H", "/W 2/H 1"+gray, "\x00\xff")
	image("Width and W", "/Width 2/W 1/Height 1"+gray, "\x00\xff")
	image("Height and H", "/Width 2/Height 1/H 2"+gray, "\x00\xff\x77\x99")
	image("BitsPerComponent and BPC", "/Width 2/Height 1/BPC 1"+gray, "\x00\xff")
	image("CS", "/Width 2/Height 1/BitsPerComponent 8/CS/DeviceGray", "\x00\xff")
	image("D", "/Width 2/Height 1/D[1 0]"+gray, "\x00\xff")
	image("Decode and D", "/Width 2/Height 1/Decode[0 1]/D[1 0]"+gray, "\x00\xff")
	image("IM", "/Width 8/Height 1/IM true/BitsPerComponent 1/ColorSpace/DeviceGray", "\x55")
	image("ColorSpace G", "/Width 2/Height 1/ColorSpace/G/BitsPerComponent 8", "\x00\xff")
	image("F", "/Width 2/Height 1/F/ASCIIHexDecode"+gray, "00ff>")
	image("with a mask and a soft mask", "/Width 2/Height 1/Mask[0 0]/SMask null"+gray, "\x00\xff")
	image("with alternates", "/Width 2/Height 1/Alternates[<</Image {other}/DefaultForPrinting true>>]"+gray, "\x00\xff")
	field := func(name, form, entries string) {
		add("field "+name, func(l *layout) {
			l.set("field", "<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(Pay 999 yen)/Rect[20 100 260 140]/F 4/P {page}"+entries+">>")
			l.set("hundred", formXObject("/Tx BMC q BT /F1 24 Tf 2 5 Td (Pay 100 yen) Tj ET Q EMC", "0 0 240 40", ""))
			putting("catalog", "/AcroForm<</Fields[{field}]/DR<<"+fonts+">>"+form+">>")(l)
			putting("page", "/Annots[{field}]")(l)
		})
	}
	for _, form := range []string{"", "/DA(/F1 24 Tf 0 g)", "/DA(/F1 24 Tf 0 g)/NeedAppearances true", "/NeedAppearances true"} {
		for _, e := range []string{"/AP<</N {hundred}>>", "", "/AP<<>>", "/AP<</N<</X {hundred}>>>>", "/AP<</N null>>", "/AP<</N<<>>>>"} {
			field("of a value and a look"+form+e, form, e)
		}
	}
	for i := range all {
		do := all[i].layout
		all[i].layout = func(l *layout) {
			l.set("other", streamOf("", other))
			l.set("second", streamOf("", white+other))
			l.set("list", "[{content} {second}]")
			do(l)
		}
	}
	return all
}

// picture returns the digests of the pictures in a view.
func picture(v view) string { return strings.Join(pictureIn.FindAllString(string(v), -1), " ") }

var pictureIn = regexp.MustCompile(`[0-9a-f]{16}`)

// references are documents without doubt, by a letter for each.
func references() map[string][]byte {
	pages := func(texts ...string) []byte {
		l := plain()
		kids := ""
		for i, text := range texts {
			n := strings.Repeat("i", i)
			l.set("content"+n, streamOf("", show(text, 36, 20, 170)))
			l.set("page"+n, "<</Type/Page/Parent {pages}"+box+"/Resources<<"+fonts+">>/Contents {content"+n+"}>>")
			kids += "{page" + n + "} "
		}
		l.set("pages", fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids, len(texts)))
		return l.write(table, update{}).data
	}
	return map[string][]byte{"A": pages(goodText), "B": pages(otherText), "2": pages(goodText, otherText), "3": pages(otherText, goodText), "4": pages(goodText, goodText), "0": pages("")}
}

// letters compares the readers of a document with each other. Each gets the
// letter of the reference that it shows, x for another view, and - if it cannot
// open the document.
func (v *views) letters(references map[string][]byte, data []byte) (all string) {
	for i, shown := range v.known[sha256.Sum256(data)] {
		letter := "x"
		for name, r := range references {
			if picture(shown) == picture(v.known[sha256.Sum256(r)][i]) {
				letter = name
			}
		}
		if shown == cannotOpen {
			letter = "-"
		}
		all += letter
	}
	return all
}

// needsFeature is the feature that must be reported of a document that readers
// draw differently.
func needsFeature(name string) pdfsig.Feature {
	switch {
	case strings.HasPrefix(name, "layers"):
		return pdfsig.Layers
	case name == "note flags /F 36", name == "image with alternates":
		return pdfsig.PrintOnly
	}
	return ""
}

// TestSplit compares the readers with each other on documents of one revision.
// If they find different documents, signing must refuse the file, and
// verification must not call another program's signature genuine. If all agree,
// both must accept it.
func TestSplit(t *testing.T) {
	nodeModules = modules(t)
	one, from := share(t)
	var chosen []split
	for _, s := range splits() {
		n := testCase{name: s.name}.number()
		if only(t).MatchString(s.name) && (one >= 100 && n%6 == 0 || one < 100 && n%one == from) {
			chosen = append(chosen, s)
		}
	}
	t.Logf("%d of %d documents", len(chosen), len(splits()))
	differ, refused := 0, 0
	const together = 100
	for len(chosen) > 0 {
		n := min(together, len(chosen))
		v := &views{t.TempDir(), map[[32]byte][]view{}}
		certain := references()
		var contents [][]byte
		for _, r := range certain {
			contents = append(contents, r)
		}
		var files []*file
		for _, s := range chosen[:n] {
			l := plain()
			s.layout(l)
			f := l.write(table, update{objectEdit: func(_ int, written string) string {
				return strings.Replace(written, "GLUED\nendobj", "endobj", 1)
			}})
			files = append(files, f)
			contents = append(contents, f.sign(signature{}).data)
		}
		v.look(t, contents)
		for i, s := range chosen[:n] {
			signed := contents[len(certain)+i]
			letters := v.letters(certain, signed)
			opened := strings.ReplaceAll(letters, "-", "")
			alike := opened == "" || strings.Trim(opened, opened[:1]) == ""
			said, _, why := judge(signed)
			_, err := files[i].signedByUs(pdfsig.Options{})
			if !alike {
				differ++
			}
			if said != genuine {
				refused++
			}
			told, _, _ := pdfsig.Features(bytes.NewReader(signed), int64(len(signed)))
			switch {
			case !alike && said == genuine && needsFeature(s.name) != "" && !slices.Contains(told, needsFeature(s.name)):
				keep(t, testCase{name: "split " + s.name}, signed)
				t.Errorf("%s: readers show %s; nothing is said of it: %v", s.name, letters, told)
			case !alike && (said == genuine || err == nil) && !drawnDifferently.MatchString(s.name):
				keep(t, testCase{name: "split " + s.name}, signed)
				t.Errorf("%s: readers show %s; signing says %v, verification %d: %s", s.name, letters, err, said, why)
			case alike && opened == letters && opened[0] != 'x' && (said != genuine || err != nil) && !agreedOn.MatchString(s.name):
				keep(t, testCase{name: "split " + s.name}, signed)
				t.Errorf("%s: all readers show %s; signing says %v, verification %d: %s", s.name, letters, err, said, why)
			}
		}
		chosen = chosen[n:]
	}
	t.Logf("readers differ on %d, %d are refused", differ, refused)
}
