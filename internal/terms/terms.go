// Package terms holds the names and phrases that the screens share: certificates,
// PINs, kinds of cards, dates, days and counters, in both languages.
package terms

import (
	"fmt"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

// CertificateNames holds the official names of the four certificates.
var CertificateNames = map[jpki.Kind]text{
	jpki.KindSign:   {JA: "署名用電子証明書", EN: "digital-signature certificate"},
	jpki.KindAuth:   {JA: "利用者証明用電子証明書", EN: "user-authentication certificate"},
	jpki.KindSignCA: {JA: "署名用認証局の証明書", EN: "CA certificate for digital signature"},
	jpki.KindAuthCA: {JA: "利用者証明用認証局の証明書", EN: "CA certificate for user authentication"},
}

// PINNames holds the official names of the two PINs, as short as they can be.
var PINNames = map[jpki.Key]text{
	jpki.KeySign: {JA: "署名用パスワード", EN: "signing password"},
	jpki.KeyAuth: {JA: "利用者証明用パスワード", EN: "authentication PIN"},
}

// PINForms describe the form of each PIN.
var PINForms = map[jpki.Key]text{
	jpki.KeySign: {JA: "英大文字と数字を組み合わせた6〜16文字", EN: "6 to 16 upper-case letters and digits, mixed"},
	jpki.KeyAuth: {JA: "数字4桁", EN: "4 digits"},
}

var TokenNames = map[jpki.TokenKind]text{
	jpki.TokenCard:     {JA: "マイナンバーカード", EN: "My Number Card"},
	jpki.TokenJukiCard: {JA: "住民基本台帳カード", EN: "Basic Resident Register Card"},
	jpki.TokenAndroid:  {JA: "Androidスマートフォン", EN: "Android phone"},
	jpki.TokenIPhone:   {JA: "iPhone", EN: "iPhone"},
	jpki.TokenUnknown:  {JA: "不明なカード", EN: "unknown kind of card"},
}

var weekdays = [...]text{
	{JA: "日", EN: "Sun"}, {JA: "月", EN: "Mon"}, {JA: "火", EN: "Tue"}, {JA: "水", EN: "Wed"},
	{JA: "木", EN: "Thu"}, {JA: "金", EN: "Fri"}, {JA: "土", EN: "Sat"},
}

// Date writes a date with its weekday.
func Date(d cert.Date) text {
	w := weekdays[d.Weekday()]
	return text{
		JA: fmt.Sprintf("%d年%d月%d日(%s)", d.Year, d.Month, d.Day, w.JA),
		EN: fmt.Sprintf("%s, %d %s %d", w.EN, d.Day, d.Month.String()[:3], d.Year),
	}
}

// LastDay writes a last day with its weekday and, in Japanese, its era.
func LastDay(d cert.Date) text {
	t := Date(d)
	t.JA += " " + d.Wareki()
	return t
}

// Days counts days in words.
func Days(n int) text {
	switch {
	case n == 0:
		return text{JA: "今日まで", EN: "ends today"}
	case n == 1:
		return text{JA: "あと1日", EN: "1 day left"}
	case n > 0:
		return text{JA: "あと%d日", EN: "%d days left"}.With(n)
	case n == -1:
		return text{JA: "昨日満了", EN: "ended yesterday"}
	}
	return text{JA: "%d日前に満了", EN: "ended %d days ago"}.With(-n)
}

// Tries writes a counter.
func Tries(t jpki.Tries) text {
	if t.Blocked() {
		return text{JA: "ロックされています", EN: "blocked"}
	}
	return text{JA: "残り%d回(最大%d回)", EN: "%d of %d tries left"}.With(t.Left, t.Max)
}

// TriesLeft says how many tries are left, as part of a sentence.
func TriesLeft(n int) text {
	if n == 1 {
		return text{JA: "残り1回です", EN: "1 try is left"}
	}
	return text{JA: "残り%d回です", EN: "%d tries are left"}.With(n)
}

// Capital begins an English text with a capital letter; an iPhone stays one.
func Capital(t text) text {
	first, rest := t.EN[:min(1, len(t.EN))], t.EN[min(1, len(t.EN)):]
	if rest == "" || rest[0] < 'A' || 'Z' < rest[0] {
		t.EN = strings.ToUpper(first) + rest
	}
	return t
}

// UnlockWhere says where a blocked PIN is unlocked.
var UnlockWhere = text{
	JA: "パソコンでは解除できません。カードを持って市区町村の窓口で解除してください。コンビニでできることもあります。",
	EN: "No program on a PC can unlock it. Take the card to the municipal counter; sometimes a convenience store can do it too.",
}

// UnlockHint is the same with where to read on.
var UnlockHint = text{JA: "%s詳しくは jpki guide locked", EN: "%s More: jpki guide locked"}.With(UnlockWhere)

// Lapse warns that the dates of a signing certificate do not show a revocation.
var Lapse = text{
	JA: "氏名や住所などが変わると、署名用電子証明書は失効します。失効しても満了日は変わらないので、日付では分かりません。詳しくは jpki guide moved",
	EN: "A change of name or address revokes the signing certificate, and its dates do not show that. More: jpki guide moved",
}

// LapseRow is the same as a row below the dates of the certificate.
var LapseRow = struct{ Label, Value text }{
	text{JA: "氏名・住所の変更", EN: "If you move"},
	text{JA: "変わると失効します。日付では分かりません(jpki guide moved)", EN: "a new address or name revokes it; the dates do not show that (jpki guide moved)"},
}

// AboutPhone names the source for the certificates of a phone, because the
// texts of this program do not cover them.
var AboutPhone = text{
	JA: "スマートフォンの証明書の手続きは、公的個人認証サービス ポータルサイト(jpki.go.jp)で確かめてください。",
	EN: "About the certificates of a phone, see the portal site jpki.go.jp.",
}

// Advice that the errors of every command and jpki doctor give in the same words.
var (
	InstallPCSC = text{
		JA: "Debian/Ubuntuは「sudo apt install pcscd libccid」、Fedoraは「sudo dnf install pcsc-lite pcsc-lite-ccid」、Arch Linuxは「sudo pacman -S pcsclite ccid」で入ります。",
		EN: "Debian/Ubuntu: sudo apt install pcscd libccid. Fedora: sudo dnf install pcsc-lite pcsc-lite-ccid. Arch Linux: sudo pacman -S pcsclite ccid.",
	}
	TurnCard = text{
		JA: "接触式のリーダーでは、ICチップの面と向きを確かめて奥まで差してください。非接触式では、カードを読み取り面の中央に置き、金属やほかのカードを離してください。",
		EN: "In a contact reader, mind which side and end the chip is on, and push the card in. On a contactless one, put the card in the middle and keep metal and other cards away.",
	}
	AskDoctor = text{JA: "原因と対処のしかたは jpki doctor で調べられます。", EN: "jpki doctor looks for the cause and says what to do."}
)

// Ended says that a token's certificates have all ended. See [jpki.TokenKind.Usable].
var Ended = map[jpki.TokenKind]text{
	jpki.TokenJukiCard: {JA: "住民基本台帳カードの電子証明書は2018年に終わりました。", EN: "The certificates of Basic Resident Register Cards ended in 2018."},
}

// UseCard is the next step after Ended.
var UseCard = text{JA: "マイナンバーカードを使ってください。", EN: "Use a My Number Card."}

// Untried is a note about a token that nobody has tried with this program; it
// is empty for others.
func Untried(k jpki.TokenKind) text {
	if k != jpki.TokenIPhone {
		return text{}
	}
	return text{
		JA: "iPhoneの証明書は、このプログラムではまだ誰も試していません。Androidスマートフォンと同じように扱います。",
		EN: "Nobody has tried this program with an iPhone yet. It is treated as an Android phone is.",
	}
}

// NotUsable describes an authentication PIN without tries on a card without
// signing certificate: see inspect.Card.MaybeWithoutPINs.
var NotUsable = text{JA: "使えません(顔認証カード、またはロック)", EN: "not usable (a face-authentication card, or blocked)"}

var KindNames = map[cert.Kind]text{
	cert.Sign:   CertificateNames[jpki.KindSign],
	cert.Auth:   CertificateNames[jpki.KindAuth],
	cert.SignCA: CertificateNames[jpki.KindSignCA],
	cert.AuthCA: CertificateNames[jpki.KindAuthCA],
	cert.Other:  {JA: "公的個人認証サービス以外の証明書", EN: "certificate of another service than JPKI"},
}

var Standings = map[trust.Standing]text{
	trust.Pinned:  {JA: "公表されている認証局です", EN: "one of the published CAs"},
	trust.Added:   {JA: "自分で追加した認証局です", EN: "a CA that you added"},
	trust.Given:   {JA: "--ca で指定した認証局です", EN: "a CA of --ca"},
	trust.Demo:    {JA: "デモ用(本物ではありません)", EN: "DEMO, not a real one"},
	trust.Unknown: {JA: "このバージョンに登録されていない認証局です", EN: "a CA that this version does not know"},
	trust.NotJPKI: {JA: "公的個人認証サービスの認証局ではありません", EN: "not a CA of JPKI"},
}

var CANames = map[cert.Kind]text{
	cert.SignCA: {JA: "署名用認証局", EN: "CA for digital signature"},
	cert.AuthCA: {JA: "利用者証明用認証局", EN: "CA for user authentication"},
}

// Zone names the zone that a time is in.
func Zone(t time.Time) string {
	if _, offset := t.Zone(); offset == 9*60*60 {
		return "JST" // whatever the system calls it
	}
	return t.Format("MST")
}

// Moment writes a moment in Japan's zone.
func Moment(t time.Time) text {
	clock := t.In(cert.JST).Format("15:04:05")
	return text{JA: "%s %s JST", EN: "%s %s JST"}.With(Date(cert.DateOf(t)), clock)
}
