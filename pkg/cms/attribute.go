package cms

import (
	"crypto"
	"crypto/x509"
	"math/big"
	"time"
)

// Attribute is a signed or an unsigned attribute (RFC 5652, 5.3).
type Attribute struct {
	Type   OID
	Values [][]byte // each a whole encoding
}

func newAttribute(t OID, value []byte) []byte { return sequence(t.der(), tlv(tagSet, value)) }

// attributes reads to the end of a SET OF Attribute.
func (c *cursor) attributes() []Attribute {
	var all []Attribute
	for c.more() {
		in := c.enter(tagSequence, "Attribute")
		a := Attribute{Type: in.oid()}
		values := in.enter(tagSet, "AttributeValues")
		for values.more() {
			a.Values = append(a.Values, values.next().full)
		}
		in.done()
		all = append(all, a)
	}
	return all
}

// single gives a cursor over the one value of an attribute that may be there
// once and with one value only; nil where it is not there.
func single(attributes []Attribute, t OID, name string) (*cursor, *Failure) {
	var value []byte
	found := 0
	for _, a := range attributes {
		if a.Type != t {
			continue
		}
		if found++; found > 1 || len(a.Values) != 1 {
			return nil, failure(FormatFailure, "%s attribute that is not there exactly once, with one value", name)
		}
		value = a.Values[0]
	}
	if found == 0 {
		return nil, nil
	}
	return read(value, name), nil
}

// required is single for an attribute that must be there.
func required(attributes []Attribute, t OID, name string) (*cursor, *Failure) {
	c, f := single(attributes, t, name)
	if c == nil && f == nil {
		f = failure(FormatFailure, "%s attribute missing among the signed attributes", name)
	}
	return c, f
}

func contentType(attributes []Attribute) (OID, *Failure) {
	c, f := required(attributes, oidContentType, "contentType")
	if f != nil {
		return OID{}, f
	}
	t := c.oid()
	c.done()
	return t, c.failed
}

func messageDigest(attributes []Attribute) ([]byte, *Failure) {
	c, f := required(attributes, oidMessageDigest, "messageDigest")
	if f != nil {
		return nil, f
	}
	digest := c.octetString()
	c.done()
	return digest, c.failed
}

// signingTime gives the time the signer claims; zero where none is claimed.
func signingTime(attributes []Attribute) (time.Time, *Failure) {
	c, f := single(attributes, oidSigningTime, "signingTime")
	if c == nil {
		return time.Time{}, f
	}
	e := c.next()
	c.done()
	t, ok := parseTime(e)
	if c.failed == nil && !ok {
		c.fail("malformed Time")
	}
	return t, c.failed
}

const (
	layoutUTCTime         = "060102150405Z"
	layoutGeneralizedTime = "20060102150405Z"
)

// newTime encodes a Time as RFC 5652, 11.3, wants it: UTCTime from 1950 to
// 2049, GeneralizedTime outside, to the second.
func newTime(t time.Time) []byte {
	t = t.UTC()
	if y := t.Year(); 1950 <= y && y < 2050 {
		return tlv(tagUTCTime, []byte(t.Format(layoutUTCTime)))
	}
	return tlv(tagGeneralizedTime, []byte(t.Format(layoutGeneralizedTime)))
}

func parseTime(e element) (t time.Time, ok bool) {
	var layout string
	switch e.tag {
	case tagUTCTime:
		layout = layoutUTCTime
	case tagGeneralizedTime:
		layout = layoutGeneralizedTime
	default:
		return t, false
	}
	if len(e.body) != len(layout) { // time.Parse takes fractions of a second too
		return t, false
	}
	t, err := time.Parse(layout, string(e.body))
	if err != nil {
		return time.Time{}, false
	}
	if e.tag == tagUTCTime && t.Year() >= 2050 { // time.Parse turns at 69, UTCTime at 50
		t = t.AddDate(-100, 0, 0)
	}
	return t, true
}

// certID is an ESSCertID or ESSCertIDv2 (RFC 5035, 4).
type certID struct {
	hash   crypto.Hash
	digest []byte
	issuer []byte // a Name; nil where issuerSerial is left out
	serial *big.Int
}

// newSigningCertificate encodes SigningCertificateV2 for the signer's
// certificate (RFC 5035, 3).
func newSigningCertificate(cert *x509.Certificate, hash crypto.Hash) []byte {
	h := hash.New()
	h.Write(cert.Raw)
	id := [][]byte{octetString(h.Sum(nil)), sequence(sequence(explicit(4, cert.RawIssuer)), integer(cert.SerialNumber))}
	if hash != crypto.SHA256 { // the DEFAULT, which DER leaves out
		algorithm, _ := digestOID(hash)
		id = append([][]byte{sequence(algorithm.der())}, id...)
	}
	return sequence(sequence(sequence(id...)))
}

// signingCertificates gives the first certificate that each ESS attribute
// names, in both versions: the signer's.
func signingCertificates(attributes []Attribute) ([]certID, *Failure) {
	var ids []certID
	for _, version := range []struct {
		oid  OID
		name string
		v2   bool
	}{
		{oidSigningCertificate, "signingCertificate", false},
		{oidSigningCertificateV2, "signingCertificateV2", true},
	} {
		c, f := single(attributes, version.oid, version.name)
		if f != nil {
			return nil, f
		}
		if c == nil {
			continue
		}
		id, f := c.signingCertificate(version.v2)
		if f != nil {
			return nil, f
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *cursor) signingCertificate(v2 bool) (certID, *Failure) {
	in := c.enter(tagSequence, c.name)
	c.done()
	first := in.enter(tagSequence, "ESSCertID list").enter(tagSequence, "ESSCertID")
	id := certID{hash: crypto.SHA1}
	var unknown *Failure
	if v2 {
		id.hash = crypto.SHA256
		if first.at(tagSequence) {
			id.hash, unknown = first.algorithm("hashAlgorithm").digest()
		}
	}
	id.digest = first.octetString()
	if first.more() {
		issuerSerial := first.enter(tagSequence, "IssuerSerial")
		names := issuerSerial.enter(tagSequence, "GeneralNames")
		directoryName := names.enter(tagExplicit|4, "GeneralName")
		id.issuer = directoryName.take(tagSequence).full
		directoryName.done()
		names.done()
		id.serial = issuerSerial.integer()
		issuerSerial.done()
	}
	first.done()
	if c.failed != nil {
		return id, c.failed
	}
	return id, unknown
}

// names reports whether this is the certificate meant.
func (id certID) names(cert *x509.Certificate) bool {
	h := id.hash.New()
	h.Write(cert.Raw)
	if string(h.Sum(nil)) != string(id.digest) {
		return false
	}
	return id.serial == nil || id.serial.Cmp(cert.SerialNumber) == 0 && sameName(id.issuer, cert.RawIssuer)
}
