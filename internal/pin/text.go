package pin

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Rule is a rule that a text breaks and so cannot be a PIN. Whether the rest is
// a PIN of the right form, jpki.PIN.Check says.
type Rule int

// The rules.
const (
	RuleEmpty          Rule = iota + 1 // nothing, or an empty line
	RuleTooLong                        // more than 4096 bytes
	RuleMissing                        // the source has one line, and two are needed
	RuleMoreLines                      // the source has more lines than are needed
	RuleByteOrderMark                  // saved as "Unicode" by an editor or PowerShell
	RuleFullWidth                      // full-width letters or digits
	RuleNotASCII                       // other characters no PIN has
	RuleNUL                            // a NUL byte
	RuleCarriageReturn                 // a CR that is not part of a line ending
	RuleControl                        // another control character
	RuleBlank                          // a space or a tab
)

var ruleTexts = [...]string{
	RuleEmpty:          "is empty",
	RuleTooLong:        "is too long",
	RuleMissing:        "is missing: a second line is needed",
	RuleMoreLines:      "is followed by more lines than are needed",
	RuleByteOrderMark:  "begins with a byte order mark",
	RuleFullWidth:      "has full-width characters",
	RuleNotASCII:       "has characters that are not ASCII",
	RuleNUL:            "has a NUL byte",
	RuleCarriageReturn: "has a carriage return inside",
	RuleControl:        "has a control character",
	RuleBlank:          "has a space or a tab",
}

func (r Rule) Error() string { return "pin: the PIN " + ruleTexts[r] }

// TextError is the reason why the text of a source is no PIN, without the text.
// No try was used.
type TextError struct {
	Kind Kind
	New  bool // it was to be the new PIN
	Rule Rule
}

func (e *TextError) Error() string {
	which := "PIN"
	if e.New {
		which = "new PIN"
	}
	return fmt.Sprintf("pin: the %s from %v %s", which, e.Kind, ruleTexts[e.Rule])
}

// Unwrap gives the rule.
func (e *TextError) Unwrap() error { return e.Rule }

// Byte order marks of UTF-8 and of UTF-16 in both orders.
var byteOrderMarks = [][]byte{{0xEF, 0xBB, 0xBF}, {0xFF, 0xFE}, {0xFE, 0xFF}}

func hasByteOrderMark(b []byte) bool {
	return slices.ContainsFunc(byteOrderMarks, func(mark []byte) bool { return bytes.HasPrefix(b, mark) })
}

// checkText finds the rule that a line breaks, or 0.
func checkText(b []byte) Rule {
	if len(b) == 0 {
		return RuleEmpty
	}
	if hasByteOrderMark(b) {
		return RuleByteOrderMark
	}
	var ascii Rule
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		switch {
		case '！' <= r && r <= '～' || r == '\u3000': // U+FF01..FF5E, and the full-width space
			return RuleFullWidth
		case r >= utf8.RuneSelf:
			ascii = RuleNotASCII
		case ascii != 0:
		case r == 0:
			ascii = RuleNUL
		case r == '\r':
			ascii = RuleCarriageReturn
		case r == ' ' || r == '\t':
			ascii = RuleBlank
		case r < ' ' || r == 0x7F:
			ascii = RuleControl
		}
	}
	return ascii
}
