package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	p := fixture()
	for name, change := range map[string]func(*forge, *forgedSigner){
		"version 0":             func(f *forge, s *forgedSigner) { f.version = 0 },
		"version 2":             func(f *forge, s *forgedSigner) { f.version = 2 },
		"version 3, only certs": func(f *forge, s *forgedSigner) { f.version = 3 },
		"version huge":          func(f *forge, s *forgedSigner) { f.version = 1 << 40 },
		"version 1, v2AttrCert": func(f *forge, s *forgedSigner) {
			f.certificates = append(f.certificates, tlv(tagExplicit|2, derNull))
		},
		"version 3, other cert": func(f *forge, s *forgedSigner) {
			f.version = 3
			f.certificates = append(f.certificates, tlv(tagExplicit|3, derNull))
		},
		"signer version 3":         func(f *forge, s *forgedSigner) { s.version, f.version = 3, 3 },
		"signer version 1, key id": func(f *forge, s *forgedSigner) { s.sid = tlv(tagContext|0, p.rsa.cert.SubjectKeyId) },
		"no sid":                   func(f *forge, s *forgedSigner) { s.sid = nil },
		"sid without serial":       func(f *forge, s *forgedSigner) { s.sid = sequence(p.rsa.cert.RawIssuer) },
		"sid and more": func(f *forge, s *forgedSigner) {
			s.sid = sequence(p.rsa.cert.RawIssuer, integer(p.rsa.cert.SerialNumber), derNull)
		},
		"sid twice":        func(f *forge, s *forgedSigner) { s.sid = append(slices.Clone(s.sid), s.sid...) },
		"attributes empty": func(f *forge, s *forgedSigner) { s.send = func([][]byte) []byte { return tlv(tagExplicit | 0) } },
		"attributes after": func(f *forge, s *forgedSigner) {
			s.send = func([][]byte) []byte { return nil }
			s.unsigned = tlv(tagExplicit|0, s.attributes...)
		},
		"attribute no SET": func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(oidData.der(), sequence(derNull)))
		},
		"attribute no OID": func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(derNull, tlv(tagSet, derNull)))
		},
		"attribute with empty OID": func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(tlv(tagOID), tlv(tagSet, derNull)))
		},
		"attribute with broken OID": func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(tlv(tagOID, []byte{0x2A, 0x80}), tlv(tagSet, derNull)))
		},
		"attribute and more": func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(oidData.der(), tlv(tagSet, derNull), derNull))
		},
		"SignerInfo and more": func(f *forge, s *forgedSigner) { s.unsigned = derNull },
		"algorithm with two params": func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = sequence(oidRSAEncryption.der(), derNull, derNull)
		},
		"content no OCTET STRING": func(f *forge, s *forgedSigner) { f.eContent = sequence(octetString(nil)) },
		"content of other pieces": func(f *forge, s *forgedSigner) {
			f.eContent = tlv(tagOctetString|constructed, octetString(nil), derNull)
		},
		"content twice":          func(f *forge, s *forgedSigner) { f.eContent = append(octetString(nil), octetString(nil)...) },
		"content and more":       func(f *forge, s *forgedSigner) { f.eContent, f.afterContent = octetString(nil), derNull },
		"certificate an INTEGER": func(f *forge, s *forgedSigner) { f.certificates = append(f.certificates, integer(big.NewInt(1))) },
		"CRL an INTEGER": func(f *forge, s *forgedSigner) {
			f.certificates = nil
			f.digestAlgorithms = append(f.digestAlgorithms, integer(big.NewInt(1)))
		},
		"SignedData and more":    func(f *forge, s *forgedSigner) { f.after = derNull },
		"another set of signers": func(f *forge, s *forgedSigner) { f.after = tlv(tagSet) },
		"65 signers":             func(f *forge, s *forgedSigner) { f.signers = slices.Repeat(f.signers, maxSigners+1) },
		"257 certificates": func(f *forge, s *forgedSigner) {
			f.certificates = slices.Repeat([][]byte{p.ca.cert.Raw}, maxCertificates+1)
		},
		"certificate of 64 KiB": func(f *forge, s *forgedSigner) {
			f.certificates = append(f.certificates, sequence(make([]byte, maxCertificate)))
		},
	} {
		f := newForge()
		change(f, f.signers[0])
		if _, err := Parse(f.encode()); !errors.Is(err, FormatFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string][]byte{
		"nothing":          nil,
		"text":             []byte("-----BEGIN CMS-----"),
		"empty":            sequence(),
		"type only":        sequence(oidSignedData.der()),
		"other type":       sequence(oidData.der(), explicit(0, octetString(nil))),
		"empty SignedData": sequence(oidSignedData.der(), explicit(0, sequence())),
		"[1]":              sequence(oidSignedData.der(), explicit(1, sequence())),
		"too large":        make([]byte, MaxSize+1),
		"certificate":      p.ca.cert.Raw,
	} {
		if _, err := Parse(in); !errors.Is(err, FormatFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is allowed beside the usual must not be refused, nor lost.
func TestParseKeeps(t *testing.T) {
	p := fixture()
	unknown := newOID("1.2.3")
	f := newForge()
	s := f.signers[0]
	crl, err := x509.CreateRevocationList(nil, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: signedAt, NextUpdate: signedAt.AddDate(0, 1, 0)}, p.ca.cert, p.ca.key)
	if err != nil {
		t.Fatal(err)
	}
	f.version = 5
	f.crls = [][]byte{crl, tlv(tagExplicit|1, derNull)}
	f.certificates = append(f.certificates, tlv(tagExplicit|2, derNull), tlv(tagExplicit|3, derNull), sequence(derNull))
	f.digestAlgorithms = append(f.digestAlgorithms, sequence(unknown.der(), integer(big.NewInt(1))))
	s.unsigned = tlv(tagExplicit|1, newAttribute(unknown, derNull), sequence(unknown.der(), tlv(tagSet, derNull, octetString(nil))))
	sd := parsed(t, f.encode())
	si := sd.Signers[0]
	if sd.Version != 5 || len(sd.Certificates) != 2 || len(sd.unreadable) != 1 {
		t.Errorf("%+v", sd)
	}
	if len(sd.CRLs) != 2 || !bytes.Equal(sd.CRLs[0], crl) {
		t.Errorf("%d CRLs", len(sd.CRLs))
	}
	if len(si.Unsigned) != 2 || si.Unsigned[0].Type != unknown || len(si.Unsigned[1].Values) != 2 || !bytes.Equal(si.Unsigned[1].Values[1], octetString(nil)) {
		t.Errorf("unsigned attributes %+v", si.Unsigned)
	}
	if !slices.Equal(sd.Hashes(), []crypto.Hash{crypto.SHA256}) {
		t.Errorf("hashes %v", sd.Hashes())
	}
	if err := sd.Verify(hashed(t, content, crypto.SHA256)).Err(); err != nil {
		t.Error(err)
	}
}
