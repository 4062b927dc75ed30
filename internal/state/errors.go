package state

import (
	"errors"
	"fmt"
)

// Reasons why something cannot be remembered: the Reason of an [*Error].
var (
	ErrNoHome       = errors.New("the environment names no home folder")
	ErrSymlink      = errors.New("this is a symbolic link")
	ErrNotFolder    = errors.New("this is not a folder")
	ErrForeign      = errors.New("this folder belongs to somebody else")
	ErrOpenToOthers = errors.New("others may write in this folder")
	ErrCorrupt      = errors.New("the file is damaged; delete it to begin anew")
	ErrLocked       = errors.New("another program is using the file")
	errFailed       = errors.New("the file cannot be used")
)

// Error is a fault of a folder or a file, or for [ErrNoHome] of an environment
// variable.
type Error struct {
	Path   string // or the variable's name
	Reason error  // one of the reasons above
	Err    error  // the cause, if there is one
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("state: %s: %v", e.Path, e.Reason)
	}
	return fmt.Sprintf("state: %s: %v: %v", e.Path, e.Reason, e.Err)
}

// Unwrap gives the reason and the cause.
func (e *Error) Unwrap() []error { return []error{e.Reason, e.Err} }
