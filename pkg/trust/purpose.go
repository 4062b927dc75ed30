package trust

import (
	"crypto/x509"
	"errors"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// Errors inside a [Reason] of [CheckPurpose].
var (
	// ErrLoginKey is a document signed with the key of JPKI that answers
	// challenges at a log-in. The servers choose these, and a challenge can be
	// the digest of a document.
	ErrLoginKey = errors.New("the certificate is JPKI's for user authentication: its key answers log-ins, and a hostile server can have it sign a document")
	// ErrOtherPurpose is a key that its certificate names for other purposes
	// alone, such as a server's.
	ErrOtherPurpose = errors.New("the certificate is for other purposes than signing documents (extended key usage)")
)

// CheckPurpose holds the certificate of a document's signer against the purpose
// of its key. None of its reasons decides a verdict as invalid: the key fits,
// and its holder may have meant it.
//
// Of JPKI's certificates only the signing certificate is for documents. For
// those of other organizations [Anchors.Check] asks for nonRepudiation or
// digitalSignature, or no key usage (RFC 5280, 4.2.1.3). Beside that an extended
// key usage counts (4.2.1.12), unless there is nonRepudiation: one that names
// only purposes known to be others.
func CheckPurpose(c *x509.Certificate) []Reason {
	switch {
	case c == nil:
	case cert.KindOf(c) == cert.Auth:
		return []Reason{{Code: SigConstraintsFailure, Err: ErrLoginKey}}
	case !cert.NamesJPKI(c) && namesOtherPurposes(c):
		return []Reason{{Code: SigConstraintsFailure, Err: ErrOtherPurpose}}
	}
	return nil
}

// otherPurposes are those that are certainly not documents.
var otherPurposes = []x509.ExtKeyUsage{
	x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageOCSPSigning,
	x509.ExtKeyUsageIPSECEndSystem, x509.ExtKeyUsageIPSECTunnel, x509.ExtKeyUsageIPSECUser,
	x509.ExtKeyUsageMicrosoftServerGatedCrypto, x509.ExtKeyUsageNetscapeServerGatedCrypto,
}

func namesOtherPurposes(c *x509.Certificate) bool {
	if c.KeyUsage&x509.KeyUsageContentCommitment != 0 || len(c.ExtKeyUsage) == 0 || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	return !slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool { return !slices.Contains(otherPurposes, u) })
}
