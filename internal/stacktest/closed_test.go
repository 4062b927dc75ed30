//go:build pcscd

package stacktest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// That nobody can sign after a run is looked at after every run of every test
// (slot.leftWell). The tests here bring the program into the situations in
// which it could forget to close the card.

// reselect are the two kinds of card: one that keeps a verified PIN when its
// application is selected again, and one that does not.
var reselect = map[string]virtualcard.Options{"keeps": {}, "drops": {ReselectDrops: true}}

// TestOpenIsSeen shows that the check that follows every run of the program
// finds a PIN left open.
func TestOpenIsSeen(t *testing.T) {
	for name, o := range reselect {
		t.Run(name, func(t *testing.T) {
			s := insert(t, "adult", o)
			leaveOpen(t, s.reader)
			if got := nextProgram(t, s.reader); len(got) == 0 {
				t.Error("the next program finds nothing")
			}
		})
	}
}

// leaveOpen verifies the signing PIN and does not close it.
func leaveOpen(t *testing.T, reader string) {
	t.Helper()
	card, err := pcscContext(t).Connect(t.Context(), reader)
	testkit.Must(t, err)
	testkit.Must(t, card.Begin(t.Context()))
	for _, c := range []apdu.Command{
		{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: aid},
		{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0x00, 0x1B}},
		{INS: apdu.InsVerify, P2: 0x80, Data: []byte(virtualcard.SignPIN)},
	} {
		r, err := apdu.Send(card, c)
		testkit.Must(t, err)
		testkit.Must(t, r.Err())
	}
	testkit.Must(t, card.End())
	testkit.Must(t, card.Close())
}

func TestClosedAfterSuccess(t *testing.T) {
	for name, o := range reselect {
		t.Run(name, func(t *testing.T) {
			insert(t, "adult", o)
			each(t, func(t *testing.T, p program) {
				for _, args := range [][]string{
					{"pin", "verify", "sign"}, {"pin", "verify", "auth"}, {"cert", "show", "sign"}, {"cert", "export", "sign"}, {"sign", "a"},
				} {
					pin := virtualcard.SignPIN
					if args[len(args)-1] == "auth" {
						pin = virtualcard.AuthPIN
					}
					r := p.with(t, setting{dir: file(t, "a", "x"), stdin: pin}, append(args, "--pin-stdin")...).wantExit(t, 0)
					if len(pinsIn(r.log)) != 1 {
						t.Errorf("%v verified no PIN: %v", args, r.log)
					}
				}
			})
		})
	}
}

// TestClosedAfterError lets the program fail in each way that is possible after
// VERIFY.
func TestClosedAfterError(t *testing.T) {
	for name, failure := range map[string]struct {
		persona string
		prepare func(t *testing.T, s *slot, dir string)
		pin     string
		exit    int
		code    string
	}{
		"wrong PIN":         {pin: "WRONG1", exit: 10, code: "pin-wrong"},
		"expired":           {persona: "expired", exit: 8, code: "expired"},
		"garbage":           {prepare: content(0x0001, []byte("garbage")), exit: 8, code: "certificate-damaged"},
		"absent":            {prepare: absent, exit: 4, code: "no-certificate"},
		"damaged":           {prepare: content(0x0001, []byte{0x30, 0x82, 0x01, 0x00, 0x00}), exit: 8, code: "certificate-damaged"},
		"empty":             {prepare: content(0x0001, nil), exit: 1, code: "card-answer"},
		"key mismatch":      {prepare: otherCertificate, exit: 8, code: "key-mismatch"},
		"folder gone":       {prepare: atVerify(func(dir string) error { return os.RemoveAll(filepath.Join(dir, "out")) }), exit: 1, code: "output"},
		"name taken":        {prepare: atVerify(func(dir string) error { return os.WriteFile(filepath.Join(dir, "out", "a.p7s"), nil, 0o600) }), exit: 1, code: "output"},
		"input has changed": {prepare: atVerify(func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("changed"), 0o600) }), exit: 1, code: "input"},
	} {
		if failure.persona == "" {
			failure.persona = "adult"
		}
		if failure.pin == "" {
			failure.pin = virtualcard.SignPIN
		}
		for kind, o := range reselect {
			t.Run(name+" "+kind, func(t *testing.T) {
				s := insert(t, failure.persona, o)
				each(t, func(t *testing.T, p program) {
					dir := file(t, "a", "x")
					out := filepath.Join(dir, "out")
					testkit.Must(t, os.Mkdir(out, 0o700))
					if failure.prepare != nil {
						failure.prepare(t, s, dir)
					}
					r := p.with(t, setting{dir: dir, stdin: failure.pin}, "sign", "a", "--out-dir", "out", "--pin-stdin", "--json")
					r.wantExit(t, failure.exit).wantCode(t, failure.code)
					if len(pinsIn(r.log)) != 1 {
						t.Errorf("the PIN was not sent: %v", r.log)
					}
					if entries, _ := os.ReadDir(out); len(entries) > 0 && name != "name taken" {
						t.Errorf("a failure left %v", entries)
					}
				})
			})
		}
	}
}

