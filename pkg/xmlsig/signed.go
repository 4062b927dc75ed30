package xmlsig

import (
	"fmt"
	"io"
	"slices"
)

// Signed is a document with its new signature.
type Signed struct {
	ID       string // of the new signature
	prepared *Prepared
	markup   [partClose + 1]string
	encoded  [partClose + 1][]byte
}

// Parts of the markup of a signature, in their order.
const (
	partInfo       = iota // the start tag and SignedInfo
	partValue             // SignatureValue
	partProperties        // KeyInfo, and the signed properties of XAdES in their Object
	partUnsigned          // the unsigned properties
	partEnd               // the end of the Object of XAdES; the Object of an enveloping signature follows it
	partClose             // the end tag
)

func (s *Signed) encode() error {
	for i, m := range s.markup {
		var err error
		if s.encoded[i], err = encode(m, s.prepared.encoding); err != nil {
			return fmt.Errorf("xmlsig: %w", err)
		}
	}
	return nil
}

// WriteTo writes the document. All that was there before is as it was, byte for
// byte.
func (s *Signed) WriteTo(w io.Writer) (int64, error) {
	var total int64
	pieces := slices.Concat(s.prepared.before, s.encoded[:partClose], [][]byte{s.prepared.object}, s.encoded[partClose:], s.prepared.after)
	for _, piece := range pieces {
		n, err := w.Write(piece)
		if total += int64(n); err != nil {
			return total, err
		}
	}
	return total, nil
}
