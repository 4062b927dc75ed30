package signcmd

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/archiving"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/internal/terms"
)

type timestampOptions struct {
	stamping stamping.Options
	trust    judging.Options
	extend   bool
	content  []string
	out      string
	outDir   string
	force    bool
	quiet    bool
}

func NewTimestamp(a *command.App) *cobra.Command {
	var opt timestampOptions
	cmd := a.New(command.Spec{
		Use:   "timestamp FILE...",
		Short: text{JA: "タイムスタンプを付ける", EN: "timestamp files"},
		Long: text{
			JA: "ファイルがいま存在することの証明(タイムスタンプ)を、タイムスタンプ局から取ります。カードは要りません。\n" +
				"  PDF      FILE-timestamped.pdf  文書のタイムスタンプの入ったPDF(ISO 32000-2)\n" +
				"  その他   FILE.tsr              タイムスタンプだけのファイル(RFC 3161)\n" +
				"確かめるのは jpki verify --tsa-ca FILE です。局に送るのはハッシュ値だけで、ファイルの内容は送りません。\n" +
				"電子帳簿保存法などで、どの局のタイムスタンプが認められるかは、利用者が確かめてください(総務大臣の認定する局など)。\n\n" +
				"--extend は署名の入ったPDFと .p7s、.p7m を、あとから確かめられる形(B-T、B-LT、B-LTA)に延ばします。\n" +
				"失効情報は --crl や --ocsp から取ります。公的個人認証サービスの証明書の失効情報は、一般の人には手に入りません。\n" +
				"タイムスタンプ局の証明書の有効期間が終わる前に、もう一度 --extend すると、証明が続きます。",
			EN: "Gets proof that a file exists now, a timestamp, from a timestamping authority. No card is needed.\n" +
				"  PDF        FILE-timestamped.pdf  the PDF with a document timestamp inside (ISO 32000-2)\n" +
				"  any other  FILE.tsr              the timestamp in a file of its own (RFC 3161)\n" +
				"jpki verify --tsa-ca FILE checks them. Only a hash goes to the authority, nothing of the file.\n" +
				"Whose timestamps count for a purpose, such as Japan's electronic bookkeeping law, is for you to find out.\n\n" +
				"--extend brings signatures in PDF, .p7s and .p7m to a form that can be checked later (B-T, B-LT, B-LTA).\n" +
				"Revocation data comes from --crl or --ocsp. For JPKI's certificates a resident can get none.\n" +
				"Extend again before the authority's certificate ends, and the proof goes on.",
		},
		Examples: []command.Example{
			{Line: "jpki timestamp receipt.pdf --tsa https://tsa.example.jp/ --tsa-ca tsa-ca.pem", About: text{JA: "receipt-timestamped.pdf を作る", EN: "makes receipt-timestamped.pdf"}},
			{Line: "jpki timestamp data.csv --tsa https://tsa.example.jp/ --tsa-user me --tsa-password-file tsa-password", About: text{JA: "利用者登録の要る局で data.csv.tsr を作る", EN: "makes data.csv.tsr with an authority that wants an account"}},
			{Line: "jpki timestamp --extend contract-signed.pdf --tsa https://tsa.example.jp/ --tsa-ca tsa-ca.pem --ocsp aia", About: text{JA: "署名をあとから確かめられるようにする", EN: "lets the signatures be checked later"}},
		},
		Files: true,
		Args:  a.ArgCount(1, -1, text{JA: "タイムスタンプを付けるファイルを指定してください。", EN: "Name the files to timestamp."}),
		Run:   func(ctx context.Context, args []string) error { return runTimestamp(ctx, a, &opt, args) },
	})
	f := cmd.Flags()
	f.StringVar(&opt.stamping.TSA, "tsa", "", a.IO.Text(text{JA: "タイムスタンプ局の`URL`", EN: "`URL` of the timestamping authority"}))
	command.AddStampingFlags(a, f, &opt.stamping)
	f.BoolVar(&opt.extend, "extend", false, a.IO.Text(text{JA: "署名を、あとから確かめられる形に延ばす", EN: "bring signatures to a form that can be checked later"}))
	f.StringArrayVar(&opt.content, "content", nil, a.IO.Text(text{JA: "--extend: 署名された`FILE`(.p7sでは、省くと .p7s を除いた名前)", EN: "--extend: the signed `FILE` (.p7s: by default the name without it)"}))
	f.StringVarP(&opt.out, "output", "o", "", a.IO.Text(text{JA: "結果を`FILE`に保存する", EN: "write the result to `FILE`"}))
	f.StringVar(&opt.outDir, "out-dir", "", a.IO.Text(text{JA: "結果を`DIR`に保存する", EN: "write the results into `DIR`"}))
	f.BoolVar(&opt.force, "force", false, a.IO.Text(text{JA: "同じ名前のファイルを上書きする(--extend では元のファイルも)", EN: "replace files of the same name (with --extend the file itself, too)"}))
	f.BoolVarP(&opt.quiet, "quiet", "q", false, a.IO.Text(text{JA: "お知らせを表示しない", EN: "leave notes out"}))
	a.AddTrustFlags(cmd, &opt.trust)
	return cmd
}

