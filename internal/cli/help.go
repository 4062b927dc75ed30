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
		JA: "終了ステータスと、--json のエラーの code です。\n\n%s",
		EN: "Exit statuses, and the codes of errors under --json.\n\n%s",
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
  JPKI_LANG        表示の言語: ja または en(--lang が優先)
  JPKI_READER      使うカードリーダーの名前(一部でよい。--reader が優先)
  LC_ALL、LC_MESSAGES、LANG
                   JPKI_LANG がなければ、最初に設定されているもので決まる(どれもなければ、WindowsとmacOSでは
                   システムの言語)
  NO_COLOR         設定されていれば色を付けない
  TERM             dumb なら色を付けない
  HTTP_PROXY、HTTPS_PROXY、NO_PROXY
                   --tsa などの通信で使うプロキシー
  XDG_DATA_HOME、XDG_DATA_DIRS
                   スタンプのフォントを探す場所(Linux。その下の fonts)
  XDG_STATE_HOME   下のフォルダーの場所(Linux)
  XDG_RUNTIME_DIR  ssh agent がソケットを置くフォルダー(なければ一時ファイルのフォルダーの中)
  XDG_CONFIG_HOME  pkcs11 setup がp11-kitの設定を書く場所(なければ ~/.config)
  DISPLAY、WAYLAND_DISPLAY
                   どちらかがあれば、pkcs11 は pinentry の窓で尋ねる
  CREDENTIALS_DIRECTORY
                   --pin-credential が読むフォルダー(systemdが設定する)
  LISTEN_FDS、LISTEN_PID
                   pkcs11 --socket がsystemdから受け取るソケット(systemdが設定する)
  GPG_TTY          --pinentry が使う端末(標準入出力がどれも端末でないとき)
  暗証番号を環境変数で渡すことはできません。ほかのプログラムから見えるためです。

watch --exec のコマンドが受け取る環境変数(その出来事にないものはありません):
` + cardcmd.VariableTable(func(t text) string { return t.JA }) + `
記憶するもの:
  次のフォルダーのファイルで、本人だけが読めます。消しても困ることはありません。
    Linux    $XDG_STATE_HOME/jpki(なければ ~/.local/state/jpki)
    macOS    ~/Library/Application Support/jpki
    Windows  %LocalAppData%\jpki
  seen.json        署名用電子証明書の満了日と、それを見た日
  watch.json       watch が最後に見た残り回数と、その時刻
  pkcs11.json      RSA-PSSの署名を断ったカード
  readers.json     長いやりとりができないと分かったカードリーダー
  ca.json          認証局の証明書(jpki ca add で加えたものは、消したら加え直す)
  demo-*.json      デモカードの暗証番号と残り回数(jpki demo reset で元に戻る)
  カードは証明書のフィンガープリントで見分けます。暗証番号、氏名、住所などは入っていません。--no-remember を付けると、
  seen.json と watch.json を読みも書きもしません。`,
		EN: `Environment variables:
  JPKI_LANG        language: ja or en (--lang comes first)
  JPKI_READER      name of the reader to use, or a part of it (--reader comes first)
  LC_ALL, LC_MESSAGES, LANG
                   decide without JPKI_LANG, the first that is set (with none, on Windows and macOS, the language of
                   the system)
  NO_COLOR         if set, no colour
  TERM             no colour where it is dumb
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                   the proxy for --tsa and whatever else needs the network
  XDG_DATA_HOME, XDG_DATA_DIRS
                   where the fonts of a stamp are looked for (Linux; fonts below them)
  XDG_STATE_HOME   where the folder below lies (Linux)
  XDG_RUNTIME_DIR  where ssh agent puts its socket (else into the folder for temporary files)
  XDG_CONFIG_HOME  where pkcs11 setup writes p11-kit's settings (else ~/.config)
  DISPLAY, WAYLAND_DISPLAY
                   with one of them, pkcs11 asks in the window of a pinentry
  CREDENTIALS_DIRECTORY
                   the folder that --pin-credential reads (set by systemd)
  LISTEN_FDS, LISTEN_PID
                   the socket that systemd hands to pkcs11 --socket (set by systemd)
  GPG_TTY          the terminal for --pinentry, where no standard stream is one
  A PIN is never taken from the environment: other programs can see it.

