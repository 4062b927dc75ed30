package cli

import (
	"unsafe"

	"github.com/spf13/cobra"
	"golang.org/x/sys/windows"
)

// The program explains itself when it is double-clicked; cobra would do it in
// English.
func init() { cobra.MousetrapHelpText = "" }

var getConsoleProcessList = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList")

// ownWindow reports whether the console is this program's alone: no shell runs
// in it, and its window closes with the program, as after a double click.
func ownWindow() bool {
	var processes [2]uint32
	n, _, _ := getConsoleProcessList.Call(uintptr(unsafe.Pointer(&processes[0])), uintptr(len(processes)))
	return n == 1 // 0 is an error, or no console
}
