package token

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var errNoService = errors.New("no PC/SC service")

// desk is a reader with virtual cards, and a clock.
type desk struct {
	t       *testing.T
	mu      sync.Mutex
	cards   map[Insertion]*virtualcard.Card
	order   []Insertion
	event   uint16
	changed chan struct{}
	broken  bool // no PC/SC service
	sent    [][]byte
	clock   time.Time
	opened  int // connections that are open
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, cards: map[Insertion]*virtualcard.Card{}, changed: make(chan struct{}), clock: time.Now()}
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) later(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

// insert puts a persona's card into the reader.
func (d *desk) insert(persona string, o virtualcard.Options) *virtualcard.Card {
	d.t.Helper()
	p, ok := virtualcard.Lookup(persona)
	if !ok {
		d.t.Fatal(persona)
	}
	card, err := virtualcard.New(p, d.clock, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.put(card)
	return card
}

func (d *desk) put(card *virtualcard.Card) {
	card.Observe(func(cmd, _ []byte) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.sent = append(d.sent, bytes.Clone(cmd))
	})
	d.change(func() {
		d.event++
		at := Insertion{"reader", d.event, true}
		d.cards[at] = card
		d.order = append(d.order, at)
	})
}

// remove takes every card out.
func (d *desk) remove() {
	d.change(func() {
		d.event++
		for _, card := range d.cards {
			card.PowerOff()
		}
		clear(d.cards)
		d.order = nil
	})
}

func (d *desk) change(do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) Cards() ([]Insertion, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return nil, errNoService
	}
	return slices.Clone(d.order), nil
}

func (d *desk) Open(_ context.Context, at Insertion) (Card, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	card, ok := d.cards[at]
	switch {
	case d.broken:
		return nil, errNoService
	case !ok:
		return nil, ErrGone
	}
	d.opened++
	return &opened{jpki.New(&slotConn{virtualcard.Slot{Card: card}, d, at}), d}, nil
}

