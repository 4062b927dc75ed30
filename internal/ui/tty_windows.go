package ui

import (
	"context"
	"io"
	"os"

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

// hideTyping has the console show nothing of what is typed.
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

// Discard throws away what was typed before a question.
func (t *Terminal) Discard() { _ = windows.FlushConsoleInputBuffer(windows.Handle(t.in.Fd())) }

// untilTyped does not wait: a console tells of keys, not of lines. A line that
// is typed after its question ended is lost.
func untilTyped(context.Context, int) error { return nil }
