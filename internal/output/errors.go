package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Reasons why a file cannot be written: the Reason of an [*Error].
var (
	ErrBadName     = errors.New("the path cannot be the name of a file")
	ErrExists      = errors.New("there is a file of this name already")
	ErrTaken       = errors.New("the name of the folder is taken, and nothing replaces what has it")
	ErrDirectory   = errors.New("this is a directory")
	ErrSymlink     = errors.New("this is a symbolic link")
	ErrSpecial     = errors.New("this is not a regular file")
	ErrNoFolder    = errors.New("the folder does not exist")
	ErrNameTooLong = errors.New("the name is too long")
	ErrNotAllowed  = errors.New("writing here is not allowed")
	ErrReadOnly    = errors.New("the file is marked as read-only")
	ErrInUse       = errors.New("another program has the file open")
	ErrNoSpace     = errors.New("there is no space left")
	ErrFailed      = errors.New("the file cannot be written")
)

// Error names the file that was not written, and the reason. No part of the new
// file is left on the disk, and an existing file of this name is untouched.
type Error struct {
	Path   string
	Reason error // one of the reasons above
	Err    error // error of the system; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("output: %s: %v", e.Path, e.Reason)
	}
	return fmt.Sprintf("output: %s: %v: %v", e.Path, e.Reason, e.Err)
}

// Unwrap gives the reason and the system's error.
func (e *Error) Unwrap() []error { return []error{e.Reason, e.Err} }

// failure finds the reason of an error that the system gave.
func failure(path string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	// The paths in the system's errors are those of the temporary file.
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	return &Error{path, Reason(err), err}
}

// Reason finds which of the reasons above an error of the system means.
func Reason(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if r, ok := reasons[errno]; ok {
			return r
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	case errors.Is(err, fs.ErrNotExist):
		return ErrNoFolder
	case errors.Is(err, fs.ErrPermission):
		return ErrNotAllowed
	}
	return ErrFailed
}
