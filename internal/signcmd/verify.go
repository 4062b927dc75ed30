package signcmd

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
)

type verifyOptions struct {
	trust     judging.Options
	content   []string
	folder    string
	profile   string
	personal  bool
	tsaCA     string
	keyUsage  string
	unchanged bool
	signers   []string
	report    string
	extract   string
	force     bool
}

func NewVerify(a *command.App) *cobra.Command {
	var opt verifyOptions
	cmd := a.New(command.Spec{
		Use:   "verify FILE... | FOLDER | ZIP",
		Short: text{JA: "署名を確かめる", EN: "check signatures"},
		Long: text{
			JA: "CMS/CAdES(.p7s、.p7m)、PDF、XMLの署名を確かめます。ファイルにいくつあっても、すべて調べます。フォルダーやZIPは、その中を調べ、署名のないファイルも示します。\n" +
				"署名メール(.eml)とタイムスタンプ(.tsr)も調べます。署名されたファイルのほうを指定すると、隣にある署名(.p7s、.tsr)を探します。\n" +
				"誰かの有効な署名があるというだけでは、誰が署名したかは分かりません。--signer で署名すべき人を指定してください。\n" +
				"失効しているかどうかは、一般の人が調べられる公開の照会先がないため、失効リスト(--crl)やOCSP(--ocsp)を指定したときだけ確認します。\n" +
				"ほかの人の署名の検証を業務として行うには、主務大臣の認定が必要です(公的個人認証法 第17条)。\n\n" +
				"終了ステータスは、0がすべて真正、8が無効な署名があるか署名がないか --signer、--profile、--unchanged の条件に合わない、9が判定できない署名がある、" +
				"1が調べられないファイルがある、7が署名したときのまま真正だがあとから追加されたものが表示されるとき(8、9、1、7の順に優先)です。",
			EN: "Checks signatures in CMS/CAdES (.p7s, .p7m), PDF and XML: every signature there is. In a folder or ZIP it also lists the files without one.\n" +
				"Signed mail (.eml) and timestamps (.tsr), too. Named the signed file, it looks for signatures beside it (.p7s, .tsr).\n" +
				"That there is a valid signature does not say whose: name those who must have signed with --signer.\n" +
				"Revocation is checked only with a list (--crl) or a responder (--ocsp) that you name: there is no public source that a resident could ask.\n" +
				"Verifying others' signatures as a business needs a ministerial accreditation (Public Personal Authentication Act, article 17).\n\n" +
				"Exit status: 0 when all are genuine, 8 with one that is not, with no signature at all or with what --signer, --profile or --unchanged asks for missing, " +
				"9 with one that cannot be decided, 1 with a file that cannot be checked, 7 with one that is genuine as it was signed where more is shown now; " +
				"the first of 8, 9, 1, 7 that applies.",
		},
		Examples: []command.Example{
			{Line: "jpki verify contract.txt.p7s", About: text{JA: "contract.txt と突き合わせる", EN: "against contract.txt"}},
			{Line: "jpki verify touki-signed.pdf", About: text{JA: "PDFの中の署名をすべて調べる", EN: "every signature in a PDF"}},
			{Line: "jpki verify contract.txt.p7m --extract contract.txt", About: text{JA: "中の元のファイルを取り出す", EN: "taking out the file inside"}},
			{Line: "jpki verify sig.p7s --content contract.txt", About: text{JA: "元のファイルを指定する", EN: "naming the signed file"}},
			{Line: "jpki verify signed/*.p7s --content-dir .", About: text{JA: "別のフォルダーにある署名をまとめて確かめる", EN: "many, whose signed files are in another folder"}},
			{Line: `jpki verify contract.pdf --signer "$SELLER" --signer "$BUYER"`, About: text{JA: "2人とも署名していることを確かめる", EN: "both must have signed"}},
			{Line: "jpki verify contract.pdf --report contract-check.html", About: text{JA: "結果を印刷できるページに残す", EN: "keep the result as a page to print"}},
			{Line: "jpki verify --unchanged contract.pdf", About: text{JA: "署名のあとに何も追加されていないことまで求める", EN: "and wanting that nothing was added since"}},
			{Line: "jpki verify --profile touki rejected.pdf", About: text{JA: "登記・供託オンライン申請の条件を1つずつ調べる", EN: "go through what the land registry's online service asks for"}},
		},
		Files: true,
		Args:  a.ArgCount(1, -1, text{JA: "確かめる署名のファイルを指定してください。", EN: "Name the signatures to check."}),
		Run:   func(ctx context.Context, args []string) error { return runVerify(ctx, a, &opt, args) },
	})
	f := cmd.Flags()
	f.StringArrayVar(&opt.content, "content", nil, a.IO.Text(text{JA: "署名された`FILE`(.p7sでは、省くと .p7s を除いた名前。「-」は標準入力。XMLでは、署名が指すファイルが隣にないとき)", EN: "the signed `FILE` (.p7s: by default the name without it, - is standard input; XML: a file that it refers to and that is not beside it)"}))
	f.StringVar(&opt.profile, "profile", "", a.IO.Text(text{JA: "提出先の条件も調べる: `NAME` は touki(登記・供託オンライン申請)か koshonin(電子公証)、どちらもPDF", EN: "check what a service asks for too: `NAME` is touki (online registration) or koshonin (electronic notary), PDF both"}))
	f.BoolVar(&opt.personal, "personal", false, a.IO.Text(text{JA: "署名者の住所、生年月日、性別も表示する", EN: "show the signer's address, date of birth and sex too"}))
	f.StringVar(&opt.folder, "content-dir", "", a.IO.Text(text{JA: "署名されたファイルを、署名の隣ではなく`DIR`から読む(.p7s、XML)", EN: "read the signed files in `DIR`, not beside the signatures (.p7s, XML)"}))
	f.StringVar(&opt.extract, "extract", "", a.IO.Text(text{JA: ".p7mの中の元のファイルを、署名が真正なら`FILE`に保存する", EN: ".p7m: save the file inside as `FILE`, if the signature is genuine"}))
	f.BoolVar(&opt.force, "force", false, a.IO.Text(text{JA: "--extract や --report で、同じ名前のファイルを上書きする", EN: "--extract, --report: replace a file of the same name"}))
	f.StringVar(&opt.tsaCA, "tsa-ca", "", a.IO.Text(text{JA: "タイムスタンプ局の認証局の証明書`FILE`", EN: "`FILE` with the CA certificates of timestamping authorities to trust"}))
	f.StringArrayVar(&opt.signers, "signer", nil, a.IO.Text(text{JA: "この人の署名がなければ終了ステータス8: 氏名か、証明書のSHA-256の`WHO`(繰り返すと全員)", EN: "exit with 8 without a signature of `WHO`: the name, or the SHA-256 fingerprint of the certificate (repeatable: all of them)"}))
	f.StringVar(&opt.report, "report", "", a.IO.Text(text{JA: "結果を、印刷や保管のできる1枚のページ(HTML)として`FILE`にも保存する", EN: "save the results as `FILE`, too: one page (HTML) to print and to keep"}))
	f.StringVar(&opt.keyUsage, "key-usage", keyUsageDocument, a.IO.Text(text{JA: "署名に使ってよい鍵: `WHICH` は document(文書の署名用の鍵だけ)か any(どの鍵でも)", EN: "keys that may sign: `WHICH` is document (keys for signing documents) or any"}))
	f.BoolVar(&opt.unchanged, "unchanged", false, a.IO.Text(text{JA: "PDF: 署名のあとに、タイムスタンプと検証用の情報のほかに何も追加されていないことを求める", EN: "PDF: accept nothing that was added after signing but timestamps and validation data"}))
	a.AddTrustFlags(cmd, &opt.trust)
	return cmd
}

