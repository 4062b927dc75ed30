package cert

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
)

func TestParseTakesTheCertificateOutOfAPaddedFile(t *testing.T) {
	c := signCertificate(t)
	for name, padding := range map[string][]byte{
		"none":  nil,
		"zeros": make([]byte, 700),
		"FF":    bytes.Repeat([]byte{0xFF}, 700),
		"DER":   c.Raw,
	} {
		file := append(bytes.Clone(c.Raw), padding...)
		got, err := Parse(file)
		if err != nil {
			t.Errorf("padding %s: %v", name, err)
			continue
		}
		clear(file) // as a reader does with its buffer
		if !got.Equal(c) {
			t.Errorf("padding %s: another certificate, or one that shares the file's memory", name)
		}
	}
}

func TestParseSaysWhyThereIsNoCertificate(t *testing.T) {
	raw := signCertificate(t).Raw
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"empty file":               {nil, ErrNone},
		"zeros":                    {make([]byte, 2000), ErrNone},
		"FF":                       {bytes.Repeat([]byte{0xFF}, 2000), ErrNone},
		"a SET":                    {append([]byte{0x31}, raw[1:]...), ErrNone},
		"PEM":                      {[]byte("-----BEGIN CERTIFICATE-----\n"), ErrNone},
		"tag only":                 {raw[:1], ErrTruncated},
		"half a length":            {raw[:3], ErrTruncated},
		"header only":              {raw[:4], ErrTruncated},
		"last byte missing":        {raw[:len(raw)-1], ErrTruncated},
		"just over the limit":      {append([]byte{0x30, 0x82, 0x7F, 0xFD}, make([]byte, MaxSize)...), ErrTooLarge},
		"just within, cut short":   {[]byte{0x30, 0x82, 0x7F, 0xFC}, ErrTruncated},
		"16 MiB":                   {[]byte{0x30, 0x83, 0xFF, 0xFF, 0xFF}, ErrTooLarge},
		"4 GiB":                    {[]byte{0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}, ErrTooLarge},
		"more than an int":         {append([]byte{0x30, 0x89}, bytes.Repeat([]byte{0xFF}, 9)...), ErrTooLarge},
		"reserved length":          {[]byte{0x30, 0xFF}, ErrTooLarge},
		"indefinite length":        {append([]byte{0x30, 0x80}, raw...), ErrMalformed},
		"length not minimal":       {[]byte{0x30, 0x81, 0x01, 0x00}, ErrMalformed},
		"an empty SEQUENCE":        {[]byte{0x30, 0x00}, ErrMalformed},
		"a SEQUENCE of other kind": {[]byte{0x30, 0x03, 0x02, 0x01, 0x05}, ErrMalformed},
	} {
		c, err := Parse(test.file)
		if c != nil || !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, c, err, test.want)
		}
	}
}

// The profile of real certificates has fields that crypto/x509 does not
// understand. It must parse them all the same.
func TestParseAcceptsTheProfile(t *testing.T) {
	directoryName := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: caName(t, "JPKI", signUnit)}
	context := func(content []byte) []byte {
		return der(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content})
	}
	sequence := func(content []byte) []byte {
		return der(t, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content})
	}
	names := sequence(der(t, directoryName))
	points := sequence(sequence(context(context(der(t, directoryName)))))
	holder := san(t, attributeEntry(t, 1, "見本 太郎"))
	holder.Critical = true
	serial := new(big.Int).SetBytes(bytes.Repeat([]byte{0x7F}, 20))

	c := certificate(t, caName(t, "JPKI", signUnit), dn(t, country()), func(c *x509.Certificate) {
		c.SerialNumber = serial
		c.Policies = policies(t, signPolicy)
		c.ExtraExtensions = []pkix.Extension{
			holder,
			{Id: asn1.ObjectIdentifier{2, 5, 29, 18}, Value: names}, // issuerAltName
			{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: points},
		}
		c.OCSPServer = []string{"http://ocsp.example/"}
	})
	if len(c.CRLDistributionPoints) != 0 {
		t.Errorf("CRL distribution points %v out of a directoryName", c.CRLDistributionPoints)
	}
	if h, err := HolderOf(c); err != nil || h.Name != "見本 太郎" {
		t.Errorf("holder %q, %v", h.Name, err)
	}
	if got := Serial(c.SerialNumber); got != "7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F" {
		t.Errorf("serial %s", got)
	}

	negative := bytes.Replace(c.Raw, serial.Bytes(), append([]byte{0x80}, serial.Bytes()[1:]...), 1)
	if _, err := Parse(negative); !errors.Is(err, ErrMalformed) {
		t.Errorf("negative serial number: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x30, 0x82, 0x7F})
	f.Add(signCertificate(f, attributeEntry(f, 1, "見本\u3000太郎"), attributeEntry(f, 2, "00010"),
		attributeEntry(f, 4, "319800217"), attributeEntry(f, 9, "旧氏")).Raw)
	f.Add(certificate(f, caName(f, "JPKI", authUnit), caName(f, "JPKI", authUnit), nil).Raw)
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Parse(file)
		if err != nil {
			if c != nil {
				t.Error("a certificate and an error")
			}
			return
		}
		if !bytes.HasPrefix(file, c.Raw) {
			t.Error("a certificate that is not in the file")
		}
		KindOf(c)
		v := ValidityOf(c)
		v.RenewalOpens()
		mustBePrintable(t, v.LastDay().Wareki(), Name(c.RawSubject), Name(c.RawIssuer), Serial(c.SerialNumber))
		h, err := HolderOf(c)
		checkHolder(t, h, err)
	})
}
