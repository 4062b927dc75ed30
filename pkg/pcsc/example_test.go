package pcsc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// Waits for a card, selects the JPKI application on it, and gives it back.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	pc, err := pcsc.Establish(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = pc.Close() }()

	reader, err := readerWithCard(ctx, pc)
	if err != nil {
		log.Fatal(err)
	}
	card, err := pc.Connect(ctx, reader)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = card.Close() }()

	if err := card.Begin(ctx); errors.Is(err, pcsc.ErrInUse) {
		log.Fatal("Another program uses the card. Close it and try again.")
	} else if err != nil {
		log.Fatal(err)
	}
	aid := []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	response, err := apdu.Send(card, apdu.Command{INS: apdu.InsSelect, P1: 4, P2: 0x0C, Data: aid})
	if err := errors.Join(err, card.End()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.SW)
}

func readerWithCard(ctx context.Context, pc *pcsc.Context) (string, error) {
	readers, err := pc.Readers(ctx)
	for err == nil {
		for _, r := range readers {
			if r.Present {
				return r.Name, nil
			}
		}
		readers, err = pc.Wait(ctx, readers)
	}
	return "", err
}
