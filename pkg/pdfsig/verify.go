package pdfsig

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Errors that stand for the absence of a verdict.
var (
	// ErrNoSignature is a file, or a Report, without a signature.
	ErrNoSignature = errors.New("pdfsig: no signature in the file")
	// ErrTooManySignatures is more than anybody makes and than are checked.
	ErrTooManySignatures = errors.New("pdfsig: more than 100 signatures in the file")

	errNotVerified = errors.New("pdfsig: not verified")
)

// ErrChangedLater is the cause of the failure of a signature after which
// something was changed that it does not allow: see [Signature.Changes].
var ErrChangedLater = errors.New("pdfsig: the document was changed after it was signed")

// Causes of failures of a signature in the file around it.
var (
	// ErrByteRange is a signature that does not cover the document from its first
	// byte on, all but the signature's own place.
	ErrByteRange = errors.New("pdfsig: the ByteRange does not cover the document")
	// ErrContents is a signature whose Contents is not one CMS of one signer.
	ErrContents = errors.New("pdfsig: the Contents is no signature")
	// ErrSignatureField is a signature dictionary, or its field, that is not as
	// ISO 32000 has it, or that was another one when it was signed.
	ErrSignatureField = errors.New("pdfsig: the signature is not in its field as it should be")
	// ErrSubFilter is a signature of a kind that is not judged.
	ErrSubFilter = errors.New("pdfsig: a kind of signature that is not judged")
	// ErrUnnamedSigner is a PAdES signature that does not name its certificate.
	ErrUnnamedSigner = errors.New("pdfsig: the signature does not name its certificate")
)

const maxSignatures = 100

// Report is what verification found about every signature, the oldest first.
type Report struct {
	Signatures []Signature
	// Leading is how many bytes stand before the header, which no viewer
	// shows; signatures of this package and of most others cover them.
	Leading int64
	// Validation is what the file's security store holds, not checked. It is
	// not signed, unless a later signature or timestamp covers it.
	Validation Validation
	// Acting is what [Features] would find, where that was found on the way: if
	// nothing was added after the first signature. Else it is nil.
	Acting *Acting
}

// Err is nil when there is a signature and all of them are good; else it is
// [ErrNoSignature], or all failures joined.
func (r *Report) Err() error {
	if r == nil || len(r.Signatures) == 0 {
		return ErrNoSignature
	}
	var all []error
	for _, s := range r.Signatures {
		all = append(all, s.Err())
	}
	return errors.Join(all...)
}

// Kind is what a signature is for.
type Kind string

// Kinds of signatures.
const (
	Approval          Kind = "approval"
	Certification     Kind = "certification"      // says what may change later (12.8.2.2)
	DocumentTimestamp Kind = "document-timestamp" // ISO 32000-2, 12.8.5
)

// Signature is one signature of a file, and what verification found about it. A
// document timestamp is nobody's signature but its authority's.
type Signature struct {
	// Outcome is that of the CMS, with what the PDF adds: its Failures come
	// first, and ClaimedTime is the SigningTime where the CMS claims none.
	cms.Outcome

	Field      string // fully qualified name
	Kind       Kind
	SubFilter  string
	Permission Permission // of a certification

	// What the signature dictionary claims. It is signed, but nobody checked it.
	Name, Reason, Location string
	ClaimedTime            time.Time // M; zero where missing or wrong

	ByteRange []int64
	Contents  []byte // the CMS with the zeros behind it
	// Complete is true when ByteRange leaves out its own Contents, and nothing
	// else before its end.
	Complete bool
	// Whole is true when the signature covers the whole file as it is now.
	// Otherwise Changes say what was added after it.
	Whole   bool
	Changes Changes

	Signed    *cms.SignedData // nil where Contents is no CMS
	CMS       cms.Result      // of its signer
	Timestamp *cms.Timestamp  // of a document timestamp
	// Validation is what the file's security store held when a document
	// timestamp was made: what it covers.
	Validation Validation

	dict     pdf.Dict // the signature dictionary, as it stands
	gap      pdf.Span // of its Contents, from the first byte of the file
	ranged   bool     // ByteRange was looked at
	opened   bool     // Contents was looked at
	verified bool
}

// Err is nil when the signature is good: it is sound in itself, and nothing
// that it does not allow was changed after it. The zero Signature is not good.
func (s Signature) Err() error {
	var all []error
	for _, f := range s.Failures {
		all = append(all, fmt.Errorf("%s: %w", s.Field, f))
	}
	switch {
	case len(all) > 0:
		return errors.Join(all...)
	case !s.verified:
		return errNotVerified
	}
	return s.CMS.Err()
}

// adopt makes the outcome of the CMS that of the signature.
func (s *Signature) adopt() {
	own := s.Failures
	s.Outcome = s.CMS.Outcome
	s.Failures = slices.Concat(own, s.CMS.Failures)
	if s.SigningTime.IsZero() {
		s.SigningTime = s.ClaimedTime
	}
}

func (s *Signature) fail(code cms.Code, cause error, format string, args ...any) {
	s.Failures = append(s.Failures, &cms.Failure{Code: code, Detail: fmt.Sprintf(format, args...), Cause: cause})
}

