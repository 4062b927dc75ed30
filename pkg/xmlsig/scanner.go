package xmlsig

import (
	"bytes"
	"fmt"
)

// kind is the kind of a token.
type kind int

const (
	endOfText kind = iota
	startElement
	endElement // also given for an empty-element tag
	charData
	cdata
	comment
	procInst
)

// token is a piece of a document. It is valid until the scanner moves on.
type token struct {
	kind       kind
	start, end int // the token's bytes in the text; for the end of an empty element both are its end
	// prefix, local, uri name an element, sorted attrs are its attributes
	// without namespace declarations, decls the index of its first binding.
	prefix, local, uri []byte
	attrs              []attr
	decls              int
	empty              bool // the start is an empty-element tag
	// data is the raw text of character data and comments, or the data of a
	// processing instruction; local is then its target.
	data []byte
}

// attr is an attribute; value is normalised (XML 1.0, 3.3.3).
type attr struct {
	prefix, local, uri, value []byte
	offset                    int
}

// element is an open element of the scanner.
type element struct {
	name     []byte // as written
	decls    int    // bindings in scope outside
	xmlAttrs int    // attributes of the xml namespace outside
}

// scanner reads a document as tokens and refuses one that is not well-formed.
// It holds only the open elements, so that a document costs no more memory than
// its bytes. It starts at the beginning of a document, or at an element with a
// known scope.
type scanner struct {
	text   []byte
	pos    int
	limits Limits
	scope  scope

	open     []element
	fragment bool // stop after the one element that pos is at
	sawRoot  bool
	ending   bool // the end of an empty element comes next
	tok      token
	attrs    []attr // reused
}

// newScanner reads a whole document.
func newScanner(text []byte, limits Limits) *scanner {
	return &scanner{text: text, limits: limits, scope: newScope()}
}

// newFragmentScanner reads the element that begins at pos, inside outer.
func newFragmentScanner(text []byte, pos int, outer scope, limits Limits) *scanner {
	return &scanner{text: text, pos: pos, limits: limits, scope: outer.clone(), fragment: true}
}

func (s *scanner) errorAt(offset int, format string, args ...any) error {
	return syntaxErrorAt(s.text, offset, fmt.Sprintf(format, args...))
}

func (s *scanner) limitAt(offset int, limit string, most int) error {
	line, column := position(s.text, offset)
	return &LimitError{Limit: limit, Max: most, Line: line, Column: column}
}

// depth is the number of open elements, with the one that the last start token
// opened and without the one that the last end token closed.
func (s *scanner) depth() int { return len(s.open) }

// next reads the next token.
func (s *scanner) next() (*token, error) {
	s.tok = token{start: s.pos}
	if s.ending {
		s.ending = false
		s.tok.end = s.pos
		return s.close()
	}
	if s.pos == 0 && !s.fragment {
		if err := s.declaration(); err != nil {
			return nil, err
		}
		s.tok.start = s.pos
	}
	if s.fragment && s.sawRoot && len(s.open) == 0 {
		return &s.tok, nil
	}
	rest := s.text[s.pos:]
	if len(rest) == 0 {
		return s.endOfText()
	}
	if rest[0] != '<' {
		return s.characters(rest)
	}
	switch {
	case len(rest) < 2:
		return nil, s.errorAt(s.pos, "the document ends inside a tag")
	case rest[1] == '/':
		return s.endTag(rest)
	case rest[1] == '?':
		return s.procInst(rest)
	case rest[1] == '!':
		return s.declared(rest)
	}
	return s.startTag(rest)
}

func (s *scanner) declaration() error {
	_, n, err := parseDeclaration(s.text)
	s.pos = n
	return err
}

func (s *scanner) endOfText() (*token, error) {
	switch {
	case len(s.open) > 0:
		return nil, s.errorAt(s.pos, "the document ends inside element %s", s.open[len(s.open)-1].name)
	case !s.sawRoot:
		return nil, s.errorAt(s.pos, "no element")
	}
	return &s.tok, nil
}