// Values of --key-usage.
const (
	keyUsageDocument = "document"
	keyUsageAny      = "any"
)

func runVerify(ctx context.Context, a *command.App, opt *verifyOptions, names []string) (err error) {
	profile := checklist.Profile(opt.profile)
	if profile != "" && !slices.Contains(checklist.Profiles(), profile) {
		return problem.Misuse(text{JA: "verify の --profile に使えるのは touki と koshonin です。", EN: "--profile of verify is touki or koshonin."})
	}
	if opt.keyUsage != keyUsageDocument && opt.keyUsage != keyUsageAny {
		return problem.Misuse(text{JA: "--key-usage に使えるのは document と any です。", EN: "--key-usage is document or any."})
	}
	if len(opt.content) > 0 && len(names) > 1 {
		return problem.Misuse(text{JA: "--content は署名が1つのときだけ使えます。", EN: "--content is for a single signature."}).
			WithNext(text{JA: "元のファイルが別のフォルダーにあるときは、--content-dir でそのフォルダーを指定してください。", EN: "Where the signed files are in another folder, name that with --content-dir."})
	}
	if len(opt.content) > 0 && opt.folder != "" {
		return problem.Misuse(text{JA: "--content と --content-dir は同時に使えません。", EN: "--content and --content-dir exclude each other."})
	}
	e, err := a.Examiner(ctx, &opt.trust)
	if err != nil {
		return err
	}
	e.AnyKey, e.Unchanged = opt.keyUsage == keyUsageAny, opt.unchanged
	if opt.tsaCA != "" {
		if e.Anchors.TSA, err = input.Certificates(ctx, opt.tsaCA); err != nil {
			return err
		}
	}
	required, err := requiredSigners(opt.signers)
	if err != nil {
		return err
	}
	files, release, err := judging.Expand(ctx, names)
	if err != nil {
		return err
	}
	defer release()
	if folders := judging.NotEntered(files); len(folders) > 0 {
		a.IO.Note(text{JA: "次のフォルダーの中は調べません(調べるには別に指定): %s", EN: "Not looked into (name them, too, to check them): %s"}.With(judging.NameList(folders)))
	}
	find := judging.Finder{IO: a.IO, Now: a.Env.Now, Content: opt.content, Folder: opt.folder, Profile: profile, Many: len(files) > 1}
	var extracted *output.File
	if opt.extract != "" {
		if len(files) > 1 {
			return problem.Misuse(text{JA: "--extract は署名が1つのときだけ使えます。", EN: "--extract is for a single signature."})
		}
		if extracted, err = createResult(ctx, opt.extract, "--extract", opt.force, names); err != nil {
			return err
		}
		defer extracted.Abort()
		find.Inside = extracted
	}
	var page *verifyPage
	var pageFile *output.File
	if opt.report != "" {
		if pageFile, err = createResult(ctx, opt.report, "--report", opt.force, slices.Concat(names, opt.content)); err != nil {
			return err
		}
		defer pageFile.Abort()
		page = newVerifyPage(ctx, a, opt, e)
	}
	report := newVerifyReport(ctx, a, opt, len(e.Anchors.TSA) > 0, find.Many)
	worst := problem.Code("")
	bare, err := find.FindAll(ctx, files, func(f judging.FileFinding) error {
		v := e.JudgeFile(ctx, f, profile)
		if err := context.Cause(ctx); err != nil {
			return err // the sources gave no answer for this reason
		}
		if v.Err == nil {
			v.Missing = missingSigners(required, v)
		}
		if page != nil {
			page.add(v)
		}
		if v.Err != nil && !find.Many && !(a.JSON && judging.IsMissingContent(v.Err)) {
			return v.Err
		}
		worst = judging.Worse(worst, v.Code())
		return report.add(v)
	})
	looked := err == nil || !find.Many // at all of them
	if err == nil {
		err = report.end(bare)
	}
	if err == nil && worst != "" {
		err = problem.Quiet(worst)
	}
	if page != nil && context.Cause(ctx) == nil && looked {
		if len(bare) > 0 {
			page.page.Bare = bareText(bare)
		}
		if failed := page.write(pageFile); failed != nil {
			return notMade(failed, "--report")
		}
		a.IO.Note(text{JA: "結果を「%s」に保存しました。", EN: "The results were saved as %s."}.With(opt.report))
	}
	if p, ok := problem.As(err); extracted != nil && !(ok && p.Code == problem.Usage) {
		err = takeOut(a, extracted, names[0], err)
	}
	return err
}

