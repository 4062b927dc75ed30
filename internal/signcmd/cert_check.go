package signcmd

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type certCheckOptions struct {
	unlock unlock.Options
	trust  judging.Options
	at     string
}

func newCertCheck(a *command.App) *cobra.Command {
	var opt certCheckOptions
	cmd := a.New(command.Spec{
		Use:   "check [KIND|FILE]",
		Short: text{JA: "証明書が使えるか確かめる", EN: "check whether a certificate is good"},
		Long: text{
			JA: "カードの証明書か、ファイルの証明書(PEM、DER。「-」は標準入力)の有効期間、発行した認証局、用途、ポリシーを確かめます。\n" +
				"失効は、失効リスト(--crl)やOCSP(--ocsp)を指定したときだけ確認します。KINDを省くと auth です。\n" +
				"利用者証明用の暗証番号を --pin-file などで渡すと、カードの鍵が証明書のものかどうかも調べます。\n" +
				"終了ステータス: 0 問題なし、7 更新できる期間、8 期限切れ・失効・鍵の不一致など、9 判定できない",
			EN: "Checks dates, issuing CA, key usage and policy of a certificate on the card, or in a file (PEM or DER; - is standard input).\n" +
				"Revocation is checked only with a list (--crl) or a responder (--ocsp) that you name. KIND is auth unless given.\n" +
				"With the authentication PIN from --pin-file or the like, it also sees whether the key on the card is the certificate's.\n" +
				"Exit status: 0 good, 7 renewal is open, 8 expired, revoked, key mismatch or the like, 9 cannot be decided",
		},
		Examples: []command.Example{
			{Line: "jpki cert check", About: text{JA: "利用者証明用電子証明書を確かめる", EN: "the user-authentication certificate"}},
			{Line: "jpki cert check sign", About: text{JA: "署名用電子証明書を確かめる", EN: "the digital-signature certificate"}},
			{Line: "jpki cert check someone.cer --crl town.crl", About: text{JA: "ファイルの証明書を、失効リストと突き合わせる", EN: "a certificate in a file, against a revocation list"}},
		},
		Files: true,
		Args:  a.ArgCount(0, 1, text{JA: "引数は1つまでです。", EN: "One argument at the most."}),
		Run:   func(ctx context.Context, args []string) error { return runCertCheck(ctx, a, &opt, kindArgument(args)) },
	})
	f := cmd.Flags()
	f.StringVar(&opt.at, "at", "", a.IO.Text(text{JA: "確かめる日時`TIME`: 2029-11-03 か 2029-11-03T12:00:00+09:00(省くと今)", EN: "check for `TIME`: 2029-11-03 or 2029-11-03T12:00:00+09:00 (now unless given)"}))
	a.AddTrustFlags(cmd, &opt.trust)
	a.AddUnlockFlags(cmd, &opt.unlock)
	a.AddRememberFlag(cmd)
	return cmd
}

// cardKey is the result of trying the private key on the card.
type cardKey string

const (
	keyNotOnCard  cardKey = "not-on-card" // the certificate is not from a card, or a CA's
	keyNotChecked cardKey = "not-checked"
	keyMatches    cardKey = "matches"
	keyMismatch   cardKey = "mismatch"
)

// subject is a certificate to check, with those that came along.
type subject struct {
	cert   *x509.Certificate
	others []*x509.Certificate
	kind   cert.Kind // that it has to be of
	token  jpki.TokenKind
	key    cardKey
}

// checked is the result.
type checked struct {
	subject
	is      inspect.Description // at the time it is checked for
	verdict trust.Verdict
	at      time.Time
	asked   bool // at was given with --at
}

func runCertCheck(ctx context.Context, a *command.App, opt *certCheckOptions, name string) error {
	at, err := momentAsked(opt.at, a.Env.Now())
	if err != nil {
		return err
	}
	e, err := a.Examiner(ctx, &opt.trust)
	if err != nil {
		return err
	}
	s, err := readSubject(ctx, a, &opt.unlock, name)
	if err != nil {
		return err
	}
	c := checked{subject: s, is: inspect.Describe(s.cert, s.token, at), at: at, asked: opt.at != ""}
	moment := trust.Moment{Time: at, Proven: true}
	if cert.KindOf(s.cert).IsCA() {
		c.verdict = e.Anchors.CheckCA(s.cert, moment)
	} else {
		c.verdict = e.Examine(ctx, s.cert, s.others, s.kind, moment)
	}
	if err := context.Cause(ctx); err != nil {
		return err // the sources gave no answer for this reason
	}
	c.judgeKey()
	if a.JSON {
		err = a.IO.JSON(c.document())
	} else {
		_, err = fmt.Fprint(a.IO.Out, a.IO.Rows(0, c.rows(a.IO)))
	}
	if err != nil {
		return err
	}
	return c.problem()
}

