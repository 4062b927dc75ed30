package jpki_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// fault is one thing that goes wrong when a command is sent.
type fault struct {
	name    string
	do      func(c *cell, run func() ([]byte, error)) ([]byte, error)
	lasting bool // it goes wrong with every command from then on
	first   bool // the first of its variants
}

var errPanic = errors.New("the connection panicked")

// faults lists them. The most important ones come in three forms: before the
// card ran the command, after it, and for all later commands.
func faults() (all []fault) {
	add := func(name string, f func(*cell) ([]byte, error)) {
		before := func(c *cell, _ func() ([]byte, error)) ([]byte, error) { return f(c) }
		after := func(c *cell, run func() ([]byte, error)) ([]byte, error) {
			_, _ = run()
			return f(c)
		}
		name, often := strings.CutSuffix(name, "*")
		all = append(all, fault{name: name, do: before, first: true})
		if often {
			all = append(all, fault{name: name + " after", do: after}, fault{name: name + " for ever", do: before, lasting: true})
		}
	}
	add("card pulled*", func(c *cell) ([]byte, error) { c.slot.pull(); return nil, errGone })
	add("reader failed*", func(*cell) ([]byte, error) { return nil, errReader })
	add("panic*", func(*cell) ([]byte, error) { panic(errPanic) })
	add("Goexit*", func(*cell) ([]byte, error) { runtime.Goexit(); return nil, nil })
	for _, answer := range []struct{ name, raw string }{
		{"no bytes", ""},
		{"one byte", "\x90"},
		{"garbage*", "\x17\x2A\x00\xFF\x9D\x31\x42"},
		{"9000 with garbage*", "\x30\x82\x01\x17\x2A\x90\x00"},
		{"9000 with much garbage", strings.Repeat("\x30\x82\x17", 1000) + "\x90\x00"},
		{"9000*", "\x90\x00"}, {"6F00*", "\x6F\x00"}, {"6700*", "\x67\x00"}, {"6982", "\x69\x82"}, {"6A82", "\x6A\x82"},
		{"6983", "\x69\x83"}, {"6984", "\x69\x84"}, {"63C0", "\x63\xC0"}, {"63C2", "\x63\xC2"},
		{"6282", "\x62\x82"}, {"6581", "\x65\x81"}, {"6C04", "\x6C\x04"}, {"6104", "\x61\x04"},
	} {
		add(answer.name, func(c *cell) ([]byte, error) {
			c.answered([]byte(answer.raw))
			return []byte(answer.raw), nil
		})
	}
	return append(all, fault{name: "context cancelled", do: func(c *cell, run func() ([]byte, error)) ([]byte, error) {
		c.cancel()
		return run()
	}})
}

// cell is one run of the table: an operation with a fault at one command.
type cell struct {
	t      *testing.T
	name   string
	op     operation
	at     int   // the command, from 0
	fault  fault // none where it does nothing
	slot   *slot
	cancel context.CancelFunc
	lied   bool // the card changed its PIN, and the answer says it refused to
	err    error
	panics any
	exited bool
}

// answered records an answer that did not come from the card.
func (c *cell) answered(raw []byte) {
	last := c.slot.sent[len(c.slot.sent)-1]
	if ran := len(c.slot.ran) == len(c.slot.sent); ran && isPIN(last, apdu.InsChangeReferenceData) {
		r, err := apdu.ParseResponse(raw)
		c.lied = err == nil && r.SW.Refused()
	}
}

// run runs the operation on its own goroutine, because a fault may end the
// goroutine.
func (c *cell) run(card *jpki.Card) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.cancel, c.exited = cancel, true
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { c.panics = recover() }()
		c.err = c.op.run(ctx, card)
		c.exited = false
	}()
	<-done
}

func (c *cell) errorf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: "+format+" (error: %v)", append(append([]any{c.name}, args...), c.err)...)
}

// check compares the outcome with the promises of the package.
func (c *cell) check(before virtualcard.State) {
	c.t.Helper()
	s := c.slot
	if c.panics != nil && c.panics != errPanic {
		c.errorf("panic: %v", c.panics)
	}
	if c.err != nil && !typed(c.err) {
		c.errorf("an error of no type: %T", c.err)
	}
	for _, m := range s.misuse {
		c.errorf("%s", m)
	}
	if len(s.sent) > 300 {
		c.errorf("%d commands", len(s.sent))
	}
	c.checkPINsSent()
	c.checkCounters(before)
	c.checkInForce(before)
	c.checkClosed()
}

