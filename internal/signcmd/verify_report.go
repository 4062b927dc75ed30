package signcmd

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// verifyReport shows verdicts as they come. Of many files it keeps no more than
// a line each.
type verifyReport interface {
	add(judging.FileVerdict) error
	end(bare []string) error // files in folders and ZIPs that no signature is over
}

func newVerifyReport(ctx context.Context, a *command.App, opt *verifyOptions, stamps, many bool) verifyReport {
	if a.JSON {
		return &verifyDocument{
			ctx: ctx, io: a.IO, now: a.Env.Now(), conditions: conditionsText(opt), required: opt.trust.RequireRevocation,
			stamps: stamps, personal: opt.personal, profile: checklist.Profile(opt.profile),
		}
	}
	return &verifyText{io: a.IO, personal: opt.personal, stamps: stamps, many: many, profile: checklist.Profile(opt.profile), counts: map[tally]int{}}
}

var verdictTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "署名は有効です(失効していないことを確認しました)", EN: "valid (not revoked)"},
	trust.ValidRevocationUnchecked: {JA: "署名は真正です(失効は未確認)", EN: "genuine (revocation not checked)"},
	trust.Invalid:                  {JA: "署名は無効です", EN: "not genuine"},
	trust.Indeterminate:            {JA: "判定できません", EN: "cannot be decided"},
}

// moreTexts are the verdicts on a signature with visible additions after it.
var moreTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "署名は、署名したときの内容については有効です(失効していないことを確認しました)。あとから追加されたものも表示されます", EN: "valid as it was signed (not revoked); more is shown now"},
	trust.ValidRevocationUnchecked: {JA: "署名は、署名したときの内容については真正です(失効は未確認)。あとから追加されたものも表示されます", EN: "genuine as it was signed (revocation not checked); more is shown now"},
}

var verdictTones = map[trust.Status]ui.Tone{
	trust.Valid: ui.Good, trust.ValidRevocationUnchecked: ui.Good, trust.Invalid: ui.Bad, trust.Indeterminate: ui.Warn,
}

// stampVerdictTexts are the verdicts on a document timestamp. It has no
// personal signer.
var stampVerdictTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "タイムスタンプは有効です(タイムスタンプ局が失効していないことを確認しました)", EN: "valid timestamp (its authority is not revoked)"},
	trust.ValidRevocationUnchecked: {JA: "タイムスタンプは真正です(失効は未確認)", EN: "genuine timestamp (revocation not checked)"},
	trust.Invalid:                  {JA: "タイムスタンプは無効です", EN: "not a genuine timestamp"},
	trust.Indeterminate:            {JA: "タイムスタンプは証明に使えません", EN: "a timestamp that proves nothing here"},
}

// verifyText is the report for people.
type verifyText struct {
	io       *ui.IO
	personal bool // show all personal data in the certificate
	stamps   bool // authorities of timestamps were named
	many     bool // files
	profile  checklist.Profile

	rows   [][]string // of the table at the end
	counts map[tally]int
}

func (r *verifyText) add(v judging.FileVerdict) error {
	var w strings.Builder
	if len(r.rows) > 0 {
		fmt.Fprintln(&w)
	}
	fmt.Fprintln(&w, r.io.Paint(ui.Strong, printable.Line(v.File)))
	if v.Err != nil {
		p := explain.Error(v.Err)
		fmt.Fprintln(&w, r.io.Paint(ui.Bad, r.io.Page("  "+strings.ReplaceAll(r.io.Text(p.What), "\n", "\n  "))))
		if !p.Next.IsZero() {
			fmt.Fprintln(&w, r.io.Page("  "+r.io.Text(p.Next)))
		}
	}
	for _, who := range v.Missing {
		fmt.Fprintln(&w, r.io.Paint(ui.Bad, r.io.Page("  "+r.io.Text(terms.Capital(missingSignerText(who, v))))))
	}
	for _, n := range v.Notes {
		fmt.Fprintln(&w, r.io.Page("  "+r.io.Text(terms.Capital(n))))
	}
	for i, s := range v.Signatures {
		if i > 0 {
			fmt.Fprintln(&w)
		}
		r.signature(&w, s, 2)
	}
	r.summarize(v)
	_, err := io.WriteString(r.io.Out, w.String())
	return err
}

// signature writes the part about one signature, and about those over it.
func (r *verifyText) signature(w io.Writer, s judging.SignatureVerdict, indent int) {
	fmt.Fprint(w, r.io.Rows(indent, r.verdictRows(s)))
	for _, c := range s.Counter {
		fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", indent), r.io.Text(text{JA: "この署名への署名(カウンター署名)", EN: "Counter-signature, over this signature"}))
		r.signature(w, c, indent+2)
	}
	if s.Checklist != nil {
		writeChecklist(r.io, w, r.profile, s, indent)
	}
}

