package cardcmd

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/shellwords"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

type watchOptions struct {
	once     bool
	interval time.Duration
	exec     string
}

// How often a card that stays is looked at: each look costs a real card five
// commands, a demo card nothing.
const (
	watchInterval     = time.Minute
	demoWatchInterval = 2 * time.Second
	leastInterval     = time.Second
)

func NewWatch(a *command.App) *cobra.Command {
	var opt watchOptions
	var cmd *cobra.Command
	cmd = a.New(command.Spec{
		Use:      "watch",
		Short:    text{JA: "カードの出し入れと残り回数を監視する", EN: "watch cards come and go, and their PIN tries"},
		LateLong: func() text { return watchLong.With(command.InBoth(eventTable)) },
		Examples: []command.Example{
			{Line: "jpki watch", About: text{JA: "端末で監視する", EN: "watch on a terminal"}},
			{Line: "jpki watch --json >> jpki.log", About: text{JA: "イベントを1行ずつ記録する", EN: "log a line an event"}},
			{Line: `jpki watch --exec 'sh -c "notify-send jpki \"$JPKI_MESSAGE\""'`, About: text{JA: "デスクトップに知らせる", EN: "tell it on the desktop"}},
		},
		Args: a.NoArgs(),
		Run: func(ctx context.Context, _ []string) error {
			if a.Cards.Card != "" && !cmd.Flags().Changed("interval") {
				opt.interval = demoWatchInterval
			}
			return runWatch(ctx, a, &opt)
		},
	})
	f := cmd.Flags()
	f.BoolVar(&opt.once, "once", false, a.IO.Text(text{JA: "今の様子を一度だけ見て終わる", EN: "look once and end"}))
	f.DurationVar(&opt.interval, "interval", watchInterval, a.IO.Text(text{JA: "置いたままのカードを見る間隔`DUR`(省略時1m、0なら見ない)", EN: "look again at a card every `DUR` (default 1m, 0 never)"}))
	f.Lookup("interval").DefValue = "0s" // said in the help, in the person's language
	f.StringVar(&opt.exec, "exec", "", a.IO.Text(text{JA: "イベントごとに`CMD`を実行する", EN: "run `CMD` for every event"}))
	f.BoolVar(&a.NoRemember, "no-remember", false, a.IO.Text(text{JA: "残り回数を記憶しない、記憶とも比べない", EN: "neither remember counters nor compare them"}))
	return cmd
}

// eventNames are the names of events.
var eventNames = map[watch.Kind]text{
	watch.ServiceLost:        {JA: "PC/SCサービスがなくなった", EN: "the PC/SC service went away"},
	watch.ServiceBack:        {JA: "PC/SCサービスが戻った", EN: "the PC/SC service is back"},
	watch.ReaderConnected:    {JA: "カードリーダーがつながった(初めからあるものも)", EN: "a reader was connected, or was there at the beginning"},
	watch.ReaderDisconnected: {JA: "カードリーダーが外れた", EN: "a reader was disconnected"},
	watch.CardInserted:       {JA: "カードが置かれた", EN: "a card was put on a reader"},
	watch.CardRead:           {JA: "カードを読んだ。期限と残り回数が分かる", EN: "the card was read: last days and tries"},
	watch.CardUnreadable:     {JA: "カードを読めない", EN: "the card cannot be read"},
	watch.CardRemoved:        {JA: "カードが外された", EN: "the card was taken away"},
	watch.TriesLowered:       {JA: "暗証番号が間違えられ、残り回数が減った", EN: "wrong entries lowered the tries of a PIN"},
	watch.TriesRestored:      {JA: "残り回数が戻った(正しい入力か、ロックの解除)", EN: "the tries are back: a correct entry, or an unlocked PIN"},
	watch.CertificateChanged: {JA: "証明書が更新できる期間に入った、または終わった", EN: "renewal of a certificate opened, or it ended"},
}

