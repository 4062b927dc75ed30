package cli

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// trustOptions are the flags of every command that judges certificates: whom
// to believe, and whom to ask about revocation.
type trustOptions struct {
	trust             string
	cas               []string
	crls              []string
	ocsp              string
	requireRevocation bool
}

// ocspFromCertificate is the value of --ocsp that means the certificate's own
// responder.
const ocspFromCertificate = "aia"

// examiner judges certificates for one run. Whatever it fetches it fetches
// once, and several goroutines may use it.
type examiner struct {
	io        *ui.IO
	now       func() time.Time
	stored    *castore.Store // where CAs are recalled from; nil where none are
	remembers bool           // CAs that came along are stored

	anchors trust.Anchors
	cas     []*x509.Certificate // at hand, believed or not
	crls    []*crlSource
	ocsp    string
	require bool
	anyKey  bool // whatever a key is for, it may have signed

	mu      sync.Mutex
	kept    []cert.Fingerprint     // of CAs that are stored
	answers map[string]*ocspAnswer // by what was asked
}

// crlSource is one --crl: a file, read already, or an address.
type crlSource struct {
	from  string
	once  sync.Once
	lists []*trust.CRL
	err   error
}

type ocspAnswer struct {
	once     sync.Once
	evidence trust.Evidence
}

// examiner judges by the flags of a command.
func (a *app) examiner(ctx context.Context, o *trustOptions) (*examiner, error) {
	var stored *castore.Store
	if a.cards.Tour == nil { // which knows nothing but itself
		stored, _ = a.store()
	}
	return newExaminer(ctx, a.io, a.env.Now, o, stored, a.memory() != nil)
}

// newExaminer checks the flags and reads the files they name. Nothing is
// fetched before a certificate needs it.
func newExaminer(ctx context.Context, out *ui.IO, now func() time.Time, o *trustOptions, stored *castore.Store, remembers bool) (*examiner, error) {
	e := &examiner{io: out, now: now, stored: stored, remembers: remembers, ocsp: o.ocsp, require: o.requireRevocation, answers: map[string]*ocspAnswer{}}
	switch o.trust {
	case "":
	case "demo":
		e.anchors.Demo = true
	default:
		return nil, problem.Misuse(text{JA: "--trust に使えるのは demo です。", EN: "--trust is demo."})
	}
	if o.ocsp != "" && o.ocsp != ocspFromCertificate && !isAddress(o.ocsp) {
		return nil, problem.Misuse(text{JA: "--ocsp は http:// か https:// で始まるURL、または aia です。", EN: "--ocsp is a URL with http:// or https://, or aia."})
	}
	for _, path := range o.cas {
		cas, err := input.Certificates(ctx, path)
		if err != nil {
			return nil, err
		}
		e.cas = append(e.cas, cas...)
	}
	e.anchors.Given = e.cas
	e.recallCAs(ctx)
	for _, from := range o.crls {
		s := &crlSource{from: from}
		if !isAddress(from) {
			if s.lists, s.err = readCRLs(ctx, from); s.err != nil {
				return nil, s.err
			}
			s.once.Do(func() {})
		}
		e.crls = append(e.crls, s)
	}
	return e, nil
}

// recallCAs takes what is stored: certificates of pinned CAs, which signatures
// can lack, and those that the user added.
func (e *examiner) recallCAs(ctx context.Context) {
	if e.stored == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	stored, err := e.stored.CAs(ctx)
	if errors.Is(err, castore.ErrDamaged) {
		e.io.Note(explain.Error(err).What)
	}
	for _, s := range stored {
		e.cas = append(e.cas, s.Certificate)
		e.kept = append(e.kept, cert.FingerprintOf(s.Certificate))
		if s.Added {
			e.anchors.Added = append(e.anchors.Added, cert.FingerprintOf(s.Certificate))
		}
	}
}

// keepCA stores the CA of a certificate, once in a run.
func (e *examiner) keepCA(ctx context.Context, ca *x509.Certificate) {
	f := cert.FingerprintOf(ca)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.kept, f) {
		e.kept = append(e.kept, f)
		if e.remembers && e.stored != nil {
			keepCAs(ctx, e.stored, e.now(), ca)
		}
	}
}

