package democard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/state"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T) *state.Store {
	t.Helper()
	home := t.TempDir()
	s, err := state.Open(func(name string) string {
		return map[string]string{"HOME": home, "LocalAppData": home}[name]
	})
	testkit.Must(t, err)
	return s
}

func open(t *testing.T, store *state.Store) *Conn {
	t.Helper()
	c, err := Open(DefaultPersona, now, store)
	testkit.Must(t, err)
	return c
}

// tries asks for the counter of the authentication PIN.
func tries(t *testing.T, c *Conn) (left int) {
	t.Helper()
	testkit.Must(t, jpki.New(c).WithApp(t.Context(), func(app *jpki.App) error {
		got, err := app.Tries(jpki.KeyAuth)
		left = got.Left
		return err
	}))
	return left
}

// fail enters a wrong PIN.
func fail(t *testing.T, c *Conn) {
	t.Helper()
	err := jpki.New(c).WithPIN(t.Context(), jpki.KeyAuth, jpki.NewPIN([]byte("9999")), nil, func(*jpki.Session) error { return nil })
	if wrong, ok := errors.AsType[*jpki.PINError](err); !ok || wrong.Left != 2 {
		t.Fatalf("a wrong PIN: %v", err)
	}
}

// TestKept: a wrong entry counts in the next run, too, and only on the card of
// the same persona; without a store nothing is kept.
func TestKept(t *testing.T) {
	store := newStore(t)
	first := open(t, store)
	fail(t, first)
	if got := tries(t, open(t, store)); got != 2 {
		t.Errorf("the next run: %d tries", got)
	}
	other, err := Open("expiring", now, store)
	testkit.Must(t, err)
	if got := tries(t, other); got != 3 {
		t.Errorf("another persona: %d tries", got)
	}
	forgetful := open(t, nil)
	fail(t, forgetful)
	if got := tries(t, open(t, nil)); got != 3 {
		t.Errorf("without a store: %d tries", got)
	}

	// What another program did is seen by a card that is open already.
	testkit.Must(t, Reset(t.Context(), store, "expiring"))
	if got := tries(t, first); got != 2 {
		t.Errorf("after a reset of another persona: %d tries", got)
	}
	testkit.Must(t, Reset(t.Context(), store, ""))
	if got := tries(t, open(t, store)); got != 3 {
		t.Errorf("after a reset of all: %d tries", got)
	}
}

// TestInUse: a transaction keeps others out until it ends, in each of the ways
// it can.
func TestInUse(t *testing.T) {
	store := newStore(t)
	a, b := open(t, store), open(t, store)
	for name, end := range map[string]func() error{"End": a.End, "Unpower": a.Unpower, "Close": a.Close} {
		testkit.Must(t, a.Begin(t.Context()))
		waiting, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, ErrInUse)
		if err := b.Begin(waiting); !errors.Is(err, ErrInUse) {
			t.Errorf("%s: begun twice: %v", name, err)
		}
		cancel()
		testkit.Must(t, end())
		testkit.Must(t, b.Begin(t.Context()))
		testkit.Must(t, b.End())
	}
}

func TestForgotten(t *testing.T) {
	store := newStore(t)
	fail(t, open(t, store))
	files, err := filepath.Glob(filepath.Join(store.Path(), "demo-adult*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if filepath.Ext(f) == ".json" {
			testkit.Must(t, os.WriteFile(f, []byte(`{"Left": "many"`), 0o600))
		}
	}
	c := open(t, store)
	if err := c.Begin(t.Context()); !errors.Is(err, ErrForgotten) {
		t.Errorf("%v", err)
	}
	testkit.Must(t, Reset(t.Context(), store, DefaultPersona)) // the lock was given back
	testkit.Must(t, c.Begin(t.Context()))
	testkit.Must(t, c.Close())
}

func TestPersonas(t *testing.T) {
	for _, p := range virtualcard.Personas() {
		if _, err := Open(p.Name, now, nil); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if _, err := Open("nobody", now, nil); !errors.Is(err, ErrUnknownPersona) {
		t.Errorf("%v", err)
	}
	if err := Reset(t.Context(), newStore(t), "nobody"); !errors.Is(err, ErrUnknownPersona) {
		t.Errorf("%v", err)
	}
}
