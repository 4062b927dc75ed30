package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// TimestampRequest asks an authority for a timestamp (RFC 3161, 2.4.1).
type TimestampRequest struct {
	digest []byte
	hash   crypto.Hash
	nonce  *big.Int
}

// Media types of RFC 3161, 3.4.
const (
	TimestampQueryType = "application/timestamp-query"
	TimestampReplyType = "application/timestamp-reply"
)

// NewTimestampRequest asks for a timestamp over content, by a digest, with a
// nonce of 64 random bits.
func NewTimestampRequest(h crypto.Hash, content []byte) (*TimestampRequest, error) {
	if _, ok := digestOID(h); !ok {
		return nil, ErrHash
	}
	return NewDigestTimestampRequest(h, sum(h, content))
}

// NewDigestTimestampRequest is [NewTimestampRequest] for a caller that has the
// digest already, as of a large file.
func NewDigestTimestampRequest(h crypto.Hash, digest []byte) (*TimestampRequest, error) {
	if _, ok := digestOID(h); !ok || h == crypto.SHA1 {
		return nil, ErrHash
	}
	if len(digest) != h.Size() {
		return nil, ErrDigest
	}
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	b[0] |= 0x40        // never zero, never negative
	b[0] &= 0x7F
	return &TimestampRequest{digest, h, new(big.Int).SetBytes(b)}, nil
}

// DER encodes the TimeStampReq; it asks for the authority's certificates.
func (r *TimestampRequest) DER() []byte {
	id, _ := digestOID(r.hash)
	return sequence(
		integer(big.NewInt(1)),
		sequence(sequence(id.der()), octetString(r.digest)),
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
	t, err := ParseTimestampResponse(response)
	if err != nil {
		return nil, nil, err
	}
	if t.Nonce == nil || t.Nonce.Cmp(r.nonce) != 0 {
		return nil, nil, ErrOtherNonce
	}
	if t.Hash != r.hash {
		return nil, nil, ErrOtherContent
	}
	by, err := t.VerifyDigest(r.digest)
	if err != nil {
		return nil, nil, err
	}
	return t, by, nil
}

// ParseTimestampResponse reads a TimeStampResp, as a .tsr file has it, and gives
// the token in it. The errors are those of [ParseTimestamp], and a
// [RefusedError].
func ParseTimestampResponse(response []byte) (*Timestamp, error) {
	if len(response) > MaxSize {
		return nil, failure(FormatFailure, "more than %d octets", MaxSize)
	}
	in := read(response, "TimeStampResp")
	resp := in.enter(tagSequence, "TimeStampResp")
	in.done()
	info := resp.enter(tagSequence, "PKIStatusInfo")
	status := info.small()
	if in.failed != nil {
		return nil, in.failed
	}
	const granted, grantedWithMods = 0, 1
	if status != granted && status != grantedWithMods {
		return nil, &RefusedError{status}
	}
	token := resp.take(tagSequence).full
	resp.done()
	if in.failed != nil {
		return nil, in.failed
	}
	return ParseTimestamp(token)
}

// TimestampResponse is a TimeStampResp that grants the token: the content of a
// .tsr file.
func TimestampResponse(token []byte) []byte {
	return sequence(sequence(integer(new(big.Int))), token)
}

// IsTimestamp reports whether a file with this beginning looks like a
// TimeStampResp. One that holds a token alone is a signature like others.
func IsTimestamp(head []byte) bool {
	h, err := ber.Decode(head)
	if err != nil || h.Tag != tagSequence {
		return false
	}
	head = head[h.Size:]
	h, err = ber.Decode(head)
	if err != nil || h.Tag != tagSequence || h.Length < 3 {
		return false
	}
	return bytes.HasPrefix(head[h.Size:], []byte{tagInteger, 1})
}
