// Package update accounts for every byte that was appended to a PDF file, and
// tells whether a reader that rebuilds the cross-references from the bytes finds
// the same document.
//
// An update (ISO 32000-1, 7.5.6) consists of objects, each of which its own
// cross-references name where it stands, of these cross-references and of
// startxref. Anything else, or a number that is off by little, makes some
// readers give up on the cross-references and look for objects by themselves:
// then other objects count, wherever they are hidden.
package update

import "fmt"

// Kind is a rule of structure that an update breaks.
type Kind string

// The kinds.
const (
	Bytes        Kind = "bytes"         // bytes that belong to no object and to no cross-reference
	Named        Kind = "offset"        // a cross-reference does not name an object where it begins
	Outside      Kind = "outside"       // a cross-reference names an object anew that is not in the update
	Twice        Kind = "twice"         // an object stands twice in an update
	Reference    Kind = "section"       // the cross-reference section itself is not exact
	Previous     Kind = "prev"          // Prev does not name the section before
	Size         Kind = "size"          // Size does not count all objects
	Hybrid       Kind = "hybrid"        // a table and the stream beside it disagree
	End          Kind = "startxref"     // startxref does not name the section
	Far          Kind = "end"           // startxref is not in the last 1,024 bytes
	Stream       Kind = "length"        // a stream does not end where its Length says
	ObjectStream Kind = "object-stream" // an object stream holds objects that no cross-reference names
	Hidden       Kind = "hidden"        // an object that only a rebuilding reader finds
	Generation   Kind = "generation"    // a reference with another generation than its object has
	Linearized   Kind = "linearized"    // the file is read from two places according to its length
	Unread       Kind = "unreadable"    // an object of the update cannot be read
)

// Fault is a broken rule.
type Fault struct {
	Kind   Kind
	Offset int64 // from the header's percent sign; -1 where there is no one place
	Number int   // of the object it is about; 0 where there is none
	Err    error // what reading found, or nil
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
