package signing

import (
	"slices"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestStampSpeaks: a stamp is in the language that was chosen.
func TestStampSpeaks(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for lang, want := range map[i18n.Lang][]string{
		i18n.JA: {"電子署名 2026年11月22日 12:00:00 JST", "理由: X", "デモカードの署名 (本物ではありません)"},
		i18n.EN: {"Signed electronically on 22 Nov 2026 12:00:00 JST", "Reason: X", "Signature of a DEMO card, not a real one"},
	} {
		v := &VisibleStamp{lang: lang, reason: "X"}
		if got := v.details(at, true); !slices.Equal(got, want) {
			t.Errorf("%s: %q", lang, got)
		}
	}
}
