// Package checklist goes through the requirements of the online registry
// (登記・供託オンライン申請) and the electronic notary (電子公証) for a signed PDF: its
// signature, the signer's certificate, and the file's name and size. Each item
// states the requirement, whether it is met, and the remedy.
//
// The advice follows the cause. If another program rewrote a PDF after signing,
// that is its only fault. Items that can no longer be checked are then not
// reported as missing.
package checklist

import (
	"crypto/rsa"
	"crypto/x509"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/submission"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

// Profile is the service that a list belongs to, under its name for --profile.
type Profile string

// Profiles.
const (
	Touki    Profile = "touki"    // the online registry and deposit service
	Koshonin Profile = "koshonin" // the electronic notary
)

// Profiles lists them in the order of the help.
func Profiles() []Profile { return []Profile{Touki, Koshonin} }

// Service returns the rules for names and sizes.
func (p Profile) service() submission.Service {
	if p == Koshonin {
		return submission.Notary
	}
	return submission.Registry
}

// Title returns the heading of the list.
func (p Profile) Title() text {
	if p == Koshonin {
		return text{JA: "電子公証(電子定款など)の条件", EN: "What the electronic notary (koshonin) asks for"}
	}
	return text{JA: "登記・供託オンライン申請の条件", EN: "What online registration (touki) asks for"}
}

// AcceptanceUnverified is said wherever a list is shown.
var AcceptanceUnverified = text{
	JA: "提出先のサービスが受け付けるかどうかは、実際のサービスでは確かめていません。",
	EN: "Whether the service accepts it was not verified with the real service.",
}

// Items beside those of package pdfsig.
const (
	CertificateKind    = "certificate-kind"
	CertificateInForce = "certificate-in-force"
	NotRevoked         = "certificate-not-revoked"
	KeySize            = "key-size"
	FileName           = "file-name"
	FileNameLength     = "file-name-length"
	FileNameDots       = "file-name-dots"
	FileNameHyphen     = "file-name-hyphen"
	FileSize           = "file-size"
)

// Item is one line of the list.
type Item struct {
	Name   string
	Answer pdfsig.Answer
	Found  string // as far as it can be named
	What   text   // is asked for; English begins with a small letter
	Todo   text   // where it is not met, or cannot be told
}

// Subject is the signature that is looked at, in its file.
type Subject struct {
	File         string // its name, with or without a folder
	Size         int64
	Requirements []pdfsig.Requirement // of the signature
	SavedAgain   bool                 // see pdfsig.Signature.SavedAgain
	Certificate  *x509.Certificate    // nil where unknown
	Verdict      trust.Verdict
	Now          time.Time
}

// For answers every item of a profile.
func (p Profile) For(s Subject) (list []Item) {
	for _, r := range s.Requirements {
		about := signatureItems[r.Item]
		item := Item{string(r.Item), r.Answer, r.Found, about.what, about.todo}
		switch {
		case !s.SavedAgain:
		case r.Item == pdfsig.ToukiByteRange:
			item.What, item.Todo = savedAgain.what, savedAgain.todo
		case r.Answer == pdfsig.CannotSay:
			continue
		}
		list = append(list, item)
	}
	if !s.SavedAgain {
		list = append(list, p.ofCertificate(s)...)
	}
	return append(list, p.ofFile(filepath.Base(s.File), s.Size)...)
}

// Unmet counts the items that are certainly not met.
func Unmet(list []Item) (n int) {
	for _, r := range list {
		if r.Answer == pdfsig.NotMet {
			n++
		}
	}
	return n
}

// about has the texts of an item.
type about struct{ what, todo text }

// signAgain is the remedy for nearly every fault.
var signAgain = text{
	JA: "署名する前のPDFに、jpki sign で署名し直してください(省略時の形式がこの条件に合わせてあります)。",
	EN: "Sign the PDF as it was before signing with jpki sign, whose default follows this list.",
}

var savedAgain = about{
	text{JA: "署名したあとに、ほかのソフトで保存し直されていない", EN: "no other program saved the file again after signing"},
	text{
		JA: "署名の範囲(/ByteRange)がファイルと合いません。多くは、署名したあとに別のソフトで開いて保存、印刷、結合などをしたためです。署名したときのファイルをそのまま提出するか、署名する前のPDFに署名し直してください。",
		EN: "The range of the signature (/ByteRange) does not fit the file. Usually another program opened it after signing and saved, printed or merged it. Hand in the file as it was signed, or sign the unsigned PDF again.",
	},
}

var signatureItems = map[pdfsig.ToukiItem]about{
	pdfsig.ToukiType: {text{JA: "署名であると書かれている(/Type /Sig)", EN: "it says that it is a signature (/Type /Sig)"}, signAgain},
	pdfsig.ToukiFilter: {
		text{JA: "署名機能の名前がある(/Filter)", EN: "it names a signature handler (/Filter)"},
		text{JA: "どの名前でも構いませんが、書かれていません。%s", EN: "Any name will do, and there is none. %s"}.With(signAgain),
	},
	pdfsig.ToukiSubFilter: {
		text{JA: "PKCS#7の分離署名(/SubFilter /adbe.pkcs7.detached)", EN: "detached PKCS#7 (/SubFilter /adbe.pkcs7.detached)"},
		text{JA: "署名の形式をCAdESやPAdESではなく、PKCS#7(分離)にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the format PKCS#7 (detached), not CAdES or PAdES; or sign the PDF as it was before with jpki sign."},
	},
	pdfsig.ToukiName: {text{JA: "署名者の名前がUTF-16で入っている(/Name)", EN: "the signer's name, in UTF-16 (/Name)"}, signAgain},
	pdfsig.ToukiTime: {
		text{JA: "署名日時が日本時間で入っている(/M、+09'00')", EN: "the time of signing, in Japanese time (/M, +09'00')"},
		text{JA: "パソコンの時刻と時間帯(日本)を確かめて署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Set the computer's clock and its time zone (Japan) and sign again; or sign the PDF as it was before with jpki sign."},
	},
	pdfsig.ToukiByteRange: {
		text{JA: "署名がPDFの全体を対象にしている(/ByteRange)", EN: "it covers the whole PDF (/ByteRange)"},
		text{JA: "署名が壊れているか、偽造されています。%s", EN: "The signature is damaged, or forged. %s"}.With(signAgain),
	},
	pdfsig.ToukiCMS: {text{JA: "署名のデータが1人分で、内容を含まない", EN: "the data of one signature, without content inside"}, signAgain},
	pdfsig.ToukiCertificate: {
		text{JA: "署名者の証明書が入っている", EN: "the signer's certificate is in it"},
		text{JA: "証明書を含める設定にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the certificate included; or sign the PDF as it was before with jpki sign."},
	},
	pdfsig.ToukiDigest: {
		text{JA: "RSAとSHA-256による署名", EN: "RSA with SHA-256"},
		text{JA: "ハッシュをSHA-256にして署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again with the digest SHA-256; or sign the PDF as it was before with jpki sign."},
	},
	pdfsig.ToukiAttributes: {text{JA: "署名属性がある(contentType、messageDigest)", EN: "signed attributes (contentType, messageDigest)"}, signAgain},
	pdfsig.ToukiNoTimestamp: {
		text{JA: "署名にタイムスタンプがない", EN: "no timestamp on the signature"},
		text{JA: "タイムスタンプを付けない設定で署名し直すか、署名する前のPDFに jpki sign で署名し直してください。", EN: "Sign again without a timestamp; or sign the PDF as it was before with jpki sign."},
	},
	pdfsig.ToukiIntact: {
		text{JA: "署名が正しく、あとで変えられていない", EN: "the signature is right, and nothing was changed after it"},
		text{JA: "署名したあとで編集、保存、印刷をし直したPDFではないか確かめ、署名する前のPDFに署名し直してください。署名のあとは何も変えずに提出してください。", EN: "See whether it was edited, saved or printed again after signing; sign the PDF as it was before, and hand it in without changing anything."},
	},
}

// ofCertificate answers the items about the signer's certificate.
func (p Profile) ofCertificate(s Subject) []Item {
	kind := Item{
		Name: CertificateKind, Answer: pdfsig.CannotSay,
		What: text{JA: "署名用電子証明書による署名", EN: "made with the digital-signature certificate"},
		Todo: text{JA: "マイナンバーカードでは、利用者証明用ではなく署名用電子証明書で署名してください。ほかの電子証明書が使えるかどうかは、提出先に確かめてください。", EN: "With a My Number Card, sign with the digital-signature certificate, not the one for user authentication. Whether another certificate will do, ask the service."},
	}
	inForce := Item{
		Name: CertificateInForce, Answer: pdfsig.CannotSay,
		What: text{JA: "証明書が有効期間内", EN: "the certificate is within its validity"},
		Todo: text{JA: "有効期間が過ぎた証明書は更新できません。市区町村の窓口で新しく発行してもらってから署名し直してください(jpki guide renew)。", EN: "An expired certificate is not renewed: have the municipal counter issue a new one, then sign again (jpki guide renew)."},
	}
	revoked := Item{
		Name: NotRevoked, Answer: pdfsig.CannotSay,
		What: text{JA: "証明書が失効していない", EN: "the certificate is not revoked"},
		Todo: text{JA: "自分の証明書は、JPKI利用者ソフトの有効性確認、マイナポータル、市区町村の窓口で確かめられます。ほかの人の署名なら、署名した人に確かめてもらってください。", EN: "For your own certificate ask the official client (yukosei kakunin), Mynaportal or the municipal counter; for somebody else's signature, ask the signer to do so."},
	}
	switch s.Verdict.Revocation {
	case trust.RevocationGood:
		revoked.Answer = pdfsig.Met
	case trust.RevocationRevoked, trust.RevocationRevokedLater:
		revoked.Answer = pdfsig.NotMet
	}
	list := []Item{kind, inForce, revoked}
	if p == Koshonin {
		list = append(list, Item{
			Name: KeySize, Answer: pdfsig.CannotSay,
			What: text{JA: "RSA 2048ビットの鍵による署名", EN: "made with an RSA key of 2048 bits"},
			Todo: text{JA: "電子公証で使える電子証明書で署名し直してください。マイナンバーカードの署名用電子証明書はRSA 2048ビットです。", EN: "Sign with a certificate that the notary takes: the digital-signature certificate of a My Number Card has RSA 2048."},
		})
	}
	if s.Certificate == nil {
		return list
	}
	switch cert.KindOf(s.Certificate) { // by its own words, which the chain has to bear out
	case cert.Sign:
		if s.Verdict.Chain != nil && !slices.ContainsFunc(s.Verdict.Reasons, ofChain) {
			list[0].Answer = pdfsig.Met
		}
	case cert.Auth:
		list[0].Answer = pdfsig.NotMet
	}
	v := cert.ValidityOf(s.Certificate)
	list[1].Answer, list[1].Found = answer(v.Contains(s.Now)), v.LastDay().String()
	if p == Koshonin {
		key, ok := s.Certificate.PublicKey.(*rsa.PublicKey)
		list[3].Answer = answer(ok && key.N.BitLen() == 2048)
	}
	return list
}

// ofChain reports a reason that leaves the purpose of a certificate open.
func ofChain(r trust.Reason) bool { return r.Code == trust.ChainConstraintsFailure }

func answer(met bool) pdfsig.Answer {
	if met {
		return pdfsig.Met
	}
	return pdfsig.NotMet
}

// ofFile answers the items about the file's name and size. Renaming a signed
// file changes nothing in it.
func (p Profile) ofFile(name string, size int64) []Item {
	service := p.service()
	rename := text{JA: "名前を変えてください(署名はそのままです)。例: %s", EN: "Rename the file, which leaves the signature as it is. For example: %s"}.With(service.Suggest(name))
	faults := map[submission.Fault]submission.Finding{}
	for _, f := range service.CheckName(name) {
		faults[f.Fault] = f
	}
	has := func(f submission.Fault) bool { _, there := faults[f]; return there }

	characters := Item{
		Name: FileName, Answer: answer(!has(submission.Characters)), Found: visible.Replace(faults[submission.Characters].Found), Todo: rename,
		What: text{JA: "ファイル名に使えない文字がない(JIS X 0208の文字だけ。空白と一部の記号は不可)", EN: "only permitted characters in the file's name (JIS X 0208; no space, not all symbols)"},
	}
	if has(submission.Decomposed) && characters.Answer == pdfsig.Met {
		// The Mac's way of writing が as two characters: how the service reads it
		// is not known.
		characters.Answer = pdfsig.CannotSay
		characters.Found = "NFD"
	}
	list := []Item{characters}
	width := submission.Width(name)
	length := Item{
		Name: FileNameLength, Answer: answer(width <= submission.Notary.Width), Found: strconv.Itoa(width), Todo: rename,
		What: text{JA: "ファイル名が半角31文字(全角15文字)以内", EN: "a file name of at most 31 half-width (15 full-width) characters"},
	}
	switch {
	case p == Koshonin:
		list = append(list, length, Item{
			Name: FileNameDots, Answer: answer(!has(submission.Dots)), Found: strconv.Itoa(strings.Count(name, ".")), Todo: rename,
			What: text{JA: "ファイル名のピリオドが1つだけ", EN: "a single dot in the file's name"},
		})
		if has(submission.Hyphen) {
			list = append(list, Item{
				Name: FileNameHyphen, Answer: pdfsig.CannotSay, Todo: rename,
				What: text{JA: "ファイル名にハイフンがない(公証人の案内)", EN: "no hyphen in the file's name (notaries advise against it)"},
			})
		}
	case length.Answer == pdfsig.NotMet:
		length.Answer = pdfsig.CannotSay
		length.What = text{JA: "ファイル名が半角31文字(全角15文字)以内(電子公証の条件。登記での長さの上限は公表されていません)", EN: "a file name of at most 31 half-width characters (the electronic notary's rule; no limit is published for the registry)"}
		length.Todo = text{JA: "短い名前にしておくと安心です。例: %s", EN: "A shorter name is safe. For example: %s"}.With(submission.Notary.Suggest(name))
		list = append(list, length)
	}
	return append(list, p.ofSize(size))
}

// visible quotes the characters that cannot be seen.
var visible = strings.NewReplacer(" ", `" "`, "\u3000", "\"\u3000\"")

func (p Profile) ofSize(size int64) Item {
	item := Item{
		Name: FileSize, Answer: pdfsig.CannotSay, Found: inWords(size),
		What: text{JA: "申請全体(添付を含む)で10MB以内(動産・債権譲渡登記は20MB)", EN: "at most 10 MB with all attachments (20 MB for movables and claims)"},
		Todo: text{JA: "画像の解像度を下げるなどして小さくした、署名する前のPDFに署名し直してください。", EN: "Make the unsigned PDF smaller, say with images of a lower resolution, and sign that."},
	}
	if p == Koshonin {
		item.What = text{JA: "10MB以内", EN: "at most 10 MB"}
	}
	switch p.service().CheckSize(size) {
	case submission.FitsSurely:
		item.Answer = pdfsig.Met
	case submission.FitsNot:
		item.Answer = pdfsig.NotMet
	}
	return item
}

// inWords writes a size as the services do, with a unit of 1,000s.
func inWords(size int64) string {
	if size < 1e6 {
		return strconv.FormatFloat(float64(size)/1e3, 'f', 1, 64) + " kB"
	}
	return strconv.FormatFloat(float64(size)/1e6, 'f', 1, 64) + " MB"
}

// OfFile returns the items about a name and a size that are not met or cannot
// be checked, for a warning before a file is signed.
func (p Profile) OfFile(name string, size int64) []Item {
	return slices.DeleteFunc(p.ofFile(filepath.Base(name), size), func(i Item) bool { return i.Answer == pdfsig.Met })
}
