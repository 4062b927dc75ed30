package cms

import "crypto/x509"

var oidCountersignature = newOID("1.2.840.113549.1.9.6") // RFC 5652, 11.4

// noContentType is that of the content of a counter-signature: it has none.
var noContentType OID

// Bounds on the counter-signatures of one SignedData: they are nested in one
// another, and each costs as much as a signature.
const (
	maxCountersignatures   = 64
	maxCountersignedLevels = 8
)

// countersigning verifies the counter-signatures of one SignedData.
type countersigning struct {
	certificates []*x509.Certificate
	unreadable   []error
	found        int
}

// over verifies the counter-signatures over the signature value of a signer
// (RFC 5652, 11.4), and those over these.
func (c *countersigning) over(si *SignerInfo, level int) (results Results) {
	for _, a := range si.Unsigned {
		if a.Type != oidCountersignature {
			continue
		}
		for _, value := range a.Values {
			if c.found++; c.found > maxCountersignatures || level == maxCountersignedLevels {
				var r Result
				r.fail(failure(FormatFailure, "more than %d counter-signatures, or in more than %d levels", maxCountersignatures, maxCountersignedLevels))
				return append(results, r)
			}
			results = append(results, c.verify(value, si.Signature, level))
		}
	}
	return results
}

func (c *countersigning) verify(value, over []byte, level int) (r Result) {
	in := read(value, "Countersignature")
	si := in.signerInfo()
	in.done()
	if in.failed != nil {
		r.fail(in.failed)
		return r
	}
	// Its content is the signature value, and nobody announces the digest of
	// that.
	whole := &SignedData{
		ContentType:      noContentType,
		Signers:          []SignerInfo{si},
		digestAlgorithms: []algorithmIdentifier{si.digestAlgorithm},
		unreadable:       c.unreadable,
	}
	h, err := newHasher(whole.Hashes())
	if err != nil {
		r.fail(failure(CryptoConstraintsFailure, "%v", err))
		return r
	}
	h.Write(over)
	r = whole.verify(&whole.Signers[0], h.content(), c.certificates)
	r.Counter = c.over(&whole.Signers[0], level+1)
	return r
}
