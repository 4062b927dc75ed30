// Package token is one key of a マイナンバーカード as a PKCS #11 token: its certificate,
// its public and its private key, and the mechanisms that sign with it.
//
// A [Slot] is the place of the card. It caches the data read from the card
// until the card is removed. Many clients can share one. A [Client] is the
// state of one program: sessions, searches, signatures under way, and its
// log-in. It is a p11rpc.Module.
//
// Questions about the slot and about sessions send nothing to the card. Each
// signature is a PIN session of its own: between two calls no other program can
// use a key that a PIN has opened. The package never spends the last try of a
// PIN unless a person was told. In one process, it never sends a refused PIN
// again, and it never sends text that cannot be the PIN.
package token

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Insertion is a card that lies in a reader: one that was taken out and put
// back is another.
type Insertion struct {
	Reader string
	Event  uint16
	// Counted: the system counts insertions, so that an equal Insertion is
	// the same card. Otherwise nothing is remembered of a card for long.
	Counted bool
}

// Reader is where cards lie.
type Reader interface {
	// Cards lists those that are there, with no command to any.
	Cards() ([]Insertion, error)
	// Open connects to one. It fails where another has taken its place.
	Open(ctx context.Context, at Insertion) (Card, error)
	// Wait returns when the present cards differ from known, or when ctx
	// ends.
	Wait(ctx context.Context, known []Insertion) error
}

// Card is an open connection to a card, as [jpki.Card] is one.
type Card interface {
	WithApp(ctx context.Context, use func(*jpki.App) error) error
	WithPIN(ctx context.Context, k jpki.Key, p jpki.PIN, guard jpki.Guard, use func(*jpki.Session) error) error
	// Token is the kind of the card, and SetToken has it known, so that it is
	// not read again.
	Token() jpki.TokenKind
	SetToken(jpki.TokenKind)
	Close()
}

// Slot is one key of the card that lies there.
type Slot struct {
	Key    jpki.Key
	Reader Reader
	Now    func() time.Time
	// Certificate is the key's certificate where a program is to see it
	// although the card shows it only after its PIN; nil for none.
	Certificate *x509.Certificate
	// CA shows the CA's certificate too.
	CA bool
	// NoPSS reports a card that is known to make no RSASSA-PSS signatures,
	// by an earlier call of [Slot.OnNoPSS].
	NoPSS func(*x509.Certificate) bool
	// OnNoPSS is called for a card that refused to make one.
	OnNoPSS func(*x509.Certificate)

	once    sync.Once
	turn    chan struct{} // held by who uses the card
	mu      sync.Mutex    // guards the fields below
	known   map[Insertion]facts
	foreign map[Insertion]bool // cards without the JPKI application, or with ended certificates alone
	refused refusedPINs
}

// facts are the parts of a card that were read.
type facts struct {
	token    jpki.TokenKind // TokenUnknown also before the first look
	cert, ca *x509.Certificate
	certErr  error // why there is no cert
	// behindPIN: the card shows the certificate only after the PIN.
	behindPIN bool
	caRead    bool
	tries     jpki.Tries
	at        time.Time // when the tries were read; zero: never
}

// triesAge is the maximum age of a counter that programs get.
const triesAge = 2 * time.Second

func (s *Slot) init() {
	s.once.Do(func() {
		s.turn = make(chan struct{}, 1)
		s.known = map[Insertion]facts{}
		s.foreign = map[Insertion]bool{}
	})
}

// Close forgets the PINs that were refused. No client may use the slot any more.
func (s *Slot) Close() { s.refused.wipe() }

// acquire waits for the card. The returned function releases it.
func (s *Slot) acquire(ctx context.Context) (func(), error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// present finds the card without sending a command: the first one not known to
// be of another kind. It is false if PC/SC does not answer.
func (s *Slot) present() (Insertion, bool) {
	s.init()
	cards, err := s.Reader.Cards()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		cards = nil
	}
	for at := range s.known {
		if !slices.Contains(cards, at) {
			delete(s.known, at)
		}
	}
	for at := range s.foreign {
		if !slices.Contains(cards, at) {
			delete(s.foreign, at)
		}
	}
	for _, at := range cards {
		if !s.foreign[at] {
			return at, true
		}
	}
	return Insertion{}, false
}

