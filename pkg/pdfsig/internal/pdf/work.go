package pdf

import "math"

// Work is counted in units of some ten nanoseconds, so that no small file takes
// long, whatever it holds: in a hostile one, objects can lie inside each other,
// small streams decode to large ones, and lists are compared with lists.
const (
	unitsAlways  = 24 << 20
	unitsPerByte = 40 // of the file; reading an ordinary one takes a few

	unitsPerObject  = 8 // that is parsed, beside one for each byte
	unitsPerDecoded = 2 // byte of a stream

	// objectsAlways and half an object for each byte of the file are as many
	// as one object may hold.
	objectsAlways = 1 << 18
)

func workOf(size int64) int64 {
	if size > math.MaxInt64/unitsPerByte-unitsAlways {
		return math.MaxInt64
	}
	return unitsAlways + unitsPerByte*size
}

func (f *File) mostObjects() int64 { return objectsAlways + f.size/2 }

// Spend counts work that is done with what the file holds: a unit is about a
// byte read, or a short name compared. The error is that the file has cost all
// that it may.
func (f *File) Spend(units int64) error {
	*f.budget -= units
	return f.allowed()
}

// spend counts work, and allowed says whether it may go on.
func (f *File) spend(n int64) { *f.budget -= n }

func (f *File) allowed() error {
	if *f.budget < 0 {
		return damaged(-1, "work: %w", ErrTooLarge)
	}
	return nil
}

// spent counts what a parser has read since it began.
func (f *File) spent(p *parser, from int64) {
	f.spend(p.pos - from + unitsPerObject*p.tokens)
}
