package xmlsig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Profile is a form of document that an authority publishes: a shape, and a
// signature that belongs to it.
type Profile string

// The forms that are recognised, by the name and namespace of the root and by
// its structure, never by the name of a file. The first two can be signed.
const (
	ProfileNone Profile = ""
	// ProfileETax is the .xtx of e-Tax: DATA with one procedure element, and
	// the signatures behind it.
	ProfileETax Profile = "etax"
	// ProfileEGov is the 構成管理情報 of e-Gov: see [EGov].
	ProfileEGov Profile = "egov"
	// ProfileTaxCertificate is a certificate for the tax return (TEG850 and
	// the like), which insurers, employers and banks issue.
	ProfileTaxCertificate Profile = "tax-certificate"
	// ProfileOfficial is an official document (公文書) that e-Gov delivers.
	ProfileOfficial Profile = "official-document"
)

// ErrProfile is wrapped by every [ProfileError].
var ErrProfile = errors.New("xmlsig: not what the form provides for")

// ProfileReason is why a document cannot be signed in a form.
type ProfileReason string

// The reasons.
const (
	NotThisForm       ProfileReason = "not a document of this form"
	NothingForHolders ProfileReason = "its issuer signs it; there is nothing to sign for whoever has it"
	OtherOption       ProfileReason = "the form leaves no choice"             // Names: of the option
	FormStructure     ProfileReason = "the form does not leave unsigned"      // Outside: the unsigned parts
	NoProcedure       ProfileReason = "there is no procedure element to sign" // e-Tax
	SeveralProcedures ProfileReason = "there are several procedure elements"  // e-Tax; Names: of them
	NoProcedureID     ProfileReason = "the procedure element has no id"       // e-Tax; Names: of it
	NoForms           ProfileReason = "it names no form (申請書) to sign"        // e-Gov
	SignedPartByPart  ProfileReason = "its parts are signed, not it"          // e-Gov; Names: the files to sign
	UnsafeName        ProfileReason = "a file name that no URI says safely"   // e-Gov; Names: of the files
	MissingFile       ProfileReason = "a file to be signed is not there"      // e-Gov; Names: of the files
)

// ProfileError is the reason not to sign a document in a form.
type ProfileError struct {
	Profile Profile
	Reason  ProfileReason
	Names   []string
	Outside []Outside
}

func (e *ProfileError) Error() string {
	message := fmt.Sprintf("xmlsig: %s: %s", e.Profile, e.Reason)
	if len(e.Names) > 0 {
		message += ": " + strings.Join(e.Names, ", ")
	}
	return message
}

// Unwrap returns [ErrProfile].
func (e *ProfileError) Unwrap() error { return ErrProfile }

// instruction is a processing instruction beside the root, or directly in it.
type instruction struct {
	target, data string
	prolog       bool // before the root
}

// shape is a document as the forms see it: the root with its children and
// siblings. The zero shape is that of no known form.
type shape struct {
	profile  Profile
	doc      *Document
	children []*Element
	text     bool // the root has text of its own
	// instructions are those directly in the root.
	instructions []instruction
	more         bool // there is more than this, and it was not looked at

	// Of e-Gov: the element that is signed, and where signatures stand.
	contents, signatures *Element
	egov                 *EGov
	links                []string // of an official document: the files that come along
	// fixed caches the children of the root that no reference can cover.
	// All signatures leave them out alike.
	fixed map[int]*Outside
}

// once returns the part left out with a child of the root, or nil. It examines
// each child only once, because there can be many signatures.
func (sh *shape) once(e *Element, look func() *Outside) *Outside {
	o, known := sh.fixed[e.start]
	if !known {
		if sh.fixed == nil {
			sh.fixed = map[int]*Outside{}
		}
		o = look()
		sh.fixed[e.start] = o
	}
	return o
}

// Detect returns the form of a document.
func (d *Document) Detect() Profile { return d.shape().profile }

// Resembles returns the form that a document without a form seems to be meant
// for, by the name and the content of its root. It knows only forms that can be
// signed.
func (d *Document) Resembles() Profile {
	if d.Detect() != ProfileNone {
		return ProfileNone
	}
	_, err := d.ElementByID(egovContents)
	switch {
	case d.root.local == egovRoot && !errors.Is(err, ErrNoElement):
		return ProfileEGov
	case d.root.local == etaxRoot && strings.Contains(d.root.space, etaxHost):
		return ProfileETax
	}
	return ProfileNone
}

