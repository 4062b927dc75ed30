package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// Kind is the kind that a certificate claims to be, by the names of its issuer
// and subject and by its policy.
type Kind int

// The kinds of certificates.
const (
	Other  Kind = iota // nothing of JPKI's
	Sign               // digital signature, 署名用電子証明書
	Auth               // user authentication, 利用者証明用電子証明書
	SignCA             // the CA that issues the first, 署名用認証局
	AuthCA             // the CA that issues the second, 利用者証明用認証局
)

// Any is no kind of a certificate: it asks for whichever kind there is.
const Any Kind = -1

// String is "sign", "auth", "sign-ca", "auth-ca", "other" or "any".
func (k Kind) String() string {
	switch k {
	case Any:
		return "any"
	case Sign:
		return "sign"
	case Auth:
		return "auth"
	case SignCA:
		return "sign-ca"
	case AuthCA:
		return "auth-ca"
	}
	return "other"
}

// IsCA reports whether k is one of the two CAs.
func (k Kind) IsCA() bool { return k == SignCA || k == AuthCA }

// Issues is the kind of certificate that a CA of kind k issues, [Other] when k
// is no CA.
func (k Kind) Issues() Kind {
	switch k {
	case SignCA:
		return Sign
	case AuthCA:
		return Auth
	}
	return Other
}

// Organizations (O) of JPKI's CAs and of the demo card's. Their names have the
// same shape.
const (
	organization     = "JPKI"
	demoOrganization = "JPKI DEMO"
)

// families holds the two marks that distinguish the kinds: the CA's
// organizational unit behind the organization's name, and the arc of the end
// entity's policies.
var families = []struct {
	ca     Kind
	unit   string
	policy asn1.ObjectIdentifier
}{
	// .10 on older cards, .20 on newer ones; those of phones are not known.
	{SignCA, " for digital signature", asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 1}},
	// .30 on cards.
	{AuthCA, " for user authentication", asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 3}},
}

// KindOf is the kind of c. A CA of JPKI is its own issuer; an end entity's
// policy must be of the kind that its issuer's name tells, and of no other. The
// demo card's certificates have the same kinds as real ones: see [IsDemo].
func KindOf(c *x509.Certificate) Kind {
	o := organization
	if IsDemo(c) {
		o = demoOrganization
	} else if !issuerIs(c, organization) {
		return Other
	}
	for _, f := range families {
		if !slices.Contains(c.Issuer.OrganizationalUnit, o+f.unit) {
			continue
		}
		if bytes.Equal(c.RawSubject, c.RawIssuer) {
			return f.ca
		}
		if policyKind(c) == f.ca.Issues() {
			return f.ca.Issues()
		}
	}
	return Other
}

// IsDemo reports whether c was issued under the name of the demo card's CAs.
// Their keys are public.
func IsDemo(c *x509.Certificate) bool { return issuerIs(c, demoOrganization) }

// NamesJPKI reports whether c was issued under the name of JPKI or of the demo
// card. Anybody can write a name.
func NamesJPKI(c *x509.Certificate) bool { return issuerIs(c, organization) || IsDemo(c) }

func issuerIs(c *x509.Certificate, o string) bool {
	return slices.Equal(c.Issuer.Country, []string{"JP"}) && slices.Equal(c.Issuer.Organization, []string{o})
}

// policyKind is the kind that c's policies tell, and Other where they tell none
// or both.
func policyKind(c *x509.Certificate) Kind {
	kind := Other
	for _, id := range c.PolicyIdentifiers {
		for _, f := range families {
			if len(id) != len(f.policy)+1 || !id[:len(f.policy)].Equal(f.policy) {
				continue
			}
			if told := f.ca.Issues(); kind == Other || kind == told {
				kind = told
			} else {
				return Other
			}
		}
	}
	return kind
}
