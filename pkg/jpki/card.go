// Package jpki speaks to the JPKI application (公的個人認証) of a マイナンバーカード,
// and of the phones that carry the same one: it reads the certificates, the
// counters of tries and the token information, holds PIN sessions, changes PINs
// and gives a [crypto.Signer] for each of the two keys.
//
// Everything runs inside a transaction of the connection, so that no other
// program can move the selected file or use a verified PIN: [Card.WithApp] is
// for everything that needs no PIN, [Card.WithPIN] for the rest. A PIN is
// verified at most once per call, after its rules and the counter were checked,
// and the session is closed again on every path.
//
// The package touches nothing but the connection it is given, a [Conn]: a
// connection of package pcsc, a virtualcard.Slot, or a test double with the
// four methods. Closing it is its owner's business. A call stops between two
// commands when its context ends, with the context's cause; the commands that
// close a PIN session are sent all the same.
//
// Errors that are none of this package's own types are the connection's, or an
// [apdu.Status] for an answer that no card should give.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package jpki

import (
	"context"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Conn is an open connection to one card.
type Conn interface {
	apdu.Transmitter
	// Begin starts a transaction: until End or Unpower no other program's
	// command reaches the card. It fails when the card is another one than
	// at the last transaction.
	Begin(ctx context.Context) error
	// End ends the transaction and leaves the card as it is.
	End() error
	// Unpower ends the transaction with the card powered down, which drops
	// every verified PIN. It succeeds when the card is already gone. The
	// connection can Begin again.
	Unpower() error
}

// Card is a card behind a connection. It remembers the limits found in the
// reader and the card, and the kind of the card; all else is asked anew in each
// transaction. It is not safe for concurrent use, nor for use inside its own
// Read or WithPIN.
type Card struct {
	conn       Conn
	limits     Limits
	shortIDs   shortIDs
	queryCase2 bool       // the counter query must be a case 2 command
	token      *TokenKind // nil: nobody has looked yet
}

// New gives the card behind conn. Nothing is sent yet.
func New(conn Conn) *Card { return &Card{conn: conn} }

// WithApp begins a transaction, selects the JPKI application, calls use, and ends
// the transaction. The App is dead once use returns. The error is
// [ErrNotJPKI], the connection's, or use's.
func (c *Card) WithApp(ctx context.Context, use func(*App) error) error {
	nothing := func(*App) Sheet { return Sheet{} }
	return c.withAppAfter(ctx, nothing, func(a *App, _ Sheet) error { return use(a) })
}

// withAppAfter is [Card.WithApp] with something done before the application is
// selected.
func (c *Card) withAppAfter(ctx context.Context, before func(*App) Sheet, use func(*App, Sheet) error) (err error) {
	app := &App{card: c, ctx: ctx}
	if err := app.begin(); err != nil {
		return err
	}
	defer func() {
		app.dead = true
		if endErr := app.end(); err == nil && !hiccup(endErr) {
			err = endErr
		}
	}()
	sheet := before(app)
	if err := app.selectApplication(); err != nil {
		return err
	}
	return use(app, sheet)
}

// App is the selected JPKI application inside a transaction.
type App struct {
	card     *Card
	ctx      context.Context // of the call that made the App
	grace    context.Context // for the commands of a PIN session; nil before
	closeBy  context.Context // and for the commands that close it
	begun    bool            // the transaction
	ef       uint16          // the current EF; 0 for none, or not known
	selected bool            // it is the current EF by SELECT
	sent     bool            // a PIN left for the card: nothing is repeated any more
	verified Key             // with its PIN verified; 0 for none
	outcome  Verified        // of the VERIFY
	repeats  int             // how often the connection was begun again
	dead     bool
}

// alive says why nothing may be sent any more, or nil.
func (a *App) alive() error {
	if a.dead {
		return ErrSessionOver
	}
	return context.Cause(a.ctx)
}

// selectApplication must never run once a PIN is verified: whether a SELECT of
// the selected application drops the PIN is not known.
func (a *App) selectApplication() error {
	return a.selectApplicationBy(a.send)
}

func (a *App) selectApplicationBy(send func(apdu.Command) (apdu.Response, error)) error {
	a.ef = 0
	cmd := selectCommand(byName, aidJPKI)
	r, err := send(cmd)
	if err == nil && r.SW == apdu.StatusNoInformation {
		// A contactless card can answer its first command after power-up so.
		r, err = send(cmd)
	}
	if err == nil && r.SW != apdu.StatusOK {
		err = fmt.Errorf("%w: %w", ErrNotJPKI, r.SW)
	}
	return err
}

// selectEF makes id the current EF, with no command where it was selected
// already.
func (a *App) selectEF(id uint16) error {
	if id != 0 && a.ef == id && a.selected {
		return nil
	}
	return a.selectEFBy(a.send, id)
}

func (a *App) selectEFBy(send func(apdu.Command) (apdu.Response, error), id uint16) error {
	a.ef = 0 // an answer that is lost leaves it unknown
	r, err := send(selectCommand(byIdentifier, []byte{byte(id >> 8), byte(id)}))
	if err != nil {
		return err
	}
	if r.SW != apdu.StatusOK {
		return fmt.Errorf("SELECT EF %04X: %w", id, r.SW)
	}
	a.ef, a.selected = id, true
	return nil
}

// leave selects another application, which drops every verified PIN of this
// one. It ignores the context: closing must happen on every path.
func (a *App) leave() (err error) {
	a.ef = 0
	for _, aid := range [][]byte{aidIssuerDomain, aidCardFace} {
		var r apdu.Response
		r, err = apdu.Send(a.forClosing(), selectCommand(byName, aid))
		if err == nil {
			err = r.Err()
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// Values of P1 of SELECT (ISO/IEC 7816-4, 11.2.2).
const (
	byIdentifier = 0x02 // an EF under the application
	byName       = 0x04 // an application
)

// selectCommand wants no response data (P2).
func selectCommand(p1 byte, data []byte) apdu.Command {
	return apdu.Command{INS: apdu.InsSelect, P1: p1, P2: 0x0C, Data: data}
}
