package output

import (
	"syscall"

	"golang.org/x/sys/windows"
)

var reasons = map[syscall.Errno]error{
	windows.ERROR_DIRECTORY:            ErrNoFolder,
	windows.ERROR_FILENAME_EXCED_RANGE: ErrNameTooLong,
	windows.ERROR_WRITE_PROTECT:        ErrNotAllowed,
	windows.ERROR_DISK_FULL:            ErrNoSpace,
	windows.ERROR_HANDLE_DISK_FULL:     ErrNoSpace,
	windows.ERROR_DISK_QUOTA_EXCEEDED:  ErrNoSpace,
	windows.ERROR_PRIVILEGE_NOT_HELD:   ErrNotAllowed,
	windows.ERROR_SHARING_VIOLATION:    ErrInUse,
	windows.ERROR_LOCK_VIOLATION:       ErrInUse,
	windows.ERROR_BAD_PATHNAME:         ErrBadName,
	windows.ERROR_USER_MAPPED_FILE:     ErrInUse,
	windows.ERROR_INVALID_NAME:         ErrBadName,
}
