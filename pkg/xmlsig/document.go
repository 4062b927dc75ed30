package xmlsig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Document is a well-formed XML document as [Parse] has read it. It holds the
// bytes it was read from, which must not change, and next to nothing else:
// every question is answered by reading them again.
type Document struct {
	src       []byte
	text      []byte // src as UTF-8, without byte order mark
	encoding  Encoding
	bom       int // length of the byte order mark
	ambiguous int // see decoded
	limits    Limits

	root       *Element
	signatures []*Element // in document order
	// instructions are the first processing instructions beside the root.
	// They can change the meaning, as a style sheet does. besides is their
	// total number.
	instructions []instruction
	besides      int
	lastID       int // the highest number behind idStem in an id

	formOnce sync.Once
	form     shape // see shape
}

// Parse reads a document within [DefaultLimits].
func Parse(src []byte) (*Document, error) { return Limits{}.Parse(src) }

// Parse reads the whole of src and refuses a document that is not well-formed
// XML 1.0 with namespaces, has a document type declaration, or is beyond the
// limits. The error is a [*SyntaxError] or a [*LimitError].
func (l Limits) Parse(src []byte) (*Document, error) {
	d := &Document{src: src, limits: l.orDefault()}
	if len(src) > d.limits.Size {
		return nil, &LimitError{Limit: "Size", Max: d.limits.Size}
	}
	var err error
	if d.encoding, d.bom, err = detectEncoding(src); err != nil {
		return nil, err
	}
	decoded, err := decode(src[d.bom:], d.encoding)
	if err != nil {
		return nil, err
	}
	d.text, d.ambiguous = decoded.text, decoded.ambiguous
	if len(d.text) > d.limits.Size {
		return nil, &LimitError{Limit: "Size", Max: d.limits.Size}
	}
	if err := d.checkDeclaration(); err != nil {
		return nil, err
	}
	if err := checkChars(d.text); err != nil {
		return nil, err
	}
	return d, d.index()
}

// checkDeclaration compares the declared encoding of a UTF-16 document with its
// first bytes. The other encodings were chosen by the declaration itself.
func (d *Document) checkDeclaration() error {
	decl, _, err := parseDeclaration(d.text)
	if err != nil || d.encoding != UTF16LE && d.encoding != UTF16BE || decl.encoding == "" {
		return err
	}
	declared, known := declarable[strings.ToLower(decl.encoding)]
	if !known || declared != "" && declared != d.encoding {
		return &SyntaxError{Line: 1, Column: 1, Message: fmt.Sprintf("declared as %s, but the bytes are %s", decl.encoding, d.encoding)}
	}
	return nil
}

// index reads the document once, and remembers its root and its signatures.
func (d *Document) index() error {
	s := newScanner(d.text, d.limits)
	found, err := d.walk(s, d.limits.Signatures+1, func(t *token) bool {
		for _, a := range t.attrs {
			if isIDAttr(a) {
				d.lastID = max(d.lastID, numberAfter(a.value, idStem))
			}
		}
		return s.depth() == 1 || isSignature(t)
	}, func(t *token) {
		if t.kind != procInst || s.depth() > 0 {
			return
		}
		if d.besides++; d.besides <= maxOutside {
			d.instructions = append(d.instructions, instruction{string(t.local), string(t.data), !s.sawRoot})
		}
	})
	if err != nil {
		return err
	}
	d.root = found[0]
	for _, e := range found {
		if e.is(nsDSig, "Signature") {
			d.signatures = append(d.signatures, e)
		}
	}
	return nil
}

func isSignature(t *token) bool {
	return string(t.local) == "Signature" && string(t.uri) == nsDSig
}

// Encoding is the encoding the document is written in.
func (d *Document) Encoding() Encoding { return d.encoding }

// Root is the document element.
func (d *Document) Root() *Element { return d.root }

// Signatures are the ds:Signature elements, wherever they stand, in document
// order.
func (d *Document) Signatures() []*Element { return slices.Clone(d.signatures) }

// Errors of looking for an element.
var (
	ErrNoElement   = errors.New("xmlsig: no element has the id")
	ErrDuplicateID = errors.New("xmlsig: several elements have the id")
)

// ElementByID returns the one element with an ID attribute of this value.
// Without a document type the ID attributes are xml:id and, by custom, the
// unprefixed Id, ID and id. Two elements with the same id are an error, even in
// different attributes, because programs would choose different ones.
func (d *Document) ElementByID(id string) (*Element, error) {
	found, err := d.elementsByID([]string{id})
	if err != nil {
		return nil, err
	}
	return found[id].element, found[id].err
}

// lookup is the result of looking for an id.
type lookup struct {
	element *Element
	err     error
}

// elementsByID looks for many ids at once.
func (d *Document) elementsByID(ids []string) (map[string]lookup, error) {
	count := map[string]int{}
	for _, id := range ids {
		count[id] = 0
	}
	s := newScanner(d.text, d.limits)
	elements, err := d.find(s, len(ids), func(t *token) bool {
		first := false
		for i, a := range t.attrs {
			n, wanted := count[string(a.value)]
			if !wanted || !isIDAttr(a) || slices.ContainsFunc(t.attrs[:i], func(b attr) bool {
				return isIDAttr(b) && bytes.Equal(a.value, b.value)
			}) {
				continue
			}
			count[string(a.value)]++
			first = first || n == 0
		}
		return first
	})
	if err != nil {
		return nil, err
	}
	found := map[string]lookup{}
	for id, n := range count {
		switch n {
		case 0:
			found[id] = lookup{err: fmt.Errorf("%w %q", ErrNoElement, id)}
		case 1:
			i := slices.IndexFunc(elements, func(e *Element) bool { return slices.Contains(e.ids, id) })
			found[id] = lookup{element: elements[i]}
		default:
			found[id] = lookup{err: fmt.Errorf("%w %q", ErrDuplicateID, id)}
		}
	}
	return found, nil
}

func isIDAttr(a attr) bool {
	switch string(a.local) {
	case "Id", "ID":
		return len(a.uri) == 0
	case "id":
		return len(a.uri) == 0 || string(a.uri) == nsXML
	}
	return false
}

// find reads on to the end and returns the elements that match, in document
// order and up to a number.
func (d *Document) find(s *scanner, most int, match func(*token) bool) ([]*Element, error) {
	return d.walk(s, most, match, func(*token) {})
}

// walk works like find, and also passes every token other than a tag to see.
func (d *Document) walk(s *scanner, most int, match func(*token) bool, see func(*token)) ([]*Element, error) {
	type unclosed struct {
		e     *Element
		depth int
	}
	var found []*Element
	var open []unclosed
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case endOfText:
			return found, nil
		case startElement:
			if !match(t) {
				break
			}
			if len(found) == most {
				return found, s.limitAt(t.start, "Signatures", d.limits.Signatures)
			}
			e := &Element{
				doc: d, text: s.text,
				space: string(t.uri), local: string(t.local),
				start: t.start, content: t.end, empty: t.empty,
				outer: s.scope.before(t.decls, s.open[len(s.open)-1].xmlAttrs),
			}
			for _, a := range t.attrs {
				if isIDAttr(a) {
					e.ids = append(e.ids, string(a.value))
				}
			}
			found = append(found, e)
			open = append(open, unclosed{e, s.depth()})
		case endElement:
			if last := len(open) - 1; last >= 0 && open[last].depth == s.depth()+1 {
				open[last].e.closing, open[last].e.end = t.start, t.end
				open = open[:last]
			}
		default:
			see(t)
		}
	}
}
