package trust

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // certIDs, and key identifiers of responders
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	stdasn1 "encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Media types of OCSP over HTTP (RFC 6960, appendix A).
const (
	OCSPRequestType  = "application/ocsp-request"
	OCSPResponseType = "application/ocsp-response"
)

// nonceSize is the length that RFC 9654, 2.1, wants of a client.
const nonceSize = 32

var (
	oidBasicResponse = stdasn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce         = stdasn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// certIDHashes are the algorithms of a CertID. They only name a certificate, so
// SHA-1 does no harm, and every responder knows it.
var certIDHashes = []struct {
	hash crypto.Hash
	id   stdasn1.ObjectIdentifier
}{
	{crypto.SHA1, stdasn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}},
	{crypto.SHA256, stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}},
	{crypto.SHA384, stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}},
	{crypto.SHA512, stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}},
}

// OCSPRequest asks a responder about one certificate (RFC 6960, 4.1), and
// judges its answer.
type OCSPRequest struct {
	cert, ca *x509.Certificate
	nonce    []byte
	der      []byte
	stored   bool // the response was kept, and answers another request
}

// NewOCSPRequest asks about c, which ca issued. hash names the certificate to
// the responder: crypto.SHA1, which every responder knows, or crypto.SHA256.
// The nonce, of 32 bytes, is read from random.
func NewOCSPRequest(c, ca *x509.Certificate, hash crypto.Hash, random io.Reader) (*OCSPRequest, error) {
	r := &OCSPRequest{cert: c, ca: ca, nonce: make([]byte, nonceSize)}
	if _, err := io.ReadFull(random, r.nonce); err != nil {
		return nil, err
	}
	var algorithm stdasn1.ObjectIdentifier
	for _, h := range certIDHashes {
		if h.hash == hash {
			algorithm = h.id
		}
	}
	if algorithm == nil {
		return nil, fmt.Errorf("trust: no OCSP request names certificates by %v", hash)
	}
	nameHash, keyHash, err := hashIssuer(ca, hash)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, f func(*cryptobyte.Builder)) { b.AddASN1(asn1.SEQUENCE, f) }
	sequence(&b, func(b *cryptobyte.Builder) { // OCSPRequest
		sequence(b, func(b *cryptobyte.Builder) { // TBSRequest
			sequence(b, func(b *cryptobyte.Builder) { // requestList
				sequence(b, func(b *cryptobyte.Builder) { // Request
					sequence(b, func(b *cryptobyte.Builder) { // CertID
						sequence(b, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(algorithm)
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(nameHash)
						b.AddASN1OctetString(keyHash)
						b.AddASN1BigInt(c.SerialNumber)
					})
				})
			})
			b.AddASN1(tag2.Constructed(), func(b *cryptobyte.Builder) { // requestExtensions
				sequence(b, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidNonce)
						b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(r.nonce) })
					})
				})
			})
		})
	})
	r.der, err = b.Bytes()
	return r, err
}

// DER is the request as it is sent to the responder.
func (r *OCSPRequest) DER() []byte { return r.der }

// hashIssuer computes the two hashes of a CertID (RFC 6960, 4.1.1).
func hashIssuer(ca *x509.Certificate, hash crypto.Hash) (name, key []byte, err error) {
	bits, err := publicKeyBits(ca)
	if err != nil {
		return nil, nil, err
	}
	return sum(hash, ca.RawSubject), sum(hash, bits), nil
}

// publicKeyBits is the value of the BIT STRING subjectPublicKey.
func publicKeyBits(c *x509.Certificate) ([]byte, error) {
	var spki, algorithm cryptobyte.String
	var bits stdasn1.BitString
	input := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	if !input.ReadASN1(&spki, asn1.SEQUENCE) || !spki.ReadASN1(&algorithm, asn1.SEQUENCE) || !spki.ReadASN1BitString(&bits) {
		return nil, fmt.Errorf("trust: malformed SubjectPublicKeyInfo")
	}
	return bits.RightAlign(), nil
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// certID is a CertID as a response has it.
type certID struct {
	algorithm stdasn1.ObjectIdentifier
	name, key []byte
	serial    *big.Int
}

// names reports whether id is c's, which ca issued. The responder chooses the
// hash: it need not be the request's.
func (id certID) names(c, ca *x509.Certificate) bool {
	for _, h := range certIDHashes {
		if h.id.Equal(id.algorithm) {
			name, key, err := hashIssuer(ca, h.hash)
			return err == nil && id.serial.Cmp(c.SerialNumber) == 0 && bytes.Equal(id.name, name) && bytes.Equal(id.key, key)
		}
	}
	return false
}
