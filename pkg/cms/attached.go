package cms

import (
	"bytes"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// WriteAttached writes a signature of [Signing.Detached], with its timestamp or
// without, and its content inside: a .p7m file, in DER. The signature is the
// same in both. Because DER begins with lengths, size must be that of the
// content, [Content.Size]. Content that has become shorter gives
// io.ErrUnexpectedEOF; more of it than size is not read. Whether it still is
// the content that was signed only reading it back tells.
func WriteAttached(w io.Writer, signature []byte, content io.Reader, size int64) error {
	head, tail, f := around(signature, size)
	if f != nil {
		return f
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	switch n, err := io.CopyBuffer(w, io.LimitReader(content, size), make([]byte, min(size+1, pieceSize))); {
	case err != nil:
		return err
	case n < size:
		return io.ErrUnexpectedEOF
	}
	_, err := w.Write(tail)
	return err
}

// around gives the parts of a detached signature before and after the place of
// its content, with the lengths that content of this size makes.
func around(signature []byte, size int64) (head, tail []byte, f *Failure) {
	in := read(signature, "ContentInfo")
	info := in.enter(tagSequence, "ContentInfo")
	in.done()
	signedDataType := info.take(tagOID).full
	content := info.enter(tagExplicit, "ContentInfo")
	info.done()
	sd := content.enter(tagSequence, "SignedData")
	content.done()
	before := slices.Concat(sd.take(tagInteger).full, sd.take(tagSet).full)
	encap := sd.enter(tagSequence, "encapContentInfo")
	contentType := encap.take(tagOID).full
	encap.done()
	if in.failed != nil {
		return nil, nil, in.failed
	}
	head = ber.Append(nil, tagOctetString, size)
	wrap := func(tag byte, before, after []byte) {
		tail = append(tail, after...)
		inside := int64(len(before)+len(head)+len(tail)) + size
		head = slices.Concat(ber.Append(nil, tag, inside), before, head)
	}
	wrap(tagExplicit, nil, nil)
	wrap(tagSequence, contentType, nil) // EncapsulatedContentInfo
	wrap(tagSequence, before, sd.rest)  // SignedData
	wrap(tagExplicit, nil, nil)
	wrap(tagSequence, signedDataType, nil) // ContentInfo
	return head, tail, nil
}

// IsSignedData reports whether a file with this beginning looks like a
// signature of this format, in BER. That is worth knowing before anything else
// is looked for, because content inside can look like anything.
func IsSignedData(head []byte) bool {
	h, err := ber.Decode(head)
	return err == nil && h.Tag == tagSequence && bytes.HasPrefix(head[h.Size:], oidSignedData.der())
}
