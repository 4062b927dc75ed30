package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

type verifyOptions struct {
	trustOptions
	examiner *examiner
	content  []string
	tsaCA    string
	tsaRoots []*x509.Certificate
}

func (a *app) newVerify() *cobra.Command {
	var opt verifyOptions
	cmd := a.command(command{
		use:   "verify FILE...",
		short: text{JA: "署名を確かめる", EN: "check signatures"},
		long: text{
			JA: "CMS/CAdES(.p7s、.p7m)、PDF、XMLの署名を確かめます。ファイルにいくつあっても、すべて調べます。\n" +
				"失効しているかどうかは、一般の人が調べられる公開の窓口がないため、失効リスト(--crl)やOCSP(--ocsp)を指定したときだけ確認します。\n" +
				"ほかの人の署名の検証を業務として行うには、主務大臣の認定が必要です(公的個人認証法 第17条)。",
			EN: "Checks signatures in CMS/CAdES (.p7s, .p7m), PDF and XML: every signature there is.\n" +
				"Revocation is checked only with a list (--crl) or a responder (--ocsp) that you name: there is no public source that a resident could ask.\n" +
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
	a.addTrustFlags(cmd, &opt.trustOptions)
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

func (a *app) verify(ctx context.Context, opt *verifyOptions, files []string) (err error) {
	if len(opt.content) > 0 && len(files) > 1 {
		return usage(text{JA: "--content は署名が1つのときだけ使えます。", EN: "--content is for a single signature."})
	}
	if opt.examiner, err = a.examiner(&opt.trustOptions); err != nil {
		return err
	}
	if opt.tsaCA != "" {
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
		verdicts = append(verdicts, a.judge(ctx, opt, f))
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
func (a *app) judge(ctx context.Context, opt *verifyOptions, f foundSignature) signatureVerdict {
	v := signatureVerdict{foundSignature: f}
	if f.cert != nil {
		at := trust.Moment{Time: a.now(), Claimed: f.claimed}
		if v.proven, v.unproven = opt.stampTimes(f); !v.proven.IsZero() {
			at = trust.Moment{Time: v.proven, Proven: true}
		}
		v.verdict = opt.examiner.examine(ctx, f.cert, f.certs, cert.Other, at)
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
	{trust.ErrUnknownCA, text{JA: "この版が知らない世代の認証局です。新しい版で確かめるか、jpki.go.jp の公表値と比べて jpki ca add で加えてください", EN: "a CA generation this version does not know: use a newer version, or compare with jpki.go.jp and add it with jpki ca add"}},
	{trust.ErrNotJPKI, text{JA: "署名者の証明書は公的個人認証サービスのものではありません(その認証局を信じるなら --ca)", EN: "the signer is not under JPKI (--ca, to believe the signer's own CA)"}},
	{trust.ErrNotGiven, text{JA: "署名者の証明書は、公的個人認証サービスのものでも、--ca で指定した認証局のものでもありません", EN: "the signer is under neither JPKI nor a CA of --ca"}},
	{trust.ErrNoIssuer, text{JA: "発行した認証局の証明書がありません(--ca で指定)", EN: "the certificate of the issuing CA is missing (--ca)"}},
	{trust.ErrSignature, text{JA: "証明書は認証局が発行したものではありません", EN: "the CA did not issue the certificate"}},
	{trust.ErrExpired, text{JA: "証明書の有効期間が過ぎています。いつ署名されたかは証明されていません", EN: "the certificate has expired, and nothing proves when the signature was made"}},
	{trust.ErrNotYetValid, text{JA: "証明書の有効期間がまだ始まっていません", EN: "the certificate is not yet valid"}},
	{trust.ErrKeyUsage, text{JA: "証明書の鍵は、この用途に使えません", EN: "the certificate's key is not for this use"}},
	{trust.ErrPolicy, text{JA: "証明書のポリシーが、認証局の発行するものと違います", EN: "the certificate's policy is not one its CA issues"}},
	{errWeak, text{JA: "弱い方式(SHA-1など)の署名です", EN: "a weak signature (SHA-1 or a short key)"}},
}

func reasonText(r trust.Reason) text {
	if t, ok := revocationReason(r); ok {
		return t
	}
	for _, known := range reasonTexts {
		if errors.Is(r.Err, known.cause) {
			return known.text
		}
	}
	return text{JA: "詳細: %s", EN: "%s"}.With(r.Err.Error())
}
