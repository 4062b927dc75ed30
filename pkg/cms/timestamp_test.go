package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"
)

// authority is a timestamping authority run by openssl.
type authority struct {
	bench
	cert *x509.Certificate
}

func newAuthority(t testing.TB, change func(*x509.Certificate)) authority {
	t.Helper()
	b := newBench(t)
	p := fixture()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Test TSA"},
		KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{
			Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
			Value: []byte{0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08}, // timeStamping
		}},
	}
	if change != nil {
		change(template)
	}
	cert := p.ca.issue(template, p.rsa.key)
	b.write("tsa.pem", certPEM(cert))
	key, err := x509.MarshalPKCS8PrivateKey(p.rsa.key)
	if err != nil {
		t.Fatal(err)
	}
	b.write("tsa.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	b.write("serial", []byte("01\n"))
	b.write("tsa.cnf", []byte(`[tsa]
default_tsa = t
[t]
serial = serial
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ess_cert_id_alg = sha256
`))
	return authority{b, cert}
}

// answer returns openssl's answer to a request.
func (a authority) answer(request []byte) []byte {
	a.t.Helper()
	a.write("request.tsq", request)
	a.must("openssl ts -reply -config tsa.cnf -queryfile request.tsq -out response.tsr")
	return a.read("response.tsr")
}

func TestTimestamp(t *testing.T) {
	tsa := newAuthority(t, nil)
	signature := fixture().rsa.sign(t, crypto.SHA256)
	value, err := SignatureValue(signature)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		request, err := NewTimestampRequest(h, value)
		if err != nil {
			t.Fatal(err)
		}
		stamp, by, err := request.Answer(tsa.answer(request.DER()))
		if err != nil {
			t.Fatalf("%v: %v", h, err)
		}
		if !by.Equal(tsa.cert) || time.Since(stamp.Time).Abs() > time.Minute || stamp.Accuracy != 1500100*time.Microsecond || stamp.Policy.String() != "1.2.3.4.1" {
			t.Errorf("%v: %+v by %v", h, stamp, by.Subject)
		}
		stamped, err := AddTimestamp(signature, stamp.Token)
		if err != nil {
			t.Fatal(err)
		}
		tsa.write("stamped.p7s", stamped)
		tsa.must("openssl cms -verify -binary -cades -inform DER -in stamped.p7s -content content -CAfile ca.pem -purpose any -out verified")
		tsa.write("token.tst", stamp.Token)
		tsa.write("value", value)
		tsa.must("openssl ts -verify -data value -in token.tst -token_in -CAfile ca.pem")
		if err := verified(t, stamped, content).Err(); err != nil {
			t.Errorf("%v: the stamped signature: %v", h, err)
		}
		found := verified(t, stamped, content)[0].Timestamps
		if len(found) != 1 || found[0].Err != nil {
			t.Fatalf("%v: timestamps %+v", h, found)
		}
		if by, err := found[0].Verify(); err != nil || !by.Equal(tsa.cert) {
			t.Errorf("%v: %v", h, err)
		}
		moved := found[0]
		moved.Content = append(value, 0)
		if _, err := moved.Verify(); !errors.Is(err, ErrOtherContent) {
			t.Errorf("%v: over another signature: %v", h, err)
		}
		if _, err := AddTimestamp(stamped, stamp.Token); !errors.Is(err, ErrNotOurs) {
			t.Errorf("%v: a second timestamp: %v", h, err)
		}
	}
}

