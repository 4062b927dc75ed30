package pdfsig

import (
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/pkg/jst"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// textString encodes s as UTF-16BE with its byte order mark (7.9.2.2). 登記
// requires this for the signer's name, and every viewer reads it.
func textString(s string) pdf.String {
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return pdf.String(b)
}

// text decodes a text string in any of its three encodings. Invalid parts
// become U+FFFD: the result is for display and comparison, not for proof.
func text(s pdf.String) string {
	switch {
	case strings.HasPrefix(string(s), "\xFE\xFF"):
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	case strings.HasPrefix(string(s), "\xEF\xBB\xBF"):
		return strings.ToValidUTF8(string(s[3:]), string(utf8.RuneError))
	}
	if !strings.ContainsFunc(string(s), func(r rune) bool { return r < ' ' || r > '~' }) {
		return string(s)
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(docEncoding(s[i]))
	}
	return b.String()
}

// Codes where PDFDocEncoding differs from ISO 8859-1 (annex D.2), by first
// code.
var (
	docAt18 = []rune("˘ˇˆ˙˝˛˚˜")
	docAt80 = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\uFFFD€")
)

func docEncoding(c byte) rune {
	switch {
	case c >= 0x18 && c < 0x20:
		return docAt18[c-0x18]
	case c >= 0x80 && c <= 0xA0:
		return docAt80[c-0x80]
	}
	return rune(c)
}

// date writes a date string (7.9.4) with the closing apostrophe of PDF 1.x. The
// example of 登記 has it, and every reader accepts it.
func date(t time.Time) string { return t.In(jst.Zone).Format("D:20060102150405+09'00'") }

// parseDate reads a date string; all parts after the year are optional. The
// date is only the signer's claim, so an invalid one counts as missing.
func parseDate(s string) (t time.Time, ok bool) {
	s = strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(s, "D:"), "'", ""), "Z")
	if i := strings.IndexByte(s, 'Z'); i >= 0 { // Z00'00'
		s = s[:i]
	}
	digits, zone := s, ""
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		digits, zone = s[:i], s[i:]
	}
	layouts := map[int]string{4: "2006", 6: "200601", 8: "20060102", 10: "2006010215", 12: "200601021504", 14: "20060102150405"}
	layout, known := layouts[len(digits)]
	if !known {
		return time.Time{}, false
	}
	switch len(zone) {
	case 3:
		layout += "-07"
	case 5:
		layout += "-0700"
	case 0:
	default:
		return time.Time{}, false
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}
