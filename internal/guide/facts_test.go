package guide

import (
	"slices"
	"strings"
	"testing"
)

// fact is something that the published pages say, and where the guide says it.
// The phrases are parts of one topic's sentences, in both languages.
type fact struct {
	what, topic string
	ja, en      []string
}

// facts are all of what the guide has to say, in the order of the pages that it
// summarises.
var facts = []fact{
	// The two certificates.
	{"signing certificate: made and sent by you, not altered", "certificates", []string{"あなたが作って送ったこと、書き換えられていないこと", "e-Taxなどの申告や申請"}, []string{"you made and sent a document, and that nobody has altered it", "e-Tax and other filings"}},
	{"signing password: 6-16 upper-case letters and digits", "certificates", []string{"英大文字と数字を組み合わせた6〜16文字"}, []string{"6 to 16 upper-case letters and digits"}},
	{"authentication certificate: log-in, convenience stores, health insurance", "certificates", []string{"ログインしているのがあなた本人", "マイナポータルやe-Taxへのログイン", "コンビニでの証明書の交付", "健康保険証"}, []string{"you who logs in", "Mynaportal", "e-Tax", "certificates in convenience stores", "health insurance card"}},
	{"authentication PIN: 4 digits", "certificates", []string{"暗証番号は数字4桁"}, []string{"Its PIN has 4 digits"}},
	{"either without the other", "certificates", []string{"どちらか一方だけ"}, []string{"one of them without the other"}},
	{"personal data in the signing certificate", "certificates", []string{"氏名、住所、生年月日、性別が入っていて"}, []string{"your name, address, date of birth and sex"}},
	{"substitute characters", "certificates", []string{"外字などの代わりに代替文字"}, []string{"Substitute characters"}},

	// Who has which.
	{"under 15 and wards: none in principle, it stands for a seal", "who", []string{"15歳未満の人と成年被後見人には、原則として", "実印"}, []string{"Children under 15 and adult wards (seinen hikokennin)", "in principle", "registered seal"}},
	{"a child who turns 15 may apply", "who", []string{"15歳になったら申し込めます"}, []string{"turns 15 may apply"}},
	{"face-authentication card: no PINs, no signing certificate, renewal all the same", "who", []string{"暗証番号も署名用電子証明書もありません", "更新が必要"}, []string{"no PINs and no signing certificate", "must be renewed all the same"}},
	{"declined at first", "who", []string{"申請したときに「不要」とした"}, []string{"declined when you applied"}},

	// Validity.
	{"to the 5th birthday or the card's expiry", "validity", []string{"5回目の誕生日か、カードの有効期限の、早いほう", "6回目の誕生日"}, []string{"fifth birthday after its issue (the sixth", "until the card expires if that is earlier"}},
	{"never longer than the authentication certificate", "validity", []string{"利用者証明用より長く続くことはありません"}, []string{"never outlasts the authentication certificate"}},
	{"foreign residents, and certificates applied for later", "validity", []string{"外国人住民の証明書は違い、在留期間の終わりが先", "カードの受け取りよりあとに申し込んだ"}, []string{"different for foreign residents, whose period of stay may end first", "applied for after the card was handed over"}},
	{"the card: 10th birthday, 5th for minors", "validity", []string{"10回目の誕生日", "18歳未満で申し込んだカードは5回目"}, []string{"tenth birthday", "fifth if its holder was under 18"}},
	{"what stops at expiry", "validity", []string{"e-Taxなどの申告や申請、コンビニでの証明書の交付、健康保険証としての利用ができなくなります"}, []string{"e-Tax and other filings, certificates in convenience stores and the use as health insurance card stop working"}},
	{"the card remains an identity document", "validity", []string{"対面での身分証明書"}, []string{"identity document face to face"}},
	{"where to see it: this program", "validity", []string{"jpki status"}, []string{"jpki status"}},
	{"where to see it: the copy", "validity", []string{"電子証明書の写し"}, []string{"denshi shomeisho no utsushi"}},
	{"where to see it: the line on the card", "validity", []string{"カード表面の記入欄。空いていることがあります。自分で書き入れるか、窓口で"}, []string{"line on the front of the card. It may be blank: write the date in yourself, or ask the clerk"}},

	// Renewal.
	{"from the day after three months before, at the counter", "renew", []string{"3か月前の日の翌日から満了日まで", "市区町村の窓口", "4月16日から", "「3か月前から」と案内している"}, []string{"the day after the day three months before the last day", "municipal counter", "16 April", "simply say three months"}},
	{"renewed in time: the sixth birthday, the old one ends", "renew", []string{"6回目の誕生日まで有効", "古い証明書は、その場で使えなくなります"}, []string{"until the sixth birthday", "The old one stops working at once"}},
	{"free, no photo", "renew", []string{"手数料はかかりません。写真も要りません"}, []string{"It is free, and no photo is needed"}},
	{"the card itself within its validity", "renew", []string{"カードそのものが有効期限内"}, []string{"The card itself must not have expired"}},
	{"bring the card", "renew", []string{"カード。"}, []string{"The card."}},
	{"bring three PINs; forgotten ones are set anew", "renew", []string{"署名用、利用者証明用、住民基本台帳用(数字4桁)。忘れたものは窓口で設定し直せます"}, []string{"for signing, for authentication, and the 4-digit one for the resident register. A forgotten one can be set anew"}},
	{"notice: from J-LIS, 2-3 months before", "renew", []string{"2〜3か月前に、J-LIS"}, []string{"J-LIS, the agency that runs the service, posts a notice two to three months before"}},
	{"notice: not forwarded, may not arrive, none where absent or lapsed", "renew", []string{"転送されないので、引っ越した人には届かないことがあります", "入っていないときや失効しているときは送られません"}, []string{"not forwarded, so it may not reach you if you moved", "no certificate, or a revoked one"}},
	{"after the last day a new issue, free", "renew", []string{"更新ではなく新しい発行", "無料"}, []string{"After the last day a new certificate is issued instead, also free"}},
	{"proxy: card, form, photo ID, originals only", "renew", []string{"本人のカード、通知書に同封の照会書兼回答書、代理人の顔写真付きの本人確認書類", "どれも原本"}, []string{"your card, the inquiry and reply form (shokaisho ken kaitosho)", "their own photo ID: originals only"}},
	{"proxy: every field filled in and sealed; face-authentication cards not", "renew", []string{"すべての欄に記入して封", "顔認証マイナンバーカードなら、暗証番号も封も要りません"}, []string{"fill in every field of the form and seal it", "no PIN and no seal"}},
	{"proxy: a lost letter, a wrong PIN", "renew", []string{"一度窓口へ行くと送り直して", "照会書の送付からやり直し"}, []string{"another is sent after a visit to the counter", "another letter is needed"}},

	// After the renewal.
	{"some services stop or want a new registration", "after-renewal", []string{"数時間から数日使えなくなったり、登録し直し"}, []string{"stop for hours or days, or want you to register again"}},
	{"e-Tax from the next day, registered again; reported only", "after-renewal", []string{"翌日から使え、登録し直しが必要だとされています"}, []string{"said to take the new certificate from the next day, and to want it registered again"}},
	{"convenience stores: three working days or more", "after-renewal", []string{"3営業日以上かかる例"}, []string{"three working days or more"}},
	{"ask each provider", "after-renewal", []string{"サービスの提供者に確かめて"}, []string{"Ask the provider of each service"}},

	// Moved.
	{"the signing certificate lapses at once, the other does not", "moved", []string{"氏名、住所、旧氏、通称などの基本の事項", "すぐに失効します。利用者証明用電子証明書は失効しません"}, []string{"name, address, former surname, alias or another basic item", "at once. The authentication certificate stays valid"}},
	{"ask for a new one together with the change", "moved", []string{"変更の届け出と一緒に"}, []string{"When you report the change, ask for a new signing certificate too"}},
	{"its dates do not show it", "moved", []string{"カードに残っていることがあります。失効しても日付は変わらない"}, []string{"can still be on the card. Its dates do not change"}},
	{"abroad: not covered", "moved", []string{"この案内にはありません"}, []string{"does not cover moving abroad"}},

	// Other ends.
	{"ends: a change", "lapsed", []string{"署名用だけが失効します"}, []string{"the signing certificate only"}},
	{"ends: application", "lapsed", []string{"失効を申請したとき"}, []string{"When you apply for it"}},
	{"ends: the card's own end, death", "lapsed", []string{"カードそのものが使えなくなったとき、本人が亡くなったとき"}, []string{"the card itself ends, and when its holder dies"}},
	{"ends: validity", "lapsed", []string{"有効期間が終わったとき"}, []string{"when its validity ends"}},

	// PINs.
	{"5 and 3 consecutive failures; 3 for the two others, counter only", "wrong-pin", []string{"署名用は5回、利用者証明用は3回", "住民基本台帳用と券面事項入力補助用も3回で、これらは窓口でしか"}, []string{"five for signing, three for authentication", "after three too, and only the counter"}},
	{"three PINs have four digits", "wrong-pin", []string{"数字4桁の暗証番号は3つ"}, []string{"Three of the PINs have 4 digits"}},
	{"only a success resets", "wrong-pin", []string{"正しく入力すると、残り回数は元に戻ります"}, []string{"A correct entry restores all tries"}},
	{"looking costs nothing", "wrong-pin", []string{"見ても減りません"}, []string{"uses none"}},
	{"blocked: the other topic", "wrong-pin", []string{"ロックされたら"}, []string{"Once a PIN is blocked"}},
	{"unlocking at the counter with the card", "locked", []string{"カードを持って行くと、新しい暗証番号を設定"}, []string{"Bring the card, and a new PIN is set"}},
	{"one more ID with present details", "locked", []string{"本人確認書類がもう1つ必要", "今のとおりに書かれたもの"}, []string{"one more identity document", "present name and address"}},
	{"the other PIN known, both certificates valid, not after a move", "locked", []string{"もう一方の暗証番号が分かるとき", "どちらも有効なときだけ", "引っ越しなどのあとは"}, []string{"if you know the other PIN", "only while both certificates are valid", "does not work after a move"}},
	{"app, face, 24 hours, 6:30-23:00, free", "locked", []string{"「JPKI暗証番号リセット」で顔を確認し、24時間以内", "6:30〜23:00、無料"}, []string{"JPKI Ansho Bango Reset", "face", "within 24 hours (6:30-23:00, free)"}},
	{"most chains for signing, fewer for authentication: the portal", "locked", []string{"署名用パスワードは多くのチェーン、利用者証明用パスワードは一部", "ポータルサイト"}, []string{"Most chains can reset the signing password, fewer the authentication PIN", "portal site"}},
	{"not on a PC, by no program", "locked", []string{"パソコンでは解除できません。どのプログラムを使っても"}, []string{"No program on a PC can unlock a PIN"}},
	{"the two other PINs: counter only", "locked", []string{"窓口でしか扱えません"}, []string{"can only be handled at the counter"}},
	{"a face-authentication card looks blocked", "locked", []string{"ロックされているように見えますが、正常"}, []string{"looks blocked, and nothing is wrong"}},
	{"PIN change: any time with the current one, PC or counter", "pin-change", []string{"今の暗証番号が分かれば、いつでも", "このプログラム(jpki pin change)か公式のJPKI利用者ソフト", "市区町村の窓口"}, []string{"know the current PIN you can change it at any time", "this program (jpki pin change) or the official client", "municipal counter"}},
	{"PIN change: now and then, after others typed it", "pin-change", []string{"ときどき", "ほかの人が入力した暗証番号も"}, []string{"now and then, and after somebody else has typed it"}},
	{"PIN: a safe note, tell nobody", "pin-change", []string{"控えは安全な場所にしまい、だれにも教えない"}, []string{"written note in a safe place, and tell nobody"}},

	// Lost.
	{"stop it at once, 24 hours", "lost", []string{"すぐに電話で利用を止めてください(24時間、年中無休)", "0120-95-0178  マイナンバー総合フリーダイヤル(無料)"}, []string{"Call at once", "24 hours, every day", "0120-95-0178  My Number line"}},
	{"the charged numbers", "lost", []string{"0570-783-578  個人番号カードコールセンター(有料)"}, []string{"0570-783-578  My Number Card call centre, in Japanese (charged)"}},
	{"if neither connects", "lost", []string{"050-3818-1250  どちらにもつながらないとき(有料)"}, []string{"050-3818-1250  in Japanese, if neither of those connects (charged)"}},
	{"other languages and their hours", "lost", []string{"0120-0178-27  外国語(無料)。英語、中国語、韓国語、スペイン語、ポルトガル語は24時間。タイ語、ネパール語、インドネシア語は9〜18時、ベトナム語、タガログ語は10〜19時"}, []string{"0120-0178-27  English, Chinese, Korean, Spanish and Portuguese (free). Thai, Nepali and Indonesian only 9:00-18:00, Vietnamese and Tagalog only 10:00-19:00"}},
	{"other languages, if that fails", "lost", []string{"0570-064-738  外国語、上の番号につながらないとき(有料)"}, []string{"0570-064-738  the same languages, if that number does not connect (charged)"}},
	{"police report if lost outside", "lost", []string{"外でなくしたときや盗まれたときは、警察"}, []string{"lost the card outside, or it was stolen, report it to the police"}},
	{"notice and new card at the counter, on a weekday", "lost", []string{"平日に市区町村の窓口で紛失を届け出て、カードの再交付を"}, []string{"On a weekday, report the loss at the municipal counter and apply for a new card"}},
	{"found: lift the stop on a weekday", "lost", []string{"平日に市区町村の窓口で、一時停止を解除"}, []string{"suspension lifted at the municipal counter, on a weekday"}},
	{"found: the signing certificate is issued anew", "lost", []string{"失効したままです。新しく発行"}, []string{"stays revoked. Ask for a new one"}},

	// Giving up, checking, fees.
	{"giving up at the counter", "give-up", []string{"窓口で失効を申請"}, []string{"Apply for revocation at the municipal counter"}},
	{"giving up with the online desk", "give-up", []string{"オンライン窓口"}, []string{"online desk of the official client"}},
	{"giving up: not this program", "give-up", []string{"このプログラムからは"}, []string{"This program cannot"}},
	{"checking: official client, Mynaportal, counter, no telephone", "check", []string{"「有効性確認」、マイナポータル、市区町村の窓口で確かめられます。電話では"}, []string{"validity check (yukosei kakunin) of the official client and by Mynaportal; the municipal counter", "Nobody tells you by telephone"}},
	{"checking: this program", "check", []string{"日付、認証局までのつながり、鍵", "調べる先を指定したときだけ"}, []string{"the dates, the chain to the CA and the key", "only if you name a source"}},
	{"free at first", "fees", []string{"最初の発行、更新、期限が過ぎたあとの発行は無料"}, []string{"The first issue, a renewal and a new issue after expiry are free"}},
	{"200 and 800 yen", "fees", []string{"自分の責任でなくしたり壊したり", "電子証明書が200円、カードが800円"}, []string{"through your own fault", "a certificate costs 200 yen and a card 800 yen"}},
	{"fees change", "fees", []string{"扱いが変わる"}, []string{"This may change"}},

	// Issue.
	{"issue: declined", "issue", []string{"「不要」とした"}, []string{"You declined the certificates"}},
	{"issue: lapsed or ended", "issue", []string{"有効期間が過ぎた、または証明書が失効した"}, []string{"has expired or was revoked"}},
	{"issue: name or address changed", "issue", []string{"氏名や住所などが変わった"}, []string{"Your name or address has changed"}},
	{"issue: turned 15", "issue", []string{"15歳になった"}, []string{"You turned 15"}},
	{"issue: at the counter with a card within its validity", "issue", []string{"カードを持って、市区町村の窓口", "カードそのものが有効期限内"}, []string{"Take the card to the municipal counter", "The card itself must not have expired"}},
	{"issue or renewal", "issue", []string{"期限が近いだけなら更新"}, []string{"only about to expire"}},
	{"issue: fees", "issue", []string{"手数料: "}, []string{"What it costs: "}},

	// Asking, devices.
	{"general questions", "contact", []string{"0120-95-0178  マイナンバー総合フリーダイヤル(無料)。一般的な質問"}, []string{"0120-95-0178  My Number line, in Japanese (free), for general questions"}},
	{"the site in six languages", "contact", []string{"マイナンバーカード総合サイト(kojinbango-card.go.jp)は、6つの言語"}, []string{"My Number Card site (kojinbango-card.go.jp) can be read in six languages"}},
	{"each service's provider", "contact", []string{"そのサービスの提供者"}, []string{"ask the provider of that service"}},
	{"the municipality", "contact", []string{"市区町村に聞いて"}, []string{"ask your municipality"}},
	{"a lost card", "contact", []string{"jpki guide lost"}, []string{"jpki guide lost"}},
	{"the official client differs by system, none on Linux", "devices", []string{"公式のJPKI利用者ソフトでできることは、パソコンやスマートフォンのシステムによって違います。Linux用はありません"}, []string{"official client (JPKI riyosha soft) can do differs between systems, on PCs and phones. There is none for Linux"}},
	{"a PC needs reader and driver", "devices", []string{"対応しているカードリーダーとそのドライバー"}, []string{"supported card reader and its driver"}},
	{"supported phones", "devices", []string{"対応している機種だけ"}, []string{"one of the supported models"}},
	{"the certificates of a phone", "devices", []string{"案内はカードのため", "jpki.go.jp"}, []string{"This guide is about cards", "jpki.go.jp"}},
	{"phones on a reader", "devices", []string{"リーダーに置いたAndroid"}, []string{"an Android phone that lies on the reader"}},
	{"other programs", "devices", []string{"jpki help programs"}, []string{"jpki help programs"}},
	{"juki cards ended", "devices", []string{"発行は2015年12月22日まで、有効なのは2018年12月21日まで"}, []string{"issue on 22 December 2015, validity on 21 December 2018"}},

	// By proxy.
	{"always the holder's card and originals", "proxy", []string{"本人のカードが必要です。書類はすべて原本"}, []string{"holder's card is always needed, and the originals of all papers"}},
	{"who is a legal representative", "proxy", []string{"15歳未満の子の親、成年後見人", "保佐人、補助人、任意後見人は、代理行為目録", "15歳以上の子の親は、法定代理人になりません"}, []string{"parent of a child under 15 or an adult's guardian", "(hosanin)", "(hojonin)", "(nin'i kokennin)", "(dairi koi mokuroku)", "of 15 or more is not a legal representative"}},
	{"two IDs, one with a photo, and proof", "proxy", []string{"本人確認書類を2つ(1つは顔写真付き)", "代理権を確認できる書類(戸籍謄本、登記事項証明書、代理行為目録)", "市区町村の記録で確認できる場合"}, []string{"two identity documents, at least one with a photo", "family register, certificate of registered matters, list of powers", "unless the town's own records show them"}},
	{"others: two visits, photo ID at both, and what counts", "proxy", []string{"2回行きます。どちらのときも、代理人の顔写真付き", "運転免許証、パスポート、在留カード", "官公署が発行", "市区町村の一覧"}, []string{"two visits, each with the proxy's own photo ID", "driving licence, passport, residence card", "issued by an authority (see the town's list)"}},
	{"others: the letter", "proxy", []string{"本人に照会書を郵送します(簡易書留、転送されません)"}, []string{"writes to the holder (shokaisho, by registered post, not forwarded)"}},
	{"others: form, seal, power of attorney", "proxy", []string{"照会書に記入し、暗証番号が見えないように封をして、委任状に署名"}, []string{"fills in the form, seals the PINs and signs the power of attorney (ininjo)"}},
	{"others: copies; gaps are refused", "proxy", []string{"写しを取られます。記入もれがあると受け付けられません"}, []string{"Copies are taken of the identity documents. A form with gaps is refused"}},
	{"proxy: differs between towns", "proxy", []string{"市区町村によって違います"}, []string{"differs from town to town"}},
	{"proxy: renewal", "proxy", []string{"jpki guide renew"}, []string{"jpki guide renew"}},

	// Where.
	{"the municipality of residence, hours differ", "counter", []string{"住んでいる市区町村の窓口", "受付時間は市区町村によって違います"}, []string{"the municipality where you live", "hours differ"}},
	{"some close for maintenance", "counter", []string{"月に1日、システムの点検のために休む市区町村もあります"}, []string{"Some close for one maintenance day a month"}},
	{"cards are kept and posted back", "counter", []string{"カードを預かって、あとで郵送することがあります"}, []string{"may keep the card and post it back"}},
	{"ask before you go", "counter", []string{"行く前に、受付時間と持ち物"}, []string{"Ask about the hours and what to bring"}},

	// What to look at when something does not work: this program, and the facts above.
	{"trouble: doctor", "trouble", []string{"jpki doctor"}, []string{"jpki doctor"}},
	{"trouble: devices", "trouble", []string{"jpki guide devices"}, []string{"jpki guide devices"}},
	{"trouble: expired or blocked", "trouble", []string{"期限が過ぎていないか、暗証番号がロックされていないか"}, []string{"has expired or a PIN is blocked"}},
	{"trouble: moved", "trouble", []string{"引っ越しや結婚などのあとなら、署名用電子証明書が失効"}, []string{"After a move or a marriage the signing certificate is revoked"}},
	{"trouble: renewed", "trouble", []string{"更新したばかりなら"}, []string{"Just after a renewal"}},
	{"trouble: the provider", "trouble", []string{"サービスの提供者に問い合わせて"}, []string{"ask the provider of the service"}},
}

