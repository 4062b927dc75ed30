package cms

import (
	"bufio"
	"bytes"
	"crypto"
	"io"
	"math"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// Read reads a signature as [Parse] does, from a file of any size, in DER or
// BER, in PEM (RFC 7468, 9, also with the older label PKCS7, or with GnuPG's
// SIGNED MESSAGE), or in bare base64; a text may begin with a byte order mark.
// Content inside goes by: through the digests that its verification needs, and
// to w unless that is nil. So memory does not grow with it; all the rest has at
// most [MaxSize] octets.
//
// Only a [SignedData.Verify] without error proves that this content was signed:
// until then the content written to w must not be believed. Errors are
// [FormatFailure], and those of r and w.
func Read(r io.Reader, w io.Writer) (*SignedData, error) {
	buffered := bufio.NewReaderSize(r, pieceSize)
	s := &stream{r: buffered, limit: math.MaxInt64, indefinite: true}
	if head := s.peek(1); len(head) > 0 && head[0] != tagSequence {
		s.r = bufio.NewReaderSize(newTextReader(buffered), pieceSize)
	}
	var content *Content
	s.inside(tagSequence, "ContentInfo", func() {
		if t := (OID{string(s.element("ContentInfo").body)}); s.err == nil && t != oidSignedData {
			s.fail("content type %v, which is not signedData, in ContentInfo", t)
		}
		s.inside(tagExplicit, "ContentInfo", func() {
			s.inside(tagSequence, "SignedData", func() { content = s.signedData(w) })
		})
	})
	if s.err == nil {
		s.end()
	}
	if s.err != nil {
		return nil, s.err
	}
	sd, err := Parse(s.kept.Bytes())
	if err != nil {
		return nil, err
	}
	sd.passed = content
	return sd, nil
}

// signedData reads the elements of SignedData (RFC 5652, 5.1); content is nil
// where there is none inside.
func (s *stream) signedData(w io.Writer) (content *Content) {
	s.element("SignedData") // version
	hashes := s.announced()
	s.inside(tagSequence, "encapContentInfo", func() {
		s.element("encapContentInfo") // eContentType
		if s.more() {
			content = s.content(hashes, w)
		}
	})
	for s.more() {
		s.element("SignedData")
	}
	return content
}

// announced reads digestAlgorithms, which are in front of the content so that
// it can be digested as it goes by.
func (s *stream) announced() (hashes []crypto.Hash) {
	in := read(s.element("digestAlgorithms").full, "digestAlgorithms")
	set := in.enter(tagSet, "digestAlgorithms")
	for set.more() {
		if h, f := set.algorithm("digestAlgorithms").digest(); f == nil {
			hashes = append(hashes, h)
		}
	}
	return hashes // Parse will name their faults
}

// content reads eContent, and keeps nothing of it: the rest looks like a
// detached signature.
func (s *stream) content(hashes []crypto.Hash, w io.Writer) *Content {
	h, err := newHasher(hashes)
	if err != nil {
		s.err = err
		return nil
	}
	to := io.Writer(h)
	if w != nil {
		to = io.MultiWriter(h, w)
	}
	kept := s.kept.Len()
	s.inside(tagExplicit, "eContent", func() { s.octetString(to, 0) })
	s.kept.Truncate(kept)
	return h.content()
}

// stream walks over a BER encoding that goes by once. The first error is kept;
// from then on every method does nothing and more is false.
type stream struct {
	r    *bufio.Reader
	at   int64 // octets that went by
	kept bytes.Buffer
	err  error
	raw  [ber.MaxHeader]byte // the last header, as it was

	// Where the element that is being read ends.
	limit      int64 // the innermost definite length around
	indefinite bool  // there are end-of-contents octets before that
}

func (s *stream) fail(format string, args ...any) {
	if s.err == nil {
		s.err = failure(FormatFailure, format, args...)
	}
}

// peek gives the next octets: n of them, or as many as there are.
func (s *stream) peek(n int) []byte {
	if s.err != nil {
		return nil
	}
	b, err := s.r.Peek(n)
	if err != nil && err != io.EOF {
		s.err = err
		return nil
	}
	return b
}

// skip takes n octets that were peeked at.
func (s *stream) skip(n int) {
	_, _ = s.r.Discard(n)
	s.at += int64(n)
}

// more reports whether there is another element, and no error.
func (s *stream) more() bool {
	if s.indefinite {
		return !ber.AtEnd(s.peek(2)) && s.err == nil
	}
	return s.err == nil && s.at < s.limit
}

// header takes a header and checks that its contents end within the element
// around.
func (s *stream) header(name string) (h ber.Header, length int64) {
	in := s.peek(ber.MaxHeader)
	if s.err != nil {
		return h, 0
	}
	if !s.indefinite && s.at == s.limit {
		s.fail("element missing in %s", name)
		return h, 0
	}
	h, err := ber.Decode(in)
	if err != nil {
		s.fail("%v in %s", err, name)
		return h, 0
	}
	copy(s.raw[:], in[:h.Size])
	s.skip(h.Size)
	if s.at > s.limit || h.Length > uint64(s.limit-s.at) {
		s.fail("%v in %s", io.ErrUnexpectedEOF, name)
		return h, 0
	}
	return h, int64(h.Length)
}

// within runs f over the contents of an element, behind its header.
func (s *stream) within(h ber.Header, length int64, name string, f func()) {
	limit, indefinite := s.limit, s.indefinite
	s.indefinite = h.Indefinite
	if !h.Indefinite {
		s.limit = s.at + length
	}
	f()
	switch {
	case s.more():
		s.fail("octets too many in %s", name)
	case s.err == nil && h.Indefinite:
		if s.skip(2); s.at > s.limit { // end-of-contents
			s.unexpectedEnd()
		}
	}
	s.limit, s.indefinite = limit, indefinite
}

// inside runs f over the contents of the next element, which must have this
// identifier and is kept with an indefinite length: it may lose its content.
func (s *stream) inside(tag byte, name string, f func()) {
	h, length := s.header(name)
	if s.err == nil && h.Tag != tag {
		s.fail("%02X where %02X was expected in %s", h.Tag, tag, name)
	}
	if s.err != nil {
		return
	}
	s.kept.Write([]byte{tag, 0x80})
	s.within(h, length, name, f)
	s.kept.Write([]byte{0, 0})
}

// element takes the next element, whatever it is, and keeps it.
func (s *stream) element(name string) element {
	start := s.kept.Len()
	s.keep(name, 0)
	if s.err != nil {
		return element{}
	}
	e, _, err := split(s.kept.Bytes()[start:], 0)
	if err != nil {
		s.fail("%v in %s", err, name)
	}
	return e
}

func (s *stream) keep(name string, depth int) {
	if depth > maxDepth {
		s.fail("%v in %s", errDepth, name)
	}
	h, length := s.header(name)
	if s.err != nil {
		return
	}
	if length > MaxSize-int64(s.kept.Len()) {
		s.fail("more than %d octets beside the content", MaxSize)
		return
	}
	s.kept.Write(s.raw[:h.Size])
	if h.Indefinite {
		s.within(h, 0, name, func() {
			for s.more() {
				s.keep(name, depth+1)
			}
		})
		s.kept.Write([]byte{0, 0})
		return
	}
	s.pass(length, &s.kept)
}

// octetString passes the value of an OCTET STRING on, however its segments are
// nested (X.690, 8.7.3).
func (s *stream) octetString(to io.Writer, depth int) {
	const name = "eContent"
	if depth > maxDepth {
		s.fail("%v in %s", errDepth, name)
	}
	h, length := s.header(name)
	switch {
	case s.err != nil:
	case h.Tag == tagOctetString:
		s.pass(length, to)
	case h.Tag == tagOctetString|constructed:
		s.within(h, length, name, func() {
			for s.more() {
				s.octetString(to, depth+1)
			}
		})
	default:
		s.fail("%02X where an OCTET STRING was expected", h.Tag)
	}
}

// pass passes octets on without a buffer of their own.
func (s *stream) pass(length int64, to io.Writer) {
	for length > 0 {
		if len(s.peek(1)) == 0 {
			s.unexpectedEnd()
			return
		}
		b := s.peek(int(min(length, int64(s.r.Buffered()))))
		if _, err := to.Write(b); err != nil {
			s.err = err
			return
		}
		s.skip(len(b))
		length -= int64(len(b))
	}
}

func (s *stream) unexpectedEnd() { s.fail("%v", io.ErrUnexpectedEOF) }

// end makes sure that nothing follows.
func (s *stream) end() {
	if len(s.peek(1)) > 0 {
		s.fail("octets too many after ContentInfo")
	}
}
