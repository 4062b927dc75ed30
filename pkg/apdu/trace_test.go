package apdu_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// publicIn6 says that EF 0006 of the application D392 is public.
func publicIn6(aid []byte, ef uint16) bool { return hexOf(aid) == "D392" && ef == 6 }

// trace plays lines of "command → answer" through a tracer, and gives what it
// shows, as "command → response".
func trace(t *testing.T, tr apdu.Tracer, lines ...string) (shown []string, all []apdu.Exchange) {
	t.Helper()
	tr.Sink = func(x apdu.Exchange) {
		all = append(all, x)
		shown = append(shown, x.Command+" → "+x.Response)
	}
	s := &script{}
	wrapped := tr.Wrap(s)
	for _, line := range lines {
		cmd, answer, ok := strings.Cut(line, " → ")
		if !ok {
			t.Fatalf("no arrow in %q", line)
		}
		s.answers = []string{answer}
		got, err := wrapped.Transmit(unhex(cmd))
		switch {
		case answer == "error" && !errors.Is(err, errReader):
			t.Errorf("%s: error %v", line, err)
		case answer != "error" && (err != nil || hexOf(got) != hexOf(unhex(answer))):
			t.Errorf("%s: passed on as %X, %v", line, got, err)
		}
		if want := strings.ReplaceAll(cmd, " ", ""); s.sent[len(s.sent)-1] != want {
			t.Errorf("%s: sent as %s", line, s.sent[len(s.sent)-1])
		}
	}
	return shown, all
}

const (
	selectApp = "00 A4 04 0C 02 D3 92 → 9000"
	selectPub = "00 A4 02 0C 02 00 06 → 9000"
	readShown = "00 B0 00 00 04 → AB CD 9000"
	readLine  = "00 B0 00 00 04 → ABCD9000"
	hidden    = "00 B0 00 00 04 → [2 bytes] 9000"
)

