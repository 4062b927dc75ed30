package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// forge is a SignedData to be made wrong in one place. It starts as a good
// signature of the RSA holder.
type forge struct {
	version          int64
	digestAlgorithms [][]byte
	contentType      OID
	eContent         []byte // an encoded OCTET STRING; nil when detached
	afterContent     []byte
	certificates     [][]byte
	crls             [][]byte
	signers          []*forgedSigner
	after            []byte // inside SignedData, at its end
}

type forgedSigner struct {
	holder
	version            int64
	sid                []byte
	digestAlgorithm    []byte
	attributes         [][]byte
	signatureAlgorithm []byte
	unsigned           []byte

	toSign func(attributes [][]byte) []byte // what the signature value is over
	send   func(attributes [][]byte) []byte // the field signedAttrs
}

var sha256Identifier = sequence(newOID("2.16.840.1.101.3.4.2.1").der())

func newForge() *forge {
	p := fixture()
	return &forge{
		version:          1,
		digestAlgorithms: [][]byte{sha256Identifier},
		contentType:      oidData,
		certificates:     [][]byte{p.rsa.cert.Raw, p.ca.cert.Raw},
		signers:          []*forgedSigner{newForgedSigner(p.rsa)},
	}
}

func newForgedSigner(h holder) *forgedSigner {
	s := h.signing(crypto.SHA256)
	algorithm, _ := s.Algorithm()
	digest := sha256.Sum256([]byte(content))
	return &forgedSigner{
		holder:             h,
		version:            1,
		sid:                sequence(h.cert.RawIssuer, integer(h.cert.SerialNumber)),
		digestAlgorithm:    sha256Identifier,
		signatureAlgorithm: algorithm.identifier(),
		attributes: [][]byte{
			newAttribute(oidContentType, oidData.der()),
			newAttribute(oidMessageDigest, octetString(digest[:])),
			newAttribute(oidSigningTime, newTime(signedAt)),
			newAttribute(oidSigningCertificateV2, newSigningCertificate(h.cert, crypto.SHA256)),
		},
		toSign: func(a [][]byte) []byte { return setOf(a...) },
		send:   func(a [][]byte) []byte { return retagged(tagExplicit, setOf(a...)) },
	}
}

// replace puts another attribute in place of the one of this type, or removes
// it.
func (s *forgedSigner) replace(t OID, by ...[]byte) {
	s.attributes = slices.DeleteFunc(s.attributes, func(a []byte) bool { return bytes.Contains(a, t.der()) })
	s.attributes = append(s.attributes, by...)
}

// withoutAttributes signs the content itself, without signed attributes.
func (s *forgedSigner) withoutAttributes(text string) {
	s.toSign = func([][]byte) []byte { return []byte(text) }
	s.send = func([][]byte) []byte { return nil }
}

func (s *forgedSigner) encode() []byte {
	digest := sha256.Sum256(s.toSign(s.attributes))
	signature, err := s.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return sequence(integer(big.NewInt(s.version)), s.sid, s.digestAlgorithm, s.send(s.attributes), s.signatureAlgorithm, octetString(signature), s.unsigned)
}

func (f *forge) encode() []byte {
	encap := f.contentType.der()
	if f.eContent != nil {
		encap = append(encap, explicit(0, f.eContent)...)
	}
	encap = append(encap, f.afterContent...)
	var certificates, crls []byte
	if f.certificates != nil {
		certificates = tlv(tagExplicit, f.certificates...)
	}
	if f.crls != nil {
		crls = tlv(tagExplicit|1, f.crls...)
	}
	var signers [][]byte
	for _, s := range f.signers {
		signers = append(signers, s.encode())
	}
	return sequence(oidSignedData.der(), explicit(0, sequence(
		integer(big.NewInt(f.version)), tlv(tagSet, f.digestAlgorithms...), sequence(encap), certificates, crls, tlv(tagSet, signers...), f.after)))
}

