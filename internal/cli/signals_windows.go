package cli

import (
	"os"
	"syscall"
)

// Windows turns the closing of the console, logging off and shutting down into
// SIGTERM.
var endingSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}