Variables for the command of watch --exec (those that the event has):
` + cardcmd.VariableTable(func(t text) string { return t.EN }) + `
What is remembered:
  Files in this folder, readable only for you. Removing them does no harm.
    Linux    $XDG_STATE_HOME/jpki (or ~/.local/state/jpki)
    macOS    ~/Library/Application Support/jpki
    Windows  %LocalAppData%\jpki
  seen.json        last days of signing certificates, and when they were seen
  watch.json       the tries that watch saw last, and when
  pkcs11.json      cards that refused to make RSA-PSS signatures
  readers.json     readers that were found unable to carry long messages
  ca.json          CA certificates (those of jpki ca add have to be added again after removing it)
  demo-*.json      PINs and counters of the demo cards (jpki demo reset makes them new)
  Cards are told apart by the fingerprints of certificates. There is no PIN, name or address in them. With
  --no-remember, seen.json and watch.json are neither read nor written.`,
	}
}

// formatsTopic says which kind of signature is for what.
var formatsTopic = text{
	JA: `形式はファイルの中身で選ばれます。--format と --profile で変えられます。

  署名するもの       できるもの       形式
  PDF                X-signed.pdf     PDFに埋め込んだ署名
      --profile touki  (省略時)登記・供託オンライン申請などが求める形。署名日時あり、タイムスタンプなし
      --profile koshonin  電子公証(電子定款など)。touki と同じ署名で、大きさと名前の条件を確かめる
      --profile pades  PAdES-B-B(ETSI EN 319 142)。--tsa でB-T
      --visible        氏名、日時、理由のスタンプをページに表示する
  XML                X-signed.xml     XML署名(--format xmldsig)。e-Taxとe-Govの様式(下)は中身で見分けます
      --profile etax, egov  その様式であることを求める(違えば署名しない)
      --format xades   XAdES-B-B(ETSI EN 319 132)。--tsa でB-T
      --form           署名の置き場所: enveloped(文書の中)、enveloping(署名の中に文書)、
                       detached(文書の中の要素を --id で。--id がなければ、何のファイルでも隣に X.sig.xml)
      --with           同じフォルダーかその下のファイルにも署名する
  そのほか           X.p7s            CAdES-B-B(ETSI EN 319 122)の分離署名(--format cms)。--tsa でB-T
      元のファイルと .p7s の両方を渡してください。--pem でPEMになります。
      --attached       元のファイルを中に入れた X.p7m。jpki verify --extract で取り出せます
  e-Govの申請        X-signed(.zip)   フォルダーかZIPを指定すると、様式が求める署名をすべて入れた写しができる(下)
  何でも             X.sig            裸のRSA署名(--format raw)。証明書も日時も入らない、プログラムのための形

共通:
  ハッシュは --digest で sha256(省略時)、sha384、sha512。鍵はカードの中のRSA 2048ビット。
  署名には、署名用電子証明書とその認証局の証明書が入ります(--no-ca で認証局の証明書を除く)。
  e-Govとe-Taxの様式は、SHA-256と署名用電子証明書だけです。
  署名用電子証明書には氏名、住所、生年月日、性別が含まれ、受け取る人が読めます。raw には入りません。

国の様式(2026年11月に調べたもの。様式はルートの名前と構造で見分け、ファイル名では決めません):
  e-Gov 構成管理情報(kousei.xml)  構成情報と、その中に名前のある申請書に署名し、署名情報に入れます。連署は、署名済みのものにもう一度。個別署名形式では、kousei.xml ではなく kousei(17桁).xml に署名します。標準形式の添付書類は名前だけが署名されます。検証環境が受け付けた申請データの形に合わせてあります。名前空間の接頭辞や日本語のファイル名の扱いは公表されていません。
  e-Tax(.xtx)  DATAの中の手続の要素に署名し、DATAの最後に加えます。何人でも、どの順でも署名できます。知られている例は2020年ごろの1件(SHA-1)だけで、今のハッシュ(SHA-256で署名します)も、受け付けられるかどうかも確かめていません。
  申告に添える証明書(TEG…)  発行した側が署名したもの。署名するところはなく、verify で確かめます。
  e-Govの公文書  同じく役所が署名したもの。受け取ったZIPかフォルダーのまま verify に渡せます。添付のファイルは、署名の対象なら調べ、対象でなければそう示します。
  登記の図面など  図面の隣に X.sig.xml(--form detached)。署名ファイルの項目の一覧は確かめていません。
  受信通知、電子納税証明書(XML)、登記完了証、一体署名、eLTAXの形は分かっていません。署名があれば一般のXML署名として調べます。

迷ったら:
  提出先が形を決めているときは、それに従ってください。相手が決めていなければ、PDFは --profile pades、
  そのほかは --format cms が、広く使われている規格です。
  提出先が受け付けるかどうかは、実際のサービスでは確かめていません。

