package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

type verifyOptions struct {
	trustOptions
	content  []string
	folder   string
	profile  string
	personal bool
	tsaCA    string
	keyUsage string
	signers  []string
	extract  string
	force    bool
}

func (a *app) newVerify() *cobra.Command {
	var opt verifyOptions
	cmd := a.command(command{
		use:   "verify FILE...",
		short: text{JA: "署名を確かめる", EN: "check signatures"},
		long: text{
			JA: "CMS/CAdES(.p7s、.p7m)、PDF、XMLの署名を確かめます。ファイルにいくつあっても、すべて調べます。\n" +
				"失効しているかどうかは、一般の人が調べられる公開の窓口がないため、失効リスト(--crl)やOCSP(--ocsp)を指定したときだけ確認します。\n" +
				"ほかの人の署名の検証を業務として行うには、主務大臣の認定が必要です(公的個人認証法 第17条)。\n\n" +
				"終了ステータスは、0がすべて真正、8が無効な署名があるか署名がないか --profile の条件に合わない、9が判定できない署名がある、\n" +
				"1が調べられないファイルがあるとき(8、9、1の順に優先)です。",
			EN: "Checks signatures in CMS/CAdES (.p7s, .p7m), PDF and XML: every signature there is.\n" +
				"Revocation is checked only with a list (--crl) or a responder (--ocsp) that you name: there is no public source that a resident could ask.\n" +
				"Verifying others' signatures as a business needs a ministerial accreditation (Public Personal Authentication Act, article 17).\n\n" +
				"Exit status: 0 when all are genuine, 8 with one that is not, with no signature at all or with what --profile asks for missing,\n" +
				"9 with one that cannot be decided, 1 with a file that cannot be checked; the first of 8, 9, 1 that applies.",
		},
		examples: []example{
			{"jpki verify contract.txt.p7s", text{JA: "contract.txt と突き合わせる", EN: "against contract.txt"}},
			{"jpki verify touki-signed.pdf", text{JA: "PDFの中の署名をすべて調べる", EN: "every signature in a PDF"}},
			{"jpki verify contract.txt.p7m --extract contract.txt", text{JA: "中の元のファイルを取り出す", EN: "taking out the file inside"}},
			{"jpki verify sig.p7s --content contract.txt", text{JA: "元のファイルを指定する", EN: "naming the signed file"}},
			{"jpki verify signed/*.p7s --content-dir .", text{JA: "別のフォルダーにある署名をまとめて確かめる", EN: "many, whose signed files are in another folder"}},
			{"jpki verify --profile touki rejected.pdf", text{JA: "登記・供託オンライン申請の条件を1つずつ調べる", EN: "go through what the land registry's online service asks for"}},
		},
		args: a.argCount(1, -1, text{JA: "確かめる署名のファイルを指定してください。", EN: "Name the signatures to check."}),
		run:  func(ctx context.Context, args []string) error { return a.verify(ctx, &opt, args) },
	})
	f := cmd.Flags()
	f.StringArrayVar(&opt.content, "content", nil, a.io.Text(text{JA: "署名された`FILE`(.p7sでは、省くと .p7s を除いた名前。「-」は標準入力。XMLでは、署名が指すファイルをすべて)", EN: "the signed `FILE` (.p7s: by default the name without it, - is standard input; XML: every file that the signature refers to)"}))
	f.StringVar(&opt.profile, "profile", "", a.io.Text(text{JA: "提出先の条件も調べる: `NAME` は touki(登記・供託オンライン申請)か koshonin(電子公証)、どちらもPDF", EN: "check what a service asks for too: `NAME` is touki (online registration) or koshonin (electronic notary), PDF both"}))
	f.BoolVar(&opt.personal, "personal", false, a.io.Text(text{JA: "署名者の住所、生年月日、性別も表示する", EN: "show the signer's address, date of birth and sex too"}))
	f.StringVar(&opt.folder, "content-dir", "", a.io.Text(text{JA: ".p7sの元のファイルを、署名の隣ではなく`DIR`から読む", EN: ".p7s: read the signed files in `DIR`, not beside the signatures"}))
	f.StringVar(&opt.extract, "extract", "", a.io.Text(text{JA: ".p7mの中の元のファイルを、署名が真正なら`FILE`に保存する", EN: ".p7m: save the file inside as `FILE`, if the signature is genuine"}))
	f.BoolVar(&opt.force, "force", false, a.io.Text(text{JA: "--extract で、同じ名前のファイルを上書きする", EN: "--extract: replace a file of the same name"}))
	f.StringVar(&opt.tsaCA, "tsa-ca", "", a.io.Text(text{JA: "タイムスタンプ局の認証局の証明書`FILE`", EN: "`FILE` with the CA certificates of timestamping authorities to believe"}))
	f.StringArrayVar(&opt.signers, "signer", nil, a.io.Text(text{JA: "この人の署名がなければ終了ステータス8: 氏名か、証明書のSHA-256の`WHO`(繰り返すと全員)", EN: "exit with 8 without a signature of `WHO`: the name, or the SHA-256 fingerprint of the certificate (repeatable: all of them)"}))
	f.StringVar(&opt.keyUsage, "key-usage", keyUsageDocument, a.io.Text(text{JA: "署名に使ってよい鍵: `WHICH` は document(文書の署名用の鍵だけ)か any(どの鍵でも)", EN: "keys that may sign: `WHICH` is document (keys for signing documents) or any"}))
	a.addTrustFlags(cmd, &opt.trustOptions)
	return cmd
}

