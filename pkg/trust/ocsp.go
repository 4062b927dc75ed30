package trust

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/internal/sigalg"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxOCSPSize is the most bytes of an OCSP response.
const MaxOCSPSize = 1 << 20

// maxResponders bounds the certificates of a response that are looked at.
const maxResponders = 8

const (
	idOCSPNoCheck   = "1.3.6.1.5.5.7.48.1.5"
	idArchiveCutoff = "1.3.6.1.5.5.7.48.1.6"
)

// OCSPRefusal is an OCSPResponseStatus other than successful (RFC 6960, 4.2.1):
// the responder gives no answer. It is not signed.
type OCSPRefusal int

var refusals = map[OCSPRefusal]string{1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized"}

func (r OCSPRefusal) Error() string {
	if name, ok := refusals[r]; ok {
		return "the responder refuses: " + name
	}
	return fmt.Sprintf("the responder refuses: status %d", int(r))
}

// Check gives the evidence of a response to the request. It has to be signed by
// the CA itself, or by a responder that the CA certified directly for this
// (id-kp-OCSPSigning) with a certificate valid at now; to be about the
// certificate that was asked for, by serial number and by the hashes of its
// issuer's name and key; and to return the nonce, if it returns any: many
// responders make their answers beforehand. Of several answers about the
// certificate a revocation counts first, then the newest.
//
// golang.org/x/crypto/ocsp is not used for this: it takes the first
// certificate of a response and verifies with its key before anything is known
// of it, compares serial numbers alone, and knows neither nonce nor extended
// key usage.
func (r *OCSPRequest) Check(response []byte, now time.Time) Evidence {
	e, err := r.check(response, now)
	if err != nil {
		return Evidence{Certificate: r.cert, Source: SourceOCSP, Err: err}
	}
	return e
}

// CheckStored gives the evidence of a response that was kept, as a signature
// brings it along: [OCSPRequest.Check] but for the nonce, which answered
// somebody else. The responder's certificate has to be valid at a time: when
// the response is proven to have existed, or now.
func CheckStored(c, ca *x509.Certificate, response []byte, at time.Time) Evidence {
	return (&OCSPRequest{cert: c, ca: ca, stored: true}).Check(response, at)
}

func (r *OCSPRequest) check(der []byte, now time.Time) (e Evidence, err error) {
	if len(der) > MaxOCSPSize {
		return e, ErrTooLarge
	}
	response, err := parseOCSP(der)
	if err != nil {
		return e, err
	}
	by, err := response.responder(r.ca, now)
	if err != nil {
		return e, err
	}
	if !r.stored && response.nonce != nil && !bytes.Equal(response.nonce, r.nonce) {
		return e, ErrNonce
	}
	best := -1
	for i, s := range response.answers {
		if s.id.names(r.cert, r.ca) && (best < 0 || s.beats(response.answers[best])) {
			best = i
		}
	}
	if best < 0 {
		return e, ErrOtherCertificate
	}
	s := response.answers[best]
	e = Evidence{
		Certificate: r.cert, Source: SourceOCSP, State: s.state, RevokedAt: s.revokedAt, Since: s.revokedAt, Reason: s.reason,
		ThisUpdate: s.thisUpdate, NextUpdate: s.nextUpdate, kept: extensionTime(s.extensions, idArchiveCutoff),
	}
	if by != r.ca && !hasExtension(by, idOCSPNoCheck) {
		e.Responder = by
	}
	return e, nil
}

// responder finds the signer of the response, and verifies the signature. A
// responder is looked at only if the CA's signature is on its certificate.
func (o *ocspResponse) responder(ca *x509.Certificate, now time.Time) (*x509.Certificate, error) {
	failed := ErrSourceSigner
	if o.isFrom(ca) {
		if failed = o.checkSignature(ca); failed == nil {
			return ca, nil
		}
	}
	for _, raw := range o.certificates {
		c, err := cert.Parse(raw)
		if err != nil || !o.isFrom(c) || c.Equal(ca) || !names(c, ca) || checkSignature(ca, c).Err != nil {
			continue
		}
		if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) || c.IsCA ||
			c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0 || hasUnknownCritical(c, "2.5.29.37", idOCSPNoCheck) ||
			!cert.ValidityOf(c).Contains(now) {
			continue
		}
		if failed = o.checkSignature(c); failed == nil {
			return c, nil
		}
	}
	return nil, failed
}

func (o *ocspResponse) checkSignature(by *x509.Certificate) error {
	return checkSourceSignature(by, o.algorithm, o.signed, o.signature)
}

