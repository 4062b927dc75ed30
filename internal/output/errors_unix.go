//go:build unix

package output

import "syscall"

var reasons = map[syscall.Errno]error{
	syscall.ENOTDIR:      ErrNoFolder,
	syscall.ENAMETOOLONG: ErrNameTooLong,
	syscall.EROFS:        ErrNotAllowed,
	syscall.ENOSPC:       ErrNoSpace,
	syscall.EDQUOT:       ErrNoSpace,
	syscall.EFBIG:        ErrNoSpace, // RLIMIT_FSIZE, or more than the file system can hold in a file
}
