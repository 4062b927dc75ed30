package output

import "golang.org/x/sys/unix"

func renameNew(temp, target string) error {
	return unix.RenamexNp(temp, target, unix.RENAME_EXCL)
}
