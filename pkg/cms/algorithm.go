package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // linked in, to be told from worse: never used to sign
	_ "crypto/sha256"
	_ "crypto/sha512"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/internal/sigalg"
	"github.com/jpki-tools/jpki/pkg/strength"
)

// Scheme is a signature scheme.
type Scheme string

// The schemes that are verified. [Signing] makes PKCS1v15 and ECDSA.
const (
	PKCS1v15 Scheme = "RSASSA-PKCS1-v1_5" // RFC 8017, 8.2
	PSS      Scheme = "RSASSA-PSS"        // RFC 8017, 8.1
	ECDSA    Scheme = "ECDSA"             // FIPS 186-5, 6
)

// Algorithm is how a signature was made.
type Algorithm struct {
	Scheme     Scheme
	Hash       crypto.Hash
	SaltLength int // octets, of PSS
}

func (a Algorithm) String() string {
	if a.Scheme == "" {
		return "unknown"
	}
	return fmt.Sprintf("%s with %v", a.Scheme, a.Hash)
}

// digestAlgorithms are those that are computed; no other one is.
var digestAlgorithms = []struct {
	oid  OID
	hash crypto.Hash
}{
	{newOID("2.16.840.1.101.3.4.2.1"), crypto.SHA256}, // RFC 5754, 2
	{newOID("2.16.840.1.101.3.4.2.2"), crypto.SHA384},
	{newOID("2.16.840.1.101.3.4.2.3"), crypto.SHA512},
	{oidSHA1, crypto.SHA1}, // RFC 3370, 2.1
}

var (
	oidSHA1          = newOID("1.3.14.3.2.26")
	oidRSAEncryption = newOID("1.2.840.113549.1.1.1")  // RFC 3370, 3.2
	oidRSASSAPSS     = newOID("1.2.840.113549.1.1.10") // RFC 4056, 2.1
	oidECPublicKey   = newOID("1.2.840.10045.2.1")     // RFC 5480, 2.1.1: of keys, and iText's for ECDSA with the digest beside
	oidMGF1          = newOID("1.2.840.113549.1.1.8")  // RFC 4055, 2.1
)

// signatureAlgorithm is an identifier that names scheme and digest.
type signatureAlgorithm struct {
	oid    OID
	scheme Scheme
	hash   crypto.Hash
}

// signatureAlgorithms are those of package sigalg that have a digest beside
// them, as CMS has (RFC 5652, 5.4).
var signatureAlgorithms = func() (list []signatureAlgorithm) {
	for _, a := range sigalg.Algorithms {
		scheme := PKCS1v15
		if a.EC {
			scheme = ECDSA
		}
		if a.Hash != 0 {
			list = append(list, signatureAlgorithm{newOID(a.ID), scheme, a.Hash})
		}
	}
	return list
}()

// refused are named only so that a person reads a name.
var refused = map[OID]string{
	newOID("1.2.840.113549.2.2"): "MD2",
	newOID("1.2.840.113549.2.4"): "MD4",
	newOID("1.2.840.113549.2.5"): "MD5",
}

// algorithmIdentifier is an AlgorithmIdentifier (RFC 5652, 10.1).
type algorithmIdentifier struct {
	oid        OID
	parameters element // zero when absent
}

var derNull = []byte{tagNull, 0}

func (c *cursor) algorithm(name string) algorithmIdentifier {
	in := c.enter(tagSequence, name)
	a := algorithmIdentifier{oid: in.oid()}
	if in.more() {
		a.parameters = in.next()
	}
	in.done()
	return a
}

// plain reports whether there are no parameters, or NULL: both are written,
// and both must be accepted (RFC 5754, 2 and 3.2).
func (a algorithmIdentifier) plain() bool {
	return len(a.parameters.full) == 0 || bytes.Equal(a.parameters.full, derNull)
}

func (a algorithmIdentifier) String() string {
	if name, ok := refused[a.oid]; ok {
		return name
	}
	return a.oid.String()
}

// digest gives the hash an AlgorithmIdentifier names.
func (a algorithmIdentifier) digest() (crypto.Hash, *Failure) {
	for _, d := range digestAlgorithms {
		if d.oid == a.oid && a.plain() {
			return d.hash, nil
		}
	}
	return 0, failure(CryptoConstraintsFailure, "digest algorithm %v is not accepted", a)
}

// digestOID is the identifier of one of digestAlgorithms.
func digestOID(h crypto.Hash) (OID, bool) {
	for _, d := range digestAlgorithms {
		if d.hash == h {
			return d.oid, true
		}
	}
	return OID{}, false
}

