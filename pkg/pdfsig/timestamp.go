package pdfsig

import (
	"bytes"
	"errors"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// checkTimestamp checks a document timestamp (ISO 32000-2, 12.8.5): its
// signature, and its digest of the covered bytes. It does not decide whether to
// trust the authority.
func (v *verifier) checkTimestamp(s *foundSignature, token []byte) error {
	stamp, err := cms.ParseTimestamp(token)
	if err != nil {
		code := cms.FormatFailure
		errors.As(err, &code)
		s.fail(code, nil, "document timestamp: %v", err)
		return nil
	}
	s.Timestamp = stamp
	s.Validation = s.revision.validation(v.stores)
	s.CMS = s.Signed.Verify(nil, v.others...)[0]
	content, err := cms.HashContent(v.covered(s), stamp.Hash)
	if err != nil {
		return err
	}
	if !bytes.Equal(content.Digest(stamp.Hash), stamp.Imprint) {
		s.fail(cms.HashFailure, nil, "the document is not the one that was stamped")
	}
	s.verified = true
	return nil
}

// Covers reports whether s covers another signature of the same file, including
// its Contents. If s is a good document timestamp, the other signature existed
// at its time.
func (s Signature) Covers(other Signature) bool {
	return s.Complete && other.Complete && other.end() < s.end()
}

// end returns the end of the covered bytes.
func (s Signature) end() int64 { return s.ByteRange[2] + s.ByteRange[3] }
