package cms

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/big"
	"testing"
)

// countersigned returns a good signature with one countersignature by the P-256
// holder, which change makes wrong.
func countersigned(t testing.TB, change func(counter *forgedSigner, value []byte)) []byte {
	t.Helper()
	p := fixture()
	f := newForge()
	f.certificates = append(f.certificates, p.p256.cert.Raw)
	value := parsed(t, f.encode()).Signers[0].Signature
	f.signers[0].unsigned = tlv(tagExplicit|1, newAttribute(oidCountersignature, newCountersigner(p.p256, value, change).encode()))
	return f.encode()
}

// newCountersigner returns a signer over a signature value, without the content
// type attribute, which it must not have.
func newCountersigner(h holder, value []byte, change func(*forgedSigner, []byte)) *forgedSigner {
	s := newForgedSigner(h)
	digest := sha256.Sum256(value)
	s.replace(oidContentType)
	s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(digest[:])))
	if change != nil {
		change(s, value)
	}
	return s
}

func TestCountersignature(t *testing.T) {
	p := fixture()
	for name, c := range map[string]struct {
		change func(*forgedSigner, []byte)
		want   error // nil: good
	}{
		"good":          {func(*forgedSigner, []byte) {}, nil},
		"no attributes": {func(s *forgedSigner, value []byte) { s.withoutAttributes(string(value)) }, nil},
		"over the content, not the signature": {func(s *forgedSigner, _ []byte) {
			d := sha256.Sum256([]byte(content))
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(d[:])))
		}, HashFailure},
		"over another signature": {func(s *forgedSigner, value []byte) {
			d := sha256.Sum256(append(bytes.Clone(value), 0))
			s.replace(oidMessageDigest, newAttribute(oidMessageDigest, octetString(d[:])))
		}, HashFailure},
		"no attributes, over the content": {func(s *forgedSigner, _ []byte) { s.withoutAttributes(content) }, SigCryptoFailure},
		"contentType": {func(s *forgedSigner, _ []byte) {
			s.attributes = append(s.attributes, newAttribute(oidContentType, oidData.der()))
		}, FormatFailure},
		"contentType twice": {func(s *forgedSigner, _ []byte) {
			a := newAttribute(oidContentType, oidData.der())
			s.attributes = append(s.attributes, a, a)
		}, FormatFailure},
		"no messageDigest": {func(s *forgedSigner, _ []byte) { s.replace(oidMessageDigest) }, FormatFailure},
		"by another key":   {func(s *forgedSigner, _ []byte) { s.key = p.p384.key }, SigCryptoFailure},
		"by nobody known":  {func(s *forgedSigner, _ []byte) { s.sid = sequence(p.ca.cert.RawIssuer, integer(big.NewInt(9))) }, NoSigningCertificateFound},
		"with MD5":         {func(s *forgedSigner, _ []byte) { s.digestAlgorithm = sequence(newOID("1.2.840.113549.2.5").der()) }, CryptoConstraintsFailure},
		"no SignerInfo":    {func(s *forgedSigner, _ []byte) { s.sid = derNull }, FormatFailure},
	} {
		rs := verified(t, countersigned(t, c.change), content)
		if err := rs.Err(); err != nil {
			t.Errorf("%s: the signature itself: %v", name, err)
		}
		if len(rs[0].Counter) != 1 {
			t.Errorf("%s: %d counter-signatures", name, len(rs[0].Counter))
			continue
		}
		counter := rs[0].Counter[0]
		if err := counter.Err(); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && (!counter.Certificate.Equal(p.p256.cert) || name == "good" && !counter.SigningTime.Equal(signedAt)) {
			t.Errorf("%s: by %v at %v", name, counter.Certificate.Subject, counter.SigningTime)
		}
	}
}

// TestContentTypeOfNothing shows that an empty content type is accepted only
// where a signer has none, that is, in a countersignature.
func TestContentTypeOfNothing(t *testing.T) {
	f := newForge()
	f.contentType, f.version = noContentType, 3
	f.signers[0].replace(oidContentType)
	if _, err := Parse(f.encode()); !errors.Is(err, FormatFailure) {
		t.Errorf("an empty eContentType: %v", err)
	}
}

// TestNestedCountersignatures shows that countersignatures are verified side by
// side and nested, and that those beyond the limit are not followed and do not
// count as good.
func TestNestedCountersignatures(t *testing.T) {
	p := fixture()
	nested := func(levels, beside int) Results {
		f := newForge()
		f.certificates = append(f.certificates, p.p256.cert.Raw)
		value := parsed(t, f.encode()).Signers[0].Signature
		// From the inside out: each is over a value known before it is wrapped.
		// ECDSA of the fixture is deterministic, so that encoding it again gives
		// the same value.
		var wrap func(value []byte, level int) []byte
		wrap = func(value []byte, level int) []byte {
			s := newCountersigner(p.p256, value, nil)
			own := read(s.encode(), "").signerInfo().Signature
			if level < levels {
				s.unsigned = tlv(tagExplicit|1, newAttribute(oidCountersignature, wrap(own, level+1)))
			}
			return s.encode()
		}
		var values [][]byte
		for range beside {
			values = append(values, wrap(value, 1))
		}
		f.signers[0].unsigned = tlv(tagExplicit|1, sequence(oidCountersignature.der(), tlv(tagSet, values...)))
		return verified(t, f.encode(), content)
	}
	rs := nested(3, 2)
	if rs.Err() != nil || rs[0].Counter.Err() != nil || len(rs[0].Counter) != 2 || len(rs[0].Counter[1].Counter[0].Counter) != 1 {
		t.Errorf("%v, %v", rs.Err(), rs[0].Counter)
	}
	for _, tooMuch := range [][2]int{{1, maxCountersignatures + 1}, {maxCountersignedLevels + 1, 1}} {
		r := nested(tooMuch[0], tooMuch[1])[0]
		for len(r.Counter) > 0 {
			r = r.Counter[len(r.Counter)-1]
		}
		if err := r.Err(); !errors.Is(err, FormatFailure) {
			t.Errorf("%d levels, %d beside each other: %v", tooMuch[0], tooMuch[1], err)
		}
	}
}
