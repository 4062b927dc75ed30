// Package companion finds the files next to a document that the document names:
// the files that its signatures cover, and the files of an application.
//
// The disk may spell a name differently from the document, because macOS
// decomposes names (NFD). Therefore the package compares names by canonical
// equivalence. It never reaches anything above the folder, and opens only
// regular files.
package companion

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Folder is where a document lies: a directory, or one in an archive. It can
// be used by several goroutines at once.
type Folder struct {
	fsys fs.FS
	root *os.Root // to be closed, or nil
	err  error    // why nothing can be found

	mu    sync.Mutex
	lists map[string][]string // names of a directory, by its path
}

// Open opens the folder at a path on disk. It does not follow symbolic links
// that lead out of the folder.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := folderOf(root.FS())
	f.root = root
	return f, nil
}

// At opens the folder at a path on disk as [Open] does. If that fails, each
// search in the folder returns the error, so that callers without a search need
// not handle it.
func At(dir string) *Folder {
	f, err := Open(dir)
	if err != nil {
		return &Folder{err: err}
	}
	return f
}

// folderOf returns the folder for a file system, such as an archive.
func folderOf(fsys fs.FS) *Folder { return &Folder{fsys: fsys, lists: map[string][]string{}} }

// Close lets the folder go.
func (f *Folder) Close() error {
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}

// AmbiguousError is a name that matches several files. They differ only in
// their Unicode form, so none can be preferred.
type AmbiguousError struct {
	Name  string
	Files []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q and %d more have canonically equivalent names", e.Files[0], len(e.Files)-1)
}

// find returns the path of a file as the folder spells it. name is a path
// downwards with slashes. The error is fs.ErrNotExist for a missing file,
// fs.ErrInvalid for a name that leads out of the folder, or an
// [*AmbiguousError].
func (f *Folder) find(name string) (string, error) {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return "", &fs.PathError{Op: "find", Path: name, Err: fs.ErrInvalid}
	}
	if f.err != nil {
		return "", f.err
	}
	at := "."
	for segment := range strings.SplitSeq(name, "/") {
		names, err := f.list(at)
		if err != nil {
			return "", err
		}
		wanted := norm.NFC.String(segment)
		var found []string
		for _, n := range names {
			if n == segment || norm.NFC.String(n) == wanted {
				found = append(found, n)
			}
		}
		switch len(found) {
		case 0:
			return "", &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
		case 1:
			at = path.Join(at, found[0])
		default:
			return "", &AmbiguousError{Name: name, Files: found}
		}
	}
	return at, nil
}

// list gives the names in a directory of the folder, read once.
func (f *Folder) list(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if names, known := f.lists[dir]; known {
		return slices.Clip(names), nil
	}
	entries, err := fs.ReadDir(f.fsys, dir)
	if err != nil {
		if info, statErr := fs.Stat(f.fsys, dir); statErr == nil && !info.IsDir() {
			err = &fs.PathError{Op: "find", Path: dir, Err: fs.ErrNotExist} // a file has nothing in it
		}
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	f.lists[dir] = names
	return names, nil
}

// Open opens the file of a name. It returns the errors of Find and of the file
// system, and fs.ErrInvalid for anything but a regular file.
func (f *Folder) Open(name string) (fs.File, error) {
	found, err := f.find(name)
	if err != nil {
		return nil, err
	}
	// Before opening: a pipe would wait for somebody who writes.
	info, err := fs.Stat(f.fsys, found)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return f.fsys.Open(found)
}
