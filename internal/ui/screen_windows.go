package ui

import (
	"os"

	"golang.org/x/sys/windows"
)

// Addressable is decided by enableSequences: Windows sets no TERM.
func Addressable(string) bool { return true }

// enableSequences has the console understand control sequences, which it does
// from Windows 10 on.
func enableSequences(f *os.File) (restore func(), ok bool) {
	console := windows.Handle(f.Fd())
	var before uint32
	if windows.GetConsoleMode(console, &before) != nil {
		return nil, false
	}
	if windows.SetConsoleMode(console, before|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return nil, false
	}
	return func() { _ = windows.SetConsoleMode(console, before) }, true
}

// Windows tells nothing of a new size; the next event draws for it.
func watchSize(*Screen)   {}
func unwatchSize(*Screen) {}