// isFrom reports whether the ResponderID is c's.
func (o *ocspResponse) isFrom(c *x509.Certificate) bool {
	if o.byName != nil {
		return bytes.Equal(o.byName, c.RawSubject)
	}
	bits, err := publicKeyBits(c)
	return err == nil && bytes.Equal(o.byKey, sum(crypto.SHA1, bits))
}

// ocspResponse is a BasicOCSPResponse (RFC 6960, 4.2.1) as it claims to be.
type ocspResponse struct {
	signed        []byte // tbsResponseData
	algorithm     x509.SignatureAlgorithm
	signature     []byte
	certificates  [][]byte // the first of them
	byName, byKey []byte   // ResponderID, one of the two
	answers       []ocspAnswer
	nonce         []byte // nil: none
}

// ocspAnswer is a SingleResponse.
type ocspAnswer struct {
	id                     certID
	state                  Revocation
	revokedAt              time.Time
	reason                 RevocationReason
	thisUpdate, nextUpdate time.Time
	extensions             []pkix.Extension
}

func (s ocspAnswer) beats(other ocspAnswer) bool {
	if a, b := s.state == RevocationRevoked, other.state == RevocationRevoked; a != b {
		return a
	}
	return s.thisUpdate.After(other.thisUpdate)
}

// parseOCSP reads an OCSPResponse in DER. Nothing of it is believed yet.
func parseOCSP(der []byte) (*ocspResponse, error) {
	malformed := func(what string) (*ocspResponse, error) {
		return nil, fmt.Errorf("%w: %s", ErrNotRevocation, what)
	}
	input, outer := cryptobyte.String(der), cryptobyte.String(nil)
	var status int
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1Enum(&status) {
		return malformed("OCSPResponse")
	}
	if status != 0 {
		return nil, OCSPRefusal(status)
	}
	var explicit, body, octets, basic, signed, algorithm cryptobyte.String
	var kind, algorithmID stdasn1.ObjectIdentifier
	if !outer.ReadASN1(&explicit, tag0.Constructed()) || !outer.Empty() || !explicit.ReadASN1(&body, asn1.SEQUENCE) || !explicit.Empty() ||
		!body.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidBasicResponse) ||
		!body.ReadASN1(&octets, asn1.OCTET_STRING) || !body.Empty() {
		return malformed("ResponseBytes")
	}
	var o ocspResponse
	var bits stdasn1.BitString
	if !octets.ReadASN1(&basic, asn1.SEQUENCE) || !octets.Empty() || !basic.ReadASN1Element(&signed, asn1.SEQUENCE) ||
		!basic.ReadASN1(&algorithm, asn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&algorithmID) || !basic.ReadASN1BitString(&bits) {
		return malformed("BasicOCSPResponse")
	}
	o.signed, o.signature = signed, bits.RightAlign()
	// PSS is not among them, because crypto/x509 keeps its parameters to
	// itself: JPKI's CAs use PKCS #1 v1.5.
	for _, a := range sigalg.Algorithms {
		if a.ID == algorithmID.String() {
			o.algorithm = a.X509
		}
	}
	if !o.readCertificates(&basic) || !basic.Empty() {
		return malformed("certs")
	}
	if err := o.readData(signed); err != nil {
		return nil, err
	}
	return &o, nil
}

func (o *ocspResponse) readCertificates(s *cryptobyte.String) bool {
	var explicit, list cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, tag0.Constructed()) || !present {
		return !present
	}
	if !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return false
	}
	for len(o.certificates) < maxResponders && !list.Empty() {
		var c cryptobyte.String
		if !list.ReadASN1Element(&c, asn1.SEQUENCE) {
			return false
		}
		o.certificates = append(o.certificates, c)
	}
	return true
}