// keepCAs stores certificates of pinned CAs that came along, for signatures
// that come without. It is a convenience, and says nothing where it fails.
func keepCAs(ctx context.Context, store *castore.Store, now time.Time, certificates ...*x509.Certificate) {
	ctx, cancel := context.WithTimeout(ctx, seenLimit)
	defer cancel()
	_ = store.Keep(ctx, now, certificates...)
}

// isAddress tells an address from a file's name.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// readCRLs reads the lists of a file, PEM or DER.
func readCRLs(ctx context.Context, path string) ([]*trust.CRL, error) {
	data, err := input.ReadSmall(ctx, path, trust.MaxCRLSize+1)
	if err != nil {
		return nil, err
	}
	lists, err := trust.ParseCRLs(data)
	if err != nil {
		return nil, problem.New(problem.Input,
			text{JA: "%sは失効リスト(CRL)として使えません: %s。", EN: "%s cannot be used as a revocation list (CRL): %s."}.With(path, revocationErrorText(err)),
			text{JA: "認証局が署名した完全なCRLを、PEMかDERで指定してください。", EN: "Give a complete CRL signed by the CA, in PEM or DER."}).Because(err)
	}
	return lists, nil
}

// examine judges the certificate of an end entity. others came along with it.
func (e *examiner) examine(ctx context.Context, c *x509.Certificate, others []*x509.Certificate, want cert.Kind, at trust.Moment) trust.Verdict {
	v := e.anchors.Check(c, slices.Concat(others, e.cas), want, at)
	if v.Issuer.Standing == trust.Pinned && len(v.Chain) > 1 {
		e.keepCA(ctx, v.Chain[1])
	}
	v = v.WithRevocation(e.evidence(ctx, v.Chain, e.ocsp), e.now())
	return e.demand(v)
}

// demand holds a verdict against --require-revocation.
func (e *examiner) demand(v trust.Verdict) trust.Verdict {
	switch {
	case !e.require || v.Chain == nil:
	case v.Revocation == trust.RevocationNotChecked:
		v = v.With(trust.Reason{Code: trust.TryLater, Err: trust.ErrNotChecked})
	case len(v.UncheckedResponders) > 0:
		v = v.With(trust.Reason{Code: trust.TryLater, Err: trust.ErrResponder})
	}
	return v
}

// evidence asks every source about every certificate of a chain but the anchor,
// and the responder about the first one. The chain is one that is believed: no
// address out of any other certificate is ever contacted.
func (e *examiner) evidence(ctx context.Context, chain []*x509.Certificate, responder string) (all []trust.Evidence) {
	for i := range len(chain) - 1 {
		c, ca := chain[i], chain[i+1]
		all = append(all, e.listed(ctx, c, ca)...)
		address := responder
		switch {
		case address == ocspFromCertificate && len(c.OCSPServer) > 0:
			address = c.OCSPServer[0]
		case address == ocspFromCertificate, i > 0:
			continue
		}
		if address != "" {
			all = append(all, e.ask(ctx, address, c, ca))
		}
	}
	return all
}

// listed looks the certificate up in the lists that are about it.
func (e *examiner) listed(ctx context.Context, c, ca *x509.Certificate) (all []trust.Evidence) {
	for _, s := range e.crls {
		s.once.Do(func() { s.lists, s.err = fetchCRLs(ctx, s.from) })
		if s.err != nil {
			all = append(all, trust.Evidence{Certificate: c, Source: trust.SourceCRL, From: s.from, Err: s.err})
		}
		for _, l := range s.lists {
			if found, applies := l.Check(c, ca); applies {
				found.From = s.from
				all = append(all, found)
			}
		}
	}
	return all
}

func fetchCRLs(ctx context.Context, address string) ([]*trust.CRL, error) {
	// Servers name the media type of a list in many ways; its signature tells.
	data, err := fetch.Do(ctx, fetch.Request{Address: address})
	if err != nil {
		return nil, err
	}
	return trust.ParseCRLs(data)
}