// Verify looks at every signature of a file: each field with a value, however
// deep in the form. Certificates that a signature leaves out are looked for
// among others.
//
// An error means that nothing can be said: no PDF, encrypted, damaged, not
// readable, or without a signature ([ErrNoSignature]). Whatever is wrong with
// a signature that is there is in the Report.
func Verify(r io.ReaderAt, size int64, others ...*x509.Certificate) (*Report, error) {
	doc, err := openDocument(r, size)
	if err != nil {
		return nil, err
	}
	v := &verifier{source: r, size: size, doc: doc, others: others, stores: storedData{}}
	if err := v.judge(); err != nil {
		return nil, err
	}
	if len(v.found) == 0 {
		return nil, ErrNoSignature
	}
	slices.SortStableFunc(v.found, func(a, b *foundSignature) int { return cmp.Compare(a.end, b.end) })
	report := &Report{Leading: doc.Leading, Validation: doc.validation(v.stores), Acting: v.acting}
	for _, s := range v.found {
		s.adopt()
		report.Signatures = append(report.Signatures, s.Signature)
	}
	return report, nil
}

// verifier is one run of [Verify].
type verifier struct {
	source io.ReaderAt
	size   int64
	doc    *document
	others []*x509.Certificate
	found  []*foundSignature
	stores storedData

	loose     bool    // some reader could rebuild the cross-references, for a reason that is not in the file
	acting    *Acting // where every object was read
	valueless bool    // only the structure is looked at, and no CMS
}

// judge finds the signatures, looks at each, and at what was added after it.
func (v *verifier) judge() error {
	if err := v.collect(); err != nil {
		return err
	}
	for _, s := range v.found {
		if err := v.examine(s); err != nil {
			return err
		}
	}
	hashed := make(chan error, 1)
	go func() { hashed <- v.hash() }()
	err := v.compareRevisions()
	if unread := <-hashed; err == nil {
		err = unread
	}
	if err != nil {
		return err
	}
	for _, s := range v.found {
		v.conclude(s)
	}
	return nil
}

// foundSignature is a signature with what only the verifier needs.
type foundSignature struct {
	Signature
	field    pdf.Ref
	value    pdf.Object // of the field, as the field has it
	rules    rules
	end      int64     // of what it covers, from the first byte of the file; 0 where unknown
	revision *document // the file as it was signed
	unhashed bool      // its CMS is there to be checked, over the content
	content  *cms.Content
}

func (v *verifier) collect() error {
	seen := map[pdf.Object]bool{}
	return v.doc.fields(func(f *field) error {
		if !f.isSignature() || f.value == nil {
			return nil
		}
		value, err := v.doc.Resolve(f.value)
		if err != nil || value == nil {
			return err
		}
		if len(v.found) == maxSignatures {
			return ErrTooManySignatures
		}
		s := &foundSignature{field: f.ref, value: f.value}
		s.Field, s.Kind = f.name, Approval
		if ref, ok := f.value.(pdf.Ref); ok {
			if seen[ref] {
				s.fail(cms.FormatFailure, ErrSignatureField, "another field has the same signature")
			}
			seen[ref] = true
		}
		v.found = append(v.found, s)
		return nil
	})
}

// examine checks one signature by itself. What it returns are read errors.
func (v *verifier) examine(s *foundSignature) error {
	ref, ok := s.value.(pdf.Ref)
	if !ok {
		s.fail(cms.FormatFailure, ErrSignatureField, "the signature dictionary is not an object of its own")
		return nil
	}
	dict, spans, err := v.doc.ObjectSpans(ref)
	if err != nil {
		return s.structural(err)
	}
	if err := v.describe(s, dict); err != nil {
		return s.structural(err)
	}
	if len(s.Failures) > 0 || !v.checkRange(s, dict, spans) {
		return nil
	}
	if err := v.openRevision(s, ref); err != nil {
		return s.structural(err)
	}
	if len(s.Failures) > 0 || v.valueless {
		return nil
	}
	return v.checkContents(s)
}

// structural makes damage inside one signature its failure; another error is
// returned.
func (s *foundSignature) structural(err error) error {
	var d *DamagedError
	if !errors.As(err, &d) {
		return err
	}
	s.fail(cms.FormatFailure, ErrSignatureField, "%v", err)
	return nil
}

// describe reads what the dictionary says (12.8.1, table 252).
func (v *verifier) describe(s *foundSignature, dict pdf.Dict) (err error) {
	s.dict = dict
	texts := map[pdf.Name]*string{"Name": &s.Name, "Reason": &s.Reason, "Location": &s.Location}
	for key, to := range texts {
		if value, ok := dict[key].(pdf.String); ok {
			*to = text(value)
		}
	}
	if m, ok := dict["M"].(pdf.String); ok {
		s.ClaimedTime, _ = parseDate(text(m))
	}
	subFilter, err := pdf.As[pdf.Name](v.doc.File, dict["SubFilter"])
	if err != nil {
		return err
	}
	s.SubFilter = string(subFilter)
	if s.rules, err = v.doc.rules(dict); err != nil {
		return err
	}
	if s.Permission = s.rules.permission; s.Permission != 0 {
		s.Kind = Certification
	}
	if s.SubFilter == "ETSI.RFC3161" || dict["Type"] == pdf.Name("DocTimeStamp") {
		s.Kind = DocumentTimestamp
	}
	switch s.SubFilter {
	case string(Touki), string(PAdES), "ETSI.RFC3161":
	case "adbe.x509.rsa_sha1", "adbe.pkcs7.sha1":
		s.fail(cms.CryptoConstraintsFailure, ErrSubFilter, "a signature of the old kind %s, which rests on SHA-1", s.SubFilter)
	default:
		s.fail(cms.FormatFailure, ErrSubFilter, "a signature of an unknown kind, SubFilter %q", s.SubFilter)
	}
	return nil
}
