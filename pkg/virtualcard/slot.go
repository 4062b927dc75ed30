package virtualcard

import "context"

// Slot is a reader in the process, with the card in it: what package jpki wants
// of a connection. Nobody else uses the card, so its transactions do nothing
// but power it. It does not tell cards apart: one that was pulled is in again
// with the next Begin.
//
//	card := jpki.New(virtualcard.Slot{Card: emulated})
type Slot struct{ *Card }

// Begin powers the card.
func (s Slot) Begin(context.Context) error {
	s.PowerOn()
	return nil
}

// End leaves the card as it is.
func (s Slot) End() error { return nil }

// Unpower takes the card's power, and with it every verified PIN.
func (s Slot) Unpower() error {
	s.PowerOff()
	return nil
}
