package ber

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Header
		err  error // nil with want zero: any
	}{
		{"\x30\x00", Header{Tag: 0x30, Size: 2}, nil},
		{"\x30\x7F", Header{Tag: 0x30, Size: 2, Length: 127}, nil},
		{"\x04\x81\x80", Header{Tag: 0x04, Size: 3, Length: 128}, nil},
		{"\x04\x82\x00\x05", Header{Tag: 0x04, Size: 4, Length: 5}, nil}, // BER: not the shortest
		{"\x30\x88\x01\x02\x03\x04\x05\x06\x07\x08", Header{Tag: 0x30, Size: 10, Length: 0x0102030405060708}, nil},
		{"\x30\x80", Header{Tag: 0x30, Size: 2, Indefinite: true}, nil},
		{"", Header{}, io.ErrUnexpectedEOF},
		{"\x30", Header{}, io.ErrUnexpectedEOF},
		{"\x30\x82\x01", Header{}, io.ErrUnexpectedEOF},
		{"\x00\x00", Header{}, ErrEndOfContents},
		{"\x1F\x81\x01\x00", Header{}, ErrTagNumber},
		{"\xBF\x01\x00", Header{}, ErrTagNumber},
		{"\x04\x80", Header{}, ErrIndefinite},
		{"\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x01", Header{}, nil},
		{"\x30\xFF" + strings.Repeat("\x00", 200), Header{}, nil},
	} {
		got, err := Decode([]byte(test.in))
		switch {
		case test.want.Size != 0:
			if err != nil || got != test.want {
				t.Errorf("%x: %+v, %v", test.in, got, err)
			}
		case err == nil || test.err != nil && !errors.Is(err, test.err):
			t.Errorf("%x: %+v, %v, and not %v", test.in, got, err, test.err)
		}
	}
}

// TestAppend holds lengths on both sides of every step against encoding/asn1.
func TestAppend(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1<<24 - 1, 1 << 24} {
		want, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagOctetString, Bytes: make([]byte, n)})
		if err != nil {
			t.Fatal(err)
		}
		got := Append([]byte("before"), 0x04, int64(n))
		if !bytes.Equal(got, append([]byte("before"), want[:len(want)-n]...)) {
			t.Errorf("%d: %x", n, got)
		}
		h, err := Decode(got[len("before"):])
		if err != nil || h.Length != uint64(n) || h.Size != len(got)-len("before") {
			t.Errorf("%d: read back as %+v, %v", n, h, err)
		}
	}
}

func TestLen(t *testing.T) {
	nested := func(depth int) string {
		return strings.Repeat("\x30\x80", depth) + strings.Repeat("\x00\x00", depth)
	}
	for in, want := range map[string]int{ // 0: none
		"\x04\x02ab":                               4,
		"\x04\x02ab, and what follows":             4,
		"\x04\x02a":                                0,
		"\x30\x80\x00\x00":                         4,
		"\x30\x80\x04\x01a\x00\x00rest":            7,
		"\x30\x80\x30\x80\x00\x00\x00\x00":         8,
		"\x30\x80\x04\x01a":                        0,
		"\x30\x80\x04\x02a\x00":                    0,
		"\x30\x80\x00":                             0,
		"\x04\x80\x00\x00":                         0,
		"\x30\x84\xFF\xFF\xFF\xFF":                 0,
		"\x30\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF": 0,
		"":                   0,
		nested(maxDepth + 1): 4 * (maxDepth + 1),
		nested(maxDepth + 2): 0,
	} {
		if n, ok := Len([]byte(in)); n != want || ok != (want > 0) {
			t.Errorf("%.20x: %d, %v, and not %d", in, n, ok, want)
		}
	}
}
