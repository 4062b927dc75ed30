package ui

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/sys/windows"
)

func openTTY() (*os.File, io.Writer, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// hideTyping turns off the echo of the console.
func hideTyping(fd int) error {
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(fd), &mode); err != nil {
		return err
	}
	mode &^= windows.ENABLE_ECHO_INPUT
	mode |= windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	return windows.SetConsoleMode(windows.Handle(fd), mode)
}

// Foreground reports whether this program may ask on the terminal now.
func (t *Terminal) Foreground() bool { return true }

// Discard throws away input typed before a question.
func (t *Terminal) Discard() { _ = windows.FlushConsoleInputBuffer(windows.Handle(t.in.Fd())) }

// secret reads a line that is not shown.
func (t *Terminal) secret(ctx context.Context, fd int) ([]byte, error) {
	return typed(ctx, windows.Handle(fd), nil)
}

// line reads a line and shows it.
func (t *Terminal) line(ctx context.Context, fd int) ([]byte, error) {
	return typed(ctx, windows.Handle(fd), t.out)
}

// typed takes keys from the console until Enter, and shows the characters on
// echo. The console's own read would continue after ctx has ended, and would
// swallow the keys of the next program.
func typed(ctx context.Context, console windows.Handle, echo io.Writer) ([]byte, error) {
	e := &lineEditor{echo: echo, line: make([]byte, 0, maxSecret)}
	for {
		const often = 50 // milliseconds between looks at ctx
		event, err := windows.WaitForSingleObject(console, often)
		if err := context.Cause(ctx); err != nil { // later keys belong to another reader
			clear(e.line)
			return nil, err
		}
		if event == uint32(windows.WAIT_TIMEOUT) {
			continue
		}
		var key keyEvent
		if err == nil {
			err = key.read(console)
		}
		if err != nil {
			clear(e.line)
			return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
		}
		done, err := e.take(key)
		if err != nil {
			clear(e.line)
			return nil, err
		}
		if done {
			return e.line, nil
		}
	}
}

// keyEvent is the KEY_EVENT_RECORD of the console's INPUT_RECORD.
type keyEvent struct {
	down    bool
	repeat  uint16
	code    uint16 // virtual key
	char    uint16 // in UTF-16
	control uint32 // which of Ctrl, Alt, ... are held
}

// inputRecord is INPUT_RECORD. Its event is a union of 16 bytes.
type inputRecord struct {
	kind  uint16
	_     uint16
	event [16]byte
}

var readConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")

// read takes one event from the console. Events other than keys become a key
// without meaning.
func (k *keyEvent) read(console windows.Handle) error {
	const aKey = 1
	var record inputRecord
	var n uint32
	ok, _, err := readConsoleInput.Call(uintptr(console), uintptr(unsafe.Pointer(&record)), 1, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return err
	}
	if n == 0 || record.kind != aKey {
		return nil
	}
	raw := (*struct {
		down                      int32
		repeat, code, scan, utf16 uint16
		control                   uint32
	})(unsafe.Pointer(&record.event))
	*k = keyEvent{raw.down != 0, raw.repeat, raw.code, raw.utf16, raw.control}
	clear(record.event[:])
	return nil
}

// lineEditor makes a line of keys.
type lineEditor struct {
	echo io.Writer // nil: nothing is shown
	line []byte
	half rune // the first half of a character of two
}

// Virtual keys.
const (
	keyBack   = 0x08
	keyEscape = 0x1B
	keyAlt    = 0x12
)

// take adds a key; done reports Enter.
func (e *lineEditor) take(key keyEvent) (done bool, err error) {
	if !key.down && (key.code != keyAlt || key.char == 0) { // Alt with digits gives its character on release
		return false, nil
	}
	for range max(key.repeat, 1) {
		switch c := rune(key.char); {
		case c == '\r' || c == '\n':
			e.show("\r\n")
			return true, nil
		case c == keyBack || c == 0x7F:
			e.erase(1)
		case key.code == keyEscape || c == 'U'-'@':
			e.erase(len(e.line))
		case c == 'Z'-'@' && len(e.line) == 0:
			return false, io.EOF
		case c < ' ' && c != '\t': // also Ctrl-C, because the console turns it into a signal
		default:
			if err := e.add(c); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// add appends a character, which may come in two halves.
func (e *lineEditor) add(c rune) error {
	if utf16.IsSurrogate(c) {
		if e.half == 0 {
			e.half = c
			return nil
		}
		c, e.half = utf16.DecodeRune(e.half, c), 0
	}
	if len(e.line)+utf8.UTFMax > cap(e.line) {
		return bufio.ErrTooLong
	}
	e.line = utf8.AppendRune(e.line, c)
	e.show(string(c))
	return nil
}

// erase takes back the last n characters, as many as there are.
func (e *lineEditor) erase(n int) {
	for ; n > 0 && len(e.line) > 0; n-- {
		c, size := utf8.DecodeLastRune(e.line)
		clear(e.line[len(e.line)-size:])
		e.line = e.line[:len(e.line)-size]
		e.show("\b \b")
		if wide(c) {
			e.show("\b \b")
		}
	}
}

func (e *lineEditor) show(s string) {
	if e.echo != nil {
		_, _ = io.WriteString(e.echo, s)
	}
}
