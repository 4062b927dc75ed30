package cardcmd

import (
	"bytes"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

func TestReadersDocument(t *testing.T) {
	for _, readers := range [][]pcsc.ReaderState{nil, {{Name: "Reader", Present: true, ATR: []byte{0x3B, 0x80}}}} {
		var b bytes.Buffer
		testkit.Must(t, ui.WriteJSON(&b, readersDocument(readers)))
		if names, err := testkit.Documents(b.Bytes()); err != nil || len(names) != 1 || names[0] != "readers" {
			t.Errorf("%v, %v: %s", names, err, b.String())
		}
	}
}
