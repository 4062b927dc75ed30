package input

import (
	"bytes"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// FormatOf chooses the format by the head of a file, not by its name. It tests
// for a CMS signature first, because the content inside one can look like any
// format.
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

// Markup reports a possible beginning of XML. A declaration is not required.
func Markup(head []byte) bool {
	return FormatOf(head) == "cms" && (bytes.HasPrefix(beginning(head), []byte("<")) || bytes.HasPrefix(asUTF8(head), []byte("<")))
}

// asUTF8 converts the beginning of a text in UTF-16. The byte order shows in a
// mark or in the first tag. It returns nil for any other text.
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

// beginning skips the optional prefix of a text.
func beginning(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
}
