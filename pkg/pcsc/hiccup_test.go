package pcsc

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// This is the table of hiccups: what package jpki does with a card behind this
// package's connections, when one PC/SC call of it fails. Before a PIN has left,
// a hiccup is not noticed; a PIN, a change and a signature are never sent twice.

// exchange has the virtual card answer a command, or fails as the test wants it:
// before the card has run the command, or after.
func (c fakeCard) exchange(cmd []byte) ([]byte, error) {
	c.mu.Lock()
	c.sent = append(c.sent, bytes.Clone(cmd)) // of a virtual card's PIN, which nobody has to wipe
	late := c.late
	c.mu.Unlock()
	err := c.call(opTransmit)
	if err != nil && !late {
		return nil, err
	}
	answer, cardErr := c.emulated.Transmit(cmd)
	if err != nil {
		return nil, err
	}
	return answer, cardErr
}

// work is an operation of the program.
type work struct {
	name string
	key  jpki.Key // whose PIN it sends; 0: none
	pin  string
	do   func(ctx context.Context, card *jpki.Card, w work) error
}

func (w work) withPIN(ctx context.Context, card *jpki.Card, use func(*jpki.Session) error) error {
	return card.WithPIN(ctx, w.key, jpki.NewPIN([]byte(w.pin)), nil, use)
}

func look(a *jpki.App, sheet jpki.Sheet) error {
	_, tokenErr := a.Token()
	_, presenceErr := a.Presence()
	_, certErr := a.Certificate(jpki.KindAuth)
	_, signErr := a.Tries(jpki.KeySign)
	_, authErr := a.Tries(jpki.KeyAuth)
	return errors.Join(sheet.Err, tokenErr, presenceErr, certErr, signErr, authErr)
}

var works = []work{
	{name: "status", do: func(ctx context.Context, card *jpki.Card, _ work) error { return card.WithSheet(ctx, look) }},
	{name: "cert export auth", do: func(ctx context.Context, card *jpki.Card, _ work) error {
		return card.WithApp(ctx, func(a *jpki.App) error {
			_, err := a.Certificate(jpki.KindAuth)
			return err
		})
	}},
	{name: "pin verify", key: jpki.KeySign, pin: virtualcard.SignPIN, do: func(ctx context.Context, card *jpki.Card, w work) error {
		return w.withPIN(ctx, card, func(*jpki.Session) error { return nil })
	}},
	{name: "pin verify, wrong", key: jpki.KeyAuth, pin: "9999", do: func(ctx context.Context, card *jpki.Card, w work) error {
		err := w.withPIN(ctx, card, func(*jpki.Session) error { return nil })
		if wrong := (*jpki.PINError)(nil); errors.As(err, &wrong) && wrong.Left == 2 {
			return nil // as it should be
		}
		return cmpOr(err, errors.New("the wrong PIN was right"))
	}},
	{name: "pin change", key: jpki.KeySign, pin: virtualcard.SignPIN, do: func(ctx context.Context, card *jpki.Card, w work) error {
		return w.withPIN(ctx, card, func(s *jpki.Session) error { return s.ChangePIN(jpki.NewPIN([]byte("NEWER99"))) })
	}},
	{name: "sign", key: jpki.KeySign, pin: virtualcard.SignPIN, do: func(ctx context.Context, card *jpki.Card, w work) error {
		return w.withPIN(ctx, card, func(s *jpki.Session) error {
			cert, err := s.Certificate(jpki.KindSign)
			if err != nil {
				return err
			}
			digest := sha256.Sum256([]byte("見本"))
			_, err = s.Signer(cert).Sign(nil, digest[:], crypto.SHA256)
			return err
		})
	}},
	{name: "asked for the PIN", key: jpki.KeyAuth, pin: virtualcard.AuthPIN, do: func(ctx context.Context, card *jpki.Card, w work) error {
		err := card.WithApp(ctx, func(a *jpki.App) error { _, err := a.Tries(w.key); return err })
		return cmpOr(err, w.withPIN(ctx, card, func(*jpki.Session) error { return nil }))
	}},
}

func cmpOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// secrets lists the instructions of the commands that must not be repeated.
func secrets(sent [][]byte) (found []byte) {
	for _, cmd := range sent {
		ins := cmd[1]
		if ins == apdu.InsPerformSecurityOperation || len(cmd) > 5 && (ins == apdu.InsVerify || ins == apdu.InsChangeReferenceData) {
			found = append(found, ins)
		}
	}
	return found
}

// trial is one operation with one failing call.
type trial struct {
	w    work
	card *virtualcard.Card
	f    *fake
	err  error
}

