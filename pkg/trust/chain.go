package trust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/strength"
)

// Moment is the time for which a certificate is judged.
//
// Proven says that the certificate was, or is to be, used at that very time: the
// question is whether it may be used then. Outside its dates the certificate is
// EXPIRED or NOT_YET_VALID, and invalid.
//
// Latest says that it was used at that time or before it, which is all that a
// timestamp over a signature proves. A certificate that is good then was good
// before. One that had expired or was revoked can have been good: that is
// indeterminate, as without proof.
//
// Without proof, as for a signature looked at now that only claims when it was
// made, a time outside the dates decides nothing: the signature may be older.
// It is OUT_OF_BOUNDS_NO_POE, and indeterminate.
//
// Claimed is when the signer claims to have signed, zero where no one does. It
// proves nothing for the signer, and counts only against: see
// [Verdict.WithRevocation].
type Moment struct {
	Time    time.Time
	Proven  bool
	Latest  bool // with Proven
	Claimed time.Time
}

// Errors inside a [Reason] about a chain.
var (
	ErrSignature         = errors.New("the CA's signature on the certificate is wrong")
	ErrAlgorithm         = errors.New("an algorithm or key too weak, or unknown, to prove anything")
	ErrNotYetValid       = errors.New("it was not yet valid")
	ErrExpired           = errors.New("its validity had ended")
	ErrNotCA             = errors.New("it may not issue certificates")
	ErrNotEndEntity      = errors.New("it is a CA's, where a holder's is needed")
	ErrKeyUsage          = errors.New("its key may not be used for this")
	ErrPolicy            = errors.New("its policy is not of the kind that its CA issues")
	ErrKind              = errors.New("it is not of the kind that is needed here")
	ErrCriticalExtension = errors.New("it has a critical extension that is unknown here")
)

// Check judges the certificate of an end entity at a time. cas are the CA
// certificates at hand, trusted or not, in any order. want is the kind that is
// needed, cert.Sign for a document and cert.Auth for a log-in; [cert.Any] takes
// whichever its CA issues. Revocation is not checked.
//
// A certificate of another organization is checked against [Anchors.Given].
// Where c is nil, because a signature came without, the verdict is the zero one
// but for its moment: indeterminate, and the format gives the reason.
//
// JPKI's CAs issue directly, so the chain has two links and is checked here
// rather than by x509.Certificate.Verify, which would be wrong in both
// directions. It refuses a critical subjectAltName of otherNames only, answers
// SHA-1 and a passed date like a forgery, and stops at the first reason. It
// accepts a CA's own certificate as the signer's, ignores key usage and
// authority key identifier of the end entity, and takes any critical extension
// as understood that it could parse. And it goes to the machine's roots and
// clock when not told otherwise.
func (a Anchors) Check(c *x509.Certificate, cas []*x509.Certificate, want cert.Kind, at Moment) Verdict {
	v := Verdict{At: at}
	if c == nil {
		return v
	}
	ca, id, err := a.issuer(c, cas)
	if err == ErrNotJPKI && len(a.Given) > 0 {
		return a.checkGiven(c, cas, want, at)
	}
	v.Issuer = id
	if err != nil {
		return v.With(Reason{Code: NoCertificateChainFound, Err: err})
	}
	switch r := checkSignature(ca, c); {
	case r.Code == CryptoConstraintsFailureNoPOE:
		v = v.With(r)
	case r.Err != nil:
		return v.With(r) // nothing else in it can be believed
	}
	v.Chain = []*x509.Certificate{c, ca}
	kind := cert.KindOf(ca).Issues()
	v = v.With(checkEndEntity(c, kind)...)
	if want != cert.Any && want != kind {
		v = v.With(Reason{Code: ChainConstraintsFailure, Err: ErrKind})
	}
	v = v.With(checkCommon(c, at)...)
	return v.With(checkCA(ca, at)...)
}

// CheckCA judges the certificate of a CA at a time.
func (a Anchors) CheckCA(ca *x509.Certificate, at Moment) Verdict {
	v := Verdict{At: at, Issuer: a.Identify(ca), Revocation: RevocationNotApplicable}
	if err := a.refuse(v.Issuer.Standing); err != nil {
		return v.With(Reason{Code: NoCertificateChainFound, Err: err})
	}
	return v.With(checkCA(ca, at)...)
}

// issuer finds the CA that issued c among those at hand. Of several that are
// believed and have the key identifier that c names, it takes the one that
// signed c. No signature of a CA that is not believed is looked at: its key
// could be made to take for ever.
func (a Anchors) issuer(c *x509.Certificate, cas []*x509.Certificate) (ca *x509.Certificate, id Identity, err error) {
	id, err = claimed(c), ErrNoIssuer
	if !cert.NamesJPKI(c) && id.Standing == NotJPKI {
		err = ErrNotJPKI
	}
	for _, candidate := range cas {
		if !names(c, candidate) {
			continue
		}
		found := a.Identify(candidate)
		refused := a.refuse(found.Standing)
		switch {
		case refused == nil && (ca == nil || checkSignature(candidate, c).Err != ErrSignature):
			ca, id, err = candidate, found, nil
		case refused != nil && ca == nil:
			id, err = found, refused
		}
	}
	return ca, id, err
}

