package logincmd

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/p11serve"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/tlsclient"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/printable"
)

type tlsOptions struct {
	unlock unlock.Options
	ca     string
	yes    bool
}

func NewTLS(a *command.App) *cobra.Command {
	var opt tlsOptions
	cmd := a.New(command.Spec{
		Use:   "tls URL",
		Short: text{JA: "TLSのクライアント証明書でページを1つ取得する", EN: "fetch a page with a TLS client certificate"},
		Long: text{
			JA: "利用者証明用電子証明書をクライアント証明書として使い、httpsのページを1つ取得します。サーバーの設定を試すためのものです。\n" +
				"ページは標準出力に、通信の要約は標準エラー出力に書きます。転送(3xx)は追わず、プロキシーは使いません。\n\n" +
				"初めに証明書を提示せずに接続し、サーバーが証明書を求めるかどうかを確かめます。提示する前に確認します。サーバーに見えるのは" +
				"証明書の番号と有効期間満了日で、満了日はふつう誕生日です。氏名や住所は入っていません。\n\n" +
				"TLS 1.3に要る署名(RSASSA-PSS)は、試験用のカードでは作れたと報告されていますが、このプログラムの作者は試していません。\n" +
				"カードが作らないときは、もう一度TLS 1.2で接続し、そのカードのことを記憶します。",
			EN: "Fetches one https page with the user-authentication certificate as client certificate, to try a server out.\n" +
				"The page goes to standard output, a summary of the connection to standard error. Redirects are not followed, and no proxy is used.\n\n" +
				"It first connects without showing anything, to see whether the server asks for a certificate, and asks you before " +
				"it shows yours. The server sees its number and its last day of validity, which is usually a birthday. Name and " +
				"address are not in it.\n\n" +
				"The signatures of TLS 1.3 (RSASSA-PSS) are reported to work on test cards; that was not tried by the authors. Where " +
				"a card makes none, this connects again with TLS 1.2, and remembers it of the card.",
		},
		Examples: []command.Example{
			{Line: "jpki tls https://server.example.jp/", About: text{JA: "ページを取得する", EN: "fetch a page"}},
			{Line: "jpki tls https://localhost:8443/ --ca server-ca.pem --yes", About: text{JA: "自分のサーバーを、その認証局で確かめて試す", EN: "try a server of your own, trusted by its CA"}},
		},
		Args: a.ArgCount(1, 1, text{JA: "URLを1つ指定してください。", EN: "Name one URL."}),
		Run:  func(ctx context.Context, args []string) error { return runTLS(ctx, a, &opt, args[0]) },
	})
	a.AddUnlockFlags(cmd, &opt.unlock)
	f := cmd.Flags()
	f.StringVar(&opt.ca, "ca", "", a.IO.Text(text{JA: "サーバーの認証局の証明書`FILE`(省略時はシステムのもの)", EN: "`FILE` with the CA certificates of the server (those of the system if not given)"}))
	f.BoolVarP(&opt.yes, "yes", "y", false, a.IO.Text(text{JA: "確認せずに証明書を提示する", EN: "show the certificate without asking"}))
	return cmd
}

func runTLS(ctx context.Context, a *command.App, opt *tlsOptions, address string) error {
	var roots *x509.CertPool
	if opt.ca != "" {
		all, err := input.Certificates(ctx, opt.ca)
		if err != nil {
			return err
		}
		roots = x509.NewCertPool()
		for _, c := range all {
			roots.AddCert(c)
		}
	}
	server, err := tlsclient.New(address, roots, a.Env.Now)
	if err != nil {
		return err
	}
	u, err := unlock.New(a.Cards, &opt.unlock, false)
	if err != nil {
		return err
	}
	defer u.Close()
	if !opt.yes && u.Terminal == nil {
		return problem.Misuse(text{JA: "証明書を提示してよいか確認する端末がありません。", EN: "There is no terminal to ask on whether the certificate may be shown."}).
			WithNext(text{JA: "提示してよければ --yes を付けてください。", EN: "If it may be, give --yes."})
	}
	wanted, err := server.Ask(ctx)
	if err != nil {
		return err
	}
	card, err := a.Cards.Open(ctx)
	if err != nil {
		return err
	}
	defer card.Close()
	return logIn(ctx, a, opt, server, wanted, u, card)
}

// logIn asks, shows and fetches: with TLS 1.3 where server and card can do that.
func logIn(ctx context.Context, a *command.App, opt *tlsOptions, server *tlsclient.Server, wanted *tlsclient.Request, u *unlock.Unlocker, card *cards.Card) error {
	shown, leaf, seen, err := clientCertificate(ctx, a, card)
	if err != nil {
		return err
	}
	var found token.Slot // which cards make no RSASSA-PSS signatures, as pkcs11 found out
	p11serve.Remember(&found, a.Memory())
	if found.NoPSS(leaf) {
		server.Max = tls.VersionTLS12
		if wanted, err = server.Ask(ctx); err != nil {
			return err
		}
	}
	if err := server.Accepts(wanted, shown); err != nil {
		return err
	}
	if err := mayShow(ctx, a, opt, u, server.Host()); err != nil {
		return err
	}
	p, guard, err := u.PINFor(ctx, jpki.KeyAuth, seen)
	if err != nil {
		return err
	}
	defer p.Wipe()
	var sent bool
	once := func(t jpki.Tries) error {
		if sent { // one PIN for each connection
			return jpki.ErrSessionOver
		}
		err := guard(t)
		sent = err == nil
		return err
	}
	defer ui.Unstoppable()()
	shown.PrivateKey = card.Signer(ctx, jpki.KeyAuth, leaf, p, once)
	page, err := server.Get(ctx, shown)
	if errors.Is(err, jpki.ErrNoPSS) && server.Max == tls.VersionTLS13 {
		// The PIN was right: it can be sent again.
		found.OnNoPSS(leaf)
		a.IO.Note(text{
			JA: "このカードはTLS 1.3に要る署名(RSASSA-PSS)を作らないため、TLS 1.2でもう一度接続します。",
			EN: "This card makes no signatures of the kind that TLS 1.3 wants (RSASSA-PSS). Connecting again with TLS 1.2.",
		})
		sent, server.Max = false, tls.VersionTLS12
		page, err = server.Get(ctx, shown)
		if errors.Is(err, tlsclient.ErrHandshake) {
			err = cmp.Or(onlyTLS13(ctx, server), err)
		}
	}
	if err != nil {
		return err
	}
	return showPage(a, server, page)
}

