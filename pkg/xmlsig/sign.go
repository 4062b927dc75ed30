package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Signing is what a signer brings along: who signs, how and when.
type Signing struct {
	Certificate *x509.Certificate   // of Key
	CA          []*x509.Certificate // put in beside Certificate, so that others can build the chain
	Key         crypto.Signer       // RSA from 2048 bits; only Public and Sign(nil, digest, Hash) are called, Sign once and last
	Time        time.Time           // the signing time that is claimed, to the second and in its zone
}

// Errors of signing. None of them but ErrBadSignature has used the key.
var (
	ErrHash         = errors.New("xmlsig: signatures are made with SHA-256, SHA-384 or SHA-512")
	ErrKey          = errors.New("xmlsig: not an RSA key of 2048 bits or more")
	ErrKeyMismatch  = errors.New("xmlsig: the key is not the certificate's")
	ErrTime         = errors.New("xmlsig: signing time missing or out of range")
	ErrBadSignature = errors.New("xmlsig: the key made a signature that does not verify")
)

// Check gives the error that [Prepared.Sign] would give on these.
func (s Signing) Check() error {
	if s.Certificate == nil || s.Key == nil {
		return ErrKeyMismatch
	}
	public, ok := s.Certificate.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok || isWeakKey(public):
		return ErrKey
	case !public.Equal(s.Key.Public()):
		return ErrKeyMismatch
	}
	if y := s.Time.Year(); s.Time.IsZero() || y < 1 || y > 9999 {
		return ErrTime
	}
	return nil
}

// Prepared is a signature of which everything is made that needs neither the
// certificate nor the key: the document read, what is signed digested.
type Prepared struct {
	doc       *Document // where it goes; its ids and limits
	scope     scope     // around the children of the Signature
	before    [][]byte  // of the result, up to the Signature
	after     [][]byte
	object    string // behind the children of the Signature
	encoding  Encoding
	signature string // Id, "" for the signing time of e-Gov
	prefix    string
	hash      crypto.Hash
	canon     Canonicalizer
	xades     bool
	digested  []digested
}

// digested is a reference with its digest.
type digested struct {
	id, uri, kind string
	transforms    []transform
	digest        []byte
	mimeType      string
}

// Sign makes the signature. The key is used once, after everything else that
// can fail; the signature value has been checked against the certificate's
// key.
func (p *Prepared) Sign(s Signing) (*Signed, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	id, err := p.id(s)
	if err != nil {
		return nil, err
	}
	signed := &Signed{ID: id, prepared: p}
	references, properties, end := p.digested, "", ""
	if p.xades {
		var reference digested
		if properties, end, reference, err = p.properties(id, s); err != nil {
			return nil, err
		}
		references = append(references[:len(references):len(references)], reference)
	}
	info := p.signedInfo(references)
	h := p.hash.New()
	if err := p.canonicalize(h, info, "SignedInfo"); err != nil {
		return nil, err
	}
	digest := h.Sum(nil)
	signed.markup[partInfo] = p.open(id) + info
	signed.markup[partProperties] = p.keyInfo(s) + properties
	signed.markup[partEnd] = end + p.object + "</" + p.prefix + ":Signature>"
	if err := signed.encode(); err != nil {
		return nil, err
	}

	value, err := s.Key.Sign(nil, digest, p.hash)
	if err != nil {
		return nil, fmt.Errorf("xmlsig: signing: %w", err)
	}
	// A key that errs must not reach a file: a faulty RSA signature can even
	// give the private key away.
	if f := (Algorithm{PKCS1v15, p.hash}).verify(s.Certificate.PublicKey, digest, value); f != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, f)
	}
	m := markup{prefix: p.prefix}
	if p.xades {
		m.base64("SignatureValue", value, "Id", id+"-value")
	} else {
		m.base64("SignatureValue", value)
	}
	signed.markup[partValue] = m.String()
	return signed, signed.encode()
}

// id is the one chosen, or the signing time as e-Gov wants it.
func (p *Prepared) id(s Signing) (string, error) {
	if p.signature != "" {
		return p.signature, nil
	}
	id := s.Time.In(japan).Format("20060102150405")
	if _, err := p.doc.ElementByID(id); !errors.Is(err, ErrNoElement) {
		return "", fmt.Errorf("%w %q", ErrDuplicateID, id)
	}
	return id, nil
}

// Signed is a document with its new signature.
type Signed struct {
	ID       string // of the new signature
	prepared *Prepared
	markup   [partEnd + 1]string
	encoded  [partEnd + 1][]byte
}

// Parts of the markup of a signature, in their order.
const (
	partInfo       = iota // the start tag and SignedInfo
	partValue             // SignatureValue
	partProperties        // KeyInfo, and the signed properties of XAdES in their Object
	partUnsigned          // the unsigned properties
	partEnd               // what ends the Object, the content of an enveloping signature, the end tag
)

func (s *Signed) encode() error {
	for i, m := range s.markup {
		var err error
		if s.encoded[i], err = encode(m, s.prepared.encoding); err != nil {
			return fmt.Errorf("xmlsig: %w", err)
		}
	}
	return nil
}

// WriteTo writes the document. What was there before is as it was, byte for
// byte.
func (s *Signed) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for _, piece := range slices.Concat(s.prepared.before, s.encoded[:], s.prepared.after) {
		n, err := w.Write(piece)
		if total += int64(n); err != nil {
			return total, err
		}
	}
	return total, nil
}

// open is the start tag of the Signature.
func (p *Prepared) open(id string) string {
	m := markup{prefix: p.prefix}
	m.open("Signature", "xmlns:"+p.prefix, nsDSig, "Id", id)
	return m.String()
}

func (p *Prepared) signedInfo(references []digested) string {
	m := markup{prefix: p.prefix}
	m.open("SignedInfo")
	m.algorithm("CanonicalizationMethod", string(p.canon.Method), p.canon.PrefixList)
	m.algorithm("SignatureMethod", signatureURI(Algorithm{PKCS1v15, p.hash}), nil)
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

func (p *Prepared) keyInfo(s Signing) string {
	m := markup{prefix: p.prefix}
	m.open("KeyInfo")
	m.open("X509Data")
	m.base64("X509Certificate", s.Certificate.Raw)
	for _, ca := range s.CA {
		if !ca.Equal(s.Certificate) {
			m.base64("X509Certificate", ca.Raw)
		}
	}
	m.close("X509Data")
	m.close("KeyInfo")
	return m.String()
}

// properties gives the Object with the properties of XAdES-B-B (EN 319 132-1,
// 6.3), the end tags that come after the unsigned properties, if any,
// and the reference to the signed ones.
func (p *Prepared) properties(id string, s Signing) (object, end string, reference digested, err error) {
	signedID := id + "-properties"
	m := markup{prefix: p.prefix}
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
	tags := markup{prefix: p.prefix}
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

// idStem is what the ids that this package gives to signatures begin with.
const idStem = "signature-"

// freeID is an id for a signature such that no id in the document is it or
// begins with it.
func (d *Document) freeID() string { return idStem + strconv.Itoa(d.lastID+1) }

// numberAfter reads the number behind a stem, 0 for none. It reads nine digits,
// so that counting on does not overflow.
func numberAfter(id []byte, stem string) int {
	digits, found := bytes.CutPrefix(id, []byte(stem))
	if !found {
		return 0
	}
	end := 0
	for end < min(len(digits), 9) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(digits[:end]))
	if err != nil {
		return 0
	}
	return n
}

// japan is where e-Gov counts time.
var japan = time.FixedZone("JST", 9*60*60)
