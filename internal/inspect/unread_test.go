package inspect

import (
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// good is a card that is all right, as far as it was looked at.
func good() Card {
	full := func(k jpki.Key) PIN {
		return PIN{Key: k, Tries: jpki.Tries{Left: k.MaxTries(), Max: k.MaxTries()}}
	}
	return Card{
		Token: jpki.Token{Kind: jpki.TokenCard}, Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Sign: Key{Certificate{Kind: jpki.KindSign, State: NeedsPIN}, full(jpki.KeySign)},
		Auth: Key{Certificate{Kind: jpki.KindAuth, State: NeedsPIN}, full(jpki.KeyAuth)},
	}
}

// TestUnread: a part that could not be looked at is found and told apart from one
// that is damaged, also where nothing else is wrong.
func TestUnread(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Card)
		code   string
		unread bool
	}{
		"all seen":             {func(*Card) {}, "", false},
		"signing counter":      {func(s *Card) { s.Sign.PIN = PIN{Key: jpki.KeySign, Err: apdu.Status(0x6F00)} }, findCounterUnread, true},
		"auth counter":         {func(s *Card) { s.Auth.PIN = PIN{Key: jpki.KeyAuth, Err: jpki.ErrUnreadable} }, findCounterUnread, true},
		"counter, no key":      {func(s *Card) { s.Sign.State, s.Sign.PIN.Err = Absent, apdu.Status(0x6F00) }, findCounterUnread, true},
		"certificate not read": {func(s *Card) { s.Auth.State, s.Auth.Err = Unreadable, jpki.ErrUnreadable }, FindUnreadable, true},
		"certificate damaged":  {func(s *Card) { s.Auth.State, s.Auth.Err = Unreadable, jpki.ErrDamaged }, FindUnreadable, false},
	} {
		s := good()
		c.change(&s)
		all := s.Findings()
		if (len(all) > 0) != (c.code != "") || c.code != "" && (all[0].Code != c.code || all[0].Unread != c.unread) || s.Unread() != c.unread {
			t.Errorf("%s: %+v, unread %v", name, all, s.Unread())
		}
	}
}

// TestCardEnds: the earliest end decides.
func TestCardEnds(t *testing.T) {
	at := func(y int, m time.Month, d int) *cert.Date { return &cert.Date{Year: y, Month: m, Day: d} }
	for name, c := range map[string]struct {
		card *cert.Date
		seen time.Time // when the signing certificate ends
		want []string
	}{
		"not told":                {nil, time.Date(2026, 12, 20, 14, 59, 59, 0, time.UTC), []string{FindRenewalOpen}},
		"later":                   {at(2031, 12, 20), time.Date(2026, 12, 20, 14, 59, 59, 0, time.UTC), []string{FindRenewalOpen}},
		"the same day":            {at(2026, 12, 20), time.Date(2026, 12, 20, 14, 59, 59, 0, time.UTC), []string{FindCardRenewal}},
		"the card a little later": {at(2026, 12, 25), time.Date(2026, 12, 20, 14, 59, 59, 0, time.UTC), []string{FindCardRenewal, FindRenewalOpen}},
		"the card, over":          {at(2026, 11, 21), time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC), []string{findCardExpired}},
		"the card, today":         {at(2026, 11, 22), time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC), []string{FindCardRenewal}},
		"nothing yet":             {at(2028, 1, 1), time.Date(2028, 6, 1, 0, 0, 0, 0, time.UTC), nil},
	} {
		s := good()
		s.LastDay = c.card
		s.Sign.Seen = &RememberedSign{NotAfter: c.seen, Seen: s.Now}
		var got []string
		for _, f := range s.Findings() {
			got = append(got, f.Code)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}