確かめるとき:
  jpki verify は、CMS/CAdES、PDF、XML、署名メール(.eml)、タイムスタンプ(.tsr)を中身で見分けます。分離署名は、署名の
  ファイルからも元のファイルからも調べられます。名前や場所が違うときは --content で指定します。
  「有効な署名がある」ことだけを調べても、誰の署名かは分かりません。スクリプトでは --signer で署名者を指定してください。
  XMLの署名が指すファイルは、XMLの隣とその下のフォルダーで探します(上のフォルダーは開きません)。国の様式では、署名されて
  いるものと、様式によって署名の外にあるもの(スタイルシート、その他など)を名前で示します。様式にないものが署名の外に
  あれば9です。
  PDFには、署名のあとから書き足せます。何が加えられたかは「署名のあと」に出ます。記入や注釈のように紙面に表示される
  ものがあると終了ステータスは7、内容が変えられていれば8、書き足された部分の作りが正確でなく、プログラムによって違う
  ものが表示されるおそれがあれば9です。--unchanged は、タイムスタンプと検証用の情報のほかは何も認めません。

ほかのプログラムで確かめるとき(CA.pem は jpki cert export sign-ca -o CA.pem で作ります):
  openssl cms -verify -binary -inform DER -in X.p7s -content X -CAfile CA.pem -purpose any -out /dev/null
      -binary がないと、opensslは改行を書き換えてから調べるので、正しい署名も失敗します
  certtool --p7-verify --inder --infile X.p7s --load-data X --load-ca-certificate CA.pem
  openssl cms -verify -binary -inform DER -in X.p7m -CAfile CA.pem -purpose any -out X.copy
  pdfsig X-signed.pdf
  xmlsec1 --verify --trusted-pem CA.pem X-signed.xml
  xmlsec1 --verify --trusted-pem CA.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties X-xades.xml
  openssl dgst -sha256 -verify key.pem -signature X.sig X
      key.pem は openssl x509 -in 証明書.pem -pubkey -noout の出力
  openssl ts -verify -in X.tsr -data X -CAfile TSA-CA.pem`,
	EN: `The kind of signature follows the content of the file; --format and --profile change it.

  what is signed     what is made     kind
  PDF                X-signed.pdf     a signature inside the PDF
      --profile touki  (the default) as the online registry and deposit filings ask for: with the time, without timestamp
      --profile koshonin  for the electronic notary: the same signature; size and name are checked against its rules
      --profile pades  PAdES-B-B (ETSI EN 319 142); with --tsa B-T
      --visible        a stamp with name, time and reason on a page
  XML                X-signed.xml     an XML signature (--format xmldsig), in the forms of e-Tax and e-Gov (below)
      --profile etax, egov  asks for that form: nothing else is signed
      --format xades   XAdES-B-B (ETSI EN 319 132); with --tsa B-T
      --form           where the signature is: enveloped (in the document), enveloping (around it) or detached
                       (over elements inside, with --id; without --id, of any file, beside it as X.sig.xml)
      --with           files of the same folder, or below it, are signed along
  anything else      X.p7s            CAdES-B-B (ETSI EN 319 122), detached (--format cms); with --tsa B-T
      Hand on both the file and the .p7s. --pem makes it PEM.
      --attached       X.p7m with the file inside; jpki verify --extract takes it out
  e-Gov application  X-signed(.zip)   the folder or ZIP as a whole: a copy with every signature that its form wants (below)
  whatever           X.sig            a bare RSA signature (--format raw), for programs: no certificate, no time

