package doctor

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// surveyed is what a report says of a card.
func surveyed(t *testing.T, card *virtualcard.Card) (Facts, []byte) {
	t.Helper()
	tick := noon
	clock := func() time.Time {
		tick = tick.Add(5 * time.Millisecond)
		return tick
	}
	name := "ACME Reader (SN 4711-0815) 00 00"
	c := Card{Reader: name}
	c.Probes, c.Surveyed = jpki.New(virtualcard.Slot{Card: card}).Survey(t.Context(), clock)
	e := &Environment{OS: "freebsd", Getenv: func(string) string { return "" }, Cards: []Card{c}, Readers: []pcsc.ReaderState{{Name: name, Present: true, ATR: card.ATR()}}}
	facts := FactsOf(e, []Finding{ok("card", text{})}, "jpki 1", Private{Home: "/home/hanako"})
	data, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	return facts, data
}

// TestReportIsAPersona: a card made from the report of another answers every
// question of a survey as that did.
func TestReportIsAPersona(t *testing.T) {
	for name, c := range map[string]struct {
		persona string
		o       virtualcard.Options
		change  func(*virtualcard.Card) error
	}{
		"ordinary":               {"adult", virtualcard.Options{}, nil},
		"short":                  {"adult", virtualcard.Options{NoExtendedLength: true}, nil},
		"no short identifiers":   {"adult", virtualcard.Options{NoShortIdentifiers: apdu.StatusIncorrectP1P2}, nil},
		"others refuse so":       {"adult", virtualcard.Options{NoShortIdentifiers: apdu.StatusNotFound}, nil},
		"case 2":                 {"adult", virtualcard.Options{QueryCase2: true}, nil},
		"no card data":           {"adult", virtualcard.Options{NoCardData: true, NoIssuerDomain: true}, nil},
		"end of file":            {"adult", virtualcard.Options{WarnEndOfFile: true}, nil},
		"contact":                {"adult", virtualcard.Options{Contact: true}, nil},
		"phone":                  {"android", virtualcard.Options{}, nil},
		"juki":                   {"juki", virtualcard.Options{}, nil},
		"child":                  {"child", virtualcard.Options{}, nil},
		"no PIN":                 {"no-pin", virtualcard.Options{}, nil},
		"last try":               {"last-try", virtualcard.Options{}, nil},
		"another absent value":   {"child", virtualcard.Options{}, func(c *virtualcard.Card) error { return c.SetFile(0x0008, []byte{0x01, 0x8F, 0x7E}) }},
		"another label":          {"adult", virtualcard.Options{}, func(c *virtualcard.Card) error { return c.SetFile(0x0006, []byte("SOMETHING NEW")) }},
		"nothing in the auth CA": {"adult", virtualcard.Options{}, func(c *virtualcard.Card) error { return c.SetFile(0x000B, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := virtualcard.Lookup(c.persona)
			card, err := virtualcard.New(p, noon, c.o)
			if err == nil && c.change != nil {
				err = c.change(card)
			}
			if err != nil {
				t.Fatal(err)
			}
			want, data := surveyed(t, card)
			report, err := virtualcard.ParseReport(data)
			if err != nil {
				t.Fatal(err)
			}
			twin, err := virtualcard.New(report.Persona(), noon, virtualcard.Options{Like: report})
			if err != nil {
				t.Fatal(err)
			}
			got, _ := surveyed(t, twin)
			a, b := want.Cards[0], got.Cards[0]
			if deref(a.ATR) != deref(b.ATR) || a.Token.Kind != b.Token.Kind || deref(a.Token.Label) != deref(b.Token.Label) || deref(a.Presence) != deref(b.Presence) {
				t.Errorf("%+v became %+v", a, b)
			}
			if len(a.Probes) != len(b.Probes) || len(a.Probes) < 30 {
				t.Fatalf("%d probes, then %d", len(a.Probes), len(b.Probes))
			}
			for i, p := range a.Probes {
				if q := b.Probes[i]; q.Probe != p.Probe || deref(q.Status) != deref(p.Status) {
					t.Errorf("%s: %s became %s: %s", p.Probe, deref(p.Status), q.Probe, deref(q.Status))
				}
			}
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return "(none)"
	}
	return *s
}

// TestReportHasNothingPersonal: neither what a certificate says nor numbers of
// the card, the reader or the person are in it, and no command changes anything.
func TestReportHasNothingPersonal(t *testing.T) {
	p, _ := virtualcard.Lookup("foreign")
	card, err := virtualcard.New(p, noon, virtualcard.Options{CardLastDay: "20310412"})
	if err != nil {
		t.Fatal(err)
	}
	before := card.State()
	var answers [][]byte
	card.Observe(func(cmd, resp []byte) {
		switch cmd[1] {
		case apdu.InsSelect, apdu.InsReadBinary, apdu.InsGetData:
		case apdu.InsVerify:
			if len(cmd) > 5 {
				t.Errorf("a VERIFY with data: % X", cmd)
			}
		default:
			t.Errorf("not only reading: % X", cmd)
		}
		if len(resp) > 3 {
			answers = append(answers, resp[:len(resp)-2])
		}
	})
	facts, data := surveyed(t, card)
	if card.State() != before {
		t.Error("the survey changed the card")
	}
	report := strings.ToUpper(string(data))
	for _, secret := range []string{"20310412", "4711", "HANAKO", "DEMO-SHI", "0000000000000000"} {
		if strings.Contains(report, secret) {
			t.Errorf("%q is in %s", secret, data)
		}
	}
	// Of all data only the label and EF 0008 are in it, in whatever form.
	const label, presence = 32, 3
	for _, data := range answers {
		if len(data) == label || len(data) == presence {
			continue
		}
		for _, n := range []int{len(data), min(len(data), 12), min(len(data), 8)} {
			if form := strings.ToUpper(hexOf(data[:n])); n > 4 && strings.Contains(report, form) {
				t.Errorf("%s is in the report", form)
			}
		}
	}
	if c := facts.Cards[0]; *c.Speed.Command != 5 || !*c.Can.ExtendedLength || !*c.Can.LongAnswers || !*c.Can.ShortIDRead || !*c.Can.ShortIDQuery {
		t.Errorf("%+v", c)
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, x := range b {
		s.WriteByte(digits[x>>4])
		s.WriteByte(digits[x&15])
	}
	return s.String()
}

// TestReportRefused: what is no report makes no card.
func TestReportRefused(t *testing.T) {
	_, data := surveyed(t, func() *virtualcard.Card {
		p, _ := virtualcard.Lookup("adult")
		card, err := virtualcard.New(p, noon, virtualcard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return card
	}())
	good := string(data)
	for name, bad := range map[string]string{
		"empty": "", "text": "report", "no card": `{"schema":"jpki.report/v1","cards":[]}`, "another schema": strings.Replace(good, "jpki.report/v1", "jpki.status/v1", 1),
		"a status": strings.Replace(good, `"status":"9000"`, `"status":"90001"`, 1), "an ATR": strings.Replace(good, `"atr":"3B`, `"atr":"XX`, 1),
		"too much": good + strings.Repeat(" ", 1<<20),
	} {
		if r, err := virtualcard.ParseReport([]byte(bad)); !errors.Is(err, virtualcard.ErrNoReport) || r != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
