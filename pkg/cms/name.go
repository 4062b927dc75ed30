package cms

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// sameName reports whether two encoded Names are the same, octet for octet or,
// because some programs write a certificate's issuer anew, the same text in
// another string type. RFC 5280, 7.1, would even fold case and spaces; nothing
// that copies a name needs that.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y pkix.RDNSequence
	if rest, err := asn1.Unmarshal(a, &x); err != nil || len(rest) > 0 {
		return false
	}
	if rest, err := asn1.Unmarshal(b, &y); err != nil || len(rest) > 0 {
		return false
	}
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !sameRDN(x[i], y[i]) {
			return false
		}
	}
	return true
}

func sameRDN(x, y pkix.RelativeDistinguishedNameSET) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		a, aok := x[i].Value.(string)
		b, bok := y[i].Value.(string)
		if !aok || !bok || a != b || !x[i].Type.Equal(y[i].Type) {
			return false
		}
	}
	return true
}
