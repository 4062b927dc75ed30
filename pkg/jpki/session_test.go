package jpki_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"runtime"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestRuleBeforeTheCard shows that a PIN against the rules is not sent and
// costs no try.
func TestRuleBeforeTheCard(t *testing.T) {
	for k, bad := range map[jpki.Key][]string{
		jpki.KeySign: {"", "AB", "demo123", "1234567", "ABCDEFGH", "ABCDEFGH1234567890", "ＤＥＭＯ１２３"},
		jpki.KeyAuth: {"", "123", "12345", "abcd", "DEMO123"},
	} {
		for _, p := range bad {
			s := newSlot(t, "last-try", virtualcard.Options{})
			var rule *jpki.RuleError
			if err := jpki.New(s).WithPIN(context.Background(), k, pin(p), nil, nothing); !errors.As(err, &rule) || rule.Key != k || s.begins != 0 {
				t.Errorf("%s %q: %v, %d times begun", k, p, err, s.begins)
			}
		}
	}
}

// TestGuard shows that the guard gets the current counter inside the
// transaction, and that its error prevents the PIN from being sent.
func TestGuard(t *testing.T) {
	lastTry := errors.New("one try is left")
	s := newSlot(t, "last-try", virtualcard.Options{})
	card := jpki.New(s)
	var seen []jpki.Tries
	guard := func(tries jpki.Tries) error {
		if !s.begun {
			t.Error("asked outside the transaction")
		}
		seen = append(seen, tries)
		if tries.Left == 1 {
			return lastTry
		}
		return nil
	}
	err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), guard, nothing)
	if err != lastTry || withPIN(s.sent, apdu.InsVerify) != 0 || s.ends != 1 || s.unpowers != 0 {
		t.Errorf("%v, %d PINs sent", err, withPIN(s.sent, apdu.InsVerify))
	}
	// Without a guard the last try is kept as well; it takes one to use it.
	err = card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, nothing)
	if err != jpki.ErrLastTry || withPIN(s.sent, apdu.InsVerify) != 0 {
		t.Errorf("%v, %d PINs sent", err, withPIN(s.sent, apdu.InsVerify))
	}
	if err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), anyTry, nothing); err != nil {
		t.Error(err)
	}
	// A right PIN has made the counter full.
	if err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), guard, nothing); err != nil {
		t.Error(err)
	}
	want := []jpki.Tries{{Left: 1, Max: 3}, {Left: 3, Max: 3}}
	if len(seen) != 2 || seen[0] != want[0] || seen[1] != want[1] {
		t.Errorf("seen %+v", seen)
	}
}

// TestWrongPIN shows that each call with a wrong PIN costs one try, down to
// none.
func TestWrongPIN(t *testing.T) {
	for k, p := range map[jpki.Key]string{jpki.KeySign: "WRONG99", jpki.KeyAuth: "9999"} {
		s := newSlot(t, "adult", virtualcard.Options{})
		card := jpki.New(s)
		used := func(*jpki.Session) error { t.Error("a session with a wrong PIN"); return nil }
		for left := k.MaxTries() - 1; left >= 0; left-- {
			s.sent = nil
			err := card.WithPIN(context.Background(), k, pin(p), anyTry, used)
			if wrong := new(jpki.PINError); !errors.As(err, &wrong) || *wrong != (jpki.PINError{Key: k, Left: left}) || withPIN(s.sent, apdu.InsVerify) != 1 {
				t.Errorf("%s: %v, want %d left", k, err, left)
			}
		}
		if err := card.WithPIN(context.Background(), k, rightPIN(k), nil, used); !errors.As(err, new(*jpki.BlockedError)) {
			t.Errorf("%s: %v", k, err)
		}
	}
}

