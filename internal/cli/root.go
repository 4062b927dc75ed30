package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/cardcmd"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/logincmd"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/signcmd"
)

// Tree is the command tree in one language: the manual and the completions are
// made of it.
func Tree(lang i18n.Lang) *cobra.Command {
	getenv := func(name string) string {
		if name == "JPKI_LANG" {
			return string(lang)
		}
		return ""
	}
	a := newApp(command.Config{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: getenv, Now: time.Now})
	root := newRoot(a)
	for _, c := range commandsBelow(root) {
		a.WriteLong(c)
	}
	return root
}

// execute parses the command line and runs the command it names.
func execute(ctx context.Context, a *command.App, args []string) error {
	root := newRoot(a)
	shell := len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd)
	if shell {
		completeAll(a, root)
	}
	root.SetArgs(args)
	root.SetIn(a.IO.In)
	var help bytes.Buffer // cobra would complain of a write that fails itself
	root.SetOut(&help)
	root.SetErr(a.IO.Err)
	c, err := root.ExecuteContextC(ctx)
	if asked, _ := c.Flags().GetBool("help"); asked && err == nil && c.HasSubCommands() && c.Flags().NArg() > 0 {
		help.Reset() // of the parent command
		err = runGroup(c)
	}
	shown := help.String()
	if !shell { // to a shell a line is a completion, however long
		shown = a.IO.Prose(shown)
	}
	_, _ = io.WriteString(a.IO.Out, shown) // finish looks at it
	if p, ok := problem.As(err); ok && p.Code == problem.Usage && p.Next.IsZero() {
		p.Next = command.HelpHint(c)
	}
	return err
}

// runGroup runs a command with subcommands on a word that names none of them.
// Cobra does not do that if the line has --help.
func runGroup(c *cobra.Command) error {
	words := c.Flags().Args()
	if err := c.ValidateArgs(words); err != nil {
		return err
	}
	return c.RunE(c, words)
}

func newRoot(a *command.App) *cobra.Command {
	lang := ""
	color := ""
	root := a.New(command.Spec{
		Use:   "jpki",
		Short: text{JA: "マイナンバーカードの電子証明書、暗証番号、署名を扱います", EN: "certificates, PINs and signatures of a My Number Card"},
		Long: text{
			JA: "マイナンバーカードの2つの電子証明書(公的個人認証サービス)の期限と暗証番号の残り回数を確かめ、ファイルに署名します。カードがなくても jpki demo で試せます。",
			EN: "See when the two certificates on a My Number Card (JPKI) end and how many PIN tries are left, and sign files. Without a card, try jpki demo.",
		},
		Examples: []command.Example{
			{Line: "jpki demo", About: text{JA: "カードなしで一通り試す", EN: "a tour without a card"}},
			{Line: "jpki status", About: text{JA: "カードの今の状態を見る", EN: "see how the card stands"}},
			{Line: "jpki sign contract.txt", About: text{JA: "ファイルに署名する", EN: "sign a file"}},
		},
	})
	root.SilenceErrors, root.SilenceUsage = true, true
	showVersion, run := false, root.RunE
	root.Flags().BoolVarP(&showVersion, "version", "V", false, a.IO.Text(text{JA: "バージョンを表示する", EN: "show the version"}))
	root.RunE = func(c *cobra.Command, args []string) error {
		if showVersion {
			return runVersion(a)
		}
		return run(c, args)
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp(a))
	cobra.AddTemplateFunc("isTopic", IsTopic)
	cobra.AddTemplateFunc("options", func(c *cobra.Command) string { return ownOptions(c, a.IO.Lang) })
	cobra.AddTemplateFunc("common", commonOptions)
	show := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		a.WriteLong(c)
		show(c, args)
	})
	root.SetHelpTemplate(helpTemplate(a.IO.Lang))
	root.SetUsageTemplate(usageTemplate(a.IO.Lang))
	root.SetFlagErrorFunc(flagProblem)

	f := root.PersistentFlags()
	f.StringVar(&a.Cards.Card, "card", "", a.IO.Text(text{JA: "カードリーダーの代わりに使う`CARD`: demo か demo:名前", EN: "`CARD` to use instead of a reader: demo or demo:NAME"}))
	f.StringVar(&a.Cards.Reader, "reader", "", a.IO.Text(text{JA: "使うカードリーダーの`NAME`(一部でよい)", EN: "`NAME` of the reader to use, or a part of it"}))
	f.BoolVar(&a.Cards.ShortAPDU, "short-apdu", false, a.IO.Text(text{JA: "カードとのやりとりを短く分ける(長い応答を失うリーダーのため)", EN: "exchange short messages with the card only, for readers that lose long ones"}))
	f.DurationVar(&a.Cards.Wait, "wait", 0, a.IO.Text(text{JA: "カードが置かれるのを待つ時間`DUR`(端末では30s、ほかでは待たない)", EN: "how long to wait for a card: `DUR` (30s on a terminal, else not at all)"}))
	f.BoolVar(&a.JSON, "json", false, a.IO.Text(text{JA: "結果をJSONで出力する", EN: "write the result as JSON"}))
	f.StringVar(&lang, "lang", "", a.IO.Text(text{JA: "表示の言語: `LANG` は ja か en", EN: "language: `LANG` is ja or en"}))
	f.StringVar(&color, "color", "", a.IO.Text(text{JA: "色を付けるか: `WHEN` は auto(省略時)、always、never", EN: "colour: `WHEN` is auto (the default), always or never"}))
	f.BoolVar(&a.Cards.NoInput, "no-input", false, a.IO.Text(text{JA: "端末で何も尋ねない", EN: "never ask on the terminal"}))
	f.StringVar(&a.Cards.Trace.Path, "trace", "", a.IO.Text(text{JA: "カードとのやりとりを`FILE`に記録する(暗証番号は記録しない)", EN: "record the exchanges with the card in `FILE`, never a PIN"}))
	f.BoolP("help", "h", false, a.IO.Text(text{JA: "使い方を表示する", EN: "show help"}))

	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		c.SilenceUsage = true
		if _, ok := i18n.Parse(lang); lang != "" && !ok {
			return problem.Misuse(text{JA: "--lang は ja か en です。", EN: "--lang is ja or en."})
		}
		switch color {
		case "", "auto", "always", "never":
			setColor(a, color)
		default:
			return problem.Misuse(text{JA: "--color は auto、always、never のどれかです。", EN: "--color is auto, always or never."})
		}
		if a.Cards.Card != "" && a.Cards.Reader != "" {
			return problem.Misuse(text{JA: "--card と --reader は同時に使えません。", EN: "--card and --reader exclude each other."})
		}
		a.IO.Quiet = a.JSON
		a.Cards.WaitGiven = c.Flags().Changed("wait")
		a.Cards.WithoutWait = a.JSON
		return nil
	}
	root.AddCommand(
		cardcmd.NewStatus(a), signcmd.NewCert(a), cardcmd.NewPIN(a), signcmd.NewSign(a), signcmd.NewVerify(a), signcmd.NewTimestamp(a),
		logincmd.NewSSH(a), logincmd.NewTLS(a), logincmd.NewPKCS11(a),
		cardcmd.NewReaders(a), cardcmd.NewWatch(a), cardcmd.NewDoctor(a), newDemo(a), newCompletion(a), newVersion(a),
		newGuide(a), cardcmd.NewCalendar(a), signcmd.NewCA(a),
	)
	root.InitDefaultHelpCmd()
	return root
}

