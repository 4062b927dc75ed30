//go:build pcscd

package stacktest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// newPIN is a signing password that is hard to guess.
const newPIN = "K7PX42WQ"

// TestChange changes the signing password and changes it back, and counts the
// commands.
func TestChange(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for _, pins := range [][2]string{{virtualcard.SignPIN, newPIN}, {newPIN, virtualcard.SignPIN}} {
			r := p.enter(t, pins[0]+"\n"+pins[1], "pin", "change", "sign", "--force").wantExit(t, 0)
			if sent := pinsIn(r.log); !slices.Equal(sent, pins[:]) || len(r.log) != 8 {
				t.Errorf("verified %q in %d commands: %v", sent, len(r.log), r.log)
			}
			p.enter(t, pins[0], "pin", "verify", "sign").wantExit(t, 10)
			p.enter(t, pins[1], "pin", "verify", "sign").wantExit(t, 0)
		}
		x := p.sit(t, setting{}, "pin", "change", "auth")
		x.answers(t, "Current authentication PIN: ", virtualcard.AuthPIN)
		for _, question := range []string{"New authentication PIN: ", "Once more: "} {
			x.answers(t, question, "8263")
		}
		if r := x.leaves(t, 0); len(r.log) != 10 {
			t.Errorf("%d commands: %v", len(r.log), r.log)
		}
		p.enter(t, "8263\n"+virtualcard.AuthPIN, "pin", "change", "auth", "--force").wantExit(t, 0)
	})
}

// TestMalformedNewPIN shows that a new PIN against the rules is not sent.
func TestMalformedNewPIN(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for _, pin := range []string{"AB1", "ABCDEFG", "1234567", "ABCDEFGH123456789", "ABC-123", "ＡＢＣ１２３", "", virtualcard.SignPIN} {
			r := p.enter(t, virtualcard.SignPIN+"\n"+pin, "pin", "change", "sign", "--force").wantExit(t, 5)
			if slices.ContainsFunc(r.log, func(x exchange) bool { return x.INS == apdu.InsChangeReferenceData }) {
				t.Errorf("%q reached the card", pin)
			}
		}
	})
	programs[0].enter(t, virtualcard.SignPIN, "pin", "verify", "sign").wantExit(t, 0)
}

// TestChangePulled removes the card at each command of a change. From CHANGE
// REFERENCE DATA on, the program must report that the old or the new PIN may be
// in force.
func TestChangePulled(t *testing.T) {
	const change, all = 6, 8
	for n := 1; n <= all; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := insert(t, "adult", virtualcard.Options{})
			s.when(n, func() {
				s.pull()
				time.Sleep(20 * time.Millisecond) // no answer leaves any more
			})
			p := programs[n%len(programs)]
			r := p.enter(t, virtualcard.SignPIN+"\n"+newPIN, "pin", "change", "sign", "--force", "--json")
			switch {
			case n == change-1:
				r.wantExit(t, 10).wantCode(t, "pin-unanswered")
			case n < change:
				r.wantExit(t, 4)
			case n < all:
				r.wantExit(t, 12).wantCode(t, "pin-unconfirmed")
			default:
				r.wantExit(t, 0)
			}
			if left := s.card.State().Sign.Left; left != 5 {
				t.Errorf("%d tries left", left)
			}
			s.waitFor(t, false)
			time.Sleep(500 * time.Millisecond) // as in TestPulled
		})
	}
}
