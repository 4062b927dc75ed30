package cms

import (
	"crypto"
	"fmt"
	"hash"
	"io"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// Content holds the digests of some content, for signing and verifying, and not
// the content itself.
type Content struct {
	digests    map[crypto.Hash][]byte
	size       uint64
	attributes bool // the content is itself an encoding of signed attributes
}

// HashContent reads r to its end, once and in constant memory, and computes
// the digests asked for: of [Signing.Hash], or those [SignedData.Hashes] names.
// It reads in a goroutine of its own, which has ended when HashContent returns.
func HashContent(r io.Reader, hashes ...crypto.Hash) (*Content, error) {
	h, err := newHasher(hashes)
	if err != nil {
		return nil, err
	}
	if err := readAhead(r, func(b []byte) { h.Write(b) }); err != nil {
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

// Size is the number of octets in the content.
func (c *Content) Size() int64 { return int64(c.size) }

// readAhead reads this much at a time, and is this many pieces ahead at most.
// Smaller pieces change hands too often, larger ones fall out of the cache. The
// first is smaller all the same: small files, of which there may be thousands,
// are read in less time than a large piece takes to make.
const (
	firstPieceSize = 16 << 10
	pieceSize      = 256 << 10
	pieces         = 3
)

// readAhead passes r to use, piece by piece to its end, and reads the next
// pieces meanwhile, so that getting a file from the disk, or only from the
// system's cache, does not add to the time of the digest.
func readAhead(r io.Reader, use func([]byte)) error {
	type piece struct {
		data []byte
		err  error
	}
	filled := make(chan piece, pieces)
	free := make(chan []byte, pieces)
	for range pieces {
		free <- nil // made when it is needed: most files need one
	}
	go func() {
		for size := firstPieceSize; ; size = pieceSize {
			buf := <-free
			if len(buf) < size {
				buf = make([]byte, size)
			}
			n, err := fill(r, buf)
			filled <- piece{buf[:n], err}
			if err != nil {
				return
			}
		}
	}()
	for {
		p := <-filled
		use(p.data)
		switch p.err {
		case nil:
			free <- p.data
		case io.EOF:
			return nil
		default:
			return p.err
		}
	}
}

// fill reads until buf is full. Unlike io.ReadFull it keeps the reader's
// error: an io.ErrUnexpectedEOF of its own is not the end.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return n, err
}

// AreAttributes reports content that is itself an encoding of signed
// attributes: a bare signature over it would be a good signature over whatever
// those attributes name, and nobody signs such content on purpose.
func (c *Content) AreAttributes() bool { return c.attributes }

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
	c := &Content{digests: make(map[crypto.Hash][]byte, len(h.hashes)), size: h.size, attributes: startsAttributes(h.head, h.size)}
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
	set, err := ber.Decode(head)
	if err != nil || set.Indefinite || set.Tag != tagSet || set.Length != size-uint64(set.Size) {
		return false
	}
	head = head[set.Size:]
	first, err := ber.Decode(head)
	return err == nil && !first.Indefinite && first.Tag == tagSequence && len(head) > first.Size && head[first.Size] == tagOID
}