var watchLong = text{
	JA: "カードリーダーとカードの出し入れ、暗証番号の残り回数、期限を表示し続けます。Ctrl-Cで終わります(0)。暗証番号は要りません。カードにアクセスするのは、置かれたときと --interval ごとだけです。\n" +
		"残り回数が前に見たときより減っていれば知らせます。そのために、回数と時刻を証明書のフィンガープリントごとに記憶します(氏名などは記憶しません)。次に見るまでに正しく入力された間違いは分かりません。\n" +
		"--once は一度だけ見て終わります(3 リーダーなし、4 カードなし、7 残り回数が減っていた)。\n\n" +
		"イベント(--json の event、--exec の JPKI_EVENT):\n%s" +
		"--exec のコマンドは順に1つずつ動き、60秒を超えると止めます。シェルは通しません。標準入力に --json と同じ1行、環境変数に JPKI_EVENT などを渡します(jpki help environment)。",
	EN: "Shows readers and cards come and go, the PIN tries left and the last days, until Ctrl-C (which ends it with 0). No PIN is needed. A card is read only when it comes and once every --interval.\n" +
		"A counter lower than last time means that somebody entered a wrong PIN, and is told. For that, counters and times are remembered by the fingerprint of the certificate, with nothing of the holder. Wrong entries before a correct one between two looks go unnoticed.\n" +
		"--once looks once and ends (3 no reader, 4 no card, 7 a counter went down).\n\n" +
		"Events (event in --json, JPKI_EVENT for --exec):\n%s" +
		"The command of --exec runs for one event after the other, for 60 s at the most, without a shell. Its standard input is the line of --json, its environment has JPKI_EVENT and others (jpki help environment).",
}

func eventTable(say func(text) string) string {
	var rows [][]string
	for _, k := range watch.Kinds {
		rows = append(rows, []string{string(k), say(eventNames[k])})
	}
	return ui.Table(2, nil, rows)
}

func runWatch(ctx context.Context, a *command.App, opt *watchOptions) error {
	if opt.interval != 0 && opt.interval < leastInterval {
		return problem.Misuse(text{JA: "--interval は1秒以上です(0なら見ません)。", EN: "--interval is 1 s or more, or 0."})
	}
	if a.Cards.WaitGiven && !opt.once {
		return problem.Misuse(text{JA: "--wait は --once と一緒に使います。", EN: "--wait goes with --once here."})
	}
	var command []string
	if opt.exec != "" {
		var err error
		if command, err = shellwords.Split(opt.exec); err != nil {
			return problem.Misuse(text{JA: "--exec のコマンドの引用符が閉じていないか、中身がありません。", EN: "The command of --exec is empty, or a quotation mark in it is not closed."})
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			return problem.Misuse(text{JA: "--exec のプログラム「%s」が見つからないか、実行できません。", EN: "There is no program %q for --exec, or it cannot be run."}.With(command[0])).
				WithNext(text{JA: "名前と、PATHの通ったフォルダーにあるかを確かめてください。", EN: "Check its name, and that it is in a folder of PATH."})
		}
	}
	src, done, err := watchSource(ctx, a)
	if err != nil {
		return err
	}
	defer done()
	o := watch.Options{Interval: opt.interval, Once: opt.once, Patience: a.Cards.Wait, Now: a.Env.Now, Wanted: func(all []pcsc.ReaderState) []pcsc.ReaderState { return watchedReaders(a, all) }}
	if store := a.Memory(); store != nil {
		o.Memory = &watch.Memory{Store: store}
	}
	show := newWatchView(a, opt)
	defer show.close()
	runner := newEventRunner(ctx, a, command, show)
	last := &outcome{}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	forgot := false
	o.Forgot = func(err error) {
		if !forgot { // it will fail again and again
			forgot = true
			show.complain(explain.Error(err).What)
		}
	}
	o.Show = func(events []watch.Event, all watch.View) {
		last.add(events, all)
		show.update(events, all)
		for _, e := range events {
			runner.add(e)
		}
		if err := a.IO.WriteError(); err != nil {
			stop(err) // nobody learns of the next ones
		}
	}
	err = watch.Run(running, src, o)
	runner.finish()
	switch {
	case err != nil:
		return err
	case !opt.once:
		return nil // it was told to end, and there was no other end to it
	case running.Err() != nil:
		return context.Cause(running)
	}
	return outcomeError(last)
}

