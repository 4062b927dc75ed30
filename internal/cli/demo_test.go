package cli

import (
	"strings"
	"testing"
)

// TestTourCanBeCopied shows that no line of the tour with a PIN works on the
// card in a reader.
func TestTourCanBeCopied(t *testing.T) {
	given := 0
	for _, s := range tourSteps {
		if s.stdin == "" {
			continue
		}
		if given++; !strings.Contains(s.line+" ", " --card demo ") {
			t.Errorf("jpki %s: a PIN for whatever card is there", s.line)
		}
	}
	if given == 0 {
		t.Error("no step gives a PIN")
	}
}
