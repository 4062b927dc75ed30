package cards

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestLimitsAreRemembered by the reader, told once, and forced by --short-apdu.
func TestLimitsAreRemembered(t *testing.T) {
	home := t.TempDir()
	var notes bytes.Buffer
	o := &Opener{IO: &ui.IO{Err: &notes, Lang: i18n.EN}, Env: env.Env{Getenv: func(name string) string {
		return map[string]string{"HOME": home, "XDG_STATE_HOME": home, "LocalAppData": home}[name]
	}}}
	adult, _ := virtualcard.Lookup("adult")
	open := func(o *Opener, reader string) *Card {
		emulated, err := virtualcard.New(adult, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), virtualcard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := &Card{Card: jpki.New(virtualcard.Slot{Card: emulated}), Reader: reader}
		o.useLimits(t.Context(), c)
		return c
	}
	found := jpki.Limits{ShortOnly: true, LosesLong: true}
	for i, want := range []jpki.Limits{{}, found} {
		c := open(o, "bad")
		if c.Limits() != want {
			t.Errorf("time %d: %+v", i+1, c.Limits())
		}
		c.SetLimits(found)
		c.Close()
		if n := strings.Count(notes.String(), "loses long answers"); n != 1 {
			t.Errorf("time %d: told %d times: %s", i+1, n, &notes)
		}
	}
	if c := open(o, "good"); c.Limits() != (jpki.Limits{}) {
		t.Errorf("another reader: %+v", c.Limits())
	}
	forced := *o
	forced.ShortAPDU = true
	if c := open(&forced, "good"); c.Limits() != everyLimit {
		t.Errorf("--short-apdu: %+v", c.Limits())
	} else {
		c.Close()
	}
	if c := open(o, "good"); c.Limits() != (jpki.Limits{}) {
		t.Errorf("what was forced was remembered: %+v", c.Limits())
	}
}
