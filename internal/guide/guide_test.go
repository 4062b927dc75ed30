package guide

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestFind asks as people do. The topics are those shown, in their order; "..."
// stands for further ones.
func TestFind(t *testing.T) {
	queries := map[string][]string{
		"lost":          {"lost", "LOST", "なくした", "カードを落としました", "I lost my card", "紛失", "stolen card", "電話番号", "失くした", "財布ごと盗まれた", "警察", "police", "カードが見つからない", "見つかったら", "一時停止", "emergency", "どこに電話すればいい ..."},
		"locked":        {"locked", "ロック", "ﾛｯｸ", "暗証番号を忘れました", "forgot my PIN", "署名用パスワードを忘れた", "Ｌｏｃｋｅｄ", "暗証番号のロック解除", "unlock", "unblock", "reset", "リセット", "解除", "パスワード 初期化", "multi copier", "マルチコピー機", "PIN blocked", "forgotten password"},
		"renew":         {"renew", "更新", "証明書の更新", "期限切れ", "how do I renew?", "expired", "有効期限通知書", "更新に必要な持ち物", "通知", "期限が切れた", "renwal letter", "通知書が届かない", "what to bring"},
		"after-renewal": {"after-renewal", "after renewal", "更新したら使えない", "更新したのに使えない", "登録し直し", "コンビニ交付", "更新後", "register again", "営業日"},
		"moved":         {"moved", "引越し", "引っ越しました", "ヒッコシ", "married", "結婚して名字が変わった", "change of address", "旧姓", "海外", "転入", "離婚", "住所変更", "苗字", "moving abroad", "通称", "国外転出", "new surname"},
		"issue":         {"issue", "発行", "証明書の発行", "新規発行", "15歳になった", "turned 15", "証明書がない", "get a certificate", "declined"},
		"trouble":       {"trouble", "読み取れない", "認識しない", "ログインできない", "エラー", "カードが反応しない", "error", "cannot log in", "login", "使えない", "not recognized", "カードを読めない", "it does not work", "困った"},
		"pin-change":    {"pin-change", "暗証番号", "暗証番号を変えたい", "password", "new password", "pin change", "パスワードの変更", "change my PIN", "控え"},
		"wrong-pin":     {"wrong-pin", "wrong PIN", "暗証番号を間違えた", "残り回数", "tries", "何回まで間違えられますか", "4桁の暗証番号", "取り違え", "incorrect"},
		"certificates":  {"certificates", "電子証明書", "署名用", "jpki", "2つの証明書の違い", "代替文字", "外字", "マイナポータル", "確定申告", "e-Tax", "tax return", "difference", "gaiji", "生年月日"},
		"who":           {"who", "15歳未満", "子どものカード", "顔認証", "face-authentication", "署名用電子証明書がない", "child", "実印", "赤ちゃんのカード"},
		"validity":      {"validity", "有効期限", "いつまで使える", "外国人", "在留期間", "健康保険証", "保険証", "誕生日", "valid until", "身分証明書", "foreigner", "health insurance"},
		"lapsed":        {"lapsed", "失効", "revoked", "本人が死亡した", "返納", "died"},
		"give-up":       {"give-up", "失効申請", "give up", "revoke", "やめたい", "オンライン窓口", "解約", "cancel"},
		"check":         {"check", "有効性確認", "失効していないか確かめる", "OCSP", "失効の確認", "CRL", "有効かどうか"},
		"fees":          {"fees", "いくら", "手数料", "再発行の料金", "cost", "200円", "カードが壊れた", "how much", "broken card", "再交付の手数料"},
		"proxy":         {"proxy", "代理人", "委任状", "power of attorney", "入院", "母の代わり", "家族が行く", "照会書", "運転免許証", "戸籍謄本", "my mother cannot go", "運転免許", "passport"},
		"devices":       {"devices", "iPhone", "スマホ", "住基カード", "card reader", "利用者ソフト", "Linux", "ドライバー", "アプリ", "windows", "official client"},
		"counter":       {"counter", "窓口", "市役所", "opening hours", "土日", "受付時間", "予約", "city hall", "どこに行けばいい"},
		"contact":       {"contact", "問い合わせ", "問合せ先", "質問", "コールセンター", "英語で聞きたい", "hotline", "6つの言語"},

		"locked after-renewal certificates validity": {"コンビニ"},
		"locked after-renewal counter":               {"コンビニ 時間"},
		"renew after-renewal":                        {"翌日"},
		"renew proxy":                                {"写真", "photo", "更新 代理"},
		"locked renew proxy":                         {"本人確認書類"},
		"locked renew issue proxy":                   {"必要なもの", "必要書類"},
		"locked after-renewal":                       {"セブンイレブン", "ファミマ", "seven eleven"},
		"lost contact":                               {"外国語"},
		"validity proxy":                             {"在留カード", "residence card", "病院", "hospital"},
		"renew lapsed":                               {"更新した人の失効"},
		"proxy renew":                                {"renew by proxy"},
		"moved lost":                                 {"引っ越し 紛失"},
	}
	asked := 0
	for want, all := range queries {
		for _, query := range all {
			asked++
			query, more := strings.CutSuffix(query, " ...")
			found, near := Find(query)
			got := strings.Join(names(found), " ")
			if got != want && !(more && strings.HasPrefix(got, want+" ")) || near != nil {
				t.Errorf("Find(%q) = %q, near %q, want %q", query, got, names(near), want)
			}
		}
	}
	if asked < 180 {
		t.Errorf("%d queries", asked)
	}
}

