// Package compare explains the changes in later revisions of a signed PDF file.
//
// Each object has roles, such as page or form field. The package finds them by
// following every reference from the trailer. It judges a changed object by its
// role: each role has a list of keys that may change. An object with two roles
// may usually not change at all, because a change that is harmless in one role
// may be visible in the other. A change that no rule explains is a change of
// content.
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
	Widgets   []pdf.Ref  // the field itself if field and widget are one object
}

// live returns the object with this number in the revision, or nil.
func (d *Document) live(number int) (pdf.Ref, pdf.Object, error) {
	e, err := d.Entry(number)
	if err != nil || e.Kind <= pdf.Free {
		return pdf.Ref{Number: number}, nil, err
	}
	ref := pdf.Ref{Number: number, Generation: e.Generation}
	o, err := d.Object(ref)
	return ref, o, err
}

// refs returns the references in an array and skips other items.
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

// Unshared calls visit for every object in a cross-reference section that the
// two revisions do not share. No other object can differ.
func Unshared(old, now *Document, visit func(number int) error) error {
	for n := range unshared(old, now) {
		if err := visit(n); err != nil {
			return err
		}
	}
	return nil
}

// unshared returns the numbers of the objects in cross-reference sections that
// the two revisions do not share.
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
