package p11host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MayDetach reports whether the server on fd is a child process that p11-kit
// started and will wait for. p11-kit checks for the child's end every 100 ms,
// and this delays each program that used the token. A child that has already
// ended costs nothing. An sshd as parent is different: it closes the connection
// when its child ends.
func MayDetach(fd int) bool {
	p, uid, err := Peer(fd)
	return err == nil && uid == os.Getuid() && p.PID == os.Getppid() && !strings.HasPrefix(filepath.Base(p.Path), "sshd")
}

// Detach starts this program once more with these arguments, to serve the same
// connection on in and out. The caller then ends.
func Detach(in, out, messages *os.File, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, messages
	return cmd.Start()
}
