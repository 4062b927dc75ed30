//go:build unix

package pin

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openFlags keep a terminal that is opened by mistake from becoming ours.
const openFlags = os.O_RDONLY | syscall.O_NOCTTY

// checkPrivate wants a file of this user's or the superuser's that nobody else
// may read or write.
func checkPrivate(_ *os.File, info fs.FileInfo) (reason, details error) {
	return checkAccess(info, 0o077)
}

// checkCredential lets the group's bits pass: systemd lets the service's user
// in with an access list, and those bits show its mask.
func checkCredential(_ *os.File, info fs.FileInfo) (reason, details error) {
	return checkAccess(info, 0o007)
}

func checkAccess(info fs.FileInfo, others fs.FileMode) (reason, details error) {
	owner, self := int(info.Sys().(*syscall.Stat_t).Uid), os.Geteuid()
	if !trusted(owner, self) {
		return ErrForeign, fmt.Errorf("user %d, and this is user %d", owner, self)
	}
	if perm := info.Mode().Perm(); perm&others != 0 {
		return ErrOpenToOthers, fmt.Errorf("its mode is %04o", perm)
	}
	return nil, nil
}

// trusted is who may own a file that this user takes a PIN from: nobody else
// can have put another PIN into it, to have it blocked.
func trusted(owner, self int) bool { return owner == self || owner == 0 }
