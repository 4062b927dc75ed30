package pdf

import "math"

// Work is counted in units of about ten nanoseconds, so that no small file
// takes long. In a hostile file, objects can contain one another, small streams
// can decode to large ones, and long lists must be compared.
const (
	unitsAlways  = 24 << 20
	unitsPerByte = 40 // per byte of the file; an ordinary file needs only a few

	unitsPerObject  = 8 // per parsed object, in addition to one unit per byte
	unitsPerDecoded = 2 // per decoded byte of a stream

	// objectsAlways, plus one for every two bytes of the file, is the largest
	// number of objects inside one object.
	objectsAlways = 1 << 18
)

func workOf(size int64) int64 {
	if size > math.MaxInt64/unitsPerByte-unitsAlways {
		return math.MaxInt64
	}
	return unitsAlways + unitsPerByte*size
}

func (f *File) mostObjects() int64 { return objectsAlways + f.size/2 }

// Spend counts work that depends on the file's content. One unit is about one
// byte read, or one comparison of short names. Spend returns an error when the
// file has used up its budget.
func (f *File) Spend(units int64) error {
	*f.budget -= units
	return f.allowed()
}

// spend counts work without a check of the budget.
func (f *File) spend(n int64) { *f.budget -= n }

func (f *File) allowed() error {
	if *f.budget < 0 {
		return damaged(-1, "work: %w", ErrTooLarge)
	}
	return nil
}

// spent counts the bytes and objects that a parser has read since from.
func (f *File) spent(p *parser, from int64) {
	f.spend(p.pos - from + unitsPerObject*p.tokens)
}