func (d *desk) Wait(ctx context.Context, known []Insertion) error {
	for {
		d.mu.Lock()
		same, changed := slices.Equal(d.order, known), d.changed
		d.mu.Unlock()
		if !same {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// slotConn is a connection that fails once its card is removed.
type slotConn struct {
	virtualcard.Slot
	desk *desk
	at   Insertion
}

func (c *slotConn) there() bool {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	return c.desk.cards[c.at] != nil
}

func (c *slotConn) Begin(ctx context.Context) error {
	if !c.there() {
		return ErrGone
	}
	return c.Slot.Begin(ctx)
}

func (c *slotConn) Transmit(cmd []byte) ([]byte, error) {
	if !c.there() {
		return nil, ErrGone
	}
	return c.Slot.Transmit(cmd)
}

type opened struct {
	*jpki.Card
	desk *desk
}

func (o *opened) Close() {
	o.desk.mu.Lock()
	defer o.desk.mu.Unlock()
	o.desk.opened--
}

// commands returns the commands sent since the last call.
func (d *desk) commands() [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	sent := d.sent
	d.sent = nil
	return sent
}

// verifies counts the commands with a PIN.
func verifies(sent [][]byte) (n int) {
	for _, b := range sent {
		if c, err := apdu.Parse(b); err == nil && c.INS == apdu.InsVerify && len(c.Data) > 0 {
			n++
		}
	}
	return n
}

// closed checks that another program cannot sign with either key.
func (d *desk) closed() {
	d.t.Helper()
	d.mu.Lock()
	cards, seen := slices.Clone(d.order), len(d.sent)
	d.mu.Unlock()
	for _, at := range cards {
		d.mu.Lock()
		card := d.cards[at]
		d.mu.Unlock()
		send := func(c apdu.Command) apdu.Status {
			r, err := apdu.Send(virtualcard.Slot{Card: card}, c)
			if err != nil {
				d.t.Fatal(err)
			}
			return r.SW
		}
		card.PowerOn()
		aid := []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
		send(apdu.Command{INS: apdu.InsSelect, P1: 4, P2: 0x0C, Data: aid})
		for _, key := range []byte{0x17, 0x1A} {
			send(apdu.Command{INS: apdu.InsSelect, P1: 2, P2: 0x0C, Data: []byte{0, key}})
			sw := send(apdu.Command{CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P2: 0x80, Data: make([]byte, 32), Ne: 256})
			if sw != apdu.StatusSecurityNotSatisfied {
				d.t.Errorf("another program uses key %02X: %v", key, sw)
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = d.sent[:seen]
}

// person is an owner who answers as the test tells.
type person struct {
	pin     string
	err     error // instead of a PIN
	asked   []jpki.Tries
	reports []error
	agrees  bool // to spend the last try
	before  func(context.Context)
}

func (p *person) PIN(ctx context.Context, _ Purpose, t jpki.Tries) (jpki.PIN, jpki.Guard, error) {
	p.asked = append(p.asked, t)
	if p.before != nil {
		p.before(ctx)
	}
	if p.err != nil {
		return jpki.PIN{}, nil, p.err
	}
	return jpki.NewPIN([]byte(p.pin)), func(now jpki.Tries) error {
		if now.Left < t.Left || now.Left == 1 && !p.agrees {
			return ErrKept
		}
		return nil
	}, nil
}

func (p *person) Guard(t jpki.Tries) error {
	if t.Left <= 1 {
		return ErrKept
	}
	return nil
}

func (p *person) Refused() error   { return ErrRefusedBefore }
func (p *person) Report(err error) { p.reports = append(p.reports, err) }

// program is a client together with the calls that a program makes.
type program struct {
	*Client
	t     *testing.T
	desk  *desk
	owner *person
}

func (d *desk) slot(key jpki.Key) *Slot { return &Slot{Key: key, Reader: d, Now: d.now} }

func (d *desk) program(s *Slot, asking Asking) *program {
	d.t.Helper()
	pin := virtualcard.AuthPIN
	if s.Key == jpki.KeySign {
		pin = virtualcard.SignPIN
	}
	owner := &person{pin: pin}
	p := &program{&Client{Slot: s, Owner: owner, Asking: asking}, d.t, d, owner}
	p.must(p.Initialize())
	d.t.Cleanup(p.Close)
	return p
}

func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// open opens a session.
func (p *program) open() p11rpc.Handle {
	p.t.Helper()
	s, err := p.OpenSession(p.t.Context(), slotID, p11rpc.SerialSession)
	p.must(err)
	return s
}

// find looks for objects of a class.
func (p *program) find(s p11rpc.Handle, class uint64) []p11rpc.Handle {
	p.t.Helper()
	p.must(p.FindInit(p.t.Context(), s, []p11rpc.Attribute{{Type: p11rpc.AttrClass, Value: p11rpc.Ulong(class)}}))
	found, err := p.Find(s, 10)
	p.must(err)
	p.must(p.FindFinal(s))
	return found
}

// readCertificate reads the certificate. There must be exactly one.
func (p *program) readCertificate(s p11rpc.Handle) *x509.Certificate {
	p.t.Helper()
	found := p.find(s, classCertificate)
	if len(found) != 1 {
		p.t.Fatalf("%d certificates", len(found))
	}
	values, err := p.Attributes(p.t.Context(), s, found[0], []p11rpc.AttributeType{p11rpc.AttrValue})
	p.must(err)
	c, err := x509.ParseCertificate(values[0])
	p.must(err)
	return c
}

// list reads the slot, the token and its objects, as a program does that shows
// them.
func (p *program) list() p11rpc.Handle {
	p.t.Helper()
	_, err := p.Slots(true)
	p.must(err)
	_, err = p.TokenInfo(p.t.Context(), slotID)
	p.must(err)
	s := p.open()
	for class := range uint64(4) {
		for _, o := range p.find(s, class) {
			_, err := p.Attributes(p.t.Context(), s, o, []p11rpc.AttributeType{p11rpc.AttrID, p11rpc.AttrLabel, p11rpc.AttrClass})
			p.must(err)
		}
	}
	return s
}

var message = []byte("a challenge")

// signs makes a signature with CKM_SHA256_RSA_PKCS and verifies it with the
// certificate.
func (p *program) signs(s p11rpc.Handle) error {
	p.t.Helper()
	if err := p.SignInit(s, p11rpc.Mechanism{Type: p11rpc.SHA256RSAPKCS}, privateKeyObject); err != nil {
		return err
	}
	sig, err := p.Sign(p.t.Context(), s, message)
	p.desk.closed()
	if err != nil {
		return err
	}
	digest := sha256.Sum256(message)
	key := p.cert.PublicKey.(*rsa.PublicKey)
	p.must(rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig))
	return nil
}

// logsIn calls C_Login with a PIN, or without one.
func (p *program) logsIn(s p11rpc.Handle, pin string) error {
	p.t.Helper()
	var b []byte
	if pin != "" {
		b = []byte(pin)
	}
	err := p.Login(p.t.Context(), s, p11rpc.User, b)
	p.desk.closed()
	return err
}
