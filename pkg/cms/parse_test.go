package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	p := fixture()
	for name, c := range map[string]struct {
		change func(*forge, *forgedSigner)
		detail string // what the error must say, so that nothing else is at fault
	}{
		"version 0":        {func(f *forge, s *forgedSigner) { f.version = 0 }, "version 0 where 1 was expected"},
		"version 2":        {func(f *forge, s *forgedSigner) { f.version = 2 }, "version 2 where 1 was expected"},
		"version 3":        {func(f *forge, s *forgedSigner) { f.version = 3 }, "version 3 where 1 was expected"},
		"version 4 for 3":  {func(f *forge, s *forgedSigner) { f.contentType, f.version = newOID("1.2.3"), 4 }, "version 4 where 3 was expected"},
		"version huge":     {func(f *forge, s *forgedSigner) { f.version = 1 << 40 }, "out of range"},
		"version negative": {func(f *forge, s *forgedSigner) { s.sid, s.version = append(tlv(tagInteger, []byte{0xFF}), s.sid...), 1 }, "02 where 30 was expected in SignerInfo"},
		"v1AttrCert": {func(f *forge, s *forgedSigner) {
			f.version = 4
			f.certificates = append(f.certificates, tlv(tagExplicit|1, derNull))
		}, "version 4 where 3"},
		"v2AttrCert": {func(f *forge, s *forgedSigner) { f.certificates = append(f.certificates, tlv(tagExplicit|2, derNull)) }, "version 1 where 4"},
		"other certificate": {func(f *forge, s *forgedSigner) {
			f.version = 3
			f.certificates = append(f.certificates, tlv(tagExplicit|3, derNull))
		}, "version 3 where 5"},
		"other CRL":                {func(f *forge, s *forgedSigner) { f.crls = [][]byte{tlv(tagExplicit|1, derNull)} }, "version 1 where 5"},
		"signer version 3":         {func(f *forge, s *forgedSigner) { s.version, f.version = 3, 3 }, "version 3 where 1 was expected in SignerInfo"},
		"signer version 1, key id": {func(f *forge, s *forgedSigner) { s.sid = tlv(tagContext, p.rsa.cert.SubjectKeyId) }, "version 1 where 3 was expected in SignerInfo"},
		"no sid":                   {func(f *forge, s *forgedSigner) { s.sid = nil }, "06 where 30 was expected in IssuerAndSerialNumber"},
		"sid without serial":       {func(f *forge, s *forgedSigner) { s.sid = sequence(p.rsa.cert.RawIssuer) }, "element missing in IssuerAndSerialNumber"},
		"sid and more": {func(f *forge, s *forgedSigner) {
			s.sid = sequence(p.rsa.cert.RawIssuer, integer(p.rsa.cert.SerialNumber), derNull)
		}, "2 octets too many in IssuerAndSerialNumber"},
		"sid twice":        {func(f *forge, s *forgedSigner) { s.sid = append(slices.Clone(s.sid), s.sid...) }, "30 where 06 was expected in digestAlgorithm"},
		"attributes empty": {func(f *forge, s *forgedSigner) { s.send = func([][]byte) []byte { return tlv(tagExplicit) } }, "empty signedAttrs"},
		"attributes after": {func(f *forge, s *forgedSigner) {
			s.send = func([][]byte) []byte { return nil }
			s.unsigned = tlv(tagExplicit, s.attributes...)
		}, "octets too many in SignerInfo"},
		"attribute no SET": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(oidData.der(), sequence(derNull)))
		}, "30 where 31 was expected in Attribute"},
		"attribute no OID": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(derNull, tlv(tagSet, derNull)))
		}, "05 where 06 was expected in Attribute"},
		"attribute, empty OID": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(tlv(tagOID), tlv(tagSet, derNull)))
		}, "malformed OBJECT IDENTIFIER"},
		"attribute, broken OID": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(tlv(tagOID, []byte{0x2A, 0x80}), tlv(tagSet, derNull)))
		}, "malformed OBJECT IDENTIFIER"},
		"attribute and more": {func(f *forge, s *forgedSigner) {
			s.attributes = append(s.attributes, sequence(oidData.der(), tlv(tagSet, derNull), derNull))
		}, "2 octets too many in Attribute"},
		"SignerInfo and more": {func(f *forge, s *forgedSigner) { s.unsigned = derNull }, "2 octets too many in SignerInfo"},
		"two parameters": {func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = sequence(oidRSAEncryption.der(), derNull, derNull)
		}, "2 octets too many in signatureAlgorithm"},
		"content no OCTET STRING": {func(f *forge, s *forgedSigner) { f.eContent = sequence(octetString(nil)) }, "30 where an OCTET STRING was expected in eContent"},
		"content of other pieces": {func(f *forge, s *forgedSigner) {
			f.eContent = tlv(tagOctetString|constructed, octetString(nil), derNull)
		}, "05 where an OCTET STRING was expected in eContent"},
		"content twice":          {func(f *forge, s *forgedSigner) { f.eContent = append(octetString(nil), octetString(nil)...) }, "2 octets too many in eContent"},
		"content and more":       {func(f *forge, s *forgedSigner) { f.eContent, f.afterContent = octetString(nil), derNull }, "2 octets too many in encapContentInfo"},
		"certificate an INTEGER": {func(f *forge, s *forgedSigner) { f.certificates = append(f.certificates, integer(big.NewInt(1))) }, "02 where a certificate was expected"},
		"CRL an INTEGER":         {func(f *forge, s *forgedSigner) { f.crls = [][]byte{integer(big.NewInt(1))} }, "02 where a CRL was expected"},
		"digest an INTEGER": {func(f *forge, s *forgedSigner) {
			f.digestAlgorithms = append(f.digestAlgorithms, integer(big.NewInt(1)))
		}, "02 where 30 was expected in digestAlgorithms"},
		"SignedData and more":    {func(f *forge, s *forgedSigner) { f.after = derNull }, "2 octets too many in SignedData"},
		"another set of signers": {func(f *forge, s *forgedSigner) { f.after = tlv(tagSet) }, "2 octets too many in SignedData"},
		"65 signers":             {func(f *forge, s *forgedSigner) { f.signers = slices.Repeat(f.signers, maxSigners+1) }, "more than 64 signers"},
		"257 certificates": {func(f *forge, s *forgedSigner) {
			f.certificates = slices.Repeat([][]byte{p.ca.cert.Raw}, maxCertificates+1)
		}, "more than 256 certificates"},
		"certificate of 64 KiB": {func(f *forge, s *forgedSigner) {
			f.certificates = append(f.certificates, sequence(make([]byte, maxCertificate)))
		}, "more than 65536 octets"},
	} {
		f := newForge()
		c.change(f, f.signers[0])
		if _, err := Parse(f.encode()); !errors.Is(err, FormatFailure) || !strings.Contains(err.Error(), c.detail) {
			t.Errorf("%s: %v, want %q", name, err, c.detail)
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

// TestParseKeeps shows that unusual but allowed parts are neither refused nor
// lost.
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
