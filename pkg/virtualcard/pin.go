package virtualcard

import "github.com/jpki-tools/jpki/pkg/apdu"

// The PINs of every demo card that has usable ones. They are public.
const (
	SignPIN = "DEMO123" // signing password, 署名用パスワード
	AuthPIN = "1234"    // authentication PIN, 利用者証明用パスワード
)

// Tries of a fresh counter.
const (
	maxSignTries = 5
	maxAuthTries = 3
)

// maxPINLength is the capacity of a PIN file.
const maxPINLength = 16

// blockedNow answers the try that blocks a PIN.
const blockedNow apdu.Status = 0x63C0

// pin is the content of a PIN EF: reference data, retry counter and whether it
// was verified since power-up.
type pin struct {
	reference reference // empty: the PIN is unusable and never verifies
	left, max int
	format    func(string) bool
	verified  bool
}

func newPIN(value string, left, most int, format func(string) bool) *pin {
	if value == "" {
		left = 0
	}
	return &pin{reference: initialReference(value), left: left, max: most, format: format}
}

// verify is VERIFY (ISO/IEC 7816-4, 11.6.6) of the current EF, or
// of that of a short identifier. Without data it is the retry counter query, which costs no try.
//
// The card compares byte by byte, so data of a wrong length is a wrong PIN and
// costs a try. That is the cautious assumption for those who test a client: no
// source says that cards are kinder.
func (c *Card) verify(cmd apdu.Command) apdu.Response {
	if cmd.P1 != 0x00 {
		return status(apdu.StatusIncorrectP1P2)
	}
	f, refusal := c.referenced(cmd.P2, pinEF)
	switch {
	case f == nil:
		return status(refusal)
	case len(cmd.Data) == 0:
		return status(c.queryTries(f.pin, cmd))
	case cmd.Ne > 0:
		return status(apdu.StatusWrongLength)
	}
	p := f.pin
	if p.left == 0 {
		return status(c.options.BlockedVerify)
	}
	p.verified = p.reference.matches(cmd.Data)
	if p.verified {
		p.left = p.max
		return status(apdu.StatusOK)
	}
	p.left--
	return status(triesLeft(p.left))
}

// queryTries answers the retry counter query. A verified PIN does not show in
// it, unless [Options.QueryShowsOpen] says so.
func (c *Card) queryTries(p *pin, cmd apdu.Command) apdu.Status {
	isCase2 := cmd.Ne > 0
	switch {
	case c.options.Like != nil && c.options.Like.both && p.left > 0 && !p.verified:
		return triesLeft(p.left)
	case isCase2 != c.options.QueryCase2 && !c.options.T0: // T=0 cannot tell them apart
		return apdu.StatusWrongLength
	case p.left == 0:
		return c.options.BlockedQuery
	case p.verified && c.options.QueryShowsOpen:
		return apdu.StatusOK
	}
	return triesLeft(p.left)
}

func triesLeft(n int) apdu.Status { return 0x63C0 | apdu.Status(n) }

// changePIN is CHANGE REFERENCE DATA with the new data only (P1=01; ISO/IEC
// 7816-4, 11.6.7) of the current EF, which must be verified. The PIN stays
// verified.
func (c *Card) changePIN(cmd apdu.Command) apdu.Response {
	if cmd.P1 != 0x01 {
		return status(apdu.StatusIncorrectP1P2)
	}
	f, refusal := c.referenced(cmd.P2, pinEF)
	switch {
	case f == nil:
		return status(refusal)
	case !f.pin.verified:
		return status(apdu.StatusSecurityNotSatisfied)
	case len(cmd.Data) == 0 || len(cmd.Data) > maxPINLength || cmd.Ne > 0:
		return status(apdu.StatusWrongLength)
	case !c.options.AnyPINFormat && !f.pin.format(string(cmd.Data)):
		return status(apdu.StatusWrongData)
	}
	f.pin.reference = newReference(string(cmd.Data))
	return status(apdu.StatusOK)
}

// signFormat is the rule for signing passwords: 6 to 16 upper-case letters and
// digits, at least one of each.
func signFormat(s string) bool {
	letters, digits := 0, 0
	for _, b := range []byte(s) {
		switch {
		case b >= 'A' && b <= 'Z':
			letters++
		case b >= '0' && b <= '9':
			digits++
		}
	}
	return letters+digits == len(s) && letters > 0 && digits > 0 && len(s) >= 6 && len(s) <= 16
}

// authFormat is the rule for authentication PINs: 4 digits.
func authFormat(s string) bool {
	for _, b := range []byte(s) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(s) == 4
}
