package signing

import (
	"context"
	"errors"
	"io"

	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/pkg/cms"
)

// cmsDocument is a CAdES signature: beside a file, or around its content.
type cmsDocument struct {
	ctx       context.Context
	c         *Call
	name      string
	content   *cms.Content
	inside    inside // of an attached signature; nil for a detached one
	signature []byte // detached: the content comes in when it is written
}

// inside is content that is read twice: for its digest, and for the result. DER
// puts the length before the content, so one pass is not enough.
type inside interface {
	io.ReaderAt
	io.Closer
}

func prepareCMS(c *Call, in *input.Stream) (document, error) {
	d := &cmsDocument{ctx: in.Ctx, c: c, name: in.Name}
	r, done := in.Reader(c.io, c.Env.Now)
	defer done()
	switch {
	case !c.Attached:
		defer in.Close()
	case in.File != nil:
		d.inside = in.File
	default:
		kept, err := output.NewScratch(in.Beside)
		if err != nil {
			return nil, err
		}
		d.inside, r = kept, io.TeeReader(r, kept)
	}
	var err error
	if d.content, err = cms.HashContent(r, c.Hash); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *cmsDocument) sign(by signer) (err error) {
	signing := cms.Signing{Certificate: by.cert, CA: by.ca, Key: by.key, Hash: d.c.Hash, Time: by.time, PSS: d.c.PSS}
	d.signature, err = signing.Detached(d.content.Digest(d.c.Hash))
	return err
}

func (d *cmsDocument) stamp(get func([]byte) ([]byte, error)) (err error) {
	d.signature, err = stampCMS(d.signature, get)
	return err
}

// stampCMS adds a timestamp to a CMS signature.
func stampCMS(signature []byte, get func([]byte) ([]byte, error)) ([]byte, error) {
	value, err := cms.SignatureValue(signature)
	if err != nil {
		return nil, err
	}
	token, err := get(value)
	if err != nil {
		return nil, err
	}
	return cms.AddTimestamp(signature, token)
}

func (d *cmsDocument) write(w io.Writer) error {
	if !d.c.PEM {
		return d.writeDER(w)
	}
	text := cms.NewPEMWriter(w)
	return errors.Join(d.writeDER(text), text.Close())
}

func (d *cmsDocument) writeDER(w io.Writer) error {
	if d.inside == nil {
		_, err := w.Write(d.signature)
		return err
	}
	size := d.content.Size()
	p := d.c.io.Progress(text{JA: "「%s」の内容を書いています", EN: "writing the content of %s"}.With(d.name), size, d.c.Env.Now)
	defer p.Done()
	return cms.WriteAttached(w, d.signature, p.Reader(io.NewSectionReader(d.inside, 0, size)), size)
}

func (d *cmsDocument) verify(r io.ReaderAt, size int64) error {
	p := d.c.io.Progress(text{JA: "署名を確かめています", EN: "checking the signature"}, size, d.c.Env.Now)
	defer p.Done()
	sd, err := cms.Read(p.Reader(input.Cancellable(d.ctx, io.NewSectionReader(r, 0, size))), nil)
	if err != nil {
		return err
	}
	if d.inside != nil {
		return sd.Verify(nil).Err()
	}
	return sd.Verify(d.content).Err()
}

func (d *cmsDocument) close() {
	if d.inside != nil {
		d.inside.Close()
	}
}
