package cardcmd

import (
	"bytes"
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/guide"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestStatusOnTheDay compares the screens on the days around the renewal window
// and the last day with golden files, with the output of --short and --check
// below them. Review the diff after -update.
func TestStatusOnTheDay(t *testing.T) {
	var screens strings.Builder
	for _, c := range []struct{ name, last, now string }{
		{"the day before renewal opens", "2029-07-15", "2029-04-15T23:59:59+09:00"},
		{"the day on which it opens", "2029-07-15", "2029-04-16T00:00:00+09:00"},
		{"the last day", "2029-07-15", "2029-07-15T23:59:59+09:00"},
		{"the day after", "2029-07-15", "2029-07-16T00:00:00+09:00"},
		{"born on 29 February", "2028-02-29", "2028-02-28T09:00:00+09:00"},
		{"renewal opens after 29 February", "2028-05-29", "2028-02-29T23:59:59+09:00"},
		{"three months before is no day", "2027-05-31", "2027-02-28T23:59:59+09:00"},
		{"the end of a month", "2027-07-31", "2027-04-30T23:59:59+09:00"},
		{"a stay that ends in March, from where it is still the year before", "2027-03-31", "2026-12-31T08:00:00-08:00"},
		{"a clock that was never set", "2029-07-15", "1970-01-01T09:00:00+09:00"},
	} {
		s := cardEnding(t, c.last, c.now)
		fmt.Fprintf(&screens, "-- %s: ends %s, now %s --\n", c.name, c.last, c.now)
		for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
			var screen bytes.Buffer
			a := &command.App{IO: &ui.IO{Out: &screen, Lang: lang}}
			printStatus(a.IO, s)
			fmt.Fprintf(&screen, "\n$ jpki status --short\n")
			a.IO.Say(s.Short())
			fmt.Fprintf(&screen, "$ jpki status --check\n")
			err := checkStatus(a, &statusOptions{within: -1}, s)
			fmt.Fprintf(&screen, "(%d)\n\n", exitOf(err))
			screens.Write(screen.Bytes())
		}
	}
	golden(t, filepath.Join("..", "..", "testdata", "status-days.golden"), screens.String())
}

// updateGolden rewrites the golden screens: go test ./internal/cardcmd -update.
var updateGolden = flag.Bool("update", false, "rewrite the golden screens in testdata")

// golden compares with a file, or rewrites it with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s does not show\n%s", path, got)
	}
}

// cardEnding returns the status, at the time now, of a child's card whose
// certificate ends on the day last.
func cardEnding(t *testing.T, last, now string) inspect.Card {
	t.Helper()
	notAfter, err := time.Parse(time.RFC3339, last+"T23:59:59+09:00")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	s := inspect.Card{
		Reader: "Reader 0", Token: jpki.Token{Kind: jpki.TokenCard}, Now: at,
		Sign: inspect.Key{Certificate: inspect.Certificate{Kind: jpki.KindSign, State: inspect.Absent}, PIN: inspect.PIN{Key: jpki.KeySign, Tries: jpki.Tries{Left: 5, Max: 5}}},
		Auth: inspect.Key{Certificate: inspect.Certificate{Kind: jpki.KindAuth}, PIN: inspect.PIN{Key: jpki.KeyAuth, Tries: jpki.Tries{Left: 3, Max: 3}}},
	}
	s.Auth.Certificate = seenAt(&x509.Certificate{NotBefore: notAfter.AddDate(-5, 0, 0).UTC(), NotAfter: notAfter.UTC()}, at)
	return s
}

// seenAt returns an authentication certificate as read at a time.
func seenAt(c *x509.Certificate, at time.Time) inspect.Certificate {
	return inspect.Certificate{Kind: jpki.KindAuth, State: inspect.States[cert.ValidityOf(c).State(at)], Cert: c}
}

// inHand makes a connection of an emulated card.
type inHand struct{ *virtualcard.Card }

func (c inHand) Begin(context.Context) error { c.PowerOn(); return nil }

func (c inHand) End() error { return nil }

