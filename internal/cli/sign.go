package cli

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type signOptions struct {
	unlock  unlockOptions
	format  string
	out     string
	outDir  string
	digest  string
	force   bool
	dryRun  bool
	quiet   bool
	hash    crypto.Hash
	unnamed bool // the signature goes to standard output
}

var digests = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func (a *app) newSign() *cobra.Command {
	var opt signOptions
	cmd := a.command(command{
		use:   "sign FILE... | -",
		short: text{JA: "ファイルに署名する", EN: "sign files"},
		long: text{
			JA: "署名用電子証明書でファイルに署名し、FILE.p7s(CAdES-B-B、分離署名)を作ります。元のファイルは変わりません。\n" +
				"「-」は標準入力を読み、署名を標準出力か -o のファイルに書きます。\n" +
				"署名には氏名、住所、生年月日、性別が含まれます。受け取る人はそれを読めます。\n" +
				"提出先が受け付けるかどうかは、この版では実際のサービスで確かめていません。",
			EN: "Signs files with the digital-signature certificate and makes FILE.p7s (CAdES-B-B, detached). The file itself stays as it is.\n" +
				"- reads standard input; the signature goes to standard output, or to the file of -o.\n" +
				"A signature carries your name, address, date of birth and sex, and whoever gets it can read them.\n" +
				"Whether a given service accepts it was not verified with the real services.",
		},
		examples: []example{
			{"jpki sign contract.txt", text{JA: "contract.txt.p7s を作る", EN: "makes contract.txt.p7s"}},
			{"jpki sign --out-dir signed *.csv", text{JA: "暗証番号を1回だけ入力して、いくつも署名する", EN: "sign many, entering the password once"}},
			{"tar c docs | jpki sign - -o docs.tar.p7s", text{JA: "標準入力に署名する", EN: "sign standard input"}},
		},
		args: a.argCount(1, -1, text{JA: "署名するファイルを指定してください。", EN: "Name the files to sign."}),
		run:  func(ctx context.Context, args []string) error { return a.sign(ctx, &opt, args) },
	})
	a.addUnlockFlags(cmd, &opt.unlock)
	f := cmd.Flags()
	f.StringVarP(&opt.out, "output", "o", "", a.say(text{JA: "署名を`FILE`に保存する(- は標準出力)", EN: "write the signature to `FILE` (- is standard output)"}))
	f.StringVar(&opt.outDir, "out-dir", "", a.say(text{JA: "署名を`DIR`に保存する", EN: "write the signatures into `DIR`"}))
	f.StringVar(&opt.format, "format", "", a.say(text{JA: "署名の形式: `FORMAT` は cms", EN: "kind of signature: `FORMAT` is cms"}))
	f.StringVar(&opt.digest, "digest", "", a.say(text{JA: "ハッシュ: `NAME` は sha256(省略時)、sha384、sha512", EN: "digest: `NAME` is sha256 (the default), sha384 or sha512"}))
	f.BoolVar(&opt.force, "force", false, a.say(text{JA: "同じ名前のファイルを上書きする", EN: "replace files of the same name"}))
	f.BoolVar(&opt.dryRun, "dry-run", false, a.say(text{JA: "確認だけして、署名しない", EN: "check everything, sign nothing"}))
	f.BoolVarP(&opt.quiet, "quiet", "q", false, a.say(text{JA: "お知らせを表示しない", EN: "leave notes out"}))
	return cmd
}

// signJob is one file to sign, and how far it came.
type signJob struct {
	input     string // as given; - for standard input
	target    string // "" for standard output
	before    fs.FileInfo
	content   *cms.Content
	signature []byte
	err       error
}

// signed is what a signing session learned of the signer.
type signed struct {
	cert *x509.Certificate
	time time.Time
	demo bool
}

