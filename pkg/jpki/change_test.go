package jpki_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// change changes the authentication PIN to 5678.
func change(s *slot) error {
	return jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), anyTry, func(session *jpki.Session) error {
		return session.ChangePIN(pin("5678"))
	})
}

const (
	changeCommand = "\x00\x24\x01\x80\x045678"
	verifyNew     = "\x00\x20\x00\x80\x045678"
)

// readToken reads the part of EF 0006 that has the kind of token.
var readToken = []byte{0x00, 0xB0, 0x86, 0x00, 0x10}

func TestChangePIN(t *testing.T) {
	s := newSlot(t, "last-try", virtualcard.Options{})
	if err := change(s); err != nil {
		t.Fatal(err)
	}
	want := [][]byte{
		selectJPKI, readToken, selectAuthPIN, []byte("\x00\x20\x00\x80"), verifyAuth,
		[]byte(changeCommand), []byte(verifyNew), selectIssuerDomain,
	}
	for i := range want {
		if len(s.sent) != len(want) || !bytes.Equal(s.sent[i], want[i]) {
			t.Fatalf("sent % X", s.sent)
		}
	}
	if left := s.card.State().Auth.Left; left != 3 {
		t.Errorf("%d tries left", left)
	}
	var wrong *jpki.PINError
	if err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, nothing); !errors.As(err, &wrong) {
		t.Errorf("the old PIN: %v", err)
	}
	if err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, pin("5678"), nil, nothing); err != nil {
		t.Errorf("the new PIN: %v", err)
	}
}

// TestChangeGoesToThePINFile shows that CHANGE REFERENCE DATA is sent with the
// PIN's own file selected, whatever the session did before.
func TestChangeGoesToThePINFile(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
		if _, err := session.Tries(jpki.KeySign); err != nil { // now that PIN's file is the current one
			return err
		}
		return session.ChangePIN(pin("5678"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if before := newCard(t, "adult", virtualcard.Options{}).State(); s.card.State().Sign != before.Sign || s.card.State().Auth == before.Auth {
		t.Errorf("state %+v", s.card.State())
	}
}

// TestChangeTwice: a session can change its PIN more than once.
func TestChangeTwice(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	before := s.card.State()
	err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
		return errors.Join(session.ChangePIN(pin("5678")), session.ChangePIN(pin("8642")), session.ChangePIN(rightPIN(jpki.KeyAuth)))
	})
	if err != nil || s.card.State().Auth.Left != before.Auth.Left || s.card.State().Sign != before.Sign {
		t.Errorf("%v, state %+v", err, s.card.State())
	}
	if err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, nothing); err != nil {
		t.Error(err)
	}
}

// TestChangeRule shows that a new PIN against the rules is not sent, because it
// is not known whether cards check them.
func TestChangeRule(t *testing.T) {
	for k, bad := range map[jpki.Key][]string{
		jpki.KeyAuth: {"", "123", "12345", "12A4"},
		jpki.KeySign: {"", "ABC12", "abc123", "ABCDEF", "123456", "ABCDEFGH123456789"},
	} {
		for _, p := range bad {
			s := newSlot(t, "adult", virtualcard.Options{})
			before := s.card.State()
			err := jpki.New(s).WithPIN(context.Background(), k, rightPIN(k), nil, func(session *jpki.Session) error { return session.ChangePIN(pin(p)) })
			if rule := errorAs[*jpki.RuleError](t, err); rule.Key != k || withPIN(s.sent, apdu.InsChangeReferenceData) != 0 || s.card.State() != before || len(s.sent) != 6 {
				t.Errorf("%s %q: %v, %d commands", k, p, err, len(s.sent))
			}
		}
	}
}

// TestChangeRefused shows that a refused change leaves the old PIN in force,
// without doubt.
func TestChangeRefused(t *testing.T) {
	for _, sw := range []apdu.Status{0x6400, 0x6700, 0x6982, 0x6983, 0x6984, 0x6985, 0x6A80, 0x6A82, 0x6A86, 0x6B00, 0x6D00, 0x6E00} {
		s := newSlot(t, "adult", virtualcard.Options{})
		before := s.card.State()
		s.fault = answering(s, changeCommand, string(apdu.Response{SW: sw}.Bytes()))
		err := change(s)
		if refused := errorAs[*jpki.ChangeRefusedError](t, err); *refused != (jpki.ChangeRefusedError{Key: jpki.KeyAuth, Status: sw}) || !errors.Is(err, sw) {
			t.Errorf("%04X: %v", uint16(sw), err)
		}
		if s.card.State() != before || withPIN(s.sent, apdu.InsVerify) != 1 {
			t.Errorf("%04X: %d PINs verified", uint16(sw), withPIN(s.sent, apdu.InsVerify))
		}
	}
}

