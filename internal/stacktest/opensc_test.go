//go:build pcscd

package stacktest

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// OpenSC on the virtual card is pkg/virtualcard's to test. Here both it and
// the program use the same card.

// TestOpenSCsWrongPIN shows that our program sees the tries that OpenSC used.
func TestOpenSCsWrongPIN(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		wrongPINByOpenSC(t)
		wantPINs(t, p.tries(t), 4, 3)
		p.enter(t, "WRONG1", "pin", "verify", "sign").wantExit(t, 10)
		contains(t, tool(t, "", "pkcs15-tool", "--dump"), "Tries left     : 3\n")
		p.enter(t, virtualcard.SignPIN, "pin", "verify", "sign").wantExit(t, 0)
		wantPINs(t, p.tries(t), 5, 3)
	})
}

// TestAfterOpenSC shows that our program works after OpenSC, which leaves the
// PIN open and other files selected.
func TestAfterOpenSC(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		insert(t, "adult", virtualcard.Options{})
		tool(t, "", "pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", virtualcard.SignPIN)
		if len(nextProgram(t, slots[0].reader)) == 0 {
			t.Fatal("OpenSC has closed the card: this test shows nothing")
		}
		dir := file(t, "a", "x")
		p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin").wantExit(t, 0)
		accepted(t, dir, "a.p7s", "a")
		tool(t, "", "opensc-tool", "--name")
		p.run(t, "status").wantExit(t, 0)
	})
}

// TestServe puts a card into the reader with demo serve and uses it with both
// builds of the program and with OpenSC.
func TestServe(t *testing.T) {
	for _, options := range [][]string{nil, {"--short"}, {"--t0"}, {"--reselect-drops"}} {
		t.Run("with "+filepath.Join(options...), func(t *testing.T) {
			each(t, func(t *testing.T, p program) {
				card := p.serve(t, options...)
				for _, p := range programs {
					doc := decode[statusDocument](t, p.run(t, "status", "--json").wantExit(t, 0).stdout)
					if doc.Reader != slots[0].reader || doc.Demo {
						t.Errorf("%+v", doc)
					}
					dir := file(t, "contract.txt", contract)
					p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN}, "sign", "contract.txt", "--pin-stdin").wantExit(t, 0)
					accepted(t, dir, "contract.txt.p7s", "contract.txt")
					if open := nextProgram(t, slots[0].reader); len(open) > 0 {
						t.Errorf("the next program could sign: %v", open)
					}
				}
				if len(options) == 0 {
					contains(t, tool(t, "", "opensc-tool", "--name"), "\njpki\n")
					found, err := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
					if err != nil || len(found) == 0 {
						t.Fatalf("no opensc-pkcs11.so: %v", err)
					}
					contains(t, tool(t, "", "ssh-keygen", "-D", found[0]), "ssh-rsa ")
					wrongPINByOpenSC(t)
					wantPINs(t, p.tries(t), 4, 3)
				}
				testkit.Must(t, card.Process.Signal(syscall.SIGINT))
				contains(t, card.wait(t).stderr, "Taken out.")
			})
		})
	}
}

// serve starts demo serve and waits until pcscd has seen its card.
func (p program) serve(t *testing.T, options ...string) *running {
	t.Helper()
	slots[0].waitFor(t, false)
	card := p.start(t, setting{}, append([]string{"demo", "serve"}, options...)...)
	slots[0].waitFor(t, true)
	card.deadline.Reset(10 * limit)
	t.Cleanup(func() {
		_ = card.Process.Kill()
		slots[0].waitFor(t, false)
	})
	return card
}

func TestServePersona(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		card := p.serve(t, "--persona", "expiring")
		doc := decode[statusDocument](t, p.run(t, "status", "--json").wantExit(t, 0).stdout)
		if doc.Certificates[1].State != "renewal-open" {
			t.Errorf("%+v", doc)
		}
		p.run(t, "demo", "serve", "--address", "127.0.0.1:1", "--json").wantExit(t, 3).wantCode(t, "no-service")
		p.run(t, "demo", "serve", "--persona", "nobody", "--json").wantExit(t, 2).wantCode(t, "usage")
		testkit.Must(t, card.Process.Signal(syscall.SIGTERM))
		card.wait(t)
	})
}

// TestServeTwice shows that the slot takes one card only.
func TestServeTwice(t *testing.T) {
	programs[0].serve(t)
	programs[1].run(t, "demo", "serve", "--json").wantExit(t, 11).wantCode(t, "card-in-use")
}

// TestServeEndsWithTheReader shows that demo serve ends with pcscd.
func TestServeEndsWithTheReader(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		card := p.serve(t)
		pcscd := runningPCSCD(t)
		pcscd.kill(t)
		r := card.wait(t)
		pcscd.start(t, pcscd.readers, len(slots))
		r.wantExit(t, 3)
		contains(t, r.stderr, "The virtual reader is gone")
	})
}
