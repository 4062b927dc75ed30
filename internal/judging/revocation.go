package judging

import (
	"errors"
	"strings"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// revocationErrors explain why the revocation status is unknown.
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

// RevocationErrorText explains why a source proves nothing.
func RevocationErrorText(err error) text {
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
		return text{JA: "「%s」から受け取れませんでした: %s", EN: "nothing came from %s: %s"}.With(printable.Line(failed.Address), explain.FetchReason(failed))
	}
	return text{JA: "応答を処理できません。\n詳細: %s", EN: "%s"}.With(err.Error())
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

// RevokedText gives the time and the reason of a revocation.
func RevokedText(e trust.Evidence) text {
	why, ok := crlReasons[e.Reason.String()]
	if !ok {
		why = text{JA: e.Reason.String(), EN: e.Reason.String()}
	}
	return text{JA: "%s(%s)", EN: "%s (%s)"}.With(terms.Moment(e.Since), why)
}

// authorityRevokedError is a timestamp of a revoked authority.
type authorityRevokedError struct{ trust.Evidence }

func (e *authorityRevokedError) Error() string {
	return "the timestamping authority: " + (&trust.RevokedError{Evidence: e.Evidence}).Error()
}

// RevocationReason explains a reason of a verdict that is about revocation.
func RevocationReason(r trust.Reason) (t text, ok bool) {
	var revoked *trust.RevokedError
	var authority *authorityRevokedError
	switch {
	case errors.As(r.Err, &authority):
		return text{JA: "タイムスタンプ局の証明書が失効しています: %s", EN: "the timestamping authority's certificate is revoked since %s"}.With(RevokedText(authority.Evidence)), true
	case errors.As(r.Err, &revoked):
		whose := text{JA: "証明書", EN: "the certificate"}
		if r.CA {
			whose = text{JA: "認証局の証明書", EN: "the CA's certificate"}
		}
		t = text{JA: "%sは失効しています: %s", EN: "%s is revoked since %s"}.With(whose, RevokedText(revoked.Evidence))
		if r.Code != trust.Revoked {
			t = text{JA: "%s。その前に署名されたことは証明されていません", EN: "%s, and nothing proves that the signature is older"}.With(t)
		}
		return t, true
	case r.Code == trust.TryLater:
		return text{JA: "失効を確認できませんでした: %s", EN: "revocation could not be checked: %s"}.With(RevocationErrorText(r.Err)), true
	}
	return t, false
}
