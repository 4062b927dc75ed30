package cli

import (
	"fmt"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type text = i18n.Text

// certificateNames holds the official names of the four certificates.
var certificateNames = map[jpki.Kind]text{
	jpki.KindSign:   {JA: "署名用電子証明書", EN: "digital-signature certificate"},
	jpki.KindAuth:   {JA: "利用者証明用電子証明書", EN: "user-authentication certificate"},
	jpki.KindSignCA: {JA: "署名用認証局の証明書", EN: "CA certificate for digital signature"},
	jpki.KindAuthCA: {JA: "利用者証明用認証局の証明書", EN: "CA certificate for user authentication"},
}

// pinNames holds the official names of the two PINs, as short as they can be.
var pinNames = map[jpki.Key]text{
	jpki.KeySign: {JA: "署名用パスワード", EN: "signing password"},
	jpki.KeyAuth: {JA: "利用者証明用パスワード", EN: "authentication PIN"},
}

// pinForms says what each PIN looks like.
var pinForms = map[jpki.Key]text{
	jpki.KeySign: {JA: "英大文字と数字を組み合わせた6〜16文字", EN: "6 to 16 upper-case letters and digits, mixed"},
	jpki.KeyAuth: {JA: "数字4桁", EN: "4 digits"},
}

var tokenNames = map[jpki.TokenKind]text{
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

// dateText writes a date with its weekday.
func dateText(d cert.Date) text {
	w := weekdays[d.Weekday()]
	return text{
		JA: fmt.Sprintf("%d年%d月%d日(%s)", d.Year, d.Month, d.Day, w.JA),
		EN: fmt.Sprintf("%s, %d %s %d", w.EN, d.Day, d.Month.String()[:3], d.Year),
	}
}

// lastDayText writes a last day with its weekday and, in Japanese, its era.
func lastDayText(d cert.Date) text {
	t := dateText(d)
	t.JA += " " + d.Wareki()
	return t
}

// daysText counts days in words.
func daysText(n int) text {
	switch {
	case n == 0:
		return text{JA: "今日まで", EN: "ends today"}
	case n == 1:
		return text{JA: "あと1日", EN: "1 day left"}
	case n > 0:
		return text{JA: "あと%d日", EN: "%d days left"}.With(n)
	case n == -1:
		return text{JA: "昨日で終了", EN: "ended yesterday"}
	}
	return text{JA: "%d日前に終了", EN: "ended %d days ago"}.With(-n)
}

// triesText writes a counter.
func triesText(t jpki.Tries) text {
	if t.Blocked() {
		return text{JA: "ロックされています", EN: "blocked"}
	}
	return text{JA: "残り%d回(最大%d回)", EN: "%d of %d tries left"}.With(t.Left, t.Max)
}

// leftText says how many tries are left, as part of a sentence.
func leftText(n int) text {
	if n == 1 {
		return text{JA: "残り1回です", EN: "1 try is left"}
	}
	return text{JA: "残り%d回です", EN: "%d tries are left"}.With(n)
}

// capital begins an English text with a capital letter; an iPhone stays one.
func capital(t text) text {
	first, rest := t.EN[:min(1, len(t.EN))], t.EN[min(1, len(t.EN)):]
	if rest == "" || rest[0] < 'A' || 'Z' < rest[0] {
		t.EN = strings.ToUpper(first) + rest
	}
	return t
}

// unlockWhere says where a blocked PIN is unlocked.
var unlockWhere = text{
	JA: "パソコンでは解除できません。カードを持って市区町村の窓口で解除してください。コンビニでできることもあります。",
	EN: "No program on a PC can unlock it. Take the card to the municipal counter; sometimes a convenience store can do it too.",
}

// unlockHint is the same with where to read on.
var unlockHint = text{JA: "%s詳しくは jpki guide locked", EN: "%s More: jpki guide locked"}.With(unlockWhere)

// inBoth writes a table in both languages.
func inBoth(table func(say func(text) string) string) text {
	return text{
		JA: table(func(t text) string { return t.JA }),
		EN: table(func(t text) string { return t.EN }),
	}
}