// checkPINsSent checks that no PIN was sent twice.
func (c *cell) checkPINsSent() {
	seen := map[string]bool{}
	selected := []byte(nil) // the last SELECT, if nothing has named another file since
	for _, cmd := range c.slot.sent {
		switch {
		case cmd[1] == apdu.InsSelect:
			selected = cmd
		case cmd[1] == apdu.InsReadBinary && cmd[2]&0x80 != 0, cmd[1] != apdu.InsReadBinary && cmd[3] != 0x80:
			selected = nil
		}
		if isPIN(cmd, apdu.InsVerify) || isPIN(cmd, apdu.InsChangeReferenceData) {
			file := selectSignPIN
			if c.op.key == jpki.KeyAuth {
				file = selectAuthPIN
			}
			if cmd[3] != 0x80 || !bytes.Equal(selected, file) {
				c.errorf("% X was sent to a file that was not selected", cmd[:4])
			}
		}
		if carries := cmd[1] == apdu.InsVerify || cmd[1] == apdu.InsChangeReferenceData; !carries || len(cmd) <= 5 {
			continue
		}
		if seen[string(cmd)] {
			c.errorf("% X was sent twice", cmd[:4])
		}
		seen[string(cmd)] = true
	}
	verifies, changes := 1, 0
	if c.op.key == 0 {
		verifies = 0
	}
	if c.op.new != "" {
		verifies, changes = 2, 1
	}
	if withPIN(c.slot.sent, apdu.InsVerify) > verifies || withPIN(c.slot.sent, apdu.InsChangeReferenceData) > changes {
		c.errorf("too many PINs were sent")
	}
}

// checkCounters checks that no try was used except for a wrong PIN that was
// sent.
func (c *cell) checkCounters(before virtualcard.State) {
	after := c.slot.card.State()
	mine, other := [2]virtualcard.PINState{before.Sign, after.Sign}, [2]virtualcard.PINState{before.Auth, after.Auth}
	if c.op.key == jpki.KeyAuth {
		mine, other = other, mine
	}
	if other[0] != other[1] {
		c.errorf("the other PIN is now %+v", other[1])
	}
	var unconfirmed *jpki.UnconfirmedChangeError
	var wrong *jpki.PINError
	var unanswered *jpki.UnansweredError
	switch used := mine[0].Left - mine[1].Left; {
	case used == 0:
	case used > 1 || c.op.key == 0:
		c.errorf("%d tries were used", used)
	case c.op.pin == "" && !(errors.As(c.err, &unconfirmed) && unconfirmed.TryUsed):
		c.errorf("a try was used for the right PIN, and nothing says so")
	case c.op.pin != "" && withPIN(c.slot.ran, apdu.InsVerify) != 1:
		c.errorf("a try was used without VERIFY")
	case c.err == nil && !c.exited && c.panics == nil && c.fault.do == nil:
		c.errorf("a try was used, and nothing says so")
	}
	if errors.As(c.err, &wrong) || errors.As(c.err, &unanswered) {
		if withPIN(c.slot.sent, apdu.InsVerify) != 1 {
			c.errorf("no PIN was sent")
		}
	}
}

// checkInForce checks that the PIN in force is the one that the outcome
// reports.
func (c *cell) checkInForce(before virtualcard.State) {
	after := c.slot.card.State()
	was, is := before.Sign.PIN, after.Sign.PIN
	if c.op.key == jpki.KeyAuth {
		was, is = before.Auth.PIN, after.Auth.PIN
	}
	isNew := is != was
	if isNew && withPIN(c.slot.ran, apdu.InsChangeReferenceData) != 1 {
		c.errorf("the PIN is now %s", is)
	}
	var unconfirmed *jpki.UnconfirmedChangeError
	switch {
	case c.panics != nil || c.exited || c.op.new == "":
	case c.err == nil && !isNew && !c.falseWord():
		c.errorf("changed, it says, but the old PIN is in force")
	case errors.As(c.err, &unconfirmed):
		if unconfirmed.NewInForce && !isNew && !c.falseWord() {
			c.errorf("the new PIN, it says, but the old one is in force")
		}
	case c.err != nil && isNew && !c.lied && !c.afterChange():
		c.errorf("the old PIN, it says, but the new one is in force")
	}
}

// falseWord reports that CHANGE was answered with 9000 and not run by the card.
// No program can notice that.
func (c *cell) falseWord() bool { return withPIN(c.slot.ran, apdu.InsChangeReferenceData) == 0 }

// afterChange reports that the change succeeded and a later step failed.
func (c *cell) afterChange() bool {
	return !errors.As(c.err, new(*jpki.ChangeRefusedError)) && withPIN(c.slot.ran, apdu.InsVerify) == 2
}

