package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
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
	a := newApp(Config{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: getenv, Now: time.Now})
	root := a.newRoot()
	for _, c := range commandsBelow(root) {
		a.writeLong(c)
	}
	return root
}

// execute parses the command line and runs the command it names.
func (a *app) execute(ctx context.Context, args []string) error {
	root := a.newRoot()
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		a.completeAll(root) // a shell asks
	}
	root.SetArgs(args)
	root.SetIn(a.io.In)
	var help bytes.Buffer // cobra would complain of a write that fails itself
	root.SetOut(&help)
	root.SetErr(a.io.Err)
	c, err := root.ExecuteContextC(ctx)
	_, _ = io.WriteString(a.io.Out, a.io.Page(help.String())) // finish looks at it
	if p, ok := problem.As(err); ok && p.Code == problem.Usage && p.Next.IsZero() {
		p.Next = helpHint(c)
	}
	return err
}

func (a *app) newRoot() *cobra.Command {
	a.late = map[*cobra.Command]func() text{}
	lang := ""
	color := ""
	root := a.command(command{
		use:   "jpki",
		short: text{JA: "マイナンバーカードの電子証明書、暗証番号、署名を扱います", EN: "certificates, PINs and signatures of a My Number Card"},
		long: text{
			JA: "マイナンバーカードの2つの電子証明書(公的個人認証サービス)の期限と暗証番号の残り回数を確かめ、\nファイルに署名します。カードがなくても jpki demo で試せます。",
			EN: "See when the two certificates on a My Number Card (JPKI) end and how many PIN tries are left,\nand sign files. Without a card, try jpki demo.",
		},
		examples: []example{
			{"jpki demo", text{JA: "カードなしで一通り試す", EN: "a tour without a card"}},
			{"jpki status", text{JA: "カードの今の状態を見る", EN: "see how the card stands"}},
			{"jpki sign contract.txt", text{JA: "ファイルに署名する", EN: "sign a file"}},
		},
	})
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(a.newHelp())
	cobra.AddTemplateFunc("isTopic", IsTopic)
	show := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		a.writeLong(c)
		show(c, args)
	})
	root.SetHelpTemplate(helpTemplate(a.io.Lang))
	root.SetUsageTemplate(usageTemplate(a.io.Lang))
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return a.flagProblem(c, err) })

	f := root.PersistentFlags()
	f.StringVar(&a.cards.Card, "card", "", a.io.Text(text{JA: "カードリーダーの代わりに使う`CARD`: demo か demo:名前", EN: "`CARD` to use instead of a reader: demo or demo:NAME"}))
	f.StringVar(&a.cards.Reader, "reader", "", a.io.Text(text{JA: "使うカードリーダーの`NAME`(一部でよい)", EN: "`NAME` of the reader to use, or a part of it"}))
	f.DurationVar(&a.cards.Wait, "wait", 0, a.io.Text(text{JA: "カードが置かれるのを待つ時間`DUR`(端末では30s、ほかでは待たない)", EN: "how long to wait for a card: `DUR` (30s on a terminal, else not at all)"}))
	f.BoolVar(&a.json, "json", false, a.io.Text(text{JA: "結果をJSONで出力する", EN: "write the result as JSON"}))
	f.StringVar(&lang, "lang", "", a.io.Text(text{JA: "表示の言語: `LANG` は ja か en", EN: "language: `LANG` is ja or en"}))
	f.StringVar(&color, "color", "", a.io.Text(text{JA: "色を付けるか: `WHEN` は auto(省略時)、always、never", EN: "colour: `WHEN` is auto (the default), always or never"}))
	f.BoolVar(&a.cards.NoInput, "no-input", false, a.io.Text(text{JA: "端末で何も尋ねない", EN: "never ask on the terminal"}))
	f.StringVar(&a.cards.Trace.Path, "trace", "", a.io.Text(text{JA: "カードとのやりとりを`FILE`に記録する(暗証番号は記録しない)", EN: "record the exchanges with the card in `FILE`, never a PIN"}))
	f.BoolP("help", "h", false, a.io.Text(text{JA: "使い方を表示する", EN: "show help"}))

	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		c.SilenceUsage = true
		if _, ok := i18n.Parse(lang); lang != "" && !ok {
			return problem.Misuse(text{JA: "--lang は ja か en です。", EN: "--lang is ja or en."})
		}
		switch color {
		case "", "auto", "always", "never":
			a.setColor(color)
		default:
			return problem.Misuse(text{JA: "--color は auto、always、never のどれかです。", EN: "--color is auto, always or never."})
		}
		if a.cards.Card != "" && a.cards.Reader != "" {
			return problem.Misuse(text{JA: "--card と --reader は同時に使えません。", EN: "--card and --reader exclude each other."})
		}
		a.io.Quiet = a.json
		a.cards.WaitGiven = c.Flags().Changed("wait")
		a.cards.Impatient = a.json
		return nil
	}
	root.AddCommand(
		a.newStatus(), a.newCert(), a.newPIN(), a.newSign(), a.newVerify(),
		a.newSSH(), a.newTLS(), a.newPKCS11(),
		a.newReaders(), a.newWatch(), a.newDoctor(), a.newDemo(), a.newCompletion(), a.newVersion(),
		a.newGuide(), a.newCalendar(), a.newCA(),
	)
	root.InitDefaultHelpCmd()
	return root
}

