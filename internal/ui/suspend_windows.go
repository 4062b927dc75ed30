package ui

import "golang.org/x/term"

// Windows has no Ctrl-Z that stops a program.
func suspendable(int, *term.State, func()) func() { return func() {} }

// Unstoppable does nothing: a program cannot be stopped from its terminal.
func Unstoppable() func() { return func() {} }
