package signcmd

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/signing"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

func NewSign(a *command.App) *cobra.Command {
	var opt signing.Options
	cmd := a.New(command.Spec{
		Use:   "sign FILE... | FOLDER | ZIP | -",
		Short: text{JA: "ファイルに署名する", EN: "sign files"},
		Long: text{
			JA: "署名用電子証明書で署名します。形式は中身で選び、元のファイルは変えません。\n" +
				"  PDF     FILE-signed.pdf  登記・供託オンライン申請の形(PAdESは --profile pades)\n" +
				"  XML     FILE-signed.xml  XML署名。e-Taxとe-Govの様式は中身で見分ける\n" +
				"  その他  FILE.p7s         CAdESの分離署名(--attached で中身も入れた FILE.p7m)\n" +
				"e-Govの申請のフォルダーやZIPは、丸ごと署名した写しを作ります。「-」は標準入力です。\n" +
				"署名には氏名、住所、生年月日、性別が入り、受け取る人が読めます。提出先が受け付けるかは、実際のサービスでは確かめていません。",
			EN: "Signs files with the digital-signature certificate. The format follows the content; the file itself stays as it is.\n" +
				"  PDF    FILE-signed.pdf  for the online registry (PAdES: --profile pades)\n" +
				"  XML    FILE-signed.xml  an XML signature, also of e-Tax and e-Gov forms\n" +
				"  other  FILE.p7s         CAdES, detached (--attached: FILE.p7m with the file)\n" +
				"A FOLDER or ZIP of e-Gov is signed as a whole, into a copy. - is standard input.\n" +
				"A signature carries your name, address, date of birth and sex. Whether a service accepts it was not verified with the real ones.",
		},
		Examples: []command.Example{
			{Line: "jpki sign contract.txt", About: text{JA: "contract.txt.p7s を作る", EN: "makes contract.txt.p7s"}},
			{Line: "jpki sign contract.pdf --visible=last,top-right", About: text{JA: "最後のページの右上にスタンプを表示する", EN: "with a stamp at the top right of the last page"}},
			{Line: "mkdir signed && jpki sign --out-dir signed *.pdf", About: text{JA: "暗証番号を1回だけ入力して、いくつも署名する", EN: "sign many, entering the password once"}},
			{Line: "jpki sign 999Z000000001000.zip", About: text{JA: "e-Govの申請を丸ごと署名する", EN: "an e-Gov application, all that is to be signed in it"}},
		},
		Files: true,
		Args:  a.ArgCount(0, -1, text{}),
		Run:   func(ctx context.Context, args []string) error { return runSign(ctx, a, &opt, args) },
	})
	a.AddUnlockFlags(cmd, &opt.Unlock)
	a.AddCardCAFlag(cmd)
	a.AddRememberFlag(cmd)
	f := cmd.Flags()
	opt.Given = f.Changed
	str := func(p *string, name string, help text) { f.StringVar(p, name, "", a.IO.Text(help)) }
	f.StringVarP(&opt.Out, "output", "o", "", a.IO.Text(text{JA: "署名を`FILE`に保存する(- は標準出力)", EN: "write the signature to `FILE` (- is standard output)"}))
	str(&opt.OutDir, "out-dir", text{JA: "署名を`DIR`に保存する", EN: "write the signatures into `DIR`"})
	str(&opt.Format, "format", text{JA: "`FORMAT` は cms、pdf、xmldsig、xades、raw", EN: "`FORMAT` is cms, pdf, xmldsig, xades or raw"})
	str(&opt.Profile, "profile", text{JA: "`NAME` は touki、koshonin、pades(PDF)、etax、egov(XML)", EN: "`NAME` is touki, koshonin, pades, etax or egov"})
	str(&opt.Digest, "digest", text{JA: "ハッシュ: `NAME` は sha256(省略時)、sha384、sha512", EN: "digest: `NAME` is sha256 (the default), sha384 or sha512"})
	str(&opt.Reason, "reason", text{JA: "PDF: 署名の理由`TEXT`", EN: "PDF: the reason, `TEXT`"})
	str(&opt.Field, "field", text{JA: "PDF: 空の署名欄`NAME`に署名する", EN: "PDF: sign the empty signature field `NAME`"})
	addVisibleFlags(a, f, &opt.Visible)
	str(&opt.Form, "form", text{JA: "XML署名の置き方: `FORM` は enveloped(省略時)、enveloping、detached(--id の要素か、ファイルの隣のFILE.sig.xml)", EN: "XML: `FORM` is enveloped (the default), enveloping or detached (over the elements of --id, or beside any file as FILE.sig.xml)"})
	f.StringArrayVar(&opt.IDs, "id", nil, a.IO.Text(text{JA: "XMLの中の要素`ID`だけに署名する(--form detached)", EN: "XML: sign the element `ID` only, inside the document (--form detached)"}))
	f.StringArrayVar(&opt.With, "with", nil, a.IO.Text(text{JA: "XMLと同じフォルダーの`FILE`にも署名する(e-Govでは不要。構成情報にある名前に署名する)", EN: "XML: sign `FILE` of the same folder too (not for e-Gov, whose documents name theirs)"}))
	f.BoolVar(&opt.Cosign, "cosign", false, a.IO.Text(text{JA: "何も変えません(e-Taxの署名は、いつでもほかの人も署名できる形です)", EN: "changes nothing: e-Tax signatures always leave room for others"}))
	f.BoolVar(&opt.Attached, "attached", false, a.IO.Text(text{JA: "元のファイルも署名の中に入れる(CMS、FILE.p7m)", EN: "put the file inside the signature (CMS, FILE.p7m)"}))
	f.BoolVar(&opt.PEM, "pem", false, a.IO.Text(text{JA: "CMSの署名をPEMで書く", EN: "CMS: write PEM"}))
	f.BoolVar(&opt.PSS, "pss", false, a.IO.Text(text{JA: "CMSの署名をRSASSA-PSSで作る(試験用のカードで動いたと報告されている方式。作れないカードもある)", EN: "CMS: make an RSASSA-PSS signature (reported to work on test cards, not tried by us; a card may refuse)"}))
	str(&opt.Stamping.TSA, "tsa", text{JA: "`URL`のタイムスタンプ局のタイムスタンプを付ける", EN: "add a timestamp of the authority at `URL`"})
	command.AddStampingFlags(a, f, &opt.Stamping)
	f.BoolVar(&opt.NoCA, "no-ca", false, a.IO.Text(text{JA: "認証局の証明書を署名に入れない", EN: "leave the CA certificate out of the signature"}))
	str(&opt.Key, "key", text{JA: "署名する鍵: `KEY` は sign(省略時)か auth(--format raw だけ)", EN: "`KEY` is sign (the default), or auth with --format raw"})
	str(&opt.DigestHex, "digest-hex", text{JA: "ファイルの代わりに、計算済みのハッシュ`HEX`に署名する(--format raw)", EN: "raw: sign the digest `HEX` instead of a file"})
	f.BoolVar(&opt.Force, "force", false, a.IO.Text(text{JA: "同じ名前のファイルを上書きする", EN: "replace files of the same name"}))
	f.BoolVar(&opt.DryRun, "dry-run", false, a.IO.Text(text{JA: "何をするかを表示するだけで、署名しない", EN: "show what would be done, and sign nothing"}))
	f.BoolVarP(&opt.Quiet, "quiet", "q", false, a.IO.Text(text{JA: "お知らせを表示しない", EN: "leave notes out"}))
	command.Group(f, command.StampGroup, "tsa-ca", "tsa-user", "tsa-password-file", "tsa-password-command", "tsa-cert", "tsa-key")
	command.Group(f, command.FormatGroup, "attached", "ca", "cosign", "digest", "digest-hex", "form", "id", "key", "no-ca", "pem", "pss", "stamp-font", "with")
	return cmd
}