// shape examines a document once, if its root can belong to a form. Each caller
// gets its own copy, to record results in.
func (d *Document) shape() *shape {
	d.formOnce.Do(func() {
		sh := shape{doc: d, profile: d.root.form()}
		if sh.profile == ProfileNone || sh.outline(sh.profile == ProfileTaxCertificate) != nil ||
			sh.profile == ProfileEGov && !sh.isEGov() || sh.profile == ProfileOfficial && !sh.isOfficial() {
			sh = shape{doc: d}
		}
		d.form = sh
	})
	sh := d.form
	return &sh
}

// form is the form that a root of this name can belong to.
func (e *Element) form() Profile {
	switch {
	case e.local == etaxRoot && strings.HasPrefix(e.space, etaxSpaces):
		return ProfileETax
	case e.is("", egovRoot):
		return ProfileEGov
	case e.space == taxCertificateSpace && isTaxCertificate(e.local):
		return ProfileTaxCertificate
	case e.is("", officialRoot):
		return ProfileOfficial
	}
	return ProfileNone
}

// outline reads the document one level deep. It stops in a document with far
// too many elements as soon as their number shows. In a form with a signature
// over the whole root, only the signatures matter.
func (sh *shape) outline(signaturesOnly bool) error {
	d := sh.doc
	most := d.limits.References + d.limits.Signatures
	s := d.root.scanner()
	var err error
	sh.children, err = d.walk(s, most, func(t *token) bool {
		return s.depth() == 2 && (!signaturesOnly || isSignature(t))
	}, func(t *token) {
		switch {
		case s.depth() != 1:
		case t.kind == procInst && len(sh.instructions) == maxOutside:
			sh.more = true
		case t.kind == procInst:
			sh.instructions = append(sh.instructions, instruction{target: string(t.local), data: string(t.data)})
		case t.kind == cdata, t.kind == charData && !isBlank(string(t.data)):
			sh.text = true
		}
	})
	if errors.As(err, new(*LimitError)) {
		sh.more, err = true, nil
	}
	return err
}

// named returns the children of the root with this name and no namespace.
func (sh *shape) named(local string) (found []*Element) {
	for _, e := range sh.children {
		if e.is("", local) {
			found = append(found, e)
		}
	}
	return found
}

// isChild reports whether an element is one of the root's children.
func (sh *shape) isChild(e *Element) bool {
	return slices.ContainsFunc(sh.children, func(c *Element) bool { return c.start == e.start })
}

// maxText bounds the text of a small element.
const maxText = 4 << 10

// leafText is the text of an element without the white space around it. ok is
// false if the element contains anything but text: elements, attributes,
// processing instructions. ok is also false for a text that is too long for
// such an element.
func (e *Element) leafText() (text string, ok bool) {
	s := e.scanner()
	var all []byte
	for {
		t, err := s.next()
		switch {
		case err != nil, t.kind == procInst, t.kind == startElement && (s.depth() > 1 || len(t.attrs) > 0), len(all) > maxText:
			return "", false
		case t.kind == charData, t.kind == cdata:
			all = appendText(all, head(t.data, 2*maxText), t.kind)
		case t.kind == endOfText:
			return trimSpace(all), true
		}
	}
}

// summary is the beginning of all text in an element, with its white space
// folded.
func (e *Element) summary() string {
	const most = 200
	s := e.scanner()
	var all []byte
	for len(all) < 8*most {
		t, err := s.next()
		if err != nil || t.kind == endOfText {
			break
		}
		switch t.kind {
		case charData, cdata:
			all = appendText(all, head(t.data, maxText), t.kind)
		case startElement, endElement:
			all = append(all, ' ')
		}
	}
	isXMLSpace := func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }
	words := []rune(strings.Join(strings.FieldsFunc(string(all), isXMLSpace), " "))
	if len(words) > most {
		return string(words[:most]) + "…"
	}
	return string(words)
}

func trimSpace(b []byte) string { return string(bytes.Trim(b, " \t\r\n")) }
