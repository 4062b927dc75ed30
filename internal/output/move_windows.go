package output

import "golang.org/x/sys/windows"

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
