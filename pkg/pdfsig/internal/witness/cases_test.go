//go:build foreign

package witness

import (
	"fmt"
	"hash/fnv"
)

// want is the expected verdict on a case.
type want string

const (
	// accepted is an honest update: status 0. Every reader shows the same, and
	// qpdf finds nothing.
	accepted want = "accepted"
	// tolerated is an inexact update that every reader accepts: status 0, or 9
	// if it cannot be told from a hostile one.
	tolerated want = "tolerated"
	// shownToo is a genuine visible signature: status 0, with a note about it.
	shownToo want = "shown too"
	// told is an honest update with more visible content: status 7.
	told want = "told"
	// forbidden is an honest update that the signature does not allow: status
	// 8.
	forbidden want = "forbidden"
	// refused is a hostile update: any status except 0.
	refused want = "refused"
	// open means that the readers decide: status 0 only if all show the same.
	open want = "open"
)

func (w want) honest() bool { return w != refused && w != open }

// testCase is a signed file and its later form.
type testCase struct {
	kind  string // kind of trick; a partial run includes one case of each
	name  string
	build func() *file
	want  want
	qpdf  bool // qpdf must find nothing in it
}

// number spreads cases evenly. It is the same in every run.
func (k testCase) number() uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, k.name)
	return h.Sum32()
}

// all passes the generated cases to use.
func all(use func(testCase)) {
	for _, part := range []func(func(testCase)){honest, waitingCases, otherKinds, ranges, roles, gaps, sections, spellings, numbers} {
		part(use)
	}
}
