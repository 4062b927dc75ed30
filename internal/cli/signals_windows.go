package cli

import (
	"os"
	"syscall"
)

// endingSignals ask the program to end. Windows turns the closing of the console,
// logging off and shutting down into SIGTERM.
func endingSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// surviveBrokenPipe has nothing to do: a write that fails is no signal here.
func surviveBrokenPipe() {}
