package xmlsig

import (
	"slices"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// coverage finds out whether the references cover the document, and makes a
// failure of it where they do not: whoever reads the document reads all of it,
// and an attacker who may add to it can move what was signed to where nobody
// looks (signature wrapping).
func (r *Result) coverage(sig *signature, sh shape, partial bool) {
	r.Profile = sh.profile
	uncovered := r.uncovered(sig)
	r.Whole = uncovered == ""
	switch {
	case r.Whole:
	case partial, sig.ownObjects() == "" && sh.provides(sig):
		r.warn(PartialCoverage)
	default:
		r.fail(&cms.Failure{Code: cms.SigConstraintsFailure, Detail: "the signature covers part of the document: " + uncovered, Cause: ErrPartial})
	}
}

// uncovered says what the references leave out, "" for nothing. The signature
// itself is never covered, and so must hold nothing else of its own.
func (r *Result) uncovered(sig *signature) string {
	if objects := sig.ownObjects(); objects != "" {
		return objects
	}
	root := sig.element.doc.root
	covered := root.start == sig.element.start && sig.signsSomething()
	for _, ref := range sig.references {
		switch {
		case ref.Target == TargetDocument && !ref.textOnly():
			return ""
		case ref.Element != nil && ref.Element.start == root.start && !ref.textOnly():
			covered = true
		}
	}
	switch {
	case !covered && root.start == sig.element.start:
		return "nothing but the signature itself"
	case !covered:
		return "not its root, " + root.path()
	case sig.element.doc.beside:
		return "not the processing instructions beside its root"
	}
	return ""
}

// signsSomething reports whether a signature that is a document of its own is
// over a file, or over an Object that is not its own properties.
func (sig *signature) signsSomething() bool {
	return slices.ContainsFunc(sig.references, func(r *Reference) bool { return r.Target == TargetFile }) ||
		slices.ContainsFunc(sig.objects, func(o *node) bool { return !sig.holdsProperties(o) && sig.covers(o) })
}

// ownObjects says what is not signed in the signature itself, "" for nothing.
func (sig *signature) ownObjects() string {
	for _, o := range sig.objects {
		if len(o.all(nsDSig, "Manifest")) > 0 {
			return "what a Manifest lists is not followed"
		}
		if !sig.covers(o) && !sig.holdsProperties(o) {
			return "an Object of the signature is not signed"
		}
	}
	return ""
}

// textOnly tells that what was digested was decoded from the text, so that the
// element's name and attributes were not.
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
