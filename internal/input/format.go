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
	case bytes.HasPrefix(beginning(head), []byte("<?xml")), bytes.HasPrefix(asUTF8(head), []byte("<?xml")):
		return "xmldsig"
	}
	return "cms"
}

// Markup reports what can be XML without a declaration, which it may lack.
func Markup(head []byte) bool {
	return FormatOf(head) == "cms" && (bytes.HasPrefix(beginning(head), []byte("<")) || bytes.HasPrefix(asUTF8(head), []byte("<")))
}

// asUTF8 is the beginning of a text in UTF-16, whose byte order shows in a mark
// or in the first tag; nil for anything else.
func asUTF8(head []byte) []byte {
	marked := head
	for _, mark := range []string{"\xFF\xFE", "\xFE\xFF"} {
		marked = bytes.TrimPrefix(marked, []byte(mark))
	}
	at := -1 // of the byte that counts
	switch {
	case bytes.HasPrefix(marked, []byte("<\x00")):
		at = 0
	case bytes.HasPrefix(marked, []byte("\x00<")):
		at = 1
	}
	if at < 0 || len(marked) < 4 || marked[2] == 0 && marked[3] == 0 {
		return nil
	}
	var text []byte
	for i := at; i < min(len(marked), 16); i += 2 {
		text = append(text, marked[i])
	}
	return text
}

// beginning is a text without what may stand before it.
func beginning(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
}
