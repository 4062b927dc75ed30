package doctor

import (
	"cmp"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// checkLocale asks whether Japanese can come out whole.
func checkLocale(e *Environment) []Finding {
	if e.OS == "windows" {
		return []Finding{ok("locale-windows", text{JA: "表示の言語: 日本語", EN: "Language: English"})}
	}
	locale := cmp.Or(e.Getenv("LC_ALL"), e.Getenv("LC_CTYPE"), e.Getenv("LANG"))
	upper := strings.ToUpper(locale)
	switch {
	case strings.Contains(upper, "UTF-8"), strings.Contains(upper, "UTF8"):
		return []Finding{ok("locale", text{JA: "ロケールは %s です。", EN: "The locale is %s."}.With(locale))}
	case e.Lang == i18n.JA:
		return []Finding{warn("locale-not-utf8",
			text{JA: "ロケール(%s)がUTF-8ではないので、日本語が文字化けすることがあります。", EN: "The locale (%s) is not UTF-8: Japanese may come out garbled."}.With(cmp.Or(locale, "LANG=")),
			text{JA: "「export LANG=ja_JP.UTF-8」を実行してください。そのロケールがなければ C.UTF-8 でも構いません。", EN: "Set: export LANG=ja_JP.UTF-8, or C.UTF-8 where there is no such locale."})}
	}
	return []Finding{note("locale-other",
		text{JA: "ロケール(%s)はUTF-8ではありません。", EN: "The locale (%s) is not UTF-8."}.With(cmp.Or(locale, "LANG=")), text{})}
}

// checkTerminal asks whether the terminal can show Japanese. Most terminals
// cannot be asked.
func checkTerminal(e *Environment) []Finding {
	term := e.Getenv("TERM")
	switch {
	case !e.Terminal:
		return []Finding{note("no-terminal", text{JA: "出力先は端末ではありません。", EN: "The output is not a terminal."}, text{})}
	case e.OS != "windows" && term == "linux" && e.Lang == i18n.JA:
		return []Finding{warn("console",
			text{JA: "Linuxのコンソールは日本語を表示できません。", EN: "The console of Linux cannot show Japanese."},
			text{JA: "デスクトップの端末かSSHを使うか、--lang en を付けてください。", EN: "Use a terminal of the desktop or SSH, or --lang en."})}
	case e.OS != "windows" && (term == "" || term == "dumb"):
		return []Finding{note("plain-terminal",
			text{JA: "TERMが設定されていないので、色も画面の書き換えも使いません。", EN: "TERM does not say what the terminal can do: no colour and no live view."}, text{})}
	}
	return []Finding{unknown("japanese",
		text{JA: "端末が日本語を表示できるかどうかは、ここからは分かりません。この行が読めれば大丈夫です。", EN: "Whether the terminal shows Japanese cannot be known from here. To see: jpki doctor --lang ja."},
		text{})}
}