// readData reads a ResponseData.
func (o *ocspResponse) readData(der []byte) error {
	input, data := cryptobyte.String(der), cryptobyte.String(nil)
	var explicit, answers cryptobyte.String
	var produced time.Time
	ok := input.ReadASN1(&data, asn1.SEQUENCE) && data.SkipOptionalASN1(tag0.Constructed()) // version: there is only one
	switch {
	case !ok:
	case data.PeekASN1Tag(tag1.Constructed()):
		var name cryptobyte.String
		ok = data.ReadASN1(&name, tag1.Constructed()) && !name.Empty()
		o.byName = name
	default:
		var key cryptobyte.String
		ok = data.ReadASN1(&explicit, tag2.Constructed()) && explicit.ReadASN1(&key, asn1.OCTET_STRING) && explicit.Empty()
		o.byKey = key
	}
	if !ok || !data.ReadASN1GeneralizedTime(&produced) || !data.ReadASN1(&answers, asn1.SEQUENCE) {
		return fmt.Errorf("%w: ResponseData", ErrNotRevocation)
	}
	for !answers.Empty() {
		var a ocspAnswer
		if !a.read(&answers) {
			return fmt.Errorf("%w: SingleResponse", ErrNotRevocation)
		}
		if id := firstCritical(a.extensions, idArchiveCutoff); id != "" {
			return fmt.Errorf("%w: %s", ErrCriticalExtension, id)
		}
		o.answers = append(o.answers, a)
	}
	extensions, ok := readExtensions(&data, tag1.Constructed())
	if !ok || !data.Empty() {
		return fmt.Errorf("%w: responseExtensions", ErrNotRevocation)
	}
	if id := firstCritical(extensions, oidNonce.String()); id != "" {
		return fmt.Errorf("%w: %s", ErrCriticalExtension, id)
	}
	for _, e := range extensions {
		if e.Id.Equal(oidNonce) {
			value, nonce := cryptobyte.String(e.Value), cryptobyte.String(nil)
			if !value.ReadASN1(&nonce, asn1.OCTET_STRING) || !value.Empty() || nonce.Empty() {
				return fmt.Errorf("%w: nonce", ErrNotRevocation)
			}
			o.nonce = nonce
		}
	}
	return nil
}

// read reads a SingleResponse.
func (a *ocspAnswer) read(s *cryptobyte.String) bool {
	var body, id, algorithm, name, key, status, next cryptobyte.String
	var tag asn1.Tag
	a.id.serial = new(big.Int)
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&id, asn1.SEQUENCE) ||
		!id.ReadASN1(&algorithm, asn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&a.id.algorithm) ||
		!id.ReadASN1(&name, asn1.OCTET_STRING) || !id.ReadASN1(&key, asn1.OCTET_STRING) ||
		!id.ReadASN1Integer(a.id.serial) || !id.Empty() || !body.ReadAnyASN1(&status, &tag) {
		return false
	}
	a.id.name, a.id.key = name, key
	switch tag {
	case tag0:
		a.state = RevocationGood
	case tag1.Constructed():
		a.state = RevocationRevoked
		var explicit cryptobyte.String
		var present bool
		var reason int
		if !status.ReadASN1GeneralizedTime(&a.revokedAt) || !status.ReadOptionalASN1(&explicit, &present, tag0.Constructed()) ||
			present && !explicit.ReadASN1Enum(&reason) || !status.Empty() {
			return false
		}
		a.reason = RevocationReason(reason)
	case tag2:
		a.state = RevocationUnknown
	default:
		return false
	}
	var hasNext, ok bool
	if !body.ReadASN1GeneralizedTime(&a.thisUpdate) || !body.ReadOptionalASN1(&next, &hasNext, tag0.Constructed()) ||
		hasNext && !next.ReadASN1GeneralizedTime(&a.nextUpdate) {
		return false
	}
	a.extensions, ok = readExtensions(&body, tag1.Constructed())
	return ok && body.Empty()
}

// readExtensions reads optional, explicitly tagged Extensions.
func readExtensions(s *cryptobyte.String, tag asn1.Tag) (all []pkix.Extension, ok bool) {
	var explicit, list cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, tag) || !present {
		return nil, !present
	}
	if !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var body, value cryptobyte.String
		var e pkix.Extension
		if !list.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&e.Id) ||
			body.PeekASN1Tag(asn1.BOOLEAN) && !body.ReadASN1Boolean(&e.Critical) ||
			!body.ReadASN1(&value, asn1.OCTET_STRING) || !body.Empty() {
			return nil, false
		}
		e.Value = value
		all = append(all, e)
	}
	return all, true
}

// firstCritical is the first critical extension that is none of the known, ""
// without one.
func firstCritical(extensions []pkix.Extension, known ...string) string {
	for _, e := range extensions {
		if id := e.Id.String(); e.Critical && !slices.Contains(known, id) {
			return id
		}
	}
	return ""
}

func hasExtension(c *x509.Certificate, id string) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.String() == id })
}

// extensionTime is the GeneralizedTime that an extension consists of, zero
// without one.
func extensionTime(extensions []pkix.Extension, id string) (t time.Time) {
	for _, e := range extensions {
		if e.Id.String() == id {
			value := cryptobyte.String(e.Value)
			if !value.ReadASN1GeneralizedTime(&t) || !value.Empty() {
				return time.Time{}
			}
		}
	}
	return t
}
