package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"time"
)

// Timestamp is a TimeStampToken (RFC 3161, 2.4.2): a SignedData over a TSTInfo,
// in which an authority says when it saw a digest. Whether the authority is to
// be believed is not decided here.
type Timestamp struct {
	Token    []byte // the whole encoding
	Time     time.Time
	Accuracy time.Duration // 0 where not claimed
	Policy   OID
	Serial   *big.Int
	Nonce    *big.Int // nil where there is none
	Hash     crypto.Hash
	Imprint  []byte // the digest that was seen

	signed *SignedData
}

var (
	oidTSTInfo            = newOID("1.2.840.113549.1.9.16.1.4")  // RFC 3161, 2.4.2
	oidSignatureTimestamp = newOID("1.2.840.113549.1.9.16.2.14") // RFC 3161, appendix A
)

// maxTSTInfo bounds the TSTInfo of a token, in octets.
const maxTSTInfo = 64 << 10

// ParseTimestamp reads a token. Nothing in it is verified yet. Errors are
// [FormatFailure], or [CryptoConstraintsFailure] for a digest that proves
// nothing.
func ParseTimestamp(token []byte) (*Timestamp, error) {
	sd, err := Parse(token)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != oidTSTInfo || sd.Detached() {
		return nil, failure(FormatFailure, "no TSTInfo inside the timestamp")
	}
	if len(sd.Signers) != 1 { // RFC 3161, 2.4.2: no signature but the TSA's
		return nil, failure(FormatFailure, "a timestamp of %d signers, where there is one", len(sd.Signers))
	}
	var info bytes.Buffer
	if err := sd.WriteContent(&info); err != nil {
		return nil, err
	}
	if info.Len() > maxTSTInfo {
		return nil, failure(FormatFailure, "TSTInfo of more than %d octets", maxTSTInfo)
	}
	t := &Timestamp{Token: token, signed: sd}
	if f := t.readInfo(info.Bytes()); f != nil {
		return nil, f
	}
	return t, nil
}

// readInfo reads TSTInfo (RFC 3161, 2.4.2).
func (t *Timestamp) readInfo(encoded []byte) *Failure {
	in := read(encoded, "TSTInfo")
	info := in.enter(tagSequence, "TSTInfo")
	in.done()
	if v := info.small(); v != 1 && info.failed == nil {
		info.fail("version %d", v)
	}
	t.Policy = info.oid()
	imprint := info.enter(tagSequence, "MessageImprint")
	algorithm := imprint.algorithm("MessageImprint")
	t.Imprint = imprint.octetString()
	imprint.done()
	t.Serial = info.integer()
	t.Time = info.genTime()
	if info.at(tagSequence) {
		t.Accuracy = info.enter(tagSequence, "Accuracy").accuracy()
	}
	if info.at(tagBoolean) {
		info.next() // ordering
	}
	if info.at(tagInteger) {
		t.Nonce = info.integer()
	}
	for info.at(tagExplicit) || info.at(tagExplicit|1) {
		info.next() // tsa, extensions
	}
	info.done()
	if info.failed != nil {
		return info.failed
	}
	var f *Failure
	if t.Hash, f = algorithm.digest(); f != nil {
		return f
	}
	if len(t.Imprint) != t.Hash.Size() {
		return failure(FormatFailure, "imprint of %d octets, not one of %v", len(t.Imprint), t.Hash)
	}
	return nil
}

const tagBoolean = 0x01

// genTime reads a GeneralizedTime with or without fractions of a second (RFC
// 3161, 2.4.2).
func (c *cursor) genTime() time.Time {
	s := string(c.take(tagGeneralizedTime).body)
	if c.failed != nil {
		return time.Time{}
	}
	t, err := time.Parse("20060102150405.999999999Z", s)
	if err != nil || len(s) > 1 && s[len(s)-2] == '.' {
		c.fail("malformed GeneralizedTime")
	}
	return t
}

// accuracy reads seconds, and [0] millis and [1] micros of 1 to 999 each.
func (c *cursor) accuracy() time.Duration {
	var d time.Duration
	if c.at(tagInteger) {
		d = time.Duration(c.small()) * time.Second
	}
	for i, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
		if tag := byte(tagContext | i); c.at(tag) {
			b := c.take(tag).body
			if len(b) == 0 || len(b) > 2 {
				c.fail("part of a second out of range")
				break
			}
			d += time.Duration(new(big.Int).SetBytes(b).Int64()) * unit
		}
	}
	c.done()
	return d
}

// Errors of [Timestamp.Verify], beside those of [Result.Err].
var (
	// ErrOtherContent is a timestamp over something else.
	ErrOtherContent = errors.New("cms: the timestamp is not over this content")
	// ErrNotTimestamping is a certificate that may not sign timestamps: it
	// must have timeStamping as its only extended key usage, and critical
	// (RFC 3161, 2.3).
	ErrNotTimestamping = errors.New("cms: the certificate is not one for timestamps alone")
)

// Verify checks that the token is over content and was signed by the key of
// the certificate that it gives back, one for timestamps alone. That is looked
// for in the token, then among others.
func (t *Timestamp) Verify(content []byte, others ...*x509.Certificate) (*x509.Certificate, error) {
	return t.VerifyDigest(sum(t.Hash, content), others...)
}

// VerifyDigest is [Timestamp.Verify] for a caller that has the digest by t.Hash
// already, as of a large file.
func (t *Timestamp) VerifyDigest(digest []byte, others ...*x509.Certificate) (*x509.Certificate, error) {
	if !bytes.Equal(digest, t.Imprint) {
		return nil, ErrOtherContent
	}
	if t.Hash == crypto.SHA1 {
		return nil, failure(CryptoConstraintsFailureNoPOE, "over a SHA-1 digest, for which collisions can be made")
	}
	r := t.signed.Verify(nil, others...)[0] // ParseTimestamp has seen to the one
	if err := r.Err(); err != nil {
		return nil, err
	}
	if !r.CertificateSigned || !forTimestampsAlone(r.Certificate) {
		return nil, ErrNotTimestamping
	}
	return r.Certificate, nil
}

