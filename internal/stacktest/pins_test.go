//go:build pcscd

package stacktest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestMalformedPINs shows that a PIN against the rules leads to no command at
// all.
func TestMalformedPINs(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for key, pins := range map[string][]string{
			"sign": {"123", "AB1", "ABC12", "ABCDEFG", "1234567", "ABCDEFGH123456789", "ABC-123", "ＤＥＭＯ１２３", "DEMO １23", "DEMO 123", " DEMO123", "", "DEMO12\x00"},
			"auth": {"123", "12345", "12a4", "ABCD", "１２３４", "", "1 34", "-123"},
		} {
			for _, pin := range pins {
				r := p.enter(t, pin, "pin", "verify", key, "--json").wantExit(t, 5).wantCode(t, "pin-rule")
				if len(r.log) > 0 {
					t.Errorf("%q reached the card: %v", pin, r.log)
				}
				if pin != "" && strings.Contains(r.stdout+r.stderr, pin) {
					t.Errorf("%q is shown:\n%s%s", pin, r.stdout, r.stderr)
				}
			}
		}
	})
	if left := s.card.State(); left.Sign.Left != 5 || left.Auth.Left != 3 {
		t.Errorf("%+v", left)
	}
}

// TestLowerCase shows that a signing password in lower case is sent in upper
// case.
func TestLowerCase(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		r := p.enter(t, "demo123", "pin", "verify", "sign").wantExit(t, 0)
		if pins := pinsIn(r.log); !slices.Equal(pins, []string{"DEMO123"}) {
			t.Errorf("sent %q", pins)
		}
		contains(t, r.stderr, "Lower-case letters were turned into upper case")
		r = p.enter(t, "demo123", "pin", "verify", "sign", "--pin-exact", "--json").wantExit(t, 5).wantCode(t, "pin-rule")
		if len(r.log) > 0 {
			t.Errorf("%v", r.log)
		}
	})
}

// TestWrongPIN counts down to the last try, which needs an option, and to the
// blocked PIN, which is not sent.
func TestWrongPIN(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		verify := func(pin string, sent bool, exit int, code string, left int, more ...string) {
			t.Helper()
			r := p.enter(t, pin, append([]string{"pin", "verify", "sign", "--json"}, more...)...).wantExit(t, exit)
			if got := len(pinsIn(r.log)); got != 0 != sent {
				t.Errorf("%d PINs were sent: %v", got, r.log)
			}
			if exit != 0 {
				e := decode[problemDocument](t, r.wantCode(t, code).stderr).Error
				if e.TriesLeft == nil || *e.TriesLeft != left || e.TryUsed != sent {
					t.Errorf("%s", r.stderr)
				}
			}
			wantPINs(t, p.tries(t), left, 3)
		}
		for left := 4; left >= 1; left-- {
			verify("WRONG1", true, 10, "pin-wrong", left)
		}
		verify("WRONG1", false, 5, "last-try", 1)
		verify(virtualcard.SignPIN, false, 5, "last-try", 1)
		verify(virtualcard.SignPIN, true, 0, "", 5, "--allow-last-try")
		verify("WRONG1", true, 10, "pin-wrong", 4)
		verify(virtualcard.SignPIN, false, 5, "min-tries", 4, "--min-tries", "5")
		for left := 3; left >= 1; left-- {
			verify("WRONG1", true, 10, "pin-wrong", left)
		}
		verify("WRONG1", true, 10, "pin-wrong", 0, "--allow-last-try")
		verify(virtualcard.SignPIN, false, 6, "pin-blocked", 0, "--allow-last-try")
	})
}

// TestBlocked tries cards with each way to report a blocked PIN.
func TestBlocked(t *testing.T) {
	for _, o := range []virtualcard.Options{{}, {BlockedQuery: 0x6983}, {BlockedQuery: 0x6984, QueryCase2: true}} {
		t.Run(fmt.Sprintf("%04X", uint16(o.BlockedQuery)), func(t *testing.T) {
			insert(t, "locked-sign", o)
			each(t, func(t *testing.T, p program) {
				wantPINs(t, p.tries(t), 0, 3)
				dir := file(t, "a", "x")
				for _, args := range [][]string{{"pin", "verify", "sign"}, {"cert", "export", "sign"}, {"sign", "a"}} {
					r := p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN + "\n"}, append(args, "--pin-stdin")...).wantExit(t, 6)
					if len(pinsIn(r.log)) > 0 {
						t.Errorf("%v", r.log)
					}
					contains(t, r.stderr, "blocked")
				}
				p.enter(t, virtualcard.AuthPIN, "pin", "verify", "auth").wantExit(t, 0)
			})
		})
	}
}
