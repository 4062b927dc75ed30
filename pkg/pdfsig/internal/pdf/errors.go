package pdf

import (
	"errors"
	"fmt"
)

var (
	// ErrNotPDF is a file without a %PDF header in its first 1024 bytes.
	ErrNotPDF = errors.New("pdf: not a PDF file")
	// ErrTooLarge is the cause of a DamagedError where a bound of this
	// package was met: the file may be sound, but nobody needs such a one.
	ErrTooLarge = errors.New("larger than this reader allows")
	// ErrFilter is the cause of a DamagedError where a cross-reference or
	// object stream uses a filter that this reader does not decode.
	ErrFilter = errors.New("unsupported stream filter")
)

// Fault is the part of a file that a [DamagedError] is about.
type Fault string

// The faults. Readers repair all but the first and the last two, each in its
// own way, so that they can show different documents.
const (
	FaultEnd            Fault = "end"             // startxref or %%EOF is missing, as when a file was cut off
	FaultCrossReference Fault = "cross-reference" // a table, a cross-reference stream, a trailer
	FaultObject         Fault = "object"          // an object cannot be read
	FaultTwice          Fault = "twice"           // the same thing is said twice, differently
	FaultCatalog        Fault = "catalog"
	FaultPages          Fault = "pages"
	FaultForm           Fault = "form"
	FaultStructure      Fault = "structure" // anything else that objects say to each other
	FaultFilter         Fault = "filter"    // encoded in a way that structure is not
	FaultTooLarge       Fault = "too-large" // beyond a bound, or too much work
)

// DamagedError is a file that contradicts ISO 32000 or itself at a place that
// had to be read.
type DamagedError struct {
	Fault  Fault
	Offset int64 // from the header's percent sign; -1 where there is no one place
	Number int   // of the object; 0 where it is none, or not known
	Err    error
}

func (e *DamagedError) Error() string {
	where := ""
	if e.Number > 0 {
		where = fmt.Sprintf(", object %d", e.Number)
	}
	if e.Offset >= 0 {
		where += fmt.Sprintf(", byte %d", e.Offset)
	}
	return fmt.Sprintf("pdf: damaged%s: %v", where, e.Err)
}
func (e *DamagedError) Unwrap() error { return e.Err }

// Damagef makes a [DamagedError] without a place, for what the objects of a
// file say to each other.
func Damagef(format string, args ...any) error {
	return Faultf(FaultStructure, format, args...)
}

// Faultf is [Damagef] with the part of the file it is about.
func Faultf(fault Fault, format string, args ...any) error {
	return &DamagedError{Fault: fault, Offset: -1, Err: fmt.Errorf(format, args...)}
}

func damaged(offset int64, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	var fault Fault
	switch {
	case errors.Is(err, ErrTooLarge):
		fault = FaultTooLarge
	case errors.Is(err, ErrFilter):
		fault = FaultFilter
	}
	return &DamagedError{Fault: fault, Offset: offset, Err: err}
}

// within says what part of the file an error is about, and which object, where
// nobody further inside has.
func within(err error, fault Fault, number int) error {
	d, ok := err.(*DamagedError)
	if !ok || d.Fault != "" && (d.Number > 0 || number == 0) {
		return err
	}
	told := *d
	if told.Fault == "" {
		told.Fault = fault
	}
	if told.Number == 0 {
		told.Number = number
	}
	return &told
}
