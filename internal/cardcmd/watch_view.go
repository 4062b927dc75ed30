package cardcmd

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/printable"
)

// watchView is the live view: live on a terminal that can, else a line an
// event, in words or as JSON.
type watchView struct {
	a      *command.App
	screen *ui.Screen // nil: lines

	mu  sync.Mutex
	all watch.View
	log []logLine // recent events, the newest first
}

type logLine struct {
	at   time.Time
	text string
}

// maxLog bounds the past that a live view keeps.
const maxLog = 100

func newWatchView(a *command.App, opt *watchOptions) *watchView {
	v := &watchView{a: a}
	if !a.JSON && !opt.once {
		v.screen, _ = a.IO.Screen(a.Env.Getenv("TERM"), v.draw)
	}
	if v.screen == nil && !opt.once && ui.IsTerminal(a.IO.Err) {
		a.IO.Note(text{JA: "監視しています(Ctrl-Cで終了)。", EN: "Watching (Ctrl-C ends it)."})
	}
	return v
}

// update takes the events and the state now.
func (v *watchView) update(events []watch.Event, all watch.View) {
	v.mu.Lock()
	v.all = all
	for _, e := range events {
		switch {
		case v.screen != nil:
			v.note(e.Time, v.a.IO.Text(eventText(v.a, e)))
		case v.a.JSON:
			_ = ui.WriteJSONLine(v.a.IO.Out, eventDocument(v.a, e))
		default:
			v.a.IO.Say(i18n.Same(eventLine(v.a, e)))
		}
	}
	v.mu.Unlock()
	v.draw()
}

func (v *watchView) note(at time.Time, s string) {
	v.log = append([]logLine{{at, s}}, v.log...)
	v.log = v.log[:min(len(v.log), maxLog)]
}

// complain shows a problem that is not about the cards.
func (v *watchView) complain(what text) {
	switch {
	case v.screen != nil:
		v.mu.Lock()
		v.note(v.a.Env.Now(), v.a.IO.Text(what))
		v.mu.Unlock()
		v.draw()
	case v.a.JSON:
		v.a.Report(problem.New(problem.Failed, what, text{}))
	default:
		v.a.IO.Note(what)
	}
}

// close restores the terminal, and leaves the events on it.
func (v *watchView) close() {
	if v.screen == nil {
		return
	}
	v.screen.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := len(v.log) - 1; i >= 0; i-- {
		v.a.IO.Say(i18n.Same("%s %s  %s").With(v.log[i].at.Format(time.DateTime), terms.Zone(v.log[i].at), v.log[i].text))
	}
}

func (v *watchView) draw() {
	if v.screen == nil {
		return
	}
	v.mu.Lock()
	lines := v.lines()
	v.mu.Unlock()
	v.screen.Draw(lines)
}

// lines is the live view.
func (v *watchView) lines() (lines []string) {
	a := v.a
	now := a.Env.Now()
	add := func(format string, args ...any) {
		lines = append(lines, strings.Split(strings.TrimSuffix(fmt.Sprintf(format, args...), "\n"), "\n")...)
	}
	year, month, day := now.Date() // in the zone of the times below
	add("%s  %s %s  %s", a.IO.Paint(ui.Strong, "jpki watch"), a.IO.Text(terms.Date(cert.Date{Year: year, Month: month, Day: day})), terms.Zone(now),
		a.IO.Paint(ui.Faint, a.IO.Text(text{JA: "Ctrl-Cで終了", EN: "Ctrl-C ends it"})))
	switch {
	case v.all.Lost:
		add("\n%s", a.IO.Paint(ui.Bad, a.IO.Text(text{JA: "PC/SCサービスが動いていません。戻るのを待っています。", EN: "The PC/SC service is not running. Waiting for it."})))
	case len(v.all.Slots) == 0:
		add("\n%s", a.IO.Text(text{JA: "カードリーダーがつながるのを待っています。", EN: "Waiting for a card reader."}))
	}
	for _, s := range v.all.Slots {
		name := printable.Line(s.Reader)
		if a.Cards.Card != "" {
			name = a.IO.Text(demoReader)
		}
		add("\n%s", a.IO.Paint(ui.Strong, name))
		add("%s", v.slot(s, now))
	}
	add("\n%s", a.IO.Paint(ui.Strong, a.IO.Text(text{JA: "イベント(新しい順)", EN: "Events, the newest first"})))
	const indent = "            " // as wide as a time between two blanks
	for _, l := range v.log {
		add("  %s  %s", l.at.In(now.Location()).Format(time.TimeOnly), ui.Wrap(l.text, a.IO.Width()-len(indent), indent))
	}
	return lines
}

