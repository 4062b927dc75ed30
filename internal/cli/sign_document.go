package cli

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// document is an input that was read and checked, and waits for its signature.
// Everything that takes long or can fail without the card happens before and
// after sign.
type document interface {
	// sign makes the signature: the one step that needs the card.
	sign(by signer) error
	// stamp adds a timestamp, which get fetches over some content.
	stamp(get func(content []byte) (token []byte, err error)) error
	// write writes the result.
	write(w io.Writer) error
	// verify has our own verifier look at what was written.
	verify(r io.ReaderAt, size int64) error
	// close lets the input go.
	close()
}

// signer is who signs, once the card has told.
type signer struct {
	cert *x509.Certificate
	ca   []*x509.Certificate // to be embedded beside cert
	key  crypto.Signer
	time time.Time
}

// format is a kind of signature.
type format struct {
	name     string
	ending   func(input string) string // the name of the result
	profiles []string                  // that --profile can ask for, the default first
	own      []string                  // options that not every format has
	prepare  func(c *call, in *input) (document, error)
}

var formats = []format{
	{"cms", ending(".p7s"), nil, []string{"attached", "pem", "no-ca"}, prepareCMS},
	{"pdf", signedName, []string{"touki", "koshonin", "pades"}, []string{"reason", "field", "no-ca"}, preparePDF},
	{"xmldsig", signedName, []string{"etax", "egov"}, []string{"form", "id", "with", "cosign", "no-ca"}, prepareXML},
	{"xades", signedName, []string{"etax", "egov"}, []string{"form", "id", "with", "cosign", "no-ca"}, prepareXML},
	{"raw", ending(".sig"), nil, nil, prepareRaw},
}

// ending names a result by what is added to the name of the input.
func ending(e string) func(string) string { return func(in string) string { return in + e } }

func formatNamed(name string) (format, bool) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return format{}, false
	}
	return formats[i], true
}

// misused gives an option that was given and that only other formats have.
func (f format) misused(c *call) string {
	for _, other := range formats {
		for _, name := range other.own {
			if c.given(name) && !slices.Contains(f.own, name) {
				return name
			}
		}
	}
	return ""
}

// stampable reports whether a format has a place for a timestamp: the 登記
// profile has none, because some agencies refuse it.
func stampable(format, profile string) bool {
	return format == "cms" || format == "pdf" && profile == "pades" || format == "xades"
}

// signedName puts -signed before the ending.
func signedName(in string) string {
	ending := filepath.Ext(in)
	return strings.TrimSuffix(in, ending) + "-signed" + ending
}

// formatOf chooses the format by the head of a file, not by its name. A CMS
// signature comes first: what is inside can look like anything.
func formatOf(head []byte) string {
	switch {
	case cms.IsSignedData(head):
	case bytes.Contains(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(beginning(head), []byte("<?xml")), bytes.HasPrefix(head, []byte("\xFF\xFE<\x00?\x00")), bytes.HasPrefix(head, []byte("\xFE\xFF\x00<\x00?")):
		return "xmldsig"
	}
	return "cms"
}

// markup reports what can be XML without a declaration, which it may lack.
func markup(head []byte) bool {
	return formatOf(head) == "cms" && bytes.HasPrefix(beginning(head), []byte("<"))
}

// beginning is a text without what may stand before it.
func beginning(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
}

// rawDocument is a bare RSA signature over a file or a digest.
type rawDocument struct {
	c         *call
	digest    []byte
	by        signer
	signature []byte
}

func prepareRaw(c *call, in *input) (document, error) {
	if c.digestHex != "" {
		return &rawDocument{c: c, digest: c.rawDigest}, nil
	}
	defer in.close()
	r, done := in.reader(c.io, c.env.Now)
	defer done()
	content, err := cms.HashContent(r, c.hash)
	if err != nil {
		return nil, err
	}
	if content.AreAttributes() && !c.force {
		return nil, problem.New(problem.Input,
			text{JA: "%sは別の署名の一部(署名属性)です。裸の署名をすると、その内容への署名として使えてしまいます。", EN: "%s is a part of another signature, its signed attributes: a bare signature over it would be one over what they name."}.With(in.name),
			text{JA: "分かったうえで署名するなら --force を付けてください。", EN: "If that is what you want, insist with --force."})
	}
	return &rawDocument{c: c, digest: content.Digest(c.hash)}, nil
}

func (d *rawDocument) sign(by signer) (err error) {
	d.by = by
	d.signature, err = by.key.Sign(nil, d.digest, d.c.hash)
	return err
}

func (*rawDocument) stamp(func([]byte) ([]byte, error)) error { return errNoStamp }

// errNoStamp is a format without place for a timestamp; stampable keeps it
// from happening.
var errNoStamp = errors.New("the format takes no timestamp")

func (d *rawDocument) write(w io.Writer) error {
	_, err := w.Write(d.signature)
	return err
}

func (d *rawDocument) verify(r io.ReaderAt, size int64) error {
	data, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return err
	}
	return checkRaw(d.by.cert, d.c.hash, d.digest, data)
}

