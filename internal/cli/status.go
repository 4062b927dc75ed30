package cli

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

func (a *app) newStatus() *cobra.Command {
	return a.command(command{
		use:   "status",
		short: text{JA: "カードの今の状態を一目で見る", EN: "see at a glance how the card stands"},
		long: text{
			JA: "カードの種類、2つの電子証明書の状態と有効期間満了日、暗証番号の残り回数、次にすることを表示します。\n暗証番号は要りません。署名用電子証明書の満了日はパスワードがないと読めません(jpki cert show sign)。",
			EN: "Shows the kind of card, the state and last day of both certificates, the PIN tries left and the next step.\nNo PIN is needed. When the signing certificate ends can be read only with its password (jpki cert show sign).",
		},
		examples: []example{
			{"jpki status", text{JA: "今の状態を見る", EN: "see how the card stands"}},
			{"jpki status --card demo:expiring", text{JA: "期限の近いデモカードで試す", EN: "try it on a demo card about to end"}},
			{"jpki status --json", text{JA: "スクリプトのために", EN: "for scripts"}},
		},
		args: a.noArgs(),
		run:  func(ctx context.Context, _ []string) error { return a.status(ctx) },
	})
}

// cardStatus is all that can be known of a card without a PIN.
type cardStatus struct {
	reader       string
	demo         bool
	token        jpki.Token
	certificates []certificateStatus // signing, then authentication
	pins         []pinStatus         // the same
}

type certificateStatus struct {
	kind  jpki.Kind
	state certificateState
	cert  *x509.Certificate // nil where it could not be read
	err   error             // why not, unless the state says it all
}

// certificateState is the state of a certificate as its card shows it; the
// values are those of the JSON document.
type certificateState string

const (
	stateValid       certificateState = "valid"
	stateRenewalOpen certificateState = "renewal-open"
	stateExpired     certificateState = "expired"
	stateNotYetValid certificateState = "not-yet-valid"
	stateNeedsPIN    certificateState = "needs-pin"
	stateAbsent      certificateState = "absent"
	stateUnreadable  certificateState = "unreadable"
)

var certificateStates = map[cert.State]certificateState{
	cert.Valid:       stateValid,
	cert.RenewalOpen: stateRenewalOpen,
	cert.Expired:     stateExpired,
	cert.NotYetValid: stateNotYetValid,
}

type pinStatus struct {
	key   jpki.Key
	tries jpki.Tries
	err   error // the counter could not be read
}

