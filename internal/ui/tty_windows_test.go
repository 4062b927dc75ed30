package ui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// console gives this test a console where it has none.
func console(t *testing.T) *os.File {
	t.Helper()
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		kernel := windows.NewLazySystemDLL("kernel32.dll")
		if ok, _, err := kernel.NewProc("AllocConsole").Call(); ok == 0 {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _, _ = kernel.NewProc("FreeConsole").Call() })
		if in, err = os.OpenFile("CONIN$", os.O_RDWR, 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { in.Close() })
	return in
}

// press puts keys into the console's input.
func press(t *testing.T, in *os.File, text string) {
	t.Helper()
	write := windows.NewLazySystemDLL("kernel32.dll").NewProc("WriteConsoleInputW")
	for _, c := range utf16.Encode([]rune(text)) {
		for _, down := range []int32{1, 0} {
			var r inputRecord
			r.kind = 1
			raw := (*struct {
				down                      int32
				repeat, code, scan, utf16 uint16
				control                   uint32
			})(unsafe.Pointer(&r.event))
			raw.down, raw.repeat, raw.utf16 = down, 1, c
			var n uint32
			if ok, _, err := write.Call(in.Fd(), uintptr(unsafe.Pointer(&r)), 1, uintptr(unsafe.Pointer(&n))); ok == 0 || n != 1 {
				t.Fatal(err)
			}
		}
	}
}

// TestTypedOnConsole reads lines of a console.
func TestTypedOnConsole(t *testing.T) {
	in := console(t)
	for keys, want := range map[string]struct{ line, shown string }{
		"1234\r":        {"1234", "1234\r\n"},
		"12x\b34\r":     {"1234", "12x\b \b34\r\n"},
		"花子\b\r":        {"花", "花子\b \b\b \b\r\n"},
		"𠮷\r":           {"𠮷", "𠮷\r\n"},
		"wrong\x15ok\r": {"ok", "wrong" + "\b \b\b \b\b \b\b \b\b \bok\r\n"},
		"\b\r":          {"", "\r\n"},
	} {
		for _, echo := range []*bytes.Buffer{nil, {}} {
			press(t, in, keys)
			var got []byte
			var err error
			if echo == nil {
				got, err = typed(t.Context(), windows.Handle(in.Fd()), nil)
			} else {
				got, err = typed(t.Context(), windows.Handle(in.Fd()), echo)
			}
			if err != nil || string(got) != want.line || echo != nil && echo.String() != want.shown {
				t.Errorf("%q: %q, %v, shown %v", keys, got, err, echo)
			}
		}
	}
}

// TestConsoleIsLeft: after the end of ctx nothing reads the console, and keys
// typed before are discarded.
func TestConsoleIsLeft(t *testing.T) {
	in := console(t)
	term := &Terminal{in, &bytes.Buffer{}}
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	press(t, in, "12")
	time.AfterFunc(200*time.Millisecond, func() { cancel(interrupted) })
	if got, err := term.Secret(ctx, "PIN: "); err != interrupted || got != nil {
		t.Fatalf("%q, %v", got, err)
	}
	press(t, in, "next\r")
	if got, err := term.Line(t.Context(), ""); err != nil || got != "next" {
		t.Errorf("the next question got %q, %v", got, err)
	}
	done := make(chan bool)
	go func() { term.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("Close waits for a read")
	}
}

// TestSequencesAreRestored: the console gets its former mode back.
func TestSequencesAreRestored(t *testing.T) {
	console(t)
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	mode := func() (m uint32) {
		if err := windows.GetConsoleMode(windows.Handle(out.Fd()), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	const sequences = windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	if err := windows.SetConsoleMode(windows.Handle(out.Fd()), mode()&^sequences); err != nil {
		t.Fatal(err)
	}
	before := mode()
	restore := Sequences(out, out)
	if mode()&sequences == 0 || !Understands(out) {
		t.Errorf("mode %#x within", mode())
	}
	restore()
	if mode() != before || Understands(out) {
		t.Errorf("mode %#x afterwards, %#x before", mode(), before)
	}
}