// TestVerifyFinds makes one thing wrong at a time in a signature that is
// otherwise right. The signature value is made anew each time with the signer's
// own key.
func TestVerifyFinds(t *testing.T) {
	p := fixture()
	sha1, sha384 := sequence(oidSHA1.der()), sequence(newOID("2.16.840.1.101.3.4.2.2").der())
	rsaWith := func(oid string, parameters ...[]byte) []byte {
		return sequence(append([][]byte{newOID(oid).der()}, parameters...)...)
	}
	digestOf := func(text string) []byte { d := sha256.Sum256([]byte(text)); return octetString(d[:]) }
	twice := func(a []byte) []byte { return tlv(tagSet, a, a) }
	signingCertificate := func(parts ...[]byte) []byte {
		return newAttribute(oidSigningCertificateV2, sequence(sequence(sequence(parts...))))
	}
	hashOf := func(c *x509.Certificate) []byte { d := sha256.Sum256(c.Raw); return octetString(d[:]) }
	issuerSerial := func(issuer []byte, serial *big.Int) []byte {
		return sequence(sequence(explicit(4, issuer)), integer(serial))
	}

	for name, c := range map[string]struct {
		change func(*forge, *forgedSigner)
		want   error // nil: good all the same
	}{
		"nothing changed": {func(*forge, *forgedSigner) {}, nil},
		"NULL parameters": {func(f *forge, s *forgedSigner) {
			s.digestAlgorithm = sequence(newOID("2.16.840.1.101.3.4.2.1").der(), derNull)
		}, nil},
		"rsaEncryption":    {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.1", derNull) }, nil},
		"RSA without NULL": {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.11") }, nil},
		"id-ecPublicKey": {func(f *forge, s *forgedSigner) {
			ec := newForgedSigner(p.p256)
			ec.signatureAlgorithm = rsaWith("1.2.840.10045.2.1", derNull)
			f.signers, f.certificates = []*forgedSigner{ec}, [][]byte{p.p256.cert.Raw}
		}, nil},
		"no signing time": {func(f *forge, s *forgedSigner) { s.replace(oidSigningTime) }, nil},
		"no ESS":          {func(f *forge, s *forgedSigner) { s.replace(oidSigningCertificateV2) }, nil},
		"unknown attribute": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(newOID("1.2.3"), derNull))
		}, nil},
		"unsigned attribute": {func(f *forge, s *forgedSigner) {
			s.unsigned = tlv(tagExplicit|1, newAttribute(newOID("1.2.3"), derNull))
		}, nil},
		"ESS, no serial": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, signingCertificate(hashOf(p.rsa.cert)))
		}, nil},
		"ESS with SHA-384": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, newAttribute(oidSigningCertificateV2, newSigningCertificate(p.rsa.cert, crypto.SHA384)))
		}, nil},
		"GeneralizedTime": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningTime, newAttribute(oidSigningTime, tlv(tagGeneralizedTime, []byte("20261122010203Z"))))
		}, nil},
		"no attributes": {func(f *forge, s *forgedSigner) { s.withoutAttributes(content) }, nil},
		"attributes not sorted, signed as sent": {func(f *forge, s *forgedSigner) {
			slices.SortFunc(s.attributes, func(a, b []byte) int { return bytes.Compare(b, a) })
			s.send = func(a [][]byte) []byte { return tlv(tagExplicit, a...) }
			s.toSign = func(a [][]byte) []byte { return tlv(tagSet, a...) }
		}, nil},
		"attributes not sorted, signed in DER": {func(f *forge, s *forgedSigner) {
			slices.SortFunc(s.attributes, func(a, b []byte) int { return bytes.Compare(b, a) })
			s.send = func(a [][]byte) []byte { return tlv(tagExplicit, a...) }
		}, nil},
		"attributes in BER, signed in DER": {func(f *forge, s *forgedSigner) {
			s.send = func(a [][]byte) []byte { return indefinite(tlv(tagExplicit, indefinite(a[0]), a[1], a[3], a[2])) }
		}, nil},
		"two signers": {func(f *forge, s *forgedSigner) {
			f.signers = append(f.signers, newForgedSigner(p.p256))
			f.certificates = append(f.certificates, p.p256.cert.Raw)
		}, nil},

		"no messageDigest": {func(f *forge, s *forgedSigner) { s.replace(oidMessageDigest) }, FormatFailure},
		"messageDigest of another": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, digestOf("x")))
		}, HashFailure},
		"messageDigest cut short": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(digestOf(content)[2:33])))
		}, HashFailure},
		"messageDigest empty": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(nil)))
		}, HashFailure},
		"messageDigest no value": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, sequence(oidMessageDigest.der(), tlv(tagSet)))
		}, FormatFailure},
		"messageDigest no OCTET STRING": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, retagged(tagInteger, digestOf(content))))
		}, FormatFailure},
		"messageDigest twice": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(oidMessageDigest, digestOf(content)))
		}, FormatFailure},
		"messageDigest twice, first wrong": {func(f *forge, s *forgedSigner) {
			s.attributes = append([][]byte{newAttribute(oidMessageDigest, digestOf("x"))}, s.attributes...)
		}, FormatFailure},
		"messageDigest two values": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, sequence(oidMessageDigest.der(), twice(digestOf(content))))
		}, FormatFailure},
		"messageDigest and more": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, sequence(oidMessageDigest.der(), tlv(tagSet, digestOf(content), derNull)))
		}, FormatFailure},
		"no contentType": {func(f *forge, s *forgedSigner) { s.replace(oidContentType) }, FormatFailure},
		"other contentType": {func(f *forge, s *forgedSigner) {
			s.replace(oidContentType, newAttribute(oidContentType, oidSignedData.der()))
		}, FormatFailure},
		"contentType twice": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(oidContentType, oidData.der()))
		}, FormatFailure},
		"other eContentType": {func(f *forge, s *forgedSigner) { f.contentType, f.version = newOID("1.2.3"), 3 }, FormatFailure},
		"other eContentType, no attributes": {func(f *forge, s *forgedSigner) {
			f.contentType, f.version = newOID("1.2.3"), 3
			s.withoutAttributes(content)
		}, FormatFailure},
		"signingTime twice": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(oidSigningTime, newTime(signedAt)))
		}, FormatFailure},
		"signingTime with fraction": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningTime, newAttribute(oidSigningTime, tlv(tagGeneralizedTime, []byte("20261122010203.5Z"))))
		}, FormatFailure},
		"signingTime with zone": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningTime, newAttribute(oidSigningTime, tlv(tagUTCTime, []byte("261122010203+0900"))))
		}, FormatFailure},
		"signingTime of no day": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningTime, newAttribute(oidSigningTime, tlv(tagUTCTime, []byte("260230010203Z"))))
		}, FormatFailure},
		"signingTime an INTEGER": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningTime, newAttribute(oidSigningTime, integer(big.NewInt(7))))
		}, FormatFailure},

		"ESS of another certificate": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, newAttribute(oidSigningCertificateV2, newSigningCertificate(p.ca.cert, crypto.SHA256)))
		}, NoSigningCertificateFound},
		"ESS with another serial": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, signingCertificate(hashOf(p.rsa.cert), issuerSerial(p.rsa.cert.RawIssuer, big.NewInt(1))))
		}, NoSigningCertificateFound},
		"ESS with another issuer": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, signingCertificate(hashOf(p.rsa.cert), issuerSerial(p.rsa.cert.RawSubject, p.rsa.cert.SerialNumber)))
		}, NoSigningCertificateFound},
		"ESS empty": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, newAttribute(oidSigningCertificateV2, sequence(sequence())))
		}, FormatFailure},
		"ESS twice": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(oidSigningCertificateV2, newSigningCertificate(p.rsa.cert, crypto.SHA256)))
		}, FormatFailure},
		"ESS with MD5": {func(f *forge, s *forgedSigner) {
			s.replace(oidSigningCertificateV2, signingCertificate(sequence(newOID("1.2.840.113549.2.5").der()), octetString(make([]byte, 16))))
		}, CryptoConstraintsFailure},
		"ESS v2 right, v1 wrong": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, newAttribute(oidSigningCertificate, sequence(sequence(sequence(octetString(make([]byte, 20)))))))
		}, NoSigningCertificateFound},

		"no certificate":    {func(f *forge, s *forgedSigner) { f.certificates = nil }, NoSigningCertificateFound},
		"other certificate": {func(f *forge, s *forgedSigner) { f.certificates = [][]byte{p.p256.cert.Raw} }, NoSigningCertificateFound},
		"unreadable certificate": {func(f *forge, s *forgedSigner) {
			f.certificates = [][]byte{bytes.Replace(p.rsa.cert.Raw, []byte{tagInteger}, []byte{tagNull}, 1)}
		}, NoSigningCertificateFound},
		"other serial": {func(f *forge, s *forgedSigner) {
			s.sid = sequence(p.rsa.cert.RawIssuer, integer(big.NewInt(5)))
		}, NoSigningCertificateFound},
		"negative serial": {func(f *forge, s *forgedSigner) {
			s.sid = sequence(p.rsa.cert.RawIssuer, tlv(tagInteger, []byte{0x80}))
		}, NoSigningCertificateFound},
		"other issuer": {func(f *forge, s *forgedSigner) {
			s.sid = sequence(p.rsa.cert.RawSubject, integer(p.rsa.cert.SerialNumber))
		}, NoSigningCertificateFound},
		"other key id": {func(f *forge, s *forgedSigner) {
			f.version, s.version, s.sid = 3, 3, tlv(tagContext, []byte("another"))
		}, NoSigningCertificateFound},
		"empty key id": {func(f *forge, s *forgedSigner) {
			f.version, s.version, s.sid = 3, 3, tlv(tagContext)
		}, NoSigningCertificateFound},

		"signed by another key":          {func(f *forge, s *forgedSigner) { s.key = p.ca.key }, SigCryptoFailure},
		"signed over other bytes":        {func(f *forge, s *forgedSigner) { s.toSign = func([][]byte) []byte { return []byte("x") } }, SigCryptoFailure},
		"signed with the tag [0]":        {func(f *forge, s *forgedSigner) { s.toSign = s.send }, SigCryptoFailure},
		"ECDSA named, RSA made":          {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.10045.4.3.2") }, SigCryptoFailure},
		"id-ecPublicKey named, RSA made": {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.10045.2.1", derNull) }, SigCryptoFailure},
		"id-ecPublicKey with a curve": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.10045.2.1", newOID("1.2.840.10045.3.1.7").der())
		}, CryptoConstraintsFailure},
		"RSA named, ECDSA made": {func(f *forge, s *forgedSigner) {
			ec := newForgedSigner(p.p256)
			ec.signatureAlgorithm = s.signatureAlgorithm
			f.signers, f.certificates = []*forgedSigner{ec}, [][]byte{p.p256.cert.Raw}
		}, SigCryptoFailure},
		"PSS named, PKCS #1 v1.5 made": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", pssParams(sha256Identifier, sha256Identifier, 32, 1))
		}, SigCryptoFailure},
		"PSS of MGF1 with SHA-1": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", pssParams(sha256Identifier, sha1, 32, 1))
		}, CryptoConstraintsFailure},
		"PSS with trailer 2": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", pssParams(sha256Identifier, sha256Identifier, 32, 2))
		}, FormatFailure},
		"PSS with SHA-384": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", pssParams(sha384, sha384, 32, 1))
		}, CryptoConstraintsFailure},
		"PSS with MD5": {func(f *forge, s *forgedSigner) {
			md5 := sequence(newOID("1.2.840.113549.2.5").der())
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", pssParams(md5, md5, 32, 1))
		}, CryptoConstraintsFailure},
		"PSS with another mask": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", bytes.Replace(pssParams(sha256Identifier, sha256Identifier, 32, 1), oidMGF1.der(), oidRSASSAPSS.der(), 1))
		}, CryptoConstraintsFailure},
		"PSS without parameters": {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10") }, FormatFailure},
		"PSS by default: SHA-1":  {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.10", sequence()) }, CryptoConstraintsFailure},
		"RSA with SHA-384 beside SHA-256": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.12", derNull)
		}, FormatFailure},
		"md5WithRSAEncryption": {func(f *forge, s *forgedSigner) { s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.4", derNull) }, CryptoConstraintsFailure},
		"RSA with parameters": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = rsaWith("1.2.840.113549.1.1.11", octetString(nil))
		}, CryptoConstraintsFailure},
		"digest not announced":   {func(f *forge, s *forgedSigner) { f.digestAlgorithms = [][]byte{sha1, sha384} }, FormatFailure},
		"no digest announced":    {func(f *forge, s *forgedSigner) { f.digestAlgorithms = nil }, FormatFailure},
		"digest SHA-384 for 256": {func(f *forge, s *forgedSigner) { s.digestAlgorithm = sha384 }, FormatFailure},
		"digest with parameters": {func(f *forge, s *forgedSigner) {
			s.digestAlgorithm = sequence(newOID("2.16.840.1.101.3.4.2.1").der(), octetString(nil))
		}, CryptoConstraintsFailure},
		"digest MD5":           {func(f *forge, s *forgedSigner) { s.digestAlgorithm = sequence(newOID("1.2.840.113549.2.5").der()) }, CryptoConstraintsFailure},
		"content inside":       {func(f *forge, s *forgedSigner) { f.eContent = octetString([]byte(content)) }, SigConstraintsFailure},
		"other content inside": {func(f *forge, s *forgedSigner) { f.eContent = octetString([]byte("x")) }, SigConstraintsFailure},
		"empty content inside": {func(f *forge, s *forgedSigner) { f.eContent = octetString(nil) }, SigConstraintsFailure},
		"two signers, second bad": {func(f *forge, s *forgedSigner) {
			second := newForgedSigner(p.p256)
			second.replace(oidMessageDigest, newAttribute(oidMessageDigest, digestOf("x")))
			f.signers = append(f.signers, second)
			f.certificates = append(f.certificates, p.p256.cert.Raw)
		}, HashFailure},
		"two signers, first bad": {func(f *forge, s *forgedSigner) {
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, digestOf("x")))
			f.signers = append(f.signers, newForgedSigner(p.p256))
			f.certificates = append(f.certificates, p.p256.cert.Raw)
		}, HashFailure},
		"no signer": {func(f *forge, s *forgedSigner) { f.signers = nil }, ErrNoSigner},
	} {
		f := newForge()
		c.change(f, f.signers[0])
		err := verified(t, f.encode(), content).Err()
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func pssParams(hash, maskHash []byte, salt, trailer int64) []byte {
	return sequence(explicit(0, hash), explicit(1, sequence(oidMGF1.der(), maskHash)), explicit(2, integer(big.NewInt(salt))), explicit(3, integer(big.NewInt(trailer))))
}

// indefinite writes the outermost length of an encoding indefinite.
func indefinite(encoded []byte) []byte {
	e, _, err := split(encoded, 0)
	if err != nil {
		panic(err)
	}
	return slices.Concat([]byte{e.tag, 0x80}, e.body, []byte{0, 0})
}

func TestAttributesNotDER(t *testing.T) {
	f := newForge()
	f.signers[0].send = func(a [][]byte) []byte { return indefinite(tlv(tagExplicit, a[3], a[2], a[1], a[0])) }
	rs := verified(t, f.encode(), content)
	if err := rs.Err(); err != nil || !slices.Equal(rs[0].Warnings, []Warning{AttributesNotDER}) {
		t.Errorf("%v, warnings %v", err, rs[0].Warnings)
	}
	f.signers[0].toSign = func([][]byte) []byte { return nil }
	if err := verified(t, f.encode(), content).Err(); !errors.Is(err, SigCryptoFailure) {
		t.Errorf("not what was signed: %v", err)
	}
}

// TestAttributesPassedOffAsContent shows that the signature over signed
// attributes is not accepted as a signature without attributes over content
// made of them.
func TestAttributesPassedOffAsContent(t *testing.T) {
	good := newForge()
	attributes := setOf(good.signers[0].attributes...)

	f := newForge()
	f.signers[0].withoutAttributes(string(attributes))
	if err := verified(t, f.encode(), string(attributes)).Err(); !errors.Is(err, SigConstraintsFailure) {
		t.Errorf("detached: %v", err)
	}
	f.eContent = octetString(attributes)
	if err := parsed(t, f.encode()).Verify(nil).Err(); !errors.Is(err, SigConstraintsFailure) {
		t.Errorf("attached: %v", err)
	}
	f.eContent = indefinite(tlv(tagOctetString|constructed, octetString(attributes[:1]), octetString(attributes[1:])))
	if err := parsed(t, f.encode()).Verify(nil).Err(); !errors.Is(err, SigConstraintsFailure) {
		t.Errorf("attached, in pieces: %v", err)
	}
	// Other content that begins in the same way is content like any other.
	for _, text := range []string{"1", "1\x00", "10", string(attributes) + "\n", string(attributes[1:]), string(setOf(octetString(nil))), string(setOf(sequence(octetString(nil))))} {
		f := newForge()
		f.signers[0].withoutAttributes(text)
		if err := verified(t, f.encode(), text).Err(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestCertificateSigned shows that, of two certificates with the same issuer
// and serial number, the signed one counts, wherever it stands.
func TestCertificateSigned(t *testing.T) {
	p := fixture()
	twin := p.ca.issue(&x509.Certificate{SerialNumber: p.rsa.cert.SerialNumber, Subject: pkix.Name{CommonName: "somebody else"}}, p.rsa.key)
	for _, order := range [][][]byte{{twin.Raw, p.rsa.cert.Raw}, {p.rsa.cert.Raw, twin.Raw}} {
		f := newForge()
		f.certificates = order
		rs := verified(t, f.encode(), content)
		if err := rs.Err(); err != nil || !rs[0].Certificate.Equal(p.rsa.cert) || !rs[0].CertificateSigned {
			t.Errorf("%v: %+v", err, rs[0])
		}
	}
	f := newForge()
	f.certificates = [][]byte{twin.Raw}
	rs := verified(t, f.encode(), content)
	if err := rs.Err(); !errors.Is(err, NoSigningCertificateFound) || rs[0].CertificateSigned {
		t.Errorf("a certificate for the same key: %v", err)
	}
	f.signers[0].replace(oidSigningCertificateV2)
	if rs := verified(t, f.encode(), content); rs.Err() != nil || rs[0].CertificateSigned {
		t.Errorf("without the attribute: %v, %v", rs.Err(), rs[0].CertificateSigned)
	}
}

// TestIssuerInAnotherStringType shows that the issuer of a signer is found if
// its string type differs from the certificate's.
func TestIssuerInAnotherStringType(t *testing.T) {
	p := fixture()
	utf8 := bytes.ReplaceAll(p.rsa.cert.RawIssuer, []byte{0x13, 21}, []byte{0x0C, 21})
	if bytes.Equal(utf8, p.rsa.cert.RawIssuer) {
		t.Fatal("nothing changed")
	}
	f := newForge()
	f.signers[0].sid = sequence(utf8, integer(p.rsa.cert.SerialNumber))
	if err := verified(t, f.encode(), content).Err(); err != nil {
		t.Error(err)
	}
	f.signers[0].sid = sequence(bytes.ReplaceAll(utf8, []byte("nobody"), []byte("Nobody")), integer(p.rsa.cert.SerialNumber))
	if err := verified(t, f.encode(), content).Err(); !errors.Is(err, NoSigningCertificateFound) {
		t.Errorf("another name: %v", err)
	}
}

func TestSubjectKeyIdentifier(t *testing.T) {
	f := newForge()
	f.signers[0].sid = tlv(tagContext, fixture().rsa.cert.SubjectKeyId)
	f.signers[0].version = 3
	for _, version := range []int64{3, 1} {
		f.version = version
		if err := verified(t, f.encode(), content).Err(); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// TestSameSubjectKeyIdentifier shows that, of two certificates with the
// signer's key identifier, the signed one counts, else the first, and never one
// whose key did not sign.
func TestSameSubjectKeyIdentifier(t *testing.T) {
	p := fixture()
	decoy := p.ca.issue(&x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "decoy"}, SubjectKeyId: p.rsa.cert.SubjectKeyId}, p.ca.key)
	for name, c := range map[string]struct {
		certificates [][]byte
		ess          bool
		expect       error // nil: good
	}{
		"decoy first, certificate signed":  {[][]byte{decoy.Raw, p.rsa.cert.Raw}, true, nil},
		"decoy behind, certificate signed": {[][]byte{p.rsa.cert.Raw, decoy.Raw}, true, nil},
		"decoy alone, certificate signed":  {[][]byte{decoy.Raw}, true, NoSigningCertificateFound},
		"decoy first":                      {[][]byte{decoy.Raw, p.rsa.cert.Raw}, false, SigCryptoFailure},
		"decoy behind":                     {[][]byte{p.rsa.cert.Raw, decoy.Raw}, false, nil},
		"decoy alone":                      {[][]byte{decoy.Raw}, false, SigCryptoFailure},
	} {
		f := newForge()
		f.version, f.certificates = 3, c.certificates
		s := f.signers[0]
		s.version, s.sid = 3, tlv(tagContext, p.rsa.cert.SubjectKeyId)
		if !c.ess {
			s.replace(oidSigningCertificateV2)
		}
		rs := verified(t, f.encode(), content)
		if err := rs.Err(); !errors.Is(err, c.expect) || c.expect == nil && (err != nil || !rs[0].Certificate.Equal(p.rsa.cert)) {
			t.Errorf("%s: %v, want %v", name, err, c.expect)
		}
	}
}

// TestEmptySubjectKeyIdentifier shows that an empty key identifier does not
// match certificates without one.
func TestEmptySubjectKeyIdentifier(t *testing.T) {
	p := fixture()
	without := p.ca.issue(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "no key identifier"}}, p.rsa.key)
	if len(without.SubjectKeyId) != 0 {
		t.Fatal("certificate with a key identifier")
	}
	f := newForge()
	s := newForgedSigner(holder{without, p.rsa.key})
	s.version, s.sid = 3, tlv(tagContext)
	f.version, f.signers, f.certificates = 3, []*forgedSigner{s}, [][]byte{without.Raw}
	if err := verified(t, f.encode(), content).Err(); !errors.Is(err, NoSigningCertificateFound) {
		t.Error(err)
	}
}

func TestUnfitKeys(t *testing.T) {
	for bits, key := range map[int]*rsa.PublicKey{
		512:   {N: new(big.Int).Lsh(big.NewInt(1), 511), E: 65537},
		16384: {N: new(big.Int).Lsh(big.NewInt(1), 16383), E: 65537},
	} {
		f := Algorithm{Scheme: PKCS1v15, Hash: crypto.SHA256}.verify(key, make([]byte, 32), make([]byte, bits/8))
		if !errors.Is(f, CryptoConstraintsFailure) {
			t.Errorf("%d bits: %v", bits, f)
		}
	}
	if f := (Algorithm{Scheme: ECDSA, Hash: crypto.SHA256}).verify("no key", nil, nil); !errors.Is(f, CryptoConstraintsFailure) {
		t.Errorf("no key: %v", f)
	}
}

// TestVectors verifies kept signatures of other programs. testdata/README tells
// how they were made.
func TestVectors(t *testing.T) {
	for name, want := range map[string]error{
		"rsa-sha256.p7s":        nil,
		"rsa-sha512.p7s":        nil,
		"openssl-stream.p7m":    nil,
		"openssl-pss-keyid.p7s": nil,
		"openssl-md5.p7s":       CryptoConstraintsFailure,
	} {
		encoded, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sd := parsed(t, encoded)
		var c *Content
		if sd.Detached() {
			c = hashed(t, content, sd.Hashes()...)
		}
		if err := sd.Verify(c).Err(); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestWeakSignatures shows that a correct signature with weak algorithms or
// keys is not good, and that the result names the reason.
func TestWeakSignatures(t *testing.T) {
	p := fixture()
	for name, s := range map[string]Signing{
		"SHA-1": p.rsa.signing(crypto.SHA1), "SHA-1 on P-256": p.p256.signing(crypto.SHA1),
	} {
		der, err := s.detached(hashed(t, content, s.Hash).Digest(s.Hash))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := verified(t, der, content)[0]
		if len(r.Failures) != 1 || r.Failures[0].Code != CryptoConstraintsFailureNoPOE || r.Err() == nil {
			t.Errorf("%s: %v", name, r.Err())
		}
		if err := verified(t, der, content+" ").Err(); !errors.Is(err, HashFailure) {
			t.Errorf("%s, over other content: %v", name, err)
		}
	}
	if f := (Algorithm{Scheme: PKCS1v15, Hash: crypto.SHA256}).weakness(p.shortRSA.cert.PublicKey); !errors.Is(f, CryptoConstraintsFailureNoPOE) {
		t.Errorf("RSA 1024: %v", f)
	}
}

// TestNothingIsNotGood shows that no zero value counts as good.
func TestNothingIsNotGood(t *testing.T) {
	if err := (Results)(nil).Err(); !errors.Is(err, ErrNoSigner) {
		t.Error(err)
	}
	if (Result{}).Err() == nil || (Results{{}}).Err() == nil {
		t.Error("the zero Result is good")
	}
	sd := parsed(t, fixture().rsa.sign(t, crypto.SHA256))
	if err := sd.Verify(nil).Err(); !errors.Is(err, SignedDataNotFound) {
		t.Errorf("without content: %v", err)
	}
	for _, c := range []*Content{{}, hashed(t, content), hashed(t, content, crypto.SHA512)} {
		if err := sd.Verify(c).Err(); !errors.Is(err, SignedDataNotFound) {
			t.Errorf("without the digest: %v", err)
		}
	}
	if err := sd.WriteContent(new(bytes.Buffer)); !errors.Is(err, ErrDetached) {
		t.Error(err)
	}
}

func TestContentChanged(t *testing.T) {
	der := fixture().rsa.sign(t, crypto.SHA256)
	for _, text := range []string{"", content[1:], content[:len(content)-1], content + "\n", "\n" + content, content + "\x00", strings.ToUpper(content) + ".", content + content} {
		if err := verified(t, der, text).Err(); !errors.Is(err, HashFailure) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for i := range content {
		changed := []byte(content)
		changed[i] ^= 0x20
		if err := verified(t, der, string(changed)).Err(); !errors.Is(err, HashFailure) {
			t.Errorf("octet %d changed: %v", i, err)
		}
	}
}

// TestEveryBitCounts shows that a signature with any damaged bit or octet is
// not good.
func TestEveryBitCounts(t *testing.T) {
	p := fixture()
	for name, h := range map[string]holder{"RSA": p.rsa, "P-256": p.p256} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := h.signing(crypto.SHA256)
			s.CA = nil
			der := s.must(t, content)
			good := hashed(t, content, crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512)
			if err := parsed(t, der).Verify(good).Err(); err != nil {
				t.Fatal(err)
			}
			each(len(der), func(i int) {
				for _, mask := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 0xFF} {
					damaged := slices.Clone(der)
					damaged[i] ^= mask
					sd, err := Parse(damaged)
					if err == nil && sd.Verify(good).Err() == nil {
						t.Errorf("octet %d: %02X for %02X goes unnoticed", i, damaged[i], der[i])
					}
				}
			})
		})
	}
}

// TestDamagedCACertificate shows that damage to a CA certificate, which CMS
// does not protect and chain building finds, never changes what was signed or
// by whom.
func TestDamagedCACertificate(t *testing.T) {
	p := fixture()
	der := p.rsa.sign(t, crypto.SHA256)
	good := hashed(t, content, crypto.SHA256)
	start := bytes.Index(der, p.ca.cert.Raw)
	each(len(p.ca.cert.Raw), func(i int) {
		damaged := slices.Clone(der)
		damaged[start+i] ^= 1
		sd, err := Parse(damaged)
		if err != nil {
			return
		}
		rs := sd.Verify(good)
		if rs.Err() == nil && (len(rs) != 1 || !rs[0].Certificate.Equal(p.rsa.cert) || !rs[0].SigningTime.Equal(signedAt)) {
			t.Errorf("octet %d changes the signer", i)
		}
	})
}

// each calls f with 0 to n-1 in parallel.
func each(n int, f func(int)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

func TestCutAndExtended(t *testing.T) {
	der := fixture().rsa.sign(t, crypto.SHA256)
	each(len(der), func(n int) {
		if _, err := Parse(der[:n]); !errors.Is(err, FormatFailure) {
			t.Errorf("%d of %d octets: %v", n, len(der), err)
		}
	})
	for _, more := range []string{"\x00", "\x00\x00", "\n", string(der)} {
		if _, err := Parse(append(slices.Clone(der), more...)); !errors.Is(err, FormatFailure) {
			t.Errorf("%d octets more: %v", len(more), err)
		}
	}
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]time.Time{
		"\x17\x0d500101000000Z":           time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC),
		"\x17\x0d681231235959Z":           time.Date(1968, 12, 31, 23, 59, 59, 0, time.UTC),
		"\x17\x0d690101000000Z":           time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC),
		"\x17\x0d491231235959Z":           time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
		"\x18\x0f20500101000000Z":         time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
		"\x17\x0b5001010000Z":             {},
		"\x17\x0d5001010000.1Z":           {},
		"\x17\x0d50010100000 Z":           {},
		"\x17\x0d500101000060Z":           {},
		"\x17\x0d501301000000Z":           {},
		"\x18\x0f20500101000000z":         {},
		"\x18\x1120500101000000.0Z":       {},
		"\x18\x1320500101000000+0900":     {},
		"\x16\x0d500101000000Z":           {},
		"\x17\x00":                        {},
		"\x17\x0d\x00\x01\x01000000000Z0": {},
	} {
		got, ok := parseTime(mustSplit(t, []byte(in)))
		if ok == want.IsZero() || !got.Equal(want) {
			t.Errorf("%q: %v %v, want %v", in, got, ok, want)
		}
	}
}
