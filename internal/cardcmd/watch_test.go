package cardcmd

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

var watchNoon = time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST)

// watchApp returns an app at noon and the buffer of its output.
func watchApp(lang i18n.Lang) (*command.App, *bytes.Buffer) {
	var out bytes.Buffer
	a := &command.App{Env: env.Env{Getenv: func(string) string { return "" }, Now: func() time.Time { return watchNoon }}}
	a.IO = &ui.IO{Out: &out, Err: &out, Lang: lang}
	a.Cards = &cards.Opener{IO: a.IO, Env: a.Env}
	return a, &out
}

// watchedDemo returns a persona's card as a watch reads it.
func watchedDemo(t *testing.T, persona string) *watch.Card {
	t.Helper()
	cards := &cards.Opener{Env: env.Env{Now: func() time.Time { return watchNoon }}, Card: "demo:" + persona, Tour: &cards.Tour{}}
	card, err := cards.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer card.Close()
	seen, err := lookAgain(t.Context(), card.Card, watchNoon, nil)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// everyEvent returns at least one event of each kind, and several of kinds with
// several texts.
func everyEvent(t *testing.T) []watch.Event {
	card, child := watchedDemo(t, "adult"), watchedDemo(t, "child")
	untold := *card
	untold.Sign.PIN.Err = errors.New("no answer")
	unknown := &untold
	tries := func(kind watch.Kind, before, after int, since time.Time) watch.Event {
		return watch.Event{Kind: kind, Reader: "R", Key: jpki.KeyAuth, Before: jpki.Tries{Left: before, Max: 3}, After: jpki.Tries{Left: after, Max: 3}, Since: since, Card: card}
	}
	events := []watch.Event{
		{Kind: watch.ServiceLost, Err: pcsc.ErrNoService},
		{Kind: watch.ServiceBack},
		{Kind: watch.ReaderConnected, Reader: "R"},
		{Kind: watch.ReaderDisconnected, Reader: "R"},
		{Kind: watch.CardInserted, Reader: "R"},
		{Kind: watch.CardRead, Reader: "R", Card: card},
		{Kind: watch.CardRead, Reader: "R", Card: child},
		{Kind: watch.CardRead, Reader: "R", Card: unknown},
		{Kind: watch.CardUnreadable, Reader: "R", Err: jpki.ErrNotJPKI},
		{Kind: watch.CardUnreadable, Reader: "R", Err: pcsc.ErrCardMute},
		{Kind: watch.CardUnreadable, Reader: "R", Err: pcsc.ErrInUse},
		{Kind: watch.CardRemoved, Reader: "R", Card: card},
		tries(watch.TriesLowered, 3, 1, watchNoon.Add(-time.Minute)),
		tries(watch.TriesLowered, 3, 0, watchNoon.AddDate(0, 0, -1)),
		tries(watch.TriesRestored, 1, 3, watchNoon.Add(-time.Minute)),
		{Kind: watch.CertificateChanged, Reader: "R", Certificate: jpki.KindAuth, State: inspect.RenewalOpen, Card: card},
		{Kind: watch.CertificateChanged, Reader: "R", Certificate: jpki.KindAuth, State: inspect.Expired, Card: card},
	}
	for i := range events {
		events[i].Time = watchNoon
	}
	return events
}

func TestEventTexts(t *testing.T) {
	a, _ := watchApp(i18n.JA)
	reported := map[watch.Kind]bool{}
	for _, e := range everyEvent(t) {
		reported[e.Kind] = true
		s := eventText(a, e)
		if !strings.ContainsFunc(s.JA, japaneseLetter) || strings.ContainsFunc(s.EN, japaneseLetter) {
			t.Errorf("%s: %q, %q", e.Kind, s.JA, s.EN)
		}
		if strings.Contains(s.JA+s.EN, "%!") || !strings.HasSuffix(s.JA, "。") || !strings.HasSuffix(s.EN, ".") {
			t.Errorf("%s: %q, %q", e.Kind, s.JA, s.EN)
		}
	}
	for _, k := range watch.Kinds {
		if !reported[k] || eventNames[k].IsZero() {
			t.Errorf("%s is not told", k)
		}
	}
}

func japaneseLetter(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

func TestLoweredText(t *testing.T) {
	a, _ := watchApp(i18n.EN)
	events := everyEvent(t)
	for i, want := range map[int]string{
		12: "R: Somebody entered a wrong authentication PIN (between 11:59:00 and 12:00:00 JST). 1 try is left.",
		13: "R: Somebody entered a wrong authentication PIN until it was blocked (between 2026-11-21 12:00:00 and 2026-11-22 12:00:00 JST).",
	} {
		if got := eventText(a, events[i]).EN; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

// TestEventVariables shows that the documented environment variables are
// exactly those that the events set.
func TestEventVariables(t *testing.T) {
	a, _ := watchApp(i18n.EN)
	set := map[string]bool{}
	for _, e := range everyEvent(t) {
		for _, entry := range eventVariables(a, e) {
			name, _, _ := strings.Cut(entry, "=")
			set[name] = true
		}
	}
	for _, v := range variables {
		if !set[v.name] {
			t.Errorf("%s is never set", v.name)
		}
		delete(set, v.name)
	}
	for name := range set {
		t.Errorf("%s is not documented", name)
	}
}

// TestLiveViewNarrow shows that a narrow table wraps and cuts no counter off.
func TestLiveViewNarrow(t *testing.T) {
	rows := [][]string{
		{"署名用", "あります", "\x1b[31;1m残り1回(最大5回)\x1b[0m"},
		{"利用者証明用", "2029年11月3日(土) あと1068日", "残り3回(最大3回)"},
		{"なし"},
	}
	if got := certificateTable(rows, 67); strings.Count(got, "\n") != 3 {
		t.Errorf("in 67 columns:\n%s", got)
	}
	want := "    署名用        あります\n" +
		"                  \x1b[31;1m残り1回(最大5回)\x1b[0m\n" +
		"    利用者証明用  2029年11月3日(土) あと1068日\n" +
		"                  残り3回(最大3回)\n" +
		"    なし\n"
	if got := certificateTable(rows, 60); got != want {
		t.Errorf("in 60 columns:\n%s", got)
	}
}

// TestLiveViewAbroad shows that the day in the first line is in the time zone of
// the times below it.
func TestLiveViewAbroad(t *testing.T) {
	a, _ := watchApp(i18n.EN)
	a.Env.Now = func() time.Time { return time.Date(2026, 11, 30, 17, 5, 44, 0, time.UTC) }
	v := &watchView{a: a}
	if got := v.lines()[0]; got != "jpki watch  Mon, 30 Nov 2026 UTC  Ctrl-C ends it" {
		t.Error(got)
	}
}

// TestLiveView compares the live view, in 80 columns, with what a person should
// see.
func TestLiveView(t *testing.T) {
	all := watch.View{Slots: []watch.SlotView{
		{Reader: "ACS ACR1252 Dual Reader 00 00", Present: true, Card: watchedDemo(t, "last-try"), Look: watchNoon},
		{Reader: "SCR 3310 01 00", Present: true, Card: watchedDemo(t, "child"), Look: watchNoon, Err: pcsc.ErrInUse},
		{Reader: "Empty 02 00"},
		{Reader: "New 03 00", Present: true},
		{Reader: "Wrong 04 00", Present: true, Err: pcsc.ErrCardMute},
		{Reader: "Dead 05 00", Broken: true},
	}}
	for lang, want := range map[i18n.Lang]string{
		i18n.JA: `jpki watch  2026年11月22日(日) JST  Ctrl-Cで終了

ACS ACR1252 Dual Reader 00 00
  マイナンバーカード  12:00:00に確認
    署名用        あります                     残り1回(最大5回)
    利用者証明用  2029年1月31日(水) あと801日  残り1回(最大3回)

SCR 3310 01 00
  マイナンバーカード  12:00:00に確認
    署名用        ありません
    利用者証明用  2028年5月5日(金) あと530日  残り3回(最大3回)
  ほかのプログラムがカードを使用中です。
  終わりしだい読み取ります。

Empty 02 00
  カードなし

New 03 00
  読み取っています

Wrong 04 00
  カードが応答しません。
  カードの向きと表裏を確かめて、置き直してください。

Dead 05 00
  リーダーが応答しません。つなぎ直してください。

イベント(新しい順)
  12:00:00  R: カードが外されました。
`,
		i18n.EN: `jpki watch  Sun, 22 Nov 2026 JST  Ctrl-C ends it

ACS ACR1252 Dual Reader 00 00
  My Number Card  seen at 12:00:00
    Digital signature    present                           1 of 5 tries left
    User authentication  Wed, 31 Jan 2029 (801 days left)  1 of 3 tries left

SCR 3310 01 00
  My Number Card  seen at 12:00:00
    Digital signature    not on this card
    User authentication  Fri, 5 May 2028 (530 days left)  3 of 3 tries left
  Another program is using the card.
  It is read as soon as that is done.

Empty 02 00
  no card

New 03 00
  reading

Wrong 04 00
  The card does not answer.
  See which way the card lies, and put it back.

Dead 05 00
  The reader does not answer. Connect it again.

Events, the newest first
  12:00:00  R: The card was taken away.
`,
	} {
		a, _ := watchApp(lang)
		v := &watchView{a: a, all: all}
		v.note(watchNoon, a.IO.Text(eventText(a, watch.Event{Kind: watch.CardRemoved, Reader: "R"})))
		lines := v.lines()
		if got := strings.Join(lines, "\n") + "\n"; got != want {
			t.Errorf("%s:\n%s", lang, got)
		}
		for _, line := range lines {
			if twwidth.Width(line) > 79 {
				t.Errorf("wider than a terminal: %s", line)
			}
		}
	}
}

// TestLiveViewKeepsItsSize shows that a watch that runs for months does not
// keep ever more lines.
func TestLiveViewKeepsItsSize(t *testing.T) {
	a, _ := watchApp(i18n.EN)
	v := &watchView{a: a}
	for range 10 * maxLog {
		v.note(watchNoon, "x")
	}
	if len(v.log) != maxLog {
		t.Errorf("%d lines are kept", len(v.log))
	}
}

// TestCommandEndsWithTheWatch shows that events still waiting for the command
// are dropped when the watch ends.
func TestCommandEndsWithTheWatch(t *testing.T) {
	a, out := watchApp(i18n.EN)
	ctx, cancel := context.WithCancelCause(context.Background())
	r := newEventRunner(ctx, a, []string{"no-such-command"}, &watchView{a: a})
	cancel(explain.Interrupted())
	r.add(watch.Event{Kind: watch.ServiceBack, Time: watchNoon})
	r.finish()
	if out.Len() > 0 {
		t.Errorf("%s", out)
	}
}

func TestOutcome(t *testing.T) {
	card := &watch.Card{}
	for name, c := range map[string]struct {
		o    outcome
		exit int
	}{
		"read":            {outcome{all: watch.View{Slots: []watch.SlotView{{}, {Card: card}}}}, 0},
		"lowered":         {outcome{all: watch.View{Slots: []watch.SlotView{{Card: card}}}, lowered: true}, 7},
		"no reader":       {outcome{}, 3},
		"no card":         {outcome{all: watch.View{Slots: []watch.SlotView{{}}}}, 4},
		"in use":          {outcome{all: watch.View{Slots: []watch.SlotView{{Err: pcsc.ErrInUse}, {}}}}, 11},
		"another card":    {outcome{all: watch.View{Slots: []watch.SlotView{{Err: jpki.ErrNotJPKI}}}}, 4},
		"service is lost": {outcome{all: watch.View{Lost: true}, err: pcsc.ErrNoService}, 3},
	} {
		exit := 0
		if err := outcomeError(&c.o); err != nil {
			exit = explain.Error(err).Exit()
		}
		if exit != c.exit {
			t.Errorf("%s: exit %d, want %d", name, exit, c.exit)
		}
	}
}

// TestLookAgain shows that a card with the same counters is taken for the known
// one, and that a card with other counters is read again.
func TestLookAgain(t *testing.T) {
	cards := &cards.Opener{Env: env.Env{Now: func() time.Time { return watchNoon }}, Card: "demo", Tour: &cards.Tour{}}
	card, err := cards.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := lookAgain(t.Context(), card.Card, watchNoon, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := lookAgain(t.Context(), card.Card, watchNoon, first)
	if err != nil || again != first {
		t.Errorf("the same card: %+v, %v", again, err)
	}
	err = card.WithPIN(t.Context(), jpki.KeyAuth, jpki.NewPIN([]byte("9999")), nil, func(*jpki.Session) error { return nil })
	if wrong := (*jpki.PINError)(nil); !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	changed, err := lookAgain(t.Context(), card.Card, watchNoon, first)
	if err != nil || changed.Auth.PIN.Tries.Left != 2 || changed.ID() != first.ID() {
		t.Errorf("after a wrong PIN: %+v, %v", changed, err)
	}
}
