package guide

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFind asks as people do.
func TestFind(t *testing.T) {
	for words, want := range map[string]string{
		"lost": "lost", "LOST": "lost", "なくした": "lost", "カードを落としました": "lost", "I lost my card": "lost", "紛失": "lost", "stolen card": "lost", "電話番号": "lost",
		"locked": "locked", "ロック": "locked", "ﾛｯｸ": "locked", "暗証番号を忘れました": "locked", "forgot my PIN": "locked", "署名用パスワードを忘れた": "locked", "Ｌｏｃｋｅｄ": "locked", "暗証番号のロック解除": "locked",
		"renew": "renew", "更新": "renew", "証明書の更新": "renew", "期限切れ": "renew", "how do I renew?": "renew", "expired": "renew", "有効期限通知書": "renew", "更新に必要な持ち物": "renew",
		"after-renewal": "after-renewal", "after renewal": "after-renewal", "更新したら使えない": "after-renewal",
		"moved": "moved", "引越し": "moved", "引っ越しました": "moved", "ヒッコシ": "moved", "married": "moved", "結婚して名字が変わった": "moved", "change of address": "moved", "旧姓": "moved",
		"pin-change": "pin-change", "暗証番号": "pin-change", "暗証番号を変えたい": "pin-change", "password": "pin-change", "new password": "pin-change", "pin change": "pin-change",
		"wrong-pin": "wrong-pin", "wrong PIN": "wrong-pin", "暗証番号を間違えた": "wrong-pin", "残り回数": "wrong-pin", "tries": "wrong-pin",
		"certificates": "certificates", "電子証明書": "certificates", "署名用": "certificates", "jpki": "certificates", "2つの証明書の違い": "certificates",
		"who": "who", "15歳未満": "who", "子どものカード": "who", "顔認証": "who", "face-authentication": "who", "署名用電子証明書がない": "who", "child": "who",
		"validity": "validity", "有効期限": "validity", "いつまで使える": "validity", "外国人": "validity",
		"lapsed": "lapsed", "失効": "lapsed", "revoked": "lapsed", "本人が死亡した": "lapsed",
		"give-up": "give-up", "失効申請": "give-up", "give up": "give-up", "revoke": "give-up",
		"check": "check", "有効性確認": "check", "失効していないか確かめる": "check", "OCSP": "check",
		"fees": "fees", "いくら": "fees", "手数料": "fees", "再発行の料金": "fees", "cost": "fees",
		"proxy": "proxy", "代理人": "proxy", "委任状": "proxy", "power of attorney": "proxy",
		"devices": "devices", "iPhone": "devices", "スマホ": "devices", "住基カード": "devices", "card reader": "devices",
		"counter": "counter", "窓口": "counter", "市役所": "counter", "opening hours": "counter",
	} {
		if got, found, near := Find(words); !found || got.Name != want || near != nil {
			t.Errorf("Find(%q) = %q, %t, %v, want %s", words, got.Name, found, names(near), want)
		}
	}
}

func TestNearestTopics(t *testing.T) {
	for words, want := range map[string]string{
		"lokced":       "locked",
		"renwe":        "renew",
		"certifcates":  "certificates",
		"通知":           "renew",
		"コンビニ":         "locked after-renewal",
		"更新した人の失効":     "renew lapsed",
		"renew or who": "renew",
		"":             "",
		"の":            "",
		"xyz":          "",
		"ピザ":           "",
		"e":            "",
	} {
		topic, found, near := Find(words)
		got := strings.Join(names(near), " ")
		if found {
			got = topic.Name
		}
		if got != want {
			t.Errorf("Find(%q) = %q (found: %t), want %q", words, got, found, want)
		}
	}
}

// TestEveryWordFindsItsTopic: a word that two topics share would find whichever
// comes first.
func TestEveryWordFindsItsTopic(t *testing.T) {
	for _, topic := range topics {
		for _, w := range slices.Concat([]string{topic.Name, topic.Title.JA, topic.Title.EN}, topic.words, topic.alone) {
			if got, found, near := Find(w); !found || got.Name != topic.Name {
				t.Errorf("%q of %s finds %q, %v", w, topic.Name, got.Name, names(near))
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
	lost, _, _ := Find("lost")
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