// command describes a cobra command in both languages.
type command struct {
	use      string
	short    text
	long     text
	lateLong func() text // instead of long, one with tables: they cost more than all else at the start
	examples []example
	args     cobra.PositionalArgs
	run      func(ctx context.Context, args []string) error
}

type example struct {
	line string
	what text
}

func (a *app) command(c command) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   c.use,
		Short:                 a.io.Text(c.short),
		Long:                  a.io.Text(c.long),
		Args:                  c.args,
		DisableFlagsInUseLine: true,
	}
	if c.lateLong != nil {
		a.late[cmd] = c.lateLong
	}
	var lines []string
	for _, e := range c.examples {
		lines = append(lines, fmt.Sprintf("  %s\n      %s", e.line, a.io.Text(e.what)))
	}
	cmd.Example = strings.Join(lines, "\n")
	if c.run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) }
		return cmd
	}
	// A command that only holds others: without one it shows its help, with a
	// wrong one it says so.
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return problem.Misuse(text{JA: "「%s」というコマンドはありません。", EN: "There is no command %q."}.With(args[0])).
			WithNext(text{JA: "コマンドの一覧: %s --help", EN: "For the commands: %s --help"}.With(cmd.CommandPath()))
	}
	return cmd
}

// writeLong gives a command that is to be read about its text with tables.
func (a *app) writeLong(c *cobra.Command) {
	if late, ok := a.late[c]; ok {
		c.Long = a.io.Text(late())
	}
}

func helpHint(c *cobra.Command) text {
	return text{JA: "使い方は %s --help で見られます。", EN: "See %s --help."}.With(c.CommandPath())
}

// flagProblem puts pflag's complaints in the person's language.
func (a *app) flagProblem(c *cobra.Command, err error) error {
	what, hint := text{JA: "オプションの誤りです: %s", EN: "Wrong option: %s"}.With(err.Error()), helpHint(c)
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
		if slices.Contains([]string{"pin", "password"}, unknown.GetSpecifiedName()) {
			hint = noPINHere
		}
	case errors.As(err, &missing):
		what = text{JA: "オプション --%s には値が必要です。", EN: "The option --%s wants a value."}.With(missing.GetFlag().Name)
	case errors.As(err, &invalid) && invalid.GetFlag().Name == "pin-stdin":
		what, hint = text{JA: "オプション --pin-stdin に値はありません。", EN: "The option --pin-stdin takes no value."}, noPINHere
	case errors.As(err, &invalid):
		what = text{JA: "オプション --%s の値「%s」は使えません。", EN: "The option --%s cannot be %q."}.With(invalid.GetFlag().Name, invalid.GetValue())
	case errors.As(err, &syntax):
		what = text{JA: "オプション「%s」の書き方が違います。", EN: "The option %q is not well formed."}.With(syntax.GetSpecifiedFlag())
	}
	return problem.Misuse(what).WithNext(hint)
}

// exactArgs, at most and at least: cobra's own checks speak English only.
func (a *app) argCount(least, most int, want text) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		return problem.Misuse(want).WithNext(helpHint(c))
	}
}

func (a *app) noArgs() cobra.PositionalArgs {
	return a.argCount(0, 0, text{JA: "このコマンドに引数はありません。", EN: "This command takes no arguments."})
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

// alone marks a command that holds others and does something without them, too.
const alone = "alone"

func usageTemplate(lang i18n.Lang) string {
	word := func(t text) string { return t.In(lang) }
	return word(text{JA: "使い方:", EN: "Usage:"}) + `
  {{if .HasAvailableSubCommands}}{{.CommandPath}} {{if index .Annotations "` + alone + `"}}[` + word(commandWord) + `]{{else}}` + word(commandWord) + `{{end}}{{else}}{{.UseLine}}{{end}}{{if .Long}}

{{.Long | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

` + word(text{JA: "コマンド:", EN: "Commands:"}) + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + word(text{JA: "オプション:", EN: "Options:"}) + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + word(text{JA: "共通のオプション:", EN: "Options of every command:"}) + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if not .HasParent}}

` + word(text{JA: "説明 (jpki help 名前):", EN: "Topics (jpki help NAME):"}) + `{{range .Commands}}{{if eq .Name "help"}}{{range .Commands}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}
`
}
