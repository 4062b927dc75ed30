package xmlsig

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// C14NMethod is a canonicalisation algorithm, by its identifier.
type C14NMethod string

// The canonicalisation algorithms: Canonical XML 1.0 and 1.1 and Exclusive XML
// Canonicalization 1.0, each without and with comments.
const (
	C14N10            C14NMethod = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	C14N10Comments    C14NMethod = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
	C14N11            C14NMethod = "http://www.w3.org/2006/12/xml-c14n11"
	C14N11Comments    C14NMethod = "http://www.w3.org/2006/12/xml-c14n11#WithComments"
	ExcC14N10         C14NMethod = "http://www.w3.org/2001/10/xml-exc-c14n#"
	ExcC14N10Comments C14NMethod = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
)

// c14nTraits holds the differences of the algorithms.
var c14nTraits = map[C14NMethod]struct{ exclusive, v11, comments bool }{
	C14N10:            {},
	C14N10Comments:    {comments: true},
	C14N11:            {v11: true},
	C14N11Comments:    {v11: true, comments: true},
	ExcC14N10:         {exclusive: true},
	ExcC14N10Comments: {exclusive: true, comments: true},
}

// Known reports whether m is one of the six.
func (m C14NMethod) Known() bool {
	_, known := c14nTraits[m]
	return known
}

// Canonicalizer writes the canonical form of documents and elements. Its errors
// are those of the writer, *[UnsupportedError] and *[RelativeNamespaceError].
type Canonicalizer struct {
	Method C14NMethod // has to be given, except in [Options]
	// PrefixList is the InclusiveNamespaces PrefixList of Exclusive XML
	// Canonicalization; "#default" stands for the default namespace.
	PrefixList []string
}

// Document writes the canonical form of a whole document.
func (c Canonicalizer) Document(w io.Writer, d *Document) error {
	return c.write(w, nodeSet{doc: d, comments: true})
}

// Element writes the canonical form of an element and all in it, as of a
// document subset: with the namespaces and the attributes of the xml namespace
// that it has from outside.
func (c Canonicalizer) Element(w io.Writer, e *Element) error {
	return c.write(w, nodeSet{doc: e.doc, apex: e, comments: true})
}

// nodeSet is a node-set of the kinds that references can select without an
// expression language: a document or an element, in whole, with or without
// comments, and without the element that an enveloped signature is.
type nodeSet struct {
	doc      *Document
	apex     *Element // nil for the document
	comments bool
	without  *Element
}

// scanner reads the set, including the element to leave out.
func (set nodeSet) scanner() *scanner {
	if set.apex != nil {
		return set.apex.scanner()
	}
	return newScanner(set.doc.text, set.doc.limits)
}

// RelativeNamespaceError is a namespace name that is a relative reference. It
// has no canonical form (C14N 1.0, 1.3).
type RelativeNamespaceError struct {
	Name         string
	Line, Column int // of the element
}

func (e *RelativeNamespaceError) Error() string {
	return fmt.Sprintf("xmlsig: line %d:%d: namespace name %q is relative and cannot be canonicalised", e.Line, e.Column, e.Name)
}

func (c Canonicalizer) write(w io.Writer, set nodeSet) error {
	p, err := c.printer(w, set)
	if err != nil {
		return err
	}
	return p.print()
}

// printer writes the canonical form of a set.
func (c Canonicalizer) printer(w io.Writer, set nodeSet) (*printer, error) {
	traits, known := c14nTraits[c.Method]
	if !known {
		return nil, &UnsupportedError{What: "canonicalization", Algorithm: string(c.Method)}
	}
	return &printer{
		scanner:   set.scanner(),
		without:   set.without,
		out:       output{w: w},
		exclusive: traits.exclusive,
		v11:       traits.v11,
		comments:  traits.comments && set.comments,
		prefixes:  c.PrefixList,
		rendered:  map[string][]byte{},
	}, nil
}

// print writes the canonical form to its end.
func (p *printer) print() error {
	for {
		t, err := p.scanner.next()
		if err != nil {
			return err
		}
		if t.kind == endOfText {
			return p.out.flush()
		}
		if p.without != nil && t.kind == startElement && t.start == p.without.start {
			err = p.skip()
		} else {
			err = p.token(t)
		}
		if err != nil {
			return err
		}
	}
}

// printer writes tokens in canonical form (C14N 1.0, 2.3).
type printer struct {
	scanner        *scanner
	without        *Element // that is left out
	out            output
	exclusive, v11 bool
	comments       bool
	prefixes       []string // of exclusive canonicalisation
	started        bool     // the apex or root has begun
	ns             []rendering
	attrs          []attr
	scratch        []byte
	rendered       map[string][]byte // exclusive: prefix to the name in force in the output
	undo           []rendering       // exclusive: earlier values of rendered
	undoMarks      []int
	dropped        int      // comments
	invalid        []string // namespace names that are no URI references
}

// rendering is a namespace node to be written, or in undo one that was.
type rendering struct{ prefix, uri []byte }

