//go:build unix

package state

import (
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks f if nobody has. The lock belongs to the open file, so it holds
// between goroutines too and ends when the file is closed.
func tryLock(f *os.File) (taken bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK || err == unix.EINTR {
		return false, nil
	}
	return err == nil, err
}
