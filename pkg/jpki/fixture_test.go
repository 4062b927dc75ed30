package jpki_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Errors of a slot.
var (
	errReader = errors.New("the reader failed")
	errGone   = errors.New("the card was taken out")
)

// slot is a reader with a virtual card: a jpki.Conn that records what is done
// to it and produces faults.
type slot struct {
	card     *virtualcard.Card
	gone     bool // the card was taken out
	stubborn bool // cutting the power does not reach the card

	beginErr, endErr, unpowerErr error

	// fault stands between the client and the card. n counts the commands
	// from 0; run has the card do the command.
	fault func(n int, run func() ([]byte, error)) ([]byte, error)

	begun                  bool
	begins, ends, unpowers int
	sent                   [][]byte // commands of the client
	ran                    [][]byte // those that reached the card
	left                   bool     // the card was told to leave the application since VERIFY, and did
	misuse                 []string // what no client may do
}

func (s *slot) Begin(ctx context.Context) error {
	if s.begun {
		s.misuse = append(s.misuse, "Begin inside a transaction")
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.beginErr != nil:
		return s.beginErr
	case s.gone:
		return errGone
	}
	s.begins++
	s.begun = true
	s.card.PowerOn()
	return nil
}

func (s *slot) over(what string) {
	if !s.begun {
		s.misuse = append(s.misuse, what+" outside a transaction")
	}
	s.begun = false
}

func (s *slot) End() error {
	s.over("End")
	s.ends++
	if s.gone {
		return errGone
	}
	return s.endErr
}

func (s *slot) Unpower() error {
	s.over("Unpower")
	s.unpowers++
	if s.unpowerErr == nil && !s.stubborn {
		s.card.PowerOff()
	}
	return s.unpowerErr
}

func (s *slot) Transmit(cmd []byte) ([]byte, error) {
	if !s.begun {
		s.misuse = append(s.misuse, fmt.Sprintf("INS %02X outside a transaction", cmd[1]))
	}
	n := len(s.sent)
	s.sent = append(s.sent, bytes.Clone(cmd))
	run := func() ([]byte, error) {
		if s.gone {
			return nil, errGone
		}
		s.ran = append(s.ran, bytes.Clone(cmd))
		answer, err := s.card.Transmit(cmd)
		switch {
		case isPIN(cmd, apdu.InsVerify):
			s.left = false
		case leaves(cmd) && bytes.Equal(answer, []byte{0x90, 0x00}):
			s.left = true
		}
		return answer, err
	}
	if s.fault != nil {
		return s.fault(n, run)
	}
	return run()
}

// pull takes the card out.
func (s *slot) pull() {
	s.gone = true
	s.card.PowerOff()
}

// isPIN reports a command with this instruction that carries a PIN.
func isPIN(cmd []byte, ins byte) bool { return cmd[1] == ins && len(cmd) > 5 }

// withPIN counts such commands.
func withPIN(cmds [][]byte, ins byte) (n int) {
	for _, c := range cmds {
		if isPIN(c, ins) {
			n++
		}
	}
	return n
}

// leaves reports a SELECT of another application.
func leaves(cmd []byte) bool {
	return bytes.Equal(cmd, selectIssuerDomain) || bytes.Equal(cmd, selectCardFace)
}

