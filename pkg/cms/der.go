package cms

import (
	"bytes"
	"errors"
	"math/big"
	"slices"

	"github.com/jpki-tools/jpki/pkg/internal/ber"
)

// This file writes DER (X.690, clause 10).

// tlv encodes one element with parts as its contents, one after the other.
func tlv(tag byte, parts ...[]byte) []byte {
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	out := ber.Append(make([]byte, 0, length+6), tag, int64(length))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func sequence(parts ...[]byte) []byte { return tlv(tagSequence, parts...) }

func octetString(b []byte) []byte { return tlv(tagOctetString, b) }

// setOf encodes a SET OF: the encodings in ascending order (X.690, 11.6).
func setOf(elements ...[]byte) []byte {
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, bytes.Compare)
	return tlv(tagSet, sorted...)
}

// explicit encodes [n] EXPLICIT.
func explicit(n byte, inner []byte) []byte { return tlv(tagExplicit|n, inner) }

// retagged is encoded under another identifier, as IMPLICIT asks.
func retagged(tag byte, encoded []byte) []byte {
	out := bytes.Clone(encoded)
	out[0] = tag
	return out
}

// integer encodes an INTEGER that is not negative.
func integer(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		return tlv(tagInteger, []byte{0}, b)
	}
	return tlv(tagInteger, b)
}

var errNoDER = errors.New("constructed string without a DER form here")

// der re-encodes a BER element in DER as far as can be told without its ASN.1
// type: lengths, the order of SET OF, OCTET STRINGs in one piece.
func (e element) der() ([]byte, error) {
	switch {
	case e.tag&constructed == 0:
		return tlv(e.tag, e.body), nil
	case e.tag == tagOctetString|constructed:
		b, err := e.octets()
		return octetString(b), err
	case e.tag&0xC0 == 0 && e.tag != tagSequence && e.tag != tagSet: // universal class
		return nil, errNoDER
	}
	var parts [][]byte
	for rest := e.body; len(rest) > 0; {
		child, after, err := split(rest, e.depth+1)
		if err != nil {
			return nil, err
		}
		part, err := child.der()
		if err != nil {
			return nil, err
		}
		parts, rest = append(parts, part), after
	}
	if e.tag == tagSet {
		return setOf(parts...), nil
	}
	return tlv(e.tag, parts...), nil
}
