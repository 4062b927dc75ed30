package jpki_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// everything uses all short identifiers in one PIN session.
func everything(s *jpki.Session) error {
	cert, err := s.Certificate(jpki.KindAuth)
	if err != nil {
		return err
	}
	_, sigErr := signature(s, cert)
	_, againErr := signature(s, cert)
	_, tokenErr := s.Token()
	return errors.Join(sigErr, againErr, tokenErr, bothTries(s.App))
}

// named counts the commands that name a file by its short identifier.
func named(cmds [][]byte) (n int) {
	for _, c := range cmds {
		if c[1] == apdu.InsReadBinary && c[2]&0x80 != 0 || c[1] != apdu.InsReadBinary && c[1] != apdu.InsSelect && c[3] > 0x80 {
			n++
		}
	}
	return n
}

// TestShortIdentifiersRefused shows that everything works on cards that refuse
// short identifiers, whatever they answer, and that each kind of command tries
// them once for a connection.
func TestShortIdentifiersRefused(t *testing.T) {
	for _, sw := range []apdu.Status{0x6A82, 0x6A86, 0x6A88, 0x6B00, 0x6A81, 0x6981, 0x6986} {
		s := newSlot(t, "adult", virtualcard.Options{NoShortIdentifiers: sw})
		card := jpki.New(s)
		for i, want := range []int{3, 0} {
			s.sent = nil
			// READ, the signature and the query are tried, one time each.
			if err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, everything); err != nil {
				t.Errorf("%04X, time %d: %v", uint16(sw), i+1, err)
			}
			if got := named(s.sent); got != want {
				t.Errorf("%04X, time %d: %d short identifiers, want %d", uint16(sw), i+1, got, want)
			}
		}
	}
}

// TestShortIdentifiersSeparately shows that a card may accept short identifiers
// in one command and refuse them in another, and may not make the named file
// the current one.
func TestShortIdentifiersSeparately(t *testing.T) {
	for name, refuse := range map[string]func(cmd []byte, n int, sent [][]byte) bool{
		"READ":  func(cmd []byte, _ int, _ [][]byte) bool { return cmd[1] == apdu.InsReadBinary && cmd[2]&0x80 != 0 },
		"query": func(cmd []byte, _ int, _ [][]byte) bool { return cmd[1] == apdu.InsVerify && cmd[3] > 0x80 },
		"signature": func(cmd []byte, _ int, _ [][]byte) bool {
			return cmd[1] == apdu.InsPerformSecurityOperation && cmd[3] > 0x80
		},
		"the next READ": func(cmd []byte, n int, sent [][]byte) bool {
			return cmd[1] == apdu.InsReadBinary && cmd[2]&0x80 == 0 && sent[n-1][1] == apdu.InsReadBinary && sent[n-1][2]&0x80 != 0
		},
	} {
		for _, o := range []virtualcard.Options{{}, {NoExtendedLength: true}} {
			s := newSlot(t, "adult", o)
			s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
				if refuse(s.sent[n], n, s.sent) {
					return []byte{0x69, 0x86}, nil
				}
				return run()
			}
			card := jpki.New(s)
			for range 2 {
				if err := card.WithPIN(context.Background(), jpki.KeyAuth, rightPIN(jpki.KeyAuth), nil, everything); err != nil {
					t.Errorf("%s, %+v: %v", name, o, err)
				}
			}
		}
	}
}

// TestBlockedIsBelievedOfASelectedPIN shows that an answer "blocked" or "open"
// counts only for a PIN file that was selected, unless the card is known to
// accept short identifiers.
func TestBlockedIsBelievedOfASelectedPIN(t *testing.T) {
	for _, raw := range []string{"\x63\xC0", "\x69\x83", "\x69\x84", "\x90\x00", "\x63\xCF"} {
		s := newSlot(t, "adult", virtualcard.Options{})
		s.fault = answering(s, "\x00\x20\x00\x9B", raw)
		err := jpki.New(s).WithApp(context.Background(), func(a *jpki.App) error {
			tries, err := a.Tries(jpki.KeySign)
			if err != nil || tries != (jpki.Tries{Left: 5, Max: 5}) {
				t.Errorf("% X to a short identifier: %+v, %v", raw, tries, err)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestLongAnswersLost shows that a reader that loses answers of 256 bytes is
// recognised, worked around and remembered, and that a reader that fails once
// is not.
func TestLongAnswersLost(t *testing.T) {
	export := operationNamed(t, "cert export auth")
	empty := func(func() ([]byte, error)) ([]byte, error) { return []byte{0x90, 0x00}, nil }
	fails := func(func() ([]byte, error)) ([]byte, error) { return nil, errHiccup }
	long := func(cmd []byte) bool { return cmd[1] == apdu.InsReadBinary && cmd[4] == 0 }
	for name, c := range map[string]struct {
		options virtualcard.Options
		lose    func(func() ([]byte, error)) ([]byte, error)
		times   int
		want    jpki.Limits
	}{
		"empty, always":                     {virtualcard.Options{}, empty, 1000, jpki.Limits{LosesLong: true}},
		"empty, always, no short names":     {noShortIDs, empty, 1000, jpki.Limits{LosesLong: true}},
		"empty, no extended length":         {virtualcard.Options{NoExtendedLength: true}, empty, 1000, jpki.Limits{LosesLong: true}},
		"error, always":                     {virtualcard.Options{}, fails, 1000, jpki.Limits{LosesLong: true}},
		"error, always, no extended length": {virtualcard.Options{NoExtendedLength: true}, fails, 1000, jpki.Limits{LosesLong: true}},
		"empty, once":                       {virtualcard.Options{}, empty, 1, jpki.Limits{}},
		"error, once":                       {virtualcard.Options{}, fails, 1, jpki.Limits{}},
	} {
		s := newSlot(t, "adult", c.options)
		lost := 0
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if long(s.sent[n]) && lost < c.times {
				lost++
				return c.lose(run)
			}
			return run()
		}
		card := jpki.New(s)
		if err := export.run(context.Background(), card); err != nil || card.Limits() != c.want {
			t.Errorf("%s: %+v, %v", name, card.Limits(), err)
		}
		s.sent = nil
		if err := export.run(context.Background(), card); err != nil {
			t.Errorf("%s, once more: %v", name, err)
		}
		for _, cmd := range s.sent {
			if c.want.LosesLong && long(cmd) {
				t.Errorf("%s: READ % X all the same", name, cmd)
			}
		}
	}
}

// TestExtendedReadKillsTheConnection shows that a reader that fails at every
// extended READ is recognised when the transaction is repeated.
func TestExtendedReadKillsTheConnection(t *testing.T) {
	for times, want := range map[int]jpki.Limits{1: {}, 1000: {ShortOnly: true}} {
		s := newSlot(t, "adult", virtualcard.Options{})
		dead, failed := false, 0
		s.fault = func(n int, run func() ([]byte, error)) ([]byte, error) {
			if s.unpowers > 0 && bytes.Equal(s.sent[n], selectJPKI) {
				dead = false
			}
			if apdu.IsExtended(s.sent[n]) && failed < times {
				dead = true
				failed++
			}
			if dead {
				return nil, errHiccup
			}
			return run()
		}
		card := jpki.New(s)
		if err := operationNamed(t, "cert export auth").run(context.Background(), card); err != nil || card.Limits() != want {
			t.Errorf("%d times: %+v, %v", times, card.Limits(), err)
		}
	}
}

// errHiccup is a failure that may go away by itself.
var errHiccup error = hiccup{}

type hiccup struct{}

func (hiccup) Error() string   { return "a hiccup" }
func (hiccup) Temporary() bool { return true }
