//go:build !windows

package input

// endOfInput is what ends input that is typed.
const endOfInput = "Ctrl-D"
