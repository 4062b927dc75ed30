//go:build !windows

package ui

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func openTTY() (*os.File, io.Writer, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	return f, f, err
}

// hideTyping turns off the echo of the terminal.
func hideTyping(fd int) error {
	mode, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	mode.Lflag &^= unix.ECHO
	mode.Lflag |= unix.ICANON | unix.ISIG
	mode.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setTermios, mode)
}

// Foreground reports whether this program may ask on the terminal now: one in
// the background would be stopped for it.
func (t *Terminal) Foreground() bool {
	group, err := unix.IoctlGetInt(int(t.in.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// Discard throws away input typed before a question.
func (t *Terminal) Discard() { _ = discardInput(int(t.in.Fd())) }

// secret reads a line that is not shown.
func (t *Terminal) secret(ctx context.Context, fd int) ([]byte, error) {
	if err := untilTyped(ctx, fd); err != nil {
		return nil, err
	}
	return readSecret(t.in)
}

// line reads a line and shows it.
func (t *Terminal) line(ctx context.Context, fd int) ([]byte, error) {
	if err := untilTyped(ctx, fd); err != nil {
		return nil, err
	}
	s, err := bufio.NewReader(t.in).ReadString('\n')
	return []byte(s), err
}

// readSecret reads a line into the one buffer that holds it.
func readSecret(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, maxSecret)
	for len(line) < maxSecret {
		n, err := r.Read(line[len(line) : len(line)+1])
		line = line[:len(line)+n]
		switch {
		case n > 0 && line[len(line)-1] == '\n':
			return bytes.TrimRight(line, "\r\n"), nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case err != nil:
			clear(line)
			return nil, err
		}
	}
	clear(line)
	return nil, bufio.ErrTooLong
}

// untilTyped waits for a line to read. Unlike a read it leaves the line to the
// next question when ctx ends.
func untilTyped(ctx context.Context, fd int) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var set unix.FdSet
		set.Set(fd)
		slice := unix.NsecToTimeval((50 * time.Millisecond).Nanoseconds())
		// select, as macOS has no poll for terminals
		n, err := unix.Select(fd+1, &set, nil, nil, &slice)
		if n > 0 || err != nil && err != unix.EINTR {
			return nil // the read reports the error
		}
	}
}
