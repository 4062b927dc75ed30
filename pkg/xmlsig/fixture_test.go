package xmlsig

import (
	"bytes"
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
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// signedAt is the clock of these tests.
var signedAt = time.Date(2026, 11, 22, 10, 2, 3, 0, japan)

// holder has a key and a certificate for it.
type holder struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// people are a certification authority and holders of its certificates, always
// the same ones: keys are the demo cards' or computed, serial numbers and dates fixed.
type people struct {
	ca, signer, other, short, p256 holder
	// twin has the signer's key in another certificate.
	twin holder
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
	return people{
		ca:     ca,
		signer: ca.certify(demoAuth.Key, "納税者", 1),
		other:  ca.certify(rsaKey(2048), "税理士", 2),
		short:  ca.certify(rsaKey(1024), "RSA 1024", 3),
		p256:   ca.certify(ecdsaKey(elliptic.P256()), "P-256", 4),
		twin:   ca.certify(demoAuth.Key, "somebody else", 5),
	}
})

func (h holder) certify(key crypto.Signer, name string, serial int64) holder {
	return holder{key: key, cert: issue(&x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{Country: []string{"JP"}, Locality: []string{"Tokyo-to", "Kiyose-shi"}, CommonName: name},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		SubjectKeyId: []byte("key id of " + name),
	}, h, key)}
}

func (h holder) signing() Signing {
	return Signing{Certificate: h.cert, CA: []*x509.Certificate{fixture().ca.cert}, Key: h.key, Time: signedAt}
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

// ecdsaKey gives a key that is always the same for a curve.
func ecdsaKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	digest := sha512.Sum512([]byte(curve.Params().Name))
	d := make([]byte, (curve.Params().BitSize+7)/8)
	copy(d[len(d)-min(len(d), len(digest)):], digest[:]) // with 521 bits, zero in front
	key, err := ecdsa.ParseRawPrivateKey(curve, d)
	if err != nil {
		panic(err)
	}
	return key
}

// cardKey is a key as a smart card has it: opaque, PKCS#1 v1.5 only, counting.
type cardKey struct {
	crypto.Signer
	used *int
}

var errCard = errors.New("the card says no")

func (k cardKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	*k.used++
	if _, pss := opts.(*rsa.PSSOptions); pss || len(digest) != opts.HashFunc().Size() {
		return nil, errCard
	}
	return k.Signer.Sign(nil, digest, opts.HashFunc())
}

func mustParse(t testing.TB, src []byte) *Document {
	t.Helper()
	d, err := Parse(src)
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return d
}

func finish(t testing.TB, p *Prepared, s Signing) []byte {
	t.Helper()
	signed, err := p.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := signed.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sign(t testing.TB, src []byte, r Options, s Signing) []byte {
	t.Helper()
	p, err := mustParse(t, src).Prepare(r)
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return finish(t, p, s)
}

// files gives what tests lay beside a signature.
type files map[string]string

func (f files) open(name string) (io.ReadCloser, error) {
	content, found := f[name]
	if !found {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func (f files) request(r Options) Options {
	for _, name := range sortedKeys(f) {
		r.Files = append(r.Files, File{Name: name, Content: strings.NewReader(f[name])})
	}
	return r
}
