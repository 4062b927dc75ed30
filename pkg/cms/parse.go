package cms

import (
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"slices"
)

// Bounds of [Parse].
const (
	MaxSize         = 64 << 20 // octets
	maxSigners      = 64
	maxCertificates = 256
	maxCertificate  = 64 << 10 // octets of one
)

// SignedData is a parsed SignedData (RFC 5652, 5.1). It shares memory with the
// input.
type SignedData struct {
	Version     int
	ContentType OID // eContentType
	// Certificates came along, in no order that means anything: a signer's is
	// [Result.Certificate].
	Certificates []*x509.Certificate
	CRLs         [][]byte     // each a RevocationInfoChoice, as encoded
	Signers      []SignerInfo // none in a file that only carries certificates

	digestAlgorithms []algorithmIdentifier
	eContent         *element // nil when detached, or read from a stream
	passed           *Content // that went by in a stream; nil when detached, or parsed
	unreadable       []error  // one for each certificate that is not in Certificates
	rawCertificates  [][]byte // each a CertificateChoices, as encoded
}

// SignerInfo is one signer's part (RFC 5652, 5.3). Either Issuer and Serial
// name the signer's certificate, or SubjectKeyID does.
type SignerInfo struct {
	Issuer       []byte // a Name, as encoded
	Serial       *big.Int
	SubjectKeyID []byte

	Signed    []Attribute // nil where there are none
	Unsigned  []Attribute
	Signature []byte

	version            int
	digestAlgorithm    algorithmIdentifier
	signatureAlgorithm algorithmIdentifier
	signedAttrs        element // [0] IMPLICIT SET OF; zero where there are none
	core               []byte  // all elements but unsignedAttrs, as encoded
}

// Parse reads a ContentInfo with SignedData in DER or BER, of at most
// [MaxSize] octets. Octets after it are refused. Errors are [FormatFailure].
func Parse(encoded []byte) (*SignedData, error) {
	if len(encoded) > MaxSize {
		return nil, failure(FormatFailure, "more than %d octets", MaxSize)
	}
	in := read(encoded, "ContentInfo")
	info := in.enter(tagSequence, "ContentInfo")
	in.done()
	if t := info.oid(); t != oidSignedData && info.failed == nil {
		info.fail("content type %v, which is not signedData,", t)
	}
	content := info.enter(tagExplicit, "ContentInfo")
	info.done()
	sd := content.signedData()
	content.done()
	if in.failed != nil {
		return nil, in.failed
	}
	return sd, nil
}

func (c *cursor) signedData() *SignedData {
	in := c.enter(tagSequence, "SignedData")
	sd := &SignedData{Version: in.small()}
	algorithms := in.enter(tagSet, "digestAlgorithms")
	for algorithms.more() {
		sd.digestAlgorithms = append(sd.digestAlgorithms, algorithms.algorithm("digestAlgorithms"))
	}
	in.encapContentInfo(sd)
	required := 1
	if sd.ContentType != oidData {
		required = 3
	}
	if in.at(tagExplicit) {
		required = max(required, in.enter(tagExplicit, "certificates").certificates(sd))
	}
	if in.at(tagExplicit | 1) {
		required = max(required, in.enter(tagExplicit|1, "crls").crls(sd))
	}
	infos := in.enter(tagSet, "signerInfos")
	for infos.more() {
		if len(sd.Signers) == maxSigners {
			infos.fail("more than %d signers", maxSigners)
			break
		}
		si := infos.signerInfo()
		required = max(required, si.version)
		sd.Signers = append(sd.Signers, si)
	}
	in.done()
	// RFC 5652, 5.1, derives the version from the rest. PKCS #7 1.5 (RFC 2315,
	// 9.1) has 1 where RFC 5652 has 3.
	if sd.Version != required && !(sd.Version == 1 && required == 3) {
		in.fail("version %d where %d was expected", sd.Version, required)
	}
	return sd
}

func (c *cursor) encapContentInfo(sd *SignedData) {
	in := c.enter(tagSequence, "encapContentInfo")
	sd.ContentType = in.oid()
	if in.more() {
		explicit := in.enter(tagExplicit, "eContent")
		e := explicit.next()
		explicit.done()
		if in.failed == nil {
			if err := e.eachOctets(func([]byte) error { return nil }); err != nil {
				explicit.fail("%v", err)
			}
			sd.eContent = &e
		}
	}
	in.done()
}

