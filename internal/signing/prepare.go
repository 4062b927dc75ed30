package signing

import (
	"context"
	"crypto"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/submission"
)

// PrepareAll does for every file all that needs no PIN. The result of signing
// another file of the same call is left out, so that a call with *.pdf can be
// repeated. A file that is named twice is signed once.
func (c *Call) PrepareAll(ctx context.Context, inputs []string) (jobs []*Job, ready int) {
	inputs = c.withoutRepeats(inputs)
	results := map[string]bool{}
	for _, in := range inputs {
		for _, result := range c.resultsOf(in) {
			results[filepath.Clean(result)] = true
		}
	}
	isResult := func(in string) bool { return len(inputs) > 1 && results[filepath.Clean(in)] }
	sources := input.FilesOf(slices.Concat(slices.DeleteFunc(slices.Clone(inputs), isResult), c.additionalInputs(inputs)))
	targets := map[string]bool{}
	p := c.io.Steps(text{JA: "ファイルを確かめています", EN: "checking the files"}, len(inputs), c.Env.Now)
	defer p.Done()
	for _, in := range inputs {
		p.Advance(1)
		if isResult(in) {
			c.io.Note(text{JA: "「%s」は署名済みのファイルなので、飛ばします。", EN: "%s is the result of signing another one, and is left out."}.With(in))
			continue
		}
		job := &Job{Input: in}
		job.Err = c.prepareSign(ctx, job, sources)
		if job.Err == nil && job.Target != "" && targets[filepath.Clean(job.Target)] {
			job.Err = problem.Misuse(text{JA: "「%s」は、この実行の別のファイルの署名と同じ名前です。", EN: "%s is the name of another signature of this call already."}.With(job.Target)).
				WithNext(text{JA: "別に実行して、-o で名前を指定してください。", EN: "Sign it in a call of its own, and name the result with -o."})
		}
		if job.Err == nil && job.Target != "" {
			job.Err = input.RefuseOverwrite(job.Target, slices.Concat(sources, input.FilesOf(job.files())), "-o")
		}
		targets[filepath.Clean(job.Target)] = true
		if job.Err == nil {
			ready++
		}
		jobs = append(jobs, job)
		if context.Cause(ctx) != nil {
			break
		}
	}
	return jobs, ready
}

// withoutRepeats leaves out a file that was named before, and says so.
func (c *Call) withoutRepeats(inputs []string) (once []string) {
	named := map[string]bool{}
	for _, in := range inputs {
		if path := filepath.Clean(in); !named[path] {
			named[path] = true
			once = append(once, in)
			continue
		}
		c.io.Note(text{JA: "「%s」は2回以上指定されていますが、署名は1回だけです。", EN: "%s is named more than once, and signed once."}.With(in))
	}
	return once
}

// additionalInputs are the files to read besides the inputs: those of --with, and those
// with the PIN.
func (c *Call) additionalInputs(inputs []string) (names []string) {
	for _, with := range c.With {
		for _, in := range inputs {
			names = append(names, filepath.Join(filepath.Dir(in), with))
		}
	}
	for _, source := range c.Unlock.Flags {
		if source.Kind == pin.File {
			names = append(names, source.Value)
		}
	}
	return names
}

// resultsOf are the names that signing a file can have given its result, by
// this call or by one before it.
func (c *Call) resultsOf(in string) []string {
	names := []string{signedName(in), in + ".p7s", in + attachedEnding, in + besideEnding}
	if c.Format == "raw" {
		names = append(names, in+".sig")
	}
	return names
}

const attachedEnding = ".p7m"

// targetOf names the result; "" is standard output.
func (c *Call) targetOf(f format, in string) string {
	name := f.ending(in)
	switch {
	case c.Attached:
		name = in + attachedEnding
	case c.isBeside(f.Name):
		name = in + besideEnding
	}
	switch {
	case c.Unnamed:
		return ""
	case c.Out != "":
		return c.Out
	case c.OutDir != "":
		return filepath.Join(c.OutDir, filepath.Base(name))
	}
	return name
}

// prepareSign opens a file and makes all checks that need no card. First it
// checks that the result is none of the sources, because Windows cannot replace
// an open file.
func (c *Call) prepareSign(ctx context.Context, job *Job, sources []fs.FileInfo) error {
	switch app, err := c.openApplication(job.Input); {
	case err != nil:
		return err
	case app != nil:
		return c.prepareApplication(ctx, job, app)
	}
	in, err := c.openSignInput(ctx, job)
	if err != nil {
		return err
	}
	perFile := *c
	switch {
	case c.Format != "":
	case c.Attached:
		perFile.Format = "cms"
	default:
		perFile.Format = input.FormatOf(in.Head)
		if named(job.Input, ".xml", ".xtx") && input.Markup(in.Head) {
			perFile.Format = "xmldsig"
		}
	}
	if c.Format == "" && perFile.Format == "cms" && named(job.Input, ".pdf") && input.FormatOf(in.Head) != "pdf" {
		in.Close()
		return notPDF(job.Input, len(in.Head))
	}
	job.Format, _ = formatNamed(perFile.Format)
	job.Target = c.targetOf(job.Format, job.Input)
	if err = perFile.checkFor(job); err == nil && job.Target != "" {
		in.Beside = filepath.Dir(job.Target)
		err = input.RefuseOverwrite(job.Target, sources, "-o")
	}
	if err == nil && job.Target != "" {
		err = output.Check(ctx, job.Target, output.Options{Force: c.Force})
	}
	if err == nil {
		job.document, err = job.Format.prepare(&perFile, in)
	}
	if err != nil {
		in.Close()
	}
	return err
}

