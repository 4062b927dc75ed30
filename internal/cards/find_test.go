package cards

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// TestWantedReaders: --reader comes before JPKI_READER, and what is no reader is
// left out unless it is named or there is nothing else.
func TestWantedReaders(t *testing.T) {
	hello := pcsc.ReaderState{Name: "Windows Hello for Business 1"}
	a, b := pcsc.ReaderState{Name: "ACS ACR39U"}, pcsc.ReaderState{Name: "Sony RC-S300"}
	for name, c := range map[string]struct {
		flag, variable string
		readers        []pcsc.ReaderState
		want           []string
	}{
		"all":                {"", "", []pcsc.ReaderState{a, b}, []string{a.Name, b.Name}},
		"by the flag":        {"sony", "acs", []pcsc.ReaderState{a, b}, []string{b.Name}},
		"by the variable":    {"", "acr39", []pcsc.ReaderState{a, b}, []string{a.Name}},
		"no virtual ones":    {"", "", []pcsc.ReaderState{hello, a}, []string{a.Name}},
		"named all the same": {"hello", "", []pcsc.ReaderState{hello, a}, []string{hello.Name}},
		"nothing else":       {"", "", []pcsc.ReaderState{hello}, []string{hello.Name}},
		"of another name":    {"", "gemalto", []pcsc.ReaderState{a}, nil},
	} {
		o := &Opener{IO: &ui.IO{Err: io.Discard, Lang: i18n.EN}, Reader: c.flag, Env: env.Env{Getenv: func(name string) string {
			if name == readerVariable {
				return c.variable
			}
			return ""
		}}}
		got, err := o.WantedReaders(c.readers)
		var names []string
		for _, r := range got {
			names = append(names, r.Name)
		}
		if len(names) != len(c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %q, %v", name, names, err)
			continue
		}
		for i := range names {
			if names[i] != c.want[i] {
				t.Errorf("%s: %q", name, names)
			}
		}
	}
	_, err := (&Opener{Reader: "gemalto"}).WantedReaders([]pcsc.ReaderState{a, b})
	if next := explain.Error(err).Next; !strings.Contains(next.JA, "「ACS ACR39U」、「Sony RC-S300」") || !strings.Contains(next.EN, `"ACS ACR39U", "Sony RC-S300"`) {
		t.Errorf("the readers that there are: %+v", next)
	}
}

// TestPasses: what waiting can mend.
func TestPasses(t *testing.T) {
	for _, err := range []error{pcsc.ErrNoService, pcsc.ErrCardRemoved} {
		if !isTemporary(err) {
			t.Errorf("%v ends the waiting", err)
		}
	}
	for _, err := range []error{pcsc.ErrNoLibrary, pcsc.ErrAccess, errors.New("other")} {
		if isTemporary(err) {
			t.Errorf("%v is waited for", err)
		}
	}
}