func (a *app) sign(ctx context.Context, opt *signOptions, inputs []string) error {
	if err := a.checkSign(opt, inputs); err != nil {
		return err
	}
	if opt.quiet {
		a.io.Quiet = true
	}
	u, err := a.unlocker(&opt.unlock, false)
	if err != nil {
		return err
	}
	defer u.Close()
	if inputs[0] == "-" && u.readsStdin() {
		return usage(text{JA: "標準入力は、署名するデータと暗証番号の両方には使えません。", EN: "Standard input cannot give both the data and the PIN."}).
			next(text{JA: "暗証番号は --pin-file などで渡してください。", EN: "Give the PIN with --pin-file or another way of jpki help pin."})
	}
	var jobs []*signJob
	ready := 0
	for _, input := range inputs {
		job := a.prepareSign(ctx, opt, input)
		if job.err == nil {
			ready++
		} else if len(inputs) == 1 || context.Cause(ctx) != nil {
			return job.err
		}
		jobs = append(jobs, job)
	}
	var by signed
	var failed error
	if ready > 0 && !opt.dryRun {
		a.io.Note(text{
			JA: "署名には署名用電子証明書の氏名、住所、生年月日、性別が含まれ、受け取る人が読めます。",
			EN: "The signature will carry your name, address, date of birth and sex from the certificate; whoever gets it can read them.",
		})
		by, failed = a.signSession(ctx, opt, u, jobs)
		for _, job := range jobs {
			if job.err == nil && job.signature != nil {
				job.err = a.deliver(ctx, opt, job)
			} else if job.err == nil {
				job.err = failed
			}
		}
	}
	if failed != nil && (len(jobs) == 1 || allFailed(jobs)) {
		return failed
	}
	if len(jobs) == 1 && jobs[0].err != nil {
		return jobs[0].err
	}
	if err := a.reportSigned(opt, jobs, by); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	for _, job := range jobs {
		if job.err != nil {
			return quietly(problem.Failed)
		}
	}
	return nil
}

func allFailed(jobs []*signJob) bool {
	for _, job := range jobs {
		if job.err == nil {
			return false
		}
	}
	return true
}

func (a *app) checkSign(opt *signOptions, inputs []string) error {
	if opt.digest == "" {
		opt.digest = "sha256"
	}
	var ok bool
	if opt.hash, ok = digests[opt.digest]; !ok {
		return usage(text{JA: "--digest は sha256、sha384、sha512 のどれかです。", EN: "--digest is sha256, sha384 or sha512."})
	}
	if opt.format != "" && opt.format != "cms" {
		return usage(text{JA: "--format に使えるのは cms です。", EN: "--format is cms."})
	}
	if opt.out != "" && opt.outDir != "" {
		return usage(text{JA: "-o と --out-dir は同時に使えません。", EN: "-o and --out-dir exclude each other."})
	}
	if opt.out != "" && len(inputs) > 1 {
		return usage(text{JA: "-o はファイルが1つのときだけ使えます。", EN: "-o is for a single file."}).
			next(text{JA: "いくつも署名するときは --out-dir を使ってください。", EN: "For many files use --out-dir."})
	}
	stdin := false
	for _, in := range inputs {
		stdin = stdin || in == "-"
	}
	if stdin && len(inputs) > 1 {
		return usage(text{JA: "「-」(標準入力)はほかのファイルと一緒に指定できません。", EN: "- (standard input) goes with no other file."})
	}
	opt.unnamed = opt.out == "-" || stdin && opt.out == ""
	if opt.unnamed && a.json {
		return usage(text{JA: "--json では署名を標準出力に書けません。", EN: "With --json the signature cannot go to standard output."}).
			next(text{JA: "-o FILE を指定してください。", EN: "Name a file with -o."})
	}
	if opt.unnamed && opt.out != "-" && ui.IsTerminal(a.io.Out) {
		return usage(text{JA: "署名はバイナリなので端末に表示しません。", EN: "The signature is binary and does not go to a terminal."}).
			next(text{JA: "-o FILE で保存するか、-o - で強制してください。", EN: "Name a file with -o, or insist with -o -."})
	}
	return nil
}

// prepareSign does for one file all that needs no PIN: it hashes the content
// and sees that the signature can be written.
func (a *app) prepareSign(ctx context.Context, opt *signOptions, input string) *signJob {
	job := &signJob{input: input}
	switch {
	case opt.unnamed:
	case opt.out != "":
		job.target = opt.out
	default:
		job.target = input + ".p7s"
		if opt.outDir != "" {
			job.target = filepath.Join(opt.outDir, filepath.Base(job.target))
		}
	}
	job.err = a.hashInput(ctx, opt, job)
	if job.err == nil && job.target != "" {
		job.err = output.Check(ctx, job.target, output.Options{Force: opt.force})
	}
	return job
}

func (a *app) hashInput(ctx context.Context, opt *signOptions, job *signJob) error {
	in := a.io.In
	size := int64(0)
	if job.input != "-" {
		f, err := openInput(job.input)
		if err != nil {
			return err
		}
		defer f.Close()
		if job.before, err = f.Stat(); err != nil {
			return err
		}
		in, size = f, job.before.Size()
	}
	head := make([]byte, 1024)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	if opt.format == "" {
		if err := refuseOwnFormats(job.input, head); err != nil {
			return err
		}
	}
	progress := a.io.Progress(text{JA: "%sを読んでいます", EN: "reading %s"}.With(job.input), size, a.now)
	defer progress.Done()
	job.content, err = cms.HashContent(progress.Reader(cancellable(ctx, io.MultiReader(bytes.NewReader(head), in))), opt.hash)
	return err
}

