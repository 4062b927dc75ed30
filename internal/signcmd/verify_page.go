package signcmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/report"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/version"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// verifyPage is the page that --report keeps.
type verifyPage struct {
	verifyText
	ctx      context.Context
	now      time.Time
	required bool // proof that nothing is revoked
	page     report.Page
}

// newVerifyPage begins a page; text on it has no colours.
func newVerifyPage(ctx context.Context, a *command.App, opt *verifyOptions, e *judging.Examiner) *verifyPage {
	now := a.Env.Now()
	return &verifyPage{
		verifyText: verifyText{io: &ui.IO{Lang: a.IO.Lang}, personal: opt.personal, stamps: len(e.Anchors.TSA) > 0, profile: checklist.Profile(opt.profile)},
		ctx:        ctx, now: now, required: opt.trust.RequireRevocation,
		page: report.Page{Program: version.Text(), Made: now, Command: conditionsText(opt)},
	}
}

// conditionsText lists the trusted CAs and the given options.
func conditionsText(opt *verifyOptions) text {
	comma := text{JA: "、", EN: ", "}
	all := []text{{JA: "公的個人認証サービスの認証局(このバージョンに登録されている世代と、jpki ca add で追加したもの)を信頼", EN: "CAs of JPKI (the generations this version knows, and those added with jpki ca add) were trusted"}}
	list := func(t text, values ...string) {
		var names []text
		for _, v := range values {
			if v != "" {
				names = append(names, i18n.Same(printable.Line(judging.SourceShown(v))))
			}
		}
		if len(names) > 0 {
			all = append(all, t.With(i18n.Join(comma, names...)))
		}
	}
	list(text{JA: "認証局の証明書(--ca): %s", EN: "CA certificates (--ca): %s"}, opt.trust.CAs...)
	list(text{JA: "タイムスタンプ局の認証局(--tsa-ca): %s", EN: "CAs of timestamping authorities (--tsa-ca): %s"}, opt.tsaCA)
	list(text{JA: "失効リスト(--crl): %s", EN: "revocation lists (--crl): %s"}, opt.trust.CRLs...)
	list(text{JA: "OCSPレスポンダー(--ocsp): %s", EN: "OCSP responder (--ocsp): %s"}, opt.trust.OCSP)
	list(text{JA: "署名者の指定(--signer): %s", EN: "required signers (--signer): %s"}, opt.signers...)
	list(text{JA: "元のファイル(--content): %s", EN: "signed files (--content): %s"}, opt.content...)
	if opt.trust.Trust != "" {
		all = append(all, text{JA: "デモカードの認証局も信頼(--trust demo)", EN: "the demo card's CA was trusted, too (--trust demo)"})
	}
	if opt.keyUsage == keyUsageAny {
		all = append(all, text{JA: "鍵の用途を問わない(--key-usage any)", EN: "keys for any purpose were accepted (--key-usage any)"})
	}
	if opt.profile != "" {
		list(text{JA: "提出先の条件(--profile): %s", EN: "what a service asks for (--profile): %s"}, opt.profile)
	}
	if opt.unchanged {
		all = append(all, text{JA: "署名のあとに何も追加されていないことを求める(--unchanged)", EN: "nothing may have been added after signing (--unchanged)"})
	}
	list(text{JA: "元のファイルのフォルダー(--content-dir): %s", EN: "folder of the signed files (--content-dir): %s"}, opt.folder)
	if opt.trust.RequireRevocation {
		all = append(all, text{JA: "失効の確認を必須とする(--require-revocation)", EN: "proof that nothing is revoked was demanded (--require-revocation)"})
	}
	return i18n.Join(text{JA: "。", EN: "; "}, all...)
}

// fileDigest reads a file once more for its size and SHA-256.
func fileDigest(ctx context.Context, path string) (size int64, digest string, ok bool) {
	f, err := input.Open(path)
	if err != nil {
		return 0, "", false
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, input.Cancellable(ctx, f)); err != nil {
		return 0, "", false
	}
	return size, strings.ToUpper(hex.EncodeToString(h.Sum(nil))), true
}

var pageTones = map[ui.Tone]report.Tone{ui.Good: report.Good, ui.Bad: report.Bad, ui.Warn: report.Warn}

func pageTone(t ui.Tone) report.Tone {
	if tone, ok := pageTones[t]; ok {
		return tone
	}
	return report.Plain
}

