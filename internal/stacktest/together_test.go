//go:build pcscd

package stacktest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestTogether runs two programs, one with each backend, on one card at the
// same time, 100 runs each. No try may be lost, no signature may come from
// another key, and neither may wait for ever. One uses the signing password,
// the other changes the authentication PIN and changes it back; both read the
// status in between.
func TestTogether(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	const other = "8263"
	pin, next := virtualcard.AuthPIN, other // known to one of the two only
	var signed []string                     // known to the other
	works := [2][]func() (stdin string, args []string, done func(dir string)){
		{
			func() (string, []string, func(string)) { return "", []string{"status"}, nil },
			func() (string, []string, func(string)) {
				return virtualcard.SignPIN, []string{"pin", "verify", "sign", "--pin-stdin"}, nil
			},
			func() (string, []string, func(string)) {
				return virtualcard.SignPIN, []string{"sign", "a", "--pin-stdin"}, func(dir string) { signed = append(signed, dir) }
			},
		},
		{
			func() (string, []string, func(string)) { return "", []string{"pin", "status"}, nil },
			func() (string, []string, func(string)) {
				return pin, []string{"pin", "verify", "auth", "--pin-stdin"}, nil
			},
			func() (string, []string, func(string)) {
				return pin + "\n" + next, []string{"pin", "change", "auth", "--pin-stdin", "--force"}, func(string) { pin, next = next, pin }
			},
		},
	}
	var both sync.WaitGroup
	for i, work := range works {
		both.Go(func() {
			for n := range 100 * rounds {
				stdin, args, done := work[rand.IntN(len(work))]()
				dir := filepath.Join(t.TempDir(), fmt.Sprint(i, "-", n))
				testkit.Must(t, os.MkdirAll(dir, 0o700))
				write(t, dir, "a", "x")
				run := programs[i].prepare(t, setting{dir: dir, stdin: stdin}, args...)
				run.alone = false
				run.begin(t)
				if r := run.wait(t); r.exit != 0 {
					t.Errorf("%v: exit %d\n%s%s", args, r.exit, r.stdout, r.stderr)
					return
				}
				if done != nil {
					done(dir)
				}
			}
		})
	}
	both.Wait()
	for _, dir := range signed {
		accepted(t, dir, "a.p7s", "a")
	}
	state := s.card.State()
	if state.Sign.Left != 5 || state.Auth.Left != 3 {
		t.Errorf("tries were lost: %d and %d left", state.Sign.Left, state.Auth.Left)
	}
	if open := nextProgram(t, s.reader); len(open) > 0 {
		t.Error(open)
	}
}
