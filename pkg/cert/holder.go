package cert

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Holder is the person that a signing certificate names: the four attributes of
// the resident register, and those that newer certificates add. All of it is
// personal data, and goes out with every signature. An attribute that the
// certificate does not have is empty.
type Holder struct {
	Name    Text // with a full-width space between family and given name
	Sex     Sex
	Birth   Birth
	Address Text

	// Which characters (as indices of runes) stand in for one that the
	// certificate cannot write.
	NameSubstitutes    []int
	AddressSubstitutes []int

	// Others are the entries this package does not know, in the order of the
	// certificate.
	Others []OtherName
}

// OtherName is an otherName of the subjectAltName (RFC 5280, 4.2.1.6).
type OtherName struct {
	ID   asn1.ObjectIdentifier
	Text Text   // the value, where it is a string
	DER  []byte // the value, where it is not
}

// Errors of [HolderOf].
var (
	ErrNoHolder        = errors.New("cert: the certificate names no holder")
	ErrHolderMalformed = errors.New("cert: malformed attribute of the holder")
)

// maxOtherNames bounds the entries taken from a certificate; today's have six.
const maxOtherNames = 64

// holderArc is the arc of the holder's attributes; one more number follows.
var holderArc = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 5}

// HolderOf reads the holder out of the subjectAltName of a signing certificate.
// Attributes that can be read are in the result even if the error,
// [ErrHolderMalformed], says that others could not; the error holds no personal
// data. A certificate without any otherName, such as one for authentication, is
// [ErrNoHolder].
func HolderOf(c *x509.Certificate) (Holder, error) {
	names, errs := otherNames(c)
	if len(names) == 0 && len(errs) == 0 {
		return Holder{}, ErrNoHolder
	}
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var h Holder
	var err error
	var nameFlags, addressFlags Text
	seen := map[int]bool{}
	for _, n := range names {
		number := attributeNumber(n)
		if number != 0 && seen[number] {
			note(fmt.Errorf("attribute %d occurs twice", number))
			continue // the first counts
		}
		seen[number] = true
		switch number {
		case 1:
			h.Name = n.Text
		case 2:
			nameFlags = n.Text
		case 3:
			h.Sex = Sex(n.Text)
		case 4:
			h.Birth, err = parseBirth(string(n.Text))
			note(err)
		case 5:
			h.Address = n.Text
		case 6:
			addressFlags = n.Text
		default:
			h.Others = append(h.Others, n)
		}
	}
	h.NameSubstitutes, err = substitutes(nameFlags, h.Name)
	note(err)
	h.AddressSubstitutes, err = substitutes(addressFlags, h.Address)
	note(err)
	return h, malformed(errs)
}

// malformed makes one error, of one line, out of many.
func malformed(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return fmt.Errorf("%w: %s", ErrHolderMalformed, strings.Join(texts, "; "))
}

// attributeNumber is N of 1.2.392.200149.8.5.5.N, and 0 for every other entry
// and for one that is no string.
func attributeNumber(n OtherName) int {
	k := len(holderArc)
	if n.DER != nil || len(n.ID) != k+1 || !n.ID[:k].Equal(holderArc) {
		return 0
	}
	return n.ID[k]
}

// substitutes reads the flags of a text: one digit a character, 1 for a
// substitute.
func substitutes(flags, text Text) ([]int, error) {
	if flags == "" {
		return nil, nil
	}
	if len(flags) != utf8.RuneCountInString(string(text)) {
		return nil, errors.New("substitute flags do not fit their text")
	}
	var at []int
	for i, flag := range []byte(flags) {
		switch flag {
		case '0':
		case '1':
			at = append(at, i)
		default:
			return nil, errors.New("a substitute flag is neither 0 nor 1")
		}
	}
	return at, nil
}

var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// otherNames lists the otherName entries of the subjectAltName. It goes on
// after an entry that it cannot read, and says so among the errors.
func otherNames(c *x509.Certificate) ([]OtherName, []error) {
	for _, e := range c.Extensions {
		if e.Id.Equal(subjectAltName) {
			return parseOtherNames(e.Value)
		}
	}
	return nil, nil
}

func parseOtherNames(der []byte) (names []OtherName, errs []error) {
	var list asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &list); err != nil || len(rest) > 0 ||
		list.Class != asn1.ClassUniversal || list.Tag != asn1.TagSequence || !list.IsCompound {
		return nil, []error{errors.New("subjectAltName is no SEQUENCE")}
	}
	var entry asn1.RawValue
	var err error
	for rest := list.Bytes; len(rest) > 0; {
		if rest, err = asn1.Unmarshal(rest, &entry); err != nil {
			return names, append(errs, errors.New("subjectAltName is cut short"))
		}
		if entry.Class != asn1.ClassContextSpecific || entry.Tag != 0 {
			continue // another kind of GeneralName
		}
		if len(names)+len(errs) == maxOtherNames {
			return names, append(errs, fmt.Errorf("more than %d entries", maxOtherNames))
		}
		if n, err := parseOtherName(entry.FullBytes); err == nil {
			names = append(names, n)
		} else {
			errs = append(errs, err)
		}
	}
	return names, errs
}

// parseOtherName reads
//
//	OtherName ::= [0] SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
func parseOtherName(der []byte) (OtherName, error) {
	var n struct {
		ID    asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	if _, err := asn1.UnmarshalWithParams(der, &n, "tag:0"); err != nil ||
		n.Value.Class != asn1.ClassContextSpecific || n.Value.Tag != 0 || !n.Value.IsCompound {
		return OtherName{}, errors.New("an otherName cannot be read")
	}
	var text string // valid UTF-8: encoding/asn1 checks or converts every string type
	if rest, err := asn1.Unmarshal(n.Value.Bytes, &text); err != nil || len(rest) > 0 {
		return OtherName{ID: n.ID, DER: n.Value.Bytes}, nil
	}
	return OtherName{ID: n.ID, Text: Text(text)}, nil
}
