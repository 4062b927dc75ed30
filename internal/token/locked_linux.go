package token

import "golang.org/x/sys/unix"

// keepToSelf keeps a page out of core dumps and of the memory of children.
func keepToSelf(page []byte) {
	_ = unix.Madvise(page, unix.MADV_DONTDUMP)
	_ = unix.Madvise(page, unix.MADV_DONTFORK)
}
