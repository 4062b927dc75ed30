package pdfsig

import (
	"crypto"
	"regexp"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig/pdf"
)

// ToukiItem is one thing that 登記・供託オンライン申請 asks of a PDF signature.
type ToukiItem string

// Items of the checklist, in its order.
const (
	ToukiType        ToukiItem = "type"        // /Type /Sig
	ToukiFilter      ToukiItem = "filter"      // /Filter /Adobe.PPKLite
	ToukiSubFilter   ToukiItem = "sub-filter"  // /SubFilter /adbe.pkcs7.detached
	ToukiName        ToukiItem = "name"        // the signer's name, as UTF-16BE with its byte order mark
	ToukiTime        ToukiItem = "time"        // M, in Japanese time: D:20261122163005+09'00'
	ToukiByteRange   ToukiItem = "byte-range"  // all but Contents
	ToukiCMS         ToukiItem = "cms"         // one detached CMS with one signer
	ToukiCertificate ToukiItem = "certificate" // the signer's is in the CMS
	ToukiDigest      ToukiItem = "digest"      // RSA PKCS #1 v1.5 with SHA-256
	ToukiAttributes  ToukiItem = "attributes"  // contentType, messageDigest
	ToukiNoTimestamp ToukiItem = "no-timestamp"
	ToukiIntact      ToukiItem = "intact" // the signature verifies
)

// Requirement is an item of the checklist with its answer.
type Requirement struct {
	Item  ToukiItem
	Met   bool
	Found string // what there is instead, as far as it can be named
}

var toukiTime = regexp.MustCompile(`^D:\d{14}\+09'00'?$`)

// Attributes by their OID (RFC 5652, 11; RFC 3161, appendix A).
const (
	oidContentType    = "1.2.840.113549.1.9.3"
	oidMessageDigest  = "1.2.840.113549.1.9.4"
	oidSignatureStamp = "1.2.840.113549.1.9.16.2.14"
)

// Touki goes through the checklist of 登記・供託オンライン申請, for a signature that
// any program made: every item, whatever the ones before it say.
func (s Signature) Touki() []Requirement {
	name, _ := s.dict["Name"].(pdf.String)
	m, _ := s.dict["M"].(pdf.String)
	list := []Requirement{
		s.toukiName(ToukiType, "Type", "Sig"),
		s.toukiName(ToukiFilter, "Filter", "Adobe.PPKLite"),
		s.toukiName(ToukiSubFilter, "SubFilter", pdf.Name(Touki)),
		{ToukiName, strings.HasPrefix(string(name), "\xFE\xFF") && s.Name != "", s.Name},
		{ToukiTime, toukiTime.MatchString(string(m)) && !s.ClaimedTime.IsZero(), text(m)},
		{ToukiByteRange, s.covers, ""},
	}
	digest := Requirement{ToukiDigest, s.CMS.Algorithm.Scheme == cms.PKCS1v15 && s.CMS.Algorithm.Hash == crypto.SHA256, ""}
	if s.CMS.Algorithm.Scheme != "" {
		digest.Found = s.CMS.Algorithm.String()
	}
	one := s.Signed != nil && len(s.Signed.Signers) == 1
	return append(list,
		Requirement{ToukiCMS, one && s.Signed.Detached(), ""},
		Requirement{ToukiCertificate, one && slices.ContainsFunc(s.Signed.Certificates, s.CMS.Certificate.Equal), ""},
		digest,
		Requirement{ToukiAttributes, one && has(s.Signed.Signers[0].Signed, oidContentType) && has(s.Signed.Signers[0].Signed, oidMessageDigest), ""},
		Requirement{ToukiNoTimestamp, one && !has(s.Signed.Signers[0].Unsigned, oidSignatureStamp), ""},
		Requirement{ToukiIntact, s.Err() == nil, ""},
	)
}

func (s Signature) toukiName(item ToukiItem, key, want pdf.Name) Requirement {
	found, _ := s.dict[key].(pdf.Name)
	return Requirement{item, found == want, string(found)}
}

func has(attributes []cms.Attribute, oid string) bool {
	return slices.ContainsFunc(attributes, func(a cms.Attribute) bool { return a.Type.String() == oid })
}
