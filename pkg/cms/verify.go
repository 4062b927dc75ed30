package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// ErrNoSigner is the error of results without a result.
var ErrNoSigner = errors.New("cms: no signer")

// errNotVerified is the error of a Result that no verification gave.
var errNotVerified = errors.New("cms: not verified")

// Results are those of every signer, in the order of [SignedData.Signers].
type Results []Result

// Err is nil when there is a signer and every signer's signature is good;
// else it is [ErrNoSigner], or all failures joined.
func (rs Results) Err() error {
	if len(rs) == 0 {
		return ErrNoSigner
	}
	var all []error
	for _, r := range rs {
		all = append(all, r.Err())
	}
	return errors.Join(all...)
}

// Outcome is the part of a verification that every format has: results of this
// package, of pdfsig and of xmlsig embed it. It says nothing of whether the
// certificate is to be believed: that is for package trust.
type Outcome struct {
	// Certificate is the signer's, nil where it was not found; Certificates are
	// all that were looked through for it.
	Certificate  *x509.Certificate
	Certificates []*x509.Certificate
	Algorithm    Algorithm
	SigningTime  time.Time // as the signer claims; zero where not claimed
	// CertificateSigned is true when the signature names Certificate: in an ESS
	// signing-certificate attribute, as CAdES and PAdES ask for, or in the signed
	// properties of XAdES. Otherwise another certificate for the same key could
	// stand in its place.
	CertificateSigned bool
	Timestamps        []SignatureTimestamp // over the signature, those of an archive last; unchecked
	CRLs, OCSPs       [][]byte             // that came along, unchecked
	// SignedCRLs and SignedOCSPs are those among the signed attributes
	// (adbe-revocationInfoArchival), which are no younger than the signature.
	SignedCRLs, SignedOCSPs [][]byte
	Warnings                []Warning
	Failures                []*Failure // all that stands against the signature
}

// Result is the result of verifying one signer.
type Result struct {
	Outcome
	Signer *SignerInfo
	// Counter are the counter-signatures: signatures of others over this one.
	// They are among the unsigned attributes, which anybody can add or take
	// away: a fault in one says nothing of the signature itself, and is not in
	// its Err.
	Counter Results

	verified bool // the signature value was checked, and fits
}

// Err is nil when the signature is good: the key of Certificate signed the
// content given, and neither key nor digest is too weak to prove it. Else it is
// all of Failures, joined. The zero Result is not good.
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

func (r *Result) fail(f *Failure) {
	if f != nil {
		r.Failures = append(r.Failures, f)
	}
}

// Verify checks every signer against the content. It is given as HashContent
// made it with the digests [SignedData.Hashes] names, or as nil where it is
// inside the signature. A signer's certificate is looked for in the signature,
// then among others. Without a signer there is no result, and the Err of that
// is [ErrNoSigner].
func (sd *SignedData) Verify(content *Content, others ...*x509.Certificate) Results {
	var unfit *Failure
	if !sd.Detached() {
		if content != nil {
			unfit = failure(SigConstraintsFailure, "the signature holds its own content, and is not one over the content given")
		}
		if content = sd.passed; content == nil {
			content = sd.hashContent()
		}
	}
	certificates := slices.Concat(sd.Certificates, others)
	results := make(Results, len(sd.Signers))
	counter := &countersigning{certificates: certificates, unreadable: sd.unreadable}
	for i := range sd.Signers {
		results[i] = sd.verify(&sd.Signers[i], content, certificates)
		results[i].fail(unfit)
		results[i].Counter = counter.over(&sd.Signers[i], 0)
	}
	limitTimestamps(results, maxTimestamps)
	return results
}

// hashContent digests the content inside; nil where that is not possible.
func (sd *SignedData) hashContent() *Content {
	h, err := newHasher(sd.Hashes())
	if err != nil {
		return nil
	}
	if err := sd.WriteContent(h); err != nil {
		return nil
	}
	return h.content()
}

func (sd *SignedData) verify(si *SignerInfo, content *Content, certificates []*x509.Certificate) Result {
	r := Result{Signer: si}
	r.Certificates, r.Timestamps = certificates, append(si.timestamps(), sd.archives(si, content)...)
	r.CRLs, r.OCSPs = sd.Revocations()
	r.SignedCRLs, r.SignedOCSPs = si.archival()
	r.certificate(certificates, sd.unreadable)
	var f *Failure
	r.SigningTime, f = signingTime(si.Signed)
	r.fail(f)
	hash, f := si.digestAlgorithm.digest()
	if f != nil {
		r.fail(f)
		return r
	}
	if !sd.announces(hash) {
		r.fail(failure(FormatFailure, "%v is not among the digest algorithms of the whole", hash))
	}
	r.Algorithm, f = si.signatureAlgorithm.signature(hash)
	r.fail(f)

	digest := content.Digest(hash)
	if digest == nil {
		r.fail(failure(SignedDataNotFound, "the content, or its %v digest, was not given", hash))
	}
	signed := [][]byte{digest}
	if si.Signed == nil {
		r.fail(sd.withoutAttributes(content))
	} else {
		signed = r.attributes(sd, hash, digest)
	}
	if r.Certificate == nil || r.Algorithm.Scheme == "" {
		return r
	}
	r.verified = r.checkValue(signed)
	r.fail(r.Algorithm.weakness(r.Certificate.PublicKey))
	return r
}

