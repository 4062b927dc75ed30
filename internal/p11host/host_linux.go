package p11host

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Peer returns the program at the other end of a socket, and its user.
func Peer(fd int) (p Program, uid int, err error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return p, 0, fmt.Errorf("%w: %w", errNotSocket, err)
	}
	return Named(int(c.Pid)), int(c.Uid), nil
}

// Named identifies the program of a process: by its executable, or by the
// process name if the executable is not readable, as with ssh-agent.
func Named(pid int) Program {
	p := Program{PID: pid}
	if pid <= 0 { // in another namespace
		return p
	}
	if path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil {
		p.Path = strings.TrimSuffix(path, " (deleted)")
	} else if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil {
		p.Path = strings.TrimSpace(string(name))
	}
	return p
}

// waitFor waits by a pidfd; it is false if the system has none.
func waitFor(ctx context.Context, pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return true
	}
	if err != nil {
		return false
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer unix.Close(fd)
		for ctx.Err() == nil {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(pollInterval.Milliseconds()))
			if n > 0 || err != nil && err != unix.EINTR {
				return
			}
		}
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return true
}

func alive(pid int) bool { return unix.Kill(pid, 0) != unix.ESRCH }

// PeerOf is Peer of a connection.
func PeerOf(conn *net.UnixConn) (p Program, uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return p, 0, err
	}
	if ctrl := raw.Control(func(fd uintptr) { p, uid, err = Peer(int(fd)) }); ctrl != nil {
		return p, 0, ctrl
	}
	return p, uid, err
}
