package rules

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// term is the word for one thing in both languages, with the synonyms that no
// text may use.
type term struct {
	ja, en             string
	neverJA, neverEN   string // regular expressions; "" for none
	exampleJA, example string // texts that have a twin: the test's own test
}

// glossary has the words of the program. A new text uses these words, and a new
// word gets a line here.
var glossary = []term{
	{"信頼する認証局", "trusted CA", `信じ`, `\bbeliev`, "信じる認証局", "whom to believe"},
	{"追加する", "add", `加え(る|た|て|ら|ま)`, ``, "認証局を加える", ""},
	{"提示する", "show (a certificate to a server)", `証明書を見せ`, ``, "証明書を見せる", ""},
	{"イベント", "event", `出来事|できごと`, ``, "出来事", ""},
	{"監視する", "watch", `見守|見張`, ``, "カードを見守る", ""},
	{"アクセスする", "read or write", `カードに触れ`, ``, "カードに触れます", ""},
	{"制度や取り扱い", "rules", `きまり`, ``, "きまりは変わります", ""},
	{"バージョン", "version", `(この|新しい|古い|次の)版|版を`, ``, "この版", ""},
	{"対応が必要", "something to do", `用事`, ``, "用事があれば", ""},
	{"占有する", "have for itself", `独り占め`, ``, "独り占め", ""},
	{"USBポート", "USB port", `USBの口`, ``, "USBの口", ""},
	{"予期しない応答", "unexpected answer", `思わぬ`, ``, "思わぬ応答", ""},
	{"保持する", "keep (a PIN)", `覚える|覚えて|覚えま`, ``, "暗証番号を覚える", ""},
	{"照会先", "who answers", `公開の窓口`, ``, "公開の窓口", ""},
	{"市区町村の窓口", "municipal counter", `役所|役場`, `\b([Cc]ity|[Tt]own) hall`, "市役所", "the city hall"},
	{"満了", "end", `日(前に|で)終了`, ``, "5日前に終了", ""},
	{"利用をやめる(失効申請)", "give up (a certificate)", `証明書をやめ`, ``, "証明書をやめる", ""},
	{"代理権を確認できる書類", "proof of the authority to act", `資格の証明`, ``, "資格の証明", ""},
	{"ウィンドウ", "window", `(別の|の)窓(で|も|の)|尋ねる窓`, ``, "別の窓で尋ねる", ""},
	{"バックグラウンドで", "in the background", `裏で`, ``, "裏で動かす", ""},
	{"文字数か文字の種類", "what can be a PIN", `形が違|形の違`, ``, "形が違います", ""},
	{"残り回数", "tries left", `残り試行|リトライ`, `\b(attempts|retries) (are )?left`, "リトライ回数", "2 attempts left"},
	{"ロックされている", "blocked", `ブロックされ`, `locked out`, "ブロックされました", "you are locked out"},
	{"暗証番号", "PIN", `パスコード`, `\b[Pp]asscode|\bPIN number`, "パスコード", "your PIN number"},
	{"カードリーダー", "card reader", `リーダライタ|リーダーライター|カードリーダ([^ー]|$)`, ``, "カードリーダ", ""},
	{"フォルダー", "folder", `フォルダ([^ー]|$)|ディレクトリ`, ``, "フォルダ", ""},
	{"サーバー", "server", `サーバ([^ー]|$)`, ``, "サーバ", ""},
	{"ブラウザー", "browser", `ブラウザ([^ー]|$)`, ``, "ブラウザ", ""},
	{"ユーザー", "user", `ユーザ([^ー]|$)`, ``, "ユーザ", ""},
	{"フィンガープリント", "fingerprint", `指紋|拇印`, `thumbprint`, "指紋", "the thumbprint"},
	{"マイナンバーカード", "My Number Card", `個人番号カード([^コ]|$)`, `[Ii]ndividual [Nn]umber [Cc]ard`, "個人番号カード", "Individual Number Card"},
	{"署名用電子証明書", "digital-signature certificate", `電子署名用証明書|署名用証明書`, ``, "署名用証明書", ""},
	{"利用者証明用電子証明書", "user-authentication certificate", `認証用証明書|利用者証明用証明書`, ``, "利用者証明用証明書", ""},
	{"署名用パスワード", "signing password", `署名用暗証番号`, `\bsigning PIN`, "署名用暗証番号", "the signing PIN"},
	{"利用者証明用パスワード", "authentication PIN", `利用者証明用暗証番号`, `\bauthentication password`, "利用者証明用暗証番号", "the authentication password"},
}

// TestGlossary shows that each thing has one name in each language, and that no
// text of the program uses another one.
func TestGlossary(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range glossary {
		if seen[g.ja] || seen[g.en] {
			t.Errorf("%s, %s: a word stands for two things", g.ja, g.en)
		}
		seen[g.ja], seen[g.en] = true, true
		for example, twins := range map[string]string{g.exampleJA: g.neverJA, g.example: g.neverEN} {
			if twins != "" && !regexp.MustCompile(twins).MatchString(example) {
				t.Errorf("%s does not find %q", twins, example)
			}
		}
		if g.neverJA != "" && regexp.MustCompile(g.neverJA).MatchString(g.ja) || g.neverEN != "" && regexp.MustCompile(g.neverEN).MatchString(g.en) {
			t.Errorf("%s, %s: forbids itself", g.ja, g.en)
		}
	}
	texts := 0
	eachFile(t, func(name string, file *ast.File, positions *token.FileSet) {
		if strings.HasPrefix(name, "internal/imprint/") {
			return // names of fonts
		}
		for _, text := range textsUnder(file) {
			texts++
			for _, g := range glossary {
				for said, twins := range map[string]string{text.ja: g.neverJA, text.en: g.neverEN} {
					if twins == "" {
						continue
					}
					if twin := regexp.MustCompile(twins).FindString(said); twin != "" {
						t.Errorf("%v: %q; the word is %s, %s", positions.Position(text.at), twin, g.ja, g.en)
					}
				}
			}
		}
	})
	if texts < 500 {
		t.Errorf("%d texts were found: not all of them", texts)
	}
}