For all of them:
  --digest is sha256 (the default), sha384 or sha512. The key is RSA, 2048 bits, inside the card.
  The digital-signature certificate and that of its CA go into the signature (--no-ca leaves out the CA's).
  The forms of e-Gov and e-Tax have SHA-256 and that certificate alone.
  That certificate carries your name, address, date of birth and sex, and whoever gets it can read them. A raw signature does not hold it.

Forms of the state (as known in November 2026; recognised by the root and its structure, never by the file's name):
  e-Gov application (kousei.xml)  signed are the application's own data and the forms that it names. Further signers sign the signed file again. Where each file is signed apart, the kousei(17 digits).xml are signed, not kousei.xml. Otherwise only the name of an attachment is signed. It follows applications that e-Gov's verification environment took; how it takes namespace prefixes and Japanese file names is not published.
  e-Tax (.xtx)  signed is the procedure element in DATA; the signature is DATA's last child. Any number of people may sign, in any order. One example is known, of about 2020 (SHA-1): today's digest (SHA-256 is used here) and whether e-Tax takes it are unverified.
  Certificates for the tax return (TEG...)  signed by their issuers: see verify.
  Official documents of e-Gov  signed by an authority: give verify the ZIP or folder as it came. Attachments are checked where the signature is over them, and named where it is not.
  Drawings for the registry  X.sig.xml beside the drawing (--form detached). The Ministry's table of tags was not seen.
  Not known: receipts of e-Tax, XML certificates of tax payment, completion certificates of the registry, its combined signature, eLTAX. Where they are signed, they are checked as any XML is.

In doubt:
  Where the recipient asks for a shape, take that one. Where nobody does, --profile pades for PDF and --format
  cms for the rest are the standards in wide use.
  Whether a given service accepts a signature was not verified with the real services.

Checking:
  jpki verify tells CMS/CAdES, PDF, XML, signed mail (.eml) and timestamps (.tsr) apart by their content. A detached
  signature is found from its own file or from the signed one; --content names the file where names or places differ.
  That there is a valid signature says nothing of whose: in a script, name the signer with --signer.
  Files that an XML signature is over are looked for beside the XML and in folders below, never above. In a form of the
  state, what is signed and what the form leaves unsigned (its style sheet, for example) is said by name; anything
  else outside the signature makes it 9.
  A PDF can be added to after it was signed. "Since then" says what came. Exit status 7 means that it shows (form
  fields filled in, notes), 8 that content was changed, 9 that what was added is not exact, so that programs may
  show different things. --unchanged accepts nothing but timestamps and validation data.

With other programs (CA.pem is what jpki cert export sign-ca -o CA.pem writes):
  openssl cms -verify -binary -inform DER -in X.p7s -content X -CAfile CA.pem -purpose any -out /dev/null
      without -binary openssl rewrites line ends before it looks, and a good signature fails
  certtool --p7-verify --inder --infile X.p7s --load-data X --load-ca-certificate CA.pem
  openssl cms -verify -binary -inform DER -in X.p7m -CAfile CA.pem -purpose any -out X.copy
  pdfsig X-signed.pdf
  xmlsec1 --verify --trusted-pem CA.pem X-signed.xml
  xmlsec1 --verify --trusted-pem CA.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties X-xades.xml
  openssl dgst -sha256 -verify key.pem -signature X.sig X
      key.pem is what openssl x509 -in CERTIFICATE.pem -pubkey -noout writes
  openssl ts -verify -in X.tsr -data X -CAfile TSA-CA.pem`,
}

// jsonTopic explains what --json writes, and lists the documents.
func jsonTopic() text {
	var names strings.Builder
	for _, name := range schema.Names() {
		names.WriteString("  " + name + "\n")
	}
	return text{
		JA: `--json を付けると、結果は標準出力に1つのJSON文書で出ます(watch は出来事ごとに1行)。
  jpki status --json | jq '.certificates[] | {kind, last_day, days_left}'
  jpki sign *.pdf --out-dir signed --json --pin-command 'pass show jpki/sign' | jq -r '.signatures[].output'
  jpki watch --json | jq -c --unbuffered 'select(.event == "tries-lowered")'

  schema     文書の種類と版(jpki.status/v1 など)。項目が増えても版は変わらず、意味が変わるか項目がなくなれば変わる
  日付       2026-11-22(日本の日付)。日時は RFC 3339。分からないものは null
  message などの文は --lang の言語。スクリプトでは code など、文でない項目を使う
  制御文字は \u001b のように書かれるので、そのまま端末に出しても安全

失敗は標準エラー出力に出ます。終了ステータスは --json のないときと同じです(jpki help exit-codes)。
  {"error": {"code": "pin-wrong", "message": "…", "hint": "…", "tries_left": 2, "try_used": true}}

文書のスキーマ(JSON Schema 2020-12)は jpki help json 名前 で見られます。名前は次のとおりです。
` + names.String(),
		EN: `With --json the result is one JSON document on standard output (watch: a line for each event).
  jpki status --json | jq '.certificates[] | {kind, last_day, days_left}'
  jpki sign *.pdf --out-dir signed --json --pin-command 'pass show jpki/sign' | jq -r '.signatures[].output'
  jpki watch --json | jq -c --unbuffered 'select(.event == "tries-lowered")'

  schema     kind and version of the document (jpki.status/v1, ...). New members leave the version as it is; one
             that goes, or means something else, changes it
  dates      2026-11-22, the day in Japan; times are RFC 3339. What is not known is null
  message and other sentences are in the language of --lang. Scripts use code and others that are no sentences
  Control characters are written like \u001b: the output can go to a terminal as it is

A failure is on standard error. Exit statuses are those without --json (jpki help exit-codes).
  {"error": {"code": "pin-wrong", "message": "...", "hint": "...", "tries_left": 2, "try_used": true}}

jpki help json NAME shows the schema of a document (JSON Schema 2020-12). NAME is one of
` + names.String(),
	}
}
