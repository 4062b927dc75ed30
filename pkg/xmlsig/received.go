package xmlsig

import (
	"slices"
	"strings"
)

// taxCertificateSpace is the namespace of the certificates for the tax return.
const taxCertificateSpace = "http://xml.e-tax.nta.go.jp/XSD/kyotsu"

// isTaxCertificate reports whether a name is TEG and three digits.
func isTaxCertificate(local string) bool {
	number, found := strings.CutPrefix(local, "TEG")
	return found && len(number) == 3 && strings.Trim(number, "0123456789") == ""
}

// outsideTaxCertificate is what a signature leaves out of a certificate: it
// stands in the root and covers all of that.
func (sh *shape) outsideTaxCertificate(v view) (out []Outside) {
	if v.whole {
		return nil
	}
	root := sh.doc.root
	if !v.signed(root) {
		out = append(out, Outside{Kind: OutsideElement, Name: root.local})
	}
	if v.own != nil && !sh.isChild(v.own) {
		out = append(out, Outside{Kind: OutsidePlace, Name: "Signature"})
	}
	return append(out, sh.beside(sh.permitsStyleSheet)...)
}

// Names of an official document.
const (
	officialRoot  = "DOC"
	officialFront = "FRONT"
	officialBody  = "BODY"
	officialID    = "DOCBODY"
)

// officialFrontChildren are those that FRONT is known to have.
var officialFrontChildren = []string{"SECRECY", "STAMP", "MNGINFO"}

// isOfficial wants a BODY with its ID.
func (sh *shape) isOfficial() bool {
	return slices.ContainsFunc(sh.named(officialBody), func(e *Element) bool { return slices.Contains(e.ids, officialID) })
}

// outsideOfficial is what a signature leaves out of an official document: FRONT,
// which tells how it is to be handled.
func (sh *shape) outsideOfficial(v view) (out []Outside) {
	if v.whole {
		return nil
	}
	fronts := sh.named(officialFront)
	for _, e := range sh.children {
		switch {
		case e.is(nsDSig, "Signature"), v.signed(e):
		case len(fronts) > 0 && e == fronts[0]:
			out = append(out, *sh.once(e, func() *Outside {
				return &Outside{Kind: OutsideFront, Name: e.local, Text: e.summary(), Permitted: e.onlyChildren(officialFrontChildren)}
			}))
		default:
			out = append(out, Outside{Kind: OutsideElement, Name: e.local})
		}
		if len(out) > 2*maxOutside {
			return out
		}
	}
	if v.own != nil && !sh.isChild(v.own) {
		out = append(out, Outside{Kind: OutsidePlace, Name: "Signature"})
	}
	return append(out, sh.outsideRoot()...)
}

// onlyChildren reports whether an element has no children but these, none of
// them in a namespace, and no text or processing instruction of its own.
func (e *Element) onlyChildren(names []string) bool {
	only := true
	s := e.scanner()
	_, err := e.doc.walk(s, 1, func(t *token) bool {
		if s.depth() == 2 && (len(t.uri) > 0 || !slices.Contains(names, string(t.local))) {
			only = false
		}
		return false
	}, func(t *token) {
		if s.depth() == 1 && (t.kind == cdata || t.kind == charData && !isBlank(string(t.data))) || t.kind == procInst {
			only = false
		}
	})
	return only && err == nil
}
