//go:build unix

package token

import (
	"golang.org/x/sys/unix"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// lockInMemory moves a PIN to a page of its own that is not swapped out, as far
// as the system allows. The returned function frees the page; wipe the PIN
// before.
func lockInMemory(p jpki.PIN) (jpki.PIN, func()) {
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return p, func() {}
	}
	_ = unix.Mlock(page)
	protectPage(page)
	return p.MoveTo(page), func() {
		clear(page)
		_ = unix.Munmap(page)
	}
}