// add puts a file on the page.
func (p *verifyPage) add(v judging.FileVerdict) {
	f := report.File{Name: v.File, Notes: slices.Clone(v.Notes)}
	f.Size, f.SHA256, _ = fileDigest(p.ctx, v.Path)
	result := resultOf(v)
	f.Demo = ofDemo(v)
	for _, known := range fileResults {
		if known.result == result {
			f.Verdict, f.Tone = terms.Capital(tally{result, f.Demo}.name(known.text)), pageTone(known.tone)
		}
	}
	if f.Demo && f.Tone == report.Good {
		f.Tone = report.Warn
	}
	if v.Err != nil {
		what := explain.Error(v.Err)
		f.Problem, f.Next = inOneLine(what.What), what.Next
	}
	var missing []text
	for _, who := range v.Missing {
		missing = append(missing, terms.Capital(missingSignerText(who, v)))
	}
	if len(missing) > 0 {
		f.Problem = i18n.Join(text{JA: "。", EN: ". "}, missing...)
	}
	for i, n := range f.Notes {
		f.Notes[i] = terms.Capital(n)
	}
	for i, s := range v.Signatures {
		f.Signatures = append(f.Signatures, p.signature(s, i, v))
	}
	p.page.Files = append(p.page.Files, f)
}

// inOneLine takes the line of its own from the details of an error.
func inOneLine(t text) text {
	return text{JA: strings.ReplaceAll(t.JA, "\n", " "), EN: strings.ReplaceAll(t.EN, "\n", " ")}
}

// signature is a signature as the page shows it.
func (p *verifyPage) signature(s judging.SignatureVerdict, i int, v judging.FileVerdict) report.Signature {
	verdict, tone := verdictText(s)
	out := report.Signature{
		Title: signatureTitle(s, i), Tone: pageTone(tone), Verdict: terms.Capital(verdict), Indication: indication(s.Verdict),
		Policy: policyText(s.Verdict, p.required), Terms: termsOf(s),
		Covered: s.Covers, Outside: s.Outside, Changes: pageChanges(s),
	}
	if out.Tone == report.Good && s.Verdict.Issuer.Standing == trust.Demo {
		out.Tone = report.Warn
	}
	if s.Checklist != nil {
		out.Checklist = p.checklist(s)
	}
	if s.SavedAgain {
		out.Reasons = []report.Reason{{Text: savedAgainText, Code: string(trust.FormatFailure)}}
	} else {
		for _, r := range s.Verdict.Reasons {
			out.Reasons = append(out.Reasons, report.Reason{Text: terms.Capital(judging.ReasonText(r)), Code: string(r.Code)})
		}
	}
	out.Rows = p.rows(s)
	for _, n := range s.Found.Notes {
		out.Rows = append(out.Rows, report.Row{Label: text{JA: "参考", EN: "Note"}, Value: terms.Capital(n), Tone: report.Plain})
	}
	for _, u := range uncheckedOf(s, p.stamps) {
		out.Unchecked = append(out.Unchecked, report.Unchecked{What: terms.Capital(u.What), Why: terms.Capital(u.Why)})
	}
	out.Events = p.events(s, v)
	for j, c := range s.Counter {
		out.Counter = append(out.Counter, p.signature(c, j, judging.FileVerdict{}))
	}
	return out
}

func signatureTitle(s judging.SignatureVerdict, i int) text {
	t := text{JA: "署名%d", EN: "Signature %d"}.With(i + 1)
	switch s.Role {
	case judging.RoleTimestamp:
		t = text{JA: "%d. タイムスタンプ(署名ではありません)", EN: "%d. Timestamp (nobody's signature)"}.With(i + 1)
	case judging.RoleCertification:
		t = text{JA: "署名%d(あとでできる変更を限る証明用の署名)", EN: "Signature %d (a certification, which limits later changes)"}.With(i + 1)
	case judging.RoleEmbedded:
		t = text{JA: "%d. 文書に収められた証明書の署名(この文書への署名ではなく、判定に数えません)", EN: "%d. Of a certificate inside the document: not a signature of the document, and not counted"}.With(i + 1)
	case judging.RoleCounter:
		t = text{JA: "上の署名への署名(カウンター署名)%d", EN: "Counter-signature %d, over the signature above"}.With(i + 1)
	}
	switch {
	case s.Where == "":
	case s.Format == "pdf":
		t = text{JA: "%s: 署名欄「%s」", EN: "%s: field %s"}.With(t, s.Where)
	default:
		t = text{JA: "%s: Id「%s」", EN: "%s: Id %s"}.With(t, s.Where)
	}
	return t
}

