package pin

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/beside"
)

const (
	commandTimeout = 60 * time.Second
	// killGrace is how long a program has to clean up after it was told to end.
	killGrace = 500 * time.Millisecond
)

// readCommand runs a program and gives its output. Its standard input is empty
// and it has no terminal: one that must ask a person does so in a window or
// through an agent.
func readCommand(ctx context.Context, timeout time.Duration, words []string, stderr io.Writer) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &ProgramError{words[0], ErrTimeout, nil})
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, &ProgramError{words[0], ErrProgram, err}
	}
	defer r.Close()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = w, stderr
	p, err := start(cmd)
	w.Close()
	if err != nil {
		return nil, err
	}
	defer p.group.close()
	text, err := beside.Read(ctx, func() ([]byte, error) { return readAll(r) })
	if err == nil {
		err = p.wait(ctx)
	}
	if err != nil {
		p.kill()
		clear(text)
		return nil, err
	}
	return text, nil
}

// program is a running program with all that it starts.
type program struct {
	cmd   *exec.Cmd
	group group
	ended chan struct{}
	err   error // after ended is closed
}

// start runs cmd so that it can be ended together with its children.
func start(cmd *exec.Cmd) (*program, error) {
	name := cmd.Args[0]
	cmd.WaitDelay = killGrace // for children that keep standard error open
	p := &program{cmd: cmd, ended: make(chan struct{})}
	if err := p.group.start(cmd); err != nil {
		return nil, &ProgramError{name, notStarted(err), err}
	}
	go func() {
		if err := cmd.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			p.err = &ProgramError{name, ErrProgram, err}
		}
		close(p.ended)
	}()
	return p, nil
}

// notStarted says why a program did not start.
func notStarted(err error) error {
	switch {
	case errors.Is(err, exec.ErrDot): // Windows' own rule, or a PATH with a dot
		return ErrOnlyHere
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return ErrNoProgram
	case errors.Is(err, os.ErrPermission), isNotExecutable(err):
		return ErrNotProgram
	}
	return ErrProgram
}

// lostBackslashes gives the reason for a program that was not found because the
// path to it was written as Windows shows it.
func lostBackslashes(system, line string, err error) error {
	failed, ok := errors.AsType[*ProgramError](err)
	if ok && failed.Reason == ErrNoProgram && system == "windows" && strings.Contains(line, `\`) && !strings.Contains(failed.Program, `\`) {
		return &ProgramError{failed.Program, ErrBackslashes, failed.Err}
	}
	return err
}

// wait waits for the program to end by itself.
func (p *program) wait(ctx context.Context) error {
	select {
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kill ends the program and its children: asked first, as a pinentry must give
// the terminal back, and made to then.
func (p *program) kill() {
	p.group.ask()
	select {
	case <-p.ended:
	case <-time.After(killGrace):
	}
	p.group.kill()
	_ = p.cmd.Process.Kill()
	<-p.ended
}
