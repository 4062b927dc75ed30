package xmlsig

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// Outside is something that a signature leaves out although a reader of the
// document sees it.
type Outside struct {
	Kind OutsideKind
	// Name is the name of an element, of a file, or of the target of a
	// processing instruction. Text is the value if it is short.
	Name, Text string
	// Permitted: the form of the document leaves this part outside every
	// signature. It is no fault of this one.
	Permitted bool
}

// OutsideKind is the kind of a part that is left out.
type OutsideKind string

// The kinds.
const (
	OutsideStyleSheet  OutsideKind = "style-sheet" // Text: its address
	OutsideInstruction OutsideKind = "instruction" // Name: its target
	OutsideHead        OutsideKind = "head"        // 様式ID, 様式バージョン, STYLESHEET of e-Gov
	OutsideOther       OutsideKind = "other"       // その他 of e-Gov
	OutsideAttachment  OutsideKind = "attachment"  // of e-Gov, of an official document: its name is signed, its content is not
	OutsideForm        OutsideKind = "form"        // a file of e-Gov that a signature has to be over
	OutsideFront       OutsideKind = "front"       // of an official document
	OutsideComments    OutsideKind = "comments"    // in the signed part; Text: how many
	OutsideElement     OutsideKind = "element"
	OutsideRest        OutsideKind = "rest"    // of a document of no known form; Name: its root
	OutsideText        OutsideKind = "text"    // of the root
	OutsideObject      OutsideKind = "object"  // an Object or a Manifest in the signature
	OutsidePlace       OutsideKind = "place"   // the signature stands where the form has none
	OutsideNothing     OutsideKind = "nothing" // nothing is signed but the signature itself
	OutsideMore        OutsideKind = "more"    // there is more in the document than any form has
)

func (o Outside) String() string {
	switch o.Kind {
	case OutsidePlace:
		return "the signature stands where the form has none"
	case OutsideNothing:
		return "nothing but the signature itself is signed"
	case OutsideObject:
		return o.Text
	case OutsideText:
		return "text beside the elements of the root"
	case OutsideMore:
		return "more than any form has"
	case OutsideRest:
		return "the rest of the document in " + o.Name
	case OutsideStyleSheet:
		return "style sheet " + strconv.Quote(o.Text)
	case OutsideComments:
		return o.Text + " comments"
	}
	return string(o.Kind) + " " + o.Name
}

// UnsignedError is the cause of a failure: a part of the document that a
// signature should be over and is not.
type UnsignedError struct{ Outside Outside }

func (e *UnsignedError) Error() string { return "xmlsig: not signed: " + e.Outside.String() }

// Unwrap returns [ErrPartial].
func (e *UnsignedError) Unwrap() error { return ErrPartial }

// maxOutside is how many such parts are listed for one signature; twice that is
// enough.
const maxOutside = 32

// view is the coverage of a signature, as the forms ask for it.
type view struct {
	own    *Element // nil for a signature that is still to be made
	whole  bool     // the document, including the nodes beside its root
	signed func(*Element) bool
	file   func(name string) bool
}

// view returns the coverage of a signature after its references have been
// resolved.
func (sig *signature) view() view {
	whole := slices.ContainsFunc(sig.references, func(r *Reference) bool {
		return r.Target == TargetDocument && !r.textOnly()
	})
	files := map[string]bool{}
	for _, r := range sig.references {
		switch {
		case r.Target != TargetFile || r.textOnly():
		case r.found:
			files[composed(r.File)] = true
		default: // ambiguous, and already reported
			for _, name := range r.readings {
				files[composed(name)] = true
			}
		}
	}
	return view{
		own: sig.element, whole: whole,
		signed: func(e *Element) bool {
			return whole || slices.ContainsFunc(sig.references, func(r *Reference) bool {
				return r.Element != nil && r.Element.contains(e) && !r.textOnly()
			})
		},
		file: func(name string) bool { return files[composed(name)] },
	}
}

