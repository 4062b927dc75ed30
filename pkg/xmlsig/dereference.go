package xmlsig

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// dereference resolves the references of one signature.
type dereference struct {
	sig     *signature
	open    func(name string) (io.ReadCloser, error)
	budget  *budget
	targets map[string]lookup
}

// budget is the work that is left for canonicalising and digesting inside the
// document.
type budget struct {
	left int
	// digests caches the digests of whole files, by URI and hash, so that
	// each file is read only once.
	digests map[string]fileDigest
}

// fileDigest is the digest of a file and the name it was found by.
type fileDigest struct {
	name   string
	digest []byte
}

func (b *budget) spend(n int) *cms.Failure {
	if b.left -= n; b.left < 0 {
		return failure(cms.SigConstraintsFailure, "the references ask for more work than the document's size allows")
	}
	return nil
}

// resolve looks for all elements that the references name, in one go.
func (d *dereference) resolve() *cms.Failure {
	var ids []string
	for _, r := range d.sig.references {
		if p, f := parsePointer(r.URI); f == nil {
			ids = append(ids, p.ids...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	doc := d.sig.element.doc
	if f := d.budget.spend(len(doc.text)); f != nil {
		return f
	}
	var err error
	if d.targets, err = doc.elementsByID(ids); err != nil {
		return because(cms.FormatFailure, err)
	}
	return nil
}

// element is the one element that a pointer means.
func (d *dereference) element(p pointer) (*Element, *cms.Failure) {
	var found *Element
	missing := error(ErrNoElement)
	for _, id := range p.ids {
		switch l := d.targets[id]; {
		case errors.Is(l.err, ErrNoElement):
			missing = l.err
		case l.err != nil:
			return nil, &cms.Failure{Code: cms.SigConstraintsFailure, Detail: "several elements have the id " + id, Cause: l.err}
		case found != nil && found.start != l.element.start:
			return nil, &cms.Failure{Code: cms.SigConstraintsFailure, Detail: "one id with and without percent-encoding", Cause: ErrDuplicateID}
		default:
			found = l.element
		}
	}
	if found == nil {
		return nil, &cms.Failure{Code: cms.SignedDataNotFound, Detail: "no element has the id " + p.ids[0], Cause: missing}
	}
	return found, nil
}

// digest resolves a reference, applies the transforms and compares its digest.
func (d *dereference) digest(r *Reference) *cms.Failure {
	if !r.hasURI { // its meaning is left to the application
		return failure(cms.SignedDataNotFound, "a reference without URI")
	}
	p, f := parsePointer(r.URI)
	if f != nil {
		return f
	}
	var now data
	if p.files != nil {
		r.Target, r.File, r.readings = TargetFile, p.files[0], p.files
		if len(r.transforms) == 0 {
			return d.digestFile(r)
		}
		file, f := d.openFile(r)
		if f != nil {
			return f
		}
		defer file.Close()
		now.octets = file
	} else {
		set := nodeSet{doc: d.sig.element.doc, comments: p.comments}
		if p.whole {
			r.Target, r.Element = TargetDocument, set.doc.root
		} else {
			if set.apex, f = d.element(p); f != nil {
				return f
			}
			r.Target, r.Element = TargetElement, set.apex
		}
		now.set = &set
	}
	h := r.Hash.New()
	if f := d.transform(r, now, h); f != nil {
		return f
	}
	return r.compare(h.Sum(nil))
}

// digestFile digests a file as it is.
func (d *dereference) digestFile(r *Reference) *cms.Failure {
	key := r.Hash.String() + "\x00" + strings.Join(r.readings, "\x00")
	known, found := d.budget.digests[key]
	if !found {
		file, f := d.openFile(r)
		if f != nil {
			return f
		}
		defer file.Close()
		h := r.Hash.New()
		if _, err := io.Copy(h, file); err != nil {
			return because(cms.SignedDataNotFound, err)
		}
		known = fileDigest{r.File, h.Sum(nil)}
		if d.budget.digests == nil {
			d.budget.digests = map[string]fileDigest{}
		}
		d.budget.digests[key] = known
	}
	r.File, r.found = known.name, true
	return r.compare(known.digest)
}

func (r *Reference) compare(digest []byte) *cms.Failure {
	if !bytes.Equal(digest, r.digest) {
		changed := &ChangedError{r.Item()}
		return &cms.Failure{Code: cms.HashFailure, Detail: changed.Item.String() + " is not what was signed", Cause: changed}
	}
	return nil
}

// openFile opens the file that a reference means: the first of its readings
// that there is.
func (d *dereference) openFile(r *Reference) (io.ReadCloser, *cms.Failure) {
	cause := &MissingFileError{Name: r.File, Err: fs.ErrNotExist}
	if d.open != nil {
		for _, name := range r.readings {
			file, err := d.open(name)
			if err == nil {
				r.File, r.found = name, true
				return file, nil
			}
			if cause.Err = err; !errors.Is(err, fs.ErrNotExist) {
				cause.Name = name
				break
			}
		}
	}
	return nil, &cms.Failure{Code: cms.SignedDataNotFound, Detail: cause.message(), Cause: cause}
}

// MissingFileError is a signed file that is missing or could not be opened.
type MissingFileError struct {
	Name string
	Err  error // fs.ErrNotExist for a missing file
}

func (e *MissingFileError) message() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return "file " + e.Name + " is not there"
	}
	return "file " + e.Name + ": " + e.Err.Error()
}

func (e *MissingFileError) Error() string { return "xmlsig: " + e.message() }

// Unwrap returns Err.
func (e *MissingFileError) Unwrap() error { return e.Err }

// ChangedError names the signed thing that has changed.
type ChangedError struct{ Item Item }

func (e *ChangedError) Error() string {
	return "xmlsig: " + e.Item.String() + " is not what was signed"
}

// Item is a thing that a signature is over.
type Item struct {
	Target Target
	Name   string // of an element, without prefix, or of a file
}

func (i Item) String() string {
	switch i.Target {
	case TargetDocument, TargetProperties:
		return "the " + i.Target.String()
	case TargetUnknown:
		return "reference " + i.Name
	}
	return i.Target.String() + " " + i.Name
}

// Item is the thing that the reference means.
func (r *Reference) Item() Item {
	switch {
	case r.Target == TargetFile:
		return Item{TargetFile, r.File}
	case r.Target == TargetUnknown:
		return Item{TargetUnknown, r.URI}
	case r.Target == TargetElement && r.Element != nil:
		return Item{TargetElement, r.Element.local}
	}
	return Item{Target: r.Target}
}
