package cms

import (
	"bytes"
	"encoding/pem"
)

// DecodePEM takes the CMS out of a PEM file labelled CMS (RFC 7468, 9) or, in
// the older way, PKCS7.
func DecodePEM(data []byte) ([]byte, error) {
	block, rest := pem.Decode(data)
	switch {
	case block == nil:
		return nil, failure(FormatFailure, "no PEM block")
	case block.Type != "CMS" && block.Type != "PKCS7":
		return nil, failure(FormatFailure, "PEM block of %s", block.Type)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, failure(FormatFailure, "%d octets after the PEM block", len(rest))
	}
	return block.Bytes, nil
}
