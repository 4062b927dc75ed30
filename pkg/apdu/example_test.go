package apdu_test

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// reader is an imagined reader whose card answers every command alike.
type reader []byte

func (r reader) Transmit([]byte) ([]byte, error) { return r, nil }

func Example() {
	card := reader{0x6A, 0x82}
	r, err := apdu.Send(card, apdu.Command{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0x00, 0x06}})
	if err != nil {
		fmt.Println("the reader failed:", err)
		return
	}
	err = r.Err()
	fmt.Println(err)
	fmt.Println(errors.Is(err, apdu.StatusNotFound))
	// Output:
	// card status 6A82: file or application not found
	// true
}

// The counter of tries is a part of the status word.
func ExampleStatus_Tries() {
	card := reader{0x63, 0xC4}
	r, err := apdu.Send(card, apdu.Command{INS: apdu.InsVerify, P2: 0x80})
	if err != nil {
		fmt.Println(err)
		return
	}
	left, ok := r.SW.Tries()
	fmt.Println(left, ok)
	// Output: 4 true
}

// A trace never shows a PIN, nor how long it is.
func ExampleTracer() {
	tracer := apdu.Tracer{Sink: func(x apdu.Exchange) { fmt.Println(x.Command, "→", x.Response) }}
	card := tracer.Wrap(reader{0x90, 0x00})
	for _, c := range []apdu.Command{
		{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0x00, 0x1B}},
		{INS: apdu.InsVerify, P2: 0x80, Data: []byte("DEMO123")},
	} {
		if _, err := apdu.Send(card, c); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 00 A4 02 0C 02 00 1B → 9000
	// 00 20 00 80 [PIN] → 9000
}
