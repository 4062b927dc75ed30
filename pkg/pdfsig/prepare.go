package pdfsig

import (
	"crypto"
	"crypto/x509"
	"hash"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Profile is how a signature presents itself: the name it has as SubFilter.
type Profile string

// The profiles that are made.
const (
	// Touki is what 登記・供託オンライン申請 asks for, with SHA-256 alone.
	Touki Profile = "adbe.pkcs7.detached"
	// PAdES is EN 319 142-1: the CMS goes without a signingTime attribute.
	PAdES Profile = "ETSI.CAdES.detached"
	// Timestamp is nobody's signature, but a document timestamp of an authority
	// (ISO 32000-2, 12.8.5): the token is for [Update.Embed], and of the
	// statement only Room counts.
	Timestamp Profile = "ETSI.RFC3161"
)

// Options say what kind of signature is made and where. The zero value is the
// 登記 profile in a new field that shows nothing.
type Options struct {
	Profile Profile
	Field   string     // the full name of an empty signature field to sign; "" makes a new one
	Visible *Placement // nil leaves the signature without an appearance
}

// Prepared is a file that can be signed, with all that will change in it
// worked out.
type Prepared struct {
	// Signatures are those that are already there. What will be said of them
	// is known after [Prepared.Hash].
	Signatures []Existing
	// Field is the name of the field that will be signed.
	Field string
	// Acting is what [Features] would find, where [Prepared.Hash] found that on
	// its way: if there is no signature yet. Else it is nil.
	Acting *Acting

	doc        *document
	original   io.ReaderAt // as given, from its first byte
	size       int64
	profile    Profile
	signature  pdf.Ref    // the signature dictionary to come
	reference  pdf.Object // its Reference entry, or nil
	place      *place     // of a visible one
	appearance pdf.Ref
	changes    []indirect
	next       int    // object number
	separator  string // between the original and the update

	hash   crypto.Hash
	state  hash.Cloner  // over the original
	seed   maphash.Seed // of the fingerprint that the copy must have, too
	sum    uint64
	hashed bool
}

// Existing is a signature that a file already has.
type Existing struct {
	Field    string
	Contents []byte // the CMS, with the zeros behind it
	// Changes are those after it that a verifier will find, the new signature's
	// included.
	Changes Changes
	// Err is why it is not good already, whatever its CMS may be; nil where
	// nothing speaks against it.
	Err error
}

// Prepare reads the structure of a file and checks what can be checked before a
// signer is known and the whole file is read, as [Prepared.Hash] does. Nothing is
// written and no signature made.
func Prepare(r io.ReaderAt, size int64, o Options) (*Prepared, error) {
	doc, err := openDocument(r, size)
	if err != nil {
		return nil, err
	}
	if doc.catalog["NeedsRendering"] == true {
		return nil, ErrDynamicForm
	}
	if !doc.Sections()[0].Stream && size > maxTable {
		return nil, ErrTooLarge
	}
	if o.Profile == "" {
		o.Profile = Touki
	}
	if o.Profile != Touki && o.Profile != PAdES && o.Profile != Timestamp {
		return nil, ErrProfile
	}
	if err := permitted(doc, o); err != nil {
		return nil, err
	}
	p := &Prepared{doc: doc, original: r, size: size, profile: o.Profile, next: doc.NextNumber()}
	form, err := p.readForm(o.Field)
	if err != nil {
		return nil, err
	}
	p.signature = p.newRef()
	if o.Field == "" {
		err = p.addField(form, o.Visible)
	} else {
		err = p.fillField(form.chosen, o.Visible)
	}
	if err != nil {
		return nil, err
	}
	return p, p.findSeparator()
}

// permitted follows what the author of an encrypted file allows (7.6.3.2, table
// 22): to sign in a field is to fill it in, a new field modifies the form.
func permitted(doc *document, o Options) error {
	if !doc.Encrypted() {
		return nil
	}
	if o.Profile == Touki {
		return ErrEncrypted
	}
	access := doc.Access()
	fill := access&(pdf.MayAnnotate|pdf.MayFill) != 0
	if o.Field == "" {
		fill = access&pdf.MayAnnotate != 0 && access&pdf.MayModify != 0
	}
	if !fill {
		return ErrNotPermitted
	}
	return nil
}

// formState is what a signature must know of the form that is there.
type formState struct {
	names     map[string]bool // of the fields at the top
	chosen    *field
	locks     []lock
	certified bool
}

// forbidsWidget reports whether a new field that shows itself would count as a
// change of what was signed. After a certification it can be one even where
// notes are allowed: verifiers do not agree.
func (form *formState) forbidsWidget(name string) bool {
	return form.certified || slices.ContainsFunc(form.locks, func(l lock) bool { return l.covers(name) })
}

// readForm looks at every field: for its name, and for signatures that forbid
// another one.
func (p *Prepared) readForm(chosen string) (*formState, error) {
	form := &formState{names: map[string]bool{}}
	err := p.doc.fields(func(f *field) error {
		top, _, _ := strings.Cut(f.name, ".")
		form.names[top] = true
		if !f.isSignature() {
			return nil
		}
		if f.name == chosen && form.chosen == nil {
			form.chosen = f
		}
		return p.readSignature(form, f)
	})
	if err != nil {
		return nil, err
	}
	if chosen == "" {
		return form, p.checkCertification(form)
	}
	if form.chosen == nil {
		return nil, ErrNoField
	}
	if value, err := p.doc.Resolve(form.chosen.value); err != nil {
		return nil, err
	} else if value != nil {
		return nil, ErrFieldSigned
	}
	for _, l := range form.locks {
		if l.covers(chosen) {
			return nil, ErrFieldLocked
		}
	}
	return form, p.checkCertification(form)
}

func (p *Prepared) readSignature(form *formState, f *field) error {
	signature, err := pdf.As[pdf.Dict](p.doc.File, f.value)
	if err != nil || signature == nil {
		return err
	}
	contents, err := pdf.As[pdf.String](p.doc.File, signature["Contents"])
	if err != nil {
		return err
	}
	p.Signatures = append(p.Signatures, Existing{Field: f.name, Contents: []byte(contents)})
	r, err := p.doc.rules(signature)
	if err != nil {
		return err
	}
	if r.permission == NoChanges && p.profile != Timestamp { // EN 319 142-1, 5.4.3
		return ErrCertified
	}
	form.certified = form.certified || r.permission != 0
	form.locks = append(form.locks, r.locks...)
	return nil
}

// checkCertification follows the catalog's own way to the certification
// (12.8.4), which may be a signature in no field.
func (p *Prepared) checkCertification(form *formState) error {
	perms, err := pdf.As[pdf.Dict](p.doc.File, p.doc.catalog["Perms"])
	if err != nil {
		return err
	}
	certification, err := pdf.As[pdf.Dict](p.doc.File, perms["DocMDP"])
	if err != nil {
		return err
	}
	r, err := p.doc.rules(certification)
	if err == nil && r.permission == NoChanges && p.profile != Timestamp {
		err = ErrCertified
	}
	form.certified = form.certified || r.permission != 0
	return err
}

// findSeparator makes sure that the update begins on a line of its own.
func (p *Prepared) findSeparator() error {
	var last [1]byte
	if _, err := p.original.ReadAt(last[:], p.size-1); err != nil && err != io.EOF {
		return err
	}
	if last[0] != '\n' && last[0] != '\r' {
		p.separator = "\n"
	}
	return nil
}

// copyBuffer is how much is read at a time when the whole file is.
const copyBuffer = 256 << 10

// Hash reads the whole file. What it digests is kept for [Prepared.Sign]. h is
// SHA256, SHA384 or SHA512 with the profile PAdES, and SHA256 with Touki; 0 is
// SHA256.
//
// Beside that it finds out what a verifier will say afterwards: an [EarlierError]
// is a signature that another one would be no good for, an [UpdateError] a
// document that other readers find differently. [Prepared.Signatures] is complete
// from then on.
func (p *Prepared) Hash(h crypto.Hash) error {
	if h == 0 {
		h = crypto.SHA256
	}
	if !h.Available() || p.profile == Touki && h != crypto.SHA256 {
		return ErrHash
	}
	digest, ok := h.New().(hash.Cloner)
	if !ok {
		return ErrHash
	}
	p.hash, p.state, p.hashed = h, digest, false
	foreseen := make(chan error, 1)
	go func() { foreseen <- p.foresee() }()
	err := p.digest()
	if foreseen := <-foreseen; foreseen != nil {
		return foreseen
	}
	p.hashed = err == nil
	return err
}

// digest reads the original for its hash and its fingerprint.
func (p *Prepared) digest() error {
	var fingerprint maphash.Hash
	p.seed = fingerprint.Seed()
	whole := io.NewSectionReader(p.original, 0, p.size)
	n, err := io.CopyBuffer(plainWriter{io.MultiWriter(p.state, &fingerprint)}, plainReader{whole}, make([]byte, copyBuffer))
	if err == nil && n != p.size {
		err = ErrChanged
	}
	p.sum = fingerprint.Sum64()
	return err
}

// plainReader and plainWriter hide every other method, so that io.CopyBuffer
// uses the buffer it is given.
type (
	plainReader struct{ io.Reader }
	plainWriter struct{ io.Writer }
)

// newRef is the reference of an object to be added.
func (p *Prepared) newRef() pdf.Ref {
	p.next++
	return pdf.Ref{Number: p.next - 1}
}

// freeName is a name for a new field that no other one has.
func freeName(taken map[string]bool) string {
	for n := 1; ; n++ {
		if name := "Signature" + strconv.Itoa(n); !taken[name] {
			return name
		}
	}
}

// contentsSize estimates the room that a CMS with these certificates needs:
// generously, because the file must be laid out before the signature exists.
func contentsSize(certificates []*x509.Certificate, timestamp bool) int {
	room := 3 << 10 // a signature by RSA 4096, the names of the issuer, attributes
	for _, c := range certificates {
		room += len(c.Raw)
	}
	if timestamp {
		room += 16 << 10 // with the responder's certificates
	}
	return room
}
