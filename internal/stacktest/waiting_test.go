//go:build pcscd

package stacktest

import (
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestWaitsForAPerson: on a terminal the card is waited for without --wait.
// Nothing that runs by itself waits.
func TestWaitsForAPerson(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		x := p.sit(t, setting{}, "pin", "status", "--lang", "en")
		x.sees(t, "Put the card on the reader. Waiting for 30 s (Ctrl-C ends it).")
		insert(t, "adult", virtualcard.Options{})
		x.sees(t, "Keep it still until this is done.")
		x.sees(t, "5 of 5 tries left")
		x.leaves(t, 0)
	})
}

// TestNobodyWaits: neither a cron job, a prompt nor a script.
func TestNobodyWaits(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		for _, args := range [][]string{{"status", "--check"}, {"status", "--short"}, {"status", "--json"}, {"status", "--no-input"}} {
			p.sit(t, setting{}, args...).leaves(t, 4)
		}
		p.run(t, "status").wantExit(t, 4)
		x := p.sit(t, setting{}, "status", "--wait", "0s")
		x.sees(t, "There is no card on the reader.")
		x.leaves(t, 4)
	})
}
