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

// signedWith signs <a/> with any algorithm, also with those that others use and
// this package does not.
func signedWith(t *testing.T, a cms.Algorithm, digest crypto.Hash, h holder) []byte {
	t.Helper()
	p := mustPrepare(t, "<a/>", Options{})
	p.hash = digest
	reference := p.digested[0]
	reference.digest = sum(digest, []byte("<a></a>"))
	info := p.signedInfo(a, []digested{reference})
	return withInfo(t, p, info, a, h)
}

// withInfo signs the given SignedInfo, over <a/>.
func withInfo(t *testing.T, p *Prepared, info string, a cms.Algorithm, h holder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.canonicalize(&b, info, "SignedInfo"); err != nil {
		t.Fatal(err)
	}
	hashed := sum(a.Hash, b.Bytes())
	var opts crypto.SignerOpts = a.Hash
	if a.Scheme == cms.PSS {
		opts = &rsa.PSSOptions{SaltLength: a.SaltLength, Hash: a.Hash}
	}
	value, err := h.key.Sign(rand.Reader, hashed, opts)
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

func pssWith(h crypto.Hash) cms.Algorithm {
	return cms.Algorithm{Scheme: cms.PSS, Hash: h, SaltLength: h.Size()}
}

func ecdsaWith(h crypto.Hash) cms.Algorithm { return cms.Algorithm{Scheme: cms.ECDSA, Hash: h} }

// onlyWeak reports whether the only failure is the weak algorithm, or, if weak
// is false, whether there is none.
func onlyWeak(failures []*cms.Failure, weak bool) bool {
	if !weak {
		return len(failures) == 0
	}
	return len(failures) == 1 && failures[0].Code == cms.CryptoConstraintsFailureNoPOE
}

func rsaWith(h crypto.Hash) cms.Algorithm { return cms.Algorithm{Scheme: cms.PKCS1v15, Hash: h} }

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
		{"PSS, SHA-256", pssWith(crypto.SHA256), crypto.SHA256, f.signer, false},
		{"PSS, SHA-384", pssWith(crypto.SHA384), crypto.SHA384, f.signer, false},
		{"PSS, SHA-512", pssWith(crypto.SHA512), crypto.SHA256, f.signer, false},
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
		"PSS over P-256": replaced(t, signed, signatureURI(ecdsaWith(crypto.SHA256)), signatureURI(pssWith(crypto.SHA256))),
		"an odd length":  replaced(t, signed, between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), base64Of(make([]byte, 63))),
		"too long":       replaced(t, signed, between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), base64Of(make([]byte, 66))),
		"DER":            replaced(t, signed, between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), base64Of(sequenceOfTwo())),
	} {
		if err := verdict(forged, Verification{}); !errors.Is(err, cms.SigCryptoFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShortECDSA shows that r and s of P-521 must have 66 octets each.
// Santuario, and so the JDK, often omits a leading zero octet.
func TestShortECDSA(t *testing.T) {
	who := newHolder(signers.ECDSA(elliptic.P521()), "P-521", 7)
	for {
		signed := signedWith(t, ecdsaWith(crypto.SHA512), crypto.SHA256, who)
		text := between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>")
		value, ok := decodeBase64(text)
		if !ok || len(value) != 2*66 {
			t.Fatalf("%d octets", len(value))
		}
		if value[0] != 0 || value[66] != 0 {
			continue
		}
		short := append(value[1:66:66], value[67:]...)
		if err := verdict(replaced(t, signed, text, base64Of(short)), Verification{}); err != nil {
			t.Error(err)
		}
		return
	}
}

// TestCostlyKeys shows that long keys and many certificates do not make
// verification slow.
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

// TestUnreadableCertificate shows that a certificate that crypto/x509 cannot
// read matters only if it is the signer's.
func TestUnreadableCertificate(t *testing.T) {
	p := fixture()
	one := func(der []byte) string { return "<ds:X509Certificate>" + base64Of(der) + "</ds:X509Certificate>" }
	broken := func(der []byte) []byte { return append([]byte{0x30, 0x80}, der...) }
	signed := replaced(t, sign(t, []byte("<a/>"), Options{}, p.signer.signing()), one(p.ca.cert.Raw), "")
	for name, c := range map[string]struct {
		certificates string
		want         error
	}{
		"another, behind":        {one(p.signer.cert.Raw) + one(broken(p.ca.cert.Raw)), nil},
		"another, in front":      {one(broken(p.ca.cert.Raw)) + one(p.signer.cert.Raw), nil},
		"the signer's":           {one(broken(p.signer.cert.Raw)), cms.NoSigningCertificateFound},
		"the signer's, of two":   {one(broken(p.signer.cert.Raw)) + one(p.ca.cert.Raw), cms.NoSigningCertificateFound},
		"none":                   {"", cms.NoSigningCertificateFound},
		"only somebody else's":   {one(p.other.cert.Raw), cms.SigCryptoFailure},
		"more than anybody has":  {strings.Repeat(one([]byte{0x30}), maxCertificates+1), cms.FormatFailure},
		"no base64 at all there": {"<ds:X509Certificate>*</ds:X509Certificate>", cms.FormatFailure},
	} {
		err := verdict(replaced(t, signed, one(p.signer.cert.Raw), c.certificates), Verification{})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == cms.NoSigningCertificateFound && errors.Is(err, cms.SigCryptoFailure) {
			t.Errorf("%s: judged by another's key: %v", name, err)
		}
	}
	// XAdES names its certificate.
	xades := sign(t, []byte("<a/>"), Options{XAdES: true}, p.signer.signing())
	xades = replaced(t, xades, one(p.signer.cert.Raw), one(broken(p.signer.cert.Raw)))
	if err := verdict(xades, Verification{}); !errors.Is(err, cms.NoSigningCertificateFound) {
		t.Error(err)
	}
}

func sequenceOfTwo() []byte { return []byte{0x30, 6, 2, 1, 1, 2, 1, 1} }

// TestErrorsSay shows that error messages name the place and the cause.
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
