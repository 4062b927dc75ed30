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

// Errors that mean that there is no verdict.
var (
	// ErrNoSignature reports a file, or a Report, without a signature.
	ErrNoSignature = errors.New("pdfsig: no signature in the file")
	// ErrTooManySignatures reports more signatures than this package checks.
	ErrTooManySignatures = errors.New("pdfsig: more than 100 signatures in the file")

	errNotVerified = errors.New("pdfsig: not verified")
)

// ErrChangedLater reports a change after a signature that the signature does
// not allow: see [Signature.Changes].
var ErrChangedLater = errors.New("pdfsig: the document was changed after it was signed")

// Causes of failure in the PDF around the CMS.
var (
	// ErrByteRange reports a signature that does not cover the document from
	// the first byte on, except its own Contents.
	ErrByteRange = errors.New("pdfsig: the ByteRange does not cover the document")
	// ErrContents reports Contents that are not one CMS with one signer.
	ErrContents = errors.New("pdfsig: the Contents is no signature")
	// ErrSignatureField reports a signature dictionary or field that violates
	// ISO 32000, or that differs from the one at the time of signing.
	ErrSignatureField = errors.New("pdfsig: the signature is not in its field as it should be")
	// ErrSubFilter reports a kind of signature that this package does not
	// judge.
	ErrSubFilter = errors.New("pdfsig: a kind of signature that is not judged")
	// ErrUnnamedSigner reports a PAdES signature without a signing-certificate
	// attribute.
	ErrUnnamedSigner = errors.New("pdfsig: the signature does not name its certificate")
)

const maxSignatures = 100

// Report is the result of [Verify]: all signatures, oldest first.
type Report struct {
	Signatures []Signature
	// Leading is the number of bytes before the header. No viewer shows them;
	// this package and most others cover them with the signature.
	Leading int64
	// Validation is the unchecked content of the file's security store. It is
	// unsigned, unless a later signature or timestamp covers it.
	Validation Validation
	// Acting is the result of [Features], if nothing was added after the first
	// signature; otherwise nil.
	Acting *Acting
}

// Err is nil if there is at least one signature and all are good. Otherwise it
// is [ErrNoSignature], or all failures joined.
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

// Kind is the purpose of a signature.
type Kind string

// Kinds of signatures.
const (
	Approval          Kind = "approval"
	Certification     Kind = "certification"      // limits later changes (12.8.2.2)
	DocumentTimestamp Kind = "document-timestamp" // ISO 32000-2, 12.8.5
)

// Signature is one signature of a file with the result of its verification. A
// document timestamp is the signature of a timestamp authority.
type Signature struct {
	// Outcome is the outcome of the CMS together with the PDF checks. Failures
	// of the PDF come first. ClaimedTime is the SigningTime if the CMS claims
	// none.
	cms.Outcome

	Field      string // fully qualified name
	Kind       Kind
	SubFilter  string
	Permission Permission // of a certification

	// Claims in the signature dictionary. They are signed, but nobody has
	// checked them.
	Name, Reason, Location string
	ClaimedTime            time.Time // M; zero if missing or invalid

	ByteRange []int64
	Contents  []byte // the CMS with its padding zeros
	// Complete is true if ByteRange leaves out only its own Contents up to its
	// end.
	Complete bool
	// Whole is true if the signature covers the whole current file. Otherwise
	// Changes lists the later additions.
	Whole   bool
	Changes Changes

	Signed    *cms.SignedData // nil if Contents is not a CMS
	CMS       cms.Result      // result of the signer
	Timestamp *cms.Timestamp  // of a document timestamp
	// Validation is the content of the file's security store that a document
	// timestamp covers.
	Validation Validation

	dict     pdf.Dict // the signature dictionary in the current file
	gap      pdf.Span // of its Contents, from the first byte of the file
	ranged   bool     // ByteRange was checked
	opened   bool     // Contents was parsed
	verified bool
}

// Err is nil if the signature is valid and no later change violates its limits.
// The zero Signature is not good.
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

// adopt copies the outcome of the CMS to the signature.
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

// Verify checks every signature of a file: each signature field with a value,
// at any depth of the form. It looks in others for certificates that a
// signature leaves out.
//
// An error means that there is no verdict: the file is not a PDF, encrypted,
// damaged, unreadable, or has no signature ([ErrNoSignature]). The Report holds
// the failures of the signatures found.
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

	loose     bool    // some reader could rebuild the cross-references for a reason outside the file
	acting    *Acting // set once every object has been read
	valueless bool    // check only the structure, no CMS
}

// judge finds the signatures and checks each one and the changes after it.
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

// foundSignature is a signature with the verifier's own state.
type foundSignature struct {
	Signature
	field    pdf.Ref
	value    pdf.Object // as in the field, not resolved
	rules    rules
	end      int64     // end of the covered bytes, from the first byte of the file; 0 if unknown
	revision *document // the file as it was signed
	unhashed bool      // its CMS still has to be checked against the content
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

// examine checks one signature by itself. It returns only read errors.
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

// structural turns damage inside one signature into its failure. It returns any
// other error.
func (s *foundSignature) structural(err error) error {
	var d *DamagedError
	if !errors.As(err, &d) {
		return err
	}
	s.fail(cms.FormatFailure, ErrSignatureField, "%v", err)
	return nil
}

// describe reads the claims of the dictionary (12.8.1, table 252).
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
