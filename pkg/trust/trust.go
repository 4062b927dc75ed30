// Package trust decides who is believed: which certificates are CAs of JPKI,
// whether one of them issued an end entity's certificate, and which verdict
// follows. It pins the CAs by fingerprint and holds none of their certificates:
// these come from the card, from the signature, or from a file, and a wrong one
// is of no use to whoever brought it.
//
// [Anchors.Identify] identifies a CA certificate, [Anchors.Check] judges an end
// entity's, [Anchors.CheckCA] a CA's. The last two end in a [Verdict], whose
// reasons have the names of ETSI EN 319 102-1. The failures that a signature
// format found go into the same verdict by [ReasonsOf], and a certificate alone
// makes no good signature:
//
//	v := anchors.Check(r.Certificate, r.Certificates, cert.Sign, trust.Moment{Time: now, Claimed: r.SigningTime})
//	v = v.With(trust.ReasonsOf(r.Err())...)
//	v = v.WithRevocation(evidence, now)
//	v.Status()
//
// Revocation is for whoever has a source to know: [ParseCRLs] and [CRL.Check]
// read lists (RFC 5280), [NewOCSPRequest] and [OCSPRequest.Check] talk to a
// responder (RFC 6960), and [Verdict.WithRevocation] draws the conclusion from
// their [Evidence]. Nothing here touches the network.
//
// A timestamp by an authority that is valid by [Anchors.CheckTSA] proves that
// the signature is no younger. Then the moment to judge it for is
//
//	trust.Moment{Time: t.Time, Proven: true, Latest: true, Claimed: r.SigningTime}
//
// All values can be used by several goroutines at once.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// Standing is the reason why a CA certificate is believed, or is not.
type Standing int

// The standings.
const (
	NotJPKI Standing = iota // another organization's, or no CA
	Unknown                 // named like a CA of JPKI, and in no table
	Demo                    // of the demo card: its key is public
	Added                   // in Anchors.Added
	Pinned                  // in Pins
	Given                   // in Anchors.Given: another organization's, believed because the user says so
)

// String is "not-jpki", "unknown", "demo", "added", "pinned" or "given".
func (s Standing) String() string {
	switch s {
	case Unknown:
		return "unknown"
	case Demo:
		return "demo"
	case Added:
		return "added"
	case Pinned:
		return "pinned"
	case Given:
		return "given"
	}
	return "not-jpki"
}

// Identity is a CA that was identified. Pin is set for Pinned and Demo.
type Identity struct {
	Standing Standing
	Pin      Pin
}

// Anchors are the CAs to believe besides [Pins]. The zero Anchors believes the
// pinned CAs alone.
type Anchors struct {
	// Added are CA certificates of JPKI that the user vouches for, such as a
	// generation newer than this program.
	Added []cert.Fingerprint
	// Demo believes the demo card's CAs. A program that sets it says so beside
	// the verdict.
	Demo bool
	// Given are CAs of other organizations that the user believes, for
	// signatures that are none of JPKI's. A CA that is named like one of JPKI
	// or of the demo card is not believed by being here.
	Given []*x509.Certificate
	// TSA are CAs that the user believes to certify timestamping authorities.
	// They count for nothing but [Anchors.CheckTSA], and no others count there.
	TSA []*x509.Certificate
}

// Identify finds the CA that a certificate belongs to. Only its fingerprint
// makes it one that is believed; names can be written by anyone.
func (a Anchors) Identify(ca *x509.Certificate) Identity {
	f := cert.FingerprintOf(ca)
	is := func(p Pin) bool { return p.Fingerprint == f }
	if i := slices.IndexFunc(pins, is); i >= 0 {
		return Identity{Pinned, pins[i]}
	}
	if i := slices.IndexFunc(demoPins, is); i >= 0 {
		return Identity{Demo, demoPins[i]} // even if it is among Added
	}
	switch {
	case !cert.KindOf(ca).IsCA():
		return Identity{Standing: NotJPKI}
	case slices.Contains(a.Added, f):
		return Identity{Standing: Added}
	}
	return Identity{Standing: Unknown}
}

// Errors inside a [Reason] with the code NO_CERTIFICATE_CHAIN_FOUND.
var (
	ErrNoIssuer  = errors.New("no certificate of the issuing CA is at hand")
	ErrNotJPKI   = errors.New("the certificate is under no CA of JPKI")
	ErrUnknownCA = errors.New("the CA is named like one of JPKI's, and this version does not know it")
	ErrNotGiven  = errors.New("the certificate is under no CA of JPKI, and under none of those given")
	ErrDemoCA    = errors.New("the CA is the demo card's, whose key is public")
)

// refuse says why a CA is not believed; it is nil for one that is.
func (a Anchors) refuse(s Standing) error {
	switch s {
	case Pinned, Added:
		return nil
	case Demo:
		if a.Demo {
			return nil
		}
		return ErrDemoCA
	case Unknown:
		return ErrUnknownCA
	}
	return ErrNotJPKI
}

// claimed is the identity of the CA with the key that the certificate names as
// its issuer's, the zero Identity if it is in no table. It is a claim: anyone
// can write a key identifier.
func claimed(c *x509.Certificate) Identity {
	keyID := fmt.Sprintf("%X", c.AuthorityKeyId)
	is := func(p Pin) bool { return p.SubjectKeyID == keyID }
	if i := slices.IndexFunc(pins, is); i >= 0 {
		return Identity{Pinned, pins[i]}
	}
	if i := slices.IndexFunc(demoPins, is); i >= 0 {
		return Identity{Demo, demoPins[i]}
	}
	return Identity{}
}
