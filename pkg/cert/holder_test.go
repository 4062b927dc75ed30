package cert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// sample is the holder whose attributes the tests shuffle.
var sample = Holder{
	Name:            "見本\u3000太郎",
	NameSubstitutes: []int{3},
	Sex:             Male,
	Birth:           Birth{Showa, 1980, 2, 17},
	Address:         "東京都清瀬市中里五丁目842番地",
}

func sampleEntries(t testing.TB) [][]byte {
	return [][]byte{
		attributeEntry(t, 1, string(sample.Name)),
		attributeEntry(t, 4, "319800217"),
		attributeEntry(t, 3, "1"),
		attributeEntry(t, 5, string(sample.Address)),
		attributeEntry(t, 2, "00010"),
		attributeEntry(t, 6, strings.Repeat("0", 16)),
	}
}

func TestHolderInAnyOrder(t *testing.T) {
	entries := sampleEntries(t)
	for i := range entries {
		shifted := append(append([][]byte{}, entries[i:]...), entries[:i]...)
		if h, err := HolderOf(signCertificate(t, shifted...)); err != nil || !reflect.DeepEqual(h, sample) {
			t.Errorf("order %d: %+v, %v", i, h, err)
		}
	}
}

func TestHolderKeepsUnknownEntries(t *testing.T) {
	number := der(t, 42)
	upn := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
	deeper := append(append(asn1.ObjectIdentifier{}, holderArc...), 1, 1)
	entries := append(sampleEntries(t),
		attributeEntry(t, 9, "旧氏"),
		otherName(t, upn, der(t, utf8String("user@example.jp"))),
		otherName(t, deeper, number),
		der(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("example.jp")}), // a dNSName
	)
	h, err := HolderOf(signCertificate(t, entries...))
	if err != nil || h.Name != sample.Name {
		t.Fatalf("%+v, %v", h, err)
	}
	want := []OtherName{
		{ID: append(append(asn1.ObjectIdentifier{}, holderArc...), 9), Text: "旧氏"},
		{ID: upn, Text: "user@example.jp"},
		{ID: deeper, DER: number},
	}
	if !reflect.DeepEqual(h.Others, want) {
		t.Errorf("others %+v", h.Others)
	}
}

