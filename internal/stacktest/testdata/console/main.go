// Console runs a program as a shell of Windows does: in its own console, which
// is then not the program's alone, and without ending at the program's Ctrl-C.
// With -hold it has a file open meanwhile and shares nothing of it; with -lend
// it lets others read it.
//
//	console [-hold FILE | -lend FILE]... PROGRAM [ARGUMENT]...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	args := os.Args[1:]
	for len(args) > 2 && (args[0] == "-hold" || args[0] == "-lend") {
		if err := open(args[1], args[0] == "-lend"); err != nil {
			fail(err)
		}
		args = args[2:]
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		fail(err)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "console:", err)
	os.Exit(99)
}
