package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/internal/unlock"
)

func (a *App) AddRememberFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.NoRemember, "no-remember", false, a.IO.Text(text{
		JA: "署名用電子証明書の満了日を記憶しない、記憶も使わない", EN: "neither remember when the signing certificate ends nor use what is remembered",
	}))
}

func (a *App) AddTrustFlags(cmd *cobra.Command, o *judging.Options) {
	f := cmd.Flags()
	f.StringArrayVar(&o.CAs, "ca", nil, a.IO.Text(text{JA: "認証局の証明書の`FILE`(足りないときや、公的個人認証サービス以外の認証局を信頼するとき。繰り返せる)", EN: "`FILE` with CA certificates: one that is missing, or another organization's to trust (repeatable)"}))
	f.StringArrayVar(&o.CRLs, "crl", nil, a.IO.Text(text{JA: "失効リスト(CRL): `FILE`かURL(繰り返せる)", EN: "revocation list (CRL): `FILE` or URL (repeatable)"}))
	f.StringVar(&o.OCSP, "ocsp", "", a.IO.Text(text{JA: "失効を問い合わせるOCSPレスポンダー: `URL`か aia(証明書に書かれたアドレス)", EN: "OCSP responder to ask about revocation: `URL`, or aia for the address in the certificate"}))
	f.BoolVar(&o.RequireRevocation, "require-revocation", false, a.IO.Text(text{JA: "失効を確認できなければ「判定できません」(終了ステータス9)とする", EN: "without proof that it is not revoked nothing is decided (exit status 9)"}))
	f.StringVar(&o.Trust, "trust", "", a.IO.Text(text{JA: "信頼する認証局を増やす: `WHOM` は demo(デモカード)", EN: "trust another CA too: `WHOM` is demo (the demo card)"}))
}

// SourceFlag makes a flag that names a PIN source. All such flags share one
// list, so that any two of them are noticed.
type SourceFlag struct {
	Opt  *unlock.Options
	Kind pin.Kind
}

func (s SourceFlag) String() string { return "" }

func (s SourceFlag) Type() string {
	if s.Kind == pin.Stdin {
		return "bool" // it takes no value
	}
	return "string"
}

func (s SourceFlag) Set(v string) error {
	if s.Kind == pin.Stdin {
		if v != "true" {
			return errors.New("takes no value")
		}
		v = ""
	}
	s.Opt.Flags = append(s.Opt.Flags, pin.Flag{Kind: s.Kind, Value: v})
	return nil
}

func (a *App) AddUnlockFlags(cmd *cobra.Command, o *unlock.Options) {
	f := cmd.Flags()
	source := func(kind pin.Kind, name string, help text) {
		f.Var(SourceFlag{o, kind}, name, a.IO.Text(help))
	}
	source(pin.Stdin, "pin-stdin", text{JA: "暗証番号を標準入力から1行読む", EN: "read the PIN from standard input, one line"})
	f.Lookup("pin-stdin").NoOptDefVal = "true"
	source(pin.Descriptor, "pin-fd", text{JA: "暗証番号をファイル記述子`N`から読む", EN: "read the PIN from file descriptor `N`"})
	source(pin.File, "pin-file", text{JA: "暗証番号を`FILE`から読む(本人だけが読めるファイル)", EN: "read the PIN from `FILE`, which only you may read"})
	source(pin.Command, "pin-command", text{JA: "暗証番号を`CMD`の出力から読む", EN: "read the PIN from what `CMD` prints"})
	source(pin.Credential, "pin-credential", text{JA: "systemdのクレデンシャル`NAME`を使う", EN: "use the systemd credential `NAME`"})
	source(pin.Pinentry, "pinentry", text{JA: "pinentryの`PROGRAM`で尋ねる", EN: "ask with the pinentry `PROGRAM`"})
	f.BoolVar(&o.AllowLastTry, "allow-last-try", false, a.IO.Text(text{JA: "残り1回でも送る(間違えるとロックされる)", EN: "send the PIN even with one try left (a mistake then blocks it)"}))
	f.IntVar(&o.MinTries, "min-tries", 0, a.IO.Text(text{JA: "残りが`N`回より少なければ送らない", EN: "do not send the PIN with fewer than `N` tries left"}))
	f.BoolVar(&o.Exact, "pin-exact", false, a.IO.Text(text{JA: "署名用パスワードの小文字を大文字に直さない", EN: "do not turn lower case of the signing password into upper case"}))
	Group(f, PINGroup, "pin-stdin", "pin-fd", "pin-file", "pin-command", "pin-credential", "pinentry", "allow-last-try", "min-tries", "pin-exact")
}

// Examiner judges by the flags of a command.
func (a *App) Examiner(ctx context.Context, o *judging.Options) (*judging.Examiner, error) {
	var stored *castore.Store
	if a.Cards.Tour == nil { // which knows nothing but itself
		stored, _ = a.Store()
	}
	return judging.NewExaminer(ctx, a.IO, a.Env.Now, o, stored, a.Memory() != nil)
}

// AddStampingFlags adds --tsa and the flags that depend on it.
func AddStampingFlags(a *App, f *pflag.FlagSet, o *stamping.Options) {
	str := func(p *string, name string, help text) { f.StringVar(p, name, "", a.IO.Text(help)) }
	str(&o.CA, "tsa-ca", text{JA: "タイムスタンプ局の認証局の証明書`FILE`", EN: "`FILE` with the CA certificates of the authority"})
	str(&o.User, "tsa-user", text{JA: "タイムスタンプ局の利用者`NAME`", EN: "`NAME` of the account with the authority"})
	str(&o.PasswordFile, "tsa-password-file", text{JA: "そのパスワードの入った`FILE`(ほかの人が読めないもの)", EN: "private `FILE` with the password of that account"})
	str(&o.PasswordCommand, "tsa-password-command", text{JA: "そのパスワードを書き出す`COMMAND`", EN: "`COMMAND` that writes the password of that account"})
	str(&o.Certificate, "tsa-cert", text{JA: "タイムスタンプ局に示すクライアント証明書`FILE`(PEM、鍵も入ったもの)", EN: "client certificate for the authority: `FILE` (PEM, with its key)"})
	str(&o.Key, "tsa-key", text{JA: "その鍵が別の`FILE`にあるとき(PEM)", EN: "`FILE` with its key, if that is another one (PEM)"})
}
