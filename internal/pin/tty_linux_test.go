package pin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// pseudoTerminal gives a terminal and its path.
func pseudoTerminal(t *testing.T) (*os.File, string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	testkit.Must(t, err)
	t.Cleanup(func() { master.Close() })
	testkit.Must(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	testkit.Must(t, err)
	name := fmt.Sprintf("/dev/pts/%d", number)
	tty, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
	testkit.Must(t, err)
	t.Cleanup(func() { tty.Close() })
	return tty, name
}

func echoes(fd int) bool {
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil && settings.Lflag&unix.ECHO != 0
}

// What is typed on a terminal would be seen there.
func TestTerminalIsNoPipe(t *testing.T) {
	tty, name := pseudoTerminal(t)
	_, err := Choose(Options{Flags: []Flag{{Stdin, ""}}}, Env{Stdin: tty})
	if e, ok := errors.AsType[*UsageError](err); !ok || e.Reason != ErrIsTerminal || e.Flags[0] != Stdin {
		t.Error(err)
	}
	fd, err := unix.Dup(int(tty.Fd()))
	testkit.Must(t, err)
	_, err = Choose(Options{Flags: []Flag{{Descriptor, fmt.Sprint(fd)}}}, Env{})
	if !errors.Is(err, ErrIsTerminal) {
		t.Error(err)
	}
	_, err = readFile(name, checkPrivate)
	wantFileError(t, err, name, ErrNotFile)
}

func TestTerminalName(t *testing.T) {
	tty, name := pseudoTerminal(t)
	for want, stdin := range map[string]*os.File{name: tty, "/dev/pts/elsewhere": nil} {
		cmd := inRole("terminal name", exec.Command(os.Args[0]))
		cmd.Env = append(cmd.Env, "GPG_TTY=/dev/pts/elsewhere")
		if stdin != nil {
			cmd.Stdin = stdin
		}
		if out, err := cmd.Output(); err != nil || string(out) != want {
			t.Errorf("%q, %v, want %q", out, err, want)
		}
	}
}

// A pinentry that is killed while it has the echo off must not leave the
// person with a blind terminal.
func TestInterruptGivesTheTerminalBack(t *testing.T) {
	tty, _ := pseudoTerminal(t)
	if !echoes(int(tty.Fd())) {
		t.Fatal("the terminal has no echo to begin with")
	}
	marker := filepath.Join(t.TempDir(), "echo is off")
	cmd := inRole("interrupted", exec.Command(os.Args[0], marker))
	cmd.Stdin = tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Error("the pinentry did not turn the echo off")
	}
	if !echoes(int(tty.Fd())) {
		t.Error("the echo is still off")
	}
}

// interruptPinentry interrupts a pinentry once it has turned the echo off.
func interruptPinentry(marker string) {
	os.Setenv(roleVariable, "echo off")
	os.Setenv(markerVariable, marker)
	os.Setenv("GPG_TTY", terminalName(os.Getenv))
	s, err := Choose(Options{Flags: []Flag{{Pinentry, os.Args[0]}}}, Env{Stderr: os.Stderr, Getenv: os.Getenv})
	if err != nil {
		fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for _, err := os.Stat(marker); err != nil; _, err = os.Stat(marker) {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	if _, err := s.Current(ctx, Ask{}); err != context.Canceled {
		fail(err)
	}
}

// turnEchoOff is a pinentry that sets its terminal and hangs.
func turnEchoOff() {
	tty, err := os.OpenFile(os.Getenv("GPG_TTY"), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		fail(err)
	}
	settings, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		fail(err)
	}
	settings.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, settings); err != nil {
		fail(err)
	}
	if echoes(int(tty.Fd())) {
		fail("the echo is still on")
	}
	if err := os.WriteFile(os.Getenv(markerVariable), nil, 0o600); err != nil {
		fail(err)
	}
	time.Sleep(time.Hour)
}
