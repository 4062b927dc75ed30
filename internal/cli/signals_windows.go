package cli

import (
	"os"
	"syscall"
)

// endingSignals ask the program to end. Windows turns the closing of the console,
// logging off and shutting down into SIGTERM.
func endingSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// surviveBrokenPipe does nothing: on Windows a failed write raises no signal.
func surviveBrokenPipe() {}
