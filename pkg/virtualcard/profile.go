package virtualcard

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"
)

// The certificate profile of JPKI's end entities, under names that say DEMO.

// Policies by which the two kinds of certificate are told apart.
var (
	oidSignPolicy = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 1, 20}
	oidAuthPolicy = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 1, 3, 30}
)

// oidHolder is the arc of the otherNames that describe the holder.
var oidHolder = asn1.ObjectIdentifier{1, 2, 392, 200149, 8, 5, 5}

// Extensions (RFC 5280, 4.2.1) and qualifiers that crypto/x509 does not make
// in JPKI's form.
var (
	oidSubjectAltName        = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidIssuerAltName         = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidCRLDistributionPoints = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidCertificatePolicies   = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidCPS                   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}
)

// Attribute types of names.
var (
	oidCommonName         = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidCountry            = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidLocality           = asn1.ObjectIdentifier{2, 5, 4, 7}
	oidOrganization       = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrganizationalUnit = asn1.ObjectIdentifier{2, 5, 4, 11}
)

// Host names under .invalid never resolve (RFC 6761, 6.4).
const (
	ocspURL = "http://ocsp.jpki-demo.invalid"
	cpsURL  = "http://www.jpki-demo.invalid/cps.html"
)

// kind holds the differences between the two certification authorities.
type kind struct {
	unit, unitJA string // what the CA is for, in its names
	policy       asn1.ObjectIdentifier
	usage        x509.KeyUsage
}

var (
	signKind = kind{
		unit:   "JPKI DEMO for digital signature",
		unitJA: "デモ署名用",
		policy: oidSignPolicy,
		usage:  x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	authKind = kind{
		unit:   "JPKI DEMO for user authentication",
		unitJA: "デモ利用者証明用",
		policy: oidAuthPolicy,
		usage:  x509.KeyUsageDigitalSignature,
	}
)

// name and nameJA are the CA's distinguished name and its Japanese one.
func (k kind) name() name {
	return name{
		{oidCountry, "JP"},
		{oidOrganization, "JPKI DEMO"},
		{oidOrganizationalUnit, k.unit},
		{oidOrganizationalUnit, "DEMO - not a real CA"},
	}
}

func (k kind) nameJA() name {
	return name{
		{oidCountry, "JP"},
		{oidOrganization, "公的個人認証サービスのデモ"},
		{oidOrganizationalUnit, k.unitJA},
		{oidOrganizationalUnit, "本物の認証局ではありません"},
	}
}

// signCertificate issues the persona's signing certificate.
func (p Persona) signCertificate(now time.Time) []byte {
	notBefore, notAfter := p.Validity(now)
	h := p.Holder(now)
	var names generalNames
	// The order is that of real certificates.
	for _, entry := range []struct {
		arc   int
		value string
	}{
		{1, h.Name}, {4, h.Birth}, {3, h.Sex}, {5, h.Address}, {2, h.NameSubstitute}, {6, h.AddressSubstitute},
	} {
		names = append(names, otherName(append(oidHolder[:len(oidHolder):len(oidHolder)], entry.arc), entry.value))
	}
	seed := p.seed("sign", notBefore, notAfter)
	identifier := fmt.Sprintf("DEMO%s%05d", notBefore.In(jst).Format("20060102150405"), binary.BigEndian.Uint32(seed[4:])%100000)
	ca, _ := DemoCAs()
	return ca.issue(signKind, endEntity{
		subject:   name{{oidCountry, "JP"}, {oidLocality, p.prefecture}, {oidLocality, p.city}, {oidCommonName, identifier}},
		altNames:  names,
		key:       &demoKeys().sign.PublicKey,
		serial:    serial(seed),
		notBefore: notBefore,
		notAfter:  notAfter,
		crl:       []string{p.prefecture, p.city + " CRLDP"},
	})
}

// authCertificate issues the persona's authentication certificate.
func (p Persona) authCertificate(now time.Time) []byte {
	notBefore, notAfter := p.Validity(now)
	seed := p.seed("auth", notBefore, notAfter)
	identifier := "DEMO" + base32.StdEncoding.EncodeToString(seed[4:])[:19]
	_, ca := DemoCAs()
	return ca.issue(authKind, endEntity{
		subject:   name{{oidCountry, "JP"}, {oidCommonName, identifier}},
		key:       &demoKeys().auth.PublicKey,
		serial:    serial(seed),
		notBefore: notBefore,
		notAfter:  notAfter,
		crl:       []string{"DEMO", "DEMO CRLDP"},
	})
}

// seed stands in for what is random in a certificate: the same card has the
// same.
func (p Persona) seed(kind string, notBefore, notAfter time.Time) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "jpki demo\n%s\n%s\n%d\n%d\n", p.Name, kind, notBefore.Unix(), notAfter.Unix()))
}

