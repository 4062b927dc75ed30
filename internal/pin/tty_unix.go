//go:build unix

package pin

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminalName finds the terminal's path for a pinentry, which runs in a
// session of its own and cannot use /dev/tty. It returns the terminal of a
// standard stream, or else GPG_TTY.
func terminalName(getenv func(string) string) string {
	for fd := range 3 {
		var stat unix.Stat_t
		if !term.IsTerminal(fd) || unix.Fstat(fd, &stat) != nil {
			continue
		}
		for _, folder := range []string{"/dev/pts", "/dev"} {
			if name := deviceName(folder, uint64(stat.Rdev)); name != "" {
				return name
			}
		}
	}
	return getenv("GPG_TTY")
}

// deviceName finds a character device by its number.
func deviceName(folder string, number uint64) string {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if e.Type()&os.ModeCharDevice == 0 {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && uint64(s.Rdev) == number {
			return filepath.Join(folder, e.Name())
		}
	}
	return ""
}

// terminalState gives how the terminal is set now, or nil.
func terminalState(name string) *term.State {
	tty, err := openTerminal(name)
	if err != nil {
		return nil
	}
	defer tty.Close()
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return nil
	}
	return state
}

// restoreTerminal sets the terminal as it was: a pinentry that was killed leaves
// it without echo. A job in the background would be stopped for that.
func restoreTerminal(name string, state *term.State) {
	if state == nil {
		return
	}
	tty, err := openTerminal(name)
	if err != nil {
		return
	}
	defer tty.Close()
	fd := int(tty.Fd())
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group == unix.Getpgrp() {
		_ = term.Restore(fd, state)
	}
}

func openTerminal(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
}
