package pin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readFile reads a file that check accepts for a PIN. It follows symbolic
// links, because secrets are often mounted behind one; check gets the opened
// file itself. It accepts a pipe, for process substitution, but no device.
func readFile(path string, check func(f *os.File, info fs.FileInfo) (reason, details error)) ([]byte, error) {
	f, err := os.OpenFile(path, openFlags, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &FileError{path, ErrNoFile, nil}
	case err != nil:
		return nil, unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeNamedPipe {
		return nil, &FileError{path, ErrNotFile, nil}
	}
	if reason, details := check(f, info); reason != nil {
		return nil, &FileError{path, reason, details}
	}
	text, err := readAll(f)
	if err != nil && err != RuleTooLong {
		err = unreadable(path, err)
	}
	return text, err
}

// unreadable takes the path out of a *fs.PathError: the FileError has it
// already.
func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return &FileError{path, ErrUnreadable, err}
}

// readCredential reads a credential that systemd passed (LoadCredential= and
// its kin in systemd.exec(5)).
func readCredential(name string, getenv func(string) string) ([]byte, error) {
	folder := getenv("CREDENTIALS_DIRECTORY")
	if !filepath.IsAbs(folder) {
		return nil, &FileError{name, ErrNoCredentials, fmt.Errorf("CREDENTIALS_DIRECTORY is %q", folder)}
	}
	return readFile(filepath.Join(folder, name), checkCredential)
}
