package xmlsig

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// An Encoding is a character encoding that [Parse] reads.
type Encoding string

// The encodings of the documents that Japanese authorities publish and take.
const (
	UTF8       Encoding = "UTF-8"
	UTF16LE    Encoding = "UTF-16LE"
	UTF16BE    Encoding = "UTF-16BE"
	ShiftJIS   Encoding = "Shift_JIS"
	Windows31J Encoding = "Windows-31J"
	EUCJP      Encoding = "EUC-JP"
)

// declarable maps the names an XML declaration may give, in lower case. An
// empty value stands for UTF-16 of the byte order found.
var declarable = map[string]Encoding{
	"utf-8":       UTF8,
	"utf8":        UTF8,
	"utf-16":      "",
	"utf-16le":    UTF16LE,
	"utf-16be":    UTF16BE,
	"shift_jis":   ShiftJIS,
	"shift-jis":   ShiftJIS,
	"sjis":        ShiftJIS,
	"x-sjis":      ShiftJIS,
	"windows-31j": Windows31J,
	"cp932":       Windows31J,
	"ms932":       Windows31J,
	"euc-jp":      EUCJP,
	"eucjp":       EUCJP,
}

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
)

// detectEncoding finds the encoding of src from its first bytes (XML 1.0,
// appendix F) and the length of its byte order mark. It also reads the XML
// declaration from these bytes, to choose between the encodings that extend
// ASCII. For UTF-16 the declaration is checked after decoding.
func detectEncoding(src []byte) (enc Encoding, bom int, err error) {
	switch {
	case bytes.HasPrefix(src, bomUTF16LE):
		return UTF16LE, len(bomUTF16LE), nil
	case bytes.HasPrefix(src, bomUTF16BE):
		return UTF16BE, len(bomUTF16BE), nil
	case bytes.HasPrefix(src, []byte{'<', 0}): // no other encoding has NUL in XML
		return UTF16LE, 0, nil
	case bytes.HasPrefix(src, []byte{0, '<'}):
		return UTF16BE, 0, nil
	}
	if bytes.HasPrefix(src, bomUTF8) {
		bom = len(bomUTF8)
	}
	decl, _, err := parseDeclaration(src[bom:])
	if err != nil {
		return "", 0, err
	}
	if decl.encoding == "" {
		return UTF8, bom, nil
	}
	enc, known := declarable[strings.ToLower(decl.encoding)]
	switch {
	case !known:
		return "", 0, &SyntaxError{Message: fmt.Sprintf("encoding %q is not one of UTF-8, UTF-16, Shift_JIS, Windows-31J, EUC-JP", decl.encoding)}
	case enc == "" || enc == UTF16LE || enc == UTF16BE, bom > 0 && enc != UTF8:
		return "", 0, &SyntaxError{Message: fmt.Sprintf("declared as %s, which the first bytes contradict", decl.encoding)}
	}
	return enc, bom, nil
}

// decoded is a document as UTF-8, without its byte order mark.
type decoded struct {
	text []byte
	// ambiguous is the offset in text of the first character that readers of
	// the encoding disagree about, or -1. See mapJIS.
	ambiguous int
}

// decode converts src without its byte order mark to UTF-8. A result in UTF-8
// already shares memory with src.
func decode(src []byte, enc Encoding) (decoded, error) {
	d := decoded{ambiguous: -1}
	var err error
	switch enc {
	case UTF8:
		d.text = src
		if !utf8.Valid(src) {
			err = syntaxErrorAt(src, invalidUTF8(src), "bytes that are not UTF-8")
		}
	case UTF16LE, UTF16BE:
		d.text, err = decodeUTF16(src, enc == UTF16BE)
	case ShiftJIS:
		return decodeJIS(src, japanese.ShiftJIS, enc)
	case Windows31J:
		return decodeJIS(src, japanese.ShiftJIS, enc)
	case EUCJP:
		return decodeJIS(src, japanese.EUCJP, enc)
	}
	return d, err
}

// invalidUTF8 is the offset of the first byte that is not UTF-8.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}