// TestVerifyAnswers shows the meaning of each answer to VERIFY.
func TestVerifyAnswers(t *testing.T) {
	const verify = "\x00\x20\x00\x80\x04"
	run := func(raw string) (*slot, error) {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = answering(s, verify, raw)
		used := false
		err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(*jpki.Session) error { used = true; return nil })
		if used != (err == nil) {
			t.Errorf("% X: a session %v, and error %v", raw, used, err)
		}
		if s.unpowers != 1 || !leaves(s.sent[len(s.sent)-1]) {
			t.Errorf("% X: not closed", raw)
		}
		return s, err
	}
	for raw, want := range map[string]jpki.PINError{
		"\x63\xC2": {Key: jpki.KeyAuth, Left: 2}, "\x63\xC0": {Key: jpki.KeyAuth, Left: 0}, "\x63\xCF": {Key: jpki.KeyAuth, Left: 15},
	} {
		if _, err := run(raw); err == nil || *errorAs[*jpki.PINError](t, err) != want {
			t.Errorf("% X: %v", raw, err)
		}
	}
	for _, raw := range []string{"\x69\x83", "\x69\x84"} {
		if _, err := run(raw); *errorAs[*jpki.BlockedError](t, err) != (jpki.BlockedError{Key: jpki.KeyAuth}) {
			t.Errorf("% X: %v", raw, err)
		}
	}
	// Refused before the PIN was looked at: no try can have been used.
	for _, sw := range []apdu.Status{0x6400, 0x6700, 0x6982, 0x6985, 0x6986, 0x6A86, 0x6A82, 0x6B00, 0x6C04, 0x6D00, 0x6E00} {
		_, err := run(string(apdu.Response{SW: sw}.Bytes()))
		if !errors.Is(err, sw) || errors.As(err, new(*jpki.UnansweredError)) || errors.As(err, new(*jpki.PINError)) {
			t.Errorf("%04X: %v", uint16(sw), err)
		}
	}
	// Nothing to go by.
	for _, sw := range []apdu.Status{0x6300, 0x6200, 0x6282, 0x6500, 0x6581, 0x6F00, 0x6F42, 0x0000} {
		_, err := run(string(apdu.Response{SW: sw}.Bytes()))
		if e := errorAs[*jpki.UnansweredError](t, err); e.Key != jpki.KeyAuth || !errors.Is(err, sw) {
			t.Errorf("%04X: %v", uint16(sw), err)
		}
	}
	for raw, want := range map[string]error{"": apdu.ErrResponseTooShort, "\x90": apdu.ErrResponseTooShort, "\x01\x90\x00": apdu.ErrResponseTooLong} {
		_, err := run(raw)
		if errorAs[*jpki.UnansweredError](t, err).Key != jpki.KeyAuth || !errors.Is(err, want) {
			t.Errorf("% X: %v", raw, err)
		}
	}
	if _, err := run("\x61\x04"); err != nil {
		t.Errorf("6104: %v", err) // done, and nobody wants the 4 bytes
	}
}

// errorAs is errors.As with the target as the result.
func errorAs[E error](t testing.TB, err error) (e E) {
	t.Helper()
	if !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
	return e
}

// TestCloses shows that a verified PIN is closed in both ways on every path.
func TestCloses(t *testing.T) {
	mine := errors.New("mine")
	for name, use := range map[string]func(*jpki.Session) error{
		"nothing": nothing,
		"error":   func(*jpki.Session) error { return mine },
		"panic":   func(*jpki.Session) error { panic(mine) },
		"Goexit":  func(*jpki.Session) error { runtime.Goexit(); return nil },
	} {
		for _, stubborn := range []bool{false, true} {
			s := newSlot(t, "adult", virtualcard.Options{NoIssuerDomain: true})
			s.stubborn = stubborn
			c := &cell{t: t, op: operation{key: jpki.KeySign, use: use}, slot: s}
			c.run(jpki.New(s))
			wantErr := error(nil)
			if name == "error" {
				wantErr = mine
			}
			if (name == "panic") != (c.panics == mine) || (name == "Goexit") != (c.exited && c.panics == nil) || !errors.Is(c.err, wantErr) || (c.err != nil) != (wantErr != nil) {
				t.Errorf("%s: error %v, panic %v", name, c.err, c.panics)
			}
			tail := s.sent[len(s.sent)-2:]
			if !bytes.Equal(tail[0], selectIssuerDomain) || !bytes.Equal(tail[1], selectCardFace) || s.unpowers != 1 || s.ends != 0 {
				t.Errorf("%s: closed by % X, %d times unpowered", name, tail, s.unpowers)
			}
			if open := openTo(t, s.card); open != nil {
				t.Errorf("%s, stubborn reader %v: another program can use %v", name, stubborn, open)
			}
		}
	}
}

// TestPanicWhileClosing shows that the power is cut even if the connection
// panics while the application is left.
func TestPanicWhileClosing(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		if leaves(s.sent[n]) {
			panic(errPanic)
		}
		return run()
	}
	c := &cell{t: t, op: operationNamed(t, "pin verify sign"), slot: s}
	c.run(jpki.New(s))
	if c.panics != errPanic || s.unpowers != 1 || len(openTo(t, s.card)) != 0 {
		t.Errorf("panic %v, %d times unpowered", c.panics, s.unpowers)
	}
}

