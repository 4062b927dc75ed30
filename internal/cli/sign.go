package cli

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type signOptions struct {
	unlock    unlock.Options
	format    string
	profile   string
	out       string
	outDir    string
	digest    string
	key       string
	digestHex string // of raw
	reason    string // of PDF
	field     string // of PDF
	visible   visibleOptions
	form      string // of XML
	ids       []string
	with      []string
	cosign    bool
	attached  bool
	pem       bool
	tsa       string
	tsaCA     string
	noCA      bool
	force     bool
	dryRun    bool
	quiet     bool

	given func(string) bool // whether an option was given
}

// call is one run of jpki sign: the options as given, and what follows from
// them.
type call struct {
	signOptions
	io  *ui.IO
	env env.Env

	hash      crypto.Hash
	rawDigest []byte        // of --digest-hex
	unnamed   bool          // the signature goes to standard output
	stamp     *visibleStamp // of --visible, or nil
}

var digests = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func (a *app) newSign() *cobra.Command {
	var opt signOptions
	cmd := a.command(command{
		use:   "sign FILE... | -",
		short: text{JA: "ファイルに署名する", EN: "sign files"},
		long: text{
			JA: "署名用電子証明書でファイルに署名します。形式はファイルの中身で選びます。元のファイルは変わりません。\n" +
				"  PDF      FILE-signed.pdf  登記・供託オンライン申請の形(touki)。--profile pades でPAdES-B-B\n" +
				"  XML      FILE-signed.xml  XML署名。e-Taxとe-Govの形は自動で選ぶ。--format xades でXAdES-B-B\n" +
				"  その他   FILE.p7s         CAdES-B-Bの分離署名。--attached で元のファイルも入れた FILE.p7m\n" +
				"「-」は標準入力を読み、署名を標準出力か -o のファイルに書きます。\n" +
				"署名には氏名、住所、生年月日、性別が含まれます。受け取る人はそれを読めます。\n" +
				"--visible はPDFのページに、氏名、日時、--reason の理由のスタンプを表示します。場所は --visible=PAGE,CORNER で、\n" +
				"PAGEは 1、2、last、-2(後ろから)など、CORNERは top-left、top-right、bottom-left、bottom-right(tl、tr、bl、br)です。\n" +
				"省略時は最後のページの右下です。--field を付けると、その署名欄に表示します。\n" +
				"提出先が受け付けるかどうかは、スタンプも含めて、実際のサービスでは確かめていません。",
			EN: "Signs files with the digital-signature certificate. The format follows the content. The file itself stays as it is.\n" +
				"  PDF        FILE-signed.pdf  as the online registry and deposit filings ask for (touki); --profile pades for PAdES-B-B\n" +
				"  XML        FILE-signed.xml  an XML signature; the shapes of e-Tax and e-Gov are noticed; --format xades for XAdES-B-B\n" +
				"  any other  FILE.p7s         CAdES-B-B, detached; --attached for FILE.p7m, with the file inside\n" +
				"- reads standard input; the signature goes to standard output, or to the file of -o.\n" +
				"A signature carries your name, address, date of birth and sex, and whoever gets it can read them.\n" +
				"--visible shows a stamp on a page of a PDF: name, time and the reason of --reason. Its place is --visible=PAGE,CORNER:\n" +
				"PAGE is 1, 2, last, -2 (from the end) and so on, CORNER top-left, top-right, bottom-left or bottom-right (tl, tr, bl, br).\n" +
				"Without a place it is the last page, at the lower right. With --field the stamp goes into that field.\n" +
				"Whether a given service accepts it, with a stamp or without, was not verified with the real services.",
		},
		examples: []example{
			{"jpki sign contract.txt", text{JA: "contract.txt.p7s を作る", EN: "makes contract.txt.p7s"}},
			{"jpki sign touki.pdf", text{JA: "touki-signed.pdf を作る", EN: "makes touki-signed.pdf"}},
			{"jpki sign contract.pdf --visible=last,top-right", text{JA: "最後のページの右上に、氏名と日時を表示する", EN: "shows name and time at the top right of the last page"}},
			{"mkdir signed && jpki sign --out-dir signed *.pdf", text{JA: "暗証番号を1回だけ入力して、いくつも署名する", EN: "sign many, entering the password once"}},
			{"tar c docs | jpki sign - -o docs.tar.p7s", text{JA: "標準入力に署名する", EN: "sign standard input"}},
		},
		args: a.argCount(0, -1, text{}),
		run:  func(ctx context.Context, args []string) error { return a.sign(ctx, &opt, args) },
	})
	a.addUnlockFlags(cmd, &opt.unlock)
	a.addRememberFlag(cmd)
	f := cmd.Flags()
	opt.given = f.Changed
	str := func(p *string, name string, help text) { f.StringVar(p, name, "", a.io.Text(help)) }
	f.StringVarP(&opt.out, "output", "o", "", a.io.Text(text{JA: "署名を`FILE`に保存する(- は標準出力)", EN: "write the signature to `FILE` (- is standard output)"}))
	str(&opt.outDir, "out-dir", text{JA: "署名を`DIR`に保存する", EN: "write the signatures into `DIR`"})
	str(&opt.format, "format", text{JA: "署名の形式: `FORMAT` は cms、pdf、xmldsig、xades、raw", EN: "kind of signature: `FORMAT` is cms, pdf, xmldsig, xades or raw"})
	str(&opt.profile, "profile", text{JA: "`NAME` は touki(省略時)、koshonin、pades(PDF)、etax、egov(XML)", EN: "`NAME` is touki (the default), koshonin or pades for PDF, etax or egov for XML"})
	str(&opt.digest, "digest", text{JA: "ハッシュ: `NAME` は sha256(省略時)、sha384、sha512", EN: "digest: `NAME` is sha256 (the default), sha384 or sha512"})
	str(&opt.reason, "reason", text{JA: "PDFの署名の理由`TEXT`", EN: "PDF: the reason, `TEXT`"})
	str(&opt.field, "field", text{JA: "PDFの空の署名欄`NAME`に署名する", EN: "PDF: sign the empty signature field `NAME`"})
	a.addVisibleFlags(f, &opt.visible)
	str(&opt.form, "form", text{JA: "XML署名の置き方: `FORM` は enveloped(省略時)、enveloping、detached", EN: "XML: `FORM` is enveloped (the default), enveloping or detached"})
	f.StringArrayVar(&opt.ids, "id", nil, a.io.Text(text{JA: "XMLの要素`ID`だけに署名する(--form detached)", EN: "XML: sign the element `ID` (--form detached)"}))
	f.StringArrayVar(&opt.with, "with", nil, a.io.Text(text{JA: "XMLと同じフォルダーの`FILE`にも署名する(e-Govなど)", EN: "XML: sign `FILE` of the same folder too (e-Gov and others)"}))
	f.BoolVar(&opt.cosign, "cosign", false, a.io.Text(text{JA: "e-Tax: ほかの人も署名できる形にする", EN: "e-Tax: leave room for others to sign too"}))
	f.BoolVar(&opt.attached, "attached", false, a.io.Text(text{JA: "元のファイルも署名の中に入れる(CMS、FILE.p7m)", EN: "put the file inside the signature (CMS, FILE.p7m)"}))
	f.BoolVar(&opt.pem, "pem", false, a.io.Text(text{JA: "CMSの署名をPEMで書く", EN: "CMS: write PEM"}))
	str(&opt.tsa, "tsa", text{JA: "`URL`のタイムスタンプ局のタイムスタンプを付ける(CAdES、PAdES、XAdESのB-T)", EN: "add a timestamp of the authority at `URL` (B-T of CAdES, PAdES, XAdES)"})
	str(&opt.tsaCA, "tsa-ca", text{JA: "タイムスタンプ局の認証局の証明書`FILE`", EN: "`FILE` with the CA certificates of the authority"})
	f.BoolVar(&opt.noCA, "no-ca", false, a.io.Text(text{JA: "認証局の証明書を署名に入れない", EN: "leave the CA certificate out of the signature"}))
	str(&opt.key, "key", text{JA: "署名する鍵: `KEY` は sign(省略時)か auth(--format raw だけ)", EN: "`KEY` is sign (the default), or auth with --format raw"})
	str(&opt.digestHex, "digest-hex", text{JA: "ファイルの代わりに、計算済みのハッシュ`HEX`に署名する(--format raw)", EN: "raw: sign the digest `HEX` instead of a file"})
	f.BoolVar(&opt.force, "force", false, a.io.Text(text{JA: "同じ名前のファイルを上書きする", EN: "replace files of the same name"}))
	f.BoolVar(&opt.dryRun, "dry-run", false, a.io.Text(text{JA: "何をするかを確かめて表示し、署名しない(カードも要らない)", EN: "check and show what would be done, and sign nothing (no card is needed)"}))
	f.BoolVarP(&opt.quiet, "quiet", "q", false, a.io.Text(text{JA: "お知らせを表示しない", EN: "leave notes out"}))
	return cmd
}

