package pdfsig

import (
	"errors"
	"fmt"
	"testing"
)

// TestAlike signs documents that readers show differently, and healthy ones
// beside them. TestSplit of package witness compares the readers.
func TestAlike(t *testing.T) {
	const page, font = "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R 11 0 R]", "/Resources <</Font <</F 30 0 R>>>>"
	tree := func(node, leaf string) []object { // object 31 lies between the root and the page
		return []object{
			{2, 0, "<</Type /Pages /Kids [31 0 R] /Count 1 " + font + ">>"}, {30, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"},
			{31, 0, "<<" + node + " /Kids [3 0 R]>>"}, {3, 0, "<<" + leaf + " /Contents 4 0 R /Annots [6 0 R 11 0 R]>>"},
		}
	}
	const node = "/Type /Pages /Parent 2 0 R /Count 1"
	content := func(dict string) []object { return []object{{4, 0, streamBody(dict, "0 0 1 rg")}} }
	drawn := func(entries string) []object {
		return []object{
			{3, 0, page + font + ">>"}, {4, 0, streamBody("", "BT /#46 9 Tf ET")}, // #46 is F
			{30, 0, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica " + entries + ">>"},
		}
	}
	patterned := func(pattern string, contents ...string) []object {
		all := []object{{31, 0, "<</PatternType 2 " + pattern + ">>"}, {32, 0, "<</ShadingType 2 /Coords [0 0 -1.#INF 1]>>"}}
		list := ""
		for i, content := range contents {
			all = append(all, object{40 + i, 0, streamBody("", content)})
			list += fmt.Sprintf("%d 0 R ", 40+i)
		}
		return append(all, object{3, 0, "<</Type /Page /Parent 2 0 R /Contents [" + list + "] /Annots [6 0 R 11 0 R] /Resources <</Pattern <</Strip 31 0 R>>>>>>"})
	}
	const matrix = "/Matrix [1 0 0 1 0 -1.#INF]"
	note := func(entries string) []object {
		return []object{{11, 0, "<</Type /Annot /Subtype /Text /Rect [1 1 9 9] " + entries + ">>"}}
	}
	for name, c := range map[string]struct {
		rule    string
		objects []object
	}{
		"as it should be":               {"", tree(node, "/Type /Page /Parent 31 0 R")},
		"a page of another Parent":      {"pages", tree(node, "/Type /Page /Parent 11 0 R")},
		"a page without Parent":         {"pages", tree(node, "/Type /Page")},
		"that inherits nothing":         {"", tree(node, "/Type /Page "+font)},
		"a node of another Parent":      {"pages", tree("/Type /Pages /Parent 11 0 R /Count 1", "/Type /Page /Parent 31 0 R")},
		"a node that is a page":         {"pages", tree("/Type /Page /Parent 2 0 R /Count 1", "/Type /Page /Parent 31 0 R")},
		"a node with contents":          {"", tree(node+" /Contents 4 0 R", "/Type /Page /Parent 31 0 R")},
		"a node with contents, no Type": {"pages", tree("/Parent 2 0 R /Count 1 /Contents 4 0 R", "/Type /Page /Parent 31 0 R")},
		"a node without Type":           {"", tree("/Parent 2 0 R /Count 1", "/Type /Page /Parent 31 0 R")},
		"a real Count":                  {"", tree("/Type /Pages /Parent 2 0 R /Count 1.0", "/Type /Page /Parent 31 0 R")},
		"a Count too high":              {"pages", tree("/Type /Pages /Parent 2 0 R /Count 2", "/Type /Page /Parent 31 0 R")},
		"no Count":                      {"pages", tree("/Type /Pages /Parent 2 0 R", "/Type /Page /Parent 31 0 R")},
		"resources of null":             {"pages", tree(node, "/Type /Page /Parent 31 0 R /Resources null")},
		"a page turned":                 {"", []object{{3, 0, page + "/Rotate -270>>"}}},
		"a page turned by 45":           {"pages", []object{{3, 0, page + "/Rotate 45>>"}}},
		"a page turned by 90.0":         {"pages", []object{{3, 0, page + "/Rotate 90.0>>"}}},
		"a page turned by 2^32+90":      {"pages", []object{{3, 0, page + "/Rotate 4294967386>>"}}},
		"a box":                         {"", []object{{3, 0, page + "/MediaBox [100 0 0 100] /CropBox [1 1 9.5 9]>>"}}},
		"a box of five numbers":         {"pages", []object{{3, 0, page + "/MediaBox [0 0 100 100 0]>>"}}},
		"a box outside the page":        {"pages", []object{{3, 0, page + "/MediaBox [0 0 100 100] /CropBox [200 200 300 300]>>"}}},
		"a unit of nothing":             {"pages", []object{{3, 0, page + "/UserUnit 0>>"}}},
		"contents of null":              {"pages", []object{{3, 0, "<</Type /Page /Parent 2 0 R /Contents [null 4 0 R] /Annots [6 0 R 11 0 R]>>"}}},
		"contents of a dictionary":      {"pages", []object{{3, 0, "<</Type /Page /Parent 2 0 R /Contents [11 0 R 4 0 R] /Annots [6 0 R 11 0 R]>>"}}},
		"contents twice":                {"", []object{{3, 0, "<</Type /Page /Parent 2 0 R /Contents [4 0 R 4 0 R] /Annots [6 0 R 11 0 R]>>"}}},
		"a reference to a reference":    {"drawn", []object{{4, 0, "10 0 R"}}},
		"a filter by its short name":    {"", content("/Filter /AHx")},
		"no filter at all":              {"", content("/Filter [] /DecodeParms null")},
		"an unknown filter":             {"drawn", content("/Filter [/ASCIIHexDecode /Unknown]")},
		"a filter of null":              {"drawn", content("/Filter [null]")},
		"a filter under F":              {"drawn", content("/F /AHx")},
		"data in another file":          {"", content("/F (x.dat)")},
		"parameters under DP":           {"drawn", content("/DP <</Predictor 12>>")},
		"a predictor":                   {"", content("/Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 4>>")},
		"a predictor of a real number":  {"drawn", content("/Filter /FlateDecode /DecodeParms <</Predictor 12.0>>")},
		"a predictor of no colour":      {"drawn", content("/Filter /FlateDecode /DecodeParms [<</Predictor 12 /Colors 0>>]")},
		"parameters of a number":        {"drawn", content("/Filter /FlateDecode /DecodeParms [1]")},
		"an image of a short width":     {"drawn", content("/Subtype /Image /W 1 /Width 1")},
		"a key twice":                   {"drawn", drawn("/X 1 /X 2")},
		"a number that is none":         {"drawn", drawn("/X --1")},
		"a real number in Differences":  {"drawn", drawn("/Encoding <</Differences [48.0 /nine]>>")},
		"an integer in Differences":     {"", drawn("/Encoding <</Differences [48 /nine]>> /Widths [9.0]")},
		"a name that is none":           {"", drawn("/X /A#")},
		"an unreadable pattern":         {"drawn", patterned(matrix, "/Strip scn")},
		"by an escaped name":            {"drawn", patterned(matrix, "/S#74rip scn")},
		"cut across two contents":       {"drawn", patterned(matrix, "/Str", "ip scn")},
		"in a second content":           {"drawn", patterned(matrix, "0 g", "/Strip scn")},
		"in content that is encoded":    {"drawn", append(patterned(matrix, "0 g"), object{40, 0, streamBody("/Filter /DCTDecode", "/Strip scn")})},
		"a default color space":         {"drawn", append(patterned(matrix, "0 g"), object{3, 0, page + "/Resources <</ColorSpace <</DefaultGray 31 0 R>>>>>>"})},
		"that nothing uses":             {"", patterned(matrix, "/Strips scn /Stri Do")},
		"an unreadable shading":         {"drawn", patterned("/Shading 32 0 R", "/Strip scn")},
		"of a pattern nothing uses":     {"", patterned("/Shading 32 0 R", "0 g")},
		"an odd pattern nothing uses":   {"", patterned("/X 1 /X 2 /PatternType 2.0", "0 g")},
		"flags":                         {"", note("/F 4")},
		"flags of a real number":        {"drawn", note("/F 4.0")},
		"flags of many bits":            {"drawn", note("/F 4294967298")},
		"a look without the normal one": {"drawn", note("/AP <</D 10 0 R>>")},
		"a look that is a stream":       {"drawn", note("/AP 10 0 R")},
		"long names":                    {"", []object{{3, 0, page + "/Resources <</Font <</" + long + "1 11 0 R /" + long[1:] + "2 11 0 R>>>>>>"}}},
		"long names that begin alike":   {"unreadable", []object{{3, 0, page + "/Resources 40 0 R>>"}, {40, 0, "<</Font <</" + long + "1 11 0 R /" + long + "2 11 0 R>>>>"}}},
	} {
		signed := crafted("").sign(t, formFile(table, c.objects...))
		for then, data := range map[string][]byte{"": signed, ", and a line end": append(signed[:len(signed):len(signed)], '\n')} {
			err := mustVerify(t, data).Err()
			rule := ""
			if differs, is := errors.AsType[*UpdateError](err); is && differs.Signed {
				rule = differs.Rule
			}
			if rule != c.rule || (err == nil) != (c.rule == "") {
				t.Errorf("%s%s: %q, want %q: %v", name, then, rule, c.rule, err)
			}
		}
	}
}

// long is a name of 127 letters.
const long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw"
