package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// nsXAdES is the namespace of ETSI EN 319 132-1, 4.3, and
// typeSignedProperties the Type of the reference to the signed properties
// (4.4.2).
const (
	nsXAdES              = "http://uri.etsi.org/01903/v1.3.2#"
	nsXAdES141           = "http://uri.etsi.org/01903/v1.4.1#" // of some unsigned properties
	typeSignedProperties = "http://uri.etsi.org/01903#SignedProperties"
)

// properties are the qualifying properties of a signature as it claims them.
type properties struct {
	signed      *node // SignedProperties
	unsigned    *node // UnsignedProperties, nil for none
	signingTime time.Time
	certificate *certDigest
}

// certDigest is a digest of the signing certificate (EN 319 132-1, 5.2.2).
type certDigest struct {
	hash   crypto.Hash
	digest []byte
}

func (c *certDigest) names(cert *x509.Certificate) bool {
	return bytes.Equal(sum(c.hash, cert.Raw), c.digest)
}

func sum(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

// parseProperties reads the qualifying properties; nil if there are none.
// Whether they are signed is checked with the references.
func (sig *signature) parseProperties() (*properties, *cms.Failure) {
	var qualifying []*node
	for _, o := range sig.objects {
		qualifying = append(qualifying, o.all(nsXAdES, "QualifyingProperties")...)
	}
	if len(qualifying) == 0 {
		return nil, nil
	}
	q := qualifying[0]
	switch {
	case len(qualifying) > 1:
		return nil, failure(cms.FormatFailure, "several QualifyingProperties")
	case sig.id == "" || q.attrs["Target"] != "#"+sig.id:
		return nil, failure(cms.FormatFailure, "QualifyingProperties for %q in signature %q", q.attrs["Target"], sig.id)
	}
	for _, c := range q.children {
		if !c.is(nsXAdES, "SignedProperties") && !c.is(nsXAdES, "UnsignedProperties") {
			return nil, failure(cms.FormatFailure, "%s in QualifyingProperties", c.local)
		}
	}
	p := &properties{signed: q.child(nsXAdES, "SignedProperties"), unsigned: q.child(nsXAdES, "UnsignedProperties")}
	if p.signed == nil || len(q.all(nsXAdES, "UnsignedProperties")) > 1 {
		return nil, failure(cms.FormatFailure, "QualifyingProperties must hold one SignedProperties and at most one UnsignedProperties")
	}
	if n := p.unsigned.foreign(nsDSig, nsXAdES, nsXAdES141, string(ExcC14N10)); n != nil {
		return p, failure(cms.SigConstraintsFailure, "the unsigned properties hold %s, which is none", n.local)
	}
	own := p.signed.child(nsXAdES, "SignedSignatureProperties")
	if n := own.child(nsXAdES, "SigningTime"); n != nil {
		var ok bool
		if p.signingTime, ok = parseDateTime(n.trimmed()); !ok {
			return p, failure(cms.FormatFailure, "SigningTime %q is no time with a zone", n.trimmed())
		}
	}
	cert := own.child(nsXAdES, "SigningCertificateV2")
	if cert == nil {
		cert = own.child(nsXAdES, "SigningCertificate")
	}
	if cert != nil {
		var f *cms.Failure
		if p.certificate, f = parseCertDigest(cert); f != nil {
			return p, f
		}
	}
	return p, sig.checkFormats(p.signed)
}

// parseDateTime reads an xs:dateTime with a zone.
func parseDateTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// parseCertDigest reads the first certificate, the signer's, of
// SigningCertificateV2 or of its forerunner.
func parseCertDigest(n *node) (*certDigest, *cms.Failure) {
	certs := n.all(nsXAdES, "Cert")
	if len(certs) == 0 {
		return nil, failure(cms.FormatFailure, "%s without a certificate", n.local)
	}
	digest := certs[0].child(nsXAdES, "CertDigest")
	method := digest.child(nsDSig, "DigestMethod")
	if method == nil {
		return nil, failure(cms.FormatFailure, "%s without a digest", n.local)
	}
	hash, known := digestMethods[method.attrs["Algorithm"]]
	if !known {
		return nil, unsupported(cms.CryptoConstraintsFailure, "digest", method.attrs["Algorithm"])
	}
	value, ok := digest.child(nsDSig, "DigestValue").base64()
	if !ok || len(value) != hash.Size() {
		return nil, failure(cms.FormatFailure, "malformed DigestValue in %s", n.local)
	}
	return &certDigest{hash, value}, nil
}

// checkFormats checks that each DataObjectFormat means a reference of this
// signature (EN 319 132-1, 5.2.4).
func (sig *signature) checkFormats(signed *node) *cms.Failure {
	n := signed.child(nsXAdES, "SignedDataObjectProperties")
	if n == nil {
		return nil
	}
	for _, format := range n.all(nsXAdES, "DataObjectFormat") {
		id, found := strings.CutPrefix(format.attrs["ObjectReference"], "#")
		known := false
		for _, r := range sig.references {
			known = known || r.ID == id && id != ""
		}
		if !found || !known {
			return failure(cms.FormatFailure, "DataObjectFormat for %q, which is no reference", format.attrs["ObjectReference"])
		}
	}
	return nil
}
