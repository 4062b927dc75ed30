package signing

import (
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"mime"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// xmlDocument is an XML document with its signature inside, or a file with a
// signature file next to it.
type xmlDocument struct {
	c        *Call
	name     string
	folder   string
	form     xmlsig.Profile
	alike    text                // note for a document without a form that resembles one
	inForm   bool                // the signature is the one that the document's form has
	parts    bool                // the signature is over elements that were named
	away     string              // folder of the result, if it differs
	signers  []*x509.Certificate // of the signatures that are there
	prepared *xmlsig.Prepared
	signed   *xmlsig.Signed
}

var xmlForms = map[string]xmlsig.Form{"": xmlsig.Enveloped, "enveloped": xmlsig.Enveloped, "enveloping": xmlsig.Enveloping, "detached": xmlsig.Detached}

// besideEnding is the ending of a signature file next to its content, as the
// registry requires for drawings.
const besideEnding = ".sig.xml"

// isBeside reports whether the signature is a file of its own next to the
// input.
func (c *Call) isBeside(format string) bool {
	return c.Form == "detached" && len(c.IDs) == 0 && (format == "xmldsig" || format == "xades")
}

func prepareXML(c *Call, in *input.Stream) (document, error) {
	defer in.Close()
	d := &xmlDocument{c: c, name: in.Name, folder: filepath.Dir(in.Name), parts: len(c.IDs) > 0}
	if in.Beside != "" && filepath.Clean(in.Beside) != d.folder {
		d.away = in.Beside
	}
	beside := companion.At(d.folder)
	defer beside.Close()
	request := xmlsig.Options{
		Form: xmlForms[c.Form], Hash: c.Hash, IDs: c.IDs, XAdES: c.Format == "xades",
		C14N: xmlsig.Canonicalizer{Method: xmlsig.C14N10},
		Open: func(name string) (io.ReadCloser, error) {
			f, err := beside.Open(name)
			if err != nil {
				return nil, err
			}
			return cancellableFile(in, f), nil
		},
	}
	for _, name := range c.With {
		f, err := beside.Open(filepath.ToSlash(filepath.Clean(name)))
		if err != nil {
			return nil, withProblem(name, err)
		}
		defer f.Close()
		request.Files = append(request.Files, xmlsig.File{
			Name: filepath.ToSlash(filepath.Clean(name)), Content: cancellableFile(in, f), MIMEType: mime.TypeByExtension(filepath.Ext(name)),
		})
	}
	if c.isBeside(c.Format) {
		return d, d.prepareBeside(in, request)
	}
	return d, d.prepareInside(in, request)
}

// withProblem explains a file of --with that cannot be read.
func withProblem(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return &fs.PathError{Op: "open", Path: name, Err: errors.Unwrap(err)}
	}
	return problem.New(problem.Input, text{JA: "--with の「%s」を読めません。", EN: "%s of --with cannot be read."}.With(name),
		text{JA: "--with には、文書と同じフォルダーかその下のファイルを指定してください。", EN: "--with takes files in the document's folder or below it."}).Because(err)
}

// cancellableFile is a file that cannot be read after the end of the command.
func cancellableFile(in *input.Stream, f fs.File) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{input.Cancellable(in.Ctx, f), f}
}

// prepareBeside signs a file by its name.
func (d *xmlDocument) prepareBeside(in *input.Stream, request xmlsig.Options) (err error) {
	if d.c.Profile != "" {
		return problem.Misuse(text{JA: "--profile と --form は同時に使えません。", EN: "--profile and --form exclude each other."})
	}
	if in.File == nil {
		return problem.Misuse(text{JA: "標準入力には、署名が指す名前がありません。", EN: "Standard input has no name that a signature could refer to."}).
			WithNext(text{JA: "ファイル名を指定してください。", EN: "Name the file."})
	}
	r, done := in.Reader(d.c.io, d.c.Env.Now)
	defer done()
	own := xmlsig.File{Name: filepath.Base(in.Name), Content: r, MIMEType: mime.TypeByExtension(filepath.Ext(in.Name))}
	request.Files = append([]xmlsig.File{own}, request.Files...)
	d.prepared, err = xmlsig.PrepareFiles(request)
	return err
}

// prepareInside signs a document. It uses the document's form if there is one,
// unless other options were given.
func (d *xmlDocument) prepareInside(in *input.Stream, request xmlsig.Options) error {
	r, done := in.Reader(d.c.io, d.c.Env.Now)
	defer done()
	src, err := io.ReadAll(io.LimitReader(r, int64(xmlsig.DefaultLimits().Size)+1))
	if err != nil {
		return err
	}
	doc, err := xmlsig.Parse(src)
	if err != nil {
		return err
	}
	if len(doc.Signatures()) > 0 {
		for _, r := range doc.Verify(xmlsig.Verification{}) { // good or not
			if r.Certificate != nil && !r.Embedded {
				d.signers = append(d.signers, r.Certificate)
			}
		}
	}
	switch d.c.Profile {
	case "etax":
		request.Profile = xmlsig.ProfileETax
	case "egov":
		request.Profile = xmlsig.ProfileEGov
	default:
		d.form = doc.Detect()
		if d.form == xmlsig.ProfileNone {
			d.alike = resembles(doc, d.name)
		}
		if d.c.Form == "" && len(d.c.IDs) == 0 {
			request.Profile = d.form
		}
	}
	d.inForm = request.Profile != xmlsig.ProfileNone
	d.prepared, err = doc.Prepare(request)
	return err
}

