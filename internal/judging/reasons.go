package judging

import (
	"errors"

	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// reasonTexts explains the causes a person can understand and act on.
var reasonTexts = []struct {
	cause error
	text  text
}{
	{cms.SignedDataNotFound, text{JA: "署名が指すものがありません", EN: "what the signature refers to is not there"}},
	{pdfsig.ErrChangedLater, text{JA: "署名のあとで、文書の内容が変えられています", EN: "the content was changed after it was signed"}},
	{pdfsig.ErrByteRange, text{JA: "署名が文書の全体を対象にしていません(/ByteRange)", EN: "the signature does not cover the whole document (ByteRange)"}},
	{pdfsig.ErrContents, text{JA: "署名のデータが署名の形をしていません(/Contents)", EN: "the data of the signature is not formed like one (Contents)"}},
	{pdfsig.ErrSignatureField, text{JA: "署名欄の作りが正しくないか、署名したときと違います", EN: "the signature field is not made as it should be, or not as when it was signed"}},
	{pdfsig.ErrSubFilter, text{JA: "判定できない種類のPDF署名です(/SubFilter)", EN: "a kind of PDF signature that is not judged (SubFilter)"}},
	{pdfsig.ErrUnnamedSigner, text{JA: "PAdESの署名なのに、署名者の証明書を指していません", EN: "a PAdES signature that does not name its certificate"}},
	{cms.HashFailure, text{JA: "ファイルの内容が、署名されたものと違います", EN: "the file is not what was signed"}},
	{cms.SigCryptoFailure, text{JA: "署名の値が、証明書の鍵と合いません", EN: "the signature does not fit the certificate's key"}},
	{xmlsig.ErrUnreadableCertificate, text{JA: "署名に入っている証明書が壊れていて、署名者の証明書を読めません", EN: "a certificate in the signature is damaged, and the signer's cannot be read"}},
	{cms.NoSigningCertificateFound, text{JA: "署名者の証明書がありません", EN: "the signer's certificate is missing"}},
	{trust.ErrDemoCA, text{JA: "デモカードの署名です。本物の証明ではありません(試すときは --trust demo)", EN: "a signature of the demo card, not a real one (--trust demo, to try)"}},
	{trust.ErrUnknownCA, text{JA: "このバージョンに登録されていない世代の認証局です。新しいバージョンで確かめるか、jpki.go.jp の公表値と比べて jpki ca add で追加してください", EN: "a CA generation this version does not know: use a newer version, or compare with jpki.go.jp and add it with jpki ca add"}},
	{trust.ErrNotJPKI, text{JA: "署名者の証明書は公的個人認証サービスのものではありません(その認証局を信頼するなら --ca)", EN: "the signer is not under JPKI (--ca, to trust the signer's own CA)"}},
	{trust.ErrNotGiven, text{JA: "署名者の証明書は、公的個人認証サービスのものでも、--ca で指定した認証局のものでもありません", EN: "the signer is under neither JPKI nor a CA of --ca"}},
	{trust.ErrNoIssuer, text{JA: "発行した認証局の証明書がありません(--ca で指定)", EN: "the certificate of the issuing CA is missing (--ca)"}},
	{trust.ErrSignature, text{JA: "証明書は認証局が発行したものではありません", EN: "the CA did not issue the certificate"}},
	{trust.ErrExpired, text{JA: "証明書の有効期間が過ぎています。いつ署名されたかは証明されていません", EN: "the certificate has expired, and nothing proves when the signature was made"}},
	{trust.ErrNotYetValid, text{JA: "証明書の有効期間がまだ始まっていません", EN: "the certificate is not yet valid"}},
	{trust.ErrKeyUsage, text{JA: "証明書の鍵は、この用途に使えません", EN: "the certificate's key is not for this use"}},
	{trust.ErrNotEndEntity, text{JA: "証明書は認証局のもので、署名する人や組織のものではありません", EN: "the certificate is a CA's, not a signer's"}},
	{trust.ErrNotCA, text{JA: "証明書の発行元は、証明書を発行できる認証局ではありません", EN: "what issued the certificate is no CA that may issue any"}},
	{trust.ErrKind, text{JA: "証明書は、ここで必要な種類のものではありません", EN: "the certificate is not of the kind that is needed here"}},
	{trust.ErrCriticalExtension, text{JA: "証明書に、解釈できない重要な拡張(critical)が含まれています", EN: "the certificate has a critical extension that is unknown here"}},
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

// codeTexts explain the rest, as far as their code goes. The detail is in
// English alone, the language of the packages.
var codeTexts = map[trust.Code]text{
	trust.FormatFailure:             {JA: "署名の形式が規格に合いません", EN: "the signature is not formed as the standards ask for (%s)"},
	trust.HashFailure:               {JA: "署名された内容が変わっています", EN: "what was signed has changed (%s)"},
	trust.SigConstraintsFailure:     {JA: "この文書に対する署名とは言えません", EN: "it cannot be called a signature of this document (%s)"},
	trust.CryptoConstraintsFailure:  {JA: "何も証明できない方式か、このバージョンが対応していない方式です", EN: "an algorithm that proves nothing, or that this version does not know (%s)"},
	trust.NoSigningCertificateFound: {JA: "署名者の証明書がありません", EN: "the signer's certificate is missing (%s)"},
	trust.ChainConstraintsFailure:   {JA: "証明書から認証局までのつながりが正しくありません", EN: "the chain from the certificate to its CA does not hold (%s)"},
	trust.NoCertificateChainFound:   {JA: "証明書が、信頼する認証局につながりません", EN: "the certificate does not chain to a trusted CA (%s)"},

	trust.CryptoConstraintsFailureNoPOE: {JA: "弱い方式で、いつ作られたかは証明されていません", EN: "a weak algorithm, and nothing proves when it was used (%s)"},
	trust.Generic:                       {JA: "調べられないところがあります", EN: "a part of it could not be looked at (%s)"},
}

func ReasonText(r trust.Reason) text {
	if t, ok := RevocationReason(r); ok {
		return t
	}
	if t, ok := xmltext.Reason(r.Err); ok {
		return t
	}
	if inexact, ok := errors.AsType[*pdfsig.UpdateError](r.Err); ok {
		return inexactText(inexact)
	}
	for _, known := range reasonTexts {
		if errors.Is(r.Err, known.cause) {
			return known.text
		}
	}
	detail := printable.Line(r.Err.Error())
	if known, ok := codeTexts[r.Code]; ok {
		return text{JA: known.JA, EN: known.With(detail).EN}
	}
	return text{JA: "調べられないところがあります", EN: detail}
}
