package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

type verifyOptions struct {
	content   []string
	trustDemo bool
	trust     string
	tsaCA     string
	tsaRoots  []*x509.Certificate
}

func (a *app) newVerify() *cobra.Command {
	var opt verifyOptions
	cmd := a.command(command{
		use:   "verify FILE...",
		short: text{JA: "署名を確かめる", EN: "check signatures"},
		long: text{
			JA: "CMS/CAdES(.p7s、.p7m)、PDF、XMLの署名を確かめます。ファイルにいくつあっても、すべて調べます。\n" +
				"失効しているかどうかは、一般の人が調べられる公開の窓口がないため確認しません。\n" +
				"ほかの人の署名の検証を業務として行うには、主務大臣の認定が必要です(公的個人認証法 第17条)。",
			EN: "Checks signatures in CMS/CAdES (.p7s, .p7m), PDF and XML: every signature there is.\n" +
				"Revocation is not checked: there is no public source for it that a resident could ask.\n" +
				"Verifying others' signatures as a business needs a ministerial accreditation (Public Personal Authentication Act, article 17).",
		},
		examples: []example{
			{"jpki verify contract.txt.p7s", text{JA: "contract.txt と突き合わせる", EN: "against contract.txt"}},
			{"jpki verify touki-signed.pdf", text{JA: "PDFの中の署名をすべて調べる", EN: "every signature in a PDF"}},
			{"jpki verify sig.p7s --content contract.txt", text{JA: "元のファイルを指定する", EN: "naming the signed file"}},
		},
		args: a.argCount(1, -1, text{JA: "確かめる署名のファイルを指定してください。", EN: "Name the signatures to check."}),
		run:  func(ctx context.Context, args []string) error { return a.verify(ctx, &opt, args) },
	})
	f := cmd.Flags()
	f.StringArrayVar(&opt.content, "content", nil, a.say(text{JA: "署名された`FILE`(.p7sでは、省くと .p7s を除いた名前。XMLでは、署名が指すファイルをすべて)", EN: "the signed `FILE` (.p7s: by default the name without it; XML: every file that the signature refers to)"}))
	f.StringVar(&opt.tsaCA, "tsa-ca", "", a.say(text{JA: "タイムスタンプ局の認証局の証明書`FILE`", EN: "`FILE` with the CA certificates of timestamping authorities to believe"}))
	f.StringVar(&opt.trust, "trust", "", a.say(text{JA: "信じる認証局を増やす: `WHOM` は demo(デモカード)", EN: "believe another CA too: `WHOM` is demo (the demo card)"}))
	return cmd
}

// fileVerdict is what was found about one file.
type fileVerdict struct {
	file       string
	signatures []signatureVerdict
	err        error // the file could not be checked at all
}

// signatureVerdict is what was found about one signature of a file.
type signatureVerdict struct {
	foundSignature
	verdict  trust.Verdict
	name     string    // of the holder, "" where none is named
	proven   time.Time // when it existed, by a timestamp that is believed
	unproven time.Time // by one that is not
}

func (a *app) verify(ctx context.Context, opt *verifyOptions, files []string) error {
	switch opt.trust {
	case "":
	case "demo":
		opt.trustDemo = true
	default:
		return usage(text{JA: "--trust に使えるのは demo です。", EN: "--trust is demo."})
	}
	if len(opt.content) > 0 && len(files) > 1 {
		return usage(text{JA: "--content は署名が1つのときだけ使えます。", EN: "--content is for a single signature."})
	}
	if opt.tsaCA != "" {
		var err error
		if opt.tsaRoots, err = readCertificates(opt.tsaCA); err != nil {
			return err
		}
	}
	var verdicts []fileVerdict
	for _, f := range files {
		v := fileVerdict{file: f}
		v.signatures, v.err = a.verifyFile(ctx, opt, f)
		if v.err != nil && (len(files) == 1 || context.Cause(ctx) != nil) {
			return v.err
		}
		verdicts = append(verdicts, v)
	}
	if a.json {
		if err := a.writeJSON(a.io.Out, verifyDocument(a, verdicts)); err != nil {
			return err
		}
	} else {
		a.printVerdicts(verdicts)
	}
	return worst(verdicts)
}

