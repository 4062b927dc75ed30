package jpki_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// serverConfig is a server that requires a client certificate; serverCA
// verifies the server.
var serverConfig, serverCA = func() (*tls.Config, *x509.CertPool) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"server.example.jp"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<37, 0), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAnyClientCert, // which proves that the client has the key
	}, pool
}()

// handshake returns the server's view of the connection.
func handshake(client *tls.Config) (seen tls.ConnectionState, err error) {
	here, there := net.Pipe()
	defer here.Close()
	server := tls.Server(there, serverConfig)
	done := make(chan error, 1)
	go func() {
		done <- server.Handshake()
		there.Close()
	}()
	err = tls.Client(here, client).Handshake()
	here.Close()
	return server.ConnectionState(), errors.Join(err, <-done)
}

// TestTLS shows that each signature of a handshake is made in one session,
// which is closed.
func TestTLS(t *testing.T) {
	s := newSlot(t, "adult", virtualcard.Options{})
	cert := certificates(t, s.card)[jpki.KindAuth]
	card := jpki.New(s)
	config := func(p jpki.PIN, guard jpki.Guard, version uint16) *tls.Config {
		return &tls.Config{
			ServerName: "server.example.jp", RootCAs: serverCA, MinVersion: version, MaxVersion: version,
			Certificates: []tls.Certificate{{
				Certificate:                  [][]byte{cert.Raw},
				PrivateKey:                   card.Signer(context.Background(), jpki.KeyAuth, cert, p, guard),
				SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512},
			}},
		}
	}
	for range 2 {
		if seen, err := handshake(config(rightPIN(jpki.KeyAuth), nil, tls.VersionTLS12)); err != nil || !seen.PeerCertificates[0].Equal(cert) {
			t.Fatal(err)
		}
	}
	if s.begins != 2 || s.unpowers != 2 || withPIN(s.sent, 0x20) != 2 {
		t.Errorf("%d sessions, %d closed, %d PINs sent", s.begins, s.unpowers, withPIN(s.sent, 0x20))
	}
	if open := openTo(t, s.card); len(open) > 0 {
		t.Errorf("left open: %v", open)
	}

	errNo := errors.New("not now")
	if _, err := handshake(config(rightPIN(jpki.KeyAuth), func(jpki.Tries) error { return errNo }, tls.VersionTLS12)); !errors.Is(err, errNo) {
		t.Errorf("the guard: %v", err)
	}
	var wrong *jpki.PINError
	if _, err := handshake(config(pin("4321"), nil, tls.VersionTLS12)); !errors.As(err, &wrong) || wrong.Left != 2 {
		t.Errorf("a wrong PIN: %v", err)
	}
	// No PIN is sent for what the card cannot sign.
	begun, signer := s.begins, card.Signer(context.Background(), jpki.KeyAuth, cert, rightPIN(jpki.KeyAuth), nil)
	for _, opts := range []crypto.SignerOpts{&rsa.PSSOptions{Hash: crypto.SHA384}, crypto.SHA1, crypto.SHA512} {
		if _, err := signer.Sign(nil, make([]byte, 32), opts); err == nil || s.begins != begun {
			t.Errorf("%v: %v, %d sessions", opts, err, s.begins-begun)
		}
	}
	// TLS 1.3 fails before the card is asked for anything where PSS is left out.
	sent := len(s.sent)
	if _, err := handshake(config(rightPIN(jpki.KeyAuth), nil, tls.VersionTLS13)); err == nil || len(s.sent) != sent {
		t.Errorf("TLS 1.3 without PSS: %v after %d commands", err, len(s.sent)-sent)
	}
	if public := card.Signer(context.Background(), jpki.KeyAuth, cert, pin(""), nil).Public(); !cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(public) {
		t.Error("another public key")
	}
}

// TestTLSWithPSS shows that TLS 1.2 and 1.3 work if the card makes PSS
// signatures, and that the error names the reason if it does not.
func TestTLSWithPSS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, o := range []virtualcard.Options{{}, {NoPSS: true}} {
			s := newSlot(t, "adult", o)
			cert := certificates(t, s.card)[jpki.KindAuth]
			seen, err := handshake(&tls.Config{
				ServerName: "server.example.jp", RootCAs: serverCA, MinVersion: version, MaxVersion: version,
				Certificates: []tls.Certificate{{
					Certificate:                  [][]byte{cert.Raw},
					PrivateKey:                   jpki.New(s).Signer(context.Background(), jpki.KeyAuth, cert, rightPIN(jpki.KeyAuth), nil),
					SupportedSignatureAlgorithms: []tls.SignatureScheme{tls.PSSWithSHA256},
				}},
			})
			if o.NoPSS {
				if err == nil || !strings.Contains(err.Error(), jpki.ErrNoPSS.Error()) { // crypto/tls passes on the words only
					t.Errorf("version %x without PSS: %v", version, err)
				}
			} else if err != nil || seen.Version != version || !seen.PeerCertificates[0].Equal(cert) {
				t.Errorf("version %x: %v", version, err)
			}
			if n := withPIN(s.sent, 0x20); n != 1 || openTo(t, s.card) != nil {
				t.Errorf("version %x: %d PINs sent, or left open", version, n)
			}
		}
	}
}
