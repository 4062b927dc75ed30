//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// endOfInput is what ends input that is typed.
const endOfInput = "Ctrl-D"

var endingSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
