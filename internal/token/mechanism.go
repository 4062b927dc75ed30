package token

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that are signed
	_ "crypto/sha512"
	"hash"

	"github.com/jpki-tools/jpki/internal/p11rpc"
)

// mechanism turns the data that a program hands over into a signature.
type mechanism struct {
	hash crypto.Hash // of the data; 0: they are hashed already
	pss  bool
}

// mechanisms are all that there are. PSS is as the card makes it: over SHA-256,
// with a salt of the same length.
var mechanisms = map[p11rpc.MechanismType]mechanism{
	p11rpc.RSAPKCS:       {},
	p11rpc.SHA256RSAPKCS: {hash: crypto.SHA256},
	p11rpc.SHA384RSAPKCS: {hash: crypto.SHA384},
	p11rpc.SHA512RSAPKCS: {hash: crypto.SHA512},
	p11rpc.RSAPSS:        {pss: true},
	p11rpc.SHA256RSAPSS:  {hash: crypto.SHA256, pss: true},
}

// mechanismOrder is the order in which they are listed.
var mechanismOrder = []p11rpc.MechanismType{
	p11rpc.RSAPKCS, p11rpc.SHA256RSAPKCS, p11rpc.SHA384RSAPKCS, p11rpc.SHA512RSAPKCS,
	p11rpc.RSAPSS, p11rpc.SHA256RSAPSS,
}

// pssHash is the only hash with which the card makes PSS signatures.
const pssHash = crypto.SHA256

// digestInfos are the DER of DigestInfo up to the digest (RFC 8017, 9.2, note
// 1). A program that hands over anything else is asking for a signature over
// something unknown.
var digestInfos = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// maxHashed is longer than any DigestInfo, and any digest.
const maxHashed = 256

// signing is a signature under way.
type signing struct {
	mechanism mechanism
	hash      hash.Hash // nil where the data are hashed already
	data      []byte    // then they are collected
	updated   bool      // C_SignUpdate was called
}

func newSigning(m p11rpc.Mechanism) (*signing, error) {
	how, ok := mechanisms[m.Type]
	switch {
	case !ok:
		return nil, p11rpc.MechanismInvalid
	case !how.pss && (len(m.Parameter) > 0 || m.PSS != nil):
		return nil, p11rpc.MechanismParamInvalid
	case how.pss && (m.PSS == nil || *m.PSS != p11rpc.PSS{Hash: p11rpc.SHA256, MGF: p11rpc.MGF1SHA256, Salt: uint64(pssHash.Size())}):
		return nil, p11rpc.MechanismParamInvalid
	}
	s := &signing{mechanism: how}
	if how.hash != 0 {
		s.hash = how.hash.New()
	}
	return s, nil
}

func (s *signing) write(data []byte) error {
	if s.hash != nil {
		s.hash.Write(data)
		return nil
	}
	if len(s.data)+len(data) > maxHashed {
		return p11rpc.DataLenRange
	}
	s.data = append(s.data, data...)
	return nil
}

// finish returns the data to sign.
func (s *signing) finish() (digest []byte, opts crypto.SignerOpts, err error) {
	h := s.mechanism.hash
	switch {
	case s.hash != nil:
		digest = s.hash.Sum(nil)
	case s.mechanism.pss:
		h, digest = pssHash, s.data
		if len(digest) != h.Size() {
			return nil, nil, p11rpc.DataLenRange
		}
	default:
		if h, digest = ofDigestInfo(s.data); digest == nil {
			return nil, nil, p11rpc.DataInvalid
		}
	}
	if s.mechanism.pss {
		return digest, &rsa.PSSOptions{SaltLength: h.Size(), Hash: h}, nil
	}
	return digest, h, nil
}

// ofDigestInfo parses a DigestInfo; the digest is nil for other data.
func ofDigestInfo(info []byte) (crypto.Hash, []byte) {
	for h, prefix := range digestInfos {
		if digest, ok := bytes.CutPrefix(info, prefix); ok && len(digest) == h.Size() {
			return h, digest
		}
	}
	return 0, nil
}