// watchedReaders keeps the readers that match --reader. An empty result is no
// error, because the reader may come later.
func watchedReaders(a *command.App, readers []pcsc.ReaderState) []pcsc.ReaderState {
	wanted, err := a.Cards.WantedReaders(readers)
	if err != nil {
		return nil
	}
	return wanted
}

// outcome is the result of a watch with --once.
type outcome struct {
	all     watch.View
	err     error
	lowered bool
}

func (o *outcome) add(events []watch.Event, all watch.View) {
	o.all = all
	for _, e := range events {
		switch e.Kind {
		case watch.TriesLowered:
			o.lowered = true
		case watch.ServiceLost:
			o.err = e.Err
		}
	}
}

// outcomeError is the reason why --once does not end with 0.
func outcomeError(o *outcome) error {
	if o.all.Lost {
		return o.err
	}
	if len(o.all.Slots) == 0 {
		return pcsc.ErrNoReader
	}
	failed := error(pcsc.ErrNoCard)
	for _, s := range o.all.Slots {
		switch {
		case s.Card != nil && o.lowered:
			return problem.Quiet(problem.Attention)
		case s.Card != nil:
			return nil
		case s.Err != nil:
			failed = s.Err
		}
	}
	return failed
}

// watchSource is where the cards are: in the readers of PC/SC, or the demo card.
func watchSource(ctx context.Context, a *command.App) (watch.Source, func(), error) {
	if a.Cards.Card != "" {
		card, err := a.Cards.Open(ctx)
		if err != nil {
			return nil, nil, err
		}
		return demoSource{a.Env.Now, card}, card.Close, nil
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return nil, nil, err
	}
	return readerSource{a.Cards, pc}, func() { pc.Close() }, nil
}

// readerSource is PC/SC. It connects to a card only while it looks at it.
type readerSource struct {
	cards *cards.Opener
	*pcsc.Context
}

func (s readerSource) Look(ctx context.Context, reader string, known *watch.Card) (*watch.Card, error) {
	conn, err := s.Connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	traced, err := s.cards.Traced(conn)
	if err != nil {
		return nil, err
	}
	return lookAgain(ctx, jpki.New(traced), s.cards.Env.Now(), known)
}

// demoSource is a reader with the demo card in it, for ever.
type demoSource struct {
	now  func() time.Time
	card *cards.Card
}

func (s demoSource) Readers(context.Context) ([]pcsc.ReaderState, error) {
	return []pcsc.ReaderState{{Name: s.card.Reader, Present: true}}, nil
}

func (s demoSource) Wait(ctx context.Context, known []pcsc.ReaderState) ([]pcsc.ReaderState, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s demoSource) Look(ctx context.Context, _ string, known *watch.Card) (*watch.Card, error) {
	return lookAgain(ctx, s.card.Card, s.now(), known)
}

// lookAgain reads all that is free of a card, or only the counters of one that
// is known. Where those changed all is read once more, in the same transaction:
// it could be another card.
func lookAgain(ctx context.Context, card *jpki.Card, now time.Time, known *watch.Card) (found *watch.Card, err error) {
	defer ui.Unstoppable()()
	err = card.WithApp(ctx, func(app *jpki.App) error {
		if known != nil {
			var s inspect.Card
			if err := s.ReadCounters(app); err != nil {
				return err
			}
			if known.SameCounters(s) {
				found = known
				return nil
			}
		}
		s, err := inspect.Read(app, now)
		if err == nil {
			found = &s
		}
		return err
	})
	return found, err
}

