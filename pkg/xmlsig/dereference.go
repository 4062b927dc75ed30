package xmlsig

import (
	"bytes"
	"errors"
	"io"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// dereference is one signature's way to what its references mean.
type dereference struct {
	sig     *signature
	open    func(name string) (io.ReadCloser, error)
	budget  *budget
	targets map[string]lookup
}

// budget is what may still be canonicalised and digested inside the document.
type budget struct{ left int }

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

// digest finds what a reference means, sends it through the transforms and
// compares its digest.
func (d *dereference) digest(r *Reference) *cms.Failure {
	if !r.hasURI { // whoever reads it would have to know what is meant
		return failure(cms.SignedDataNotFound, "a reference without URI")
	}
	p, f := parsePointer(r.URI)
	if f != nil {
		return f
	}
	var now data
	if p.outside != "" {
		r.Target, r.File = TargetFile, p.outside
		file, f := d.openFile(p.outside)
		if f != nil {
			return f
		}
		defer file.Close()
		now.octets = file
	} else {
		set := nodeSet{doc: d.sig.element.doc, comments: p.comments}
		r.Target, r.Element = TargetDocument, set.doc.root
		if !p.whole {
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
	if !bytes.Equal(h.Sum(nil), r.digest) {
		return failure(cms.HashFailure, "%s is not what was signed", r.what())
	}
	return nil
}

// what names what the reference means, for people.
func (r *Reference) what() string {
	switch {
	case r.Target == TargetFile:
		return "file " + r.File
	case r.Target == TargetDocument:
		return "the document"
	case r.Element != nil:
		return "element " + r.Element.path()
	}
	return "reference " + r.URI
}

func (d *dereference) openFile(name string) (io.ReadCloser, *cms.Failure) {
	if d.open == nil {
		return nil, failure(cms.SignedDataNotFound, "file %s was not given", name)
	}
	file, err := d.open(name)
	if err != nil {
		return nil, &cms.Failure{Code: cms.SignedDataNotFound, Detail: "file " + name + ": " + err.Error(), Cause: err}
	}
	return file, nil
}