// worst gives the exit status: an invalid signature before one that cannot be
// decided, before a file that could not be checked.
func worst(verdicts []fileVerdict) error {
	var code problem.Code
	for _, v := range verdicts {
		if v.err != nil && code == "" {
			code = problem.Failed
		}
		for _, s := range v.signatures {
			switch s.verdict.Status() {
			case trust.Invalid:
				code = problem.Invalid
			case trust.Indeterminate:
				if code != problem.Invalid {
					code = problem.Undecided
				}
			}
		}
	}
	if code == "" {
		return nil
	}
	return quietly(code)
}

func (a *app) verifyFile(ctx context.Context, opt *verifyOptions, path string) ([]signatureVerdict, error) {
	findings, err := a.findSignatures(ctx, opt, path)
	if err != nil {
		return nil, err
	}
	if len(findings) == 0 {
		return nil, noSignature(path)
	}
	var verdicts []signatureVerdict
	for _, f := range findings {
		verdicts = append(verdicts, a.judge(opt, f))
	}
	return verdicts, nil
}

func noSignature(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "%sに署名はありません。", EN: "There is no signature in %s."}.With(path), text{})
}

// errWeak is the reason of a signature that proves nothing any more.
var errWeak = errors.New("SHA-1, or a key too short, proves nothing any more")

// judge puts what the signature says and what the chain says together.
func (a *app) judge(opt *verifyOptions, f foundSignature) signatureVerdict {
	v := signatureVerdict{foundSignature: f}
	if f.cert != nil {
		anchors := trust.Anchors{Demo: opt.trustDemo}
		at := trust.Moment{Time: a.now()}
		if v.proven, v.unproven = opt.stampTimes(f); !v.proven.IsZero() {
			at = trust.Moment{Time: v.proven, Proven: true}
		}
		v.verdict = anchors.Check(f.cert, f.certs, cert.Other, at)
		if h, err := cert.HolderOf(f.cert); err == nil || errors.Is(err, cert.ErrHolderMalformed) {
			v.name = h.Name.String() + a.substitutes(h.NameSubstitutes)
		}
	}
	v.verdict = v.verdict.With(f.reasons...)
	if f.weak {
		v.verdict = v.verdict.With(trust.Reason{Code: trust.CryptoConstraintsFailureNoPOE, Err: errWeak})
	}
	return v
}

// stampTimes gives the earliest time that a timestamp proves, by an authority
// under --tsa-ca, and the earliest that another one only claims.
func (opt *verifyOptions) stampTimes(f foundSignature) (proven, unproven time.Time) {
	for _, s := range f.stamps {
		by, err := s.Verify(s.content)
		if err != nil {
			continue
		}
		earliest := &unproven
		if trust.CheckTSA(by, s.Certificates(), opt.tsaRoots, s.Time) == nil {
			earliest = &proven
		}
		if earliest.IsZero() || s.Time.Before(*earliest) {
			*earliest = s.Time
		}
	}
	return proven, unproven
}

// momentText writes a moment in Japan's zone.
func momentText(t time.Time) text {
	clock := t.In(cert.JST).Format("15:04:05")
	return text{JA: "%s %s", EN: "%s %s JST"}.With(dateText(cert.DateOf(t)), clock)
}

var verdictTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "署名は有効です(失効していないことを確認しました)", EN: "valid (not revoked)"},
	trust.ValidRevocationUnchecked: {JA: "署名は真正です(失効は未確認)", EN: "genuine (revocation not checked)"},
	trust.Invalid:                  {JA: "署名は無効です", EN: "not genuine"},
	trust.Indeterminate:            {JA: "判定できません", EN: "cannot be decided"},
}

var verdictTones = map[trust.Status]ui.Tone{
	trust.Valid: ui.Good, trust.ValidRevocationUnchecked: ui.Good, trust.Invalid: ui.Bad, trust.Indeterminate: ui.Warn,
}

