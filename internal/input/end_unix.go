//go:build !windows

package input

// endOfInput is the key that ends typed input.
const endOfInput = "Ctrl-D"
