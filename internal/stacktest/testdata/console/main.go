// Console runs a program as a shell of Windows does: in its own console, which
// is then not the program's alone, and without ending at the program's Ctrl-C.
// With -hold it has files open meanwhile and shares nothing of them; with
// -lend it lets others read them.
//
//	console [-hold FILE | -lend FILE]... PROGRAM [ARGUMENT]...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	args := os.Args[1:]
	for len(args) > 2 && (args[0] == "-hold" || args[0] == "-lend") {
		share := uint32(0)
		if args[0] == "-lend" {
			share = syscall.FILE_SHARE_READ
		}
		name, err := syscall.UTF16PtrFromString(args[1])
		if err == nil {
			_, err = syscall.CreateFile(name, syscall.GENERIC_READ, share, nil, syscall.OPEN_EXISTING, syscall.FILE_FLAG_BACKUP_SEMANTICS, 0)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "console:", args[1], err)
			os.Exit(99)
		}
		args = args[2:]
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(99)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}