func TestTraceRedacted(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string // what is shown of the last line
	}{
		{"SELECT", []string{selectApp}, selectApp},
		{"SELECT of an EF", []string{selectPub}, selectPub},
		{"the query, case 1", []string{"00 20 00 80 → 63C5"}, "00 20 00 80 → 63C5"},
		{"the query, case 2", []string{"00 20 00 80 00 → 63C5"}, "00 20 00 80 00 → 63C5"},
		{"VERIFY", []string{"00 20 00 80 04 31323334 → 63C2"}, "00 20 00 80 [PIN] → 63C2"},
		{"VERIFY with Le", []string{"00 20 00 80 04 31323334 00 → 63C2"}, "00 20 00 80 [PIN] → 63C2"},
		{"VERIFY, extended", []string{"00 20 00 80 000004 31323334 → 63C2"}, "00 20 00 80 [PIN] → 63C2"},
		{"VERIFY, odd", []string{"00 21 00 80 06 530431323334 → 63C2"}, "00 21 00 80 [PIN] → 63C2"},
		{"VERIFY, chained", []string{"10 20 00 80 04 31323334 → 9000"}, "10 20 00 80 [PIN] → 9000"},
		{"VERIFY, secure messaging", []string{"0C 20 00 80 04 31323334 → 9000"}, "0C 20 00 80 [PIN] → 9000"},
		{"VERIFY, too much data", []string{"00 20 00 80 03 31323334 35 → 6700"}, "00 20 00 80 [PIN] → 6700"},
		{"VERIFY, too little data", []string{"00 20 00 80 09 31323334 → 6700"}, "00 20 00 80 [PIN] → 6700"},
		{"VERIFY without Lc", []string{"00 20 00 80 31 → 6700"}, "00 20 00 80 [PIN] → 6700"},
		{"VERIFY, answered with data", []string{"00 20 00 80 04 31323334 → 31323334 9000"}, "00 20 00 80 [PIN] → [4 bytes] 9000"},
		{"CHANGE", []string{"00 24 01 80 04 31323334 → 9000"}, "00 24 01 80 [PIN] → 9000"},
		{"RESET RETRY COUNTER", []string{"00 2C 02 80 04 31323334 → 9000"}, "00 2C 02 80 [PIN] → 9000"},
		{"ENVELOPE", []string{"00 C2 00 00 09 002000800431323334 → 9000"}, "00 C2 00 00 [PIN] → 9000"},
		{"a signature", []string{"80 2A 00 80 03 010203 00 → ABCD9000"}, "80 2A 00 80 [3 bytes] → [2 bytes] 9000"},
		{"GET RESPONSE", []string{selectApp, selectPub, "80 2A 00 80 03 010203 00 → 6102", "00 C0 00 00 02 → ABCD9000"}, "00 C0 00 00 02 → [2 bytes] 9000"},
		{"malformed", []string{"00 B0 00 → 6700"}, "(malformed, 3 bytes) → 6700"},
		{"malformed, long", []string{"00 B0 00 00 02 31 → ABCD6700"}, "(malformed, 6 bytes) → [2 bytes] 6700"},
		{"a malformed answer", []string{"00 B0 00 00 04 → AB"}, "00 B0 00 00 04 → (malformed, 1 bytes)"},
		{"a failing reader", []string{"00 B0 00 00 04 → error"}, "00 B0 00 00 04 → "},

		{"an unknown file", []string{readLine}, hidden},
		{"a public file", []string{selectApp, selectPub, readLine}, readShown},
		{"a public file, from an offset", []string{selectApp, selectPub, "00 B0 01 00 04 → ABCD9000"}, "00 B0 01 00 04 → AB CD 9000"},
		{"a public file, 6282", []string{selectApp, selectPub, "00 B0 01 00 04 → ABCD6282"}, "00 B0 01 00 04 → AB CD 6282"},
		{"a public file, twice", []string{selectApp, selectPub, "00 B0 00 00 00 → error", readLine}, readShown},
		{"a public file, 6700 first", []string{selectApp, selectPub, "00 B0 00 00 000400 → 6700", readLine}, readShown},
		{"a public file after a signature", []string{selectApp, "80 2A 00 80 01 01 00 → 019000", selectPub, readLine}, readShown},
		{"a public file after a query", []string{selectApp, "00 20 00 80 → 63C5", selectPub, readLine}, readShown},
		{"selected twice", []string{selectApp, selectPub, selectPub, readLine}, readShown},

		{"another file", []string{selectApp, selectPub, "00 A4 02 0C 02 00 01 → 9000", readLine}, hidden},
		{"another file, with FCI", []string{selectApp, selectPub, "00 A4 02 00 02 00 01 → 6114", readLine}, hidden},
		{"another file, perhaps", []string{selectApp, selectPub, "00 A4 02 0C 02 00 01 → error", readLine}, hidden},
		{"another file, no answer", []string{selectApp, selectPub, "00 A4 02 0C 02 00 01 → 90", readLine}, hidden},
		{"another file, warning", []string{selectApp, selectPub, "00 A4 02 0C 02 00 01 → 6283", readLine}, hidden},
		{"another file, malformed", []string{selectApp, selectPub, "00 A4 02 0C 03 00 01 → 9000", readLine}, hidden},
		{"another file, by path", []string{selectApp, selectPub, "00 A4 09 0C 02 00 06 → 9000", readLine}, hidden},
		{"another file, by a long identifier", []string{selectApp, selectPub, "00 A4 02 0C 03 00 06 06 → 9000", readLine}, hidden},
		{"by short identifier", []string{selectApp, selectPub, "00 B0 81 00 04 → ABCD9000"}, "00 B0 81 00 04 → [2 bytes] 9000"},
		{"after a short identifier", []string{selectApp, selectPub, "00 B0 81 00 04 → ABCD9000", readLine}, hidden},
		{"odd READ BINARY", []string{selectApp, selectPub, "00 B1 00 01 03 540100 00 → ABCD9000"}, "00 B1 00 01 [3 bytes] → [2 bytes] 9000"},
		{"READ BINARY with data", []string{selectApp, selectPub, "00 B0 00 01 03 540100 00 → ABCD9000"}, "00 B0 00 01 [3 bytes] → [2 bytes] 9000"},
		{"on another channel", []string{selectApp, selectPub, "01 B0 00 00 04 → ABCD9000"}, "01 B0 00 00 04 → [2 bytes] 9000"},
		{"selected on another channel", []string{selectApp, "01 A4 02 0C 02 00 06 → 9000", readLine}, hidden},
		{"after an unknown command", []string{selectApp, selectPub, "00 E2 00 00 01 01 → 9000", readLine}, hidden},
		{"the same identifier elsewhere", []string{"00 A4 04 0C 02 D3 93 → 9000", selectPub, readLine}, hidden},
		{"in an unknown application", []string{selectPub, readLine}, hidden},
		{"the application was left", []string{selectApp, selectPub, "00 A4 04 0C 02 A0 00 → 9000", readLine}, hidden},
		{"the application was perhaps left", []string{selectApp, "00 A4 04 0C 02 A0 00 → error", selectPub, readLine}, hidden},
		{"selected again", []string{selectApp, selectPub, selectApp, readLine}, hidden},
	} {
		shown, all := trace(t, apdu.Tracer{Public: publicIn6}, c.lines...)
		if got := shown[len(shown)-1]; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		last := all[len(all)-1]
		if strings.Contains(last.Command, "[PIN]") && last.Sent != 0 {
			t.Errorf("%s: %d bytes sent tells the PIN's length", c.name, last.Sent)
		}
	}
	// Without Public, nothing is.
	if shown, _ := trace(t, apdu.Tracer{}, selectApp, selectPub, readLine); shown[2] != hidden {
		t.Errorf("without Public: %q", shown[2])
	}
}

