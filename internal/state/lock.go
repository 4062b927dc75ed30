package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/output"
)

// Lock is a document that this program alone may read and write, until Unlock.
type Lock struct {
	path string
	file *os.File // nil after Unlock
}

// How often a lock that is taken is tried again.
const retryLock = 10 * time.Millisecond

// maxSize bounds a document, in bytes.
const maxSize = 1 << 20

// Lock waits until nobody else has the document name locked, in this program or
// another, and locks it. If ctx ends first the error has the reason [ErrLocked]
// and wraps the cause of ctx. A name is lower-case letters, digits and hyphens.
func (s *Store) Lock(ctx context.Context, name string) (*Lock, error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}
	path := filepath.Join(s.folder, name+".json")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, &Error{path, errFailed, errors.New("not the name of a document")}
	}
	// The document is replaced at each Save, so the lock has a file of its own.
	file, err := os.OpenFile(filepath.Join(s.folder, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &Error{path, errFailed, err}
	}
	for {
		taken, err := tryLock(file)
		if err != nil {
			file.Close()
			return nil, &Error{path, errFailed, err}
		}
		if taken {
			return &Lock{path, file}, nil
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, &Error{path, ErrLocked, context.Cause(ctx)}
		case <-time.After(retryLock):
		}
	}
}

// Unlock lets others at the document. A second Unlock does nothing.
func (l *Lock) Unlock() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// Load reads the document into v and reports whether there is one. After an
// error v is unspecified. [ErrCorrupt] is the reason for a document that is no
// JSON or does not fit v.
func (l *Lock) Load(v any) (found bool, err error) {
	info, err := os.Lstat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, &Error{l.path, errFailed, err}
	case info.Mode().Type() == fs.ModeSymlink:
		return false, &Error{l.path, ErrSymlink, nil}
	case !info.Mode().IsRegular():
		return false, &Error{l.path, ErrCorrupt, errors.New("not a file")}
	}
	f, err := os.Open(l.path)
	if err != nil {
		return false, &Error{l.path, errFailed, err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return false, &Error{l.path, errFailed, err}
	}
	if len(data) > maxSize {
		return false, &Error{l.path, ErrCorrupt, fmt.Errorf("more than %d bytes", maxSize)}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, &Error{l.path, ErrCorrupt, err}
	}
	return true, nil
}

// Save writes v as the document, whole and onto the disk.
func (l *Lock) Save(v any) error {
	if err := l.held(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil && len(data) >= maxSize {
		err = fmt.Errorf("more than %d bytes", maxSize)
	}
	if err != nil {
		return &Error{l.path, errFailed, err}
	}
	// Not cancellable, because the recorded event has already happened.
	err = output.WriteFile(context.Background(), l.path, append(data, '\n'), output.Options{Force: true, Perm: 0o600})
	if err != nil {
		return &Error{l.path, errFailed, err}
	}
	return nil
}

// remove forgets the document.
func (l *Lock) remove() error {
	if err := l.held(); err != nil {
		return err
	}
	if err := os.Remove(l.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{l.path, errFailed, err}
	}
	return nil
}

// held fails once the lock has been given back.
func (l *Lock) held() error {
	if l.file == nil {
		return &Error{l.path, errFailed, os.ErrClosed}
	}
	return nil
}
