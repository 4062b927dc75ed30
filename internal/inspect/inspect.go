// Package inspect is the one look at a card: a snapshot of its certificates and
// PINs, the next steps about them, and the memory of a certificate that cannot
// be read without its PIN.
package inspect

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

// Card is a snapshot of a card.
type Card struct {
	Reader     string
	Demo       bool
	Token      jpki.Token
	Sign, Auth Key
	LastDay    *cert.Date // of the card itself; nil if unknown
	Now        time.Time
}

// Keys lists the keys, in the order in which they are shown.
func (s Card) Keys() []Key { return []Key{s.Sign, s.Auth} }

// Key is a snapshot of a key: its certificate and its PIN.
type Key struct {
	Certificate
	PIN PIN
}

type Certificate struct {
	Kind   jpki.Kind
	State  State
	Cert   *x509.Certificate // nil if it could not be read
	Err    error             // the cause, if State is Unreadable
	Issuer Issuer            // of Cert
	Seen   *RememberedSign   // the remembered data of a signing certificate that was not read
}

// Validity is from when to when the certificate is valid, as far as is known.
func (c Certificate) Validity() (v cert.Validity, known bool) {
	switch {
	case c.Cert != nil:
		return cert.ValidityOf(c.Cert), true
	case c.Seen != nil:
		return cert.Validity{NotAfter: c.Seen.NotAfter}, true
	}
	return cert.Validity{}, false
}

// Fingerprint identifies a certificate of known validity.
func (c Certificate) Fingerprint() string {
	if c.Cert != nil {
		return cert.FingerprintOf(c.Cert).String()
	}
	return c.Seen.Fingerprint
}

// State is the state of a certificate on its card. The values are those of the
// JSON document.
type State string

const (
	Valid       State = "valid"
	RenewalOpen State = "renewal-open"
	Expired     State = "expired"
	NotYetValid State = "not-yet-valid"
	NeedsPIN    State = "needs-pin"
	Absent      State = "absent"
	Unreadable  State = "unreadable"
)

var States = map[cert.State]State{
	cert.Valid:       Valid,
	cert.RenewalOpen: RenewalOpen,
	cert.Expired:     Expired,
	cert.NotYetValid: NotYetValid,
}

type PIN struct {
	Key   jpki.Key
	Tries jpki.Tries
	Err   error // the counter could not be read
}

// Look reads all that is free and, where PINs are wanted, the certificates that
// they guard.
func Look(ctx context.Context, from *cards.Opener, pins *unlock.Options, m *Memory) (s Card, err error) {
	if pins == nil {
		s, err = freeStatus(ctx, from)
	} else {
		s, err = guardedStatus(ctx, from, pins)
	}
	if err != nil {
		return s, err
	}
	if s.Sign.Cert != nil {
		m.Remember(ctx, s.Auth.Cert, s.Sign.Cert)
	} else if seen, ok := m.recall(ctx, s.Auth.Cert); ok && s.Sign.State == NeedsPIN {
		s.Sign.Seen = &seen
	}
	return s, nil
}

func freeStatus(ctx context.Context, from *cards.Opener) (s Card, err error) {
	card, err := from.Open(ctx)
	if err != nil {
		return s, err
	}
	defer card.Close()
	err = card.WithSheet(ctx, func(app *jpki.App, sheet jpki.Sheet) (err error) {
		s, err = Read(app, from.Env.Now())
		s.recordSheet(sheet)
		return err
	})
	s.Reader, s.Demo = card.Reader, card.Demo
	return s, err
}

// guardedStatus reads everything in one session of the signing password, so
// that all data is from one card. It reads a phone's authentication certificate
// in a session of its own PIN. It asks for no PIN that is blocked or has no
// certificate, and still shows the rest.
func guardedStatus(ctx context.Context, from *cards.Opener, pins *unlock.Options) (s Card, err error) {
	u, err := unlock.New(from, pins, false)
	if err != nil {
		return s, err
	}
	defer u.Close()
	var lastDay *cert.Date
	err = u.WithCurrentPIN(ctx, jpki.KeySign, func(card *cards.Card, _ jpki.PIN) error {
		// The sheet is not looked at once a PIN is verified.
		return card.WithSheet(ctx, func(_ *jpki.App, sheet jpki.Sheet) error {
			var s Card
			s.recordSheet(sheet)
			lastDay = s.LastDay
			return nil
		})
	}, func(card *cards.Card, session *jpki.Session) error {
		// The certificate comes first: looking at the counter of an open PIN
		// can close it.
		sign, signErr := session.Certificate(jpki.KindSign)
		if cards.Fatal(signErr) {
			return signErr
		}
		if s, err = Read(session.App, from.Env.Now()); err != nil {
			return err
		}
		s.Sign.record(sign, signErr, s.Now)
		s.Reader, s.Demo, s.LastDay = card.Reader, card.Demo, lastDay
		return nil
	})
	if unaskable(err) {
		s, err = freeStatus(ctx, from)
	}
	if err != nil {
		return s, err
	}
	if s.Auth.State != NeedsPIN || !u.Sources.CurrentKind().Interactive() {
		return s, nil
	}
	err = u.WithPIN(ctx, jpki.KeyAuth, func(_ *cards.Card, session *jpki.Session) error {
		read, readErr := session.Certificate(jpki.KindAuth)
		if cards.Fatal(readErr) {
			return readErr
		}
		if token, err := session.Token(); err != nil || token != s.Token {
			return errors.Join(pcsc.ErrCardRemoved, err) // another one lies there now
		}
		s.Auth.record(read, readErr, s.Now)
		full := jpki.KeyAuth.MaxTries() // its PIN was right
		s.Auth.PIN = PIN{Key: jpki.KeyAuth, Tries: jpki.Tries{Left: full, Max: full}}
		return nil
	})
	if unaskable(err) {
		err = nil
	}
	return s, err
}