// signJob is one file to sign, and how far it came.
type signJob struct {
	input    string // as given; - for standard input
	target   string // "" for standard output
	format   format
	before   fs.FileInfo
	document document
	signed   bool
	bytes    int64
	err      error
}

// signed is what a signing session learned of the signer.
type signed struct {
	cert *x509.Certificate
	ca   []*x509.Certificate // as far as the card gave it
	time time.Time
	demo bool
}

func (a *app) sign(ctx context.Context, opt *signOptions, inputs []string) error {
	if opt.digestHex != "" && len(inputs) == 0 {
		inputs = []string{"-"}
	}
	c, err := newCall(*opt, inputs, a.io, a.env)
	if err == nil {
		err = c.checkUnnamed(a.json)
	}
	if err != nil {
		return err
	}
	if opt.quiet {
		a.io.Quiet = true
	}
	var u *unlock.Unlocker
	if !opt.dryRun {
		if u, err = unlock.New(a.cards, &opt.unlock, false); err != nil {
			return err
		}
		defer u.Close()
		if inputs[0] == "-" && opt.digestHex == "" && u.ReadsStdin() {
			return problem.Misuse(text{JA: "標準入力は、署名するデータと暗証番号の両方には使えません。", EN: "Standard input cannot give both the data and the PIN."}).
				WithNext(text{JA: "暗証番号は --pin-file などで渡してください。", EN: "Give the PIN with --pin-file or another way of jpki help pin."})
		}
		if err := c.warnOfAuthKey(ctx, u); err != nil {
			return err
		}
	}
	if c.stamp, err = c.newVisibleStamp(); err != nil {
		return err
	}
	defer c.stamp.close()
	jobs, ready := c.prepareAll(ctx, inputs)
	defer func() {
		for _, job := range jobs {
			if job.document != nil {
				job.document.close()
			}
		}
	}()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(jobs) == 1 && jobs[0].err != nil {
		return jobs[0].err
	}
	stamper, err := c.newStamper(ctx)
	if err != nil {
		return err
	}
	var by signed
	var failed error
	if ready > 0 {
		c.noteBeforeSigning(jobs)
	}
	if ready > 0 && !opt.dryRun {
		by, failed = c.signSession(ctx, u, jobs)
		if c.signingKey() == jpki.KeySign {
			a.seen().remember(ctx, nil, by.cert)
		}
		if docs := a.memory(); docs != nil && len(by.ca) > 0 { // some forms have no room for it
			keepCAs(ctx, castore.Open(docs), c.env.Now(), by.ca...)
		}
		c.deliverAll(ctx, stamper, jobs, failed)
	}
	if failed != nil && !slices.ContainsFunc(jobs, func(j *signJob) bool { return j.err == nil }) {
		return failed
	}
	if len(jobs) == 1 && jobs[0].err != nil {
		return jobs[0].err
	}
	if err := a.reportSigned(c, jobs, by); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if slices.ContainsFunc(jobs, func(j *signJob) bool { return j.err != nil }) {
		return problem.Quiet(problem.Failed)
	}
	return nil
}