// signature gives the algorithm an AlgorithmIdentifier names, beside the
// digest algorithm of the same SignerInfo.
func (a algorithmIdentifier) signature(digest crypto.Hash) (Algorithm, *Failure) {
	switch a.oid {
	case oidRSASSAPSS:
		return a.pss(digest)
	case oidRSAEncryption:
		if a.plain() {
			return Algorithm{Scheme: PKCS1v15, Hash: digest}, nil
		}
	case oidECPublicKey:
		if a.plain() {
			return Algorithm{Scheme: ECDSA, Hash: digest}, nil
		}
	}
	for _, s := range signatureAlgorithms {
		if s.oid != a.oid || !a.plain() {
			continue
		}
		if s.hash != digest {
			return Algorithm{}, failure(FormatFailure, "signature algorithm with %v beside the digest algorithm %v", s.hash, digest)
		}
		return Algorithm{Scheme: s.scheme, Hash: s.hash}, nil
	}
	return Algorithm{}, failure(CryptoConstraintsFailure, "signature algorithm %v is not accepted", a)
}

// pss reads RSASSA-PSS-params (RFC 4055, 3.1). The digest algorithm, the PSS
// hash and the hash of MGF1 must be the same one.
func (a algorithmIdentifier) pss(digest crypto.Hash) (Algorithm, *Failure) {
	sha1 := algorithmIdentifier{oid: oidSHA1}
	hash, maskHash, mask, salt, trailer := sha1, sha1, oidMGF1, 20, 1 // the DEFAULTs
	in := read(a.parameters.full, "RSASSA-PSS-params")
	params := in.enter(tagSequence, in.name)
	in.done()
	field := func(n byte, parse func(*cursor)) {
		if params.at(tagExplicit | n) {
			c := params.enter(tagExplicit|n, in.name)
			parse(c)
			c.done()
		}
	}
	field(0, func(c *cursor) { hash = c.algorithm("hashAlgorithm") })
	field(1, func(c *cursor) {
		id := c.enter(tagSequence, "maskGenAlgorithm")
		mask = id.oid()
		maskHash = id.algorithm("maskGenAlgorithm")
		id.done()
	})
	field(2, func(c *cursor) { salt = c.small() })
	field(3, func(c *cursor) { trailer = c.small() })
	params.done()
	switch {
	case in.failed != nil:
		return Algorithm{}, in.failed
	case trailer != 1:
		return Algorithm{}, failure(FormatFailure, "RSASSA-PSS with trailer field %d", trailer)
	case mask != oidMGF1:
		return Algorithm{}, failure(CryptoConstraintsFailure, "mask generation function %v is not accepted", mask)
	}
	for _, id := range []algorithmIdentifier{hash, maskHash} {
		h, f := id.digest()
		if f != nil {
			return Algorithm{}, f
		}
		if h != digest {
			return Algorithm{}, failure(CryptoConstraintsFailure, "RSASSA-PSS with %v beside the digest algorithm %v", h, digest)
		}
	}
	return Algorithm{Scheme: PSS, Hash: digest, SaltLength: salt}, nil
}

// verify checks a signature value over a digest.
func (a Algorithm) verify(key crypto.PublicKey, digest, signature []byte) *Failure {
	if strength.Of(key) == strength.Unfit {
		return failure(CryptoConstraintsFailure, "%s is not accepted", strength.Name(key))
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		var err error
		switch a.Scheme {
		case PKCS1v15:
			err = rsa.VerifyPKCS1v15(key, a.Hash, digest, signature)
		case PSS: // a salt of 0 octets reads as "any length" here, which does no harm
			err = rsa.VerifyPSS(key, a.Hash, digest, signature, &rsa.PSSOptions{SaltLength: a.SaltLength, Hash: a.Hash})
		default:
			return failure(SigCryptoFailure, "%s signature under a certificate for an RSA key", a.Scheme)
		}
		if err != nil {
			return failure(SigCryptoFailure, "signature value does not fit the certificate's key")
		}
		return nil
	case *ecdsa.PublicKey:
		if a.Scheme != ECDSA {
			return failure(SigCryptoFailure, "%s signature under a certificate for an elliptic curve key", a.Scheme)
		}
		if !ecdsa.VerifyASN1(key, digest, signature) {
			return failure(SigCryptoFailure, "signature value does not fit the certificate's key")
		}
		return nil
	}
	return failure(CryptoConstraintsFailure, "%s is not accepted here", strength.Name(key))
}

// weakness is the failure of a signature that is weak by its key or digest; nil
// for none.
func (a Algorithm) weakness(key crypto.PublicKey) *Failure {
	if a.Hash == crypto.SHA1 {
		return failure(CryptoConstraintsFailureNoPOE, "made with SHA-1, for which collisions can be made")
	}
	if strength.Of(key) == strength.Weak {
		return failure(CryptoConstraintsFailureNoPOE, "made with %s", strength.Name(key))
	}
	return nil
}
