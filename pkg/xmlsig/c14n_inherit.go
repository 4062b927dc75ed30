package xmlsig

import (
	"bytes"
	"slices"
	"strings"
)

// withInherited returns the attributes of the first element of the output. It
// adds the inherited attributes of the xml namespace, because the ancestors are
// not in the output (C14N 1.0, 2.4; C14N 1.1, 2.4).
func (p *printer) withInherited(t *token) []attr {
	own := xmlAttrsOf(t.attrs)
	around := p.scanner.scope.xmlAttrs // own ones come last
	around = around[:len(around)-len(own)]
	if len(around) == 0 {
		return t.attrs
	}
	p.attrs = append(p.attrs[:0], t.attrs...)
	seen := map[string]bool{}
	for _, a := range own {
		seen[string(a.local)] = true
	}
	for _, a := range slices.Backward(around) {
		local := string(a.local)
		if seen[local] || p.v11 && local != "lang" && local != "space" {
			continue
		}
		seen[local] = true
		p.attrs = append(p.attrs, attr{prefix: []byte("xml"), local: a.local, uri: xmlNamespace, value: a.value})
	}
	if p.v11 {
		p.attrs = withJoinedBase(p.attrs, around)
	}
	slices.SortFunc(p.attrs, func(a, b attr) int {
		if c := bytes.Compare(a.uri, b.uri); c != 0 {
			return c
		}
		return bytes.Compare(a.local, b.local)
	})
	return p.attrs
}

// xmlAttrsOf gives the attributes of the xml namespace among sorted ones.
func xmlAttrsOf(attrs []attr) []attr {
	first := slices.IndexFunc(attrs, func(a attr) bool { return bytes.Equal(a.uri, xmlNamespace) })
	if first < 0 {
		return nil
	}
	last := first
	for last < len(attrs) && bytes.Equal(attrs[last].uri, xmlNamespace) {
		last++
	}
	return attrs[first:last]
}

// withJoinedBase replaces xml:base by the inherited values joined with its own
// (C14N 1.1, 2.4, "xml:base fixup"). An empty result is not rendered.
func withJoinedBase(attrs []attr, around []xmlAttr) []attr {
	isBase := func(a attr) bool { return bytes.Equal(a.uri, xmlNamespace) && string(a.local) == "base" }
	value, found, outer := "", false, false
	if i := slices.IndexFunc(attrs, isBase); i >= 0 {
		value, found = string(attrs[i].value), true
	}
	for _, a := range slices.Backward(around) {
		if string(a.local) != "base" {
			continue
		}
		if outer = true; found {
			value = joinReference(string(a.value), value)
		} else {
			value, found = string(a.value), true
		}
	}
	if !outer {
		return attrs
	}
	attrs = slices.DeleteFunc(attrs, isBase)
	if value == "" {
		return attrs
	}
	return append(attrs, attr{prefix: []byte("xml"), local: []byte("base"), uri: xmlNamespace, value: []byte(value)})
}

// reference is a URI reference in its parts (RFC 3986, appendix B), without the
// fragment, which xml:base does not have.
type reference struct {
	scheme, authority, path, query    string
	hasScheme, hasAuthority, hasQuery bool
}

func splitReference(s string) (r reference) {
	s, _, _ = strings.Cut(s, "#")
	s, r.query, r.hasQuery = strings.Cut(s, "?")
	if scheme, rest, found := strings.Cut(s, ":"); found && !isRelative([]byte(s)) {
		r.scheme, r.hasScheme, s = scheme, true, rest
	}
	if rest, found := strings.CutPrefix(s, "//"); found {
		r.hasAuthority = true
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		r.authority, s = rest[:end], rest[end:]
	}
	r.path = s
	return r
}

func (r reference) String() string {
	var b strings.Builder
	if r.hasScheme {
		b.WriteString(r.scheme + ":")
	}
	if r.hasAuthority {
		b.WriteString("//" + r.authority)
	}
	b.WriteString(r.path)
	if r.hasQuery {
		b.WriteString("?" + r.query)
	}
	return b.String()
}

// joinReference is the function join-URI-References of C14N 1.1, 2.4: the
// resolution of RFC 3986, 5.2.2, but also against a base that is relative.
func joinReference(base, ref string) string {
	b, r := splitReference(base), splitReference(ref)
	if r.hasScheme && b.hasScheme && r.scheme == b.scheme {
		r.hasScheme = false
	}
	switch {
	case r.hasScheme:
		r.path = removeDotSegments(r.path)
		return r.String()
	case r.hasAuthority:
		r.path = removeDotSegments(r.path)
	case r.path == "":
		r.path = b.path
		if !r.hasQuery {
			r.query, r.hasQuery = b.query, b.hasQuery
		}
	case strings.HasPrefix(r.path, "/"):
		r.path = removeDotSegments(r.path)
	case b.hasAuthority && b.path == "":
		r.path = removeDotSegments("/" + r.path)
	default:
		// A base that ends in ".." is a directory, slash or not.
		dir := b.path
		if dir == ".." || strings.HasSuffix(dir, "/..") {
			dir += "/"
		}
		r.path = removeDotSegments(dir[:strings.LastIndexByte(dir, '/')+1] + r.path)
	}
	if !r.hasAuthority {
		r.authority, r.hasAuthority = b.authority, b.hasAuthority
	}
	r.scheme, r.hasScheme = b.scheme, b.hasScheme
	return r.String()
}

// removeDotSegments is that of RFC 3986, 5.2.4 as C14N 1.1 changes it: a
// relative path stays relative and keeps the ".." it begins with, several
// slashes are one, and a ".." at the end gets a slash.
func removeDotSegments(path string) string {
	absolute := strings.HasPrefix(path, "/")
	segments := strings.Split(path, "/")
	var kept []string
	for _, s := range segments {
		switch {
		case s == "" || s == ".":
		case s != "..":
			kept = append(kept, s)
		case len(kept) > 0 && kept[len(kept)-1] != "..":
			kept = kept[:len(kept)-1]
		case !absolute:
			kept = append(kept, s)
		}
	}
	result := strings.Join(kept, "/")
	if absolute {
		result = "/" + result
	}
	last := segments[len(segments)-1]
	if len(kept) > 0 && (last == "" || last == "." || last == "..") {
		result += "/"
	}
	return result
}