// newCall checks the options as far as that needs neither a file nor the card.
func newCall(opt signOptions, inputs []string, o *ui.IO, e env.Env) (*call, error) {
	c := &call{signOptions: opt, io: o, env: e}
	c.unnamed = c.out == "-" || slices.Contains(inputs, "-") && c.out == ""
	return c, c.check(inputs)
}

func (c *call) check(inputs []string) error {
	if len(inputs) == 0 {
		return problem.Misuse(text{JA: "署名するファイルを指定してください。", EN: "Name the files to sign."}).
			WithNext(text{JA: "使い方は jpki sign --help で見られます。", EN: "See jpki sign --help."})
	}
	if err := c.checkDigest(); err != nil {
		return err
	}
	if _, ok := formatNamed(c.format); c.format != "" && !ok {
		return problem.Misuse(text{JA: "--format は cms、pdf、xmldsig、xades、raw のどれかです。", EN: "--format is cms, pdf, xmldsig, xades or raw."})
	}
	if c.profile != "" && !slices.Contains(profileNames(), c.profile) {
		return problem.Misuse(text{JA: "--profile は touki、koshonin、pades、etax、egov のどれかです。", EN: "--profile is touki, koshonin, pades, etax or egov."})
	}
	if _, ok := xmlForms[c.form]; !ok {
		return problem.Misuse(text{JA: "--form は enveloped、enveloping、detached のどれかです。", EN: "--form is enveloped, enveloping or detached."})
	}
	if len(c.ids) > 0 && c.form != "detached" {
		return problem.Misuse(text{JA: "--id は --form detached でだけ使えます。", EN: "--id goes with --form detached only."}).
			WithNext(text{JA: "ほかの形の署名は、文書全体に対するものです。", EN: "In the other forms the whole document is signed."})
	}
	if err := c.checkVisible(); err != nil {
		return err
	}
	if c.key != "" && c.key != "sign" && c.key != "auth" {
		return problem.Misuse(text{JA: "--key は sign か auth です。", EN: "--key is sign or auth."})
	}
	if c.key == "auth" && c.format != "raw" {
		return problem.Misuse(text{JA: "--key auth は --format raw でだけ使えます。", EN: "--key auth goes with --format raw only."}).
			WithNext(text{JA: "文書への署名には署名用電子証明書を使います。", EN: "Documents are signed with the digital-signature certificate."})
	}
	if c.digestHex != "" && (c.format != "raw" || len(inputs) != 1 || inputs[0] != "-") {
		return problem.Misuse(text{JA: "--digest-hex は --format raw で、ファイルを指定せずに使います。", EN: "--digest-hex goes with --format raw and without a file."})
	}
	if c.out != "" && c.outDir != "" {
		return problem.Misuse(text{JA: "-o と --out-dir は同時に使えません。", EN: "-o and --out-dir exclude each other."})
	}
	if c.out != "" && len(inputs) > 1 {
		return problem.Misuse(text{JA: "-o はファイルが1つのときだけ使えます。", EN: "-o is for a single file."}).
			WithNext(text{JA: "いくつも署名するときは --out-dir を使ってください。", EN: "For many files use --out-dir."})
	}
	if c.attached && c.format != "" && c.format != "cms" {
		return problem.Misuse(text{JA: "--attached は --format cms でだけ使えます。", EN: "--attached goes with --format cms only."})
	}
	stdin := slices.Contains(inputs, "-")
	if stdin && len(inputs) > 1 {
		return problem.Misuse(text{JA: "「-」(標準入力)はほかのファイルと一緒に指定できません。", EN: "- (standard input) goes with no other file."})
	}
	return nil
}

