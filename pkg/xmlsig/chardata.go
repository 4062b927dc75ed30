package xmlsig

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// entities are those every document has (XML 1.0, 4.6). Others need a document
// type declaration.
var entities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// parseReference reads the character or entity reference at the beginning of b,
// and its length; 0 if this package does not know it.
func parseReference(b []byte) (r rune, length int) {
	end := bytes.IndexByte(b[:min(len(b), 32)], ';')
	if end < 2 {
		return 0, 0
	}
	name := string(b[1:end])
	if c, found := entities[name]; found {
		return rune(c), end + 1
	}
	if name[0] != '#' {
		return 0, 0
	}
	digits, base := name[1:], 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	// ParseUint takes neither sign nor, with a base given, underscore.
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !isChar(rune(n)) {
		return 0, 0
	}
	return rune(n), end + 1
}

// checkReferences returns why a reference in raw is wrong and where.
func checkReferences(raw []byte) (offset int, why string) {
	for pos := 0; ; {
		i := bytes.IndexByte(raw[pos:], '&')
		if i < 0 {
			return 0, ""
		}
		pos += i
		_, n := parseReference(raw[pos:])
		if n == 0 {
			shown := raw[pos:min(len(raw), pos+32)]
			if end := bytes.IndexByte(shown, ';'); end >= 0 {
				shown = shown[:end+1]
			}
			return pos, fmt.Sprintf("%q is no character, nor an entity without a document type", shown)
		}
		pos += n
	}
}

// normalizeAttribute replaces references and white space in an attribute value
// (XML 1.0, 2.11 and 3.3.3, for CDATA: without a document type there are no
// other types). It shares memory with raw where nothing is replaced.
func normalizeAttribute(raw []byte) []byte {
	if !bytes.ContainsAny(raw, "&\t\n\r") {
		return raw
	}
	value := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '&':
			r, n := parseReference(raw[i:])
			value = utf8.AppendRune(value, r)
			i += n - 1
		case '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			value = append(value, ' ')
		case '\t', '\n':
			value = append(value, ' ')
		default:
			value = append(value, c)
		}
	}
	return value
}

// head is about the first n bytes of raw character data, so that no character
// and no reference is cut.
func head(raw []byte, n int) []byte {
	if len(raw) <= n {
		return raw
	}
	raw = raw[:n]
	if i := bytes.LastIndexByte(raw, '&'); i >= 0 && bytes.IndexByte(raw[i:], ';') < 0 {
		raw = raw[:i]
	}
	// The last character may have begun before n and end behind it.
	for i := len(raw) - 1; i >= max(0, len(raw)-utf8.UTFMax); i-- {
		if utf8.RuneStart(raw[i]) {
			if !utf8.FullRune(raw[i:]) {
				raw = raw[:i]
			}
			break
		}
	}
	return raw
}

// appendText appends the characters that raw character data stands for:
// references replaced unless it is CDATA, line ends as LF.
func appendText(dst, raw []byte, k kind) []byte {
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&' && k == charData:
			r, n := parseReference(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += n - 1
		case c == '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			dst = append(dst, '\n')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
