//go:build unix

package unlock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// newPinentry is a pinentry that answers CONFIRM with a line, and GETPIN with
// one of the PINs after the other. What it shows is in the file with ".log".
func newPinentry(t *testing.T, confirm string, pins ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pinentry")
	testkit.Must(t, os.WriteFile(path+".in", []byte(strings.Join(pins, "\n")+"\n"), 0o600))
	testkit.Must(t, os.WriteFile(path, []byte(`#!/bin/sh
echo OK
while read -r command rest; do
	printf '%s %s\n' "$command" "$rest" >>"$0.log"
	case $command in
	CONFIRM) echo '`+confirm+`' ;;
	GETPIN)
		printf 'D %s\nOK\n' "$(head -n 1 "$0.in")"
		sed 1d "$0.in" >"$0.rest" && mv "$0.rest" "$0.in" ;;
	*) echo OK ;;
	esac
done
`), 0o700))
	return path
}

func newAsking(t *testing.T, persona, pinentry string, o Options, change bool) *Unlocker {
	t.Helper()
	d := newDesk(t, persona, "")
	d.NoInput = false
	o.Flags = []pin.Flag{{Kind: pin.Pinentry, Value: pinentry}}
	u, err := New(d.Opener, &o, change)
	testkit.Must(t, err)
	t.Cleanup(u.Close)
	return u
}

const (
	agreed    = "OK"
	declined  = "ERR 83886194 Not confirmed"
	cancelled = "ERR 83886179 Operation cancelled"
	broken    = "ERR 83886081 General error"
)

// TestAgrees: only an answer that says so agrees, to what was shown.
func TestAgrees(t *testing.T) {
	for answer, want := range map[string]struct{ agrees, fails bool }{
		agreed: {true, false}, declined: {false, false}, cancelled: {false, false}, broken: {false, true},
	} {
		pinentry := newPinentry(t, answer)
		u := newAsking(t, "adult", pinentry, Options{}, false)
		u.Purpose = text{JA: "契約書への署名", EN: "a signature for a contract"}
		got, err := u.Agrees(t.Context(), text{JA: "本当ですか。", EN: "Is that so?"}, goOnPrompt)
		if got != want.agrees || (err != nil) != want.fails {
			t.Errorf("%s: %v, %v", answer, got, err)
		}
		log, err := os.ReadFile(pinentry + ".log")
		testkit.Must(t, err)
		if s := u.cards.IO.Text(text{JA: "契約書への署名%0A本当ですか。", EN: "A signature for a contract%0AIs that so?"}); !strings.Contains(string(log), "SETDESC "+s) {
			t.Errorf("%s: %s", answer, log)
		}
	}
}

// TestConfirmLastTry: the last try is spent only by a person who agreed to
// it, and is asked for only where that could help.
func TestConfirmLastTry(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		Options
		left  int
		asked bool
		want  problem.Code
	}{
		"agreed":                {agreed, Options{}, 1, true, ""},
		"declined":              {declined, Options{}, 1, true, problem.LastTry},
		"cancelled":             {cancelled, Options{}, 1, true, problem.LastTry},
		"broken":                {broken, Options{}, 1, true, problem.PINSource},
		"allowed":               {declined, Options{AllowLastTry: true}, 1, false, ""},
		"two left":              {declined, Options{}, 2, false, ""},
		"two wanted":            {agreed, Options{MinTries: 2}, 1, false, problem.MinTries},
		"three wanted, two":     {agreed, Options{MinTries: 3}, 2, false, problem.MinTries},
		"none left, one wanted": {agreed, Options{MinTries: 1}, 0, false, problem.MinTries},
		"agreed, one is enough": {agreed, Options{MinTries: 1}, 1, true, ""},
	} {
		pinentry := newPinentry(t, c.answer)
		u := newAsking(t, "adult", pinentry, c.Options, false)
		err := u.confirm(t.Context(), jpki.KeySign, jpki.Tries{Left: c.left, Max: 5})
		if codeOf(err) != c.want {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
		if _, err := os.Stat(pinentry + ".log"); (err == nil) != c.asked {
			t.Errorf("%s: asked: %v", name, err == nil)
		}
		again := u.Guard(jpki.KeySign, jpki.Tries{Left: c.left, Max: 5})
		if (again == nil) != (c.want == "") {
			t.Errorf("%s: then the guard says %v", name, again)
		}
	}
}

// TestBlockedIsNotAsked: nobody is asked for a PIN that is blocked.
func TestBlockedIsNotAsked(t *testing.T) {
	pinentry := newPinentry(t, agreed, "DEMO123")
	u := newAsking(t, "locked-sign", pinentry, Options{}, false)
	err := u.WithPIN(t.Context(), jpki.KeySign, func(*cards.Card, *jpki.Session) error { return errUsed })
	if codeOf(err) != problem.PINBlocked {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(pinentry + ".log"); err == nil {
		t.Error("somebody was asked")
	}
}

// TestAskedAgain: a person may repeat an entry that broke a rule, not without
// end; a new PIN is the one that was entered twice, and not the current one.
func TestAskedAgain(t *testing.T) {
	current := jpki.NewPIN([]byte("DEMO123"))
	for name, c := range map[string]struct {
		entries []string
		isNew   bool
		want    string // "" where none is taken
		rest    int    // of the entries
	}{
		"at once":               {[]string{"ABC123", "x"}, false, "ABC123", 1},
		"after nothing":         {[]string{"", "ABC123", "x"}, false, "ABC123", 1},
		"at the third":          {[]string{"short", "ABCDEF", "ABC123", "x"}, false, "ABC123", 1},
		"not at the fourth":     {[]string{"short", "short", "short", "ABC123"}, false, "", 1},
		"new":                   {[]string{"ABC123", "ABC123", "x"}, true, "ABC123", 1},
		"new, in small letters": {[]string{"abc123", "ABC123", "x"}, true, "ABC123", 1},
		"new, small again":      {[]string{"ABC123", "abc123", "x"}, true, "ABC123", 1},
		"new, mistyped":         {[]string{"ABC123", "ABC124", "ABC125", "ABC125", "x"}, true, "ABC125", 1},
		"new, always mistyped":  {[]string{"ABC123", "ABC124", "ABC123", "ABC124", "ABC123", "ABC124", "x"}, true, "", 1},
		"new, the current one":  {[]string{"DEMO123", "ABC123", "ABC123", "x"}, true, "ABC123", 1},
		"new, always the same":  {[]string{"DEMO123", "DEMO123", "DEMO123", "x"}, true, "", 1},
		"new, against the rule": {[]string{"short", "ABC123", "ABC123", "x"}, true, "ABC123", 1},
	} {
		pinentry := newPinentry(t, agreed, c.entries...)
		u := newAsking(t, "adult", pinentry, Options{}, c.isNew)
		var p jpki.PIN
		var err error
		if c.isNew {
			p, err = u.ChooseNew(t.Context(), jpki.KeySign, current)
		} else {
			p, err = u.ask(t.Context(), jpki.KeySign, jpki.Tries{Left: 5, Max: 5})
		}
		if c.want != "" && (err != nil || !p.Equal(jpki.NewPIN([]byte(c.want)))) {
			t.Errorf("%s: it is not taken: %v", name, err)
		}
		if c.want == "" && (codeOf(err) != problem.PINRule || !p.IsZero()) {
			t.Errorf("%s: %v", name, err)
		}
		rest, err := os.ReadFile(pinentry + ".in")
		testkit.Must(t, err)
		if got := strings.Count(string(rest), "\n"); got != c.rest {
			t.Errorf("%s: %d entries are left, not %d", name, got, c.rest)
		}
	}
}