func TestHolderAcceptsOtherStringTypes(t *testing.T) {
	sex := otherName(t, append(append(asn1.ObjectIdentifier{}, holderArc...), 3), der(t, "2")) // PrintableString
	if h, err := HolderOf(signCertificate(t, sex)); err != nil || h.Sex != Female {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestNoHolder(t *testing.T) {
	for name, c := range map[string]*x509.Certificate{
		"no subjectAltName": signCertificate(t),
		"only a dNSName":    signCertificate(t, der(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("example.jp")})),
	} {
		if h, err := HolderOf(c); !errors.Is(err, ErrNoHolder) || !reflect.DeepEqual(h, Holder{}) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

// What is wrong with one attribute is said, and the others are there.
func TestHolderInParts(t *testing.T) {
	name := func() []byte { return attributeEntry(t, 1, string(sample.Name)) }
	number := func(n int) asn1.ObjectIdentifier { return append(append(asn1.ObjectIdentifier{}, holderArc...), n) }
	for what, entries := range map[string][][]byte{
		"birth too short":      {name(), attributeEntry(t, 4, "31980021")},
		"birth not digits":     {name(), attributeEntry(t, 4, "3198002-7")},
		"month 13":             {name(), attributeEntry(t, 4, "319801301")},
		"30 February":          {name(), attributeEntry(t, 4, "319800230")},
		"day 32":               {name(), attributeEntry(t, 4, "319800032")},
		"flags too short":      {name(), attributeEntry(t, 2, "0001")},
		"flags too long":       {name(), attributeEntry(t, 2, "000100")},
		"flags of other signs": {name(), attributeEntry(t, 2, "0002x")},
		"flags without text":   {name(), attributeEntry(t, 6, "0")},
		"name twice":           {name(), attributeEntry(t, 1, "別人")},
		"no OBJECT IDENTIFIER": {name(), {0xA0, 0x02, 0x05, 0x00}},
		"value not wrapped":    {name(), der(t, asn1.RawValue{Class: 2, Tag: 0, IsCompound: true, Bytes: append(der(t, number(5)), der(t, utf8String("x"))...)})},
		"OID over 31 bits":     {name(), {0xA0, 0x0A, 0x06, 0x06, 0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xA0, 0x00}},
	} {
		h, err := HolderOf(signCertificate(t, entries...))
		if !errors.Is(err, ErrHolderMalformed) || h.Name != sample.Name {
			t.Errorf("%s: %+v, %v", what, h, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "見太別") {
			t.Errorf("%s: the error holds personal data: %v", what, err)
		}
	}
}

func TestHolderWithBrokenText(t *testing.T) {
	broken := der(t, asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("\xff\xfe")})
	h, err := HolderOf(signCertificate(t, otherName(t, append(append(asn1.ObjectIdentifier{}, holderArc...), 1), broken)))
	if err != nil || h.Name != "" || len(h.Others) != 1 || h.Others[0].DER == nil {
		t.Errorf("%+v, %v", h, err)
	}
}

// crypto/x509 refuses these; HolderOf must not rely on it.
func TestHolderOfABrokenExtension(t *testing.T) {
	for name, value := range map[string][]byte{
		"empty":            {},
		"no SEQUENCE":      {0x05, 0x00},
		"bytes behind":     {0x30, 0x00, 0x00},
		"entry cut short":  {0x30, 0x02, 0xA0, 0x10},
		"length too large": {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		c := &x509.Certificate{Extensions: []pkix.Extension{{Id: subjectAltName, Value: value}}}
		if h, err := HolderOf(c); !errors.Is(err, ErrHolderMalformed) || !reflect.DeepEqual(h, Holder{}) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func TestHolderIsBounded(t *testing.T) {
	var entries [][]byte
	for n := range maxOtherNames + 1 {
		entries = append(entries, attributeEntry(t, 100+n, "x"))
	}
	h, err := HolderOf(signCertificate(t, entries...))
	if !errors.Is(err, ErrHolderMalformed) || len(h.Others) != maxOtherNames {
		t.Errorf("%d entries, %v", len(h.Others), err)
	}
	if h, err = HolderOf(signCertificate(t, entries[1:]...)); err != nil || len(h.Others) != maxOtherNames {
		t.Errorf("%d entries, %v", len(h.Others), err)
	}
}

func TestSex(t *testing.T) {
	for sex, want := range map[Sex]string{Male: "male", Female: "female", "3": "3", "": "", "\x1b": `\u{001B}`} {
		if sex.String() != want {
			t.Errorf("%q is %q", string(sex), sex)
		}
	}
}

func TestBirth(t *testing.T) {
	for written, want := range map[string]struct{ iso, wareki string }{
		"319800217": {"1980-02-17", "昭和55年2月17日"},
		"319800200": {"1980-02", "昭和55年2月日不詳"},
		"319800000": {"1980", "昭和55年月日不詳"},
		"319800017": {"1980", "昭和55年月日不詳"},
		"319890107": {"1989-01-07", "昭和64年1月7日"},
		"419890108": {"1989-01-08", "平成元年1月8日"},
		"519960229": {"1996-02-29", "1996年2月29日"}, // before 令和 began: the era is not believed
		"520190501": {"2019-05-01", "令和元年5月1日"},
		"019750405": {"1975-04-05", "1975年4月5日"},
		"620500101": {"2050-01-01", "2050年1月1日"}, // the era after 令和
		"000000000": {"", ""},
		"100000229": {"", ""},
	} {
		b, err := parseBirth(written)
		if err != nil || b.String() != want.iso || b.Wareki() != want.wareki {
			t.Errorf("%s: %s, %s, %v", written, b, b.Wareki(), err)
		}
	}
}

func checkHolder(t *testing.T, h Holder, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrHolderMalformed) && !errors.Is(err, ErrNoHolder) {
		t.Errorf("error of another kind: %v", err)
	}
	runes := len([]rune(string(h.Name)))
	for _, i := range h.NameSubstitutes {
		if i >= runes {
			t.Errorf("substitute %d in a name of %d characters", i, runes)
		}
	}
	if len(h.Others) > maxOtherNames {
		t.Errorf("%d entries", len(h.Others))
	}
	mustBePrintable(t, fmt.Sprint(h), fmt.Sprint(err), h.Birth.String(), h.Birth.Wareki())
}

func FuzzHolder(f *testing.F) {
	f.Add(san(f, sampleEntries(f)...).Value)
	f.Add(san(f, attributeEntry(f, 1, "\u202e\x1b[2J"), attributeEntry(f, 3, "\u009b"), attributeEntry(f, 4, "000000000")).Value)
	f.Add(san(f, otherName(f, signPolicy, []byte{0x05, 0x00})).Value)
	f.Add([]byte{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, value []byte) {
		c := &x509.Certificate{Extensions: []pkix.Extension{{Id: subjectAltName, Value: value}}}
		h, err := HolderOf(c)
		checkHolder(t, h, err)
	})
}
