// Package cards opens the card for a command: in a PC/SC reader, or the demo
// card. It waits for a missing card, asks the person to choose among several,
// and records the traffic on the connection.
package cards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

type text = i18n.Text

// Card is the card a command works with.
type Card struct {
	*jpki.Card
	Reader string // its name; "demo" for a demo card
	Demo   bool
	event  uint16
	close  []func()
}

// Place is a card that lies in a reader: one that was taken out and put back is
// at another.
type Place struct {
	Reader string
	Event  uint16
}

// countsInsertions: macOS does not count insertions, so cards there cannot be
// told apart without commands.
const countsInsertions = runtime.GOOS != "darwin"

// Place returns the place of the card, if places tell cards apart on this
// system.
func (c *Card) Place() (p Place, ok bool) {
	return Place{c.Reader, c.event}, countsInsertions && !c.Demo
}

// Locate returns the place of the card that [Opener.Open] would open, without
// sending a command. It must be the only card in the selected readers.
func (o *Opener) Locate(ctx context.Context) (p Place, ok bool) {
	if o.Card != "" || !countsInsertions {
		return p, false
	}
	readers, err := o.Readers(ctx)
	if err != nil {
		return p, false
	}
	for _, r := range readers {
		if r.Present && ok {
			return Place{}, false
		}
		if r.Present {
			p, ok = Place{r.Name, r.Event}, !r.Mute
		}
	}
	return p, ok
}

// Close lets the card go.
func (c *Card) Close() {
	for i := len(c.close) - 1; i >= 0; i-- {
		c.close[i]()
	}
}

// Opener finds the card that a command works with. It is a value: a copy with
// other settings opens cards its own way.
type Opener struct {
	IO  *ui.IO
	Env env.Env

	Card        string        // --card
	Reader      string        // --reader
	Wait        time.Duration // --wait
	WaitGiven   bool          // --wait was given
	NoInput     bool          // --no-input: nobody is asked
	WithoutWait bool          // without --wait, a missing card is not waited for
	ShortAPDU   bool          // --short-apdu: neither long commands nor long answers

	CAs   CAs    // known CA certificates, or nil
	Trace *Trace // the record for --trace, or nil
	Tour  *Tour  // nil outside a tour
}

// Quiet opens cards for somebody who is not there: without waiting or asking.
func (o Opener) Quiet() *Opener {
	o.WithoutWait, o.WaitGiven, o.NoInput = true, false, true
	return &o
}

