package xmlsig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// Profile is a shape that an authority asks for.
type Profile string

// The profiles. They follow published documents; whether the services accept
// what this package makes has not been tried.
const (
	ProfileNone Profile = ""
	// ProfileETax is the .xtx of e-Tax: the root DATA has an id, and
	// dsig:Signature is its last child.
	ProfileETax Profile = "etax"
	// ProfileEGov is the 構成情報 of e-Gov: the root holds 構成情報, 署名情報
	// with the signatures, and その他.
	ProfileEGov Profile = "egov"
)

// ErrProfile tells that a document has not the shape of the profile asked for,
// or that the profile does not know what was asked for.
var ErrProfile = errors.New("xmlsig: not what the profile provides for")

// Names of the two shapes.
const (
	etaxRoot       = "DATA"
	egovContents   = "構成情報"
	egovSignatures = "署名情報"
	egovOther      = "その他"
)

// shape is what a document looks like to the profiles.
type shape struct {
	profile  Profile
	children []*Element // of the root
	// contents and signatures are the elements of e-Gov; signatures is nil
	// where there is none yet.
	contents, signatures *Element
}

// Detect tells which profile a document has the shape of.
func (d *Document) Detect() Profile { return d.shape().profile }

func (d *Document) shape() shape {
	if d.root.local != etaxRoot && d.firstChild() != egovContents {
		return shape{}
	}
	most := d.limits.References + d.limits.Signatures
	s := d.root.scanner()
	children, err := d.find(s, most+1, func(*token) bool { return s.depth() == 2 })
	if err != nil || len(children) > most {
		return shape{}
	}
	sh := shape{children: children}
	switch {
	case d.root.local == etaxRoot && len(d.root.ids) > 0:
		sh.profile = ProfileETax
	case sh.isEGov():
		sh.profile = ProfileEGov
	}
	return sh
}

// firstChild is the local name of the first element in the root, "" for none.
func (d *Document) firstChild() string {
	s := d.root.scanner()
	for {
		t, err := s.next()
		switch {
		case err != nil || t.kind == endOfText:
			return ""
		case t.kind == startElement && s.depth() == 2:
			return string(t.local)
		}
	}
}

// isEGov finds the elements of e-Gov, in their order and each once.
func (sh *shape) isEGov() bool {
	rest := sh.children
	next := func(local string) *Element {
		if len(rest) == 0 || rest[0].local != local {
			return nil
		}
		e := rest[0]
		rest = rest[1:]
		return e
	}
	sh.contents, sh.signatures = next(egovContents), next(egovSignatures)
	next(egovOther)
	return sh.contents != nil && slices.Contains(sh.contents.ids, egovContents) && len(rest) == 0
}

// fixed checks that a request leaves to the profile what it decides, and gives
// the signature as far as all profiles have it in common.
func (d *Document) fixed(o Options, prefix string) (*Prepared, error) {
	switch {
	case o.XAdES, o.Form != Enveloped, len(o.IDs) > 0:
		return nil, fmt.Errorf("%w: %s is enveloped XML-DSig", ErrProfile, o.Profile)
	case o.C14N.Method != "" && o.C14N.Method != C14N10:
		return nil, fmt.Errorf("%w: %s takes C14N 1.0", ErrProfile, o.Profile)
	}
	p, err := d.prepared(o)
	if err != nil {
		return nil, err
	}
	p.prefix = prefix
	return p, nil
}

// prepareETax signs DATA, or, where others are to sign as well, each element in
// it: a signature over DATA would cover the place of the next one.
func (d *Document) prepareETax(o Options) (*Prepared, error) {
	sh := d.shape()
	switch {
	case sh.profile != ProfileETax:
		return nil, fmt.Errorf("%w: e-Tax has a root DATA with an id", ErrProfile)
	case d.beside:
		// They can be a style sheet, and DATA's signature does not cover them.
		return nil, fmt.Errorf("%w: e-Tax has no processing instructions beside DATA", ErrProfile)
	case len(o.Files) > 0:
		return nil, fmt.Errorf("%w: e-Tax knows no files beside", ErrProfile)
	}
	p, err := d.fixed(o, "dsig")
	if err != nil {
		return nil, err
	}
	if err := p.within(d.root); err != nil {
		return nil, err
	}
	if !o.Cosign {
		id, err := d.theID(d.root)
		if err != nil {
			return nil, err
		}
		return p, p.element(d.root, id, id, "", transform{algorithm: transformEnveloped})
	}
	for _, e := range sh.children {
		if e.is(nsDSig, "Signature") {
			continue
		}
		id, err := d.theID(e)
		if err != nil {
			return nil, err
		}
		if err := p.element(e, id, id, ""); err != nil {
			return nil, err
		}
	}
	if len(p.digested) == 0 {
		return nil, ErrNothingToSign
	}
	return p, nil
}