// names reports whether c says that ca issued it: by name, byte for byte, and
// by key identifier where it has one (RFC 5280, 4.2.1.1; JPKI's always have).
func names(c, ca *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, ca.RawSubject) &&
		(len(c.AuthorityKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, ca.SubjectKeyId))
}

// checkSignature verifies the CA's signature on c. The Reason is empty when it
// fits and is strong enough.
func checkSignature(ca, c *x509.Certificate) Reason {
	err := ca.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var insecure x509.InsecureAlgorithmError
	switch {
	case errors.As(err, &insecure), errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return Reason{Code: CryptoConstraintsFailure, Err: ErrAlgorithm}
	case err != nil:
		return Reason{Code: CertificateChainGeneralFailure, Err: ErrSignature}
	}
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return Reason{Code: CryptoConstraintsFailureNoPOE, Err: ErrAlgorithm}
	}
	return Reason{}
}

// checkEndEntity checks the demands of the profile on a holder's certificate of
// this kind.
func checkEndEntity(c *x509.Certificate, kind cert.Kind) (reasons []Reason) {
	fail := func(err error) { reasons = append(reasons, Reason{Code: ChainConstraintsFailure, Err: err}) }
	if c.IsCA {
		fail(ErrNotEndEntity)
	}
	usage := x509.KeyUsageDigitalSignature
	if kind == cert.Sign {
		usage |= x509.KeyUsageContentCommitment // nonRepudiation
	}
	if c.KeyUsage&usage != usage {
		fail(ErrKeyUsage)
	}
	if cert.KindOf(c) != kind {
		fail(ErrPolicy)
	}
	return reasons
}

// checkCA checks the properties of a root CA's certificate.
func checkCA(ca *x509.Certificate, at Moment) (reasons []Reason) {
	if !ca.IsCA || ca.KeyUsage&x509.KeyUsageCertSign == 0 {
		reasons = append(reasons, Reason{Code: ChainConstraintsFailure, Err: ErrNotCA})
	}
	if r := checkSignature(ca, ca); r.Err != nil {
		reasons = append(reasons, r)
	}
	reasons = append(reasons, checkCommon(ca, at)...)
	for i := range reasons {
		reasons[i].CA = true
	}
	return reasons
}

// checkCommon checks the rules for every certificate of a chain.
func checkCommon(c *x509.Certificate, at Moment) (reasons []Reason) {
	if hasUnknownCritical(c) {
		reasons = append(reasons, Reason{Code: ChainConstraintsFailure, Err: ErrCriticalExtension})
	}
	reasons = append(reasons, checkKey(c)...)
	return append(reasons, checkDates(c, at)...)
}

func checkDates(c *x509.Certificate, at Moment) []Reason {
	v := cert.ValidityOf(c)
	if v.Contains(at.Time) {
		return nil
	}
	r := Reason{Code: Expired, Err: ErrExpired}
	if v.State(at.Time) == cert.NotYetValid {
		r = Reason{Code: NotYetValid, Err: ErrNotYetValid}
	}
	if !at.Proven || at.Latest && r.Code == Expired {
		r.Code = OutOfBoundsNoPOE
	}
	return []Reason{r}
}

// understood are the extensions that this package or package cert acts upon.
// Those that x509 parses and nobody here applies, nameConstraints for one, are
// not: RFC 5280, 4.2, wants a certificate refused if one of its critical
// extensions is not processed.
var understood = []string{
	"2.5.29.15", // keyUsage
	"2.5.29.17", // subjectAltName: the holder
	"2.5.29.18", // issuerAltName: another name, which decides nothing
	"2.5.29.19", // basicConstraints
	"2.5.29.31", // cRLDistributionPoints: revocation is a part of the verdict
	"2.5.29.32", // certificatePolicies
}

func hasUnknownCritical(c *x509.Certificate, also ...string) bool {
	return firstCritical(c.Extensions, append(also, understood...)...) != ""
}

// checkKey holds the certificate's own key against the rule of package strength.
func checkKey(c *x509.Certificate) []Reason {
	switch strength.Of(c.PublicKey) {
	case strength.Good:
		return nil
	case strength.Weak:
		return []Reason{{Code: CryptoConstraintsFailureNoPOE, Err: ErrAlgorithm}}
	}
	return []Reason{{Code: CryptoConstraintsFailure, Err: ErrAlgorithm}}
}