// notPDF refuses a file that has the name of a PDF but not its format: the
// person wants a signed PDF, and would not get one.
func notPDF(name string, size int) error {
	what := text{JA: "「%s」は、名前と違ってPDFではありません(先頭の1,024バイトに %%PDF- がありません)。", EN: "In spite of its name, %s is no PDF (there is no %%PDF- in its first 1,024 bytes)."}
	if size == 0 {
		what = text{JA: "「%s」は空のファイルです。", EN: "%s is an empty file."}
	}
	return problem.New(problem.Input, what.With(name),
		text{
			JA: "ファイルが壊れていないか確かめてください。このままのファイルに分離署名を付けるなら --format cms",
			EN: "See whether the file is damaged. With --format cms it is signed as it is, with a detached signature.",
		})
}

// checkFor checks that the options are for the format of a file.
func (c *Call) checkFor(job *Job) error {
	if c.Profile != "" && !slices.Contains(job.Format.profiles, c.Profile) {
		return problem.Misuse(text{JA: "--profile %s は「%s」には使えません。", EN: "--profile %s is not for %s."}.With(c.Profile, job.Input))
	}
	if c.Visible.Where != "" && c.Format != "pdf" {
		return problem.Misuse(text{JA: "--visible は「%s」には使えません。PDFの中に署名するときのものです。", EN: "--visible is not for %s: it goes with a signature inside a PDF."}.With(job.Input))
	}
	if c.Stamping.TSA != "" && !stampable(c.Format, c.Profile) {
		return problem.Misuse(text{JA: "「%s」の署名にタイムスタンプは付けられません。", EN: "The signature of %s takes no timestamp."}.With(job.Input)).
			WithNext(text{JA: "PDFは --profile pades、XMLは --format xades を指定してください。", EN: "Use --profile pades for PDF, --format xades for XML."})
	}
	if job.Format.Name == "pdf" && c.Profile != "pades" && c.Hash != crypto.SHA256 {
		return problem.Misuse(text{JA: "登記・供託オンライン申請の形(touki)のPDF署名はSHA-256だけです。", EN: "A PDF signature as the registry asks for (touki) is made with SHA-256 only."}).
			WithNext(text{JA: "--digest を省くか、--profile pades を指定してください。", EN: "Leave out --digest, or use --profile pades."})
	}
	if job.Format.Name == "pdf" && c.checklist() == checklist.Koshonin && job.before != nil && submission.Notary.CheckSize(job.before.Size()) == submission.FitsNot {
		return problem.New(problem.Input,
			text{JA: "「%s」は10MBを超えています。電子公証で受け付けるPDFは10MBまでです。", EN: "%s is larger than 10 MB, and the electronic notary takes no larger PDF."}.With(job.Input),
			text{JA: "画像の解像度を下げるなどして小さくしてから署名してください。", EN: "Make it smaller, say with images of a lower resolution, then sign it."})
	}
	if name := job.Format.optionOfOtherFormat(c); name != "" {
		return problem.Misuse(text{JA: "--%s は「%s」(形式は%s)には使えません。", EN: "--%s is not for %s, whose format is %s."}.With(name, job.Input, job.Format.Name)).
			WithNext(text{JA: "形式は --format で指定できます。", EN: "--format chooses the format."})
	}
	return nil
}

// openSignInput opens an input and reads its head. The document closes it. With
// --digest-hex nothing is to be read.
func (c *Call) openSignInput(ctx context.Context, job *Job) (*input.Stream, error) {
	in := &input.Stream{Ctx: ctx, Name: c.io.Text(input.Name(job.Input))}
	if c.DigestHex != "" {
		return in, nil
	}
	if job.Input == "-" {
		in.Rest = input.Stdin(ctx, c.io)
	} else {
		f, err := input.Open(job.Input)
		if err != nil {
			return nil, err
		}
		if job.before, err = f.Stat(); err != nil {
			f.Close()
			return nil, err
		}
		in.File, in.Rest, in.Size = f, f, job.before.Size()
	}
	in.Head = make([]byte, 1024)
	n, err := io.ReadFull(in.Rest, in.Head)
	in.Head = in.Head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		in.Close()
		return nil, err
	}
	if n == 0 && job.Input == "-" {
		return nil, problem.New(problem.Input,
			text{JA: "標準入力が空です。", EN: "There is nothing on standard input."},
			text{JA: "前のコマンドが失敗していないか確かめてください。空のファイルに署名するときは、ファイルの名前を指定します。", EN: "See whether the command before failed. To sign an empty file, name it."})
	}
	return in, nil
}
