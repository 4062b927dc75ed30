//go:build linked && !cgo

package pcsc

// The program names the library among those it needs, so that it starts only
// where the loader finds it. Its functions are looked up as in every other
// program without cgo. No C compiler takes part: what it writes would differ
// from one system to the next.
//
//go:cgo_import_dynamic _ _ "libpcsclite.so.1"
