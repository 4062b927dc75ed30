package jpki

import (
	"context"
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Session is the application with one PIN verified.
type Session struct{ *App }

// Key is the key with its PIN verified.
func (s *Session) Key() Key { return s.verified }

// Guard decides on the counter, as it stands right before a PIN would be sent.
// An error keeps the PIN from being sent. A guard runs inside the transaction:
// it does not ask a person.
//
// A nil Guard keeps the last try, with [ErrLastTry]: a PIN that is wrong then is
// blocked until its owner goes to the municipal counter. Whoever knows better, as
// after asking a person who was told, has a guard that returns nil.
type Guard func(Tries) error

func (g Guard) decide(t Tries) error {
	switch {
	case g != nil:
		return g(t)
	case t.Left <= 1:
		return ErrLastTry
	}
	return nil
}

// WithPIN verifies p as k's PIN, calls use, and closes the session. In one
// transaction it selects the application, asks for the counter, lets guard
// decide (nil keeps the last try), and sends the PIN at most once. The Session
// is dead once use returns; also where use panics, everything is closed.
//
// The error is a *[RuleError], a *[TokenError] or guard's, [ErrLastTry] for
// none, where nothing was sent; a *[BlockedError]; a *[PINError] where a try
// was used; an *[UnansweredError] where that is not known; a *[NotClosedError],
// which holds an earlier failure, if any; or the error of the connection or of
// use. The PIN is not wiped: that is its owner's to do.
func (c *Card) WithPIN(ctx context.Context, k Key, p PIN, guard Guard, use func(*Session) error) (err error) {
	if err := p.Check(k); err != nil {
		return err
	}
	app := &App{card: c, ctx: ctx}
	if err := app.begin(); err != nil {
		return err
	}
	stop := func() {}
	defer func() {
		defer stop()
		app.dead = true
		if !app.sent {
			_ = app.end() // the reason why no PIN was sent counts
		} else if closeErr := app.close(); closeErr != nil {
			err = &NotClosedError{k, app.outcome, closeErr, err}
		}
	}()
	if err := app.selectApplication(); err != nil {
		return err
	}
	if err := app.CheckToken(); err != nil {
		return err
	}
	if err := app.selectEF(keys[k].pin); err != nil {
		return err
	}
	tries, err := app.Tries(k)
	if err != nil {
		return err
	}
	if tries.Blocked() {
		return &BlockedError{k}
	}
	if err := guard.decide(tries); err != nil {
		return err
	}
	if err := app.selectEF(keys[k].pin); err != nil { // already the current one
		return err
	}
	if err := app.alive(); err != nil {
		return err
	}
	var stopGrace, stopClose func()
	app.grace, stopGrace = extendedBy(ctx, pinGrace)
	defer stopGrace()
	app.closeBy, stopClose = extendedBy(ctx, closeGrace)
	stop = stopClose
	app.sent, app.outcome = true, MaybeVerified
	if err := app.verify(k, p); err != nil {
		return err
	}
	app.verified = k
	return use(&Session{app})
}

// close ends the PIN session, in both ways there are, and the transaction.
// Selecting another application is enough on the cards that were tried; power
// cut is the one that counts.
func (a *App) close() (err error) {
	var leaveErr error
	defer func() { // also when the connection panics
		if unpowerErr := a.card.conn.Unpower(); unpowerErr != nil {
			err = errors.Join(leaveErr, unpowerErr)
		}
	}()
	leaveErr = a.leave()
	return nil
}

// verify sends VERIFY once. The PIN's EF is the current one.
func (a *App) verify(k Key, p PIN) error {
	sw, err := a.sendPIN(apdu.InsVerify, 0x00, p)
	if err != nil {
		return &UnansweredError{k, err}
	}
	if sw == apdu.StatusOK {
		a.outcome = WasVerified
		return nil
	}
	if left, ok := sw.Tries(); ok {
		a.outcome = NotVerified
		return &PINError{k, left}
	}
	if _, blocked := triesIn(sw); blocked {
		a.outcome = NotVerified
		return &BlockedError{k}
	}
	if sw.Refused() {
		a.outcome = NotVerified
		return fmt.Errorf("VERIFY (%s): %w", k, sw)
	}
	return &UnansweredError{k, sw}
}

// sendPIN sends a command with a PIN once, to the current EF, which was
// selected. It goes past [App.send], so that an error always means that the
// command left.
func (a *App) sendPIN(ins, p1 byte, p PIN) (apdu.Status, error) {
	r, err := apdu.Send(a.inSession(), apdu.Command{INS: ins, P1: p1, P2: reference, Data: p.bytes()})
	return r.SW, err
}
