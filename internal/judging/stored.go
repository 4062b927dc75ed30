package judging

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// FromSignature is where evidence comes from that a signature brought along.
const FromSignature = "signature"

// maxStored bounds the lists and responses of one signature that are looked at,
// each kind.
const maxStored = 64

// stored is revocation data that came with a signature (B-LT). It is not
// signed; its content is signed by the CAs.
type stored struct {
	crls  []*trust.CRL
	ocsps [][]byte
	asked map[storedKey][]trust.Evidence // evidence by earlier question
}

type storedKey struct {
	c, ca cert.Fingerprint
	at    time.Time
}

// newStored reads it, and leaves out everything else; nil without any.
func newStored(crls, ocsps [][]byte) *stored {
	s := &stored{ocsps: ocsps[:min(len(ocsps), maxStored)], asked: map[storedKey][]trust.Evidence{}}
	for _, der := range crls[:min(len(crls), maxStored)] {
		if lists, err := trust.ParseCRLs(der); err == nil {
			s.crls = append(s.crls, lists...)
		}
	}
	if len(s.crls)+len(s.ocsps) == 0 {
		return nil
	}
	return s
}

// with is both together.
func (s *stored) with(other *stored) *stored {
	switch {
	case s == nil:
		return other
	case other == nil:
		return s
	}
	return &stored{slices.Concat(s.crls, other.crls), slices.Concat(s.ocsps, other.ocsps), map[storedKey][]trust.Evidence{}}
}

// proof is stored data that is proven to have existed at a time; a zero time is
// now.
type proof struct {
	*stored
	asOf time.Time
}

// evidenceOf returns the evidence in proofs about the certificates of a chain.
// It leaves out proofs about other certificates and proofs without result,
// because nobody asked for them.
func evidenceOf(proofs []proof, chain []*x509.Certificate, now time.Time) (all []trust.Evidence) {
	for _, p := range proofs {
		at := now
		if !p.asOf.IsZero() {
			at = p.asOf
		}
		for i := range len(chain) - 1 {
			for _, found := range p.about(chain[i], chain[i+1], at) {
				found.From, found.AsOf = FromSignature, p.asOf
				all = append(all, found)
			}
		}
	}
	return all
}

// about is the evidence of the data about a certificate. It is asked once: a
// document with many timestamps comes back to it again and again.
func (s *stored) about(c, ca *x509.Certificate, at time.Time) []trust.Evidence {
	if s == nil {
		return nil
	}
	key := storedKey{cert.FingerprintOf(c), cert.FingerprintOf(ca), at}
	found, ok := s.asked[key]
	if !ok {
		s.asked[key] = nil // a responder's own certificate leads here, too
		found = s.lookUp(c, ca, at)
		s.asked[key] = found
	}
	return found
}

func (s *stored) lookUp(c, ca *x509.Certificate, at time.Time) (all []trust.Evidence) {
	for _, l := range s.crls {
		if found, applies := l.Check(c, ca); applies && found.Err == nil && useful(found, at) {
			all = append(all, found)
		}
	}
	for _, response := range s.ocsps {
		found := trust.CheckStored(c, ca, response, at)
		if found.Err != nil || !useful(found, at) {
			continue
		}
		if found.Responder != nil && slices.ContainsFunc(s.about(found.Responder, ca, at), func(e trust.Evidence) bool { return e.State == trust.RevocationGood }) {
			found.ResponderState = trust.RevocationGood
		}
		all = append(all, found)
	}
	return all
}

// useful reports whether evidence decides anything: a revocation always does, a
// good status only while it is in force.
func useful(e trust.Evidence, at time.Time) bool {
	return e.State == trust.RevocationRevoked || e.State == trust.RevocationGood && e.Current(at)
}

// parseCertificates reads those that can be read.
func parseCertificates(ders [][]byte) (all []*x509.Certificate) {
	for _, der := range ders[:min(len(ders), maxStored)] {
		if c, err := cert.Parse(der); err == nil {
			all = append(all, c)
		}
	}
	return all
}
