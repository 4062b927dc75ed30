package cert

import (
	"encoding/asn1"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/pkg/printable"
)

// attributeNames are the short names of RFC 4514, section 3, and of its usual
// companions.
var attributeNames = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.4":                    "SN",
	"2.5.4.5":                    "serialNumber",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"2.5.4.12":                   "title",
	"2.5.4.42":                   "GN",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1":       "emailAddress",
}

// attribute is an AttributeTypeAndValue.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// relativeNameSET is a RelativeDistinguishedName: encoding/asn1 reads a slice
// type with a name in SET as a SET OF.
type relativeNameSET []attribute

// Name writes a DER Name (RawSubject and RawIssuer of a certificate) for
// people, every part in the order of the certificate:
//
//	C=JP, O=JPKI, OU=JPKI for digital signature, OU=Japan Agency for Local Authority Information Systems
//
// pkix.Name would merge the repeated OU and L. Escaping and the parts of
// multi-valued names (joined by "+") follow RFC 4514, section 2.4; the order is
// the opposite of that document's, and control and format characters are
// escaped too. A value that is no string, or no Name at all, is "#" and
// hexadecimal.
func Name(der []byte) string {
	var rdns []relativeNameSET
	if rest, err := asn1.Unmarshal(der, &rdns); err != nil || len(rest) > 0 {
		return fmt.Sprintf("#%X", der)
	}
	parts := make([]string, len(rdns))
	for i, set := range rdns {
		values := make([]string, len(set))
		for j, a := range set {
			values[j] = a.String()
		}
		parts[i] = strings.Join(values, "+")
	}
	return strings.Join(parts, ", ")
}

func (a attribute) String() string {
	id := a.Type.String()
	if short, ok := attributeNames[id]; ok {
		id = short
	}
	var text string
	if rest, err := asn1.Unmarshal(a.Value.FullBytes, &text); err != nil || len(rest) > 0 {
		return fmt.Sprintf("%s=#%X", id, a.Value.FullBytes)
	}
	return id + "=" + escapeValue(text)
}

// escapeValue escapes as RFC 4514, section 2.4 says; each byte of a character
// that harms a terminal becomes a backslash and two hexadecimal digits. s is
// valid UTF-8, which encoding/asn1 sees to.
func escapeValue(s string) string {
	var b strings.Builder
	for i, r := range s {
		first, last := i == 0, i+utf8.RuneLen(r) == len(s)
		switch {
		case printable.Harmful(r):
			for _, octet := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%02X`, octet)
			}
		case strings.ContainsRune(`"+,;<=>\`, r), r == '#' && first, r == ' ' && (first || last):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
