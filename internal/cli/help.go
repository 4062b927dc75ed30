package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cardcmd"
	"github.com/jpki-tools/jpki/internal/cli/schema"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

// newHelp is help as a command, in the person's language. The topics are below
// it: a topic and a command can have the same name.
func newHelp(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "help [COMMAND | TOPIC]",
		Short: text{JA: "コマンドや項目の説明を見る", EN: "help for a command or a topic"},
		Examples: []command.Example{
			{Line: "jpki help sign", About: text{JA: "コマンドの説明。jpki sign --help と同じ", EN: "about a command, as jpki sign --help"}},
			{Line: "jpki help pin", About: text{JA: "暗証番号の渡し方", EN: "the ways to give a PIN"}},
			{Line: "jpki help json status", About: text{JA: "jpki status --json の出力のスキーマ", EN: "the schema of what jpki status --json writes"}},
		},
	})
	cmd.RunE = func(c *cobra.Command, args []string) error { return helpFor(c.Root(), args) }
	cmd.AddCommand(newTopics(a)...)
	return cmd
}

// helpFor shows the help of the command that args name.
func helpFor(root *cobra.Command, args []string) error {
	found, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return problem.Misuse(text{JA: "「%s」というコマンドや項目はありません。", EN: "There is no command or topic %q."}.With(strings.Join(args, " "))).
			WithNext(meant(root, args[0]))
	}
	return found.Help()
}

// newTopics are texts that are no command's own.
func newTopics(a *command.App) []*cobra.Command {
	topic := func(name string, short text, long func() text) *cobra.Command {
		c := a.New(command.Spec{Use: name, Short: short, LateLong: long})
		c.Annotations = map[string]string{topicMark: ""}
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return helpFor(c.Root(), append([]string{name}, args...)) // jpki help pin change
		}
		return c
	}
	json := topic("json", text{JA: "--json の出力とそのスキーマ", EN: "what --json writes, and its schemas"}, jsonTopic)
	json.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return showSchema(a, args)
	}
	var options *cobra.Command
	options = topic("options", text{JA: "署名の形式、タイムスタンプ局、暗証番号のオプション", EN: "options for formats, timestamping authorities and PINs"}, func() text { return optionsTopic(options.Root()) })
	return []*cobra.Command{
		topic("pin", text{JA: "暗証番号の渡し方", EN: "ways to give a PIN"}, written(pinTopic)),
		topic("login", text{JA: "SSHとTLSのログインの設定", EN: "settings to log in over SSH and TLS"}, written(loginTopic)),
		topic("programs", text{JA: "ブラウザーなど、ほかのプログラムでカードを使う", EN: "the card in browsers and other programs"}, written(programsTopic)),
		topic("exit-codes", text{JA: "終了ステータスの一覧", EN: "the exit statuses"}, exitTopic),
		topic("environment", text{JA: "環境変数と、記憶するもの", EN: "environment variables, and what is remembered"}, environmentTopic),
		options,
		topic("formats", text{JA: "署名の形式の選び方", EN: "which kind of signature for what"}, written(formatsTopic)),
		json,
	}
}

// topicMark marks the topics among the commands.
const topicMark = "topic"

// IsTopic tells a topic of the help from a command.
func IsTopic(c *cobra.Command) bool {
	_, is := c.Annotations[topicMark]
	return is
}

// written is a text that needs no making.
func written(t text) func() text { return func() text { return t } }

func exitTopic() text {
	return text{
		JA: "終了ステータスと、--json のときのエラーの code です。\n\n%s",
		EN: "The exit statuses, and the codes of errors with --json.\n\n%s",
	}.With(command.InBoth(exitTable))
}

func exitTable(say func(text) string) string {
	var rows [][]string
	for _, s := range problem.Statuses {
		var codes []string
		for _, c := range s.Codes {
			codes = append(codes, string(c))
		}
		rows = append(rows, []string{fmt.Sprint(s.Exit), say(s.Meaning)})
		if len(codes) > 0 {
			rows = append(rows, []string{"", "  " + strings.Join(codes, ", ")})
		}
	}
	return ui.Table(2, nil, rows)
}

