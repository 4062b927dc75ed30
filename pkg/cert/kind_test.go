package cert

import (
	"crypto/x509"
	"encoding/asn1"
	"testing"
)

func TestKindOf(t *testing.T) {
	oldSignPolicy := asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 1, 10}
	phoneSignPolicy := asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 1, 40}
	arcItself := signPolicy[:len(signPolicy)-1]
	foreign := asn1.ObjectIdentifier{2, 5, 29, 32, 0}
	for name, test := range map[string]struct {
		o, ou    string
		policies []asn1.ObjectIdentifier
		self     bool
		want     Kind
	}{
		"signing":                          {"JPKI", signUnit, []asn1.ObjectIdentifier{signPolicy}, false, Sign},
		"signing, old policy":              {"JPKI", signUnit, []asn1.ObjectIdentifier{oldSignPolicy}, false, Sign},
		"signing on a phone":               {"JPKI", signUnit, []asn1.ObjectIdentifier{phoneSignPolicy}, false, Sign},
		"signing, with another's policy":   {"JPKI", signUnit, []asn1.ObjectIdentifier{foreign, signPolicy}, false, Sign},
		"authentication":                   {"JPKI", authUnit, []asn1.ObjectIdentifier{authPolicy}, false, Auth},
		"signing CA":                       {"JPKI", signUnit, nil, true, SignCA},
		"authentication CA":                {"JPKI", authUnit, nil, true, AuthCA},
		"demo signing":                     {"JPKI DEMO", "JPKI DEMO for digital signature", []asn1.ObjectIdentifier{signPolicy}, false, Sign},
		"demo authentication CA":           {"JPKI DEMO", "JPKI DEMO for user authentication", nil, true, AuthCA},
		"no policy":                        {"JPKI", signUnit, nil, false, Other},
		"policy of the other kind":         {"JPKI", signUnit, []asn1.ObjectIdentifier{authPolicy}, false, Other},
		"policies of both kinds":           {"JPKI", signUnit, []asn1.ObjectIdentifier{signPolicy, authPolicy}, false, Other},
		"policies of both kinds, turned":   {"JPKI", signUnit, []asn1.ObjectIdentifier{authPolicy, signPolicy}, false, Other},
		"the arc is no policy":             {"JPKI", signUnit, []asn1.ObjectIdentifier{arcItself}, false, Other},
		"policy of a stranger only":        {"JPKI", authUnit, []asn1.ObjectIdentifier{foreign}, false, Other},
		"another organization":             {"JPKI Ltd", signUnit, []asn1.ObjectIdentifier{signPolicy}, false, Other},
		"another unit":                     {"JPKI", "JPKI for anything", []asn1.ObjectIdentifier{signPolicy}, false, Other},
		"another organization's CA":        {"Example", signUnit, nil, true, Other},
		"real unit of the demo's":          {"JPKI DEMO", signUnit, nil, true, Other},
		"organization in another spelling": {"jpki", signUnit, nil, true, Other},
	} {
		issuer := caName(t, test.o, test.ou)
		subject := dn(t, country(), commonName("12345678901234567890123"))
		if test.self {
			subject = issuer
		}
		c := certificate(t, issuer, subject, func(c *x509.Certificate) { c.Policies = policies(t, test.policies...) })
		if got := KindOf(c); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if got, want := IsDemo(c), test.o == "JPKI DEMO"; got != want {
			t.Errorf("%s: demo %v, want %v", name, got, want)
		}
	}
}

func TestKindOfNeedsTheCountry(t *testing.T) {
	issuer := dn(t, org("JPKI"), unit(signUnit), unit(agency))
	if got := KindOf(certificate(t, issuer, issuer, nil)); got != Other {
		t.Errorf("%v without C=JP", got)
	}
}

func TestKindNames(t *testing.T) {
	for kind, want := range map[Kind]struct {
		name   string
		ca     bool
		issues Kind
	}{
		Sign:    {"sign", false, Other},
		Auth:    {"auth", false, Other},
		SignCA:  {"sign-ca", true, Sign},
		AuthCA:  {"auth-ca", true, Auth},
		Other:   {"other", false, Other},
		Kind(9): {"other", false, Other},
	} {
		if kind.String() != want.name || kind.IsCA() != want.ca || kind.Issues() != want.issues {
			t.Errorf("%d: %v, CA %v, issues %v", kind, kind, kind.IsCA(), kind.Issues())
		}
	}
}
