package pdf

import (
	"errors"
	"fmt"
)

var (
	// ErrNotPDF is a file without a %PDF header in its first 1024 bytes.
	ErrNotPDF = errors.New("pdf: not a PDF file")
	// ErrEncrypted is a file whose trailer has an Encrypt entry.
	ErrEncrypted = errors.New("pdf: the file is encrypted")
	// ErrTooLarge is the cause of a DamagedError where a bound of this
	// package was met: the file may be sound, but nobody needs such a one.
	ErrTooLarge = errors.New("larger than this reader allows")
	// ErrFilter is the cause of a DamagedError where a cross-reference or
	// object stream uses a filter that this reader does not decode.
	ErrFilter = errors.New("unsupported stream filter")
)

// DamagedError is a file that contradicts ISO 32000 or itself at a place that
// had to be read.
type DamagedError struct {
	Offset int64 // from the header's percent sign; -1 where there is no one place
	Err    error
}

func (e *DamagedError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("pdf: damaged: %v", e.Err)
	}
	return fmt.Sprintf("pdf: damaged at byte %d: %v", e.Offset, e.Err)
}
func (e *DamagedError) Unwrap() error { return e.Err }

// Damagef makes a [DamagedError] without a place, for what the objects of a
// file say to each other.
func Damagef(format string, args ...any) error { return damaged(-1, format, args...) }

func damaged(offset int64, format string, args ...any) error {
	return &DamagedError{offset, fmt.Errorf(format, args...)}
}
