package pdf

import (
	"errors"
	"fmt"
)

var (
	// ErrNotPDF reports a file without a %PDF header in its first 1024 bytes.
	ErrNotPDF = errors.New("pdf: not a PDF file")
	// ErrTooLarge is the cause of a DamagedError if a file exceeds a bound of
	// this package. The file may be valid, but no honest file needs to be that
	// large.
	ErrTooLarge = errors.New("larger than this reader allows")
	// ErrFilter is the cause of a DamagedError if a cross-reference or object
	// stream uses an unsupported filter.
	ErrFilter = errors.New("unsupported stream filter")
	// ErrAgreed is the cause of a DamagedError if an object is sound except for
	// a # in a name without two hexadecimal digits, or an integer of more than
	// 18 digits. Readers agree on such objects.
	ErrAgreed = errors.New("wrong, but of no effect in readers")
)

// Fault is the damaged part of a file in a [DamagedError].
type Fault string

// Faults of a file. Except for the first and the last two, readers repair each
// fault in their own way, so they can show different documents.
const (
	FaultEnd            Fault = "end"             // startxref or %%EOF is missing, for example in a truncated file
	FaultCrossReference Fault = "cross-reference" // a table, a cross-reference stream, a trailer
	FaultObject         Fault = "object"          // an object cannot be read
	FaultTwice          Fault = "twice"           // two entries for the same thing differ
	FaultCatalog        Fault = "catalog"
	FaultPages          Fault = "pages"
	FaultForm           Fault = "form"
	FaultStructure      Fault = "structure" // any other contradiction between objects
	FaultFilter         Fault = "filter"    // an unsupported filter in the file's structure
	FaultTooLarge       Fault = "too-large" // a bound is exceeded
)

// DamagedError reports a contradiction to ISO 32000, or within the file, at a
// place that had to be read.
type DamagedError struct {
	Fault  Fault
	Offset int64 // from the header's percent sign; -1 if there is no single place
	Number int   // object number; 0 if unknown, or if the error is about no object
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

// Damagef makes a [DamagedError] without an offset, for contradictions between
// objects.
func Damagef(format string, args ...any) error {
	return Faultf(FaultStructure, format, args...)
}

// Faultf is like [Damagef], for another part of the file.
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

// within adds the part of the file and the object number to an error, unless an
// inner call has already set them.
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
