package p11host

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Peer returns the program at the other end of a socket, and its user.
func Peer(fd int) (p Program, uid int, err error) {
	c, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return p, 0, fmt.Errorf("%w: %w", errNotSocket, err)
	}
	if pid, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID); err == nil {
		p = Named(pid)
	}
	return p, int(c.Uid), nil
}

// Named identifies the program of a process by the name that the kernel keeps.
func Named(pid int) Program {
	p := Program{PID: pid}
	if info, err := unix.SysctlKinfoProc("kern.proc.pid", pid); err == nil {
		name, _, _ := bytes.Cut(info.Proc.P_comm[:], []byte{0})
		p.Path = string(name)
	}
	return p
}

func waitFor(context.Context, int) bool { return false }

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