// createResult begins a file named by an option. It must not be one of the
// files to verify.
func createResult(ctx context.Context, path, option string, force bool, files []string) (*output.File, error) {
	if err := input.RefuseOverwrite(path, input.FilesOf(files), option); err != nil {
		return nil, err
	}
	f, err := output.Create(ctx, path, output.Options{Force: force})
	return f, notMade(err, option)
}

// notMade names the option that the result was asked for with.
func notMade(err error, option string) error {
	if failed, ok := errors.AsType[*output.Error](err); ok {
		return explain.NotMade(failed.Path, failed.Reason, option).Because(err)
	}
	return err
}

// takeOut gives the extracted content of a good signature its name. Content of
// a bad signature gets none, so that nobody takes it for signed.
func takeOut(a *command.App, content *output.File, from string, bad error) error {
	if bad != nil {
		a.IO.Note(text{JA: "署名を真正と判定できないため、「%s」は保存しませんでした。", EN: "%s was not saved, because the signature is not known to be genuine."}.With(content.Path()))
		if p, ok := problem.As(bad); ok && p.Code == problem.Undecided { // the certificate may just be an old one
			a.IO.Note(text{
				JA: "証明書を確かめずに取り出すこともできます: openssl cms -verify -noverify -binary -inform DER -in %s -out %s",
				EN: "To take it out without a check of the certificate: openssl cms -verify -noverify -binary -inform DER -in %s -out %s",
			}.With(from, content.Path()))
		}
		return bad
	}
	if err := content.Commit(); err != nil {
		return notMade(err, "--extract")
	}
	a.IO.Note(text{JA: "署名されたファイルを「%s」に保存しました。", EN: "The signed file was saved as %s."}.With(content.Path()))
	return nil
}
