// Package strength has the one rule for keys: which sizes and curves prove
// something, for signatures in every format, for certificates of a chain, for
// timestamps and for answers of responders.
//
// The lower bound is 112 bits of strength with RSA, which NIST SP 800-57 and
// CRYPTREC allow until the end of 2030, and the smallest curve of ETSI TS 119
// 312, 6.2.2. The upper bound keeps a key that others bring from taking for
// ever.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package strength

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
)

// Class is the worth of a signature by a key.
type Class int

// The classes. The zero Class is the one that proves nothing.
const (
	// Unfit keys are not used at all: so short that crypto/rsa refuses them,
	// so long that a check takes for ever, or of an unknown kind.
	Unfit Class = iota
	// Weak keys proved something once. A signature that does not fit one is
	// wrong; one that fits proves nothing any more.
	Weak
	// Good keys prove who signed.
	Good
)

// Sizes of RSA moduli, in bits.
const (
	minRSA  = 1024 // the least that crypto/rsa takes
	goodRSA = 2048
	maxRSA  = 8192
)

// curves are the known ones, by class.
var curves = map[elliptic.Curve]Class{
	elliptic.P224(): Weak,
	elliptic.P256(): Good,
	elliptic.P384(): Good,
	elliptic.P521(): Good,
}

// Of is the class of a public key.
func Of(key crypto.PublicKey) Class {
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < minRSA, bits > maxRSA:
			return Unfit
		case bits < goodRSA:
			return Weak
		}
		return Good
	case *ecdsa.PublicKey:
		return curves[key.Curve]
	case ed25519.PublicKey:
		return Good
	}
	return Unfit // DSA, and keys that crypto/x509 does not know
}

// Name describes a key: "an RSA key of 1024 bits", "a key on P-224".
func Name(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("an RSA key of %d bits", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "a key on " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "an Ed25519 key"
	}
	return "a key of an unknown kind"
}
