package cardcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type statusOptions struct {
	unlock unlock.Options
	ask    bool
	check  bool
	short  bool
	within command.DayCount
}

// pins are the PIN sources to read with; nil where no PIN is to be asked.
func (o *statusOptions) pins() *unlock.Options {
	if o.ask || len(o.unlock.Flags) > 0 {
		return &o.unlock
	}
	return nil
}

func NewStatus(a *command.App) *cobra.Command {
	opt := statusOptions{within: -1}
	cmd := a.New(command.Spec{
		Use:   "status",
		Short: text{JA: "カードの今の状態を一目で見る", EN: "see at a glance how the card stands"},
		Long: text{
			JA: "カードの種類、2つの電子証明書の状態と有効期間満了日、暗証番号の残り回数、次にすることを表示します。\n" +
				"暗証番号は要りません。署名用電子証明書の満了日は署名用パスワードがないと読めません。--ask で尋ねて読み、次からは" +
				"最後に見たときの日付を、確認した日とともに表示します(記憶するのは日付と証明書のフィンガープリントだけです)。\n\n" +
				"--check は、することがなければ何も表示せず0で終わります。あれば1行で表示して7で終わります。\n" +
				"することとは、期限切れ、期限前や読み取れない証明書、ロック、更新できる期間、暗証番号の間違いが続いていること、" +
				"このプログラムで扱えないカードです。\n" +
				"7以外(3 リーダーなし、4 カードなし、11 使用中など)は、調べられなかったということです。",
			EN: "Shows the kind of card, the state and last day of both certificates, the PIN tries left and the next step.\n" +
				"No PIN is needed. When the signing certificate ends can be read only with its password: --ask asks for it, and " +
				"from then on the last day is shown with the day on which it was seen (only dates and fingerprints are kept).\n\n" +
				"--check prints nothing and ends with 0 where there is nothing to do, else with one line and 7. Something to do " +
				"is an expired, unreadable or not yet valid certificate, a blocked PIN, an open renewal, wrong entries of a PIN, " +
				"or a card that this program cannot use.\n" +
				"Others than 7 (3 no reader, 4 no card, 11 in use, ...) mean that it could not be found out.",
		},
		Examples: []command.Example{
			{Line: "jpki status", About: text{JA: "今の状態を見る", EN: "see how the card stands"}},
			{Line: "jpki status --ask", About: text{JA: "署名用電子証明書の期限も見る", EN: "see when the signing certificate ends, too"}},
			{Line: "jpki status --check --within 30d", About: text{JA: "cronで。更新は残り30日になってから知らせる", EN: "for cron; tells of the renewal when 30 days are left"}},
			{Line: "jpki status --short", About: text{JA: "プロンプトやステータスバーに", EN: "for prompts and status bars"}},
			{Line: "jpki status --card demo:expiring", About: text{JA: "期限の近いデモカードで試す", EN: "try it on a demo card about to end"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runStatus(ctx, a, &opt) },
	})
	f := cmd.Flags()
	f.BoolVar(&opt.ask, "ask", false, a.IO.Text(text{JA: "署名用パスワードを尋ねて、署名用電子証明書も読む", EN: "ask for the signing password and read that certificate too"}))
	f.BoolVar(&opt.check, "check", false, a.IO.Text(text{JA: "することがあるときだけ1行で表示する", EN: "print one line, and only where there is something to do"}))
	f.Var(&opt.within, "within", a.IO.Text(text{JA: "--check で、更新は残り`DAYS`日(30dなど)から知らせる", EN: "with --check, tell of the renewal when `DAYS` (such as 30d) are left"}))
	f.BoolVar(&opt.short, "short", false, a.IO.Text(text{JA: "短い1行で表示する", EN: "one short line"}))
	a.AddCardCAFlag(cmd)
	a.AddRememberFlag(cmd)
	a.AddUnlockFlags(cmd, &opt.unlock)
	return cmd
}

func runStatus(ctx context.Context, a *command.App, opt *statusOptions) error {
	if opt.check && opt.short {
		return problem.Misuse(text{JA: "--check と --short は同時に使えません。", EN: "--check and --short exclude each other."})
	}
	if opt.short && a.JSON {
		return problem.Misuse(text{JA: "--short と --json は同時に使えません。", EN: "--short and --json exclude each other."})
	}
	if opt.within >= 0 && !opt.check {
		return problem.Misuse(text{JA: "--within は --check と一緒に使います。", EN: "--within goes with --check."})
	}
	if opt.check || opt.short {
		a.Cards.WithoutWait = true // a prompt or a cron job must not hang
	}
	if err := a.ReadCardCAs(ctx); err != nil {
		return err
	}
	s, err := inspect.Look(ctx, a.Cards, opt.pins(), a.Seen())
	s.Recognize(a.TrustedCAs(ctx))
	switch {
	case err != nil:
		return err
	case opt.check:
		return checkStatus(a, opt, s)
	case opt.short:
		a.IO.Say(s.Short())
	case a.JSON:
		if err := a.IO.JSON(statusDocument(a.IO, s)); err != nil {
			return err
		}
	default:
		printStatus(a.IO, s)
	}
	return unreadStatus(s.Unread())
}

// unreadStatus is the exit status if a part of the card could not be read. The output
// shows which part.
func unreadStatus(yes bool) error {
	if yes {
		return problem.Quiet(problem.Undecided)
	}
	return nil
}

func printStatus(o *ui.IO, s inspect.Card) {
	where := printable.Line(s.Reader)
	if s.Demo {
		where = o.Text(text{JA: "デモカード(本物ではありません)", EN: "demo card, not a real one"})
	}
	token := terms.Capital(terms.TokenNames[s.Token.Kind])
	fmt.Fprintf(o.Out, "%s  %s\n", o.Paint(ui.Strong, o.Text(token)), o.Paint(ui.Faint, where))
	if s.LastDay != nil {
		days := cert.DateOf(s.Now).DaysUntil(*s.LastDay)
		tone := ui.Plain
		if days < 0 {
			tone = ui.Bad
		}
		fmt.Fprintf(o.Out, "\n%s\n", o.Paint(ui.Strong, o.Text(text{JA: "カード本体", EN: "The card itself"})))
		fmt.Fprint(o.Out, o.Rows(2, [][]string{o.Row(tone, text{JA: "有効期間満了日", EN: "Last day"}, text{JA: "%s  %s", EN: "%s  (%s)"}.With(terms.LastDay(*s.LastDay), terms.Days(days)))}))
	}
	for _, c := range s.Keys() {
		fmt.Fprintf(o.Out, "\n%s\n", o.Paint(ui.Strong, o.Text(terms.Capital(terms.CertificateNames[c.Kind]))))
		rows := certificateRows(o, s, c.Certificate)
		if mayLapse(s, c.Certificate) {
			rows = append(rows, o.Row(ui.Plain, terms.LapseRow.Label, terms.LapseRow.Value))
		}
		if c.State != inspect.Absent { // a PIN without its certificate opens nothing
			rows = append(rows, counterRow(o, s, c))
		}
		fmt.Fprint(o.Out, o.Rows(2, rows))
	}
	next, more := s.Next()
	fmt.Fprintf(o.Out, "\n%s\n  %s\n", o.Paint(ui.Strong, o.Text(text{JA: "次にすること", EN: "Next step"})), ui.Wrap(o.Text(next), o.Width()-2, "  "))
	if more != "" {
		fmt.Fprintf(o.Out, "  %s\n", o.Text(text{JA: "詳しくは jpki guide %s", EN: "More: jpki guide %s"}.With(more)))
	}
}

func certificateRows(o *ui.IO, s inspect.Card, c inspect.Certificate) [][]string {
	now := s.Now
	label := text{JA: "状態", EN: "State"}
	lastDay := text{JA: "有効期間満了日", EN: "Last day"}
	v, _ := c.Validity()
	days := terms.Days(v.DaysLeft(now))
	ends := text{JA: "%s  %s", EN: "%s  (%s)"}.With(terms.LastDay(v.LastDay()), days)
	switch {
	case c.State == inspect.Absent:
		return [][]string{o.Row(ui.Plain, label, text{JA: "このカードにはありません%s", EN: "not on this card%s"}.With(whyAbsent[c.Kind]))}
	case c.State == inspect.Unreadable && !errors.Is(c.Err, jpki.ErrDamaged):
		return [][]string{o.Row(ui.Bad, label, text{JA: "読み取れませんでした", EN: "could not be read"})}
	case c.State == inspect.Unreadable:
		return [][]string{o.Row(ui.Bad, label, text{JA: "読み取れません(壊れています)", EN: "unreadable (damaged)"})}
	case c.Seen != nil:
		return [][]string{
			o.Row(ui.Plain, label, text{JA: "入っています(%s)", EN: "present (%s)"}.With(howToSee(s, c, text{JA: "中身を見るには jpki status --ask", EN: "to look inside: jpki status --ask"}))),
			o.Row(stateTones[inspect.States[v.State(now)]], lastDay, ends),
			o.Row(ui.Plain, text{JA: "確認した日", EN: "Seen on"}, terms.Date(cert.DateOf(c.Seen.Seen))),
		}
	case c.State == inspect.NeedsPIN:
		return [][]string{o.Row(ui.Plain, label, text{JA: "入っています(%s)", EN: "present (%s)"}.With(howToSee(s, c, text{JA: "期限を見るには jpki status --ask", EN: "to see when it ends: jpki status --ask"})))}
	}
	state, _ := s.StateAt(c, now)
	opens := text{JA: "%sから", EN: "opens %s"}.With(terms.Date(v.RenewalOpens()))
	switch state {
	case inspect.RenewalOpen:
		opens = text{JA: "今できます(%sから)", EN: "open now (since %s)"}.With(terms.Date(v.RenewalOpens()))
	case inspect.Expired:
		opens = text{JA: "更新できません(新しく発行してもらいます)", EN: "too late: a new one is issued instead"}
	}
	shown := inspect.StateNames[state]
	if state == inspect.NotYetValid {
		shown = text{JA: "有効期間の前です(時計を確かめてください)", EN: "not yet valid (check the clock)"}
	}
	rows := [][]string{o.Row(stateTones[state], label, shown), o.Row(ui.Plain, lastDay, ends)}
	if s.Renews() {
		rows = append(rows, o.Row(ui.Plain, text{JA: "更新", EN: "Renewal"}, opens))
	}
	ca := c.Issuer.ID
	switch c.Issuer.Standing {
	case trust.Added, trust.Given:
		ca += "  " + o.Text(terms.Standings[c.Issuer.Standing])
	case trust.Unknown:
		ca = o.Text(terms.Standings[trust.Unknown])
	}
	if ca != "" {
		rows = append(rows, []string{o.Text(text{JA: "認証局", EN: "CA"}), ca})
	}
	return rows
}

// howToSee explains how to read a certificate that was not read: with its PIN,
// unless that is blocked.
func howToSee(s inspect.Card, c inspect.Certificate, withPIN text) text {
	if !s.Token.Kind.Usable() {
		return text{JA: "有効期間は終わっています", EN: "its validity has ended"}
	}
	for _, k := range s.Keys() {
		if k.Kind == c.Kind && k.PIN.Err == nil && k.PIN.Tries.Blocked() {
			return text{JA: "ロックを解除すると中身を見られます", EN: "its content can be seen once the PIN is unlocked"}
		}
	}
	return withPIN
}

// mayLapse reports a signing certificate that is in force by its dates, and can
// have lapsed all the same.
func mayLapse(s inspect.Card, c inspect.Certificate) bool {
	if c.Kind != jpki.KindSign || !s.Renews() {
		return false
	}
	v, known := c.Validity()
	return c.State == inspect.NeedsPIN && (!known || v.State(s.Now) != cert.Expired) || c.State == inspect.Valid || c.State == inspect.RenewalOpen
}

// whyAbsent is the usual reason for a missing certificate.
var whyAbsent = map[jpki.Kind]text{
	jpki.KindSign: {JA: "(15歳未満の人や顔認証カードには、原則として発行されません)", EN: " (in principle none for under-15s and face-authentication cards)"},
}

var stateTones = map[inspect.State]ui.Tone{
	inspect.Valid: ui.Good, inspect.RenewalOpen: ui.Warn, inspect.NotYetValid: ui.Warn, inspect.Expired: ui.Bad,
}

func counterRow(o *ui.IO, s inspect.Card, k inspect.Key) []string {
	p := k.PIN
	label := terms.Capital(terms.PINNames[p.Key])
	switch {
	case k.State == inspect.Absent && p.Err == nil && p.Tries.Blocked():
		return o.Row(ui.Plain, label, text{JA: "使えません(証明書がありません)", EN: "not usable (it has no certificate)"})
	case p.Key == jpki.KeyAuth && s.MaybeWithoutPINs():
		return o.Row(ui.Plain, label, terms.NotUsable)
	case p.Err != nil:
		return o.Row(ui.Warn, label, text{JA: "残り回数を読み取れません", EN: "the counter cannot be read"})
	case p.Tries.Blocked():
		return o.Row(ui.Bad, label, terms.Tries(p.Tries))
	case p.Tries.Left < p.Tries.Max:
		return o.Row(ui.Warn, label, terms.Tries(p.Tries))
	}
	return o.Row(ui.Plain, label, terms.Tries(p.Tries))
}

// statusJSON is jpki.status/v1.
type statusJSON struct {
	Schema       string            `json:"schema"`
	Reader       string            `json:"reader"`
	Demo         bool              `json:"demo"`
	Token        tokenJSON         `json:"token"`
	CardLastDay  *string           `json:"card_last_day"`
	Certificates []certificateJSON `json:"certificates"`
	PINs         []pinJSON         `json:"pins"`
	Attention    []attentionJSON   `json:"attention"`
	Next         string            `json:"next"`
	Guide        *string           `json:"guide"`
}

type tokenJSON struct {
	Kind  string `json:"kind"`
	Label string `json:"label"`
}

// certificateJSON is a certificate in a status. The dates are null where it
// could not be read; seen is its memory then.
type certificateJSON struct {
	Kind         string        `json:"kind"`
	State        inspect.State `json:"state"`
	NotAfter     *string       `json:"not_after"`
	LastDay      *string       `json:"last_day"`
	DaysLeft     *int          `json:"days_left"`
	RenewalOpens *string       `json:"renewal_opens"`
	CA           *string       `json:"ca"`
	Seen         *seenJSON     `json:"seen"`
}

type seenJSON struct {
	NotAfter string `json:"not_after"`
	LastDay  string `json:"last_day"`
	On       string `json:"on"`
}

// attentionJSON is something to do. kind is that of the certificate or PIN.
type attentionJSON struct {
	Code    string  `json:"code"`
	Kind    *string `json:"kind"`
	Message string  `json:"message"`
}

// pinJSON is a counter. left and blocked are null where the card did not tell.
type pinJSON struct {
	Key     string `json:"key"`
	Left    *int   `json:"left"`
	Max     int    `json:"max"`
	Blocked *bool  `json:"blocked"`
}

func statusDocument(o *ui.IO, s inspect.Card) statusJSON {
	next, more := s.Next()
	doc := statusJSON{
		Schema: "jpki.status/v1", Reader: s.Reader, Demo: s.Demo,
		Token: tokenJSON{s.Token.Kind.String(), s.Token.Label},
		PINs:  pinsJSON(s.Sign.PIN, s.Auth.PIN), Attention: []attentionJSON{}, Next: o.Text(next),
	}
	if more != "" {
		doc.Guide = &more
	}
	if s.LastDay != nil {
		day := s.LastDay.String()
		doc.CardLastDay = &day
	}
	for _, c := range s.Keys() {
		j := certificateJSON{Kind: c.Kind.String(), State: c.State}
		if c.Cert != nil {
			j.State, _ = s.StateAt(c.Certificate, s.Now)
			v := cert.ValidityOf(c.Cert)
			notAfter, lastDay, opens := command.RFC3339(v.NotAfter), v.LastDay().String(), v.RenewalOpens().String()
			days := v.DaysLeft(s.Now)
			j.NotAfter, j.LastDay, j.DaysLeft = &notAfter, &lastDay, &days
			if s.Renews() {
				j.RenewalOpens = &opens
			}
			if id := c.Issuer.ID; id != "" {
				j.CA = &id
			}
		}
		if c.Seen != nil {
			j.Seen = &seenJSON{command.RFC3339(c.Seen.NotAfter), cert.DateOf(c.Seen.NotAfter).String(), cert.DateOf(c.Seen.Seen).String()}
		}
		doc.Certificates = append(doc.Certificates, j)
	}
	for _, f := range s.Findings() {
		if f.Code == "" {
			continue
		}
		j := attentionJSON{Code: f.Code, Message: o.Text(f.Line)}
		if f.Kind != 0 {
			kind := f.Kind.String()
			j.Kind = &kind
		}
		doc.Attention = append(doc.Attention, j)
	}
	return doc
}

func pinsJSON(pins ...inspect.PIN) (docs []pinJSON) {
	for _, p := range pins {
		j := pinJSON{Key: p.Key.String(), Max: max(p.Tries.Max, p.Key.MaxTries())}
		if p.Err == nil {
			blocked := p.Tries.Blocked()
			j.Left, j.Blocked = &p.Tries.Left, &blocked
		}
		docs = append(docs, j)
	}
	return docs
}

// check prints the next step in one line; the exit status says whether there is
// any.
func checkStatus(a *command.App, opt *statusOptions, s inspect.Card) error {
	var lines []text
	code := problem.Undecided // where a part could not be looked at and nothing else is known
	for _, f := range s.Findings() {
		renewal := f.Code == inspect.FindRenewalOpen || f.Code == inspect.FindCardRenewal || f.Code == inspect.FindEndsSoon
		soon := !renewal || opt.within < 0 || f.Days <= int(opt.within)
		if f.Code != "" && soon {
			lines = append(lines, f.Line)
			if !f.Unread {
				code = problem.Attention
			}
		}
	}
	if len(lines) == 0 {
		return s.Undecided()
	}
	if a.JSON {
		if err := a.IO.JSON(statusDocument(a.IO, s)); err != nil {
			return err
		}
	} else {
		a.IO.Say(i18n.Join(text{EN: " "}, lines...))
	}
	return problem.Quiet(code)
}
