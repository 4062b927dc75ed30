// Package companion finds the files that lie beside a document and that the
// document names: those its signatures are over, those of an application.
//
// The document says a name, the disk may spell it in another way: macOS hands
// out names decomposed (NFD). So a name is looked for by canonical equivalence.
// Nothing above the folder is ever reached, and nothing but plain files is
// opened.
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

// Open gives the folder of a path on disk. Symbolic links that lead out of it
// are not followed.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := In(root.FS())
	f.root = root
	return f, nil
}

// At gives the folder of a path on disk as [Open] does. Where it cannot be
// opened, which matters only to who looks for something in it, that is the
// error of looking.
func At(dir string) *Folder {
	f, err := Open(dir)
	if err != nil {
		return &Folder{err: err}
	}
	return f
}

// In gives the folder that a file system is, an archive say.
func In(fsys fs.FS) *Folder { return &Folder{fsys: fsys, lists: map[string][]string{}} }

// Close lets the folder go.
func (f *Folder) Close() error {
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}

// AmbiguousError tells of a name that several files have, which differ in how
// Unicode is written only: which of them is meant cannot be told.
type AmbiguousError struct {
	Name  string
	Files []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q and %d more have canonically equivalent names", e.Files[0], len(e.Files)-1)
}

// Find gives the path of a file as the folder spells it. name is a path
// downwards with slashes. The error is fs.ErrNotExist where there is no such
// file, fs.ErrInvalid for a name that leads elsewhere, or an [*AmbiguousError].
func (f *Folder) Find(name string) (string, error) {
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
	found, err := f.Find(name)
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
