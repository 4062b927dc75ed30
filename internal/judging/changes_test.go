package judging

import (
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// TestShownSignatureOfNobody wants a signature that shows to be genuine itself,
// before the one that it came after is called untouched.
func TestShownSignatureOfNobody(t *testing.T) {
	shown := pdfsig.Changes{{Kind: pdfsig.ChangeSignatureShown, Field: "S2", Shown: true}}
	first := SignatureVerdict{Found: Found{Where: "S1", Changes: shown}}
	second := SignatureVerdict{Found: Found{Where: "S2"}}
	v := FileVerdict{Signatures: []SignatureVerdict{first, second}}
	if !v.showsMore(first) {
		t.Error("a signature that nobody judged shows, and that is not told")
	}
}

// TestRuleTexts has words for every rule.
func TestRuleTexts(t *testing.T) {
	for rule, text := range ruleTexts {
		inexact := inexactText(&pdfsig.UpdateError{Rule: rule, Offset: 5, Object: 7})
		if !strings.Contains(inexact.JA, text.JA) || !strings.Contains(inexact.EN, text.EN) || !strings.Contains(inexact.JA, "オブジェクト7") || !strings.Contains(inexact.EN, "byte 5") {
			t.Errorf("%s: %v", rule, inexact)
		}
	}
}
