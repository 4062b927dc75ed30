package jpki

// A short EF identifier names a file in the command that works on it, which
// saves the SELECT (ISO/IEC 7816-4, 7.4.2). Test cards are reported to take them
// in READ BINARY, in the counter query and in the signing command; in this
// application the short identifier is the identifier's last byte. Whether a card
// takes them is tried with the first command of each kind, and SELECT is the
// fall-back. A PIN never goes to a file that is only named so: see
// [App.selectForPIN].

// ability is whether the card can do something.
type ability int

const (
	untried ability = iota
	works
	refused
)

// shortIDs is in which commands the card takes short identifiers.
type shortIDs struct{ read, query, sign ability }

// maxShortIDOffset is the largest offset of a READ BINARY with short identifier.
const maxShortIDOffset = 0xFF

// shortReference is P1 of READ BINARY, and P2 of the commands on a PIN or key,
// that names an EF by its short identifier.
func shortReference(ef uint16) byte { return 0x80 | byte(ef) }
