// Package output writes files completely or not at all.
//
// [Create] opens a temporary file beside the target. That proves that the
// target can be made, before anybody is asked for a PIN. [File.Commit] syncs it
// and gives it the target's name without ever replacing a file, not even one
// that appeared in between. With [Options.Force] it replaces a regular file,
// and nothing else. On any failure the temporary file is removed and the target
// stays as it was. Only a killed process leaves a temporary file behind: it has
// the name .jpki- and 26 random letters and digits, and may be deleted.
package output

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// tempPrefix begins the name of every temporary file.
const tempPrefix = ".jpki-"

// Options say how a file is made.
type Options struct {
	// Force replaces a regular file of the same name. Symbolic links,
	// directories and special files are refused all the same.
	Force bool
	// Perm is the file's permission bits. Zero means those of the file that is
	// replaced, and for a new file 0666 less the umask.
	Perm fs.FileMode
}

// File is a file being written. It has no name yet that others know.
type File struct {
	ctx    context.Context
	target string
	force  bool
	temp   *os.File
	sync   func() error // brings temp onto the disk
	// syncFolder brings the name onto the disk.
	syncFolder func(path string)
	perm       fs.FileMode // permissions that Commit sets
	err        error       // the first write that failed: then there is no Commit
	syncs      chan error  // result of StartSync; nil before it
	ended      bool
}

// Create begins to write the file path. Writing and Commit fail once ctx is
// done. Every File must be ended by Commit or Abort. The error is an [*Error],
// or the one of ctx.
func Create(ctx context.Context, path string, opt Options) (*File, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	perm := opt.Perm
	old, err := lookAt(path, opt.Force)
	switch {
	case err != nil:
		return nil, err
	case perm == 0 && old != nil:
		perm = old.Mode().Perm()
	case perm == 0:
		perm = 0o666
	}
	name := filepath.Join(filepath.Dir(path), tempPrefix+rand.Text())
	// O_EXCL follows no link, and the system takes the umask off.
	temp, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, failure(path, err)
	}
	f := &File{ctx: ctx, target: path, force: opt.Force, temp: temp, sync: temp.Sync, syncFolder: syncFolder}
	if err := f.hide(opt.Perm != 0 || old != nil, perm); err != nil {
		f.Abort()
		return nil, failure(path, err)
	}
	return f, nil
}

// hide keeps other users out of the unfinished file, and records the
// permissions for Commit: perm if exact, otherwise those that the system gave
// the file.
func (f *File) hide(exact bool, perm fs.FileMode) error {
	made, err := f.temp.Stat()
	if err != nil {
		return err
	}
	f.perm = made.Mode().Perm()
	if exact {
		f.perm = perm
	}
	if err := f.temp.Chmod(0o600); err != nil {
		f.perm = 0 // FAT and its like: permissions are those of the mount
	}
	return nil
}

// Check reports whether path could be made now: it is [Create] and [File.Abort].
func Check(ctx context.Context, path string, opt Options) error {
	f, err := Create(ctx, path, opt)
	if err == nil {
		f.Abort()
	}
	return err
}

// WriteFile writes data to the file path: all of it, or no file.
func WriteFile(ctx context.Context, path string, data []byte, opt Options) error {
	f, err := Create(ctx, path, opt)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// lookAt gives the regular file that would be replaced, nil if there is none,
// and an error for everything that must not be.
func lookAt(path string, force bool) (fs.FileInfo, error) {
	base := filepath.Base(path)
	if path == "" || os.IsPathSeparator(path[len(path)-1]) || base == "." || base == ".." {
		return nil, &Error{path, ErrBadName, nil}
	}
	if !filepath.IsLocal(base) { // NUL, COM1 and so on, on Windows
		return nil, &Error{path, ErrSpecial, nil}
	}
	if isChanged(base) {
		return nil, &Error{path, ErrBadName, nil}
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, failure(path, err)
	case info.IsDir():
		return nil, &Error{path, ErrDirectory, nil}
	case info.Mode().Type() == fs.ModeSymlink:
		return nil, &Error{path, ErrSymlink, nil}
	case !info.Mode().IsRegular():
		return nil, &Error{path, ErrSpecial, nil}
	case !force:
		return nil, &Error{path, ErrExists, nil}
	}
	if err := replaceable(path); err != nil {
		return nil, failure(path, err)
	}
	return info, nil
}

// Path is the target's path, as it was given.
func (f *File) Path() string { return f.target }

// Write appends p.
func (f *File) Write(p []byte) (int, error) {
	if err := f.usable(); err != nil {
		return 0, err
	}
	n, err := f.temp.Write(p)
	return n, f.note(err)
}

// WriteAt overwrites earlier output at off with p.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	if err := f.usable(); err != nil {
		return 0, err
	}
	n, err := f.temp.WriteAt(p, off)
	return n, f.note(err)
}

// ReadAt reads earlier output back, for a check before Commit.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.temp.ReadAt(p, off) }

// Size is the number of bytes in the file.
func (f *File) Size() (int64, error) {
	info, err := f.temp.Stat()
	if err != nil {
		return 0, failure(f.target, err)
	}
	return info.Size(), nil
}

func (f *File) usable() error {
	if f.ended {
		return os.ErrClosed
	}
	if f.err == nil {
		f.err = context.Cause(f.ctx)
	}
	return f.err
}

func (f *File) note(err error) error {
	if err != nil {
		f.err = failure(f.target, err)
	}
	return f.err
}

// StartSync begins to sync the output so far to the disk while the caller reads
// it back. Commit waits for the end of the sync.
func (f *File) StartSync() {
	if f.ended || f.syncs != nil {
		return
	}
	f.syncs = make(chan error, 1)
	go func() { f.syncs <- f.sync() }()
}

// Commit gives the file its name: afterwards it is there, whole and on the
// disk. It fails with [ErrExists] if something else took the name meanwhile,
// and with the error of an earlier write if there was one. The file is gone
// then. Abort after Commit does nothing.
func (f *File) Commit() error {
	defer f.Abort()
	if err := f.usable(); err != nil {
		return err
	}
	if f.syncs != nil {
		if err := <-f.syncs; err != nil {
			return failure(f.target, err)
		}
	}
	if f.perm != 0 {
		if err := f.temp.Chmod(f.perm); err != nil {
			return failure(f.target, err)
		}
	}
	if err := f.sync(); err != nil {
		return failure(f.target, err)
	}
	if err := f.temp.Close(); err != nil {
		return failure(f.target, err)
	}
	move := moveNew
	if f.force {
		if _, err := lookAt(f.target, f.force); err != nil {
			return err
		}
		move = os.Rename
	}
	if err := move(f.temp.Name(), f.target); err != nil {
		return failure(f.target, err)
	}
	f.ended = true
	f.syncFolder(filepath.Dir(f.target))
	return nil
}

// Abort removes the temporary file, unless Commit has given it its name.
func (f *File) Abort() {
	if f.ended {
		return
	}
	f.ended = true
	_ = f.temp.Close()
	_ = os.Remove(f.temp.Name())
}
