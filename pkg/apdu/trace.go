package apdu

import (
	"fmt"
	"time"
)

// Detail says how much a trace shows.
type Detail int

const (
	// DetailRedacted shows headers, lengths, status words and the data of
	// files that Tracer.Public names.
	DetailRedacted Detail = iota
	// DetailPersonal adds the data of every file: certificates hold name,
	// address and date of birth. PINs stay hidden at every level.
	DetailPersonal
)

// Exchange is one command and its answer, as a trace may show it.
type Exchange struct {
	Command  string        // bytes in hexadecimal, hidden parts as words in brackets
	Response string        // the same; empty when the transmitter failed
	Sent     int           // bytes to the card; 0 where the length would tell a PIN's
	Received int           // bytes from the card
	Took     time.Duration // 0 without Tracer.Now
	Err      error         // of the transmitter
}

// Tracer shows exchanges to Sink, redacted. The data of VERIFY, CHANGE
// REFERENCE DATA and RESET RETRY COUNTER, and its length, are always hidden.
// What READ BINARY returns is hidden below [DetailPersonal], but for the files
// Public names.
type Tracer struct {
	Detail Detail
	Public func(ef uint16) bool // nil: no file is public
	Now    func() time.Time     // nil: exchanges are not timed
	Sink   func(Exchange)
}

// Wrap gives a transmitter that passes everything on to t and shows it.
func (tr Tracer) Wrap(t Transmitter) Transmitter { return &traced{Tracer: tr, next: t} }

type traced struct {
	Tracer
	next   Transmitter
	ef     uint16 // the current EF, as SELECT by file identifier set it
	efOpen bool
}

func (t *traced) Transmit(raw []byte) ([]byte, error) {
	x := Exchange{}
	x.Command, x.Sent = t.showCommand(raw)
	cmd, parseErr := Parse(raw)
	reads := parseErr != nil || cmd.INS == InsReadBinary || cmd.INS == InsReadBinary|1 || cmd.INS == InsGetResponse
	var start time.Time
	if t.Now != nil {
		start = t.Now()
	}
	answer, err := t.next.Transmit(raw)
	if t.Now != nil {
		x.Took = t.Now().Sub(start)
	}
	x.Err = err
	if err == nil {
		x.Received = len(answer)
		x.Response = t.showResponse(answer, reads)
		if parseErr == nil {
			t.follow(cmd, answer)
		}
	}
	t.Sink(x)
	return answer, err
}

// follow keeps the current EF: which file READ BINARY reads decides whether
// its bytes may be shown.
func (t *traced) follow(c Command, answer []byte) {
	r, err := ParseResponse(answer)
	if err != nil || c.INS != InsSelect || r.SW != StatusOK {
		if err == nil && c.INS == InsReadBinary && c.P1&0x80 != 0 {
			t.efOpen = false // a short file identifier moved the current EF
		}
		return
	}
	t.efOpen = c.P1 == 0x02 && len(c.Data) == 2
	if t.efOpen {
		t.ef = uint16(c.Data[0])<<8 | uint16(c.Data[1])
	}
}

func (t *traced) showCommand(raw []byte) (shown string, sent int) {
	if len(raw) < 4 {
		return fmt.Sprintf("(malformed, %d bytes)", len(raw)), len(raw)
	}
	header := fmt.Sprintf("% X", raw[:4])
	if carriesPIN(raw[1]) {
		if len(raw) <= 5 { // the counter query holds no data
			return fmt.Sprintf("% X", raw), len(raw)
		}
		return header + " [PIN]", 0
	}
	if _, err := Parse(raw); err != nil {
		return fmt.Sprintf("%s (malformed, %d bytes)", header, len(raw)), len(raw)
	}
	return fmt.Sprintf("% X", raw), len(raw)
}

func (t *traced) showResponse(raw []byte, reads bool) string {
	r, err := ParseResponse(raw)
	if err != nil {
		return fmt.Sprintf("(malformed, %d bytes)", len(raw))
	}
	sw := fmt.Sprintf("%04X", uint16(r.SW))
	if len(r.Data) == 0 {
		return sw
	}
	public := t.efOpen && t.Public != nil && t.Public(t.ef)
	if reads && t.Detail < DetailPersonal && !public {
		return fmt.Sprintf("[%d bytes] %s", len(r.Data), sw)
	}
	return fmt.Sprintf("% X %s", r.Data, sw)
}