// coverage finds the parts of the document that the references leave out, and
// reports a failure for each part that must be signed. A reader reads the whole
// document, and an attacker could add to it and move the signed part out of
// sight (signature wrapping).
func (r *Result) coverage(sig *signature, sh *shape, partial bool) {
	if sh.profile == ProfileETax && !sh.isChild(sig.element) && sh.inProcedure(sig.element) {
		r.Embedded = true
	}
	r.Outside = append(sig.ownObjects(), sh.outside(sig)...)
	r.Whole = len(r.Outside) == 0
	for _, o := range r.Outside {
		switch {
		case o.Permitted:
		case partial:
			r.warn(PartialCoverage)
		default:
			r.fail(&cms.Failure{Code: cms.SigConstraintsFailure, Detail: "not signed: " + o.String(), Cause: &UnsignedError{o}})
		}
	}
	if !r.Whole {
		r.warn(PartialCoverage)
	}
	if n := sig.comments(); n > 0 {
		r.Outside = append(r.Outside, Outside{Kind: OutsideComments, Text: strconv.Itoa(n), Permitted: true})
	}
}

// comments counts those inside signed parts that are not signed themselves.
func (sig *signature) comments() (n int) {
	for _, r := range sig.references {
		n += r.dropped
	}
	return n
}

// outside goes by the form of the document.
func (sh *shape) outside(sig *signature) []Outside {
	v := sig.view()
	if sh.profile == ProfileNone {
		return sh.outsideUnknown(sig, v)
	}
	return sh.outsideForm(v)
}

func (sh *shape) outsideForm(v view) []Outside {
	switch sh.profile {
	case ProfileETax:
		return sh.outsideETax(v)
	case ProfileEGov:
		return sh.outsideEGov(v)
	case ProfileTaxCertificate:
		return sh.outsideTaxCertificate(v)
	case ProfileOfficial:
		return sh.outsideOfficial(v)
	}
	return nil
}

// outsideUnknown handles a document of no known form. All of it has to be
// signed. The signature itself is never signed, and so must hold no content of
// its own.
func (sh *shape) outsideUnknown(sig *signature, v view) (out []Outside) {
	root := sh.doc.root
	switch {
	case v.whole:
		return nil
	case root.start == sig.element.start:
		if !sig.signsSomething() {
			return []Outside{{Kind: OutsideNothing}}
		}
	case !v.signed(root):
		out = append(out, Outside{Kind: OutsideRest, Name: root.local})
	}
	return append(out, sh.beside(func(instruction) bool { return false })...)
}

// outsideRoot lists the content of the root of a form itself, and the nodes
// beside it.
func (sh *shape) outsideRoot() (out []Outside) {
	if sh.text {
		out = append(out, Outside{Kind: OutsideText, Name: sh.doc.root.local})
	}
	for _, i := range sh.instructions {
		out = append(out, Outside{Kind: OutsideInstruction, Name: i.target, Text: i.data})
	}
	if sh.more {
		out = append(out, Outside{Kind: OutsideMore})
	}
	return append(out, sh.beside(sh.permitsStyleSheet)...)
}

// beside lists the nodes beside the root.
func (sh *shape) beside(permitted func(instruction) bool) (out []Outside) {
	for _, i := range sh.doc.instructions {
		o := Outside{Kind: OutsideInstruction, Name: i.target, Text: i.data}
		if i.isStyleSheet() {
			href, _ := i.href()
			o = Outside{Kind: OutsideStyleSheet, Name: i.target, Text: href, Permitted: permitted(i)}
		}
		out = append(out, o)
	}
	if sh.doc.besides > len(out) {
		out = append(out, Outside{Kind: OutsideMore})
	}
	return out
}

// refuseOutside refuses to sign a document in a form where the new signature
// would leave out a part that must be signed.
func (sh *shape) refuseOutside(signed *Element, files []string) error {
	out := sh.outsideForm(view{
		signed: func(e *Element) bool { return e.start == signed.start },
		file:   func(name string) bool { return slices.Contains(files, name) },
	})
	out = slices.DeleteFunc(out, func(o Outside) bool { return o.Permitted })
	if len(out) == 0 {
		return nil
	}
	e := &ProfileError{Profile: sh.profile, Reason: FormStructure, Outside: out}
	for _, o := range out {
		e.Names = append(e.Names, o.String())
	}
	return e
}

