package xmlsig

import (
	"crypto"
	"fmt"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// signature is a ds:Signature as it stands in a document (XML-DSig 1.1, 4).
type signature struct {
	element *Element
	id      string

	signedInfo *node
	canon      Canonicalizer // of SignedInfo
	algorithm  cms.Algorithm
	references []*Reference
	value      []byte
	valueNode  *node
	keyInfo    *node // nil for none
	objects    []*node
}

// Reference is one item that a signature covers (XML-DSig 1.1, 4.4.3), with the
// target found for it. Its fields are claims of the signature. They are proven
// only in a Result whose Err is nil.
type Reference struct {
	ID, URI, Type string
	Hash          crypto.Hash
	// Target is the kind of thing that was found.
	Target Target
	// Element is the target in the document: the root for the whole
	// document, nil for a target outside.
	Element *Element
	// File is the name of a file outside: of the file that was opened, and
	// where none was, the likeliest reading of the URI.
	File string
	// Comments: the comments inside are signed too.
	Comments bool

	hasURI     bool
	readings   []string // of the URI as the name of a file
	found      bool     // the file was opened
	dropped    int      // comments that the canonical form leaves out
	elsewhere  bool     // an enveloped-signature transform had nothing to take out
	transforms []transform
	digest     []byte
}

// Target is a kind of thing that a reference can mean.
type Target int

// The kinds of things.
const (
	TargetUnknown    Target = iota
	TargetDocument          // the whole document
	TargetElement           // an element of the document
	TargetFile              // something outside
	TargetProperties        // the signed properties of XAdES
)

func (t Target) String() string {
	return [...]string{"unknown", "document", "element", "file", "properties"}[t]
}

// transform is one step from the content of a reference to the digested bytes.
type transform struct {
	algorithm string
	prefixes  []string
}

// The supported transforms (XML-DSig 1.1, 6.6), besides the six
// canonicalisations.
const (
	transformEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	transformBase64    = "http://www.w3.org/2000/09/xmldsig#base64"
)

// parseSignature reads the structure of a signature. It enforces the order of
// the schema, and stops at the first error.
func parseSignature(e *Element) (*signature, *cms.Failure) {
	sig := &signature{element: e}
	root, f := e.tree()
	if f != nil {
		return sig, f
	}
	sig.id = root.attrs["Id"]
	rest := root.children
	next := func(local string) *node {
		if len(rest) == 0 || !rest[0].is(nsDSig, local) {
			return nil
		}
		n := rest[0]
		rest = rest[1:]
		return n
	}
	sig.signedInfo, sig.valueNode, sig.keyInfo = next("SignedInfo"), next("SignatureValue"), next("KeyInfo")
	for n := next("Object"); n != nil; n = next("Object") {
		sig.objects = append(sig.objects, n)
	}
	if sig.signedInfo == nil || sig.valueNode == nil || len(rest) > 0 || strings.TrimSpace(root.text) != "" {
		return sig, failure(cms.FormatFailure, "a Signature must hold SignedInfo, SignatureValue, KeyInfo and Objects, in this order, and nothing else")
	}
	if f := sig.parseSignedInfo(); f != nil {
		return sig, f
	}
	var ok bool
	if sig.value, ok = sig.valueNode.base64(); !ok {
		return sig, failure(cms.FormatFailure, "SignatureValue is not base64")
	}
	return sig, nil
}

func (sig *signature) parseSignedInfo() *cms.Failure {
	children := sig.signedInfo.children
	if len(children) < 3 || !children[0].is(nsDSig, "CanonicalizationMethod") || !children[1].is(nsDSig, "SignatureMethod") {
		return failure(cms.FormatFailure, "SignedInfo must hold CanonicalizationMethod, SignatureMethod and References")
	}
	method := children[0].attrs["Algorithm"]
	sig.canon.Method = C14NMethod(method)
	if !sig.canon.Method.Known() {
		return unsupported(cms.SigConstraintsFailure, "canonicalization", method)
	}
	var f *cms.Failure
	if sig.canon.PrefixList, f = prefixList(children[0]); f != nil {
		return f
	}
	method = children[1].attrs["Algorithm"]
	var known bool
	if sig.algorithm, known = signatureMethods[method]; !known || len(children[1].children) > 0 {
		return unsupported(cms.CryptoConstraintsFailure, "signature", method)
	}
	if len(children)-2 > sig.element.doc.limits.References {
		return failure(cms.FormatFailure, "more than %d references", sig.element.doc.limits.References)
	}
	for _, n := range children[2:] {
		r, f := sig.parseReference(n)
		if f != nil {
			return f
		}
		sig.references = append(sig.references, r)
	}
	return nil
}

func (sig *signature) parseReference(n *node) (*Reference, *cms.Failure) {
	malformed := func(what string) (*Reference, *cms.Failure) {
		return nil, failure(cms.FormatFailure, "malformed %s in SignedInfo", what)
	}
	if !n.is(nsDSig, "Reference") {
		return malformed("child " + n.local)
	}
	r := &Reference{ID: n.attrs["Id"], Type: n.attrs["Type"]}
	r.URI, r.hasURI = n.attrs["URI"]
	rest := n.children
	if len(rest) == 3 && rest[0].is(nsDSig, "Transforms") {
		for _, t := range rest[0].children {
			if !t.is(nsDSig, "Transform") {
				return malformed("Transforms")
			}
			step := transform{algorithm: t.attrs["Algorithm"]}
			if !step.known() {
				return nil, unsupported(cms.SigConstraintsFailure, "transform", step.algorithm)
			}
			var f *cms.Failure
			if step.prefixes, f = prefixList(t); f != nil {
				return nil, f
			}
			r.transforms = append(r.transforms, step)
		}
		if len(r.transforms) > sig.element.doc.limits.Transforms {
			return nil, failure(cms.FormatFailure, "more than %d transforms", sig.element.doc.limits.Transforms)
		}
		rest = rest[1:]
	}
	if len(rest) != 2 || !rest[0].is(nsDSig, "DigestMethod") || !rest[1].is(nsDSig, "DigestValue") {
		return malformed("Reference")
	}
	method := rest[0].attrs["Algorithm"]
	var ok bool
	if r.Hash, ok = digestMethods[method]; !ok {
		return nil, unsupported(cms.CryptoConstraintsFailure, "digest", method)
	}
	// Accept a digest of wrong length here. It matches nothing, so that
	// verification then reports the content as changed, by name.
	if r.digest, ok = rest[1].base64(); !ok {
		return malformed("DigestValue")
	}
	return r, nil
}

func (t transform) known() bool {
	return t.algorithm == transformEnveloped || t.algorithm == transformBase64 || C14NMethod(t.algorithm).Known()
}

// prefixList reads the InclusiveNamespaces parameter of Exclusive XML
// Canonicalization. xml-crypto also writes it for other algorithms, where it
// has no meaning. prefixList refuses any other parameter.
func prefixList(n *node) ([]string, *cms.Failure) {
	exclusive := c14nTraits[C14NMethod(n.attrs["Algorithm"])].exclusive
	switch {
	case len(n.children) == 0 && strings.TrimSpace(n.text) == "":
		return nil, nil
	case len(n.children) == 1 && exclusive && n.children[0].is(string(ExcC14N10), "InclusiveNamespaces"):
		return strings.Fields(n.children[0].attrs["PrefixList"]), nil
	case len(n.children) == 1 && !exclusive && n.children[0].local == "InclusiveNamespaces":
		return nil, nil
	}
	return nil, failure(cms.FormatFailure, "parameter %s for algorithm %q", firstName(n), n.attrs["Algorithm"])
}

func firstName(n *node) string {
	if len(n.children) == 0 {
		return fmt.Sprintf("%q", n.text)
	}
	return n.children[0].local
}

// find returns the element of the signature that n was read from, so that it
// can be canonicalised in its place.
func (sig *signature) find(n *node) *Element {
	e := sig.element
	s := e.scanner()
	found, err := e.doc.find(s, 1, func(t *token) bool { return t.start == n.start })
	if err != nil || len(found) != 1 {
		panic("xmlsig: an element of the tree is not in the text") // both come from the same scanner
	}
	return found[0]
}