// verdictText is a verdict in words, with its tone.
func verdictText(s judging.SignatureVerdict) (text, ui.Tone) {
	status := s.Verdict.Status()
	verdict, tone := verdictTexts[status], verdictTones[status]
	if s.More && tone == ui.Good {
		verdict, tone = moreTexts[status], ui.Warn
	}
	if s.Role == judging.RoleTimestamp {
		verdict = stampVerdictTexts[status]
	}
	if s.Verdict.Issuer.Standing == trust.Demo {
		verdict = text{JA: "%s(デモ: 本物ではありません)", EN: "%s (DEMO, not real)"}.With(verdict)
	}
	if s.Verdict.Issuer.Standing == trust.Given && s.Role != judging.RoleTimestamp {
		verdict = text{JA: "%s(公的個人認証サービスではなく、--ca で指定した認証局)", EN: "%s (under a CA of --ca, not under JPKI)"}.With(verdict)
	}
	return verdict, tone
}

func (r *verifyText) verdictRows(s judging.SignatureVerdict) [][]string {
	verdict, tone := verdictText(s)
	rows := [][]string{r.io.Row(tone, text{JA: "判定", EN: "Verdict"}, terms.Capital(verdict))}
	add := func(tone ui.Tone, label, value text) { rows = append(rows, r.io.Row(tone, label, value)) }
	if s.SavedAgain {
		add(ui.Plain, text{JA: "理由", EN: "Reason"}, savedAgainText)
	}
	for _, reason := range s.Verdict.Reasons {
		if s.SavedAgain {
			break // all of them follow from that
		}
		add(ui.Plain, text{JA: "理由", EN: "Reason"}, judging.ReasonText(reason))
	}
	if s.Altered {
		add(ui.Bad, text{JA: "条件", EN: "Asked for"}, alteredText)
	}
	switch s.Role {
	case judging.RoleCertification:
		add(ui.Plain, text{JA: "種類", EN: "Kind"}, text{JA: "証明用の署名(あとでできる変更を限ります)", EN: "certification: it limits what may change later"})
	case judging.RoleTimestamp:
		add(ui.Plain, text{JA: "種類", EN: "Kind"}, text{JA: "文書のタイムスタンプ(署名ではありません)", EN: "document timestamp, nobody's signature"})
	case judging.RoleEmbedded:
		add(ui.Plain, text{JA: "種類", EN: "Kind"}, text{JA: "文書に収められた証明書の署名(この文書への署名ではなく、判定に数えません)", EN: "of a certificate inside the document: not a signature of the document, and not counted"})
	}
	if form := xmltext.Form(s.Form); !form.IsZero() {
		add(ui.Plain, text{JA: "様式", EN: "Form"}, form)
	}
	rows = append(rows, r.signerRows(s)...)
	if t := s.Claimed; !t.IsZero() {
		add(ui.Plain, text{JA: "署名日時", EN: "Signed at"}, text{JA: "%s(署名者の申告)", EN: "%s (as the signer claims)"}.With(terms.Moment(t)))
	}
	for _, t := range s.Timestamps() {
		tone, what := r.stampText(t)
		add(tone, stampLabel(s, t), what)
	}
	if len(s.Covers) > 0 {
		add(ui.Plain, text{JA: "範囲", EN: "Covers"}, i18n.Join(text{JA: "、", EN: ", "}, s.Covers...))
	}
	for _, o := range s.Outside {
		add(ui.Plain, text{JA: "範囲外", EN: "Not signed"}, o)
	}
	for _, note := range s.Found.Notes {
		add(ui.Plain, text{JA: "参考", EN: "Note"}, note)
	}
	if !s.After.IsZero() {
		add(ui.Plain, text{JA: "署名のあと", EN: "Since then"}, s.After)
	}
	if s.Role == judging.RoleTimestamp {
		return rows
	}
	return append(rows, revocationRows(r.io, s.Verdict, askSigner)...)
}

// alteredText is the line for a file that fails --unchanged.
var alteredText = text{JA: "--unchanged(署名のあとに何も追加されていないこと)に合いません", EN: "--unchanged (nothing added since it was signed): not met"}

// savedAgainText is the reason where another program wrote a signed PDF anew.
var savedAgainText = text{
	JA: "署名の範囲がファイルと合いません。署名したあとに、別のソフトで保存し直されたときにこうなります。",
	EN: "the range of the signature does not fit the file, as when another program saved it again after signing",
}

