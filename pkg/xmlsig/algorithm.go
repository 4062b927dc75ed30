package xmlsig

import "fmt"

const nsDSig = "http://www.w3.org/2000/09/xmldsig#"

// UnsupportedError names an algorithm that this package does not carry out:
// because it does not know it, or because what it does cannot be seen through
// (XSLT, XPath) or proves nobody's signature (HMAC).
type UnsupportedError struct {
	What      string // canonicalization, digest, signature, transform
	Algorithm string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("xmlsig: %s algorithm %q is not accepted", e.What, e.Algorithm)
}
