package token

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"github.com/jpki-tools/jpki/internal/p11rpc"
)

// object is one of a token, with all its attributes.
type object struct {
	handle     p11rpc.Handle
	private    bool // only for who has logged in
	attributes map[p11rpc.AttributeType][]byte
	secret     []p11rpc.AttributeType // that it has and never shows
}

// Handles of the objects.
const (
	certificateObject p11rpc.Handle = iota + 1
	publicKeyObject
	privateKeyObject
	caObject
)

// Values of CKA_CLASS, CKA_CERTIFICATE_TYPE, CKA_CERTIFICATE_CATEGORY and
// CKA_KEY_TYPE.
const (
	classCertificate = 1
	classPublicKey   = 2
	classPrivateKey  = 3
	typeX509         = 0
	categoryToken    = 1
	categoryCA       = 2
	keyRSA           = 0
)

// objects are those that a card's certificate makes; none without one. Where
// login is wanted, the private key is only for who has logged in.
func objects(cert, ca *x509.Certificate, label string, login bool) []object {
	if cert == nil {
		return nil
	}
	all := []object{certificate(certificateObject, cert, label, categoryToken)}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
		all = append(all, publicKey(cert, key, label), privateKey(cert, key, label, login))
	}
	if ca != nil {
		all = append(all, certificate(caObject, ca, label+"-ca", categoryCA))
	}
	return all
}

func certificate(handle p11rpc.Handle, c *x509.Certificate, label string, category uint64) object {
	serial, _ := asn1.Marshal(c.SerialNumber)
	return object{handle: handle, attributes: map[p11rpc.AttributeType][]byte{
		p11rpc.AttrClass:               p11rpc.Ulong(classCertificate),
		p11rpc.AttrToken:               p11rpc.Bool(true),
		p11rpc.AttrPrivate:             p11rpc.Bool(false),
		p11rpc.AttrModifiable:          p11rpc.Bool(false),
		p11rpc.AttrTrusted:             p11rpc.Bool(false),
		p11rpc.AttrLabel:               []byte(label),
		p11rpc.AttrCertificateType:     p11rpc.Ulong(typeX509),
		p11rpc.AttrCertificateCategory: p11rpc.Ulong(category),
		p11rpc.AttrID:                  keyID(c),
		p11rpc.AttrSubject:             c.RawSubject,
		p11rpc.AttrIssuer:              c.RawIssuer,
		p11rpc.AttrSerialNumber:        serial,
		p11rpc.AttrValue:               c.Raw,
		p11rpc.AttrPublicKeyInfo:       c.RawSubjectPublicKeyInfo,
		p11rpc.AttrStartDate:           date(c.NotBefore),
		p11rpc.AttrEndDate:             date(c.NotAfter),
	}}
}

func publicKey(c *x509.Certificate, key *rsa.PublicKey, label string) object {
	a := ofKey(c, key, label)
	a[p11rpc.AttrClass] = p11rpc.Ulong(classPublicKey)
	a[p11rpc.AttrPrivate] = p11rpc.Bool(false)
	a[p11rpc.AttrVerify] = p11rpc.Bool(true)
	a[p11rpc.AttrVerifyRecover] = p11rpc.Bool(false)
	a[p11rpc.AttrEncrypt] = p11rpc.Bool(false)
	a[p11rpc.AttrWrap] = p11rpc.Bool(false)
	a[p11rpc.AttrTrusted] = p11rpc.Bool(false)
	a[p11rpc.AttrModulusBits] = p11rpc.Ulong(uint64(key.N.BitLen()))
	return object{handle: publicKeyObject, attributes: a}
}

// privateKey never has CKA_ALWAYS_AUTHENTICATE: NSS then calls C_Login without
// end. That each signature takes the PIN is the server's affair.
func privateKey(c *x509.Certificate, key *rsa.PublicKey, label string, login bool) object {
	a := ofKey(c, key, label)
	a[p11rpc.AttrClass] = p11rpc.Ulong(classPrivateKey)
	a[p11rpc.AttrPrivate] = p11rpc.Bool(login)
	a[p11rpc.AttrSensitive] = p11rpc.Bool(true)
	a[p11rpc.AttrExtractable] = p11rpc.Bool(false)
	a[p11rpc.AttrAlwaysSensitive] = p11rpc.Bool(false) // how it came onto the card is not known here
	a[p11rpc.AttrNeverExtractable] = p11rpc.Bool(false)
	a[p11rpc.AttrSign] = p11rpc.Bool(true)
	a[p11rpc.AttrSignRecover] = p11rpc.Bool(false)
	a[p11rpc.AttrDecrypt] = p11rpc.Bool(false)
	a[p11rpc.AttrUnwrap] = p11rpc.Bool(false)
	a[p11rpc.AttrAlwaysAuthenticate] = p11rpc.Bool(false)
	a[p11rpc.AttrWrapWithTrusted] = p11rpc.Bool(false)
	return object{
		handle: privateKeyObject, private: login, attributes: a,
		// CKA_PRIVATE_EXPONENT, the primes, and values derived from
		// them
		secret: []p11rpc.AttributeType{p11rpc.AttrPrivateExponent, 0x124, 0x125, 0x126, 0x127, 0x128},
	}
}

func ofKey(c *x509.Certificate, key *rsa.PublicKey, label string) map[p11rpc.AttributeType][]byte {
	return map[p11rpc.AttributeType][]byte{
		p11rpc.AttrToken:          p11rpc.Bool(true),
		p11rpc.AttrModifiable:     p11rpc.Bool(false),
		p11rpc.AttrLabel:          []byte(label),
		p11rpc.AttrID:             keyID(c),
		p11rpc.AttrSubject:        c.RawSubject,
		p11rpc.AttrKeyType:        p11rpc.Ulong(keyRSA),
		p11rpc.AttrDerive:         p11rpc.Bool(false),
		p11rpc.AttrLocal:          p11rpc.Bool(false), // not made by C_GenerateKeyPair
		p11rpc.AttrStartDate:      date(c.NotBefore),
		p11rpc.AttrEndDate:        date(c.NotAfter),
		p11rpc.AttrModulus:        key.N.Bytes(),
		p11rpc.AttrPublicExponent: big.NewInt(int64(key.E)).Bytes(),
		p11rpc.AttrPublicKeyInfo:  c.RawSubjectPublicKeyInfo,
	}
}

// keyID is CKA_ID: the SHA-1 of the public key (RFC 5280, 4.2.1.2, method 1),
// which the certificate and its keys share and no other has.
func keyID(c *x509.Certificate) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	_, _ = asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info) // it was parsed before
	id := sha1.Sum(info.Key.RightAlign())
	return id[:]
}

// date is a CK_DATE.
func date(t time.Time) []byte { return []byte(t.UTC().Format("20060102")) }

// matches reports whether an object has all attributes of a template.
func (o object) matches(template []p11rpc.Attribute) bool {
	for _, want := range template {
		have, ok := o.attributes[want.Type]
		if !ok || want.Value == nil || !bytes.Equal(have, want.Value) {
			return false
		}
	}
	return true
}

// values returns attributes in the order of types, with nil for an attribute
// that the object does not have or show.
func (o object) values(types []p11rpc.AttributeType) (values [][]byte, err error) {
	for _, t := range types {
		v, ok := o.attributes[t]
		if !ok {
			err = p11rpc.AttributeTypeInvalid
			for _, s := range o.secret {
				if s == t {
					err = p11rpc.AttributeSensitive
				}
			}
		}
		values = append(values, v)
	}
	return values, err
}
