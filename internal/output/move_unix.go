//go:build unix

package output

import (
	"errors"
	"io/fs"
	"os"
)

// replaceable has nothing to find: an open file can be replaced here, and its
// permissions are no matter.
func replaceable(string) error { return nil }

// isChanged reports a name that the system does not keep as it is given.
func isChanged(string) bool { return false }

// moveNew gives temp the name target unless a file has that name. A hard link
// does that almost everywhere. FAT and some network file systems have no hard
// links and return various errors, so moveNew tries the next way after any
// error.
func moveNew(temp, target string) error {
	err := moveLinked(temp, target)
	for _, move := range []func(temp, target string) error{renameNew, moveClaimed} {
		if err == nil || errors.Is(err, fs.ErrExist) {
			break
		}
		err = move(temp, target)
	}
	return err
}

func moveLinked(temp, target string) error {
	if err := os.Link(temp, target); err != nil {
		return err
	}
	_ = os.Remove(temp)
	return nil
}

// syncFolder makes the new name last. Not every file system can, and the file
// is there whether or not it could.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
