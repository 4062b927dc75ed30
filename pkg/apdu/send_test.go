package apdu_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// script is a transmitter that answers one line after the other, in
// hexadecimal. It keeps what it was sent.
type script struct {
	answers []string
	sent    []string // as they arrived
	buffers [][]byte // the same, in the memory they arrived in
}

var errReader = errors.New("reader on fire")

func (s *script) Transmit(cmd []byte) ([]byte, error) {
	s.sent = append(s.sent, strings.ToUpper(hexOf(cmd)))
	s.buffers = append(s.buffers, cmd)
	if len(s.answers) == 0 {
		return nil, errReader
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	switch answer {
	case "error":
		return nil, errReader
	case "panic":
		panic(errReader)
	}
	return unhex(answer), nil
}

func hexOf(b []byte) string {
	const digits = "0123456789ABCDEF"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

var (
	read     = apdu.Command{INS: apdu.InsReadBinary, Ne: 256}
	verify   = apdu.Command{INS: apdu.InsVerify, P2: 0x80, Data: []byte("1234")}
	query    = apdu.Command{INS: apdu.InsVerify, P2: 0x80, Ne: 256}
	selectEF = apdu.Command{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0, 6}}
	sign     = apdu.Command{CLA: 0x80, INS: apdu.InsPerformSecurityOperation, P2: 0x80, Data: []byte{1}, Ne: 256}
)

func TestSend(t *testing.T) {
	long := func(n int) string { return strings.Repeat("AB", n) }
	for _, c := range []struct {
		name    string
		cmd     apdu.Command
		answers string // separated by spaces
		sent    string // likewise
		data    string
		sw      apdu.Status
		err     error
	}{
		{"no data", selectEF, "9000", "00A4020C020006", "", 0x9000, nil},
		{"data", read, "0102039000", "00B0000000", "010203", 0x9000, nil},
		{"as much as asked for", read, long(256) + "9000", "00B0000000", long(256), 0x9000, nil},
		{"a status word is no error", read, "6A82", "00B0000000", "", 0x6A82, nil},
		{"a warning with data", read, "016282", "00B0000000", "01", 0x6282, nil},

		{"6Cxx names the length", read, "6C02 01029000", "00B0000000 00B0000002", "0102", 0x9000, nil},
		{"6Cxx twice", read, "6C02 6C01", "00B0000000 00B0000002", "", 0x6C01, nil},
		{"6Cxx then 6B00", read, "6C02 6B00", "00B0000000 00B0000002", "", 0x6B00, nil},
		{"6Cxx names more than is wanted", apdu.Command{INS: apdu.InsReadBinary, Ne: 3}, "6C00", "00B0000003", "", 0x6C00, nil},
		{"6Cxx names what was asked for", apdu.Command{INS: apdu.InsReadBinary, Ne: 3}, "6C03", "00B0000003", "", 0x6C03, nil},
		{"6Cxx to a command that wants no data", selectEF, "6C02", "00A4020C020006", "", 0x6C02, nil},
		{"6Cxx, and the reader fails", read, "6C02 error", "00B0000000 00B0000002", "", 0, errReader},
		{"6Cxx, and too much comes", read, "6C02 0102039000", "00B0000000 00B0000002", "", 0, apdu.ErrResponseTooLong},

		{"61xx", sign, "6103 0102039000", "802A0080010100 00C0000003", "010203", 0x9000, nil},
		{"61xx with data", sign, "016102 02039000", "802A0080010100 00C0000002", "010203", 0x9000, nil},
		{"61xx twice", sign, "6102 01026101 039000", "802A0080010100 00C0000002 00C0000001", "010203", 0x9000, nil},
		{"6100 is 256 bytes", sign, "6100 " + long(256) + "9000", "802A0080010100 00C0000000", long(256), 0x9000, nil},
		{"61xx after 6Cxx", read, "6C02 6102 01029000", "00B0000000 00B0000002 00C0000002", "0102", 0x9000, nil},
		{"61xx on a logical channel", apdu.Command{CLA: 0x81, INS: 0x2A, Ne: 9}, "6101 019000", "812A000009 01C0000001", "01", 0x9000, nil},
		{"61xx, then a status word", sign, "6102 016F00", "802A0080010100 00C0000002", "01", 0x6F00, nil},
		{"61xx, and nothing comes", sign, "6102 6102", "802A0080010100 00C0000002", "", 0, apdu.ErrResponseStuck},
		{"61xx, and the reader fails", sign, "6102 error", "802A0080010100 00C0000002", "", 0, errReader},
		{"61xx, and more comes than announced", sign, "6101 01029000", "802A0080010100 00C0000001", "", 0, apdu.ErrResponseTooLong},
		{"61xx, and more comes than asked for", apdu.Command{INS: 0xB0, Ne: 1}, "6102 01029000", "00B0000001 00C0000002", "", 0, apdu.ErrResponseTooLong},
		{"61xx without end", apdu.Command{INS: 0xB0, Ne: 2}, "6101 016101 016101 016101", "00B0000002 00C0000001 00C0000001 00C0000001", "", 0, apdu.ErrResponseTooLong},
		{"61xx to a command that wants no data", selectEF, "6114", "00A4020C020006", "", 0x9000, nil},

		{"VERIFY is never repeated", verify, "6C04", "002000800431323334", "", 0x6C04, nil},
		{"nor is one that wants data", apdu.Command{INS: apdu.InsVerify, Data: []byte("1234"), Ne: 256}, "6C04", "00200000043132333400", "", 0x6C04, nil},
		{"nor the query, which would become a VERIFY", query, "6C04", "0020008000", "", 0x6C04, nil},
		{"VERIFY is not followed", verify, "6104", "002000800431323334", "", 0x9000, nil},
		{"VERIFY and a failing reader", verify, "error", "002000800431323334", "", 0, errReader},

		{"no status word", read, "00", "00B0000000", "", 0, apdu.ErrResponseTooShort},
		{"nothing at all", read, "", "00B0000000", "", 0, apdu.ErrResponseTooShort},
		{"too much", read, long(257) + "9000", "00B0000000", "", 0, apdu.ErrResponseTooLong},
		{"too much with 61xx", read, long(257) + "6101", "00B0000000", "", 0, apdu.ErrResponseTooLong},
		{"data nobody wanted", verify, "019000", "002000800431323334", "", 0, apdu.ErrResponseTooLong},
		{"a malformed command", apdu.Command{Ne: -1}, "9000", "", "", 0, nil},
	} {
		s := &script{answers: strings.Split(c.answers, " ")}
		r, err := apdu.Send(s, c.cmd)
		malformed := c.sent == ""
		switch {
		case malformed && err == nil, !malformed && !errors.Is(err, c.err):
			t.Errorf("%s: error %v", c.name, err)
		case hexOf(r.Data) != c.data || r.SW != c.sw:
			t.Errorf("%s: response %X %04X", c.name, r.Data, uint16(r.SW))
		}
		if got := strings.Join(s.sent, " "); got != c.sent {
			t.Errorf("%s: sent %s", c.name, got)
		}
		for i, b := range s.buffers {
			if !bytes.Equal(b, make([]byte, len(b))) {
				t.Errorf("%s: command %d was not wiped: % X", c.name, i, b)
			}
		}
	}
}

// TestSendNeverRepeats holds every instruction that can carry a PIN against
// every status word.
func TestSendNeverRepeats(t *testing.T) {
	for ins := range carriers {
		for sw1 := range 256 {
			for _, c := range []apdu.Command{{INS: ins, Data: []byte("1234")}, {INS: ins, Ne: 256}, {INS: ins, Data: []byte("1234"), Ne: 256}} {
				s := &script{answers: []string{hexOf([]byte{byte(sw1), 4}), "019000", "9000", "9000"}}
				_, _ = apdu.Send(s, c)
				for _, again := range s.sent[1:] {
					if again != "00C0000004" { // GET RESPONSE
						t.Fatalf("%v was answered %02X04 and followed by %s", c, sw1, again)
					}
				}
			}
		}
	}
}

func TestSendWipesOnPanic(t *testing.T) {
	s := &script{answers: []string{"panic"}}
	func() {
		defer func() {
			if r := recover(); r != errReader {
				t.Errorf("recovered %v", r)
			}
		}()
		_, _ = apdu.Send(s, verify)
	}()
	if b := s.buffers[0]; !bytes.Equal(b, make([]byte, len(b))) {
		t.Errorf("not wiped: % X", b)
	}
	if string(verify.Data) != "1234" {
		t.Error("the caller's data was wiped")
	}
}

func TestResponse(t *testing.T) {
	for _, raw := range []string{"9000", "6A82", "0190 00", "010203 63C5"} {
		b := unhex(raw)
		r, err := apdu.ParseResponse(b)
		if err != nil || !bytes.Equal(r.Bytes(), b) {
			t.Errorf("%s: %v, %v", raw, r, err)
		}
		_ = append(r.Data, 0xFF)
		if hexOf(b) != strings.ReplaceAll(raw, " ", "") {
			t.Errorf("%s: the status word was overwritten", raw)
		}
	}
	for _, raw := range []string{"", "90"} {
		if _, err := apdu.ParseResponse(unhex(raw)); !errors.Is(err, apdu.ErrResponseTooShort) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	for sw, want := range map[apdu.Status]error{0x9000: nil, 0x6282: apdu.StatusEndOfFile, 0x6100: apdu.Status(0x6100)} {
		if got := (apdu.Response{SW: sw}).Err(); got != want {
			t.Errorf("Err of %04X: %v", uint16(sw), got)
		}
	}
}
