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

// outsideTaxCertificate lists the parts that a signature leaves out of a
// certificate: it stands in the root and covers all of that.
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
	officialLink  = "DOCLINK" // in an appendix of BODY: names a file that comes along
)

// officialFrontChildren are those that FRONT is known to have.
var officialFrontChildren = []string{"SECRECY", "STAMP", "MNGINFO"}

// isOfficial wants a BODY with its ID.
func (sh *shape) isOfficial() bool {
	bodies := sh.named(officialBody)
	i := slices.IndexFunc(bodies, func(e *Element) bool { return slices.Contains(e.ids, officialID) })
	if i < 0 {
		return false
	}
	sh.links = bodies[i].links()
	return true
}

// links are the addresses of the attached files in a BODY, each once.
func (e *Element) links() (refs []string) {
	s, seen := e.scanner(), map[string]bool{}
	_, _ = e.doc.walk(s, 0, func(t *token) bool {
		if len(t.uri) > 0 || string(t.local) != officialLink {
			return false
		}
		for _, a := range t.attrs {
			ref := string(a.value)
			if len(a.uri) > 0 || string(a.local) != "REF" || ref == "" || seen[ref] || len(refs) == e.doc.limits.References {
				continue
			}
			seen[ref] = true
			refs = append(refs, ref)
		}
		return false
	}, func(*token) {})
	return refs
}

// outsideLinks are the files of an official document that a signature is not
// over: its BODY names them, and no more.
func (sh *shape) outsideLinks(v view) (out []Outside) {
	for _, ref := range sh.links {
		names := append(fileNames(ref), ref)
		if !slices.ContainsFunc(names, v.file) {
			out = append(out, Outside{Kind: OutsideAttachment, Name: names[0], Permitted: true})
		}
	}
	return out
}

// outsideOfficial lists the parts that a signature leaves out of an official
// document: FRONT, which describes its handling, and files that it need not
// cover.
func (sh *shape) outsideOfficial(v view) (out []Outside) {
	if v.whole {
		return sh.outsideLinks(v)
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
	return append(append(out, sh.outsideRoot()...), sh.outsideLinks(v)...)
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
