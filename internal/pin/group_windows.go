package pin

import (
	"errors"
	"os/exec"

	"golang.org/x/sys/windows"
)

// group is a program and its children: a job object.
type group struct{ job windows.Handle }

func (g *group) start(cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		windows.CloseHandle(job)
		return err
	}
	g.job = job
	// A program that has ended already cannot be put into a job and needs none.
	_ = cmd.Process.WithHandle(func(h uintptr) {
		_ = windows.AssignProcessToJobObject(job, windows.Handle(h))
	})
	return nil
}

// ask has no gentle way that reaches every program.
func (g *group) ask()   {}
func (g *group) kill()  { _ = windows.TerminateJobObject(g.job, 1) }
func (g *group) close() { _ = windows.CloseHandle(g.job) }

// isNotExecutable reports a file that Windows does not run.
func isNotExecutable(err error) bool { return errors.Is(err, windows.ERROR_BAD_EXE_FORMAT) }
