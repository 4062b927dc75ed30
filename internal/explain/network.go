package explain

import (
	"context"
	"errors"

	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/tlsclient"
	"github.com/jpki-tools/jpki/pkg/printable"
)

// fetchReasons explain a failed download.
var fetchReasons = map[error]text{
	fetch.ErrAddress:   {JA: "アドレスは http か https にしてください", EN: "the address has to be one of http or https"},
	fetch.ErrPassword:  {JA: "アドレスにユーザー名やパスワードを書かないでください", EN: "the address must not hold a user name or password"},
	fetch.ErrClear:     {JA: "パスワードや証明書は https のアドレスにだけ送ります", EN: "passwords and client certificates are sent to https addresses alone"},
	fetch.ErrAccount:   {JA: "サーバーがこの利用者を認めません", EN: "the server asks for an account, or refuses this one"},
	fetch.ErrPrivate:   {JA: "このネットワークの中のアドレスです", EN: "the address lies inside this network"},
	fetch.ErrRedirect:  {JA: "別のサーバーへ転送されました", EN: "it redirects to another host"},
	fetch.ErrTooLarge:  {JA: "応答が大きすぎます", EN: "the answer is too large"},
	fetch.ErrNoAnswer:  {JA: "応答がありません", EN: "there is no answer"},
	fetch.ErrUntrusted: {JA: "サーバーの証明書を信頼できません", EN: "the server's certificate is not trusted"},
	fetch.ErrRejected:  {JA: "サーバーがTLSの接続を断りました", EN: "the server refuses the TLS connection"},
	fetch.ErrStatus:    {JA: "サーバーが断りました", EN: "the server refuses"},
	fetch.ErrMediaType: {JA: "応答の種類が違います", EN: "the answer is of another kind"},
}

// FetchReason explains a failed download, and names the target of a refused
// redirection.
func FetchReason(failed *fetch.Error) text {
	t := fetchReasons[failed.Reason]
	if failed.Reason == fetch.ErrRedirect && failed.Err != nil {
		t = text{JA: "%s: %s", EN: "%s: %s"}.With(t, printable.Line(failed.Err.Error()))
	}
	return t
}

// explainFetch explains a failed download.
func explainFetch(err error) *problem.Problem {
	var failed *fetch.Error
	if !errors.As(err, &failed) {
		return nil
	}
	next, ok := fetchNexts[failed.Reason]
	if !ok {
		next = text{JA: "アドレスとネットワークを確かめてください。", EN: "Check the address and the network."}
	}
	return problem.New(problem.Failed,
		text{JA: "「%s」から受け取れませんでした: %s。", EN: "Nothing came from %s: %s."}.With(failed.Address, FetchReason(failed)), next)
}

// fetchNexts are the next steps for faults other than the address and the
// network.
var fetchNexts = map[error]text{
	fetch.ErrAccount: {
		JA: "利用者の名前とパスワードを確かめてください。タイムスタンプ局では --tsa-user と --tsa-password-file で指定します。",
		EN: "Check the name and the password of the account. For a timestamping authority they are --tsa-user and --tsa-password-file.",
	},
	fetch.ErrUntrusted: {
		JA: "アドレスと、この機器の日時を確かめてください。組織内のサーバーなら、その認証局をこのシステムで信頼するように設定してください。",
		EN: "Check the address and this machine's clock. If the server is your organization's, have this system trust its CA.",
	},
	fetch.ErrRejected: {
		JA: "クライアント証明書が必要なのかもしれません。タイムスタンプ局では --tsa-cert で指定します。",
		EN: "It may want a client certificate. For a timestamping authority that is --tsa-cert.",
	},
	fetch.ErrStatus: {
		JA: "アドレスを確かめるか、時間をおいてもう一度実行してください。",
		EN: "Check the address, or try again later.",
	},
}

var tlsReasons = map[error]struct{ what, next text }{
	tlsclient.ErrAddress: {
		text{JA: "アドレスは https:// で始まるURLにしてください。", EN: "The address has to be a URL of https."}, text{}},
	tlsclient.ErrUnreachable: {
		text{JA: "サーバーに接続できません。", EN: "The server cannot be reached."},
		text{JA: "アドレスとネットワークを確かめてください。", EN: "Check the address and the network."}},
	tlsclient.ErrUntrusted: {
		text{JA: "サーバーの証明書を信頼できません。証明書は提示していません。", EN: "The server's certificate is not to be trusted. Nothing was shown."},
		text{JA: "自分のサーバーなら、その認証局の証明書を --ca で指定してください。", EN: "If the server is yours, name the certificate of its CA with --ca."}},
	tlsclient.ErrOnlyTLS13: {
		text{JA: "サーバーがTLS 1.3しか受け付けませんが、このカードはそれに要る署名(RSASSA-PSS)を作りません。", EN: "The server takes TLS 1.3 only, and this card makes no signatures of its kind (RSASSA-PSS)."},
		text{JA: "サーバーでTLS 1.2も受け付けるようにしてください。", EN: "Have the server take TLS 1.2 too."}},
	tlsclient.ErrHandshake: {
		text{JA: "TLSの接続を始められません。", EN: "The TLS handshake failed."},
		text{JA: "サーバーがTLS 1.2か1.3を受け付けるか確かめてください。", EN: "See whether the server takes TLS 1.2 or 1.3."}},
	tlsclient.ErrNotAsked: {
		text{JA: "サーバーはクライアント証明書を求めませんでした。証明書は提示していません。", EN: "The server asked for no client certificate. Nothing was shown."},
		text{JA: "接続の初めに求めるようにサーバーを設定してください。あとから求めるもの(再ネゴシエーション)には対応していません。", EN: "Have the server ask at the beginning of the connection. Asking later (renegotiation) is not supported."}},
	tlsclient.ErrOtherIssuers: {
		text{JA: "サーバーが求めているのは、ほかの認証局の証明書か、カードが作れない種類の署名です。証明書は提示していません。", EN: "The server asks for certificates of other CAs, or for signatures that the card cannot make. Nothing was shown."},
		text{JA: "利用者証明用認証局の証明書(jpki cert export auth-ca)をサーバーに登録してください。", EN: "Register the CA certificate of the card (jpki cert export auth-ca) with the server."}},
	tlsclient.ErrRejected: {
		text{JA: "サーバーが証明書を受け入れませんでした。", EN: "The server did not take the certificate."},
		text{JA: "サーバーのログと、登録した認証局の証明書を確かめてください。", EN: "See the server's log, and the CA certificates that it has."}},
	tlsclient.ErrAnswer: {
		text{JA: "接続できましたが、HTTPの応答がありません。", EN: "The connection stands, but there is no HTTP answer."}, text{}},
	tlsclient.ErrTooLarge: {
		text{JA: "ページが大きすぎます(%d MiBまで)。", EN: "The page is too large (%d MiB at most)."}.With(tlsclient.MaxSize >> 20), text{}},
}

// explainTLS explains why no page was fetched.
func explainTLS(err error) *problem.Problem {
	var failed *tlsclient.Error
	if !errors.As(err, &failed) {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted()
	}
	r := tlsReasons[failed.Reason]
	if failed.Err != nil {
		r.what = text{JA: "%s\n詳細: %s", EN: "%s (%s)"}.With(r.what, printable.Line(failed.Err.Error()))
	}
	if failed.Reason == tlsclient.ErrAddress {
		return problem.New(problem.Usage, r.what, r.next)
	}
	return problem.New(problem.TLS, r.what, r.next)
}
