package pin

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/jpki-tools/jpki/internal/beside"
)

// Times for a person to answer. A pinentry that keeps its own time ends first
// and leaves a clean screen.
const (
	pinentryTimeout = 2 * time.Minute
	pinentryGrace   = 5 * time.Second
)

// pinentry is a source that asks through one of GnuPG's pinentry programs,
// started anew for each question.
type pinentry struct {
	program string
	timeout time.Duration
	env     Env
}

func (e *pinentry) close() {}

func (e *pinentry) line(ctx context.Context, _ int, ask Ask) ([]byte, error) {
	return e.ask(ctx, ask, "GETPIN")
}

// ask starts the program for one question and gives the data of the answer.
func (e *pinentry) ask(ctx context.Context, ask Ask, question string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, e.failed(ErrTimeout, nil))
	defer cancel()
	toIt, in, err := os.Pipe()
	if err != nil {
		return nil, e.failed(ErrProgram, err)
	}
	out, fromIt, err := os.Pipe()
	if err != nil {
		toIt.Close()
		in.Close()
		return nil, e.failed(ErrProgram, err)
	}
	defer in.Close()
	defer out.Close()
	cmd := exec.Command(e.program)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = toIt, fromIt, e.env.Stderr
	tty := terminalName(e.env.Getenv)
	before := terminalState(tty)
	p, err := start(cmd)
	toIt.Close()
	fromIt.Close()
	if err != nil {
		return nil, err
	}
	defer p.group.close()
	b, err := beside.Read(ctx, func() ([]byte, error) {
		a := assuan{r: out, w: in}
		defer a.wipe()
		return a.ask(ask, pinentryOptions(tty, e.env.Getenv), question)
	})
	in.Close()
	if ctx.Err() == nil { // it has nothing more to do
		select {
		case <-p.ended:
		case <-time.After(killGrace):
		}
	}
	if err != nil {
		err = e.explain(ctx, p, err)
		p.kill()
		restoreTerminal(tty, before)
		return nil, err
	}
	p.kill()
	return b, nil
}

// explain turns the end of a conversation into the error to return.
func (e *pinentry) explain(ctx context.Context, p *program, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if answer, ok := errors.AsType[*assuanError](err); ok {
		switch answer.cause() {
		case gpgCanceled, gpgFullyCanceled, gpgNotConfirmed, gpgAssuanCanceled:
			return ErrCancelled
		case gpgTimeout:
			return e.failed(ErrTimeout, nil)
		}
		return e.failed(ErrProgram, err)
	}
	if err == RuleTooLong {
		return err
	}
	select {
	case <-p.ended:
		if p.err != nil {
			return p.err
		}
	default:
	}
	return e.failed(ErrProtocol, err)
}

func (e *pinentry) failed(reason, err error) error { return &ProgramError{e.program, reason, err} }

// ask has the whole conversation. It ignores a pinentry's refusal of options
// and decoration, but not of text that the person must read.
func (a *assuan) ask(ask Ask, options []string, question string) ([]byte, error) {
	if _, err := a.answer(); err != nil {
		return nil, err
	}
	type command struct {
		name, argument string
		optional       bool
	}
	var commands []command
	for _, o := range options {
		commands = append(commands, command{"OPTION", o, true})
	}
	commands = append(commands,
		command{"SETTIMEOUT", strconv.Itoa(int(pinentryTimeout / time.Second)), true},
		command{"SETTITLE", ask.Title, true},
		command{"SETOK", ask.OK, true},
		command{"SETCANCEL", ask.Cancel, true},
		command{"SETDESC", ask.Description, false},
		command{"SETERROR", ask.Error, false},
		command{"SETPROMPT", ask.Prompt, false},
	)
	for _, c := range commands {
		if c.argument == "" {
			continue
		}
		_, err := a.command(c.name, c.argument)
		if _, refused := errors.AsType[*assuanError](err); err != nil && !(refused && c.optional) {
			return nil, err
		}
	}
	b, err := a.command(question, "")
	_, _ = io.WriteString(a.w, "BYE\n") // its answer changes nothing
	return b, err
}

// pinentryOptions say where and in which locale to ask, as gpg-agent does.
func pinentryOptions(tty string, getenv func(string) string) []string {
	var options []string
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				options = append(options, name+"="+v)
				return
			}
		}
	}
	add("ttyname", tty)
	add("ttytype", getenv("TERM"))
	add("lc-ctype", getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"))
	add("lc-messages", getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	add("display", getenv("DISPLAY"))
	return options
}
