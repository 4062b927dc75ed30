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
			"なくした", "なくす", "無くした", "失くした", "紛失", "落とした", "落とし", "なくし", "盗まれた", "盗難", "見つからない", "見つかった", "一時停止", "電話", "電話番号", "警察", "遺失", "財布",
			"lost", "lose", "stolen", "theft", "missing", "found again", "found my card", "found it", "suspend", "phone number", "call", "telephone", "police", "emergency",
		},
		Parts: []Part{
			{
				Heading: text{JA: "すぐに電話で利用を止めてください(24時間、年中無休)", EN: "Call at once to have the card suspended (24 hours, every day)"},
				Points: []text{
					// Each language has the numbers that speak it first.
					{JA: "0120-95-0178  マイナンバー総合フリーダイヤル(無料)", EN: "0120-0178-27  English, Chinese, Korean, Spanish and Portuguese (free). Thai, Nepali and Indonesian only 9:00-18:00, Vietnamese and Tagalog only 10:00-19:00"},
					{JA: "0570-783-578  個人番号カードコールセンター(有料)", EN: "0570-064-738  the same languages, if that number does not connect (charged)"},
					{JA: "050-3818-1250  どちらにもつながらないとき(有料)", EN: "0120-95-0178  My Number line, in Japanese (free)"},
					{JA: "0120-0178-27  外国語(無料)。英語、中国語、韓国語、スペイン語、ポルトガル語は24時間。タイ語、ネパール語、インドネシア語は9〜18時、ベトナム語、タガログ語は10〜19時", EN: "0570-783-578  My Number Card call centre, in Japanese (charged)"},
					{JA: "0570-064-738  外国語、上の番号につながらないとき(有料)", EN: "050-3818-1250  in Japanese, if neither of those connects (charged)"},
				},
			},
			{
				Heading: text{JA: "そのあとにすること", EN: "What to do next"},
				Points: []text{
					{JA: "外でなくしたときや盗まれたときは、警察に届け出てください。", EN: "If you lost the card outside, or it was stolen, report it to the police."},
					{JA: "平日に市区町村の窓口で紛失を届け出て、カードの再交付を申し込んでください(手数料: jpki guide fees)。", EN: "On a weekday, report the loss at the municipal counter and apply for a new card (jpki guide fees)."},
				},
			},
			{
				Heading: text{JA: "見つかったら", EN: "If you find the card again"},
				Points: []text{
					{JA: "平日に市区町村の窓口で、一時停止を解除してもらってください。", EN: "Have the suspension lifted at the municipal counter, on a weekday."},
					{JA: "署名用電子証明書は失効したままです。新しく発行してもらってください。", EN: "The signing certificate stays revoked. Ask for a new one."},
				},
			},
		},
	},
	{
		Name:  "locked",
		Title: text{JA: "暗証番号がロックされた、忘れた", EN: "PIN blocked or forgotten"},
		words: []string{
			"ロック", "ロック解除", "ロックされた", "解除", "忘れた", "忘れ", "わからない", "分からない", "暗証番号を忘れ", "パスワードを忘れ", "初期化", "再設定", "コンビニで再設定", "リセット", "暗証番号リセット", "閉塞", "マルチコピー機",
			"lock", "locked", "block", "blocked", "unblock", "unlock", "forgot", "forgotten", "forgot pin", "reset", "pin reset", "do not know", "don t know", "multi copier", "kiosk",
		},
		also: []string{"必要なもの", "必要書類", "セブンイレブン", "ローソン", "ファミリーマート", "ファミマ", "7-eleven", "seven eleven", "lawson", "familymart"},
		Parts: []Part{
			{
				Heading: text{JA: "市区町村の窓口で", EN: "At the municipal counter"},
				Points: []text{
					{JA: "カードを持って行くと、新しい暗証番号を設定できます。", EN: "Bring the card, and a new PIN is set there."},
					{JA: "忘れたときやロックされたときは、本人確認書類がもう1つ必要です。氏名や住所が今のとおりに書かれたものを持って行ってください。", EN: "For a forgotten or blocked PIN you need one more identity document. It must show your present name and address."},
				},
			},
			{
				Heading: text{JA: "コンビニで(もう一方の暗証番号が分かるとき)", EN: "In a convenience store (if you know the other PIN)"},
				Points: []text{
					{JA: "署名用と利用者証明用の電子証明書が、どちらも有効なときだけできます。引っ越しなどのあとは、署名用が失効しているのでできません。", EN: "This works only while both certificates are valid. It does not work after a move, which revokes the signing certificate."},
					{JA: "スマートフォンのアプリ「JPKI暗証番号リセット」で顔を確認し、24時間以内に店のマルチコピー機で設定します(6:30〜23:00、無料)。", EN: "Confirm your face in the phone app \"JPKI Ansho Bango Reset\" (its name is in Japanese). Then set the PIN at a multi-copier in the store within 24 hours (6:30-23:00, free)."},
					{JA: "署名用パスワードは多くのチェーン、利用者証明用パスワードは一部のチェーンでできます。店は公的個人認証サービス ポータルサイト(jpki.go.jp)で確かめてください。", EN: "Most chains can reset the signing password, fewer the authentication PIN. The portal site jpki.go.jp lists them."},
				},
			},
			{
				Heading: text{JA: "できないこと", EN: "What is not possible"},
				Points: []text{
					{JA: "パソコンでは解除できません。どのプログラムを使っても同じです。", EN: "No program on a PC can unlock a PIN."},
					{JA: "住民基本台帳用と券面事項入力補助用の暗証番号は、窓口でしか扱えません。", EN: "The PINs for the resident register and for the printed data of the card can only be handled at the counter."},
					{JA: "顔認証マイナンバーカードには、使える暗証番号がありません。ロックされているように見えますが、正常です。", EN: "A face-authentication card has no usable PIN. It looks blocked, and nothing is wrong with it."},
				},
			},
		},
	},
	{
		Name:  "renew",
		Title: text{JA: "電子証明書の更新", EN: "Renewing the certificates"},
		words: []string{
			"更新", "更新手続き", "期限切れ", "期限が近い", "有効期限通知書", "通知書", "期限が切れた", "切れた", "切れる", "持ち物", "照会書兼回答書", "延長", "封筒", "はがき", "葉書",
			"renew", "renewal", "renewing", "expired", "expiring", "expire", "expires", "expiry", "notice", "letter", "what to bring", "extend", "envelope", "postcard",
		},
		also: []string{"必要なもの", "必要書類"},
		Parts: []Part{
			{
				Heading: text{JA: "いつ、どこで", EN: "When and where"},
				Points: []text{
					{JA: "有効期間満了日の3か月前の日の翌日から満了日までに、市区町村の窓口で更新できます。満了日が7月15日なら、4月16日からです。「3か月前から」と案内している市区町村もあります。", EN: "At the municipal counter, from the day after the day three months before the last day, until the last day: from 16 April if the last day is 15 July. Some towns simply say three months."},
					{JA: "この期間に更新すると、新しい証明書は6回目の誕生日まで有効です(カードの有効期限のほうが早ければ、その日まで)。古い証明書は、その場で使えなくなります。", EN: "A certificate renewed in this period is valid until the sixth birthday, or until the card expires if that is earlier. The old one stops working at once."},
					{JA: "手数料はかかりません。写真も要りません。", EN: "It is free, and no photo is needed."},
					{JA: "カードそのものが有効期限内でなければなりません。", EN: "The card itself must not have expired."},
					{JA: "満了日を過ぎたら、更新ではなく新しい発行になります(jpki guide issue)。これも無料です。", EN: "After the last day a new certificate is issued instead, also free (jpki guide issue)."},
				},
			},
			{
				Heading: text{JA: "持って行くもの", EN: "What to bring"},
				Points: []text{
					{JA: "カード。", EN: "The card."},
					{JA: "暗証番号: 署名用、利用者証明用、住民基本台帳用(数字4桁)。忘れたものは窓口で設定し直せます。", EN: "The PINs: for signing, for authentication, and the 4-digit one for the resident register. A forgotten one can be set anew there."},
				},
			},
			{
				Heading: text{JA: "有効期限通知書", EN: "The notice by post"},
				Points: []text{
					{JA: "満了日の2〜3か月前に、J-LIS(地方公共団体情報システム機構)から郵送されます。", EN: "J-LIS, the agency that runs the service, posts a notice two to three months before the last day."},
					{JA: "転送されないので、引っ越した人には届かないことがあります。証明書が入っていないときや失効しているときは送られません。", EN: "It is not forwarded, so it may not reach you if you moved. None is sent where there is no certificate, or a revoked one."},
				},
			},
			{
				Heading: text{JA: "代理人が行くとき", EN: "If somebody goes for you"},
				Points: []text{
					{JA: "本人のカード、通知書に同封の照会書兼回答書、代理人の顔写真付きの本人確認書類が必要です。どれも原本に限ります。", EN: "They need your card, the inquiry and reply form (shokaisho ken kaitosho) that came with the notice, and their own photo ID: originals only."},
					{JA: "照会書兼回答書は、本人がすべての欄に記入して封をします。顔認証マイナンバーカードなら、暗証番号も封も要りません。", EN: "You fill in every field of the form and seal it. A face-authentication card needs no PIN and no seal."},
					{JA: "照会書兼回答書をなくしたら、一度窓口へ行くと送り直してもらえます。書いた暗証番号が違っていると、照会書の送付からやり直しです。", EN: "If the form is lost, another is sent after a visit to the counter. If a PIN in it turns out wrong, another letter is needed."},
				},
			},
		},
	},
	{
		Name:  "after-renewal",
		Title: text{JA: "更新したあと", EN: "After the renewal"},
		words: []string{
			"更新後", "更新したあと", "更新したら", "更新したら使えない", "更新したのに", "更新したのに使えない", "使えなくなった", "登録し直し", "再登録", "コンビニ交付",
			"after renewal", "after the renewal", "after renewing", "after i renewed", "renewed", "register again", "registration",
		},
		also: []string{"更新の翌日", "next day", "何日かかる", "当日", "即日", "いつから使える", "住民票", "セブンイレブン", "ローソン", "ファミリーマート", "ファミマ", "7-eleven", "seven eleven", "lawson", "familymart"},
		Parts: []Part{points(
			text{JA: "新しい証明書に変わるため、サービスによっては、数時間から数日使えなくなったり、登録し直しが必要になったりします。", EN: "The certificates are new ones. Some services stop for hours or days, or want you to register again."},
			text{JA: "e-Taxでは、新しい証明書は更新の翌日から使え、登録し直しが必要だとされています。", EN: "e-Tax is said to take the new certificate from the next day, and to want it registered again."},
			text{JA: "コンビニでの証明書の交付は、使えるようになるまで3営業日以上かかる例があります。", EN: "Certificates in convenience stores: one example is three working days or more until they work again."},
			text{JA: "詳しくは、使っているサービスの提供者に確かめてください。", EN: "Ask the provider of each service."},
		)},
	},
	{
		Name:  "moved",
		Title: text{JA: "引っ越し、結婚、氏名などの変更", EN: "Moved, married, changed a name"},
		words: []string{
			"引越し", "引っ越し", "引越", "引っ越", "ひっこし", "転居", "転入", "転出", "住所変更", "住所", "結婚", "離婚", "氏名変更", "氏名", "名前", "名字", "苗字", "改姓", "旧姓", "旧氏", "通称", "海外", "国外", "帰国", "留学", "海外赴任",
			"move", "moved", "moving", "address", "new address", "married", "marriage", "marry", "divorce", "divorced", "name", "name change", "new name", "surname", "abroad", "overseas",
		},
		Parts: []Part{points(
			text{JA: "氏名、住所、旧氏、通称などの基本の事項が変わると、署名用電子証明書はすぐに失効します。利用者証明用電子証明書は失効しません。", EN: "A change of your name, address, former surname, alias or another basic item revokes the signing certificate at once. The authentication certificate stays valid."},
			text{JA: "変更の届け出と一緒に、新しい署名用電子証明書の発行を申し込んでください(jpki guide issue)。", EN: "When you report the change, ask for a new signing certificate too (jpki guide issue)."},
			text{JA: "失効した証明書は、カードに残っていることがあります。失効しても日付は変わらないので、有効期間満了日を見ても失効は分かりません。確かめ方: jpki guide check", EN: "A revoked certificate can still be on the card. Its dates do not change, so they do not tell whether it was revoked. How to check: jpki guide check"},
			text{JA: "海外への引っ越しと海外からの帰国の手続きは、この案内にはありません。引っ越す前に市区町村に確かめてください。", EN: "This guide does not cover moving abroad or coming back. Ask your municipality before you leave."},
		)},
	},
	{
		Name:  "issue",
		Title: text{JA: "電子証明書の発行(更新のほかに)", EN: "Getting a certificate issued (other than by renewal)"},
		words: []string{
			"発行", "新規発行", "新しく発行", "再発行", "証明書の発行", "発行申請", "不要", "15歳になった", "証明書がない", "証明書を入れたい",
			"issue", "issued", "new certificate", "get a certificate", "apply", "application", "reissue", "turned 15", "declined", "no certificate",
		},
		also: []string{"必要なもの", "必要書類"},
		Parts: []Part{
			{
				Heading: text{JA: "次のようなときに申し込めます", EN: "When to apply"},
				Points: []text{
					{JA: "カードを申請したときに、電子証明書は「不要」とした。", EN: "You declined the certificates when you applied for the card."},
					{JA: "証明書の有効期間が過ぎた、または証明書が失効した。", EN: "A certificate has expired or was revoked."},
					{JA: "氏名や住所などが変わった(署名用。jpki guide moved)。", EN: "Your name or address has changed (the signing certificate: jpki guide moved)."},
					{JA: "15歳になった(署名用)。", EN: "You turned 15 (the signing certificate)."},
				},
			},
			{
				Heading: text{JA: "手続き", EN: "How to apply"},
				Points: []text{
					{JA: "カードを持って、市区町村の窓口で申し込みます。カードそのものが有効期限内でなければなりません。", EN: "Take the card to the municipal counter. The card itself must not have expired."},
					{JA: "期限が近いだけなら更新です: jpki guide renew", EN: "If a certificate is only about to expire, renew it: jpki guide renew"},
					{JA: "手数料: jpki guide fees", EN: "What it costs: jpki guide fees"},
				},
			},
		},
	},
	{
		Name:  "trouble",
		Title: text{JA: "読み取れない、ログインできない、エラーになる", EN: "Card not read, log-in refused, other errors"},
		words: []string{
			"読み取れない", "読みとれない", "読めない", "読み込めない", "認識しない", "認識されない", "反応しない", "動かない", "つながらない", "ログインできない", "ログイン", "署名できない", "使えない", "エラー", "失敗", "故障", "トラブル", "困った", "検出されない",
			"not read", "cannot read", "not recognized", "not recognised", "not detected", "cannot log in", "log in", "login", "cannot sign", "error", "errors", "fails", "failed", "failure", "problem", "trouble", "does not work", "not working", "help me",
		},
		Parts: []Part{
			{
				Heading: text{JA: "カードを読み取れないとき", EN: "If the card is not read"},
				Points: []text{
					{JA: "jpki doctor が、どこに原因があるかを順に調べます。", EN: "jpki doctor goes through the possible causes one by one."},
					{JA: "必要な機器: jpki guide devices", EN: "What you need: jpki guide devices"},
				},
			},
			{
				Heading: text{JA: "ログインや署名ができないとき", EN: "If you cannot log in or sign"},
				Points: []text{
					{JA: "期限が過ぎていないか、暗証番号がロックされていないかを見る: jpki status", EN: "See whether a certificate has expired or a PIN is blocked: jpki status"},
					{JA: "引っ越しや結婚などのあとなら、署名用電子証明書が失効しています: jpki guide moved", EN: "After a move or a marriage the signing certificate is revoked: jpki guide moved"},
					{JA: "更新したばかりなら、まだ使えないサービスがあります: jpki guide after-renewal", EN: "Just after a renewal some services do not work yet: jpki guide after-renewal"},
					{JA: "どれにも当てはまらなければ、そのサービスの提供者に問い合わせてください。", EN: "Otherwise ask the provider of the service."},
				},
			},
		},
	},
	{
		Name:  "pin-change",
		Title: text{JA: "暗証番号の変更", EN: "Changing a PIN"},
		words: []string{
			"暗証番号の変更", "暗証番号変更", "暗証番号を変え", "暗証番号を変更", "パスワードの変更", "パスワード変更", "パスワードを変え", "パスワードを変更",
			"change pin", "change a pin", "change my pin", "change the pin", "new pin", "change password", "change my password", "change the password", "new password",
		},
		alone: []string{"暗証番号", "パスワード", "pin", "pins", "password"},
		Parts: []Part{points(
			text{JA: "今の暗証番号が分かれば、いつでも変更できます。パソコンで、このプログラム(jpki pin change)か公式のJPKI利用者ソフトを使うか、市区町村の窓口で変更します。", EN: "If you know the current PIN you can change it at any time: on a PC, with this program (jpki pin change) or the official client, or at the municipal counter."},
			text{JA: "ときどき変更してください。代理人がカードを受け取ったときなど、ほかの人が入力した暗証番号も変更してください。", EN: "Change it now and then, and after somebody else has typed it for you, for example when a proxy picked up the card."},
			text{JA: "控えは安全な場所にしまい、だれにも教えないでください。", EN: "Keep a written note in a safe place, and tell nobody."},
		)},
	},
	{
		Name:  "wrong-pin",
		Title: text{JA: "暗証番号を間違えた", EN: "Wrong PIN"},
		words: []string{
			"間違えた", "間違い", "間違えました", "間違え", "まちがえた", "残り回数", "回数", "何回", "誤入力", "取り違え", "4桁の暗証番号",
			"wrong", "wrong pin", "wrong password", "mistake", "mistyped", "incorrect", "tries", "tries left", "attempts", "counter of tries",
		},
		Parts: []Part{points(
			text{JA: "続けて間違えるとロックされます。署名用は5回、利用者証明用は3回です。住民基本台帳用と券面事項入力補助用も3回で、これらは窓口でしか扱えません。", EN: "Consecutive mistakes block a PIN: five for signing, three for authentication. The PINs for the resident register and for the printed data of the card are blocked after three too, and only the counter can handle them."},
			text{JA: "数字4桁の暗証番号は3つあります。利用者証明用、住民基本台帳用、券面事項入力補助用を取り違えていないか確かめてください。", EN: "Three of the PINs have 4 digits: for authentication, for the resident register and for the printed data. Make sure that you are not using the wrong one."},
			text{JA: "正しく入力すると、残り回数は元に戻ります。", EN: "A correct entry restores all tries."},
			text{JA: "残り回数は jpki pin status で見られます。見ても減りません。", EN: "jpki pin status shows the tries left, and uses none."},
			text{JA: "ロックされたら: jpki guide locked", EN: "Once a PIN is blocked: jpki guide locked"},
		)},
	},
	{
		Name:  "certificates",
		Title: text{JA: "2つの電子証明書の違い", EN: "The two certificates"},
		words: []string{
			"違い", "種類", "マイナポータル", "e-tax", "イータックス", "確定申告", "代替文字", "外字",
			"two certificates", "difference", "tax", "tax return", "mynaportal", "myna portal", "substitute character", "substitute characters", "gaiji",
		},
		also: []string{"何桁", "桁数", "英数字", "文字数", "旧字", "異体字", "髙", "住民票", "ふるさと納税", "年末調整", "オンライン申請"},
		alone: []string{
			"電子証明書", "証明書", "署名用", "利用者証明用", "署名用電子証明書", "利用者証明用電子証明書", "公的個人認証", "公的個人認証サービス",
			"certificate", "signing", "signature", "authentication", "jpki",
		},
		Parts: []Part{
			{
				Heading: text{JA: "署名用電子証明書", EN: "Digital-signature certificate (shomeiyo)"},
				Points: []text{
					{JA: "文書をあなたが作って送ったこと、書き換えられていないことを証明します。e-Taxなどの申告や申請に使います。", EN: "It proves that you made and sent a document, and that nobody has altered it since. It is for e-Tax and other filings."},
					{JA: "暗証番号は、英大文字と数字を組み合わせた6〜16文字です(署名用パスワード)。", EN: "Its PIN is the signing password: 6 to 16 upper-case letters and digits, mixed."},
					{JA: "氏名、住所、生年月日、性別が入っていて、署名した文書を受け取る人が読めます。", EN: "It holds your name, address, date of birth and sex. Whoever gets a document that you signed can read them."},
					{JA: "氏名や住所には、外字などの代わりに代替文字が使われていることがあります。何文字目かは jpki cert show sign --personal で見られます。", EN: "Substitute characters can stand in the name and address for rare ones (gaiji). jpki cert show sign --personal tells which ones."},
				},
			},
			{
				Heading: text{JA: "利用者証明用電子証明書", EN: "User-authentication certificate (riyosha shomeiyo)"},
				Points: []text{
					{JA: "ログインしているのがあなた本人であることを証明します。マイナポータルやe-Taxへのログイン、コンビニでの証明書の交付、健康保険証としての利用に使います。", EN: "It proves that it is you who logs in: to Mynaportal, to e-Tax, for certificates in convenience stores, and when the card is your health insurance card."},
					{JA: "暗証番号は数字4桁です。", EN: "Its PIN has 4 digits."},
				},
			},
			points(text{JA: "どちらか一方だけをカードに入れることもできます。", EN: "A card can have one of them without the other."}),
		},
	},
	{
		Name:  "who",
		Title: text{JA: "だれが、どの証明書を持てるか", EN: "Who has which certificate"},
		words: []string{
			"だれが", "誰が", "15歳", "15歳未満", "子ども", "子供", "こども", "赤ちゃん", "未成年", "成年被後見人", "顔認証", "顔認証カード", "顔認証マイナンバーカード", "署名用がない", "署名用電子証明書がない", "暗証番号なし", "暗証番号がない", "実印", "印鑑",
			"child", "children", "baby", "under 15", "minor", "ward", "face authentication", "face", "no signing certificate", "absent", "seal",
		},
		Parts: []Part{points(
			text{JA: "15歳未満の人と成年被後見人には、原則として署名用電子証明書は発行されません。実印に当たるものだからです。15歳になったら申し込めます。", EN: "Children under 15 and adult wards (seinen hikokennin) get no signing certificate, in principle, because it stands for a registered seal. A child who turns 15 may apply for one."},
			text{JA: "顔認証マイナンバーカードには、暗証番号も署名用電子証明書もありません。利用者証明用電子証明書は入っていて、更新が必要です。", EN: "A face-authentication card (kao ninsho) has no PINs and no signing certificate. It has an authentication certificate, which must be renewed all the same."},
			text{JA: "カードを申請したときに「不要」とした証明書も入っていません。市区町村の窓口で発行を申し込めます(jpki guide issue)。", EN: "A certificate that you declined when you applied for the card is absent too. The municipal counter can issue it (jpki guide issue)."},
		)},
	},
	{
		Name:  "validity",
		Title: text{JA: "有効期間", EN: "How long they are valid"},
		words: []string{
			"有効期間", "有効期限", "期限", "有効期間満了日", "満了日", "いつまで", "5回目の誕生日", "誕生日", "10年", "5年", "在留期間", "在留資格", "外国人", "外国籍", "永住者", "特別永住者", "身分証明書", "健康保険証", "保険証",
			"valid", "valid until", "how long", "until when", "end", "ends", "last day", "birthday", "five years", "foreign", "foreigner", "foreign resident", "permanent resident", "stay", "visa", "identity card", "health insurance",
		},
		also: []string{"在留カード", "residence card", "病院", "薬局", "hospital", "pharmacy"},
		Parts: []Part{
			points(
				text{JA: "電子証明書は、発行から5回目の誕生日か、カードの有効期限の、早いほうまで有効です。更新できる期間に更新したものは、6回目の誕生日までです。署名用が利用者証明用より長く続くことはありません。", EN: "A certificate is valid until the fifth birthday after its issue (the sixth if it was renewed while renewal was open), or until the card expires if that is earlier. The signing certificate never outlasts the authentication certificate."},
				text{JA: "外国人住民の証明書は違い、在留期間の終わりが先に来ることがあります。カードの受け取りよりあとに申し込んだ証明書も違います。", EN: "It is different for foreign residents, whose period of stay may end first, and for certificates applied for after the card was handed over."},
				text{JA: "カードの有効期限は、発行から10回目の誕生日です。18歳未満で申し込んだカードは5回目です。", EN: "The card is valid until the tenth birthday after its issue, or the fifth if its holder was under 18 when applying."},
			),
			{
				Heading: text{JA: "期限が過ぎると", EN: "After the last day"},
				Points: []text{
					{JA: "e-Taxなどの申告や申請、コンビニでの証明書の交付、健康保険証としての利用ができなくなります。", EN: "e-Tax and other filings, certificates in convenience stores and the use as health insurance card stop working."},
					{JA: "カードそのものは、対面での身分証明書として、カードの有効期限まで使えます。", EN: "The card itself remains valid as an identity document face to face, until it expires."},
				},
			},
			{
				Heading: text{JA: "期限の調べ方", EN: "Where to see the last day"},
				Points: []text{
					{JA: "このプログラムで: jpki status", EN: "In this program: jpki status"},
					{JA: "発行のときに渡された「電子証明書の写し」。", EN: "On the copy of the certificate (denshi shomeisho no utsushi) that you got when it was issued."},
					{JA: "カード表面の記入欄。空いていることがあります。自分で書き入れるか、窓口で聞いてください。", EN: "On the line on the front of the card. It may be blank: write the date in yourself, or ask the clerk."},
				},
			},
		},
	},
	{
		Name:  "lapsed",
		Title: text{JA: "証明書が失効するとき", EN: "When a certificate is revoked"},
		words: []string{
			"失効", "失効した", "失効する", "無効になった", "無効", "死亡", "亡くなった", "死んだ", "返納",
			"lapse", "lapses", "lapsed", "revoked", "revocation", "invalid", "death", "died", "dead",
		},
		Parts: []Part{points(
			text{JA: "氏名、住所などが変わったとき。署名用だけが失効します(jpki guide moved)。", EN: "When your name, address or the like changes: the signing certificate only (jpki guide moved)."},
			text{JA: "失効を申請したとき(jpki guide give-up)。", EN: "When you apply for it (jpki guide give-up)."},
			text{JA: "カードそのものが使えなくなったとき、本人が亡くなったとき。", EN: "When the card itself ends, and when its holder dies."},
			text{JA: "有効期間が終わったときも、証明書は使えなくなります(jpki guide validity)。", EN: "A certificate also stops working when its validity ends (jpki guide validity)."},
		)},
	},
	{
		Name:  "give-up",
		Title: text{JA: "利用をやめる(失効申請)", EN: "Giving up a certificate"},
		words: []string{
			"やめる", "やめたい", "失効申請", "失効の申請", "失効させる", "失効させたい", "失効手続き", "廃止", "オンライン窓口", "解約",
			"give up", "revoke", "cancel", "delete", "unwanted", "online desk", "stop using",
		},
		Parts: []Part{points(
			text{JA: "市区町村の窓口で失効を申請します。", EN: "Apply for revocation at the municipal counter."},
			text{JA: "公式のJPKI利用者ソフトのオンライン窓口からも申請できます。", EN: "Or use the online desk of the official client."},
			text{JA: "このプログラムからは申請できません。", EN: "This program cannot do it."},
		)},
	},
	{
		Name:  "check",
		Title: text{JA: "有効かどうかを確かめる", EN: "Checking that a certificate is valid"},
		words: []string{
			"有効性確認", "有効性", "有効か", "有効かどうか", "失効の確認", "失効確認", "失効していないか", "失効しているか",
			"validity check", "check validity", "check revocation", "still valid", "check", "verify", "ocsp", "crl",
		},
		alone: []string{"確認", "確かめる"},
		Parts: []Part{points(
			text{JA: "失効していないかどうかは、公式のJPKI利用者ソフトの「有効性確認」、マイナポータル、市区町村の窓口で確かめられます。電話では確かめられません。", EN: "Whether a certificate was revoked is shown by the validity check (yukosei kakunin) of the official client and by Mynaportal; the municipal counter tells you too. Nobody tells you by telephone."},
			text{JA: "このプログラムが調べるのは、日付、認証局までのつながり、鍵です。失効は、調べる先を指定したときだけ調べます。", EN: "This program checks the dates, the chain to the CA and the key. It checks revocation only if you name a source to ask."},
		)},
	},
	{
		Name:  "fees",
		Title: text{JA: "手数料", EN: "Fees"},
		words: []string{
			"手数料", "料金", "費用", "無料", "有料", "いくら", "200円", "800円", "再発行の料金", "再交付", "こわれた", "壊れた", "破損",
			"fee", "fees", "cost", "costs", "price", "free", "charge", "how much", "yen", "money", "broken", "damaged", "replacement",
		},
		Parts: []Part{points(
			text{JA: "最初の発行、更新、期限が過ぎたあとの発行は無料です。", EN: "The first issue, a renewal and a new issue after expiry are free."},
			text{JA: "自分の責任でなくしたり壊したりしたあとの再発行は、電子証明書が200円、カードが800円です。", EN: "After loss or damage through your own fault, a certificate costs 200 yen and a card 800 yen."},
			text{JA: "扱いが変わることがあります。行く前に市区町村に確かめてください。", EN: "This may change. Ask your municipality before you go."},
		)},
	},
	{
		Name:  "proxy",
		Title: text{JA: "代理人による手続き", EN: "Having somebody else do it"},
		words: []string{
			"代理", "代理人", "委任状", "委任", "法定代理人", "親", "母", "父", "後見人", "成年後見人", "照会書", "回答書", "家族", "代わり", "入院", "病気", "高齢", "施設", "介護", "本人が行けない", "行けない",
			"proxy", "by proxy", "somebody else", "someone else", "representative", "parent", "guardian", "power of attorney", "family", "on behalf", "mother", "father", "driver s license", "driving licence", "driver s licence",
		},
		also: []string{"必要なもの", "必要書類", "病院", "hospital", "license"},
		Parts: []Part{
			points(text{JA: "どの場合も、本人のカードが必要です。書類はすべて原本に限ります。", EN: "The holder's card is always needed, and the originals of all papers."}),
			{
				Heading: text{JA: "法定代理人", EN: "Legal representatives"},
				Points: []text{
					{JA: "15歳未満の子の親、成年後見人。保佐人、補助人、任意後見人は、代理行為目録で認められている場合です。15歳以上の子の親は、法定代理人になりません。", EN: "The parent of a child under 15 or an adult's guardian (seinen kokennin); a curator (hosanin), assistant (hojonin) or voluntary guardian (nin'i kokennin) if the list of powers (dairi koi mokuroku) says so. The parent of a child of 15 or more is not a legal representative."},
					{JA: "本人確認書類を2つ(1つは顔写真付き)と、代理権を確認できる書類(戸籍謄本、登記事項証明書、代理行為目録)が必要です。市区町村の記録で確認できる場合、代理権の書類は要りません。", EN: "They need two identity documents, at least one with a photo, and proof of their powers (family register, certificate of registered matters, list of powers), unless the town's own records show them."},
				},
			},
			{
				Heading: text{JA: "そのほかの代理人", EN: "Any other proxy"},
				Points: []text{
					{JA: "窓口へ2回行きます。どちらのときも、代理人の顔写真付きの本人確認書類が必要です。運転免許証、パスポート、在留カードなど、官公署が発行したものです(市区町村の一覧で確かめてください)。", EN: "It takes two visits, each with the proxy's own photo ID: a driving licence, passport, residence card or other document issued by an authority (see the town's list)."},
					{JA: "1回目のあと、市区町村が本人に照会書を郵送します(簡易書留、転送されません)。", EN: "After the first, the town writes to the holder (shokaisho, by registered post, not forwarded)."},
					{JA: "本人が照会書に記入し、暗証番号が見えないように封をして、委任状に署名します。2回目に代理人が持って行きます。", EN: "The holder fills in the form, seals the PINs and signs the power of attorney (ininjo). The proxy brings them on the second visit."},
					{JA: "本人確認書類は写しを取られます。記入もれがあると受け付けられません。", EN: "Copies are taken of the identity documents. A form with gaps is refused."},
				},
			},
			points(
				text{JA: "必要なものは市区町村によって違います。行く前に確かめてください。", EN: "What is needed differs from town to town. Ask before you go."},
				text{JA: "更新を代理人に頼むときは手順が違います: jpki guide renew", EN: "A renewal by proxy works differently: jpki guide renew"},
			),
		},
	},
	{
		Name:  "devices",
		Title: text{JA: "パソコン、スマートフォン、公式のソフト、古いカード", EN: "PCs, phones, the official client and older cards"},
		words: []string{
			"パソコン", "pc", "カードリーダー", "リーダー", "スマートフォン", "スマホ", "携帯", "アンドロイド", "iphone", "android", "住基カード", "住民基本台帳カード", "対応機種", "ドライバー", "利用者ソフト", "jpki利用者ソフト", "公式ソフト", "アプリ",
			"reader", "card reader", "driver", "phone", "smartphone", "computer", "mac", "windows", "linux", "juki card", "old card", "official client", "app", "software", "nfc", "pasori",
		},
		also: []string{"Chrome", "Edge", "Safari"},
		Parts: []Part{points(
			text{JA: "パソコンでは、対応しているカードリーダーとそのドライバーが必要です。", EN: "A PC needs a supported card reader and its driver."},
			text{JA: "スマートフォンは、対応している機種だけで使えます。", EN: "A phone has to be one of the supported models."},
			text{JA: "公式のJPKI利用者ソフトでできることは、パソコンやスマートフォンのシステムによって違います。Linux用はありません。", EN: "What the official client (JPKI riyosha soft) can do differs between systems, on PCs and phones. There is none for Linux."},
			text{JA: "ここの案内はカードのためのものです。スマートフォンの証明書の手続きは、公的個人認証サービス ポータルサイト(jpki.go.jp)で確かめてください。", EN: "This guide is about cards. For the certificates of a phone, see the portal site jpki.go.jp."},
			text{JA: "このプログラムは、リーダーに置いたAndroidスマートフォンの証明書をカードのものと同じように使います。iPhoneも同じように扱いますが、まだ誰も試していません。", EN: "This program uses the certificates of an Android phone that lies on the reader as it uses a card's. It treats an iPhone the same way, which nobody has tried yet."},
			text{JA: "ブラウザー(Firefox、Chromiumなど)やほかのプログラムでカードの鍵を使うには: jpki help programs", EN: "To use the card's key in a browser (Firefox, Chromium and others) or another program: jpki help programs"},
			text{JA: "住民基本台帳カードの電子証明書は終わりました。発行は2015年12月22日まで、有効なのは2018年12月21日まででした。", EN: "The certificates of Basic Resident Register Cards (juki cards) have ended: issue on 22 December 2015, validity on 21 December 2018."},
		)},
	},
	{
		Name:  "counter",
		Title: text{JA: "窓口の場所と時間", EN: "The municipal counter"},
		words: []string{
			"窓口", "市役所", "区役所", "役場", "役所", "場所", "どこ", "時間", "受付時間", "開庁時間", "休み", "土日", "土曜", "日曜", "休日", "休止", "予約",
			"where", "office", "city hall", "town hall", "ward office", "opening hours", "hours", "weekend", "saturday", "sunday", "municipality", "municipal counter", "appointment",
		},
		Parts: []Part{points(
			text{JA: "手続きは、住んでいる市区町村の窓口でします。受付時間は市区町村によって違います。", EN: "Go to the counter of the municipality where you live. Its hours differ from town to town."},
			text{JA: "月に1日、システムの点検のために休む市区町村もあります。", EN: "Some close for one maintenance day a month."},
			text{JA: "混んでいるときは、カードを預かって、あとで郵送することがあります。", EN: "At busy times they may keep the card and post it back."},
			text{JA: "行く前に、受付時間と持ち物を市区町村に確かめてください。", EN: "Ask about the hours and what to bring before you go."},
		)},
	},
	{
		Name:  "contact",
		Title: text{JA: "問い合わせ先", EN: "Where to ask"},
		words: []string{
			"問い合わせ", "問合せ", "問い合わせ先", "相談", "質問", "聞きたい", "フリーダイヤル", "コールセンター", "英語", "中国語", "韓国語", "多言語",
			"contact", "ask", "question", "questions", "hotline", "call centre", "call center", "english", "languages", "support", "who to ask",
		},
		also: []string{"外国語", "foreign languages", "日本語", "japanese"},
		Parts: []Part{points(
			text{JA: "0120-95-0178  マイナンバー総合フリーダイヤル(無料)。一般的な質問はここへ", EN: "0120-95-0178  My Number line, in Japanese (free), for general questions"},
			text{JA: "マイナンバーカード総合サイト(kojinbango-card.go.jp)は、6つの言語で読めます。", EN: "The My Number Card site (kojinbango-card.go.jp) can be read in six languages."},
			text{JA: "サービスの使い方は、そのサービスの提供者に聞いてください。", EN: "About a service, ask the provider of that service."},
			text{JA: "必要な書類や受付時間は、市区町村に聞いてください。", EN: "About papers to bring and opening hours, ask your municipality."},
			text{JA: "カードをなくしたとき、外国語で電話したいとき: jpki guide lost", EN: "A lost card, and telephone numbers in other languages: jpki guide lost"},
		)},
	},
}
