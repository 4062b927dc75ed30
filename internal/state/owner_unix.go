//go:build unix

package state

import (
	"fmt"
	"os"
	"syscall"
)

// checkOwner refuses a folder that another user owns or may write in, and
// closes one that others may look into.
func checkOwner(path string, info os.FileInfo) error {
	if uid := info.Sys().(*syscall.Stat_t).Uid; int(uid) != os.Geteuid() {
		return &Error{path, ErrForeign, fmt.Errorf("user %d, and this is user %d", uid, os.Geteuid())}
	}
	switch perm := info.Mode().Perm(); {
	case perm&0o022 != 0:
		return &Error{path, ErrOpenToOthers, nil}
	case perm&0o055 != 0:
		if err := os.Chmod(path, 0o700); err != nil {
			return &Error{path, errFailed, err}
		}
	}
	return nil
}
