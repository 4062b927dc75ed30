package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// newHelp is help as a command, in the person's language.
func (a *app) newHelp() *cobra.Command {
	cmd := a.command(command{
		use:   "help [COMMAND]",
		short: text{JA: "コマンドや項目の説明を見る", EN: "help for a command or a topic"},
		run:   func(context.Context, []string) error { return nil },
	})
	cmd.RunE = func(c *cobra.Command, args []string) error {
		found, rest, err := c.Root().Find(args)
		if err != nil || len(rest) > 0 {
			return usage(text{JA: "「%s」というコマンドや項目はありません。", EN: "There is no command or topic %q."}.With(strings.Join(args, " ")))
		}
		return found.Help()
	}
	return cmd
}

// newTopics are texts that are no command's own.
func (a *app) newTopics() []*cobra.Command {
	topic := func(name string, short, long text) *cobra.Command {
		return &cobra.Command{Use: name, Short: a.say(short), Long: a.say(long)}
	}
	return []*cobra.Command{
		topic("pin", text{JA: "暗証番号の渡し方", EN: "ways to give a PIN"}, pinTopic),
		topic("exit-codes", text{JA: "終了ステータスの一覧", EN: "the exit statuses"}, exitTopic()),
		topic("environment", text{JA: "環境変数", EN: "environment variables"}, environmentTopic),
	}
}

func exitTopic() text {
	table := func(lang func(text) string) string {
		var rows [][]string
		for _, s := range problem.Statuses {
			var codes []string
			for _, c := range s.Codes {
				codes = append(codes, string(c))
			}
			rows = append(rows, []string{fmt.Sprint(s.Exit), lang(s.Meaning)})
			if len(codes) > 0 {
				rows = append(rows, []string{"", "  " + strings.Join(codes, ", ")})
			}
		}
		return ui.Table(2, nil, rows)
	}
	return text{
		JA: "終了ステータスと、--json のエラーの code です。\n\n" + table(func(t text) string { return t.JA }),
		EN: "Exit statuses, and the codes of errors under --json.\n\n" + table(func(t text) string { return t.EN }),
	}
}

var environmentTopic = text{
	JA: `  JPKI_LANG        表示の言語: ja または en(--lang が優先)
  LC_ALL、LC_MESSAGES、LANG
                   JPKI_LANG がなければ、最初に設定されているもので決まる
  NO_COLOR         設定されていれば色を付けない
  XDG_STATE_HOME   デモカードの状態や、最後に見た満了日などを記憶するフォルダー(Linux)
  暗証番号を環境変数で渡すことはできません。ほかのプログラムから見えるためです。`,
	EN: `  JPKI_LANG        language: ja or en (--lang comes first)
  LC_ALL, LC_MESSAGES, LANG
                   decide without JPKI_LANG, the first that is set
  NO_COLOR         if set, no colour
  XDG_STATE_HOME   folder for what is remembered: demo cards, the last day that was seen (Linux)
  A PIN is never taken from the environment: other programs can see it.`,
}

// personaNames lists the demo cards.
func personaNames() string {
	var names []string
	for _, p := range virtualcard.Personas() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
