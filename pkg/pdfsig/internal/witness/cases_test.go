//go:build foreign

package witness

import (
	"fmt"
	"hash/fnv"
)

// want is what verification must say of a case.
type want string

const (
	// accepted is an honest update: 0, every reader shows the same, and qpdf
	// finds nothing.
	accepted want = "accepted"
	// tolerated is one that is not exact to the letter and that every reader
	// takes: 0, or 9 where it cannot be told from a hostile one.
	tolerated want = "tolerated"
	// shownToo is a genuine signature that shows itself: 0, with that said.
	shownToo want = "shown too"
	// told is an honest update that shows more: 7.
	told want = "told"
	// forbidden is an honest update that the signature does not allow: 8.
	forbidden want = "forbidden"
	// refused is a hostile update: anything but 0.
	refused want = "refused"
	// open is decided by the witnesses alone: 0 only if all show the same.
	open want = "open"
)

func (w want) honest() bool { return w != refused && w != open }

// kase is a signed file and what became of it.
type kase struct {
	kind  string // the trick; a slice of the test has each of them
	name  string
	build func() *file
	want  want
	qpdf  bool // qpdf finds nothing in it
}

// number spreads cases evenly and is the same each time.
func (k kase) number() uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, k.name)
	return h.Sum32()
}

// all gives the generated cases to use.
func all(use func(kase)) {
	for _, part := range []func(func(kase)){honest, waitingCases, otherKinds, ranges, roles, gaps, sections, spellings, numbers} {
		part(use)
	}
}
