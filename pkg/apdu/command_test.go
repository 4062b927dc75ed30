package apdu_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// fill gives n bytes that are not zero.
func fill(n int) []byte { return bytes.Repeat([]byte{0xDA}, n) }

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// TestEncoding goes through the cases of ISO/IEC 7816-4, 5.1, at the edges of
// the two length encodings.
func TestEncoding(t *testing.T) {
	da := func(n int) string { return strings.Repeat("DA", n) }
	for _, c := range []struct {
		name     string
		nc, ne   int
		want     string
		extended bool
	}{
		{"case 1", 0, 0, "", false},
		{"case 2, 1 byte", 0, 1, "01", false},
		{"case 2, 255 bytes", 0, 255, "FF", false},
		{"case 2, 256 bytes", 0, 256, "00", false},
		{"case 2, 257 bytes", 0, 257, "00 0101", true},
		{"case 2, 65535 bytes", 0, 65535, "00 FFFF", true},
		{"case 2, 65536 bytes", 0, 65536, "00 0000", true},
		{"case 3, 1 byte", 1, 0, "01 DA", false},
		{"case 3, 255 bytes", 255, 0, "FF" + da(255), false},
		{"case 3, 256 bytes", 256, 0, "00 0100" + da(256), true},
		{"case 3, 65535 bytes", 65535, 0, "00 FFFF" + da(65535), true},
		{"case 4, short", 2, 256, "02 DADA 00", false},
		{"case 4, long answer", 2, 257, "00 0002 DADA 0101", true},
		{"case 4, long data", 256, 1, "00 0100" + da(256) + "0001", true},
		{"case 4, both longest", 65535, 65536, "00 FFFF" + da(65535) + "0000", true},
	} {
		cmd := apdu.Command{CLA: 0x80, INS: 0x2A, P1: 0x9E, P2: 0x9A, Ne: c.ne}
		if c.nc > 0 {
			cmd.Data = fill(c.nc)
		}
		raw, err := cmd.Bytes()
		want := append(unhex("802A9E9A"), unhex(c.want)...)
		if err != nil || !bytes.Equal(raw, want) {
			t.Errorf("%s: % X, %v", c.name, raw[:min(len(raw), 12)], err)
		}
		if apdu.IsExtended(want) != c.extended {
			t.Errorf("%s: IsExtended %v", c.name, !c.extended)
		}
		back, err := apdu.Parse(want)
		if err != nil || !same(back, cmd) {
			t.Errorf("%s: parsed as %v, %v", c.name, back, err)
		}
	}
}

func same(a, b apdu.Command) bool {
	return a.CLA == b.CLA && a.INS == b.INS && a.P1 == b.P1 && a.P2 == b.P2 && bytes.Equal(a.Data, b.Data) && a.Ne == b.Ne
}

func TestEncodingRefused(t *testing.T) {
	for _, c := range []apdu.Command{{Ne: -1}, {Ne: 65537}, {Data: fill(65536)}} {
		if raw, err := c.Bytes(); err == nil {
			t.Errorf("%v gives %d bytes", c, len(raw))
		}
	}
}

func TestParseRefused(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want error
	}{
		{"", apdu.ErrCommandTooShort},
		{"00", apdu.ErrCommandTooShort},
		{"00A404", apdu.ErrCommandTooShort},
		{"00A4040C 02 DA", apdu.ErrCommandLength},             // one byte is missing
		{"00A4040C 02 DADA 0000", apdu.ErrCommandLength},      // Le of two bytes
		{"00A4040C 00 01", apdu.ErrCommandLength},             // half an extended length
		{"00A4040C 00 0000 DA", apdu.ErrCommandLength},        // Lc of 0
		{"00A4040C 00 0002 DA", apdu.ErrCommandLength},        // one byte is missing
		{"00A4040C 00 0001 DA 00", apdu.ErrCommandLength},     // half an extended Le
		{"00A4040C 00 0001 DA 000000", apdu.ErrCommandLength}, // one byte too many
	} {
		if cmd, err := apdu.Parse(unhex(c.raw)); !errors.Is(err, c.want) || !same(cmd, apdu.Command{}) {
			t.Errorf("Parse(%s) = %v, %v", c.raw, cmd, err)
		}
	}
}

// TestParsedDataIsBounded: appending to Data must not write over Le behind it.
func TestParsedDataIsBounded(t *testing.T) {
	for _, raw := range [][]byte{unhex("00A4040C 02 DADA 05"), append(unhex("00A4040C 000100"), append(fill(256), 5, 5)...)} {
		c, err := apdu.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		_ = append(c.Data, 0xFF)
		if raw[len(raw)-1] != 5 {
			t.Error("Le was overwritten")
		}
	}
}

func TestIsExtended(t *testing.T) {
	for raw, want := range map[string]bool{
		"00A4040C": false, "00A4040C00": false, "00A4040C0000": false, "00A4040C000000": true, "00A4040C010000": false,
	} {
		if apdu.IsExtended(unhex(raw)) != want {
			t.Errorf("IsExtended(%s) = %v", raw, !want)
		}
	}
}

// carriers are the instructions whose data can be a PIN.
var carriers = map[byte]bool{
	0x20: true, 0x21: true, 0x24: true, 0x25: true, 0x26: true, 0x27: true, 0x28: true, 0x29: true,
	0x2C: true, 0x2D: true, 0xC2: true, 0xC3: true,
}

// TestCommandHidesItsData formats commands in every way and looks for the PIN.
func TestCommandHidesItsData(t *testing.T) {
	for ins := range 256 {
		c := apdu.Command{INS: byte(ins), P2: 0x80, Data: []byte("SECRET1"), Ne: 300}
		want := fmt.Sprintf("00 %02X 00 80 Nc=7 Ne=300", ins)
		if carriers[byte(ins)] {
			want = fmt.Sprintf("00 %02X 00 80 Nc=hidden", ins)
		}
		type outer struct{ Command apdu.Command }
		for _, v := range []any{c, &c} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
				if got := fmt.Sprintf(verb, v); got != want {
					t.Fatalf("%s of INS %02X is %q", verb, ins, got)
				}
			}
			if got, err := json.Marshal(v); err != nil || string(got) != `"`+want+`"` {
				t.Fatalf("JSON of INS %02X is %s, %v", ins, got, err)
			}
		}
		if c.GoString() != want {
			t.Fatalf("GoString of INS %02X is %q", ins, c.GoString())
		}
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "command", c, "in", outer{c})
		slog.New(slog.NewTextHandler(&logged, nil)).Info("", "command", c, "in", outer{c})
		everything := logged.String() + fmt.Sprintf("%v %+v %x %#v", outer{c}, outer{c}, outer{c}, []apdu.Command{c})
		for _, form := range []string{"SECRET1", "U0VDUkVUMQ", "53454352455431", "83 69 67"} {
			if strings.Contains(everything, form) {
				t.Fatalf("INS %02X shows its data: %s", ins, everything)
			}
		}
	}
	// Without data there is nothing to hide: the retry counter query.
	if got := (apdu.Command{INS: apdu.InsVerify, P2: 0x80, Ne: 256}).String(); got != "00 20 00 80 Nc=0 Ne=256" {
		t.Errorf("query shown as %q", got)
	}
}