func (c inHand) Unpower() error { c.PowerOff(); return nil }

var testNow = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// statusOf reads the status of a persona's card, changed by change, in both
// languages.
func statusOf(t *testing.T, persona string, change func(*virtualcard.Card)) (s inspect.Card, screens map[i18n.Lang]string) {
	t.Helper()
	p, _ := virtualcard.Lookup(persona)
	card, err := virtualcard.New(p, testNow, virtualcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	change(card)
	err = jpki.New(inHand{card}).WithApp(t.Context(), func(app *jpki.App) (err error) {
		s, err = inspect.Read(app, testNow)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	screens = map[i18n.Lang]string{}
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		var screen bytes.Buffer
		printStatus(&ui.IO{Out: &screen, Lang: lang}, s)
		screens[lang] = screen.String()
	}
	return s, screens
}

// setFile replaces a file of the card.
func setFile(t *testing.T, ef uint16, content string) func(*virtualcard.Card) {
	return func(c *virtualcard.Card) {
		if err := c.SetFile(ef, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	efToken    = 0x0006
	efPresence = 0x0008
	efAuth     = 0x000A
)

// TestNoAdviceAboutCardsForPhones shows that the status of a phone does not
// send anybody to the municipal counter: how a phone's certificates are renewed
// and its PINs unlocked is not known.
func TestNoAdviceAboutCardsForPhones(t *testing.T) {
	for persona, code := range map[string]string{"expiring": inspect.FindEndsSoon, "expired": inspect.FindExpired, "locked-sign": inspect.FindBlocked, "adult": ""} {
		s, screens := statusOf(t, persona, setFile(t, efToken, fmt.Sprintf("%-160s", "JPKIAPGPSETOKEN")))
		for lang, screen := range screens {
			said := screen + s.Short().In(lang)
			for _, f := range s.Findings() {
				said += f.Line.In(lang)
			}
			for _, c := range s.Keys() {
				if _, known := c.Validity(); known {
					for _, e := range eventsOf(&command.App{IO: &ui.IO{Lang: lang}, Env: env.Env{Now: func() time.Time { return testNow }}}, &calendarOptions{}, c.Certificate, s) {
						said += e.Summary + e.Description
					}
				}
			}
			for _, advice := range []string{"窓口", "更新", "counter", "enew"} {
				if strings.Contains(said, advice) {
					t.Errorf("%s: %q in\n%s", persona, advice, said)
				}
			}
			if code != "" && !strings.Contains(screen, "jpki.go.jp") {
				t.Errorf("%s: no way to learn more in\n%s", persona, screen)
			}
		}
		if f := s.Findings(); code == "" && len(f) > 0 || code != "" && (len(f) != 1 || f[0].Code != code) {
			t.Errorf("%s: findings %v, want %q", persona, f, code)
		}
	}
}

// TestStatusOfOtherCards shows that the status names tokens other than a My
// Number Card, whose labels are padded as in EF 0006.
func TestStatusOfOtherCards(t *testing.T) {
	label := func(s string) string { return fmt.Sprintf("%-160s", s) }
	for _, c := range []struct {
		name    string
		persona string
		change  func(*virtualcard.Card)
		want    map[i18n.Lang][]string // lines, or parts of lines
		finding string
	}{
		{"an iPhone", "adult", setFile(t, efToken, label("JPKIAPIOSTOKEN")), map[i18n.Lang][]string{
			i18n.JA: {"iPhone  ", "今することはありません"},
			i18n.EN: {"iPhone  ", "Nothing now"},
		}, ""},
		{"a 住基カード", "expired", setFile(t, efToken, label("JPKIAPICCTOKEN")), map[i18n.Lang][]string{
			i18n.JA: {"住民基本台帳カード  ", "住民基本台帳カードの電子証明書は2018年に終わりました。マイナンバーカードを使ってください。"},
			i18n.EN: {"Basic Resident Register Card  ", "The certificates of Basic Resident Register Cards ended in 2018. Use a My Number Card."},
		}, inspect.FindUnusable},
		{"an Android phone", "android", setFile(t, efToken, label("JPKIAPGPSETOKEN")), map[i18n.Lang][]string{
			i18n.JA: {"Androidスマートフォン  ", "jpki status --ask を実行してください"},
			i18n.EN: {"Android phone  ", "run jpki status --ask"},
		}, ""},
		{"a kind of card to come", "adult", setFile(t, efToken, label("JPKIAPICCTOKEN3")), map[i18n.Lang][]string{
			i18n.JA: {"不明なカード  ", "今することはありません。更新は2029年8月4日(土)からできます。"},
			i18n.EN: {"Unknown kind of card  ", "Nothing now, unless your name or address has changed. Renewal opens Sat, 4 Aug 2029."},
		}, ""},
		{"a card without any certificate", "child", func(c *virtualcard.Card) {
			setFile(t, efAuth, "\xff\xff\xff")(c)
			setFile(t, efPresence, "\x00\x00\x00")(c)
		}, map[i18n.Lang][]string{
			i18n.JA: {"  状態  このカードにはありません\n", "今することはありません。\n"},
			i18n.EN: {"  State  not on this card\n", "Nothing now.\n"},
		}, ""},
		{"a damaged certificate", "adult", setFile(t, efAuth, "\x30\x82\x01\x00junk"), map[i18n.Lang][]string{
			i18n.JA: {"読み取れません(壊れています)", "カードを置き直して"},
			i18n.EN: {"unreadable (damaged)", "Put the card back"},
		}, inspect.FindUnreadable},
	} {
		s, screens := statusOf(t, c.persona, c.change)
		for lang, wants := range c.want {
			for _, want := range wants {
				if !strings.Contains(screens[lang], want) {
					t.Errorf("%s: no %q in\n%s", c.name, want, screens[lang])
				}
			}
		}
		code := ""
		if all := s.Findings(); len(all) > 0 {
			code = all[0].Code
		}
		if code != c.finding {
			t.Errorf("%s: found %q, want %q", c.name, code, c.finding)
		}
	}
}

// TestFaceAuthenticationCard shows that the status of a card without PINs
// mentions its renewal before its PINs, and that --check does not count the
// missing PINs.
func TestFaceAuthenticationCard(t *testing.T) {
	s, _ := statusOf(t, "no-pin", func(*virtualcard.Card) {})
	s.Now = s.Auth.Cert.NotAfter.AddDate(0, 0, -10)
	s.Auth.Certificate = seenAt(s.Auth.Cert, s.Now)
	var codes []string
	for _, f := range s.Findings() {
		codes = append(codes, f.Code)
	}
	if want := []string{inspect.FindRenewalOpen, ""}; strings.Join(codes, ",") != strings.Join(want, ",") {
		t.Errorf("found %q, want %q", codes, want)
	}
}

// TestStatusCost shows that a status takes 10 commands and those of a
// certificate.
func TestStatusCost(t *testing.T) {
	var recorder virtualcard.Recorder
	s, _ := statusOf(t, "adult", func(c *virtualcard.Card) { c.Observe(recorder.Observe) })
	r := (len(s.Auth.Cert.Raw) + 255) / 256
	if got := recorder.Total().Commands; got > 10+r {
		t.Errorf("status cost %d commands, want at most %d", got, 10+r)
	}
}

// exitOf is the exit status that an error leads to.
func exitOf(err error) int {
	if err == nil {
		return 0
	}
	return explain.Error(err).Exit()
}

// TestNextStepsLead shows that every finding of the status names a topic of the
// guide.
func TestNextStepsLead(t *testing.T) {
	seen := 0
	for _, p := range virtualcard.Personas() {
		s, _ := statusOf(t, p.Name, func(*virtualcard.Card) {})
		for _, f := range s.Findings() {
			if !slices.ContainsFunc(guide.Topics(), func(topic guide.Topic) bool { return topic.Name == f.More }) {
				t.Errorf("%s: the guide has no topic %q", p.Name, f.More)
			}
			seen++
		}
	}
	if seen < 4 {
		t.Errorf("%d findings are too few to prove anything", seen)
	}
}
