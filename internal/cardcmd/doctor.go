package cardcmd

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/doctor"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/version"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

func NewDoctor(a *command.App) *cobra.Command {
	report := false
	cmd := a.New(command.Spec{
		Use:   "doctor",
		Short: text{JA: "カードを読めない原因を調べる", EN: "find out why a card cannot be read"},
		Long: text{
			JA: "PC/SCサービス、ドライバー、カードリーダー、カード、証明書、時計、端末を順に調べ、問題ごとに対処のしかたを" +
				"表示します。暗証番号は要りません。ここから分からないことは「不明」とします。\n\n" +
				"--report は、報告に添える文を表示します。カードがあれば、カードとリーダーが何に答えるかを読むだけのコマンドで調べ、" +
				"JSON(スキーマは jpki.report/v1)で付けます。個人に関わるものは入れません。--report --json なら、そのJSONだけです。\n" +
				"jpki demo serve --report FILE は、そのとおりに答えるデモカードです。\n\n" +
				"問題がなければ0で終わります。あれば、いちばん先にあるものの終了ステータスです(jpki help exit-codes)。",
			EN: "Looks at the PC/SC service, the driver, the reader, the card, the certificates, the clock and the terminal, and " +
				"says for each problem what to do. No PIN is needed. What cannot be found out from here is called unknown.\n\n" +
				"--report prints what goes with the report of a bug. Of a card that is there it adds what card and reader answer to " +
				"commands that only read, as JSON (schema jpki.report/v1), without anything personal. With --json it prints that alone.\n" +
				"jpki demo serve --report FILE is a demo card that answers so.\n\n" +
				"Ends with 0 where all is well, else with the exit status of the first problem (jpki help exit-codes).",
		},
		Examples: []command.Example{
			{Line: "jpki doctor", About: text{JA: "原因と対処のしかたを見る", EN: "see what is wrong and what to do"}},
			{Line: "jpki doctor --report > report.txt", About: text{JA: "不具合の報告に添えるファイルを作る", EN: "make a file to go with the report of a bug"}},
			{Line: "jpki doctor --report --json > card.json", About: text{JA: "カードとリーダーが何に答えるかを記録する", EN: "record what card and reader answer"}},
			{Line: "jpki doctor --json", About: text{JA: "スクリプトのために", EN: "for scripts"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runDoctor(ctx, a, report) },
	})
	cmd.Flags().BoolVar(&report, "report", false, a.IO.Text(text{
		JA: "報告用に出力する。氏名、番号、証明書の中身、パソコンの名前は含まない",
		EN: "write a report, without names, numbers, certificates or this computer's name",
	}))
	return cmd
}

func runDoctor(ctx context.Context, a *command.App, report bool) error {
	e, err := lookAround(ctx, a, report)
	if err != nil {
		return err
	}
	findings := doctor.Examine(e)
	facts := doctor.FactsOf(e, findings, version.Text(), private())
	switch {
	case report && a.JSON:
		if err := a.IO.JSON(facts); err != nil {
			return err
		}
	case report:
		fmt.Fprint(a.IO.Out, doctor.Report(e, findings, version.Text(), private()))
		if len(facts.Cards) > 0 {
			fmt.Fprintln(a.IO.Out)
			if err := a.IO.JSON(facts); err != nil {
				return err
			}
		}
	case a.JSON:
		if err := a.IO.JSON(diagnosesDocument(a, findings)); err != nil {
			return err
		}
	default:
		printFindings(a, findings)
	}
	if g := doctor.MostSevere(findings); g != nil {
		return problem.Quiet(g.Code)
	}
	return nil
}

// environment looks at all that the checks want to know. Only a mistake in the
// command line, or its interruption, is an error.
func lookAround(ctx context.Context, a *command.App, survey bool) (*doctor.Environment, error) {
	e := &doctor.Environment{
		OS: runtime.GOOS, Files: os.DirFS("/"), Getenv: a.Env.Getenv,
		Run:  func(path string, args ...string) (string, error) { return outputOf(ctx, path, args...) },
		Lang: a.IO.Lang, Terminal: ui.IsTerminal(a.IO.Out), Now: a.Env.Now(), Built: built(),
		Demo: a.Cards.Card != "", Backend: doctor.Backend,
	}
	if e.Demo {
		return e, examineDemo(ctx, a, e, survey)
	}
	pc, err := pcsc.Establish(ctx)
	if err != nil {
		e.Service = err
		if e.OS == "linux" {
			e.Socketed, e.Socket = true, reachable(ctx, doctor.SocketPath(e.Getenv))
		}
		return e, nil
	}
	defer pc.Close()
	if e.Readers, e.Service = pc.Readers(ctx); e.Service != nil {
		return e, nil
	}
	if len(e.Readers) > 0 && a.Cards.Reader != "" {
		if e.Readers, err = a.Cards.WantedReaders(e.Readers); err != nil {
			return nil, err
		}
	}
	for _, r := range e.Readers {
		if r.Present && !r.Mute {
			card, err := examineCard(ctx, a, pc, r.Name, survey)
			if err != nil {
				return nil, err
			}
			e.Cards = append(e.Cards, card)
		}
	}
	return e, context.Cause(ctx)
}

// reachable tries to connect to a socket.
func reachable(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return err
	}
	return conn.Close()
}

func examineDemo(ctx context.Context, a *command.App, e *doctor.Environment, survey bool) error {
	card, err := a.Cards.Open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	c := doctor.Card{Reader: card.Reader}
	look(ctx, card.Card, &c, e.Now, survey)
	e.Cards = []doctor.Card{c}
	return context.Cause(ctx)
}

// examineCard examines the card in a reader. A failure is recorded as a
// finding. The error is only that of the trace.
func examineCard(ctx context.Context, a *command.App, pc *pcsc.Context, reader string, survey bool) (c doctor.Card, err error) {
	c.Reader = reader
	conn, err := pc.Connect(ctx, reader)
	if err != nil {
		c.Err = err
		return c, nil
	}
	defer conn.Close()
	traced, err := a.Cards.Traced(conn)
	if err == nil {
		look(ctx, jpki.New(traced), &c, a.Env.Now(), survey)
	}
	return c, err
}

// look examines a card and, for a report, surveys it. The survey does not
// change the findings.
func look(ctx context.Context, card *jpki.Card, c *doctor.Card, now time.Time, survey bool) {
	c.Err = card.WithApp(ctx, func(app *jpki.App) error { return examine(app, c, now) })
	if survey && ctx.Err() == nil {
		c.Probes, c.Surveyed = card.Survey(ctx, time.Now)
	}
}

// examine reads all that is free. The failure of one part of the card does not
// keep the others from being read.
func examine(app *jpki.App, c *doctor.Card, now time.Time) (err error) {
	if c.Card, err = inspect.Read(app, now); err != nil {
		return err
	}
	c.CAs = map[jpki.Kind]error{}
	for _, k := range []jpki.Kind{jpki.KindSignCA, jpki.KindAuthCA} {
		_, err := app.Certificate(k)
		if cards.Fatal(err) {
			return err
		}
		c.CAs[k] = err
	}
	return nil
}

var levelNames = map[doctor.Level]text{
	doctor.OK:      {JA: "正常", EN: "ok"},
	doctor.Note:    {JA: "参考", EN: "note"},
	doctor.Unknown: {JA: "不明", EN: "unknown"},
	doctor.Warn:    {JA: "注意", EN: "warning"},
	doctor.Bad:     {JA: "問題", EN: "problem"},
}

var levelTones = map[doctor.Level]ui.Tone{
	doctor.OK: ui.Good, doctor.Note: ui.Plain, doctor.Unknown: ui.Plain, doctor.Warn: ui.Warn, doctor.Bad: ui.Bad,
}

func printFindings(a *command.App, findings []doctor.Finding) {
	names, column := 2, 4 // the width of a name, in characters and in columns
	if a.IO.Lang == i18n.EN {
		names, column = 7, 7
	}
	indent := strings.Repeat(" ", column+2)
	width := a.IO.Width() - len(indent)
	wrapped := func(t text) string {
		var lines []string
		for line := range strings.SplitSeq(a.IO.Text(t), "\n") {
			lines = append(lines, ui.Wrap(line, width, indent))
		}
		return strings.Join(lines, "\n"+indent)
	}
	trouble := 0
	for _, f := range findings {
		if f.Level == doctor.Bad || f.Level == doctor.Warn {
			trouble++
		}
		name := fmt.Sprintf("%-*s", names, a.IO.Text(levelNames[f.Level]))
		fmt.Fprintf(a.IO.Out, "%s  %s\n", a.IO.Paint(levelTones[f.Level], name), wrapped(f.What))
		if !f.Next.IsZero() {
			fmt.Fprintf(a.IO.Out, "%s%s\n", indent, wrapped(f.Next))
		}
	}
	last := text{JA: "問題は見つかりませんでした。", EN: "No problem was found."}
	if trouble > 0 {
		last = text{
			JA: "問題と注意が合わせて%d件あります。上から順に対処してください。直らないときは jpki doctor --report の出力を添えて報告してください。",
			EN: "Problems and warnings: %d. Begin with the first. If that does not help, report it with the output of jpki doctor --report.",
		}.With(trouble)
	}
	fmt.Fprintf(a.IO.Out, "\n%s\n", ui.Wrap(a.IO.Text(last), a.IO.Width(), ""))
}

// diagnosisJSON is a finding in jpki.doctor/v1.
type diagnosisJSON struct {
	Check   string       `json:"check"`
	Finding string       `json:"finding"`
	Level   doctor.Level `json:"level"`
	Code    *string      `json:"code"`
	Message string       `json:"message"`
	Hint    string       `json:"hint"`
}

type diagnosesJSON struct {
	Schema   string          `json:"schema"`
	OK       bool            `json:"ok"`
	Findings []diagnosisJSON `json:"findings"`
}

func diagnosesDocument(a *command.App, findings []doctor.Finding) diagnosesJSON {
	doc := diagnosesJSON{Schema: "jpki.doctor/v1", OK: doctor.MostSevere(findings) == nil}
	for _, f := range findings {
		j := diagnosisJSON{f.Check, f.Name, f.Level, nil, a.IO.Text(f.What), a.IO.Text(f.Next)}
		if f.Code != "" {
			code := string(f.Code)
			j.Code = &code
		}
		doc.Findings = append(doc.Findings, j)
	}
	return doc
}

// outputLimit is how long a program that tells a version may take.
const outputLimit = 5 * time.Second

func outputOf(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, outputLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}

// built is when the source of this program was committed, zero if unknown.
func built() time.Time {
	at, _ := time.Parse(time.RFC3339, version.Setting("vcs.time"))
	return at
}

// private holds the words that a report must not have.
func private() (p doctor.Private) {
	p.Home, _ = os.UserHomeDir()
	p.Host, _ = os.Hostname()
	p.User = account()
	return p
}
