package inspect

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Description is a certificate as it is shown.
type Description struct {
	Cert     *x509.Certificate
	Kind     cert.Kind
	Demo     bool
	Holder   *cert.Holder // nil if it names none
	State    State
	CA       trust.Identity // of a CA certificate itself
	Issuer   Issuer
	DaysLeft int
	Token    jpki.TokenKind // that carries it; TokenUnknown of one in a file
}

// Describe describes a certificate by the rules of a token, [jpki.TokenUnknown]
// for one in a file.
func Describe(c *x509.Certificate, token jpki.TokenKind, now time.Time) Description {
	v := cert.ValidityOf(c)
	d := Description{
		Cert: c, Kind: cert.KindOf(c), Demo: cert.IsDemo(c),
		State: stateOn(token, States[v.State(now)]), Token: token, DaysLeft: v.DaysLeft(now), Issuer: issuerOf(c),
	}
	if d.Kind.IsCA() {
		d.CA = trust.Anchors{}.Identify(c)
	}
	if !d.Renewable() && d.State == RenewalOpen {
		d.State = Valid
	}
	if h, err := cert.HolderOf(c); err == nil || errors.Is(err, cert.ErrHolderMalformed) {
		d.Holder = &h
	}
	return d
}

// Recognize finds the certificate, or its issuer, among CAs that were added.
func (d *Description) Recognize(added []castore.Known) {
	for _, ca := range added {
		switch {
		case d.Kind.IsCA() && cert.FingerprintOf(d.Cert) == ca.Fingerprint:
			d.CA = trust.Identity{Standing: ca.Standing, Pin: trust.Pin{ID: ca.ID}}
		}
	}
	d.Issuer.recognize(d.Cert, added)
}

// Issuer is the CA that issued a certificate, by its name here.
type Issuer struct {
	ID       string // its generation, or the id of one that was added or given; "" not known
	Standing trust.Standing
}

// issuerOf finds the issuer among the published CAs and those of the demo cards.
func issuerOf(c *x509.Certificate) Issuer {
	id := generation(c)
	switch {
	case id == "":
		return Issuer{Standing: trust.Unknown}
	case cert.IsDemo(c):
		return Issuer{id, trust.Demo}
	}
	return Issuer{id, trust.Pinned}
}

// recognize finds an unknown issuer among trusted CAs, by its signature.
func (i *Issuer) recognize(c *x509.Certificate, believed []castore.Known) {
	for _, ca := range believed {
		if i.ID == "" && bytes.Equal(ca.Certificate.RawSubject, c.RawIssuer) && ca.Certificate.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil {
			*i = Issuer{ca.ID, ca.Standing}
		}
	}
}

// Renewable reports a certificate that the municipal counter renews.
func (d Description) Renewable() bool {
	return (d.Kind == cert.Sign || d.Kind == cert.Auth) && stateOn(d.Token, RenewalOpen) == RenewalOpen
}

func KeyText(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Params().Name
	}
	return c.PublicKeyAlgorithm.String()
}

// KeyUsages names the bits of KeyUsage as RFC 5280, 4.2.1.3, does.
func KeyUsages(c *x509.Certificate) (names []string) {
	for i, name := range []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign"} {
		if c.KeyUsage&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

func Policies(c *x509.Certificate) (ids []string) {
	for _, p := range c.Policies {
		ids = append(ids, p.String())
	}
	return ids
}
