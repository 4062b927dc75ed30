package unlock

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// desk is a demo card, without a terminal, and what is written to the person.
type desk struct {
	*cards.Opener
	said *bytes.Buffer
}

// newDesk has a persona's card, kept in memory, and a standard input.
func newDesk(t *testing.T, persona, stdin string) desk {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stdin")
	testkit.Must(t, os.WriteFile(name, []byte(stdin), 0o600))
	in, err := os.Open(name)
	testkit.Must(t, err)
	t.Cleanup(func() { in.Close() })
	said := &bytes.Buffer{}
	return desk{&cards.Opener{
		IO:   &ui.IO{In: in, Out: said, Err: said},
		Env:  env.Env{Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }},
		Card: "demo:" + persona, NoInput: true, Tour: &cards.Tour{},
	}, said}
}

// left is how many tries the card says are left.
func (d desk) left(t *testing.T, k jpki.Key) int {
	t.Helper()
	var tries jpki.Tries
	testkit.Must(t, d.WithApp(t.Context(), func(app *jpki.App) (err error) {
		tries, err = app.Tries(k)
		return err
	}))
	return tries.Left
}

// codeOf is the code of an error, "" of none.
func codeOf(err error) problem.Code {
	if err == nil {
		return ""
	}
	return explain.Error(err).Code
}

var fromStdin = []pin.Flag{{Kind: pin.Stdin}}

var errUsed = errors.New("the session was used")
