package xmlsig

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/strength"
)

// ErrNoSignature is the error of results without a result.
var ErrNoSignature = errors.New("xmlsig: no signature")

// ErrPartial is wrapped by every [UnsignedError]: the signature does not cover
// the document, or not all that the form of the document asks for. Anybody can
// have changed the rest.
var ErrPartial = errors.New("xmlsig: part of the document is not signed")

// ErrUnreadableCertificate: the signer's certificate is missing, or it is one
// of the certificates that cannot be read.
var ErrUnreadableCertificate = errors.New("xmlsig: a certificate cannot be read")

// errNotVerified is the error of a Result that no verification gave.
var errNotVerified = errors.New("xmlsig: not verified")

// Verification holds the settings of a verification.
type Verification struct {
	// Open opens a file that a reference names. name is a path downwards
	// with slashes from the signature's folder. Open decides which files
	// may be read; nil allows none. Nothing is ever fetched from anywhere
	// else.
	Open func(name string) (io.ReadCloser, error)
	// Others are certificates that the signature itself may leave out.
	Others []*x509.Certificate
	// Partial accepts signatures over part of a document, with a warning. A
	// caller that sets it must look at Result.References, because anyone
	// may have written the rest of the document.
	Partial bool
}

// Results are the results for all signatures in a document, in document order.
type Results []Result

// Err is nil when there is a signature and every signature is good; else it is
// [ErrNoSignature], or all failures joined.
func (rs Results) Err() error {
	if len(rs) == 0 {
		return ErrNoSignature
	}
	var all []error
	for _, r := range rs {
		all = append(all, r.Err())
	}
	return errors.Join(all...)
}

// Result is the result of verifying one signature.
//
// The codes of its Failures mean here:
//
//   - FormatFailure: the structure violates XML-DSig or XAdES.
//   - HashFailure: signed content has changed.
//   - SigConstraintsFailure: it is not a signature over this whole document
//     ([ErrPartial]), or it uses a transform that hides its meaning.
//   - NoSigningCertificateFound: no certificate matches the key, or the
//     certificate is not the one that the signature names.
//   - SignedDataNotFound: the target of a reference is missing.
//
// A Cause is an [UnsupportedError], a [SyntaxError] or another error of this
// package, or the caller's own error from [Verification.Open].
type Result struct {
	cms.Outcome
	ID      string // of the Signature element, may be empty
	Element *Element
	// XAdES: there are signed properties.
	XAdES bool
	// Profile is the shape the signature and its document have.
	Profile Profile
	// References list the content of the signature. Whole means that they
	// cover the whole document. In a document that is itself the signature,
	// it means that they cover all its content. Comments may still be
	// unsigned.
	References []*Reference
	Whole      bool
	// Outside lists the parts that the signature leaves out. A part that the
	// form of the document wants signed is a failure too.
	Outside []Outside
	// Embedded reports a signature inside the signed content of the form,
	// such as in a certificate attached to an .xtx. It is not a signature
	// of this document.
	Embedded bool

	verified bool // the signature value and all references were checked, and fit
}

// Err is nil when the signature is good: the key of Certificate signed the
// targets of all references, and no algorithm or key is too weak to prove it.
// Otherwise it joins all Failures. The zero Result is not good.
func (r Result) Err() error {
	var all []error
	for _, f := range r.Failures {
		all = append(all, f)
	}
	if len(all) == 0 && !r.verified {
		return errNotVerified
	}
	return errors.Join(all...)
}

func (r *Result) fail(f *cms.Failure) {
	if f != nil {
		r.Failures = append(r.Failures, f)
	}
}

func (r *Result) warn(w cms.Warning) {
	if !slices.Contains(r.Warnings, w) {
		r.Warnings = append(r.Warnings, w)
	}
}

// Verify checks every signature in the document, at any place. Without a
// signature there is no result, and [Results.Err] is [ErrNoSignature].
func (d *Document) Verify(v Verification) Results {
	var results Results
	work := &budget{left: d.limits.Work * max(len(d.text), 64<<10)}
	if len(d.signatures) == 0 {
		return nil
	}
	sh := d.shape()
	for _, e := range d.signatures {
		results = append(results, v.verify(e, sh, work))
	}
	return results
}

func (v Verification) verify(e *Element, sh *shape, work *budget) Result {
	r := Result{Element: e, Profile: sh.profile}
	// Read once as a tree and once to find SignedInfo again.
	if f := work.spend(2 * (e.end - e.start)); f != nil {
		r.fail(f)
		return r
	}
	sig, f := parseSignature(e)
	r.ID, r.Algorithm, r.References = sig.id, sig.algorithm, sig.references
	if f != nil {
		r.fail(f)
		return r
	}
	props, f := sig.parseProperties()
	r.fail(f)
	if props != nil {
		r.XAdES, r.SigningTime = true, props.signingTime
		r.Timestamps = sig.timestamps(props, work)
	}
	deref := &dereference{sig: sig, open: v.Open, budget: work}
	if f := deref.resolve(); f != nil {
		r.fail(f)
		return r
	}
	for _, ref := range sig.references {
		r.fail(deref.digest(ref))
	}
	if slices.ContainsFunc(sig.references, func(ref *Reference) bool { return ref.elsewhere }) {
		r.warn(EnvelopedElsewhere)
	}
	r.fail(sig.checkPropertiesSigned(props))
	r.coverage(sig, sh, v.Partial)
	r.signer(sig, props, v.Others, work)
	r.fail(r.weakness(props))
	r.verified = len(r.Failures) == 0
	return r
}

