package pin

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// The test binary is its own pinentry and its own jpki.
const (
	roleVariable   = "PIN_TEST_ROLE"
	logVariable    = "PIN_TEST_LOG"
	markerVariable = "PIN_TEST_MARKER"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "descriptor 3", "descriptor 1":
		printPIN(Flag{Descriptor, role[len("descriptor "):]})
	case "terminal name":
		fmt.Print(terminalName(os.Getenv))
	case "interrupted":
		interruptPinentry(os.Args[1])
	case "file argument":
		printPIN(Flag{File, os.Args[1]})
	default:
		pinentryRole(role)
	}
}

func fail(why ...any) {
	fmt.Fprintln(os.Stderr, why...)
	os.Exit(1)
}

// printPIN ends well if the PIN from flag is 1234.
func printPIN(flag Flag) {
	s, err := Choose(Options{Flags: []Flag{flag}}, Env{Stdin: os.Stdin, Stderr: os.Stderr, Getenv: os.Getenv})
	if err != nil {
		fail(err)
	}
	p, err := s.Current(context.Background(), Ask{})
	if err != nil || !p.Equal(pinOf("1234")) {
		fail(err)
	}
}

func inRole(role string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}
