package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden signatures anew")

// TestGolden shows that a fixed key, content and time always give the same
// signature, octet by octet.
func TestGolden(t *testing.T) {
	for name, hash := range map[string]crypto.Hash{
		"testdata/rsa-sha256.p7s": crypto.SHA256,
		"testdata/rsa-sha512.p7s": crypto.SHA512,
	} {
		got := fixture().rsa.sign(t, hash)
		if *update {
			if err := os.WriteFile(name, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the signature made is another one:\n%x", name, got)
		}
	}
}

// TestSigningEncoding compares the encoding, octet by octet, with what EN 319
// 122-1 and the RFCs require.
func TestSigningEncoding(t *testing.T) {
	p := fixture()
	der := p.rsa.sign(t, crypto.SHA256)
	sd := parsed(t, der)
	si := sd.Signers[0]

	if re, err := mustSplit(t, der).der(); err != nil || !bytes.Equal(re, der) {
		t.Errorf("not DER: %v", err)
	}
	if sd.Version != 1 || sd.ContentType != oidData || !sd.Detached() || len(sd.Signers) != 1 || si.Unsigned != nil {
		t.Errorf("SignedData: %+v", sd)
	}
	if !bytes.Equal(si.Issuer, p.rsa.cert.RawIssuer) || si.Serial.Cmp(p.rsa.cert.SerialNumber) != 0 {
		t.Errorf("sid: %x %v", si.Issuer, si.Serial)
	}
	if len(si.digestAlgorithm.parameters.full) != 0 {
		t.Error("digestAlgorithm with parameters")
	}
	if si.signatureAlgorithm.oid.String() != "1.2.840.113549.1.1.11" || !bytes.Equal(si.signatureAlgorithm.parameters.full, derNull) {
		t.Errorf("signatureAlgorithm %v with parameters %x", si.signatureAlgorithm, si.signatureAlgorithm.parameters.full)
	}
	var types []string
	for _, a := range si.Signed {
		types = append(types, a.Type.String())
	}
	slices.Sort(types)
	if want := []string{"1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"}; !slices.Equal(types, want) {
		t.Errorf("signed attributes %v, want %v", types, want)
	}
	// SigningCertificateV2 begins with certHash: SHA-256 is the DEFAULT.
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		value := newSigningCertificate(p.rsa.cert, hash)
		id := mustSplit(t, mustSplit(t, mustSplit(t, value).body).body)
		first := mustSplit(t, id.body)
		if want := map[crypto.Hash]byte{crypto.SHA256: tagOctetString, crypto.SHA384: tagSequence}[hash]; first.tag != want {
			t.Errorf("ESSCertIDv2 with %v begins with %02X, want %02X", hash, first.tag, want)
		}
	}
	if len(sd.Certificates) != 2 || sd.unreadable != nil {
		t.Errorf("%d certificates", len(sd.Certificates))
	}
}

func mustSplit(t *testing.T, in []byte) element {
	t.Helper()
	e, _, err := split(in, 0)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSigningTimeEncoding(t *testing.T) {
	jst := time.FixedZone("JST", 9*60*60)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 11, 22, 10, 2, 3, 999, jst), "170d" + hex.EncodeToString([]byte("261122010203Z"))},
		{time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), "170d" + hex.EncodeToString([]byte("500101000000Z"))},
		{time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC), "170d" + hex.EncodeToString([]byte("491231235959Z"))},
		{time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), "180f" + hex.EncodeToString([]byte("20500101000000Z"))},
		{time.Date(2050, 1, 1, 8, 59, 59, 0, jst), "170d" + hex.EncodeToString([]byte("491231235959Z"))},
		{time.Date(1949, 12, 31, 23, 59, 59, 0, time.UTC), "180f" + hex.EncodeToString([]byte("19491231235959Z"))},
	} {
		got := newTime(c.at)
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%v: %x, want %s", c.at, got, c.want)
		}
		back, ok := parseTime(mustSplit(t, got))
		if !ok || !back.Equal(c.at.Truncate(time.Second)) {
			t.Errorf("%v read back as %v %v", c.at, back, ok)
		}
	}
}

func TestEveryKeyAndHash(t *testing.T) {
	p := fixture()
	for _, h := range []holder{p.rsa, p.p256, p.p384, p.p521} {
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			rs := verified(t, h.sign(t, hash), content)
			if err := rs.Err(); err != nil {
				t.Errorf("%s, %v: %v", h.cert.Subject.CommonName, hash, err)
			}
			r := rs[0]
			if !r.Certificate.Equal(h.cert) || !r.CertificateSigned || !r.SigningTime.Equal(signedAt) || r.Algorithm.Hash != hash || r.Warnings != nil || !slices.ContainsFunc(r.Certificates, p.ca.cert.Equal) {
				t.Errorf("%s, %v: %+v", h.cert.Subject.CommonName, hash, r)
			}
		}
	}
}

