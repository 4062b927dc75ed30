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

// Profile is a kind of signature; its value is the SubFilter.
type Profile string

// Profiles of signatures.
const (
	// Touki is the profile of 登記・供託オンライン申請, with SHA-256 only.
	Touki Profile = "adbe.pkcs7.detached"
	// PAdES is EN 319 142-1: the CMS goes without a signingTime attribute.
	PAdES Profile = "ETSI.CAdES.detached"
	// Timestamp is a document timestamp of an authority (ISO 32000-2, 12.8.5).
	// Pass the token to [Update.Embed]. Of the Statement, only Room is used.
	Timestamp Profile = "ETSI.RFC3161"
)

// Options choose the kind and the place of a signature. The zero value is the
// 登記 profile in a new invisible field.
type Options struct {
	Profile Profile
	Field   string     // the full name of an empty signature field to sign; "" makes a new one
	Visible *Placement // nil leaves the signature without an appearance
}

// Prepared is a checked file with all changes for its signature worked out.
type Prepared struct {
	// Signatures are the existing signatures. Their Changes and Err are set by
	// [Prepared.Hash].
	Signatures []Existing
	// Field is the name of the field that will be signed.
	Field string
	// Acting is the result of [Features]. [Prepared.Hash] sets it if the file
	// has no signature yet; otherwise it is nil.
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
	seed   maphash.Seed // for the fingerprint that WriteTo compares
	sum    uint64
	hashed bool
}

// Existing is a signature that a file already has.
type Existing struct {
	Field    string
	Contents []byte // the CMS with its padding zeros
	// Changes are the changes after this signature that a verifier will find,
	// including the new signature.
	Changes Changes
	// Err is the reason why the signature is already bad, regardless of its
	// CMS; nil if there is none.
	Err error
}

// Prepare reads the structure of a file and makes every check that needs
// neither the signer nor the whole file; [Prepared.Hash] reads the whole file.
// Prepare writes nothing and makes no signature.
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

// permitted checks the permissions of an encrypted file (7.6.3.2, table 22).
// Signing an existing field counts as filling in a form; adding a field counts
// as modifying it.
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

// formState is the part of the existing form that a new signature depends on.
type formState struct {
	names     map[string]bool // of the fields at the top
	chosen    *field
	locks     []lock
	certified bool
}

// forbidsWidget reports whether a new visible field would count as a change of
// signed content. This is so after any certification, even if it allows
// annotations: verifiers disagree on that case.
func (form *formState) forbidsWidget(name string) bool {
	return form.certified || slices.ContainsFunc(form.locks, func(l lock) bool { return l.covers(name) })
}

// readForm reads the name of every field and looks for signatures that forbid
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

// checkCertification follows the catalog's Perms entry to the certification
// (12.8.4), which need not be in a field.
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

// findSeparator chooses the separator that makes the update begin on a line of
// its own.
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

// copyBuffer is the size of one read when the whole file is read.
const copyBuffer = 256 << 10

// Hash reads the whole file and keeps the digest for [Prepared.Sign]. With the
// profile PAdES, h is SHA256, SHA384 or SHA512; with Touki it is SHA256. 0
// means SHA256.
//
// Hash also predicts the later verdict of a verifier. It returns an
// [EarlierError] if the new signature would conflict with an earlier one, and
// an [UpdateError] if other readers could find a different document. It
// completes [Prepared.Signatures].
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

// digest reads the original and computes its hash and its fingerprint.
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

// plainReader and plainWriter hide all other methods, so that io.CopyBuffer
// uses the given buffer.
type (
	plainReader struct{ io.Reader }
	plainWriter struct{ io.Writer }
)

// newRef returns a reference for a new object.
func (p *Prepared) newRef() pdf.Ref {
	p.next++
	return pdf.Ref{Number: p.next - 1}
}

// freeName returns an unused name for a new field.
func freeName(taken map[string]bool) string {
	for n := 1; ; n++ {
		if name := "Signature" + strconv.Itoa(n); !taken[name] {
			return name
		}
	}
}

// contentsSize estimates the room for a CMS with these certificates. It is
// generous, because the file is laid out before the signature exists.
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
