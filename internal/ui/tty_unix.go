//go:build !windows

package ui

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

func openTTY() (*os.File, io.Writer, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	return f, f, err
}

// hideTyping has the terminal show nothing of what is typed.
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
