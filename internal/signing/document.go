package signing

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
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
	// verify has our own verifier check the result.
	verify(r io.ReaderAt, size int64) error
	// close lets the input go.
	close()
}

// signer is the signer, as read from the card.
type signer struct {
	cert *x509.Certificate
	ca   []*x509.Certificate // to be embedded beside cert
	key  crypto.Signer
	time time.Time
}

// format is a kind of signature.
type format struct {
	Name     string
	ending   func(input string) string // the name of the result
	profiles []string                  // that --profile can ask for, the default first
	own      []string                  // options that not every format has
	prepare  func(c *Call, in *input.Stream) (document, error)
}

var formats = []format{
	{"cms", ending(".p7s"), nil, []string{"attached", "pem", "pss", "no-ca"}, prepareCMS},
	{"pdf", signedName, []string{"touki", "koshonin", "pades"}, []string{"reason", "field", "no-ca"}, preparePDF},
	{"xmldsig", signedName, []string{"etax", "egov"}, []string{"form", "id", "with", "cosign", "no-ca"}, prepareXML},
	{"xades", signedName, []string{"etax", "egov"}, []string{"form", "id", "with", "cosign", "no-ca"}, prepareXML},
	{"raw", ending(".sig"), nil, nil, prepareRaw},
}

// ending is added to the name of the input for the name of the result.
func ending(e string) func(string) string { return func(in string) string { return in + e } }

func formatNamed(name string) (format, bool) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.Name == name })
	if i < 0 {
		return format{}, false
	}
	return formats[i], true
}

// optionOfOtherFormat returns a given option that only other formats have.
func (f format) optionOfOtherFormat(c *Call) string {
	for _, other := range formats {
		for _, name := range other.own {
			if c.Given(name) && !slices.Contains(f.own, name) {
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

// rawDocument is a bare RSA signature over a file or a digest.
type rawDocument struct {
	c         *Call
	digest    []byte
	by        signer
	signature []byte
}

func prepareRaw(c *Call, in *input.Stream) (document, error) {
	if c.DigestHex != "" {
		return &rawDocument{c: c, digest: c.rawDigest}, nil
	}
	defer in.Close()
	r, done := in.Reader(c.io, c.Env.Now)
	defer done()
	content, err := cms.HashContent(r, c.Hash)
	if err != nil {
		return nil, err
	}
	if content.AreAttributes() && !c.Force {
		return nil, problem.New(problem.Input,
			text{JA: "「%s」は別の署名の一部(署名属性)です。裸の署名をすると、その内容への署名として使えてしまいます。", EN: "%s is a part of another signature, its signed attributes: a bare signature over it would be one over what they name."}.With(in.Name),
			text{JA: "分かったうえで署名するなら --force を付けてください。", EN: "If that is what you want, insist with --force."})
	}
	return &rawDocument{c: c, digest: content.Digest(c.Hash)}, nil
}

func (d *rawDocument) sign(by signer) (err error) {
	d.by = by
	d.signature, err = by.key.Sign(nil, d.digest, d.c.Hash)
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
	return checkRaw(d.by.cert, d.c.Hash, d.digest, data)
}

func (*rawDocument) close() {}

// pdfDocument is a PDF file that gets its signature as an incremental update.
type pdfDocument struct {
	c        *Call
	file     *os.File
	prepared *pdfsig.Prepared
	update   *pdfsig.Update
	by       signer
}

func preparePDF(c *Call, in *input.Stream) (document, error) {
	if in.File == nil {
		return nil, problem.Misuse(text{JA: "PDFは標準入力からは署名できません。", EN: "A PDF cannot be signed from standard input."}).
			WithNext(text{JA: "ファイル名を指定してください。", EN: "Name the file."})
	}
	profile := pdfsig.Touki
	if c.Profile == "pades" {
		profile = pdfsig.PAdES
	}
	d := &pdfDocument{c: c, file: in.File}
	var err error
	options := pdfsig.Options{Profile: profile, Field: c.Field}
	if c.Stamp != nil {
		options.Visible = &c.Stamp.place
	}
	if d.prepared, err = pdfsig.Prepare(in.File, in.Size, options); err != nil {
		return nil, err
	}
	if c.Stamp != nil { // with any name: the signer's comes with the card
		if _, err := c.Stamp.draw("署名", c.Env.Now(), false, d.prepared.Space()); err != nil {
			return nil, err
		}
	}
	if err := d.prepared.Hash(c.Hash); err != nil {
		return nil, err
	}
	for _, note := range d.acting(in) {
		c.io.Note(text{JA: "署名する「%s」について: %s。", EN: "Of %s, which is to be signed: %s."}.With(in.Name, note))
	}
	d.noteEarlier()
	return d, nil
}

// acting describes active content in the file. In most cases it was already
// found during hashing.
func (d *pdfDocument) acting(in *input.Stream) []text {
	if d.prepared.Acting != nil {
		return judging.ActingNotes(d.prepared.Acting)
	}
	return judging.FeatureNotes(in.File, in.Size)
}

// noteEarlier warns, before anybody is asked for a PIN, of earlier signatures
// that are not good, and of those that will be reported with visible additions
// after this one.
func (d *pdfDocument) noteEarlier() {
	for _, s := range d.prepared.Signatures {
		field := printable.Line(s.Field)
		gravest, _ := s.Changes.MostSevere()
		switch {
		case errors.Is(s.Err, pdfsig.ErrChangedLater):
			d.c.io.Note(text{
				JA: "前の署名(欄「%s」)は無効です: 署名のあとで、文書の内容が変えられています。",
				EN: "The earlier signature (field %q) is not genuine: the content was changed after it.",
			}.With(field))
		case s.Err != nil:
			d.c.io.Note(text{
				JA: "前の署名(欄「%s」)は、形が規格に合わないため無効です。",
				EN: "The earlier signature (field %q) is not genuine: it is not formed as the standards ask for.",
			}.With(field))
		case d.c.Stamp != nil && gravest.Level >= pdfsig.LevelForm:
			d.c.io.Note(text{
				JA: "前の署名(欄「%s」)には、そのあとで表示が追加されたことが示されます。",
				EN: "The earlier signature (field %q) will be told to have had something added that shows.",
			}.With(field))
		}
	}
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
		pdfsig.Statement{Name: name, Time: by.time, Reason: d.c.Reason, Appearance: appearance, Timestamp: d.c.Stamping.TSA != ""},
		cms.Signing{Certificate: by.cert, CA: by.ca, Key: by.key},
	)
	return err
}

func (c *Call) noteSignedAlready(name string) {
	c.io.Note(text{JA: "「%s」には、すでに同じ証明書の署名があります。もう1つ追加します。", EN: "%s has a signature with the same certificate already. Another one is added."}.With(name))
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

func FormatNames() (names []string) {
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return names
}

func ProfileNames() (names []string) {
	for _, f := range formats {
		for _, p := range f.profiles {
			if !slices.Contains(names, p) {
				names = append(names, p)
			}
		}
	}
	return names
}

func FormNames() (names []string) {
	for name := range xmlForms {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
