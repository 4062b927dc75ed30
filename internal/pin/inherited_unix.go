//go:build unix

package pin

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// inherited opens a descriptor that this program was started with. Those are
// the ones without FD_CLOEXEC: all that the Go runtime opened itself, whose
// numbers nobody can foresee, have it.
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
