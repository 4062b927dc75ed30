package jpki

import "strings"

// TokenKind says what kind of thing carries the application.
type TokenKind int

// Kinds of token, by the label in EF 0006.
const (
	TokenUnknown  TokenKind = iota
	TokenCard               // マイナンバーカード
	TokenJukiCard           // 住民基本台帳カード; its certificates all ended in 2018
	TokenAndroid            // Android phone
	TokenIPhone             // iPhone
)

var tokenLabels = map[string]TokenKind{
	"JPKIAPICCTOKEN2": TokenCard,
	"JPKIAPICCTOKEN":  TokenJukiCard,
	"JPKIAPGPSETOKEN": TokenAndroid,
	"JPKIAPIOSTOKEN":  TokenIPhone,
}

// String is "card", "juki-card", "android", "iphone" or "unknown".
func (k TokenKind) String() string {
	switch k {
	case TokenCard:
		return "card"
	case TokenJukiCard:
		return "juki-card"
	case TokenAndroid:
		return "android"
	case TokenIPhone:
		return "iphone"
	}
	return "unknown"
}

// Token is the token information of EF 0006, a CK_TOKEN_INFO.
type Token struct {
	Label string // at most 32 printable ASCII characters, others shown as ?
	Kind  TokenKind
}

// Token reads the token information. Where the card does not give it, the error
// is an [apdu.Status] or [ErrUnreadable].
func (a *App) Token() (Token, error) {
	data, err := a.readAll(efToken, tokenSize)
	if err != nil {
		return Token{}, err
	}
	label := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.TrimRight(string(data[:min(len(data), 32)]), " \x00"))
	return Token{Label: label, Kind: tokenLabels[label]}, nil
}

// Presence is what EF 0008 reports. Only a reported presence is a known value:
// false says no more than "not reported present".
type Presence struct{ Sign, Auth bool }

// Has gives the report for the certificate of k.
func (p Presence) Has(k Key) bool {
	row, known := keys[k]
	return known && row.reported(p)
}

// Presence reads which certificates the card reports. Where the card does not
// say, the error is an [apdu.Status] or [ErrUnreadable].
func (a *App) Presence() (Presence, error) {
	data, err := a.readAll(efPresence, presenceSize)
	if err != nil {
		return Presence{}, err
	}
	const present = 0x8F
	return Presence{
		Sign: len(data) > 0 && data[0] == present,
		Auth: len(data) > 1 && data[1] == present,
	}, nil
}
