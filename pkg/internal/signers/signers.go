// Package signers has what the tests of the signature formats sign with: a
// certification authority nobody trusts, certificates it issues, and keys. They
// are the same ones every time: keys are the demo cards' or computed from names,
// and serial numbers and dates are fixed.
package signers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// CA is the certification authority.
func CA() (*x509.Certificate, crypto.Signer) {
	demo, _ := virtualcard.DemoCAs()
	return Issue(&x509.Certificate{
		SerialNumber:          big.NewInt(0x0132C4AB),
		Subject:               pkix.Name{Country: []string{"JP"}, Organization: []string{"jpki tests"}, OrganizationalUnit: []string{"nobody trusts this CA"}},
		SubjectKeyId:          []byte("key id of the CA"),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil, nil, demo.Key), demo.Key
}

// Certify has the authority issue a certificate for somebody's key.
func Certify(key crypto.Signer, name string, serial int64) *x509.Certificate {
	ca, caKey := CA()
	return Issue(&x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{Country: []string{"JP"}, Locality: []string{"Tokyo-to", "Kiyose-shi"}, CommonName: name},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		SubjectKeyId: []byte("key id of " + name),
	}, ca, caKey, key)
}

// Issue makes a certificate for key; where there is no issuer, one that key
// itself signs.
func Issue(template, issuer *x509.Certificate, issuerKey, key crypto.Signer) *x509.Certificate {
	template.NotBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	template.NotAfter = time.Date(2049, 12, 31, 14, 59, 59, 0, time.UTC)
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(nil, template, issuer, key.Public(), issuerKey)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

// Cardholder is a key that signs documents, of 2048 bits.
func Cardholder() *rsa.PrivateKey {
	_, demo := virtualcard.DemoCAs()
	return demo.Key
}

// RSA gives the key of a size. Its primes are the first ones after numbers that
// everybody can compute.
func RSA(bits int) *rsa.PrivateKey {
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

// ECDSA gives the key of a curve.
func ECDSA(curve elliptic.Curve) *ecdsa.PrivateKey {
	seed := sha512.Sum512([]byte("jpki test key on " + curve.Params().Name))
	octets := make([]byte, (curve.Params().BitSize+7)/8)
	copy(octets[1:], seed[:]) // a first octet of 0 keeps it below the order
	key, err := ecdsa.ParseRawPrivateKey(curve, octets)
	if err != nil {
		panic(err)
	}
	return key
}
