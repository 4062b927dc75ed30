package jpki

// Key names one of the two private keys on a card, and with it the PIN that
// guards it.
type Key int

const (
	// KeySign is the key of the digital-signature certificate (署名用).
	KeySign Key = iota + 1
	// KeyAuth is the key of the user-authentication certificate (利用者証明用).
	KeyAuth
)

// keys is all that differs between the keys, a row each. Whoever adds one of the
// next card gives it every column: nothing falls back to another key's.
var keys = map[Key]struct {
	name            string
	file, pin       uint16 // elementary files of the private key and of its PIN
	tries           int    // of its PIN when none has failed
	check           func(digits, letters, others int) Rule
	certificate, ca Kind
	reported        func(Presence) bool
}{
	KeySign: {"sign", 0x001A, 0x001B, 5, checkSignPIN, KindSign, KindSignCA, func(p Presence) bool { return p.Sign }},
	KeyAuth: {"auth", 0x0017, 0x0018, 3, checkAuthPIN, KindAuth, KindAuthCA, func(p Presence) bool { return p.Auth }},
}

// String is "sign" or "auth".
func (k Key) String() string {
	if row, known := keys[k]; known {
		return row.name
	}
	return "unknown"
}

// MaxTries is the number of tries of k's PIN when none has failed: 5 for
// signing, 3 for authentication.
func (k Key) MaxTries() int { return keys[k].tries }

// Certificate is the kind of the certificate that belongs to the key; 0 for a
// Key that is none.
func (k Key) Certificate() Kind { return keys[k].certificate }

// Kind names one of the four certificate files of a card.
type Kind int

// The certificate files.
const (
	KindSign   Kind = iota + 1 // 署名用電子証明書
	KindAuth                   // 利用者証明用電子証明書
	KindSignCA                 // the CA certificate of the first
	KindAuthCA                 // the CA certificate of the second
)

// Kinds lists all four.
func Kinds() []Kind { return []Kind{KindSign, KindAuth, KindSignCA, KindAuthCA} }

// String is "sign", "auth", "sign-ca" or "auth-ca".
func (k Kind) String() string {
	switch k {
	case KindSign:
		return "sign"
	case KindAuth:
		return "auth"
	case KindSignCA:
		return "sign-ca"
	case KindAuthCA:
		return "auth-ca"
	}
	return "unknown"
}

// Key is the key that belongs to the certificate or, for a CA's, to the
// certificate it issued; 0 for a Kind that is none.
func (k Kind) Key() Key {
	for key, row := range keys {
		if k != 0 && (row.certificate == k || row.ca == k) {
			return key
		}
	}
	return 0
}

// CA is the CA certificate's kind that goes with k; 0 for a Kind that is none.
func (k Kind) CA() Kind { return keys[k.Key()].ca }
