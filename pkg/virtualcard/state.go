package virtualcard

import (
	"errors"
	"fmt"
)

// stateVersion changes when a State of before means something else.
const stateVersion = 2

// State is the memory of a card without power: its PINs and retry counters. It
// is meant to be kept between runs, as JSON.
type State struct {
	Version int      `json:"version"`
	Persona string   `json:"persona"`
	Sign    PINState `json:"sign"`
	Auth    PINState `json:"auth"`
}

// PINState is one PIN of a [State].
type PINState struct {
	PIN  string `json:"pin"`  // a salted hash of it in hexadecimal; empty for an unusable PIN
	Left int    `json:"left"` // tries left
}

// State gives the card's PINs and retry counters.
func (c *Card) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state()
}

// SetState puts PINs and retry counters back and drops the PIN state. A State
// of another persona or version, or one this card cannot have, is refused and
// changes nothing. [Card.OnChange]'s function is not called.
func (c *Card) SetState(s State) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.accepts(s); err != nil {
		return err
	}
	c.restore(s)
	return nil
}

func (c *Card) state() State {
	return State{stateVersion, c.persona.Name, c.sign.state(), c.auth.state()}
}

// accepts says why the card cannot have come to a State, or nil.
func (c *Card) accepts(s State) error {
	if s.Version != stateVersion {
		return fmt.Errorf("virtualcard: state of version %d, this program knows %d", s.Version, stateVersion)
	}
	if s.Persona != c.persona.Name {
		return fmt.Errorf("virtualcard: state of persona %q on the card of %q", s.Persona, c.persona.Name)
	}
	if err := c.sign.accepts(s.Sign); err != nil {
		return fmt.Errorf("virtualcard: state of the signing PIN: %w", err)
	}
	if err := c.auth.accepts(s.Auth); err != nil {
		return fmt.Errorf("virtualcard: state of the authentication PIN: %w", err)
	}
	return nil
}

// restore sets a State that accepts has passed.
func (c *Card) restore(s State) {
	c.sign.restore(s.Sign)
	c.auth.restore(s.Auth)
}

func (p *pin) state() PINState {
	return PINState{PIN: p.reference.String(), Left: p.left}
}

// accepts says why the PIN cannot have come to a PINState, or nil.
func (p *pin) accepts(s PINState) error {
	r, err := parseReference(s.PIN)
	switch {
	case err != nil:
		return err
	case p.reference == "" && (r != "" || s.Left != 0):
		return errors.New("it is unusable on this card")
	case p.reference != "" && r == "":
		return errors.New("it is usable on this card")
	case s.Left < 0 || s.Left > p.max:
		return fmt.Errorf("%d tries left, not 0 to %d", s.Left, p.max)
	}
	return nil
}

func (p *pin) restore(s PINState) {
	p.reference, _ = parseReference(s.PIN) // checked by accepts, or made by state
	p.left, p.verified = s.Left, false
}