// TestFacts: the guide says every fact, in both languages, and nothing else.
func TestFacts(t *testing.T) {
	claimed := map[string]bool{}
	for _, f := range facts {
		topic, found := named(f.topic)
		if !found {
			t.Errorf("%s: no topic %s", f.what, f.topic)
			continue
		}
		sentences := topic.headings()
		for _, part := range topic.Parts {
			for _, p := range part.Points {
				sentences = append(sentences, p.JA, p.EN)
			}
		}
		for _, phrase := range slices.Concat(f.ja, f.en) {
			said := false
			for _, s := range sentences {
				if strings.Contains(s, phrase) {
					said, claimed[topic.Name+s] = true, true
				}
			}
			if !said {
				t.Errorf("%s: jpki guide %s does not say %q", f.what, f.topic, phrase)
			}
		}
	}
	for _, topic := range topics {
		for _, part := range topic.Parts {
			for _, p := range part.Points {
				if !claimed[topic.Name+p.JA] || !claimed[topic.Name+p.EN] {
					t.Errorf("jpki guide %s says what no fact is for: %q, %q", topic.Name, p.JA, p.EN)
				}
			}
		}
	}
}

// TestNothingTooStrong: rules differ between towns and change; these sentences
// rest on one page, or on a report.
func TestNothingTooStrong(t *testing.T) {
	for _, topic := range topics {
		for _, s := range topic.text() {
			for _, strong := range []string{"届きません", "市区町村が多く", "does not come", "will not arrive", "not to those who moved", "Many close", "always closed"} {
				if strings.Contains(s, strong) {
					t.Errorf("jpki guide %s: %q is too strong: %q", topic.Name, strong, s)
				}
			}
		}
	}
}
