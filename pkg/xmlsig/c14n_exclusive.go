package xmlsig

import (
	"bytes"
	"slices"
)

// utilized collects the namespace nodes of Exclusive XML Canonicalization
// (section 3): those the element and its attributes visibly utilize, and those
// of the PrefixList, unless the output around says the same already.
func (p *printer) utilized(t *token, apex bool) {
	p.undoMarks = append(p.undoMarks, len(p.undo))
	p.render(t.prefix)
	for _, a := range t.attrs {
		if len(a.prefix) > 0 {
			p.render(a.prefix)
		}
	}
	if apex {
		for _, prefix := range p.prefixes {
			p.render(listed(prefix))
		}
		return
	}
	for _, b := range p.scanner.scope.bindings[t.decls:] {
		if slices.ContainsFunc(p.prefixes, func(s string) bool { return string(listed(s)) == string(b.prefix) }) {
			p.render(b.prefix)
		}
	}
}

// listed is the prefix that an entry of the PrefixList means.
func listed(entry string) []byte {
	if entry == "#default" {
		return nil
	}
	return []byte(entry)
}

// render adds the namespace node of prefix unless it is in force.
func (p *printer) render(prefix []byte) {
	uri := p.scanner.scope.lookup(prefix)
	before := p.rendered[string(prefix)]
	if bytes.Equal(uri, before) || string(prefix) == "xml" {
		return
	}
	p.ns = append(p.ns, rendering{prefix, uri})
	p.undo = append(p.undo, rendering{prefix, before})
	p.rendered[string(prefix)] = uri
}

// forget takes back the namespaces that the ending element has rendered.
func (p *printer) forget() {
	mark := p.undoMarks[len(p.undoMarks)-1]
	p.undoMarks = p.undoMarks[:len(p.undoMarks)-1]
	for i := len(p.undo) - 1; i >= mark; i-- {
		p.rendered[string(p.undo[i].prefix)] = p.undo[i].uri
	}
	p.undo = p.undo[:mark]
}