// fact returns the cached data of a card, and whether it suffices for look.
func (s *Slot) fact(at Insertion, age time.Duration) (facts, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.known[at]
	if ok && !at.Counted && s.Now().Sub(f.at) > triesAge {
		delete(s.known, at) // perhaps another card by now
		return facts{}, false
	}
	return f, ok && !f.at.IsZero() && s.Now().Sub(f.at) <= age
}

func (s *Slot) remember(at Insertion, f facts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[at] = f
}

// look returns the data of a card, with a counter not older than age. It reads
// missing parts in one transaction. While another program uses the card, it
// returns the cached parts.
func (s *Slot) look(ctx context.Context, at Insertion, age time.Duration) (facts, error) {
	if f, ok := s.fact(at, age); ok {
		return f, nil
	}
	select {
	case s.turn <- struct{}{}:
	default:
		if f, _ := s.fact(at, 0); !f.at.IsZero() {
			return f, nil
		}
		done, err := s.acquire(ctx)
		if err != nil {
			return facts{}, err
		}
		done()
		return s.look(ctx, at, age)
	}
	defer func() { <-s.turn }()
	card, err := s.open(ctx, at)
	if err != nil {
		return facts{}, err
	}
	defer card.Close()
	return s.read(ctx, card, at)
}

// open connects to a card, and gives it the data read before.
func (s *Slot) open(ctx context.Context, at Insertion) (Card, error) {
	card, err := s.Reader.Open(ctx, at)
	if f, _ := s.fact(at, 0); err == nil && !f.at.IsZero() {
		card.SetToken(f.token)
	}
	return card, err
}

// read reads the missing data of a card, and its counter. The caller has the
// turn.
func (s *Slot) read(ctx context.Context, card Card, at Insertion) (facts, error) {
	f, _ := s.fact(at, 0)
	err := card.WithApp(ctx, func(app *jpki.App) (err error) {
		if err := app.CheckToken(); err != nil {
			return err
		}
		if err := s.readCertificates(app, &f); err != nil {
			return err
		}
		f.tries, err = app.Tries(s.Key)
		return err
	})
	_, ended := errors.AsType[*jpki.TokenError](err)
	switch {
	case errors.Is(err, jpki.ErrNotJPKI), ended:
		s.mu.Lock()
		s.foreign[at] = true
		s.mu.Unlock()
	case err == nil:
		f.at, f.token = s.Now(), card.Token()
		s.remember(at, f)
	}
	return f, err
}

// readCertificates reads the certificates that the card shows without a PIN. A
// hidden certificate is no error here.
func (s *Slot) readCertificates(app *jpki.App, f *facts) (err error) {
	switch {
	case f.cert != nil || f.certErr != nil:
	case s.Certificate != nil:
		f.cert = s.Certificate
	case f.behindPIN:
	case s.Key == jpki.KeySign:
		f.behindPIN = true
	default:
		f.cert, err = app.Certificate(s.Key.Certificate())
		if f.certErr, err = certificateError(err); err != nil {
			return err
		}
		if errors.Is(f.certErr, jpki.ErrNeedsPIN) {
			f.certErr, f.behindPIN = nil, true
		}
	}
	if s.CA && !f.caRead {
		f.ca, err = app.Certificate(s.Key.Certificate().CA())
		if _, err = certificateError(err); err != nil {
			return err
		}
		f.caRead = true
	}
	return nil
}

// certificateError separates the reason for a missing certificate from an error
// of the connection.
func certificateError(err error) (about, other error) {
	if e, ok := errors.AsType[*jpki.CertificateError](err); ok {
		return e, nil
	}
	return nil, err
}

// noteCertificate notes a certificate that was read in a PIN session.
func (s *Slot) noteCertificate(at Insertion, cert *x509.Certificate) {
	f, _ := s.fact(at, 0)
	f.cert, f.certErr = cert, nil
	s.remember(at, f)
}

// forget has the counter read again before anybody is told of it.
func (s *Slot) forget(at Insertion) {
	f, _ := s.fact(at, 0)
	f.at = time.Time{}
	s.remember(at, f)
}

// counted notes a counter that was seen, or that a PIN left behind.
func (s *Slot) counted(at Insertion, t jpki.Tries) {
	f, _ := s.fact(at, 0)
	f.tries, f.at = t, s.Now()
	s.remember(at, f)
}

// makesPSS reports whether RSASSA-PSS can be asked of a card.
func (s *Slot) makesPSS(cert *x509.Certificate) bool {
	return cert != nil && (s.NoPSS == nil || !s.NoPSS(cert))
}
