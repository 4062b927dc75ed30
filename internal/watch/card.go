package watch

import (
	"crypto/x509"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Card is what a look at a card showed.
type Card struct {
	Token        jpki.TokenKind
	Certificates []Certificate // signing, then authentication
	PINs         []PIN         // the same
}

// Certificate is one of a card's certificates.
type Certificate struct {
	Kind   jpki.Kind
	State  string            // as in jpki.status/v1, at the time of the look
	Parsed *x509.Certificate // nil where it could not be read
}

// PIN is the counter of one PIN.
type PIN struct {
	Key   jpki.Key
	Tries jpki.Tries
	Known bool // the card told it
}

// ID tells one card from another: the SHA-256 fingerprint of its
// authentication certificate, which says nothing of its holder. It is empty
// where that certificate could not be read.
func (c *Card) ID() string {
	for _, x := range c.Certificates {
		if x.Kind == jpki.KindAuth && x.Parsed != nil {
			return cert.FingerprintOf(x.Parsed).String()
		}
	}
	return ""
}

// tries gives the counters that are known.
func (c *Card) tries() map[jpki.Key]jpki.Tries {
	known := map[jpki.Key]jpki.Tries{}
	for _, p := range c.PINs {
		if p.Known {
			known[p.Key] = p.Tries
		}
	}
	return known
}

// WithPINs is the card with counters that were read later.
func (c *Card) WithPINs(pins []PIN) *Card {
	later := *c
	later.PINs = pins
	return &later
}

// SameTries reports whether the counters are those of an earlier look.
func (c *Card) SameTries(pins []PIN) bool {
	if len(pins) != len(c.PINs) {
		return false
	}
	for i, p := range pins {
		if p != c.PINs[i] {
			return false
		}
	}
	return true
}

// Validity is from when to when the certificate is valid, where it was read.
func (c Certificate) Validity() (cert.Validity, bool) {
	if c.Parsed == nil {
		return cert.Validity{}, false
	}
	return cert.ValidityOf(c.Parsed), true
}
