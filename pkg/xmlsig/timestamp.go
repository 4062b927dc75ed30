package xmlsig

import (
	"bytes"
	"errors"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// Timestamp is a signature timestamp as a signature brings it along (EN 319
// 132-1, 5.3). Nothing of it is checked: that the token is genuine, over
// Content, and by whom, package cms tells.
type Timestamp struct {
	Token   []byte // a TimeStampToken (RFC 3161, 2.4.2), DER or not
	Content []byte // what its messageImprint must be a digest of
}

// ErrNoProperties tells that a signature without the properties of XAdES has no
// place for a timestamp.
var ErrNoProperties = errors.New("xmlsig: only XAdES has a place for a timestamp")

// TimestampContent gives what a signature timestamp is over: SignatureValue in
// canonical form.
func (s *Signed) TimestampContent() ([]byte, error) {
	if !s.prepared.xades {
		return nil, ErrNoProperties
	}
	var b bytes.Buffer
	err := s.prepared.canonicalize(&b, s.markup[partValue], "SignatureValue")
	return b.Bytes(), err
}

// AddTimestamp puts a TimeStampToken over [Signed.TimestampContent] into the
// signature, which makes XAdES-B-T of it (EN 319 132-1, 6.3). A second call
// replaces the token.
func (s *Signed) AddTimestamp(token []byte) error {
	if !s.prepared.xades {
		return ErrNoProperties
	}
	m := markup{prefix: s.prepared.prefix}
	m.open("xades:UnsignedProperties")
	m.open("xades:UnsignedSignatureProperties")
	m.open("xades:SignatureTimeStamp", "Id", s.ID+"-timestamp")
	m.algorithm("CanonicalizationMethod", string(s.prepared.canon.Method), s.prepared.canon.PrefixList)
	m.base64("xades:EncapsulatedTimeStamp", token)
	m.close("xades:SignatureTimeStamp")
	m.close("xades:UnsignedSignatureProperties")
	m.close("xades:UnsignedProperties")
	s.markup[partUnsigned] = m.String()
	return s.encode()
}

// timestamps reads the signature timestamps. They are not signed, so that one
// that cannot be read says nothing about the signature: it is left out, and
// whole tells of it.
func (sig *signature) timestamps(p *properties, work *budget) (found []Timestamp, whole bool) {
	whole = true
	for _, n := range p.unsigned.child(nsXAdES, "UnsignedSignatureProperties").all(nsXAdES, "SignatureTimeStamp") {
		c := Canonicalizer{Method: C14N10}
		f := (*cms.Failure)(nil)
		if method := n.child(nsDSig, "CanonicalizationMethod"); method != nil {
			c.Method = C14NMethod(method.attrs["Algorithm"])
			c.PrefixList, f = prefixList(method)
		}
		token, ok := n.child(nsXAdES, "EncapsulatedTimeStamp").base64()
		content, canonical := sig.canonicalValue(c, work)
		if f != nil || !ok || !canonical || n.child(nsXAdES, "Include") != nil {
			whole = false
			continue
		}
		found = append(found, Timestamp{Token: token, Content: content})
	}
	return found, whole
}

func (sig *signature) canonicalValue(c Canonicalizer, work *budget) ([]byte, bool) {
	if f := work.spend(sig.element.end - sig.element.start); f != nil {
		return nil, false
	}
	var b bytes.Buffer
	err := c.Element(&b, sig.find(sig.valueNode))
	return b.Bytes(), err == nil
}
