package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

func newDemo(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:      "demo",
		Short:    text{JA: "カードなしで一通り試す", EN: "a tour without a card"},
		LateLong: func() text { return demoLong.With(command.InBoth(personaTable), demoPINs) },
	})
	cmd.Args = cobra.ArbitraryArgs
	cmd.Annotations = map[string]string{command.Alone: command.Alone}
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.NoCommand(c, args[0])
		}
		return runTour(c.Context(), a)
	}
	cmd.AddCommand(newDemoServe(a), newDemoReset(a))
	return cmd
}

var demoLong = text{
	JA: "内蔵のデモカードで、状態の確認から署名とその検証までをひととおり実行します。何も保存しません。\n" +
		"--card demo を付けると、どのコマンドもデモカードで試せます(暗証番号と残り回数は保存されます)。\n\n" +
		"デモカード(--card demo:名前):\n%s\n%s",
	EN: "Runs a tour on the built-in demo card, from looking at it to signing and checking. Nothing is kept.\n" +
		"With --card demo every command works on the demo card (its PINs and counters are kept).\n\n" +
		"Demo cards (--card demo:NAME):\n%s\n%s",
}

// personaTexts describes the demo cards.
var personaTexts = map[string]text{
	"adult":       {JA: "大人のカード。証明書はどちらも当分有効", EN: "an adult's card, both certificates good for years"},
	"expiring":    {JA: "更新できる期間に入ったカード", EN: "a card inside the renewal window"},
	"expired":     {JA: "証明書の有効期間が過ぎたカード", EN: "a card whose certificates have ended"},
	"child":       {JA: "15歳未満のカード。署名用電子証明書がない", EN: "a child's card, without a signing certificate"},
	"no-pin":      {JA: "顔認証マイナンバーカード。暗証番号が使えない", EN: "a face-authentication card, without usable PINs"},
	"locked-sign": {JA: "署名用パスワードがロックされたカード", EN: "a card whose signing password is blocked"},
	"last-try":    {JA: "暗証番号がどちらも残り1回のカード", EN: "a card with one try left for each PIN"},
	"android":     {JA: "Androidスマートフォンの証明書", EN: "certificates on an Android phone"},
	"iphone":      {JA: "iPhoneの証明書(報告から推測したもの)", EN: "certificates on an iPhone, as a report lets one guess"},
	"juki":        {JA: "住民基本台帳カード。証明書は2018年に終わった", EN: "a Basic Resident Register Card, whose certificates ended in 2018"},
	"foreign":     {JA: "外国人住民のカード。長い氏名、代替文字、在留期間まで", EN: "a foreign resident's card: long name, substitute characters, ends with the stay"},
}

func personaTable(say func(text) string) string {
	var rows [][]string
	for _, p := range virtualcard.Personas() {
		rows = append(rows, []string{p.Name, say(personaTexts[p.Name])})
	}
	return ui.Table(2, nil, rows)
}

var demoPINs = text{
	JA: "デモカードの暗証番号は公開されています。署名用パスワードは %s、利用者証明用パスワードは %s です。\n本物の暗証番号をデモカードで使わないでください。",
	EN: "The demo card's PINs are public: signing password %s, authentication PIN %s.\nDo not use your real PINs on the demo card.",
}.With(virtualcard.SignPIN, virtualcard.AuthPIN)

// otherLanguage tells readers of the other language how to switch. A terminal
// without a locale shows English to everybody.
var otherLanguage = map[i18n.Lang]string{
	i18n.JA: "In English: jpki demo --lang en (always: set JPKI_LANG=en)",
	i18n.EN: "日本語で表示するには: jpki demo --lang ja (いつもなら環境変数 JPKI_LANG=ja)",
}

// step is one command of the tour. It names the demo card wherever it needs a
// card: the reader copies the line, and a demo PIN that reaches a real card
// costs a try.
type step struct {
	title text
	line  string // as a person would type it, without jpki
	stdin string // standard input of the command
}

