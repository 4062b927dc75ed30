package judging

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/smime"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// Found is one signature as read by its format, before its signer is judged.
type Found struct {
	Format     string
	Role       Role
	Where      string // the field of a PDF, the id in an XML document
	Cert       *x509.Certificate
	certs      []*x509.Certificate // that came with it
	Algorithm  string
	Claimed    time.Time // the signing time, as the signer claims
	reasons    []trust.Reason
	Covers     []text
	over       []string         // other files that it covers, where they lie
	Outside    []text           // parts that it does not cover
	Left       []xmlsig.Outside // the same of an XML document, one by one
	Notes      []text           // remarks that are not against it
	After      text             // additions after it
	Changes    pdfsig.Changes   // the same of a PDF, one by one
	Changed    bool             // by additions other than proofs of time
	stamps     []Stamp
	stored     *stored            // revocation data that came along
	signed     *stored            // the same, in the signed part
	itself     *Stamp             // of a document timestamp
	counter    []Found            // over this one
	Form       xmlsig.Profile     // of an XML document
	acting     *pdfsig.Acting     // in a PDF, if known
	asked      *checklist.Subject // of a PDF, for --profile: facts known before the verdict
	SavedAgain bool               // a PDF that another program wrote anew after signing
	Unproven   *x509.Certificate  // the signer it names, without proof
}

// Role is the purpose of a signature.
type Role string

const (
	roleSignature     Role = "signature"
	RoleCertification Role = "certification" // of a PDF: limits later changes
	RoleCounter       Role = "counter-signature"
	RoleTimestamp     Role = "document-timestamp"
	RoleEmbedded      Role = "embedded" // of a certificate inside an .xtx, not of the .xtx
)

// Stamp is a timestamp that came with a signature.
type Stamp struct {
	*cms.Timestamp                   // nil if unreadable
	By             *x509.Certificate // its authority's
	Err            error             // why it proves nothing, even with a trusted authority
	Doubt          *trust.Reason     // why it is not trusted, once judged
	Revocation     trust.Revocation  // of its authority's certificate, once that is judged
	Archive        bool              // it covers those before it, too
	stored         *stored           // revocation data that it covers
}

// stampsOver checks the timestamps that a signature brought along.
func stampsOver(found []cms.SignatureTimestamp) (all []Stamp) {
	for _, t := range found {
		by, err := t.Verify()
		all = append(all, Stamp{Timestamp: t.Timestamp, By: by, Err: err, Archive: t.Archive, stored: newStored(t.CRLs, t.OCSPs)})
	}
	return all
}

// Finder finds signatures in files.
type Finder struct {
	IO  *ui.IO
	Now func() time.Time

	Content []string          // files that detached signatures cover, if the caller named them
	Folder  string            // of the files that detached signatures are over
	Profile checklist.Profile // "" wants more than PDFs
	Many    bool              // files: their number shows how far it came
	Inside  io.Writer         // takes the content of an attached signature; may be nil

	target Target // the file that is searched
}

// signatures finds every signature of a file, by its content.
func (f *Finder) signatures(ctx context.Context, path string) ([]Found, error) {
	if path == "-" {
		return nil, problem.Misuse(text{JA: "署名は標準入力から読めません。", EN: "A signature cannot come from standard input."}).
			WithNext(text{JA: "署名はファイルで、署名された内容は --content - で渡してください。", EN: "Name its file; what is signed can come with --content -."})
	}
	file, err := input.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, 1024)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	format := input.FormatOf(head[:n])
	if input.Markup(head[:n]) {
		format = "xmldsig" // no CMS begins like that
	}
	if smime.IsMail(head[:n]) && format == "cms" {
		format = "smime"
	}
	if cms.IsTimestamp(head[:n]) {
		format = "rfc3161"
	}
	shown := f.target.shown(path)
	switch {
	case f.Profile != "" && format != "pdf":
		return nil, notForChecklist(shown)
	case f.Inside != nil && format != "cms":
		return nil, nothingInside(shown)
	case len(f.Content) > 0 && (format == "pdf" || format == "smime"):
		return nil, hasContent(shown)
	}
	switch format {
	case "pdf":
		found, err := findPDF(ctx, shown, file, info.Size())
		return found, asReceived(err)
	case "xmldsig":
		found, err := f.findXML(ctx, path, file)
		return found, asReceived(err)
	case "smime", "rfc3161":
		data, err := readWhole(ctx, file)
		if err != nil {
			return nil, err
		}
		if format == "smime" {
			return f.findMail(path, data)
		}
		return f.findTimestamp(ctx, path, data)
	}
	found, err := f.findCMS(ctx, &input.Stream{Ctx: ctx, Name: path, File: file, Rest: file, Size: info.Size()})
	if errors.Is(err, cms.FormatFailure) && len(f.Content) == 0 && !f.passesForCMS(path, head[:n]) {
		return nil, noSignature(shown) // it is a file like any other
	}
	return found, err
}