func content(ef uint16, data []byte) func(*testing.T, *slot, string) {
	return func(t *testing.T, s *slot, _ string) {
		t.Helper()
		testkit.Must(t, s.card.SetFile(ef, data))
	}
}

// otherCertificate replaces the signing certificate by the authentication
// certificate, which has another key.
func otherCertificate(t *testing.T, s *slot, _ string) {
	t.Helper()
	testkit.Must(t, s.card.SetFile(0x0001, programs[0].certificate(t, "auth").Raw))
}

// atVerify changes the folder when the card checks the PIN.
func atVerify(do func(dir string) error) func(*testing.T, *slot, string) {
	return func(_ *testing.T, s *slot, dir string) {
		const verify = 5
		s.when(verify, func() {
			if err := do(dir); err != nil {
				panic(err)
			}
		})
	}
}

// signCommands is the number of commands of a signature with extended length,
// including those that close the card.
const signCommands = 9

// TestClosedAfterSignal interrupts a signature at each of its commands.
func TestClosedAfterSignal(t *testing.T) {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	for kind, o := range reselect {
		t.Run(kind, func(t *testing.T) {
			s := insert(t, "adult", o)
			each(t, func(t *testing.T, p program) {
				for n := 1; n <= signCommands; n++ {
					dir := file(t, "a", "x")
					run := p.prepare(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin", "--json")
					s.when(n, func() {
						for range 3 { // a person presses Ctrl-C again and again
							_ = run.Process.Signal(signals[n%len(signals)])
							time.Sleep(10 * time.Millisecond)
						}
					})
					run.begin(t)
					r := run.wait(t)
					s.never()
					if n >= signCommands-1 && r.exit == 0 { // the signature was there before the signal was seen
						accepted(t, dir, "a.p7s", "a")
						continue
					}
					t.Logf("interrupted at command %d", n)
					r.wantExit(t, 130).wantCode(t, "interrupted")
					if got := names(t, dir); len(got) != 1 {
						t.Errorf("interrupted at command %d, it left %v", n, got)
					}
				}
				if got := s.card.State().Sign.Left; got != 5 {
					t.Errorf("%d tries left", got)
				}
			})
		})
	}
}

// TestClosedUnread lets the program print to a closed pipe while a PIN is
// verified, as before head.
func TestClosedUnread(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	content(0x0002, []byte("garbage"))(t, s, "") // the CA certificate, without which it goes on
	each(t, func(t *testing.T, p program) {
		dir := file(t, "a", "x")
		run := p.prepare(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin")
		r, w, err := os.Pipe()
		testkit.Must(t, err)
		defer w.Close()
		run.Stderr = w
		s.when(1, func() { r.Close() })
		run.begin(t)
		run.wait(t).wantExit(t, 0)
		if got := names(t, dir); !slices.Equal(got, []string{"a", "a.p7s"}) {
			t.Errorf("it left %v", got)
		}
	})
}

// TestClosedAfterAnyMoment interrupts a signature at random moments.
func TestClosedAfterAnyMoment(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for i := range 20 * rounds {
			dir := file(t, "a", "x")
			run := p.start(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin", "--json")
			// A run takes some 30 ms. The steps are prime to one another.
			time.Sleep(time.Duration(i*7919%40000) * time.Microsecond)
			_ = run.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGTERM}[i%2])
			r := run.wait(t)
			switch left := names(t, dir); {
			case slices.Equal(left, []string{"a", "a.p7s"}):
				// All was done, at the latest when nobody listened any more.
				if r.exit != 0 && r.exit != -1 {
					t.Errorf("signed, with exit status %d\n%s", r.exit, r.stderr)
				}
				p.with(t, setting{dir: dir}, "verify", "a.p7s", "--trust", "demo").wantExit(t, 0)
			case len(left) != 1:
				t.Errorf("left %v, with exit status %d\n%s", left, r.exit, r.stderr)
			case r.exit == -1: // nobody listened yet
				if len(r.log) > 0 {
					t.Errorf("killed with the card open: %v", r.log)
				}
			default:
				r.wantExit(t, 130)
			}
		}
	})
	if got := slots[0].card.State().Sign.Left; got != 5 {
		t.Errorf("%d tries left", got)
	}
}

// TestOthersOpenPIN shows that the program does not use a PIN that another
// program left open, and closes it.
func TestOthersOpenPIN(t *testing.T) {
	for _, shows := range []bool{false, true} {
		t.Run(fmt.Sprintf("shown %v", shows), func(t *testing.T) {
			s := insert(t, "adult", virtualcard.Options{QueryShowsOpen: shows})
			each(t, func(t *testing.T, p program) {
				leaveOpen(t, s.reader)
				p.enter(t, "WRONG1", "pin", "verify", "sign").wantExit(t, 10)
				leaveOpen(t, s.reader)
				wantPINs(t, p.tries(t), 5, 3)
				if shows && len(nextProgram(t, s.reader)) > 0 {
					t.Error("seen, and left open")
				}
			})
		})
	}
}

// absent removes the signing certificate from the card, and from the list of
// what it holds.
func absent(t *testing.T, s *slot, dir string) {
	content(0x0001, make([]byte, 2048))(t, s, dir)
	content(0x0008, []byte{0x00, 0x8F, 0x00})(t, s, dir)
}
