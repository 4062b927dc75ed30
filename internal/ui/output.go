package ui

import (
	"os"
	"sync"
)

// Output is standard output. It records the first failed write, so that
// commands need not check each write: see [IO.WriteError].
type Output struct {
	file *os.File

	mu     sync.Mutex
	failed error
}

// NewOutput makes the output to a file.
func NewOutput(f *os.File) *Output { return &Output{file: f} }

// Write writes to the file; an error is a [*WriteError].
func (o *Output) Write(b []byte) (int, error) {
	n, err := o.file.Write(b)
	if err != nil {
		err = &WriteError{err}
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.failed == nil {
			o.failed = err
		}
	}
	return n, err
}

// Fd returns the file descriptor, for system calls on terminals.
func (o *Output) Fd() uintptr { return o.file.Fd() }

// Close signals the end of the output to its reader. Later writes are
// discarded. The descriptor stays reserved, so that no other file gets its
// number.
func (o *Output) Close() error {
	if err := o.file.Close(); err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	o.file = null // also keeps it from being collected, and closed
	return nil
}

// WriteError is a failed write to standard output.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "ui: standard output: " + e.Err.Error() }

// Unwrap gives the system's error.
func (e *WriteError) Unwrap() error { return e.Err }

// Unread reports a pipe without a reader. Commands like head close the pipe
// when they have read enough.
func (e *WriteError) Unread() bool { return unread(e.Err) }

// WriteError is the first error of writing to Out, a [*WriteError], if there
// was one.
func (o *IO) WriteError() error {
	out, ok := o.Out.(*Output)
	if !ok {
		return nil
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.failed
}
