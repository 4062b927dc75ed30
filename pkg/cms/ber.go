package cms

import (
	"fmt"
	"io"
	"math/big"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// This file reads BER (X.690, clause 8), and so DER: CMS allows BER around the
// signed parts, and programs that stream write it. Everything works on slices
// of the input; nothing is copied.

// Identifier octets. Tag numbers above 30 take several octets; CMS has none.
const (
	tagInteger         = 0x02
	tagOctetString     = 0x04
	tagNull            = 0x05
	tagOID             = 0x06
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagSequence        = 0x30
	tagSet             = 0x31

	constructed = ber.Constructed
	tagContext  = 0x80                     // [0] primitive
	tagExplicit = tagContext | constructed // [0] constructed: EXPLICIT, or an IMPLICIT SET or SEQUENCE
)

// Bounds on hostile input.
const (
	maxDepth    = 32      // levels of nested elements
	maxElements = 1 << 16 // elements looked at one by one
	maxInteger  = 128     // octets of an INTEGER; serial numbers have up to 20
)

var errDepth = fmt.Errorf("elements nested more than %d deep", maxDepth)

// readHeader reads the header at the beginning of in; the contents must be
// there too.
func readHeader(in []byte) (ber.Header, error) {
	h, err := ber.Decode(in)
	if err == nil && h.Length > uint64(len(in)-h.Size) {
		err = io.ErrUnexpectedEOF
	}
	return h, err
}

// element is one encoded value.
type element struct {
	tag   byte
	full  []byte // all of it: identifier, length, contents, end-of-contents
	body  []byte // contents octets
	depth int
}

// split takes the first element off in. Where its length is indefinite, that
// takes a walk over all elements inside (X.690, 8.1.3.6).
func split(in []byte, depth int) (e element, rest []byte, err error) {
	if depth > maxDepth {
		return e, nil, errDepth
	}
	h, err := readHeader(in)
	if err != nil {
		return e, nil, err
	}
	e.tag, e.depth = h.Tag, depth
	end := h.Size + int(h.Length)
	if !h.Indefinite {
		e.full, e.body = in[:end:end], in[h.Size:end:end]
		return e, in[end:], nil
	}
	for rest = in[h.Size:]; !ber.AtEnd(rest); {
		if _, rest, err = split(rest, depth+1); err != nil {
			return e, nil, err
		}
	}
	end = len(in) - len(rest)
	e.full, e.body = in[:end+2:end+2], in[h.Size:end:end]
	return e, rest[2:], nil
}

// eachOctets calls f with the octets of an OCTET STRING, in one piece or in
// the segments of a constructed encoding (X.690, 8.7.3).
func (e element) eachOctets(f func([]byte) error) error {
	_, err := eachSegment(e.full, e.depth, f)
	return err
}

// eachSegment walks over the OCTET STRING at the beginning of in once, however
// its segments are nested.
func eachSegment(in []byte, depth int, f func([]byte) error) (rest []byte, err error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	h, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	after := in[h.Size+int(h.Length):]
	switch h.Tag {
	case tagOctetString:
		return after, f(in[h.Size : h.Size+int(h.Length)])
	case tagOctetString | constructed:
	default:
		return nil, fmt.Errorf("%02X where an OCTET STRING was expected", h.Tag)
	}
	if h.Indefinite {
		for !ber.AtEnd(after) {
			if after, err = eachSegment(after, depth+1, f); err != nil {
				return nil, err
			}
		}
		return after[2:], nil
	}
	for segments := in[h.Size : h.Size+int(h.Length)]; len(segments) > 0; {
		if segments, err = eachSegment(segments, depth+1, f); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// octets gives the value of an OCTET STRING in one piece.
func (e element) octets() ([]byte, error) {
	if e.tag == tagOctetString {
		return e.body, nil
	}
	var whole []byte
	err := e.eachOctets(func(b []byte) error {
		whole = append(whole, b...)
		return nil
	})
	return whole, err
}

// cursor walks over the elements of one constructed element. The first thing
// that is not as expected is kept, for all cursors of one input; from then on
// every method gives zero values and more is false. So a parser reads straight
// through and looks at failed once, at its end.
type cursor struct {
	name  string // of the ASN.1 type, for the error
	rest  []byte
	depth int
	*reading
}

// reading is the state that all cursors over one input share.
type reading struct {
	failed   *Failure
	elements int
}

// read gives a cursor over the elements of in.
func read(in []byte, name string) *cursor {
	return &cursor{name: name, rest: in, reading: &reading{}}
}

func (c *cursor) fail(format string, args ...any) {
	if c.failed == nil {
		c.failed = failure(FormatFailure, "%s in %s", fmt.Sprintf(format, args...), c.name)
	}
}

// more reports whether there is another element, and no failure.
func (c *cursor) more() bool { return c.failed == nil && len(c.rest) > 0 }

// at reports whether the next element has this identifier.
func (c *cursor) at(tag byte) bool { return c.more() && c.rest[0] == tag }

// next takes the next element, whatever it is.
func (c *cursor) next() element {
	if c.failed != nil {
		return element{}
	}
	if len(c.rest) == 0 {
		c.fail("element missing")
		return element{}
	}
	if c.elements++; c.elements > maxElements {
		c.fail("more than %d elements", maxElements)
		return element{}
	}
	e, rest, err := split(c.rest, c.depth)
	if err != nil {
		c.fail("%v", err)
		return element{}
	}
	c.rest = rest
	return e
}

// take takes the next element, which must have this identifier.
func (c *cursor) take(tag byte) element {
	if c.more() && c.rest[0] != tag {
		c.fail("%02X where %02X was expected", c.rest[0], tag)
		return element{}
	}
	return c.next()
}

// enter takes the next element, which must have this identifier, and gives a
// cursor over its contents.
func (c *cursor) enter(tag byte, name string) *cursor { return c.within(c.take(tag), name) }

// within gives a cursor over the contents of an element c gave.
func (c *cursor) within(e element, name string) *cursor {
	return &cursor{name: name, rest: e.body, depth: e.depth + 1, reading: c.reading}
}

// done ends a walk: elements left over are a failure.
func (c *cursor) done() {
	if c.more() {
		c.fail("%d octets too many", len(c.rest))
	}
}

func (c *cursor) oid() OID {
	o := OID{string(c.take(tagOID).body)}
	if c.failed == nil && !o.wellFormed() {
		c.fail("malformed OBJECT IDENTIFIER")
	}
	return o
}

func (c *cursor) octetString() []byte {
	e := c.next()
	if c.failed != nil {
		return nil
	}
	b, err := e.octets()
	if err != nil {
		c.fail("%v", err)
	}
	return b
}

func (c *cursor) integer() *big.Int {
	b := c.take(tagInteger).body
	switch {
	case c.failed != nil:
		return new(big.Int)
	case len(b) == 0 || len(b) > maxInteger:
		c.fail("INTEGER of %d octets", len(b))
		return new(big.Int)
	case len(b) > 1 && (b[0] == 0x00 && b[1] < 0x80 || b[0] == 0xFF && b[1] >= 0x80):
		c.fail("INTEGER with needless octets") // X.690, 8.3.2: in BER too
		return new(big.Int)
	}
	n := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// small reads an INTEGER that is a CMSVersion or another small number.
func (c *cursor) small() int {
	n := c.integer()
	if !n.IsInt64() || n.Int64() < 0 || n.Int64() > 1<<16 {
		c.fail("number %v out of range", n)
		return 0
	}
	return int(n.Int64())
}
