package jpki

import (
	"context"
	"errors"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// ContextConn is a [Conn] with a Transmit that can be given up: it returns when
// ctx ends, with the connection of no further use. A command that hangs in the
// reader then keeps nobody waiting.
type ContextConn interface {
	Conn
	TransmitContext(ctx context.Context, cmd []byte) ([]byte, error)
}

// How much longer than the context of the call a command may take. A command
// that needs no PIN is given up at once. A command of a PIN session is not:
// whether a PIN was right, and that the session is closed, matters more.
const (
	pinGrace   = 4 * time.Second
	closeGrace = 8 * time.Second // from the same moment
)

// Within is a connection that gives up its commands when a context ends, where
// the connection can do that.
type Within struct {
	Conn    Conn
	Context context.Context
}

// Transmit sends a command.
func (w Within) Transmit(cmd []byte) ([]byte, error) {
	if c, ok := w.Conn.(ContextConn); ok {
		return c.TransmitContext(w.Context, cmd)
	}
	return w.Conn.Transmit(cmd)
}

// cancellable is the connection for commands that are given up with the context.
func (a *App) cancellable() apdu.Transmitter { return Within{a.card.conn, a.ctx} }

// inSession is the connection for commands of a PIN session.
func (a *App) inSession() apdu.Transmitter { return Within{a.card.conn, a.grace} }

// forClosing is the connection for the commands that close a PIN session.
func (a *App) forClosing() apdu.Transmitter {
	if a.closeBy == nil { // no PIN was sent
		return a.cancellable()
	}
	return Within{a.card.conn, a.closeBy}
}

// extendedBy gives a context that ends as long as grace after ctx, or with stop.
func extendedBy(ctx context.Context, grace time.Duration) (longer context.Context, stop func()) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(context.Cause(ctx))
		case <-longer.Done():
		}
	})
	return longer, func() {
		forget()
		cancel(nil)
	}
}

// maxRepeats is how often a transaction is begun again.
const maxRepeats = 2

// hiccup reports an error of the connection after which the same work, begun
// again, is likely to succeed: one that says so by its method Temporary.
func hiccup(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

// begin begins the transaction.
func (a *App) begin() error {
	err := a.card.conn.Begin(a.ctx)
	for ; hiccup(err) && a.repeats < maxRepeats && a.alive() == nil; a.repeats++ {
		err = a.card.conn.Begin(a.ctx)
	}
	a.begun = err == nil
	return err
}

// end ends the transaction, if there is one.
func (a *App) end() error {
	if !a.begun {
		return nil
	}
	a.begun = false
	return a.card.conn.End()
}

// send transmits one command unless the App is dead or its context has ended.
// After a hiccup of the connection it begins again and repeats the command, as
// long as no PIN has left for the card.
func (a *App) send(c apdu.Command) (apdu.Response, error) { return a.sendRepeating(c, maxRepeats) }

// sendRepeating is send with fewer repetitions.
func (a *App) sendRepeating(c apdu.Command, repeats int) (apdu.Response, error) {
	ef := a.ef // which a recovery that fails halfway forgets
	r, err := a.transmit(c)
	for ; repeats > 0 && a.canRecover(err); repeats-- {
		if err = a.recover(err, ef); err == nil {
			r, err = a.transmit(c)
		}
	}
	return r, err
}

// transmit sends a command once.
func (a *App) transmit(c apdu.Command) (apdu.Response, error) {
	if err := a.alive(); err != nil {
		return apdu.Response{}, err
	}
	if a.sent {
		return apdu.Send(a.inSession(), c)
	}
	return apdu.Send(a.cancellable(), c)
}

// canRecover reports a hiccup before any PIN was sent.
func (a *App) canRecover(err error) bool {
	return hiccup(err) && !a.sent && a.repeats < maxRepeats && a.alive() == nil
}

// recover begins the transaction again after a hiccup, and selects the
// application and an EF again, none where it is 0. Where that cannot be, the error is the new one, or the one
// before where there is no second chance.
func (a *App) recover(err error, ef uint16) error {
	if err := a.beginAgain(err); err != nil {
		return err
	}
	if err := a.selectApplicationBy(a.transmit); err != nil || ef == 0 {
		return err
	}
	return a.selectEFBy(a.transmit, ef)
}

// beginAgain begins the transaction again, with the card without power in
// between, which mends most hiccups. The connection sees to it that it is the
// same card.
func (a *App) beginAgain(err error) error {
	if !a.canRecover(err) {
		return err
	}
	a.repeats++
	if a.begun {
		a.begun = false
		if err := a.card.conn.Unpower(); err != nil {
			return err
		}
	}
	if err := a.card.conn.Begin(a.ctx); err != nil {
		return err
	}
	a.begun = true
	return nil
}
