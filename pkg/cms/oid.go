package cms

import (
	"crypto/x509"
	"encoding/hex"
)

// OID is an object identifier. Compare two with ==, and one with the dotted
// form by its String; the zero OID is none.
type OID struct {
	octets string // the contents of its DER encoding (X.690, 8.19)
}

// Content types and attributes.
var (
	oidData                 = newOID("1.2.840.113549.1.7.1")       // RFC 5652, 4
	oidSignedData           = newOID("1.2.840.113549.1.7.2")       // RFC 5652, 5.1
	oidContentType          = newOID("1.2.840.113549.1.9.3")       // RFC 5652, 11.1
	oidMessageDigest        = newOID("1.2.840.113549.1.9.4")       // RFC 5652, 11.2
	oidSigningTime          = newOID("1.2.840.113549.1.9.5")       // RFC 5652, 11.3
	oidSigningCertificate   = newOID("1.2.840.113549.1.9.16.2.12") // RFC 2634, 5.4
	oidSigningCertificateV2 = newOID("1.2.840.113549.1.9.16.2.47") // RFC 5035, 3
)

// newOID is for the constant tables of this package: dotted is not input.
func newOID(dotted string) OID {
	id, err := x509.ParseOID(dotted)
	if err != nil {
		panic(err)
	}
	octets, err := id.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return OID{string(octets)}
}

// String gives the dotted form: 1.2.840.113549.1.7.1.
func (o OID) String() string {
	var id x509.OID
	if id.UnmarshalBinary([]byte(o.octets)) != nil {
		return "malformed OID " + hex.EncodeToString([]byte(o.octets))
	}
	return id.String()
}

// wellFormed reports whether the octets are those of an object identifier.
func (o OID) wellFormed() bool {
	var id x509.OID
	return id.UnmarshalBinary([]byte(o.octets)) == nil
}

func (o OID) der() []byte { return tlv(tagOID, []byte(o.octets)) }
