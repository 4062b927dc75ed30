package trust

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/strength"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCRLSize is the most bytes that are taken for CRLs.
const MaxCRLSize = 10 << 20

// CRL is a certificate revocation list (RFC 5280, 5). It is a claim until
// [CRL.Check].
type CRL struct {
	list  *x509.RevocationList
	scope crlScope
}

// crlScope is an IssuingDistributionPoint (RFC 5280, 5.2.5): the certificates
// of the CA that the list is about. The zero crlScope is all of them.
type crlScope struct {
	names         [][]byte // GeneralNames of the distribution point, DER
	users, cas    bool     // holders' certificates only, CAs' only
	reasons       bool     // some reasons only
	indirect      bool
	attributes    bool
	relativeNamed bool // nameRelativeToCRLIssuer
}

// crlExtensions are the extensions of a list that are understood here (RFC
// 5280, 5.2). A critical one that is not makes the list useless.
var crlExtensions = []string{
	"2.5.29.20", // cRLNumber
	"2.5.29.28", // issuingDistributionPoint
	"2.5.29.35", // authorityKeyIdentifier
	"2.5.29.60", // expiredCertsOnCRL
}

// entryExtensions are those of an entry (RFC 5280, 5.3). certificateIssuer, of
// indirect lists, is not among them.
var entryExtensions = []string{
	"2.5.29.21", // reasonCode
	"2.5.29.24", // invalidityDate
}

const (
	idDeltaCRL           = "2.5.29.27"
	idIssuingPoint       = "2.5.29.28"
	idInvalidityDate     = "2.5.29.24"
	idDistributionPoints = "2.5.29.31"
	idExpiredCertsOnCRL  = "2.5.29.60"
)

// ParseCRLs reads the lists of a file: one in DER, or any number in PEM. It
// refuses, by name, lists that say nothing alone or on which no certificate may
// be judged: a delta, an indirect one, one without nextUpdate, one with a
// critical extension that is unknown here. The errors are ErrNotRevocation,
// ErrTooLarge and those names.
func ParseCRLs(data []byte) (lists []*CRL, err error) {
	if len(data) > MaxCRLSize {
		return nil, ErrTooLarge
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			continue
		}
		l, err := parseCRL(block.Bytes)
		if err != nil {
			return nil, err
		}
		lists = append(lists, l)
	}
	if len(lists) > 0 {
		return lists, nil
	}
	l, err := parseCRL(bytes.Clone(data)) // the list keeps its input
	if err != nil {
		return nil, err
	}
	return []*CRL{l}, nil
}

func parseCRL(der []byte) (*CRL, error) {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRevocation, err)
	}
	if len(list.Raw) != len(der) { // ParseRevocationList does not look behind it
		return nil, fmt.Errorf("%w: trailing bytes", ErrNotRevocation)
	}
	l := &CRL{list: list}
	for _, e := range list.Extensions {
		switch e.Id.String() {
		case idDeltaCRL:
			return nil, ErrDeltaCRL
		case idIssuingPoint:
			var ok bool
			if l.scope, ok = parseScope(e.Value); !ok {
				return nil, fmt.Errorf("%w: issuingDistributionPoint", ErrNotRevocation)
			}
		}
	}
	critical := firstCritical(list.Extensions, crlExtensions...)
	for _, entry := range list.RevokedCertificateEntries {
		if critical == "" {
			critical = firstCritical(entry.Extensions, entryExtensions...)
		}
	}
	switch {
	case critical != "":
		return nil, fmt.Errorf("%w: %s", ErrCriticalExtension, critical)
	case l.scope.indirect:
		return nil, ErrIndirectCRL
	case l.scope.attributes:
		return nil, fmt.Errorf("%w: onlyContainsAttributeCerts", ErrSourceScope)
	case l.scope.relativeNamed:
		return nil, fmt.Errorf("%w: nameRelativeToCRLIssuer", ErrSourceScope)
	case list.NextUpdate.IsZero():
		return nil, ErrNoNextUpdate
	}
	return l, nil
}

// DER is the list as it came.
func (l *CRL) DER() []byte { return l.list.Raw }

// Check gives the evidence of the list about c, which ca issued. applies is
// false for the list of another CA, of another of its keys, or of another
// distribution point: such a list proves nothing, and nothing is wrong with it.
func (l *CRL) Check(c, ca *x509.Certificate) (e Evidence, applies bool) {
	if !bytes.Equal(l.list.RawIssuer, ca.RawSubject) || !bytes.Equal(l.list.RawIssuer, c.RawIssuer) ||
		len(l.list.AuthorityKeyId) > 0 && !bytes.Equal(l.list.AuthorityKeyId, ca.SubjectKeyId) {
		return Evidence{}, false
	}
	partial, covered := l.scope.covers(c)
	if !covered {
		return Evidence{}, false
	}
	e = Evidence{Certificate: c, Source: SourceCRL}
	if e.Err = l.checkSignature(ca); e.Err != nil {
		return e, true
	}
	e.State, e.ThisUpdate, e.NextUpdate = RevocationGood, l.list.ThisUpdate, l.list.NextUpdate
	e.kept = extensionTime(l.list.Extensions, idExpiredCertsOnCRL)
	for _, entry := range l.list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(c.SerialNumber) == 0 {
			e.revoke(entry)
		}
	}
	if e.State == RevocationGood && partial {
		return Evidence{Certificate: c, Source: SourceCRL, Err: ErrSourceScope}, true
	}
	return e, true
}

