// Package democard is the built-in demo card as a connection, so that a demo
// goes the way of a real card in everything but the reader. Its PINs and
// counters are kept between runs, or only in memory for a tour.
package democard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// Errors of the demo card.
var (
	// ErrUnknownPersona is a persona that there is not.
	ErrUnknownPersona = errors.New("democard: no such persona")
	// ErrInUse is a demo card that another program has in a transaction.
	ErrInUse = errors.New("democard: the demo card is in use by another program")
	// ErrForgotten is remembered PINs and counters that this version cannot
	// take over: the card has to be reset.
	ErrForgotten = errors.New("democard: the remembered state does not fit the demo card")
)

// DefaultPersona is the persona of a demo card that names none.
const DefaultPersona = "adult"

// lockLimit is how long a transaction of another program is waited for, as
// with a real card.
const lockLimit = 10 * time.Second

// Conn is a demo card in an imagined reader. Its methods are those of a
// jpki.Conn, for one goroutine at a time.
type Conn struct {
	card    *virtualcard.Card
	persona string
	store   *state.Store // nil: nothing is kept
	lock    *state.Lock  // during a transaction of a card that is kept
}

// Open makes the persona's card, with certificates dated relative to now. PINs
// and counters are kept in store, or not at all where it is nil.
func Open(persona string, now time.Time, store *state.Store) (*Conn, error) {
	p, ok := virtualcard.Lookup(persona)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownPersona, persona)
	}
	card, err := virtualcard.New(p, now, virtualcard.Options{})
	if err != nil {
		return nil, err
	}
	c := &Conn{card: card, persona: persona, store: store}
	if store != nil {
		card.OnChange(func(s virtualcard.State) error { return c.lock.Save(s) })
	}
	return c, nil
}

// Transmit passes a command on to the card.
func (c *Conn) Transmit(cmd []byte) ([]byte, error) { return c.card.Transmit(cmd) }

// Begin locks the card against other programs and powers it.
func (c *Conn) Begin(ctx context.Context) error {
	if c.store != nil {
		if err := c.remember(ctx); err != nil {
			return err
		}
	}
	c.card.PowerOn()
	return nil
}

// remember takes over changes that other programs have made to the card since.
func (c *Conn) remember(ctx context.Context) error {
	waiting, cancel := context.WithTimeoutCause(ctx, lockLimit, ErrInUse)
	defer cancel()
	lock, err := c.store.Lock(waiting, document(c.persona))
	if err != nil {
		return err
	}
	var kept virtualcard.State
	found, err := lock.Load(&kept)
	if err == nil && found {
		err = c.card.SetState(kept)
	}
	if err != nil {
		lock.Unlock()
		return fmt.Errorf("%w: %w", ErrForgotten, err)
	}
	c.lock = lock
	return nil
}

// End gives the card back as it is.
func (c *Conn) End() error {
	if c.lock != nil {
		c.lock.Unlock()
	}
	return nil
}

// Unpower gives the card back without power.
func (c *Conn) Unpower() error {
	c.card.PowerOff()
	return c.End()
}

// Close takes the card away.
func (c *Conn) Close() error { return c.Unpower() }

// Reset forgets the kept PINs and counters of a persona's card, or of all
// cards where persona is empty.
func Reset(ctx context.Context, store *state.Store, persona string) error {
	if _, ok := virtualcard.Lookup(persona); persona != "" && !ok {
		return fmt.Errorf("%w: %q", ErrUnknownPersona, persona)
	}
	for _, p := range virtualcard.Personas() {
		if persona == "" || persona == p.Name {
			if err := store.Remove(ctx, document(p.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// document is the name of the state document of a persona's card.
func document(persona string) string { return "demo-" + persona }
