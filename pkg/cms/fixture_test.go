package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
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

// people are a certification authority and holders of its certificates, always
// the same ones: keys are the demo cards' or computed, serial numbers and dates fixed.
type people struct {
	ca, rsa, p256, p384, p521, shortRSA holder
}

var fixture = sync.OnceValue(func() people {
	demoSign, demoAuth := virtualcard.DemoCAs()
	ca := holder{key: demoSign.Key}
	ca.cert = issue(&x509.Certificate{
		SerialNumber:          big.NewInt(0x0132C4AB),
		Subject:               pkix.Name{Country: []string{"JP"}, Organization: []string{"jpki tests"}, OrganizationalUnit: []string{"nobody trusts this CA"}},
		SubjectKeyId:          []byte("key id of the CA"),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, holder{}, ca.key)
	p := people{ca: ca}
	p.rsa = ca.certify(demoAuth.Key, "RSA holder", 0x00FEDCBA98)
	p.p256 = ca.certify(ecdsaKey(elliptic.P256()), "P-256 holder", 256)
	p.p384 = ca.certify(ecdsaKey(elliptic.P384()), "P-384 holder", 384)
	p.p521 = ca.certify(ecdsaKey(elliptic.P521()), "P-521 holder", 521)
	p.shortRSA = ca.certify(rsaKey(1024), "RSA 1024 holder", 1024)
	return p
})

func (h holder) certify(key crypto.Signer, name string, serial int64) holder {
	return holder{key: key, cert: issue(&x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{Country: []string{"JP"}, Locality: []string{"Tokyo-to", "Kiyose-shi"}, CommonName: name},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		SubjectKeyId: []byte("key id of " + name),
	}, h, key)}
}

// issue makes a certificate; one signed by its own key where there is no issuer.
func issue(template *x509.Certificate, issuer holder, key crypto.Signer) *x509.Certificate {
	template.NotBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	template.NotAfter = time.Date(2049, 12, 31, 14, 59, 59, 0, time.UTC)
	if issuer.cert == nil {
		issuer = holder{template, key}
	}
	der, err := x509.CreateCertificate(nil, template, issuer.cert, key.Public(), issuer.key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

// rsaKey gives a key that is always the same for a size. Its primes are the
// first ones after numbers that everybody can compute.
func rsaKey(bits int) *rsa.PrivateKey {
	prime := func(name string) *big.Int {
		p := new(big.Int).SetBytes(sha3.SumSHAKE256([]byte(name), bits/16))
		for _, bit := range []int{0, bits/2 - 2, bits/2 - 1} { // odd, and large enough for a product of all bits
			p.SetBit(p, bit, 1)
		}
		for !p.ProbablyPrime(20) {
			p.Add(p, big.NewInt(2))
		}
		return p
	}
	one, p, q := big.NewInt(1), prime("p of the tests"), prime("q of the tests")
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
	key.D = new(big.Int).ModInverse(big.NewInt(int64(key.E)), phi)
	key.Precompute()
	if err := key.Validate(); err != nil || key.N.BitLen() != bits {
		panic(fmt.Sprintf("%d of %d bits: %v", key.N.BitLen(), bits, err))
	}
	return key
}

func ecdsaKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	seed := sha512.Sum512([]byte("jpki test key on " + curve.Params().Name))
	octets := make([]byte, (curve.Params().BitSize+7)/8)
	copy(octets[1:], seed[:]) // a first octet of 0 keeps it below the order
	key, err := ecdsa.ParseRawPrivateKey(curve, octets)
	if err != nil {
		panic(err)
	}
	return key
}

// card is a key that does what a card does and nothing else: it signs a
// digest, without a source of randomness.
type card struct {
	key    crypto.Signer
	signed int
}

func (c *card) Public() crypto.PublicKey { return c.key.Public() }

func (c *card) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if random != nil {
		return nil, errors.New("card: given randomness")
	}
	if _, plain := opts.(crypto.Hash); !plain || len(digest) != opts.HashFunc().Size() {
		return nil, errors.New("card: asked for something else than PKCS #1 v1.5")
	}
	c.signed++
	return c.key.Sign(nil, digest, opts)
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
