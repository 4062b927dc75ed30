package pin

import (
	"errors"
	"fmt"
	"strings"
)

// Reasons of a [*UsageError].
var (
	ErrTwoSources    = errors.New("a PIN comes from one source only")
	ErrNoNewPIN      = errors.New("only a change takes a new PIN")
	ErrNoValue       = errors.New("needs a value")
	ErrBadCommand    = errors.New("cannot be split into words")
	ErrBadDescriptor = errors.New("not an open descriptor that was handed to this program for reading")
	ErrBadName       = errors.New("a credential's name has no slash")
	ErrIsTerminal    = errors.New("is a terminal, which would show the PIN")
	errNobodyAsked   = errors.New("asks a person, and nobody may be asked")
)

// UsageError is a command line that makes no sense.
type UsageError struct {
	Flags  []Kind // the one flag it is about; two for ErrTwoSources
	Reason error  // one of the reasons above
	Err    error  // details, if there are any
}

func usage(flag Kind, reason, err error) error { return &UsageError{[]Kind{flag}, reason, err} }

func (e *UsageError) Error() string {
	names := make([]string, len(e.Flags))
	for i, k := range e.Flags {
		names[i] = k.String()
	}
	return describe(strings.Join(names, " and "), e.Reason, e.Err)
}

// Unwrap gives the reason and the details.
func (e *UsageError) Unwrap() []error { return []error{e.Reason, e.Err} }

// Reasons of a [*FileError].
var (
	ErrNoFile        = errors.New("there is no such file")
	ErrNotFile       = errors.New("neither a file nor a pipe")
	ErrForeign       = errors.New("belongs to another user")
	ErrOpenToOthers  = errors.New("is open to other users")
	ErrNoCredentials = errors.New("no credentials were passed to this program")
	ErrUnreadable    = errors.New("cannot be read")
)

// FileError is a PIN file that is not there or not fit to hold a PIN.
type FileError struct {
	Path   string // for ErrNoCredentials the credential's name
	Reason error  // one of the reasons above
	Err    error  // details, if there are any: the owner, the permissions, the system's error
}

func (e *FileError) Error() string { return describe(e.Path, e.Reason, e.Err) }

// Unwrap gives the reason and the details.
func (e *FileError) Unwrap() []error { return []error{e.Reason, e.Err} }

// Reasons of a [*ProgramError].
var (
	ErrNoProgram   = errors.New("there is no such program")
	ErrOnlyHere    = errors.New("it is in the current folder, in which programs are not looked for")
	ErrBackslashes = errors.New("there is no such program: backslashes outside single quotes are lost")
	ErrNotProgram  = errors.New("this file cannot be run")
	ErrProgram     = errors.New("failed")
	ErrProtocol    = errors.New("does not talk like a pinentry")
	ErrTimeout     = errors.New("took too long")
)

// ProgramError is a command or a pinentry that gave no PIN.
type ProgramError struct {
	Program string // its name without the arguments
	Reason  error  // one of the reasons above
	Err     error  // details: an *exec.ExitError, an *assuanError
}

func (e *ProgramError) Error() string { return describe(e.Program, e.Reason, e.Err) }

// Unwrap gives the reason and the details.
func (e *ProgramError) Unwrap() []error { return []error{e.Reason, e.Err} }

func describe(what string, reason, err error) string {
	if err == nil {
		return fmt.Sprintf("pin: %s: %v", what, reason)
	}
	return fmt.Sprintf("pin: %s: %v: %v", what, reason, err)
}