func runSign(ctx context.Context, a *command.App, opt *signing.Options, inputs []string) error {
	if opt.DigestHex != "" && len(inputs) == 0 {
		inputs = []string{"-"}
	}
	c, err := signing.New(*opt, inputs, a.IO, a.Env)
	if err == nil {
		err = c.CheckUnnamed(a.JSON)
	}
	if err != nil {
		return err
	}
	if opt.Quiet {
		a.IO.Quiet = true
	}
	if err := a.ReadCardCAs(ctx); err != nil {
		return err
	}
	var u *unlock.Unlocker
	if !opt.DryRun {
		if u, err = unlock.New(a.Cards, &opt.Unlock, false); err != nil {
			return err
		}
		defer u.Close()
		if inputs[0] == "-" && opt.DigestHex == "" && u.ReadsStdin() {
			return problem.Misuse(text{JA: "標準入力は、署名するデータと暗証番号の両方には使えません。", EN: "Standard input cannot give both the data and the PIN."}).
				WithNext(text{JA: "暗証番号は --pin-file などで渡してください。", EN: "Give the PIN with --pin-file or another way of jpki help pin."})
		}
		if err := c.WarnOfAuthKey(ctx, u); err != nil {
			return err
		}
	}
	if c.Stamp, err = c.NewVisibleStamp(); err != nil {
		return err
	}
	defer c.Stamp.Close()
	jobs, ready := c.PrepareAll(ctx, inputs)
	defer func() {
		for _, job := range jobs {
			job.Close()
		}
	}()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(jobs) == 1 && jobs[0].Err != nil {
		return jobs[0].Err
	}
	stamper, err := stamping.New(ctx, c.Stamping, a.IO, a.Env.Now)
	if err != nil {
		return err
	}
	var by signing.Signed
	var failed error
	if ready > 0 {
		c.NoteBeforeSigning(jobs)
	}
	if ready > 0 && !opt.DryRun {
		c.KnownCAs = a.Cards.KnownCAs(ctx)
		by, failed = c.Sign(ctx, u, jobs)
		if c.SigningKey() == jpki.KeySign {
			a.Seen().Remember(ctx, nil, by.Cert)
		}
		for _, ca := range by.Ca { // some forms have no room for it
			a.Cards.KeepCA(ctx, c.KnownCAs, ca)
		}
		noteUnknownCA(ctx, a, by.Cert)
		c.DeliverAll(ctx, stamper, jobs, failed)
	}
	if failed != nil && !slices.ContainsFunc(jobs, func(j *signing.Job) bool { return j.Err == nil }) {
		return failed
	}
	if len(jobs) == 1 && jobs[0].Err != nil {
		return jobs[0].Err
	}
	if err := reportSigned(a, c, jobs, by); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if slices.ContainsFunc(jobs, func(j *signing.Job) bool { return j.Err != nil }) {
		return problem.Quiet(problem.Failed)
	}
	return nil
}

