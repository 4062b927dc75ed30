package input

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/ui"
)

// While nothing comes on standard input, Ctrl-C still ends the program.
func TestStdinEndsWithItsContext(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	in := Stdin(ctx, &ui.IO{In: r})
	if _, err := w.WriteString("some"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	if n, err := in.Read(b); err != nil || string(b[:n]) != "some" {
		t.Fatalf("read %q, %v", b[:n], err)
	}
	time.AfterFunc(10*time.Millisecond, func() { cancel(stop) })
	if n, err := in.Read(b); n != 0 || !errors.Is(err, stop) {
		t.Errorf("after the end of the context: %d bytes, %v", n, err)
	}
	if _, err := in.Read(b); !errors.Is(err, stop) {
		t.Errorf("read again: %v", err)
	}
}

func TestStdinEndsOnce(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := Stdin(t.Context(), &ui.IO{In: f})
	if data, err := io.ReadAll(in); err != nil || len(data) != 0 {
		t.Fatalf("read %q, %v", data, err)
	}
	// As a terminal does, the file has more after its end.
	if _, err := f.WriteAt([]byte("more"), 0); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Read(make([]byte, 16)); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}
