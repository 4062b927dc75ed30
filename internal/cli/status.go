package cli

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type statusOptions struct {
	unlock unlock.Options
	ask    bool
	check  bool
	short  bool
	within dayCount
}

// pins are the PIN sources to read with; nil where only what is free is wanted.
func (o *statusOptions) pins() *unlock.Options {
	if o.ask || len(o.unlock.Flags) > 0 {
		return &o.unlock
	}
	return nil
}

func (a *app) newStatus() *cobra.Command {
	opt := statusOptions{within: -1}
	cmd := a.command(command{
		use:   "status",
		short: text{JA: "カードの今の状態を一目で見る", EN: "see at a glance how the card stands"},
		long: text{
			JA: "カードの種類、2つの電子証明書の状態と有効期間満了日、暗証番号の残り回数、次にすることを表示します。\n" +
				"暗証番号は要りません。署名用電子証明書の満了日は署名用パスワードがないと読めません。--ask で尋ねて読み、次からは\n" +
				"最後に見たときの日付を、確認した日とともに表示します(記憶するのは日付と証明書のフィンガープリントだけです)。\n\n" +
				"--check は、することがなければ何も表示せず0で終わります。あれば1行で表示して7で終わります。\n" +
				"することとは、期限切れ、期限前や読み取れない証明書、ロック、更新できる期間、暗証番号の間違いが続いていること、\n" +
				"このプログラムで扱えないカードです。\n" +
				"7以外(3 リーダーなし、4 カードなし、11 使用中など)は、調べられなかったということです。",
			EN: "Shows the kind of card, the state and last day of both certificates, the PIN tries left and the next step.\n" +
				"No PIN is needed. When the signing certificate ends can be read only with its password: --ask asks for it, and\n" +
				"from then on the last day is shown with the day on which it was seen (only dates and fingerprints are kept).\n\n" +
				"--check prints nothing and ends with 0 where there is nothing to do, else with one line and 7. Something to do\n" +
				"is an expired, unreadable or not yet valid certificate, a blocked PIN, an open renewal, wrong entries of a PIN,\n" +
				"or a card that this program cannot use.\n" +
				"Others than 7 (3 no reader, 4 no card, 11 in use, ...) mean that it could not be found out.",
		},
		examples: []example{
			{"jpki status", text{JA: "今の状態を見る", EN: "see how the card stands"}},
			{"jpki status --ask", text{JA: "署名用電子証明書の期限も見る", EN: "see when the signing certificate ends, too"}},
			{"jpki status --check --within 30d", text{JA: "cronで。更新は残り30日になってから知らせる", EN: "for cron; tells of the renewal when 30 days are left"}},
			{"jpki status --short", text{JA: "プロンプトやステータスバーに", EN: "for prompts and status bars"}},
			{"jpki status --card demo:expiring", text{JA: "期限の近いデモカードで試す", EN: "try it on a demo card about to end"}},
		},
		args: a.noArgs(),
		run:  func(ctx context.Context, _ []string) error { return a.status(ctx, &opt) },
	})
	f := cmd.Flags()
	f.BoolVar(&opt.ask, "ask", false, a.io.Text(text{JA: "署名用パスワードを尋ねて、署名用電子証明書も読む", EN: "ask for the signing password and read that certificate too"}))
	f.BoolVar(&opt.check, "check", false, a.io.Text(text{JA: "することがあるときだけ1行で表示する", EN: "print one line, and only where there is something to do"}))
	f.Var(&opt.within, "within", a.io.Text(text{JA: "--check で、更新は残り`DAYS`日(30dなど)から知らせる", EN: "with --check, tell of the renewal when `DAYS` (such as 30d) are left"}))
	f.BoolVar(&opt.short, "short", false, a.io.Text(text{JA: "短い1行で表示する", EN: "one short line"}))
	a.addRememberFlag(cmd)
	a.addUnlockFlags(cmd, &opt.unlock)
	return cmd
}

// cardStatus is what is known of a card.
type cardStatus struct {
	reader       string
	demo         bool
	token        jpki.Token
	certificates []certificateStatus // signing, then authentication
	pins         []pinStatus         // the same
	now          time.Time
}