// ask asks a responder about a certificate, once.
func (e *examiner) ask(ctx context.Context, address string, c, ca *x509.Certificate) trust.Evidence {
	key := address + "\n" + cert.FingerprintOf(c).String() + cert.FingerprintOf(ca).String()
	e.mu.Lock()
	answer := e.answers[key]
	if answer == nil {
		answer = &ocspAnswer{}
		e.answers[key] = answer
	}
	e.mu.Unlock()
	answer.once.Do(func() {
		found, err := e.fetchOCSP(ctx, address, c, ca)
		if err != nil {
			found = trust.Evidence{Certificate: c, Source: trust.SourceOCSP, Err: err}
		}
		found.From = address
		answer.evidence = found
	})
	return answer.evidence
}

func (e *examiner) fetchOCSP(ctx context.Context, address string, c, ca *x509.Certificate) (found trust.Evidence, err error) {
	request, err := trust.NewOCSPRequest(c, ca, crypto.SHA1, rand.Reader)
	if err != nil {
		return found, err
	}
	response, err := fetch.Do(ctx, fetch.Request{
		Address: address, Body: request.DER(), Type: trust.OCSPRequestType, Accept: trust.OCSPResponseType,
		Public: e.ocsp == ocspFromCertificate,
	})
	if err != nil {
		return found, err
	}
	found = request.Check(response, e.now())
	if found.Responder != nil {
		for _, listed := range e.listed(ctx, found.Responder, ca) {
			switch {
			case listed.State == trust.RevocationRevoked:
				return found, trust.ErrSourceSigner
			case listed.State == trust.RevocationGood && listed.Current(e.now()):
				found.ResponderState = trust.RevocationGood
			}
		}
	}
	return found, nil
}

// revocationErrors says why revocation is not known.
var revocationErrors = []struct {
	cause error
	text  text
}{
	{trust.ErrStale, text{JA: "失効情報が古くなっています", EN: "the revocation information is out of date"}},
	{trust.ErrFuture, text{JA: "失効情報の日時が未来です(この機器の時計も確かめてください)", EN: "the revocation information is dated in the future (check this machine's clock too)"}},
	{trust.ErrUnknownToSource, text{JA: "レスポンダーはこの証明書を知りません", EN: "the responder does not know the certificate"}},
	{trust.ErrExpiredNotListed, text{JA: "期限の切れた証明書は、失効情報に載っていないことがあります", EN: "an expired certificate may be left out of the revocation information"}},
	{trust.ErrTooLarge, text{JA: "失効情報が大きすぎます", EN: "the revocation information is too large"}},
	{trust.ErrSourceSignature, text{JA: "失効情報の署名が正しくありません", EN: "the signature on the revocation information is wrong"}},
	{trust.ErrSourceSigner, text{JA: "失効情報に署名したのは、認証局でも、認証局が認めたレスポンダーでもありません", EN: "the revocation information is signed by neither the CA nor a responder that it authorized"}},
	{trust.ErrSourceScope, text{JA: "失効情報が一部の場合しか扱っていません", EN: "the revocation information covers only a part"}},
	{trust.ErrDeltaCRL, text{JA: "差分だけのCRL(デルタCRL)です", EN: "it is a delta CRL, which says nothing alone"}},
	{trust.ErrIndirectCRL, text{JA: "認証局以外が発行するCRL(間接CRL)です", EN: "it is an indirect CRL"}},
	{trust.ErrNoNextUpdate, text{JA: "いつまで有効か(nextUpdate)が書かれていません", EN: "it does not say until when it holds (nextUpdate)"}},
	{trust.ErrCriticalExtension, text{JA: "解釈できない重要な拡張(critical)が含まれています", EN: "it has a critical extension that is unknown here"}},
	{trust.ErrOtherCertificate, text{JA: "別の証明書についての応答です", EN: "the response is about another certificate"}},
	{trust.ErrNonce, text{JA: "別の問い合わせへの応答です(ノンスの不一致)", EN: "the response answers another request (nonce)"}},
	{trust.ErrAlgorithm, text{JA: "失効情報の署名の方式が弱いか、扱えません", EN: "the signature on the revocation information is of a weak or unknown kind"}},
	{trust.ErrNotRevocation, text{JA: "CRLやOCSPの応答として読めません", EN: "it cannot be read as a CRL or an OCSP response"}},
	{trust.ErrResponder, text{JA: "レスポンダーの証明書も失効しうるもので、その失効は確認していません(認証局のCRLを --crl で指定)", EN: "the responder's own certificate can be revoked, and nobody looked (name the CA's list with --crl)"}},
	{trust.ErrNotChecked, text{JA: "この証明書の失効を確認できる情報がありません(--crl か --ocsp で指定)", EN: "nothing was given that tells of this certificate's revocation (--crl or --ocsp)"}},
}

