// Program outside uses these libraries as a program of another author would. It
// reads a certificate from a card, signs with the card in two formats, verifies
// its own output, and decides whether the signer is trusted.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

func main() {
	if err := run(context.Background(), time.Date(2026, 11, 22, 12, 0, 0, 0, cert.JST)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, now time.Time) error {
	// A card in a real reader comes from package pcsc; this one is emulated.
	persona, _ := virtualcard.Lookup("adult")
	emulated, err := virtualcard.New(persona, now, virtualcard.Options{})
	if err != nil {
		return err
	}
	card := jpki.New(virtualcard.Slot{Card: emulated})

	// Everything that needs no card comes first.
	content, err := cms.HashContent(strings.NewReader("contract"), crypto.SHA256)
	if err != nil {
		return err
	}
	doc, err := xmlsig.Parse([]byte("<contract/>"))
	if err != nil {
		return err
	}
	prepared, err := doc.Prepare(xmlsig.Options{})
	if err != nil {
		return err
	}

	pin := jpki.NewPIN([]byte(virtualcard.SignPIN))
	defer pin.Wipe()
	var beside []byte
	var inside *xmlsig.Signed
	err = card.WithPIN(ctx, jpki.KeySign, pin, nil, func(s *jpki.Session) error {
		own, err := s.Certificate(jpki.KindSign)
		if err != nil {
			return err
		}
		ca, err := s.Certificate(jpki.KindSignCA)
		if err != nil {
			return err
		}
		by := cms.Signing{Certificate: own, CA: []*x509.Certificate{ca}, Key: s.Signer(own), Time: now}
		if beside, err = by.Detached(content.Digest(crypto.SHA256)); err != nil {
			return err
		}
		inside, err = prepared.Sign(by)
		return err
	})
	if err != nil {
		return err
	}

	signed, err := cms.Parse(beside)
	if err != nil {
		return err
	}
	found := signed.Verify(content)
	if err := found.Err(); err != nil {
		return err
	}
	var file bytes.Buffer
	if _, err := inside.WriteTo(&file); err != nil {
		return err
	}
	if doc, err = xmlsig.Parse(file.Bytes()); err != nil {
		return err
	}
	if err := doc.Verify(xmlsig.Verification{}).Err(); err != nil {
		return err
	}
	verdict := trust.Anchors{Demo: true}.Check(found[0].Certificate, found[0].Certificates, cert.Sign, trust.Moment{Time: now, Proven: true})
	holder, err := cert.HolderOf(found[0].Certificate)
	if err != nil {
		return err
	}
	fmt.Println(verdict.Status(), holder.Name)
	return nil
}