// checkPropertiesSigned checks that there is a reference to the properties, of
// the right type, and to nothing else under this type (EN 319 132-1, 4.4.2).
func (sig *signature) checkPropertiesSigned(props *properties) *cms.Failure {
	signed := false
	for _, r := range sig.references {
		if r.Type != typeSignedProperties {
			continue
		}
		if props == nil || r.Element == nil || r.Element.start != props.signed.start || signed {
			return failure(cms.FormatFailure, "a reference to signed properties that means something else")
		}
		signed = true
		r.Target = TargetProperties
	}
	if props != nil && !signed {
		return failure(cms.FormatFailure, "the properties of XAdES are not signed")
	}
	return nil
}

// signer finds the signer's certificate and checks the signature value.
func (r *Result) signer(sig *signature, props *properties, others []*x509.Certificate, work *budget) {
	unreadable, f := r.certificates(sig)
	r.fail(f)
	candidates := slices.Concat(r.Certificates, others)
	if props != nil && props.certificate != nil {
		named := slices.IndexFunc(candidates, props.certificate.names)
		if named < 0 {
			r.fail(failure(cms.NoSigningCertificateFound, "the certificate that the signature names is not there"))
		} else {
			candidates, r.CertificateSigned = candidates[named:named+1], true
		}
	}
	if len(candidates) == 0 {
		if unreadable != nil {
			r.fail(unreadable)
			return
		}
		r.fail(failure(cms.NoSigningCertificateFound, "the signer's certificate is not there"))
		return
	}
	h := sig.algorithm.Hash.New()
	info := sig.find(sig.signedInfo)
	if f := work.spend(info.end - info.start); f != nil {
		r.fail(f)
		return
	}
	if err := sig.canon.Element(h, info); err != nil {
		r.fail(because(cms.FormatFailure, err))
		return
	}
	digest := h.Sum(nil)
	var first *cms.Failure
	for _, cert := range candidates {
		f := checkValue(sig.algorithm, cert.PublicKey, digest, sig.value)
		if f == nil {
			r.Certificate = cert
			break
		}
		if first == nil {
			first = f
		}
	}
	if r.Certificate != nil {
		return
	}
	if unreadable != nil && !r.CertificateSigned {
		first = unreadable
	}
	r.Certificate = candidates[0]
	r.fail(first)
}

// weakness returns a failure if an algorithm or a key behind the signature is
// too weak, else nil.
func (r *Result) weakness(props *properties) *cms.Failure {
	sha1 := func(ref *Reference) bool { return ref.Hash == crypto.SHA1 }
	switch {
	case r.Algorithm.Hash == crypto.SHA1, slices.ContainsFunc(r.References, sha1),
		props != nil && props.certificate != nil && props.certificate.hash == crypto.SHA1:
		return failure(cms.CryptoConstraintsFailureNoPOE, "made with SHA-1, for which collisions can be made")
	case r.Certificate != nil && strength.Of(r.Certificate.PublicKey) == strength.Weak:
		return failure(cms.CryptoConstraintsFailureNoPOE, "made with %s", strength.Name(r.Certificate.PublicKey))
	}
	return nil
}

// maxCertificates bounds the certificates of one signature, because each is
// tried.
const maxCertificates = 64

// certificates reads the certificates of KeyInfo (XML-DSig 1.1, 4.5.4). It
// refuses foreign elements, because KeyInfo is not signed. unreadable is the
// first certificate that cannot be read; it matters only if no other
// certificate is the signer's.
func (r *Result) certificates(sig *signature) (unreadable, f *cms.Failure) {
	if sig.keyInfo == nil {
		return nil, nil
	}
	left := maxCertificates
	if n := sig.keyInfo.foreign(nsDSig, nsDSig11, nsMore); n != nil {
		return nil, failure(cms.SigConstraintsFailure, "KeyInfo holds %s, which is not signed", n.local)
	}
	for _, data := range sig.keyInfo.all(nsDSig, "X509Data") {
		for _, n := range data.all(nsDSig, "X509Certificate") {
			der, ok := n.base64()
			if !ok {
				return nil, failure(cms.FormatFailure, "X509Certificate is not base64")
			}
			if left--; left < 0 {
				return nil, failure(cms.FormatFailure, "more than %d certificates", maxCertificates)
			}
			cert, err := x509.ParseCertificate(der)
			switch {
			case err == nil:
				r.Certificates = append(r.Certificates, cert)
			case unreadable == nil:
				unreadable = &cms.Failure{
					Code:   cms.NoSigningCertificateFound,
					Detail: fmt.Sprintf("the signer's certificate is not there, unless it is one that cannot be read: %v", err),
					Cause:  fmt.Errorf("%w: %w", ErrUnreadableCertificate, err),
				}
			}
		}
	}
	return unreadable, nil
}