// revocationErrorText says why a source proves nothing.
func revocationErrorText(err error) text {
	for _, known := range revocationErrors {
		if errors.Is(err, known.cause) {
			return known.text
		}
	}
	var refused trust.OCSPRefusal
	if errors.As(err, &refused) {
		return text{JA: "レスポンダーが断りました(%s)", EN: "the responder refuses (%s)"}.With(strings.TrimPrefix(refused.Error(), "the responder refuses: "))
	}
	var failed *fetch.Error
	if errors.As(err, &failed) {
		return text{JA: "%sから受け取れませんでした: %s", EN: "nothing came from %s: %s"}.With(cert.Printable(failed.Address), explain.FetchReason(failed))
	}
	return text{JA: "詳細: %s", EN: "%s"}.With(err.Error())
}

// crlReasons are the reasons of RFC 5280, 5.3.1, in words.
var crlReasons = map[string]text{
	"unspecified":          {JA: "理由の記載なし", EN: "no reason given"},
	"keyCompromise":        {JA: "鍵の漏えい", EN: "key compromised"},
	"cACompromise":         {JA: "認証局の鍵の漏えい", EN: "CA compromised"},
	"affiliationChanged":   {JA: "記載事項の変更", EN: "particulars changed"},
	"superseded":           {JA: "新しい証明書の発行", EN: "superseded"},
	"cessationOfOperation": {JA: "利用の終了", EN: "no longer used"},
	"certificateHold":      {JA: "一時停止", EN: "on hold"},
	"privilegeWithdrawn":   {JA: "資格の取り消し", EN: "privilege withdrawn"},
}

// revokedText says since when and why a certificate is revoked.
func revokedText(e trust.Evidence) text {
	why, ok := crlReasons[e.Reason.String()]
	if !ok {
		why = text{JA: e.Reason.String(), EN: e.Reason.String()}
	}
	return text{JA: "%s(%s)", EN: "%s (%s)"}.With(terms.Moment(e.Since), why)
}

// authorityRevokedError is a timestamp whose authority is revoked.
type authorityRevokedError struct{ trust.Evidence }

func (e *authorityRevokedError) Error() string {
	return "the timestamping authority: " + (&trust.RevokedError{Evidence: e.Evidence}).Error()
}

// revocationReason explains a reason of a verdict that is about revocation.
func revocationReason(r trust.Reason) (t text, ok bool) {
	var revoked *trust.RevokedError
	var authority *authorityRevokedError
	switch {
	case errors.As(r.Err, &authority):
		return text{JA: "タイムスタンプ局の証明書が失効しています: %s", EN: "the timestamping authority's certificate is revoked since %s"}.With(revokedText(authority.Evidence)), true
	case errors.As(r.Err, &revoked):
		whose := text{JA: "証明書", EN: "the certificate"}
		if r.CA {
			whose = text{JA: "認証局の証明書", EN: "the CA's certificate"}
		}
		t = text{JA: "%sは失効しています: %s", EN: "%s is revoked since %s"}.With(whose, revokedText(revoked.Evidence))
		if r.Code != trust.Revoked {
			t = text{JA: "%s。その前に署名されたことは証明されていません", EN: "%s, and nothing proves that the signature is older"}.With(t)
		}
		return t, true
	case r.Code == trust.TryLater:
		return text{JA: "失効を確認できませんでした: %s", EN: "revocation could not be checked: %s"}.With(revocationErrorText(r.Err)), true
	}
	return t, false
}

// askOwn is where a resident learns of the revocation of a certificate of their
// own.
var askOwn = text{JA: "JPKI利用者ソフトの有効性確認、マイナポータル、市区町村の窓口でできます", EN: "ask the official client (yukosei kakunin), Mynaportal or the municipal counter"}