// TestPSSSigning shows that a signature with RSASSA-PSS is read as one, with a
// salt as long as the digest, and that only RSA keys make it.
func TestPSSSigning(t *testing.T) {
	p := fixture()
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		s := p.rsa.signing(hash)
		s.PSS = true
		sig, err := s.Detached(sum(hash, []byte(content)))
		if err != nil {
			t.Fatal(err)
		}
		rs := verified(t, sig, content)
		if err := rs.Err(); err != nil || rs[0].Algorithm != (Algorithm{Scheme: PSS, Hash: hash, SaltLength: hash.Size()}) {
			t.Errorf("%v: %v, %+v", hash, err, rs[0].Algorithm)
		}
		if verified(t, sig, "changed").Err() == nil {
			t.Errorf("%v: of anything", hash)
		}
	}
	s := p.p256.signing(crypto.SHA256)
	s.PSS = true
	if _, err := s.Detached(sum(crypto.SHA256, []byte(content))); !errors.Is(err, ErrKey) {
		t.Errorf("an elliptic key: %v", err)
	}
}

func TestCertificatesOnce(t *testing.T) {
	p := fixture()
	s := p.rsa.signing(crypto.SHA256)
	s.CA = []*x509.Certificate{p.ca.cert, p.rsa.cert, p.ca.cert}
	if n := len(parsed(t, s.must(t, content)).Certificates); n != 2 {
		t.Errorf("%d certificates, want the signer's and the CA's", n)
	}
	s.CA = nil
	if n := len(parsed(t, s.must(t, content)).Certificates); n != 1 {
		t.Errorf("%d certificates, want the signer's", n)
	}
}

// TestSigningRefuses shows that every refusal comes before the key is used.
func TestSigningRefuses(t *testing.T) {
	p := fixture()
	digest := make([]byte, 32)
	for name, c := range map[string]struct {
		change func(*Signing)
		digest []byte
		want   error
	}{
		"SHA-1":             {func(s *Signing) { s.Hash = crypto.SHA1 }, make([]byte, 20), ErrHash},
		"MD5":               {func(s *Signing) { s.Hash = crypto.MD5 }, make([]byte, 16), ErrHash},
		"short digest":      {func(*Signing) {}, digest[:31], ErrDigest},
		"no digest":         {func(*Signing) {}, nil, ErrDigest},
		"other hash":        {func(s *Signing) { s.Hash = crypto.SHA512 }, digest, ErrDigest},
		"other certificate": {func(s *Signing) { s.Certificate = p.ca.cert }, digest, ErrKeyMismatch},
		"other kind":        {func(s *Signing) { s.Certificate = p.p256.cert }, digest, ErrKeyMismatch},
		"no certificate":    {func(s *Signing) { s.Certificate = nil }, digest, ErrKeyMismatch},
		"no key":            {func(s *Signing) { s.Key = nil }, digest, ErrKeyMismatch},
		"short key":         {func(s *Signing) { s.Certificate = p.shortRSA.cert; s.Key = p.shortRSA.key }, digest, ErrKey},
		"unknown key":       {func(s *Signing) { c := *s.Certificate; c.PublicKey = nil; s.Certificate = &c }, digest, ErrKey},
		"no time":           {func(s *Signing) { s.Time = time.Time{} }, digest, ErrTime},
		"year 10000":        {func(s *Signing) { s.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, digest, ErrTime},
	} {
		s := p.rsa.signing(crypto.SHA256)
		used := s.Key.(*card)
		c.change(&s)
		der, err := s.Detached(c.digest)
		if !errors.Is(err, c.want) || der != nil || used.signed != 0 {
			t.Errorf("%s: %v, %d octets, key used %d times; want %v", name, err, len(der), used.signed, c.want)
		}
	}
}

// broken is a key that fails or signs other data.
type broken struct {
	crypto.Signer
	err error
}

func (b broken) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	signature, err := b.Signer.Sign(nil, digest, opts)
	signature[100] ^= 1
	return signature, err
}

func TestBrokenKey(t *testing.T) {
	s := fixture().rsa.signing(crypto.SHA256)
	gone := errors.New("card removed")
	for want, key := range map[error]crypto.Signer{
		gone:             broken{s.Key, gone},
		ErrBadSignature:  broken{s.Key, nil},
		SigCryptoFailure: broken{s.Key, nil},
	} {
		s.Key = key
		if der, err := s.Detached(make([]byte, 32)); !errors.Is(err, want) || der != nil {
			t.Errorf("%v, %d octets; want %v", err, len(der), want)
		}
	}
}
