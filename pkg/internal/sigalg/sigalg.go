// Package sigalg is the one table of the signature algorithms that have an
// object identifier, for signatures and for revocation data.
package sigalg

import (
	"crypto"
	"crypto/x509"
)

// Algorithm is an identifier that names both scheme and digest.
type Algorithm struct {
	ID   string // dotted
	X509 x509.SignatureAlgorithm
	EC   bool        // ECDSA; RSASSA-PKCS1-v1_5 otherwise
	Hash crypto.Hash // 0 for Ed25519, which has its own
}

// Algorithms lists all that are known. RSASSA-PSS is not among them: there the
// parameters name the digest.
var Algorithms = []Algorithm{
	{"1.2.840.113549.1.1.11", x509.SHA256WithRSA, false, crypto.SHA256}, // RFC 5754, 3.2
	{"1.2.840.113549.1.1.12", x509.SHA384WithRSA, false, crypto.SHA384},
	{"1.2.840.113549.1.1.13", x509.SHA512WithRSA, false, crypto.SHA512},
	{"1.2.840.113549.1.1.5", x509.SHA1WithRSA, false, crypto.SHA1},     // RFC 3370, 3.2
	{"1.2.840.10045.4.3.2", x509.ECDSAWithSHA256, true, crypto.SHA256}, // RFC 5754, 3.3
	{"1.2.840.10045.4.3.3", x509.ECDSAWithSHA384, true, crypto.SHA384},
	{"1.2.840.10045.4.3.4", x509.ECDSAWithSHA512, true, crypto.SHA512},
	{"1.2.840.10045.4.1", x509.ECDSAWithSHA1, true, crypto.SHA1}, // RFC 5753, 2.1.1
	{"1.3.101.112", x509.PureEd25519, false, 0},                  // RFC 8410, 3
}