// askSigner is how one learns of the revocation of somebody else's.
var askSigner = text{
	JA: "一般の人は調べられません。署名した本人に確かめてもらうか、法律で認められた事業者に頼んでください",
	EN: "not open to the public: ask the signer to check it, or a service provider under the law",
}

// revocationRows shows what sources said, or whom to ask.
func revocationRows(o *ui.IO, v trust.Verdict, ask text) (rows [][]string) {
	add := func(tone ui.Tone, value text) {
		rows = append(rows, o.Row(tone, text{JA: "失効の確認", EN: "Revocation"}, value))
	}
	closed := false
	for _, e := range v.Evidence {
		from := cert.Printable(e.From)
		if !e.Certificate.Equal(v.Chain[0]) {
			from = cert.Name(e.Certificate.RawSubject) + ", " + from
		}
		switch {
		case e.Err != nil:
			why := revocationErrorText(e.Err)
			if failed := (*fetch.Error)(nil); errors.As(e.Err, &failed) {
				why = explain.FetchReason(failed) // the address stands before it
			}
			add(ui.Warn, text{JA: "%s: %s", EN: "%s: %s"}.With(from, why))
			closed = closed || slices.Contains(e.Certificate.OCSPServer, e.From)
		case e.State == trust.RevocationRevoked && v.Revocation == trust.RevocationRevokedLater:
			add(ui.Warn, text{JA: "証明された日時のあとで失効しました: %s  %s", EN: "revoked, but after the proven time: %s  %s"}.With(revokedText(e), from))
		case e.State == trust.RevocationRevoked:
			add(ui.Bad, text{JA: "失効しています: %s  %s", EN: "revoked since %s  %s"}.With(revokedText(e), from))
		case e.State == trust.RevocationGood:
			add(ui.Plain, text{JA: "%sの時点で失効していません  %s", EN: "not revoked as of %s  %s"}.With(terms.Moment(e.ThisUpdate), from))
		default:
			add(ui.Warn, text{JA: "%s: %s", EN: "%s: %s"}.With(from, revocationErrorText(trust.ErrUnknownToSource)))
		}
	}
	if len(v.UncheckedResponders) > 0 {
		add(ui.Faint, text{JA: "レスポンダーの証明書そのものの失効は確認していません", EN: "whether the responder's own certificate is revoked was not checked"})
	}
	switch {
	case closed && v.Issuer.Standing == trust.Pinned:
		add(ui.Faint, text{JA: "J-LISのレスポンダーは、届け出た検証者だけに答えます。%s", EN: "J-LIS's responder answers registered verifiers only; %s"}.With(ask))
	case v.Status() != trust.ValidRevocationUnchecked || len(v.Evidence) > 0:
	case v.Issuer.Standing == trust.Given:
		add(ui.Faint, text{JA: "その認証局のCRLかOCSPを --crl か --ocsp で指定すると確認できます", EN: "name that CA's CRL or OCSP responder with --crl or --ocsp"})
	default:
		add(ui.Faint, ask)
	}
	return rows
}

// evidenceJSON is what one source said.
type evidenceJSON struct {
	Certificate string  `json:"certificate_sha256"`
	Source      string  `json:"source"`
	From        string  `json:"from"`
	State       string  `json:"state"`
	Error       *string `json:"error"`
	RevokedAt   *string `json:"revoked_at"`
	Reason      *string `json:"reason"`
	ThisUpdate  *string `json:"this_update"`
	NextUpdate  *string `json:"next_update"`
}

func evidenceDocument(v trust.Verdict) []evidenceJSON {
	all := []evidenceJSON{}
	instant := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		s := t.UTC().Format(time.RFC3339)
		return &s
	}
	for _, e := range v.Evidence {
		d := evidenceJSON{
			Certificate: cert.FingerprintOf(e.Certificate).String(), Source: string(e.Source), From: e.From, State: e.State.String(),
			RevokedAt: instant(e.Since), ThisUpdate: instant(e.ThisUpdate), NextUpdate: instant(e.NextUpdate),
		}
		if e.Err != nil {
			message := e.Err.Error()
			d.State, d.Error = trust.RevocationUnknown.String(), &message
		}
		if e.State == trust.RevocationRevoked {
			reason := e.Reason.String()
			d.Reason = &reason
		}
		all = append(all, d)
	}
	return all
}
