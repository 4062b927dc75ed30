//go:build pcscd

package stacktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestPulled removes the card at each command of an operation. The program must
// report it and end, leave no file and lose no try, even right after the PIN
// was sent.
func TestPulled(t *testing.T) {
	for name, op := range map[string]struct {
		commands int // with extended length
		args     []string
	}{
		"status": {8, []string{"status"}},
		"export": {3, []string{"cert", "export", "auth", "-o", "out"}},
		"sign":   {signCommands, []string{"sign", "a", "-o", "out", "--pin-stdin"}},
	} {
		for n := 1; n <= op.commands; n++ {
			t.Run(fmt.Sprintf("%s at %d", name, n), func(t *testing.T) {
				s := insert(t, "adult", virtualcard.Options{})
				// Each command with one of the two, as an insertion takes its time.
				p := programs[n%len(programs)]
				s.when(n, func() {
					s.pull()
					time.Sleep(20 * time.Millisecond) // no answer leaves any more
				})
				start := time.Now()
				r := p.with(t, setting{dir: file(t, "a", "x"), stdin: virtualcard.SignPIN}, op.args...)
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				if len(r.log) != n {
					t.Fatalf("%d commands, want %d: %v", len(r.log), n, r.log)
				}
				if name == "sign" && n == op.commands { // only the card was still to be closed
					r.wantExit(t, 0)
					accepted(t, r.dir, "out", "a")
				} else {
					exit := 4
					if name == "sign" && n == 5 { // the PIN was sent
						exit = 10
					}
					r.wantExit(t, exit)
					if got := names(t, r.dir); len(got) != 1 {
						t.Errorf("left %v", got)
					}
				}
				if got := s.card.State(); got.Sign.Left != 5 || got.Auth.Left != 3 {
					t.Errorf("%+v", got)
				}
				// The next run finds an empty reader, and says so.
				s.waitFor(t, false)
				p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
				// A failed command tells pcscd at once, but it looks at a reader
				// every 0.4 s only: a card that is back sooner was never away.
				time.Sleep(500 * time.Millisecond)
			})
		}
	}
}

// TestInsertions removes and inserts the card many times.
func TestInsertions(t *testing.T) {
	for i := range 5 * rounds {
		p := programs[i%len(programs)]
		s := insert(t, "adult", virtualcard.Options{})
		p.enter(t, virtualcard.SignPIN, "pin", "verify", "sign").wantExit(t, 0)
		s.remove(t)
		p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
	}
}

// TestWait shows that the program waits for a card.
func TestWait(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		start := time.Now()
		p.run(t, "status", "--wait", "700ms", "--json").wantExit(t, 4).wantCode(t, "no-card")
		if took := time.Since(start); took < 700*time.Millisecond || took > 3*time.Second {
			t.Errorf("waited %v", took)
		}
		run := p.start(t, setting{}, "status", "--wait", "20s", "--json")
		time.Sleep(300 * time.Millisecond)
		insert(t, "adult", virtualcard.Options{})
		if r := run.wait(t).wantExit(t, 0); decode[statusDocument](t, r.stdout).Reader != slots[0].reader {
			t.Errorf("%s", r.stdout)
		}
	})
}

// TestWaitIsInterrupted shows that waiting can be interrupted.
func TestWaitIsInterrupted(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		x := p.sit(t, setting{}, "status", "--wait", "10m")
		x.sees(t, "Put the card on the reader.")
		x.types(t, "\x03")
		x.leaves(t, 130)
	})
}
