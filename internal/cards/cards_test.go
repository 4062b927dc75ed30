package cards

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// readersOverTime shows one list of readers after the other, then the last one
// for ever.
type readersOverTime [][]pcsc.ReaderState

func (r *readersOverTime) Readers(context.Context) ([]pcsc.ReaderState, error) { return (*r)[0], nil }

func (r *readersOverTime) Wait(ctx context.Context, _ []pcsc.ReaderState) ([]pcsc.ReaderState, error) {
	if len(*r) == 1 {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	*r = (*r)[1:]
	return (*r)[0], nil
}

var (
	noReader  = []pcsc.ReaderState{}
	empty     = []pcsc.ReaderState{{Name: "A"}}
	upsideOut = []pcsc.ReaderState{{Name: "A", Present: true, Mute: true}}
	withCard  = []pcsc.ReaderState{{Name: "A", Present: true}}
)

func TestWaitForCard(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  time.Duration
		over  readersOverTime
		with  []string
		err   error  // where no reader has a card
		notes string // what a person is told meanwhile
	}{
		{"a card lies there", time.Minute, readersOverTime{withCard}, []string{"A"}, nil, ""},
		{"no waiting", 0, readersOverTime{empty, withCard}, nil, pcsc.ErrNoCard, ""},
		{"the card comes", time.Minute, readersOverTime{empty, empty, withCard}, []string{"A"}, nil,
			"Put the card on the reader. Waiting for 60 s (Ctrl-C ends it).\nThe card is there. Keep it still until this is done.\n"},
		{"the reader comes, then the card", time.Minute, readersOverTime{noReader, empty, withCard}, []string{"A"}, nil,
			"Connect the card reader. Waiting for 60 s (Ctrl-C ends it).\nPut the card on the reader.\nThe card is there. Keep it still until this is done.\n"},
		{"it lies the wrong way", time.Minute, readersOverTime{empty, upsideOut, withCard}, []string{"A"}, nil,
			"Put the card on the reader. Waiting for 60 s (Ctrl-C ends it).\n" +
				"The card in the reader \"A\" does not answer. In a contact reader, mind which side and end the chip is on, and push the card in. On a contactless one, put the card in the middle and keep metal and other cards away.\n" +
				"The card is there. Keep it still until this is done.\n"},
		{"it never comes", 30 * time.Millisecond, readersOverTime{empty}, nil, pcsc.ErrNoCard,
			"Put the card on the reader. Waiting for 1 s (Ctrl-C ends it).\n"},
		{"the reader goes and stays away", 30 * time.Millisecond, readersOverTime{empty, noReader}, nil, pcsc.ErrNoReader,
			"Put the card on the reader. Waiting for 1 s (Ctrl-C ends it).\nConnect the card reader.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var notes bytes.Buffer
			a := &Opener{IO: &ui.IO{Err: &notes, Lang: i18n.EN}, WaitGiven: true, Wait: c.wait}
			with, err := a.readersWithCard(t.Context(), &c.over)
			if !slices.Equal(with, c.with) || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("got %v, %v", with, err)
			}
			if err != nil {
				if p := explain.Error(err); p.Code != problem.NoCard && p.Code != problem.NoReader {
					t.Errorf("that is told as %v", p)
				}
			}
			if notes.String() != c.notes {
				t.Errorf("a person was told\n%swant\n%s", &notes, c.notes)
			}
		})
	}
}

// TestWaitEndsWithCtrlC: the cause is what the person did, not the waiting.
func TestWaitEndsWithCtrlC(t *testing.T) {
	a := &Opener{IO: &ui.IO{Err: new(strings.Builder), Lang: i18n.EN}, WaitGiven: true, Wait: time.Minute}
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted) })
	if _, err := a.readersWithCard(ctx, &readersOverTime{empty}); !errors.Is(err, interrupted) {
		t.Errorf("got %v", err)
	}
}

// TestNobodyToWaitFor: away from a terminal a missing card is told at once.
func TestNobodyToWaitFor(t *testing.T) {
	a := &Opener{IO: &ui.IO{Err: new(strings.Builder), Lang: i18n.EN}}
	if d := a.waitLimit(pcsc.ErrNoCard); d != 0 {
		t.Errorf("waits %v without a terminal", d)
	}
}

// TestUnknownPersona shows that a name that no demo card has is a usage error
// that lists the names, on a tour too.
func TestUnknownPersona(t *testing.T) {
	home := t.TempDir()
	for name, tour := range map[string]*Tour{"kept": nil, "tour": {}} {
		o := &Opener{
			IO:   &ui.IO{Err: new(strings.Builder), Lang: i18n.EN},
			Env:  env.Env{Getenv: func(string) string { return home }, Now: time.Now},
			Card: "demo:nobody", Tour: tour,
		}
		_, err := o.Open(t.Context())
		p, ok := problem.As(err)
		if !ok || p.Code != problem.Usage || !strings.Contains(p.What.EN, `"nobody"`) || !strings.Contains(p.Next.JA, "adult") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
