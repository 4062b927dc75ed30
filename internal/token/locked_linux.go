package token

import "golang.org/x/sys/unix"

// protectPage keeps a page out of core dumps and of the memory of children.
func protectPage(page []byte) {
	_ = unix.Madvise(page, unix.MADV_DONTDUMP)
	_ = unix.Madvise(page, unix.MADV_DONTFORK)
}
