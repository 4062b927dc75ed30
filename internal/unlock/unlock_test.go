package unlock

import "testing"

// TestSaysYes: only the whole word, in either language, agrees to what cannot be
// undone.
func TestSaysYes(t *testing.T) {
	for answer, want := range map[string]bool{
		"yes": true, "YES": true, " yes ": true, "はい": true, "はい\u3000": true, "ｙｅｓ": true,
		"": false, "y": false, "はいはい": false, "no": false, "yes!": false, "いいえ": false,
	} {
		if saysYes(answer) != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
}
