package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// TimestampInfo is what a document timestamp says (RFC 3161, 2.4.2). Whether
// its authority is to be believed, and so whether it proves anything, is not
// decided here.
type TimestampInfo struct {
	Time   time.Time
	Serial *big.Int
	Policy string
}

// tstInfo is TSTInfo, as far as it is read.
type tstInfo struct {
	Version        int
	Policy         asn1.ObjectIdentifier
	MessageImprint struct {
		HashAlgorithm pkix.AlgorithmIdentifier
		HashedMessage []byte
	}
	Serial *big.Int
	Time   time.Time `asn1:"generalized"`
}

const oidTSTInfo = "1.2.840.113549.1.9.16.1.4" // id-ct-TSTInfo

// Digests that a timestamp can be over.
var imprintHashes = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// checkTimestamp checks a timestamp token over what the ByteRange covers: the
// token's signature over its TSTInfo, and the TSTInfo's digest.
func (v *verifier) checkTimestamp(s *foundSignature) error {
	if s.Signed.Detached() || s.Signed.ContentType.String() != oidTSTInfo {
		s.fail(cms.FormatFailure, "a document timestamp that holds no TSTInfo")
		return nil
	}
	s.CMS = s.Signed.Verify(nil, v.others...)[0]
	var der bytes.Buffer
	if err := s.Signed.WriteContent(&der); err != nil {
		return err
	}
	var info tstInfo
	if _, err := asn1.Unmarshal(der.Bytes(), &info); err != nil || info.Version != 1 {
		s.fail(cms.FormatFailure, "TSTInfo that is none: %v", err)
		return nil
	}
	s.Timestamp = &TimestampInfo{info.Time, info.Serial, info.Policy.String()}
	hash, ok := imprintHashes[info.MessageImprint.HashAlgorithm.Algorithm.String()]
	if !ok {
		s.fail(cms.CryptoConstraintsFailure, "a document timestamp over a digest by %v", info.MessageImprint.HashAlgorithm.Algorithm)
		return nil
	}
	content, err := cms.HashContent(v.covered(s), hash)
	if err != nil {
		return err
	}
	if !bytes.Equal(content.Digest(hash), info.MessageImprint.HashedMessage) {
		s.fail(cms.HashFailure, "the document is not the one that was stamped")
	}
	s.verified = true
	return nil
}
