package virtualcard

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

func TestRecorder(t *testing.T) {
	c := newCard(t, "adult", Options{})
	var r Recorder
	if r.Total() != (Count{}) || r.Instruction(apdu.InsVerify) != (Count{}) || len(r.Log()) != 0 {
		t.Error("a new recorder has something in it")
	}
	r.Reset()
	c.Observe(r.Observe)
	play(t, c, `
		{jpki} 9000
		{pin s} 9000
		{query} 63C5
		{sign ok} 9000
		002401800744454D4F343536 9000
		{cert s} 9000
		{read} 4:9000
		00 6700`)
	if got, want := r.Total(), (Count{Commands: 8, Sent: 15 + 7 + 4 + 12 + 12 + 7 + 5 + 1, Received: 8*2 + 4}); got != want {
		t.Errorf("total %+v, want %+v", got, want)
	}
	if got, want := r.Instruction(apdu.InsVerify), (Count{Commands: 2, Sent: 16, Received: 4}); got != want {
		t.Errorf("VERIFY %+v, want %+v", got, want)
	}
	want := []string{
		"00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01 9000",
		"00 A4 02 0C 02 00 1B 9000",
		"00 20 00 80 63C5",
		"00 20 00 80 [PIN] 9000",
		"00 24 01 80 [PIN] 9000",
		"00 A4 02 0C 02 00 01 9000",
		"00 B0 00 00 04 [4 bytes] 9000",
		"(malformed, 1 bytes) 6700",
	}
	log := r.Log()
	if len(log) != len(want) {
		t.Fatalf("%d lines, want %d", len(log), len(want))
	}
	for i, x := range log {
		if got := x.Command + " " + x.Response; got != want[i] {
			t.Errorf("line %d: %q, want %q", i+1, got, want[i])
		}
	}
	everything := fmt.Sprintf("%+v %+v", log, r.Total())
	for _, pin := range []string{SignPIN, "DEMO456"} {
		inHex := fmt.Sprintf("% X", pin)
		if strings.Contains(everything, pin) || strings.Contains(everything, inHex) || strings.Contains(everything, hex.EncodeToString([]byte(pin))) {
			t.Errorf("PIN %s is in the log: %s", pin, everything)
		}
	}
	r.Reset()
	if r.Total() != (Count{}) || r.Instruction(apdu.InsVerify) != (Count{}) || len(r.Log()) != 0 {
		t.Error("something is left after Reset")
	}
}

// TestObserverPullsTheCard shows how a test takes the card away in the middle
// of a session, with the hook of the recorder.
func TestObserverPullsTheCard(t *testing.T) {
	c := newCard(t, "adult", Options{})
	var seen []byte
	c.Observe(func(cmd, resp []byte) {
		seen = append(seen, cmd[1])
		if cmd[1] == apdu.InsVerify {
			c.PowerOff()
		}
	})
	play(t, c, "{jpki} 9000\n{pin a} 9000")
	if _, err := c.Transmit([]byte{0x00, 0x20, 0x00, 0x80, 4, '9', '9', '9', '9'}); err != ErrUnpowered {
		t.Errorf("error %v from the command during which the card was pulled", err)
	}
	if _, err := c.Transmit([]byte{0x00, 0xB0, 0, 0, 0}); err != ErrUnpowered {
		t.Errorf("error %v after the card was pulled", err)
	}
	if string(seen) != "\xA4\xA4\x20" {
		t.Errorf("observed instructions % X", seen)
	}
	if left := c.State().Auth.Left; left != 2 {
		t.Errorf("%d tries left: the one whose answer was on its way is lost", left)
	}
}
