//go:build !cgo

package pcsc

// SCARD_READERSTATE of Apple's pcsclite.h: two pointers, three 32-bit words,
// 33 bytes, and no padding. The compiler checks it.
var _ [8 + 8 + 4 + 4 + 4 + 33]struct{} = [readerStateSize]struct{}{}
