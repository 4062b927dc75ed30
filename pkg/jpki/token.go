package jpki

import (
	"errors"
	"strings"
)

// TokenKind is the kind of thing that carries the application. Its treatment is
// decided here, for every program: [TokenKind.Usable] and [TokenKind.OnPhone].
type TokenKind int

// Kinds of token, by the label in EF 0006.
const (
	TokenUnknown  TokenKind = iota
	TokenCard               // マイナンバーカード
	TokenJukiCard           // 住民基本台帳カード; its certificates all ended in 2018
	TokenAndroid            // Android phone
	TokenIPhone             // iPhone; its label is reported, nobody tried one with this package
)

// tokens is all that differs between the kinds, a row each.
var tokens = map[TokenKind]struct {
	name, label string
	ended       bool // its certificates have, all of them
	phone       bool
}{
	TokenUnknown:  {name: "unknown"},
	TokenCard:     {name: "card", label: "JPKIAPICCTOKEN2"},
	TokenJukiCard: {name: "juki-card", label: "JPKIAPICCTOKEN", ended: true},
	TokenAndroid:  {name: "android", label: "JPKIAPGPSETOKEN", phone: true},
	TokenIPhone:   {name: "iphone", label: "JPKIAPIOSTOKEN", phone: true},
}

// TokenKinds lists them all.
func TokenKinds() []TokenKind {
	return []TokenKind{TokenUnknown, TokenCard, TokenJukiCard, TokenAndroid, TokenIPhone}
}

// String is "card", "juki-card", "android", "iphone" or "unknown".
func (k TokenKind) String() string {
	if row, known := tokens[k]; known {
		return row.name
	}
	return tokens[TokenUnknown].name
}

// Usable reports whether PINs are sent to such a token. An unknown kind is
// tried: only where all certificates have ended is it not.
func (k TokenKind) Usable() bool { return !tokens[k].ended }

// OnPhone reports certificates on a phone. The rules of cards do not hold for
// their renewal, nor for unlocking their PINs.
func (k TokenKind) OnPhone() bool { return tokens[k].phone }

// tokenLabeled is the kind of token with a label.
func tokenLabeled(label string) TokenKind {
	for k, row := range tokens {
		if label != "" && row.label == label {
			return k
		}
	}
	return TokenUnknown
}

// TokenError is a token to which no PIN is sent: see [TokenKind.Usable].
type TokenError struct{ Kind TokenKind }

func (e *TokenError) Error() string {
	return "jpki: no PIN is sent to a " + e.Kind.String() + ": its certificates have all ended"
}

// TokenKind tells the kind of token, which is read once for a [Card]: it is
// [TokenUnknown] where EF 0006 does not tell. The error is the connection's.
func (a *App) TokenKind() (TokenKind, error) {
	if a.card.token == nil {
		label, err := a.readAll(efToken, distinctLabel)
		if err != nil && !statusOrNil(err) && !errors.Is(err, ErrUnreadable) {
			return TokenUnknown, err
		}
		a.card.SetToken(tokenLabeled(labelText(label)))
	}
	return *a.card.token, nil
}

// CheckToken gives a *[TokenError] where no PIN is sent to this kind of token.
// [Card.WithPIN] asks it; whoever asks a person for the PIN asks it before that.
func (a *App) CheckToken() error {
	kind, err := a.TokenKind()
	if err == nil && !kind.Usable() {
		err = &TokenError{kind}
	}
	return err
}

// SetToken has the kind of the card known, from an earlier connection to this
// very card.
func (c *Card) SetToken(k TokenKind) { c.token = &k }

// Token is the kind of the card, [TokenUnknown] where nothing has asked for it
// yet.
func (c *Card) Token() TokenKind {
	if c.token == nil {
		return TokenUnknown
	}
	return *c.token
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
	token := TokenLabeled(data)
	a.card.SetToken(token.Kind)
	return token, nil
}

// TokenLabeled is the token information that EF 0006 begins with.
func TokenLabeled(data []byte) Token {
	label := labelText(data[:min(len(data), labelSize)])
	return Token{Label: label, Kind: tokenLabeled(label)}
}

// labelText is a label as it can be shown.
func labelText(label []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.TrimRight(string(label), " \x00"))
}

// Sizes of the label that begins EF 0006.
const (
	labelSize     = 32
	distinctLabel = 16 // so much of it tells the kinds apart
)

// Presence is the report of EF 0008. Only a reported presence is a known value:
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