// eventText is the sentence of an event.
func eventText(a *command.App, e watch.Event) text {
	in := text{JA: "%s: ", EN: "%s: "}.With(e.Reader)
	var what text
	switch e.Kind {
	case watch.ServiceLost:
		return text{JA: "PC/SCサービスとの接続が切れました。戻るのを待っています。", EN: "The PC/SC service went away. Waiting for it."}
	case watch.ServiceBack:
		return text{JA: "PC/SCサービスが戻りました。", EN: "The PC/SC service is back."}
	case watch.ReaderConnected:
		what = text{JA: "カードリーダーがつながっています。", EN: "The reader is connected."}
	case watch.ReaderDisconnected:
		what = text{JA: "カードリーダーが外れました。", EN: "The reader was disconnected."}
	case watch.CardInserted:
		what = text{JA: "カードが置かれました。", EN: "A card was put down."}
	case watch.CardRead:
		what = text{JA: "%sを読み取りました。%s", EN: "Read the %s. %s"}.With(terms.TokenNames[e.Card.Token.Kind], triesSummary(e.Card))
	case watch.CardUnreadable:
		what = watchProblem(e.Err).What
	case watch.CardRemoved:
		what = text{JA: "カードが外されました。", EN: "The card was taken away."}
	case watch.TriesLowered:
		what = loweredText(a, e)
	case watch.TriesRestored:
		what = text{JA: "%sの残り回数が%d回から%d回に戻りました。", EN: "The tries of the %s are back, from %d to %d."}.With(terms.PINNames[e.Key], e.Before.Left, e.After.Left)
	case watch.CertificateChanged:
		what = text{JA: "%sは%s。", EN: "The %s: %s."}.With(terms.CertificateNames[e.Certificate], stateNames[e.State])
	}
	return text{JA: in.JA + what.JA, EN: in.EN + what.EN}
}

// watchProblem explains why a card is not read. Nothing has to be run again
// here: the card is looked at again by itself.
func watchProblem(err error) *problem.Problem {
	p := *explain.Error(err)
	switch {
	case errors.Is(err, jpki.ErrNotJPKI), p.Code == problem.NoService:
	case errors.Is(err, pcsc.ErrInUse):
		p.Next = text{JA: "終わりしだい読み取ります。", EN: "It is read as soon as that is done."}
	case errors.Is(err, pcsc.ErrCardMute):
		p.What = text{JA: "カードが応答しません。", EN: "The card does not answer."}
		p.Next = text{JA: "カードの向きと表裏を確かめて、置き直してください。", EN: "See which way the card lies, and put it back."}
	default:
		p.Next = text{JA: "カードを置き直すと、もう一度読み取ります。", EN: "Put the card back to have it read again."}
	}
	return &p
}

// stateNames are the states that a certificate reaches.
var stateNames = map[inspect.State]text{
	inspect.Valid:       {JA: "有効期間内です", EN: "within its validity"},
	inspect.RenewalOpen: {JA: "更新できる期間に入りました", EN: "renewal is open"},
	inspect.Expired:     {JA: "有効期間が過ぎました", EN: "expired"},
	inspect.NotYetValid: {JA: "有効期間の前です", EN: "not yet valid"},
}

// loweredText reports wrong entries of a PIN, and the time between which they
// happened.
func loweredText(a *command.App, e watch.Event) text {
	what := text{
		JA: "%sが間違えて入力されました(%sから%s %sの間)。%s。",
		EN: "Somebody entered a wrong %s (between %s and %s %s). %s.",
	}.With(terms.PINNames[e.Key], clockText(a, e.Since, e.Time), clockText(a, e.Time, e.Since), terms.Zone(a.Env.Now()), terms.Capital(terms.TriesLeft(e.After.Left)))
	if e.After.Blocked() {
		what = text{
			JA: "%sが間違えて入力され、ロックされました(%sから%s %sの間)。",
			EN: "Somebody entered a wrong %s until it was blocked (between %s and %s %s).",
		}.With(terms.PINNames[e.Key], clockText(a, e.Since, e.Time), clockText(a, e.Time, e.Since), terms.Zone(a.Env.Now()))
	}
	return what
}

