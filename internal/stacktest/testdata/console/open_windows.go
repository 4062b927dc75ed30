package main

import "syscall"

// open opens a file and leaves it open.
func open(name string, lend bool) error {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	share := uint32(0)
	if lend {
		share = syscall.FILE_SHARE_READ
	}
	_, err = syscall.CreateFile(path, syscall.GENERIC_READ, share, nil, syscall.OPEN_EXISTING, 0, 0)
	return err
}