// flagProblem puts pflag's complaints in the person's language.
func flagProblem(c *cobra.Command, err error) error {
	what, hint := text{JA: "オプションの誤りです。\n詳細: %s", EN: "Wrong option: %s"}.With(err.Error()), command.HelpHint(c)
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &unknown):
		dash := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dash = "-"
		}
		what = text{JA: "オプション %s%s はありません。", EN: "There is no option %s%s."}.With(dash, unknown.GetSpecifiedName())
		near := optionsNear(c, unknown.GetSpecifiedName())
		switch file := dash + cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()); {
		case slices.Contains([]string{"pin", "password"}, unknown.GetSpecifiedName()):
			hint = cardcmd.NoPINHere
		case isFile(file):
			hint = text{JA: "「%[1]s」というファイルなら、./%[1]s と書いてください。", EN: "If you mean the file %[1]s, write ./%[1]s."}.With(file)
		case dash == "--" && len(near) > 0:
			hint = text{JA: "近いオプションは %s です。", EN: "Did you mean %s?"}.With(text{JA: strings.Join(near, "、"), EN: strings.Join(near, " or ")})
		}
	case errors.As(err, &missing):
		what = text{JA: "オプション --%s には値が必要です。", EN: "The option --%s wants a value."}.With(missing.GetFlag().Name)
	case errors.As(err, &invalid) && invalid.GetFlag().Name == "pin-stdin":
		what, hint = text{JA: "オプション --pin-stdin に値はありません。", EN: "The option --pin-stdin takes no value."}, cardcmd.NoPINHere
	case errors.As(err, &invalid):
		what = text{JA: "オプション --%s の値「%s」は使えません。", EN: "The option --%s cannot be %q."}.With(invalid.GetFlag().Name, invalid.GetValue())
		if want := accepted(invalid.GetFlag().Value.Type(), invalid.GetValue()); !want.IsZero() {
			hint = want
		}
	case errors.As(err, &syntax):
		what = text{JA: "オプション「%s」の書き方が違います。", EN: "The option %q is not well formed."}.With(syntax.GetSpecifiedFlag())
	}
	return problem.Misuse(what).WithNext(hint)
}

// isFile reports whether a file lies in the current folder. Its name can look
// like an option.
func isFile(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// helpTemplate leads with the examples: most people want one of them. A topic
// is its text alone.
func helpTemplate(lang i18n.Lang) string {
	word := func(t text) string { return t.In(lang) }
	return `{{if isTopic .}}{{.Long | trimTrailingWhitespaces}}
{{else}}{{.Short}}{{if .HasExample}}

` + word(text{JA: "例:", EN: "Examples:"}) + `
{{.Example}}{{end}}

{{.UsageString}}{{end}}`
}

var commandWord = text{JA: "コマンド", EN: "COMMAND"}

func usageTemplate(lang i18n.Lang) string {
	word := func(t text) string { return t.In(lang) }
	return word(text{JA: "使い方:", EN: "Usage:"}) + `
  {{if .HasAvailableSubCommands}}{{.CommandPath}} {{if index .Annotations "` + command.Alone + `"}}[` + word(commandWord) + `]{{else}}` + word(commandWord) + `{{end}}{{else}}{{.UseLine}}{{end}}{{if .Long}}

{{.Long | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

` + word(text{JA: "コマンド:", EN: "Commands:"}) + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + word(text{JA: "オプション:", EN: "Options:"}) + `
{{options .}}{{end}}{{if .HasAvailableInheritedFlags}}

` + word(text{JA: "共通のオプション(jpki --help):", EN: "Options of every command (jpki --help):"}) + `
  {{common .}}{{end}}{{if not .HasParent}}

` + word(text{JA: "説明 (jpki help 名前):", EN: "Topics (jpki help NAME):"}) + `{{range .Commands}}{{if eq .Name "help"}}{{range .Commands}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}{{end}}{{end}}
`
}
