package trust

import (
	"crypto/x509"
	"errors"
	"time"
)

// ErrTSA is a timestamping authority that none of the CAs at hand vouches for.
var ErrTSA = errors.New("the timestamping authority does not chain to a CA that is trusted for timestamps")

// CheckTSA judges the certificate of a timestamping authority at the time it
// says: it has to chain to one of [Anchors.TSA], through any of others. The
// error is [ErrTSA], joined to what x509.Certificate.Verify says. Authorities
// belong to the general PKI, of any depth, so unlike JPKI's own chain this is
// a matter for x509.Certificate.Verify. That the certificate is for timestamps
// alone is checked where the timestamp is.
func (a Anchors) CheckTSA(c *x509.Certificate, others []*x509.Certificate, at time.Time) error {
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
	if _, err := c.Verify(opts); err != nil {
		return errors.Join(ErrTSA, err)
	}
	return nil
}
