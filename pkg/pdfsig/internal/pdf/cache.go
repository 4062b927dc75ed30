package pdf

// objectCache keeps parsed objects by their place, so that a form with many
// signatures is parsed once. Its objects are shared: nobody may change them.
type objectCache struct {
	parsed map[place]*parsedObject
	kept   int64 // objects in it, including nested ones
	closed bool  // keep no more objects: see [File.Once]
}

// place is the place of an object: an offset in the file, or an index in the
// object stream whose data begins there.
type place struct {
	offset int64
	index  int // in the object stream; -1 for an object in the file
}

// parsedObject is an object with its place.
type parsedObject struct {
	ref    Ref // number and generation in its "n g obj"
	object Object
	start  int64 // offset of its number
	end    int64 // offset after endobj
	notes  []Note
}

// maxKept bounds the cache, in objects: some 30 MB.
const maxKept = 1 << 19

// add stores an object. It empties a full cache; objects in use come back.
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