// reasonTexts explains the causes a person can understand and act on.
var reasonTexts = []struct {
	cause error
	text  text
}{
	{xmlsig.SignedDataNotFound, text{JA: "署名が指すファイルが指定されていません(--content で指定)", EN: "a file that the signature refers to was not given (--content)"}},
	{xmlsig.HashFailure, text{JA: "署名された内容が変わっています", EN: "what was signed has changed"}},
	{xmlsig.SigCryptoFailure, text{JA: "署名の値が、証明書の鍵と合いません", EN: "the signature does not fit the certificate's key"}},
	{errPartial, text{JA: "文書の一部しか署名されていません。残りは誰でも変えられます", EN: "only a part of the document is signed; anybody can change the rest"}},
	{errContentChanged, text{JA: "署名のあとで、文書の内容が変えられています", EN: "the content was changed after it was signed"}},
	{cms.HashFailure, text{JA: "ファイルの内容が、署名されたものと違います", EN: "the file is not what was signed"}},
	{cms.SigCryptoFailure, text{JA: "署名の値が、証明書の鍵と合いません", EN: "the signature does not fit the certificate's key"}},
	{cms.NoSigningCertificateFound, text{JA: "署名者の証明書がありません", EN: "the signer's certificate is missing"}},
	{trust.ErrDemoCA, text{JA: "デモカードの署名です。本物の証明ではありません(試すときは --trust demo)", EN: "a signature of the demo card, not a real one (--trust demo, to try)"}},
	{trust.ErrUnknownCA, text{JA: "この版が知らない世代の認証局です。新しい版で確かめるか、jpki.go.jp の公表値と比べてください", EN: "a CA generation this version does not know: use a newer version, or compare with jpki.go.jp"}},
	{trust.ErrNotJPKI, text{JA: "署名者の証明書は公的個人認証サービスのものではありません", EN: "the signer is not under JPKI"}},
	{trust.ErrNoIssuer, text{JA: "発行した認証局の証明書がありません", EN: "the certificate of the issuing CA is missing"}},
	{trust.ErrSignature, text{JA: "証明書は認証局が発行したものではありません", EN: "the CA did not issue the certificate"}},
	{trust.ErrExpired, text{JA: "証明書の有効期間が過ぎています。いつ署名されたかは証明されていません", EN: "the certificate has expired, and nothing proves when the signature was made"}},
	{trust.ErrNotYetValid, text{JA: "証明書の有効期間がまだ始まっていません", EN: "the certificate is not yet valid"}},
	{trust.ErrKeyUsage, text{JA: "証明書の鍵は、この用途に使えません", EN: "the certificate's key is not for this use"}},
	{trust.ErrPolicy, text{JA: "証明書のポリシーが、認証局の発行するものと違います", EN: "the certificate's policy is not one its CA issues"}},
	{errWeak, text{JA: "弱い方式(SHA-1など)の署名です", EN: "a weak signature (SHA-1 or a short key)"}},
}

func reasonText(r trust.Reason) text {
	for _, known := range reasonTexts {
		if errors.Is(r.Err, known.cause) {
			return known.text
		}
	}
	return text{JA: "詳細: %s", EN: "%s"}.With(r.Err.Error())
}

func (a *app) printVerdicts(verdicts []fileVerdict) {
	w := a.io.Out
	for i, f := range verdicts {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, a.io.Paint(ui.Strong, f.file))
		if f.err != nil {
			fmt.Fprintf(w, "  %s\n", a.io.Paint(ui.Bad, a.say(a.explain(f.err).What)))
			continue
		}
		for j, s := range f.signatures {
			if j > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprint(w, ui.Table(2, nil, a.verdictRows(s)))
		}
	}
}

