package submission

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func faults(list []Finding) (names []Fault) {
	for _, f := range list {
		names = append(names, f.Fault)
	}
	return names
}

func TestCheckName(t *testing.T) {
	for _, c := range []struct {
		name             string
		registry, notary []Fault
		found            string
	}{
		{name: "定款.pdf"},
		{name: "teikan_2026!{1}.pdf"},
		{name: "ー々〆〇αЯ─￥.pdf"},
		{name: "touki-signed.pdf", notary: []Fault{Hyphen}},
		{name: "定款 最終.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: " "},
		{name: "定款　最終.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "　"},
		{name: "議事録①㈱①.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "①㈱"},
		{name: "髙橋.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "髙"},
		{name: "𠮷田.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "𠮷"},
		{name: "ﾃｲｶﾝ.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "ﾃｲｶﾝ"},
		{name: "甲〜乙～丙.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "〜～"},
		{name: "甲―乙—丙−丁－戊.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "―—−－"},
		{name: "￠￡￢∥‖.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "￠￡￢∥‖"},
		{name: "café.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "é"},
		{name: "가.pdf", registry: []Fault{Characters}, notary: []Fault{Characters}, found: "가"},
		{name: "a.b.pdf", notary: []Fault{Dots}},
		{name: "teikan", notary: []Fault{Dots}},
		{name: norm.NFD.String("がぎ.pdf"), registry: []Fault{Decomposed}, notary: []Fault{Decomposed}},
		{name: strings.Repeat("a", 27) + ".pdf"},
		{name: strings.Repeat("a", 28) + ".pdf", notary: []Fault{TooLong}},
		{name: strings.Repeat("定", 13) + "a.pdf"},
		{name: strings.Repeat("定", 14) + ".pdf", notary: []Fault{TooLong}},
	} {
		registry, notary := Registry.CheckName(c.name), Notary.CheckName(c.name)
		if !slices.Equal(faults(registry), c.registry) || !slices.Equal(faults(notary), c.notary) {
			t.Errorf("%s: registry %v, notary %v; want %v, %v", c.name, registry, notary, c.registry, c.notary)
		}
		for _, f := range registry {
			if f.Found != c.found {
				t.Errorf("%s: found %q, want %q", c.name, f.Found, c.found)
			}
		}
	}
	// The list of FAQ 110, character by character.
	for _, r := range "\"#&'()=^~\\|`:;*+,<>/?$%@[] 　" {
		if permitted(r) {
			t.Errorf("%q is permitted", r)
		}
	}
	for _, r := range "!-._{}09AZaz" {
		if !permitted(r) {
			t.Errorf("%q is refused", r)
		}
	}
}

// TestSuggest: what is suggested has no fault, whatever it is made of.
func TestSuggest(t *testing.T) {
	for name, want := range map[string][2]string{
		"定款.pdf":                          {"定款.pdf", "定款.pdf"},
		"〜-signed.pdf":                    {"signed.pdf", "signed.pdf"},
		"touki-signed.pdf":                {"touki-signed.pdf", "touki_signed.pdf"},
		"議事録①㈱.pdf":                       {"議事録1株.pdf", "議事録1株.pdf"},
		"髙橋 (最終).v2.pdf":                  {"高橋_最終_.v2.pdf", "高橋_最終_v2.pdf"},
		"ﾃｲｶﾝ.pdf":                        {"テイカン.pdf", "テイカン.pdf"},
		" .pdf":                           {"document.pdf", "document.pdf"},
		"":                                {"document", "document"},
		"甲〜乙.pdf":                         {"甲_乙.pdf", "甲_乙.pdf"},
		strings.Repeat("定款", 20) + ".pdf": {strings.Repeat("定款", 20) + ".pdf", strings.Repeat("定款", 6) + "定.pdf"},
	} {
		if got := Registry.Suggest(name); got != want[0] {
			t.Errorf("registry: %q becomes %q, want %q", name, got, want[0])
		}
		if got := Notary.Suggest(name); got != want[1] {
			t.Errorf("notary: %q becomes %q, want %q", name, got, want[1])
		}
	}
	for from, to := range variants {
		if permitted(from) {
			t.Errorf("%c needs no other form", from)
		}
		if !permitted(to) {
			t.Errorf("%c for %c is not permitted", to, from)
		}
	}
}

func FuzzSuggest(f *testing.F) {
	for _, name := range []string{"定款.pdf", "①㈱髙𠮷 -.pdf", "...", norm.NFD.String("がぎ") + ".pdf"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 200 || strings.ContainsAny(ending(name), "\x00") {
			return
		}
		if list := Registry.CheckName(Registry.Suggest(name)); len(list) > 0 && len(Registry.CheckName("x"+ending(name))) == 0 {
			t.Errorf("%q becomes %q: %v", name, Registry.Suggest(name), list)
		}
	})
}

func ending(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}

func TestCheckSize(t *testing.T) {
	for _, c := range []struct {
		size             int64
		registry, notary Fits
	}{
		{0, FitsSurely, FitsSurely},
		{10_000_000, FitsSurely, FitsSurely},
		{10_000_001, FitsMaybe, FitsMaybe},
		{10<<20 + 1, FitsMaybe, FitsNot},
		{20<<20 + 1, FitsNot, FitsNot},
	} {
		if r, n := Registry.CheckSize(c.size), Notary.CheckSize(c.size); r != c.registry || n != c.notary {
			t.Errorf("%d: %s, %s", c.size, r, n)
		}
	}
}
