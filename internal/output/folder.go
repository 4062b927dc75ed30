package output

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is a folder being made. It has no name yet that others know; its files
// are written into Temp.
type Folder struct {
	ctx    context.Context
	target string
	ended  bool
	// Temp is the path of the folder until Commit.
	Temp string
}

// CreateFolder begins to make the folder path, beside which it lies until
// [Folder.Commit]. A folder is never replaced. Every Folder must be ended by
// Commit or Abort. The error is an [*Error], or the one of ctx.
func CreateFolder(ctx context.Context, path string) (*Folder, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	path = filepath.Clean(path)
	if base := filepath.Base(path); base == "." || base == ".." || !filepath.IsLocal(base) {
		return nil, &Error{path, ErrBadName, nil}
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, &Error{path, ErrTaken, nil}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, failure(path, err)
	}
	temp := filepath.Join(filepath.Dir(path), tempPrefix+rand.Text())
	if err := os.Mkdir(temp, 0o777); err != nil {
		return nil, failure(path, err)
	}
	return &Folder{ctx: ctx, target: path, Temp: temp}, nil
}

// Commit gives the folder its name, unless something has it. Its files have to
// be on the disk, as [File.Commit] leaves them.
func (f *Folder) Commit() error {
	defer f.Abort()
	if err := context.Cause(f.ctx); err != nil {
		return err
	}
	syncFolder(f.Temp)
	if err := moveFolder(f.Temp, f.target); err != nil {
		if err := failure(f.target, err); !errors.Is(err, ErrExists) {
			return err
		}
		return &Error{f.target, ErrTaken, err}
	}
	f.ended = true
	syncFolder(filepath.Dir(f.target))
	return nil
}

// Abort removes the folder and all that is in it, unless Commit has given it
// its name.
func (f *Folder) Abort() {
	if f.ended {
		return
	}
	f.ended = true
	_ = os.RemoveAll(f.Temp)
}
