//go:build !windows

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// endOfInput is what ends input that is typed.
const endOfInput = "Ctrl-D"

var endingSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// outliveReader keeps a stream that nobody reads any more from killing the
// program, as a signal does that nobody catches: a verified PIN would stay
// open. The write then fails. Not ignored but caught, it stays the default of
// the programs that are run.
func outliveReader() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