var tourSteps = []step{
	{text{JA: "カードの状態を見る。暗証番号は要りません", EN: "See how the card stands. No PIN is needed"}, "status --card demo", ""},
	{text{JA: "証明書の内容を見る", EN: "See what a certificate says"}, "cert show auth --card demo", ""},
	{text{JA: "文字数が違う暗証番号は、カードに送る前に断ります", EN: "What cannot be the PIN is refused before it reaches the card"}, "pin verify auth --card demo --pin-stdin", "123\n"},
	{text{JA: "残り回数は減っていません", EN: "No try was used"}, "pin status --card demo", ""},
	{text{JA: "ファイルに署名する", EN: "Sign a file"}, "sign contract.txt --card demo --pin-stdin", virtualcard.SignPIN + "\n"},
	{text{JA: "署名を確かめる。デモの認証局を信頼するのは --trust demo を付けたときだけです", EN: "Check the signature. The demo CA is trusted only with --trust demo"}, "verify contract.txt.p7s --trust demo", ""},
}

// runTour runs the steps one after the other, in a temporary folder and on a
// card in memory.
func runTour(ctx context.Context, a *command.App) (err error) {
	if a.JSON {
		return problem.Misuse(text{JA: "demo に --json はありません。", EN: "demo has no --json."})
	}
	if a.Cards.Card != "" {
		return problem.Misuse(text{JA: "demo のデモカードは決まっています。", EN: "The tour has a demo card of its own."}).
			WithNext(text{JA: "試すには jpki status --card %s", EN: "To try that one: jpki status --card %s"}.With(a.Cards.Card))
	}
	dir, err := os.MkdirTemp("", "jpki-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Chdir(back)) }()
	contract := text{JA: "これはデモの契約書です。\n", EN: "This is a demo contract.\n"}
	if err := os.WriteFile("contract.txt", []byte(a.IO.Text(contract)), 0o600); err != nil {
		return err
	}
	out := a.IO.Out
	fmt.Fprintf(out, "%s\n\n%s\n", a.IO.Page(otherLanguage[a.IO.Lang]), a.IO.Page(a.IO.Text(demoPINs)))
	cards := &cards.Tour{}
	for i, s := range tourSteps {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		shown := "jpki " + s.line
		if s.stdin != "" {
			shown = fmt.Sprintf("printf '%s\\n' | %s", strings.TrimSpace(s.stdin), shown)
		}
		fmt.Fprintf(out, "\n%s\n%s\n", a.IO.Paint(ui.Strong, a.IO.Page(fmt.Sprintf("%d. %s", i+1, a.IO.Text(s.title)))), a.IO.Paint(ui.Faint, "$ "+shown))
		exit, err := runStep(ctx, a, cards, s)
		if err != nil {
			return err
		}
		if exit != 0 {
			fmt.Fprintln(out, a.IO.Paint(ui.Faint, a.IO.Text(text{JA: "(終了ステータス %d)", EN: "(exit status %d)"}.With(exit))))
		}
	}
	fmt.Fprintf(out, "\n%s\n", a.IO.Page(a.IO.Text(text{
		JA: "自分のカードを見るには、カードリーダーに置いて jpki status を実行してください(--card demo は付けません)。",
		EN: "For your own card, put it on a reader and run jpki status, without --card demo.",
	})))
	return nil
}

// runStep runs a command line like a separate program, on the tour's card.
func runStep(ctx context.Context, a *command.App, cards *cards.Tour, s step) (exit int, err error) {
	cfg := a.Config
	cfg.Args = append(strings.Fields(s.line), "--no-input", "--lang", string(a.IO.Lang))
	cfg.Stderr = cfg.Stdout // one after the other, as a terminal shows them
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := w.WriteString(s.stdin); err != nil { // far less than a pipe holds
		return 0, err
	}
	w.Close()
	cfg.Stdin = r
	sub := newApp(cfg)
	sub.Cards.Tour = cards
	return finish(sub, execute(ctx, sub, cfg.Args)), nil
}

func newDemoServe(a *command.App) *cobra.Command {
	var addr, persona, report string
	var opt virtualcard.Options
	cmd := a.New(command.Spec{
		Use:   "serve",
		Short: text{JA: "デモカードを仮想リーダー(vpcd)に入れる", EN: "put a demo card into a virtual reader (vpcd)"},
		Long: text{
			JA: "vsmartcardのvpcdが作る仮想リーダーにデモカードを入れます。OpenSCなど、PC/SCを使うどのプログラムからも本物のカードのように見えます。Ctrl-Cで取り出します。\n暗証番号と残り回数は終わると忘れます。",
			EN: "Puts a demo card into the virtual reader of vsmartcard's vpcd: any program that uses PC/SC, such as OpenSC, sees it like a real one. Ctrl-C takes it out.\nPINs and counters are forgotten at the end.",
		},
		Examples: []command.Example{
			{Line: "jpki demo serve --persona expiring", About: text{JA: "期限の近いカードを入れる", EN: "a card about to end"}},
			{Line: "jpki demo serve --report card.json", About: text{JA: "jpki doctor --report --json の記録のとおりに答えるカードを入れる", EN: "a card that answers as jpki doctor --report --json recorded it"}},
		},
		Args: a.NoArgs(),
		Run: func(ctx context.Context, _ []string) error {
			if report != "" {
				return runDemoServeReport(ctx, a, cmp.Or(addr, virtualcard.DefaultAddr), persona, report, opt)
			}
			return runDemoServe(ctx, a, cmp.Or(addr, virtualcard.DefaultAddr), cmp.Or(persona, democard.DefaultPersona), opt)
		},
	})
	f := cmd.Flags()
	f.StringVar(&addr, "address", "", a.IO.Text(text{JA: "vpcdの`ADDRESS`(省略時 " + virtualcard.DefaultAddr + ")", EN: "vpcd's `ADDRESS` (default " + virtualcard.DefaultAddr + ")"}))
	f.StringVar(&persona, "persona", "", a.IO.Text(text{JA: "デモカードの`NAME`(省略時 " + democard.DefaultPersona + ")", EN: "`NAME` of the demo card (default " + democard.DefaultPersona + ")"}))
	f.StringVar(&report, "report", "", a.IO.Text(text{JA: "報告`FILE`のとおりに答えるカード(- は標準入力)", EN: "a card that answers as the report in `FILE` says (- is standard input)"}))
	f.BoolVar(&opt.NoExtendedLength, "short", false, a.IO.Text(text{JA: "拡張長のコマンドを断るカード", EN: "a card that refuses commands of extended length"}))
	f.BoolVar(&opt.ReselectDrops, "reselect-drops", false, a.IO.Text(text{JA: "再SELECTで暗証番号の状態を失うカード", EN: "a card that drops a verified PIN when it is selected again"}))
	f.BoolVar(&opt.T0, "t0", false, a.IO.Text(text{JA: "T=0のように応答するカード", EN: "a card that answers as over T=0"}))
	return cmd
}

func runDemoServe(ctx context.Context, a *command.App, addr, name string, opt virtualcard.Options) error {
	persona, ok := virtualcard.Lookup(name)
	if !ok {
		return cards.UnknownPersona(name)
	}
	return serve(ctx, a, addr, persona, opt)
}

// runDemoServeReport serves a card that answers as a report says.
func runDemoServeReport(ctx context.Context, a *command.App, addr, persona, file string, opt virtualcard.Options) error {
	if persona != "" {
		return problem.Misuse(text{JA: "--report と --persona は同時に使えません。", EN: "--report and --persona exclude each other."})
	}
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(io.LimitReader(input.Stdin(ctx, a.IO), maxReport))
	} else {
		data, err = input.ReadSmall(ctx, file, maxReport)
	}
	if err != nil {
		return err
	}
	if opt.Like, err = virtualcard.ParseReport(data); err != nil {
		return problem.New(problem.Input,
			text{JA: "%sはカードの報告ではありません。", EN: "%s is no report of a card."}.With(file),
			text{JA: "カードを置いて、jpki doctor --report --json で作ってください。", EN: "Make one with jpki doctor --report --json, with a card on the reader."}).Because(err)
	}
	return serve(ctx, a, addr, opt.Like.Persona(), opt)
}

