package virtualcard_test

import (
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// A test can count what its client costs the card, and that it used no try.
func Example() {
	adult, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(adult, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), virtualcard.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var recorder virtualcard.Recorder
	card.Observe(recorder.Observe)
	card.PowerOn()

	jpki := []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	for _, command := range []apdu.Command{
		{INS: apdu.InsSelect, P1: 0x04, P2: 0x0C, Data: jpki},
		{INS: apdu.InsSelect, P1: 0x02, P2: 0x0C, Data: []byte{0x00, 0x1B}},
		{INS: apdu.InsVerify, P2: 0x80, Data: []byte("demo123")}, // lower case is another password
	} {
		r, err := apdu.Send(card, command)
		fmt.Println(r.SW, err)
	}
	fmt.Println(recorder.Total().Commands, "commands,", card.State().Sign.Left, "tries left")
	for _, x := range recorder.Log() {
		fmt.Println(x.Command, "→", x.Response)
	}
	// Output:
	// card status 9000: success <nil>
	// card status 9000: success <nil>
	// card status 63C4: verification failed, 4 tries left <nil>
	// 3 commands, 4 tries left
	// 00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01 → 9000
	// 00 A4 02 0C 02 00 1B → 9000
	// 00 20 00 80 [PIN] → 63C4
}