// momentAsked reads --at. A day means its end, in Japan: on its last day a
// certificate is still valid, and on its first it is already. Today is now.
func momentAsked(at string, now time.Time) (time.Time, error) {
	if at == "" || at == cert.DateOf(now).String() {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		return t, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, at, cert.JST)
	if err != nil {
		return now, problem.Misuse(text{JA: "--at は 2029-11-03 か 2029-11-03T12:00:00+09:00 のように指定してください。", EN: "--at is like 2029-11-03 or 2029-11-03T12:00:00+09:00."})
	}
	return day.AddDate(0, 0, 1).Add(-time.Second), nil
}

// subject gets the certificate that is to be checked, from the card or a file.
func readSubject(ctx context.Context, a *command.App, opt *unlock.Options, name string) (s subject, err error) {
	s.key, s.kind = keyNotOnCard, cert.Any
	_, notThere := os.Stat(name)
	switch kind, ok := kindNamed(name); {
	case ok:
		return readCardSubject(ctx, a, opt, kind)
	case name == "-":
		s.cert, err = input.Certificate(input.Stdin(ctx, a.IO), a.IO.Text(text{JA: "標準入力", EN: "standard input"}))
	case notThere != nil && !strings.ContainsAny(name, `./\`):
		err = unknownKind(name)
	default:
		var all []*x509.Certificate // those behind the first come along
		if all, err = input.Certificates(ctx, name); err == nil {
			s.cert, s.others = all[0], all[1:]
		}
	}
	return s, err
}

// readCardSubject reads a certificate of the card and that of its CA. With its
// PIN given, the authentication key also proves that it belongs to its
// certificate. The signing key never signs random data, because its signatures
// count like a seal.
func readCardSubject(ctx context.Context, a *command.App, opt *unlock.Options, kind jpki.Kind) (s subject, err error) {
	s.key = keyNotChecked
	issuer := jpki.KindAuthCA
	switch kind {
	case jpki.KindSignCA, jpki.KindAuthCA:
		s.key = keyNotOnCard
		s.cert, err = cardCertificate(ctx, a, opt, kind)
		return s, err
	case jpki.KindSign:
		s.kind, issuer = cert.Sign, jpki.KindSignCA
	default:
		s.kind = cert.Auth
	}
	readCA := func(app *jpki.App) (err error) {
		if s.token, err = app.TokenKind(); err != nil {
			return err
		}
		ca, err := app.Certificate(issuer)
		if err == nil {
			s.others = []*x509.Certificate{ca}
		}
		if !cards.Fatal(err) {
			err = nil // the verdict will report the missing certificate
		}
		return err
	}
	if kind == jpki.KindSign {
		if s.cert, err = unlock.Certificate(ctx, a.Cards, opt, kind, readCA); err == nil {
			a.Seen().Remember(ctx, nil, s.cert)
		}
		return s, err
	}
	if len(opt.Flags) == 0 {
		err = a.Cards.WithApp(ctx, func(app *jpki.App) (err error) {
			if s.cert, err = app.Certificate(kind); err != nil {
				return err
			}
			return readCA(app)
		})
		if !errors.Is(err, jpki.ErrNeedsPIN) {
			return s, err
		}
	}
	u, err := unlock.New(a.Cards, opt, false)
	if err != nil {
		return s, err
	}
	defer u.Close()
	err = u.WithPIN(ctx, jpki.KeyAuth, func(_ *cards.Card, session *jpki.Session) (err error) {
		if s.cert, err = session.Certificate(kind); err != nil {
			return err
		}
		if s.key, err = challenge(session, s.cert); err != nil {
			return err
		}
		return readCA(session.App)
	})
	return s, err
}

// challenge has the key on the card sign something nobody could know before.
// The signer verifies with the certificate.
func challenge(session *jpki.Session, c *x509.Certificate) (cardKey, error) {
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return keyNotChecked, err
	}
	digest := sha256.Sum256(random[:])
	_, err := session.Signer(c).Sign(rand.Reader, digest[:], crypto.SHA256)
	if errors.Is(err, jpki.ErrKeyMismatch) {
		return keyMismatch, nil
	}
	return keyMatches, err
}

// judgeKey adds the result of trying the key on the card.
func (c *checked) judgeKey() {
	if c.key == keyMismatch {
		c.verdict = c.verdict.With(trust.Reason{Code: trust.SigCryptoFailure, Err: jpki.ErrKeyMismatch})
	}
}

// problem is the exit status.
func (c checked) problem() error {
	switch c.verdict.Status() {
	case trust.Invalid:
		return problem.Quiet(problem.Invalid)
	case trust.Indeterminate:
		return problem.Quiet(problem.Undecided)
	}
	if c.is.State == inspect.RenewalOpen {
		return problem.Quiet(problem.Attention)
	}
	return nil
}

var certVerdictTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "証明書は有効です(失効していないことを確認しました)", EN: "valid (not revoked)"},
	trust.ValidRevocationUnchecked: {JA: "証明書は真正です(失効は未確認)", EN: "genuine (revocation not checked)"},
	trust.Invalid:                  {JA: "証明書は無効です", EN: "not valid"},
	trust.Indeterminate:            {JA: "判定できません", EN: "cannot be decided"},
}

// certReasonTexts are the reasons that are worded otherwise than for a
// signature.
var certReasonTexts = []struct {
	cause error
	text  text
}{
	{trust.ErrExpired, text{JA: "有効期間が過ぎています", EN: "it has expired"}},
	{trust.ErrNotYetValid, text{JA: "有効期間がまだ始まっていません", EN: "it is not yet valid"}},
	{trust.ErrDemoCA, text{JA: "デモカードの証明書です。本物ではありません(試すときは --trust demo)", EN: "a certificate of the demo card, not a real one (--trust demo, to try)"}},
	{trust.ErrNotJPKI, text{JA: "公的個人認証サービスの証明書ではありません(その認証局を信頼するなら --ca)", EN: "it is not under JPKI (--ca, to trust its own CA)"}},
	{trust.ErrNotGiven, text{JA: "公的個人認証サービスの証明書でも、--ca で指定した認証局の証明書でもありません", EN: "it is under neither JPKI nor a CA of --ca"}},
	{trust.ErrNotEndEntity, text{JA: "認証局の証明書です", EN: "it is a CA's"}},
	{trust.ErrKind, text{JA: "カードのこの場所にあるはずの種類ではありません", EN: "it is not of the kind that belongs in this place of the card"}},
	{jpki.ErrKeyMismatch, text{JA: "カードの鍵が証明書と一致しません。市区町村の窓口に相談してください", EN: "the key on the card is not the certificate's; ask at the municipal counter"}},
}

func (c checked) reasonText(r trust.Reason) text {
	t := judging.ReasonText(r)
	for _, known := range certReasonTexts {
		if errors.Is(r.Err, known.cause) {
			t = known.text
		}
	}
	if _, said := judging.RevocationReason(r); r.CA && !said && !c.is.Kind.IsCA() {
		t = text{JA: "認証局の証明書: %s", EN: "the CA's certificate: %s"}.With(t)
	}
	return t
}

func (c checked) rows(o *ui.IO) [][]string {
	status := c.verdict.Status()
	verdict, tone := certVerdictTexts[status], verdictTones[status]
	if status == trust.Valid && c.verdict.Revocation == trust.RevocationNotApplicable {
		verdict = terms.Standings[c.verdict.Issuer.Standing]
	}
	switch {
	case c.verdict.Issuer.Standing == trust.Demo && c.verdict.Revocation != trust.RevocationNotApplicable:
		verdict = text{JA: "%s(デモ: 本物ではありません)", EN: "%s (DEMO, not real)"}.With(verdict)
	case c.verdict.Issuer.Standing == trust.Given:
		verdict = text{JA: "%s(公的個人認証サービスではなく、--ca で指定した認証局)", EN: "%s (under a CA of --ca, not under JPKI)"}.With(verdict)
	}
	rows := [][]string{o.Row(tone, text{JA: "判定", EN: "Verdict"}, terms.Capital(verdict))}
	add := func(tone ui.Tone, label, value text) { rows = append(rows, o.Row(tone, label, value)) }
	for _, r := range c.verdict.Reasons {
		add(ui.Plain, text{JA: "理由", EN: "Reason"}, c.reasonText(r))
	}
	if c.asked {
		add(ui.Plain, text{JA: "確かめた日時", EN: "Checked for"}, terms.Moment(c.at))
	}
	add(ui.Plain, text{JA: "種類", EN: "Kind"}, terms.Capital(terms.KindNames[c.is.Kind]))
	last := text{JA: "%s  %s", EN: "%s  (%s)"}.With(terms.LastDay(cert.ValidityOf(c.cert).LastDay()), terms.Days(c.is.DaysLeft))
	lastTone := ui.Plain
	if c.is.State == inspect.RenewalOpen {
		lastTone = ui.Warn
	}
	add(lastTone, text{JA: "有効期間満了日", EN: "Last day"}, last)
	if c.is.Renewable() && c.is.State != inspect.Expired {
		opens := terms.Date(cert.ValidityOf(c.cert).RenewalOpens())
		if c.is.State == inspect.RenewalOpen {
			opens = text{JA: "%sから(今、市区町村の窓口で更新できます)", EN: "%s (open now, at the municipal counter)"}.With(opens)
		}
		add(lastTone, text{JA: "更新できる日", EN: "Renewal opens"}, opens)
	}
	add(ui.Plain, text{JA: "認証局", EN: "CA"}, issuerText(c))
	add(ui.Plain, text{JA: "鍵の用途", EN: "Key usage"}, i18n.Same(strings.Join(inspect.KeyUsages(c.cert), ", ")))
	if p := inspect.Policies(c.cert); len(p) > 0 {
		add(ui.Plain, text{JA: "ポリシー", EN: "Policy"}, i18n.Same(strings.Join(p, ", ")))
	}
	if t, ok := keyTexts[c.key]; ok && c.kind == cert.Auth {
		add(keyTones[c.key], text{JA: "カードの鍵", EN: "Key on the card"}, t)
	}
	return append(rows, revocationRows(o, c.verdict, askOwn)...)
}

var keyTexts = map[cardKey]text{
	keyNotChecked: {JA: "調べていません(--pin-file などで暗証番号を渡すと調べます)", EN: "not checked (it is with the PIN, from --pin-file or the like)"},
	keyMatches:    {JA: "証明書と一致します", EN: "is the certificate's"},
	keyMismatch:   {JA: "証明書と一致しません", EN: "is not the certificate's"},
}

var keyTones = map[cardKey]ui.Tone{keyNotChecked: ui.Faint, keyMatches: ui.Good, keyMismatch: ui.Bad}

// issuerText names the issuer, and the source of that knowledge.
func issuerText(c checked) text {
	id := c.verdict.Issuer
	standing := terms.Standings[id.Standing]
	switch {
	case id.Pin.ID != "":
		return text{JA: "%s  %s", EN: "%s  (%s)"}.With(id.Pin.ID, standing)
	case id.Standing == trust.Given:
		return i18n.Same(cert.Name(c.verdict.Chain[len(c.verdict.Chain)-1].RawSubject))
	case id.Standing == trust.Added:
		return standing
	}
	return i18n.Same(cert.Name(c.cert.RawIssuer))
}

// certCheckJSON is jpki.cert-check/v1.
type certCheckJSON struct {
	Schema       string           `json:"schema"`
	At           string           `json:"at"`
	Kind         string           `json:"kind"`
	Demo         bool             `json:"demo"`
	Verdict      trust.Status     `json:"verdict"`
	Reasons      []certReasonJSON `json:"reasons"`
	State        inspect.State    `json:"state"`
	NotBefore    string           `json:"not_before"`
	NotAfter     string           `json:"not_after"`
	LastDay      string           `json:"last_day"`
	DaysLeft     int              `json:"days_left"`
	RenewalOpens *string          `json:"renewal_opens"`
	Issuer       string           `json:"issuer_standing"`
	CA           *string          `json:"ca"`
	KeyUsage     []string         `json:"key_usage"`
	Policies     []string         `json:"policies"`
	SHA256       string           `json:"sha256"`
	CardKey      cardKey          `json:"card_key"`
	Revocation   string           `json:"revocation"`
	Evidence     []evidenceJSON   `json:"revocation_evidence"`
}

type certReasonJSON struct {
	Code   trust.Code `json:"code"`
	Detail string     `json:"detail"`
	CA     bool       `json:"about_ca"`
}

func (c checked) document() certCheckJSON {
	show := descriptionDocument(c.is, false)
	doc := certCheckJSON{
		Schema: "jpki.cert-check/v1", At: command.RFC3339(c.at), Kind: show.Kind, Demo: show.Demo,
		Verdict: c.verdict.Status(), Reasons: []certReasonJSON{}, State: show.State,
		NotBefore: show.NotBefore, NotAfter: show.NotAfter, LastDay: show.LastDay, DaysLeft: show.DaysLeft, RenewalOpens: show.RenewalOpens,
		Issuer: c.verdict.Issuer.Standing.String(), KeyUsage: show.KeyUsage, Policies: show.Policies, SHA256: show.SHA256,
		CardKey: c.key, Revocation: c.verdict.Revocation.String(), Evidence: evidenceDocument(c.verdict),
	}
	if id := c.verdict.Issuer.Pin.ID; id != "" {
		doc.CA = &id
	}
	for _, r := range c.verdict.Reasons {
		doc.Reasons = append(doc.Reasons, certReasonJSON{r.Code, r.Err.Error(), r.CA})
	}
	return doc
}
