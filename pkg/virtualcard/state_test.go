package virtualcard

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestStateSurvivesBetweenRuns(t *testing.T) {
	first := newCard(t, "adult", Options{AnyPINFormat: true})
	play(t, first, `
		{jpki} 9000
		{pin s} 9000
		{sign bad} 63C4
		{pin a} 9000
		{auth ok} 9000
		0024018002FF00 9000
		{auth bad} 63C2`)
	kept, err := json.Marshal(first.State())
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`{"version":2,"persona":"adult","sign":{"pin":"%s","left":4},"auth":{"pin":"%s","left":2}}`,
		initialReference(SignPIN), first.State().Auth.PIN); string(kept) != want {
		t.Errorf("state %s, want %s", kept, want)
	}
	var s State
	if err := json.Unmarshal(kept, &s); err != nil {
		t.Fatal(err)
	}
	second := newCard(t, "adult", Options{})
	play(t, second, "{jpki} 9000\n{pin s} 9000\n{sign ok} 9000")
	if err := second.SetState(s); err != nil {
		t.Fatal(err)
	}
	if second.State() != s {
		t.Errorf("state %+v, want %+v", second.State(), s)
	}
	play(t, second, `
		{key s} 9000
		{pso} 6982
		{pin s} 9000
		{query} 63C4
		{pin a} 9000
		{query} 63C2
		{auth ok} 63C1
		0020008002FF00 9000`)
}

func TestSetStateRefusesNonsense(t *testing.T) {
	for name, change := range map[string]func(*State){
		"other version":  func(s *State) { s.Version = 1 },
		"no version":     func(s *State) { s.Version = 0 },
		"other persona":  func(s *State) { s.Persona = "child" },
		"negative tries": func(s *State) { s.Sign.Left = -1 },
		"too many tries": func(s *State) { s.Auth.Left = 4 },
		"no PIN":         func(s *State) { s.Auth.PIN = "" },
		"half a byte":    func(s *State) { s.Sign.PIN = "123" },
		"a PIN itself":   func(s *State) { s.Sign.PIN = "44454d4f313233" },
		"no hexadecimal": func(s *State) { s.Sign.PIN = "DEMO" },
	} {
		c := newCard(t, "adult", Options{})
		before := c.State()
		s := before
		change(&s)
		if err := c.SetState(s); err == nil || c.State() != before {
			t.Errorf("%s: error %v, state %+v", name, err, c.State())
		}
	}
	child := newCard(t, "child", Options{})
	for name, change := range map[string]func(*State){
		"a PIN where none is usable":   func(s *State) { s.Sign.PIN = initialReference("ABC123").String() },
		"tries where no PIN is usable": func(s *State) { s.Sign.Left = 5 },
	} {
		s := child.State()
		change(&s)
		if err := child.SetState(s); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := child.SetState(child.State()); err != nil {
		t.Errorf("a card refuses its own state: %v", err)
	}
}

// TestOnChange shows that the callback gets every change of the state, and
// nothing else.
func TestOnChange(t *testing.T) {
	c := newCard(t, "adult", Options{})
	var kept []State
	c.OnChange(func(s State) error {
		if s != c.State() {
			t.Errorf("told %+v, the card has %+v", s, c.State())
		}
		kept = append(kept, s)
		return nil
	})
	play(t, c, `
		{jpki} 9000
		{pin a} 9000
		{query} 63C3
		{auth ok} 9000
		{auth bad} 63C2
		{auth ok} 9000
		002401800435363738 9000
		{key a} 9000
		{pso} 256:9000
		power
		reset`)
	want := []struct {
		pin  string
		left int
	}{{"1234", 2}, {"1234", 3}, {"5678", 3}}
	if len(kept) != len(want) {
		t.Fatalf("kept %+v, want %+v", kept, want)
	}
	for i, w := range want {
		r, err := parseReference(kept[i].Auth.PIN)
		if err != nil || !r.matches([]byte(w.pin)) || kept[i].Auth.Left != w.left {
			t.Errorf("kept %+v as state %d, want %+v", kept[i].Auth, i, w)
		}
	}
}

// TestOnChangeComesBeforeTheAnswer shows that a used try is saved before the
// card answers a wrong PIN, so that ending the process does not give it back.
func TestOnChangeComesBeforeTheAnswer(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin a} 9000")
	c.OnChange(func(State) error { panic("the process dies") })
	answered := true
	func() {
		defer func() { answered = recover() == nil }()
		_, _ = c.Transmit([]byte{0x00, 0x20, 0x00, 0x80, 1, 0x39})
	}()
	if answered {
		t.Error("the answer left without the try being kept")
	}
}

func TestOnChangeFails(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin a} 9000\n{auth ok} 9000")
	before := c.State()
	c.OnChange(func(State) error { return errors.New("disk full") })
	play(t, c, "002401800435363738 6581\n{query} 63C3")
	if c.State() != before {
		t.Errorf("state %+v after a change that could not be kept, want %+v", c.State(), before)
	}
	play(t, c, "{key a} 9000\n{pso} 6982\n{pin a} 9000\n{auth bad} 6581\n{query} 63C3")
	c.OnChange(nil)
	play(t, c, "{auth bad} 63C2\n{auth ok} 9000")
}

// TestStateHoldsNoPIN shows that no form of a PIN is in the saved state.
func TestStateHoldsNoPIN(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin s} 9000\n{sign ok} 9000\n002401800753454352455431 9000")
	kept, err := json.Marshal(c.State())
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []string{"SECRET1", "DEMO123", "1234"} {
		for _, form := range []string{pin, hex.EncodeToString([]byte(pin)), base64.StdEncoding.EncodeToString([]byte(pin))} {
			if strings.Contains(strings.ToLower(string(kept)), strings.ToLower(form)) && len(form) > 4 {
				t.Errorf("the state holds the PIN as %s: %s", form, kept)
			}
		}
	}
}
