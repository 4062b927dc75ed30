package pin

import "golang.org/x/term"

// terminalName is empty: a pinentry opens a window here.
func terminalName(func(string) string) string { return "" }

func terminalState(string) *term.State { return nil }

func restoreTerminal(string, *term.State) {}