// refuseOwnFormats keeps a person from signing a PDF or XML file beside it
// where a signature inside it is usually wanted.
func refuseOwnFormats(name string, head []byte) error {
	format := ""
	switch {
	case bytes.Contains(head, []byte("%PDF-")):
		format = "PDF"
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"), []byte("<?xml")):
		format = "XML"
	default:
		return nil
	}
	return problem.New(problem.NotYetSupported,
		text{JA: "%sは%sファイルです。%sの中への署名は、この版ではまだできません。", EN: "%s is a %s file. This version cannot yet put a signature inside %s."}.With(name, format, format),
		text{JA: "別のファイル(.p7s)としての署名でよければ --format cms を付けてください。", EN: "If a signature in a file of its own (.p7s) will do, add --format cms."})
}

// openInput opens a regular file for reading.
func openInput(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, problem.New(problem.Input,
			text{JA: "%sはフォルダーです。", EN: "%s is a directory."}.With(path),
			text{JA: "ファイルを指定してください。", EN: "Name a file."})
	}
	if !info.Mode().IsRegular() {
		return nil, problem.New(problem.Input,
			text{JA: "%sは通常のファイルではありません。", EN: "%s is not a regular file."}.With(path),
			text{JA: "パイプなどの中身は「-」(標準入力)で渡してください。", EN: "Give what comes from a pipe as - (standard input)."})
	}
	return os.Open(path)
}

// cancellable makes a long read end with ctx.
func cancellable(ctx context.Context, r io.Reader) io.Reader { return ctxReader{ctx, r} }