// The commands of card.md, written out once more.
var (
	selectJPKI         = []byte("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
	selectIssuerDomain = []byte("\x00\xA4\x04\x0C\x07\xA0\x00\x00\x01\x51\x00\x00")
	selectCardFace     = []byte("\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02")
	selectAuthKey      = []byte("\x00\xA4\x02\x0C\x02\x00\x17")
	selectAuthPIN      = []byte("\x00\xA4\x02\x0C\x02\x00\x18")
	selectSignKey      = []byte("\x00\xA4\x02\x0C\x02\x00\x1A")
	selectSignPIN      = []byte("\x00\xA4\x02\x0C\x02\x00\x1B")
	verifySign         = []byte("\x00\x20\x00\x80\x07DEMO123")
	verifyAuth         = []byte("\x00\x20\x00\x80\x041234")
	signOneByte        = []byte("\x80\x2A\x00\x80\x01\x2A\x00")
)

// sendAsOther sends commands to the card as another program and returns the
// status word of the last one.
func sendAsOther(t testing.TB, card *virtualcard.Card, cmds ...[]byte) apdu.Status {
	t.Helper()
	var r apdu.Response
	for _, cmd := range cmds {
		raw, err := card.Transmit(cmd)
		if err == nil {
			r, err = apdu.ParseResponse(raw)
		}
		if err != nil {
			t.Fatalf("% X: %v", cmd, err)
		}
		if r.SW>>8 == 0x61 { // T=0: there is a signature to fetch
			r.SW = apdu.StatusOK
		}
	}
	return r.SW
}

// leaveOpen verifies k's PIN as another program and does not close it.
func leaveOpen(t testing.TB, card *virtualcard.Card, k jpki.Key) {
	t.Helper()
	file, verify := selectAuthPIN, verifyAuth
	if k == jpki.KeySign {
		file, verify = selectSignPIN, verifySign
	}
	if sw := sendAsOther(t, card, selectJPKI, file, verify); sw != apdu.StatusOK {
		t.Fatalf("another program's VERIFY: %04X", uint16(sw))
	}
}

// openTo returns the keys that another program can use without a PIN.
func openTo(t testing.TB, card *virtualcard.Card) (open []jpki.Key) {
	t.Helper()
	card.PowerOn()
	for k, file := range map[jpki.Key][]byte{jpki.KeySign: selectSignKey, jpki.KeyAuth: selectAuthKey} {
		_, _ = card.Transmit(selectJPKI) // the one that FirstCommandFails fails
		switch sw := sendAsOther(t, card, selectJPKI, file, signOneByte); sw {
		case apdu.StatusOK:
			open = append(open, k)
		case apdu.StatusSecurityNotSatisfied:
		default:
			t.Fatalf("another program's signature: %04X", uint16(sw))
		}
	}
	return open
}

func newCard(t testing.TB, persona string, o virtualcard.Options) *virtualcard.Card {
	t.Helper()
	p, ok := virtualcard.Lookup(persona)
	if !ok {
		t.Fatalf("no persona %q", persona)
	}
	return newCardOf(t, p, o)
}

func newCardOf(t testing.TB, p virtualcard.Persona, o virtualcard.Options) *virtualcard.Card {
	t.Helper()
	card, err := virtualcard.New(p, now, o)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func newSlot(t testing.TB, persona string, o virtualcard.Options) *slot {
	t.Helper()
	return slotOf(t, newCard(t, persona, o))
}

func slotOf(t testing.TB, card *virtualcard.Card) *slot {
	s := &slot{card: card}
	t.Cleanup(func() {
		for _, m := range s.misuse {
			t.Error(m)
		}
	})
	return s
}

func pin(s string) jpki.PIN { return jpki.NewPIN([]byte(s)) }

// rightPIN gives the demo cards' PIN of k.
func rightPIN(k jpki.Key) jpki.PIN {
	if k == jpki.KeyAuth {
		return pin(virtualcard.AuthPIN)
	}
	return pin(virtualcard.SignPIN)
}

// operation is what a command of the program does to a card.
type operation struct {
	name string
	key  jpki.Key // whose PIN it verifies; 0: none
	pin  string   // empty: the right one
	new  string   // what the PIN is changed to; empty: it is not changed
	read func(*jpki.App) error
	look func(*jpki.App, jpki.Sheet) error // instead of read, with the card's sheet
	use  func(*jpki.Session) error
}

func (op operation) run(ctx context.Context, card *jpki.Card) error {
	switch {
	case op.look != nil:
		return card.WithSheet(ctx, op.look)
	case op.key == 0:
		return card.WithApp(ctx, op.read)
	}
	p := rightPIN(op.key)
	if op.pin != "" {
		p = pin(op.pin)
	}
	return card.WithPIN(ctx, op.key, p, nil, op.use)
}

var operations = []operation{
	{name: "status", look: func(a *jpki.App, sheet jpki.Sheet) error {
		_, tokenErr := a.Token()
		_, presenceErr := a.Presence()
		_, certErr := a.Certificate(jpki.KindAuth)
		return errors.Join(sheet.Err, tokenErr, presenceErr, certErr, bothTries(a))
	}},
	{name: "pin status", read: bothTries},
	{name: "cert export auth", read: func(a *jpki.App) error { _, err := a.Certificate(jpki.KindAuth); return err }},
	{name: "cert export sign", key: jpki.KeySign, use: func(s *jpki.Session) error { _, err := s.Certificate(jpki.KindSign); return err }},
	{name: "pin verify sign", key: jpki.KeySign, use: nothing},
	{name: "pin verify auth, wrong", key: jpki.KeyAuth, pin: "9999", use: nothing},
	{name: "sign", key: jpki.KeySign, use: func(s *jpki.Session) error {
		_, _, err := signFile(s, 1)
		return err
	}},
	{name: "log in", key: jpki.KeyAuth, use: func(s *jpki.Session) error {
		cert, err := s.Certificate(jpki.KindAuth)
		if err != nil {
			return err
		}
		_, err = signature(s, cert)
		return err
	}},
	{name: "pin change sign", key: jpki.KeySign, new: "NEWER99", use: func(s *jpki.Session) error { return s.ChangePIN(pin("NEWER99")) }},
	{name: "pin change auth, file moved", key: jpki.KeyAuth, new: "5678", use: func(s *jpki.Session) error {
		if _, err := s.Token(); err != nil {
			return err
		}
		return errors.Join(bothTries(s.App), s.ChangePIN(pin("5678")))
	}},
}

func operationNamed(t testing.TB, name string) operation {
	t.Helper()
	for _, op := range operations {
		if op.name == name {
			return op
		}
	}
	t.Fatalf("no operation %q", name)
	return operation{}
}

func nothing(*jpki.Session) error { return nil }

func bothTries(a *jpki.App) error {
	_, signErr := a.Tries(jpki.KeySign)
	_, authErr := a.Tries(jpki.KeyAuth)
	return errors.Join(signErr, authErr)
}

// signFile does what signing needs: it reads both certificates, then makes n
// signatures.
func signFile(s *jpki.Session, n int) (cert, ca *x509.Certificate, err error) {
	if cert, err = s.Certificate(jpki.KindSign); err != nil {
		return nil, nil, err
	}
	if ca, err = s.Certificate(jpki.KindSignCA); err != nil {
		return nil, nil, err
	}
	for range n {
		if _, err := signature(s, cert); err != nil {
			return nil, nil, err
		}
	}
	return cert, ca, nil
}

// signature makes a signature. The error is errBadSignature if it does not
// verify.
func signature(s *jpki.Session, cert *x509.Certificate) ([]byte, error) {
	digest := sha256.Sum256([]byte("デモ"))
	sig, err := s.Signer(cert).Sign(nil, digest[:], crypto.SHA256)
	if err == nil && rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest[:], sig) != nil {
		err = errBadSignature
	}
	return sig, err
}

// certificates reads all four certificates of a card.
func certificates(t testing.TB, card *virtualcard.Card) map[jpki.Kind]*x509.Certificate {
	t.Helper()
	all := map[jpki.Kind]*x509.Certificate{}
	err := jpki.New(&slot{card: card}).WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, func(s *jpki.Session) (err error) {
		for _, k := range jpki.Kinds() {
			if all[k], err = s.Certificate(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// noShortIDs is a card on which every file has to be selected.
var noShortIDs = virtualcard.Options{NoShortIdentifiers: apdu.StatusIncorrectP1P2}

var errBadSignature = errors.New("a wrong signature came out")

// anyTry is a guard that allows every try.
func anyTry(jpki.Tries) error { return nil }
