package xmlsig_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// card stands for what a smart card gives: a key that signs digests, and the
// certificate for it.
func card() (*rsa.PrivateKey, *x509.Certificate) {
	demo, _ := virtualcard.DemoCAs() // for a key that everybody may have
	key := demo.Key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "holder"},
		NotBefore:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, cert
}

// Sign a document, and verify it.
func Example() {
	doc, err := xmlsig.Parse([]byte(`<申告 年="令和8年"><税額>1,234</税額></申告>`))
	if err != nil {
		panic(err)
	}
	// Everything that can be done before somebody types a PIN.
	prepared, err := doc.Prepare(xmlsig.Options{XAdES: true})
	if err != nil {
		panic(err)
	}
	key, cert := card()
	signed, err := prepared.Sign(cms.Signing{
		Certificate: cert,
		Key:         key,
		Time:        time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60)),
	})
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if _, err := signed.WriteTo(&file); err != nil {
		panic(err)
	}

	again, err := xmlsig.Parse(file.Bytes())
	if err != nil {
		panic(err)
	}
	results := again.Verify(xmlsig.Verification{})
	fmt.Println("error:", results.Err())
	for _, r := range results {
		fmt.Println(r.ID, "by", r.Certificate.Subject, "at", r.SigningTime)
	}

	forged, err := xmlsig.Parse(bytes.Replace(file.Bytes(), []byte("1,234"), []byte("234"), 1))
	if err != nil {
		panic(err)
	}
	fmt.Println("changed:", errors.Is(forged.Verify(xmlsig.Verification{}).Err(), cms.HashFailure))
	// Output:
	// error: <nil>
	// signature-1 by CN=holder at 2026-11-22 10:00:00 +0900 +0900
	// changed: true
}

// The canonical form of a document and of an element in it.
func ExampleCanonicalizer() {
	doc, err := xmlsig.Parse([]byte("<?xml version='1.0'?>\n<a xmlns='urn:a' xmlns:p='urn:p'  z='1' b='2'><c Id='c'/></a>"))
	if err != nil {
		panic(err)
	}
	inclusive := xmlsig.Canonicalizer{Method: xmlsig.C14N10}
	if err := inclusive.Document(os.Stdout, doc); err != nil {
		panic(err)
	}
	fmt.Println()
	c, err := doc.ElementByID("c")
	if err != nil {
		panic(err)
	}
	exclusive := xmlsig.Canonicalizer{Method: xmlsig.ExcC14N10}
	if err := exclusive.Element(os.Stdout, c); err != nil {
		panic(err)
	}
	// Output:
	// <a xmlns="urn:a" xmlns:p="urn:p" b="2" z="1"><c Id="c"></c></a>
	// <c xmlns="urn:a" Id="c"></c>
}

// Where a document is wrong.
func ExampleSyntaxError() {
	_, err := xmlsig.Parse([]byte("<税額>\n  1,234 & 5\n</税額>"))
	var syntax *xmlsig.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Println(syntax.Line, syntax.Column)
	}
	// Output: 2 9
}

// A document of an authority's shape is signed as the authority asks for.
func ExampleDocument_Detect() {
	doc, err := xmlsig.Parse([]byte(`<DATA xmlns="http://xml.e-tax.nta.go.jp/XSD/shotoku"><RKO0010 id="RKO0010"/></DATA>`))
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.Detect())
	prepared, err := doc.Prepare(xmlsig.Options{Profile: doc.Detect()})
	if err != nil {
		panic(err)
	}
	fmt.Println(prepared.Covers())
	// Output:
	// etax
	// [element RKO0010]
}

// No signature is an error, never a success.
func ExampleResults_Err() {
	doc, err := xmlsig.Parse([]byte("<a/>"))
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.Verify(xmlsig.Verification{}).Err())
	// Output: xmlsig: no signature
}