// holderName is the name of a certificate's holder, or else the subject's.
func holderName(c *x509.Certificate) string {
	if h, err := cert.HolderOf(c); (err == nil || errors.Is(err, cert.ErrHolderMalformed)) && h.Name != "" {
		return h.Name.String()
	}
	return cert.Name(c.RawSubject)
}

// signerRows name the holder of the certificate, with --personal all personal
// data.
func (r *verifyText) signerRows(s judging.SignatureVerdict) (rows [][]string) {
	if s.Unproven != nil {
		return [][]string{r.io.Row(ui.Plain, text{JA: "署名者(未確認)", EN: "Signer (unproven)"}, i18n.Same(holderName(s.Unproven)))}
	}
	if s.Cert == nil {
		return nil
	}
	if s.Role == judging.RoleTimestamp {
		return [][]string{r.io.Row(ui.Plain, text{JA: "タイムスタンプ局", EN: "Authority"}, i18n.Same(cert.Name(s.Cert.RawSubject)))}
	}
	label := text{JA: "署名者", EN: "Signer"}
	if s.Verdict.Chain == nil {
		label = text{JA: "署名者(未確認)", EN: "Signer (unproven)"} // anybody can write a name into a certificate
	}
	rows = append(rows, []string{r.io.Text(label), r.signerName(s)})
	if s.Holder != nil && r.personal {
		rows = append(rows, holderRows(r.io, *s.Holder)[1:]...) // the name stands above
	}
	return append(rows, r.io.Row(ui.Plain, text{JA: "証明書", EN: "Certificate"}, terms.KindNames[cert.KindOf(s.Cert)]))
}

// signerName is the name of the holder, or else of the certificate; "" without
// a certificate.
func (r *verifyText) signerName(s judging.SignatureVerdict) string {
	switch {
	case s.Holder != nil && s.Holder.Name != "":
		return s.Holder.Name.String() + substitutes(r.io, s.Holder.NameSubstitutes)
	case s.Cert != nil:
		return cert.Name(s.Cert.RawSubject)
	}
	return ""
}

// stampLabel names a timestamp: one over a signature, or one that covers that and
// all timestamps before it.
func stampLabel(s judging.SignatureVerdict, t judging.Stamp) text {
	switch {
	case !t.Archive, s.Role == judging.RoleTimestamp:
		return text{JA: "タイムスタンプ", EN: "Timestamp"}
	case s.Format == "pdf":
		return text{JA: "文書のタイムスタンプ", EN: "Document timestamp"}
	}
	return text{JA: "アーカイブタイムスタンプ", EN: "Archive timestamp"}
}

// stampText is the time that a timestamp proves, or the reason why it proves
// none.
func (r *verifyText) stampText(t judging.Stamp) (ui.Tone, text) {
	switch {
	case t.Doubt == nil:
		return ui.Good, text{JA: "%sには存在していました", EN: "it existed on %s"}.With(terms.Moment(t.Time))
	case t.Err == nil && !r.stamps:
		return ui.Plain, text{JA: "%s(信頼するには --tsa-ca が必要)", EN: "%s (not trusted without --tsa-ca)"}.With(terms.Moment(t.Time))
	case t.Timestamp != nil:
		return ui.Plain, text{JA: "%s(証明に使えません: %s)", EN: "%s (proves nothing: %s)"}.With(terms.Moment(t.Time), stampReason(t))
	}
	return ui.Plain, text{JA: "証明に使えません: %s", EN: "proves nothing: %s"}.With(stampReason(t))
}

func stampReason(t judging.Stamp) text {
	if errors.Is(t.Err, cms.FormatFailure) {
		return text{JA: "読めません", EN: "it cannot be read"}
	}
	if t.Err != nil {
		return judging.ReasonText(trust.Reason{Err: t.Err})
	}
	return judging.ReasonText(*t.Doubt)
}

// fileResult is the result of a file in the table of many.
type fileResult trust.Status

// Results of files that are no verdict on a signature.
const (
	fileUnsigned  fileResult = "unsigned"  // nothing in it is a signature
	fileUnchecked fileResult = "unchecked" // it could not be looked at
	fileUnfit     fileResult = "unfit"     // genuine, but fails --profile or --unchanged
	fileMore      fileResult = "more"      // genuine as it was signed, and more is shown now
)

// tally is a count of the last line: the demo card's signatures apart from real
// ones.
type tally struct {
	result fileResult
	demo   bool
}

// ofDemo reports whether a signature of a file is a demo card's.
func ofDemo(v judging.FileVerdict) bool {
	return slices.ContainsFunc(v.Signatures, func(s judging.SignatureVerdict) bool { return s.Verdict.Issuer.Standing == trust.Demo })
}

