package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

const profileTouki = "touki"

func notForTouki(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "%sはPDFではありません。登記・供託オンライン申請の条件は、PDFの署名について調べます。", EN: "%s is no PDF. What online registration asks for is checked in PDF signatures."}.With(path),
		text{JA: "署名したPDFを指定してください。ほかの署名は、--profile を付けずに確かめられます。", EN: "Name the signed PDF. Other signatures are checked without --profile."})
}

// requirement is a line of the checklist: an item of package pdfsig, or of the
// signer's certificate.
type requirement struct {
	item   string
	answer pdfsig.Answer
	found  string
	about  *toukiItem
}

// toukiItem is what is said of an item.
type toukiItem struct {
	name string
	what text // that is asked for
	todo text // where it is not met, or cannot be told
}

// Items about the signer's certificate.
const (
	toukiKind       = "certificate-kind"
	toukiInForce    = "certificate-in-force"
	toukiRevocation = "certificate-not-revoked"
)

// signAgain is what mends nearly everything.
var signAgain = text{
	JA: "署名する前のPDFに、jpki sign で署名し直してください(省略時の形式がこの条件に合わせてあります)。",
	EN: "Sign the PDF as it was before signing with jpki sign, whose default follows this list.",
}

// toukiItems is the checklist in its order.
var toukiItems = []toukiItem{
	{string(pdfsig.ToukiType), text{JA: "署名であると書かれている(/Type /Sig)", EN: "it says that it is a signature (/Type /Sig)"}, signAgain},
	{string(pdfsig.ToukiFilter), text{JA: "標準の署名機能(/Filter /Adobe.PPKLite)", EN: "the standard handler (/Filter /Adobe.PPKLite)"}, text{JA: "署名したプログラム独自の形式です。%s", EN: "It is a format of the program that signed. %s"}.With(signAgain)},
	{string(pdfsig.ToukiSubFilter), text{JA: "PKCS#7の分離署名(/SubFilter /adbe.pkcs7.detached)", EN: "detached PKCS#7 (/SubFilter /adbe.pkcs7.detached)"}, text{JA: "署名の形式をCAdESやPAdESではなく、PKCS#7(分離)にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the format PKCS#7 (detached), not CAdES or PAdES; or sign the PDF as it was before with jpki sign."}},
	{string(pdfsig.ToukiName), text{JA: "署名者の名前がUTF-16で入っている(/Name)", EN: "the signer's name, in UTF-16 (/Name)"}, signAgain},
	{string(pdfsig.ToukiTime), text{JA: "署名日時が日本時間で入っている(/M、+09'00')", EN: "the time of signing, in Japanese time (/M, +09'00')"}, text{JA: "パソコンの時刻と時間帯(日本)を確かめて署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Set the computer's clock and its time zone (Japan) and sign again; or sign the PDF as it was before with jpki sign."}},
	{string(pdfsig.ToukiByteRange), text{JA: "署名がPDFの全体を対象にしている(/ByteRange)", EN: "it covers the whole PDF (/ByteRange)"}, text{JA: "署名が壊れているか、偽造されています。%s", EN: "The signature is damaged, or forged. %s"}.With(signAgain)},
	{string(pdfsig.ToukiCMS), text{JA: "署名のデータが1人分で、内容を含まない", EN: "the data of one signature, without content inside"}, signAgain},
	{string(pdfsig.ToukiCertificate), text{JA: "署名者の証明書が入っている", EN: "the signer's certificate is in it"}, text{JA: "証明書を含める設定にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the certificate included; or sign the PDF as it was before with jpki sign."}},
	{string(pdfsig.ToukiDigest), text{JA: "RSAとSHA-256による署名", EN: "RSA with SHA-256"}, text{JA: "ハッシュをSHA-256にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the digest SHA-256; or sign the PDF as it was before with jpki sign."}},
	{string(pdfsig.ToukiAttributes), text{JA: "署名属性がある(contentType、messageDigest)", EN: "signed attributes (contentType, messageDigest)"}, signAgain},
	{string(pdfsig.ToukiNoTimestamp), text{JA: "署名にタイムスタンプがない", EN: "no timestamp on the signature"}, text{JA: "タイムスタンプを付けない設定で署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again without a timestamp; or sign the PDF as it was before with jpki sign."}},
	{string(pdfsig.ToukiIntact), text{JA: "署名が正しく、あとで変えられていない", EN: "the signature is right, and nothing was changed after it"}, text{JA: "署名したあとで編集、保存、印刷をし直したPDFではないか確かめ、署名する前のPDFに署名し直してください。署名のあとは何も変えずに提出してください。", EN: "See whether it was edited, saved or printed again after signing; sign the PDF as it was before, and hand it in without changing anything."}},
	{toukiKind, text{JA: "署名用電子証明書による署名", EN: "made with the digital-signature certificate"}, text{JA: "マイナンバーカードでは、利用者証明用ではなく署名用電子証明書で署名してください。ほかの電子証明書が使えるかどうかは、提出先に確かめてください。", EN: "With a My Number Card, sign with the digital-signature certificate, not the one for user authentication. Whether another certificate will do, ask the service."}},
	{toukiInForce, text{JA: "証明書が有効期間内", EN: "the certificate is within its validity"}, text{JA: "有効期間が過ぎた証明書は更新できません。市区町村の窓口で新しく発行してもらってから署名し直してください(jpki guide renew)。", EN: "An expired certificate is not renewed: have the municipal counter issue a new one, then sign again (jpki guide renew)."}},
	{toukiRevocation, text{JA: "証明書が失効していない", EN: "the certificate is not revoked"}, text{JA: "JPKI利用者ソフトの有効性確認、マイナポータル、市区町村の窓口で確かめられます。", EN: "Ask the official client (yukosei kakunin), Mynaportal or the municipal counter."}},
}

