package pdfsig

import (
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Bounds of a form.
const (
	maxFieldDepth = 64
	maxFields     = 1 << 18
)

// field is a terminal form field (12.7.3).
type field struct {
	ref     pdf.Ref
	dict    pdf.Dict
	name    string     // fully qualified (12.7.3.2)
	kind    pdf.Object // FT, its own or inherited
	value   pdf.Object // V, its own or inherited, not resolved
	widgets []pdf.Ref  // the field itself where field and widget are one
}

func (f *field) isSignature() bool { return f.kind == pdf.Name("Sig") }

// fields calls visit for every terminal field of the form.
func (d *document) fields(visit func(*field) error) error {
	roots, err := d.refs(d.form["Fields"], pdf.FaultForm)
	if err != nil {
		return err
	}
	w := fieldWalk{d, visit, map[pdf.Ref]visited{}}
	for _, ref := range roots {
		if err := w.walk(ref, field{}, 0); err != nil {
			return err
		}
	}
	return nil
}

type fieldWalk struct {
	*document
	visit func(*field) error
	seen  map[pdf.Ref]visited
}

// visited is a field's state during the walk.
type visited struct {
	parent pdf.Ref
	done   bool // the whole subtree has been visited
}

// unitsPerField is the cost of one field in units of work.
const unitsPerField = 384

// walk visits the terminal fields at and below ref, which inherit from parent.
// If a parent lists a field twice, walk visits it once.
func (w *fieldWalk) walk(ref pdf.Ref, parent field, depth int) error {
	before, again := w.seen[ref]
	switch {
	case depth > maxFieldDepth || len(w.seen) > maxFields:
		return pdf.Faultf(pdf.FaultTooLarge, "the form's fields: %w", pdf.ErrTooLarge)
	case again && before == (visited{parent.ref, true}):
		return nil
	case again:
		return pdf.Faultf(pdf.FaultForm, "field %d is below two others, or below itself", ref.Number)
	}
	dict, err := pdf.As[pdf.Dict](w.File, ref)
	if err != nil {
		return err
	}
	leaf := dict["Kids"] == nil
	w.seen[ref] = visited{parent.ref, leaf}
	if dict == nil {
		return nil
	}
	f := field{ref: ref, dict: dict, name: parent.name, kind: parent.kind, value: parent.value}
	if err := w.inherit(&f, dict); err != nil {
		return err
	}
	if leaf {
		if dict["Subtype"] == pdf.Name("Widget") {
			f.widgets = []pdf.Ref{ref}
		}
		return w.visit(&f)
	}
	err = w.descend(f, depth)
	w.seen[ref] = visited{parent.ref, true}
	return err
}

// inherit sets the field's name and replaces inherited values by the field's
// own.
func (w *fieldWalk) inherit(f *field, dict pdf.Dict) error {
	if own := dict["T"]; own != nil {
		partial, err := pdf.As[pdf.String](w.File, own)
		if err != nil {
			return err
		}
		if f.name == "" {
			f.name = text(partial)
		} else {
			f.name += "." + text(partial)
		}
	}
	if err := w.Spend(unitsPerField + int64(len(f.name))); err != nil { // the name repeats those of all ancestors
		return err
	}
	if own := dict["FT"]; own != nil {
		kind, err := w.Resolve(own)
		if err != nil {
			return err
		}
		f.kind = kind
	}
	if dict["V"] != nil {
		f.value = dict["V"]
	}
	return nil
}

// descend separates the kids that are fields from those that are only widgets
// of this field: a widget has no partial name (12.7.3.1).
func (w *fieldWalk) descend(f field, depth int) error {
	kids, err := w.refs(f.dict["Kids"], pdf.FaultForm)
	if err != nil {
		return err
	}
	fields := false
	widgets := map[pdf.Ref]bool{}
	for _, kid := range kids {
		dict, err := pdf.As[pdf.Dict](w.File, kid)
		if err != nil {
			return err
		}
		switch {
		case dict == nil, widgets[kid]:
			continue
		case dict["T"] == nil:
			widgets[kid] = true
			f.widgets = append(f.widgets, kid)
			continue
		}
		fields = true
		if err := w.walk(kid, f, depth+1); err != nil {
			return err
		}
	}
	if fields && len(f.widgets) == 0 {
		return nil // not a terminal field
	}
	if len(kids) == 0 && f.dict["Subtype"] == pdf.Name("Widget") {
		f.widgets = []pdf.Ref{f.ref}
	}
	return w.visit(&f)
}

// holds reports whether a signature is the value of a field of the form. It
// usually needs only the field and its ancestors, not all other fields.
func (d *document) holds(ref, signature pdf.Ref) (bool, error) {
	if found, err := d.holdsAlone(ref, signature); err != nil || found {
		return found, err
	}
	held := false
	err := d.fields(func(f *field) error {
		held = held || f.ref == ref && f.isSignature() && f.value == pdf.Object(signature)
		return nil
	})
	return held, err
}

// holdsAlone decides from the field and its ancestors. It also returns false if
// they do not suffice.
func (d *document) holdsAlone(ref, signature pdf.Ref) (bool, error) {
	var kind, value pdf.Object
	for depth := 0; depth < maxFieldDepth; depth++ {
		dict, err := pdf.As[pdf.Dict](d.File, ref)
		if err != nil || depth == 0 && dict["Kids"] != nil {
			return false, err
		}
		if kind == nil {
			if kind, err = d.Resolve(dict["FT"]); err != nil {
				return false, err
			}
		}
		if value == nil {
			value = dict["V"]
		}
		parent, isKid := dict["Parent"].(pdf.Ref)
		list := d.form["Fields"]
		if isKid {
			above, err := pdf.As[pdf.Dict](d.File, parent)
			if err != nil {
				return false, err
			}
			list = above["Kids"]
		}
		siblings, err := pdf.As[pdf.Array](d.File, list)
		if err != nil || !slices.Contains(siblings, pdf.Object(ref)) {
			return false, err
		}
		if err := d.Spend(int64(len(siblings)) / 4); err != nil {
			return false, err
		}
		if !isKid {
			return kind == pdf.Name("Sig") && value == pdf.Object(signature), nil
		}
		ref = parent
	}
	return false, nil
}