// recordSheet keeps the card's sheet.
func (s *Card) recordSheet(sheet jpki.Sheet) {
	if sheet.Err == nil && !sheet.LastDay.IsZero() {
		day := cert.DateOf(sheet.LastDay)
		s.LastDay = &day
	}
}

// Unread reports that a part of the card could not be read. Good results for
// the other parts then do not mean that all is well.
func (s Card) Unread() bool {
	for _, k := range s.Keys() {
		if k.PIN.Err != nil || k.State == Unreadable && !errors.Is(k.Err, jpki.ErrDamaged) {
			return true
		}
	}
	return false
}

// unaskable reports a PIN that was not asked for because it could open nothing.
func unaskable(err error) bool {
	var blocked *jpki.BlockedError
	var token *jpki.TokenError
	return errors.As(err, &blocked) || errors.As(err, &token) || errors.Is(err, jpki.ErrAbsent)
}

// Read visits every free file once. The failure of one part of the card does
// not keep the others from being shown; only a lost card ends it.
func Read(app *jpki.App, now time.Time) (s Card, err error) {
	s.Now = now
	if s.Token, err = app.Token(); cards.Fatal(err) {
		return s, err
	}
	if err := s.ReadPresence(app); err != nil {
		return s, err
	}
	read, err := app.Certificate(jpki.KindAuth)
	if cards.Fatal(err) {
		return s, err
	}
	s.Auth.record(read, err, now)
	return s, s.ReadCounters(app)
}

// ReadPresence reads whether the signing certificate exists. It is the only one
// that the card reports before its PIN.
func (s *Card) ReadPresence(app *jpki.App) error {
	presence, err := app.Presence()
	if cards.Fatal(err) {
		return err
	}
	s.Sign.Kind, s.Sign.State = jpki.KindSign, NeedsPIN
	if err == nil && !presence.Sign {
		s.Sign.State = Absent
	}
	s.Auth.Kind = jpki.KindAuth
	return nil
}

// ReadCounters asks for both counters; a failing one does not hide the other.
func (s *Card) ReadCounters(app *jpki.App) (err error) {
	if s.Sign.PIN, err = readCounter(app, jpki.KeySign); err == nil {
		s.Auth.PIN, err = readCounter(app, jpki.KeyAuth)
	}
	return err
}

func readCounter(app *jpki.App, k jpki.Key) (PIN, error) {
	p := PIN{Key: k}
	if p.Tries, p.Err = app.Tries(k); cards.Fatal(p.Err) {
		return p, p.Err
	}
	return p, nil
}

// ID identifies a card: the SHA-256 fingerprint of its authentication
// certificate, which reveals nothing about its holder. It is empty if that
// certificate could not be read.
func (s *Card) ID() string {
	if s.Auth.Cert == nil {
		return ""
	}
	return cert.FingerprintOf(s.Auth.Cert).String()
}

// Recognize finds the issuers of the certificates among CAs trusted beside the
// published ones.
func (s *Card) Recognize(believed []castore.Known) {
	for _, c := range []*Certificate{&s.Sign.Certificate, &s.Auth.Certificate} {
		if c.Cert != nil {
			c.Issuer.recognize(c.Cert, believed)
		}
	}
}

// SameCounters reports whether two looks at a card showed the same counters.
func (s Card) SameCounters(as Card) bool {
	same := func(p, q PIN) bool { return p.Key == q.Key && p.Tries == q.Tries && (p.Err == nil) == (q.Err == nil) }
	return same(s.Sign.PIN, as.Sign.PIN) && same(s.Auth.PIN, as.Auth.PIN)
}

// StateAt is the state of a certificate of the card at a time; it is not known of
// one that was not read. On a phone no renewal opens.
func (s Card) StateAt(c Certificate, at time.Time) (state State, known bool) {
	v, known := c.Validity()
	if !known {
		return c.State, false
	}
	return stateOn(s.Token.Kind, States[v.State(at)]), true
}

// Renews reports a kind of card with a known renewal date.
func (s Card) Renews() bool { return stateOn(s.Token.Kind, RenewalOpen) == RenewalOpen }

// stateOn is a state by the rules of the token that carries the certificate:
// when one is renewed is known of cards alone.
func stateOn(token jpki.TokenKind, state State) State {
	if state == RenewalOpen && (token.OnPhone() || !token.Usable()) {
		return Valid
	}
	return state
}

// generation names the CA that issued c by its key identifier, "" if unknown.
func generation(c *x509.Certificate) string {
	id := strings.ToUpper(hex.EncodeToString(c.AuthorityKeyId))
	for _, p := range append(trust.Pins(), trust.DemoPins()...) {
		if id != "" && p.SubjectKeyID == id {
			return p.ID
		}
	}
	return ""
}

// MaybeWithoutPINs reports a card without signing certificate and without a PIN
// that works. It is a face-authentication card, or an ordinary card without
// signing certificate and with its authentication PIN blocked. Nothing tells
// the two apart.
func (s Card) MaybeWithoutPINs() bool {
	return s.Sign.State == Absent && s.Auth.PIN.Err == nil && s.Auth.PIN.Tries.Blocked()
}

var StateNames = map[State]text{
	Valid:       {JA: "有効期間内です", EN: "within its validity"},
	RenewalOpen: {JA: "有効期間内です(更新できます)", EN: "within its validity, renewal is open"},
	Expired:     {JA: "有効期間が過ぎています", EN: "expired"},
	NotYetValid: {JA: "有効期間の前です", EN: "not yet valid"},
}
