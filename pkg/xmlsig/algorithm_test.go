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
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// signedWith is a signature over <a/> by any algorithm there is, as others make
// it and this package does not.
func signedWith(t *testing.T, a Algorithm, digest crypto.Hash, h holder) []byte {
	t.Helper()
	p := mustPrepare(t, "<a/>", Request{})
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

func methodRSA(h crypto.Hash) string { return signatureURI(Algorithm{PKCS1v15, h}) }

func TestAlgorithms(t *testing.T) {
	f := fixture()
	for _, test := range []struct {
		name      string
		algorithm Algorithm
		digest    crypto.Hash
		who       holder
		warnings  []cms.Warning
	}{
		{"RSA, SHA-256", Algorithm{PKCS1v15, crypto.SHA256}, crypto.SHA256, f.signer, nil},
		{"RSA, SHA-384 and SHA-512", Algorithm{PKCS1v15, crypto.SHA384}, crypto.SHA512, f.signer, nil},
		{"RSA, SHA-1 for SignedInfo", Algorithm{PKCS1v15, crypto.SHA1}, crypto.SHA256, f.signer, []cms.Warning{cms.WeakDigest}},
		{"RSA, SHA-1 for the content", Algorithm{PKCS1v15, crypto.SHA256}, crypto.SHA1, f.signer, []cms.Warning{cms.WeakDigest}},
		{"RSA, SHA-1", Algorithm{PKCS1v15, crypto.SHA1}, crypto.SHA1, f.signer, []cms.Warning{cms.WeakDigest}},
		{"RSA 1024", Algorithm{PKCS1v15, crypto.SHA256}, crypto.SHA256, f.short, []cms.Warning{cms.WeakKey}},
		{"P-256", Algorithm{ECDSA, crypto.SHA256}, crypto.SHA256, f.p256, nil},
		{"P-384", Algorithm{ECDSA, crypto.SHA384}, crypto.SHA256, f.ca.certify(ecdsaKey(elliptic.P384()), "P-384", 6), nil},
		{"P-521", Algorithm{ECDSA, crypto.SHA512}, crypto.SHA256, f.ca.certify(ecdsaKey(elliptic.P521()), "P-521", 7), nil},
		{"P-256, SHA-1", Algorithm{ECDSA, crypto.SHA1}, crypto.SHA256, f.p256, []cms.Warning{cms.WeakDigest}},
	} {
		signed := signedWith(t, test.algorithm, test.digest, test.who)
		results := mustParse(t, signed).Verify(Verification{})
		if err := results.Err(); err != nil {
			t.Errorf("%s: %v\n%s", test.name, err, signed)
			continue
		}
		if r := results[0]; r.Algorithm != test.algorithm || r.References[0].Hash != test.digest || !slices.Equal(r.Warnings, test.warnings) {
			t.Errorf("%s: %v, %v, warnings %v", test.name, r.Algorithm, r.References[0].Hash, r.Warnings)
		}
		forged := replaced(t, signed, `URI=""`, `Id="x" URI=""`)
		if err := verdict(forged, Verification{}); !errors.Is(err, cms.SigCryptoFailure) {
			t.Errorf("%s, changed: %v", test.name, err)
		}
	}
	// The algorithm of another kind of key, and a value in DER.
	signed := signedWith(t, Algorithm{ECDSA, crypto.SHA256}, crypto.SHA256, f.p256)
	for name, forged := range map[string][]byte{
		"RSA over P-256": replaced(t, signed, signatureURI(Algorithm{ECDSA, crypto.SHA256}), methodRSA(crypto.SHA256)),
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
		if f := (Algorithm{PKCS1v15, crypto.SHA256}).verify(key, make([]byte, 32), make([]byte, bits/8)); !errors.Is(f, cms.CryptoConstraintsFailure) {
			t.Errorf("%d bits: %v", bits, f)
		}
	}
	who := fixture().signer
	signed := sign(t, []byte("<a/>"), Request{}, who.signing())
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
		"xmlsig: more than the limit for Size, 7":              &LimitError{Limit: "Size", Max: 7},
		"xmlsig: line 1:2: more than the limit for Depth, 7":   &LimitError{"Depth", 7, 1, 2},
		`xmlsig: signature algorithm "none" is not accepted`:   &UnsupportedError{"signature", "none"},
		"xmlsig: file x was not given (SIGNED_DATA_NOT_FOUND)": failure(cms.SignedDataNotFound, "file %s was not given", "x"),
		"RSASSA-PKCS1-v1_5 with SHA-256":                       errors.New(Algorithm{PKCS1v15, crypto.SHA256}.String()),
		"unknown":                                              errors.New(Algorithm{}.String()),
		`xmlsig: line 1:2: a further signature would break signature "s", which covers the whole`:                    &BreaksSignatureError{"s", 1, 2},
		"xmlsig: line 1:2: a character that readers of Shift_JIS understand differently; sign the document as UTF-8": &AmbiguousError{ShiftJIS, 1, 2},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
