// Package logincmd has the commands that use the card to log in, and those for
// other programs that do: ssh, tls and pkcs11.
package logincmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/p11host"
	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/internal/p11serve"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/internal/version"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type text = i18n.Text

type pkcs11Options struct {
	unlock      unlock.Options
	key         string
	ask         string
	certificate string
	ca          bool
	socket      string
	foreground  bool
}

func NewPKCS11(a *command.App) *cobra.Command {
	var opt pkcs11Options
	cmd := a.New(command.Spec{
		Use:   "pkcs11",
		Short: text{JA: "カードの鍵を、ほかのプログラムで使えるようにする", EN: "give other programs the card's key"},
		Long: text{
			JA: "カードの鍵を、p11-kitを通してPKCS#11のトークンとして提供します。ブラウザー、OpenSSL、GnuTLS、OpenSSH、LibreOfficeなどが" +
				"使えます。このコマンドはp11-kitが動かすので、自分で実行する必要はありません。設定は jpki pkcs11 setup、プログラムごとの" +
				"使い方は jpki help programs にあります。\n\n" +
				"提供するのは利用者証明用の鍵だけです。署名用の鍵は --key sign を付けたときだけで、その証明書には氏名と住所が入っています。\n\n" +
				"暗証番号は、プログラムではなくこのコマンドが尋ねます。利用者証明用は署名のたびに、署名用はログインのときに1回です(--ask)。\n" +
				"尋ねるのはpinentryのウィンドウか端末で、どのプログラムが署名を求めたかを表示します。残り1回のときに、尋ねずに暗証番号を送ることは" +
				"ありません。署名が終わるたびに、カードは閉じられます。",
			EN: "Shows the card's key to other programs as a PKCS #11 token, through p11-kit: browsers, OpenSSL, GnuTLS, OpenSSH, " +
				"LibreOffice and others. p11-kit starts this command, not you: jpki pkcs11 setup makes the settings, and jpki help " +
				"programs has them for each program.\n\n" +
				"Only the authentication key is shown. The signing key is, with --key sign; its certificate holds your name and " +
				"address.\n\n" +
				"The PIN is asked for by this command, not by the program: for each signature with the authentication key, and once " +
				"at the log-in for the signing key (--ask). It asks in a pinentry's window or on the terminal and names the program " +
				"that wants to sign. A last try is never sent without asking. The card is closed after each signature.",
		},
		Examples: []command.Example{
			{Line: "jpki pkcs11 setup", About: text{JA: "このパソコンのプログラムに設定する", EN: "set the programs on this machine up"}},
			{Line: "jpki pkcs11 --socket $XDG_RUNTIME_DIR/jpki/pkcs11.sock", About: text{JA: "ソケットで待ち受ける(コンテナーなど)", EN: "serve a socket, for containers"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return pkcs11(ctx, a, &opt) },
	})
	a.AddUnlockFlags(cmd, &opt.unlock)
	f := cmd.Flags()
	for _, useless := range []string{"pin-stdin", "pin-fd", "allow-last-try"} {
		f.Lookup(useless).Hidden = true // their use gets an explanation
	}
	f.StringVar(&opt.key, "key", "auth", a.IO.Text(text{JA: "提供する鍵: `KEY` は auth か sign", EN: "which key: `KEY` is auth or sign"}))
	f.StringVar(&opt.ask, "ask", "", a.IO.Text(text{JA: "暗証番号を尋ねるとき: `WHEN` は signature、login、program(プログラムが尋ねる)", EN: "when the PIN is asked for: `WHEN` is signature, login, or program, where the program asks"}))
	f.StringVar(&opt.certificate, "certificate", "", a.IO.Text(text{JA: "カードの代わりに`FILE`の証明書を提供する(cert exportの出力)", EN: "show the certificate in `FILE`, made by cert export, instead of the card's"}))
	f.BoolVar(&opt.ca, "ca", false, a.IO.Text(text{JA: "認証局の証明書も提供する", EN: "show the CA certificate too"}))
	f.StringVar(&opt.socket, "socket", "", a.IO.Text(text{JA: "p11-kitの子プロセスではなく、ソケットの`PATH`で待ち受ける", EN: "serve the socket at `PATH`, not the p11-kit that started this"}))
	f.BoolVar(&opt.foreground, "foreground", false, "")
	f.Lookup("foreground").Hidden = true // of the second process
	cmd.AddCommand(newPKCS11Setup(a))
	return cmd
}

// askings are the values of --ask.
var askings = map[string]token.Asking{"signature": token.AskSignature, "login": token.AskLogin, "program": token.AskProgram}

var badAsk = problem.Misuse(text{JA: "--ask は signature、login、program のどれかです。", EN: "--ask is signature, login or program."})

func pkcs11(ctx context.Context, a *command.App, opt *pkcs11Options) error {
	// Ctrl-C in the program that uses the token is not meant for this
	// process.
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	switch {
	case opt.socket == "" && ui.IsTerminal(a.Config.Stdin):
		return problem.Misuse(text{JA: "このコマンドは、p11-kitがほかのプログラムのために動かすものです。", EN: "p11-kit starts this command, for other programs."}).
			WithNext(text{JA: "設定するには jpki pkcs11 setup を実行してください。", EN: "Run jpki pkcs11 setup to set it up."})
	case opt.socket == "" && !opt.foreground && p11host.MayDetach(int(a.Config.Stdin.Fd())):
		if p11host.Detach(a.Config.Stdin, a.Config.Stdout, a.Config.Stderr, append(a.Config.Args, "--foreground")...) == nil {
			return nil
		}
	}
	server, err := tokenServer(ctx, a, opt)
	if err != nil {
		return err
	}
	if opt.socket != "" {
		return server.Listen(ctx, opt.socket)
	}
	return server.Stdio(ctx, a.Config.Stdin, a.Config.Stdout)
}

// tokenServer checks all that can be checked before a program asks for anything.
func tokenServer(ctx context.Context, a *command.App, opt *pkcs11Options) (*p11serve.Server, error) {
	_ = pin.Harden() // programs may send PINs from the beginning
	slot := &token.Slot{Reader: p11serve.Reader(a.Cards), Now: a.Env.Now, CA: opt.ca}
	s := &p11serve.Server{
		Slot: slot, Unlock: &opt.unlock, Cards: a.Cards, Version: libraryVersion(),
		Report: func(err error) { a.Report(explain.Error(err)) },
	}
	switch opt.key {
	case "auth":
		slot.Key, s.Asking = jpki.KeyAuth, token.AskSignature
	case "sign":
		slot.Key, s.Asking = jpki.KeySign, token.AskLogin
	default:
		return nil, badKey
	}
	p11serve.Remember(slot, a.Memory())
	if asking, ok := askings[opt.ask]; ok {
		s.Asking = asking
	} else if opt.ask != "" {
		return nil, badAsk
	}
	if opt.certificate != "" {
		all, err := input.Certificates(ctx, opt.certificate)
		if err != nil {
			return nil, err
		}
		slot.Certificate = all[0]
	}
	if opt.unlock.AllowLastTry {
		return nil, problem.Misuse(text{JA: "pkcs11 に --allow-last-try はありません。", EN: "pkcs11 has no --allow-last-try."}).
			WithNext(text{JA: "残り1回のときは、そのつど尋ねます。", EN: "With one try left it asks each time."})
	}
	for _, f := range opt.unlock.Flags {
		if f.Kind == pin.Stdin || f.Kind == pin.Descriptor {
			return nil, problem.Misuse(text{JA: "%sは暗証番号を1回しか渡せないので、ここでは使えません。", EN: "%s gives the PIN only once, which is not enough here."}.With(f.Kind)).
				WithNext(text{JA: "--pinentry、--pin-command、--pin-file、--pin-credential のどれかを使ってください。", EN: "Use --pinentry, --pin-command, --pin-file or --pin-credential."})
		}
	}
	return s, nil
}

var badKey = problem.Misuse(text{JA: "--key は auth か sign です。", EN: "--key is auth or sign."})

// libraryVersion is this program's version as PKCS #11 has it.
func libraryVersion() (v p11rpc.Version) {
	_, _ = fmt.Sscanf(version.Number, "%d.%d", &v.Major, &v.Minor)
	return v
}
