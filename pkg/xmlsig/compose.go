package xmlsig

import (
	"io"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
)

func (p *Prepared) newMarkup() markup { return markup{prefix: p.prefix, lines: p.lines} }

// open is the start tag of the Signature.
func (p *Prepared) open(id string) string {
	m := p.newMarkup()
	declaration := "xmlns"
	if p.prefix != "" {
		declaration += ":" + p.prefix
	}
	m.open("Signature", declaration, nsDSig, "Id", id)
	return m.String()
}

// close is its end tag.
func (p *Prepared) close() string {
	m := p.newMarkup()
	m.end("Signature")
	return m.String()
}

func (p *Prepared) signedInfo(a cms.Algorithm, references []digested) string {
	m := p.newMarkup()
	m.open("SignedInfo")
	m.algorithm("CanonicalizationMethod", string(p.canon.Method), p.canon.PrefixList)
	m.algorithm("SignatureMethod", signatureURI(a), nil)
	for _, r := range references {
		attributes := []string{"URI", r.uri}
		if r.id != "" {
			attributes = append(attributes, "Id", r.id)
		}
		if r.kind != "" {
			attributes = append(attributes, "Type", r.kind)
		}
		m.open("Reference", attributes...)
		if len(r.transforms) > 0 {
			m.open("Transforms")
			for _, t := range r.transforms {
				m.algorithm("Transform", t.algorithm, t.prefixes)
			}
			m.close("Transforms")
		}
		m.algorithm("DigestMethod", digestURI(p.hash), nil)
		m.base64("DigestValue", r.digest)
		m.close("Reference")
	}
	m.close("SignedInfo")
	return m.String()
}

func (p *Prepared) keyInfo(s cms.Signing) string {
	m := p.newMarkup()
	m.open("KeyInfo")
	m.open("X509Data")
	m.base64("X509Certificate", s.Certificate.Raw)
	for _, ca := range s.CA {
		if p.sh == nil && !ca.Equal(s.Certificate) {
			m.base64("X509Certificate", ca.Raw)
		}
	}
	m.close("X509Data")
	m.close("KeyInfo")
	return m.String()
}

// properties returns the Object with the properties of XAdES-B-B (EN 319 132-1,
// 6.3), the end tags after the optional unsigned properties, and the reference
// to the signed properties.
func (p *Prepared) properties(id string, s cms.Signing) (object, end string, reference digested, err error) {
	signedID := id + "-properties"
	m := p.newMarkup()
	m.open("Object")
	m.open("xades:QualifyingProperties", "xmlns:xades", nsXAdES, "Target", "#"+id)
	m.open("xades:SignedProperties", "Id", signedID)
	m.open("xades:SignedSignatureProperties")
	m.leaf("xades:SigningTime", s.Time.Format(time.RFC3339))
	m.open("xades:SigningCertificateV2")
	m.open("xades:Cert")
	m.open("xades:CertDigest")
	m.algorithm("DigestMethod", digestURI(p.hash), nil)
	m.base64("DigestValue", sum(p.hash, s.Certificate.Raw))
	m.close("xades:CertDigest")
	m.close("xades:Cert")
	m.close("xades:SigningCertificateV2")
	m.close("xades:SignedSignatureProperties")
	m.open("xades:SignedDataObjectProperties")
	for _, r := range p.digested {
		m.open("xades:DataObjectFormat", "ObjectReference", "#"+r.id)
		m.leaf("xades:MimeType", r.mimeType)
		m.close("xades:DataObjectFormat")
	}
	m.close("xades:SignedDataObjectProperties")
	m.close("xades:SignedProperties")
	tags := p.newMarkup()
	tags.close("xades:QualifyingProperties")
	tags.close("Object")
	h := p.hash.New()
	if err := p.canonicalize(h, m.String()+tags.String(), "SignedProperties"); err != nil {
		return "", "", digested{}, err
	}
	return m.String(), tags.String(), digested{
		uri: "#" + signedID, kind: typeSignedProperties,
		transforms: p.canon.transforms(), digest: h.Sum(nil),
	}, nil
}

// transforms is the canonicalisation as a transform.
func (c Canonicalizer) transforms() []transform {
	return []transform{{string(c.Method), c.PrefixList}}
}

// canonicalize writes the canonical form of the element called local in a
// child of the Signature that does not stand in the document yet.
func (p *Prepared) canonicalize(w io.Writer, child, local string) error {
	outer := &Element{doc: p.doc, text: []byte(child), outer: p.scope}
	found, err := p.doc.find(outer.scanner(), 1, func(t *token) bool { return string(t.local) == local })
	if err != nil {
		return err
	}
	c := p.canon
	return c.Element(w, found[0])
}