// serial is a positive number of 4 bytes.
func serial(seed [sha256.Size]byte) *big.Int {
	return new(big.Int).SetUint64(uint64(binary.BigEndian.Uint32(seed[:]))&0x3FFFFFFF | 0x40000000)
}

// endEntity is the holder's part of a certificate.
type endEntity struct {
	subject             name
	altNames            generalNames // none: no subjectAltName
	key                 *rsa.PublicKey
	serial              *big.Int
	notBefore, notAfter time.Time
	crl                 []string // OU and CN that tell the distribution point from others
}

// issue makes a certificate. RSASSA-PKCS1-v1_5 is deterministic, and nothing
// here is random, so the same input gives the same bytes.
func (ca CA) issue(k kind, e endEntity) []byte {
	point := append(k.name()[:3:3],
		attribute{oidOrganizationalUnit, "CRL Distribution Points"},
		attribute{oidOrganizationalUnit, e.crl[0]},
		attribute{oidCommonName, e.crl[1]})
	extensions := []pkix.Extension{
		{Id: oidCertificatePolicies, Critical: true, Value: encode([]policyInformation{{k.policy, []policyQualifier{{oidCPS, cpsURL}}}}, "")},
		{Id: oidIssuerAltName, Value: encode(generalNames{directoryName(k.nameJA())}, "")},
		{Id: oidCRLDistributionPoints, Value: crlDistributionPoints(point)},
	}
	if len(e.altNames) > 0 {
		extensions = append(extensions, pkix.Extension{Id: oidSubjectAltName, Value: encode(e.altNames, "")})
	}
	return must(x509.CreateCertificate(nil, &x509.Certificate{
		SerialNumber:       e.serial,
		SignatureAlgorithm: x509.SHA256WithRSA,
		RawSubject:         encode(e.subject.rdnSequence(), ""),
		NotBefore:          e.notBefore,
		NotAfter:           e.notAfter,
		KeyUsage:           k.usage,
		SubjectKeyId:       keyIdentifier(e.key),
		OCSPServer:         []string{ocspURL},
		ExtraExtensions:    extensions,
	}, ca.Certificate, e.key, ca.Key))
}

// keyIdentifier is method 1 of RFC 5280, 4.2.1.2, as JPKI uses it.
func keyIdentifier(key *rsa.PublicKey) []byte {
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(key))
	return sum[:]
}

// name is a distinguished name, in order and with repeated attributes, which
// pkix.Name would merge.
type name []attribute

type attribute struct {
	oid   asn1.ObjectIdentifier
	value string
}

// rdnSequence encodes values as JPKI does: UTF8String, but for the country.
func (n name) rdnSequence() pkix.RDNSequence {
	var rdns pkix.RDNSequence
	for _, a := range n {
		tag := asn1.TagUTF8String
		if a.oid.Equal(oidCountry) {
			tag = asn1.TagPrintableString
		}
		value := asn1.RawValue{Tag: tag, Bytes: []byte(a.value)}
		rdns = append(rdns, pkix.RelativeDistinguishedNameSET{{Type: a.oid, Value: value}})
	}
	return rdns
}

// generalNames is GeneralNames of RFC 5280, 4.2.1.6.
type generalNames []asn1.RawValue

// directoryName is explicitly tagged, because Name is a CHOICE.
func directoryName(n name) asn1.RawValue {
	return asn1.RawValue{FullBytes: encode(n.rdnSequence(), "explicit,tag:4")}
}

func otherName(id asn1.ObjectIdentifier, value string) asn1.RawValue {
	type otherName struct {
		ID    asn1.ObjectIdentifier
		Value string `asn1:"utf8,explicit,tag:0"`
	}
	return asn1.RawValue{FullBytes: encode(otherName{id, value}, "tag:0")}
}

type policyInformation struct {
	ID         asn1.ObjectIdentifier
	Qualifiers []policyQualifier
}

type policyQualifier struct {
	ID  asn1.ObjectIdentifier
	URI string `asn1:"ia5"`
}

// crlDistributionPoints names one point in a directory.
func crlDistributionPoints(n name) []byte {
	type pointName struct {
		FullName generalNames `asn1:"tag:0"`
	}
	type point struct {
		Name pointName `asn1:"tag:0"`
	}
	return encode([]point{{pointName{generalNames{directoryName(n)}}}}, "")
}

// encode is the DER of a value made here.
func encode(v any, params string) []byte { return must(asn1.MarshalWithParams(v, params)) }