// TestChangeUnconfirmed shows what is reported if one of the two commands of a
// change has no answer or an unknown one. After it, only the commands that
// close the card are sent.
func TestChangeUnconfirmed(t *testing.T) {
	type known struct{ newInForce, tryUsed bool }
	for _, c := range []struct {
		command string
		sw      apdu.Status // 0: the reader fails
		ran     bool        // the card did the command
		want    known
	}{
		{changeCommand, 0, false, known{}},
		{changeCommand, 0, true, known{}},
		{changeCommand, 0x6F00, false, known{}},
		{changeCommand, 0x6F00, true, known{}},
		{changeCommand, 0x6581, false, known{}},
		{changeCommand, 0x63C2, false, known{}},
		{changeCommand, 0x6200, true, known{}},
		{verifyNew, 0, false, known{true, true}},
		{verifyNew, 0, true, known{true, true}},
		{verifyNew, 0x6F00, true, known{true, true}},
		{verifyNew, 0x6300, true, known{false, true}},
		{verifyNew, 0x6700, false, known{true, false}},
		{verifyNew, 0x6982, false, known{true, false}},
		{verifyNew, 0x63C2, false, known{false, true}},
		{verifyNew, 0x63C0, false, known{false, true}},
		{verifyNew, 0x6983, false, known{false, false}},
		{verifyNew, 0x6984, false, known{false, false}},
	} {
		s := newSlot(t, "adult", virtualcard.Options{})
		var cause error = c.sw
		if c.sw == 0 {
			cause = errReader
		}
		at := -1
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if string(s.sent[n]) != c.command {
				return run()
			}
			at = n
			if c.ran {
				_, _ = run()
			}
			if c.sw == 0 {
				return nil, errReader
			}
			return apdu.Response{SW: c.sw}.Bytes(), nil
		}
		again := errors.New("ChangePIN again")
		err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
			err := session.ChangePIN(pin("5678"))
			if session.ChangePIN(pin("5678")) != jpki.ErrSessionOver {
				return again
			}
			return err
		})
		e := errorAs[*jpki.UnconfirmedChangeError](t, err)
		if e.Key != jpki.KeyAuth || (known{e.NewInForce, e.TryUsed}) != c.want || e.Err != cause || !errors.Is(err, cause) {
			t.Errorf("%q answered %04X, ran %v: %+v", c.command, uint16(c.sw), c.ran, e)
		}
		// Whoever tells a wrong PIN from an unconfirmed change must not be misled.
		if errors.As(err, new(*jpki.PINError)) || errors.As(err, new(*jpki.BlockedError)) || errors.As(err, new(*jpki.UnansweredError)) {
			t.Errorf("%q: %v is two things", c.command, err)
		}
		for _, cmd := range s.sent[at+1:] {
			if !leaves(cmd) {
				t.Errorf("%q was followed by % X", c.command, cmd)
			}
		}
	}
}

// TestNewPINNotTaken shows that a card that answers 9000 and keeps the old PIN
// costs a try, and that this is reported.
func TestNewPINNotTaken(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	s.fault = answering(s, changeCommand, "\x90\x00")
	e := errorAs[*jpki.UnconfirmedChangeError](t, change(s))
	if e.NewInForce || !e.TryUsed || e.Err != apdu.Status(0x63C2) || s.card.State().Auth.Left != 2 {
		t.Errorf("%+v, %d left", e, s.card.State().Auth.Left)
	}
}

// TestChangeIsNotInterrupted shows that a context that ends before CHANGE
// prevents it, and that one that ends later does not prevent the confirmation
// of the new PIN.
func TestChangeIsNotInterrupted(t *testing.T) {
	for _, before := range []bool{true, false} {
		ctx, cancel := context.WithCancel(context.Background())
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if string(s.sent[n]) == changeCommand {
				cancel()
			}
			return run()
		}
		err := jpki.New(s).WithPIN(ctx, jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
			if before {
				cancel()
			}
			return session.ChangePIN(pin("5678"))
		})
		cancel()
		if changes, verifies := withPIN(s.sent, apdu.InsChangeReferenceData), withPIN(s.sent, apdu.InsVerify); before {
			if err != context.Canceled || changes != 0 || verifies != 1 {
				t.Errorf("ended before: %v, %d changes", err, changes)
			}
		} else if err != nil || changes != 1 || verifies != 2 {
			t.Errorf("ended after: %v, %d changes, %d verified", err, changes, verifies)
		}
		if len(openTo(t, s.card)) != 0 {
			t.Error("left open")
		}
	}
}

// TestChangeWithoutItsFile shows that nothing is changed if the PIN's file
// cannot be selected.
func TestChangeWithoutItsFile(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	before := s.card.State()
	err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
		if _, err := session.Token(); err != nil {
			return err
		}
		s.fault = answering(s, string(selectAuthPIN), "\x6A\x82")
		return session.ChangePIN(pin("5678"))
	})
	if !errors.Is(err, apdu.StatusNotFound) || errors.As(err, new(*jpki.UnconfirmedChangeError)) || s.card.State() != before || withPIN(s.sent, apdu.InsChangeReferenceData) != 0 {
		t.Errorf("%v", err)
	}
}
