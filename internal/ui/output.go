package ui

import (
	"os"
	"sync"
)

// Output is standard output. It remembers the first write that failed, so that
// no command has to look at each of its own: see [IO.WriteError].
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

// Fd is the number of the file, for what terminals are asked.
func (o *Output) Fd() uintptr { return o.file.Fd() }

// Close lets whoever reads the output see its end. What is written later goes
// nowhere; the file's number stays taken, so that no other file gets it.
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

// WriteError is what standard output did not take.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "ui: standard output: " + e.Err.Error() }

// Unwrap gives the system's error.
func (e *WriteError) Unwrap() error { return e.Err }

// Unread reports a pipe that nobody reads any more, as head leaves one: whoever
// closed it has what they wanted.
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
