package cms

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/internal/signers"
)

// signedAt is the clock of these tests.
var signedAt = time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)

// content is what is signed where it does not matter what.
const content = "第1条\r\n甲と乙は、\x00次のとおり契約する。\n"

// holder has a key and a certificate for it.
type holder struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newHolder(key crypto.Signer, name string, serial int64) holder {
	return holder{signers.Certify(key, name, serial), key}
}

// parties are a certification authority and holders of its certificates.
type parties struct {
	ca, rsa, p256, p384, p521, shortRSA holder
}

var fixture = sync.OnceValue(func() parties {
	p := parties{
		rsa:      newHolder(signers.Cardholder(), "RSA holder", 0x00FEDCBA98),
		p256:     newHolder(signers.ECDSA(elliptic.P256()), "P-256 holder", 256),
		p384:     newHolder(signers.ECDSA(elliptic.P384()), "P-384 holder", 384),
		p521:     newHolder(signers.ECDSA(elliptic.P521()), "P-521 holder", 521),
		shortRSA: newHolder(signers.RSA(1024), "RSA 1024 holder", 1024),
	}
	p.ca.cert, p.ca.key = signers.CA()
	return p
})

// issue has h sign a certificate for a key.
func (h holder) issue(template *x509.Certificate, key crypto.Signer) *x509.Certificate {
	return signers.Issue(template, h.cert, h.key, key)
}

// card is a key that does what a card does and nothing else: it signs a
// digest, without a source of randomness.
type card struct {
	key    crypto.Signer
	signed int
}

func (c *card) Public() crypto.PublicKey { return c.key.Public() }

func (c *card) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); random != nil && !pss {
		return nil, errors.New("card: given randomness")
	}
	_, plain := opts.(crypto.Hash)
	pss, isPSS := opts.(*rsa.PSSOptions)
	if !plain && (!isPSS || pss.SaltLength != pss.Hash.Size()) || len(digest) != opts.HashFunc().Size() {
		return nil, errors.New("card: asked for something else than PKCS #1 v1.5, or PSS with a salt as long as the hash")
	}
	c.signed++
	if isPSS {
		random = rand.Reader
	}
	return c.key.Sign(random, digest, opts)
}

func (h holder) signing(hash crypto.Hash) Signing {
	return Signing{Certificate: h.cert, CA: []*x509.Certificate{fixture().ca.cert}, Key: &card{key: h.key}, Hash: hash, Time: signedAt}
}

// sign makes a detached signature over content.
func (h holder) sign(t testing.TB, hash crypto.Hash) []byte {
	t.Helper()
	return h.signing(hash).must(t, content)
}

func (s Signing) must(t testing.TB, over string) []byte {
	t.Helper()
	der, err := s.Detached(hashed(t, over, s.Hash).Digest(s.Hash))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func hashed(t testing.TB, text string, hashes ...crypto.Hash) *Content {
	t.Helper()
	c, err := HashContent(strings.NewReader(text), hashes...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parsed(t testing.TB, encoded []byte) *SignedData {
	t.Helper()
	sd, err := Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return sd
}

// verified parses and verifies a detached signature over text.
func verified(t testing.TB, encoded []byte, text string, others ...*x509.Certificate) Results {
	t.Helper()
	sd := parsed(t, encoded)
	return sd.Verify(hashed(t, text, sd.Hashes()...), others...)
}
