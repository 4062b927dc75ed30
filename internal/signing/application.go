package signing

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/application"
	"github.com/jpki-tools/jpki/internal/bundle"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// applicationFormat is an e-Gov application that is signed as a whole: a folder
// or a ZIP. --format has no name for it.
var applicationFormat = format{Name: "egov", ending: applicationName, profiles: []string{"egov"}}

// applicationName names the result of a folder or ZIP.
func applicationName(in string) string {
	if isZIPName(in) {
		return signedName(in)
	}
	return filepath.Clean(in) + "-signed"
}

func isZIPName(name string) bool { return strings.EqualFold(filepath.Ext(name), ".zip") }

// applicationDocument is an e-Gov application: everything in it that its form
// wants signed gets its signature in one PIN session, and the result is a copy.
type applicationDocument struct {
	c     *Call
	input string
	app   *application.Application
	parts []*applicationPart
}

// applicationPart is one document of an application.
type applicationPart struct {
	*application.Part
	prepared *xmlsig.Prepared
	signers  []*x509.Certificate
	signed   *xmlsig.Signed
}

// openApplication opens an input as an e-Gov application. It returns nil for
// any other input, and for an application to be signed as an ordinary file.
func (c *Call) openApplication(name string) (*application.Application, error) {
	if name == "-" || c.Format != "" || c.Attached || c.DigestHex != "" {
		return nil, nil
	}
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() && !isZIP(name) {
		return nil, nil // opening it as a file will report the error
	}
	b, err := bundle.Open(name)
	if err == nil {
		app, err := application.Find(b)
		if err == nil {
			return app, nil
		}
		b.Close()
		if _, unreadable := errors.AsType[*application.UnreadableError](err); unreadable || !errors.Is(err, application.ErrNone) {
			return nil, err
		}
	} else if refused := (*bundle.Error)(nil); !errors.As(err, &refused) || application.LooksLike(name) {
		return nil, err
	}
	if info.IsDir() {
		return nil, problem.New(problem.Input,
			text{JA: "「%s」はフォルダーです。e-Govの申請(構成管理情報)は入っていません。", EN: "%s is a directory, and no e-Gov application (kousei.xml) is in it."}.With(name),
			text{JA: "フォルダーのまま署名できるのはe-Govの申請だけです。ほかのものは、ファイルを指定してください。", EN: "Only an e-Gov application is signed as a folder. For anything else name the files."})
	}
	return nil, nil // a ZIP like any other
}

func isZIP(name string) bool {
	f, err := input.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	_, err = io.ReadFull(f, head)
	return err == nil && bundle.IsZIP(head)
}

// prepareApplication does all that needs no PIN.
func (c *Call) prepareApplication(ctx context.Context, job *Job, app *application.Application) (err error) {
	d := &applicationDocument{c: c, input: job.Input, app: app}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	job.Format = applicationFormat
	if err := c.checkApplication(job); err != nil {
		return err
	}
	job.Target = c.targetOf(job.Format, job.Input)
	if err := d.checkTarget(ctx, job.Target); err != nil {
		return err
	}
	for _, p := range app.Parts {
		part := &applicationPart{Part: p}
		part.prepared, err = p.Doc.Prepare(xmlsig.Options{
			Profile: xmlsig.ProfileEGov, Hash: c.Hash,
			Open: func(name string) (io.ReadCloser, error) {
				f, err := app.Open(name)
				if err != nil {
					return nil, err
				}
				return struct {
					io.Reader
					io.Closer
				}{input.Cancellable(ctx, f), f}, nil
			},
		})
		if err != nil {
			return err
		}
		for _, r := range p.Doc.Verify(xmlsig.Verification{}) { // good or not
			if r.Certificate != nil {
				part.signers = append(part.signers, r.Certificate)
			}
		}
		d.parts = append(d.parts, part)
	}
	job.document = d
	return nil
}

// checkApplication refuses options that an application's form leaves no room
// for.
func (c *Call) checkApplication(job *Job) error {
	if c.Profile != "" && c.Profile != "egov" {
		return problem.Misuse(text{JA: "--profile %s は「%s」には使えません。", EN: "--profile %s is not for %s."}.With(c.Profile, job.Input))
	}
	if c.Unnamed {
		return problem.Misuse(text{JA: "e-Govの申請は標準出力に書けません。", EN: "An e-Gov application cannot go to standard output."}).
			WithNext(text{JA: "-o で名前を指定してください。", EN: "Name the result with -o."})
	}
	for _, option := range []string{"form", "id", "with", "tsa", "tsa-ca", "reason", "field", "visible", "pem", "digest"} {
		if c.Given != nil && c.Given(option) {
			return problem.Misuse(text{JA: "--%s はe-Govの申請(「%s」)には使えません。", EN: "--%s is not for an e-Gov application (%s)."}.With(option, job.Input)).
				WithNext(text{JA: "申請の署名の形は決まっています。", EN: "The form of its signatures is fixed."})
		}
	}
	return nil
}

func (d *applicationDocument) checkTarget(ctx context.Context, target string) error {
	source, err := filepath.Abs(d.input)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(source, absolute); err == nil && filepath.IsLocal(inside) {
		return problem.Misuse(text{JA: "結果を、署名する申請のフォルダーの中には置けません。", EN: "The result cannot go into the folder of the application itself."}).
			WithNext(text{JA: "-o で別の場所を指定してください。", EN: "Name another place with -o."})
	}
	if !d.packs(target) {
		folder, err := output.CreateFolder(ctx, target)
		if err == nil {
			folder.Abort()
		}
		return err
	}
	return output.Check(ctx, target, output.Options{Force: d.c.Force})
}

