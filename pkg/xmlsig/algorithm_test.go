package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/signers"
)

// signedWith is a signature over <a/> by any algorithm there is, as others make
// it and this package does not.
func signedWith(t *testing.T, a cms.Algorithm, digest crypto.Hash, h holder) []byte {
	t.Helper()
	p := mustPrepare(t, "<a/>", Options{})
	p.hash = digest
	reference := p.digested[0]
	reference.digest = sum(digest, []byte("<a></a>"))
	info := strings.Replace(p.signedInfo([]digested{reference}), methodRSA(digest), signatureURI(a), 1)
	var b bytes.Buffer
	if err := p.canonicalize(&b, info, "SignedInfo"); err != nil {
		t.Fatal(err)
	}
	hashed := sum(a.Hash, b.Bytes())
	value, err := h.key.Sign(rand.Reader, hashed, a.Hash)
	if key, ok := h.key.(*ecdsa.PrivateKey); ok {
		r, s, signErr := ecdsa.Sign(rand.Reader, key, hashed)
		if signErr != nil {
			t.Fatal(signErr)
		}
		size := (key.Params().BitSize + 7) / 8
		value = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := markup{prefix: "ds"}
	m.base64("SignatureValue", value)
	return []byte("<a>" + p.open("s") + info + m.String() + p.keyInfo(h.signing()) + p.close() + "</a>")
}

func ecdsaWith(h crypto.Hash) cms.Algorithm { return cms.Algorithm{Scheme: cms.ECDSA, Hash: h} }

// onlyWeak reports whether all there is against a signature is that it is weak,
// or nothing where it is not.
func onlyWeak(failures []*cms.Failure, weak bool) bool {
	if !weak {
		return len(failures) == 0
	}
	return len(failures) == 1 && failures[0].Code == cms.CryptoConstraintsFailureNoPOE
}

func methodRSA(h crypto.Hash) string { return signatureURI(rsaWith(h)) }

func TestAlgorithms(t *testing.T) {
	f := fixture()
	for _, test := range []struct {
		name      string
		algorithm cms.Algorithm
		digest    crypto.Hash
		who       holder
		weak      bool
	}{
		{"RSA, SHA-256", rsaWith(crypto.SHA256), crypto.SHA256, f.signer, false},
		{"RSA, SHA-384 and SHA-512", rsaWith(crypto.SHA384), crypto.SHA512, f.signer, false},
		{"RSA, SHA-1 for SignedInfo", rsaWith(crypto.SHA1), crypto.SHA256, f.signer, true},
		{"RSA, SHA-1 for the content", rsaWith(crypto.SHA256), crypto.SHA1, f.signer, true},
		{"RSA, SHA-1", rsaWith(crypto.SHA1), crypto.SHA1, f.signer, true},
		{"RSA 1024", rsaWith(crypto.SHA256), crypto.SHA256, f.short, true},
		{"P-256", ecdsaWith(crypto.SHA256), crypto.SHA256, f.p256, false},
		{"P-384", ecdsaWith(crypto.SHA384), crypto.SHA256, newHolder(signers.ECDSA(elliptic.P384()), "P-384", 6), false},
		{"P-521", ecdsaWith(crypto.SHA512), crypto.SHA256, newHolder(signers.ECDSA(elliptic.P521()), "P-521", 7), false},
		{"P-256, SHA-1", ecdsaWith(crypto.SHA1), crypto.SHA256, f.p256, true},
	} {
		signed := signedWith(t, test.algorithm, test.digest, test.who)
		results := mustParse(t, signed).Verify(Verification{})
		if err := results.Err(); !onlyWeak(results[0].Failures, test.weak) {
			t.Errorf("%s: %v\n%s", test.name, err, signed)
			continue
		}
		if r := results[0]; r.Algorithm != test.algorithm || r.References[0].Hash != test.digest {
			t.Errorf("%s: %v, %v", test.name, r.Algorithm, r.References[0].Hash)
		}
		forged := replaced(t, signed, `URI=""`, `Id="x" URI=""`)
		if err := verdict(forged, Verification{}); !errors.Is(err, cms.SigCryptoFailure) {
			t.Errorf("%s, changed: %v", test.name, err)
		}
	}
	// The algorithm of another kind of key, and a value in DER.
	signed := signedWith(t, ecdsaWith(crypto.SHA256), crypto.SHA256, f.p256)
	for name, forged := range map[string][]byte{
		"RSA over P-256": replaced(t, signed, signatureURI(ecdsaWith(crypto.SHA256)), methodRSA(crypto.SHA256)),
		"P-256 over RSA": replaced(t, signed, base64Of(f.p256.cert.Raw), base64Of(f.signer.cert.Raw)),
		"DER":            replaced(t, signed, between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), base64Of(sequenceOfTwo())),
	} {
		if err := verdict(forged, Verification{}); !errors.Is(err, cms.SigCryptoFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCostlyKeys: neither a long key nor many certificates may take for ever.
func TestCostlyKeys(t *testing.T) {
	for _, bits := range []uint{512, 8193, 1 << 16} {
		key := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}
		if f := checkValue(rsaWith(crypto.SHA256), key, make([]byte, 32), make([]byte, bits/8)); !errors.Is(f, cms.CryptoConstraintsFailure) {
			t.Errorf("%d bits: %v", bits, f)
		}
	}
	who := fixture().signer
	signed := sign(t, []byte("<a/>"), Options{}, who.signing())
	one := "<ds:X509Certificate>" + base64Of(who.cert.Raw) + "</ds:X509Certificate>"
	for n, want := range map[int]error{maxCertificates - 2: nil, maxCertificates: cms.FormatFailure} { // beside the two that are there
		err := verdict(replaced(t, signed, "</ds:X509Data>", strings.Repeat(one, n)+"</ds:X509Data>"), Verification{})
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%d certificates more: %v", n, err)
		}
	}
}

func sequenceOfTwo() []byte { return []byte{0x30, 6, 2, 1, 1, 2, 1, 1} }

// TestErrorsSay: what a person reads has the place and the matter in it.
func TestErrorsSay(t *testing.T) {
	for want, err := range map[string]error{
		"xmlsig: line 2:3: x": &SyntaxError{2, 3, "x"},
		"xmlsig: x":           &SyntaxError{Message: "x"},
		"xmlsig: more than the limit for Size, 7":            &LimitError{Limit: "Size", Max: 7},
		"xmlsig: line 1:2: more than the limit for Depth, 7": &LimitError{"Depth", 7, 1, 2},
		`xmlsig: signature algorithm "none" is not accepted`: &UnsupportedError{"signature", "none"},
		"file x was not given (SIGNED_DATA_NOT_FOUND)":       failure(cms.SignedDataNotFound, "file %s was not given", "x"),
		"RSASSA-PKCS1-v1_5 with SHA-256":                     errors.New(rsaWith(crypto.SHA256).String()),
		"unknown":                                            errors.New(cms.Algorithm{}.String()),
		`xmlsig: line 1:2: a further signature would break signature "s", which covers the whole`:                    &BreaksSignatureError{"s", 1, 2},
		"xmlsig: line 1:2: a character that readers of Shift_JIS understand differently; sign the document as UTF-8": &AmbiguousError{ShiftJIS, 1, 2},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
