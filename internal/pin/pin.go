// Package pin gets PINs from the person's chosen source: typed on the terminal
// or into a pinentry, or from standard input, an inherited descriptor, a file,
// the output of a command or a systemd credential. It takes none from an
// argument or an environment variable, because other programs see these.
//
// [Choose] reads the flags, [Sources.Current] and [Sources.New] give the PINs.
// A PIN is one line without its line ending (LF or CRLF); nothing else is
// stripped. A line that cannot be a PIN is refused with a [TextError] that
// names the rule and never the PIN. Every buffer that held one is overwritten.
// No read outlives its context, with one exception: a read of standard input
// without an answer waits in its goroutine until the program ends.
package pin

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"

	"github.com/jpki-tools/jpki/internal/beside"
	"github.com/jpki-tools/jpki/internal/shellwords"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Kind is a way for a PIN to come in.
type Kind int

// The ways. All but Terminal are flags.
const (
	Terminal   Kind = iota // typed on the terminal, where no flag says otherwise
	Stdin                  // --pin-stdin
	Descriptor             // --pin-fd N
	File                   // --pin-file FILE
	Command                // --pin-command COMMAND
	Credential             // --pin-credential NAME
	Pinentry               // --pinentry PROGRAM
	NewFile                // --new-pin-file FILE
	NewCommand             // --new-pin-command COMMAND
)

var kindNames = [...]string{
	Terminal:   "terminal",
	Stdin:      "--pin-stdin",
	Descriptor: "--pin-fd",
	File:       "--pin-file",
	Command:    "--pin-command",
	Credential: "--pin-credential",
	Pinentry:   "--pinentry",
	NewFile:    "--new-pin-file",
	NewCommand: "--new-pin-command",
}

// String is the flag, or "terminal".
func (k Kind) String() string { return kindNames[k] }

// Interactive reports whether a person answers: one who can be asked again, and
// who is asked for a new PIN twice.
func (k Kind) Interactive() bool { return k == Terminal || k == Pinentry }

func (k Kind) forNew() bool { return k == NewFile || k == NewCommand }

// Flag is a flag of the command line; Value is empty for Stdin.
type Flag struct {
	Kind  Kind
	Value string
}

// Options are the needs of a command and its command line.
type Options struct {
	Flags   []Flag
	Change  bool // a new PIN is wanted too
	NoInput bool // nobody may be asked
}

// Env is the surroundings of the sources.
type Env struct {
	Stdin    io.Reader
	Stderr   io.Writer           // of commands and of pinentry
	Getenv   func(string) string // usually os.Getenv
	Terminal Asker               // nil if there is none
}

// Asker is a terminal that can ask for a line without showing it.
type Asker interface {
	Println(s string)
	Secret(ctx context.Context, prompt string) ([]byte, error)
}

// Ask is the question to a person, in their language. The other sources ignore
// it.
type Ask struct {
	Title       string // of a window
	Description string // which PIN, how many tries are left
	Error       string // the fault of the last answer
	Prompt      string // before the input
	OK, Cancel  string // labels of buttons
}

// Errors without further facts.
var (
	// ErrNoSource is a PIN that nobody can give: there is no terminal, or it
	// may not be used, and no flag names another source.
	ErrNoSource = errors.New("pin: no terminal to ask on and no source given")
	// ErrCancelled is a person who declined to answer.
	ErrCancelled = errors.New("pin: cancelled")
	// errUsed is a PIN asked for twice of a source that gives it once.
	errUsed = errors.New("pin: the source has given this PIN already")
)

// Sources are where the current and the new PIN come from: for a change usually
// the same source, which gives a line each.
type Sources struct {
	currentKind, newKind Kind
	current, new         source
	newLine              int
}

// source gives its lines by number, counted from 0.
type source interface {
	line(ctx context.Context, n int, ask Ask) ([]byte, error)
	close()
}

// Choose finds the sources. The error is [ErrNoSource] or a [*UsageError];
// nothing has been read or run then. The Sources must be closed.
func Choose(opt Options, env Env) (*Sources, error) {
	current, fresh, err := sort(opt)
	if err != nil {
		return nil, err
	}
	if opt.NoInput {
		env.Terminal = nil
	}
	s := &Sources{currentKind: current.Kind, newKind: fresh.Kind}
	lines := 1
	if opt.Change && !fresh.Kind.forNew() {
		lines = 2
	}
	if s.current, err = open(current, lines, env); err != nil {
		return nil, err
	}
	if !fresh.Kind.forNew() {
		s.new, s.newLine = s.current, 1
		return s, nil
	}
	if s.new, err = open(fresh, 1, env); err != nil {
		s.current.close()
		return nil, err
	}
	return s, nil
}

