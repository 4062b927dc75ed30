package apdu_test

import (
	"bytes"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "00", "00A40400", "00B0000000", "00B000000004", "002000800431323334", "802A0080010100",
		"00B00000000400", "00D60000000001AB", "00D60000000001AB0000", "00A4040C00", "00A4040C0000", "00A4040C000000AB",
	} {
		f.Add(unhex(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := apdu.Parse(raw)
		if err != nil {
			if !same(c, apdu.Command{}) {
				t.Errorf("a command beside error %v", err)
			}
			return
		}
		again, err := c.Bytes()
		if err != nil {
			t.Fatalf("%v cannot be encoded: %v", c, err)
		}
		back, err := apdu.Parse(again)
		if err != nil || !same(back, c) {
			t.Errorf("% X became %v, then %v, %v", raw, c, back, err)
		}
		// Only an extended encoding of what fits a short one may change.
		if !bytes.Equal(again, raw) && !(apdu.IsExtended(raw) && !apdu.IsExtended(again)) {
			t.Errorf("% X became % X", raw, again)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	for _, s := range []string{"", "90", "9000", "6A82", "01029000"} {
		f.Add(unhex(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := apdu.ParseResponse(raw)
		if (err != nil) != (len(raw) < 2) {
			t.Errorf("% X: %v", raw, err)
		}
		if err == nil && !bytes.Equal(r.Bytes(), raw) {
			t.Errorf("% X became %v", raw, r)
		}
	})
}

// hostile answers with pieces of data: a length, then so many bytes. A length
// of FF is a failure of the reader; at the end of the data, so is everything.
type hostile struct {
	data []byte
	sent [][]byte
}

func (h *hostile) Transmit(cmd []byte) ([]byte, error) {
	h.sent = append(h.sent, bytes.Clone(cmd))
	if len(h.data) == 0 || h.data[0] == 0xFF {
		return nil, errReader
	}
	n := min(int(h.data[0]), len(h.data)-1)
	answer := h.data[1 : 1+n]
	h.data = h.data[1+n:]
	return bytes.Clone(answer), nil
}

func FuzzSend(f *testing.F) {
	for _, s := range []string{"029000", "026C02040102 9000", "026102 0401029000", "0101 FF", "036101 AB 0361 01", "04ABCD9000"} {
		f.Add(byte(apdu.InsReadBinary), []byte(nil), 256, unhex(s))
		f.Add(byte(apdu.InsVerify), []byte("1234"), 0, unhex(s))
		f.Add(byte(apdu.InsPerformSecurityOperation), []byte{1}, 256, unhex(s))
	}
	f.Fuzz(func(t *testing.T, ins byte, data []byte, ne int, answers []byte) {
		c := apdu.Command{INS: ins, P2: 0x80, Data: data, Ne: ne}
		want, invalid := c.Bytes()
		h := &hostile{data: answers}
		r, err := apdu.Send(apdu.Tracer{Sink: func(apdu.Exchange) {}}.Wrap(h), c)
		switch {
		case invalid != nil:
			if err == nil || len(h.sent) > 0 {
				t.Errorf("a malformed command was sent: %v", c)
			}
			return
		case err != nil && (r.SW != 0 || r.Data != nil):
			t.Errorf("a response beside error %v", err)
		case len(r.Data) > ne:
			t.Errorf("%d bytes for Ne %d", len(r.Data), ne)
		}
		if !bytes.Equal(h.sent[0], want) {
			t.Errorf("sent % X for % X", h.sent[0], want)
		}
		for i, again := range h.sent[1:] {
			switch {
			case again[1] == apdu.InsGetResponse:
			case i == 0 && again[1] == ins && ne > 0 && !carriers[ins]: // after 6Cxx
			default:
				t.Errorf("command %d after % X: % X", i+2, want, again)
			}
		}
	})
}
