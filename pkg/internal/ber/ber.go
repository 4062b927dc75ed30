// Package ber reads and writes what every value in BER and DER begins with: the
// identifier and length octets (X.690, 8.1.2, 8.1.3 and 10.1).
package ber

import (
	"errors"
	"fmt"
	"io"
	"math/big"
)

// Identifier octets that more than one package asks for.
const (
	Sequence    = 0x30
	Constructed = 0x20 // the bit that is set where the contents are values again
)

// MaxHeader is the most octets of a header that [Decode] takes: one of
// identifier, one of length, eight more of length.
const MaxHeader = 10

// Header is the beginning of an encoded value.
type Header struct {
	Tag        byte
	Size       int    // identifier and length octets
	Length     uint64 // of the contents, which need not be there; 0 where indefinite
	Indefinite bool
}

// Errors of [Decode], beside those about a length.
var (
	ErrEndOfContents = errors.New("end-of-contents outside an indefinite length")
	ErrTagNumber     = errors.New("tag number above 30")
	ErrIndefinite    = errors.New("indefinite length of a primitive element")
)

// Decode reads the header that in begins with. Where in ends inside it, the
// error is [io.ErrUnexpectedEOF].
func Decode(in []byte) (Header, error) {
	if len(in) < 2 {
		return Header{}, io.ErrUnexpectedEOF
	}
	h := Header{Tag: in[0], Size: 2}
	if h.Tag == 0 {
		return h, ErrEndOfContents
	}
	if h.Tag&0x1F == 0x1F {
		return h, ErrTagNumber
	}
	switch first := in[1]; {
	case first < 0x80:
		h.Length = uint64(first)
	case first == 0x80 && h.Tag&Constructed == 0:
		return h, ErrIndefinite
	case first == 0x80:
		h.Indefinite = true
	default: // the long form: so many octets of length follow
		n := int(first & 0x7F)
		if n > MaxHeader-2 {
			return h, fmt.Errorf("length of %d octets", n)
		}
		if h.Size += n; len(in) < h.Size {
			return h, io.ErrUnexpectedEOF
		}
		for _, b := range in[2:h.Size] {
			h.Length = h.Length<<8 | uint64(b)
		}
	}
	return h, nil
}

// Append appends identifier and definite length in DER: the fewest octets.
func Append(out []byte, tag byte, length int64) []byte {
	if length < 0x80 {
		return append(out, tag, byte(length))
	}
	octets := big.NewInt(length).Bytes()
	return append(append(out, tag, 0x80|byte(len(octets))), octets...)
}

// AtEnd reports whether in begins with the end-of-contents octets that close an
// indefinite length.
func AtEnd(in []byte) bool { return len(in) >= 2 && in[0] == 0 && in[1] == 0 }

// maxDepth bounds the indefinite lengths inside each other.
const maxDepth = 64

// Len is the length of the whole value that in begins with, whether its own
// length is definite or not. It looks at what is inside only as far as it needs
// to find an end. ok is false where the value is cut short or no BER.
func Len(in []byte) (n int, ok bool) { return length(in, 0) }

func length(in []byte, depth int) (n int, ok bool) {
	h, err := Decode(in)
	if err != nil || depth > maxDepth {
		return 0, false
	}
	if !h.Indefinite {
		if h.Length > uint64(len(in)-h.Size) {
			return 0, false
		}
		return h.Size + int(h.Length), true
	}
	for n = h.Size; !AtEnd(in[n:]); {
		inner, ok := length(in[n:], depth+1)
		if !ok {
			return 0, false
		}
		n += inner
	}
	return n + 2, true
}
