package virtualcard

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestStateSurvivesBetweenRuns(t *testing.T) {
	first := newCard(t, "adult", Options{})
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
	if want := `{"version":1,"persona":"adult","sign":{"pin":"44454d4f313233","left":4},"auth":{"pin":"ff00","left":2}}`; string(kept) != want {
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
		"other version":  func(s *State) { s.Version = 2 },
		"no version":     func(s *State) { s.Version = 0 },
		"other persona":  func(s *State) { s.Persona = "child" },
		"negative tries": func(s *State) { s.Sign.Left = -1 },
		"too many tries": func(s *State) { s.Auth.Left = 4 },
		"no PIN":         func(s *State) { s.Auth.PIN = "" },
		"half a byte":    func(s *State) { s.Sign.PIN = "123" },
		"long PIN":       func(s *State) { s.Sign.PIN = "3131313131313131313131313131313131" },
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
		"a PIN where none is usable":   func(s *State) { s.Sign.PIN = "414243313233" },
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

// TestOnChange counts what is handed out to be kept: only changes, and all of
// them.
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
	auth := []PINState{{"31323334", 2}, {"31323334", 3}, {"35363738", 3}}
	if !slices.EqualFunc(kept, auth, func(s State, want PINState) bool { return s.Auth == want }) {
		t.Errorf("kept %+v, want the authentication PIN in the states %+v", kept, auth)
	}
}

// TestOnChangeComesBeforeTheAnswer has the process die while the answer to a
// wrong PIN has not left yet.
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
