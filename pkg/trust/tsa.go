package trust

import (
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/pkg/strength"
)

// ErrTSA is a timestamping authority that none of the CAs at hand vouches for.
var ErrTSA = errors.New("the timestamping authority does not chain to a CA that is trusted for timestamps")

// ErrTSAOver is a timestamp without proof that it was made before the end of
// its authority's certificate, or of one above that.
var ErrTSAOver = errors.New("the timestamping authority's certificate is over, and nothing proves that the timestamp was made before")

// CheckTSA judges the certificate of a timestamping authority for a timestamp
// that says it was made at a time, and that is proven to have existed at
// another one: at a later timestamp over it, which is believed, or now. Once its
// certificate is over, nobody answers for the authority's key any more (RFC
// 3161, 4.3), and whoever has it can make a timestamp of any day: the reason is
// [ErrTSAOver].
//
// The certificate has to chain to one of [Anchors.TSA], through any of others.
// Where it does not, the reason is [ErrTSA], joined to the error of
// x509.Certificate.Verify. Authorities belong to the general PKI, of any depth,
// so unlike JPKI's own chain this is a matter for x509.Certificate.Verify. The
// keys of the whole chain are held against the same rule as everybody's. That
// the certificate is for timestamps alone is checked where the timestamp is.
//
// An authority that lost its key did not always notice at once. So in
// [Verdict.WithRevocation] one that is older than the revocation is only good
// where the reason says that the authority came to its end with its key safe:
// affiliationChanged, superseded or cessationOfOperation (RFC 3161, 4.1;
// unspecified is treated as no reason is). Otherwise it is REVOKED_NO_POE.
func (a Anchors) CheckTSA(c *x509.Certificate, others []*x509.Certificate, at, existed time.Time) Verdict {
	v := Verdict{At: Moment{Time: at, Proven: true, Latest: true}, authority: true}
	if c == nil {
		return v
	}
	opts := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(),
		CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	for _, r := range a.TSA {
		opts.Roots.AddCert(r)
	}
	for _, o := range others {
		if strength.Of(o.PublicKey) != strength.Unfit { // its check could take for ever
			opts.Intermediates.AddCert(o)
		}
	}
	chains, err := c.Verify(opts)
	if err != nil {
		return v.With(Reason{Code: NoCertificateChainFound, Err: errors.Join(ErrTSA, err)})
	}
	// Of several ways up the one that holds longest counts.
	end := func(chain []*x509.Certificate) time.Time {
		return slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }).NotAfter
	}
	chain := slices.MaxFunc(chains, func(a, b []*x509.Certificate) int { return end(a).Compare(end(b)) })
	v.Issuer.Standing, v.Chain = Given, chain
	for i, link := range chain {
		for _, r := range checkKey(link) {
			r.CA = i > 0
			v = v.With(r)
		}
	}
	if existed.After(end(chain)) {
		v = v.With(Reason{Code: OutOfBoundsNoPOE, Err: ErrTSAOver})
	}
	return v
}

// keySafe are the reasons of a revocation that nobody's key was lost for.
var keySafe = []RevocationReason{affiliationChanged, superseded, cessationOfOperation}