// emit finishes a token that takes n bytes.
func (s *scanner) emit(k kind, n int) (*token, error) {
	s.pos += n
	s.tok.kind, s.tok.end = k, s.pos
	return &s.tok, nil
}

// characters reads character data up to the next markup.
func (s *scanner) characters(rest []byte) (*token, error) {
	n := bytes.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
	}
	data := rest[:n]
	if len(s.open) == 0 {
		if i := spaceLength(data); i < n {
			return nil, s.errorAt(s.pos+i, "text outside the root element")
		}
	}
	if i := bytes.Index(data, []byte("]]>")); i >= 0 {
		return nil, s.errorAt(s.pos+i, "]]> in text")
	}
	if i, why := checkReferences(data); why != "" {
		return nil, s.errorAt(s.pos+i, "%s", why)
	}
	s.tok.data = data
	return s.emit(charData, n)
}

func (s *scanner) procInst(rest []byte) (*token, error) {
	n := bytes.Index(rest[2:], []byte("?>"))
	if n < 0 {
		return nil, s.errorAt(s.pos, "processing instruction without end")
	}
	body := rest[2 : 2+n]
	size := nameLength(body)
	target, data := body[:size], body[size:]
	space := spaceLength(data)
	switch {
	case size == 0 || len(data) > 0 && space == 0:
		return nil, s.errorAt(s.pos+2+size, "malformed target of a processing instruction")
	case bytes.EqualFold(target, []byte("xml")):
		return nil, s.errorAt(s.pos, "XML declaration not at the beginning")
	}
	s.tok.local, s.tok.data = target, data[space:]
	return s.emit(procInst, 2+n+2)
}

// declared reads a construct that begins with "<!".
func (s *scanner) declared(rest []byte) (*token, error) {
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		n := bytes.Index(rest[4:], []byte("--"))
		if n < 0 {
			return nil, s.errorAt(s.pos, "comment without end")
		}
		if end := 4 + n + 2; end >= len(rest) || rest[end] != '>' {
			return nil, s.errorAt(s.pos+4+n, "-- inside a comment")
		}
		s.tok.data = rest[4 : 4+n]
		return s.emit(comment, 4+n+3)
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		if len(s.open) == 0 {
			return nil, s.errorAt(s.pos, "CDATA outside the root element")
		}
		n := bytes.Index(rest[9:], []byte("]]>"))
		if n < 0 {
			return nil, s.errorAt(s.pos, "CDATA section without end")
		}
		s.tok.data = rest[9 : 9+n]
		return s.emit(cdata, 9+n+3)
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		// Entities, default attributes and attribute types: their effect on the
		// signed content cannot be seen in the document itself.
		return nil, s.errorAt(s.pos, "a document type declaration is not accepted")
	}
	return nil, s.errorAt(s.pos, "malformed markup")
}

func (s *scanner) endTag(rest []byte) (*token, error) {
	n := bytes.IndexByte(rest, '>')
	if n < 0 {
		return nil, s.errorAt(s.pos, "the document ends inside a tag")
	}
	if len(s.open) == 0 {
		return nil, s.errorAt(s.pos, "end tag without a start tag")
	}
	name := s.open[len(s.open)-1].name
	after, found := bytes.CutPrefix(rest[2:n], name)
	if !found || spaceLength(after) != len(after) {
		return nil, s.errorAt(s.pos, "end tag does not match the start tag of %s", name)
	}
	s.pos += n + 1
	s.tok.end = s.pos
	return s.close()
}

// close ends the innermost element.
func (s *scanner) close() (*token, error) {
	last := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	s.tok.kind = endElement
	s.tok.prefix, s.tok.local = splitName(last.name)
	s.scope.truncate(last.decls)
	s.scope.xmlAttrs = s.scope.xmlAttrs[:last.xmlAttrs]
	return &s.tok, nil
}

func splitName(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}
