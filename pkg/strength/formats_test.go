package strength_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/strength"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

var moment = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// manyPrimes is an RSA key of any size, of primes that are quick to find. What
// it signs verifies like every other.
type manyPrimes struct {
	public *rsa.PublicKey
	d      *big.Int
}

func newRSA(bits int) manyPrimes {
	one, e := big.NewInt(1), big.NewInt(65537)
	for seed := 0; ; seed++ {
		n, phi := big.NewInt(1), big.NewInt(1)
		for i := 0; n.BitLen() < bits; i++ {
			size := min(256, bits-n.BitLen()+1)
			if rest := bits - n.BitLen(); rest > 256 && rest < 320 {
				size = 128 // no tiny prime at the end
			}
			p := new(big.Int).SetBytes(sha3.SumSHAKE256(fmt.Appendf(nil, "prime %d of %d, %d", i, bits, seed), size/8+1))
			for p.BitLen() > size {
				p.Rsh(p, 1)
			}
			p.SetBit(p, size-1, 1).SetBit(p, size-2, 1).SetBit(p, 0, 1)
			for !p.ProbablyPrime(10) {
				p.Add(p, big.NewInt(2))
			}
			n.Mul(n, p)
			phi.Mul(phi, new(big.Int).Sub(p, one))
		}
		if d := new(big.Int).ModInverse(e, phi); d != nil && n.BitLen() == bits {
			return manyPrimes{&rsa.PublicKey{N: n, E: 65537}, d}
		}
	}
}

func (k manyPrimes) Public() crypto.PublicKey { return k.public }

func (k manyPrimes) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	info, _ := hex.DecodeString("3031300d060960864801650304020105000420") // DigestInfo of SHA-256
	size := k.public.Size()
	encoded := append([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, size-len(info)-len(digest)-3)...)
	encoded = append(append(append(encoded, 0), info...), digest...)
	return new(big.Int).Exp(new(big.Int).SetBytes(encoded), k.d, k.public.N).FillBytes(make([]byte, size)), nil
}

func newEC(c elliptic.Curve) crypto.Signer {
	raw := sha3.SumSHAKE256([]byte(c.Params().Name), (c.Params().BitSize+7)/8)
	raw[0] = 0
	k, err := ecdsa.ParseRawPrivateKey(c, raw)
	if err != nil {
		panic(err)
	}
	return k
}

var keys = []struct {
	key  crypto.Signer
	want strength.Class
}{
	{newRSA(1023), strength.Unfit},
	{newRSA(1024), strength.Weak},
	{newRSA(1536), strength.Weak},
	{newRSA(2047), strength.Weak},
	{newRSA(2048), strength.Good},
	{newRSA(2049), strength.Good},
	{newRSA(3072), strength.Good},
	{newRSA(4096), strength.Good},
	{newRSA(8192), strength.Good},
	{newRSA(8193), strength.Unfit},
	{newEC(elliptic.P224()), strength.Weak},
	{newEC(elliptic.P256()), strength.Good},
	{newEC(elliptic.P384()), strength.Good},
	{newEC(elliptic.P521()), strength.Good},
}

func TestOf(t *testing.T) {
	for _, k := range keys {
		if got := strength.Of(k.key.Public()); got != k.want {
			t.Errorf("%s: %d, want %d", strength.Name(k.key.Public()), got, k.want)
		}
	}
	if got := strength.Of(ed25519.PublicKey(make([]byte, 32))); got != strength.Good {
		t.Errorf("Ed25519: %d", got)
	}
	for _, bits := range []uint{512, 16384, 1 << 19} {
		if got := strength.Of(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}); got != strength.Unfit {
			t.Errorf("%d bits: %d", bits, got)
		}
	}
	custom := *elliptic.P256().Params() // a curve that only looks like one
	for _, odd := range []crypto.PublicKey{nil, "key", &ecdsa.PublicKey{Curve: &custom}} {
		if got := strength.Of(odd); got != strength.Unfit {
			t.Errorf("%T: %d", odd, got)
		}
	}
}

// authority issues certificates, itself or by another.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func (a *authority) issue(t *testing.T, key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Somebody"}, NotBefore: moment.AddDate(-1, 0, 0), NotAfter: moment.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(template)
	}
	parent, by := template, key
	if a != nil {
		parent, by = a.cert, a.key
	}
	der, err := x509.CreateCertificate(nil, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func isCA(c *x509.Certificate) {
	c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid = "CA", true, true
	c.KeyUsage = x509.KeyUsageCertSign
}

func isTSA(c *x509.Certificate) {
	c.Subject.CommonName = "TSA"
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: mustHex("300a06082b06010505070308")}}
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func root(t *testing.T) *authority {
	key := newEC(elliptic.P256())
	return &authority{(*authority)(nil).issue(t, key, isCA), key}
}

