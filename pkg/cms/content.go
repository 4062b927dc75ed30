package cms

import (
	"crypto"
	"fmt"
	"hash"
	"io"
)

// readSize is how much content is read at a time. From 32 KiB on, larger is
// not faster; what takes the time is the digest.
const readSize = 64 << 10

// Content is what signing and verifying need to know of some content: its
// digests. It does not hold the content.
type Content struct {
	digests    map[crypto.Hash][]byte
	attributes bool // the content is itself an encoding of signed attributes
}

// HashContent reads r to its end, once and in constant memory, and computes
// the digests asked for: of [Signing.Hash], or those [SignedData.Hashes] names.
func HashContent(r io.Reader, hashes ...crypto.Hash) (*Content, error) {
	h, err := newHasher(hashes)
	if err != nil {
		return nil, err
	}
	// The plain structs hide WriteTo and ReadFrom, which would choose a buffer
	// of their own.
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, readSize)); err != nil {
		return nil, err
	}
	return h.content(), nil
}

// Digest gives the digest of the content; nil where it was not asked for.
func (c *Content) Digest(h crypto.Hash) []byte {
	if c == nil {
		return nil
	}
	return c.digests[h]
}

// hasher computes several digests at once, and keeps the head of the content.
type hasher struct {
	hashes map[crypto.Hash]hash.Hash
	head   []byte
	size   uint64
}

const headSize = 32

func newHasher(hashes []crypto.Hash) (*hasher, error) {
	h := &hasher{hashes: make(map[crypto.Hash]hash.Hash, len(hashes))}
	for _, id := range hashes {
		if _, ok := digestOID(id); !ok {
			return nil, fmt.Errorf("cms: digest algorithm %v is not accepted", id)
		}
		h.hashes[id] = id.New()
	}
	return h, nil
}

func (h *hasher) Write(b []byte) (int, error) {
	if missing := headSize - len(h.head); missing > 0 {
		h.head = append(h.head, b[:min(missing, len(b))]...)
	}
	h.size += uint64(len(b))
	for _, w := range h.hashes {
		w.Write(b)
	}
	return len(b), nil
}

func (h *hasher) content() *Content {
	c := &Content{digests: make(map[crypto.Hash][]byte, len(h.hashes)), attributes: startsAttributes(h.head, h.size)}
	for id, w := range h.hashes {
		c.digests[id] = w.Sum(nil)
	}
	return c
}

// startsAttributes reports whether content of this size and head is a DER
// encoding of SignedAttributes: a SET OF that fills it, with a SEQUENCE that
// begins with an OBJECT IDENTIFIER. The signature over signed attributes is
// also a good signature, without attributes, over such content, although the
// signer never saw it as content.
func startsAttributes(head []byte, size uint64) bool {
	set, header := lengthOf(head, tagSet)
	if header == 0 || set != size-uint64(header) {
		return false
	}
	head = head[header:]
	_, header = lengthOf(head, tagSequence)
	return header != 0 && len(head) > header && head[header] == tagOID
}

// lengthOf reads identifier and definite length at the head of a larger
// encoding; header is 0 where it does not begin with this identifier.
func lengthOf(head []byte, tag byte) (length uint64, header int) {
	if len(head) < 2 || head[0] != tag || head[1] == 0x80 {
		return 0, 0
	}
	if head[1] < 0x80 {
		return uint64(head[1]), 2
	}
	header = 2 + int(head[1]&0x7F)
	if header > 10 || len(head) < header {
		return 0, 0
	}
	for _, b := range head[2:header] {
		length = length<<8 | uint64(b)
	}
	return length, header
}