// onlyTLS13 returns the error for a server that accepts only TLS 1.3, nil for
// others.
func onlyTLS13(ctx context.Context, server *tlsclient.Server) error {
	if _, err := server.Ask(ctx); errors.Is(err, tlsclient.ErrOnlyTLS13) {
		return err
	}
	return nil
}

// clientCertificate reads the certificate for the server, and that of its CA.
// The tries are those of its PIN.
func clientCertificate(ctx context.Context, a *command.App, card *cards.Card) (shown *tls.Certificate, leaf *x509.Certificate, t jpki.Tries, err error) {
	known := a.Cards.KnownCAs(ctx)
	err = card.WithApp(ctx, func(app *jpki.App) (err error) {
		if err := app.CheckToken(); err != nil {
			return err
		}
		var ca *x509.Certificate
		if leaf, ca, err = app.Issued(jpki.KeyAuth, known...); err != nil {
			return err
		}
		shown = &tls.Certificate{
			Certificate: [][]byte{leaf.Raw, ca.Raw},
			Leaf:        leaf,
			PrivateKey:  card.Signer(ctx, jpki.KeyAuth, leaf, jpki.PIN{}, nil), // for its public key
		}
		t, err = app.Tries(jpki.KeyAuth)
		return err
	})
	if err == nil && t.Blocked() {
		err = unlock.WhyBlocked(ctx, card, jpki.KeyAuth, &jpki.BlockedError{Key: jpki.KeyAuth})
	}
	return shown, leaf, t, err
}

// mayShow lists the data that the server will see, and asks the person for
// consent.
func mayShow(ctx context.Context, a *command.App, opt *tlsOptions, u *unlock.Unlocker, host string) error {
	what := text{
		JA: "%sに利用者証明用電子証明書を提示します。サーバーには証明書の番号と有効期間満了日が見えます(満了日はふつう誕生日です)。",
		EN: "%s will be shown the user-authentication certificate: it sees its number and its last day of validity, which is usually a birthday.",
	}.With(host)
	if opt.yes {
		a.IO.Note(what)
		return nil
	}
	u.Terminal.Println(a.IO.Text(what))
	agreed, err := u.Typed(ctx, text{JA: "提示してよければ「はい」か yes と入力してください: ", EN: "Type yes to show it: "})
	if err == nil && !agreed {
		return problem.New(problem.Interrupted, text{JA: "取り消しました。証明書は提示していません。", EN: "Cancelled. Nothing was shown."}, text{})
	}
	return err
}

// pageJSON is jpki.tls/v1.
type pageJSON struct {
	Schema      string  `json:"schema"`
	URL         string  `json:"url"`
	Version     string  `json:"version"`
	Cipher      string  `json:"cipher_suite"`
	Server      string  `json:"server_certificate_sha256"`
	Status      int     `json:"status"`
	ContentType string  `json:"content_type"`
	Location    *string `json:"location"`
	Body        []byte  `json:"body"` // base64
}

func showPage(a *command.App, server *tlsclient.Server, page *tlsclient.Page) error {
	state := page.TLS
	by := state.PeerCertificates[0]
	if a.JSON {
		doc := pageJSON{
			"jpki.tls/v1", server.Address(), tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite),
			cert.FingerprintOf(by).String(), page.Status, page.Type, nil, page.Body,
		}
		if page.Location != "" {
			doc.Location = &page.Location
		}
		if err := a.IO.JSON(doc); err != nil {
			return err
		}
	} else {
		a.IO.Note(text{JA: "%s、%sで接続しました。サーバーの証明書: %s", EN: "Connected by %s, %s. The server's certificate: %s"}.
			With(tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), printable.Line(by.Subject.String())))
		a.IO.Note(text{JA: "証明書を提示し、サーバーは受け入れました。応答: HTTP %d、%s、%dバイト", EN: "The certificate was shown and taken. The answer: HTTP %d, %s, %d bytes"}.
			With(page.Status, printable.Line(page.Type), len(page.Body)))
		if page.Location != "" {
			a.IO.Note(text{JA: "別の場所への転送です(追っていません): %s", EN: "It redirects, and was not followed: %s"}.With(printable.Line(page.Location)))
		}
		body := string(page.Body)
		if ui.IsTerminal(a.IO.Out) {
			body = printable.Lines(body)
			if body != "" && !strings.HasSuffix(body, "\n") {
				body += "\n"
			}
		}
		if _, err := fmt.Fprint(a.IO.Out, body); err != nil {
			return err
		}
	}
	if page.Status >= 400 {
		return problem.New(problem.TLS,
			text{JA: "サーバーは証明書を受け入れましたが、HTTP %d で断りました。", EN: "The server took the certificate, but refused with HTTP %d."}.With(page.Status),
			text{JA: "この証明書の人に許可があるか、サーバー側で確かめてください。", EN: "See at the server whether the holder of this certificate has permission."})
	}
	return nil
}
