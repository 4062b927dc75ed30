package strength_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"math/big"

	"github.com/jpki-tools/jpki/pkg/strength"
)

// A key is looked at before anything is verified with it.
func ExampleOf() {
	short := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	fmt.Println(strength.Name(short), strength.Of(short) == strength.Weak)
	curve := &ecdsa.PublicKey{Curve: elliptic.P256()}
	fmt.Println(strength.Name(curve), strength.Of(curve) == strength.Good)
	// Output:
	// an RSA key of 1024 bits true
	// a key on P-256 true
}