// clockText formats a time of day, with the date if it differs from the date of
// other.
func clockText(a *command.App, t, other time.Time) string {
	t, other = t.In(a.Env.Now().Location()), other.In(a.Env.Now().Location())
	if t.Format(time.DateOnly) == other.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// triesSummary says how many tries are left of each PIN that there is.
func triesSummary(c *watch.Card) text {
	if !c.Token.Kind.Usable() {
		return terms.Ended[c.Token.Kind]
	}
	var parts []text
	for _, k := range c.Keys() {
		switch p := k.PIN; {
		case k.State == inspect.Absent: // its PIN opens nothing
		case p.Err != nil:
			parts = append(parts, text{JA: "%sの残り回数は不明", EN: "%s: tries not known"}.With(terms.PINNames[p.Key]))
		case k.Kind == jpki.KindAuth && c.MaybeWithoutPINs():
			parts = append(parts, text{JA: "%sは%s", EN: "%s: %s"}.With(terms.PINNames[p.Key], terms.NotUsable))
		default:
			parts = append(parts, text{JA: "%s %s", EN: "%s: %s"}.With(terms.PINNames[p.Key], terms.Tries(p.Tries)))
		}
	}
	if len(parts) == 0 {
		return text{}
	}
	var ja, en []string
	for _, p := range parts {
		ja, en = append(ja, p.JA), append(en, p.EN)
	}
	return terms.Capital(text{JA: strings.Join(ja, "、") + "。", EN: strings.Join(en, "; ") + "."})
}

// eventLine is an event as a line of text.
func eventLine(a *command.App, e watch.Event) string {
	return fmt.Sprintf("%s %s  %s", e.Time.Format(time.DateTime), terms.Zone(e.Time), a.IO.Text(eventText(a, e)))
}

// eventJSON is jpki.watch/v1. Members that an event does not have are left out.
type eventJSON struct {
	Schema  string               `json:"schema"`
	Time    string               `json:"time"`
	Event   watch.Kind           `json:"event"`
	Reader  string               `json:"reader,omitempty"`
	Card    *watchedCardJSON     `json:"card,omitempty"`        // of card-read
	PIN     *watchedTriesJSON    `json:"pin,omitempty"`         // of tries-lowered, tries-restored
	Changed *watchedStateJSON    `json:"certificate,omitempty"` // of certificate-changed
	Error   *command.ProblemJSON `json:"error,omitempty"`       // of card-unreadable, service-lost
	Message string               `json:"message"`
}

type watchedCardJSON struct {
	Kind         string               `json:"kind"`
	Certificates []watchedCertificate `json:"certificates"`
	PINs         []pinJSON            `json:"pins"`
}

type watchedCertificate struct {
	Kind     string  `json:"kind"`
	State    string  `json:"state"`
	LastDay  *string `json:"last_day"`
	DaysLeft *int    `json:"days_left"`
}

type watchedTriesJSON struct {
	Key     string `json:"key"`
	Left    int    `json:"left"`
	Max     int    `json:"max"`
	Blocked bool   `json:"blocked"`
	Before  int    `json:"before"`
	Since   string `json:"since"` // when it was last seen with that many
}

type watchedStateJSON struct {
	Kind  string        `json:"kind"`
	State inspect.State `json:"state"`
}

func eventDocument(a *command.App, e watch.Event) eventJSON {
	doc := eventJSON{
		Schema: "jpki.watch/v1", Time: command.RFC3339(e.Time), Event: e.Kind, Reader: e.Reader,
		Message: a.IO.Text(eventText(a, e)),
	}
	switch e.Kind {
	case watch.CardRead:
		doc.Card = cardDocument(a, e.Card)
	case watch.TriesLowered, watch.TriesRestored:
		doc.PIN = &watchedTriesJSON{e.Key.String(), e.After.Left, e.After.Max, e.After.Blocked(), e.Before.Left, command.RFC3339(e.Since)}
	case watch.CertificateChanged:
		doc.Changed = &watchedStateJSON{e.Certificate.String(), e.State}
	case watch.CardUnreadable, watch.ServiceLost:
		p := command.ProblemDocument(a.IO, watchProblem(e.Err))
		doc.Error = &p
	}
	return doc
}

func cardDocument(a *command.App, c *watch.Card) *watchedCardJSON {
	doc := &watchedCardJSON{Kind: c.Token.Kind.String(), PINs: pinsJSON(c.Sign.PIN, c.Auth.PIN)}
	for _, k := range c.Keys() {
		state, known := c.StateAt(k.Certificate, a.Env.Now())
		j := watchedCertificate{Kind: k.Kind.String(), State: string(state)}
		if v, _ := k.Validity(); known {
			last, days := v.LastDay().String(), v.DaysLeft(a.Env.Now())
			j.LastDay, j.DaysLeft = &last, &days
		}
		doc.Certificates = append(doc.Certificates, j)
	}
	return doc
}
