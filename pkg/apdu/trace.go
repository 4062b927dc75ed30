package apdu

import (
	"fmt"
	"time"
)

// Detail says how much a trace shows.
type Detail int

const (
	// DetailRedacted shows headers, lengths, status words, the names in SELECT,
	// and the data of files that Tracer.Public names.
	DetailRedacted Detail = iota
	// DetailPersonal adds all other data: certificates, which hold name,
	// address and date of birth, digests and signatures. PINs stay hidden at
	// every level.
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

// Tracer shows exchanges to Sink, redacted. Of a command that can carry a PIN,
// malformed or not, it shows the header and nothing else, not even a length.
type Tracer struct {
	Detail Detail
	// Public reports whether an EF of the application with this AID holds
	// nothing personal. nil: no file is public.
	Public func(aid []byte, ef uint16) bool
	Now    func() time.Time // nil: exchanges are not timed
	Sink   func(Exchange)   // has to be given
}

// Wrap gives a transmitter that passes everything on to t and shows it. It is
// for one goroutine at a time, in which Sink, Now and Public are called.
func (tr Tracer) Wrap(t Transmitter) Transmitter { return &traced{Tracer: tr, next: t} }

type traced struct {
	Tracer
	next     Transmitter
	selected selection
}

func (t *traced) Transmit(raw []byte) ([]byte, error) {
	c, malformed := Parse(raw)
	var x Exchange
	x.Command, x.Sent = t.showCommand(raw)
	show := t.Detail >= DetailPersonal || malformed == nil && t.readsPublic(c)
	var start time.Time
	if t.Now != nil {
		start = t.Now()
	}
	answer, err := t.next.Transmit(raw)
	if t.Now != nil {
		x.Took = t.Now().Sub(start)
	}
	var sw Status
	if x.Err = err; err == nil {
		x.Received = len(answer)
		x.Response, sw = showResponse(answer, show)
	}
	if malformed == nil {
		t.selected = t.selected.after(c, sw == StatusOK)
	} else {
		t.selected = selection{}
	}
	t.Sink(x)
	return answer, err
}

// selection is the application and file that the card has selected, as far as
// that is certain: it decides which bytes may be shown.
type selection struct {
	aid string // of the application; empty if unknown
	ef  uint16 // the current EF; 0 for none or unknown
}

// after gives the selection after a command that was answered with 9000 or not.
// Whatever is not known to leave it as it is makes it unknown.
func (s selection) after(c Command, ok bool) selection {
	switch {
	case readsCurrent(c):
		return s
	case c.INS != InsSelect:
		return selection{aid: s.aid}
	case !ok || c.CLA != 0: // another class is another channel, or enciphered
		return selection{}
	case c.P1 == 0x04:
		return selection{aid: string(c.Data)}
	case c.P1 == 0x02 && len(c.Data) == 2:
		return selection{aid: s.aid, ef: uint16(c.Data[0])<<8 | uint16(c.Data[1])}
	}
	return selection{}
}

// readsCurrent reports a READ BINARY of the current EF. With the first bit of
// P1 it would be one by short file identifier, of another file.
func readsCurrent(c Command) bool {
	return c.CLA == 0 && c.INS == InsReadBinary && c.P1&0x80 == 0 && len(c.Data) == 0
}

// readsPublic reports whether everything that c can bring is public.
func (t *traced) readsPublic(c Command) bool {
	s := t.selected
	return readsCurrent(c) && s.ef != 0 && t.Public != nil && t.Public([]byte(s.aid), s.ef)
}

func (t *traced) showCommand(raw []byte) (shown string, sent int) {
	if len(raw) >= 4 && carriesPIN(raw[1]) && !isQuery(raw) {
		return fmt.Sprintf("% X [PIN]", raw[:4]), 0
	}
	c, err := Parse(raw)
	switch {
	case err != nil:
		shown = fmt.Sprintf("(malformed, %d bytes)", len(raw))
	case len(c.Data) == 0 || c.INS == InsSelect || t.Detail >= DetailPersonal:
		shown = fmt.Sprintf("% X", raw)
	default:
		shown = fmt.Sprintf("% X [%d bytes]", raw[:4], len(c.Data))
	}
	return shown, len(raw)
}

// isQuery reports a command without data, such as a VERIFY that asks for the
// retry counter. It goes by the exact bytes: in anything else a part of a PIN
// could stand.
func isQuery(raw []byte) bool { return len(raw) == 4 || len(raw) == 5 && raw[4] == 0 }

// showResponse also gives the status word, 0 for bytes that are no response.
func showResponse(raw []byte, show bool) (shown string, sw Status) {
	r, err := ParseResponse(raw)
	switch {
	case err != nil:
		return fmt.Sprintf("(malformed, %d bytes)", len(raw)), 0
	case len(r.Data) == 0:
		shown = fmt.Sprintf("%04X", uint16(r.SW))
	case show:
		shown = fmt.Sprintf("% X %04X", r.Data, uint16(r.SW))
	default:
		shown = fmt.Sprintf("[%d bytes] %04X", len(r.Data), uint16(r.SW))
	}
	return shown, r.SW
}
