package input

import (
	"bytes"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// FormatOf chooses the format by the head of a file, not by its name. A CMS
// signature comes first: what is inside can look like anything.
func FormatOf(head []byte) string {
	switch {
	case cms.IsSignedData(head):
	case bytes.Contains(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(beginning(head), []byte("<?xml")), bytes.HasPrefix(head, []byte("\xFF\xFE<\x00?\x00")), bytes.HasPrefix(head, []byte("\xFE\xFF\x00<\x00?")):
		return "xmldsig"
	}
	return "cms"
}

// Markup reports what can be XML without a declaration, which it may lack.
func Markup(head []byte) bool {
	return FormatOf(head) == "cms" && bytes.HasPrefix(beginning(head), []byte("<"))
}

// beginning is a text without what may stand before it.
func beginning(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
}
