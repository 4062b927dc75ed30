package cli

import (
	"context"
	"crypto"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/submission"
)

// prepareAll does for every file all that needs no PIN. The result of signing
// another file of the same call is left out, so that a call with *.pdf can be
// repeated.
func (c *call) prepareAll(ctx context.Context, inputs []string) (jobs []*signJob, ready int) {
	results := map[string]bool{}
	for _, in := range inputs {
		for _, result := range c.resultsOf(in) {
			results[filepath.Clean(result)] = true
		}
	}
	isResult := func(in string) bool { return len(inputs) > 1 && results[filepath.Clean(in)] }
	sources := input.FilesOf(slices.Concat(slices.DeleteFunc(slices.Clone(inputs), isResult), c.alsoRead(inputs)))
	targets := map[string]bool{}
	p := c.io.Steps(text{JA: "ファイルを確かめています", EN: "checking the files"}, len(inputs), c.env.Now)
	defer p.Done()
	for _, in := range inputs {
		p.Advance(1)
		if isResult(in) {
			c.io.Note(text{JA: "%sは署名済みのファイルなので、飛ばします。", EN: "%s is the result of signing another one, and is left out."}.With(in))
			continue
		}
		job := &signJob{input: in}
		job.err = c.prepareSign(ctx, job)
		if job.err == nil && job.target != "" && targets[filepath.Clean(job.target)] {
			job.err = problem.Misuse(text{JA: "%sは、この実行の別のファイルの署名と同じ名前です。", EN: "%s is the name of another signature of this call already."}.With(job.target)).
				WithNext(text{JA: "別に実行して、-o で名前を指定してください。", EN: "Sign it in a call of its own, and name the result with -o."})
		}
		if job.err == nil && job.target != "" {
			job.err = input.RefuseOverwrite(job.target, sources, "-o")
		}
		targets[filepath.Clean(job.target)] = true
		if job.err == nil {
			ready++
		}
		jobs = append(jobs, job)
		if context.Cause(ctx) != nil {
			break
		}
	}
	return jobs, ready
}

// alsoRead are the files that are read besides the inputs: those of --with,
// which lie beside them, and those with the PIN.
func (c *call) alsoRead(inputs []string) (names []string) {
	for _, with := range c.with {
		for _, in := range inputs {
			names = append(names, filepath.Join(filepath.Dir(in), with))
		}
	}
	for _, source := range c.unlock.Flags {
		if source.Kind == pin.File {
			names = append(names, source.Value)
		}
	}
	return names
}

// resultsOf are the names that signing a file can have given its result, by
// this call or by one before it.
func (c *call) resultsOf(in string) []string {
	names := []string{signedName(in), in + ".p7s", in + attachedEnding}
	if c.format == "raw" {
		names = append(names, in+".sig")
	}
	return names
}

const attachedEnding = ".p7m"

// targetOf names the result; "" is standard output.
func (c *call) targetOf(f format, in string) string {
	name := f.ending(in)
	if c.attached {
		name = in + attachedEnding
	}
	switch {
	case c.unnamed:
		return ""
	case c.out != "":
		return c.out
	case c.outDir != "":
		return filepath.Join(c.outDir, filepath.Base(name))
	}
	return name
}

func (c *call) prepareSign(ctx context.Context, job *signJob) error {
	in, err := c.openSignInput(ctx, job)
	if err != nil {
		return err
	}
	perFile := *c
	switch {
	case c.format != "":
	case c.attached:
		perFile.format = "cms"
	default:
		perFile.format = formatOf(in.Head)
		if named(job.input, ".xml", ".xtx") && markup(in.Head) {
			perFile.format = "xmldsig"
		}
	}
	job.format, _ = formatNamed(perFile.format)
	job.target = c.targetOf(job.format, job.input)
	if err = perFile.checkFor(job); err == nil && job.target != "" {
		in.Beside = filepath.Dir(job.target)
		err = output.Check(ctx, job.target, output.Options{Force: c.force})
	}
	if err == nil {
		job.document, err = job.format.prepare(&perFile, in)
	}
	if err != nil {
		in.Close()
	}
	return err
}

// checkFor checks that the options are for the format of a file.
func (c *call) checkFor(job *signJob) error {
	if c.profile != "" && !slices.Contains(job.format.profiles, c.profile) {
		return problem.Misuse(text{JA: "--profile %s は%sには使えません。", EN: "--profile %s is not for %s."}.With(c.profile, job.input))
	}
	if c.visible.where != "" && c.format != "pdf" {
		return problem.Misuse(text{JA: "--visible は%sには使えません。PDFの中に署名するときのものです。", EN: "--visible is not for %s: it goes with a signature inside a PDF."}.With(job.input))
	}
	if c.tsa != "" && !stampable(c.format, c.profile) {
		return problem.Misuse(text{JA: "%sの署名にタイムスタンプは付けられません。", EN: "The signature of %s takes no timestamp."}.With(job.input)).
			WithNext(text{JA: "PDFは --profile pades、XMLは --format xades を指定してください。", EN: "Use --profile pades for PDF, --format xades for XML."})
	}
	if job.format.name == "pdf" && c.profile != "pades" && c.hash != crypto.SHA256 {
		return problem.Misuse(text{JA: "登記・供託オンライン申請の形(touki)のPDF署名はSHA-256だけです。", EN: "A PDF signature as the registry asks for (touki) is made with SHA-256 only."}).
			WithNext(text{JA: "--digest を省くか、--profile pades を指定してください。", EN: "Leave out --digest, or use --profile pades."})
	}
	if job.format.name == "pdf" && c.checklist() == checklist.Koshonin && job.before != nil && submission.Notary.CheckSize(job.before.Size()) == submission.FitsNot {
		return problem.New(problem.Input,
			text{JA: "%sは10MBを超えています。電子公証で受け付けるPDFは10MBまでです。", EN: "%s is larger than 10 MB, and the electronic notary takes no larger PDF."}.With(job.input),
			text{JA: "画像の解像度を下げるなどして小さくしてから署名してください。", EN: "Make it smaller, say with images of a lower resolution, then sign it."})
	}
	if name := job.format.misused(c); name != "" {
		return problem.Misuse(text{JA: "--%s は%s(形式は%s)には使えません。", EN: "--%s is not for %s, whose format is %s."}.With(name, job.input, job.format.name)).
			WithNext(text{JA: "形式は --format で指定できます。", EN: "--format chooses the format."})
	}
	return nil
}

// openSignInput opens an input and reads its head. The document closes it. With
// --digest-hex nothing is to be read.
func (c *call) openSignInput(ctx context.Context, job *signJob) (*input.Stream, error) {
	in := &input.Stream{Ctx: ctx, Name: c.io.Text(input.Name(job.input))}
	if c.digestHex != "" {
		return in, nil
	}
	if job.input == "-" {
		in.Rest = input.Stdin(ctx, c.io)
	} else {
		f, err := input.Open(job.input)
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
	if n == 0 && job.input == "-" {
		return nil, problem.New(problem.Input,
			text{JA: "標準入力が空です。", EN: "There is nothing on standard input."},
			text{JA: "前のコマンドが失敗していないか確かめてください。空のファイルに署名するときは、ファイルの名前を指定します。", EN: "See whether the command before failed. To sign an empty file, name it."})
	}
	return in, nil
}
