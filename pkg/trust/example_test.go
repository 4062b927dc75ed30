package trust_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"log"
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
// answer.
func Example() {
	p7s := signed("a contract")

	signature, err := cms.Parse(p7s)
	if err != nil {
		log.Fatal(err)
	}
	content, err := cms.HashContent(strings.NewReader("a contract"), signature.Hashes()...)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range signature.Verify(content) {
		anchors := trust.Anchors{Demo: true} // nobody but a test believes the demo card
		verdict := anchors.Check(r.Certificate, signature.Certificates, cert.Sign, trust.Moment{Time: clock, Claimed: r.SigningTime})
		if err := r.Err(); err != nil {
			verdict = verdict.With(trust.Reason{Code: trust.SigCryptoFailure, Err: err})
		}
		holder, err := cert.HolderOf(r.Certificate)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(verdict.Status(), verdict.Issuer.Standing, holder.Name)
	}
	// Output: valid-revocation-unchecked demo デモ　太郎
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
