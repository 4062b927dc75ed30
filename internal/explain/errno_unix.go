//go:build unix

package explain

import (
	"errors"
	"io/fs"
	"syscall"
)

// unreadable says why the system does not let a file be read.
var unreadable = map[syscall.Errno]text{
	syscall.ENOTDIR:      pathThroughFile,
	syscall.ENAMETOOLONG: nameTooLong,
	syscall.ELOOP:        {JA: "シンボリックリンクが輪になっています", EN: "its symbolic links go in a circle"},
	syscall.EIO:          deviceFails,
	syscall.ENXIO:        deviceFails,
	syscall.ESTALE:       networkGone,
	syscall.EHOSTDOWN:    networkGone,
	syscall.EMFILE:       tooManyOpen,
	syscall.ENFILE:       tooManyOpen,
	syscall.ETXTBSY:      inUse,
	syscall.EBUSY:        inUse,
}

// isFolder reports that a folder was read like a file.
func isFolder(err error) bool { return errors.Is(err, syscall.EISDIR) }

// isDevice is for the names that are devices in every folder on Windows.
func isDevice(*fs.PathError) bool { return false }