// Values of --key-usage.
const (
	keyUsageDocument = "document"
	keyUsageAny      = "any"
)

// fileVerdict is what was found about one file.
type fileVerdict struct {
	file       string
	signatures []signatureVerdict
	notes      []text
	missing    []string // of those who must have signed, as they were named
	err        error    // the file could not be checked at all
}

// signatureVerdict is what was found about one signature of a file.
type signatureVerdict struct {
	foundSignature
	verdict   trust.Verdict
	holder    *cert.Holder // nil where the certificate names none
	proven    time.Time    // when it existed, by a timestamp that is believed
	counter   []signatureVerdict
	checklist []checklist.Item // with --profile
}

func (a *app) verify(ctx context.Context, opt *verifyOptions, files []string) (err error) {
	profile := checklist.Profile(opt.profile)
	if profile != "" && !slices.Contains(checklist.Profiles(), profile) {
		return problem.Misuse(text{JA: "verify の --profile に使えるのは touki と koshonin です。", EN: "--profile of verify is touki or koshonin."})
	}
	if opt.keyUsage != keyUsageDocument && opt.keyUsage != keyUsageAny {
		return problem.Misuse(text{JA: "--key-usage に使えるのは document と any です。", EN: "--key-usage is document or any."})
	}
	if len(opt.content) > 0 && len(files) > 1 {
		return problem.Misuse(text{JA: "--content は署名が1つのときだけ使えます。", EN: "--content is for a single signature."}).
			WithNext(text{JA: "元のファイルが別のフォルダーにあるときは、--content-dir でそのフォルダーを指定してください。", EN: "Where the signed files are in another folder, name that with --content-dir."})
	}
	if len(opt.content) > 0 && opt.folder != "" {
		return problem.Misuse(text{JA: "--content と --content-dir は同時に使えません。", EN: "--content and --content-dir exclude each other."})
	}
	e, err := a.examiner(ctx, &opt.trustOptions)
	if err != nil {
		return err
	}
	e.anyKey = opt.keyUsage == keyUsageAny
	if opt.tsaCA != "" {
		if e.anchors.TSA, err = input.Certificates(ctx, opt.tsaCA); err != nil {
			return err
		}
	}
	required, err := requiredSigners(opt.signers)
	if err != nil {
		return err
	}
	find := finder{io: a.io, now: a.env.Now, content: opt.content, folder: opt.folder, profile: profile, many: len(files) > 1}
	var extracted *output.File
	if opt.extract != "" {
		if len(files) > 1 {
			return problem.Misuse(text{JA: "--extract は署名が1つのときだけ使えます。", EN: "--extract is for a single signature."})
		}
		if err := input.RefuseOverwrite(opt.extract, input.FilesOf(files), "--extract"); err != nil {
			return err
		}
		if extracted, err = output.Create(ctx, opt.extract, output.Options{Force: opt.force}); err != nil {
			if failed, ok := errors.AsType[*output.Error](err); ok {
				return explain.NotMade(failed.Path, failed.Reason, "--extract").Because(err)
			}
			return err
		}
		defer extracted.Abort()
		find.inside = extracted
	}
	report := a.newVerifyReport(opt, len(e.anchors.TSA) > 0, find.many)
	worst := problem.Code("")
	err = find.findAll(ctx, files, func(f fileFinding) error {
		v := e.judgeFile(ctx, f, profile)
		if err := context.Cause(ctx); err != nil {
			return err // what a source was asked for did not come because of that
		}
		if v.err != nil && !find.many && !(a.json && isMissingContent(v.err)) {
			return v.err
		}
		if v.err == nil {
			v.missing = missingSigners(required, v)
		}
		worst = graver(worst, v.code())
		return report.add(v)
	})
	if err == nil {
		err = report.end()
	}
	if err == nil && worst != "" {
		err = problem.Quiet(worst)
	}
	if p, ok := problem.As(err); extracted != nil && !(ok && p.Code == problem.Usage) {
		err = a.takeOut(extracted, files[0], err)
	}
	return err
}

