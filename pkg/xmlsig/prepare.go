package xmlsig

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// Form is the place of a signature relative to the signed content (XML-DSig
// 1.1, 2).
type Form int

// The forms.
const (
	// Enveloped: in the document it signs, as the last child of the root.
	Enveloped Form = iota
	// Enveloping: around the signed content, as a document of its own.
	Enveloping
	// Detached: beside the signed content. If Options.IDs names elements of
	// the document, the signature becomes the last child of its root.
	Detached
)

// Options describe the content to sign and the signature. The zero Options is
// an enveloped signature over the whole document with C14N 1.0 and SHA-256.
type Options struct {
	Form    Form
	Profile Profile       // decides everything else itself; see [Document.Detect]
	C14N    Canonicalizer // of the references and of SignedInfo
	Hash    crypto.Hash   // of the references and of SignedInfo: SHA256, SHA384 or SHA512; 0 is SHA256
	IDs     []string      // of the elements that a detached signature is over
	Files   []File        // further things to sign, as they are
	XAdES   bool          // XAdES-B-B
	// Open opens the files that the document names and its form wants
	// signed, by their names in the document. It returns fs.ErrNotExist for
	// a missing file. Nil stands for a folder without files.
	Open func(name string) (io.ReadCloser, error)
	// MIMEType is the type of the document for XAdES; text/xml by default.
	MIMEType string
}

// File is something outside the document that is signed along.
type File struct {
	Name     string // a path downwards with slashes, from where the signature will lie
	Content  io.Reader
	MIMEType string // for XAdES; application/octet-stream unless given
}

// Errors of documents that cannot be signed.
var (
	ErrNothingToSign = errors.New("xmlsig: nothing to sign")
	ErrIDs           = errors.New("xmlsig: only a detached signature is over elements by their ids")
	ErrSelf          = errors.New("xmlsig: the element would contain its own detached signature")
	ErrPrefixList    = errors.New("xmlsig: only exclusive canonicalization has a PrefixList")
	ErrFileName      = errors.New("xmlsig: not a path downwards with slashes")
	ErrSignedInside  = errors.New("xmlsig: a signed document cannot be put inside another signature")
)

// AmbiguousError is a character that programs decode differently. A signature
// over it would be valid only for some of them.
type AmbiguousError struct {
	Encoding     Encoding
	Line, Column int
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("xmlsig: line %d:%d: a character that readers of %s understand differently; sign the document as UTF-8", e.Line, e.Column, e.Encoding)
}

// Prepare does everything for a signature that needs neither certificate nor
// key, and refuses a document that must not be signed.
func (d *Document) Prepare(o Options) (*Prepared, error) {
	switch o.Profile {
	case ProfileNone:
	case ProfileETax:
		return d.prepareETax(o)
	case ProfileEGov:
		return d.prepareEGov(o)
	case ProfileTaxCertificate, ProfileOfficial:
		if d.Detect() != o.Profile {
			return nil, &ProfileError{Profile: o.Profile, Reason: NotThisForm}
		}
		return nil, &ProfileError{Profile: o.Profile, Reason: NothingForHolders}
	default:
		return nil, &ProfileError{Profile: o.Profile, Reason: NotThisForm}
	}
	if o.Form != Detached && len(o.IDs) > 0 {
		return nil, ErrIDs
	}
	p, err := d.prepared(o)
	if err != nil {
		return nil, err
	}
	switch o.Form {
	case Enveloping:
		err = p.enveloping(o)
	case Detached:
		err = p.detached(o)
	default:
		err = p.enveloped(o)
	}
	if err != nil {
		return nil, err
	}
	return p, p.files(o.Files)
}

