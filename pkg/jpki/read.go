package jpki

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// maxFile is the end of what READ BINARY's 15-bit offset can reach.
const maxFile = 1 << 15

// Certificate reads and parses one certificate. In [Card.Read] the signing
// certificate, and a phone's authentication certificate, answer [ErrNeedsPIN].
// A failure is a *[CertificateError] or the connection's error.
func (a *App) Certificate(k Kind) (*x509.Certificate, error) {
	der, err := a.certificateFile(k)
	if err == nil {
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(der); err == nil {
			return cert, nil
		}
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if status := apdu.Status(0); errors.As(err, &status) {
		switch status {
		case apdu.StatusSecurityNotSatisfied:
			err = fmt.Errorf("%w: %w", ErrNeedsPIN, err)
		default:
			// What a card without this certificate answers is not known.
			err = fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	} else if !errors.Is(err, ErrAbsent) && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	return nil, &CertificateError{k, err}
}

// certificateFile reads a certificate's DER, without the padding behind it.
func (a *App) certificateFile(k Kind) ([]byte, error) {
	if err := a.selectEF(k.ef()); err != nil {
		return nil, err
	}
	head, err := a.readBinary(0, apdu.MaxShortNe)
	if err != nil {
		return nil, err
	}
	n, err := derLength(head)
	if err != nil {
		return nil, err
	}
	if n <= len(head) {
		return head[:n], nil
	}
	der := bytes.Clone(head)
	for len(der) < n {
		part, err := a.readMore(len(der), n-len(der))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			return nil, fmt.Errorf("%w: it ends after %d of %d bytes", ErrDamaged, len(der), n)
		}
		der = append(der, part...)
	}
	return der, nil
}

// readMore reads at most n bytes from offset on: all of them with one
// extended-length command where reader and card can, else up to 256.
func (a *App) readMore(offset, n int) ([]byte, error) {
	if n > apdu.MaxShortNe && !a.card.shortOnly {
		part, err := a.readBinary(offset, n)
		if err == nil && len(part) > 0 {
			return part, nil
		}
		if ctxErr := a.ctx.Err(); ctxErr != nil {
			return nil, err
		}
		// 6700 or a failure of the reader: remembered, tried again in short
		// length. A READ changes nothing, so it can be sent again.
		a.card.shortOnly = true
	}
	return a.readBinary(offset, min(n, apdu.MaxShortNe))
}

// readBinary reads at most n bytes of the current EF.
func (a *App) readBinary(offset, n int) ([]byte, error) {
	if offset >= maxFile {
		return nil, fmt.Errorf("%w: longer than a file can be", ErrDamaged)
	}
	r, err := a.send(apdu.Command{INS: apdu.InsReadBinary, P1: byte(offset >> 8), P2: byte(offset), Ne: n})
	if err != nil {
		return nil, err
	}
	switch r.SW {
	case apdu.StatusOK, apdu.StatusEndOfFile:
		return r.Data, nil
	case apdu.StatusWrongOffset:
		return nil, nil // past the end
	}
	return nil, fmt.Errorf("READ BINARY: %w", r.SW)
}

// derLength gives the length of the DER SEQUENCE that begins a file, header
// included, or [ErrAbsent] where none begins.
func derLength(head []byte) (int, error) {
	if len(head) < 2 || head[0] != 0x30 {
		return 0, ErrAbsent
	}
	n, header := int(head[1]), 2
	switch {
	case n == 0x81 && len(head) >= 3:
		n, header = int(head[2]), 3
	case n == 0x82 && len(head) >= 4:
		n, header = int(head[2])<<8|int(head[3]), 4
	case n >= 0x80:
		return 0, fmt.Errorf("%w: its length is no certificate's", ErrDamaged)
	}
	if header+n > maxFile {
		return 0, fmt.Errorf("%w: %d bytes do not fit a file", ErrDamaged, header+n)
	}
	return header + n, nil
}

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
	return [...]string{"unknown", "card", "juki-card", "android", "iphone"}[k]
}

// Token is the token information of EF 0006, a CK_TOKEN_INFO.
type Token struct {
	Label string // at most 32 printable ASCII characters, others shown as ?
	Kind  TokenKind
}

// Token reads the token information.
func (a *App) Token() (Token, error) {
	if err := a.selectEF(efToken); err != nil {
		return Token{}, err
	}
	data, err := a.readBinary(0, tokenSize)
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
	if k == KeyAuth {
		return p.Auth
	}
	return p.Sign
}

// Presence reads which certificates the card reports.
func (a *App) Presence() (Presence, error) {
	if err := a.selectEF(efPresence); err != nil {
		return Presence{}, err
	}
	data, err := a.readBinary(0, presenceSize)
	if err != nil {
		return Presence{}, err
	}
	const present = 0x8F
	return Presence{
		Sign: len(data) > 0 && data[0] == present,
		Auth: len(data) > 1 && data[1] == present,
	}, nil
}

// Tries is the counter of a PIN.
type Tries struct{ Left, Max int }

// Blocked reports that no try is left.
func (t Tries) Blocked() bool { return t.Left == 0 }

// Tries asks for the counter of k's PIN; that never uses a try. A blocked PIN
// is no error: its Left is 0.
func (a *App) Tries(k Key) (Tries, error) {
	t := Tries{Max: k.MaxTries()}
	for attempt := 0; ; attempt++ {
		if err := a.selectEF(k.pinEF()); err != nil {
			return t, err
		}
		sw, err := a.queryCounter()
		if err != nil {
			return t, err
		}
		if left, ok := triesIn(sw); ok {
			t.Left = left
			t.Max = max(t.Max, left)
			return t, nil
		}
		if sw != apdu.StatusOK || attempt > 0 {
			return t, fmt.Errorf("counter of the %s PIN: %w", k, sw)
		}
		// 9000: the PIN is open, left so by another program. Close it.
		if err := a.leave(); err != nil {
			return t, err
		}
		if err := a.selectApplication(); err != nil {
			return t, err
		}
	}
}

// queryCounter sends the VERIFY without data that asks for the counter, as the
// case 1 command of ISO 7816-4 or, where the reader or card refuses that by
// its length, as a case 2 command.
func (a *App) queryCounter() (apdu.Status, error) {
	query := apdu.Command{INS: apdu.InsVerify, P2: 0x80}
	if a.card.queryCase == 2 {
		query.Ne = apdu.MaxShortNe
	}
	r, err := a.send(query)
	if err == nil && r.SW == apdu.StatusWrongLength && a.card.queryCase != 2 {
		a.card.queryCase = 2
		return a.queryCounter()
	}
	return r.SW, err
}

// triesIn reads the tries left from an answer to VERIFY: 63Cx, and 6983 and
// 6984, which both mean blocked.
func triesIn(sw apdu.Status) (left int, ok bool) {
	if sw == apdu.StatusAuthenticationBlocked || sw == apdu.StatusReferenceDataUnusable {
		return 0, true
	}
	return sw.Tries()
}