// packs reports whether the result is a ZIP: always from a ZIP, and from a
// folder if the name of the result is that of a ZIP.
func (d *applicationDocument) packs(target string) bool {
	return !d.app.Bundle.IsFolder() || isZIPName(target)
}

func (d *applicationDocument) sign(by signer) error {
	for _, p := range d.parts {
		if slices.ContainsFunc(p.signers, by.cert.Equal) {
			d.c.noteSignedAlready(p.Name)
		}
		var err error
		p.signed, err = p.prepared.Sign(cms.Signing{Certificate: by.cert, CA: by.ca, Key: by.key, Time: by.time.In(cert.JST)})
		if err != nil {
			return err
		}
	}
	return nil
}

func (*applicationDocument) stamp(func([]byte) ([]byte, error)) error { return errNoStamp }

func (d *applicationDocument) changes() (map[*bundle.File]bundle.Change, error) {
	signed := map[*application.Part][]byte{}
	for _, p := range d.parts {
		var b bytes.Buffer
		if _, err := p.signed.WriteTo(&b); err != nil {
			return nil, err
		}
		signed[p.Part] = b.Bytes()
	}
	return d.app.Changes(signed), nil
}

// write writes the ZIP.
func (d *applicationDocument) write(w io.Writer) error {
	changes, err := d.changes()
	if err != nil {
		return err
	}
	return d.app.Bundle.WriteZIP(context.Background(), w, d.app.Folder(), changes)
}

func (d *applicationDocument) verify(r io.ReaderAt, size int64) error {
	b, err := bundle.ReadZIP(r, size, d.input)
	if err != nil {
		return err
	}
	return d.verifyBundle(b)
}

// verifyBundle verifies each signature in the written bundle, together with the
// written files that it covers.
func (d *applicationDocument) verifyBundle(b *bundle.Bundle) error {
	app, err := application.Find(b)
	if err != nil {
		return err
	}
	if len(app.Parts) != len(d.parts) {
		return fmt.Errorf("%d documents to sign in the copy, %d in the original", len(app.Parts), len(d.parts))
	}
	for i, p := range app.Parts {
		results := p.Doc.Verify(xmlsig.Verification{Open: app.Open})
		at := slices.IndexFunc(results, func(r xmlsig.Result) bool { return r.ID == d.parts[i].signed.ID })
		if at < 0 {
			return xmlsig.ErrNoSignature
		}
		if err := results[at].Err(); err != nil {
			return err
		}
	}
	return nil
}

// deliverFolder writes the folder under a temporary name, and renames it after
// all checks.
func (d *applicationDocument) deliverFolder(ctx context.Context, job *Job) error {
	changes, err := d.changes()
	if err != nil {
		return err
	}
	folder, err := output.CreateFolder(ctx, job.Target)
	if err != nil {
		return err
	}
	defer folder.Abort()
	inner := folder.Temp
	if d.app.Bundle.Inner != "" {
		inner = filepath.Join(folder.Temp, d.app.Folder())
		if err := os.Mkdir(inner, 0o777); err != nil {
			return err
		}
	}
	if err := d.app.Bundle.WriteFolder(ctx, inner, changes); err != nil {
		return err
	}
	copied, err := bundle.Open(folder.Temp)
	if err == nil {
		defer copied.Close()
		err = d.verifyBundle(copied)
	}
	if err != nil {
		return d.failed(ctx, err)
	}
	for _, f := range copied.Files {
		job.Bytes += f.Size
	}
	return folder.Commit()
}

// failed explains a copy that does not verify: a file changed between the time
// when it was hashed and when it was copied.
func (d *applicationDocument) failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return problem.New(problem.Failed,
		text{JA: "署名した写しが検証に通らなかったため、保存しませんでした。署名中に、「%s」の中のファイルが変わったおそれがあります。", EN: "The signed copy did not pass its verification and was not saved: a file in %s may have changed while it was being signed."}.With(d.input),
		text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes there any more."}).Because(err)
}

// covers lists the content to be signed, document by document.
func (d *applicationDocument) covers() (all []text) {
	for _, p := range d.parts {
		var over []text
		for _, item := range p.prepared.Covers() {
			over = append(over, xmltext.FormItem(item))
		}
		all = append(all, text{JA: "「%s」の署名の対象: %s", EN: "in %s, over %s"}.With(p.Name, i18n.Join(text{JA: "、", EN: ", "}, over...)))
	}
	return all
}

// notes are for the person, before the signatures are made.
func (d *applicationDocument) notes() (all []text) {
	for _, p := range d.parts {
		all = append(all, xmltext.Notes(p.Name, p.prepared)...)
	}
	tell := func(about text, names []string) {
		if len(names) == 0 {
			return
		}
		var list []text
		for _, n := range names {
			list = append(list, i18n.Same(printable.Line(n)))
		}
		all = append(all, about.With(i18n.Join(text{JA: "、", EN: ", "}, list...)))
	}
	tell(text{
		JA: "申請の中のどこにも名前のないファイルがあります。そのまま写しますが、提出先で受け付けられないおそれがあります: %s",
		EN: "Files that the application names nowhere are copied as they are; the service may refuse them: %s",
	}, d.app.Strays)
	tell(text{JA: "システムが作ったファイルは、写しに入れません: %s", EN: "What the system put there is left out of the copy: %s"}, d.app.Bundle.LeftOut)
	return all
}

func (d *applicationDocument) close() { d.app.Bundle.Close() }
