// Package state remembers small things from one run to the next: a JSON
// document each, in a folder that is the user's alone.
//
// A document is replaced whole, so nobody reads half of one, and read, changed
// and written under a lock, so two programs at once lose nothing. The lock is
// the system's and goes with the process that held it, however that ended.
package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Store is a folder of documents. It is made when something is first
// remembered.
type Store struct{ folder string }

// Open gives the store in the user's own folder; getenv is usually [os.Getenv].
// The error is an [*Error] with [ErrNoHome].
func Open(getenv func(string) string) (*Store, error) {
	folder, err := userFolder(getenv)
	if err != nil {
		return nil, err
	}
	return At(folder), nil
}

// At gives the store in folder.
func At(folder string) *Store { return &Store{folder} }

// Path is the store's folder, whether or not it is there.
func (s *Store) Path() string { return s.folder }

// Load reads the document name into v and reports whether there is one. It
// waits for whoever has it locked. After an error v is unspecified.
func (s *Store) Load(ctx context.Context, name string, v any) (found bool, err error) {
	if _, err := os.Lstat(s.folder); errors.Is(err, fs.ErrNotExist) {
		return false, nil // nothing to read is no reason to make a folder
	}
	l, err := s.Lock(ctx, name)
	if err != nil {
		return false, err
	}
	defer l.Unlock()
	return l.Load(v)
}

// Remove forgets the document name, damaged ones included.
func (s *Store) Remove(ctx context.Context, name string) error {
	if _, err := os.Lstat(s.folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l, err := s.Lock(ctx, name)
	if err != nil {
		return err
	}
	defer l.Unlock()
	return l.remove()
}

// Update reads the document name, lets change work on it and writes it back,
// all under its lock. A document that is not there is the zero T. An error of
// change is returned, and nothing is written then.
func Update[T any](ctx context.Context, s *Store, name string, change func(*T) error) error {
	l, err := s.Lock(ctx, name)
	if err != nil {
		return err
	}
	defer l.Unlock()
	var v T
	if _, err := l.Load(&v); err != nil {
		return err
	}
	if err := change(&v); err != nil {
		return err
	}
	return l.Save(&v)
}

// prepare makes the folder, or refuses an unsafe one in its place.
func (s *Store) prepare() error {
	err := os.MkdirAll(filepath.Dir(s.folder), 0o700)
	if err == nil {
		err = os.Mkdir(s.folder, 0o700)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return &Error{s.folder, errFailed, err}
	}
	info, err := os.Lstat(s.folder)
	switch {
	case err != nil:
		return &Error{s.folder, errFailed, err}
	case info.Mode().Type() == fs.ModeSymlink:
		return &Error{s.folder, ErrSymlink, nil}
	case !info.IsDir():
		return &Error{s.folder, ErrNotFolder, nil}
	}
	return checkOwner(s.folder, info)
}

// under joins a variable's absolute path and the rest.
func under(getenv func(string) string, variable string, rest ...string) (string, error) {
	base := getenv(variable)
	if !filepath.IsAbs(base) {
		return "", &Error{variable, ErrNoHome, nil}
	}
	return filepath.Join(append([]string{base}, rest...)...), nil
}
