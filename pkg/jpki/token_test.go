package jpki_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// labels has the beginning of EF 0006 for each kind of token.
var labels = map[jpki.TokenKind]string{
	jpki.TokenCard:     "JPKIAPICCTOKEN2",
	jpki.TokenJukiCard: "JPKIAPICCTOKEN",
	jpki.TokenAndroid:  "JPKIAPGPSETOKEN",
	jpki.TokenIPhone:   "JPKIAPIOSTOKEN",
	jpki.TokenUnknown:  "SOMETHING NEW",
}

// TestTokenAndPIN shows that no operation sends a PIN to a token whose
// certificates have all expired, and that every operation sends it to the
// others.
func TestTokenAndPIN(t *testing.T) {
	adult, _ := virtualcard.Lookup("adult")
	for _, kind := range jpki.TokenKinds() {
		p := adult
		p.Label = labels[kind]
		for _, op := range operations {
			if op.key == 0 {
				continue
			}
			s := slotOf(t, newCardOf(t, p, virtualcard.Options{}))
			card := jpki.New(s)
			err := op.run(context.Background(), card)
			sent := withPIN(s.sent, apdu.InsVerify) > 0
			refused, isRefused := errors.AsType[*jpki.TokenError](err)
			switch {
			case sent != kind.Usable() || isRefused == sent:
				t.Errorf("%s, %s: sent %v, error %v", kind, op.name, sent, err)
			case isRefused && refused.Kind != kind, card.Token() != kind:
				t.Errorf("%s, %s: %v, of a card that is %s", kind, op.name, err, card.Token())
			}
		}
	}
	if jpki.TokenJukiCard.Usable() || !jpki.TokenUnknown.Usable() || !jpki.TokenIPhone.OnPhone() || jpki.TokenCard.OnPhone() {
		t.Error("the table of tokens")
	}
}

// TestTokenNotTold shows that a card whose EF 0006 cannot be read is used, and
// that a known kind is not read again.
func TestTokenNotTold(t *testing.T) {
	verify := operation{name: "pin verify auth", key: jpki.KeyAuth, use: nothing}
	s := newSlot(t, "adult", virtualcard.Options{})
	if err := s.card.SetFile(0x0006, nil); err != nil {
		t.Fatal(err)
	}
	card := jpki.New(s)
	if err := verify.run(context.Background(), card); err != nil || card.Token() != jpki.TokenUnknown {
		t.Errorf("%v, %s", err, card.Token())
	}
	first := len(s.sent)
	s.sent = nil
	if err := verify.run(context.Background(), card); err != nil || len(s.sent) != 5 || first <= 5 {
		t.Errorf("%d commands, then %d: %v", first, len(s.sent), err)
	}
	s.sent = nil
	again := jpki.New(s)
	again.SetToken(jpki.TokenJukiCard)
	var refused *jpki.TokenError
	if err := verify.run(context.Background(), again); !errors.As(err, &refused) || len(s.sent) != 1 {
		t.Errorf("%d commands: %v", len(s.sent), err)
	}
}
