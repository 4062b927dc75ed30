package guide

import "github.com/jpki-tools/jpki/internal/i18n"

type text = i18n.Text

var sources = []Source{
	{text{JA: "熊谷市", EN: "Kumagaya"}, "マイナンバーカードに搭載される電子証明書について", "2025-07-24"},
	{text{JA: "安芸高田市", EN: "Akitakata"}, "マイナンバーカードに搭載される電子証明書の発行・更新", "2024-01-11"},
	{text{JA: "荒川区", EN: "Arakawa"}, "公的個人認証サービス(電子証明書)", "2024-04-15"},
	{text{JA: "宮崎市", EN: "Miyazaki"}, "公的個人認証サービス(マイナンバーカードの電子証明書)", ""},
	{text{JA: "川口市", EN: "Kawaguchi"}, "電子証明書の発行について", "2020-08-18"},
	{i18n.Same("jpki.go.jp"), "公的個人認証サービス ポータルサイト", ""},
	{i18n.Same("kojinbango-card.go.jp"), "マイナンバーカード総合サイト", ""},
	{i18n.Same("J-LIS"), "地方公共団体情報システム機構", ""},
}

// points is a part without a heading.
func points(p ...text) Part { return Part{Points: p} }

var topics = []Topic{
	{
		Name:  "lost",
		Title: text{JA: "カードをなくした、盗まれた", EN: "Lost or stolen card"},
		words: []string{
			"なくした", "なくす", "無くした", "紛失", "落とした", "落とし", "なくし", "盗まれた", "盗難", "見つからない", "見つかった", "一時停止", "電話", "電話番号",
			"lost", "lose", "stolen", "theft", "missing", "found again", "stop", "suspend", "phone number", "call", "telephone",
		},
		Parts: []Part{
			{
				Heading: text{JA: "すぐに電話で止めてください(24時間、年中無休)", EN: "Have it stopped by telephone at once (24 hours, every day)"},
				Points: []text{
					// Each language has the numbers that speak it first.
					{JA: "0120-95-0178  マイナンバー総合フリーダイヤル(無料)", EN: "0120-0178-27  English, Chinese, Korean, Spanish and Portuguese (free). Thai, Nepali and Indonesian only 9:00-18:00; Vietnamese and Tagalog only 10:00-19:00"},
					{JA: "0570-783-578  個人番号カードコールセンター(有料)", EN: "0570-064-738  the same languages, if that one does not connect (charged)"},
					{JA: "050-3818-1250  どちらにもつながらないとき(有料)", EN: "0120-95-0178  My Number line, in Japanese (free)"},
					{JA: "0120-0178-27  外国語(無料)。英語、中国語、韓国語、スペイン語、ポルトガル語は24時間。タイ語、ネパール語、インドネシア語は9〜18時、ベトナム語、タガログ語は10〜19時", EN: "0570-783-578  My Number Card call centre, in Japanese (charged)"},
					{JA: "0570-064-738  外国語、上の番号につながらないとき(有料)", EN: "050-3818-1250  in Japanese, if neither of these two connects (charged)"},
				},
			},
			{
				Heading: text{JA: "そのあと", EN: "Then"},
				Points: []text{
					{JA: "外でなくしたときや盗まれたときは、警察に届け出てください。", EN: "If it was lost outside or stolen, report it to the police."},
					{JA: "市区町村の窓口で、再発行などの手続きをしてください。", EN: "Go to the municipal counter about a new card."},
				},
			},
			{
				Heading: text{JA: "見つかったら", EN: "If it is found again"},
				Points: []text{
					{JA: "平日に市区町村の窓口で、一時停止を解除してもらってください。", EN: "Have the stop lifted at the municipal counter, on a weekday."},
					{JA: "署名用電子証明書は失効したままなので、新しく発行してもらいます。", EN: "The signing certificate stays dead; ask for a new one."},
				},
			},
		},
	},
	{
		Name:  "locked",
		Title: text{JA: "暗証番号がロックされた、忘れた", EN: "PIN blocked or forgotten"},
		words: []string{
			"ロック", "ロック解除", "ロックされた", "解除", "忘れた", "忘れ", "暗証番号を忘れ", "パスワードを忘れ", "初期化", "再設定", "コンビニで再設定", "リセット", "暗証番号リセット",
			"lock", "locked", "block", "blocked", "unblock", "unlock", "forgot", "forgotten", "forgot pin", "reset", "pin reset",
		},
		Parts: []Part{
			{
				Heading: text{JA: "市区町村の窓口で", EN: "At the municipal counter"},
				Points: []text{
					{JA: "カードを持って行けば、新しい暗証番号を設定できます。", EN: "Bring the card; a new PIN is set there."},
					{JA: "忘れたときやロックされたときは、本人確認書類がもう1つ必要です。", EN: "For a forgotten or blocked PIN, bring one more identity document besides."},
				},
			},
			{
				Heading: text{JA: "コンビニで(もう一方の暗証番号が分かるとき)", EN: "In a convenience store (if you know the other PIN)"},
				Points: []text{
					{JA: "署名用と利用者証明用の証明書が、どちらも有効なときだけできます。引っ越しのあとは、署名用が失効しているのでできません。", EN: "Only while both certificates are valid: not after a move, which ends the signing one."},
					{JA: "スマートフォンのアプリ「JPKI暗証番号リセット」で顔を確認し、24時間以内にマルチコピー機で設定します(6:30〜23:00、無料)。", EN: "Have your face checked by the phone app \"JPKI Ansho Bango Reset\" (its name is in Japanese), then set the PIN at a multi-copier within 24 hours (6:30-23:00, free)."},
					{JA: "署名用パスワードは多くのチェーン、利用者証明用は一部のチェーンでできます。店は公的個人認証サービス ポータルサイトで確かめてください。", EN: "Most chains do it for the signing password, fewer for the authentication PIN: see the portal site jpki.go.jp."},
				},
			},
			{
				Heading: text{JA: "できないこと", EN: "What cannot be done"},
				Points: []text{
					{JA: "顔認証マイナンバーカードの暗証番号は、初めから使えません。ロックに見えますが、正常です。", EN: "A face-authentication card has no PIN that works. It looks blocked, and that is right."},
					{JA: "パソコンでは解除できません。どのプログラムでも同じです。", EN: "It cannot be unlocked on a PC, by no program."},
					{JA: "住民基本台帳用と券面事項入力補助用の暗証番号は、窓口だけで扱います。", EN: "The PINs for the resident register and for the card's printed data are the counter's alone."},
				},
			},
		},
	},
	{
		Name:  "renew",
		Title: text{JA: "電子証明書の更新", EN: "Renewing the certificates"},
		words: []string{
			"更新", "更新手続き", "期限切れ", "期限が近い", "有効期限通知書", "通知書", "期限が切れた", "切れた", "持ち物", "照会書兼回答書",
			"renew", "renewal", "renewing", "expired", "expiring", "expire", "expiry", "notice", "letter", "what to bring",
		},
		Parts: []Part{
			{
				Heading: text{JA: "いつ、どこで", EN: "When and where"},
				Points: []text{
					{JA: "有効期間満了日の3か月前の日の翌日から満了日までに、市区町村の窓口で。7月15日までの証明書なら4月16日からです。「3か月前から」と案内している市区町村もあります。", EN: "At the municipal counter, from the day after the day three months before the last day, until the last day: from 16 April for one that ends on 15 July. Some towns simply say three months."},
					{JA: "この期間に更新すると、新しい証明書は6回目の誕生日までです(カードの有効期限のほうが早ければ、そこまで)。古い証明書は、その場で使えなくなります。", EN: "Renewed in this time, the new certificate runs to the sixth birthday, or until the card expires if that is earlier. The old one ends at once."},
					{JA: "手数料はかかりません。写真も要りません。", EN: "It is free, and needs no photo."},
					{JA: "満了日を過ぎたら、更新ではなく新しい発行になります。これも無料です。", EN: "After the last day a new one is issued instead, also free."},
				},
			},
			{
				Heading: text{JA: "持って行くもの", EN: "What to bring"},
				Points: []text{
					{JA: "カード。", EN: "The card."},
					{JA: "暗証番号: 署名用、利用者証明用、住民基本台帳用(数字4桁)。忘れたものは窓口で設定し直せます。", EN: "The PINs: for signing, for authentication, and the 4-digit one for the resident register. Forgotten ones are set anew there."},
				},
			},
			{
				Heading: text{JA: "有効期限通知書", EN: "The notice by post"},
				Points: []text{
					{JA: "満了日の2〜3か月前に郵送されます。引っ越した人、証明書が入っていない人、失効している人には届きません。", EN: "It is sent two to three months before the end; not to those who moved, nor where the certificate is absent or has lapsed."},
				},
			},
			{
				Heading: text{JA: "代理人が行くとき", EN: "If somebody goes for you"},
				Points: []text{
					{JA: "本人のカード、通知書に同封の照会書兼回答書、代理人の顔写真付きの本人確認書類。どれも原本が必要です。", EN: "Your card, the inquiry and reply form (shokaisho ken kaitosho) from the notice, and the other person's photo identity document: originals only."},
					{JA: "照会書兼回答書は、本人がすべての欄に記入して封をします。顔認証マイナンバーカードなら、暗証番号も封も要りません。", EN: "You fill in every field of the form and seal it. A face-authentication card needs no PIN and no seal."},
					{JA: "用紙をなくしたら、一度窓口へ行くと送り直してもらえます。書いた暗証番号が違っていると、照会書の送付からやり直しです。", EN: "A lost form is sent again after a visit to the counter. If the PINs in it are wrong, it takes another letter."},
				},
			},
		},
	},
	{
		Name:  "after-renewal",
		Title: text{JA: "更新したあと", EN: "After the renewal"},
		words: []string{
			"更新後", "更新したあと", "更新したら", "使えない", "使えなくなった", "登録し直し", "再登録", "コンビニ交付", "健康保険証", "保険証",
			"after renewal", "after the renewal", "after renewing", "renewed", "does not work", "not working", "register again", "health insurance", "certificates in convenience stores",
		},
		Parts: []Part{points(
			text{JA: "新しい証明書に変わるため、サービスによっては、数時間から数日使えなくなったり、登録し直しになったりします。", EN: "The certificates are new ones: some services stop for hours or days, or want a new registration."},
			text{JA: "コンビニでの証明書の交付は、3営業日以上かかる例があります。", EN: "Certificates in convenience stores: one example is three working days or more."},
			text{JA: "詳しくは、使っているサービスごとに確かめてください。", EN: "Ask each provider."},
		)},
	},
	{
		Name:  "moved",
		Title: text{JA: "引っ越し、結婚、氏名などの変更", EN: "Moved, married, changed a name"},
		words: []string{
			"引越し", "引っ越し", "引越", "ひっこし", "転居", "転入", "転出", "住所変更", "住所", "結婚", "離婚", "氏名変更", "氏名", "名前", "名字", "改姓", "旧姓", "旧氏", "通称",
			"move", "moved", "moving", "address", "new address", "married", "marriage", "marry", "divorce", "divorced", "name", "name change", "new name", "surname",
		},
		Parts: []Part{points(
			text{JA: "住所、氏名、旧氏、通称などの基本の事項が変わると、署名用電子証明書はすぐに失効します。利用者証明用電子証明書は失効しません。", EN: "When your address, name, former surname, alias or another basic item changes, the signing certificate lapses at once. The authentication certificate does not."},
			text{JA: "変更の届け出と一緒に、新しい署名用電子証明書の発行を申し込んでください。", EN: "Ask for a new signing certificate together with the change."},
			text{JA: "失効していても、カードに残った証明書の日付は変わりません。このプログラムが見る期限だけでは、失効は分かりません。", EN: "The dates in a lapsed certificate stay as they were: this program cannot tell from them that it has lapsed."},
		)},
	},
	{
		Name:  "pin-change",
		Title: text{JA: "暗証番号の変更", EN: "Changing a PIN"},
		words: []string{
			"暗証番号の変更", "暗証番号変更", "暗証番号を変え", "パスワードの変更", "パスワード変更", "パスワードを変え",
			"change pin", "change a pin", "change my pin", "new pin", "change password", "change my password", "new password",
		},
		alone: []string{"暗証番号", "パスワード", "pin", "pins", "password"},
		Parts: []Part{points(
			text{JA: "今の暗証番号が分かれば、いつでも変更できます。このプログラム(jpki pin change)や公式のJPKI利用者ソフトを使ってパソコンで、または市区町村の窓口で。", EN: "With the current PIN it can be changed at any time: on a PC, with this program (jpki pin change) or the official one, or at the municipal counter."},
			text{JA: "ときどき変更してください。代理人の受け取りなどで、ほかの人が入力したあとにも。", EN: "Change it now and then, and after somebody else typed it for you, as when a proxy picked up the card."},
			text{JA: "控えは安全な場所にしまい、だれにも教えないでください。", EN: "Keep a written note in a safe place, and tell nobody."},
		)},
	},
	{
		Name:  "wrong-pin",
		Title: text{JA: "暗証番号を間違えた", EN: "Wrong PIN"},
		words: []string{
			"間違えた", "間違い", "間違えました", "まちがえた", "残り回数", "回数", "何回", "誤入力",
			"wrong", "wrong pin", "wrong password", "mistake", "mistyped", "tries", "tries left", "attempts", "counter of tries",
		},
		Parts: []Part{points(
			text{JA: "続けて間違えるとロックされます。署名用は5回、利用者証明用は3回です。住民基本台帳用と券面事項入力補助用も3回で、これらは窓口だけで扱います。", EN: "Consecutive mistakes block it: five for signing, three for authentication. The PINs for the resident register and for the card's printed data lock after three too; they are the counter's alone."},
			text{JA: "正しく入力すると、回数は元に戻ります。", EN: "A correct entry resets the counter."},
			text{JA: "残り回数は jpki pin status で見られます。見ても減りません。", EN: "jpki pin status shows the tries left, and uses none."},
			text{JA: "ロックされたら: jpki guide locked", EN: "Once it is blocked: jpki guide locked"},
		)},
	},
	{
		Name:  "certificates",
		Title: text{JA: "2つの電子証明書の違い", EN: "The two certificates"},
		words: []string{
			"違い", "種類", "マイナポータル", "e-tax", "確定申告",
			"two certificates", "difference", "tax", "mynaportal",
		},
		alone: []string{
			"電子証明書", "証明書", "署名用", "利用者証明用", "署名用電子証明書", "利用者証明用電子証明書", "公的個人認証", "公的個人認証サービス",
			"certificate", "signing", "signature", "authentication", "jpki",
		},
		Parts: []Part{
			{
				Heading: text{JA: "署名用電子証明書", EN: "Digital-signature certificate (shomeiyo)"},
				Points: []text{
					{JA: "文書があなたの作ったもので、あなたが送り、書き換えられていないことを示します。e-Taxなどの申告や申請に使います。", EN: "Proves that a document was made and sent by you and was not altered. For e-Tax and other filings."},
					{JA: "暗証番号は、英大文字と数字を組み合わせた6〜16文字です(署名用パスワード)。", EN: "Its PIN, the signing password, has 6 to 16 upper-case letters and digits, mixed."},
				},
			},
			{
				Heading: text{JA: "利用者証明用電子証明書", EN: "User-authentication certificate (riyosha shomeiyo)"},
				Points: []text{
					{JA: "ログインしているのが、あなた本人であることを示します。マイナポータルやe-Taxへのログイン、コンビニでの証明書の交付、健康保険証としての利用に使います。", EN: "Proves that it is you who logs in. For Mynaportal, the e-Tax log-in, certificates in convenience stores, and the card as health insurance card."},
					{JA: "暗証番号は数字4桁です。", EN: "Its PIN has 4 digits."},
				},
			},
			points(text{JA: "どちらか一方だけをカードに入れることもできます。", EN: "Either can be on the card without the other."}),
		},
	},
	{
		Name:  "who",
		Title: text{JA: "だれが、どの証明書を持てるか", EN: "Who has which certificate"},
		words: []string{
			"だれが", "誰が", "15歳", "15歳未満", "子ども", "子供", "こども", "未成年", "成年被後見人", "顔認証", "顔認証カード", "顔認証マイナンバーカード", "署名用がない", "証明書がない", "実印",
			"child", "children", "under 15", "minor", "ward", "face authentication", "face", "no signing certificate", "no certificate", "absent",
		},
		Parts: []Part{points(
			text{JA: "15歳未満の人と成年被後見人には、原則として署名用電子証明書は発行されません。実印に当たるものだからです。15歳になったら申請できます。", EN: "Children under 15 and adult wards (seinen hikokennin) get no signing certificate, in principle: it stands for a registered seal. A child who turns 15 may apply."},
			text{JA: "顔認証マイナンバーカードには、暗証番号も署名用電子証明書もありません。利用者証明用電子証明書は入っていて、期限の前に更新が必要です。", EN: "A face-authentication card (kao ninsho) has no PINs and no signing certificate. Its authentication certificate must be renewed all the same."},
			text{JA: "申請のときに「不要」とした証明書も入っていません。市区町村の窓口で発行を申し込めます。", EN: "A certificate that was declined when the card was applied for is absent too. Apply for it at the municipal counter."},
		)},
	},
	{
		Name:  "validity",
		Title: text{JA: "有効期間", EN: "How long they are valid"},
		words: []string{
			"有効期間", "有効期限", "期限", "有効期間満了日", "満了日", "いつまで", "5回目の誕生日", "誕生日", "10年", "5年", "在留期間", "外国人", "身分証明書",
			"valid", "valid until", "how long", "end", "ends", "birthday", "five years", "foreign", "foreigner", "residence", "stay", "identity card",
		},
		Parts: []Part{
			points(
				text{JA: "電子証明書は、発行から5回目の誕生日か、カードの有効期限の、早いほうまで有効です。更新できる期間に更新したものは、6回目の誕生日です。署名用は、利用者証明用より長くは続きません。", EN: "A certificate is valid until the fifth birthday after its issue, the sixth if it was renewed while renewal was open, or until the card expires if that is earlier. The signing one does not outlast the authentication one."},
				text{JA: "外国人住民の場合や、カードの受け取りよりあとに証明書を申し込んだ場合は違います。", EN: "It is different for foreign residents, and for certificates that were applied for after the card was handed over."},
				text{JA: "カードの有効期限は、発行から10回目の誕生日です。18歳未満で申し込んだカードは5回目です。", EN: "The card is valid until the tenth birthday after its issue; the fifth where its holder was under 18 when applying."},
				text{JA: "証明書の期限が過ぎても、カードは対面での身分証明書として、カードの有効期限まで使えます。", EN: "A card whose certificates have ended is still valid as an identity document face to face."},
			),
			{
				Heading: text{JA: "期限の調べ方", EN: "Where to see it"},
				Points: []text{
					{JA: "このプログラムで: jpki status", EN: "With this program: jpki status"},
					{JA: "発行のときに渡された「電子証明書の写し」。", EN: "On the copy of the certificate (denshi shomeisho no utsushi) handed over at the issue."},
					{JA: "カード表面の記入欄。空いていることがあります。自分で書き入れるか、窓口で聞いてください。", EN: "On the line on the card's face. It may be blank: write it in yourself, or ask the clerk."},
				},
			},
		},
	},
	{
		Name:  "lapsed",
		Title: text{JA: "証明書が失効するとき", EN: "When a certificate lapses"},
		words: []string{
			"失効", "失効した", "失効する", "無効になった", "死亡", "亡くなった", "返納",
			"lapse", "lapses", "lapsed", "revoked", "revocation", "invalid", "death", "died", "dead",
		},
		Parts: []Part{points(
			text{JA: "有効期間が終わったとき(jpki guide validity)。", EN: "When its validity ends (jpki guide validity)."},
			text{JA: "住所、氏名などが変わったとき。署名用だけが失効します(jpki guide moved)。", EN: "When your address, name or the like changes: the signing one only (jpki guide moved)."},
			text{JA: "失効を申請したとき(jpki guide give-up)。", EN: "When you apply for it (jpki guide give-up)."},
			text{JA: "カードそのものが使えなくなったとき、本人が亡くなったとき。", EN: "When the card itself ends, and when its holder dies."},
		)},
	},
	{
		Name:  "give-up",
		Title: text{JA: "証明書をやめる(失効の申請)", EN: "Giving a certificate up"},
		words: []string{
			"やめる", "やめたい", "失効申請", "失効の申請", "失効させる", "失効させたい", "不要", "廃止", "オンライン窓口",
			"give up", "revoke", "cancel", "delete", "unwanted", "online desk",
		},
		Parts: []Part{points(
			text{JA: "市区町村の窓口で申請します。", EN: "Apply at the municipal counter."},
			text{JA: "公式のJPKI利用者ソフトのオンライン窓口からも申請できます。", EN: "Or use the online desk of the official client."},
			text{JA: "このプログラムからはできません。", EN: "This program cannot do it."},
		)},
	},
	{
		Name:  "check",
		Title: text{JA: "有効かどうかを確かめる", EN: "Checking whether one is valid"},
		words: []string{
			"有効性確認", "有効性", "有効か", "確認", "確かめる", "失効の確認", "失効確認", "失効していないか",
			"validity check", "check validity", "check revocation", "verify", "ocsp", "crl",
		},
		Parts: []Part{points(
			text{JA: "失効していないかは、公式のJPKI利用者ソフトの「有効性確認」、マイナポータル、市区町村の窓口で確かめられます。電話では確かめられません。", EN: "Whether a certificate was revoked is told by the validity check (yukosei kakunin) of the official client, by Mynaportal and by the municipal counter; not by telephone."},
			text{JA: "このプログラムが調べるのは、日付、認証局とのつながり、鍵です。失効を調べるのは、調べ先を指定したときだけです。", EN: "This program checks the dates, the chain to the CA and the key, and revocation only with a source that you give."},
		)},
	},
	{
		Name:  "fees",
		Title: text{JA: "手数料", EN: "Fees"},
		words: []string{
			"手数料", "料金", "費用", "無料", "有料", "いくら", "200円", "800円", "再発行", "再交付", "こわれた", "壊れた", "破損",
			"fee", "fees", "cost", "price", "free", "charge", "yen", "money", "broken", "damaged", "replacement", "reissue",
		},
		Parts: []Part{points(
			text{JA: "最初の発行、更新、期限が過ぎたあとの発行は無料です。", EN: "The first issue, a renewal and a new issue after expiry are free."},
			text{JA: "自分の責任でなくしたり壊したりしたあとの再発行は、電子証明書が200円、カードが800円です。", EN: "After loss or damage by your own fault: 200 yen for a certificate, 800 yen for the card."},
			text{JA: "扱いが変わることがあります。行く前に市区町村に確かめてください。", EN: "This may change: ask your municipality before you go."},
		)},
	},
	{
		Name:  "proxy",
		Title: text{JA: "代理人による手続き", EN: "Having somebody else do it"},
		words: []string{
			"代理", "代理人", "委任状", "委任", "法定代理人", "親", "後見人", "成年後見人", "照会書", "回答書", "家族", "代わり",
			"proxy", "by proxy", "somebody else", "representative", "parent", "guardian", "power of attorney", "family", "on behalf",
		},
		Parts: []Part{
			{
				Heading: text{JA: "法定代理人", EN: "Legal representatives"},
				Points: []text{
					{JA: "15歳未満の子の親、成年後見人。代理行為目録で認められた保佐人、補助人、任意後見人。15歳以上の子の親は、法定代理人として扱われません。", EN: "The parent of a child under 15, an adult's guardian (seinen kokennin), and a curator (hosanin), assistant (hojonin) or voluntary guardian (nin'i kokennin) whose list of powers (dairi koi mokuroku) says so. The parent of a child of 15 or more is not one."},
					{JA: "本人確認書類を2つ(1つは顔写真付き)と、資格の証明(戸籍謄本、登記事項証明書、代理行為目録)。市区町村の記録で分かる証明は要りません。", EN: "Two identity documents, at least one with a photo, and proof of the office (family register, certificate of registered matters, list of powers); not needed where the town's own records show it."},
				},
			},
			{
				Heading: text{JA: "そのほかの代理人", EN: "Any other proxy"},
				Points: []text{
					{JA: "窓口へ2回行きます。1回目のあと、市区町村が本人に照会書を郵送します(簡易書留、転送されません)。", EN: "It takes two visits. After the first the town writes to the holder (shokaisho, by registered post, not forwarded)."},
					{JA: "本人が照会書に記入し、暗証番号が見えないように封をして、委任状に署名します。2回目に代理人が持って行きます。", EN: "The holder fills it in, seals the PINs and signs the power of attorney (ininjo); the proxy takes it along the second time."},
					{JA: "本人確認書類は写しを取られます。記入もれがあると受け付けられません。", EN: "Copies are taken of the identity documents. A form with gaps is refused."},
				},
			},
			points(
				text{JA: "必要なものは市区町村によって違います。行く前に確かめてください。", EN: "What is needed differs: ask your municipality before you go."},
				text{JA: "更新の代理は手順が違います: jpki guide renew", EN: "A renewal by proxy goes another way: jpki guide renew"},
			),
		},
	},
	{
		Name:  "devices",
		Title: text{JA: "パソコン、スマートフォン、古いカード", EN: "PCs, phones and older cards"},
		words: []string{
			"パソコン", "pc", "カードリーダー", "リーダー", "スマートフォン", "スマホ", "携帯", "アンドロイド", "iphone", "android", "住基カード", "住民基本台帳カード", "対応機種", "ドライバー",
			"reader", "card reader", "driver", "phone", "smartphone", "computer", "mac", "windows", "linux", "juki card", "old card",
		},
		Parts: []Part{points(
			text{JA: "パソコンでは、対応しているカードリーダーとそのドライバーが必要です。", EN: "A PC needs a supported card reader and its driver."},
			text{JA: "スマートフォンは、対応している機種だけで使えます。", EN: "A phone has to be one of the supported models."},
			text{JA: "ここの案内はカードのためのものです。スマートフォンの証明書の手続きは、公的個人認証サービス ポータルサイト(jpki.go.jp)で確かめてください。", EN: "This guide is about cards. About the certificates of a phone, see the portal site jpki.go.jp."},
			text{JA: "このプログラムは、リーダーに置いたAndroidの証明書を読めます。iPhoneの証明書は扱えません。", EN: "This program reads the certificates of an Android phone that lies on the reader. It cannot use those of an iPhone."},
			text{JA: "住民基本台帳カードの電子証明書は終わりました。発行は2015年12月22日まで、有効なのは2018年12月21日まででした。", EN: "The certificates of Basic Resident Register Cards (juki cards) have ended: issue on 22 December 2015, validity on 21 December 2018."},
		)},
	},
	{
		Name:  "counter",
		Title: text{JA: "窓口の場所と時間", EN: "The municipal counter"},
		words: []string{
			"窓口", "市役所", "区役所", "役場", "場所", "どこ", "時間", "受付時間", "開庁時間", "休み", "土日", "休止",
			"where", "office", "city hall", "town hall", "opening hours", "hours", "weekend", "municipality", "municipal counter",
		},
		Parts: []Part{points(
			text{JA: "住んでいる市区町村の窓口です。時間は市区町村によって違います。", EN: "It is that of the town you live in. Its hours differ from town to town."},
			text{JA: "月に1回ほど、システムの点検のため週末に休む市区町村が多くあります。", EN: "Many close on one weekend a month for maintenance."},
			text{JA: "混むときは、カードを預かって後日郵送することがあります。", EN: "At busy times they keep the card and post it back."},
			text{JA: "行く前に、受付時間と持ち物を市区町村に確かめてください。", EN: "Ask about the hours and what to bring before you go."},
		)},
	},
}