// checkValue checks the signature value, which fits if it is over one of the
// digests.
func (r *Result) checkValue(digests [][]byte) bool {
	var last *Failure
	for _, digest := range digests {
		if digest == nil {
			continue
		}
		if last = r.Algorithm.verify(r.Certificate.PublicKey, digest, r.Signer.Signature); last == nil {
			return true
		}
	}
	r.fail(last)
	return false
}

// announces reports whether the digest algorithms in front of the content
// name this one, without which nobody could verify in one pass.
func (sd *SignedData) announces(h crypto.Hash) bool {
	return slices.ContainsFunc(sd.digestAlgorithms, func(a algorithmIdentifier) bool {
		announced, f := a.digest()
		return f == nil && announced == h
	})
}

// withoutAttributes checks the conditions of a signature straight over the
// content: content of type data only (RFC 5652, 5.3), and not content that was
// made from the signed attributes of another signature.
func (sd *SignedData) withoutAttributes(content *Content) *Failure {
	if sd.ContentType != oidData && sd.ContentType != noContentType {
		return failure(FormatFailure, "no signed attributes, with content of type %v", sd.ContentType)
	}
	if content != nil && content.attributes {
		return failure(SigConstraintsFailure, "the content is the signed attributes of another signature")
	}
	return nil
}

// checkContentType checks that the signed attributes name the type of the
// content (RFC 5652, 11.1).
func (sd *SignedData) checkContentType(signed []Attribute) *Failure {
	if sd.ContentType == noContentType {
		if c, f := single(signed, oidContentType, "contentType"); c != nil || f != nil {
			return failure(FormatFailure, "contentType attribute in a counter-signature") // RFC 5652, 11.4
		}
		return nil
	}
	t, f := contentType(signed)
	if f == nil && t != sd.ContentType {
		f = failure(FormatFailure, "contentType attribute %v beside content of type %v", t, sd.ContentType)
	}
	return f
}

// attributes checks the signed attributes against the content, and gives the
// digests the signature value may be over.
func (r *Result) attributes(sd *SignedData, hash crypto.Hash, digest []byte) [][]byte {
	si := r.Signer
	r.fail(sd.checkContentType(si.Signed))
	if signed, f := messageDigest(si.Signed); f != nil {
		r.fail(f)
	} else if digest != nil && !bytes.Equal(signed, digest) { // nil is a failure already
		r.fail(failure(HashFailure, "the content is not what was signed"))
	}

	// The signature is over the DER encoding with the tag of SET OF (RFC 5652,
	// 5.4). Some programs do not sort the attributes and sign them as sent.
	asSent := retagged(tagSet, si.signedAttrs.full)
	set := element{tag: tagSet, body: si.signedAttrs.body, depth: si.signedAttrs.depth}
	der, err := set.der()
	if err != nil {
		r.fail(failure(FormatFailure, "signed attributes: %v", err))
		return nil
	}
	digests := [][]byte{sum(hash, der)}
	if !bytes.Equal(asSent, der) {
		r.Warnings = append(r.Warnings, AttributesNotDER)
		digests = append(digests, sum(hash, asSent))
	}
	return digests
}

func sum(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

// certificate finds the certificate that the signer identifier names, and that
// the ESS attributes name where there are any (RFC 5652, 5.3; RFC 5035, 5).
func (r *Result) certificate(certificates []*x509.Certificate, unreadable []error) {
	ids, f := signingCertificates(r.Signer.Signed)
	if f != nil {
		r.fail(f)
	}
	for _, cert := range certificates {
		if !r.Signer.identifies(cert) {
			continue
		}
		if r.Certificate == nil {
			r.Certificate = cert
		}
		if len(ids) > 0 && !slices.ContainsFunc(ids, func(id certID) bool { return !id.names(cert) }) {
			r.Certificate, r.CertificateSigned = cert, true
			return
		}
	}
	switch {
	case r.Certificate != nil && len(ids) > 0:
		r.fail(failure(NoSigningCertificateFound, "the signer's certificate is not the one that was signed"))
	case r.Certificate == nil && len(unreadable) > 0:
		r.fail(failure(NoSigningCertificateFound, "the signer's certificate is not there, unless it is among %d that cannot be read: %v", len(unreadable), unreadable[0]))
	case r.Certificate == nil:
		r.fail(failure(NoSigningCertificateFound, "the signer's certificate is not there"))
	}
}

// identifies reports whether the signer identifier names the certificate.
func (si *SignerInfo) identifies(cert *x509.Certificate) bool {
	if si.Serial == nil {
		return len(si.SubjectKeyID) > 0 && bytes.Equal(si.SubjectKeyID, cert.SubjectKeyId)
	}
	return si.Serial.Cmp(cert.SerialNumber) == 0 && sameName(si.Issuer, cert.RawIssuer)
}