func TestTimestampAnswersThatAreRefused(t *testing.T) {
	tsa := newAuthority(t, nil)
	ask := func(content string) *TimestampRequest {
		r, err := NewTimestampRequest(crypto.SHA256, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, second, other := ask("content"), ask("content"), ask("other")
	answer := tsa.answer(first.DER())
	if _, _, err := first.Answer(answer); err != nil {
		t.Fatal(err)
	}
	if _, _, err := second.Answer(answer); !errors.Is(err, ErrOtherNonce) {
		t.Errorf("another request's nonce: %v", err)
	}
	other.nonce = first.nonce
	if _, _, err := other.Answer(answer); !errors.Is(err, ErrOtherContent) {
		t.Errorf("other content: %v", err)
	}
	longer := *first
	longer.hash = crypto.SHA512
	if _, _, err := longer.Answer(answer); !errors.Is(err, ErrOtherContent) {
		t.Errorf("other digest: %v", err)
	}
	for i := range answer {
		changed := bytes.Clone(answer)
		changed[i] ^= 0x04
		if stamp, by, err := first.Answer(changed); err == nil && (!by.Equal(tsa.cert) || stamp == nil) {
			t.Errorf("byte %d changed: a timestamp of %v", i, by.Subject)
		}
		if _, _, err := first.Answer(answer[:i]); err == nil {
			t.Errorf("cut at byte %d: accepted", i)
		}
	}
	if _, _, err := first.Answer(append(bytes.Clone(answer), 0)); err == nil {
		t.Error("a byte too many was accepted")
	}
	rejection := sequence(sequence(integer(big.NewInt(2)), sequence(tlv(0x0C, []byte("no")))))
	var refused *RefusedError
	if _, _, err := first.Answer(rejection); !errors.As(err, &refused) || refused.Status != 2 {
		t.Errorf("rejection: %v", err)
	}
}

// TestTimestampSigners shows which certificates may sign timestamps. openssl
// itself refuses to sign with some of the others.
func TestTimestampSigners(t *testing.T) {
	good := newAuthority(t, nil)
	r, err := NewTimestampRequest(crypto.SHA256, []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	stamp, _, err := r.Answer(good.answer(r.DER()))
	if err != nil {
		t.Fatal(err)
	}
	p := fixture()
	for name, c := range map[string]*x509.Certificate{
		"good":         good.cert,
		"no EKU":       newAuthority(t, func(c *x509.Certificate) { c.ExtraExtensions = nil }).cert,
		"not critical": newAuthority(t, func(c *x509.Certificate) { c.ExtraExtensions[0].Critical = false }).cert,
		"two uses": newAuthority(t, func(c *x509.Certificate) {
			c.ExtraExtensions = nil
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageCodeSigning}
		}).cert,
		"a signer's": p.rsa.cert,
	} {
		if got := forTimestampsAlone(c); got != (name == "good") {
			t.Errorf("%s: for timestamps alone %v", name, got)
		}
	}
	if len(stamp.Certificates()) == 0 {
		t.Error("the token brings no certificate")
	}
}

// TestTimestampNamesItsCertificate shows that a token must name its certificate
// in an attribute (RFC 3161, 2.4.2). Otherwise another certificate for the same
// key could take its place.
func TestTimestampNamesItsCertificate(t *testing.T) {
	p := fixture()
	tsa := holder{key: p.rsa.key, cert: newAuthority(t, nil).cert}
	info := sequence([]byte{tagInteger, 1, 1}, newOID("1.2.3").der(), sequence(sha256Identifier, octetString(sum(crypto.SHA256, []byte(content)))),
		[]byte{tagInteger, 1, 1}, tlv(tagGeneralizedTime, []byte("20260101000000Z")))
	for name, named := range map[string]bool{"named": true, "not named": false} {
		s := newForgedSigner(tsa)
		s.replace(oidContentType, newAttribute(oidContentType, oidTSTInfo.der()))
		s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(sum(crypto.SHA256, info))))
		if !named {
			s.replace(oidSigningCertificateV2)
		}
		f := newForge()
		f.version, f.contentType, f.eContent = 3, oidTSTInfo, octetString(info)
		f.signers, f.certificates = []*forgedSigner{s}, [][]byte{tsa.cert.Raw}
		stamp, err := ParseTimestamp(f.encode())
		if err != nil {
			t.Fatal(err)
		}
		by, err := stamp.Verify([]byte(content))
		if named && (err != nil || !by.Equal(tsa.cert)) || !named && !errors.Is(err, ErrNotTimestamping) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimestampRequestRefusesSHA1(t *testing.T) {
	if _, err := NewTimestampRequest(crypto.SHA1, nil); !errors.Is(err, ErrHash) {
		t.Error(err)
	}
}

func FuzzTimestampAnswer(f *testing.F) {
	tsa := newAuthority(f, nil)
	r, err := NewTimestampRequest(crypto.SHA256, []byte("content"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tsa.answer(r.DER()))
	f.Add(sequence(sequence(integer(big.NewInt(2)))))
	f.Fuzz(func(t *testing.T, response []byte) {
		stamp, by, err := r.Answer(response)
		if err == nil && (stamp == nil || !by.Equal(tsa.cert)) {
			t.Errorf("accepted %x", response)
		}
	})
}
