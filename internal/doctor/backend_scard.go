//go:build cgo && !windows

package doctor

// Backend is how this program reaches PC/SC.
const Backend = "linked"