func environmentTopic() text {
	return text{
		JA: `環境変数:
  JPKI_LANG        表示の言語: ja か en(--lang が優先)
  JPKI_READER      使うカードリーダーの名前(一部でよい。--reader が優先)
  PCSCLITE_CSOCK_NAME
                   pcscdのソケット(Linux。pcsc-liteの変数)
  LC_ALL、LC_MESSAGES、LANG
                   JPKI_LANG がなければ、この順で最初に設定されているもので言語が決まる(どれもなければ英語。WindowsとmacOSではシステムの言語)
  NO_COLOR         設定されていれば色を付けない
  TERM             dumb なら色を付けない
  HTTP_PROXY、HTTPS_PROXY、NO_PROXY
                   --tsa などの通信に使うプロキシー
  XDG_DATA_HOME、XDG_DATA_DIRS
                   スタンプのフォントを探す場所(Linux。その下の fonts)
  XDG_STATE_HOME   下の「記憶するもの」を置く場所(Linux)
  XDG_RUNTIME_DIR  ssh agent がソケットを置くフォルダー(なければ一時フォルダーの中)
  XDG_CONFIG_HOME  pkcs11 setup がp11-kitの設定を書く場所(なければ ~/.config)
  DISPLAY、WAYLAND_DISPLAY
                   どちらかがあれば、pkcs11 は pinentry のウィンドウで尋ねる
  CREDENTIALS_DIRECTORY
                   --pin-credential が読むフォルダー(systemdが設定する)
  LISTEN_FDS、LISTEN_PID
                   pkcs11 --socket がsystemdから受け取るソケット(systemdが設定する)
  GPG_TTY          --pinentry が使う端末(標準入出力がどれも端末でないとき)
  暗証番号を環境変数で渡すことはできません。ほかのプログラムから見えるためです。

watch --exec のコマンドが受け取る環境変数(イベントによって、ないものがあります):
` + cardcmd.VariableTable(func(t text) string { return t.JA }) + `
Windowsのパイプ:
  出力はいつもUTF-8です。受け取るプログラムには、先にそれを知らせます。
  PowerShell 5.1:
		$OutputEncoding = [Text.Encoding]::UTF8
		[Console]::OutputEncoding = [Text.Encoding]::UTF8
  findstr など:
		chcp 65001
  PowerShell 5.1の「>」と「|」はバイナリーのデータを壊します。-o FILE で書き、ファイル名で渡してください。

記憶するもの:
  次のフォルダーのファイルに保存します。本人だけが読めます。消しても困ることはありません。
    Linux    $XDG_STATE_HOME/jpki(なければ ~/.local/state/jpki)
    macOS    ~/Library/Application Support/jpki
    Windows  %LocalAppData%\jpki
  seen.json        署名用電子証明書の満了日と、それを見た日
  watch.json       watch が最後に見た残り回数と、その時刻
  pkcs11.json      RSA-PSSの署名を断ったカード
  readers.json     長いデータをやりとりできないと分かったカードリーダー
  ca.json          認証局の証明書(消すと、jpki ca add で追加したものは追加し直しになる)
  demo-*.json      デモカードの暗証番号と残り回数(jpki demo reset で元に戻る)
  カードは証明書のフィンガープリントで見分けます。暗証番号、氏名、住所などは保存しません。--no-remember を付けると、seen.json と watch.json を読みも書きもしません。`,
		EN: `Environment variables:
  JPKI_LANG        language: ja or en (--lang takes precedence)
  JPKI_READER      name of the reader to use, or a part of it (--reader takes precedence)
  PCSCLITE_CSOCK_NAME
                   the socket of pcscd (Linux; a variable of pcsc-lite)
  LC_ALL, LC_MESSAGES, LANG
                   without JPKI_LANG, the first of these that is set decides the language (if none is, English; on Windows and macOS the language of the system)
  NO_COLOR         no colour if this is set
  TERM             no colour if this is dumb
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                   the proxy for --tsa and everything else that uses the network
  XDG_DATA_HOME, XDG_DATA_DIRS
                   where to look for the fonts of a stamp (Linux; fonts below them)
  XDG_STATE_HOME   where to put what is remembered, below (Linux)
  XDG_RUNTIME_DIR  where ssh agent puts its socket (otherwise in the folder for temporary files)
  XDG_CONFIG_HOME  where pkcs11 setup writes the settings of p11-kit (otherwise ~/.config)
  DISPLAY, WAYLAND_DISPLAY
                   with one of them, pkcs11 asks in the window of a pinentry
  CREDENTIALS_DIRECTORY
                   the folder that --pin-credential reads (set by systemd)
  LISTEN_FDS, LISTEN_PID
                   the socket that systemd passes to pkcs11 --socket (set by systemd)
  GPG_TTY          the terminal for --pinentry if no standard stream is one
  A PIN is never taken from the environment, because other programs can see it.

Variables for the command of watch --exec (some events lack some of them):
` + cardcmd.VariableTable(func(t text) string { return t.EN }) + `
Pipes on Windows:
  The output is always UTF-8. Tell the program that reads it beforehand.
  PowerShell 5.1:
		$OutputEncoding = [Text.Encoding]::UTF8
		[Console]::OutputEncoding = [Text.Encoding]::UTF8
  findstr, more:
		chcp 65001
  The > and | of PowerShell 5.1 damage binary data. Write it with -o FILE, and pass the name of the file.

What is remembered:
  The files are in this folder, and only you can read them. You can remove them without harm.
    Linux    $XDG_STATE_HOME/jpki (or ~/.local/state/jpki)
    macOS    ~/Library/Application Support/jpki
    Windows  %LocalAppData%\jpki
  seen.json        last days of signing certificates, and when they were seen
  watch.json       the tries that watch saw last, and when
  pkcs11.json      cards that refused to make RSA-PSS signatures
  readers.json     readers that cannot carry long messages
  ca.json          CA certificates (after removing it, repeat your jpki ca add)
  demo-*.json      PINs and counters of the demo cards (jpki demo reset restores them)
  Cards are told apart by the fingerprints of certificates. No PIN, name or address is stored. With --no-remember, seen.json and watch.json are neither read nor written.`,
	}
}

