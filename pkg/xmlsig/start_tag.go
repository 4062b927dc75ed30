package xmlsig

import (
	"bytes"
	"slices"
)

// qName reads a QName (Namespaces in XML, production 7) from the offset in
// rest on, and returns the offset after it.
func (s *scanner) qName(rest []byte, at int) (int, error) {
	n := nameLength(rest[at:])
	end := at + n
	if n > 0 && end < len(rest) && rest[end] == ':' {
		n = nameLength(rest[end+1:])
		end += 1 + n
	}
	if n == 0 {
		return 0, s.errorAt(s.pos+end, "malformed name")
	}
	return end, nil
}

func (s *scanner) startTag(rest []byte) (*token, error) {
	if len(s.open) == 0 && s.sawRoot {
		return nil, s.errorAt(s.pos, "a second root element")
	}
	if len(s.open) >= s.limits.Depth {
		return nil, s.limitAt(s.pos, "Depth", s.limits.Depth)
	}
	end, err := s.qName(rest, 1)
	if err != nil {
		return nil, err
	}
	name := rest[1:end]
	s.sawRoot = true
	s.open = append(s.open, element{name, len(s.scope.bindings), len(s.scope.xmlAttrs)})
	s.tok.decls = len(s.scope.bindings)
	s.attrs = s.attrs[:0]
	for {
		space := spaceLength(rest[end:])
		end += space
		if end >= len(rest) {
			return nil, s.errorAt(s.pos, "the document ends inside a tag")
		}
		if rest[end] == '>' {
			end++
			break
		}
		if rest[end] == '/' && end+1 < len(rest) && rest[end+1] == '>' {
			s.tok.empty, s.ending = true, true
			end += 2
			break
		}
		if space == 0 {
			return nil, s.errorAt(s.pos+end, "no white space before an attribute")
		}
		if end, err = s.attribute(rest, end); err != nil {
			return nil, err
		}
	}
	s.tok.prefix, s.tok.local = splitName(name)
	if err := s.resolve(); err != nil {
		return nil, err
	}
	return s.emit(startElement, end)
}

// attribute reads the attribute at the offset in rest, and returns the offset
// after it. Namespace declarations come into scope at once.
func (s *scanner) attribute(rest []byte, at int) (int, error) {
	end, err := s.qName(rest, at)
	if err != nil {
		return 0, err
	}
	a := attr{offset: s.pos + at}
	a.prefix, a.local = splitName(rest[at:end])
	end += spaceLength(rest[end:])
	if end >= len(rest) || rest[end] != '=' {
		return 0, s.errorAt(s.pos+end, "attribute without a value")
	}
	end++
	end += spaceLength(rest[end:])
	if end >= len(rest) || rest[end] != '"' && rest[end] != '\'' {
		return 0, s.errorAt(s.pos+end, "attribute value without quotation marks")
	}
	n := bytes.IndexByte(rest[end+1:], rest[end])
	if n < 0 {
		return 0, s.errorAt(s.pos+end, "attribute value without end")
	}
	raw := rest[end+1 : end+1+n]
	if i := bytes.IndexByte(raw, '<'); i >= 0 {
		return 0, s.errorAt(s.pos+end+1+i, "< in an attribute value")
	}
	if i, why := checkReferences(raw); why != "" {
		return 0, s.errorAt(s.pos+end+1+i, "%s", why)
	}
	a.value = normalizeAttribute(raw)
	end += 1 + n + 1

	count := len(s.attrs) + len(s.scope.bindings) - s.tok.decls
	if count >= s.limits.Attributes {
		return 0, s.limitAt(a.offset, "Attributes", s.limits.Attributes)
	}
	switch {
	case len(a.prefix) == 0 && string(a.local) == "xmlns":
		return end, s.declare(nil, a)
	case string(a.prefix) == "xmlns":
		return end, s.declare(a.local, a)
	}
	s.attrs = append(s.attrs, a)
	return end, nil
}

// declare brings a namespace declaration into scope, within the constraints
// of Namespaces in XML 1.0, 3.
func (s *scanner) declare(prefix []byte, a attr) error {
	uri := string(a.value)
	switch {
	case string(prefix) == "xmlns" || uri == nsXMLNS:
		return s.errorAt(a.offset, "the prefix xmlns and its namespace cannot be declared")
	case (string(prefix) == "xml") != (uri == nsXML):
		return s.errorAt(a.offset, "the prefix xml and its namespace belong to each other")
	case len(prefix) > 0 && uri == "":
		return s.errorAt(a.offset, "prefix %s declared as no namespace", prefix)
	}
	if i, found := s.scope.top[string(prefix)]; found && i >= s.tok.decls {
		return s.errorAt(a.offset, "namespace declared twice")
	}
	if len(s.scope.bindings) >= s.limits.Namespaces {
		return s.limitAt(a.offset, "Namespaces", s.limits.Namespaces)
	}
	s.scope.declare(prefix, a.value)
	return nil
}

// resolve finds the namespaces of the element and of its attributes, and sorts
// these by namespace name and local name as C14N 1.0, 2.3 orders them. Two of
// the same expanded name are then neighbours.
func (s *scanner) resolve() error {
	if s.tok.uri = s.scope.lookup(s.tok.prefix); s.tok.uri == nil {
		return s.errorAt(s.pos, "prefix %s is not declared", s.tok.prefix)
	}
	if string(s.tok.prefix) == "xmlns" {
		return s.errorAt(s.pos, "an element with prefix xmlns")
	}
	for i := range s.attrs {
		a := &s.attrs[i]
		if len(a.prefix) == 0 {
			continue // no default namespace for attributes
		}
		if a.uri = s.scope.lookup(a.prefix); a.uri == nil {
			return s.errorAt(a.offset, "prefix %s is not declared", a.prefix)
		}
		if string(a.prefix) == "xml" {
			s.scope.xmlAttrs = append(s.scope.xmlAttrs, xmlAttr{a.local, a.value})
		}
	}
	if len(s.attrs) > 1 {
		slices.SortStableFunc(s.attrs, func(a, b attr) int {
			if c := bytes.Compare(a.uri, b.uri); c != 0 {
				return c
			}
			return bytes.Compare(a.local, b.local)
		})
		for i, b := range s.attrs[1:] {
			if a := s.attrs[i]; bytes.Equal(a.local, b.local) && bytes.Equal(a.uri, b.uri) {
				return s.errorAt(b.offset, "attribute %s given twice", b.local)
			}
		}
	}
	s.tok.attrs = s.attrs
	return nil
}
