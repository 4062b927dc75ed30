// Package archiving gives files and signatures proof of their time. It makes
// timestamps over files (RFC 3161) and PDF documents (ISO 32000-2, 12.8.5). To
// signatures it adds validation data, so that they can be verified later (PAdES
// and CAdES, B-T to B-LTA).
package archiving

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

// Kind is the format of a file.
type Kind string

// The kinds.
const (
	PDF  Kind = "pdf"
	CMS  Kind = "cms"
	File Kind = "file" // any other
)

// Level is how far a signature came.
type Level string

// The levels of the baseline profiles (EN 319 142-1, EN 319 122-1).
const (
	BT   Level = "B-T"
	BLT  Level = "B-LT"
	BLTA Level = "B-LTA"
)

// Made describes the result for a file.
type Made struct {
	Kind      Kind
	Time      time.Time // of the timestamp; zero without one
	Authority string
	Level     Level // of the signatures, where a file with signatures was extended
	Complete  bool  // revocation data is there for every certificate
}

// Archivist makes it, with an authority and sources.
type Archivist struct {
	Stamper  *stamping.Stamper // nil where no timestamp is wanted
	Examiner *judging.Examiner
	Finder   *judging.Finder
}

// KindOf looks at a file.
func KindOf(path string) (Kind, error) {
	f, err := input.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case cms.IsSignedData(head[:n]):
		return CMS, nil
	case input.FormatOf(head[:n]) == "pdf":
		return PDF, nil
	}
	return File, nil
}