// name is the name of a tally.
func (t tally) name(result text) text {
	if t.demo {
		return text{JA: "%s(デモ)", EN: "%s (DEMO)"}.With(result)
	}
	return result
}

// fileResults lists the results in the order of the last line, with a short
// word for the table.
var fileResults = []struct {
	result fileResult
	text   text
	tone   ui.Tone
}{
	{fileResult(trust.Valid), text{JA: "有効", EN: "valid"}, ui.Good},
	{fileResult(trust.ValidRevocationUnchecked), text{JA: "真正(失効は未確認)", EN: "genuine (revocation not checked)"}, ui.Good},
	{fileMore, text{JA: "真正(あとから追加されたものも表示)", EN: "genuine as signed, more is shown now"}, ui.Warn},
	{fileResult(trust.Invalid), text{JA: "無効", EN: "NOT genuine"}, ui.Bad},
	{fileUnfit, text{JA: "条件に不適合", EN: "does not meet what is asked"}, ui.Bad},
	{fileResult(trust.Indeterminate), text{JA: "判定できません", EN: "cannot be decided"}, ui.Warn},
	{fileUnsigned, text{JA: "確かめる署名がありません", EN: "no signature to check"}, ui.Bad},
	{fileUnchecked, text{JA: "調べられません", EN: "could not be checked"}, ui.Bad},
}

// result is the result of a file.
func resultOf(v judging.FileVerdict) fileResult {
	result := fileResult(v.Status())
	switch code := v.Code(); {
	case v.Err != nil && code == problem.Invalid:
		result = fileUnsigned
	case v.Err != nil:
		result = fileUnchecked
	case code == problem.Invalid && v.Status() != trust.Invalid:
		result = fileUnfit
	case code == problem.Attention:
		result = fileMore
	}
	return result
}

// summarize adds a file to the table.
func (r *verifyText) summarize(v judging.FileVerdict) {
	result := resultOf(v)
	t := tally{result, ofDemo(v)}
	r.counts[t]++
	for _, known := range fileResults {
		if known.result == result {
			r.rows = append(r.rows, []string{printable.Line(v.File), r.io.Paint(known.tone, r.io.Text(t.name(known.text))), r.signers(v)})
		}
	}
}

// maxSigner is as much of a name as the table has room for, in characters.
const maxSigner = 40

// signers names the first signer of a file, and how many more there are.
func (r *verifyText) signers(v judging.FileVerdict) string {
	more, name := -1, ""
	for _, s := range v.Signatures {
		if s.Role == judging.RoleTimestamp || s.Role == judging.RoleEmbedded {
			continue
		}
		if more++; more == 0 {
			name = r.signerName(s)
		}
	}
	if runes := []rune(name); len(runes) > maxSigner {
		name = string(runes[:maxSigner]) + "..."
	}
	if more > 0 {
		name += r.io.Text(text{JA: " ほか%d", EN: " and %d more"}.With(more))
	}
	return name
}

// bareText lists the files in folders and ZIPs that no signature is over.
func bareText(bare []string) text {
	return text{JA: "署名が見つからないファイル: %s", EN: "Files without any signature: %s"}.With(judging.NameList(bare))
}

// end writes the table of many files, a row each, and the files without a
// signature.
func (r *verifyText) end(bare []string) error {
	if r.many && len(r.rows) > 1 {
		if err := r.table(); err != nil {
			return err
		}
	}
	if len(bare) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(r.io.Out, "\n%s\n", r.io.Paint(ui.Warn, r.io.Page(r.io.Text(bareText(bare)))))
	return err
}

func (r *verifyText) table() error {
	header := []string{r.io.Text(text{JA: "ファイル", EN: "File"}), r.io.Text(text{JA: "判定", EN: "Verdict"}), r.io.Text(text{JA: "署名者", EN: "Signer"})}
	total := text{JA: "%d件中: ", EN: "%d files: "}.With(len(r.rows))
	var parts []text
	for _, known := range fileResults {
		for _, demo := range []bool{false, true} {
			t := tally{known.result, demo}
			if n := r.counts[t]; n > 0 {
				parts = append(parts, text{JA: "%[2]s %[1]d", EN: "%d %s"}.With(n, t.name(known.text)))
			}
		}
	}
	_, err := fmt.Fprintf(r.io.Out, "\n%s\n%s%s\n", ui.Table(0, header, r.rows), r.io.Text(total), r.io.Text(i18n.Join(text{JA: "、", EN: ", "}, parts...)))
	return err
}