type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(b []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// signSession signs everything that is ready in one PIN session. What it could
// not sign for a reason of its own has that in its job.
func (a *app) signSession(ctx context.Context, opt *signOptions, u *unlocker, jobs []*signJob) (by signed, err error) {
	err = a.withPIN(ctx, u, jpki.KeySign, func(card *openedCard, s *jpki.Session) error {
		signing, err := a.signing(s, opt.hash)
		if err != nil {
			return err
		}
		by = signed{signing.Certificate, signing.Time, cert.IsDemo(signing.Certificate)}
		for _, job := range jobs {
			if job.err != nil {
				continue
			}
			if job.signature, err = signing.Detached(job.content.Digest(opt.hash)); err != nil {
				return err
			}
		}
		return nil
	})
	return by, err
}

// signing reads the certificates and checks what only they can tell.
func (a *app) signing(s *jpki.Session, hash crypto.Hash) (cms.Signing, error) {
	c, err := s.Certificate(jpki.KindSign)
	if err != nil {
		return cms.Signing{}, err
	}
	now := a.now()
	switch v := cert.ValidityOf(c); v.State(now) {
	case cert.Expired:
		return cms.Signing{}, problem.New(problem.Expired,
			text{JA: "署名用電子証明書の有効期間は%sで終わっています。署名は作成していません。", EN: "The digital-signature certificate ended on %s. No signature was made."}.With(dateText(v.LastDay())),
			text{JA: "カードを持って市区町村の窓口で新しく発行してもらってください(無料)。", EN: "Take the card to the municipal counter for a new one (free)."})
	case cert.NotYetValid:
		return cms.Signing{}, problem.New(problem.Invalid,
			text{JA: "署名用電子証明書の有効期間はまだ始まっていません。署名は作成していません。", EN: "The digital-signature certificate is not yet valid. No signature was made."},
			text{JA: "このパソコンの日付と時刻を確かめてください。", EN: "Check the date and time of this computer."})
	}
	signing := cms.Signing{Certificate: c, Key: s.Signer(c), Hash: hash, Time: now}
	ca, err := s.Certificate(jpki.KindSignCA)
	switch {
	case err == nil:
		signing.CA = []*x509.Certificate{ca}
	case fatal(err):
		return cms.Signing{}, err
	default:
		a.io.Note(text{JA: "カードの認証局の証明書が読めないため、署名に入れません。", EN: "The CA certificate on the card cannot be read and is left out of the signature."})
	}
	return signing, nil
}

// deliver checks a signature with our own verifier and gives it its name.
func (a *app) deliver(ctx context.Context, opt *signOptions, job *signJob) error {
	if err := unchangedInput(job); err != nil {
		return err
	}
	parsed, err := cms.Parse(job.signature)
	if err == nil {
		err = parsed.Verify(job.content).Err()
	}
	if err != nil {
		return problem.New(problem.Failed,
			text{JA: "作成した署名が検証に通らなかったため、保存しませんでした。", EN: "The signature did not pass its own verification and was not saved."},
			text{JA: "カードを置き直して、もう一度実行してください。", EN: "Put the card back and run this again."}).Because(err)
	}
	if job.target == "" {
		_, err := a.io.Out.Write(job.signature)
		return err
	}
	return output.WriteFile(ctx, job.target, job.signature, output.Options{Force: opt.force})
}

// unchangedInput notices a file that changed after it was hashed.
func unchangedInput(job *signJob) error {
	if job.before == nil {
		return nil
	}
	after, err := os.Stat(job.input)
	if err == nil && os.SameFile(job.before, after) && job.before.Size() == after.Size() && job.before.ModTime().Equal(after.ModTime()) {
		return nil
	}
	return problem.New(problem.Input,
		text{JA: "%sが署名中に変わったため、署名を保存しませんでした。", EN: "%s changed while it was being signed. The signature was not saved."}.With(job.input),
		text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes to it any more."}).Because(err)
}

func (a *app) reportSigned(opt *signOptions, jobs []*signJob, by signed) error {
	if a.json {
		return a.writeJSON(a.io.Out, signedDocument(a, opt, jobs, by))
	}
	if opt.unnamed && !opt.dryRun {
		return nil
	}
	if by.demo {
		a.io.Note(text{JA: "デモカードの署名です。証拠としての価値はありません。", EN: "A signature of the DEMO card: it proves nothing."})
	}
	if len(jobs) == 1 {
		if opt.dryRun {
			a.io.Say(text{JA: "確認だけしました。署名すると%sを作成します。", EN: "Checked only. Signing would make %s."}.With(targetName(jobs[0])))
		} else if !opt.quiet {
			a.io.Say(text{JA: "%sを作成しました。", EN: "Made %s."}.With(jobs[0].target))
		}
		return nil
	}
	var rows [][]string
	for _, job := range jobs {
		result := a.io.Paint(ui.Good, a.say(text{JA: "作成しました", EN: "made"}))
		if opt.dryRun {
			result = a.say(text{JA: "作成できます", EN: "can be made"})
		}
		name := job.target
		if job.err != nil {
			p := a.explain(job.err)
			name, result = job.input, a.io.Paint(ui.Bad, a.say(p.What))
		}
		rows = append(rows, []string{name, result})
	}
	_, err := fmt.Fprint(a.io.Out, ui.Table(0, nil, rows))
	return err
}

func targetName(job *signJob) text {
	if job.target == "" {
		return text{JA: "標準出力への署名", EN: "a signature on standard output"}
	}
	return text{JA: job.target, EN: job.target}
}

// signJSON is jpki.sign/v1.
type signJSON struct {
	Schema      string          `json:"schema"`
	DryRun      bool            `json:"dry_run"`
	Demo        bool            `json:"demo"`
	Format      string          `json:"format"`
	Digest      string          `json:"digest"`
	SigningTime *string         `json:"signing_time"`
	Certificate *string         `json:"certificate_sha256"`
	Discloses   []string        `json:"discloses"`
	Signatures  []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	Input  string       `json:"input"`
	Output string       `json:"output"`
	Bytes  int          `json:"bytes"`
	Error  *problemJSON `json:"error"`
}

func signedDocument(a *app, opt *signOptions, jobs []*signJob, by signed) signJSON {
	doc := signJSON{
		Schema: "jpki.sign/v1", DryRun: opt.dryRun, Demo: by.demo, Format: "cms", Digest: opt.digest,
		Discloses: []string{"name", "address", "birth", "sex"}, Signatures: []signatureJSON{},
	}
	if by.cert != nil {
		at, fingerprint := rfc3339(by.time), cert.FingerprintOf(by.cert).String()
		doc.SigningTime, doc.Certificate = &at, &fingerprint
	}
	for _, job := range jobs {
		j := signatureJSON{Input: job.input, Output: job.target, Bytes: len(job.signature)}
		if job.err != nil {
			p := a.problemJSON(a.explain(job.err))
			j.Error, j.Bytes = &p, 0
		}
		doc.Signatures = append(doc.Signatures, j)
	}
	return doc
}
