package trust

import (
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// ErrTSA is a timestamping authority that none of the CAs at hand vouches for.
var ErrTSA = errors.New("the timestamping authority does not chain to a CA that is trusted for timestamps")

// CheckTSA judges the certificate of a timestamping authority at the time it
// says: it has to chain to one of [Anchors.TSA], through any of others. The
// chain leads from c to there. The error is [ErrTSA], joined to what
// x509.Certificate.Verify says. Authorities
// belong to the general PKI, of any depth, so unlike JPKI's own chain this is
// a matter for x509.Certificate.Verify. That the certificate is for timestamps
// alone is checked where the timestamp is.
func (a Anchors) CheckTSA(c *x509.Certificate, others []*x509.Certificate, at time.Time) (chain []*x509.Certificate, err error) {
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
		return nil, errors.Join(ErrTSA, err)
	}
	return chains[0], nil
}

// TSARevocation says what sources of revocation, asked about the chain that
// [Anchors.CheckTSA] gave, mean for a timestamp of the time at. now is the time
// it is. The error says why the timestamp proves nothing: a [RevokedError], or
// why a source that was asked proves nothing. Without evidence the state is
// RevocationNotChecked, and there is no error.
//
// Whoever has the key of an authority can make a timestamp of any day. So one
// that is older than the revocation is only good where the reason says that
// the authority came to its end with its key safe: affiliationChanged,
// superseded or cessationOfOperation (RFC 3161, 4.1; unspecified is treated as
// no reason is).
func TSARevocation(chain []*x509.Certificate, evidence []Evidence, at, now time.Time) (Revocation, error) {
	worst := RevocationGood
	for _, c := range chain[:max(len(chain)-1, 0)] {
		state, reason := revocationOf(c, evidence, Moment{Time: at, Proven: true}, now)
		if state == RevocationRevokedLater {
			for _, e := range evidence {
				if e.Certificate.Equal(c) && e.State == RevocationRevoked && !slices.Contains(keySafe, e.Reason) {
					state, reason.Err = RevocationRevoked, &RevokedError{e}
				}
			}
		}
		if state == RevocationRevoked || state == RevocationUnknown {
			return state, reason.Err
		}
		if weight[state] > weight[worst] {
			worst = state
		}
	}
	return worst, nil
}

// keySafe are the reasons of a revocation that nobody's key was lost for.
var keySafe = []RevocationReason{affiliationChanged, superseded, cessationOfOperation}