// takeOut gives the content of an attached signature its name, unless the
// signature is not good: then nobody is to mistake it for something signed.
func (a *app) takeOut(content *output.File, from string, bad error) error {
	if bad != nil {
		a.io.Note(text{JA: "署名を真正と判定できないため、%sは保存しませんでした。", EN: "%s was not saved, because the signature is not known to be genuine."}.With(content.Path()))
		if p, ok := problem.As(bad); ok && p.Code == problem.Undecided { // the certificate may just be an old one
			a.io.Note(text{
				JA: "証明書を確かめずに取り出すこともできます: openssl cms -verify -noverify -binary -inform DER -in %s -out %s",
				EN: "To take it out without a check of the certificate: openssl cms -verify -noverify -binary -inform DER -in %s -out %s",
			}.With(from, content.Path()))
		}
		return bad
	}
	if err := content.Commit(); err != nil {
		return err
	}
	a.io.Note(text{JA: "署名されたファイルを%sに保存しました。", EN: "The signed file was saved as %s."}.With(content.Path()))
	return nil
}

// code says what stands against a file: something invalid before what cannot
// be decided, before a file that could not be checked; "" where nothing does.
func (v fileVerdict) code() (code problem.Code) {
	if v.err != nil {
		if p := explain.Error(v.err); p.Code == problem.Invalid {
			return problem.Invalid
		}
		return problem.Failed
	}
	switch v.status() {
	case trust.Invalid:
		return problem.Invalid
	case trust.Indeterminate:
		code = problem.Undecided
	}
	for _, s := range v.signatures {
		if checklist.Unmet(s.checklist) > 0 {
			code = problem.Invalid
		}
	}
	if len(v.missing) > 0 {
		code = problem.Invalid
	}
	return code
}

// gravity orders the codes of files for the exit status of many.
var gravity = map[problem.Code]int{problem.Failed: 1, problem.Undecided: 2, problem.Invalid: 3}

func graver(a, b problem.Code) problem.Code {
	if gravity[b] > gravity[a] {
		return b
	}
	return a
}

var statusGravity = map[trust.Status]int{trust.Valid: 1, trust.ValidRevocationUnchecked: 2, trust.Indeterminate: 3, trust.Invalid: 4}

// status is the gravest of a file's signatures. A document timestamp that is
// sound, and whose authority is not believed, does not count beside the
// signatures of people: it is not used.
func (v fileVerdict) status() (worst trust.Status) {
	for _, s := range v.signatures {
		status := s.status()
		if v.signed() && s.role == roleTimestamp && status == trust.Indeterminate {
			continue
		}
		if statusGravity[status] > statusGravity[worst] {
			worst = status
		}
	}
	return worst
}

// signed reports whether there is a signature of somebody.
func (v fileVerdict) signed() bool {
	return slices.ContainsFunc(v.signatures, func(s signatureVerdict) bool { return s.role != roleTimestamp })
}

// status is the gravest of a signature and its counter-signatures.
func (s signatureVerdict) status() trust.Status {
	worst := s.verdict.Status()
	for _, c := range s.counter {
		if status := c.status(); statusGravity[status] > statusGravity[worst] {
			worst = status
		}
	}
	return worst
}

func (e *examiner) judgeFile(ctx context.Context, f fileFinding, p checklist.Profile) fileVerdict {
	v := fileVerdict{file: f.file, notes: f.notes, err: f.err}
	for _, s := range f.signatures {
		v.signatures = append(v.signatures, e.judgeAll(ctx, s, p))
	}
	if v.err == nil && (len(v.signatures) == 0 || p != "" && !v.signed()) {
		v.err = noSignature(f.file)
	}
	return v
}