// toukiList answers every item for a signature of a PDF.
func toukiList(s signatureVerdict, now time.Time) (list []requirement) {
	add := func(item string, answer pdfsig.Answer, found string) {
		i := slices.IndexFunc(toukiItems, func(t toukiItem) bool { return t.name == item })
		list = append(list, requirement{item, answer, found, &toukiItems[i]})
	}
	for _, r := range s.checklist {
		add(string(r.Item), r.Answer, r.Found)
	}
	kind, inForce, revocation := pdfsig.CannotSay, pdfsig.CannotSay, pdfsig.CannotSay
	found := ""
	if s.cert != nil {
		switch cert.KindOf(s.cert) { // by its own words, which the chain has to bear out
		case cert.Sign:
			if s.verdict.Chain != nil && !slices.ContainsFunc(s.verdict.Reasons, ofChain) {
				kind = pdfsig.Met
			}
		case cert.Auth:
			kind = pdfsig.NotMet
		}
		v := cert.ValidityOf(s.cert)
		inForce = pdfsig.Met
		if !v.Contains(now) {
			inForce = pdfsig.NotMet
		}
		found = v.LastDay().String()
	}
	switch s.verdict.Revocation {
	case trust.RevocationGood:
		revocation = pdfsig.Met
	case trust.RevocationRevoked, trust.RevocationRevokedLater:
		revocation = pdfsig.NotMet
	}
	add(toukiKind, kind, "")
	add(toukiInForce, inForce, found)
	add(toukiRevocation, revocation, "")
	return list
}

// ofChain tells the reasons that leave open what a CA issued a certificate for.
func ofChain(r trust.Reason) bool { return r.Code == trust.ChainConstraintsFailure }

// unmet counts what is certainly missing.
func unmet(list []requirement) (n int) {
	for _, r := range list {
		if r.answer == pdfsig.NotMet {
			n++
		}
	}
	return n
}

var answerTexts = map[pdfsig.Answer]text{
	pdfsig.Met:       {JA: "適合", EN: "ok"},
	pdfsig.NotMet:    {JA: "不適合", EN: "NOT OK"},
	pdfsig.CannotSay: {JA: "判定不可", EN: "cannot say"},
}

var answerTones = map[pdfsig.Answer]ui.Tone{pdfsig.Met: ui.Good, pdfsig.NotMet: ui.Bad, pdfsig.CannotSay: ui.Warn}

// acceptanceUnverified is said wherever the checklist is shown.
var acceptanceUnverified = text{
	JA: "提出先のサービスが受け付けるかどうかは、実際のサービスでは確かめていません。",
	EN: "Whether the service accepts it was not verified with the real service.",
}

// writeTouki writes the checklist, and below it what to do.
func writeTouki(o *ui.IO, w io.Writer, list []requirement, indent int) {
	margin := strings.Repeat(" ", indent)
	var rows [][]string
	var todo []string
	for _, r := range list {
		what := o.Text(capital(r.about.what))
		if r.found != "" && r.answer != pdfsig.Met {
			what += o.Text(text{JA: ": 今は %s", EN: ": it is %s"}.With(cert.Printable(r.found)))
		}
		rows = append(rows, []string{o.Paint(answerTones[r.answer], o.Text(answerTexts[r.answer])), what})
		if r.answer != pdfsig.Met {
			line := o.Text(text{JA: "%s: %s", EN: "%s: %s"}.With(capital(r.about.what), r.about.todo))
			todo = append(todo, margin+"  "+ui.Wrap(line, o.Width()-indent-4, margin+"    "))
		}
	}
	fmt.Fprintf(w, "\n%s%s\n%s", margin, o.Text(text{JA: "登記・供託オンライン申請の条件", EN: "What online registration (touki) asks for"}), o.Rows(indent+2, rows))
	if len(todo) > 0 {
		fmt.Fprintf(w, "\n%s%s\n%s\n", margin, o.Text(text{JA: "適合でない項目ですること", EN: "What to do about the rest"}), strings.Join(todo, "\n"))
	}
	fmt.Fprintf(w, "\n%s%s\n", margin, ui.Wrap(o.Text(acceptanceUnverified), o.Width()-indent, margin))
}
