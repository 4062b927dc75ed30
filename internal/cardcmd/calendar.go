// Package cardcmd has the commands about the card itself: status, pin, watch,
// calendar, doctor and readers.
package cardcmd

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/calendar"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type text = i18n.Text

type calendarOptions struct {
	status statusOptions
	out    string
	force  bool
	remind command.DayList
	events bool
}

func NewCalendar(a *command.App) *cobra.Command {
	opt := calendarOptions{remind: command.DayList{30, 7, 1}}
	cmd := a.New(command.Spec{
		Use:   "calendar",
		Short: text{JA: "更新できる日と期限をカレンダーに入れる", EN: "put renewal and last days into a calendar"},
		Long: text{
			JA: "更新できるようになる日と有効期間満了日を、iCalendar形式(.ics)で標準出力か -o のファイルに書き出します。\n" +
				"たいていのカレンダーで開けます。氏名などは入りませんが、満了日はふつう誕生日です。もう一度取り込むと、同じ証明書の" +
				"予定は置き換わります。" +
				"署名用電子証明書の日付は、--ask で読むか、前に見たときの記憶があるときに入ります。",
			EN: "Writes the day on which renewal opens and the last day of validity as iCalendar (.ics) to standard output, or " +
				"to the file of -o. Common calendars open it. It holds no name, but the last day is usually a birthday. Importing " +
				"it again replaces the entries of the same certificates. Those of the signing certificate are in it with --ask, " +
				"or once it was seen.",
		},
		Examples: []command.Example{
			{Line: "jpki calendar -o card.ics", About: text{JA: "ファイルに保存して、カレンダーで開く", EN: "a file to open with your calendar"}},
			{Line: "jpki calendar --ask -o card.ics", About: text{JA: "署名用電子証明書の期限も入れる", EN: "with the signing certificate's last day"}},
			{Line: "jpki calendar --remind 60d,2w,0d -o card.ics", About: text{JA: "満了日の60日前、2週間前、当日に知らせる", EN: "reminders 60 days and two weeks before, and on the last day"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runCalendar(ctx, a, &opt) },
	})
	f := cmd.Flags()
	f.StringVarP(&opt.out, "output", "o", "", a.IO.Text(text{JA: "`FILE`に保存する(- は標準出力)", EN: "write to `FILE` (- is standard output)"}))
	f.BoolVar(&opt.force, "force", false, a.IO.Text(text{JA: "同じ名前のファイルを上書きする", EN: "replace a file of the same name"}))
	f.Var(&opt.remind, "remind", a.IO.Text(text{JA: "満了日の`DAYS`日前の朝9時に知らせる(省略時 %s。\"\" なら知らせない)", EN: "remind `DAYS` before the last day, at nine in the morning (%s if not given, \"\" for never)"}.With(opt.remind)))
	f.Lookup("remind").DefValue = "" // said in the help, in the person's language
	f.BoolVar(&opt.events, "remind-events", false, a.IO.Text(text{JA: "お知らせを別の予定として入れる(取り込むと通知が消えるカレンダーに)", EN: "reminders as entries of their own, for calendars that drop alarms on import"}))
	f.BoolVar(&opt.status.ask, "ask", false, a.IO.Text(text{JA: "署名用パスワードを尋ねて、署名用電子証明書も読む", EN: "ask for the signing password and read that certificate too"}))
	a.AddRememberFlag(cmd)
	a.AddUnlockFlags(cmd, &opt.status.unlock)
	return cmd
}

func runCalendar(ctx context.Context, a *command.App, opt *calendarOptions) error {
	if a.JSON {
		return problem.Misuse(text{JA: "calendar に --json はありません。", EN: "calendar has no --json."}).
			WithNext(text{JA: "日付をJSONで見るには jpki status --json。", EN: "For the dates as JSON: jpki status --json."})
	}
	target, err := a.OpenTarget(ctx, opt.out, opt.force, false)
	if err != nil {
		return err
	}
	defer target.Abort()
	s, err := inspect.Look(ctx, a.Cards, opt.status.pins(), a.Seen())
	if err != nil {
		return err
	}
	dated, err := dated(s)
	if err != nil {
		return err
	}
	cal := calendar.Calendar{Product: "-//jpki-tools//jpki//" + string(a.IO.Lang)}
	for _, c := range dated {
		cal.Events = append(cal.Events, eventsOf(a, opt, c, s)...)
	}
	cal.Events = append(cal.Events, cardEvents(a, opt, dated[0], s)...)
	if _, err := target.Write(cal.Encode()); err != nil {
		return err
	}
	if err := target.Commit(); err != nil {
		return err
	}
	switch {
	case opt.out == "" && ui.IsTerminal(a.IO.Out):
		a.IO.Note(text{JA: "ファイルに保存してカレンダーのアプリで開くには、-o card.ics を付けてください。", EN: "To save this as a file for your calendar, use -o card.ics."})
	case command.IsFileName(opt.out):
		a.IO.Note(text{JA: "「%s」に保存しました。カレンダーのアプリで開くと取り込めます。", EN: "Saved as %s. Open it with your calendar to import it."}.With(opt.out))
	}
	if _, known := s.Sign.Validity(); !known && s.Sign.State == inspect.NeedsPIN {
		a.IO.Note(text{
			JA: "署名用電子証明書の日付は入っていません。入れるには --ask を付けてください。",
			EN: "The dates of the signing certificate are not in it. --ask puts them in.",
		})
	}
	return nil
}

// dated returns the certificates with future dates.
func dated(s inspect.Card) (all []inspect.Certificate, err error) {
	if kind := s.Token.Kind; !kind.Usable() {
		return nil, problem.New(problem.Expired, terms.Ended[kind], terms.UseCard)
	}
	var over *inspect.Certificate
	for _, c := range s.Keys() {
		v, known := c.Validity()
		switch {
		case known && v.State(s.Now) == cert.Expired:
			over = &c.Certificate
		case known:
			all = append(all, c.Certificate)
		}
	}
	switch {
	case len(all) > 0:
		return all, nil
	case over != nil:
		v, _ := over.Validity()
		next := text{JA: "カードを持って市区町村の窓口で新しく発行してもらってください(無料)。詳しくは jpki guide renew", EN: "Take the card to the municipal counter for a new one (free). More: jpki guide renew"}
		if s.OnPhone() {
			next = terms.AboutPhone
		}
		return nil, problem.New(problem.Expired,
			text{JA: "%sの有効期間は%sに終わっています。", EN: "The %s ended on %s."}.With(terms.CertificateNames[over.Kind], terms.Date(v.LastDay())), next)
	}
	if err := s.Undecided(); err != nil {
		return nil, err
	}
	return nil, &jpki.CertificateError{Kind: jpki.KindAuth, Err: jpki.ErrAbsent}
}

// eventsOf returns the events of one certificate. Its fingerprint identifies
// them. It is hashed once more, so that nobody can search for it.
func eventsOf(a *command.App, opt *calendarOptions, c inspect.Certificate, s inspect.Card) (events []calendar.Event) {
	v, _ := c.Validity()
	id := sha256.Sum256([]byte("jpki calendar\n" + c.Fingerprint()))
	last := v.LastDay()
	now := a.Env.Now()
	note := renewalNote(last)
	if s.OnPhone() {
		note = terms.AboutPhone
	}
	event := func(what string, day cert.Date, summary text, alarms ...calendar.Alarm) {
		if s.Demo {
			summary = text{JA: "デモ: %s", EN: "DEMO: %s"}.With(summary)
		}
		events = append(events, calendar.Event{
			UID: fmt.Sprintf("%x-%s@jpki", id[:16], what),
			// A later run makes later numbers, so that importing updates.
			Stamp: now, Sequence: int(now.Unix() / (24 * 60 * 60)),
			Day: day, Summary: a.IO.Text(summary), Description: a.IO.Text(note), Alarms: alarms,
		})
	}
	name := terms.Capital(terms.CertificateNames[c.Kind])
	if cardFirst := s.LastDay != nil && s.LastDay.Compare(last) <= 0; !s.OnPhone() && !cardFirst {
		event("opens", v.RenewalOpens(), text{JA: "%sを更新できます(%sまで)", EN: "%s can be renewed (until %s)"}.With(name, terms.Date(last)), calendar.Alarm{})
	}
	var alarms []calendar.Alarm
	for _, d := range opt.remind {
		if !opt.events {
			alarms = append(alarms, calendar.Alarm{DaysBefore: int(d)})
			continue
		}
		event("remind-"+d.String(), last.AddDays(-int(d)), text{JA: "%s: %s", EN: "%s: %s"}.With(name, terms.Days(int(d))), calendar.Alarm{})
	}
	event("last", last, text{JA: "%sの有効期間満了日", EN: "%s: last day of validity"}.With(name), alarms...)
	return events
}

// cardEvents returns the events of the card itself, if the card gives its last
// day. A certificate of the same card identifies them.
func cardEvents(a *command.App, opt *calendarOptions, of inspect.Certificate, s inspect.Card) (events []calendar.Event) {
	if s.LastDay == nil || s.LastDay.Compare(cert.DateOf(s.Now)) < 0 {
		return nil
	}
	id := sha256.Sum256([]byte("jpki calendar, card\n" + of.Fingerprint()))
	now, last := a.Env.Now(), *s.LastDay
	note := text{
		JA: "カード本体の有効期間です。新しいカードの申請のしかたは、市区町村の窓口で確かめられます。",
		EN: "This is the validity of the card itself. The municipal counter tells how to apply for a new one.",
	}
	event := func(what string, day cert.Date, summary text, alarms ...calendar.Alarm) {
		if s.Demo {
			summary = text{JA: "デモ: %s", EN: "DEMO: %s"}.With(summary)
		}
		events = append(events, calendar.Event{
			UID: fmt.Sprintf("%x-%s@jpki", id[:16], what), Stamp: now, Sequence: int(now.Unix() / (24 * 60 * 60)),
			Day: day, Summary: a.IO.Text(summary), Description: a.IO.Text(note), Alarms: alarms,
		})
	}
	event("opens", cert.RenewalOpens(last), text{JA: "マイナンバーカード本体を更新できます(%sまで)", EN: "The My Number Card itself can be renewed (until %s)"}.With(terms.Date(last)), calendar.Alarm{})
	var alarms []calendar.Alarm
	for _, d := range opt.remind {
		if !opt.events {
			alarms = append(alarms, calendar.Alarm{DaysBefore: int(d)})
			continue
		}
		event("remind-"+d.String(), last.AddDays(-int(d)), text{JA: "マイナンバーカード本体: %s", EN: "My Number Card itself: %s"}.With(terms.Days(int(d))), calendar.Alarm{})
	}
	event("last", last, text{JA: "マイナンバーカード本体の有効期間満了日", EN: "My Number Card itself: last day of validity"}, alarms...)
	return events
}

// renewalNote is the note in every event of a card.
func renewalNote(last cert.Date) text {
	return i18n.Join(text{JA: "\n", EN: "\n"},
		text{
			JA: "%sまでに、カードと暗証番号を用意して市区町村の窓口で更新してください(無料)。",
			EN: "Renew by %s at the municipal counter: bring the card and your PINs (free).",
		}.With(terms.Date(last)),
		text{JA: "制度や取り扱いは変わることがあります。市区町村に確かめてください。詳しくは jpki guide renew", EN: "Rules change: ask your municipality. More: jpki guide renew"},
		text{JA: "更新したら古い証明書の予定を消し、jpki calendar で作り直してください。", EN: "Once renewed, delete these entries of the old certificate and run jpki calendar again."},
	)
}
