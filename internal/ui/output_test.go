package ui

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestWriteErrorIsRemembered(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	o := &IO{Out: NewOutput(w)}
	fmt.Fprintln(o.Out, "read")
	if err := o.WriteError(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	fmt.Fprintln(o.Out, "not read")
	failed, ok := o.WriteError().(*WriteError)
	if !ok || !failed.Unread() {
		t.Errorf("a pipe that nobody reads gave %v", o.WriteError())
	}
	w.Close()
	if _, err := o.Out.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed file gave %v", err)
	}
	if o.WriteError() != error(failed) {
		t.Error("the first error was forgotten")
	}
}

// After Close the reader sees the end, and later output is nobody's.
func TestOutputClose(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := NewOutput(w)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the reader got %d bytes, %v", n, err)
	}
	if _, err := out.Write([]byte("x")); err != nil {
		t.Errorf("writing afterwards: %v", err)
	}
}