// run connects to the card and does the work. fail sets up the failure, at the
// exchange with the number at, counted from 0.
func run(t *testing.T, w work, card *virtualcard.Card, at int, fail func(*fake)) trial {
	t.Helper()
	f := newFake(readerStatus{name: "reader", event: card1, atr: card.ATR()})
	f.emulated = card
	card.PowerOn()
	pc := with(t, f, onLinux)
	connection, err := pc.Connect(t.Context(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	f.seen()
	if fail != nil {
		watched := &nth{Card: connection, at: at, before: func() { fail(f) }}
		err = w.do(t.Context(), jpki.New(watched), w)
	} else {
		err = w.do(t.Context(), jpki.New(connection), w)
	}
	f.fails = map[string][]uint32{}
	if closeErr := connection.Close(); closeErr != nil {
		t.Errorf("%s: Close: %v", w.name, closeErr)
	}
	return trial{w, card, f, err}
}

// nth is a connection that calls a function before an exchange.
type nth struct {
	*Card
	at     int
	before func()
}

func (n *nth) Transmit(cmd []byte) ([]byte, error) {
	return n.TransmitContext(context.Background(), cmd)
}

func (n *nth) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	if n.at == 0 {
		n.before()
	}
	n.at--
	return n.Card.TransmitContext(ctx, cmd)
}

// closed reports that no PIN is open for the next program.
func closed(t *testing.T, card *virtualcard.Card) bool {
	t.Helper()
	card.PowerOn()
	for _, raw := range []string{"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", "\x80\x2A\x00\x97\x01\x2A\x00", "\x80\x2A\x00\x9A\x01\x2A\x00"} {
		answer, err := card.Transmit([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw[1] == 0x2A && !bytes.Equal(answer, []byte{0x69, 0x82}) {
			return false
		}
	}
	return true
}

func TestHiccups(t *testing.T) {
	codes := []uint32{0x80100066, 0x8010001F, 0x80100001, codeNoSmartcard}
	for code := range temporary {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	persona, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(persona, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fresh, cells := card.State(), 0
	reset := func() {
		card.PowerOff()
		if err := card.SetState(fresh); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range works {
		reset()
		good := run(t, w, card, -1, nil)
		if good.err != nil {
			t.Fatalf("%s: %v", w.name, good.err)
		}
		first := slices.IndexFunc(good.f.sent, func(cmd []byte) bool { return len(secrets([][]byte{cmd})) > 0 })
		if first < 0 {
			first = len(good.f.sent)
		}
		for at := range good.f.sent {
			for _, code := range codes {
				for _, late := range []bool{false, true} {
					for _, times := range []int{1, 2, 3} {
						cells++
						name := fmt.Sprintf("%s, exchange %d, %08X, after the card %v, %d times", w.name, at, code, late, times)
						reset()
						got := run(t, w, card, at, func(f *fake) {
							f.fail(opTransmit, slices.Repeat([]uint32{code}, times)...)
							if late {
								f.late = true
							}
						})
						switch {
						case at >= first: // checked below
						case temporary[code] && times <= 2:
							if got.err != nil {
								t.Errorf("%s: %v", name, got.err)
							}
						case got.err == nil && !mayBeMissed(good.f.sent[at]):
							t.Errorf("%s: nothing was noticed", name)
						}
						got.check(t, name, good, fresh)
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
	if cells < 2500 {
		t.Errorf("the table has shrunk to %d cells", cells)
	}
}

// TestHiccupsAround shows that the work succeeds if the calls that begin and
// end transactions fail once or twice, and that a PIN is then closed in another
// way.
func TestHiccupsAround(t *testing.T) {
	persona, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(persona, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fresh := card.State()
	for _, w := range works {
		for _, op := range []string{opConnect, opBegin, opEnd, opReconnect} {
			for code := range temporary {
				for times := range 3 {
					card.PowerOff()
					if err := card.SetState(fresh); err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%s, %s %08X, %d times", w.name, op, code, times)
					f := newFake(readerStatus{name: "reader", event: card1, atr: card.ATR()})
					f.emulated = card
					pc := with(t, f, onLinux)
					card.PowerOn()
					f.fail(op, slices.Repeat([]uint32{code}, times)...)
					connection, err := pc.Connect(t.Context(), "reader")
					if err != nil {
						t.Fatal(err)
					}
					err = w.do(t.Context(), jpki.New(connection), w)
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					if err := connection.Close(); err != nil {
						t.Errorf("%s: Close: %v", name, err)
					}
					got := trial{w, card, f, err}
					got.check(t, name, trial{f: f}, fresh)
				}
			}
		}
	}
}

// mayBeMissed reports a command without which the work succeeds: a long READ,
// which shorter ones replace, and the query of the card's last day.
func mayBeMissed(cmd []byte) bool { return apdu.IsExtended(cmd) }

// check checks that no PIN, change or signature was sent twice, no try was
// lost, and everything is closed.
func (got trial) check(t *testing.T, name string, good trial, fresh virtualcard.State) {
	t.Helper()
	if found, all := secrets(got.f.sent), secrets(good.f.sent); !bytes.HasPrefix(all, found) {
		t.Errorf("%s: sent %X, without a fault %X", name, found, all)
	}
	after := got.card.State()
	used := fresh.Sign.Left - after.Sign.Left + fresh.Auth.Left - after.Auth.Left
	if used > 1 || used == 1 && got.w.pin != "9999" && !unconfirmed(got.err) {
		t.Errorf("%s: %d tries were lost (%v)", name, used, got.err)
	}
	if used == 1 && got.err != nil && !errors.As(got.err, new(*jpki.UnansweredError)) && !unconfirmed(got.err) {
		t.Errorf("%s: a try was used, and it says %v", name, got.err)
	}
	if !closed(t, got.card) {
		t.Errorf("%s: a PIN is open", name)
	}
}

func unconfirmed(err error) bool { return errors.As(err, new(*jpki.UnconfirmedChangeError)) }
