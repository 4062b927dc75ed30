package cms

import (
	"bytes"
	"crypto"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestSplitRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":                            "",
		"no length":                          "\x30",
		"truncated":                          "\x30\x01",
		"length truncated":                   "\x30\x82\x01",
		"length over int":                    "\x30\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
		"length over what is there":          "\x30\x84\x7F\xFF\xFF\xFF\x00",
		"length of 9 octets":                 "\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"length FF":                          "\x30\xFF" + strings.Repeat("\x00", 127),
		"tag number above 30":                "\x3F\x20\x00",
		"end-of-contents":                    "\x00\x00",
		"end-of-contents with contents":      "\x00\x01\x00",
		"indefinite primitive":               "\x04\x80\x00\x00",
		"indefinite, no end":                 "\x30\x80",
		"indefinite, half an end":            "\x30\x80\x00",
		"indefinite, end with length":        "\x30\x80\x00\x01\x00",
		"indefinite, inner no end":           "\x30\x80\x30\x80\x00\x00",
		"indefinite, bad inner":              "\x30\x80\x30\x05\x00\x00",
		"nested too deep":                    strings.Repeat("\x30\x80", maxDepth+2) + strings.Repeat("\x00\x00", maxDepth+2),
		"nested without end":                 strings.Repeat("\x30\x80", 1<<20),
		"end-of-contents inside of definite": "\x30\x80\x30\x02\x00\x00",
	} {
		if e, _, err := split([]byte(in), 0); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestSplit(t *testing.T) {
	for in, want := range map[string]struct{ full, body, rest string }{
		"\x04\x01a":      {"\x04\x01a", "a", ""},
		"\x04\x00b":      {"\x04\x00", "", "b"},
		"\x04\x81\x01ab": {"\x04\x81\x01a", "a", "b"},
		"\x04\x88\x00\x00\x00\x00\x00\x00\x00\x01ab": {"\x04\x88\x00\x00\x00\x00\x00\x00\x00\x01a", "a", "b"},
		"\x30\x80\x00\x00\x00":                       {"\x30\x80\x00\x00", "", "\x00"},
		"\x30\x80\x04\x02\x00\x00\x00\x00b":          {"\x30\x80\x04\x02\x00\x00\x00\x00", "\x04\x02\x00\x00", "b"},
		"\x30\x80\xA0\x80\x00\x00\x00\x00":           {"\x30\x80\xA0\x80\x00\x00\x00\x00", "\xA0\x80\x00\x00", ""},
	} {
		e, rest, err := split([]byte(in), 0)
		if err != nil || string(e.full) != want.full || string(e.body) != want.body || string(rest) != want.rest {
			t.Errorf("%x: %x %x %x %v", in, e.full, e.body, rest, err)
		}
	}
}

func TestOctets(t *testing.T) {
	for in, want := range map[string]string{
		"\x04\x00":         "",
		"\x04\x02ab":       "ab",
		"\x24\x00":         "",
		"\x24\x80\x00\x00": "",
		"\x24\x80\x04\x01a\x04\x00\x04\x02bc\x00\x00":        "abc",
		"\x24\x06\x04\x01a\x04\x01b":                         "ab",
		"\x24\x80\x24\x80\x04\x01a\x00\x00\x04\x01b\x00\x00": "ab",
		"\x0C\x01a":         "!",
		"\x24\x03\x0C\x01a": "!",
		"\x24\x02\x04\x01":  "!",
		"\x24\x03\x04\x00a": "!",
		strings.Repeat("\x24\x80", maxDepth) + "\x04\x01a" + strings.Repeat("\x00\x00", maxDepth): "a",
		string(nested(maxDepth)):     "a",
		string(nested(maxDepth + 1)): "!",
	} {
		e, _, err := split([]byte(in), 0)
		if err != nil {
			t.Fatalf("%x: %v", in, err)
		}
		got, err := e.octets()
		if err != nil {
			got = []byte("!")
		}
		if string(got) != want {
			t.Errorf("%x: %q %v, want %q", in, got, err, want)
		}
	}
}

// nested returns the OCTET STRING "a" inside constructed ones of definite
// length.
func nested(levels int) []byte {
	e := octetString([]byte("a"))
	for range levels {
		e = tlv(tagOctetString|constructed, e)
	}
	return e
}

func TestInteger(t *testing.T) {
	for in, want := range map[string]int64{
		"\x02\x01\x00":         0,
		"\x02\x01\x7F":         127,
		"\x02\x02\x00\x80":     128,
		"\x02\x01\x80":         -128,
		"\x02\x01\xFF":         -1,
		"\x02\x02\xFF\x7F":     -129,
		"\x02\x04\x01\x32\xC4": -1 << 40, // refused
		"\x02\x00":             -1 << 40,
		"\x02\x02\x00\x7F":     -1 << 40,
		"\x02\x02\xFF\x80":     -1 << 40,
		"\x03\x01\x00":         -1 << 40,
		"\x02\x81\x81" + strings.Repeat("\x01", maxInteger+1): -1 << 40,
	} {
		c := read([]byte(in), "test")
		got := c.integer()
		if c.failed != nil {
			got = big.NewInt(-1 << 40)
		}
		if got.Int64() != want {
			t.Errorf("%x: %v %v, want %d", in, got, c.failed, want)
		}
	}
	for n := int64(0); n < 1<<17; n += 127 {
		if got := read(integer(big.NewInt(n)), "test").integer(); got.Int64() != n {
			t.Errorf("%d read back as %v", n, got)
		}
	}
}

// TestCursorStops shows that the first failure of a cursor is kept and stops
// every cursor.
func TestCursorStops(t *testing.T) {
	c := read([]byte("\x30\x03\x02\x01\x05\x04\x01a"), "outer")
	in := c.enter(tagSequence, "inner")
	in.take(tagOID)
	if c.failed == nil || c.more() || in.more() || c.next().full != nil || c.octetString() != nil || c.integer().Sign() != 0 {
		t.Errorf("goes on after %v", c.failed)
	}
	first := c.failed
	c.done()
	in.done()
	c.take(tagNull)
	if c.failed != first || !strings.Contains(first.Error(), "inner") {
		t.Errorf("%v", c.failed)
	}
}

func TestElementsAreBounded(t *testing.T) {
	c := read(bytes.Repeat(derNull, maxElements+1), "test")
	n := 0
	for ; c.more(); n++ {
		c.next()
	}
	if c.failed == nil || n != maxElements+1 {
		t.Errorf("%d elements: %v", n, c.failed)
	}
}

func TestTLVLengths(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 24} {
		body := make([]byte, n)
		e, rest, err := split(octetString(body), 0)
		if err != nil || len(e.body) != n || len(rest) != 0 {
			t.Errorf("%d octets: %d %d %v", n, len(e.body), len(rest), err)
		}
		if der, err := e.der(); err != nil || !bytes.Equal(der, e.full) {
			t.Errorf("%d octets: length not minimal", n)
		}
	}
}

