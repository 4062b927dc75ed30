//go:build unix

package p11host

import (
	"net"
	"os"
	"strconv"
	"syscall"
)

// Inherited is the socket that systemd opened for this service
// (sd_listen_fds(3)); nil if there is none.
func Inherited(getenv func(string) string) (net.Listener, error) {
	const first = 3
	pid, _ := strconv.Atoi(getenv("LISTEN_PID"))
	n, _ := strconv.Atoi(getenv("LISTEN_FDS"))
	if pid != os.Getpid() || n < 1 {
		return nil, nil
	}
	syscall.CloseOnExec(first)
	f := os.NewFile(first, "LISTEN_FD_3")
	defer f.Close()
	return net.FileListener(f)
}
