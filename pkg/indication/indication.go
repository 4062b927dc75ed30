// Package indication names the reasons for which a signature or a certificate
// is not good: the sub-indications of ETSI EN 319 102-1. Every package that
// gives such a reason uses these names.
//
// Stability: the codes are the standard's and stay; new ones may be added.
package indication

// Code is the name of a reason. It is an error, so that errors.Is tells one
// from another.
type Code string

func (c Code) Error() string { return string(c) }

// Reasons that a signature format finds (EN 319 102-1, 5.1.3).
const (
	// FormatFailure: not what the standard of the format asks for.
	FormatFailure Code = "FORMAT_FAILURE"
	// HashFailure: the content is not the content that was signed.
	HashFailure Code = "HASH_FAILURE"
	// SigCryptoFailure: the signature value does not fit the certificate's key.
	SigCryptoFailure Code = "SIG_CRYPTO_FAILURE"
	// SigConstraintsFailure: the signature means something else than a
	// signature over this content.
	SigConstraintsFailure Code = "SIG_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailure: an algorithm or a key that proves nothing, or
	// that is not known here.
	CryptoConstraintsFailure Code = "CRYPTO_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailureNoPOE: all of it fits, by SHA-1 or a short key
	// (Weak in package strength). That proved something once, and nothing shows
	// that the signature is from then.
	CryptoConstraintsFailureNoPOE Code = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	// NoSigningCertificateFound: the certificate that the signer names is not
	// there.
	NoSigningCertificateFound Code = "NO_SIGNING_CERTIFICATE_FOUND"
	// SignedDataNotFound: what was signed is not there, or was not given.
	SignedDataNotFound Code = "SIGNED_DATA_NOT_FOUND"
	// Generic: it could not be looked at, or the reason has no other name.
	Generic Code = "GENERIC"
)

// Reasons that the judgement of a certificate finds.
const (
	Revoked                        Code = "REVOKED"
	RevokedNoPOE                   Code = "REVOKED_NO_POE"
	RevokedCANoPOE                 Code = "REVOKED_CA_NO_POE"
	Expired                        Code = "EXPIRED"
	NotYetValid                    Code = "NOT_YET_VALID"
	OutOfBoundsNoPOE               Code = "OUT_OF_BOUNDS_NO_POE"
	ChainConstraintsFailure        Code = "CHAIN_CONSTRAINTS_FAILURE"
	CertificateChainGeneralFailure Code = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	NoCertificateChainFound        Code = "NO_CERTIFICATE_CHAIN_FOUND"
	TryLater                       Code = "TRY_LATER"
)

// Invalid reports whether a reason with this code decides that something is not
// valid. Every other code leaves that open: more knowledge could decide.
// ChainConstraintsFailure and CertificateChainGeneralFailure are INDETERMINATE
// in the standard, because another chain might do: JPKI has only one.
func (c Code) Invalid() bool {
	switch c {
	case FormatFailure, HashFailure, SigCryptoFailure, Revoked, Expired, NotYetValid,
		ChainConstraintsFailure, CertificateChainGeneralFailure:
		return true
	}
	return false
}
