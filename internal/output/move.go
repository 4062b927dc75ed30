//go:build !windows

package output

import (
	"errors"
	"io/fs"
	"os"
)

// moveClaimed takes the name with an empty file that is made only if there was
// none, and renames temp over it. It is the last resort, for file systems that
// can neither link nor rename without replacing: a crash between the two steps
// leaves the empty file.
func moveClaimed(temp, target string) error {
	claim, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_ = claim.Close()
	if err := os.Rename(temp, target); err != nil {
		_ = os.Remove(target)
		return err
	}
	return nil
}

// moveFolder renames a folder to a name that nothing has. Where the system
// cannot do that in one step, a folder that appears between the two is an error
// of Rename or, on Unix and if it is empty, replaced.
func moveFolder(temp, target string) error {
	err := renameNew(temp, target)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(target); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temp, target)
}