// noteUnknownCA warns of a card with a CA unknown here: others will not know
// it, either.
func noteUnknownCA(ctx context.Context, a *command.App, own *x509.Certificate) {
	if own == nil {
		return
	}
	d := inspect.Describe(own, jpki.TokenUnknown, a.Env.Now())
	if d.Recognize(a.TrustedCAs(ctx)); d.Issuer.Standing == trust.Unknown {
		a.IO.Note(text{
			JA: "カードの証明書を発行した認証局は、このバージョンに登録されていません。受け取った人も署名を判定できないかもしれません。試験用カードなら、その認証局を --ca で指定してください。",
			EN: "The CA above the card's certificate is not one that this version knows: whoever gets the signature may be unable to decide on it. For a test card, name its CA with --ca.",
		})
	}
}

func addVisibleFlags(a *command.App, f *pflag.FlagSet, opt *signing.VisibleOptions) {
	f.StringVar(&opt.Where, "visible", "", a.IO.Text(text{
		JA: "PDF: `PLACE`に氏名と日時のスタンプを表示する",
		EN: "PDF: stamp name and time at `PLACE`",
	}))
	f.Lookup("visible").NoOptDefVal = signing.VisibleDefault
	f.StringVar(&opt.Font, "stamp-font", "", a.IO.Text(text{
		JA: "スタンプの日本語フォント`FILE`(TTF、OTF、TTC。省略時はシステムのフォント)",
		EN: "`FILE` with the Japanese font of the stamp (TTF, OTF, TTC; else one of the system's)",
	}))
}
