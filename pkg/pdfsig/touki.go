package pdfsig

import (
	"crypto"
	"crypto/x509"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/ber"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// ToukiItem is one requirement of 登記・供託オンライン申請 for a PDF signature.
type ToukiItem string

// Items of the checklist, in order.
const (
	ToukiType        ToukiItem = "type"        // /Type /Sig
	ToukiFilter      ToukiItem = "filter"      // /Filter, with any name
	ToukiSubFilter   ToukiItem = "sub-filter"  // /SubFilter /adbe.pkcs7.detached
	ToukiName        ToukiItem = "name"        // the signer's name, as UTF-16BE with its byte order mark
	ToukiTime        ToukiItem = "time"        // M, in Japanese time: D:20261122163005+09'00'
	ToukiByteRange   ToukiItem = "byte-range"  // all but Contents
	ToukiCMS         ToukiItem = "cms"         // one detached CMS with one signer
	ToukiCertificate ToukiItem = "certificate" // the signer's certificate is in the CMS
	ToukiDigest      ToukiItem = "digest"      // RSA PKCS #1 v1.5 with SHA-256
	ToukiAttributes  ToukiItem = "attributes"  // contentType, messageDigest
	ToukiNoTimestamp ToukiItem = "no-timestamp"
	ToukiIntact      ToukiItem = "intact" // the signature verifies
)

// Answer tells whether a requirement is met.
type Answer string

// Answers. CannotSay means that the part to check is missing.
const (
	Met       Answer = "met"
	NotMet    Answer = "not-met"
	CannotSay Answer = "cannot-say"
)

// Requirement is an item of the checklist with its answer.
type Requirement struct {
	Item   ToukiItem
	Answer Answer
	Found  string // the value found, if it can be named
}

var toukiTime = regexp.MustCompile(`^D:\d{14}\+09'00'?$`)

// Attributes by their OID (RFC 5652, 11; RFC 3161, appendix A).
const (
	oidContentType    = "1.2.840.113549.1.9.3"
	oidMessageDigest  = "1.2.840.113549.1.9.4"
	oidSignatureStamp = "1.2.840.113549.1.9.16.2.14"
)

// Touki goes through the checklist of 登記・供託オンライン申請 for a signature by any
// program. It answers every item, whatever the answers before it.
func (s Signature) Touki() []Requirement {
	name, _ := s.dict["Name"].(pdf.String)
	m, _ := s.dict["M"].(pdf.String)
	read := s.dict != nil
	list := []Requirement{
		s.toukiName(ToukiType, "Type", "Sig"),
		s.toukiFilter(),
		s.toukiName(ToukiSubFilter, "SubFilter", pdf.Name(Touki)),
		{ToukiName, answer(read, strings.HasPrefix(string(name), "\xFE\xFF") && s.Name != ""), s.Name},
		{ToukiTime, answer(read, toukiTime.MatchString(string(m)) && !s.ClaimedTime.IsZero()), text(m)},
		{ToukiByteRange, answer(s.ranged, s.Complete), ""},
		{ToukiCMS, answer(s.opened, s.single() && s.Signed.Detached()), ""},
	}
	algorithm := s.CMS.Algorithm
	digest := Requirement{ToukiDigest, answer(s.single(), algorithm.Scheme == cms.PKCS1v15 && algorithm.Hash == crypto.SHA256), ""}
	if algorithm.Scheme != "" {
		digest.Found = algorithm.String()
	}
	var signer cms.SignerInfo
	certified := false
	if s.single() {
		signer = s.Signed.Signers[0]
		certified = slices.ContainsFunc(s.Signed.Certificates, s.CMS.Certificate.Equal)
	}
	return append(list,
		Requirement{ToukiCertificate, answer(s.single(), certified), ""},
		digest,
		Requirement{ToukiAttributes, answer(s.single(), has(signer.Signed, oidContentType) && has(signer.Signed, oidMessageDigest)), ""},
		Requirement{ToukiNoTimestamp, answer(s.single(), !has(signer.Unsigned, oidSignatureStamp)), ""},
		Requirement{ToukiIntact, s.intact(), ""},
	)
}

// toukiFilter is never NotMet: Filter only names the preferred handler of a
// reader (ISO 32000-1, table 252). The Ministry's own software writes
// MOJSignDoc.
func (s Signature) toukiFilter() Requirement {
	found, ok := s.dict["Filter"].(pdf.Name)
	return Requirement{ToukiFilter, answer(ok, true), string(found)}
}

// SavedAgain reports whether the ByteRange no longer fits the file, because its
// gap is not at its Contents. This happens when another program rewrites the
// whole file after signing; the signed bytes are then unknown. A ByteRange that
// leaves out Contents and more is a different case.
func (s Signature) SavedAgain() bool {
	if !s.ranged || s.Complete || len(s.ByteRange) != 4 || s.Contents == nil {
		return false
	}
	r := s.ByteRange
	return !(r[0] == 0 && r[1] <= s.gap.Start && r[2] >= s.gap.End)
}

// ClaimedSigner returns the certificate that Contents names as its signer's,
// even if the signature is bad. It returns nil if there is no readable
// certificate.
func (s Signature) ClaimedSigner() *x509.Certificate {
	if s.CMS.Certificate != nil {
		return s.CMS.Certificate
	}
	n, ok := ber.Len(s.Contents)
	if !ok {
		return nil
	}
	signed, err := cms.Parse(s.Contents[:n])
	if err != nil || len(signed.Signers) != 1 {
		return nil
	}
	nothing, err := cms.HashContent(strings.NewReader(""), signed.Hashes()...)
	if err != nil {
		return nil
	}
	return signed.Verify(nothing)[0].Certificate
}

// answer returns CannotSay unless the question could be asked.
func answer(asked, met bool) Answer {
	switch {
	case !asked:
		return CannotSay
	case met:
		return Met
	}
	return NotMet
}

// single reports whether there is a CMS with one signer.
func (s Signature) single() bool { return s.Signed != nil && len(s.Signed.Signers) == 1 }

// intact is NotMet only if something is certainly wrong: a signature of an
// unchecked kind can be good.
func (s Signature) intact() Answer {
	err := s.Err()
	if s.SavedAgain() { // the item ByteRange reports this
		return CannotSay
	}
	for _, certain := range []cms.Code{cms.FormatFailure, cms.HashFailure, cms.SigCryptoFailure} {
		if errors.Is(err, certain) {
			return NotMet
		}
	}
	if err == nil && slices.ContainsFunc(s.Changes, changesWhatIsHandedIn) {
		return NotMet
	}
	return answer(err == nil, true)
}

// changesWhatIsHandedIn reports whether a change affects the document itself.
// Further signatures, timestamps and validation data do not.
func changesWhatIsHandedIn(c Change) bool {
	switch c.Kind {
	case ChangeTimestamp, ChangeValidationData, ChangeSignature, ChangeSignatureShown:
		return false
	}
	return true
}

func (s Signature) toukiName(item ToukiItem, key, want pdf.Name) Requirement {
	found, _ := s.dict[key].(pdf.Name)
	return Requirement{item, answer(s.dict != nil, found == want), string(found)}
}

func has(attributes []cms.Attribute, oid string) bool {
	return slices.ContainsFunc(attributes, func(a cms.Attribute) bool { return a.Type.String() == oid })
}