// termsOf are the words of a signature's verdict that the page explains.
func termsOf(s judging.SignatureVerdict) (all []report.Term) {
	switch s.Verdict.Status() {
	case trust.Valid, trust.ValidRevocationUnchecked:
		if s.Role == judging.RoleTimestamp {
			break // that is explained by itself
		}
		if s.Verdict.Status() == trust.Valid {
			all = append(all, report.Genuine, report.RevocationChecked)
			break
		}
		all = append(all, report.Genuine, report.RevocationUnchecked)
	case trust.Invalid:
		return append(all, report.Invalid)
	default:
		all = append(all, report.Undecided)
	}
	if s.Verdict.Issuer.Standing == trust.Given && s.Role != judging.RoleTimestamp {
		all = append(all, report.OtherCA)
	}
	if s.More {
		all = append(all, report.MoreShown)
	}
	return all
}

// checklist is the list of a service's requirements, as the page shows it.
func (p *verifyPage) checklist(s judging.SignatureVerdict) *report.Checklist {
	list := &report.Checklist{Title: p.profile.Title(), Note: checklist.AcceptanceUnverified}
	for _, r := range s.Checklist {
		item := report.Item{What: terms.Capital(r.What), Answer: terms.Capital(answerTexts[r.Answer]), Tone: pageTone(answerTones[r.Answer])}
		if r.Answer != pdfsig.Met {
			item.Todo = r.Todo
			if r.Found != "" {
				item.What = text{JA: "%s: 今は %s", EN: "%s: it is %s"}.With(item.What, printable.Line(r.Found))
			}
		}
		list.Items = append(list.Items, item)
	}
	return list
}

// policy is the revocation rule of a validation: a RevocationCheckingConstraint
// of ETSI TS 119 172-1 (A.4.2.1, table A.2). In EN 319 102-1 each indication
// depends on a policy; without it "TOTAL-PASSED" would claim too much.
type policy string

const (
	noCheck     policy = "noCheck"
	eitherCheck policy = "eitherCheck" // a list or a responder
)

var policyTexts = map[policy]text{
	noCheck: {
		JA: "(失効の確認を求めない方針 noCheck による。確認を求める方針では INDETERMINATE、TRY_LATER)",
		EN: "(under a policy that asks for no check of revocation, noCheck; under one that asks for it, INDETERMINATE with TRY_LATER)",
	},
	eitherCheck: {JA: "(失効の確認を求める方針 eitherCheck による)", EN: "(under a policy that asks for a check of revocation, eitherCheck)"},
}

func policyOf(v trust.Verdict, required bool) policy {
	if required || v.Revocation != trust.RevocationNotChecked {
		return eitherCheck
	}
	return noCheck
}

// policyText says so where it makes a difference.
func policyText(v trust.Verdict, required bool) text {
	if status := v.Status(); status != trust.Valid && status != trust.ValidRevocationUnchecked {
		return text{}
	}
	return policyTexts[policyOf(v, required)]
}

// indication is the verdict's main indication of EN 319 102-1, under its policy.
func indication(v trust.Verdict) string {
	switch v.Status() {
	case trust.Valid, trust.ValidRevocationUnchecked:
		return "TOTAL-PASSED"
	case trust.Invalid:
		return "TOTAL-FAILED"
	}
	return "INDETERMINATE"
}

