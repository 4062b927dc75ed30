package apdu

import (
	"errors"
	"fmt"
)

// Transmitter exchanges one encoded command for one encoded response. It is
// the whole of what this module needs from a reader; *scard.Card has this
// shape, and so has a virtual card. It must send a command exactly once, must
// not keep cmd after it returns, and must neither log nor format it.
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

// Errors of responses that are none.
var (
	ErrResponseTooShort = errors.New("apdu: response without a status word")
	ErrResponseTooLong  = errors.New("apdu: response longer than asked for")
)

// ParseResponse decodes a response APDU. Data shares memory with raw.
func ParseResponse(raw []byte) (Response, error) {
	n := len(raw)
	if n < 2 {
		return Response{}, ErrResponseTooShort
	}
	return Response{Data: raw[: n-2 : n-2], SW: Status(raw[n-2])<<8 | Status(raw[n-1])}, nil
}

// Send transmits c once and returns the whole answer. It fetches what 61xx
// announces, and repeats a command that wants response data with the length
// 6Cxx names; a command that carries a PIN is never sent twice. The answer is
// at most c.Ne bytes (65536 where GET RESPONSE was needed). The error is one of
// the transmitter or of a malformed answer; a status word is in the Response.
func Send(t Transmitter, c Command) (Response, error) {
	r, err := exchange(t, c)
	if err != nil {
		return r, err
	}
	if r.SW>>8 == 0x6C && c.Ne > 0 && !(carriesPIN(c.INS) && len(c.Data) > 0) {
		c.Ne = moreBytes(r.SW)
		if r, err = exchange(t, c); err != nil {
			return r, err
		}
	}
	if r.SW>>8 != 0x61 {
		return r, nil
	}
	whole := append([]byte(nil), r.Data...)
	for r.SW>>8 == 0x61 {
		next := Command{CLA: c.CLA & 0x03, INS: InsGetResponse, Ne: moreBytes(r.SW)}
		if r, err = exchange(t, next); err != nil {
			return r, err
		}
		if len(r.Data) == 0 && r.SW>>8 == 0x61 {
			return Response{}, fmt.Errorf("apdu: GET RESPONSE brings nothing: %w", r.SW)
		}
		whole = append(whole, r.Data...)
		if len(whole) > MaxExtendedNe {
			return Response{}, ErrResponseTooLong
		}
	}
	r.Data = whole
	return r, nil
}

func exchange(t Transmitter, c Command) (Response, error) {
	raw, err := c.Bytes()
	if err != nil {
		return Response{}, err
	}
	answer, err := t.Transmit(raw)
	clear(raw)
	if err != nil {
		return Response{}, err
	}
	r, err := ParseResponse(answer)
	if err == nil && len(r.Data) > c.Ne && r.SW>>8 != 0x61 {
		return Response{}, ErrResponseTooLong
	}
	return r, err
}