// theID is an id by which one finds e and only e.
func (d *Document) theID(e *Element) (string, error) {
	if len(e.ids) == 0 {
		line, column := e.Position()
		return "", fmt.Errorf("%w: element %s in line %d:%d has none", ErrNoElement, e.local, line, column)
	}
	_, err := d.ElementByID(e.ids[0])
	return e.ids[0], err
}

// prepareEGov signs 構成情報 and the files that come with it, inside 署名情報.
func (d *Document) prepareEGov(o Options) (*Prepared, error) {
	sh := d.shape()
	if sh.profile != ProfileEGov {
		return nil, fmt.Errorf("%w: e-Gov has 構成情報 with this id, 署名情報 and その他 in its root", ErrProfile)
	}
	p, err := d.fixed(o, "ds")
	if err != nil {
		return nil, err
	}
	p.signature = "" // the signing time
	if sh.signatures != nil {
		err = p.within(sh.signatures)
	} else {
		err = p.withinNew(sh.contents)
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.ElementByID(egovContents); err != nil {
		return nil, err
	}
	if err := p.element(sh.contents, egovContents, url.PathEscape(egovContents), ""); err != nil {
		return nil, err
	}
	return p, p.files(o.Files)
}

// withinNew puts the signature into a 署名情報 of its own behind 構成情報,
// whose prefix it gets.
func (p *Prepared) withinNew(contents *Element) error {
	d := p.doc
	if err := d.checkOthers(d.root); err != nil {
		return err
	}
	prefix, _ := splitName(d.text[contents.start+1 : contents.start+1+contents.nameLength()])
	name := egovSignatures
	if len(prefix) > 0 {
		name = string(prefix) + ":" + name
	}
	open, err := encode("<"+name+">", p.encoding)
	if err != nil {
		return fmt.Errorf("xmlsig: %w", err)
	}
	end, err := encode("</"+name+">", p.encoding)
	if err != nil {
		return fmt.Errorf("xmlsig: %w", err)
	}
	at := d.source(contents.end)
	p.before, p.after = [][]byte{d.src[:at], open}, [][]byte{end, d.src[at:]}
	scope, err := d.root.innerScope()
	if err != nil {
		return err
	}
	return p.inside(scope)
}

// provides reports whether a signature covers what the profile asks for, where
// that is less than the document. What it leaves out then means nothing: the
// tags of the root, white space, and in e-Gov その他.
func (sh shape) provides(sig *signature) bool {
	signed := func(e *Element) bool {
		return slices.ContainsFunc(sig.references, func(r *Reference) bool {
			return r.Element != nil && r.Element.start == e.start && !r.textOnly()
		})
	}
	switch sh.profile {
	case ProfileETax:
		return !sig.element.doc.beside &&
			slices.ContainsFunc(sh.children, func(e *Element) bool { return e.start == sig.element.start }) &&
			!slices.ContainsFunc(sh.children, func(e *Element) bool { return !e.is(nsDSig, "Signature") && !signed(e) }) &&
			sig.element.doc.root.onlyElements()
	case ProfileEGov:
		return sh.signatures != nil && sh.signatures.contains(sig.element) && sh.signatures.onlySignatures() && signed(sh.contents)
	}
	return false
}

// onlySignatures reports whether all children of an element are signatures.
func (e *Element) onlySignatures() bool {
	s := e.scanner()
	others, err := e.doc.find(s, 1, func(t *token) bool { return s.depth() == 2 && !isSignature(t) })
	return err == nil && len(others) == 0 && e.onlyElements()
}

// onlyElements reports whether an element has no attributes but ids, and no
// text of its own.
func (e *Element) onlyElements() bool {
	s := e.scanner()
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return false
		case t.kind == endOfText:
			return true
		case t.kind == startElement && s.depth() == 1:
			if slices.ContainsFunc(t.attrs, func(a attr) bool { return !isIDAttr(a) }) {
				return false
			}
		case t.kind == charData && s.depth() == 1 && !isBlank(string(t.data)),
			t.kind == cdata && s.depth() == 1, t.kind == procInst && s.depth() == 1:
			return false
		}
	}
}
