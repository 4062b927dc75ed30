package jpki_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestAnotherCardAfterAHiccup shows that nothing more is sent if the connection
// finds another card in the reader.
func TestAnotherCardAfterAHiccup(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
		if n == 2 {
			s.beginErr = errGone
			return nil, errHiccup
		}
		return run()
	}
	err := operationNamed(t, "pin verify sign").run(context.Background(), jpki.New(s))
	if err != errGone || len(s.sent) != 3 || s.begins != 1 || s.unpowers != 1 || s.ends != 0 {
		t.Errorf("%v after %d commands; %d begun, %d unpowered, %d ended", err, len(s.sent), s.begins, s.unpowers, s.ends)
	}
}

// TestHiccupsOnlyBeforeThePIN shows that nothing is repeated once a PIN was
// sent, at whichever command the failure comes.
func TestHiccupsOnlyBeforeThePIN(t *testing.T) {
	for _, op := range operations {
		if op.key == 0 {
			continue
		}
		good := newSlot(t, "adult", virtualcard.Options{})
		_ = op.run(context.Background(), jpki.New(good))
		first := slices.IndexFunc(good.sent, func(cmd []byte) bool { return isPIN(cmd, apdu.InsVerify) })
		for at := first; at < len(good.sent); at++ {
			s := newSlot(t, "adult", virtualcard.Options{})
			s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
				if n == at {
					return nil, errHiccup
				}
				return run()
			}
			err := op.run(context.Background(), jpki.New(s))
			if s.begins != 1 || s.unpowers != 1 || withPIN(s.sent, apdu.InsVerify) > 2 {
				t.Errorf("%s, command %d: begun %d times, unpowered %d times (%v)", op.name, at, s.begins, s.unpowers, err)
			}
			if n := withPIN(s.sent, apdu.InsVerify); n > 1 && op.new == "" {
				t.Errorf("%s, command %d: the PIN was sent %d times", op.name, at, n)
			}
		}
	}
}

// hanging is a reader in which a command gets no answer until it is cancelled.
type hanging struct {
	*slot
	at    int // the command that hangs
	lost  error
	given time.Duration // how long it was waited for since the context ended
	ended time.Time
}

func (h *hanging) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	if h.lost != nil {
		return nil, h.lost
	}
	if len(h.sent) == h.at {
		h.sent = append(h.sent, cmd)
		<-ctx.Done()
		h.given = time.Since(h.ended)
		h.lost = context.Cause(ctx)
		return nil, h.lost
	}
	return h.Transmit(cmd)
}

func (h *hanging) End() error {
	_ = h.slot.End()
	return h.lost
}

func (h *hanging) Unpower() error {
	_ = h.slot.Unpower()
	return h.lost
}

// TestHangingCommand shows that a command that hangs before the PIN is sent
// ends with the context, and that one that hangs later gets some seconds, after
// which the error reports a session that is not closed.
func TestHangingCommand(t *testing.T) {
	interrupted := errors.New("Ctrl-C")
	for _, name := range []string{"status", "pin verify sign", "sign", "pin change sign"} {
		op := operationNamed(t, name)
		good := newSlot(t, "adult", virtualcard.Options{})
		if err := op.run(context.Background(), jpki.New(good)); err != nil {
			t.Fatal(err)
		}
		first := slices.IndexFunc(good.sent, func(cmd []byte) bool { return isPIN(cmd, apdu.InsVerify) })
		for at := range good.sent {
			t.Run(fmt.Sprintf("%s, command %d", name, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancelCause(t.Context())
					h := &hanging{slot: newSlot(t, "adult", virtualcard.Options{}), at: at}
					time.AfterFunc(time.Second, func() {
						h.ended = time.Now()
						cancel(interrupted)
					})
					err := op.run(ctx, jpki.New(h))
					if !errors.Is(err, interrupted) {
						t.Errorf("%v", err)
					}
					sent := first >= 0 && at >= first
					if limit := 10 * time.Second; !sent && h.given != 0 || sent && (h.given <= 0 || h.given > limit) {
						t.Errorf("given up after %v", h.given)
					}
					if open := errors.As(err, new(*jpki.NotClosedError)); open != sent {
						t.Errorf("not closed: %v; %v", open, err)
					}
				})
			})
		}
	}
}

// TestSheet shows that the card's last day is read without a PIN and before the
// application is selected, and that a card without it can be read otherwise.
func TestSheet(t *testing.T) {
	read := func(s *slot) (sheet jpki.Sheet) {
		err := jpki.New(s).WithSheet(context.Background(), func(a *jpki.App, got jpki.Sheet) error {
			sheet = got
			_, err := a.Token()
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return sheet
	}
	want := time.Date(2031, 3, 14, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	o := virtualcard.Options{CardLastDay: "20310314"}
	for name, before := range map[string][][]byte{"new in the reader": nil, "JPKI selected": {selectJPKI}, "card face selected": {selectCardFace}} {
		s := newSlot(t, "adult", o)
		s.card.PowerOn()
		if before != nil {
			sendAsOther(t, s.card, before...)
		}
		if got := read(s); got.Err != nil || !got.LastDay.Equal(want) {
			t.Errorf("%s: %v, %v", name, got.LastDay, got.Err)
		}
	}
	for name, o := range map[string]virtualcard.Options{
		"no data": {NoCardData: true}, "no date": {CardLastDay: "20311341"}, "short": {CardLastDay: "2031"}, "no digits": {CardLastDay: "2031年"},
	} {
		if got := read(newSlot(t, "adult", o)); !errors.Is(got.Err, jpki.ErrNotTold) || !got.LastDay.IsZero() {
			t.Errorf("%s: %v, %v", name, got.LastDay, got.Err)
		}
	}
	if got := read(newSlot(t, "android", virtualcard.Options{})); !errors.Is(got.Err, jpki.ErrNotTold) {
		t.Errorf("a phone: %v", got.Err)
	}
}
