package printable

import "testing"

// TestBlanks: letters that show nothing are made visible, and what Japanese names
// need stays.
func TestBlanks(t *testing.T) {
	for in, want := range map[string]string{
		"山田\u3164太郎":   `山田\u{3164}太郎`,
		"\u115F\u1160": `\u{115F}\u{1160}`,
		"a\uFFA0b":     `a\u{FFA0}b`,
		"a\u2800b":     `a\u{2800}b`,
		"a\u034Fb":     `a\u{034F}b`,
		"デモ\u3000太郎":   "デモ\u3000太郎",
		"葛\U000E0100城": "葛\U000E0100城",
	} {
		if got := Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