// sort finds the one flag for the current PIN and the one for the new PIN.
func sort(opt Options) (current, fresh Flag, err error) {
	for _, f := range opt.Flags {
		to := &current
		if f.Kind.forNew() {
			to = &fresh
		}
		switch {
		case to.Kind != Terminal:
			return current, fresh, &UsageError{[]Kind{to.Kind, f.Kind}, ErrTwoSources, nil}
		case f.Kind.forNew() && !opt.Change:
			return current, fresh, usage(f.Kind, ErrNoNewPIN, nil)
		case f.Kind != Stdin && f.Value == "":
			return current, fresh, usage(f.Kind, ErrNoValue, nil)
		case f.Kind == Pinentry && opt.NoInput:
			return current, fresh, usage(f.Kind, errNobodyAsked, nil)
		}
		*to = f
	}
	if fresh.Kind == Terminal {
		fresh = current
	}
	return current, fresh, nil
}

// open prepares a source of so many lines without reading anything.
func open(f Flag, lines int, env Env) (source, error) {
	switch f.Kind {
	case Stdin:
		return openStream(f.Kind, env.Stdin)
	case Descriptor:
		return openDescriptor(f.Value, env.Stdin)
	case File, NewFile:
		return &document{lines: lines, read: func(ctx context.Context) ([]byte, error) {
			return beside.Read(ctx, func() ([]byte, error) { return readFile(f.Value, checkPrivate) })
		}}, nil
	case Credential:
		if f.Value == "." || f.Value == ".." || strings.ContainsAny(f.Value, `/\`) {
			return nil, usage(f.Kind, ErrBadName, nil)
		}
		return &document{lines: lines, read: func(ctx context.Context) ([]byte, error) {
			return beside.Read(ctx, func() ([]byte, error) { return readCredential(f.Value, env.Getenv) })
		}}, nil
	case Command, NewCommand:
		line, err := shellwords.Split(f.Value)
		if err != nil {
			return nil, usage(f.Kind, ErrBadCommand, err)
		}
		return &document{lines: lines, read: func(ctx context.Context) ([]byte, error) {
			answer, err := readCommand(ctx, commandTimeout, line, env.Stderr)
			return answer, lostBackslashes(runtime.GOOS, f.Value, err)
		}}, nil
	case Pinentry:
		return &pinentry{f.Value, pinentryTimeout + pinentryGrace, env}, nil
	}
	if env.Terminal == nil {
		return nil, ErrNoSource
	}
	return terminal{env.Terminal}, nil
}

// CurrentKind is where the current PIN comes from.
func (s *Sources) CurrentKind() Kind { return s.currentKind }

// NewKind is where the new PIN comes from.
func (s *Sources) NewKind() Kind { return s.newKind }

// Current gives the PIN that is in force. Besides the error of ctx it fails
// with a [*TextError], [*FileError], [*ProgramError], [ErrCancelled] or
// [errUsed].
func (s *Sources) Current(ctx context.Context, ask Ask) (jpki.PIN, error) {
	b, err := s.current.line(ctx, 0, ask)
	return check(b, err, TextError{Kind: s.currentKind})
}

// New gives the PIN that is to replace it, with the same errors.
func (s *Sources) New(ctx context.Context, ask Ask) (jpki.PIN, error) {
	b, err := s.new.line(ctx, s.newLine, ask)
	return check(b, err, TextError{Kind: s.newKind, New: true})
}

// Confirm has a person agree in the window of a pinentry, for which the current
// PIN's source has to be one. Without it the error is [ErrNoSource].
func (s *Sources) Confirm(ctx context.Context, ask Ask) (bool, error) {
	e, ok := s.current.(*pinentry)
	if !ok {
		return false, ErrNoSource
	}
	b, err := e.ask(ctx, ask, "CONFIRM")
	clear(b) // it should have been empty
	if errors.Is(err, ErrCancelled) {
		return false, nil
	}
	return err == nil, err
}

// check makes a PIN of b, or the error of a broken rule.
func check(b []byte, err error, broken TextError) (jpki.PIN, error) {
	if err == nil {
		if broken.Rule = checkText(b); broken.Rule == 0 {
			return jpki.NewPIN(b), nil
		}
		clear(b)
		return jpki.PIN{}, &broken
	}
	if rule, ok := errors.AsType[Rule](err); ok {
		broken.Rule = rule
		return jpki.PIN{}, &broken
	}
	return jpki.PIN{}, err
}

// Close overwrites lines that were read and not used, and closes an inherited
// descriptor.
func (s *Sources) Close() {
	s.current.close()
	s.new.close()
}
