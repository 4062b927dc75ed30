package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/jpki-tools/jpki/internal/beside"
)

// ErrNoTerminal is a question that nobody could answer.
var ErrNoTerminal = errors.New("ui: there is no terminal to ask on")

// Terminal is the person's terminal, opened past any redirection of the
// standard streams, so that a question never mixes with data.
type Terminal struct {
	in  *os.File
	out io.Writer
}

// OpenTerminal opens the controlling terminal, or [ErrNoTerminal].
func OpenTerminal() (*Terminal, error) {
	in, out, err := openTTY()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return &Terminal{in, out}, nil
}

// Close closes the terminal.
func (t *Terminal) Close() {
	t.in.Close()
	if c, ok := t.out.(io.Closer); ok && t.out != io.Writer(t.in) {
		c.Close()
	}
}

// File is the terminal's input, for its name and its size.
func (t *Terminal) File() *os.File { return t.in }

// Println writes a sentence to the terminal.
func (t *Terminal) Println(s string) { fmt.Fprintln(t.out, t.fit(s)) }

// question wraps a prompt to the width of the terminal. The person types on its
// last line.
func (t *Terminal) question(prompt string) string {
	text := strings.TrimRight(prompt, " ")
	return t.fit(text) + prompt[len(text):]
}

// fit breaks lines at the terminal's width, which on Windows only its output
// has.
func (t *Terminal) fit(s string) string {
	if _, ok := t.out.(descriptor); ok {
		return fit(t.out, s)
	}
	return fit(t.in, s)
}

// Secret asks for a line that is not shown while it is typed. When ctx ends
// first, the cause of ctx is returned. Either way the terminal is then as it
// was: only this goroutine changes it, never the read that may be left behind.
// A part of the line that was typed by then is thrown away: the shell would take
// it, and show it.
func (t *Terminal) Secret(ctx context.Context, prompt string) ([]byte, error) {
	prompt = t.question(prompt)
	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	// Before anything is shown: Ctrl-Z may come at once.
	defer suspendable(fd, before, func() { fmt.Fprint(t.out, prompt) })()
	if err := hideTyping(fd); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	defer func() {
		if ctx.Err() != nil {
			t.Discard()
		}
		_ = term.Restore(fd, before)
	}()
	fmt.Fprint(t.out, prompt)
	defer fmt.Fprintln(t.out)
	return beside.Read(ctx, func() ([]byte, error) {
		return t.secret(ctx, fd)
	})
}

// maxSecret bounds a line typed without echo. It is the limit of a terminal in
// line mode.
const maxSecret = 4096

// Line asks for a line.
func (t *Terminal) Line(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(t.out, t.question(prompt))
	fd := int(t.in.Fd())
	line, err := beside.Read(ctx, func() ([]byte, error) {
		return t.line(ctx, fd)
	})
	if ctx.Err() != nil {
		fmt.Fprintln(t.out)
	}
	return strings.TrimRight(string(line), "\r\n"), err
}
