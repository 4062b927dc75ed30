package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log"
	"math/big"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// newSigner stands for a card: a key, and the certificate for it.
func newSigner() (crypto.Signer, *x509.Certificate) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), []byte("a key that everybody knows so...")) // 32 octets
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "Example"},
		NotBefore:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	return key, cert
}

func ExampleSigning_Detached() {
	key, cert := newSigner()

	content, err := cms.HashContent(strings.NewReader("a contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	signing := cms.Signing{
		Certificate: cert,
		Key:         key,
		Hash:        crypto.SHA256,
		Time:        time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
	}
	p7s, err := signing.Detached(content.Digest(crypto.SHA256))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x... is the file contract.p7s\n", p7s[4:15])
	// Output: 06092a864886f70d010702... is the file contract.p7s
}

// A signature with its content inside is made in two passes over the content,
// and read in one.
func ExampleWriteAttached() {
	key, cert := newSigner()
	const contract = "a contract"

	content, err := cms.HashContent(strings.NewReader(contract), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	p7s, err := cms.Signing{Certificate: cert, Key: key, Hash: crypto.SHA256, Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}.Detached(content.Digest(crypto.SHA256))
	if err != nil {
		log.Fatal(err)
	}
	var p7m bytes.Buffer
	if err := cms.WriteAttached(&p7m, p7s, strings.NewReader(contract), content.Size()); err != nil {
		log.Fatal(err)
	}

	var inside bytes.Buffer
	signed, err := cms.Read(&p7m, &inside)
	if err != nil {
		log.Fatal(err)
	}
	if err := signed.Verify(nil).Err(); err != nil {
		log.Fatal(err) // and nobody looks at inside
	}
	fmt.Println(inside.String())
	// Output: a contract
}

func ExampleSignedData_Verify() {
	key, cert := newSigner()
	content, err := cms.HashContent(strings.NewReader("a contract"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	p7s, err := cms.Signing{Certificate: cert, Key: key, Hash: crypto.SHA256, Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}.Detached(content.Digest(crypto.SHA256))
	if err != nil {
		log.Fatal(err)
	}

	signed, err := cms.Parse(p7s)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"a contract", "another contract"} {
		content, err := cms.HashContent(strings.NewReader(text), signed.Hashes()...)
		if err != nil {
			log.Fatal(err)
		}
		results := signed.Verify(content)
		if err := results.Err(); err != nil {
			fmt.Println(text, "is changed:", errors.Is(err, cms.HashFailure))
			continue
		}
		for _, r := range results {
			fmt.Printf("%s is signed by %s, at %v as they say, with %v\n", text, r.Certificate.Subject.CommonName, r.SigningTime, r.Algorithm)
		}
	}
	// Output:
	// a contract is signed by Example, at 2026-11-22 10:00:00 +0000 UTC as they say, with ECDSA with SHA-256
	// another contract is changed: true
}
