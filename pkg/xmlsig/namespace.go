package xmlsig

import "bytes"

// Namespace names that the specifications reserve or this package deals in.
const (
	nsXML   = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS = "http://www.w3.org/2000/xmlns/"
)

var (
	noNamespace  = []byte{}
	xmlNamespace = []byte(nsXML)
)

// binding is a namespace declaration in scope.
type binding struct {
	prefix, uri []byte
	shadowed    int // index of the outer binding of the same prefix, or -1
}

// xmlAttr is an attribute of the xml namespace.
type xmlAttr struct{ local, value []byte }

// scope holds the declarations that an element takes over from those around it:
// the namespaces and, because C14N 1.0 and 1.1 ask for them, the attributes of
// the xml namespace.
type scope struct {
	bindings []binding
	top      map[string]int // prefix to index of its innermost binding
	xmlAttrs []xmlAttr      // outermost first
}

func newScope() scope { return scope{top: map[string]int{}} }

// before returns a copy of the scope with only the first n bindings and m
// attributes.
func (s *scope) before(n, m int) scope {
	c := newScope()
	c.xmlAttrs = append(c.xmlAttrs, s.xmlAttrs[:m]...)
	innermost := make(map[string]int, len(s.top))
	for i, b := range s.bindings[:n] {
		innermost[string(b.prefix)] = i
	}
	for i, b := range s.bindings[:n] {
		if innermost[string(b.prefix)] == i {
			c.declare(b.prefix, b.uri)
		}
	}
	return c
}

// clone returns an independent copy of a scope.
func (s *scope) clone() scope { return s.before(len(s.bindings), len(s.xmlAttrs)) }

func (s *scope) declare(prefix, uri []byte) {
	outer, found := s.top[string(prefix)]
	if !found {
		outer = -1
	}
	s.top[string(prefix)] = len(s.bindings)
	s.bindings = append(s.bindings, binding{prefix, uri, outer})
}

// truncate ends the newest declarations until n are left.
func (s *scope) truncate(n int) {
	for i := len(s.bindings) - 1; i >= n; i-- {
		b := s.bindings[i]
		if b.shadowed < 0 {
			delete(s.top, string(b.prefix))
		} else {
			s.top[string(b.prefix)] = b.shadowed
		}
	}
	s.bindings = s.bindings[:n]
}

// lookup returns the namespace name bound to prefix; nil for none. The empty
// prefix without a declaration is bound to no namespace, the empty name.
func (s *scope) lookup(prefix []byte) []byte {
	if i, found := s.top[string(prefix)]; found {
		return s.bindings[i].uri
	}
	if len(prefix) == 0 {
		return noNamespace
	}
	if string(prefix) == "xml" {
		return xmlNamespace
	}
	return nil
}

// outer returns the binding of prefix before the one at index i.
func (s *scope) outer(i int) []byte {
	if j := s.bindings[i].shadowed; j >= 0 {
		return s.bindings[j].uri
	}
	return nil
}

// current returns the innermost binding of each prefix, in document order.
func (s *scope) current() []binding {
	var all []binding
	for i, b := range s.bindings {
		if s.top[string(b.prefix)] == i {
			all = append(all, b)
		}
	}
	return all
}

// isRelative reports whether a namespace name is a relative reference: it has
// no scheme (RFC 3986, 3.1). Canonicalisation must fail for these (C14N 1.0,
// 1.3), because their meaning depends on where the document lies.
func isRelative(uri []byte) bool {
	scheme, _, found := bytes.Cut(uri, []byte(":"))
	if !found || len(scheme) == 0 {
		return true
	}
	for i, c := range scheme {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return true
		}
	}
	return false
}

// isURI reports whether a name is a URI reference (RFC 3986, 4.1), as far as
// its characters go. Readers that take namespace names for URIs refuse others.
func isURI(name []byte) bool {
	for i, c := range name {
		switch {
		case c == '%':
			if i+2 >= len(name) || !isHex(name[i+1]) || !isHex(name[i+2]) {
				return false
			}
		case c <= ' ' || c >= 0x7F || bytes.IndexByte([]byte("\"<>\\^`{|}"), c) >= 0:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