// judgeAll judges a signature and its counter-signatures.
func (e *examiner) judgeAll(ctx context.Context, f foundSignature, p checklist.Profile) signatureVerdict {
	if f.role == roleTimestamp {
		return e.judgeTimestamp(ctx, f)
	}
	v := e.judge(ctx, f)
	for _, c := range f.counter {
		v.counter = append(v.counter, e.judgeAll(ctx, c, p))
	}
	if p != "" && f.asked != nil {
		subject := *f.asked
		subject.Certificate, subject.Verdict, subject.Now = v.cert, v.verdict, e.now()
		v.checklist = p.For(subject)
	}
	return v
}

func noSignature(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "%sに署名はありません。", EN: "There is no signature in %s."}.With(path),
		text{JA: "署名されたファイルか、分離署名のファイル(.p7s)を指定してください。", EN: "Name the signed file, or the file of a detached signature (.p7s)."})
}

// judge puts what the signature says and what the chain says together.
func (e *examiner) judge(ctx context.Context, f foundSignature) signatureVerdict {
	if e.anchors.Demo && f.form != xmlsig.ProfileNone {
		// These forms have the signer's certificate alone, and demo cards are
		// none whose CA this computer remembers.
		sign, _ := virtualcard.DemoCAs()
		f.certs = append(f.certs, sign.Certificate)
	}
	v := signatureVerdict{foundSignature: f, proven: e.judgeStamps(ctx, f.stamps)}
	if f.cert != nil {
		at := trust.Moment{Time: e.now(), Claimed: f.claimed}
		if !v.proven.IsZero() {
			at = trust.Moment{Time: v.proven, Proven: true, Latest: true, Claimed: f.claimed}
		}
		v.verdict = e.examine(ctx, f.cert, f.certs, cert.Other, at)
		if h, err := cert.HolderOf(f.cert); err == nil || errors.Is(err, cert.ErrHolderMalformed) {
			v.holder = &h
		}
	}
	v.verdict = v.verdict.With(f.reasons...)
	if !e.anyKey {
		v.verdict = v.verdict.With(trust.CheckPurpose(f.cert)...)
	}
	return v
}

// timestamps are all there is to show: of a document timestamp, itself.
func (s signatureVerdict) timestamps() []stamp {
	if s.itself == nil || s.itself.err != nil {
		return s.stamps
	}
	return append(s.stamps[:len(s.stamps):len(s.stamps)], *s.itself)
}

// judgeTimestamp judges a document timestamp: its authority is not one of
// JPKI's certificates, but one under --tsa-ca.
func (e *examiner) judgeTimestamp(ctx context.Context, f foundSignature) signatureVerdict {
	v := signatureVerdict{foundSignature: f}
	v.verdict = v.verdict.With(f.reasons...)
	if len(v.verdict.Reasons) > 0 {
		return v
	}
	existed := e.judgeStamps(ctx, f.stamps)
	if existed.IsZero() {
		existed = e.now()
	}
	if f.itself.doubt = e.doubt(ctx, *f.itself, existed); f.itself.doubt != nil {
		v.verdict = v.verdict.With(*f.itself.doubt)
		return v
	}
	v.verdict.Issuer.Standing = trust.Given
	v.proven = f.itself.Time
	return v
}

// judgeStamps decides which timestamps are believed, and gives the earliest time
// that one proves. One that covers those before it, and is believed, proves that
// they are older: so the last one is judged first.
func (e *examiner) judgeStamps(ctx context.Context, stamps []stamp) (proven time.Time) {
	existed := e.now()
	for i := len(stamps) - 1; i >= 0; i-- {
		s := &stamps[i]
		if s.doubt = e.doubt(ctx, *s, existed); s.doubt != nil {
			continue
		}
		if proven.IsZero() || s.Time.Before(proven) {
			proven = s.Time
		}
		if s.archive && s.Time.Before(existed) {
			existed = s.Time
		}
	}
	return proven
}

