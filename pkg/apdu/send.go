package apdu

import "errors"

// Transmitter exchanges one encoded command for one encoded response. It is all
// that this module needs from a reader; *scard.Card has this shape, and so has
// a virtual card. It must send a command exactly once, must not keep cmd after
// it returns, and must neither log nor format it. The response is the caller's.
type Transmitter interface {
	Transmit(cmd []byte) ([]byte, error)
}

// Response is a response APDU.
type Response struct {
	Data []byte
	SW   Status
}

// Err is nil for 9000 and the status word otherwise.
func (r Response) Err() error {
	if r.SW == StatusOK {
		return nil
	}
	return r.SW
}

// Bytes encodes the response: the data, then SW1-SW2.
func (r Response) Bytes() []byte {
	raw := make([]byte, 0, len(r.Data)+2)
	return append(append(raw, r.Data...), byte(r.SW>>8), byte(r.SW))
}

// Errors of answers that are no response to the command.
var (
	ErrResponseTooShort = errors.New("apdu: response without a status word")
	ErrResponseTooLong  = errors.New("apdu: response longer than asked for")
	ErrResponseStuck    = errors.New("apdu: GET RESPONSE brings nothing")
)

// ParseResponse decodes a response APDU. Data shares memory with raw.
func ParseResponse(raw []byte) (Response, error) {
	n := len(raw)
	if n < 2 {
		return Response{}, ErrResponseTooShort
	}
	return Response{Data: raw[: n-2 : n-2], SW: Status(raw[n-2])<<8 | Status(raw[n-1])}, nil
}

// Send transmits c once and returns the whole answer. A command that wants
// response data (c.Ne > 0) is repeated once with the length that 6Cxx names,
// and the data that 61xx announces is fetched with GET RESPONSE; 61xx to a
// command that wants none is success like 9000. A command of an instruction
// that can carry a PIN is never repeated, even without data.
//
// The data is at most c.Ne bytes. The error is the transmitter's, or one of this
// package's for a malformed command or answer; a status word is in the Response.
func Send(t Transmitter, c Command) (Response, error) {
	r, err := exchange(t, c)
	if err != nil {
		return Response{}, err
	}
	if n := moreBytes(r.SW); r.SW>>8 == 0x6C && n < c.Ne && !carriesPIN(c.INS) {
		c.Ne = n
		if r, err = exchange(t, c); err != nil {
			return Response{}, err
		}
	}
	if r.SW>>8 != 0x61 {
		return r, nil
	}
	if c.Ne == 0 {
		return Response{SW: StatusOK}, nil
	}
	return fetch(t, c, r)
}

// fetch brings the rest of an answer that begins with first (ISO/IEC 7816-4,
// 11.7.1), on the same logical channel.
func fetch(t Transmitter, c Command, first Response) (Response, error) {
	data, sw := first.Data, first.SW
	for sw>>8 == 0x61 {
		r, err := exchange(t, Command{CLA: c.CLA & 0x03, INS: InsGetResponse, Ne: moreBytes(sw)})
		if err != nil {
			return Response{}, err
		}
		if len(r.Data) == 0 && r.SW>>8 == 0x61 {
			return Response{}, ErrResponseStuck
		}
		if data, sw = append(data, r.Data...), r.SW; len(data) > c.Ne {
			return Response{}, ErrResponseTooLong
		}
	}
	return Response{Data: data, SW: sw}, nil
}

// exchange sends one command, and wipes its encoding even if t panics.
func exchange(t Transmitter, c Command) (Response, error) {
	raw, err := c.Bytes()
	if err != nil {
		return Response{}, err
	}
	defer clear(raw)
	answer, err := t.Transmit(raw)
	if err != nil {
		return Response{}, err
	}
	r, err := ParseResponse(answer)
	if err == nil && len(r.Data) > c.Ne {
		return Response{}, ErrResponseTooLong
	}
	return r, err
}
