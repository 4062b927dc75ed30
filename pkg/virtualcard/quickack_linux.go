package virtualcard

import (
	"net"
	"syscall"
)

// acknowledgeNow sets TCP_QUICKACK. Linux forgets it again, so it is set after
// every read (tcp(7)). Where it fails, exchanges are slower and nothing else.
func acknowledgeNow(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