// signsSomething reports whether a signature in a document of its own covers a
// file, or an Object other than its own properties.
func (sig *signature) signsSomething() bool {
	return slices.ContainsFunc(sig.references, func(r *Reference) bool { return r.Target == TargetFile }) ||
		slices.ContainsFunc(sig.objects, func(o *node) bool { return !sig.holdsProperties(o) && sig.covers(o) })
}

// ownObjects lists the parts of the signature itself that are not signed.
func (sig *signature) ownObjects() []Outside {
	for _, o := range sig.objects {
		if len(o.all(nsDSig, "Manifest")) > 0 {
			return []Outside{{Kind: OutsideObject, Name: "Manifest", Text: "what a Manifest lists is not followed"}}
		}
		if !sig.covers(o) && !sig.holdsProperties(o) {
			return []Outside{{Kind: OutsideObject, Name: "Object", Text: "an Object of the signature is not signed"}}
		}
	}
	return nil
}

// textOnly reports that the digest is over the decoded text alone, without the
// element's name and attributes.
func (r *Reference) textOnly() bool {
	return slices.ContainsFunc(r.transforms, func(t transform) bool { return t.algorithm == transformBase64 })
}

// covers reports whether a reference means this Object, or the one element
// that it holds.
func (sig *signature) covers(object *node) bool {
	return slices.ContainsFunc(sig.references, func(ref *Reference) bool {
		switch {
		case ref.Element == nil:
			return false
		case ref.Element.start == object.start:
			return true
		}
		return len(object.children) == 1 && isBlank(object.text) && ref.Element.start == object.children[0].start && !ref.textOnly()
	})
}

// holdsProperties reports whether the Object has the properties of XAdES in it
// and nothing else. That these are signed is checked elsewhere; the unsigned
// ones need not be.
func (sig *signature) holdsProperties(object *node) bool {
	return len(object.children) == 1 && isBlank(object.text) && object.children[0].is(nsXAdES, "QualifyingProperties")
}

func isBlank(s string) bool { return spaceLength([]byte(s)) == len(s) }

// isStyleSheet reports whether an instruction names a style sheet (Associating
// Style Sheets with XML documents 1.0, 3): it works before the root only.
func (i instruction) isStyleSheet() bool { return i.prolog && i.target == "xml-stylesheet" }

// href is the address of a style sheet. ok is false where the instruction is
// not of pseudo-attributes, each once, with one of this name.
func (i instruction) href() (value string, ok bool) {
	rest, seen := i.data, map[string]bool{}
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" {
			return value, ok
		}
		name, after, found := strings.Cut(rest, "=")
		name, after = strings.TrimRight(name, " \t\r\n"), strings.TrimLeft(after, " \t\r\n")
		if !found || after == "" || seen[name] || nameLength([]byte(name)) != len(name) || after[0] != '"' && after[0] != '\'' {
			return value, false
		}
		seen[name] = true
		quoted, behind, found := strings.Cut(after[1:], after[:1])
		if _, why := checkReferences([]byte(quoted)); !found || why != "" {
			return value, false
		}
		if name == "href" {
			value, ok = string(normalizeAttribute([]byte(quoted))), true
		}
		rest = behind
	}
}

// Where the style sheets of the tax agency lie.
var etaxHosts = []string{"http://xml.e-tax.nta.go.jp/", "https://xml.e-tax.nta.go.jp/"}

// permitsStyleSheet reports whether the form permits a style sheet: a file next
// to the document, or one of the tax agency. A style sheet decides how a
// browser shows the document, so only one is permitted.
func (sh *shape) permitsStyleSheet(i instruction) bool {
	href, ok := i.href()
	sheets := 0
	for _, other := range sh.doc.instructions {
		if other.isStyleSheet() {
			sheets++
		}
	}
	switch {
	case !ok || sheets > 1:
		return false
	case sh.profile == ProfileEGov:
		return isBareName(href) && href == sh.egov.StyleSheet
	}
	return isBareName(href) || slices.ContainsFunc(etaxHosts, func(host string) bool { return strings.HasPrefix(href, host) })
}

// isBareName reports whether an address is the name of a file, without a path.
func isBareName(s string) bool {
	return isPathDown(s) && !strings.ContainsAny(s, `/:?#%`) && s != ".."
}
