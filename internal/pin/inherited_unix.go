//go:build unix

package pin

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// inherited opens a descriptor that this program was started with. Such a
// descriptor has no FD_CLOEXEC. All descriptors that the Go runtime itself
// opened have it, and their numbers cannot be foreseen.
func inherited(n int) (*os.File, error) {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	if err != nil {
		return nil, err
	}
	mode, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
	switch {
	case err != nil:
		return nil, err
	case flags&unix.FD_CLOEXEC != 0:
		return nil, unix.EBADF
	case mode&unix.O_ACCMODE == unix.O_WRONLY:
		return nil, errors.New("it is open for writing only")
	case n <= 2:
		return nil, errors.New("it is for output")
	}
	unix.CloseOnExec(n) // commands have no business with it
	return os.NewFile(uintptr(n), "descriptor"), nil
}