// rows are the facts of a signature and its certificate.
func (p *verifyPage) rows(s judging.SignatureVerdict) (rows []report.Row) {
	add := func(label, value text) {
		rows = append(rows, report.Row{Label: label, Value: value, Tone: report.Plain})
	}
	if s.Altered {
		rows = append(rows, report.Row{Label: text{JA: "条件", EN: "Asked for"}, Value: alteredText, Tone: report.Bad})
	}
	if form := xmltext.Form(s.Form); !form.IsZero() {
		add(text{JA: "様式", EN: "Form"}, terms.Capital(form))
	}
	for _, r := range p.signerRows(s) {
		add(i18n.Same(r[0]), i18n.Same(r[1]))
	}
	if c := s.Cert; c != nil {
		add(text{JA: "証明書の主体者", EN: "Subject"}, i18n.Same(cert.Name(c.RawSubject)))
		add(text{JA: "証明書の発行者", EN: "Issuer"}, i18n.Same(cert.Name(c.RawIssuer)))
		add(text{JA: "認証局", EN: "CA"}, terms.Capital(standingText(s)))
		add(text{JA: "証明書のシリアル番号", EN: "Serial number of the certificate"}, i18n.Same(cert.Serial(c.SerialNumber)))
		rows = append(rows, report.Row{Label: text{JA: "証明書のSHA-256", EN: "SHA-256 of the certificate"}, Hex: cert.FingerprintOf(c).String(), Tone: report.Plain})
		add(text{JA: "証明書の有効期間", EN: "Validity of the certificate"}, text{JA: "%sから%sまで", EN: "%s to %s"}.With(terms.Moment(c.NotBefore), terms.Moment(c.NotAfter)))
		key := i18n.Same(inspect.KeyText(c))
		if usages := inspect.KeyUsages(c); len(usages) > 0 {
			key = text{JA: "%s(鍵の用途: %s)", EN: "%s (key usage: %s)"}.With(key, strings.Join(usages, ", "))
		}
		add(text{JA: "鍵", EN: "Key"}, key)
	}
	if s.Algorithm != "" && s.Role != judging.RoleTimestamp {
		add(text{JA: "署名の方式", EN: "Algorithm"}, i18n.Same(s.Algorithm))
	}
	if t := s.Claimed; !t.IsZero() {
		add(text{JA: "署名日時", EN: "Signed at"}, text{JA: "%s(署名者の申告)", EN: "%s (as the signer claims)"}.With(terms.Moment(t)))
	}
	for _, t := range s.Timestamps() {
		tone, what := p.stampText(t)
		rows = append(rows, report.Row{Label: stampLabel(s, t), Value: what, Tone: pageTone(tone)})
	}
	switch {
	case s.Role == judging.RoleTimestamp, s.Cert == nil:
	case s.Verdict.Revocation == trust.RevocationNotChecked && len(s.Verdict.Evidence) == 0:
		add(text{JA: "失効の確認", EN: "Revocation"}, text{JA: "確認していません(下の「確認していないこと」)", EN: "Not checked (see below)"})
	default:
		for _, r := range revocationRows(p.io, s.Verdict, askSigner) {
			add(i18n.Same(r[0]), terms.Capital(i18n.Same(r[1])))
		}
	}
	return rows
}

func standingText(s judging.SignatureVerdict) text {
	if s.Role == judging.RoleTimestamp && s.Verdict.Issuer.Standing == trust.Given {
		return text{JA: "--tsa-ca で指定した認証局", EN: "one of --tsa-ca"}
	}
	if s.Verdict.Issuer.Standing == trust.Given {
		return text{JA: "--ca で指定した認証局", EN: "one of --ca"}
	}
	return terms.Standings[s.Verdict.Issuer.Standing]
}

// uncheckedOf lists the checks that were not made, with reasons.
func uncheckedOf(s judging.SignatureVerdict, stamps bool) (all []report.Unchecked) {
	add := func(what, why text) { all = append(all, report.Unchecked{What: what, Why: why}) }
	revocation := text{JA: "証明書が失効していないか", EN: "whether the certificate is revoked"}
	switch {
	case s.Cert == nil || s.Role == judging.RoleTimestamp:
	case s.Verdict.Chain == nil:
		add(revocation, text{JA: "証明書が、信頼する認証局のものと確かめられていません", EN: "the certificate is not known to be one of a CA that is trusted"})
	case s.Verdict.Revocation == trust.RevocationNotChecked && s.Verdict.Issuer.Standing == trust.Given:
		add(revocation, text{JA: "失効リスト(--crl)もOCSP(--ocsp)も指定されていません", EN: "neither a list (--crl) nor a responder (--ocsp) was named"})
	case s.Verdict.Revocation == trust.RevocationNotChecked:
		add(revocation, terms.Capital(askSigner))
	case len(s.Verdict.UncheckedResponders) > 0:
		add(text{JA: "OCSPレスポンダーの証明書が失効していないか", EN: "whether the OCSP responder's certificate is revoked"}, text{JA: "それを示す失効リスト(--crl)が指定されていません", EN: "no list (--crl) that tells was named"})
	}
	if slices.ContainsFunc(s.Timestamps(), func(t judging.Stamp) bool { return t.Doubt == nil && t.Revocation != trust.RevocationGood }) {
		add(text{JA: "タイムスタンプ局の証明書が失効していないか", EN: "whether a timestamping authority's certificate is revoked"},
			text{JA: "それを示す失効リスト(--crl)もOCSP(--ocsp aia)もありません", EN: "there is no list (--crl) or responder (--ocsp aia) that tells"})
	}
	if s.Role == judging.RoleTimestamp {
		return all
	}
	when := text{JA: "いつ署名されたか", EN: "when it was signed"}
	switch {
	case !s.Proven.IsZero():
	case len(s.Timestamps()) > 0 && !stamps:
		add(when, text{JA: "タイムスタンプがありますが、信頼するタイムスタンプ局(--tsa-ca)が指定されていません", EN: "there is a timestamp, and no authority to trust was named (--tsa-ca)"})
	case len(s.Timestamps()) > 0:
		add(when, text{JA: "タイムスタンプが証明に使えません", EN: "its timestamp proves nothing"})
	case s.Claimed.IsZero():
		add(when, text{JA: "署名に日時がありません", EN: "the signature names no time"})
	default:
		add(when, text{JA: "署名者の申告だけで、タイムスタンプがありません", EN: "there is only the signer's claim, and no timestamp"})
	}
	return all
}

