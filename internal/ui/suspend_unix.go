//go:build !windows

package ui

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// suspendable lets Ctrl-Z stop the program in the middle of a question without
// leaving the shell with a terminal that shows nothing: the terminal is as
// before while the program is stopped, and as now when it goes on. resumed is
// called then. The function that is returned ends this.
func suspendable(fd int, before *term.State, resumed func()) func() {
	stops, resumes := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(stops, syscall.SIGTSTP)
	signal.Notify(resumes, syscall.SIGCONT)
	go func() {
		for range stops {
			now, err := term.GetState(fd)
			if err != nil {
				continue
			}
			_ = term.Restore(fd, before)
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
			<-resumes // the stop comes a moment after Kill
			_ = term.Restore(fd, now)
			resumed()
		}
	}()
	return func() {
		signal.Stop(stops)
		signal.Stop(resumes)
		close(stops)
	}
}

// Unstoppable keeps Ctrl-Z from stopping the program until the function that is
// returned is called: in the middle of a card's transaction the card would stay
// taken, and a verified PIN open.
func Unstoppable() func() {
	signal.Ignore(syscall.SIGTSTP)
	return func() { signal.Reset(syscall.SIGTSTP) }
}
