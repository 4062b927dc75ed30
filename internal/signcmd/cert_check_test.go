package signcmd

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
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
	emulated, err := virtualcard.New(p, checkNow, virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	card := jpki.New(heldCard{emulated})
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

	// A certificate fails if the card has another key.
	a := &command.App{IO: &ui.IO{Lang: i18n.EN}}
	c := checked{subject: subject{cert: own, kind: cert.Auth, key: keyMismatch}, is: inspect.Describe(own, jpki.TokenCard, checkNow), at: checkNow}
	moment := trust.Moment{Time: checkNow, Proven: true}
	c.verdict = trust.Anchors{Demo: true}.Check(own, []*x509.Certificate{another}, cert.Auth, moment)
	if exitOf(c.problem()) != 0 {
		t.Fatalf("without the key: %v", c.verdict.Reasons)
	}
	c.judgeKey()
	if exit := exitOf(c.problem()); exit != 8 {
		t.Errorf("exit status %d", exit)
	}
	rows := c.rows(a.IO)
	if want := "the key on the card is not the certificate's; ask at the municipal counter"; rows[1][1] != want {
		t.Errorf("%q, want %q", rows[1][1], want)
	}
}

// exitOf is the exit status that an error leads to.
func exitOf(err error) int {
	if err == nil {
		return 0
	}
	return explain.Error(err).Exit()
}

var checkNow = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// heldCard is an emulated card as a connection.
type heldCard struct{ *virtualcard.Card }

func (c heldCard) Begin(context.Context) error { c.PowerOn(); return nil }

func (c heldCard) End() error { return nil }

func (c heldCard) Unpower() error { c.PowerOff(); return nil }
