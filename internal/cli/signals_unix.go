//go:build !windows

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// endingSignals ask the program to end. One that nohup started goes on when its
// terminal closes.
func endingSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// surviveBrokenPipe keeps a stream that nobody reads any more from killing the
// program, as a signal does that nobody catches: a verified PIN would stay
// open. The write then fails. Not ignored but caught, it stays the default of
// the programs that are run.
func surviveBrokenPipe() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
