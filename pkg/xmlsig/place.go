package xmlsig

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// BreaksSignatureError is an existing signature that the new one would break,
// because it covers the place of the new one.
type BreaksSignatureError struct {
	ID           string
	Line, Column int
}

func (e *BreaksSignatureError) Error() string {
	return fmt.Sprintf("xmlsig: line %d:%d: a further signature would break signature %q, which covers the whole", e.Line, e.Column, e.ID)
}

// within puts the signature into parent, as its last child.
func (p *Prepared) within(parent *Element) error {
	if err := p.checkOthers(parent); err != nil {
		return err
	}
	at, until := p.doc.source(parent.closing), p.doc.source(parent.closing)
	src := p.doc.src
	p.before, p.after = [][]byte{src[:at]}, [][]byte{src[until:]}
	if parent.empty {
		// "/>" becomes ">", the signature and an end tag.
		at = p.doc.source(parent.content - len("/>"))
		name := src[p.doc.source(parent.start+1):p.doc.source(parent.start+1+parent.nameLength())]
		open, err := encode(">", p.encoding)
		if err != nil {
			return err
		}
		end, err := encode("</", p.encoding)
		if err != nil {
			return err
		}
		p.before = [][]byte{src[:at], open}
		p.after = [][]byte{end, name, open, src[until:]}
	}
	scope, err := parent.innerScope()
	if err != nil {
		return err
	}
	return p.inside(scope)
}

// source is the place in src of an offset in text.
func (d *Document) source(offset int) int {
	return sourceOffset(d.src, d.text, d.encoding, d.bom, offset)
}

// nameLength is the length of the name in the start tag.
func (e *Element) nameLength() int {
	return bytes.IndexAny(e.text[e.start+1:], " \t\r\n/>")
}

// innerScope is the scope of the children of e.
func (e *Element) innerScope() (scope, error) {
	s := e.scanner()
	if _, err := s.next(); err != nil {
		return scope{}, err
	}
	return s.scope.clone(), nil
}

// inside sets the scope of the Signature's children from the one around the
// Signature, and tries whether they have a canonical form there.
func (p *Prepared) inside(outer scope) error {
	p.scope = outer
	p.scope.declare([]byte(p.prefix), []byte(nsDSig))
	m := p.newMarkup()
	m.empty("SignedInfo")
	return p.canonicalize(io.Discard, m.String(), "SignedInfo")
}

// alone makes the signature a document of its own.
func (p *Prepared) alone() {
	p.encoding = UTF8
	p.before, p.after = [][]byte{[]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")}, [][]byte{[]byte("\n")}
	p.scope = newScope()
	p.scope.declare([]byte(p.prefix), []byte(nsDSig))
}

// checkOthers finds a signature that covers parent. It ignores a signature of a
// certificate inside an .xtx, because that is not of this document.
func (p *Prepared) checkOthers(parent *Element) error {
	d := p.doc
	for _, e := range d.signatures {
		if p.sh != nil && p.sh.profile == ProfileETax && p.sh.inProcedure(e) {
			continue
		}
		breaks := &BreaksSignatureError{}
		breaks.Line, breaks.Column = e.Position()
		sig, f := parseSignature(e)
		breaks.ID = sig.id
		if f != nil || e.start == parent.start {
			return breaks // its coverage cannot be determined
		}
		deref := &dereference{sig: sig, budget: &budget{left: len(d.text)}}
		if f := deref.resolve(); f != nil {
			return breaks
		}
		for _, r := range sig.references {
			pointer, f := parsePointer(r.URI)
			if f != nil || pointer.files != nil {
				continue
			}
			apex := d.root
			if !pointer.whole {
				if apex, f = deref.element(pointer); f != nil {
					continue // broken already
				}
			}
			enveloped := slices.ContainsFunc(r.transforms, func(t transform) bool { return t.algorithm == transformEnveloped })
			if apex.contains(parent) && !(enveloped && e.contains(parent)) {
				return breaks
			}
		}
	}
	return nil
}