// PrepareFiles prepares a signature over files in a document of its own. It
// accepts no other form, no profile and no ids.
func PrepareFiles(o Options) (*Prepared, error) {
	switch {
	case len(o.Files) == 0:
		return nil, ErrNothingToSign
	case o.Profile != ProfileNone:
		return nil, &ProfileError{Profile: o.Profile, Reason: NotThisForm}
	case len(o.IDs) > 0:
		return nil, ErrIDs
	}
	empty, err := Parse([]byte("<Signature/>"))
	if err != nil {
		return nil, err
	}
	p, err := empty.prepared(o)
	if err != nil {
		return nil, err
	}
	p.alone()
	return p, p.files(o.Files)
}

// prepared checks the conditions that all forms have in common.
func (d *Document) prepared(o Options) (*Prepared, error) {
	p := &Prepared{doc: d, encoding: d.encoding, prefix: "ds", hash: o.Hash, canon: o.C14N, xades: o.XAdES}
	if p.hash == 0 {
		p.hash = crypto.SHA256
	}
	if p.canon.Method == "" {
		p.canon.Method = C14N10
	}
	if !p.canon.Method.Known() {
		return nil, &UnsupportedError{What: "canonicalization", Algorithm: string(p.canon.Method)}
	}
	if len(p.canon.PrefixList) > 0 && !c14nTraits[p.canon.Method].exclusive {
		return nil, ErrPrefixList
	}
	if p.hash == crypto.SHA1 || digestURI(p.hash) == "" {
		return nil, cms.ErrHash
	}
	if d.ambiguous >= 0 {
		line, column := position(d.text, d.ambiguous)
		return nil, &AmbiguousError{d.encoding, line, column}
	}
	p.signature = d.freeID()
	return p, nil
}

func (p *Prepared) enveloped(o Options) error {
	if err := p.within(p.doc.root); err != nil {
		return err
	}
	uri := ""
	if c14nTraits[p.canon.Method].comments {
		uri = "#xpointer(/)" // an empty URI leaves out the comments
	}
	return p.add(digested{
		uri:        uri,
		transforms: append([]transform{{algorithm: transformEnveloped}}, p.canon.transforms()...),
		mimeType:   orDefault(o.MIMEType, "text/xml"),
		item:       Item{Target: TargetDocument},
	}, nodeSet{doc: p.doc, comments: true})
}

func (p *Prepared) detached(o Options) error {
	if len(o.IDs) == 0 {
		return ErrNothingToSign
	}
	if err := p.within(p.doc.root); err != nil {
		return err
	}
	for _, id := range o.IDs {
		e, err := p.doc.ElementByID(id)
		if err != nil {
			return err
		}
		if e.start == p.doc.root.start {
			return ErrSelf
		}
		if err := p.element(e, id, id, o.MIMEType); err != nil {
			return err
		}
	}
	return nil
}

// element adds a reference to the element with an id. fragment is the fragment
// of the URI: the bare id, which the JDK and xmlsec1 resolve, or the form of a
// profile.
func (p *Prepared) element(e *Element, id, fragment, mimeType string, first ...transform) error {
	uri := "#" + fragment
	if c14nTraits[p.canon.Method].comments {
		uri = "#xpointer(id('" + fragment + "'))"
	}
	if pointer, f := parsePointer(uri); f != nil || !slices.Contains(pointer.ids, id) {
		return fmt.Errorf("%w %q that a URI can name", ErrNoElement, id)
	}
	return p.add(digested{
		uri: uri, transforms: append(first, p.canon.transforms()...),
		mimeType: orDefault(mimeType, "text/xml"),
		item:     Item{TargetElement, e.local},
	}, nodeSet{doc: p.doc, apex: e, comments: true})
}

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// enveloping puts the document into an Object, with the comments and processing
// instructions beside its root, but without its XML declaration.
func (p *Prepared) enveloping(o Options) error {
	if len(p.doc.signatures) > 0 {
		return ErrSignedInside
	}
	_, declaration, err := parseDeclaration(p.doc.text)
	if err != nil {
		return err
	}
	p.alone()
	id := p.signature + "-object"
	m := p.newMarkup()
	m.WriteString(p.open(p.signature))
	start := m.Len()
	m.open("Object", "Id", id)
	m.Write(p.doc.text[declaration:])
	m.close("Object")
	end := m.Len()
	m.WriteString(p.close())
	whole := []byte(m.String())
	p.object = whole[start:end]
	shell, err := p.doc.limits.Parse(whole)
	if err != nil {
		return err
	}
	e, err := shell.ElementByID(id)
	if err != nil {
		return err
	}
	return p.element(e, id, id, o.MIMEType)
}

