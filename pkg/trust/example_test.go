package trust_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log"
	"math/big"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// signed is a text and a signature over it, made with a demo card.
func signed(text string) (p7s []byte) {
	adult, _ := virtualcard.Lookup("adult")
	emulated, err := virtualcard.New(adult, clock, virtualcard.Options{})
	if err != nil {
		log.Fatal(err)
	}
	pin := jpki.NewPIN([]byte(virtualcard.SignPIN))
	defer pin.Wipe()
	content, err := cms.HashContent(strings.NewReader(text), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	err = jpki.New(virtualcard.Slot{Card: emulated}).WithPIN(context.Background(), jpki.KeySign, pin, nil, func(s *jpki.Session) error {
		signer, err := s.Certificate(jpki.KindSign)
		if err != nil {
			return err
		}
		ca, err := s.Certificate(jpki.KindSignCA)
		if err != nil {
			return err
		}
		p7s, err = cms.Signing{
			Certificate: signer, CA: []*x509.Certificate{ca}, Key: s.Signer(signer), Hash: crypto.SHA256, Time: clock,
		}.Detached(content.Digest(crypto.SHA256))
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	return p7s
}

// A signature somebody sent: first the mathematics, by the package of its
// format, then whether the signer is to be believed. Only both together are an
// answer. For a PDF or an XML document it is the same, with what package pdfsig
// or xmlsig gives.
func Example() {
	p7s := signed("a contract")

	signature, err := cms.Parse(p7s)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"a contract", "another contract"} {
		content, err := cms.HashContent(strings.NewReader(text), signature.Hashes()...)
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range signature.Verify(content) {
			anchors := trust.Anchors{Demo: true} // nobody but a test believes the demo card
			now := trust.Moment{Time: clock, Claimed: r.SigningTime}
			verdict := anchors.Check(r.Certificate, r.Certificates, cert.Sign, now)
			verdict = verdict.With(trust.ReasonsOf(r.Err())...)
			fmt.Println(text, "is", verdict.Status())
			for _, reason := range verdict.Reasons {
				fmt.Println(reason.Code)
			}
		}
	}
	// Output:
	// a contract is valid-revocation-unchecked
	// another contract is invalid
	// HASH_FAILURE
}

// A revocation list is asked about every certificate of the chain but the
// anchor at its end.
func ExampleVerdict_WithRevocation() {
	ca, _ := virtualcard.DemoCAs()
	signature, err := cms.Parse(signed("a contract"))
	if err != nil {
		log.Fatal(err)
	}
	content, err := cms.HashContent(strings.NewReader("a contract"), signature.Hashes()...)
	if err != nil {
		log.Fatal(err)
	}
	signed := signature.Verify(content)[0]
	for _, revoked := range [][]x509.RevocationListEntry{nil, {{SerialNumber: signed.Certificate.SerialNumber, RevocationTime: clock.AddDate(0, -1, 0)}}} {
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: clock, NextUpdate: clock.AddDate(0, 0, 1), RevokedCertificateEntries: revoked,
		}, ca.Certificate, ca.Key)
		if err != nil {
			log.Fatal(err)
		}
		lists, err := trust.ParseCRLs(der) // or what a .crl file holds
		if err != nil {
			log.Fatal(err)
		}

		verdict := trust.Anchors{Demo: true}.Check(signed.Certificate, signed.Certificates, cert.Sign, trust.Moment{Time: clock, Proven: true})
		var evidence []trust.Evidence
		for i := 1; i < len(verdict.Chain); i++ {
			for _, list := range lists {
				if e, applies := list.Check(verdict.Chain[i-1], verdict.Chain[i]); applies {
					evidence = append(evidence, e)
				}
			}
		}
		verdict = verdict.WithRevocation(evidence, clock)
		fmt.Println(verdict.Status(), verdict.Revocation, verdict.Reasons)
	}
	// Output:
	// valid good []
	// invalid revoked [REVOKED: the certificate is revoked since 2026-10-22T00:00:00Z (unspecified)]
}

func ExamplePins() {
	for _, p := range trust.Pins() {
		fmt.Printf("%s until %s  %.16s...  %s\n", p.ID, p.Validity.LastDay(), p.Fingerprint, trust.OfficialPage(p.Kind))
	}
	// Output:
	// sign-01 until 2025-10-19  19645405A1FE1437...  https://www.jpki.go.jp/ca/ca_rules3.html
	// sign-02 until 2029-09-14  79679C33E4CC9319...  https://www.jpki.go.jp/ca/ca_rules3.html
	// sign-03 until 2033-07-15  D227F6CDE11D35C5...  https://www.jpki.go.jp/ca/ca_rules3.html
	// auth-01 until 2025-10-19  4DCFC4CA0AAF9FB2...  https://www.jpki.go.jp/ca/ca_rules4.html
	// auth-02 until 2029-09-14  0D98DE47FC11B7F6...  https://www.jpki.go.jp/ca/ca_rules4.html
	// auth-03 until 2033-07-15  64114F29620C24ED...  https://www.jpki.go.jp/ca/ca_rules4.html
}

// The demo card's CA is recognised, and not believed unless asked for.
func ExampleAnchors_CheckCA() {
	ca, _ := virtualcard.DemoCAs()
	now := trust.Moment{Time: clock, Proven: true}

	v := trust.Anchors{}.CheckCA(ca.Certificate, now)
	fmt.Println(v.Status(), v.Reasons)
	v = trust.Anchors{Demo: true}.CheckCA(ca.Certificate, now)
	fmt.Println(v.Status(), v.Issuer.Standing, v.Issuer.Pin.ID)
	// Output:
	// indeterminate [NO_CERTIFICATE_CHAIN_FOUND: the CA is the demo card's, whose key is public]
	// valid demo demo-sign
}
