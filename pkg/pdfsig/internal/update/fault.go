// Package update accounts for every byte that was appended to a PDF file. It
// also checks that a reader that rebuilds the cross-references from the bytes
// finds the same document.
//
// An update (ISO 32000-1, 7.5.6) consists of objects, of a cross-reference
// section with the exact offset of each object, and of startxref. With any
// other bytes, or a number that is slightly wrong, some readers ignore the
// cross-references and search the file for objects. They can then find objects
// that are hidden anywhere in the file.
package update

import "fmt"

// Kind names a structural rule that an update breaks.
type Kind string

// Kinds of faults.
const (
	Bytes        Kind = "bytes"         // bytes that belong to no object and to no cross-reference
	Named        Kind = "offset"        // a cross-reference does not give the exact offset of an object
	Outside      Kind = "outside"       // a cross-reference gives a new place to an object outside the update
	Twice        Kind = "twice"         // an update contains an object twice
	Reference    Kind = "section"       // the cross-reference section itself is not exact
	Previous     Kind = "prev"          // Prev does not give the offset of the previous section
	Size         Kind = "size"          // Size does not count all objects
	Hybrid       Kind = "hybrid"        // a table and the stream beside it disagree
	End          Kind = "startxref"     // startxref does not give the offset of the section
	Far          Kind = "end"           // startxref is not in the last 1,024 bytes
	Stream       Kind = "length"        // a stream does not end at its Length
	ObjectStream Kind = "object-stream" // an object stream holds objects that no cross-reference lists
	Hidden       Kind = "hidden"        // an object that only a rebuilding reader finds
	Generation   Kind = "generation"    // a reference has another generation than its object
	Linearized   Kind = "linearized"    // the Length of the linearization dictionary decides where readers begin
	Unread       Kind = "unreadable"    // an object of the update cannot be read
	Pages        Kind = "pages"         // readers find other pages, or pages of another form
	Drawn        Kind = "drawn"         // readers draw an object in different ways
)

// Fault is one broken rule.
type Fault struct {
	Kind   Kind
	Offset int64 // from the header's percent sign; -1 if there is no single place
	Number int   // object number; 0 if the fault is about no object
	Err    error // the underlying read error, or nil
}

func (f *Fault) Error() string {
	where := ""
	if f.Number > 0 {
		where = fmt.Sprintf(", object %d", f.Number)
	}
	if f.Offset >= 0 {
		where += fmt.Sprintf(", byte %d", f.Offset)
	}
	if f.Err != nil {
		where += fmt.Sprintf(": %v", f.Err)
	}
	return fmt.Sprintf("the structure of the file is not exact (%s%s)", f.Kind, where)
}

func (f *Fault) Unwrap() error { return f.Err }

func fault(kind Kind, offset int64, number int) *Fault { return &Fault{kind, offset, number, nil} }
