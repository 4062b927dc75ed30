package xmlsig

// Element is an element of a document.
type Element struct {
	doc          *Document
	text         []byte // text that the offsets refer to: the document, or new markup
	space, local string
	ids          []string
	start, end   int // of the whole element
	content      int // after the start tag
	closing      int // before the end tag
	empty        bool
	outer        scope
}

// Name is the namespace name, empty for none, and the local name.
func (e *Element) Name() (space, local string) { return e.space, e.local }

// IDs are the values of its ID attributes; see [Document.ElementByID].
func (e *Element) IDs() []string { return append([]string(nil), e.ids...) }

// Position is where the element begins, counted as in [SyntaxError].
func (e *Element) Position() (line, column int) { return position(e.text, e.start) }

// Range is the element's place in the bytes that were parsed.
func (e *Element) Range() (start, end int) {
	d := e.doc
	return sourceOffset(d.src, d.text, d.encoding, d.bom, e.start), sourceOffset(d.src, d.text, d.encoding, d.bom, e.end)
}

func (e *Element) is(space, local string) bool { return e.space == space && e.local == local }

// contains reports whether other is e or lies in it.
func (e *Element) contains(other *Element) bool { return e.start <= other.start && other.end <= e.end }

// scanner reads the element again.
func (e *Element) scanner() *scanner {
	return newFragmentScanner(e.text, e.start, e.outer, e.doc.limits)
}