// maxReport is more than any report has.
const maxReport = 1 << 20

// serve has a card in the reader until ctx ends.
func serve(ctx context.Context, a *command.App, addr string, persona virtualcard.Persona, opt virtualcard.Options) error {
	if a.Cards.Card != "" {
		return problem.Misuse(text{JA: "demo serve に --card は使えません。", EN: "demo serve has no --card."}).
			WithNext(text{JA: "デモカードは --persona で指定してください。", EN: "Name the demo card with --persona."})
	}
	name := persona.Name
	card, err := virtualcard.New(persona, a.Env.Now(), opt)
	if err != nil {
		return err
	}
	var recorder virtualcard.Recorder
	card.Observe(recorder.Observe)
	inserted := false
	err = virtualcard.Serve(ctx, addr, card, func() {
		inserted = true
		a.IO.Note(text{JA: "デモカード「%s」を入れました。Ctrl-Cで取り出します。", EN: "The demo card %q is in. Ctrl-C takes it out."}.With(name))
		a.IO.Note(demoPINs)
	})
	if total := recorder.Total(); inserted {
		a.IO.Note(text{JA: "取り出しました。コマンド%d件、受信%dバイト、送信%dバイト。", EN: "Taken out. %d commands, %d bytes received, %d bytes sent."}.With(total.Commands, total.Sent, total.Received))
	}
	switch {
	case errors.Is(err, virtualcard.ErrNoReader):
		return problem.New(problem.NoService,
			text{JA: "%sに仮想リーダー(vpcd)がありません。", EN: "There is no virtual reader (vpcd) at %s."}.With(addr),
			explain.GetVirtualReader.Here()).Because(err)
	case errors.Is(err, virtualcard.ErrSlotTaken):
		return problem.New(problem.CardInUse,
			text{JA: "仮想リーダーにはもう別のカードが入っているようです。", EN: "Another card seems to be in the virtual reader."},
			text{JA: "ほかの jpki demo serve を終わらせるか、--address で別のスロットを指定してください。", EN: "End the other jpki demo serve, or name another slot with --address."}).Because(err)
	case errors.Is(err, virtualcard.ErrReaderGone):
		return problem.New(problem.NoReader,
			text{JA: "仮想リーダーがなくなりました。", EN: "The virtual reader is gone."},
			explain.RestartReader.Here()).Because(err)
	}
	return err
}

func newDemoReset(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "reset [PERSONA]",
		Short: text{JA: "デモカードの暗証番号と残り回数を元に戻す", EN: "make the demo cards' PINs and counters new"},
		Args:  a.ArgCount(0, 1, text{JA: "デモカードの名前は1つまでです。", EN: "One demo card at the most."}),
		Run: func(ctx context.Context, args []string) error {
			persona := ""
			if len(args) > 0 {
				persona = args[0]
			}
			store, err := state.Open(a.Env.Getenv)
			if err == nil {
				err = democard.Reset(ctx, store, persona)
			}
			if errors.Is(err, democard.ErrUnknownPersona) {
				return cards.UnknownPersona(persona)
			}
			if err == nil {
				a.IO.Note(text{JA: "デモカードを最初の状態に戻しました。", EN: "The demo cards were reset."})
			}
			return err
		},
	})
}