// doubt says why a timestamp, which is proven to have existed at a time, proves
// nothing itself: because of what it is, because its authority is none of those
// under --tsa-ca, is over or revoked. A source of revocation that proves nothing
// of the authority counts against it only where proof is demanded.
func (e *examiner) doubt(ctx context.Context, s stamp, existed time.Time) *trust.Reason {
	if s.err != nil {
		return &trust.Reason{Code: trust.SigConstraintsFailure, Err: s.err}
	}
	responder := e.ocsp
	if responder != ocspFromCertificate { // the signer's
		responder = ""
	}
	v := e.anchors.CheckTSA(s.by, s.Certificates(), s.Time, existed)
	v = e.demand(v.WithRevocation(e.evidence(ctx, v.Chain, responder), e.now()))
	for _, r := range v.Reasons {
		if revoked, ok := errors.AsType[*trust.RevokedError](r.Err); ok {
			r.Err = &authorityRevokedError{revoked.Evidence}
		}
		if r.Code != trust.TryLater || e.require {
			return &r
		}
	}
	return nil
}

// reasonTexts explains the causes a person can understand and act on.
var reasonTexts = []struct {
	cause error
	text  text
}{
	{cms.SignedDataNotFound, text{JA: "署名が指すファイルが指定されていません(--content で指定)", EN: "a file that the signature refers to was not given (--content)"}},
	{xmlsig.ErrPartial, text{JA: "文書の一部しか署名されていません。残りは誰でも変えられます", EN: "only a part of the document is signed; anybody can change the rest"}},
	{pdfsig.ErrChangedLater, text{JA: "署名のあとで、文書の内容が変えられています", EN: "the content was changed after it was signed"}},
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
	{trust.ErrLoginKey, text{JA: "ログイン用の鍵(利用者証明用電子証明書)で署名されています。悪意のあるサーバーは、ログインのときに文書への署名を手に入れられます。本人が認めた署名とは言えません(それでもよければ --key-usage any)", EN: "signed with the log-in key (user-authentication certificate): a hostile server can obtain such a signature at a log-in, so it does not show that the holder agreed (--key-usage any accepts it)"}},
	{trust.ErrOtherPurpose, text{JA: "証明書は、文書の署名ではなく、サーバーの認証などほかの用途のものです(それでもよければ --key-usage any)", EN: "the certificate is for other purposes than documents, such as a server's identity (--key-usage any accepts it)"}},
	{errForeignSender, text{JA: "メールの差出人のアドレスが、証明書のアドレスと違います", EN: "the sender's address is not one that the certificate names"}},
	{trust.ErrTSAOver, text{JA: "タイムスタンプ局の証明書の有効期間が過ぎていて、その前に作られたことは証明されていません", EN: "the authority's certificate is over, and nothing proves that the timestamp was made before"}},
	{trust.ErrTSA, text{JA: "タイムスタンプ局が --tsa-ca の認証局のものではありません", EN: "the timestamping authority is not under a CA of --tsa-ca"}},
	{cms.ErrMoreTimestamps, text{JA: "タイムスタンプが多すぎます(1つの署名につき8個まで)。残りは調べていません", EN: "too many timestamps (8 of one signature are looked at): the rest was not"}},
	{cms.ErrNotTimestamping, text{JA: "タイムスタンプ専用の証明書で作られたものではありません", EN: "not made with a certificate for timestamps alone"}},
	{cms.ErrOtherContent, text{JA: "ほかの内容のタイムスタンプです", EN: "a timestamp over something else"}},
	{cms.CryptoConstraintsFailureNoPOE, text{JA: "弱い方式(SHA-1など)の署名です", EN: "a weak signature (SHA-1 or a short key)"}},
}

// codeTexts explain the rest, as far as their code goes.
var codeTexts = map[trust.Code]text{
	trust.FormatFailure:             {JA: "署名の形が規格に合いません(%s)", EN: "the signature is not formed as the standards ask for (%s)"},
	trust.HashFailure:               {JA: "署名された内容が変わっています(%s)", EN: "what was signed has changed (%s)"},
	trust.SigConstraintsFailure:     {JA: "この文書に対する署名とは言えません(%s)", EN: "it cannot be called a signature of this document (%s)"},
	trust.CryptoConstraintsFailure:  {JA: "何も証明できない方式か、この版が知らない方式です(%s)", EN: "an algorithm that proves nothing, or that this version does not know (%s)"},
	trust.NoSigningCertificateFound: {JA: "署名者の証明書がありません(%s)", EN: "the signer's certificate is missing (%s)"},
	trust.Generic:                   {JA: "調べられないところがあります(%s)", EN: "a part of it could not be looked at (%s)"},
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
	detail := cert.Printable(r.Err.Error())
	if known, ok := codeTexts[r.Code]; ok {
		return known.With(detail)
	}
	return text{JA: "詳細: %s", EN: "%s"}.With(detail)
}
