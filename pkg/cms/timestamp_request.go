package cms

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
)

// TimestampRequest asks an authority for a timestamp (RFC 3161, 2.4.1).
type TimestampRequest struct {
	content []byte
	hash    crypto.Hash
	nonce   *big.Int
}

// Media types of RFC 3161, 3.4.
const (
	TimestampQueryType = "application/timestamp-query"
	TimestampReplyType = "application/timestamp-reply"
)

// NewTimestampRequest asks for a timestamp over content, by a digest, with a
// nonce of 64 random bits.
func NewTimestampRequest(h crypto.Hash, content []byte) (*TimestampRequest, error) {
	if _, ok := digestOID(h); !ok || h == crypto.SHA1 {
		return nil, ErrHash
	}
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	b[0] |= 0x40        // never zero, never negative
	b[0] &= 0x7F
	return &TimestampRequest{content, h, new(big.Int).SetBytes(b)}, nil
}

// DER encodes the TimeStampReq; it asks for the authority's certificates.
func (r *TimestampRequest) DER() []byte {
	id, _ := digestOID(r.hash)
	return sequence(
		integer(big.NewInt(1)),
		sequence(sequence(id.der()), octetString(sum(r.hash, r.content))),
		integer(r.nonce),
		tlv(tagBoolean, []byte{0xFF}), // certReq
	)
}

// RefusedError is an authority that gave no timestamp (RFC 3161, 2.4.2).
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("cms: the timestamp was refused, PKIStatus %d", e.Status)
}

// ErrOtherNonce is an answer to another request.
var ErrOtherNonce = errors.New("cms: the timestamp has not the nonce of the request")

// Answer reads a TimeStampResp and checks it against the request: granted, over
// the content, with the nonce, signed by a certificate for timestamps alone.
// Whether that certificate is to be believed is the caller's to decide.
func (r *TimestampRequest) Answer(response []byte) (*Timestamp, *x509.Certificate, error) {
	if len(response) > MaxSize {
		return nil, nil, failure(FormatFailure, "more than %d octets", MaxSize)
	}
	in := read(response, "TimeStampResp")
	resp := in.enter(tagSequence, "TimeStampResp")
	in.done()
	info := resp.enter(tagSequence, "PKIStatusInfo")
	status := info.small()
	if in.failed != nil {
		return nil, nil, in.failed
	}
	const granted, grantedWithMods = 0, 1
	if status != granted && status != grantedWithMods {
		return nil, nil, &RefusedError{status}
	}
	token := resp.take(tagSequence).full
	resp.done()
	if in.failed != nil {
		return nil, nil, in.failed
	}
	t, err := ParseTimestamp(token)
	if err != nil {
		return nil, nil, err
	}
	if t.Nonce == nil || t.Nonce.Cmp(r.nonce) != 0 {
		return nil, nil, ErrOtherNonce
	}
	if t.Hash != r.hash {
		return nil, nil, ErrOtherContent
	}
	by, err := t.Verify(r.content)
	if err != nil {
		return nil, nil, err
	}
	return t, by, nil
}
