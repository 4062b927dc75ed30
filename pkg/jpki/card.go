// Package jpki speaks to the JPKI application (公的個人認証) of a マイナンバーカード,
// and of the phones that carry the same one: it reads the certificates, the
// counters of tries and the token information, holds PIN sessions, and gives a
// [crypto.Signer] for each of the two keys.
//
// Everything runs inside a transaction of the connection, so that no other
// program can move the selected file or use a verified PIN: [Card.Read] for
// what needs no PIN, [Card.WithPIN] for what needs one. A PIN is verified at
// most once per call, after its rules and the counter were looked at, and what
// a verified PIN opened is closed again on every path.
//
// The package touches nothing but the connection it is given. A connection is
// a PC/SC card, an emulated card or a test double with the four methods of
// [Conn].
package jpki

import (
	"context"
	"errors"
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

// Applications by their AID. The issuer domain and 券面 are only ever selected
// to leave the JPKI application.
var (
	aidJPKI         = []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	aidIssuerDomain = []byte{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00}
	aidCardFace     = []byte{0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02}
)

// Elementary files of the JPKI application.
const (
	efSignCert   = 0x0001
	efSignCA     = 0x0002
	efToken      = 0x0006
	efPresence   = 0x0008
	efAuthCert   = 0x000A
	efAuthCA     = 0x000B
	efAuthKey    = 0x0017
	efAuthPIN    = 0x0018
	efSignKey    = 0x001A
	efSignPIN    = 0x001B
	tokenSize    = 160
	presenceSize = 3
)

func (k Key) ef() uint16 {
	if k == KeyAuth {
		return efAuthKey
	}
	return efSignKey
}

func (k Key) pinEF() uint16 {
	if k == KeyAuth {
		return efAuthPIN
	}
	return efSignPIN
}

func (k Kind) ef() uint16 {
	switch k {
	case KindSign:
		return efSignCert
	case KindSignCA:
		return efSignCA
	case KindAuth:
		return efAuthCert
	default:
		return efAuthCA
	}
}

// PublicFile reports whether an EF of the JPKI application holds nothing
// personal: an [apdu.Tracer] may show its content.
func PublicFile(ef uint16) bool {
	switch ef {
	case efToken, efPresence, efSignCA, efAuthCA:
		return true
	}
	return false
}

// Card is a card behind a connection. It remembers what the reader and the
// card were found unable to do; all else is asked anew in each transaction. It
// is not safe for concurrent use.
type Card struct {
	conn      Conn
	shortOnly bool // an extended-length read failed
	queryCase byte // 2 where the counter query must be a case 2 command
}

// New gives the card behind conn. Nothing is sent yet.
func New(conn Conn) *Card { return &Card{conn: conn} }

// Read begins a transaction, selects the JPKI application, calls use, and ends
// the transaction. The App is dead once use returns. The error is
// [ErrNotJPKI], the connection's, or use's.
func (c *Card) Read(ctx context.Context, use func(*App) error) (err error) {
	if err := c.conn.Begin(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.conn.End()) }()
	app, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer app.die()
	return use(app)
}

// open selects the application in a transaction that has begun.
func (c *Card) open(ctx context.Context) (*App, error) {
	a := &App{card: c, ctx: ctx}
	return a, a.selectApplication()
}

// App is the selected JPKI application inside a transaction.
type App struct {
	card *Card
	ctx  context.Context // of the call that made the App, whose life it shares
	ef   uint16          // the current EF, 0 for none
	dead bool
}

func (a *App) die() { a.dead = true }

// send transmits one command unless the App is dead or its context has ended.
func (a *App) send(c apdu.Command) (apdu.Response, error) {
	if a.dead {
		return apdu.Response{}, ErrSessionOver
	}
	if err := context.Cause(a.ctx); err != nil {
		return apdu.Response{}, err
	}
	return apdu.Send(a.card.conn, c)
}

func (a *App) selectApplication() error {
	a.ef = 0
	cmd := apdu.Command{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: aidJPKI}
	r, err := a.send(cmd)
	if err == nil && r.SW == apdu.StatusNoInformation {
		// A contactless card can answer its first command after power-up so.
		r, err = a.send(cmd)
	}
	if err != nil {
		return err
	}
	if r.SW != apdu.StatusOK {
		return fmt.Errorf("%w: %w", ErrNotJPKI, r.SW)
	}
	return nil
}

// selectEF makes id the current EF, with no command where it already is.
func (a *App) selectEF(id uint16) error {
	if a.ef == id {
		return nil
	}
	r, err := a.send(apdu.Command{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{byte(id >> 8), byte(id)}})
	if err != nil {
		return err
	}
	if r.SW != apdu.StatusOK {
		return fmt.Errorf("SELECT EF %04X: %w", id, r.SW)
	}
	a.ef = id
	return nil
}

// leave selects another application, which drops every verified PIN of this
// one. It ignores the context: closing must happen on every path.
func (a *App) leave() error {
	a.ef = 0
	var err error
	for _, aid := range [][]byte{aidIssuerDomain, aidCardFace} {
		var r apdu.Response
		r, err = apdu.Send(a.card.conn, apdu.Command{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: aid})
		if err == nil {
			err = r.Err()
		}
		if err == nil {
			return nil
		}
	}
	return err
}
