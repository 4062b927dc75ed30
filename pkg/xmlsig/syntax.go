package xmlsig

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// SyntaxError is the reason why this package cannot read a document: it is not
// well-formed, not namespace-well-formed, or has a construct refused on
// purpose. Line and Column count characters from 1, as editors do; both are 0
// if the error is about the document as a whole.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "xmlsig: " + e.Message
	}
	return fmt.Sprintf("xmlsig: line %d:%d: %s", e.Line, e.Column, e.Message)
}

// LimitError is a document larger than the caller's [Limits].
type LimitError struct {
	Limit        string // the field of Limits
	Max          int
	Line, Column int
}

func (e *LimitError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("xmlsig: more than the limit for %s, %d", e.Limit, e.Max)
	}
	return fmt.Sprintf("xmlsig: line %d:%d: more than the limit for %s, %d", e.Line, e.Column, e.Limit, e.Max)
}

// position is where the byte at offset is in text. CR LF and a lone CR end a
// line as LF does (XML 1.0, 2.11).
func position(text []byte, offset int) (line, column int) {
	head := text[:min(offset, len(text))]
	line = 1
	start := 0
	for i := 0; i < len(head); i++ {
		switch head[i] {
		case '\n':
			line, start = line+1, i+1
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				continue
			}
			line, start = line+1, i+1
		}
	}
	return line, utf8.RuneCount(head[start:]) + 1
}

func syntaxErrorAt(text []byte, offset int, message string) *SyntaxError {
	line, column := position(text, offset)
	return &SyntaxError{Line: line, Column: column, Message: message}
}

// checkChars returns an error at the first character that XML 1.0 does not
// allow (production 2, Char). text is valid UTF-8, so that no surrogate is left.
func checkChars(text []byte) error {
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b >= 0x20 && b != 0xEF, b == '\n', b == '\t', b == '\r':
		case b == 0xEF:
			// U+FFFE and U+FFFF are EF BF BE and EF BF BF.
			if text[i+1] == 0xBF && text[i+2] >= 0xBE {
				return syntaxErrorAt(text, i, fmt.Sprintf("character U+FF%X is not allowed in XML", 0x40+text[i+2]))
			}
		default:
			return syntaxErrorAt(text, i, fmt.Sprintf("character U+%04X is not allowed in XML", b))
		}
	}
	return nil
}

// isChar is production 2, for character references.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// isNameStart is production 4 without the colon, which separates prefix and
// local name (Namespaces in XML, production 4).
func isNameStart(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
	case r <= 0x2FF:
		return r >= 0xC0 && r != 0xD7 && r != 0xF7
	}
	return r >= 0x370 && r <= 0x37D || r >= 0x37F && r <= 0x1FFF || r >= 0x200C && r <= 0x200D ||
		r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF || r >= 0x3001 && r <= 0xD7FF ||
		r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD || r >= 0x10000 && r <= 0xEFFFF
}

// isNameRest is production 4a without the colon.
func isNameRest(r rune) bool {
	return isNameStart(r) || r == '-' || r == '.' || r >= '0' && r <= '9' ||
		r == 0xB7 || r >= 0x300 && r <= 0x36F || r >= 0x203F && r <= 0x2040
}

// nameLength is the length of the NCName that b begins with, 0 for none.
func nameLength(b []byte) int {
	n := 0
	for n < len(b) {
		r, size := rune(b[n]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[n:])
		}
		if n == 0 && !isNameStart(r) || !isNameRest(r) {
			break
		}
		n += size
	}
	return n
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// spaceLength is the length of the white space that b begins with.
func spaceLength(b []byte) int {
	for i, c := range b {
		if !isSpace(c) {
			return i
		}
	}
	return len(b)
}

// declaration is an XML declaration (production 23).
type declaration struct {
	version, encoding, standalone string
}

// parseDeclaration reads the XML declaration that text begins with, if it does,
// and its length. It looks at ASCII only, so that text may be in any encoding
// that extends ASCII.
func parseDeclaration(text []byte) (d declaration, length int, err error) {
	if !bytes.HasPrefix(text, []byte("<?xml")) || len(text) < 6 || !isSpace(text[5]) {
		return d, 0, nil
	}
	end := bytes.Index(text[:min(len(text), 1024)], []byte("?>"))
	malformed := func() (declaration, int, error) {
		return declaration{}, 0, &SyntaxError{Line: 1, Column: 1, Message: "malformed XML declaration"}
	}
	if end < 0 {
		return malformed()
	}
	rest := text[5:end]
	fields := []struct {
		name  string
		value *string
	}{{"version", &d.version}, {"encoding", &d.encoding}, {"standalone", &d.standalone}}
	for _, f := range fields {
		space := spaceLength(rest)
		r, found := bytes.CutPrefix(rest[space:], []byte(f.name))
		if !found {
			continue
		}
		r, found = bytes.CutPrefix(r[spaceLength(r):], []byte("="))
		r = r[spaceLength(r):]
		if !found || space == 0 || len(r) == 0 || r[0] != '"' && r[0] != '\'' {
			return malformed()
		}
		value, after, found := bytes.Cut(r[1:], r[:1])
		if !found || len(value) == 0 {
			return malformed()
		}
		*f.value, rest = string(value), after
	}
	if spaceLength(rest) != len(rest) {
		return malformed()
	}
	switch {
	case d.version == "":
		return malformed()
	case d.version != "1.0":
		// XML 1.1 has other line ends and name characters, and Canonical XML
		// is defined over 1.0 only.
		return d, 0, &SyntaxError{Line: 1, Column: 1, Message: fmt.Sprintf("XML version %q, only 1.0 can be signed", d.version)}
	case d.standalone != "" && d.standalone != "yes" && d.standalone != "no":
		return malformed()
	}
	return d, end + 2, nil
}