// Open opens the card. All commands use it, for every kind of card.
func (o *Opener) Open(ctx context.Context) (*Card, error) {
	c := &Card{}
	conn, err := o.connect(ctx, c)
	if err == nil {
		conn, err = o.Traced(conn)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	c.Card = jpki.New(o.withNotice(conn))
	o.useLimits(ctx, c)
	return c, nil
}

// WithApp opens the card and runs use on it, without a PIN.
func (o *Opener) WithApp(ctx context.Context, use func(*jpki.App) error) error {
	card, err := o.Open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	return card.WithApp(ctx, use)
}

func (o *Opener) connect(ctx context.Context, c *Card) (jpki.Conn, error) {
	if o.Card == "" {
		return o.connectPCSC(ctx, c)
	}
	kind, persona, _ := strings.Cut(o.Card, ":")
	if kind != "demo" {
		return nil, problem.Misuse(text{JA: "--card に使えるのは demo か demo:名前 です。", EN: "--card is demo or demo:NAME."}).
			WithNext(text{JA: "名前の一覧: jpki demo --help", EN: "For the names: jpki demo --help"})
	}
	if persona == "" {
		persona = democard.DefaultPersona
	}
	c.Reader, c.Demo = "demo", true
	conn, err := o.openDemo(c, persona)
	if errors.Is(err, democard.ErrUnknownPersona) {
		return nil, UnknownPersona(persona)
	}
	return conn, err
}

// openDemo opens the demo card of a persona: the tour's own, or the one whose
// PINs and counters are kept between runs.
func (o *Opener) openDemo(c *Card, persona string) (jpki.Conn, error) {
	if o.Tour != nil {
		return o.Tour.open(persona, o.Env.Now())
	}
	store, err := state.Open(o.Env.Getenv)
	if err != nil {
		return nil, err
	}
	conn, err := democard.Open(persona, o.Env.Now(), store)
	if err != nil {
		return nil, err
	}
	c.close = append(c.close, func() { conn.Close() })
	return conn, nil
}

// UnknownPersona is the problem of a name that no demo card has. Its next step
// lists the names.
func UnknownPersona(name string) error {
	return problem.Misuse(text{JA: "「%s」というデモカードはありません。", EN: "There is no demo card %q."}.With(name)).
		WithNext(text{JA: "使えるもの: %s", EN: "There are: %s"}.With(personaNames()))
}

// Tour holds the demo cards of a tour: kept in memory, gone with it.
type Tour struct{ conns map[string]*democard.Conn }

func (d *Tour) open(persona string, now time.Time) (jpki.Conn, error) {
	if c, ok := d.conns[persona]; ok {
		return c, nil
	}
	c, err := democard.Open(persona, now, nil)
	if err != nil {
		return nil, err
	}
	if d.conns == nil {
		d.conns = map[string]*democard.Conn{}
	}
	d.conns[persona] = c
	return c, nil
}

func (o *Opener) connectPCSC(ctx context.Context, c *Card) (jpki.Conn, error) {
	pc, err := o.establish(ctx)
	if err != nil {
		return nil, err
	}
	c.close = append(c.close, func() { pc.Close() })
	card, err := o.find(ctx, pc)
	if err != nil {
		return nil, err
	}
	c.close = append(c.close, func() { card.Close() })
	c.Reader, c.event = card.Reader(), card.Event()
	return card, nil
}

// establish connects to the service, for which --wait waits, too.
func (o *Opener) establish(ctx context.Context) (*pcsc.Context, error) {
	until := time.Now().Add(o.Wait) // of the clock on the wall
	notified := false
	for {
		pc, err := pcsc.Establish(ctx)
		if err == nil || !o.WaitGiven || !time.Now().Before(until) || !errors.Is(err, pcsc.ErrNoService) {
			return pc, err
		}
		if !notified {
			o.IO.Note(text{JA: "PC/SCサービスを待っています(Ctrl-Cで中止)。", EN: "Waiting for the PC/SC service (Ctrl-C ends it)."})
			notified = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(min(restInterval, time.Until(until))):
		}
	}
}

// readerLister is the part of a [pcsc.Context] that finds and awaits cards.
type readerLister interface {
	Readers(ctx context.Context) ([]pcsc.ReaderState, error)
	Wait(ctx context.Context, known []pcsc.ReaderState) ([]pcsc.ReaderState, error)
}

// patience is how long a person is given to put the card down.
const defaultWait = 30 * time.Second

// waitLimit is the time to wait for a missing card or reader: --wait, or else
// defaultWait for a card if a person sees the notice on a terminal. Without
// --wait it does not wait for a missing reader, because that is another fault.
func (o *Opener) waitLimit(missing error) time.Duration {
	p := explain.Error(missing)
	switch {
	case o.WaitGiven:
		return o.Wait
	case p.Code != problem.NoCard || o.WithoutWait || o.NoInput || !ui.IsTerminal(o.IO.Err):
		return 0
	}
	return defaultWait
}

// readersWithCard lists the wanted readers with a card in them, and waits for
// one if that is wanted.
func (o *Opener) readersWithCard(ctx context.Context, pc readerLister) ([]string, error) {
	readers, err := pc.Readers(ctx)
	if err != nil {
		return nil, err
	}
	with, missing := o.withCard(readers)
	if missing == nil {
		return with, nil
	}
	limit := o.waitLimit(missing)
	if limit <= 0 {
		return nil, missing
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errWaited)
	defer cancel()
	shown := o.instruction(missing)
	o.IO.Note(text{JA: "%s%d秒待ちます(Ctrl-Cで中止)。", EN: "%s Waiting for %d s (Ctrl-C ends it)."}.With(shown, (limit+time.Second-1)/time.Second))
	for missing != nil {
		if now := o.instruction(missing); now != shown {
			o.IO.Note(now)
			shown = now
		}
		readers, err = pc.Wait(ctx, readers)
		if err != nil && errors.Is(context.Cause(ctx), errWaited) {
			return nil, timedOut(missing)
		}
		if err != nil {
			return nil, err
		}
		with, missing = o.withCard(readers)
	}
	o.IO.Note(text{JA: "カードを見つけました。終わるまで動かさないでください。", EN: "The card is there. Keep it still until this is done."})
	return with, nil
}

// timedOut is the error after waiting in vain. It no longer advises to wait.
func timedOut(missing error) error {
	if !errors.Is(missing, pcsc.ErrNoCard) {
		return missing
	}
	return problem.New(problem.NoCard,
		text{JA: "カードが見つからないまま、待ち時間が過ぎました。", EN: "No card was found in the time to wait."},
		text{JA: "カードを置いてあるなら、向きと位置を変えてみてください。それでもだめなら jpki doctor で調べられます。", EN: "If the card is there, try another side and place. If that does not help, jpki doctor looks for the cause."}).Because(missing)
}

// withCard lists the wanted readers with a card in them; the error names the
// missing part.
func (o *Opener) withCard(readers []pcsc.ReaderState) (with []string, missing error) {
	wanted, err := o.WantedReaders(readers)
	if err != nil {
		return nil, err
	}
	for _, r := range wanted {
		if r.Present && !r.Mute {
			with = append(with, r.Name)
		}
	}
	if len(with) == 0 {
		return nil, missingCard(wanted)
	}
	return with, nil
}

// instruction tells a person how to end the waiting.
func (o *Opener) instruction(missing error) text {
	switch {
	case errors.Is(missing, pcsc.ErrNoReader):
		return text{JA: "カードリーダーをつないでください。", EN: "Connect the card reader."}
	case errors.Is(missing, pcsc.ErrNoCard):
		return text{JA: "カードをリーダーに置いてください。", EN: "Put the card on the reader."}
	}
	p := explain.Error(missing)
	return text{JA: "%s%s", EN: "%s %s"}.With(p.What, p.Next)
}

var errWaited = errors.New("no card in time")

// WantedReaders keeps the readers that --reader means: the one of that name, or
// those with it in their names.
func (o *Opener) WantedReaders(readers []pcsc.ReaderState) ([]pcsc.ReaderState, error) {
	if len(readers) == 0 {
		return nil, pcsc.ErrNoReader
	}
	named := o.Reader
	if named == "" {
		named = o.variable(readerVariable)
	}
	if named == "" {
		return withoutVirtual(readers), nil
	}
	var names []text
	var wanted []pcsc.ReaderState
	for _, r := range readers {
		if r.Name == named {
			return []pcsc.ReaderState{r}, nil
		}
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(named)) {
			wanted = append(wanted, r)
		}
		names = append(names, text{JA: "「%s」", EN: "%q"}.With(r.Name))
	}
	if len(wanted) == 0 {
		return nil, problem.New(problem.NoReader,
			text{JA: "「%s」という名前のカードリーダーはありません。", EN: "There is no reader named %q."}.With(named),
			text{JA: "つながっているリーダー: %s(--reader か環境変数 JPKI_READER で指定します)。%s", EN: "Connected readers: %s (named by --reader or the variable JPKI_READER). %s"}.With(i18n.Join(text{JA: "、", EN: ", "}, names...), terms.AskDoctor))
	}
	return wanted, nil
}

