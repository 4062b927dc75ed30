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

// String is "sign" or "auth".
func (k Key) String() string {
	switch k {
	case KeySign:
		return "sign"
	case KeyAuth:
		return "auth"
	}
	return "unknown"
}

// MaxTries is the number of tries of k's PIN when none has failed: 5 for
// signing, 3 for authentication.
func (k Key) MaxTries() int {
	if k == KeyAuth {
		return 3
	}
	return 5
}

// Certificate is the kind of the certificate that belongs to the key.
func (k Key) Certificate() Kind {
	if k == KeyAuth {
		return KindAuth
	}
	return KindSign
}

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
// certificate it issued.
func (k Kind) Key() Key {
	if k == KindAuth || k == KindAuthCA {
		return KeyAuth
	}
	return KeySign
}

// CA is the CA certificate's kind that goes with k.
func (k Kind) CA() Kind {
	if k.Key() == KeyAuth {
		return KindAuthCA
	}
	return KindSignCA
}