func TestNearestTopics(t *testing.T) {
	for words, want := range map[string]string{
		"lokced":           "locked",
		"renwe":            "renew",
		"certifcates":      "certificates",
		"my pin is lokced": "locked",
		"":                 "",
		"の":                "",
		"xyz":              "",
		"ピザ":               "",
		"e":                "",
		"the":              "",
		"カード":              "-",
	} {
		found, near := Find(words)
		if got := strings.Join(names(near), " "); got != strings.TrimPrefix(want, "-") || (len(found) > 0) != (want == "-") {
			t.Errorf("Find(%q) = %q, near %q, want %q", words, names(found), got, want)
		}
	}
	if found, _ := Find("カード"); len(found) > len(topics)/3 {
		t.Errorf("a word of nearly every topic finds %v", names(found))
	}
}

// TestMention: a list of topics shows why each of them is there.
func TestMention(t *testing.T) {
	locked, _ := named("locked")
	if got := locked.Mention("コンビニ", i18n.JA); !strings.Contains(got, "コンビニで") {
		t.Errorf("%q", got)
	}
	proxy, _ := named("proxy")
	if got := proxy.Mention("passports", i18n.EN); !strings.Contains(got, "passport") {
		t.Errorf("%q", got)
	}
	renew, _ := named("renew")
	if got := renew.Mention("更新 代理", i18n.JA); !strings.Contains(got, "代理人") {
		t.Errorf("%q", got)
	}
	if got := proxy.Mention("ピザ", i18n.JA); got != "" {
		t.Errorf("%q", got)
	}
}

// TestEveryWordFindsItsTopic: a word that two topics share would find whichever
// comes first.
func TestEveryWordFindsItsTopic(t *testing.T) {
	for _, topic := range topics {
		for _, w := range slices.Concat([]string{topic.Name, topic.Title.JA, topic.Title.EN}, topic.words, topic.alone) {
			if found, near := Find(w); len(found) != 1 || found[0].Name != topic.Name {
				t.Errorf("%q of %s finds %v, %v", w, topic.Name, names(found), names(near))
			}
		}
	}
}

// TestReferencesLead: a text that names another topic, a telephone number or a
// date names one that is there, in both languages.
func TestReferencesLead(t *testing.T) {
	reference := regexp.MustCompile(`jpki guide ([a-z-]+)`)
	number := regexp.MustCompile(`\d{3,4}-\d{2,4}-\d{2,4}`)
	seen := 0
	for _, topic := range topics {
		var ja, en []string
		for _, part := range topic.Parts {
			for _, p := range part.Points {
				ja, en = append(ja, number.FindAllString(p.JA, -1)...), append(en, number.FindAllString(p.EN, -1)...)
				for _, m := range append(reference.FindAllStringSubmatch(p.JA, -1), reference.FindAllStringSubmatch(p.EN, -1)...) {
					seen++
					if !slices.Contains(names(topics), m[1]) {
						t.Errorf("%s: there is no topic %s", topic.Name, m[1])
					}
				}
			}
		}
		slices.Sort(ja)
		slices.Sort(en)
		if !slices.Equal(ja, en) {
			t.Errorf("%s: telephone numbers %v in Japanese, %v in English", topic.Name, ja, en)
		}
	}
	if seen == 0 {
		t.Error("no text names another topic")
	}
}

// TestLostNumbers holds the telephone numbers against the published ones, and
// to the top.
func TestLostNumbers(t *testing.T) {
	lost, _ := named("lost")
	var ja, en []string
	for _, p := range lost.Parts[0].Points {
		ja, en = append(ja, strings.Fields(p.JA)[0]), append(en, strings.Fields(p.EN)[0])
	}
	if want := []string{"0120-95-0178", "0570-783-578", "050-3818-1250", "0120-0178-27", "0570-064-738"}; !slices.Equal(ja, want) {
		t.Errorf("in Japanese the numbers are %v, want %v", ja, want)
	}
	if want := []string{"0120-0178-27", "0570-064-738", "0120-95-0178", "0570-783-578", "050-3818-1250"}; !slices.Equal(en, want) {
		t.Errorf("in English the numbers are %v, want %v", en, want)
	}
}

func names(topics []Topic) (all []string) {
	for _, t := range topics {
		all = append(all, t.Name)
	}
	return all
}

// named returns the topic of this name.
func named(name string) (t Topic, found bool) {
	i := slices.IndexFunc(topics, func(t Topic) bool { return t.Name == name })
	if i < 0 {
		return Topic{}, false
	}
	return topics[i], true
}
