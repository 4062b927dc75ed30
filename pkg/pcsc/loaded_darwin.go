//go:build !cgo

package pcsc

import "unsafe"

// Apple's wintypes.h has 32 bits for a DWORD and for a handle.
type (
	dword  = uint32
	handle = uint32
)

const (
	libraryName = "/System/Library/Frameworks/PCSC.framework/PCSC"
	maxATRSize  = 33
	// Apple packs SCARD_READERSTATE: nothing follows the ATR.
	readerStateSize = int(unsafe.Offsetof(readerState{}.atr)) + maxATRSize
)
