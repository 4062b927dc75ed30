package xmlsig

import (
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// fileNames are the possible file names for a relative reference, the likeliest
// first: a path downwards, without scheme, host, query and fragment. Signers
// for e-Gov write names percent-encoded, or as they are, or with + for a space;
// + means + if such a file exists. It returns none if any reading leads out of
// the folder.
func fileNames(uri string) (names []string) {
	if strings.ContainsAny(uri, "?#\\\x00") || !isRelative([]byte(uri)) {
		return nil
	}
	for strings.HasPrefix(uri, "./") {
		uri = uri[len("./"):]
	}
	for _, spelt := range []string{uri, strings.ReplaceAll(uri, "+", " ")} {
		plain, err := url.PathUnescape(spelt)
		if err != nil {
			plain = spelt
		}
		for _, name := range []string{plain, spelt} {
			if !isPathDown(name) {
				return nil
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// isPathDown reports whether a name is a path downwards with slashes.
func isPathDown(name string) bool {
	return name != "." && fs.ValidPath(name) && !strings.ContainsAny(name, "\\\x00")
}

// composed returns the canonical composition of a name, because macOS returns
// all names decomposed.
func composed(name string) string { return norm.NFC.String(name) }

// fileURI is the relative reference to a file (RFC 3986, 4.2). It avoids a
// colon, because the part before it would be read as a scheme.
func fileURI(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
	}
	return strings.Join(segments, "/")
}

// notInURI are the characters that signers encode in different ways in a
// Reference. A program that expects another way would find another file.
const notInURI = " %#?/\\"

// isSafeName reports whether every way of writing a name into a Reference
// means this name.
func isSafeName(name string) bool {
	return isPathDown(name) && !strings.ContainsAny(name, notInURI) && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// egovURI writes a safe name as e-Gov's Reference has it: ASCII as it is,
// unless no URI has it (RFC 3986, 3.3), the rest as percent-encoded UTF-8.
func egovURI(name string) string {
	const (
		subDelims = "!$&'()*+,;="
		others    = "-._~@"
		hex       = "0123456789ABCDEF"
	)
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte(subDelims+others, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}