// notes are for the person, before the signature is made.
func (d *xmlDocument) notes() []text {
	notes := xmltext.Notes(d.name, d.prepared)
	if d.form != xmlsig.ProfileNone && (d.c.Form != "" || d.parts) {
		notes = append(notes, text{
			JA: "「%[1]s」は%[2]sですが、--form か --id が指定されたため、その様式の署名にはなりません。提出先では使えません。",
			EN: "%[1]s is %[2]s, but --form or --id was given: the signature will not be the one of its form, and of no use to the service.",
		}.With(d.name, xmltext.Form(d.form)))
	}
	if !d.alike.IsZero() {
		notes = append(notes, d.alike.With(d.name))
	}
	if d.form == xmlsig.ProfileETax && d.c.Form == "" {
		notes = append(notes, text{
			JA: "e-Taxが今どのハッシュを受け付けるかは公表されていません。SHA-256で署名します。",
			EN: "Which digest e-Tax takes today is not published. This signature is made with SHA-256.",
		})
	}
	if files := d.files(); d.away != "" && len(files) > 0 {
		var names []text
		for _, f := range files {
			names = append(names, i18n.Same(printable.Line(f)))
		}
		notes = append(notes, text{
			JA: "署名は元のファイルとは別のフォルダー(%[1]s)に入ります。確かめるときは、署名が指すファイルもそこに置いてください: %[2]s",
			EN: "The signature goes to another folder than its input (%[1]s). To check it, put the files that it is over there too: %[2]s",
		}.With(d.away, i18n.Join(text{JA: "、", EN: ", "}, names...)))
	}
	return notes
}

// resembles tells the signer of a document without a known form which form it
// seems to be meant for. The signature will be an ordinary one.
func resembles(doc *xmlsig.Document, name string) text {
	space, local := doc.Root().Name()
	form := doc.Resembles()
	switch {
	case form == xmlsig.ProfileEGov:
		return text{
			JA: "「%s」はe-Govの構成管理情報に似ていますが、形式が違います。e-Govでは使えない、一般のXML署名になります。",
			EN: "%s resembles a kousei.xml of e-Gov, and has not its shape: it gets an ordinary XML signature, of no use to e-Gov.",
		}
	case local == "DataRoot" && space == "":
		return text{
			JA: "「%s」はe-Govの申請書に見えます。申請書は、それを挙げる構成管理情報(kousei.xml)に署名することで署名されます。",
			EN: "%s looks like a form of e-Gov. A form is signed by signing the kousei.xml that names it.",
		}
	case form == xmlsig.ProfileETax, local == "DATA" && strings.EqualFold(filepath.Ext(name), ".xtx"):
		return text{
			JA: "「%s」はe-Taxの申告等データに似ていますが、名前空間が違います。e-Taxでは使えない、一般のXML署名になります。",
			EN: "%s resembles an e-Tax document, and is in another namespace: it gets an ordinary XML signature, of no use to e-Tax.",
		}
	}
	return text{}
}

// covers are the things that the signature will be over.
func (d *xmlDocument) covers() (all []text) {
	name := xmltext.Item
	if d.inForm {
		name = xmltext.FormItem
	}
	for _, item := range d.prepared.Covers() {
		all = append(all, name(item))
	}
	return all
}

// files are the paths of those that are signed along.
func (d *xmlDocument) files() (paths []string) {
	for _, item := range d.prepared.Covers() {
		if item.Target == xmlsig.TargetFile {
			paths = append(paths, filepath.Join(d.folder, filepath.FromSlash(item.Name)))
		}
	}
	return paths
}

func (d *xmlDocument) sign(by signer) (err error) {
	if slices.ContainsFunc(d.signers, by.cert.Equal) {
		d.c.noteSignedAlready(d.name)
	}
	d.signed, err = d.prepared.Sign(cms.Signing{Certificate: by.cert, CA: by.ca, Key: by.key, Time: by.time.In(cert.JST)})
	return err
}

func (d *xmlDocument) stamp(get func([]byte) ([]byte, error)) error {
	content, err := d.signed.TimestampContent()
	if err != nil {
		return err
	}
	token, err := get(content)
	if err != nil {
		return err
	}
	return d.signed.AddTimestamp(token)
}

func (d *xmlDocument) write(w io.Writer) error {
	_, err := d.signed.WriteTo(w)
	return err
}

func (d *xmlDocument) verify(r io.ReaderAt, size int64) error {
	src, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return err
	}
	doc, err := xmlsig.Parse(src)
	if err != nil {
		return err
	}
	beside := companion.At(d.folder)
	defer beside.Close()
	results := doc.Verify(xmlsig.Verification{Partial: d.parts || d.form != xmlsig.ProfileNone && d.c.Form != "", Open: func(name string) (io.ReadCloser, error) {
		return beside.Open(name)
	}})
	for _, r := range results {
		if r.ID == d.signed.ID {
			return r.Err()
		}
	}
	return xmlsig.ErrNoSignature
}

func (*xmlDocument) close() {}
