package xmlsig

import (
	"bytes"
	"errors"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// ErrNoProperties is a signature without the properties of XAdES. It has no
// place for a timestamp.
var ErrNoProperties = errors.New("xmlsig: only XAdES has a place for a timestamp")

// TimestampContent returns the content for a signature timestamp:
// SignatureValue in canonical form.
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

// timestamps reads the signature timestamps (EN 319 132-1, 5.3).
func (sig *signature) timestamps(p *properties, work *budget) (found []cms.SignatureTimestamp) {
	for _, n := range p.unsigned.child(nsXAdES, "UnsignedSignatureProperties").all(nsXAdES, "SignatureTimeStamp") {
		if len(found) == cms.MaxTimestamps {
			return append(found, cms.SignatureTimestamp{Err: cms.ErrMoreTimestamps})
		}
		found = append(found, sig.timestamp(n, work))
	}
	return found
}

func (sig *signature) timestamp(n *node, work *budget) (s cms.SignatureTimestamp) {
	c := Canonicalizer{Method: C14N10}
	if method := n.child(nsDSig, "CanonicalizationMethod"); method != nil {
		var f *cms.Failure
		c.Method = C14NMethod(method.attrs["Algorithm"])
		if c.PrefixList, f = prefixList(method); f != nil {
			s.Err = f
			return s
		}
	}
	if n.child(nsXAdES, "Include") != nil {
		s.Err = failure(cms.FormatFailure, "a timestamp over what its Include says, which is not followed")
		return s
	}
	token, ok := n.child(nsXAdES, "EncapsulatedTimeStamp").base64()
	if !ok {
		s.Err = failure(cms.FormatFailure, "a timestamp that is not base64")
		return s
	}
	if s.Content, s.Err = sig.canonicalValue(c, work); s.Err != nil {
		return s
	}
	s.Timestamp, s.Err = cms.ParseTimestamp(token)
	return s
}

func (sig *signature) canonicalValue(c Canonicalizer, work *budget) ([]byte, error) {
	if f := work.spend(sig.element.end - sig.element.start); f != nil {
		return nil, f
	}
	var b bytes.Buffer
	if err := c.Element(&b, sig.find(sig.valueNode)); err != nil {
		return nil, because(cms.FormatFailure, err)
	}
	return b.Bytes(), nil
}