// missingCard distinguishes a card that does not answer from an empty reader.
func missingCard(readers []pcsc.ReaderState) error {
	for _, r := range readers {
		if r.Present && r.Mute {
			return problem.New(problem.NoCard,
				text{JA: "リーダー「%s」のカードが応答しません。", EN: "The card in the reader %q does not answer."}.With(r.Name),
				terms.TurnCard)
		}
	}
	return pcsc.ErrNoCard
}

// pick asks which of several cards is meant.
func (o *Opener) askWhich(ctx context.Context, cards []*pcsc.Card) (*pcsc.Card, error) {
	var names []string
	for _, c := range cards {
		names = append(names, c.Reader())
	}
	tty, err := o.Terminal()
	if err != nil {
		return nil, problem.New(problem.WhichCard,
			text{JA: "マイナンバーカードが%d枚あります: %s", EN: "There are %d My Number Cards: %s"}.With(len(names), strings.Join(names, ", ")),
			text{JA: "--reader で使うリーダーを指定してください。", EN: "Say which reader to use with --reader."})
	}
	defer tty.Close()
	for i, name := range names {
		tty.Println(fmt.Sprintf("  %d  %s", i+1, printable.Line(name)))
	}
	for range 3 {
		line, err := tty.Line(ctx, o.IO.Text(text{JA: "使うカードの番号: ", EN: "Number of the card to use: "}))
		if err != nil {
			return nil, err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && 1 <= n && n <= len(cards) {
			return cards[n-1], nil
		}
		tty.Println(o.IO.Text(text{JA: "1から%dまでの番号を入力してください(やめるときは Ctrl-C)。", EN: "Enter a number from 1 to %d (Ctrl-C to leave)."}.With(len(cards))))
	}
	return nil, problem.Misuse(text{JA: "どのカードか分かりませんでした。", EN: "Which card is meant was not answered."}).
		WithNext(text{JA: "--reader で使うリーダーを指定してください。", EN: "Say which reader to use with --reader."})
}

// Terminal opens the person's terminal, unless nothing may be asked.
func (o *Opener) Terminal() (*ui.Terminal, error) {
	if o.NoInput {
		return nil, ui.ErrNoTerminal
	}
	return ui.OpenTerminal()
}

// Readers returns the readers, or the card of --card in their place.
func (o *Opener) Readers(ctx context.Context) ([]pcsc.ReaderState, error) {
	if o.Card != "" {
		card, err := o.Open(ctx)
		if err != nil {
			return nil, err
		}
		defer card.Close()
		return []pcsc.ReaderState{{Name: card.Reader, Present: true}}, nil
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return nil, err
	}
	defer pc.Close()
	return pc.Readers(ctx)
}

// WaitForRemoval waits until the card is no longer in its reader, or ctx ends. The
// demo card stays.
func (c *Card) WaitForRemoval(ctx context.Context) {
	if c.Demo {
		<-ctx.Done()
		return
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		return
	}
	defer pc.Close()
	there := func(readers []pcsc.ReaderState) (event uint16, ok bool) {
		for _, r := range readers {
			if r.Name == c.Reader {
				return r.Event, r.Present
			}
		}
		return 0, false
	}
	readers, err := pc.Readers(ctx)
	first, ok := there(readers)
	for now := first; err == nil && ok && now == first; now, ok = there(readers) {
		readers, err = pc.Wait(ctx, readers)
	}
}

// Trace is the file of --trace, which all cards of a run share.
type Trace struct {
	Path   string // "" where nothing is recorded
	tracer *apdu.Tracer
	file   *os.File
}

// Close ends the recording, if there is one.
func (t *Trace) Close() {
	if t.file != nil {
		_ = t.file.Close()
	}
}

// Traced records the traffic on conn where --trace wants that.
func (o *Opener) Traced(conn jpki.Conn) (jpki.Conn, error) {
	if o.Trace == nil || o.Trace.Path == "" {
		return conn, nil
	}
	if o.Trace.tracer == nil {
		if err := o.Trace.begin(o.Env.Now); err != nil {
			return nil, err
		}
	}
	last := &jpki.Within{Conn: conn, Context: context.Background()}
	return &tracedConn{conn, last, o.Trace.tracer.Wrap(last)}, nil
}

// begin makes the file.
func (t *Trace) begin(now func() time.Time) error {
	f, err := os.OpenFile(t.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return problem.New(problem.Output,
			text{JA: "「%s」はもうあります。記録は上書きしません。", EN: "%s is there already. A trace is never overwritten."}.With(t.Path),
			text{JA: "--trace で別の名前を指定してください。", EN: "Give another name with --trace."})
	}
	if err != nil {
		return explain.NotMade(t.Path, output.Reason(errors.Unwrap(err)), "--trace").Because(err)
	}
	t.file = f
	t.tracer = &apdu.Tracer{Public: jpki.PublicFile, Now: now, Sink: func(x apdu.Exchange) { writeExchange(f, x) }}
	return nil
}

func writeExchange(w io.Writer, x apdu.Exchange) {
	answer := x.Response
	if x.Err != nil {
		answer = x.Err.Error()
	}
	fmt.Fprintf(w, "> %s\n< %s (%.1f ms)\n", x.Command, answer, float64(x.Took.Microseconds())/1000)
}

// tracedConn is a connection that the tracer sees.
type tracedConn struct {
	jpki.Conn
	last   *jpki.Within // behind the tracer
	traced apdu.Transmitter
}

func (c *tracedConn) Transmit(cmd []byte) ([]byte, error) {
	return c.TransmitContext(context.Background(), cmd)
}

// TransmitContext has the command given up as the connection does it.
func (c *tracedConn) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	c.last.Context = ctx
	return c.traced.Transmit(cmd)
}

// personaNames lists the demo cards.
func personaNames() string {
	var names []string
	for _, p := range virtualcard.Personas() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// Fatal reports an error that is not the card's answer about one of its parts.
func Fatal(err error) bool {
	var status apdu.Status
	var certificate *jpki.CertificateError
	return err != nil && !errors.As(err, &status) && !errors.As(err, &certificate) && !errors.Is(err, jpki.ErrUnreadable)
}