func TestTracePersonal(t *testing.T) {
	lines := []string{
		readLine,
		"80 2A 00 80 03 010203 00 → ABCD9000",
		"00 20 00 80 04 31323334 → 63C2",
		"00 B0 00 00 02 31 → ABCD6700",
	}
	want := []string{
		readShown,
		"80 2A 00 80 03 01 02 03 00 → AB CD 9000",
		"00 20 00 80 [PIN] → 63C2",
		"(malformed, 6 bytes) → AB CD 6700",
	}
	if shown, _ := trace(t, apdu.Tracer{Detail: apdu.DetailPersonal}, lines...); !slices.Equal(shown, want) {
		t.Errorf("shown %q", shown)
	}
}

func TestTraceCounts(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(15 * time.Millisecond); return now }
	_, all := trace(t, apdu.Tracer{Now: clock}, readLine, "00 B0 00 00 04 → error", "00 20 00 80 04 31323334 → 63C2")
	for i, want := range []apdu.Exchange{
		{Command: "00 B0 00 00 04", Response: "[2 bytes] 9000", Sent: 5, Received: 4, Took: 15 * time.Millisecond},
		{Command: "00 B0 00 00 04", Sent: 5, Took: 15 * time.Millisecond, Err: errReader},
		{Command: "00 20 00 80 [PIN]", Response: "63C2", Received: 2, Took: 15 * time.Millisecond},
	} {
		if all[i] != want {
			t.Errorf("%+v, want %+v", all[i], want)
		}
	}
	if _, all := trace(t, apdu.Tracer{}, readLine); all[0].Took != 0 {
		t.Errorf("timed without a clock: %v", all[0].Took)
	}
}

// TestTraceHasNoPIN sends a PIN in every instruction that carries one, whole and
// cut and with rubbish behind it, and looks for it in everything shown.
func TestTraceHasNoPIN(t *testing.T) {
	const pin = "QX7ZKJ9W"
	for ins := range carriers {
		for _, detail := range []apdu.Detail{apdu.DetailRedacted, apdu.DetailPersonal} {
			for _, c := range []apdu.Command{{INS: ins, P2: 0x80, Data: []byte(pin)}, {INS: ins, P2: 0x80, Data: append([]byte(pin), fill(300)...), Ne: 300}} {
				raw, err := c.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				var lines []string
				for n := 4; n <= len(raw); n++ {
					lines = append(lines, hexOf(raw[:n])+" → 6700")
				}
				lines = append(lines, hexOf(append(raw, 1, 2, 3))+" → 6700")
				shown, all := trace(t, apdu.Tracer{Detail: detail}, lines...)
				everything := strings.ReplaceAll(fmt.Sprintf("%q %+v", shown, all), " ", "")
				for _, form := range []string{pin, hexOf([]byte(pin[:2])), base64.StdEncoding.EncodeToString([]byte(pin))} {
					if strings.Contains(everything, form) {
						t.Fatalf("INS %02X shows %q", ins, form)
					}
				}
				for _, x := range all[2:] { // after the header alone and the first length byte
					if x.Sent != 0 || x.Command != fmt.Sprintf("00 %02X 00 80 [PIN]", ins) {
						t.Fatalf("INS %02X: %+v", ins, x)
					}
				}
			}
		}
	}
}
