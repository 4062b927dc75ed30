package cli

import (
	"crypto/x509"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestChallenge has the key of a card answer for its certificate, and for
// another one.
func TestChallenge(t *testing.T) {
	p, _ := virtualcard.Lookup("adult")
	emulated, err := virtualcard.New(p, testNow, virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	card := jpki.New(inHand{emulated})
	pin := jpki.NewPIN([]byte(virtualcard.AuthPIN))
	var own, another *x509.Certificate
	err = card.WithPIN(t.Context(), jpki.KeyAuth, pin, nil, func(s *jpki.Session) (err error) {
		if own, err = s.Certificate(jpki.KindAuth); err != nil {
			return err
		}
		if another, err = s.Certificate(jpki.KindAuthCA); err != nil {
			return err
		}
		for c, want := range map[*x509.Certificate]cardKey{own: keyMatches, another: keyMismatch} {
			if got, err := challenge(s, c); got != want || err != nil {
				t.Errorf("%s: %s, %v", cert.Name(c.RawSubject), got, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	// Whose key is not its own is good for nothing.
	a := &app{io: &ui.IO{Lang: i18n.EN}}
	c := checked{subject: subject{cert: own, kind: cert.Auth, key: keyMismatch}, is: inspect.Describe(own, testNow), at: testNow}
	moment := trust.Moment{Time: testNow, Proven: true}
	c.verdict = trust.Anchors{Demo: true}.Check(own, []*x509.Certificate{another}, cert.Auth, moment)
	if a.finish(c.problem()) != 0 {
		t.Fatalf("without the key: %v", c.verdict.Reasons)
	}
	c.judgeKey()
	if exit := a.finish(c.problem()); exit != 8 {
		t.Errorf("exit status %d", exit)
	}
	rows := c.rows(a.io)
	if want := "the key on the card is not the certificate's; ask at the municipal counter"; rows[1][1] != want {
		t.Errorf("%q, want %q", rows[1][1], want)
	}
}
