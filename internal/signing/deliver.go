package signing

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// DeliverAll delivers the signed files; the rest failed with the session.
func (c *Call) DeliverAll(ctx context.Context, stamper *stamping.Stamper, jobs []*Job, failed error) {
	p := c.io.Steps(text{JA: "署名を書いています", EN: "writing the signatures"}, len(jobs), c.Env.Now)
	defer p.Done()
	for _, job := range jobs {
		p.Advance(1)
		switch {
		case job.Err != nil:
		case job.signed:
			job.Err = c.deliver(ctx, stamper, job)
		default:
			job.Err = failed
		}
	}
}

// deliver writes a result, checks it with our own verifier, and only then gives
// it its name.
func (c *Call) deliver(ctx context.Context, stamper *stamping.Stamper, job *Job) error {
	if err := unchangedInput(job); err != nil {
		return err
	}
	if stamper != nil {
		if err := job.document.stamp(func(content []byte) ([]byte, error) { return stamper.Get(ctx, content) }); err != nil {
			return err
		}
	}
	if d, ok := job.document.(*applicationDocument); ok && !d.packs(job.Target) {
		return d.deliverFolder(ctx, job)
	}
	path := job.Target
	if path == "" {
		// A result for standard output is first checked in a temporary
		// file.
		dir, err := os.MkdirTemp("", "jpki-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "signature")
	}
	f, err := output.Create(ctx, path, output.Options{Force: c.Force})
	if err != nil {
		return err
	}
	defer f.Abort()
	err = job.writeAndVerify(ctx, f)
	if changed := unchangedInput(job); changed != nil {
		return changed // which explains err, too
	}
	if err != nil {
		return err
	}
	if job.Target != "" {
		return f.Commit()
	}
	_, err = io.Copy(c.io.Out, io.NewSectionReader(f, 0, job.Bytes))
	return err
}

func (job *Job) writeAndVerify(ctx context.Context, f *output.File) (err error) {
	if err := job.document.write(f); err != nil {
		return err
	}
	if job.Bytes, err = f.Size(); err != nil {
		return err
	}
	f.StartSync()
	err = job.document.verify(f, job.Bytes)
	if err == nil || context.Cause(ctx) != nil {
		return err
	}
	return selfCheckFailed(err)
}

// selfCheckFailed is the reason why a result was not good. Only a wrong
// signature value is a matter of the card.
func selfCheckFailed(err error) error {
	what := text{JA: "作成した署名が検証に通らなかったため、保存しませんでした: %s。", EN: "The signature did not pass its own verification and was not saved: %s."}
	if p := explain.Document(err); p != nil {
		return problem.New(problem.Failed, text{JA: "作成した署名が検証に通らなかったため、保存しませんでした。%s", EN: "The signature did not pass its own verification and was not saved. %s"}.With(p.What), p.Next).Because(err)
	}
	if errors.Is(err, cms.SigCryptoFailure) {
		return problem.New(problem.Failed,
			what.With(text{JA: "カードが返した署名の値が、証明書の鍵と合いません", EN: "the value that the card gave does not fit the certificate's key"}),
			text{JA: "カードを置き直して、もう一度実行してください。", EN: "Put the card back and run this again."}).Because(err)
	}
	cause := text{JA: "原因が分かりません", EN: "the cause is not known"}
	if reasons := trust.ReasonsOf(err); len(reasons) > 0 {
		cause = judging.ReasonText(reasons[0])
	}
	return problem.New(problem.Failed, what.With(cause),
		text{JA: "もう一度実行しても同じなら、jpki doctor --report の出力を添えて報告してください。", EN: "If it happens again, report it with the output of jpki doctor --report."}).Because(err)
}

// unchangedInput notices a file that changed after it was hashed.
func unchangedInput(job *Job) error {
	if job.before == nil {
		return nil
	}
	after, err := os.Stat(job.Input)
	if err == nil && os.SameFile(job.before, after) && job.before.Size() == after.Size() && job.before.ModTime().Equal(after.ModTime()) {
		return nil
	}
	return problem.New(problem.Input,
		text{JA: "「%s」が署名中に変わったため、署名を保存しませんでした。", EN: "%s changed while it was being signed. The signature was not saved."}.With(job.Input),
		text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes to it any more."}).Because(err)
}
