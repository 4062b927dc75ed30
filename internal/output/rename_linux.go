package output

import "golang.org/x/sys/unix"

// renameNew can be interrupted on a FUSE file system, and os retries its own
// calls only.
func renameNew(temp, target string) error {
	for {
		err := unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, target, unix.RENAME_NOREPLACE)
		if err != unix.EINTR {
			return err
		}
	}
}