// revoke takes an entry over. Of several for one certificate the one that
// reaches back farthest counts.
func (e *Evidence) revoke(entry x509.RevocationListEntry) {
	since := entry.RevocationTime
	if t := extensionTime(entry.Extensions, idInvalidityDate); !t.IsZero() && t.Before(since) {
		since = t
	}
	if e.State == RevocationRevoked && !since.Before(e.Since) {
		return
	}
	e.State, e.RevokedAt, e.Since, e.Reason = RevocationRevoked, entry.RevocationTime, since, RevocationReason(entry.ReasonCode)
}

func (l *CRL) checkSignature(ca *x509.Certificate) error {
	if ca.KeyUsage != 0 && ca.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return ErrSourceSigner
	}
	return checkSourceSignature(ca, l.list.SignatureAlgorithm, l.list.RawTBSRevocationList, l.list.Signature)
}

// checkSourceSignature verifies a signature on revocation information. by is
// believed already: a stranger's key could be made to take for ever.
func checkSourceSignature(by *x509.Certificate, algorithm x509.SignatureAlgorithm, signed, signature []byte) error {
	if strength.Of(by.PublicKey) != strength.Good {
		return ErrAlgorithm
	}
	switch algorithm {
	case x509.UnknownSignatureAlgorithm, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return ErrAlgorithm
	}
	if by.CheckSignature(algorithm, signed, signature) != nil {
		return ErrSourceSignature
	}
	return nil
}

// covers reports whether the list is about c, and whether it knows only some
// reasons (RFC 5280, 6.3.3, b and d).
func (s crlScope) covers(c *x509.Certificate) (partial, covered bool) {
	if s.users && c.IsCA || s.cas && !c.IsCA {
		return false, false
	}
	if len(s.names) == 0 {
		return s.reasons, true
	}
	for _, p := range distributionPoints(c) {
		for _, name := range p.names {
			if slices.ContainsFunc(s.names, func(n []byte) bool { return bytes.Equal(n, name) }) {
				return s.reasons || p.reasons, true
			}
		}
	}
	return false, false
}

// Context-specific tags of RFC 5280.
var (
	tag0 = asn1.Tag(0).ContextSpecific()
	tag1 = asn1.Tag(1).ContextSpecific()
	tag2 = asn1.Tag(2).ContextSpecific()
	tag3 = asn1.Tag(3).ContextSpecific()
	tag4 = asn1.Tag(4).ContextSpecific()
	tag5 = asn1.Tag(5).ContextSpecific()
)

// parseScope reads an IssuingDistributionPoint.
func parseScope(der []byte) (s crlScope, ok bool) {
	input, body := cryptobyte.String(der), cryptobyte.String(nil)
	if !input.ReadASN1(&body, asn1.SEQUENCE) || !input.Empty() {
		return s, false
	}
	if s.names, s.relativeNamed, ok = readPointName(&body); !ok {
		return s, false
	}
	var reasons cryptobyte.String
	ok = readImplicitBool(&body, &s.users, tag1) && readImplicitBool(&body, &s.cas, tag2) &&
		body.ReadOptionalASN1(&reasons, &s.reasons, tag3) &&
		readImplicitBool(&body, &s.indirect, tag4) && readImplicitBool(&body, &s.attributes, tag5) && body.Empty()
	return s, ok
}

// distributionPoint is a DistributionPoint of a certificate (RFC 5280,
// 4.2.1.13) with lists that the CA signs itself.
type distributionPoint struct {
	names   [][]byte
	reasons bool
}

// distributionPoints reads the extension, none where it is malformed.
// crypto/x509 keeps only URIs of it, and JPKI names places in a directory.
func distributionPoints(c *x509.Certificate) (points []distributionPoint) {
	i := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.String() == idDistributionPoints })
	if i < 0 {
		return nil
	}
	input, list := cryptobyte.String(c.Extensions[i].Value), cryptobyte.String(nil)
	if !input.ReadASN1(&list, asn1.SEQUENCE) || !input.Empty() {
		return nil
	}
	for !list.Empty() {
		var body, reasons, issuer cryptobyte.String
		var p distributionPoint
		var others bool
		if !list.ReadASN1(&body, asn1.SEQUENCE) {
			return nil
		}
		names, _, ok := readPointName(&body)
		if !ok || !body.ReadOptionalASN1(&reasons, &p.reasons, tag1) || !body.ReadOptionalASN1(&issuer, &others, tag2.Constructed()) || !body.Empty() {
			return nil
		}
		if p.names = names; !others {
			points = append(points, p)
		}
	}
	return points
}

// readPointName reads an optional [0] DistributionPointName.
func readPointName(s *cryptobyte.String) (names [][]byte, relative, ok bool) {
	var outer, full cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&outer, &present, tag0.Constructed()) {
		return nil, false, false
	}
	if !present {
		return nil, false, true
	}
	if outer.PeekASN1Tag(tag1.Constructed()) {
		return nil, true, outer.SkipASN1(tag1.Constructed()) && outer.Empty()
	}
	if !outer.ReadASN1(&full, tag0.Constructed()) || !outer.Empty() || full.Empty() {
		return nil, false, false
	}
	for !full.Empty() {
		var name cryptobyte.String
		var tag asn1.Tag
		if !full.ReadAnyASN1Element(&name, &tag) {
			return nil, false, false
		}
		names = append(names, name)
	}
	return names, false, true
}

// readImplicitBool reads an optional, implicitly tagged BOOLEAN DEFAULT FALSE.
func readImplicitBool(s *cryptobyte.String, out *bool, tag asn1.Tag) bool {
	var content cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&content, &present, tag) || present && len(content) != 1 {
		return false
	}
	*out = present && content[0] != 0
	return true
}
