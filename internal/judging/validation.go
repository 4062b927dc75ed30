package judging

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Validation is the data for judging a signature when the sources do not answer
// any more.
type Validation struct {
	Certificates, CRLs, OCSPs [][]byte // DER
	// Complete: revocation status is proven for every certificate except
	// the anchors.
	Complete bool
}

// ValidationOf gathers it for a signature that was judged, and for its
// timestamps, from the sources that were named.
func (e *Examiner) ValidationOf(ctx context.Context, s SignatureVerdict) Validation {
	v := Validation{Complete: true}
	if s.Role != RoleTimestamp {
		v.add(s.Verdict.Chain, s.Verdict.Evidence)
	}
	for _, t := range s.Timestamps() {
		if t.Err == nil {
			v.Merge(e.ValidationOfTimestamp(ctx, t.Timestamp, t.By))
		}
	}
	return v
}

// ValidationOfTimestamp gathers it for a timestamp alone.
func (e *Examiner) ValidationOfTimestamp(ctx context.Context, t *cms.Timestamp, by *x509.Certificate) Validation {
	responder := e.ocsp
	if responder != ocspFromCertificate { // the signer's
		responder = ""
	}
	chain := e.Anchors.CheckTSA(by, t.Certificates(), t.Time, e.now()).Chain
	v := Validation{Complete: true}
	v.add(chain, e.evidence(ctx, chain, responder))
	return v
}

// add takes over the certificates of a chain, and the evidence of good sources
// about them.
func (v *Validation) add(chain []*x509.Certificate, evidence []trust.Evidence) {
	if len(chain) == 0 {
		v.Complete = false
		return
	}
	for _, c := range chain {
		v.Certificates = addOnce(v.Certificates, c.Raw)
	}
	for _, c := range chain[:len(chain)-1] {
		proven := false
		for _, e := range evidence {
			if e.Err != nil || !e.Certificate.Equal(c) || e.State == trust.RevocationUnknown {
				continue
			}
			proven = proven || e.State == trust.RevocationGood
			switch {
			case e.DER == nil: // it is in the signature already
			case e.Source == trust.SourceCRL:
				v.CRLs = addOnce(v.CRLs, e.DER)
			default:
				v.OCSPs = addOnce(v.OCSPs, e.DER)
			}
		}
		v.Complete = v.Complete && proven
	}
}

// Merge is both together.
func (v *Validation) Merge(other Validation) {
	v.Complete = v.Complete && other.Complete
	for _, pair := range []struct {
		to   *[][]byte
		from [][]byte
	}{{&v.Certificates, other.Certificates}, {&v.CRLs, other.CRLs}, {&v.OCSPs, other.OCSPs}} {
		for _, der := range pair.from {
			*pair.to = addOnce(*pair.to, der)
		}
	}
}

// Empty reports whether there is no revocation data.
func (v Validation) Empty() bool { return len(v.CRLs)+len(v.OCSPs) == 0 }

func addOnce(all [][]byte, der []byte) [][]byte {
	if slices.ContainsFunc(all, func(b []byte) bool { return string(b) == string(der) }) {
		return all
	}
	return append(all, der)
}

// ContentOf digests the content of a detached signature in a file, as Find
// would look for it; nil where the signature holds it.
func (f *Finder) ContentOf(ctx context.Context, path string, sd *cms.SignedData) (*cms.Content, error) {
	if !sd.Detached() {
		return nil, nil
	}
	name, err := f.contentOf(path, ".p7s")
	if err != nil {
		return nil, err
	}
	return f.hashContent(ctx, name, sd.Hashes()...)
}

// Find finds and judges the signatures of one file.
func (e *Examiner) Find(ctx context.Context, f *Finder, path string) FileVerdict {
	return e.JudgeFile(ctx, f.look(ctx, Named(path)[0]), "")
}

// NameOf is the name of a certificate's subject.
func NameOf(c *x509.Certificate) string { return cert.Name(c.RawSubject) }
