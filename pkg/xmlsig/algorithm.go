package xmlsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // linked in, to be told from forgery: nothing rests on it
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/strength"
)

// Namespaces of XML-DSig 1.0, of the additions of 1.1, and of RFC 4050's
// elliptic curves before that.
const (
	nsDSig   = "http://www.w3.org/2000/09/xmldsig#"
	nsDSig11 = "http://www.w3.org/2009/xmldsig11#"
	nsMore   = "http://www.w3.org/2001/04/xmldsig-more#"
)

// UnsupportedError names an algorithm that this package does not carry out:
// because it does not know it, because its effect cannot be seen through (XSLT,
// XPath), or because it proves nobody's signature (HMAC).
type UnsupportedError struct {
	What      string // canonicalization, digest, signature or transform
	Algorithm string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("xmlsig: %s algorithm %q is not accepted", e.What, e.Algorithm)
}

// unsupported makes a failure of it.
func unsupported(c cms.Code, what, algorithm string) *cms.Failure {
	cause := &UnsupportedError{What: what, Algorithm: algorithm}
	return &cms.Failure{Code: c, Detail: fmt.Sprintf("%s algorithm %q is not accepted", what, algorithm), Cause: cause}
}

// digestMethods are the digests that are computed (XML-DSig 1.1, 6.2).
var digestMethods = map[string]crypto.Hash{
	"http://www.w3.org/2001/04/xmlenc#sha256":       crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
	"http://www.w3.org/2000/09/xmldsig#sha1":        crypto.SHA1,
}

// signatureMethods are the supported signatures (XML-DSig 1.1, 6.4; RFC 9231,
// 2.3). HMAC is not among them, because everyone who can check one can make
// one. The salt of PSS is as long as the digest (RFC 9231, 2.3.10).
var signatureMethods = map[string]cms.Algorithm{
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256":      {Scheme: cms.PKCS1v15, Hash: crypto.SHA256},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384":      {Scheme: cms.PKCS1v15, Hash: crypto.SHA384},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":      {Scheme: cms.PKCS1v15, Hash: crypto.SHA512},
	"http://www.w3.org/2000/09/xmldsig#rsa-sha1":             {Scheme: cms.PKCS1v15, Hash: crypto.SHA1},
	"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": {Scheme: cms.PSS, Hash: crypto.SHA256, SaltLength: 32},
	"http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1": {Scheme: cms.PSS, Hash: crypto.SHA384, SaltLength: 48},
	"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1": {Scheme: cms.PSS, Hash: crypto.SHA512, SaltLength: 64},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256":    {Scheme: cms.ECDSA, Hash: crypto.SHA256},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384":    {Scheme: cms.ECDSA, Hash: crypto.SHA384},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512":    {Scheme: cms.ECDSA, Hash: crypto.SHA512},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1":      {Scheme: cms.ECDSA, Hash: crypto.SHA1},
}

// digestURI is the identifier of a digest algorithm, "" for none.
func digestURI(h crypto.Hash) string {
	for uri, known := range digestMethods {
		if known == h {
			return uri
		}
	}
	return ""
}

// signatureURI is the identifier of a signature algorithm, "" for none.
func signatureURI(a cms.Algorithm) string {
	for uri, known := range signatureMethods {
		if known == a {
			return uri
		}
	}
	return ""
}

// checkValue checks a signature value over a digest.
func checkValue(a cms.Algorithm, key crypto.PublicKey, digest, signature []byte) *cms.Failure {
	if strength.Of(key) == strength.Unfit {
		return failure(cms.CryptoConstraintsFailure, "%s is not accepted", strength.Name(key))
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		var err error
		switch a.Scheme {
		case cms.PKCS1v15:
			err = rsa.VerifyPKCS1v15(key, a.Hash, digest, signature)
		case cms.PSS:
			err = rsa.VerifyPSS(key, a.Hash, digest, signature, &rsa.PSSOptions{SaltLength: a.SaltLength})
		default:
			return failure(cms.SigCryptoFailure, "%s with an RSA key", a)
		}
		if err != nil {
			return failure(cms.SigCryptoFailure, "the signature value is not one over this SignedInfo by the certificate's key")
		}
		return nil
	case *ecdsa.PublicKey:
		// r and s as integers of the size of the curve (XML-DSig 1.1, 6.4.3).
		// Santuario leaves out the octets that are zero at the head of both.
		size := len(signature) / 2
		if a.Scheme != cms.ECDSA || len(signature)%2 != 0 || size > (key.Params().BitSize+7)/8 {
			return failure(cms.SigCryptoFailure, "%s with a key on %s and %d bytes", a, key.Params().Name, len(signature))
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		if !ecdsa.Verify(key, digest, r, s) {
			return failure(cms.SigCryptoFailure, "the signature value is not one over this SignedInfo by the certificate's key")
		}
		return nil
	}
	return failure(cms.CryptoConstraintsFailure, "%s is not accepted here", strength.Name(key))
}

// xmlValue converts the output of a [crypto.Signer] to the form of XML. It
// takes r and s of ECDSA from DER and writes them as integers of the size of
// the curve (XML-DSig 1.1, 6.4.3).
func xmlValue(key crypto.PublicKey, signature []byte) ([]byte, error) {
	curve, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return signature, nil
	}
	var values struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &values); err != nil || len(rest) > 0 {
		return nil, errors.New("not an ECDSA signature in DER")
	}
	size := (curve.Params().BitSize + 7) / 8
	if values.R.Sign() < 0 || values.S.Sign() < 0 || values.R.BitLen() > 8*size || values.S.BitLen() > 8*size {
		return nil, errors.New("an ECDSA signature of another curve")
	}
	value := make([]byte, 2*size)
	values.R.FillBytes(value[:size])
	values.S.FillBytes(value[size:])
	return value, nil
}