// add digests a node-set and adds a reference to it.
func (p *Prepared) add(d digested, set nodeSet) error {
	if set.apex != nil {
		set.doc = set.apex.doc
	}
	h := p.hash.New()
	canonical, err := p.canon.printer(h, set)
	if err == nil {
		err = canonical.print()
	}
	if err != nil {
		return err
	}
	p.Comments += canonical.dropped
	for _, name := range canonical.invalid {
		if !slices.Contains(p.InvalidNamespaces, name) {
			p.InvalidNamespaces = append(p.InvalidNamespaces, name)
		}
	}
	d.digest = h.Sum(nil)
	p.append(d)
	return nil
}

// append adds a reference; it has an id where XAdES must name it.
func (p *Prepared) append(d digested) {
	if p.xades {
		d.id = fmt.Sprintf("%s-reference-%d", p.signature, len(p.digested)+1)
	}
	p.digested = append(p.digested, d)
}

// files digests the files outside the document.
func (p *Prepared) files(files []File) error {
	for _, f := range files {
		if !isPathDown(f.Name) {
			return fmt.Errorf("%w: %q", ErrFileName, f.Name)
		}
		if err := p.file(f, fileURI(f.Name)); err != nil {
			return err
		}
	}
	return nil
}

// file digests a file and adds a reference to it.
func (p *Prepared) file(f File, uri string) error {
	h := p.hash.New()
	if _, err := io.Copy(h, f.Content); err != nil {
		return fmt.Errorf("xmlsig: reading %s: %w", f.Name, err)
	}
	p.append(digested{uri: uri, digest: h.Sum(nil), mimeType: orDefault(f.MIMEType, "application/octet-stream"), item: Item{TargetFile, f.Name}})
	return nil
}

// fixed checks that a request sets none of the options that the form decides.
// It returns the signature with the settings common to the forms: C14N 1.0, RSA
// with SHA-256, only the signer's certificate, and the time as its Id.
func (d *Document) fixed(o Options, prefix string) (*Prepared, error) {
	refuse := func(what string) (*Prepared, error) {
		return nil, &ProfileError{Profile: o.Profile, Reason: OtherOption, Names: []string{what}}
	}
	switch {
	case o.XAdES:
		return refuse("XAdES")
	case o.Form != Enveloped:
		return refuse("Form")
	case len(o.IDs) > 0:
		return refuse("IDs")
	case len(o.Files) > 0:
		return refuse("Files")
	case o.C14N.Method != "" && o.C14N.Method != C14N10:
		return refuse("C14N")
	case o.Hash != 0 && o.Hash != crypto.SHA256:
		return refuse("Hash")
	}
	p, err := d.prepared(o)
	if err != nil {
		return nil, err
	}
	p.sh, p.prefix, p.signature = d.shape(), prefix, ""
	p.taken, err = d.clockIDs(p.stem())
	return p, err
}

// clockIDs are the ids that are a stem and a time to the second.
func (d *Document) clockIDs(stem string) (map[string]bool, error) {
	taken := map[string]bool{}
	_, err := d.find(newScanner(d.text, d.limits), 0, func(t *token) bool {
		for _, a := range t.attrs {
			if isIDAttr(a) && len(a.value) == len(stem)+len(clockLayout) && strings.HasPrefix(string(a.value), stem) {
				taken[string(a.value)] = true
			}
		}
		return false
	})
	return taken, err
}

// Covers lists the content of the signature, in its order.
func (p *Prepared) Covers() (items []Item) {
	for _, d := range p.digested {
		items = append(items, d.item)
	}
	return items
}