// checkUnnamed checks that standard output has room for the signature.
func (c *call) checkUnnamed(json bool) error {
	if c.unnamed && json {
		return problem.Misuse(text{JA: "--json では署名を標準出力に書けません。", EN: "With --json the signature cannot go to standard output."}).
			WithNext(text{JA: "-o FILE を指定してください。", EN: "Name a file with -o."})
	}
	if c.unnamed && c.out != "-" && !c.pem && !c.dryRun && ui.IsTerminal(c.io.Out) {
		return problem.Misuse(text{JA: "署名はバイナリなので端末に表示しません。", EN: "The signature is binary and does not go to a terminal."}).
			WithNext(text{JA: "-o FILE で保存するか、-o - で強制してください。", EN: "Name a file with -o, or insist with -o -."})
	}
	return nil
}

// checkDigest finds the hash: named, or of the length of the digest given.
func (c *call) checkDigest() error {
	if c.digestHex != "" {
		var err error
		if c.rawDigest, err = hex.DecodeString(c.digestHex); err != nil {
			return problem.Misuse(text{JA: "--digest-hex は16進数で指定してください。", EN: "--digest-hex is hexadecimal."})
		}
		for name, h := range digests {
			if h.Size() == len(c.rawDigest) && (c.digest == "" || c.digest == name) {
				c.digest, c.hash = name, h
				return nil
			}
		}
		return problem.Misuse(text{JA: "--digest-hex の長さ(%dバイト)が、SHA-256(32)、SHA-384(48)、SHA-512(64)のどれとも合いません。", EN: "--digest-hex has %d bytes, not those of SHA-256 (32), SHA-384 (48) or SHA-512 (64)."}.With(len(c.rawDigest)))
	}
	if c.digest == "" {
		c.digest = "sha256"
	}
	var ok bool
	if c.hash, ok = digests[c.digest]; !ok {
		return problem.Misuse(text{JA: "--digest は sha256、sha384、sha512 のどれかです。", EN: "--digest is sha256, sha384 or sha512."})
	}
	return nil
}

