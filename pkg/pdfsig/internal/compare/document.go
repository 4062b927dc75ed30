// Package compare explains what later revisions of a signed PDF file changed.
//
// Each object has roles: what it is to those that refer to it, followed from
// the trailer on. An object that changed is judged by its role, key by key,
// against the list of what may change in such an object; one with two roles may
// not change at all, because what is harmless in one may be drawn in the other.
// What no rule explains is a change of content.
package compare

import "github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"

// Document is a revision of a file.
type Document struct {
	*pdf.File
	Root    pdf.Ref
	Catalog pdf.Dict
	Form    pdf.Dict // the interactive form; nil where there is none
	// Fields calls visit for every terminal field of the form, in order.
	Fields func(visit func(*Field) error) error
	// Pages calls visit for every page, in order, as long as more are wanted.
	Pages func(visit func(pdf.Ref) (more bool)) error
}

// Field is a terminal field of a form.
type Field struct {
	Ref       pdf.Ref
	Dict      pdf.Dict
	Name      string // fully qualified
	Signature bool
	Value     pdf.Object // V, its own or inherited, not resolved
	Widgets   []pdf.Ref  // the field itself where field and widget are one
}

// live is the object that has a number in this revision, or nil.
func (d *Document) live(number int) (pdf.Ref, pdf.Object, error) {
	e, err := d.Entry(number)
	if err != nil || e.Kind <= pdf.Free {
		return pdf.Ref{Number: number}, nil, err
	}
	ref := pdf.Ref{Number: number, Generation: e.Generation}
	o, err := d.Object(ref)
	return ref, o, err
}

// refs are the references of an array, resolved or not; items of another kind
// are left out.
func (d *Document) refs(o pdf.Object) ([]pdf.Ref, error) {
	array, err := pdf.As[pdf.Array](d.File, o)
	if err != nil {
		return nil, err
	}
	refs := make([]pdf.Ref, 0, len(array))
	for _, item := range array {
		if ref, ok := item.(pdf.Ref); ok {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// Unshared calls visit for the objects that a section speaks of which the two
// revisions do not share: all that can differ.
func Unshared(old, now *Document, visit func(number int) error) error {
	for n := range unshared(old, now) {
		if err := visit(n); err != nil {
			return err
		}
	}
	return nil
}

// unshared are the numbers of the objects that a section speaks of which the
// two revisions do not share: all that can differ.
func unshared(old, now *Document) map[int]bool {
	count := map[int64]int{}
	for _, d := range []*Document{old, now} {
		for _, s := range d.Sections() {
			count[s.Offset]++
		}
	}
	numbers := map[int]bool{}
	for _, d := range []*Document{old, now} {
		for _, s := range d.Sections() {
			if count[s.Offset] == 2 {
				continue
			}
			for n := range s.Numbers {
				numbers[n] = true
			}
		}
	}
	return numbers
}