func (a *app) verdictRows(s signatureVerdict) [][]string {
	status := s.verdict.Status()
	verdict := verdictTexts[status]
	if s.verdict.Issuer.Standing == trust.Demo {
		verdict = text{JA: "%s(デモ: 本物ではありません)", EN: "%s (DEMO, not real)"}.With(verdict)
	}
	rows := [][]string{a.row(verdictTones[status], text{JA: "判定", EN: "Verdict"}, capital(verdict))}
	for _, r := range s.verdict.Reasons {
		rows = append(rows, a.row(ui.Plain, text{JA: "理由", EN: "Reason"}, reasonText(r)))
	}
	if c := s.cert; c != nil {
		if s.name != "" {
			rows = append(rows, []string{a.say(text{JA: "署名者", EN: "Signer"}), s.name})
		} else {
			rows = append(rows, []string{a.say(text{JA: "署名者", EN: "Signer"}), cert.Name(c.RawSubject)})
		}
		rows = append(rows, a.row(ui.Plain, text{JA: "証明書", EN: "Certificate"}, kindTexts[cert.KindOf(c)]))
	}
	if t := s.claimed; !t.IsZero() {
		rows = append(rows, a.row(ui.Plain, text{JA: "署名日時", EN: "Signed at"},
			text{JA: "%s(署名者の申告)", EN: "%s (as the signer claims)"}.With(momentText(t))))
	}
	switch {
	case !s.proven.IsZero():
		rows = append(rows, a.row(ui.Good, text{JA: "タイムスタンプ", EN: "Timestamp"},
			text{JA: "%sには存在していました", EN: "it existed on %s"}.With(momentText(s.proven))))
	case !s.unproven.IsZero():
		rows = append(rows, a.row(ui.Plain, text{JA: "タイムスタンプ", EN: "Timestamp"},
			text{JA: "%s(信頼するには --tsa-ca が必要)", EN: "%s (not believed without --tsa-ca)"}.With(momentText(s.unproven))))
	}
	for _, c := range s.covers {
		rows = append(rows, a.row(ui.Plain, text{JA: "範囲", EN: "Covers"}, c))
	}
	if !s.after.IsZero() {
		rows = append(rows, a.row(ui.Plain, text{JA: "署名のあと", EN: "Since then"}, s.after))
	}
	if status == trust.ValidRevocationUnchecked {
		rows = append(rows, a.row(ui.Faint, text{JA: "失効の確認", EN: "Revocation"},
			text{JA: "JPKI利用者ソフトの有効性確認、マイナポータル、市区町村の窓口でできます", EN: "ask the official client (yukosei kakunin), Mynaportal or the municipal counter"}))
	}
	return rows
}

// verifyJSON is jpki.verify/v1.
type verifyJSON struct {
	Schema string           `json:"schema"`
	Files  []fileVerdictDoc `json:"files"`
}

type fileVerdictDoc struct {
	File       string                `json:"file"`
	Error      *problemJSON          `json:"error"`
	Signatures []signatureVerdictDoc `json:"signatures"`
}

type signatureVerdictDoc struct {
	Format      string       `json:"format"`
	Where       string       `json:"where"`
	Verdict     trust.Status `json:"verdict"`
	Demo        bool         `json:"demo"`
	Reasons     []reasonDoc  `json:"reasons"`
	Signer      string       `json:"signer"`
	Certificate *string      `json:"certificate_sha256"`
	Kind        string       `json:"kind"`
	Issuer      string       `json:"issuer_standing"`
	Algorithm   string       `json:"algorithm"`
	SigningTime *string      `json:"claimed_signing_time"`
	ProvenTime  *string      `json:"proven_time"`
	Revocation  string       `json:"revocation"`
	Covers      []string     `json:"covers"`
	After       string       `json:"added_later"`
}

type reasonDoc struct {
	Code   trust.Code `json:"code"`
	Detail string     `json:"detail"`
}

func verifyDocument(a *app, verdicts []fileVerdict) verifyJSON {
	doc := verifyJSON{Schema: "jpki.verify/v1", Files: []fileVerdictDoc{}}
	for _, v := range verdicts {
		f := fileVerdictDoc{File: v.file, Signatures: []signatureVerdictDoc{}}
		if v.err != nil {
			p := a.problemJSON(a.explain(v.err))
			f.Error = &p
		}
		for _, s := range v.signatures {
			d := signatureVerdictDoc{
				Format: s.format, Where: s.where, Covers: []string{}, After: a.say(s.after),
				Verdict: s.verdict.Status(), Demo: s.verdict.Issuer.Standing == trust.Demo, Reasons: []reasonDoc{},
				Signer: s.name, Kind: cert.Other.String(), Issuer: s.verdict.Issuer.Standing.String(),
				Algorithm: s.algorithm, Revocation: s.verdict.Revocation.String(),
			}
			for _, r := range s.verdict.Reasons {
				d.Reasons = append(d.Reasons, reasonDoc{r.Code, r.Err.Error()})
			}
			if c := s.cert; c != nil {
				fingerprint := cert.FingerprintOf(c).String()
				d.Certificate, d.Kind = &fingerprint, cert.KindOf(c).String()
			}
			if t := s.claimed; !t.IsZero() {
				at := t.UTC().Format(time.RFC3339)
				d.SigningTime = &at
			}
			if t := s.proven; !t.IsZero() {
				at := t.UTC().Format(time.RFC3339)
				d.ProvenTime = &at
			}
			for _, c := range s.covers {
				d.Covers = append(d.Covers, a.say(c))
			}
			f.Signatures = append(f.Signatures, d)
		}
		doc.Files = append(doc.Files, f)
	}
	return doc
}
