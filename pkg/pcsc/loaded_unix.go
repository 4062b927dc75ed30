//go:build !cgo && (linux || darwin)

package pcsc

import (
	"errors"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// char is the unit of text.
type char = byte

// openLibrary loads the PC/SC library and gives the finder of its functions.
func openLibrary() (func(name string) (uintptr, error), error) {
	// dlerror speaks of the last call of its own thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	library, err := purego.Dlopen(libraryName, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	return func(name string) (uintptr, error) { return purego.Dlsym(library, name) }, nil
}

func encode(text string) ([]char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errors.New("a zero byte in the text")
	}
	return append([]char(text), 0), nil
}

func decode(text []char) string { return string(text) }