// warnOfAuthKey has a person, or --force, stand by a bare signature with the
// authentication key: it can be the answer to somebody's log-in challenge.
func (c *call) warnOfAuthKey(ctx context.Context, u *unlock.Unlocker) error {
	if c.key != "auth" || c.force {
		return nil
	}
	what := text{
		JA: "利用者証明用の鍵による署名は、あなたとしてログインするための応答に使われるおそれがあります。",
		EN: "A bare signature with the authentication key can be the answer to a challenge, with which somebody logs in as you.",
	}
	if u.Terminal != nil {
		u.Terminal.Println(c.io.Text(what))
		agreed, err := u.TypedYes(ctx)
		if err != nil || agreed {
			return err
		}
	}
	return problem.New(problem.PINSource, what,
		text{JA: "内容を自分で作ったと確かなときだけ、--force を付けてください。", EN: "Only if you made the content yourself, insist with --force."})
}

func (opt *signOptions) signingKey() jpki.Key {
	if opt.key == "auth" {
		return jpki.KeyAuth
	}
	return jpki.KeySign
}

func (c *call) noteBeforeSigning(jobs []*signJob) {
	if c.signingKey() == jpki.KeySign && c.format != "raw" {
		c.io.Note(text{
			JA: "署名には署名用電子証明書の氏名、住所、生年月日、性別が含まれ、受け取る人が読めます。",
			EN: "The signature will carry your name, address, date of birth and sex from the certificate; whoever gets it can read them.",
		})
	}
	if slices.ContainsFunc(jobs, func(j *signJob) bool { return j.err == nil && len(j.format.profiles) > 0 }) {
		c.io.Note(text{
			JA: "提出先のサービスが受け付けるかどうかは、実際のサービスでは確かめていません。",
			EN: "Whether the service you send it to accepts it was not verified with the real service.",
		})
	}
	for _, j := range jobs {
		c.noteOfSubmission(j)
		if j.err == nil && c.format == "" && !c.attached && j.unlikeItsName() {
			c.io.Note(text{
				JA: "%[1]sは、名前と違ってPDFにもXMLにも見えないため、分離署名の%[2]sを作ります。ほかの形式は --format で指定できます。",
				EN: "In spite of its name, %[1]s does not look like PDF or XML: the signature becomes %[2]s, a detached one. --format chooses another kind.",
			}.With(j.input, filepath.Base(j.target)))
		}
	}
}

// noteOfSubmission tells of a PDF whose name or size the service would refuse
// after it is signed.
func (c *call) noteOfSubmission(job *signJob) {
	p := c.checklist()
	if job.err != nil || job.format.name != "pdf" || p == "" || job.target == "" {
		return
	}
	for _, item := range p.OfFile(job.target, job.before.Size()) {
		found := text{}
		if item.Found != "" {
			found = text{JA: "(今は %s)", EN: " (it is %s)"}.With(item.Found)
		}
		c.io.Note(text{
			JA: "%[1]sは、%[2]sを満たさないおそれがあります: %[3]s%[4]s。%[5]s",
			EN: "%[1]s may not be taken. %[2]s: %[3]s%[4]s. %[5]s",
		}.With(filepath.Base(job.target), p.Title(), item.What, found, item.Todo))
	}
}