// jsonTopic explains the output of --json, and lists the documents.
func jsonTopic() text {
	var names strings.Builder
	for _, name := range schema.Names() {
		names.WriteString("  " + name + "\n")
	}
	return text{
		JA: `--json を付けると、結果が標準出力に1つのJSON文書で出ます(watch ではイベントごとに1行)。
	jpki status --json | jq '.certificates[] | {kind, last_day, days_left}'
	jpki sign *.pdf --out-dir signed --json --pin-command 'pass show jpki/sign' | jq -r '.signatures[].output'
	jpki watch --json | jq -c --unbuffered 'select(.event == "tries-lowered")'

  schema     文書の種類とバージョン(jpki.status/v1 など)。項目が増えてもバージョンは変わらず、意味が変わるか項目がなくなると変わる
  日付       2026-11-22(日本の日付)。日時は RFC 3339。分からないものは null
  message などの文は --lang の言語です。スクリプトでは、code など文でない項目を使ってください。
  制御文字は \u001b のように書かれるので、そのまま端末に出しても安全です。

失敗は標準エラー出力に出ます。終了ステータスは --json のないときと同じです(jpki help exit-codes)。
  {"error": {"code": "pin-wrong",
    "message": "…", "hint": "…",
    "tries_left": 2, "try_used": true}}

文書のスキーマ(JSON Schema 2020-12)は jpki help json 名前 で見られます。名前は次のとおりです。
` + names.String(),
		EN: `With --json the result is one JSON document on standard output (with watch, one line per event).
	jpki status --json | jq '.certificates[] | {kind, last_day, days_left}'
	jpki sign *.pdf --out-dir signed --json --pin-command 'pass show jpki/sign' | jq -r '.signatures[].output'
	jpki watch --json | jq -c --unbuffered 'select(.event == "tries-lowered")'

  schema     kind and version of the document (jpki.status/v1, ...). New members do not change the version; a member that goes or changes its meaning does
  dates      2026-11-22, the day in Japan. Times are RFC 3339. What is not known is null
  message and other sentences are in the language of --lang. In scripts use code and other members that are not sentences.
  Control characters are written like \u001b, so the output is safe on a terminal.

Failures go to standard error. The exit statuses are the same as without --json (jpki help exit-codes).
  {"error": {"code": "pin-wrong",
    "message": "...", "hint": "...",
    "tries_left": 2, "try_used": true}}

jpki help json NAME shows the schema of a document (JSON Schema 2020-12). NAME is one of
` + names.String(),
	}
}
