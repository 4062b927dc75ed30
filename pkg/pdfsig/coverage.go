package pdfsig

import (
	"bytes"
	"io"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/ber"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// checkRange checks that the ByteRange starts at the first byte of the file and
// leaves out only the dictionary's own Contents, from its < to its > (12.8.1).
// Any other range leaves room for unsigned bytes.
func (v *verifier) checkRange(s *foundSignature, dict pdf.Dict, spans map[pdf.Name]pdf.Span) bool {
	s.ranged = true
	array, _ := dict["ByteRange"].(pdf.Array)
	for _, o := range array {
		if n, ok := o.(int64); ok && n >= 0 && len(s.ByteRange) < 4 {
			s.ByteRange = append(s.ByteRange, n)
		}
	}
	r := s.ByteRange
	if len(array) != 4 || len(r) != 4 {
		s.fail(cms.FormatFailure, ErrByteRange, "ByteRange is not four numbers")
		return false
	}
	contents, isString := dict["Contents"].(pdf.String)
	gap, inFile := spans["Contents"]
	if !isString || !inFile {
		s.fail(cms.FormatFailure, ErrContents, "the dictionary has no Contents in the file")
		return false
	}
	s.Contents = []byte(contents)
	gap.Start, gap.End = gap.Start+v.doc.Leading, gap.End+v.doc.Leading
	s.gap = gap
	var open [1]byte
	if _, err := v.source.ReadAt(open[:], gap.Start); err != nil || open[0] != '<' {
		s.fail(cms.FormatFailure, ErrContents, "Contents is not a hexadecimal string")
		return false
	}
	switch {
	case r[0] != 0:
		s.fail(cms.FormatFailure, ErrByteRange, "ByteRange does not begin with the file")
	case r[1] != gap.Start || r[2] != gap.End:
		s.fail(cms.FormatFailure, ErrByteRange, "ByteRange leaves out bytes %d to %d, but Contents is %d to %d", r[1], r[2], gap.Start, gap.End)
	case r[3] <= 0 || r[3] > v.size-r[2]:
		s.fail(cms.FormatFailure, ErrByteRange, "ByteRange reaches past the end of the file")
	default:
		s.end = r[2] + r[3]
		s.Complete, s.Whole = true, s.end == v.size
		return true
	}
	return false
}

// openRevision opens the file as it was signed, by its own cross-references,
// and checks that this revision holds the same signature in the same field.
func (v *verifier) openRevision(s *foundSignature, ref pdf.Ref) error {
	revision := v.doc
	if !s.Whole {
		file, err := v.doc.Revision(s.end - v.doc.Leading)
		if err != nil {
			return err
		}
		if revision, err = newDocument(file); err != nil {
			return err
		}
	}
	then, err := revision.Entry(ref.Number)
	if err != nil {
		return err
	}
	now, err := v.doc.Entry(ref.Number)
	if err != nil {
		return err
	}
	if then != now {
		s.fail(cms.FormatFailure, ErrSignatureField, "the signature was not in the file where it is now when it was made")
		return nil
	}
	held, err := revision.holds(s.field, ref)
	if err != nil {
		return err
	}
	if !held {
		s.fail(cms.FormatFailure, ErrSignatureField, "the field did not hold the signature when it was made")
		return nil
	}
	s.revision = revision
	return nil
}

// covered returns a reader of the bytes that the signature's ByteRange names.
func (v *verifier) covered(s *foundSignature) io.Reader {
	r := s.ByteRange
	return io.MultiReader(io.NewSectionReader(v.source, r[0], r[1]), io.NewSectionReader(v.source, r[2], r[3]))
}

// checkContents parses the CMS in Contents and checks a document timestamp. It
// leaves the check of any other CMS to conclude.
func (v *verifier) checkContents(s *foundSignature) error {
	s.opened = true
	n, ok := ber.Len(s.Contents)
	if !ok {
		s.fail(cms.FormatFailure, ErrContents, "Contents does not begin with a CMS")
		return nil
	}
	if len(bytes.Trim(s.Contents[n:], "\x00")) > 0 {
		s.fail(cms.FormatFailure, ErrContents, "Contents holds something behind the CMS")
		return nil
	}
	signed, err := cms.Parse(s.Contents[:n])
	if err != nil {
		s.fail(cms.FormatFailure, ErrContents, "Contents: %v", err)
		return nil
	}
	s.Signed = signed
	if len(signed.Signers) != 1 {
		s.fail(cms.FormatFailure, ErrContents, "the CMS has %d signers, where a PDF has one", len(signed.Signers))
		return nil
	}
	if s.Kind == DocumentTimestamp {
		return v.checkTimestamp(s, s.Contents[:n])
	}
	s.unhashed = true
	return nil
}

// hash digests the covered bytes of every signature that has no failure yet. It
// reads only bytes and no objects, so it can run in parallel with the
// comparison of revisions.
func (v *verifier) hash() (err error) {
	for _, s := range v.found {
		if s.unhashed {
			if s.content, err = cms.HashContent(v.covered(s), s.Signed.Hashes()...); err != nil {
				return err
			}
		}
	}
	return nil
}

// conclude checks the CMS of a signature after its bytes have been hashed.
func (v *verifier) conclude(s *foundSignature) {
	if !s.unhashed {
		return
	}
	s.CMS = s.Signed.Verify(s.content, v.others...)[0]
	if s.SubFilter == string(PAdES) && !s.CMS.CertificateSigned {
		s.fail(cms.SigConstraintsFailure, ErrUnnamedSigner, "a PAdES signature that does not name its certificate")
	}
	s.verified = true
}