func TestDER(t *testing.T) {
	for in, want := range map[string]string{
		"\x30\x80\x05\x00\x00\x00":                      "\x30\x02\x05\x00",
		"\x30\x81\x02\x05\x00":                          "\x30\x02\x05\x00",
		"\x31\x80\x05\x00\x04\x01a\x00\x00":             "\x31\x05\x04\x01a\x05\x00",
		"\x31\x05\x05\x00\x04\x01a":                     "\x31\x05\x04\x01a\x05\x00",
		"\x24\x80\x04\x01a\x04\x01b\x00\x00":            "\x04\x02ab",
		"\xA1\x80\x24\x80\x04\x01a\x00\x00\x00\x00":     "\xA1\x03\x04\x01a",
		"\xA1\x05\x05\x00\x04\x01a":                     "\xA1\x05\x05\x00\x04\x01a",
		"\x2C\x80\x0C\x01a\x00\x00":                     "",
		"\x30\x80\x23\x80\x03\x02\x00a\x00\x00\x00\x00": "",
		"\x30\x03\x05\x01":                              "",
	} {
		e, _, err := split([]byte(in), 0)
		var got []byte
		if err == nil {
			got, err = e.der()
		}
		if (err != nil) != (want == "") || err == nil && string(got) != want {
			t.Errorf("%x: %x %v, want %x", in, got, err, want)
		}
	}
}

// toBER writes the constructed elements of the upper levels with indefinite
// lengths, and the primitive ones with longer lengths than necessary.
func toBER(encoded []byte, levels int) []byte {
	var out []byte
	for len(encoded) > 0 {
		e, rest, err := split(encoded, 0)
		if err != nil {
			panic(err)
		}
		encoded = rest
		switch {
		case levels == 0:
			out = append(out, e.full...)
		case e.tag&constructed == 0:
			out = append(out, e.tag, 0x84, 0, 0, byte(len(e.body)>>8), byte(len(e.body)))
			out = append(out, e.body...)
		default:
			out = append(out, e.tag, 0x80)
			out = append(out, toBER(e.body, levels-1)...)
			out = append(out, 0, 0)
		}
	}
	return out
}

// TestBER shows that a detached signature in BER verifies like the one in DER.
func TestBER(t *testing.T) {
	der := fixture().rsa.sign(t, crypto.SHA256)
	for levels := range 5 { // below are the certificates and the signed attributes
		ber := toBER(der, levels)
		if levels > 0 && bytes.Equal(ber, der) {
			t.Fatal("nothing changed")
		}
		if err := verified(t, ber, content).Err(); err != nil {
			t.Errorf("%d levels: %v", levels, err)
		}
		if levels > 0 {
			each(len(ber), func(n int) {
				if _, err := Parse(ber[:n]); !errors.Is(err, FormatFailure) {
					t.Errorf("%d levels, %d octets: %v", levels, n, err)
				}
			})
		}
		if _, err := Parse(append(slices.Clone(ber), 0, 0)); !errors.Is(err, FormatFailure) {
			t.Errorf("%d levels, end-of-contents after the end: %v", levels, err)
		}
	}
}
