package output

import (
	"strings"

	"golang.org/x/sys/windows"
)

// replaceable returns the obstacle to replacing a file: its attribute, or a
// program that has it open without sharing deletion. It opens the file in the
// same way as the rename.
func replaceable(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	attributes, err := windows.GetFileAttributes(name)
	if err != nil {
		return err
	}
	if attributes&windows.FILE_ATTRIBUTE_READONLY != 0 {
		return &Error{path, ErrReadOnly, nil}
	}
	const everybody = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, windows.DELETE, everybody, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

// isChanged reports a name that the system does not keep as it is given: it
// drops dots and spaces at the end, so the file would have another name.
func isChanged(base string) bool { return base != strings.TrimRight(base, ". ") }

// moveNew gives temp the name target unless something has it: without
// MOVEFILE_REPLACE_EXISTING the call does just that, on every file system.
func moveNew(temp, target string) error {
	from, err := windows.UTF16PtrFromString(temp)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(target)
	if err != nil {
		return err
	}
	return windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
}

// moveFolder is moveNew: the call moves folders as well.
func moveFolder(temp, target string) error { return moveNew(temp, target) }

// syncFolder has nothing to do: MOVEFILE_WRITE_THROUGH did it.
func syncFolder(string) {}
