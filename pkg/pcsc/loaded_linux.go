//go:build !cgo

package pcsc

import "unsafe"

// In pcsc-lite a DWORD is an unsigned long and a handle is a long: as wide as
// a pointer.
type (
	dword  = uintptr
	handle = uintptr
)

const (
	libraryName     = "libpcsclite.so.1"
	maxATRSize      = 33
	readerStateSize = int(unsafe.Sizeof(readerState{}))
)
