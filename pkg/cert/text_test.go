package cert

import (
	"fmt"
	"testing"

	"github.com/jpki-tools/jpki/pkg/printable"
)

func TestTextIsPrintedSafely(t *testing.T) {
	hostile := Text("\x1b]0;owned\x07")
	for _, verb := range []string{"%s", "%v", "%q", "%+v", "%#v"} {
		mustBePrintable(t, fmt.Sprintf(verb, hostile))
	}
	mustBePrintable(t, fmt.Sprint(Holder{Name: hostile, Address: hostile, Sex: Sex(hostile),
		Others: []OtherName{{Text: hostile}}}))
	if string(hostile) != "\x1b]0;owned\x07" {
		t.Error("the exact text is gone")
	}
}

func mustBePrintable(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if safe := printable.Line(s); s != safe {
			t.Errorf("%q is printed, and not %q", s, safe)
		}
	}
}