// certificates reads a CertificateSet and gives the version of SignedData that
// its kinds ask for.
func (c *cursor) certificates(sd *SignedData) (version int) {
	for c.more() {
		e := c.next()
		sd.rawCertificates = append(sd.rawCertificates, e.full)
		switch e.tag {
		case tagSequence:
			if len(sd.Certificates)+len(sd.unreadable) == maxCertificates || len(e.full) > maxCertificate {
				c.fail("more than %d certificates, or one of more than %d octets,", maxCertificates, maxCertificate)
				return version
			}
			cert, err := x509.ParseCertificate(e.full)
			if err != nil {
				sd.unreadable = append(sd.unreadable, err)
				continue
			}
			sd.Certificates = append(sd.Certificates, cert)
		case tagExplicit | 1: // v1AttrCert
			version = max(version, 3)
		case tagExplicit | 2: // v2AttrCert
			version = max(version, 4)
		case tagExplicit | 3: // other
			version = max(version, 5)
		default:
			c.fail("%02X where a certificate was expected", e.tag)
		}
	}
	return version
}

// crls reads RevocationInfoChoices and gives the version of SignedData that
// its kinds ask for.
func (c *cursor) crls(sd *SignedData) (version int) {
	for c.more() {
		e := c.next()
		switch e.tag {
		case tagSequence:
		case tagExplicit | 1: // other
			version = 5
		default:
			c.fail("%02X where a CRL was expected", e.tag)
		}
		sd.CRLs = append(sd.CRLs, e.full)
	}
	return version
}

func (c *cursor) signerInfo() SignerInfo {
	in := c.enter(tagSequence, "SignerInfo")
	whole := in.rest
	si := SignerInfo{version: in.small()}
	required := 1
	if in.at(tagContext) {
		required = 3
		si.SubjectKeyID = in.next().body
	} else {
		sid := in.enter(tagSequence, "IssuerAndSerialNumber")
		si.Issuer = sid.take(tagSequence).full
		si.Serial = sid.integer()
		sid.done()
	}
	if si.version != required {
		in.fail("version %d where %d was expected", si.version, required)
	}
	si.digestAlgorithm = in.algorithm("digestAlgorithm")
	if in.at(tagExplicit) {
		si.signedAttrs = in.next()
		si.Signed = in.within(si.signedAttrs, "signedAttrs").attributes()
		if len(si.Signed) == 0 {
			in.fail("empty signedAttrs")
		}
	}
	si.signatureAlgorithm = in.algorithm("signatureAlgorithm")
	si.Signature = in.octetString()
	si.core = whole[:len(whole)-len(in.rest)]
	if in.at(tagExplicit | 1) {
		si.Unsigned = in.enter(tagExplicit|1, "unsignedAttrs").attributes()
	}
	in.done()
	return si
}

// Detached reports whether the content is elsewhere.
func (sd *SignedData) Detached() bool { return sd.eContent == nil && sd.passed == nil }

// Hashes gives the digests of the content that its verification needs, for
// [HashContent]. Digest algorithms that are not accepted are not among them.
func (sd *SignedData) Hashes() []crypto.Hash {
	var hashes []crypto.Hash
	for _, si := range sd.Signers {
		wanted := si.archiveHashes()
		if h, f := si.digestAlgorithm.digest(); f == nil {
			wanted = append(wanted, h)
		}
		for _, h := range wanted {
			if !slices.Contains(hashes, h) {
				hashes = append(hashes, h)
			}
		}
	}
	return hashes
}

// ErrDetached is the error of asking for content that is not at hand.
var ErrDetached = errors.New("cms: the content is not inside the signature, or went by")

// WriteContent writes the content inside to w, after [Parse]. [Read] has
// written it already. Only a [SignedData.Verify] without an error proves that
// this content was signed.
func (sd *SignedData) WriteContent(w io.Writer) error {
	if sd.eContent == nil {
		return ErrDetached
	}
	return sd.eContent.eachOctets(func(b []byte) error {
		_, err := w.Write(b)
		return err
	})
}