// Certificates are those that came with the token.
func (t *Timestamp) Certificates() []*x509.Certificate { return t.signed.Certificates }

var oidExtendedKeyUsage = newOID("2.5.29.37")

func forTimestampsAlone(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.String() == oidExtendedKeyUsage.String() {
			return e.Critical
		}
	}
	return false
}

// SignatureTimestamp is a timestamp over a signature, as the signature brings it
// along. It is not signed: anybody can add one or take it away, and one that is
// wrong says nothing of the signature.
type SignatureTimestamp struct {
	Timestamp *Timestamp // nil where it cannot be read
	Content   []byte     // the content it has to be over; for CMS the signature value
	Err       error      // why it cannot be read, or proves nothing
	// Archive is one over all that was there (EN 319 122-1, 5.5.3): where it is
	// believed, the timestamps before it in the list are older than it.
	Archive bool
	// CRLs and OCSPs are the revocation data that an archive timestamp covers.
	CRLs, OCSPs [][]byte
}

// Verify is [Timestamp.Verify] over the signature that brought it, or Err.
func (s SignatureTimestamp) Verify(others ...*x509.Certificate) (*x509.Certificate, error) {
	switch {
	case s.Err != nil:
		return nil, s.Err
	case s.Timestamp == nil:
		return nil, errNotVerified
	}
	return s.Timestamp.Verify(s.Content, others...)
}

// MaxTimestamps is how many timestamps of one signature are looked at: anybody
// can add more, and each costs as much as a signature. maxTimestamps is how many
// of one SignedData, which can have many signers.
const (
	MaxTimestamps = 8
	maxTimestamps = 64
)

// ErrMoreTimestamps is the Err that stands for all timestamps that were not
// looked at, because there are too many.
var ErrMoreTimestamps = errors.New("cms: too many timestamps: these were not looked at")

// limitTimestamps keeps as many of all as are looked at.
func limitTimestamps(results Results, left int) int {
	for i := range results {
		r := &results[i]
		if n := len(r.Timestamps); n > left {
			r.Timestamps = append(r.Timestamps[:left], SignatureTimestamp{Err: ErrMoreTimestamps})
		}
		left = limitTimestamps(r.Counter, max(0, left-len(r.Timestamps)))
	}
	return left
}

// timestamps reads those over a signer's signature (RFC 3161, appendix A).
func (si *SignerInfo) timestamps() (found []SignatureTimestamp) {
	for _, a := range si.Unsigned {
		if a.Type != oidSignatureTimestamp {
			continue
		}
		for _, token := range a.Values {
			if len(found) == MaxTimestamps {
				return append(found, SignatureTimestamp{Err: ErrMoreTimestamps})
			}
			t, err := ParseTimestamp(token)
			found = append(found, SignatureTimestamp{Timestamp: t, Content: si.Signature, Err: err})
		}
	}
	return found
}

// ErrNotOurs is a signature that [AddTimestamp] cannot add to.
var ErrNotOurs = errors.New("cms: not a signature of one signer without unsigned attributes")

// SignatureValue is the signature of the only signer: the content of a
// signature timestamp.
func SignatureValue(signature []byte) ([]byte, error) {
	sd, err := Parse(signature)
	if err != nil {
		return nil, err
	}
	if len(sd.Signers) != 1 {
		return nil, ErrNotOurs
	}
	return sd.Signers[0].Signature, nil
}

// AddTimestamp puts a token over the signature into it, as an unsigned
// attribute: CAdES-B-T (EN 319 122-1, 6). The signature is one of
// [Signing.Detached], in DER.
func AddTimestamp(signature, token []byte) ([]byte, error) {
	if _, err := ParseTimestamp(token); err != nil {
		return nil, err
	}
	unsigned := retagged(tagExplicit|1, setOf(newAttribute(oidSignatureTimestamp, token)))
	out, ok := appendTo(signature, signerInfoPath, unsigned)
	if !ok {
		return nil, ErrNotOurs
	}
	return out, nil
}

// signerInfoPath leads to the SignerInfo of a signature with one signer.
var signerInfoPath = [][2]int{{tagSequence, 1}, {tagExplicit, 0}, {tagSequence, -1}, {tagSet, 0}, {tagSequence, -1}}

// appendTo appends an element inside the element that path leads to: in each
// step it enters an element with this identifier and there goes to the child
// with this index, -1 for the last. The lengths above are written anew. In the
// last step the index is not used.
func appendTo(encoded []byte, path [][2]int, added []byte) (out []byte, ok bool) {
	in := read(encoded, "")
	e := in.next()
	in.done()
	if in.failed != nil || int(e.tag) != path[0][0] {
		return nil, false
	}
	children := in.within(e, "")
	var parts [][]byte
	for children.more() {
		parts = append(parts, children.next().full)
	}
	if children.failed != nil {
		return nil, false
	}
	if len(path) == 1 {
		if len(parts) == 0 || parts[len(parts)-1][0] != tagOctetString {
			return nil, false // there are unsigned attributes already
		}
		return tlv(e.tag, append(parts, added)...), true
	}
	i := path[0][1]
	if i < 0 {
		i += len(parts)
	}
	if i < 0 || i >= len(parts) || path[1][0] == tagSet && len(parts) == 0 {
		return nil, false
	}
	if parts[i], ok = appendTo(parts[i], path[1:], added); !ok {
		return nil, false
	}
	return tlv(e.tag, parts...), true
}
