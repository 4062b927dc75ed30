package cert

import "github.com/jpki-tools/jpki/pkg/printable"

// Text is a string out of a certificate: valid UTF-8, otherwise as its issuer
// wrote it. Printing one with package fmt shows [printable.Line] of it;
// converting it to string gives the exact characters, for comparing and for
// programs.
type Text string

// String is [printable.Line] of the text.
func (t Text) String() string { return printable.Line(string(t)) }
