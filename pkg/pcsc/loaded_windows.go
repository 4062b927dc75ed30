package pcsc

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

type (
	dword  = uint32
	handle = uintptr
	char   = uint16
)

const (
	maxATRSize      = 36
	readerStateSize = int(unsafe.Sizeof(readerState{}))
)

// openLibrary loads winscard.dll from the system's folder only, and not a file
// that somebody put beside the program.
func openLibrary() (func(name string) (uintptr, error), error) {
	library := windows.NewLazySystemDLL("winscard.dll")
	if err := library.Load(); err != nil {
		return nil, err
	}
	return func(name string) (uintptr, error) {
		switch name {
		case opListReaders, opGetStatusChange, opConnect:
			name += "W" // these take text
		}
		proc := library.NewProc(name)
		if err := proc.Find(); err != nil {
			return 0, err
		}
		return proc.Addr(), nil
	}, nil
}

func encode(text string) ([]char, error) { return windows.UTF16FromString(text) }

func decode(text []char) string { return windows.UTF16ToString(text) }