// skip reads over the element that has just begun.
func (p *printer) skip() error {
	for depth := p.scanner.depth(); p.scanner.depth() >= depth; {
		if _, err := p.scanner.next(); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) token(t *token) error {
	switch t.kind {
	case startElement:
		return p.start(t)
	case endElement:
		return p.end(t)
	case charData, cdata:
		if p.scanner.depth() == 0 {
			return nil // white space around the root
		}
		return p.text(t)
	case comment:
		if !p.comments {
			p.dropped++
		} else {
			return p.outside(func() {
				p.out.string("<!--")
				p.out.bytes(p.lines(t.data))
				p.out.string("-->")
			})
		}
	case procInst:
		return p.outside(func() {
			p.out.string("<?")
			p.out.bytes(t.local)
			if len(t.data) > 0 {
				p.out.string(" ")
				p.out.bytes(p.lines(t.data))
			}
			p.out.string("?>")
		})
	}
	return p.out.err
}

// outside separates nodes beside the root element from it with line feeds.
func (p *printer) outside(write func()) error {
	beside := p.scanner.depth() == 0
	if beside && p.started {
		p.out.string("\n")
	}
	write()
	if beside && !p.started {
		p.out.string("\n")
	}
	return p.out.err
}

// lines gives data with every line end as LF.
func (p *printer) lines(data []byte) []byte {
	if bytes.IndexByte(data, '\r') < 0 {
		return data
	}
	p.scratch = appendText(p.scratch[:0], data, comment)
	return p.scratch
}

func (p *printer) text(t *token) error {
	data := t.data
	if bytes.IndexByte(data, '\r') >= 0 || t.kind == charData && bytes.IndexByte(data, '&') >= 0 {
		p.scratch = appendText(p.scratch[:0], data, t.kind)
		data = p.scratch
	}
	p.out.escaped(data, &textEscapes)
	return p.out.err
}

func (p *printer) start(t *token) error {
	apex := !p.started
	p.started = true
	if err := p.namespaces(t, apex); err != nil {
		return err
	}
	attrs := t.attrs
	if apex && !p.exclusive {
		attrs = p.withInherited(t)
	}
	p.out.string("<")
	p.out.name(t.prefix, t.local)
	for _, n := range p.ns {
		p.out.string(" xmlns")
		if len(n.prefix) > 0 {
			p.out.string(":")
			p.out.bytes(n.prefix)
		}
		p.value(n.uri)
	}
	for _, a := range attrs {
		p.out.string(" ")
		p.out.name(a.prefix, a.local)
		p.value(a.value)
	}
	p.out.string(">")
	return p.out.err
}

func (p *printer) value(v []byte) {
	p.out.string(`="`)
	p.out.escaped(v, &attrEscapes)
	p.out.string(`"`)
}

func (p *printer) end(t *token) error {
	p.out.string("</")
	p.out.name(t.prefix, t.local)
	p.out.string(">")
	if p.exclusive {
		p.forget()
	}
	return p.out.err
}

// namespaces finds the namespace nodes to write, in order of their prefixes.
func (p *printer) namespaces(t *token, apex bool) error {
	sc := &p.scanner.scope
	for _, b := range sc.bindings[t.decls:] {
		if err := p.absolute(t, b.uri); err != nil {
			return err
		}
	}
	p.ns = p.ns[:0]
	switch {
	case p.exclusive:
		p.utilized(t, apex)
	case apex:
		for _, b := range sc.current() {
			if len(b.uri) > 0 {
				p.ns = append(p.ns, rendering{b.prefix, b.uri})
			}
		}
	default:
		// All ancestors are in the output. Therefore a binding that
		// differs from the scope outside also differs from the output.
		for i := t.decls; i < len(sc.bindings); i++ {
			b := sc.bindings[i]
			if !bytes.Equal(b.uri, sc.outer(i)) {
				p.ns = append(p.ns, rendering{b.prefix, b.uri})
			}
		}
	}
	p.ns = slices.DeleteFunc(p.ns, func(n rendering) bool { return string(n.prefix) == "xml" })
	for _, n := range p.ns {
		if err := p.absolute(t, n.uri); err != nil {
			return err
		}
	}
	slices.SortFunc(p.ns, func(a, b rendering) int { return bytes.Compare(a.prefix, b.prefix) })
	return nil
}

func (p *printer) absolute(t *token, uri []byte) error {
	if len(uri) == 0 || !isRelative(uri) {
		p.note(uri)
		return nil
	}
	line, column := position(p.scanner.text, t.start)
	return &RelativeNamespaceError{Name: string(uri), Line: line, Column: column}
}

// note records a namespace name that is no URI reference. It has a canonical
// form all the same, but libxml2 refuses it.
func (p *printer) note(uri []byte) {
	if len(p.invalid) < maxOutside && !isURI(uri) && !slices.Contains(p.invalid, string(uri)) {
		p.invalid = append(p.invalid, string(uri))
	}
}
