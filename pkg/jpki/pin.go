package jpki

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// PIN is a password of the card, and the only secret this module knows. It
// hides itself from every format verb, from JSON, text and gob encoding, and
// from log/slog.
//
// A PIN refers to one buffer: copies of the value share it, and [PIN.Wipe]
// overwrites it for all of them. Go cannot promise that no other copy exists:
// the runtime may have moved a stack or a buffer before the bytes reached the
// PIN, and the operating system may have swapped or dumped memory. The commands
// that carry a PIN to the card are wiped as soon as they are sent.
type PIN struct {
	// fmt calls no methods on an unexported field of another struct. It prints
	// a pointer there as an address; but with a verb that is none for pointers,
	// %s for one, it prints the value behind it, unless that is a pointer
	// again.
	b **[]byte
}

// NewPIN makes a PIN of b and keeps b itself, not a copy: wiping the PIN wipes b.
func NewPIN(b []byte) PIN {
	p := &b
	return PIN{&p}
}

func (p PIN) bytes() []byte {
	if p.b == nil {
		return nil
	}
	return **p.b
}

// IsZero reports whether p holds no characters: it was never set, or wiped.
func (p PIN) IsZero() bool { return len(p.bytes()) == 0 }

// Equal compares two PINs in a time that depends on their lengths only.
func (p PIN) Equal(q PIN) bool { return subtle.ConstantTimeCompare(p.bytes(), q.bytes()) == 1 }

// Wipe overwrites the PIN's buffer. The PIN is zero afterwards.
func (p PIN) Wipe() {
	if p.b != nil {
		clear(**p.b)
		**p.b = nil
	}
}

// Clone gives a copy in a buffer of its own, which has to be wiped too.
func (p PIN) Clone() PIN { return NewPIN(slices.Clone(p.bytes())) }

// MoveTo moves the PIN into memory of the caller's, such as a page that is not
// swapped out, and wipes p. b must be long enough, and is kept.
func (p PIN) MoveTo(b []byte) PIN {
	n := copy(b, p.bytes())
	p.Wipe()
	return NewPIN(b[:n:n])
}

// UpperCase turns a..z into A..Z in place and reports whether it changed
// anything. Signing passwords are set in upper case and the card compares
// bytes, so a lower-case letter would cost a try.
func (p PIN) UpperCase() (changed bool) {
	b := p.bytes()
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
			changed = true
		}
	}
	return changed
}

// Rule is a rule that a PIN must keep before it is sent: see [PIN.Check].
type Rule int

// The rules, in the order they are checked.
const (
	RuleCharacters Rule = iota + 1 // other characters than the key's PIN can have
	RuleLength                     // too short or too long
	RuleMixed                      // signing: at least one letter and one digit
)

// RuleError says which rule a PIN broke, and nothing about the PIN. It is
// found before the card is touched: no try was used.
type RuleError struct {
	Key  Key
	Rule Rule
}

func (e *RuleError) Error() string {
	if e.Key == KeyAuth {
		return "jpki: the authentication PIN is exactly 4 digits"
	}
	switch e.Rule {
	case RuleLength:
		return "jpki: the signing password has 6 to 16 characters"
	case RuleMixed:
		return "jpki: the signing password has at least one letter and one digit"
	}
	return "jpki: the signing password has upper-case letters A-Z and digits only"
}

// Lengths of the two PINs, in characters.
const (
	AuthPINLength    = 4
	SignPINMinLength = 6
	SignPINMaxLength = 16
)

// Check holds p against the rules of k's PIN: 4 digits for authentication, and
// 6 to 16 upper-case letters and digits, one of each at least, for signing. The
// error is a *[RuleError]. A Key that is none has no PIN, and p is refused.
func (p PIN) Check(k Key) error {
	var digits, letters, others int
	for _, c := range p.bytes() {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case 'A' <= c && c <= 'Z':
			letters++
		default:
			others++
		}
	}
	broken := RuleCharacters
	if row, known := keys[k]; known {
		broken = row.check(digits, letters, others)
	}
	if broken != 0 {
		return &RuleError{k, broken}
	}
	return nil
}

func checkAuthPIN(digits, letters, others int) Rule {
	switch {
	case letters+others > 0:
		return RuleCharacters
	case digits != AuthPINLength:
		return RuleLength
	}
	return 0
}

func checkSignPIN(digits, letters, others int) Rule {
	switch n := digits + letters; {
	case others > 0:
		return RuleCharacters
	case n < SignPINMinLength || n > SignPINMaxLength:
		return RuleLength
	case letters == 0 || digits == 0:
		return RuleMixed
	}
	return 0
}

const redacted = "[PIN]"

// Format writes [PIN] for every verb.
func (p PIN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String is [PIN], whatever the PIN.
func (p PIN) String() string { return redacted }

// GoString is [PIN], whatever the PIN.
func (p PIN) GoString() string { return redacted }

// LogValue is [PIN], whatever the PIN.
func (p PIN) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives [PIN], and with it JSON, XML and map keys.
func (p PIN) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode refuses: a PIN is not stored.
func (p PIN) GobEncode() ([]byte, error) { return nil, errors.New("jpki: a PIN is not encoded") }