// Stamp writes a timestamp over a file to out: for a PDF the document with the
// timestamp in it, for any other file a .tsr. It verifies its output.
func (a *Archivist) Stamp(ctx context.Context, path string, kind Kind, out *output.File) (Made, error) {
	f, err := input.Open(path)
	if err != nil {
		return Made{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Made{}, err
	}
	if kind == PDF {
		return a.stampPDF(ctx, input.CancellableAt(ctx, f), info.Size(), out)
	}
	content, err := cms.HashContent(input.Cancellable(ctx, f), crypto.SHA256)
	if err != nil {
		return Made{}, err
	}
	token, err := a.Stamper.Digest(ctx, crypto.SHA256, content.Digest(crypto.SHA256))
	if err != nil {
		return Made{}, err
	}
	// The file must not have changed before the .tsr exists.
	again, err := os.Stat(path)
	if err != nil || again.Size() != content.Size() || !again.ModTime().Equal(info.ModTime()) {
		return Made{}, problem.New(problem.Failed,
			text{JA: "「%s」がその間に変わったため、何も保存しませんでした。", EN: "%s changed meanwhile, so nothing was saved."}.With(path),
			text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes to it any more."})
	}
	if _, err := out.Write(cms.TimestampResponse(token)); err != nil {
		return Made{}, err
	}
	return made(File, token)
}

func made(kind Kind, token []byte) (Made, error) {
	t, err := cms.ParseTimestamp(token)
	if err != nil {
		return Made{}, err
	}
	by, err := t.VerifyDigest(t.Imprint)
	if err != nil {
		return Made{}, err
	}
	return Made{Kind: kind, Time: t.Time, Authority: judging.NameOf(by)}, nil
}

// stampPDF adds a document timestamp.
func (a *Archivist) stampPDF(ctx context.Context, r io.ReaderAt, size int64, out *output.File) (Made, error) {
	p, err := pdfsig.Prepare(r, size, pdfsig.Options{Profile: pdfsig.Timestamp})
	if err == nil {
		err = p.Hash(crypto.SHA256)
	}
	if err != nil {
		return Made{}, err
	}
	update, token, err := a.embed(ctx, p)
	if err != nil {
		return Made{}, err
	}
	if _, err := update.WriteTo(out); err != nil {
		return Made{}, err
	}
	if err := checkPDF(r, size, out, len(p.Signatures)+1); err != nil {
		return Made{}, err
	}
	return made(PDF, token)
}

// embed gets a token and puts it in its place. One that is larger than the usual
// is asked for again, over a document with more room.
func (a *Archivist) embed(ctx context.Context, p *pdfsig.Prepared) (*pdfsig.Update, []byte, error) {
	room := 0
	for range 2 {
		update, err := p.Update(pdfsig.Statement{Room: room})
		if err != nil {
			return nil, nil, err
		}
		token, err := a.Stamper.Digest(ctx, crypto.SHA256, update.Digest())
		if err != nil {
			return nil, nil, err
		}
		err = update.Embed(token)
		if err == nil {
			return update, token, nil
		}
		if _, small := errors.AsType[*pdfsig.ContentsError](err); !small {
			return nil, nil, err
		}
		room = len(token) + 1<<10
	}
	return nil, nil, errTokenGrows
}

var errTokenGrows = errors.New("the authority's timestamps do not fit")

// errOurs is a result that our own verifier does not find good.
var errOurs = errors.New("what was written does not verify")

// checkPDF verifies the written file with our own verifier: signatures that
// were good must still be good, and the new one must be good too.
func checkPDF(before io.ReaderAt, size int64, out *output.File, want int) error {
	written, err := out.Size()
	if err != nil {
		return err
	}
	report, err := pdfsig.Verify(out, written)
	if err != nil || len(report.Signatures) < want {
		return errors.Join(errOurs, err)
	}
	old, err := pdfsig.Verify(before, size)
	if errors.Is(err, pdfsig.ErrNoSignature) {
		old, err = &pdfsig.Report{}, nil
	}
	if err != nil {
		return err
	}
	for i, s := range report.Signatures {
		if was := i < len(old.Signatures); !was || old.Signatures[i].Err() == nil {
			if err := s.Err(); err != nil {
				return errors.Join(errOurs, err)
			}
		}
	}
	return nil
}

// Extend adds validation data for the signatures of a file, so that they can be
// verified later. With a timestamping authority, it also adds a timestamp over
// the whole.
func (a *Archivist) Extend(ctx context.Context, path string, kind Kind, out *output.File) (Made, error) {
	v := a.Examiner.Find(ctx, a.Finder, path)
	if v.Err != nil {
		return Made{}, v.Err
	}
	if v.Status() == trust.Invalid {
		return Made{}, problem.New(problem.Invalid,
			text{JA: "「%s」には無効な署名があるため、延長しません。", EN: "There is a signature in %s that is not genuine: it is not extended."}.With(path),
			text{JA: "jpki verify で理由を確かめてください。", EN: "jpki verify tells the reasons."})
	}
	if kind == PDF {
		return a.extendPDF(ctx, path, v, out)
	}
	return a.extendCMS(ctx, path, v, out)
}

// level is the level that was reached.
func (a *Archivist) level(complete bool) Level {
	switch {
	case !complete:
		return BT
	case a.Stamper == nil:
		return BLT
	}
	return BLTA
}

// nothingToAdd is a call without a timestamp and without revocation data.
func nothingToAdd(path string) error {
	return problem.New(problem.Input,
		text{JA: "「%s」に追加するものがありません。", EN: "There is nothing to add to %s."}.With(path),
		text{JA: "--tsa でタイムスタンプ局を、--crl か --ocsp で失効情報のもとを指定してください。", EN: "Name an authority with --tsa, or a source of revocation data with --crl or --ocsp."})
}

func (a *Archivist) extendPDF(ctx context.Context, path string, v judging.FileVerdict, out *output.File) (Made, error) {
	f, err := input.Open(path)
	if err != nil {
		return Made{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Made{}, err
	}
	r, size := io.ReaderAt(input.CancellableAt(ctx, f)), info.Size()
	report, err := pdfsig.Verify(r, size)
	if err != nil {
		return Made{}, err
	}
	var all []pdfsig.SignatureValidation
	complete, found := true, false
	for i, s := range report.Signatures[:min(len(report.Signatures), len(v.Signatures))] {
		data := a.Examiner.ValidationOf(ctx, v.Signatures[i])
		complete, found = complete && data.Complete, found || !data.Empty()
		all = append(all, pdfsig.SignatureValidation{
			Contents: s.Contents, Validation: pdfsig.Validation{Certificates: data.Certificates, CRLs: data.CRLs, OCSPs: data.OCSPs},
		})
	}
	if !found && a.Stamper == nil {
		return Made{}, nothingToAdd(path)
	}
	m := Made{Kind: PDF}
	if found {
		added, err := pdfsig.AddValidation(r, size, all)
		if err != nil {
			return Made{}, err
		}
		r, size = added, added.Size()
	}
	if a.Stamper == nil {
		if _, err := io.Copy(out, io.NewSectionReader(r, 0, size)); err != nil {
			return Made{}, err
		}
		err = checkPDF(r, size, out, len(report.Signatures))
	} else {
		m, err = a.stampPDF(ctx, r, size, out)
	}
	m.Level, m.Complete = a.level(complete), complete
	return m, err
}

func (a *Archivist) extendCMS(ctx context.Context, path string, v judging.FileVerdict, out *output.File) (Made, error) {
	signature, err := input.ReadSmall(ctx, path, cms.MaxSize+1)
	if err != nil {
		return Made{}, err
	}
	sd, err := cms.Parse(signature)
	if err != nil {
		return Made{}, err
	}
	if len(sd.Signers) != 1 {
		return Made{}, problem.New(problem.Input,
			text{JA: "「%s」には署名者が何人もいます。1人の署名だけを延長できます。", EN: "%s has several signers. Only the signature of one is extended."}.With(path), text{})
	}
	data := a.Examiner.ValidationOf(ctx, v.Signatures[0])
	m := Made{Kind: CMS}
	if a.Stamper != nil && !hasTimestamp(v.Signatures[0]) {
		token, err := a.Stamper.Get(ctx, sd.Signers[0].Signature)
		if err != nil {
			return Made{}, err
		}
		if signature, err = cms.AddSignatureTimestamp(signature, token); err != nil {
			return Made{}, err
		}
		if m, err = made(CMS, token); err != nil {
			return Made{}, err
		}
		more, err := a.ofToken(ctx, token)
		if err != nil {
			return Made{}, err
		}
		data.Merge(more)
		if data.Empty() { // B-T is all there is to be had
			return a.finishCMS(ctx, path, signature, m, data, out)
		}
	}
	if data.Empty() && a.Stamper == nil {
		return Made{}, nothingToAdd(path)
	}
	if signature, err = cms.AddValidation(signature, data.Certificates, data.CRLs, data.OCSPs); err != nil {
		return Made{}, err
	}
	if a.Stamper != nil {
		if signature, m, err = a.archive(ctx, path, signature); err != nil {
			return Made{}, err
		}
	}
	return a.finishCMS(ctx, path, signature, m, data, out)
}

// hasTimestamp reports whether a signature has a timestamp that is believed.
func hasTimestamp(s judging.SignatureVerdict) bool {
	for _, t := range s.Timestamps() {
		if t.Doubt == nil {
			return true
		}
	}
	return false
}

func (a *Archivist) ofToken(ctx context.Context, token []byte) (judging.Validation, error) {
	t, err := cms.ParseTimestamp(token)
	if err != nil {
		return judging.Validation{}, err
	}
	by, err := t.VerifyDigest(t.Imprint)
	if err != nil {
		return judging.Validation{}, err
	}
	return a.Examiner.ValidationOfTimestamp(ctx, t, by), nil
}

// archive adds an archive timestamp.
func (a *Archivist) archive(ctx context.Context, path string, signature []byte) ([]byte, Made, error) {
	sd, err := cms.Parse(signature)
	if err != nil {
		return nil, Made{}, err
	}
	content, err := a.Finder.ContentOf(ctx, path, sd)
	if err != nil {
		return nil, Made{}, err
	}
	h := sd.Hashes()[0] // a hash that every verifier has
	archiving, err := cms.NewArchiving(signature, content, h)
	if err != nil {
		return nil, Made{}, err
	}
	digest := h.New()
	digest.Write(archiving.Content)
	token, err := a.Stamper.Digest(ctx, h, digest.Sum(nil))
	if err != nil {
		return nil, Made{}, err
	}
	m, err := made(CMS, token)
	if err != nil {
		return nil, Made{}, err
	}
	signature, err = archiving.Add(token)
	return signature, m, err
}

// finishCMS checks a signature and writes it.
func (a *Archivist) finishCMS(ctx context.Context, path string, signature []byte, m Made, data judging.Validation, out *output.File) (Made, error) {
	sd, err := cms.Parse(signature)
	if err != nil {
		return Made{}, errors.Join(errOurs, err)
	}
	content, err := a.Finder.ContentOf(ctx, path, sd)
	if err != nil {
		return Made{}, err
	}
	for _, r := range sd.Verify(content) {
		if err := r.Err(); err != nil {
			return Made{}, errors.Join(errOurs, err)
		}
		if n := len(r.Timestamps); n > 0 {
			if _, err := r.Timestamps[n-1].Verify(); err != nil {
				return Made{}, errors.Join(errOurs, err)
			}
		}
	}
	if _, err := io.Copy(out, bytes.NewReader(signature)); err != nil {
		return Made{}, err
	}
	m.Level, m.Complete = a.level(data.Complete), data.Complete
	return m, nil
}