type certificateStatus struct {
	kind  jpki.Kind
	state certificateState
	cert  *x509.Certificate // nil where it could not be read
	seen  *seenSign         // of a signing certificate that was not read: what is remembered
}

// validity is from when to when the certificate is valid, as far as is known.
func (c certificateStatus) validity() (v cert.Validity, known bool) {
	switch {
	case c.cert != nil:
		return cert.ValidityOf(c.cert), true
	case c.seen != nil:
		return cert.Validity{NotAfter: c.seen.NotAfter}, true
	}
	return cert.Validity{}, false
}

// fingerprint tells a certificate of known validity from others.
func (c certificateStatus) fingerprint() string {
	if c.cert != nil {
		return cert.FingerprintOf(c.cert).String()
	}
	return c.seen.Fingerprint
}

// take notes what a reading of the certificate gave.
func (c *certificateStatus) take(read *x509.Certificate, err error, now time.Time) {
	switch {
	case err == nil:
		c.cert, c.state = read, certificateStates[cert.ValidityOf(read).State(now)]
	case errors.Is(err, jpki.ErrNeedsPIN):
		c.state = stateNeedsPIN
	case errors.Is(err, jpki.ErrAbsent):
		c.state = stateAbsent
	default:
		c.state = stateUnreadable
	}
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

func (a *app) status(ctx context.Context, opt *statusOptions) error {
	if opt.check && opt.short {
		return problem.Misuse(text{JA: "--check と --short は同時に使えません。", EN: "--check and --short exclude each other."})
	}
	if opt.short && a.json {
		return problem.Misuse(text{JA: "--short と --json は同時に使えません。", EN: "--short and --json exclude each other."})
	}
	if opt.within >= 0 && !opt.check {
		return problem.Misuse(text{JA: "--within は --check と一緒に使います。", EN: "--within goes with --check."})
	}
	if opt.check || opt.short {
		a.cards.Impatient = true // a prompt or a cron job must not hang
	}
	s, err := lookAtCard(ctx, a.cards, opt.pins(), a.seen())
	switch {
	case err != nil:
		return err
	case opt.check:
		return a.check(opt, s)
	case opt.short:
		a.io.Say(s.short())
		return nil
	case a.json:
		return a.io.JSON(s.json(a.io))
	}
	printStatus(a.io, s)
	return nil
}

// lookAtCard reads all that is free and, where PINs are wanted, what they guard.
func lookAtCard(ctx context.Context, from *cards.Opener, pins *unlock.Options, m *seenMemory) (s cardStatus, err error) {
	if pins == nil {
		s, err = freeStatus(ctx, from)
	} else {
		s, err = guardedStatus(ctx, from, pins)
	}
	if err != nil {
		return s, err
	}
	sign, auth := &s.certificates[0], s.certificates[1]
	if sign.cert != nil {
		m.remember(ctx, auth.cert, sign.cert)
	} else if seen, ok := m.recall(ctx, auth.cert); ok && sign.state == stateNeedsPIN {
		sign.seen = &seen
	}
	return s, nil
}

func freeStatus(ctx context.Context, from *cards.Opener) (s cardStatus, err error) {
	card, err := from.Open(ctx)
	if err != nil {
		return s, err
	}
	defer card.Close()
	err = card.Read(ctx, func(app *jpki.App) (err error) {
		s, err = readStatus(app, from.Env.Now())
		return err
	})
	s.reader, s.demo = card.Reader, card.Demo
	return s, err
}

// guardedStatus reads everything in the session of the signing password, so
// that it is all of one card, and a phone's authentication certificate in that
// of its own PIN. Where a PIN is blocked or has no certificate nobody is asked
// for it, and the rest is shown.
func guardedStatus(ctx context.Context, from *cards.Opener, pins *unlock.Options) (s cardStatus, err error) {
	u, err := unlock.New(from, pins, false)
	if err != nil {
		return s, err
	}
	defer u.Close()
	err = u.WithPIN(ctx, jpki.KeySign, func(card *cards.Card, session *jpki.Session) error {
		// The certificate comes first: looking at the counter of an open PIN
		// can close it.
		sign, signErr := session.Certificate(jpki.KindSign)
		if cards.Fatal(signErr) {
			return signErr
		}
		if s, err = readStatus(session.App, from.Env.Now()); err != nil {
			return err
		}
		s.certificates[0].take(sign, signErr, s.now)
		s.reader, s.demo = card.Reader, card.Demo
		return nil
	})
	if unaskable(err) {
		s, err = freeStatus(ctx, from)
	}
	if err != nil {
		return s, err
	}
	auth := &s.certificates[1]
	if auth.state != stateNeedsPIN || !u.Sources.CurrentKind().Interactive() {
		return s, nil
	}
	err = u.WithPIN(ctx, jpki.KeyAuth, func(_ *cards.Card, session *jpki.Session) error {
		read, readErr := session.Certificate(jpki.KindAuth)
		if cards.Fatal(readErr) {
			return readErr
		}
		if token, err := session.Token(); err != nil || token != s.token {
			return errors.Join(pcsc.ErrCardRemoved, err) // another one lies there now
		}
		auth.take(read, readErr, s.now)
		full := jpki.KeyAuth.MaxTries() // its PIN was right
		s.pins[1] = pinStatus{key: jpki.KeyAuth, tries: jpki.Tries{Left: full, Max: full}}
		return nil
	})
	if unaskable(err) {
		err = nil
	}
	return s, err
}

// unaskable reports a PIN that was not asked for because it could open nothing.
func unaskable(err error) bool {
	var blocked *jpki.BlockedError
	return errors.As(err, &blocked) || errors.Is(err, jpki.ErrAbsent)
}

// readStatus visits every free file once. What one part of the card answers
// does not keep the others from being shown; only a lost card ends it.
func readStatus(app *jpki.App, now time.Time) (s cardStatus, err error) {
	s.now = now
	if s.token, err = app.Token(); cards.Fatal(err) {
		return s, err
	}
	presence, err := app.Presence()
	if cards.Fatal(err) {
		return s, err
	}
	sign := certificateStatus{kind: jpki.KindSign, state: stateNeedsPIN}
	if err == nil && !presence.Sign {
		sign.state = stateAbsent
	}
	auth := certificateStatus{kind: jpki.KindAuth}
	read, err := app.Certificate(jpki.KindAuth)
	if cards.Fatal(err) {
		return s, err
	}
	auth.take(read, err, now)
	s.certificates = []certificateStatus{sign, auth}
	s.pins, err = readCounters(app)
	return s, err
}

// readCounters asks for both counters; a failing one does not hide the other.
func readCounters(app *jpki.App) (pins []pinStatus, err error) {
	for _, k := range []jpki.Key{jpki.KeySign, jpki.KeyAuth} {
		p := pinStatus{key: k}
		if p.tries, p.err = app.Tries(k); cards.Fatal(p.err) {
			return nil, p.err
		}
		pins = append(pins, p)
	}
	return pins, nil
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

func printStatus(o *ui.IO, s cardStatus) {
	where := cert.Printable(s.reader)
	if s.demo {
		where = o.Text(text{JA: "デモカード(本物ではありません)", EN: "demo card, not a real one"})
	}
	token := terms.Capital(terms.TokenNames[s.token.Kind])
	fmt.Fprintf(o.Out, "%s  %s\n", o.Paint(ui.Strong, o.Text(token)), o.Paint(ui.Faint, where))
	for i, c := range s.certificates {
		fmt.Fprintf(o.Out, "\n%s\n", o.Paint(ui.Strong, o.Text(terms.Capital(terms.CertificateNames[c.kind]))))
		rows := certificateRows(o, s, c)
		switch {
		case c.state == stateAbsent: // a PIN without its certificate opens nothing
		case c.kind == jpki.KindAuth && s.maybeWithoutPINs():
			rows = append(rows, o.Row(ui.Plain, terms.Capital(terms.PINNames[jpki.KeyAuth]), text{JA: "使えません(顔認証カード、またはロック)", EN: "not usable (a face-authentication card, or blocked)"}))
		default:
			rows = append(rows, counterRow(o, s.pins[i]))
		}
		fmt.Fprint(o.Out, o.Rows(2, rows))
	}
	next, more := s.next()
	fmt.Fprintf(o.Out, "\n%s\n  %s\n", o.Paint(ui.Strong, o.Text(text{JA: "次にすること", EN: "Next step"})), ui.Wrap(o.Text(next), o.Width()-2, "  "))
	if more != "" {
		fmt.Fprintf(o.Out, "  %s\n", o.Text(text{JA: "詳しくは jpki guide %s", EN: "More: jpki guide %s"}.With(more)))
	}
}

// maybeWithoutPINs reports what a face-authentication card looks like, and a
// card without signing certificate whose authentication PIN was blocked: no
// signing certificate, and no PIN that works. Nothing tells the two apart.
func (s cardStatus) maybeWithoutPINs() bool {
	return s.certificates[0].state == stateAbsent && s.pins[1].err == nil && s.pins[1].tries.Blocked()
}

func certificateRows(o *ui.IO, s cardStatus, c certificateStatus) [][]string {
	now := s.now
	label := text{JA: "状態", EN: "State"}
	lastDay := text{JA: "有効期間満了日", EN: "Last day"}
	v, _ := c.validity()
	days := terms.Days(v.DaysLeft(now))
	ends := text{JA: "%s  %s", EN: "%s  (%s)"}.With(terms.LastDay(v.LastDay()), days)
	switch {
	case c.state == stateAbsent:
		return [][]string{o.Row(ui.Plain, label, text{JA: "このカードにはありません%s", EN: "not on this card%s"}.With(whyAbsent[c.kind]))}
	case c.state == stateUnreadable:
		return [][]string{o.Row(ui.Bad, label, text{JA: "読み取れません(壊れています)", EN: "unreadable (damaged)"})}
	case c.seen != nil:
		return [][]string{
			o.Row(ui.Plain, label, text{JA: "入っています(中身を見るには jpki status --ask)", EN: "present (to look inside: jpki status --ask)"}),
			o.Row(stateTones[certificateStates[v.State(now)]], lastDay, ends),
			o.Row(ui.Plain, text{JA: "確認した日", EN: "Seen on"}, terms.Date(cert.DateOf(c.seen.Seen))),
		}
	case c.state == stateNeedsPIN:
		return [][]string{o.Row(ui.Plain, label, text{JA: "入っています(期限を見るには jpki status --ask)", EN: "present (to see when it ends: jpki status --ask)"})}
	}
	state := text{JA: "有効期間内です", EN: "within its validity"}
	opens := text{JA: "%sから", EN: "opens %s"}.With(terms.Date(v.RenewalOpens()))
	switch c.state {
	case stateRenewalOpen:
		state = text{JA: "有効期間内です(更新できます)", EN: "within its validity, renewal is open"}
		opens = text{JA: "今できます(%sから)", EN: "open now (since %s)"}.With(terms.Date(v.RenewalOpens()))
	case stateExpired:
		state = text{JA: "有効期間が過ぎています", EN: "expired"}
		opens = text{JA: "更新ではなく新しい発行になります", EN: "too late: a new one is issued instead"}
	case stateNotYetValid:
		state = text{JA: "有効期間の前です(時計を確かめてください)", EN: "not yet valid (check the clock)"}
	}
	if s.onPhone() && c.state == stateRenewalOpen {
		state = stateTexts[stateValid]
	}
	rows := [][]string{o.Row(stateTones[c.state], label, state), o.Row(ui.Plain, lastDay, ends)}
	if !s.onPhone() {
		rows = append(rows, o.Row(ui.Plain, text{JA: "更新", EN: "Renewal"}, opens))
	}
	if g := generation(c.cert); g != "" {
		rows = append(rows, []string{o.Text(text{JA: "認証局", EN: "CA"}), g})
	}
	return rows
}

// whyAbsent is the usual reason for a missing certificate.
var whyAbsent = map[jpki.Kind]text{
	jpki.KindSign: {JA: "(15歳未満の人や顔認証カードには、原則として発行されません)", EN: " (in principle none for under-15s and face-authentication cards)"},
}

var stateTones = map[certificateState]ui.Tone{
	stateValid: ui.Good, stateRenewalOpen: ui.Warn, stateNotYetValid: ui.Warn, stateExpired: ui.Bad,
}

func counterRow(o *ui.IO, p pinStatus) []string {
	label := terms.Capital(terms.PINNames[p.key])
	switch {
	case p.err != nil:
		return o.Row(ui.Warn, label, text{JA: "残り回数を読み取れません", EN: "the counter cannot be read"})
	case p.tries.Blocked():
		return o.Row(ui.Bad, label, terms.Tries(p.tries))
	case p.tries.Left < p.tries.Max:
		return o.Row(ui.Warn, label, terms.Tries(p.tries))
	}
	return o.Row(ui.Plain, label, terms.Tries(p.tries))
}

// statusJSON is jpki.status/v1.
type statusJSON struct {
	Schema       string            `json:"schema"`
	Reader       string            `json:"reader"`
	Demo         bool              `json:"demo"`
	Token        tokenJSON         `json:"token"`
	Certificates []certificateJSON `json:"certificates"`
	PINs         []pinJSON         `json:"pins"`
	Attention    []attentionJSON   `json:"attention"`
	Next         string            `json:"next"`
	Guide        *string           `json:"guide"`
}

type tokenJSON struct {
	Kind  string `json:"kind"`
	Label string `json:"label"`
}

// certificateJSON is a certificate in a status. The dates are null where it
// could not be read; seen is what is remembered of it then.
type certificateJSON struct {
	Kind         string           `json:"kind"`
	State        certificateState `json:"state"`
	NotAfter     *string          `json:"not_after"`
	LastDay      *string          `json:"last_day"`
	DaysLeft     *int             `json:"days_left"`
	RenewalOpens *string          `json:"renewal_opens"`
	CA           *string          `json:"ca"`
	Seen         *seenJSON        `json:"seen"`
}

type seenJSON struct {
	NotAfter string `json:"not_after"`
	LastDay  string `json:"last_day"`
	On       string `json:"on"`
}

// attentionJSON is something to do. kind is that of the certificate or PIN.
type attentionJSON struct {
	Code    string  `json:"code"`
	Kind    *string `json:"kind"`
	Message string  `json:"message"`
}

// pinJSON is a counter. left is null where the card did not tell it.
type pinJSON struct {
	Key     string `json:"key"`
	Left    *int   `json:"left"`
	Max     int    `json:"max"`
	Blocked bool   `json:"blocked"`
}

func (s cardStatus) json(o *ui.IO) statusJSON {
	next, more := s.next()
	doc := statusJSON{
		Schema: "jpki.status/v1", Reader: s.reader, Demo: s.demo,
		Token: tokenJSON{s.token.Kind.String(), s.token.Label},
		PINs:  pinsJSON(s.pins), Attention: []attentionJSON{}, Next: o.Text(next),
	}
	if more != "" {
		doc.Guide = &more
	}
	for _, c := range s.certificates {
		j := certificateJSON{Kind: c.kind.String(), State: c.state}
		if c.cert != nil {
			v := cert.ValidityOf(c.cert)
			notAfter, lastDay, opens := rfc3339(v.NotAfter), v.LastDay().String(), v.RenewalOpens().String()
			days := v.DaysLeft(s.now)
			j.NotAfter, j.LastDay, j.RenewalOpens, j.DaysLeft = &notAfter, &lastDay, &opens, &days
			if g := generation(c.cert); g != "" {
				j.CA = &g
			}
		}
		if c.seen != nil {
			j.Seen = &seenJSON{rfc3339(c.seen.NotAfter), cert.DateOf(c.seen.NotAfter).String(), cert.DateOf(c.seen.Seen).String()}
		}
		doc.Certificates = append(doc.Certificates, j)
	}
	for _, f := range s.findings() {
		if f.code == "" {
			continue
		}
		j := attentionJSON{Code: f.code, Message: o.Text(f.line)}
		if f.kind != 0 {
			kind := f.kind.String()
			j.Kind = &kind
		}
		doc.Attention = append(doc.Attention, j)
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
