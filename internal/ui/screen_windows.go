package ui

import (
	"os"

	"golang.org/x/sys/windows"
)

// Addressable is decided by enableSequences: Windows sets no TERM.
func Addressable(string) bool { return true }

// Understands reports whether an output takes control sequences: a console only
// after [Sequences], and only from Windows 10 on.
func Understands(stream any) bool {
	f, ok := stream.(descriptor)
	var mode uint32
	return ok && windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil && mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
}

// Sequences turns on control sequences for the consoles among the files, as far
// as each supports them. restore brings back the former modes.
func Sequences(files ...*os.File) (restore func()) {
	var all []func()
	for _, f := range files {
		if back, ok := enableSequences(f); ok {
			all = append(all, back)
		}
	}
	return func() {
		for i := range all {
			all[len(all)-1-i]() // two files may be one console
		}
	}
}

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

// Windows sends no signal for a new size; the next event redraws the view.
func watchSize(*Screen)   {}
func unwatchSize(*Screen) {}
