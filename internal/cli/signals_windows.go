package cli

import (
	"os"
	"syscall"
)

// endOfInput is what ends input that is typed.
const endOfInput = "Ctrl-Z, Enter"

// endingSignals ask the program to end. Windows turns the closing of the console,
// logging off and shutting down into SIGTERM.
func endingSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// outliveReader has nothing to do: a write that fails is no signal here.
func outliveReader() {}
