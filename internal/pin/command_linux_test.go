package pin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
)

func command(t *testing.T, line string, change bool) *Sources {
	t.Helper()
	s, err := Choose(Options{Flags: []Flag{{Command, line}}, Change: change}, Env{Stderr: io.Discard})
	testkit.Must(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestLinesOfCommand(t *testing.T) {
	testLines(t, Command, false, func(t *testing.T, text string) (Flag, Env) {
		return Flag{Command, "cat '" + pinFile(t, text) + "'"}, Env{Stderr: os.Stderr}
	})
}

func TestCommand(t *testing.T) {
	wantPIN(t, command(t, `printf '%s\n' "12"34`, false).Current, "1234")
	// Its standard input is empty, whatever ours is.
	wantPIN(t, command(t, `sh -c 'cat; echo 1234'`, false).Current, "1234")
	// It has no terminal to be stopped by.
	wantPIN(t, command(t, `sh -c 'exec 2>/dev/null; true </dev/tty || echo 1234'`, false).Current, "1234")
	// Nothing is expanded.
	wantPIN(t, command(t, `sh -c 'test "$1" = "$0" && echo 1234' $HOME \$HOME`, false).Current, "1234")

	s, err := Choose(Options{Flags: []Flag{{File, pinFile(t, "1234")}, {NewCommand, "echo 5678"}}, Change: true}, Env{Stderr: io.Discard})
	testkit.Must(t, err)
	defer s.Close()
	wantPIN(t, s.Current, "1234")
	wantPIN(t, s.New, "5678")
}

func TestCommandRunsOnce(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	s := command(t, fmt.Sprintf(`sh -c 'echo run >>%s; echo 1234; echo 5678'`, runs), true)
	wantPIN(t, s.Current, "1234")
	wantPIN(t, s.New, "5678")
	if log, err := os.ReadFile(runs); err != nil || string(log) != "run\n" {
		t.Errorf("it ran %q, %v", log, err)
	}
}

func TestCommandFails(t *testing.T) {
	noProgram := pinFile(t, "1234")
	for _, c := range []struct {
		line   string
		reason error
	}{
		{"./no-such-program x", ErrNoProgram},
		{"no-such-program-anywhere x", ErrNoProgram},
		{noProgram, ErrNotProgram},
		{`sh -c 'echo 1234; exit 3'`, ErrProgram},
		{`sh -c 'echo 1234; kill -TERM $$'`, ErrProgram},
	} {
		_, err := command(t, c.line, false).Current(t.Context(), Ask{})
		e, ok := errors.AsType[*ProgramError](err)
		if !ok || e.Reason != c.reason || !errors.Is(err, c.reason) || e.Program != strings.Fields(c.line)[0] {
			t.Errorf("%s: %v, want the reason %q", c.line, err, c.reason)
			continue
		}
		if strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: %v", c.line, err)
		}
	}
	_, err := command(t, `sh -c 'exit 3'`, false).Current(t.Context(), Ask{})
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 3 {
		t.Errorf("%v, want the exit status 3", err)
	}
}

func TestCommandsErrorsReachThePerson(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stderr")
	stderr, err := os.Create(file)
	testkit.Must(t, err)
	defer stderr.Close()
	var buffer strings.Builder
	for _, w := range []io.Writer{stderr, &buffer} {
		s, err := Choose(Options{Flags: []Flag{{Command, `sh -c 'echo locked >&2; echo 1234'`}}}, Env{Stderr: w})
		testkit.Must(t, err)
		wantPIN(t, s.Current, "1234")
		s.Close()
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "locked\n" || buffer.String() != "locked\n" {
		t.Errorf("%q, %v, %q", b, err, buffer.String())
	}
}

func TestCommandWithoutEnd(t *testing.T) {
	s := command(t, "yes 1234", false)
	if _, err := s.Current(t.Context(), Ask{}); !errors.Is(err, RuleTooLong) {
		t.Fatal(err)
	}
}

// A command is ended with its children: on Ctrl-C, when it takes too long, and
// also if they ignore the request or hold its output open after it is gone.
func TestCommandIsEndedWithItsChildren(t *testing.T) {
	for name, script := range map[string]string{
		"waiting":            `sleep 1000 & echo $! >%[1]s; wait`,
		"ignoring":           `trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo $! >%[1]s; while :; do sleep 1; done`,
		"holding the output": `sleep 1000 & echo $! >%[1]s`,
		"output closed":      `sleep 1000 & echo $! >%[1]s; exec >&-; wait`,
	} {
		t.Run(name, func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pid")
			words := []string{"sh", "-c", fmt.Sprintf(script, pids)}

			ctx, cancel := context.WithCancelCause(t.Context())
			stop := errors.New("Ctrl-C")
			done := make(chan error)
			go func() {
				_, err := readCommand(ctx, time.Minute, words, io.Discard)
				done <- err
			}()
			child := childOf(t, pids)
			cancel(stop)
			if err := <-done; err != stop {
				t.Errorf("after Ctrl-C: %v", err)
			}
			wantEnded(t, child)

			testkit.Must(t, os.Remove(pids))
			_, err := readCommand(t.Context(), 300*time.Millisecond, words, io.Discard)
			if e, ok := errors.AsType[*ProgramError](err); !ok || e.Reason != ErrTimeout || e.Program != "sh" {
				t.Errorf("after the time: %v", err)
			}
			wantEnded(t, childOf(t, pids))
		})
	}
}

func childOf(t *testing.T, file string) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if b, _ := os.ReadFile(file); strings.HasSuffix(string(b), "\n") {
			pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
			testkit.Must(t, err)
			return pid
		}
	}
	t.Fatal("the command did not start a child")
	return 0
}

func wantEnded(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		// A zombie has ended; that nobody buries it is not our business.
		if err != nil || strings.Contains(string(status), "\nState:\tZ") {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
}
