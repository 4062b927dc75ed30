package virtualcard_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
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

// A program's own test of what it does with a wrong PIN: here the program is one
// call of package jpki, and it must neither send a PIN that cannot be right nor
// go on after a wrong one.
func ExampleSlot() {
	persona, _ := virtualcard.Lookup("adult")
	card, err := virtualcard.New(persona, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), virtualcard.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	program := func(pin string) error {
		entered := jpki.NewPIN([]byte(pin))
		defer entered.Wipe()
		return jpki.New(virtualcard.Slot{Card: card}).WithPIN(context.Background(), jpki.KeyAuth, entered, nil, func(*jpki.Session) error { return nil })
	}
	for _, pin := range []string{"123", "9999", virtualcard.AuthPIN} {
		err := program(pin)
		var rule *jpki.RuleError
		fmt.Println(err == nil, errors.As(err, &rule), card.State().Auth.Left, "tries left")
	}
	// Output:
	// false true 3 tries left
	// false false 2 tries left
	// true false 3 tries left
}
