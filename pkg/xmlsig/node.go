package xmlsig

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// node is an element of a signature, in memory as a tree. The content that is
// signed never becomes one.
type node struct {
	space, local string
	attrs        map[string]string // those without namespace
	text         string            // directly in it, references replaced
	children     []*node
	start        int // in the element's text
}

// opaque reports the elements that a tree does not look into: the namespaces of
// others, where the content of an enveloping signature can be of any size.
func (n *node) opaque() bool {
	switch n.space {
	case nsDSig, nsDSig11, nsXAdES, nsXAdES141, string(ExcC14N10):
		return false
	}
	return true
}

// foreign returns a descendant of another namespace than those given, nil for
// none.
func (n *node) foreign(spaces ...string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if !slices.Contains(spaces, c.space) {
			return c
		}
		if f := c.foreign(spaces...); f != nil {
			return f
		}
	}
	return nil
}

// tree reads a signature as a tree.
func (e *Element) tree() (*node, *cms.Failure) {
	s := e.scanner()
	var stack []*node
	var text []byte // of all open elements, one behind the other
	var marks []int
	count := 0
	for {
		t, err := s.next()
		if err != nil {
			return nil, because(cms.FormatFailure, err)
		}
		switch t.kind {
		case startElement:
			if count++; count > e.doc.limits.Nodes {
				return nil, failure(cms.FormatFailure, "a signature of more than %d elements", e.doc.limits.Nodes)
			}
			n := &node{space: string(t.uri), local: string(t.local), start: t.start}
			for _, a := range t.attrs {
				if len(a.uri) == 0 {
					if n.attrs == nil {
						n.attrs = map[string]string{}
					}
					n.attrs[string(a.local)] = string(a.value)
				}
			}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
			}
			stack, marks = append(stack, n), append(marks, len(text))
			if n.opaque() {
				if err := skipTo(s, s.depth()-1); err != nil {
					return nil, because(cms.FormatFailure, err)
				}
				if len(stack) == 1 {
					return n, nil
				}
				stack, marks = stack[:len(stack)-1], marks[:len(marks)-1]
			}
		case endElement:
			last := len(stack) - 1
			stack[last].text = string(text[marks[last]:])
			text = text[:marks[last]]
			if last == 0 {
				return stack[0], nil
			}
			stack, marks = stack[:last], marks[:last]
		case charData, cdata:
			// The text of a child has been cut off again when the text behind it
			// comes, so that one buffer serves all open elements.
			text = appendText(text, t.data, t.kind)
		}
	}
}

// skipTo reads on until only depth elements are open.
func skipTo(s *scanner, depth int) error {
	for s.depth() > depth {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) is(space, local string) bool { return n.space == space && n.local == local }

// all returns the children of this name.
func (n *node) all(space, local string) []*node {
	if n == nil {
		return nil
	}
	var found []*node
	for _, c := range n.children {
		if c.is(space, local) {
			found = append(found, c)
		}
	}
	return found
}

// child returns the one child of this name, nil for none or several.
func (n *node) child(space, local string) *node {
	if found := n.all(space, local); len(found) == 1 {
		return found[0]
	}
	return nil
}

// leaf is the text of an element without children.
func (n *node) leaf() (string, bool) {
	if n == nil || len(n.children) > 0 {
		return "", false
	}
	return n.text, true
}

// trimmed is the text of an element without children and the white space
// around it.
func (n *node) trimmed() string {
	text, _ := n.leaf()
	return strings.TrimSpace(text)
}

// base64 decodes the text of an element without children. White space may be
// anywhere in it; everything else is strict, so that there is only one value
// for each text but for white space.
func (n *node) base64() ([]byte, bool) {
	text, ok := n.leaf()
	if !ok {
		return nil, false
	}
	return decodeBase64(text)
}

func decodeBase64(text string) ([]byte, bool) {
	text = strings.Map(func(r rune) rune {
		if r < 0x80 && isSpace(byte(r)) {
			return -1
		}
		return r
	}, text)
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	return b, err == nil && len(b) > 0
}
