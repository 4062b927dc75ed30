package trust

import (
	"crypto/x509"
	"errors"
	"time"
)

// ErrTSA is a timestamping authority that none of the CAs at hand vouches for.
var ErrTSA = errors.New("the timestamping authority does not chain to a CA that is trusted for timestamps")

// CheckTSA judges the certificate of a timestamping authority at the time it
// says: it has to chain to one of [Anchors.TSA], through any of others. Where it
// does not, the reason is [ErrTSA], joined to what x509.Certificate.Verify says.
// Authorities belong to the general PKI, of any depth, so unlike JPKI's own chain
// this is a matter for x509.Certificate.Verify. That the certificate is for
// timestamps alone is checked where the timestamp is.
//
// Whoever has the key of an authority can make a timestamp of any day. So in
// [Verdict.WithRevocation] one that is older than the revocation is only good
// where the reason says that the authority came to its end with its key safe:
// affiliationChanged, superseded or cessationOfOperation (RFC 3161, 4.1;
// unspecified is treated as no reason is). Otherwise it is REVOKED_NO_POE.
func (a Anchors) CheckTSA(c *x509.Certificate, others []*x509.Certificate, at time.Time) Verdict {
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
		if !isHugeKey(o.PublicKey) {
			opts.Intermediates.AddCert(o)
		}
	}
	chains, err := c.Verify(opts)
	if err != nil {
		return v.With(Reason{Code: NoCertificateChainFound, Err: errors.Join(ErrTSA, err)})
	}
	v.Issuer.Standing, v.Chain = Given, chains[0]
	return v
}

// keySafe are the reasons of a revocation that nobody's key was lost for.
var keySafe = []RevocationReason{affiliationChanged, superseded, cessationOfOperation}
