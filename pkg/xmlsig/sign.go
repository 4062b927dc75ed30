package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"fmt"
	"strconv"
	"time"

	"github.com/jpki-tools/jpki/pkg/jst"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// checkSigner returns the errors of a signer that need no key: those of
// [cms.Signing.Check], and further conditions of XML.
func (p *Prepared) checkSigner(s cms.Signing) error {
	s, err := s.WithHash(p.hash)
	if err != nil {
		return err
	}
	s.WithoutTime = false
	if err := s.Check(); err != nil {
		return err
	}
	if _, ok := s.Certificate.PublicKey.(*rsa.PublicKey); !ok && p.sh != nil {
		return fmt.Errorf("%w; for this form it has to be RSA", cms.ErrKey)
	}
	if y := s.Time.Year(); y < 1 || y > 9999 { // as it is written, in its zone
		return cms.ErrTime
	}
	return nil
}

// Prepared is a signature before the certificate and the key are used. The
// document is read and the signed content is digested.
type Prepared struct {
	// Comments is how many comments stand in the signed content, and are not
	// signed: the canonical form drops them.
	Comments int
	// InvalidNamespaces are namespace names in the signed content that are no
	// URI references. Programs on libxml2 cannot verify such a signature.
	InvalidNamespaces []string
	// MissingAttachments are the 添付書類 that an application to e-Gov lists
	// and Open did not find. No signature covers them, but the application
	// is not complete without them.
	MissingAttachments []string

	doc       *Document // where it goes; its ids and limits
	scope     scope     // around the children of the Signature
	before    [][]byte  // of the result, up to the Signature
	after     [][]byte
	object    []byte // of an enveloping signature, UTF-8
	encoding  Encoding
	signature string // Id, "" for the signing time
	prefix    string
	lines     string // line end in the markup, "" for none
	sh        *shape // of the form that is followed, nil for none
	taken     map[string]bool
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
	item          Item
}

// Sign makes the signature, at s.Time in its own zone. The forms of the state's
// services allow only RSA keys. The hash is that of [Options]. Sign uses the
// key once, after everything else that can fail, and checks the signature value
// against the certificate's key. The errors are those of
// [cms.Signing.Detached], and this package's.
func (p *Prepared) Sign(s cms.Signing) (*Signed, error) {
	if err := p.checkSigner(s); err != nil {
		return nil, err
	}
	id := p.id(s)
	signed := &Signed{ID: id, prepared: p}
	references, properties, end := p.digested, "", ""
	if p.xades {
		var reference digested
		var err error
		if properties, end, reference, err = p.properties(id, s); err != nil {
			return nil, err
		}
		references = append(references[:len(references):len(references)], reference)
	}
	s.Hash = p.hash
	algorithm, err := s.Algorithm()
	if err != nil {
		return nil, err
	}
	info := p.signedInfo(algorithm, references)
	h := p.hash.New()
	if err := p.canonicalize(h, info, "SignedInfo"); err != nil {
		return nil, err
	}
	digest := h.Sum(nil)
	signed.markup[partInfo] = p.open(id) + info
	signed.markup[partProperties] = p.keyInfo(s) + properties
	signed.markup[partEnd] = end
	signed.markup[partClose] = p.close()
	if err := signed.encode(); err != nil {
		return nil, err
	}

	value, err := s.Value(digest)
	if err == nil {
		value, err = xmlValue(s.Certificate.PublicKey, value)
	}
	if err != nil {
		return nil, fmt.Errorf("xmlsig: signing: %w", err)
	}
	m := p.newMarkup()
	if p.xades {
		m.base64("SignatureValue", value, "Id", id+"-value")
	} else {
		m.base64("SignatureValue", value)
	}
	signed.markup[partValue] = m.String()
	return signed, signed.encode()
}

// clockLayout is a time in Japan as an Id.
const clockLayout = "20060102150405"

// stem is the part before the time in an Id. e-Gov has none, so that its Id is
// no NCName; e-Tax's schema has an xsd:ID.
func (p *Prepared) stem() string {
	if p.sh.profile == ProfileETax {
		return "_"
	}
	return ""
}

// id is the chosen id, or the signing time. If that id is taken, it is the next
// free second.
func (p *Prepared) id(s cms.Signing) string {
	if p.signature != "" {
		return p.signature
	}
	for t := s.Time.In(jst.Zone); ; t = t.Add(time.Second) {
		if id := p.stem() + t.Format(clockLayout); !p.taken[id] {
			return id
		}
	}
}

// idStem begins the ids that this package gives to signatures.
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