// timestampDoc is jpki.timestamp/v1.
type timestampDoc struct {
	Schema string             `json:"schema"`
	Files  []timestampFileDoc `json:"files"`
}

type timestampFileDoc struct {
	Input        string               `json:"input"`
	Output       string               `json:"output"`       // "" where none was made
	InputBase64  *string              `json:"input_base64"` // if the name is not UTF-8
	OutputBase64 *string              `json:"output_base64"`
	Kind         string               `json:"kind"`
	Time         *string              `json:"time"`
	Authority    string               `json:"authority"`
	Level        string               `json:"level"`
	Complete     bool                 `json:"revocation_complete"`
	Error        *command.ProblemJSON `json:"error"`
}

func runTimestamp(ctx context.Context, a *command.App, opt *timestampOptions, files []string) error {
	if err := opt.check(files); err != nil {
		return err
	}
	if opt.quiet {
		a.IO.Quiet = true
	}
	stamper, err := stamping.New(ctx, opt.stamping, a.IO, a.Env.Now)
	if err != nil {
		return err
	}
	e, err := a.Examiner(ctx, &opt.trust)
	if err != nil {
		return err
	}
	if opt.stamping.CA != "" {
		if e.Anchors.TSA, err = input.Certificates(ctx, opt.stamping.CA); err != nil {
			return err
		}
	}
	e.AnyKey = true // jpki verify reports the purpose of a key
	archivist := &archiving.Archivist{
		Stamper: stamper, Examiner: e, Finder: &judging.Finder{IO: a.IO, Now: a.Env.Now, Content: opt.content, Many: len(files) > 1},
	}
	doc := timestampDoc{Schema: "jpki.timestamp/v1", Files: []timestampFileDoc{}}
	var worst error
	for _, file := range files {
		made, target, err := timestampFile(ctx, opt, archivist, file)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		d := timestampFileDoc{Input: file, InputBase64: command.NameBytes(file), Kind: string(made.Kind), Time: momentOrNull(made.Time), Authority: made.Authority, Level: string(made.Level), Complete: made.Complete}
		if err != nil {
			if len(files) == 1 && !a.JSON {
				return err
			}
			p := command.ProblemDocument(a.IO, explain.Error(err))
			d.Error = &p
			if worst == nil {
				worst = err
			}
		} else {
			d.Output, d.OutputBase64 = target, command.NameBytes(target)
		}
		doc.Files = append(doc.Files, d)
		if !a.JSON {
			showTimestamp(a, d, made, err)
		}
	}
	if a.JSON {
		if err := a.IO.JSON(doc); err != nil {
			return err
		}
	}
	if worst != nil {
		return problem.Quiet(explain.Error(worst).Code)
	}
	return nil
}