// events are the entries of the timeline.
func (p *verifyPage) events(s judging.SignatureVerdict, v judging.FileVerdict) (all []report.Event) {
	add := func(kind report.EventKind, at time.Time, what text) {
		if !at.IsZero() {
			all = append(all, report.Event{Kind: kind, Time: at, What: what})
		}
	}
	if s.Cert != nil {
		add(report.Begins, s.Cert.NotBefore, text{})
		add(report.Ends, s.Cert.NotAfter, text{})
	}
	add(report.Claimed, s.Claimed, text{})
	for _, t := range s.Timestamps() {
		switch {
		case t.Timestamp == nil:
		case t.Doubt == nil:
			add(report.Stamped, t.Time, stampLabel(s, t))
		default:
			add(report.Doubted, t.Time, text{})
		}
	}
	for _, e := range s.Verdict.Evidence {
		if s.Cert != nil && e.State == trust.RevocationRevoked && e.Err == nil && e.Certificate.Equal(s.Cert) {
			add(report.Revoked, e.Since, text{})
		}
	}
	for i, other := range v.Signatures {
		if s.After.IsZero() || other.Role == judging.RoleTimestamp || other.Where == s.Where || other.Claimed.Before(s.Claimed) {
			continue
		}
		add(report.Claimed, other.Claimed, text{JA: "あとから追加された署名%d", EN: "signature %d, which was added later"}.With(i+1))
	}
	add(report.Now, p.now, text{})
	return all
}

// write commits the page under its name.
func (p *verifyPage) write(out *output.File) error {
	if err := p.page.Write(out, p.io.Lang); err != nil {
		return err
	}
	return out.Commit()
}

// forbiddenLater reports whether something was added that the signature does not
// allow.
func forbiddenLater(s judging.SignatureVerdict) bool {
	return slices.ContainsFunc(s.Verdict.Reasons, func(r trust.Reason) bool { return errors.Is(r.Err, pdfsig.ErrChangedLater) })
}

// allowedOf returns a function that reports whether a signature allows a
// change. If the signature forbids the changes after it, only the most serious
// ones count as forbidden.
func allowedOf(s judging.SignatureVerdict) func(pdfsig.Change) bool {
	forbidden, gravest := forbiddenLater(s), pdfsig.LevelNone
	for _, c := range s.Changes {
		gravest = max(gravest, c.Level)
	}
	return func(c pdfsig.Change) bool { return !forbidden || c.Level < gravest }
}

// pageChanges are the changes after a signature. In a PDF they are listed one
// by one, as far as possible.
func pageChanges(s judging.SignatureVerdict) (all []report.Change) {
	allowed := allowedOf(s)
	for _, c := range judging.GroupChanges(s.Changes) {
		change := report.Change{Page: judging.PageList(c.Pages), Shown: c.Shown, Allowed: allowed(c)}
		c.Pages = nil // they have a column of their own
		change.What = terms.Capital(judging.ChangeText(c))
		all = append(all, change)
	}
	if len(all) == 0 && !s.After.IsZero() {
		all = append(all, report.Change{What: terms.Capital(s.After), Allowed: !forbiddenLater(s)})
	}
	return all
}
