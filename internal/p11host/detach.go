package p11host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MayDetach reports whether the server on fd is a child that p11-kit has made and
// will wait for. p11-kit looks for the child's end every 100 ms, so a program
// that has used the token would end that much later; a child that has ended
// already costs nothing. An sshd is no such parent: it ends the connection with
// its child.
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
