//go:build pcscd

package stacktest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

const (
	askedEN = "5 of 5 tries left\r\nSigning password: "
	askedJA = "残り5回(最大5回)\r\n署名用パスワード: "
)

// TestAsked lets a person type the PIN. A PIN against the rules is asked for
// again, and reading the counter first costs two commands.
func TestAsked(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for lang, words := range map[string]struct{ question, refusal, done string }{
			"en": {askedEN, "It was not sent, no try was used.", "The signing password is right."},
			"ja": {askedJA, "送信していないので、回数は減っていません。", "署名用パスワードは正しいです。"},
		} {
			x := p.sit(t, setting{}, "pin", "verify", "sign", "--lang", lang)
			x.answers(t, words.question, "ABCDEF")
			x.sees(t, words.refusal)
			x.answers(t, words.question, "ＤＥＭＯ１２３")
			if got := pinsIn(s.seenSince(x.since)); len(got) > 0 {
				t.Errorf("sent: %q", got)
			}
			x.answers(t, words.question, "demo123")
			x.sees(t, words.done)
			r := x.leaves(t, 0)
			if pins := pinsIn(r.log); !slices.Equal(pins, []string{virtualcard.SignPIN}) || len(r.log) != 8 {
				t.Errorf("sent %q in %d commands: %v", pins, len(r.log), r.log)
			}
			if n := strings.Count(r.stdout, words.refusal); n != 2 {
				t.Errorf("two entries were refused, %d times:\n%s", n, r.stdout)
			}
			for _, typed := range []string{"ABCDEF", "ＤＥＭＯ", "demo123", "DEMO123"} {
				if strings.Contains(r.stdout, typed) {
					t.Errorf("%q was shown:\n%s", typed, r.stdout)
				}
			}
		}
	})
}

// TestAskedCost is TestCost with a PIN typed by a person.
func TestAskedCost(t *testing.T) {
	for name, c := range costs {
		t.Run(name, func(t *testing.T) {
			insert(t, "adult", c.options)
			each(t, func(t *testing.T, p program) {
				sign := c.reads(len(p.certificate(t, "sign").Raw))
				for _, op := range []struct {
					want int
					args []string
				}{
					{8 + sign, []string{"cert", "export", "sign"}},
					{9 + sign, []string{"sign", "a"}},
				} {
					if !c.named {
						op.want += map[string]int{"cert": 5, "sign": 7}[op.args[0]]
					}
					x := p.sit(t, setting{dir: file(t, "a", "x")}, op.args...)
					x.answers(t, askedEN, virtualcard.SignPIN)
					if r := x.leaves(t, 0); len(r.log) != op.want+c.refused {
						t.Errorf("%v cost %d commands, want %d: %v", op.args, len(r.log), op.want+c.refused, r.log)
					}
				}
			})
		})
	}
}

func TestAskedWhich(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		x := p.sit(t, setting{}, "pin", "verify")
		x.sees(t, "Which PIN?")
		x.types(t, "2\r")
		x.answers(t, "3 of 3 tries left\r\nAuthentication PIN: ", virtualcard.AuthPIN)
		x.sees(t, "The authentication PIN is right.")
		x.leaves(t, 0)
	})
}

// TestSignAtTerminal signs a file as a person does at a terminal.
func TestSignAtTerminal(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		dir := file(t, "contract.txt", contract)
		x := p.sit(t, setting{dir: dir}, "sign", "contract.txt", "--lang", "ja")
		x.sees(t, "氏名、住所、生年月日、性別")
		x.answers(t, askedJA, virtualcard.SignPIN)
		x.sees(t, "「contract.txt.p7s」を作成しました。")
		x.leaves(t, 0)
		accepted(t, dir, "contract.txt.p7s", "contract.txt")
	})
}

// TestLeavingThePrompt shows that a person can leave the prompt, and that the
// terminal is then as it was.
func TestLeavingThePrompt(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for name, leave := range map[string]func(x *person){
			"Ctrl-C":          func(x *person) { x.types(t, "\x03") },
			"Ctrl-C, halfway": func(x *person) { x.types(t, "DEMO1\x03") },
			"SIGTERM, halfway": func(x *person) {
				x.types(t, "DEMO1")
				time.Sleep(20 * time.Millisecond)
				_ = x.Process.Signal(syscall.SIGTERM)
			},
			"SIGTERM": func(x *person) { _ = x.Process.Signal(syscall.SIGTERM) },
			"SIGHUP":  func(x *person) { _ = x.Process.Signal(syscall.SIGHUP) },
		} {
			x := p.sit(t, setting{dir: file(t, "a", "x")}, "sign", "a")
			x.sees(t, askedEN)
			eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
			leave(x)
			r := x.leaves(t, 130)
			if len(pinsIn(r.log)) > 0 || len(names(t, r.dir)) != 1 {
				t.Errorf("%s: sent %q, left %v", name, pinsIn(r.log), names(t, r.dir))
			}
		}
	})
}

// TestLeavingAtAnyMoment interrupts the program around the prompt at many
// moments. The terminal must be as it was each time.
func TestLeavingAtAnyMoment(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for i := range 20 * rounds {
			x := p.sit(t, setting{}, "pin", "verify", "sign")
			x.sees(t, askedEN)
			time.Sleep(time.Duration(i*37%200) * time.Microsecond)
			_ = x.Process.Signal(syscall.SIGTERM)
			x.leaves(t, 130)
		}
	})
}