// checkClosed checks that, after a PIN was sent, another application was
// selected, the power was cut, and no other program can use a key. If no PIN
// was sent, the transaction must have ended and nothing more.
func (c *cell) checkClosed() {
	s := c.slot
	if s.begun {
		c.errorf("the transaction goes on")
	}
	if withPIN(s.sent, apdu.InsVerify) == 0 {
		if s.unpowers != 0 || s.ends != s.begins {
			c.errorf("%d times begun, %d ended, %d unpowered", s.begins, s.ends, s.unpowers)
		}
		return
	}
	left, verified := false, false
	for _, cmd := range s.sent {
		verified = verified || isPIN(cmd, apdu.InsVerify)
		left = left || verified && leaves(cmd)
		if verified && bytes.Equal(cmd, selectJPKI) {
			c.errorf("the application was selected again after VERIFY")
		}
	}
	if !left || s.unpowers != 1 || s.ends != 0 {
		c.errorf("left %v, %d times unpowered, %d ended", left, s.unpowers, s.ends)
	}
	if s.gone || s.stubborn && !s.left {
		return // nothing there to close, or nothing that reached the card
	}
	if open := openTo(c.t, s.card); open != nil {
		c.errorf("another program can use %v", open)
	}
}

// typed reports whether a caller can recognise the kind of this error.
func typed(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !typed(e) {
				return anyOf(err)
			}
		}
		return true
	}
	return anyOf(err)
}

func anyOf(err error) bool {
	for _, known := range []error{
		errReader, errGone, context.Canceled, jpki.ErrNotJPKI, jpki.ErrKeyMismatch, jpki.ErrSessionOver, jpki.ErrUnreadable, jpki.ErrNotTold,
		apdu.ErrResponseTooShort, apdu.ErrResponseTooLong, apdu.ErrResponseStuck,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, new(apdu.Status)) || errors.As(err, new(*jpki.CertificateError)) ||
		errors.As(err, new(*jpki.PINError)) || errors.As(err, new(*jpki.BlockedError))
}

// kind is a kind of card and reader, with the part of the table that is run on
// it.
type kind struct {
	name     string
	options  virtualcard.Options
	stubborn bool     // the reader does not cut the power
	open     bool     // another program left the PIN open
	every    bool     // all variants of a fault, not only that before the command
	only     []string // operations; nil: all
}

var kinds = []kind{
	{name: "ordinary", every: true},
	{name: "no short identifiers", every: true, options: noShortIDs},
	{
		name: "stubborn reader", stubborn: true, options: virtualcard.Options{ReselectDrops: true, NoExtendedLength: true, QueryCase2: true},
		only: []string{"cert export auth", "pin verify auth, wrong", "sign", "pin change sign"},
	},
	{
		name: "T=0", options: virtualcard.Options{T0: true, FirstCommandFails: true, AnyPINFormat: true, WarnEndOfFile: true},
		only: []string{"status", "cert export sign", "log in", "pin change auth, file moved"},
	},
	{
		name: "left open", open: true, stubborn: true, options: virtualcard.Options{QueryShowsOpen: true, NoIssuerDomain: true},
		only: []string{"pin change auth, file moved"},
	},
}

// play runs one cell on a card with the counters of a new one.
func (k kind) play(t *testing.T, card *virtualcard.Card, fresh virtualcard.State, c *cell) {
	card.PowerOff()
	if err := card.SetState(fresh); err != nil {
		t.Fatal(err)
	}
	if k.open {
		card.PowerOn()
		leaveOpen(t, card, c.op.key)
	}
	c.t, c.slot.card, c.slot.stubborn = t, card, k.stubborn
	if c.fault.do != nil {
		c.slot.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if n == c.at || c.fault.lasting && n > c.at {
				return c.fault.do(c, run)
			}
			return run()
		}
	}
	c.run(jpki.New(c.slot))
	c.check(fresh)
}

// TestFaults runs every operation with every fault at each of its commands, on
// several kinds of cards and readers.
func TestFaults(t *testing.T) {
	all := faults()
	var cells atomic.Int64
	t.Run("kinds", func(t *testing.T) {
		for _, k := range kinds {
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				card := newCard(t, "adult", k.options)
				fresh := card.State()
				play := func(c *cell) {
					k.play(t, card, fresh, c)
					cells.Add(1)
				}
				for _, op := range operations {
					if k.only != nil && !slices.Contains(k.only, op.name) {
						continue
					}
					good := &cell{name: op.name, op: op, slot: &slot{}}
					play(good)
					if wrong := (*jpki.PINError)(nil); errors.As(good.err, &wrong) != (op.pin != "") || op.pin == "" && good.err != nil {
						t.Fatalf("%s without a fault: %v", op.name, good.err)
					}
					for at := range good.slot.sent {
						for _, f := range all {
							if k.every || f.first {
								play(&cell{name: fmt.Sprintf("%s, command %d: %s", op.name, at, f.name), op: op, slot: &slot{}, at: at, fault: f})
							}
						}
					}
				}
			})
		}
	})
	t.Logf("%d cells", cells.Load())
	if cells.Load() < 9000 {
		t.Errorf("the table has shrunk to %d cells", cells.Load())
	}
}