func (v *watchView) slot(s watch.SlotView, now time.Time) string {
	a := v.a
	wrapped := func(tone ui.Tone, t text) string {
		var out []string
		for line := range strings.SplitSeq(ui.Wrap(a.IO.Text(t), a.IO.Width()-2, ""), "\n") {
			out = append(out, "  "+a.IO.Paint(tone, line)+"\n")
		}
		return strings.Join(out, "")
	}
	var out strings.Builder
	switch {
	case s.Broken:
		return wrapped(ui.Bad, text{JA: "リーダーが応答しません。つなぎ直してください。", EN: "The reader does not answer. Connect it again."})
	case !s.Present:
		return wrapped(ui.Plain, text{JA: "カードなし", EN: "no card"})
	case s.Card == nil && s.Err == nil:
		return wrapped(ui.Plain, text{JA: "読み取っています", EN: "reading"})
	case s.Card != nil:
		fmt.Fprintf(&out, "  %s  %s\n", a.IO.Text(terms.TokenNames[s.Card.Token.Kind]), a.IO.Paint(ui.Faint, a.IO.Text(text{JA: "%sに確認", EN: "seen at %s"}.With(s.Look.In(now.Location()).Format(time.TimeOnly)))))
		out.WriteString(certificateTable(v.rows(s.Card, now), a.IO.Width()))
	}
	if s.Err != nil {
		p := watchProblem(s.Err)
		out.WriteString(wrapped(ui.Warn, p.What) + wrapped(ui.Plain, p.Next))
	}
	return out.String()
}

// certificateTable has a line for each certificate. On a narrow terminal the
// counters stand below them: cut off, they would be lost.
func certificateTable(rows [][]string, width int) string {
	table := ui.Table(4, nil, rows)
	if ui.Fits(table, width) {
		return table
	}
	var stacked [][]string
	for _, row := range rows {
		stacked = append(stacked, row[:min(len(row), 2)])
		if len(row) > 2 {
			stacked = append(stacked, []string{"", row[2]})
		}
	}
	return ui.Table(4, nil, stacked)
}

// rows are the two certificates, a line each.
func (v *watchView) rows(c *watch.Card, now time.Time) (rows [][]string) {
	a := v.a
	if !c.Token.Kind.Usable() {
		return [][]string{{a.IO.Paint(ui.Bad, a.IO.Text(terms.Ended[c.Token.Kind]))}}
	}
	for _, k := range c.Keys() {
		shown, tone := text{JA: "あります", EN: "present"}, ui.Plain
		state, known := c.StateAt(k.Certificate, now)
		switch {
		case known:
			validity, _ := k.Validity()
			shown, tone = text{JA: "%s %s", EN: "%s (%s)"}.With(terms.Date(validity.LastDay()), terms.Days(validity.DaysLeft(now))), stateTones[state]
		case state == inspect.Absent:
			shown = text{JA: "ありません", EN: "not on this card"}
		case state == inspect.Unreadable:
			shown, tone = text{JA: "読み取れません", EN: "unreadable"}, ui.Bad
		}
		row := a.IO.Row(tone, kindNames[k.Kind.String()], shown)
		if state != inspect.Absent {
			row = append(row, counterRow(a.IO, *c, k)[1])
		}
		rows = append(rows, row)
	}
	return rows
}

// kindNames are the names of the two certificates, as short as they can be.
var kindNames = map[string]text{
	"sign": {JA: "署名用", EN: "Digital signature"},
	"auth": {JA: "利用者証明用", EN: "User authentication"},
}

var demoReader = text{JA: "デモカード(本物ではありません)", EN: "demo card, not a real one"}