// check refuses options that exclude each other.
func (o *timestampOptions) check(files []string) error {
	switch {
	case slices.Contains(files, "-"):
		return problem.Misuse(text{JA: "標準入力にはタイムスタンプを付けられません。", EN: "Standard input cannot be timestamped."}).
			WithNext(text{JA: "ファイルに保存してから指定してください。", EN: "Save it as a file first."})
	case o.stamping.TSA == "" && !o.extend:
		return problem.Misuse(text{JA: "--tsa でタイムスタンプ局を指定してください。", EN: "Name the timestamping authority with --tsa."})
	case o.out != "" && (len(files) > 1 || o.outDir != ""):
		return problem.Misuse(text{JA: "-o は、ファイルが1つで --out-dir がないときに使えます。", EN: "-o is for a single file, without --out-dir."})
	case o.out == "-":
		return problem.Misuse(text{JA: "結果は標準出力に書けません。", EN: "The result cannot go to standard output."})
	case len(o.content) > 0 && (!o.extend || len(files) > 1):
		return problem.Misuse(text{JA: "--content は、--extend する署名が1つのときに使えます。", EN: "--content is for a single signature that is extended."})
	}
	return nil
}

func timestampFile(ctx context.Context, opt *timestampOptions, archivist *archiving.Archivist, file string) (made archiving.Made, target string, err error) {
	kind, err := archiving.KindOf(file)
	if err != nil {
		return made, "", err
	}
	if opt.extend && kind == archiving.File {
		return made, "", problem.New(problem.Input,
			text{JA: "「%s」は、延長できる署名ではありません。", EN: "%s has no signature that could be extended."}.With(file),
			text{JA: "--extend は、署名の入ったPDFと、DERの .p7s、.p7m に使います。", EN: "--extend is for PDFs with signatures, and for .p7s and .p7m in DER."})
	}
	target = opt.target(file, kind)
	force := opt.force
	if target == file && !force {
		return made, "", problem.Misuse(text{JA: "「%s」をどこに保存するか分かりません。", EN: "Where is %s to go?"}.With(file)).
			WithNext(text{JA: "-o か --out-dir で指定するか、--force で元のファイルを置き換えてください。", EN: "Name a file with -o or a folder with --out-dir, or replace it with --force."})
	}
	sources := []string{file}
	if target == file {
		sources = nil
	}
	out, err := createResult(ctx, target, "-o", force, slices.Concat(sources, opt.content))
	if err != nil {
		return made, "", err
	}
	defer out.Abort()
	if opt.extend {
		made, err = archivist.Extend(ctx, file, kind, out)
	} else {
		if kind == archiving.CMS {
			kind = archiving.File
		}
		made, err = archivist.Stamp(ctx, file, kind, out)
	}
	if err != nil {
		return made, "", err
	}
	return made, target, out.Commit()
}

// target is where the result goes.
func (o *timestampOptions) target(file string, kind archiving.Kind) string {
	if o.out != "" {
		return o.out
	}
	name := file
	switch {
	case kind == archiving.PDF:
		ending := filepath.Ext(file)
		if !strings.EqualFold(ending, ".pdf") {
			ending = ""
		}
		name = strings.TrimSuffix(file, ending) + "-timestamped" + ending
		if o.extend {
			name = strings.TrimSuffix(file, ending) + "-extended" + ending
		}
	case !o.extend:
		name = file + ".tsr"
	}
	if o.outDir != "" {
		return filepath.Join(o.outDir, filepath.Base(name))
	}
	return name
}

// showTimestamp shows the timestamp that was made.
func showTimestamp(a *command.App, d timestampFileDoc, made archiving.Made, err error) {
	if err != nil {
		p := explain.Error(err)
		a.IO.Note(text{JA: "%s: %s%s", EN: "%s: %s %s"}.With(d.Input, p.What, p.Next))
		return
	}
	a.IO.Say(text{JA: "「%s」を作成しました。", EN: "Made %s."}.With(d.Output))
	if !made.Time.IsZero() {
		a.IO.Note(text{JA: "タイムスタンプ: %s  %s", EN: "Timestamp: %s  %s"}.With(terms.Moment(made.Time), made.Authority))
	}
	switch {
	case made.Level == "":
	case made.Complete:
		a.IO.Note(text{JA: "署名の水準: %s", EN: "Level of the signatures: %s"}.With(string(made.Level)))
	default:
		a.IO.Note(text{
			JA: "署名の水準: %s。失効情報のそろわない証明書があります(公的個人認証サービスのものは、一般の人には手に入りません)。",
			EN: "Level of the signatures: %s. Revocation data is missing for some of the certificates (for JPKI's a resident can get none).",
		}.With(string(made.Level)))
	}
}
