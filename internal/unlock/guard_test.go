package unlock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// TestGuard: what is sent with 0 to 5 tries left. A blocked PIN is the card's to
// refuse.
func TestGuard(t *testing.T) {
	const ok, last, few = problem.Code(""), problem.LastTry, problem.MinTries
	for name, c := range map[string]struct {
		Unlocker
		want [6]problem.Code // by the tries left
	}{
		"no flags":                   {Unlocker{Options: &Options{}}, [6]problem.Code{ok, last, ok, ok, ok, ok}},
		"--allow-last-try":           {Unlocker{Options: &Options{AllowLastTry: true}}, [6]problem.Code{ok, ok, ok, ok, ok, ok}},
		"--min-tries 1":              {Unlocker{Options: &Options{MinTries: 1}}, [6]problem.Code{few, last, ok, ok, ok, ok}},
		"--min-tries 2":              {Unlocker{Options: &Options{MinTries: 2}}, [6]problem.Code{few, few, ok, ok, ok, ok}},
		"--min-tries 5":              {Unlocker{Options: &Options{MinTries: 5}}, [6]problem.Code{few, few, few, few, few, ok}},
		"--min-tries 6":              {Unlocker{Options: &Options{MinTries: 6}}, [6]problem.Code{few, few, few, few, few, few}},
		"both":                       {Unlocker{Options: &Options{MinTries: 2, AllowLastTry: true}}, [6]problem.Code{few, few, ok, ok, ok, ok}},
		"agreed":                     {Unlocker{Options: &Options{}, agreed: jpki.KeySign}, [6]problem.Code{ok, ok, ok, ok, ok, ok}},
		"agreed for the other":       {Unlocker{Options: &Options{}, agreed: jpki.KeyAuth}, [6]problem.Code{ok, last, ok, ok, ok, ok}},
		"agreed, with --min-tries 2": {Unlocker{Options: &Options{MinTries: 2}, agreed: jpki.KeySign}, [6]problem.Code{few, few, ok, ok, ok, ok}},
	} {
		for left, want := range c.want {
			err := c.Guard(jpki.KeySign, jpki.Tries{Left: left, Max: 5})
			if codeOf(err) != want {
				t.Errorf("%s, %d left: %v, not %q", name, left, err, want)
			}
			if p, is := problem.As(err); is && (p.Left == nil || *p.Left != left || p.TryUsed || p.Exit() != 5) {
				t.Errorf("%s, %d left: %+v", name, left, p)
			}
		}
	}
}

// TestUnchanged: nothing is sent with fewer tries than the person was told.
func TestUnchanged(t *testing.T) {
	for _, c := range []struct {
		seen, now int
		want      problem.Code
	}{
		{5, 5, ""}, {4, 5, ""}, {5, 4, problem.TriesChanged}, {2, 1, problem.TriesChanged}, {1, 1, problem.LastTry}, {3, 0, problem.TriesChanged},
	} {
		u := Unlocker{Options: &Options{}}
		err := u.unchanged(jpki.KeySign, jpki.Tries{Left: c.seen, Max: 5}, jpki.Tries{Left: c.now, Max: 5})
		if codeOf(err) != c.want {
			t.Errorf("from %d to %d: %v, not %q", c.seen, c.now, err, c.want)
		}
	}
}