func (a *app) status(ctx context.Context) error {
	card, err := a.openCard(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	var s cardStatus
	err = card.Read(ctx, func(app *jpki.App) (err error) {
		s, err = readStatus(app, a.now())
		return err
	})
	if err != nil {
		return err
	}
	s.reader, s.demo = card.reader, card.demo
	if a.json {
		return a.writeJSON(a.io.Out, s.json(a))
	}
	a.printStatus(a.io.Out, s)
	return nil
}

// readStatus visits every free file once. What one part of the card answers
// does not keep the others from being shown; only a lost card ends it.
func readStatus(app *jpki.App, now time.Time) (s cardStatus, err error) {
	if s.token, err = app.Token(); fatal(err) {
		return s, err
	}
	presence, err := app.Presence()
	if fatal(err) {
		return s, err
	}
	sign := certificateStatus{kind: jpki.KindSign, state: stateNeedsPIN}
	if err == nil && !presence.Sign {
		sign.state = stateAbsent
	}
	auth := certificateStatus{kind: jpki.KindAuth}
	auth.cert, auth.err = app.Certificate(jpki.KindAuth)
	switch {
	case auth.err == nil:
		auth.state = certificateStates[cert.ValidityOf(auth.cert).State(now)]
	case errors.Is(auth.err, jpki.ErrNeedsPIN):
		auth.state = stateNeedsPIN
	case errors.Is(auth.err, jpki.ErrAbsent):
		auth.state = stateAbsent
	case fatal(auth.err):
		return s, auth.err
	default:
		auth.state = stateUnreadable
	}
	s.certificates = []certificateStatus{sign, auth}
	s.pins, err = readCounters(app)
	return s, err
}

// readCounters asks for both counters; a failing one does not hide the other.
func readCounters(app *jpki.App) (pins []pinStatus, err error) {
	for _, k := range []jpki.Key{jpki.KeySign, jpki.KeyAuth} {
		p := pinStatus{key: k}
		if p.tries, p.err = app.Tries(k); fatal(p.err) {
			return nil, p.err
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// fatal reports an error that is not the card's answer about one of its parts.
func fatal(err error) bool {
	var status apdu.Status
	var certificate *jpki.CertificateError
	return err != nil && !errors.As(err, &status) && !errors.As(err, &certificate)
}

// generation names the CA that issued c by its key identifier, "" if unknown.
func generation(c *x509.Certificate) string {
	id := strings.ToUpper(hex.EncodeToString(c.AuthorityKeyId))
	for _, p := range append(trust.Pins(), trust.DemoPins()...) {
		if id != "" && p.SubjectKeyID == id {
			return p.ID
		}
	}
	return ""
}

func (a *app) printStatus(w io.Writer, s cardStatus) {
	where := s.reader
	if s.demo {
		where = a.say(text{JA: "デモカード(本物ではありません)", EN: "demo card, not a real one"})
	}
	token := tokenNames[s.token.Kind]
	fmt.Fprintf(w, "%s  %s\n", a.io.Paint(ui.Strong, a.say(token)), a.io.Paint(ui.Faint, where))
	for i, c := range s.certificates {
		fmt.Fprintf(w, "\n%s\n", a.io.Paint(ui.Strong, a.say(capital(certificateNames[c.kind]))))
		rows := a.certificateRows(c)
		if c.state != stateAbsent { // a PIN without its certificate opens nothing
			rows = append(rows, a.counterRow(s.pins[i]))
		}
		fmt.Fprint(w, ui.Table(2, nil, rows))
	}
	fmt.Fprintf(w, "\n%s\n  %s\n", a.io.Paint(ui.Strong, a.say(text{JA: "次にすること", EN: "Next step"})),
		ui.Wrap(a.say(s.next()), a.io.Width()-2, "  "))
}

func (a *app) row(tone ui.Tone, label, value text) []string {
	return []string{a.say(label), a.io.Paint(tone, a.say(value))}
}

func (a *app) certificateRows(c certificateStatus) [][]string {
	label := text{JA: "状態", EN: "State"}
	switch c.state {
	case stateAbsent:
		return [][]string{a.row(ui.Plain, label, text{JA: "このカードにはありません", EN: "not on this card"})}
	case stateNeedsPIN:
		return [][]string{a.row(ui.Plain, label, text{JA: "カードにあります(期限を見るには%sが必要)", EN: "on the card (its dates need the %s)"}.With(pinNames[c.kind.Key()]))}
	case stateUnreadable:
		return [][]string{a.row(ui.Bad, label, text{JA: "読み取れません(壊れています)", EN: "unreadable (damaged)"})}
	}
	v := cert.ValidityOf(c.cert)
	days := daysText(v.DaysLeft(a.now()))
	state, tone := text{JA: "有効期間内です", EN: "within its validity"}, ui.Good
	opens := text{JA: "%sから", EN: "opens %s"}.With(dateText(v.RenewalOpens()))
	switch c.state {
	case stateRenewalOpen:
		state, tone = text{JA: "有効期間内です(更新できます)", EN: "within its validity, renewal is open"}, ui.Warn
		opens = text{JA: "今できます(%sから)", EN: "open now (since %s)"}.With(dateText(v.RenewalOpens()))
	case stateExpired:
		state, tone = text{JA: "有効期間が過ぎています", EN: "expired"}, ui.Bad
		opens = text{JA: "更新ではなく新しい発行になります", EN: "too late: a new one is issued instead"}
	case stateNotYetValid:
		state, tone = text{JA: "有効期間の前です(時計を確かめてください)", EN: "not yet valid (check the clock)"}, ui.Warn
	}
	rows := [][]string{
		a.row(tone, label, state),
		a.row(ui.Plain, text{JA: "有効期間満了日", EN: "Last day"}, text{JA: "%s  %s", EN: "%s  (%s)"}.With(lastDayText(v.LastDay()), days)),
		a.row(ui.Plain, text{JA: "更新", EN: "Renewal"}, opens),
	}
	if g := generation(c.cert); g != "" {
		rows = append(rows, []string{a.say(text{JA: "認証局", EN: "CA"}), g})
	}
	return rows
}

func (a *app) counterRow(p pinStatus) []string {
	label := capital(pinNames[p.key])
	switch {
	case p.err != nil:
		return a.row(ui.Warn, label, text{JA: "残り回数を読み取れません", EN: "the counter cannot be read"})
	case p.tries.Blocked():
		return a.row(ui.Bad, label, triesText(p.tries))
	case p.tries.Left < p.tries.Max:
		return a.row(ui.Warn, label, triesText(p.tries))
	}
	return a.row(ui.Plain, label, triesText(p.tries))
}

// next chooses the one thing to do, the most urgent first.
func (s cardStatus) next() text {
	counter := text{JA: "市区町村の窓口", EN: "the municipal counter"}
	switch s.token.Kind {
	case jpki.TokenJukiCard:
		return text{JA: "住民基本台帳カードの電子証明書は2018年に終わりました。マイナンバーカードを使ってください。", EN: "The certificates of Basic Resident Register Cards ended in 2018. Use a My Number Card."}
	case jpki.TokenIPhone:
		return text{JA: "iPhoneの証明書はこのプログラムでは扱えません。カードを使ってください。", EN: "Certificates on an iPhone cannot be used with this program. Use the card."}
	}
	for _, c := range s.certificates {
		if c.state == stateExpired {
			return text{JA: "%sの期限が過ぎています。カードを持って%sで新しく発行してもらってください(無料)。", EN: "The %s has expired. Take the card to %s for a new one (free)."}.With(certificateNames[c.kind], counter)
		}
		if c.state == stateUnreadable {
			return text{JA: "カードを置き直して、もう一度実行してください。変わらなければ%sに相談してください。", EN: "Put the card back and run this again. If it stays so, ask at %s."}.With(counter)
		}
	}
	for i, p := range s.pins {
		if p.err == nil && p.tries.Blocked() && s.certificates[i].state != stateAbsent {
			if p.key == jpki.KeyAuth && s.certificates[0].state == stateAbsent {
				return text{
					JA: "顔認証マイナンバーカードなら、暗証番号は使えないままで正常です。そうでなければ、%sがロックされています。市区町村の窓口で解除してください。",
					EN: "On a face-authentication card it is right that no PIN works. On any other, the %s is blocked: have it unlocked at the municipal counter.",
				}.With(pinNames[p.key])
			}
			return text{JA: "%sがロックされています。%s", EN: "The %s is blocked. %s"}.With(pinNames[p.key], unlockHint)
		}
	}
	for _, c := range s.certificates {
		if c.state == stateRenewalOpen {
			return text{
				JA: "%sまでに、カードと暗証番号を用意して%sで更新してください(無料)。",
				EN: "Renew by %s at %[2]s: bring the card and your PINs (free).",
			}.With(dateText(cert.ValidityOf(c.cert).LastDay()), counter)
		}
	}
	for i, p := range s.pins {
		if p.err == nil && p.tries.Left < p.tries.Max && s.certificates[i].state != stateAbsent {
			return text{
				JA: "%sは間違いが続いています(%s)。控えを確かめ、jpki pin verify %sで正しく入力すると元に戻ります。",
				EN: "Wrong entries of the %s were counted: %s. Check your note; a correct entry with jpki pin verify %s resets it.",
			}.With(pinNames[p.key], leftText(p.tries.Left), p.key)
		}
	}
	for _, c := range s.certificates {
		if c.kind == jpki.KindAuth && c.state == stateValid {
			return text{JA: "今はありません。更新は%sからできます。", EN: "Nothing now. Renewal opens %s."}.With(dateText(cert.ValidityOf(c.cert).RenewalOpens()))
		}
	}
	return text{JA: "今はありません。", EN: "Nothing now."}
}

// statusJSON is jpki.status/v1.
type statusJSON struct {
	Schema       string            `json:"schema"`
	Reader       string            `json:"reader"`
	Demo         bool              `json:"demo"`
	Token        tokenJSON         `json:"token"`
	Certificates []certificateJSON `json:"certificates"`
	PINs         []pinJSON         `json:"pins"`
	Next         string            `json:"next"`
}

type tokenJSON struct {
	Kind  string `json:"kind"`
	Label string `json:"label"`
}

// certificateJSON is a certificate in a status. The dates are null where it
// could not be read.
type certificateJSON struct {
	Kind         string           `json:"kind"`
	State        certificateState `json:"state"`
	NotAfter     *string          `json:"not_after"`
	LastDay      *string          `json:"last_day"`
	DaysLeft     *int             `json:"days_left"`
	RenewalOpens *string          `json:"renewal_opens"`
	CA           *string          `json:"ca"`
}

// pinJSON is a counter. left is null where the card did not tell it.
type pinJSON struct {
	Key     string `json:"key"`
	Left    *int   `json:"left"`
	Max     int    `json:"max"`
	Blocked bool   `json:"blocked"`
}

func (s cardStatus) json(a *app) statusJSON {
	doc := statusJSON{
		Schema: "jpki.status/v1", Reader: s.reader, Demo: s.demo,
		Token: tokenJSON{s.token.Kind.String(), s.token.Label},
		PINs:  pinsJSON(s.pins), Next: a.say(s.next()),
	}
	for _, c := range s.certificates {
		j := certificateJSON{Kind: c.kind.String(), State: c.state}
		if c.cert != nil {
			v := cert.ValidityOf(c.cert)
			notAfter, lastDay, opens := rfc3339(v.NotAfter), v.LastDay().String(), v.RenewalOpens().String()
			days := v.DaysLeft(a.now())
			j.NotAfter, j.LastDay, j.RenewalOpens, j.DaysLeft = &notAfter, &lastDay, &opens, &days
			if g := generation(c.cert); g != "" {
				j.CA = &g
			}
		}
		doc.Certificates = append(doc.Certificates, j)
	}
	return doc
}

func pinsJSON(pins []pinStatus) (docs []pinJSON) {
	for _, p := range pins {
		j := pinJSON{Key: p.key.String(), Max: p.tries.Max}
		if p.err == nil {
			j.Left, j.Blocked = &p.tries.Left, p.tries.Blocked()
		}
		docs = append(docs, j)
	}
	return docs
}
