//go:build !windows

package cli

// ownWindow is always false: here nothing opens a window for a program that is
// written for terminals, or the window stays.
func ownWindow() bool { return false }