func (*rawDocument) close() {}

// pdfDocument is a PDF file that gets its signature as an incremental update.
type pdfDocument struct {
	c        *call
	file     *os.File
	prepared *pdfsig.Prepared
	update   *pdfsig.Update
	by       signer
}

func preparePDF(c *call, in *input) (document, error) {
	if in.file == nil {
		return nil, problem.Misuse(text{JA: "PDFは標準入力からは署名できません。", EN: "A PDF cannot be signed from standard input."}).
			WithNext(text{JA: "ファイル名を指定してください。", EN: "Name the file."})
	}
	profile := pdfsig.Touki
	if c.profile == "pades" {
		profile = pdfsig.PAdES
	}
	d := &pdfDocument{c: c, file: in.file}
	var err error
	options := pdfsig.Options{Profile: profile, Field: c.field}
	if c.stamp != nil {
		options.Visible = &c.stamp.place
	}
	if d.prepared, err = pdfsig.Prepare(in.file, in.size, options); err != nil {
		return nil, err
	}
	if c.stamp != nil { // with any name: the signer's comes with the card
		if _, err := c.stamp.draw("署名", c.env.Now(), false, d.prepared.Space()); err != nil {
			return nil, err
		}
	}
	return d, d.prepared.Hash(c.hash)
}

func (d *pdfDocument) sign(by signer) error {
	if slices.ContainsFunc(d.prepared.Signatures, func(s pdfsig.Existing) bool { return signedBy(s.Contents, by.cert) }) {
		d.c.noteSignedAlready(d.file.Name())
	}
	name := ""
	if h, err := cert.HolderOf(by.cert); err == nil || errors.Is(err, cert.ErrHolderMalformed) {
		name = h.Name.String()
	}
	appearance, err := d.appearance(name, by)
	if err != nil {
		return err
	}
	d.by = by
	d.update, err = d.prepared.Sign(
		pdfsig.Statement{Name: name, Time: by.time, Reason: d.c.reason, Appearance: appearance, Timestamp: d.c.tsa != ""},
		cms.Signing{Certificate: by.cert, CA: by.ca, Key: by.key},
	)
	return err
}

func (c *call) noteSignedAlready(name string) {
	c.io.Note(text{JA: "%sには同じ証明書の署名がもうあります。もう1つ加えます。", EN: "%s has a signature with the same certificate already. Another one is added."}.With(name))
}

