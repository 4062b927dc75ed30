package jpki_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// insert puts an emulated card into an imagined reader. For a card in a real
// one there is package pcsc, whose Card has the same methods.
func insert(persona string) virtualcard.Slot {
	p, _ := virtualcard.Lookup(persona)
	card, err := virtualcard.New(p, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), virtualcard.Options{})
	if err != nil {
		panic(err)
	}
	return virtualcard.Slot{Card: card}
}

// What needs no PIN: who is there, and how many tries are left.
func Example() {
	card := jpki.New(insert("last-try"))
	err := card.WithApp(context.Background(), func(app *jpki.App) error {
		token, err := app.Token()
		if err != nil {
			return err
		}
		cert, err := app.Certificate(jpki.KindAuth)
		if err != nil {
			return err
		}
		tries, err := app.Tries(jpki.KeySign)
		if err != nil {
			return err
		}
		fmt.Println(token.Kind, cert.NotAfter.Format(time.DateOnly), tries.Left)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: card 2029-01-31 1
}

// A signature with the signing key. Without a guard the last try is kept.
func ExampleCard_WithPIN() {
	pin := jpki.NewPIN([]byte(virtualcard.SignPIN))
	defer pin.Wipe()
	digest := sha256.Sum256([]byte("contract"))
	sign := func(s *jpki.Session) error {
		cert, err := s.Certificate(jpki.KindSign)
		if err != nil {
			return err
		}
		signature, err := s.Signer(cert).Sign(nil, digest[:], crypto.SHA256)
		fmt.Println(len(signature), "bytes")
		return err
	}
	for _, persona := range []string{"adult", "last-try", "locked-sign"} {
		err := jpki.New(insert(persona)).WithPIN(context.Background(), jpki.KeySign, pin, nil, sign)
		fmt.Printf("%s: %v\n", persona, err)
	}
	// Output:
	// 256 bytes
	// adult: <nil>
	// last-try: jpki: only one try is left, and it is kept
	// locked-sign: jpki: PIN blocked (sign)
}

// A change of PIN has three ends.
func ExampleSession_ChangePIN() {
	current, fresh := jpki.NewPIN([]byte(virtualcard.AuthPIN)), jpki.NewPIN([]byte("8642"))
	defer current.Wipe()
	defer fresh.Wipe()
	card := jpki.New(insert("adult"))
	err := card.WithPIN(context.Background(), jpki.KeyAuth, current, nil, func(s *jpki.Session) error {
		return s.ChangePIN(fresh)
	})
	var unconfirmed *jpki.UnconfirmedChangeError
	switch {
	case err == nil:
		fmt.Println("changed, and the new PIN works")
	case errors.As(err, &unconfirmed):
		fmt.Println("perhaps changed:", err)
	default:
		fmt.Println("not changed:", err)
	}
	// Output: changed, and the new PIN works
}

// A log-in over TLS with the authentication certificate. The PIN was asked
// before; the card is held for the signature alone, in the middle of the
// handshake.
func ExampleCard_Signer() {
	pin := jpki.NewPIN([]byte(virtualcard.AuthPIN))
	defer pin.Wipe()
	card := jpki.New(insert("adult"))
	var cert *x509.Certificate
	err := card.WithApp(context.Background(), func(app *jpki.App) (err error) {
		cert, err = app.Certificate(jpki.KindAuth)
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &tls.Config{
		ServerName: "server.example.jp",
		RootCAs:    serverCA,
		MaxVersion: tls.VersionTLS12, // TLS 1.3 wants PSS, which the card cannot do
		Certificates: []tls.Certificate{{
			Certificate:                  [][]byte{cert.Raw},
			PrivateKey:                   card.Signer(context.Background(), jpki.KeyAuth, cert, pin, nil),
			SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512},
		}},
	}
	seen, err := handshake(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tls.VersionName(seen.Version), seen.PeerCertificates[0].Equal(cert))
	// Output: TLS 1.2 true
}

// A PIN does not show itself.
func ExamplePIN() {
	pin := jpki.NewPIN([]byte("demo123"))
	fmt.Println(pin.Check(jpki.KeySign))
	pin.UpperCase()
	fmt.Println(pin, pin.Check(jpki.KeySign))
	pin.Wipe()
	fmt.Println(pin.IsZero())
	// Output:
	// jpki: the signing password has upper-case letters A-Z and digits only
	// [PIN] <nil>
	// true
}
