//go:build pcscd

package stacktest

import (
	"fmt"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// cost is what a certificate costs to read: a command for every 256 bytes, or
// with extended length one to see how long it is and one for the rest. A card
// that refuses extended length, or short identifiers, is asked once in a run.
type cost struct {
	options virtualcard.Options
	reads   func(size int) int
	refused int // READs in extended length, if the run reads a certificate
	named   bool
}

var (
	oneOr256 = func(size int) int { return (size + 255) / 256 }
	two      = func(int) int { return 2 }
)

var costs = map[string]cost{
	"extended":           {virtualcard.Options{}, two, 0, true},
	"short":              {virtualcard.Options{NoExtendedLength: true}, oneOr256, 1, true},
	"extended, selected": {virtualcard.Options{NoShortIdentifiers: apdu.StatusIncorrectP1P2}, two, 0, false},
	"short, selected":    {virtualcard.Options{NoExtendedLength: true, NoShortIdentifiers: apdu.StatusIncorrectP1P2}, oneOr256, 1, false},
}

// TestCost counts the commands of each operation at the card. The CA
// certificates of the demo cards are known and not read.
func TestCost(t *testing.T) {
	for name, c := range costs {
		t.Run(name, func(t *testing.T) {
			insert(t, "adult", c.options)
			each(t, func(t *testing.T, p program) {
				read := func(kind string) int { return c.reads(len(p.certificate(t, kind).Raw)) }
				auth, sign, ca, authCA := read("auth"), read("sign"), read("sign-ca"), read("auth-ca")
				for _, op := range []struct {
					want, selected       int // by short identifier, and what it costs more where that is refused
					verifies, signatures int
					certificates         bool
					args                 []string
				}{
					{want: 1 + auth, selected: 2, certificates: true, args: []string{"cert", "export", "auth"}},
					{want: 1 + ca, selected: 2, certificates: true, args: []string{"cert", "export", "sign-ca"}},
					{want: 2 + auth + authCA, selected: 4, certificates: true, args: []string{"cert", "check", "auth", "--trust", "demo"}},
					{want: 3, selected: 3, args: []string{"pin", "status"}},
					{want: 6, selected: 2, verifies: 1, args: []string{"pin", "verify", "sign"}},
					{want: 6 + sign, selected: 3, verifies: 1, certificates: true, args: []string{"cert", "export", "sign"}},
					{want: 7 + sign, selected: 5, verifies: 1, signatures: 1, certificates: true, args: []string{"sign", "a"}},
					{want: 7 + sign + 2, selected: 5, verifies: 1, signatures: 3, certificates: true, args: []string{"sign", "a", "b", "c"}},
				} {
					in := setting{dir: file(t, "a", "1")}
					write(t, in.dir, "b", "2")
					write(t, in.dir, "c", "3")
					if op.verifies > 0 {
						in.stdin = virtualcard.SignPIN + "\n"
						op.args = append(op.args, "--pin-stdin")
					}
					r := p.with(t, in, op.args...).wantExit(t, 0)
					if op.certificates {
						op.want += c.refused
					}
					if !c.named {
						op.want += op.selected
					}
					if len(r.log) != op.want {
						t.Errorf("%v cost %d commands, want %d: %v", op.args, len(r.log), op.want, r.log)
					}
					if n := len(pinsIn(r.log)); n != op.verifies {
						t.Errorf("%v sent %d PINs, want %d", op.args, n, op.verifies)
					}
					if n := signatures(r.log); n != op.signatures {
						t.Errorf("%v made %d signatures, want %d", op.args, n, op.signatures)
					}
					if n := refusals(r.log); n > c.refused {
						t.Errorf("%v was refused extended length %d times", op.args, n)
					}
				}
			})
		})
	}
}

// TestCostOfMany shows that each file after the first costs one command.
func TestCostOfMany(t *testing.T) {
	const files = 100
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		in := setting{dir: t.TempDir(), stdin: virtualcard.SignPIN + "\n"}
		args := []string{"sign", "--pin-stdin"}
		for n := range files {
			name := fmt.Sprintf("%d.txt", n)
			write(t, in.dir, name, name)
			args = append(args, name)
		}
		first := p.with(t, in, "sign", "--pin-stdin", "0.txt", "-o", "alone").wantExit(t, 0)
		r := p.with(t, in, args...).wantExit(t, 0)
		if got, want := len(r.log), len(first.log)+files-1; got != want {
			t.Errorf("%d files cost %d commands, want %d, as one costs %d", files, got, want, len(first.log))
		}
		if n := signatures(r.log); n != files {
			t.Errorf("%d signatures", n)
		}
		if n := len(pinsIn(r.log)); n != 1 {
			t.Errorf("%d PINs sent", n)
		}
		contains(t, r.stdout, "Signed: 100 of 100.")
		p.with(t, in, "verify", "--trust", "demo", "0.txt.p7s", "99.txt.p7s").wantExit(t, 0)
	})
}

func refusals(log []exchange) (n int) {
	for _, x := range log {
		if x.sw == apdu.StatusWrongLength {
			n++
		}
	}
	return n
}
