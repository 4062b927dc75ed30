package inspect

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// inTokyo is a card at noon on 22 November 2026. Its authentication certificate
// ends on the given day, and its PINs have so many tries left.
func inTokyo(t *testing.T, ends string, sign, auth int) Card {
	t.Helper()
	notAfter, err := time.Parse(time.RFC3339, ends+"T23:59:59+09:00")
	if err != nil {
		t.Fatal(err)
	}
	s := Card{Token: jpki.Token{Kind: jpki.TokenCard}, Now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	s.Sign = Key{Certificate{Kind: jpki.KindSign, State: NeedsPIN}, PIN{Key: jpki.KeySign, Tries: jpki.Tries{Left: sign, Max: 5}}}
	s.Auth.PIN = PIN{Key: jpki.KeyAuth, Tries: jpki.Tries{Left: auth, Max: 3}}
	s.Auth.Kind = jpki.KindAuth
	s.Auth.record(&x509.Certificate{NotBefore: notAfter.AddDate(-5, 0, 0), NotAfter: notAfter}, nil, s.Now)
	return s
}

// TestNextByDanger: the most urgent finding comes first.
func TestNextByDanger(t *testing.T) {
	const farAway, soon = "2029-08-04", "2026-12-20"
	for _, c := range []struct {
		ends       string
		sign, auth int
		want       []string // beginnings of the English lines
	}{
		{farAway, 4, 1, []string{"Wrong entries of the authentication PIN", "Wrong entries of the signing password"}},
		{farAway, 1, 2, []string{"Wrong entries of the signing password", "Wrong entries of the authentication PIN"}},
		{farAway, 4, 2, []string{"Wrong entries of the authentication PIN", "Wrong entries of the signing password"}},
		{farAway, 1, 0, []string{"The authentication PIN is blocked.", "Wrong entries of the signing password"}},
		{soon, 4, 1, []string{"Wrong entries of the authentication PIN", "The user-authentication certificate can be renewed", "Wrong entries of the signing password"}},
		{soon, 4, 3, []string{"The user-authentication certificate can be renewed", "Wrong entries of the signing password"}},
	} {
		s := inTokyo(t, c.ends, c.sign, c.auth)
		var got []string
		for _, f := range s.Findings() {
			got = append(got, f.Line.EN)
		}
		if len(got) != len(c.want) {
			t.Errorf("%+v: %q", c, got)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%+v: %q", c, got)
			}
		}
		if first := s.Findings()[0]; first.left == 1 {
			if step, _ := s.Next(); !strings.Contains(step.EN, "a mistake blocks it") || !strings.Contains(step.JA, "次に間違えるとロック") {
				t.Errorf("%+v: %v", c, step)
			}
		}
	}
}

// TestNothingWithItsLimit: that nothing is to be done is said of dates and
// counters only, wherever there is a signing certificate.
func TestNothingWithItsLimit(t *testing.T) {
	s := inTokyo(t, "2029-08-04", 5, 3)
	step, more := s.Next()
	if more != "moved" || !strings.Contains(step.EN, "unless your name or address has changed") || !strings.Contains(step.JA, "氏名や住所などが変わっていなければ") {
		t.Errorf("%v, guide %q", step, more)
	}
	s.Sign.State = Absent
	if step, more = s.Next(); more != "" || !strings.HasPrefix(step.EN, "Nothing now. ") {
		t.Errorf("without a signing certificate: %v, guide %q", step, more)
	}
	s.Sign.State, s.Token.Kind = NeedsPIN, jpki.TokenAndroid
	if step, more = s.Next(); more != "devices" || strings.Contains(step.EN, "address") {
		t.Errorf("of a phone: %v, guide %q", step, more)
	}
}
