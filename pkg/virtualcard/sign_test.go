package virtualcard

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// sign has a verified card sign data with the key in the current EF.
func sign(t *testing.T, c *Card, data []byte) []byte {
	t.Helper()
	cmd := append([]byte{0x80, 0x2A, 0x00, 0x80, byte(len(data))}, data...)
	raw, err := c.Transmit(append(cmd, 0))
	if err != nil {
		t.Fatal(err)
	}
	r, err := apdu.ParseResponse(raw)
	if err != nil || r.SW != apdu.StatusOK {
		t.Fatalf("signature of %d bytes: %v %v", len(data), r.SW, err)
	}
	return r.Data
}

// TestSignaturesOfDigests shows that the signatures for each P1, over data and
// over digests, verify with crypto/rsa.
func TestSignaturesOfDigests(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin a} 9000\n{auth ok} 9000")
	certificate, err := x509.ParseCertificate(trimDER(t, readFile(t, c, 0x000A)))
	if err != nil {
		t.Fatal(err)
	}
	public := certificate.PublicKey.(*rsa.PublicKey)
	data := []byte("見本")
	digest := sha256.Sum256(data)
	pkcs1 := func(hash crypto.Hash) func([]byte) error {
		return func(sig []byte) error { return rsa.VerifyPKCS1v15(public, hash, digest[:], sig) }
	}
	pss := func(sig []byte) error {
		return rsa.VerifyPSS(public, crypto.SHA256, digest[:], sig, &rsa.PSSOptions{SaltLength: 32})
	}
	for p1, way := range map[byte]struct {
		data   []byte
		verify func([]byte) error
	}{
		0x01: {data, pkcs1(0)}, 0x02: {digest[:], pkcs1(crypto.SHA256)}, 0x03: {data, pkcs1(crypto.SHA256)},
		0x04: {digest[:], pss}, 0x05: {data, pss},
	} {
		raw, err := c.Transmit(append(append([]byte{0x80, 0x2A, p1, 0x97, byte(len(way.data))}, way.data...), 0))
		if err != nil {
			t.Fatal(err)
		}
		r, err := apdu.ParseResponse(raw)
		if err != nil || r.SW != apdu.StatusOK {
			t.Fatalf("P1 %02X: %v %v", p1, r.SW, err)
		}
		if err := way.verify(r.Data); err != nil {
			t.Errorf("P1 %02X: %v", p1, err)
		}
	}
}

// TestSignaturePadding raises signatures to the public exponent and shows that
// the card adds PKCS #1 v1.5 block type 1 to any data.
func TestSignaturePadding(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin s} 9000\n{sign ok} 9000")
	certificate, err := x509.ParseCertificate(trimDER(t, readFile(t, c, 0x0001)))
	if err != nil {
		t.Fatal(err)
	}
	public := certificate.PublicKey.(*rsa.PublicKey)
	play(t, c, "{key s} 9000")
	for _, n := range []int{1, 51, 245} {
		data := bytes.Repeat([]byte{0xC5}, n)
		signature := new(big.Int).SetBytes(sign(t, c, data))
		block := signature.Exp(signature, big.NewInt(int64(public.E)), public.N).FillBytes(make([]byte, 256))
		want := append([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, 256-3-n)...)
		want = append(append(want, 0), data...)
		if !bytes.Equal(block, want) {
			t.Errorf("%d bytes were padded to\n% X", n, block)
		}
	}
}

func TestSignatureOfDigestInfo(t *testing.T) {
	c := newCard(t, "adult", Options{})
	play(t, c, "{jpki} 9000\n{pin a} 9000\n{auth ok} 9000")
	certificate, err := x509.ParseCertificate(trimDER(t, readFile(t, c, 0x000A)))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("見本"))
	info := append([]byte{0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, digest[:]...)
	play(t, c, "{key a} 9000")
	signature := sign(t, c, info)
	if err := rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
		t.Error(err)
	}
}
