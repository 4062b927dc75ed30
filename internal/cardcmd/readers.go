package cardcmd

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/printable"
)

func NewReaders(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "readers",
		Short: text{JA: "カードリーダーの一覧を見る", EN: "list the card readers"},
		Args:  a.NoArgs(),
		Run:   func(ctx context.Context, _ []string) error { return runReaders(ctx, a) },
	})
}

func runReaders(ctx context.Context, a *command.App) error {
	readers, err := a.Cards.Readers(ctx)
	if err != nil {
		return err
	}
	if len(readers) == 0 && !a.JSON {
		return pcsc.ErrNoReader
	}
	if a.JSON {
		return a.IO.JSON(readersDocument(readers))
	}
	var rows [][]string
	for _, r := range readers {
		card := text{JA: "カードなし", EN: "no card"}
		switch {
		case r.Mute:
			card = text{JA: "カードが応答しません(向きを確かめてください)", EN: "card does not answer (see which way it lies)"}
		case r.Present:
			card = text{JA: "カードあり", EN: "card present"}
		}
		rows = append(rows, []string{printable.Line(r.Name), a.IO.Text(card)})
	}
	fmt.Fprint(a.IO.Out, ui.Table(0, []string{a.IO.Text(text{JA: "カードリーダー", EN: "Reader"}), a.IO.Text(text{JA: "カード", EN: "Card"})}, rows))
	return nil
}

// readersJSON is jpki.readers/v1.
type readersJSON struct {
	Schema  string       `json:"schema"`
	Readers []readerJSON `json:"readers"`
}

type readerJSON struct {
	Name    string `json:"name"`
	Present bool   `json:"card_present"`
	Mute    bool   `json:"card_mute"`
	InUse   bool   `json:"in_use"`
	ATR     string `json:"atr"`
}

func readersDocument(readers []pcsc.ReaderState) readersJSON {
	doc := readersJSON{Schema: "jpki.readers/v1", Readers: []readerJSON{}}
	for _, r := range readers {
		doc.Readers = append(doc.Readers, readerJSON{r.Name, r.Present, r.Mute, r.InUse, strings.ToUpper(hex.EncodeToString(r.ATR))})
	}
	return doc
}