// checklist is the list of the service that a PDF is signed for; "" for none.
func (c *call) checklist() checklist.Profile {
	switch c.profile {
	case "", string(checklist.Touki):
		return checklist.Touki
	case string(checklist.Koshonin):
		return checklist.Koshonin
	}
	return ""
}

// unlikeItsName reports a file named like a PDF or XML document whose beginning
// is not one's: it may be damaged.
func (job *signJob) unlikeItsName() bool {
	return job.format.name == "cms" && named(job.input, ".pdf", ".xml", ".xtx")
}

// named reports whether the name of a file has one of these endings.
func named(path string, endings ...string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(path)))
}

// signSession signs everything that is ready in one PIN session. What could not
// be signed for a reason of its own has that in its job.
func (c *call) signSession(ctx context.Context, u *unlock.Unlocker, jobs []*signJob) (by signed, err error) {
	err = u.WithPIN(ctx, c.signingKey(), func(card *cards.Card, s *jpki.Session) error {
		who, err := c.signer(s)
		if err != nil {
			return err
		}
		by = signed{who.cert, who.ca, who.time, cert.IsDemo(who.cert)}
		p := c.io.Steps(text{JA: "カードで署名しています", EN: "signing with the card"}, len(jobs), c.env.Now)
		defer p.Done()
		for _, job := range jobs {
			p.Advance(1)
			if job.err != nil {
				continue
			}
			if err := job.document.sign(who); err != nil {
				if ofDocument(err) {
					job.err = err
					continue
				}
				return err
			}
			job.signed = true
		}
		return nil
	})
	return by, err
}

// ofDocument reports an error that is one file's own, so that the others can
// still be signed.
func ofDocument(err error) bool { return explain.Document(err) != nil }

// signer reads the certificates and checks what only they can tell.
func (c *call) signer(s *jpki.Session) (signer, error) {
	kind := c.signingKey().Certificate()
	own, err := s.Certificate(kind)
	if err != nil {
		return signer{}, err
	}
	now := c.env.Now()
	switch v := cert.ValidityOf(own); v.State(now) {
	case cert.Expired:
		return signer{}, problem.New(problem.Expired,
			text{JA: "%sの有効期間は%sで終わっています。署名は作成していません。", EN: "The %s ended on %s. No signature was made."}.With(terms.CertificateNames[kind], terms.Date(v.LastDay())),
			text{JA: "カードを持って市区町村の窓口で新しく発行してもらってください(無料)。詳しくは jpki guide renew", EN: "Take the card to the municipal counter for a new one (free). More: jpki guide renew"})
	case cert.NotYetValid:
		return signer{}, problem.New(problem.Invalid,
			text{JA: "%sの有効期間はまだ始まっていません。署名は作成していません。", EN: "The %s is not yet valid. No signature was made."}.With(terms.CertificateNames[kind]),
			text{JA: "このパソコンの日付と時刻を確かめてください。", EN: "Check the date and time of this computer."})
	}
	who := signer{cert: own, key: s.Signer(own), time: now}
	if c.noCA || c.format == "raw" {
		return who, nil
	}
	ca, err := s.Certificate(kind.CA())
	switch {
	case err == nil:
		who.ca = []*x509.Certificate{ca}
	case cards.Fatal(err):
		return signer{}, err
	default:
		c.io.Note(text{JA: "カードの認証局の証明書が読めないため、署名に入れません。", EN: "The CA certificate on the card cannot be read and is left out of the signature."})
	}
	return who, nil
}

// checkRaw verifies a bare signature.
func checkRaw(c *x509.Certificate, hash crypto.Hash, digest, signature []byte) error {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("keys of type %T are not supported", c.PublicKey)
	}
	return rsa.VerifyPKCS1v15(key, hash, digest, signature)
}
