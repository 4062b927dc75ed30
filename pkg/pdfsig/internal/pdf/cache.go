package pdf

// objectCache keeps parsed objects by where they stand, so that a form that is
// looked at for each of many signatures is read once. What is in it is shared:
// nobody changes an object that was read.
type objectCache struct {
	parsed map[place]*parsedObject
	kept   int64 // objects in it, those inside others included
	closed bool  // nothing more is kept: see [File.Once]
}

// place is where an object stands: at a byte of the file, or in the object
// stream whose data begins there.
type place struct {
	offset int64
	index  int // in the object stream; -1 for the file
}

// parsedObject is an object as it stands there.
type parsedObject struct {
	ref    Ref // as it says itself
	object Object
	start  int64 // of its number
	end    int64 // behind endobj
	notes  []Note
}

// maxKept bounds the cache, in objects: some 30 MB.
const maxKept = 1 << 19

// add keeps an object. A full cache is emptied: what is used goes in again.
func (c *objectCache) add(at place, o *parsedObject, objects int64) {
	if c.closed || objects > maxKept/8 {
		return
	}
	if c.parsed == nil || c.kept+objects > maxKept {
		c.parsed, c.kept = map[place]*parsedObject{}, 0
	}
	c.parsed[at] = o
	c.kept += objects + 4
}
