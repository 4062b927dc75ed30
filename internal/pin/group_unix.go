//go:build unix

package pin

import (
	"errors"
	"os/exec"
	"syscall"
)

// group is a program and its children: a session of their own, without a
// controlling terminal. A mere process group would be stopped by the terminal
// as soon as it read from it.
type group struct{ id int }

func (g *group) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.id = cmd.Process.Pid
	return nil
}

func (g *group) ask()   { _ = syscall.Kill(-g.id, syscall.SIGTERM) }
func (g *group) kill()  { _ = syscall.Kill(-g.id, syscall.SIGKILL) }
func (g *group) close() {}

// isNotExecutable reports a file that the system does not run.
func isNotExecutable(err error) bool { return errors.Is(err, syscall.ENOEXEC) }
