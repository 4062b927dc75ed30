package sshagent

import (
	"errors"
	"fmt"
)

// Reasons why the agent cannot listen at a path.
var (
	ErrRunning   = errors.New("an agent answers there already")
	ErrOccupied  = errors.New("there is something else of this name")
	ErrFolder    = errors.New("other users can write into the folder")
	ErrTooLong   = errors.New("the path is too long for a socket")
	ErrPath      = errors.New("not a path for it")
	ErrListening = errors.New("it cannot be made")
)

// ListenError is a place where no agent can listen.
type ListenError struct {
	Path   string
	Reason error // one of the reasons above
	Err    error // error of the system; may be nil
}

func (e *ListenError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("sshagent: %s: %v", e.Path, e.Reason)
	}
	return fmt.Sprintf("sshagent: %s: %v: %v", e.Path, e.Reason, e.Err)
}

// Unwrap gives the reason and the system's error.
func (e *ListenError) Unwrap() []error { return []error{e.Reason, e.Err} }
