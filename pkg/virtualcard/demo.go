package virtualcard

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"sync"
)

// rsa.GenerateKey takes no seed, so the keys are kept, and the CA certificates
// with them: whoever pins their fingerprints must find the same bytes however
// Go encodes certificates one day.
var (
	//go:embed demo_keys.pem
	demoKeysPEM []byte
	//go:embed demo_ca.pem
	demoCAsPEM []byte
)

// CA is a demo certification authority. Its key is public: its signatures prove
// nothing.
type CA struct {
	Certificate *x509.Certificate
	Key         *rsa.PrivateKey
}

// DemoCAs gives the two certification authorities, for signing and for
// authentication, that issued the certificates of every demo card. They are
// valid from 2015 to 2049 and say DEMO in every name.
func DemoCAs() (sign, auth CA) {
	keys, certificates := demoKeys(), demoCertificates()
	return CA{certificates[0], keys.signCA}, CA{certificates[1], keys.authCA}
}

// keyring holds the keys of demo_keys.pem, in its order.
type keyring struct{ signCA, authCA, sign, auth *rsa.PrivateKey }

var demoKeys = sync.OnceValue(func() keyring {
	var keys []*rsa.PrivateKey
	for block, rest := pem.Decode(demoKeysPEM); block != nil; block, rest = pem.Decode(rest) {
		keys = append(keys, must(x509.ParsePKCS8PrivateKey(block.Bytes)).(*rsa.PrivateKey))
	}
	return keyring{keys[0], keys[1], keys[2], keys[3]}
})

var demoCertificates = sync.OnceValue(func() (certificates []*x509.Certificate) {
	for block, rest := pem.Decode(demoCAsPEM); block != nil; block, rest = pem.Decode(rest) {
		certificates = append(certificates, must(x509.ParseCertificate(block.Bytes)))
	}
	return certificates
})

// must is for what only depends on this package's own constants, so that a test
// finds it if it ever fails.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