// TestNotClosed shows that an error reports a card that keeps its power,
// together with any other failure.
func TestNotClosed(t *testing.T) {
	stuck, mine := errors.New("stuck"), errors.New("mine")
	for _, use := range []error{nil, mine} {
		for _, leaving := range []string{"\x90\x00", "\x6A\x82"} {
			s := newSlot(t, "adult", virtualcard.Options{})
			s.unpowerErr = stuck
			s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
				if leaves(s.sent[n]) {
					return []byte(leaving), nil
				}
				return run()
			}
			err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(*jpki.Session) error { return use })
			if errorAs[*jpki.NotClosedError](t, err); !errors.Is(err, stuck) || use != nil && !errors.Is(err, use) {
				t.Errorf("%v", err)
			}
			if errors.Is(err, apdu.StatusNotFound) != (leaving == "\x6A\x82") {
				t.Errorf("leaving answered % X: %v", leaving, err)
			}
		}
	}
	// What it says of the PIN is what the card said.
	for raw, want := range map[string]jpki.Verified{"\x63\xC2": jpki.NotVerified, "\x69\x84": jpki.NotVerified, "\x6A\x80": jpki.NotVerified, "\x6F\x00": jpki.MaybeVerified, "": jpki.MaybeVerified} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.unpowerErr = stuck
		s.fault = answering(s, string(verifyAuth), raw)
		err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, nothing)
		e := errorAs[*jpki.NotClosedError](t, err)
		if e.Verified != want || e.Key != jpki.KeyAuth || e.After == nil {
			t.Errorf("VERIFY answered % X: %+v", raw, e)
		}
	}
	// Without a PIN sent there was nothing to close.
	s := newSlot(t, "locked-sign", virtualcard.Options{})
	s.unpowerErr = stuck
	if err := jpki.New(s).WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, nothing); errors.As(err, new(*jpki.NotClosedError)) {
		t.Error(err)
	}
}

// TestTriesInASession shows that reading a counter does not close the session,
// even if the card answers that the PIN is open.
func TestTriesInASession(t *testing.T) {
	for _, o := range []virtualcard.Options{{}, {QueryShowsOpen: true}, {QueryShowsOpen: true, ReselectDrops: true, QueryCase2: true}} {
		s := newSlot(t, "adult", o)
		s.card.PowerOn()
		leaveOpen(t, s.card, jpki.KeyAuth) // the other PIN is open too
		err := jpki.New(s).WithPIN(context.Background(), jpki.KeySign, rightPIN(jpki.KeySign), nil, func(session *jpki.Session) error {
			if session.Key() != jpki.KeySign {
				t.Errorf("a session of %s", session.Key())
			}
			for k, want := range map[jpki.Key]jpki.Tries{jpki.KeySign: {Left: 5, Max: 5}, jpki.KeyAuth: {Left: 3, Max: 3}} {
				if tries, err := session.Tries(k); err != nil || tries != want {
					t.Errorf("%+v: %s: %+v, %v", o, k, tries, err)
				}
			}
			_, _, err := signFile(session, 1)
			return err
		})
		if err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		for n, cmd := range s.sent[1:] {
			if bytes.Equal(cmd, selectJPKI) {
				t.Errorf("%+v: command %d selects the application again", o, n+1)
			}
		}
	}
}

// TestSessionIsOver shows that nothing works on a session after use has
// returned.
func TestSessionIsOver(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	var kept *jpki.Session
	var signer crypto.Signer
	card := jpki.New(s)
	err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(session *jpki.Session) error {
		kept = session
		c, err := session.Certificate(jpki.KindAuth)
		signer = session.Signer(c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	over := func(when string) {
		t.Helper()
		sent := len(s.sent)
		_, signErr := signer.Sign(nil, make([]byte, 32), crypto.SHA256)
		_, triesErr := kept.Tries(jpki.KeyAuth)
		_, certErr := kept.Certificate(jpki.KindAuth)
		for i, err := range []error{signErr, triesErr, certErr, kept.ChangePIN(pin("5678"))} {
			if err != jpki.ErrSessionOver {
				t.Errorf("%s, use %d: %v", when, i, err)
			}
		}
		if len(s.sent) != sent {
			t.Errorf("%s: something was sent", when)
		}
	}
	over("after the session")
	err = card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, func(*jpki.Session) error {
		over("in the next session")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCancelledBeforeVerify shows that the PIN is not sent if the context ends
// during the guard.
func TestCancelledBeforeVerify(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := newSlot(t, "adult", virtualcard.Options{})
	err := jpki.New(s).WithPIN(ctx, jpki.KeyAuth, rightPIN(jpki.KeyAuth), func(jpki.Tries) error { cancel(); return nil }, nothing)
	if err != context.Canceled || withPIN(s.sent, apdu.InsVerify) != 0 || s.ends != 1 || s.unpowers != 0 {
		t.Errorf("%v, %d PINs sent", err, withPIN(s.sent, apdu.InsVerify))
	}
}

// TestThePINIsNotWiped shows that a session does not wipe the PIN. Its owner
// may need it again.
func TestThePINIsNotWiped(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	p, next := pin(virtualcard.AuthPIN), pin("5678")
	err := jpki.New(s).WithPIN(context.Background(), jpki.KeyAuth, p, nil, func(session *jpki.Session) error { return session.ChangePIN(next) })
	if err != nil || !p.Equal(pin(virtualcard.AuthPIN)) || !next.Equal(pin("5678")) {
		t.Errorf("wiped, or %v", err)
	}
}