func decodeUTF16(src []byte, bigEndian bool) ([]byte, error) {
	text := make([]byte, 0, len(src)/2+len(src)/4)
	unit := func(i int) rune {
		if bigEndian {
			return rune(src[i])<<8 | rune(src[i+1])
		}
		return rune(src[i+1])<<8 | rune(src[i])
	}
	bad := func() error { return syntaxErrorAt(text, len(text), "bytes that are not UTF-16") }
	for i := 0; i < len(src); i += 2 {
		if i+1 == len(src) {
			return text, bad()
		}
		r := unit(i)
		if r >= 0xD800 && r < 0xE000 {
			if r >= 0xDC00 || i+3 >= len(src) {
				return text, bad()
			}
			low := unit(i + 2)
			if low < 0xDC00 || low >= 0xE000 {
				return text, bad()
			}
			r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

// decodeJIS decodes with enc. Its decoder replaces unreadable bytes, so
// decodeJIS walks input and output side by side to refuse a replacement. On the
// way it finds the characters that readers decode differently.
func decodeJIS(src []byte, with encoding.Encoding, enc Encoding) (decoded, error) {
	d := decoded{ambiguous: -1}
	raw, err := with.NewDecoder().Bytes(src)
	if err != nil {
		return d, fmt.Errorf("xmlsig: decoding %s: %w", enc, err)
	}
	d.text = make([]byte, 0, len(raw))
	pos := 0
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError || pos >= len(src) {
			return d, syntaxErrorAt(d.text, len(d.text), "bytes that are not "+string(enc))
		}
		if enc != Windows31J {
			var unsure bool
			if r, unsure = mapJIS(r, src[pos:], enc); unsure && d.ambiguous < 0 {
				d.ambiguous = len(d.text)
			}
		}
		d.text = utf8.AppendRune(d.text, r)
		pos += sourceWidth(enc, src[pos], r)
		i += n
	}
	if pos != len(src) {
		return d, syntaxErrorAt(d.text, len(d.text), "bytes that are not "+string(enc))
	}
	return d, nil
}

// jisMapping maps the seven characters on which Microsoft's table differs to
// those of JIS X 0208.
var jisMapping = map[rune]rune{
	0x2015: 0x2014, // em dash
	0x2225: 0x2016, // double vertical line
	0xFF0D: 0x2212, // minus sign
	0xFF5E: 0x301C, // wave dash
	0xFFE0: 0x00A2, // cent
	0xFFE1: 0x00A3, // pound
	0xFFE2: 0x00AC, // not sign
}

// mapJIS returns the meaning of r in Shift_JIS and EUC-JP. It follows JIS X
// 0208, as the JDK and libxml2 do (both read Windows-31J with Microsoft's
// table). unsure reports that programs differ: libxml2 reads 0x5C and 0x7E of
// Shift_JIS as yen sign and overline, Microsoft's reader uses its own table
// under every name, and some programs refuse the characters of NEC and IBM. A
// digest over such a character would mean different texts in different
// programs.
func mapJIS(r rune, src []byte, enc Encoding) (mapped rune, unsure bool) {
	if m, ok := jisMapping[r]; ok {
		return m, true
	}
	lead := src[0]
	if enc == ShiftJIS {
		return r, lead == 0x5C || lead == 0x7E || lead == 0x80 || lead == 0x87 || lead == 0xED || lead == 0xEE || lead >= 0xF0
	}
	return r, lead == 0xAD || lead >= 0xF9 || lead == 0x8F && len(src) > 1 && (src[1] == 0xA2 || src[1] == 0xF3 || src[1] == 0xF4)
}

// sourceWidth is the number of bytes that a character with the given first
// byte takes in enc. r is the character; it decides for UTF-16 and UTF-8.
func sourceWidth(enc Encoding, lead byte, r rune) int {
	switch enc {
	case UTF16LE, UTF16BE:
		if r >= 0x10000 {
			return 4
		}
		return 2
	case ShiftJIS, Windows31J:
		if lead <= 0x80 || lead >= 0xA0 && lead <= 0xDF {
			return 1
		}
		return 2
	case EUCJP:
		switch {
		case lead < 0x80:
			return 1
		case lead == 0x8F:
			return 3
		}
		return 2
	}
	return utf8.RuneLen(r)
}

// sourceOffset returns the offset in src of the character at the given offset
// of text. bom is the length of the byte order mark of src.
func sourceOffset(src, text []byte, enc Encoding, bom, offset int) int {
	if enc == UTF8 {
		return bom + offset
	}
	pos := bom
	for i := 0; i < offset; {
		r, n := utf8.DecodeRune(text[i:])
		pos += sourceWidth(enc, src[pos], r)
		i += n
	}
	return pos
}

// encode turns markup of this package into the encoding of a document.
func encode(markup string, enc Encoding) ([]byte, error) {
	switch enc {
	case UTF16LE, UTF16BE:
		var wide []byte
		for _, unit := range utf16.Encode([]rune(markup)) {
			if enc == UTF16LE {
				wide = append(wide, byte(unit), byte(unit>>8))
			} else {
				wide = append(wide, byte(unit>>8), byte(unit))
			}
		}
		return wide, nil
	case ShiftJIS, Windows31J:
		return japanese.ShiftJIS.NewEncoder().Bytes([]byte(markup))
	case EUCJP:
		return japanese.EUCJP.NewEncoder().Bytes([]byte(markup))
	}
	return []byte(markup), nil
}