// passesForCMS reports a file that claims to be a signature, by its name or its
// beginning.
func (f *Finder) passesForCMS(path string, head []byte) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return slices.Contains([]string{".p7s", ".p7m", ".p7b", ".p7c", ".cms", ".sig"}, ending) || f.Inside != nil ||
		bytes.HasPrefix(head, []byte{0x30}) || bytes.HasPrefix(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), []byte("-----BEGIN"))
}

// damaged is the advice to somebody who received a file that cannot be read.
var damaged = text{JA: "受け取る途中で壊れたのかもしれません。元のファイルをもう一度受け取ってください。", EN: "It may have been damaged on the way. Get the original file again."}

// asReceived explains a document that cannot be read to somebody who did not
// make it: to mend it would break the signatures in it.
func asReceived(err error) error {
	p := explain.Document(err)
	if p == nil {
		return err
	}
	p.Next = damaged
	if next, ok := explain.ReceivedPDF(err); ok {
		p.Next = next
	}
	return p.Because(err)
}

// hasContent refuses --content for a signature over something else.
func hasContent(path string) error {
	return problem.Misuse(text{JA: "「%s」には、署名された内容も入っています。", EN: "%s holds what was signed itself."}.With(path)).
		WithNext(text{JA: "--content を省いてください。", EN: "Leave out --content."})
}

func nothingInside(path string) error {
	return problem.Misuse(text{JA: "「%s」の中に、取り出せるファイルはありません。", EN: "%s has no file inside that could be taken out."}.With(path)).
		WithNext(text{JA: "--extract は、元のファイルの入ったCMSの署名(.p7m)に使います。", EN: "--extract is for CMS signatures with the file inside (.p7m)."})
}

// maxSignature bounds a file that is read whole, in bytes.
const maxSignature = 128 << 20

func readWhole(ctx context.Context, f *os.File) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(input.Cancellable(ctx, f), maxSignature+1))
	if err == nil && len(data) > maxSignature {
		err = problem.New(problem.Input, text{JA: "「%s」は大きすぎます。", EN: "%s is too large."}.With(f.Name()), text{})
	}
	return data, err
}

func (f *Finder) findCMS(ctx context.Context, in *input.Stream) ([]Found, error) {
	path := in.Name
	r, done := f.reader(in)
	defer done()
	sd, err := cms.Read(r, f.Inside)
	if err != nil && !errors.Is(err, cms.FormatFailure) {
		return nil, err
	}
	if err != nil {
		return nil, notCMS(f.target.shown(path), err)
	}
	switch {
	case f.Inside != nil && sd.Detached():
		return nil, nothingInside(f.target.shown(path))
	case len(f.Content) > 0 && !sd.Detached():
		return nil, hasContent(f.target.shown(path))
	}
	var content *cms.Content
	var over []string
	covers := text{JA: "署名の中に入っている内容", EN: "the content inside the signature"}
	if sd.Detached() {
		name, err := f.contentOf(path, ".p7s")
		if err != nil {
			return nil, err
		}
		if content, err = f.hashContent(ctx, name, sd.Hashes()...); err != nil {
			return nil, err
		}
		covers, over = input.Whole(f.target.shown(name)), []string{name}
	}
	var all []Found
	for _, r := range sd.Verify(content) {
		found := newFound("cms", r.Outcome, r.Err()).withCounters(r.Counter)
		found.Covers, found.over = []text{covers}, over
		all = append(all, found)
	}
	return all, nil
}