// TestStopped shows that Ctrl-Z stops the program at the prompt, and that it
// goes on later.
func TestStopped(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		shell := program{backend: p.backend, path: "/bin/bash"}
		x := shell.sit(t, setting{}, "--norc", "--noprofile", "--noediting", "-i")
		x.types(t, "PS1=ready:; set +o history; "+p.path+" pin verify sign --lang en; echo status=$?\r")
		x.sees(t, askedEN)
		eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
		x.types(t, "\x1a")
		x.sees(t, "Stopped")
		x.sees(t, "ready:")
		eventually(t, "typing is shown again", func() bool { return x.echo(t) })
		x.types(t, "fg\r")
		x.answers(t, "Signing password: ", virtualcard.SignPIN)
		x.sees(t, "The signing password is right.")
		x.sees(t, "ready:")
		x.types(t, "exit 0\r")
		r := x.leaves(t, 0)
		if pins := pinsIn(r.log); len(pins) != 1 {
			t.Errorf("sent %q", pins)
		}
	})
}

// TestLastTryAtTerminal shows that the last try needs the whole word yes.
func TestLastTryAtTerminal(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		s := insert(t, "last-try", virtualcard.Options{})
		for _, word := range []string{"", "y", "Yes!", "no", "\x04"} {
			x := p.sit(t, setting{}, "pin", "verify", "sign")
			x.sees(t, "Type yes to go on all the same: ")
			x.waitForKeys(t)
			x.types(t, strings.TrimSuffix(word+"\r", "\x04\r"))
			if word == "\x04" {
				x.types(t, x.endOfInput())
			}
			if r := x.leaves(t, 5); len(pinsIn(r.log)) > 0 {
				t.Errorf("%q was enough", word)
			}
		}
		x := p.sit(t, setting{}, "pin", "verify", "sign", "--lang", "ja")
		x.sees(t, "それでも続けるなら「はい」か yes と入力してください: ")
		x.types(t, "はい\r")
		x.answers(t, "署名用パスワード: ", virtualcard.SignPIN)
		x.leaves(t, 0)
		if left := s.card.State().Sign.Left; left != 5 {
			t.Errorf("%d tries left", left)
		}
	})
}

// TestBlockedIsNotAsked shows that a blocked PIN is not asked for.
func TestBlockedIsNotAsked(t *testing.T) {
	insert(t, "locked-sign", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		for _, args := range [][]string{{"pin", "verify", "sign"}, {"sign", "a"}} {
			x := p.sit(t, setting{dir: file(t, "a", "x")}, args...)
			r := x.leaves(t, 6)
			contains(t, r.stdout, "The signing password is blocked.")
			if strings.Contains(r.stdout, "): ") {
				t.Errorf("asked for it:\n%s", r.stdout)
			}
		}
	})
}

// While a person types, the card is free for others, and things happen to it.

// meanwhile runs do between the question and the answer.
func meanwhile(t *testing.T, p program, do func(s *slot), exit int) result {
	t.Helper()
	s := insert(t, "adult", virtualcard.Options{})
	x := p.sit(t, setting{dir: file(t, "a", "x")}, "sign", "a")
	x.sees(t, askedEN)
	do(s)
	eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
	x.types(t, virtualcard.SignPIN+"\r")
	return x.leaves(t, exit)
}

// TestExchangedMeanwhile shows that a PIN typed for one card is not sent to
// another.
func TestExchangedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := meanwhile(t, p, func(s *slot) {
			s.remove(t)
			insert(t, "adult", virtualcard.Options{})
		}, 4)
		contains(t, r.stdout, "taken away or exchanged")
		if seen := slots[0].seen(); len(seen) > 0 {
			t.Errorf("the new card saw %v", seen)
		}
	})
}

func TestRemovedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := meanwhile(t, p, func(s *slot) { s.remove(t) }, 4)
		if len(pinsIn(r.log)) > 0 || len(names(t, r.dir)) != 1 {
			t.Errorf("%v %v", r.log, names(t, r.dir))
		}
	})
}

// TestTriesFellMeanwhile shows that a person who was told five tries does not
// use the last one unasked.
func TestTriesFellMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := meanwhile(t, p, func(s *slot) {
			s.others(func() { wrongPINByOpenSC(t) })
		}, 5)
		contains(t, r.stdout, "went from 5 to 4")
		if pins := pinsIn(r.log); len(pins) > 0 {
			t.Errorf("sent %q", pins)
		}
	})
}

func wrongPINByOpenSC(t *testing.T) {
	t.Helper()
	if out, err := foreign(t, "", "pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", "WRONG1"); err == nil {
		t.Fatalf("not wrong:\n%s", out)
	}
}

// TestUsedMeanwhile shows that the work goes on if another program selects
// another application or resets the card.
func TestUsedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		for name, use := range map[string]func(*pcsc.Card) error{
			"select": func(c *pcsc.Card) error {
				_, err := apdu.Send(c, apdu.Command{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: []byte{0xA0, 0, 0, 1, 0x51, 0, 0}})
				return errors.Join(err, c.End())
			},
			"reset": (*pcsc.Card).Unpower,
		} {
			t.Run(name, func(t *testing.T) {
				r := meanwhile(t, p, func(s *slot) {
					card, err := pcscContext(t).Connect(t.Context(), s.reader)
					testkit.Must(t, err)
					testkit.Must(t, card.Begin(t.Context()))
					testkit.Must(t, use(card))
					testkit.Must(t, card.Close())
				}, 0)
				if _, err := os.Stat(filepath.Join(r.dir, "a.p7s")); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