// TestSources: which source the flags choose, where nobody can be asked.
func TestSources(t *testing.T) {
	for name, c := range map[string]struct {
		Options
		change       bool
		want         problem.Code
		current, new pin.Kind
	}{
		"no flag":                 {Options{}, false, problem.NoTerminal, 0, 0},
		"no flag for a change":    {Options{}, true, problem.NoTerminal, 0, 0},
		"--pin-stdin":             {Options{Flags: fromStdin}, false, "", pin.Stdin, pin.Stdin},
		"--pin-file":              {Options{Flags: []pin.Flag{{Kind: pin.File, Value: "pin"}}}, false, "", pin.File, pin.File},
		"--pin-command":           {Options{Flags: []pin.Flag{{Kind: pin.Command, Value: "pass card"}}}, false, "", pin.Command, pin.Command},
		"a new PIN of its own":    {Options{Flags: []pin.Flag{{Kind: pin.NewFile, Value: "new"}, {Kind: pin.Stdin}}}, true, "", pin.Stdin, pin.NewFile},
		"a new PIN for no change": {Options{Flags: []pin.Flag{{Kind: pin.NewFile, Value: "new"}, {Kind: pin.Stdin}}}, false, problem.Usage, 0, 0},
		"only the new PIN":        {Options{Flags: []pin.Flag{{Kind: pin.NewFile, Value: "new"}}}, true, problem.NoTerminal, 0, 0},
		"two":                     {Options{Flags: []pin.Flag{{Kind: pin.File, Value: "pin"}, {Kind: pin.Stdin}}}, false, problem.Usage, 0, 0},
		"an empty name":           {Options{Flags: []pin.Flag{{Kind: pin.File}}}, false, problem.Usage, 0, 0},
		"--pinentry with nobody":  {Options{Flags: []pin.Flag{{Kind: pin.Pinentry, Value: "pinentry"}}}, false, problem.Usage, 0, 0},
		"a name with a folder":    {Options{Flags: []pin.Flag{{Kind: pin.Credential, Value: "../pin"}}}, false, problem.Usage, 0, 0},
		"--min-tries 0":           {Options{Flags: fromStdin, MinTries: 0}, false, "", pin.Stdin, pin.Stdin},
		"--min-tries below":       {Options{Flags: fromStdin, MinTries: -1}, false, problem.Usage, 0, 0},
	} {
		u, err := New(newDesk(t, "adult", "").Opener, &c.Options, c.change)
		if codeOf(err) != c.want {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
		if err != nil {
			continue
		}
		if u.Sources.CurrentKind() != c.current || u.Sources.NewKind() != c.new || u.Terminal != nil || u.ReadsStdin() != (c.current == pin.Stdin) || !u.MayAsk() {
			t.Errorf("%s: %v and %v", name, u.Sources.CurrentKind(), u.Sources.NewKind())
		}
		u.Close()
	}
}

func TestWhyBlocked(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context
		persona string
		jpki.Key
		want problem.Code
		next text // "" where it is the usual one
	}{
		"blocked once":            {t.Context(), "locked-sign", jpki.KeySign, problem.PINBlocked, text{}},
		"the other key":           {t.Context(), "adult", jpki.KeyAuth, problem.PINBlocked, text{}},
		"never had a certificate": {t.Context(), "child", jpki.KeySign, problem.NoCertificate, text{}},
		"a child's PIN":           {t.Context(), "child", jpki.KeyAuth, problem.PINBlocked, withoutPINHint},
		"a card without PINs":     {t.Context(), "no-pin", jpki.KeyAuth, problem.PINBlocked, withoutPINHint},
		"a phone":                 {t.Context(), "android", jpki.KeyAuth, problem.PINBlocked, terms.AboutPhone},
		"a card that is gone":     {cancelled, "no-pin", jpki.KeyAuth, problem.PINBlocked, text{}},
	} {
		card, err := newDesk(t, c.persona, "").Open(t.Context())
		testkit.Must(t, err)
		blocked := &jpki.BlockedError{Key: c.Key}
		err = WhyBlocked(c.ctx, card, c.Key, blocked)
		card.Close()
		p := explain.Error(err)
		if p.Code != c.want {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
		if usual := explain.Error(blocked); c.want == problem.PINBlocked {
			if c.next.IsZero() {
				c.next = usual.Next
			}
			if p.Next != c.next || p.What != usual.What {
				t.Errorf("%s: %q", name, p.Next.EN)
			}
		}
	}
}

// TestWithPIN: when a PIN is sent, by the code of the error and by the tries
// that are left on the card afterwards.
func TestWithPIN(t *testing.T) {
	for name, c := range map[string]struct {
		persona, stdin string
		jpki.Key
		Options
		want problem.Code // "used" where the session was opened
		left int          // afterwards; -1: the card is none
	}{
		"right":                    {"adult", "DEMO123\n", jpki.KeySign, Options{}, "used", 5},
		"right, of the other":      {"adult", "1234", jpki.KeyAuth, Options{}, "used", 3},
		"in small letters":         {"adult", "demo123\n", jpki.KeySign, Options{}, "used", 5},
		"in small letters, exact":  {"adult", "demo123\n", jpki.KeySign, Options{Exact: true}, problem.PINRule, 5},
		"wrong":                    {"adult", "DEMO124\n", jpki.KeySign, Options{}, problem.PINWrong, 4},
		"wrong, enough left":       {"adult", "DEMO124\n", jpki.KeySign, Options{MinTries: 5}, problem.PINWrong, 4},
		"too few left":             {"adult", "DEMO124\n", jpki.KeySign, Options{MinTries: 6}, problem.MinTries, 5},
		"last":                     {"last-try", "DEMO123\n", jpki.KeySign, Options{}, problem.LastTry, 1},
		"last, wrong":              {"last-try", "DEMO124\n", jpki.KeySign, Options{}, problem.LastTry, 1},
		"last, allowed":            {"last-try", "DEMO123\n", jpki.KeySign, Options{AllowLastTry: true}, "used", 5},
		"last, wrong and allowed":  {"last-try", "DEMO124\n", jpki.KeySign, Options{AllowLastTry: true}, problem.PINWrong, 0},
		"last, allowed, few":       {"last-try", "DEMO123\n", jpki.KeySign, Options{AllowLastTry: true, MinTries: 2}, problem.MinTries, 1},
		"blocked":                  {"locked-sign", "DEMO123\n", jpki.KeySign, Options{}, problem.PINBlocked, 0},
		"no certificate":           {"child", "DEMO123\n", jpki.KeySign, Options{}, problem.NoCertificate, 0},
		"rule before card":         {"nobody", "123\n", jpki.KeyAuth, Options{}, problem.PINRule, -1},
		"nothing, before card":     {"nobody", "\n", jpki.KeyAuth, Options{}, problem.PINRule, -1},
		"a card that there is not": {"nobody", "1234\n", jpki.KeyAuth, Options{}, problem.Usage, -1},
	} {
		d := newDesk(t, c.persona, c.stdin)
		c.Flags = fromStdin
		u, err := New(d.Opener, &c.Options, false)
		testkit.Must(t, err)
		err = u.WithPIN(t.Context(), c.Key, func(*cards.Card, *jpki.Session) error { return errUsed })
		u.Close()
		got := codeOf(err)
		if errors.Is(err, errUsed) {
			got = "used"
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q: %v", name, got, c.want, err)
		}
		if c.left >= 0 {
			if left := d.left(t, c.Key); left != c.left {
				t.Errorf("%s: %d tries are left, not %d", name, left, c.left)
			}
		}
		if told := strings.Contains(d.said.String(), "upper case"); told != (c.stdin == "demo123\n" && !c.Exact) {
			t.Errorf("%s: %q", name, d.said)
		}
	}
}

// TestPrepareFails: where the step before fails, no PIN is sent.
func TestPrepareFails(t *testing.T) {
	d := newDesk(t, "adult", "DEMO124\n")
	u, err := New(d.Opener, &Options{Flags: fromStdin}, false)
	testkit.Must(t, err)
	defer u.Close()
	full := errors.New("the disk is full")
	err = u.WithCurrentPIN(t.Context(), jpki.KeySign, func(*cards.Card, jpki.PIN) error { return full }, func(*cards.Card, *jpki.Session) error { return errUsed })
	if !errors.Is(err, full) || d.left(t, jpki.KeySign) != 5 {
		t.Errorf("%v, %d tries left", err, d.left(t, jpki.KeySign))
	}
}

// TestNoPINInErrors: whatever is wrong with a PIN, no error and no sentence has
// it, nor a part of it.
func TestNoPINInErrors(t *testing.T) {
	for name, c := range map[string]struct {
		stdin, secret string
		jpki.Key
		Options
	}{
		"too short":          {"8Q7\n", "8Q7", jpki.KeySign, Options{}},
		"too long":           {"QZ" + strings.Repeat("8Q7Z", 6) + "\n", "8Q7", jpki.KeySign, Options{}},
		"longer than any":    {strings.Repeat("8Q7Z", 2000), "8Q7", jpki.KeySign, Options{}},
		"no digit":           {"QZXKVW\n", "QZX", jpki.KeySign, Options{}},
		"another letter":     {"8Q7ZXÉ\n", "8Q7", jpki.KeySign, Options{}},
		"full width":         {"８Ｑ７ＺＸ９\n", "８Ｑ", jpki.KeySign, Options{}},
		"a NUL":              {"8Q7Z\x00XK\n", "8Q7", jpki.KeySign, Options{}},
		"a blank":            {"8Q7ZXK \n", "8Q7", jpki.KeySign, Options{}},
		"in small letters":   {"8q7zxk\n", "8q7", jpki.KeySign, Options{Exact: true}},
		"wrong":              {"8Q7ZXK\n", "8Q7", jpki.KeySign, Options{}},
		"wrong, turned":      {"8q7zxk\n", "8Q7", jpki.KeySign, Options{}},
		"too few tries":      {"8Q7ZXK\n", "8Q7", jpki.KeySign, Options{MinTries: 6}},
		"letters for digits": {"8q7z\n", "8q7", jpki.KeyAuth, Options{}},
		"five digits":        {"86753\n", "867", jpki.KeyAuth, Options{}},
		"wrong digits":       {"8675\n", "867", jpki.KeyAuth, Options{}},
		"more than the PIN":  {"8675\n9999\n7531\n", "867", jpki.KeyAuth, Options{MinTries: 6}},
	} {
		d := newDesk(t, "adult", c.stdin)
		c.Flags = fromStdin
		u, err := New(d.Opener, &c.Options, false)
		testkit.Must(t, err)
		err = u.WithPIN(t.Context(), c.Key, func(*cards.Card, *jpki.Session) error { return nil })
		u.Close()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		p := explain.Error(err)
		said := []string{d.said.String()}
		for e := err; e != nil; e = errors.Unwrap(e) {
			said = append(said, e.Error(), fmt.Sprintf("%+v %#v", e, e))
		}
		for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
			said = append(said, p.What.In(lang), p.Next.In(lang))
		}
		for _, s := range said {
			if strings.Contains(s, c.secret) {
				t.Errorf("%s: %q has the PIN", name, s)
			}
		}
	}
}
