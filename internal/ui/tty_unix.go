//go:build !windows

package ui

import (
	"io"
	"os"
)

func openTTY() (*os.File, io.Writer, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	return f, f, err
}