// signedBy reports whether a signature, with zeros behind it, is one of the
// certificate's key.
func signedBy(contents []byte, c *x509.Certificate) bool {
	sd, err := cms.Parse(bytes.TrimRight(contents, "\x00"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(sd.Certificates, c.Equal)
}

func (d *pdfDocument) stamp(get func([]byte) ([]byte, error)) error {
	stamped, err := stampCMS(d.update.CMS(), get)
	if err != nil {
		return err
	}
	return d.update.Embed(stamped)
}

func (d *pdfDocument) write(w io.Writer) error {
	_, err := d.update.WriteTo(w)
	return err
}

func (d *pdfDocument) verify(r io.ReaderAt, size int64) error {
	report, err := pdfsig.Verify(r, size, d.by.cert)
	if err != nil {
		return err
	}
	for _, s := range report.Signatures {
		if s.Field == d.prepared.Field {
			if !s.Whole {
				return fmt.Errorf("the signature does not cover the whole file")
			}
			return s.Err()
		}
	}
	return pdfsig.ErrNoSignature
}

func (d *pdfDocument) close() { d.file.Close() }

// xmlDocument is an XML document that gets its signature inside.
type xmlDocument struct {
	c        *call
	name     string
	folder   string
	signers  []*x509.Certificate // of the signatures that are there
	prepared *xmlsig.Prepared
	signed   *xmlsig.Signed
}

var xmlForms = map[string]xmlsig.Form{"": xmlsig.Enveloped, "enveloped": xmlsig.Enveloped, "enveloping": xmlsig.Enveloping, "detached": xmlsig.Detached}

func prepareXML(c *call, in *input) (document, error) {
	defer in.close()
	r, done := in.reader(c.io, c.env.Now)
	defer done()
	src, err := io.ReadAll(io.LimitReader(r, int64(xmlsig.DefaultLimits().Size)+1))
	if err != nil {
		return nil, err
	}
	doc, err := xmlsig.Parse(src)
	if err != nil {
		return nil, err
	}
	d := &xmlDocument{c: c, name: in.name, folder: filepath.Dir(in.name)}
	if len(doc.Signatures()) > 0 {
		for _, r := range doc.Verify(xmlsig.Verification{}) { // good or not
			if r.Certificate != nil {
				d.signers = append(d.signers, r.Certificate)
			}
		}
	}
	request := xmlsig.Options{
		Form: xmlForms[c.form], Hash: c.hash, IDs: c.ids, XAdES: c.format == "xades",
		C14N: xmlsig.Canonicalizer{Method: xmlsig.C14N10},
	}
	switch c.profile {
	case "etax":
		request.Profile = xmlsig.ProfileETax
	case "egov":
		request.Profile = xmlsig.ProfileEGov
	default:
		if c.form == "" && len(c.ids) == 0 {
			request.Profile = doc.Detect()
		}
	}
	for _, name := range c.with {
		f, err := openInput(filepath.Join(d.folder, name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		request.Files = append(request.Files, xmlsig.File{
			Name: filepath.ToSlash(name), Content: cancellable(in.ctx, f), MIMEType: mime.TypeByExtension(filepath.Ext(name)),
		})
	}
	beside, err := companion.Open(d.folder)
	if err != nil {
		return nil, err
	}
	defer beside.Close()
	request.Open = func(name string) (io.ReadCloser, error) {
		f, err := beside.Open(name)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{cancellable(in.ctx, f), f}, nil
	}
	d.prepared, err = doc.Prepare(request)
	return d, err
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
	results := doc.Verify(xmlsig.Verification{Partial: true, Open: func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(d.folder, filepath.FromSlash(name)))
	}})
	for _, r := range results {
		if r.ID == d.signed.ID {
			return r.Err()
		}
	}
	return xmlsig.ErrNoSignature
}

func (*xmlDocument) close() {}

// explainDocument explains why a file cannot be signed, or its signature not
// be read.
func explainDocument(err error) *problem.Problem {
	for _, explain := range []func(error) *problem.Problem{explainVisible, explainPDF} {
		if p := explain(err); p != nil {
			return p
		}
	}
	for _, known := range documentProblems {
		if errors.Is(err, known.cause) {
			return problem.New(problem.Input, known.what, known.next)
		}
	}
	var (
		syntax    *xmlsig.SyntaxError
		limit     *xmlsig.LimitError
		breaks    *xmlsig.BreaksSignatureError
		ambiguous *xmlsig.AmbiguousError
		relative  *xmlsig.RelativeNamespaceError
	)
	switch {
	case errors.As(err, &syntax):
		return problem.New(problem.Input,
			text{JA: "XMLとして読めません: %s", EN: "This cannot be read as XML: %s"}.With(strings.TrimPrefix(syntax.Error(), "xmlsig: ")),
			text{JA: "その行を確かめてください。DOCTYPEのあるXMLは扱いません。", EN: "Look at that line. XML with a DOCTYPE is not taken."})
	case errors.As(err, &limit):
		return problem.New(problem.Input,
			text{JA: "XMLが大きすぎるか、複雑すぎます: %s", EN: "The XML is too large or too complex: %s"}.With(strings.TrimPrefix(limit.Error(), "xmlsig: ")),
			text{JA: "--format cms なら、どのファイルにも分離署名を付けられます。", EN: "With --format cms any file takes a detached signature."})
	case errors.As(err, &ambiguous):
		return problem.New(problem.Input,
			text{JA: "%d行目の%d文字目は、%sとして読むソフトによって別の文字になります。", EN: "Line %d, character %d: programs that read %s take it for different characters."}.With(ambiguous.Line, ambiguous.Column, ambiguous.Encoding),
			text{JA: "UTF-8で保存し直してから署名してください。", EN: "Save the document as UTF-8, then sign it."})
	case errors.As(err, &relative):
		return problem.New(problem.Input,
			text{JA: "%d行目の要素の名前空間「%s」は相対URIです。署名に使う正規形が、このXMLにはありません。", EN: "Line %d: the namespace %q is a relative URI. Such XML has no canonical form to sign."}.With(relative.Line, relative.Name),
			text{JA: "urn: や http: で始まる名前空間にしてください。", EN: "Use a namespace that begins with urn: or http:, say."})
	case errors.As(err, &breaks):
		return problem.New(problem.Input,
			text{JA: "すでにある署名が文書全体を覆っているため、署名を加えるとそれが無効になります。", EN: "A signature that is there covers the whole document: another one inside would make it invalid."},
			text{JA: "e-Taxの文書なら、最初の署名を --cosign で作り直してください。", EN: "In an e-Tax document the first signature has to be made with --cosign."})
	}
	return nil
}

var documentProblems = []struct {
	cause      error
	what, next text
}{
	{pdfsig.ErrEncrypted, text{JA: "PDFが暗号化されています。登記・供託オンライン申請は、暗号化されたPDFを受け付けません。", EN: "The PDF is encrypted: the online registration service takes no encrypted PDF."}, text{JA: "ほかの提出先なら --profile pades で署名できます。登記には、暗号化せずに保存し直してから署名してください。", EN: "For other services sign with --profile pades. For the registry, save it without encryption, then sign it."}},
	{pdfsig.ErrPassword, text{JA: "PDFを開くにはパスワードが必要です。", EN: "The PDF opens with a password only."}, text{JA: "PDFを表示するソフトで、パスワードなしで開けるように保存し直してから署名してください。", EN: "Save it in a PDF program so that it opens without one, then sign it."}},
	{pdfsig.ErrEncryption, text{JA: "PDFが特殊な方法(証明書など)で暗号化されています。", EN: "The PDF is encrypted in a special way (by certificates, for example)."}, text{JA: "暗号化せずに保存し直してから署名してください。", EN: "Save it without encryption, then sign it."}},
	{pdfsig.ErrNotPermitted, text{JA: "PDFの作成者が、このような署名を加えることを許可していません(暗号化の権限設定)。", EN: "The author of the PDF does not permit such a signature (permissions of the encryption)."}, text{JA: "空の署名欄があれば --field で指定してください。なければ、作成者に署名を許可したものをもらってください。", EN: "If it has an empty signature field, name that with --field. Otherwise ask the author for one that permits signatures."}},
	{pdfsig.ErrCertified, text{JA: "PDFは変更を許さない証明(DocMDP)が付いています。署名を加えると無効になります。", EN: "The PDF is certified against any change: a signature would break that."}, text{JA: "作成者に、署名を許す形で作り直してもらってください。", EN: "Ask its author for one that allows signatures."}},
	{pdfsig.ErrDynamicForm, text{JA: "PDFは動的なフォーム(XFA)で、表示される内容がファイルにありません。", EN: "The PDF is a dynamic form (XFA): what it shows is not in the file."}, text{JA: "印刷の機能で通常のPDFにしてから署名してください。", EN: "Print it to an ordinary PDF, then sign that."}},
	{pdfsig.ErrNotPDF, text{JA: "PDFファイルではありません。", EN: "This is no PDF file."}, text{}},
	{pdfsig.ErrToukiName, text{JA: "証明書から氏名を読み取れないため、登記・供託オンライン申請の形(touki)では署名できません。", EN: "The certificate has no name that can be read, which the registry's form (touki) asks for."}, text{JA: "--profile pades なら署名できます。", EN: "With --profile pades it can be signed."}},
	{pdfsig.ErrToukiKey, text{JA: "登記・供託オンライン申請の形(touki)の署名はRSAの鍵だけです。このカードの鍵は違います。", EN: "The registry's form (touki) is signed with RSA keys only, and this card has another."}, text{JA: "--profile pades なら署名できます。", EN: "With --profile pades it can be signed."}},
	{pdfsig.ErrNoField, text{JA: "その名前の署名欄はありません。", EN: "There is no signature field of this name."}, text{JA: "--field を確かめてください。", EN: "Check --field."}},
	{pdfsig.ErrFieldSigned, text{JA: "その署名欄にはもう署名があります。", EN: "The signature field is signed already."}, text{JA: "--field を省くと、新しい署名欄を作ります。", EN: "Without --field a new one is made."}},
	{pdfsig.ErrFieldLocked, text{JA: "その署名欄は、前の署名によってロックされています。", EN: "An earlier signature has locked the field."}, text{}},
	{pdfsig.ErrFieldDemands, text{JA: "その署名欄は、この版にない条件を求めています。", EN: "The field asks for something this version does not do."}, text{JA: "--field を省いてください。", EN: "Leave out --field."}},
	{pdfsig.ErrTooLarge, text{JA: "PDFが大きすぎます。", EN: "The PDF is too large."}, text{}},
	{pdfsig.ErrChanged, text{JA: "ファイルが署名中に変わったため、署名を保存しませんでした。", EN: "The file changed while it was being signed. The signature was not saved."}, text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes to it any more."}},
	{xmlsig.ErrProfile, text{JA: "文書の形が --profile の様式に合いません。", EN: "The document has not the shape that --profile asks for."}, text{JA: "--profile を省くか、文書を確かめてください。", EN: "Leave out --profile, or check the document."}},
	{xmlsig.ErrNoElement, text{JA: "--id の要素が文書にありません。", EN: "The document has no element with this --id."}, text{}},
	{xmlsig.ErrDuplicateID, text{JA: "同じIDの要素がいくつもあります。", EN: "Several elements have the same id."}, text{JA: "文書のIDを直してください。", EN: "Mend the ids of the document."}},
	{xmlsig.ErrSelf, text{JA: "その要素の中には、その要素自身への署名を置けません。", EN: "The element would contain its own detached signature."}, text{JA: "ルートではなく、その中の要素を --id で指定してください。", EN: "Name an element below the root with --id."}},
	{xmlsig.ErrFileName, text{JA: "--with には、文書と同じフォルダーかその下のファイルを指定してください。", EN: "--with takes files in the document's folder or below it."}, text{}},
	{xmlsig.ErrNothingToSign, text{JA: "署名する対象がありません。", EN: "There is nothing to sign."}, text{JA: "--form detached には --id か --with が必要です。", EN: "--form detached wants --id or --with."}},
	{xmlsig.ErrSignedInside, text{JA: "署名済みの文書は、別の署名の中に入れられません。", EN: "A signed document cannot go inside another signature."}, text{}},
}