// check holds what a format says against the class of the key.
func check(t *testing.T, what string, want strength.Class, err error) {
	t.Helper()
	code := map[strength.Class]cms.Code{strength.Weak: cms.CryptoConstraintsFailureNoPOE, strength.Unfit: cms.CryptoConstraintsFailure}[want]
	reasons := trust.ReasonsOf(err)
	if want == strength.Good && err != nil || want != strength.Good && (len(reasons) != 1 || !errors.Is(err, code)) {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

func TestFormats(t *testing.T) {
	ca := root(t)
	for _, k := range keys {
		c, name := ca.issue(t, k.key, nil), strength.Name(k.key.Public())
		sd, err := cms.Parse(signCMS(c, k.key, []byte("content"), nil))
		if err != nil {
			t.Fatal(err)
		}
		content, err := cms.HashContent(strings.NewReader("content"), crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		check(t, name+", CMS", k.want, sd.Verify(content).Err())

		doc, err := xmlsig.Parse(signXML(c, k.key))
		if err != nil {
			t.Fatal(err)
		}
		check(t, name+", XML", k.want, doc.Verify(xmlsig.Verification{}).Err())

		file := signPDF(c, k.key)
		report, err := pdfsig.Verify(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		check(t, name+", PDF", k.want, report.Err())
	}
}

// TestChains has the key at the end of a chain, and above it.
func TestChains(t *testing.T) {
	ca := root(t)
	anchors := trust.Anchors{Given: []*x509.Certificate{ca.cert}}
	at := trust.Moment{Time: moment}
	for _, k := range keys {
		name := strength.Name(k.key.Public())
		v := anchors.Check(ca.issue(t, k.key, nil), nil, 0, at)
		if good := v.Status() == trust.ValidRevocationUnchecked; good != (k.want == strength.Good) || v.Status() == trust.Invalid {
			t.Errorf("%s at the end: %s, %v", name, v.Status(), v.Reasons)
		}
		if strings.Contains(name, "1023") {
			continue // crypto/x509 issues nothing with it
		}
		middle := &authority{ca.issue(t, k.key, isCA), k.key}
		v = anchors.Check(middle.issue(t, newEC(elliptic.P256()), nil), []*x509.Certificate{middle.cert}, 0, at)
		if good := v.Status() == trust.ValidRevocationUnchecked; good != (k.want == strength.Good) || v.Status() == trust.Invalid {
			t.Errorf("%s above: %s, %v", name, v.Status(), v.Reasons)
		}
		// A key of any size is slow to check with: it is in no chain.
		if k.want == strength.Unfit && v.Chain != nil {
			t.Errorf("%s above was used", name)
		}
	}
}

// TestTimestamps has the key in the authority, and above it.
func TestTimestamps(t *testing.T) {
	ca := root(t)
	anchors := trust.Anchors{TSA: []*x509.Certificate{ca.cert}}
	believed := func(c *x509.Certificate, others ...*x509.Certificate) bool {
		return len(anchors.CheckTSA(c, others, moment, moment).Reasons) == 0
	}
	for _, k := range keys {
		name := strength.Name(k.key.Public())
		c := ca.issue(t, k.key, isTSA)
		token, err := cms.ParseTimestamp(signCMS(c, k.key, nil, tstInfo([]byte("content"))))
		if err != nil {
			t.Fatal(err)
		}
		_, err = token.Verify([]byte("content"))
		check(t, name+", token", k.want, err)
		if got := believed(c); got != (k.want == strength.Good) {
			t.Errorf("%s: the authority is believed: %v", name, got)
		}
		if strings.Contains(name, "1023") {
			continue
		}
		middle := &authority{ca.issue(t, k.key, isCA), k.key}
		below := middle.issue(t, newEC(elliptic.P256()), isTSA)
		if got := believed(below, middle.cert); got != (k.want == strength.Good) {
			t.Errorf("%s above the authority: it is believed: %v", name, got)
		}
		if v := anchors.CheckTSA(below, []*x509.Certificate{middle.cert}, moment, moment); k.want == strength.Unfit && v.Chain != nil {
			t.Errorf("%s above the authority was used", name)
		}
	}
}

// What follows makes signatures with keys that this project signs with nowhere.

func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	switch n := len(body); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
}

func oid(s string) []byte {
	id, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	text, _ := id.MarshalBinary()
	return tlv(6, text)
}

func digest(b []byte) []byte { d := sha256.Sum256(b); return d[:] }

func sign(key crypto.Signer, signed []byte) []byte {
	value, err := key.Sign(nil, digest(signed), crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return value
}

func isRSA(key crypto.Signer) bool {
	_, ok := key.Public().(*rsa.PublicKey)
	return ok
}

// signCMS signs detached content, or what is inside a timestamp.
func signCMS(c *x509.Certificate, key crypto.Signer, content, info []byte) []byte {
	kind, version := oid("1.2.840.113549.1.7.1"), byte(1)
	encap := tlv(0x30, kind)
	if info != nil {
		kind, version, content = oid("1.2.840.113549.1.9.16.1.4"), 3, info
		encap = tlv(0x30, kind, tlv(0xA0, tlv(4, info)))
	}
	attribute := func(id string, value []byte) []byte { return tlv(0x30, oid(id), tlv(0x31, value)) }
	attributes := bytes.Join([][]byte{
		attribute("1.2.840.113549.1.9.3", kind),
		attribute("1.2.840.113549.1.9.4", tlv(4, digest(content))),
		attribute("1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, tlv(0x30, tlv(4, digest(c.Raw)))))),
	}, nil)
	algorithm := tlv(0x30, oid("1.2.840.10045.4.3.2"))
	if isRSA(key) {
		algorithm = tlv(0x30, oid("1.2.840.113549.1.1.11"), []byte{5, 0})
	}
	sha := tlv(0x30, oid("2.16.840.1.101.3.4.2.1"))
	serial, _ := asn1.Marshal(c.SerialNumber)
	signer := tlv(0x30, []byte{2, 1, 1}, tlv(0x30, c.RawIssuer, serial), sha, tlv(0xA0, attributes), algorithm, tlv(4, sign(key, tlv(0x31, attributes))))
	return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, tlv(0x30, []byte{2, 1, version}, tlv(0x31, sha), encap, tlv(0xA0, c.Raw), tlv(0x31, signer))))
}

func tstInfo(content []byte) []byte {
	return tlv(0x30, []byte{2, 1, 1}, oid("1.2.3.4"), tlv(0x30, tlv(0x30, oid("2.16.840.1.101.3.4.2.1")), tlv(4, digest(content))),
		[]byte{2, 1, 5}, tlv(0x18, []byte(moment.Format("20060102150405Z"))))
}

// signXML writes the canonical form right away.
func signXML(c *x509.Certificate, key crypto.Signer) []byte {
	const ns, c14n = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	method := "ecdsa-sha256"
	if isRSA(key) {
		method = "rsa-sha256"
	}
	object := `<Object xmlns="` + ns + `" Id="o">content</Object>`
	info := `<SignedInfo xmlns="` + ns + `"><CanonicalizationMethod Algorithm="` + c14n + `"></CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#` + method + `"></SignatureMethod>` +
		`<Reference URI="#o"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>` +
		base64.StdEncoding.EncodeToString(digest([]byte(object))) + `</DigestValue></Reference></SignedInfo>`
	value := sign(key, []byte(info))
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		var rs struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(value, &rs); err != nil {
			panic(err)
		}
		size := (public.Params().BitSize + 7) / 8
		value = append(rs.R.FillBytes(make([]byte, size)), rs.S.FillBytes(make([]byte, size))...)
	}
	plain := func(s string) string { return strings.Replace(s, ` xmlns="`+ns+`"`, "", 1) }
	return []byte(`<Signature xmlns="` + ns + `">` + plain(info) + `<SignatureValue>` + base64.StdEncoding.EncodeToString(value) + `</SignatureValue>` +
		`<KeyInfo><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(c.Raw) + `</X509Certificate></X509Data></KeyInfo>` + plain(object) + `</Signature>`)
}

func signPDF(c *x509.Certificate, key crypto.Signer) []byte {
	const room = 16 << 10
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, body := range []string{
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Annots[4 0 R]>>",
		"<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/Rect[0 0 0 0]/F 132/V 5 0 R/P 3 0 R>>",
		"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 AAAAAA BBBBBB CCCCCC]/Contents<" + strings.Repeat("0", 2*room) + ">>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	b.WriteString("xref\n0 6\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	file := b.Bytes()
	open := bytes.Index(file, []byte("/Contents<")) + len("/Contents")
	end := open + 2*room + 2
	for placeholder, n := range map[string]int{"AAAAAA": open, "BBBBBB": end, "CCCCCC": len(file) - end} {
		copy(file[bytes.Index(file, []byte(placeholder)):], fmt.Sprintf("%06d", n))
	}
	covered := append(bytes.Clone(file[:open]), file[end:]...)
	hex.Encode(file[open+1:], signCMS(c, key, covered, nil))
	return file
}