// hashContent hashes the signed content: a file, or standard input.
func (f *Finder) hashContent(ctx context.Context, name string, hashes ...crypto.Hash) (*cms.Content, error) {
	in := &input.Stream{Ctx: ctx, Name: f.IO.Text(input.Name(name))}
	if name == "-" {
		in.Rest = input.Stdin(ctx, f.IO)
	} else {
		file, err := input.Open(name)
		if f.isMissing(err) {
			return nil, f.missingContent(name, err)
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in.Rest = file
		if info, err := file.Stat(); err == nil {
			in.Size = info.Size()
		}
	}
	r, done := f.reader(in)
	defer done()
	return cms.HashContent(r, hashes...)
}

// reader reads an input and shows how far it came, unless there are many:
// then their number does.
func (f *Finder) reader(in *input.Stream) (r io.Reader, done func()) {
	if f.Many {
		return input.Cancellable(in.Ctx, in.Rest), func() {}
	}
	return in.Reader(f.IO, f.Now)
}

// newFound is a signature of any format; err is its Err.
func newFound(format string, o cms.Outcome, err error) Found {
	return Found{
		Format: format, Role: roleSignature, Cert: o.Certificate, certs: o.Certificates, Algorithm: o.Algorithm.String(), Claimed: o.SigningTime,
		reasons: trust.ReasonsOf(err), stamps: stampsOver(o.Timestamps), stored: newStored(o.CRLs, o.OCSPs), signed: newStored(o.SignedCRLs, o.SignedOCSPs),
	}
}

// withCounters adds the counter-signatures of a signature.
func (f Found) withCounters(counters cms.Results) Found {
	for _, c := range counters {
		counter := newFound(f.Format, c.Outcome, c.Err()).withCounters(c.Counter)
		counter.Role, counter.Covers = RoleCounter, []text{{JA: "上の署名の値", EN: "the value of the signature above"}}
		f.counter = append(f.counter, counter)
	}
	return f
}

func findPDF(ctx context.Context, path string, f *os.File, size int64) ([]Found, error) {
	report, err := pdfsig.Verify(input.CancellableAt(ctx, f), size)
	if errors.Is(err, pdfsig.ErrNoSignature) {
		return nil, noSignature(path)
	}
	if err != nil {
		return nil, err
	}
	var all []Found
	store := newStored(report.Validation.CRLs, report.Validation.OCSPs)
	known := parseCertificates(report.Validation.Certificates)
	for _, s := range report.Signatures {
		found := pdfFinding(s)
		found.acting = report.Acting
		found.stored = found.stored.with(store)
		found.certs = append(found.certs[:len(found.certs):len(found.certs)], known...)
		if found.asked != nil {
			found.asked.File, found.asked.Size = path, size
		}
		all = append(all, found)
	}
	for i, s := range report.Signatures {
		if all[i].itself == nil || all[i].itself.Err != nil {
			continue
		}
		for j, earlier := range report.Signatures {
			if s.Covers(earlier) {
				all[j].stamps = append(all[j].stamps, *all[i].itself)
			}
		}
	}
	return all, nil
}

func pdfFinding(s pdfsig.Signature) Found {
	found := newFound("pdf", s.Outcome, s.Err()).withCounters(s.CMS.Counter)
	if s.Signed == nil {
		found.Algorithm = ""
	}
	switch s.Kind {
	case pdfsig.Certification:
		found.Role = RoleCertification
	case pdfsig.DocumentTimestamp:
		found.Role, found.Claimed = RoleTimestamp, time.Time{}
		found.itself = documentStamp(s)
	}
	if found.Role != RoleTimestamp {
		found.SavedAgain = s.SavedAgain()
		found.asked = &checklist.Subject{Requirements: s.Touki(), SavedAgain: found.SavedAgain}
	}
	if found.Cert == nil {
		found.Unproven = s.ClaimedSigner()
	}
	found.Where = printable.Line(s.Field)
	switch {
	case !s.Complete || s.Signed == nil:
		found.Covers = []text{coverageUnknown}
	case s.Whole:
		found.Covers = []text{{JA: "文書の全体", EN: "the whole document"}}
	default:
		found.Covers = []text{{JA: "署名したときの文書の全体", EN: "the whole document as it was then"}}
		found.After, found.Changes, found.Changed = laterText(s), s.Changes, !s.Unchanged()
	}
	return found
}

// coverageUnknown stands for the coverage of a signature that is not even well
// formed.
var coverageUnknown = text{JA: "確かめられません", EN: "cannot be told"}

// documentStamp is the timestamp of a document, with its fault.
func documentStamp(s pdfsig.Signature) *Stamp {
	d := &Stamp{Timestamp: s.Timestamp, Err: s.Err(), Archive: true, stored: newStored(s.Validation.CRLs, s.Validation.OCSPs)}
	if d.Err == nil { // and the imprint is the document's
		d.By, d.Err = s.Timestamp.VerifyDigest(s.Timestamp.Imprint)
	}
	return d
}

func notForChecklist(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "「%s」はPDFではありません。提出先の条件は、PDFの署名について調べます。", EN: "%s is no PDF. What a service asks for is checked in PDF signatures."}.With(path),
		text{JA: "署名したPDFを指定してください。ほかの署名は、--profile を付けずに確かめられます。", EN: "Name the signed PDF. Other signatures are checked without --profile."})
}
