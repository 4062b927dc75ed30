//go:build pcscd

package stacktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// person is a person at a terminal on which the program runs.
type person struct {
	*running
	keyboard *os.File // the terminal's other side
	line     *os.File // the terminal, to look at its settings
	wine     bool     // what is shown was drawn by Wine's console

	mu     sync.Mutex
	screen strings.Builder // all that was shown
	read   int             // how much of it the person has read
	dark   chan struct{}   // closed when nothing more is shown
}

// sit starts the program on a terminal of its own.
func (p program) sit(t *testing.T, s setting, args ...string) *person {
	t.Helper()
	keyboard, line := terminal(t)
	x := &person{running: p.prepare(t, s, args...), keyboard: keyboard, line: line, dark: make(chan struct{})}
	if x.wine = p.through != ""; x.wine { // in a shell's console, not in one of its own
		x.Args = slices.Insert(x.Args, 1, filepath.Join(filepath.Dir(p.path), "console.exe"))
	}
	x.Stdin, x.Stdout, x.Stderr = line, line, line
	x.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	x.begin(t)
	go x.watch()
	return x
}

// terminal opens a pseudo-terminal.
func terminal(t *testing.T) (keyboard, line *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	testkit.Must(t, err)
	t.Cleanup(func() { _ = keyboard.Close() })
	raw, err := keyboard.SyscallConn()
	testkit.Must(t, err)
	n := 0
	testkit.Must(t, raw.Control(func(fd uintptr) {
		n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		// Wide enough to break no line.
		size := &unix.Winsize{Row: 25, Col: 400}
		err = errors.Join(err, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size))
	}))
	testkit.Must(t, err)
	line, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	testkit.Must(t, err)
	t.Cleanup(func() { _ = line.Close() })
	return keyboard, line
}

func (x *person) watch() {
	defer close(x.dark)
	buffer := make([]byte, 4096)
	for {
		n, err := x.keyboard.Read(buffer)
		x.mu.Lock()
		x.screen.Write(buffer[:n])
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// shown gives all that was shown so far.
func (x *person) shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.wine {
		return drawn(x.screen.String())
	}
	return x.screen.String()
}

// sequences are what Wine's console draws with: it moves over spaces at the end
// of a line.
var (
	forward   = regexp.MustCompile(`\x1b\[(\d*)C`)
	sequences = regexp.MustCompile(`\x1b\[[?0-9;]*[A-Za-z]`)
)

// drawn is the text that a console's drawing shows.
func drawn(screen string) string {
	screen = forward.ReplaceAllStringFunc(screen, func(s string) string {
		n, _ := strconv.Atoi(forward.FindStringSubmatch(s)[1])
		return strings.Repeat(" ", max(n, 1))
	})
	screen = sequences.ReplaceAllString(screen, "")
	return strings.ReplaceAll(screen, "\r\r\n", "\r\n")
}

// sees waits until a text is shown that was not read before, and reads up to
// its end.
func (x *person) sees(t *testing.T, text string) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		unread := x.shown()[x.read:]
		if i := strings.Index(unread, text); i >= 0 {
			x.read += i + len(text)
			return
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%q is not shown in 10 s, but\n%s", text, unread)
		}
	}
}

// types presses keys.
func (x *person) types(t *testing.T, keys string) {
	t.Helper()
	_, err := x.keyboard.WriteString(keys)
	testkit.Must(t, err)
}

// waitForKeys waits a moment until Wine's console takes the keys. Before that the terminal
// does, and turns Ctrl-C and Ctrl-Z into signals of Linux.
func (x *person) waitForKeys(t *testing.T) {
	t.Helper()
	for start := time.Now(); x.wine && x.echo(t) && time.Since(start) < time.Second; time.Sleep(10 * time.Millisecond) {
	}
}

// endOfInput is the key that ends typed input.
func (x *person) endOfInput() string {
	if x.wine {
		return "\x1a"
	}
	return "\x04"
}

// answers waits for a question whose answer is not shown, and answers it.
func (x *person) answers(t *testing.T, question, answer string) {
	t.Helper()
	x.sees(t, question)
	eventually(t, "nothing typed is shown", func() bool { return !x.echo(t) })
	x.types(t, answer+"\r")
}

// echo reports whether the terminal shows what is typed.
func (x *person) echo(t *testing.T) bool {
	t.Helper()
	raw, err := x.line.SyscallConn()
	testkit.Must(t, err)
	var settings *unix.Termios
	testkit.Must(t, raw.Control(func(fd uintptr) { settings, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }))
	testkit.Must(t, err)
	return settings.Lflag&unix.ECHO != 0
}

// unread returns how much of the typed text a shell would find.
func (x *person) unread(t *testing.T) (n int) {
	t.Helper()
	raw, err := x.line.SyscallConn()
	testkit.Must(t, err)
	testkit.Must(t, raw.Control(func(fd uintptr) {
		var settings *unix.Termios
		if settings, err = unix.IoctlGetTermios(int(fd), unix.TCGETS); err != nil {
			return
		}
		settings.Lflag &^= unix.ICANON
		if err = unix.IoctlSetTermios(int(fd), unix.TCSETS, settings); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		}
	}))
	testkit.Must(t, err)
	return n
}

// leaves waits for the end of the program and checks that the terminal is as it
// was.
func (x *person) leaves(t *testing.T, exit int) result {
	t.Helper()
	return x.left(t).wantExit(t, exit)
}

// left is leaves with any exit status.
func (x *person) left(t *testing.T) result {
	t.Helper()
	err := x.Wait()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) || !x.deadline.Stop() {
		t.Fatalf("%s: %v\n%s", x.what, err, x.shown())
	}
	if x.wine { // the console ends after the program
		eventually(t, "the terminal is as it was", func() bool { return x.echo(t) })
	}
	if !x.echo(t) {
		t.Errorf("%s left the terminal without echo", x.what)
	}
	if n := x.unread(t); n > 0 {
		t.Errorf("%s left %d typed characters to the shell", x.what, n)
	}
	// What the program wrote last is read when the line, too, is closed.
	_ = x.line.Close()
	<-x.dark
	log := slots[0].seenSince(x.since)
	slots[0].leftWell(t, log)
	return result{stdout: x.shown(), exit: x.ProcessState.ExitCode(), dir: x.Dir, log: log}
}
