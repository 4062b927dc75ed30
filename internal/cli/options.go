package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
)

// ownOptions lists the options of a command itself, with one paragraph for each
// group.
func ownOptions(c *cobra.Command, lang i18n.Lang) string {
	var parts []string
	if own := command.Ungrouped(c.LocalFlags()); own.HasFlags() {
		parts = append(parts, strings.TrimRight(own.FlagUsages(), "\n"))
	}
	for _, g := range command.FlagGroups {
		if g.Of(c.LocalFlags()).HasFlags() {
			parts = append(parts, g.Line.In(lang))
		}
	}
	return strings.Join(parts, "\n")
}

// commonOptions names the options that every command has.
func commonOptions(c *cobra.Command) string {
	var names []string
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return strings.Join(names, " ")
}

// optionsTopic explains the options that the help of a command only names.
func optionsTopic(root *cobra.Command) text {
	return command.InBoth(func(say func(text) string) string {
		parts := []string{say(text{
			JA: "コマンドの説明では名前だけを挙げているオプションです。暗証番号の渡し方の詳しい説明は jpki help pin、共通のオプションは jpki --help にあります。",
			EN: "Options that the help of a command only names. jpki help pin has more about giving a PIN, jpki --help the options of every command.",
		})}
		for _, g := range command.FlagGroups {
			all := pflag.NewFlagSet("", pflag.ContinueOnError)
			for _, c := range commandsBelow(root) {
				all.AddFlagSet(g.Of(c.LocalFlags()))
			}
			parts = append(parts, say(g.Title)+":\n"+strings.TrimRight(all.FlagUsages(), "\n"))
		}
		parts = append(parts, say(text{
			JA: "--visible=PAGE,CORNER は、PDFのページに氏名、日時、--reason の理由のスタンプを表示します。PAGEは 1、2、last、-2(後ろから)など、CORNERは top-left、top-right、bottom-left、bottom-right(tl、tr、bl、br)です。省略時は最後のページの右下です。--field を付けると、その署名欄に表示します。",
			EN: "--visible=PAGE,CORNER shows a stamp on a page of a PDF: name, time and the reason of --reason. PAGE is 1, 2, last, -2 (from the end) and so on, CORNER top-left, top-right, bottom-left or bottom-right (tl, tr, bl, br). Without a place it is the last page, at the lower right. With --field the stamp goes into that field.",
		}))
		return strings.Join(parts, "\n\n")
	})
}

// accepted lists the values that an option of this type takes, and suggests one
// near the refused value.
func accepted(kind, value string) text {
	switch kind {
	case "duration":
		form := text{JA: "時間は、30s(30秒)、5m(5分)、1h(1時間)のように単位を付けて書きます。", EN: "A duration has a unit: 30s, 5m or 1h."}
		if _, err := strconv.ParseUint(value, 10, 31); err == nil {
			form = i18n.Join(text{EN: " "}, text{JA: "%[1]s秒なら %[1]ss です。", EN: "For %[1]s seconds write %[1]ss."}.With(value), form)
		}
		return form
	case "days":
		return text{JA: "日数は、30d(30日)、4w(4週間)のように書きます。", EN: "A number of days is written as 30d, or as 4w for four weeks."}
	case "int":
		return text{JA: "整数を書きます(例: 2)。", EN: "It takes a whole number, such as 2."}
	case "bool":
		return text{JA: "このオプションに値は付けません。", EN: "This option takes no value."}
	}
	return text{}
}
