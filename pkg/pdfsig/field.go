package pdfsig

import (
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Bounds of a form.
const (
	maxFieldDepth = 64
	maxFields     = 1 << 18
)

// field is a terminal form field (12.7.3): one that has a value of its own.
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

// visited is where a field was come from.
type visited struct {
	parent pdf.Ref
	done   bool // all below it is visited
}

// walk visits the terminal fields at and below ref; parent is what they
// inherit. A field that its parent lists twice is one field.
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
	w.seen[ref] = visited{parent: parent.ref}
	defer func() { w.seen[ref] = visited{parent.ref, true} }()
	dict, err := pdf.As[pdf.Dict](w.File, ref)
	if err != nil || dict == nil {
		return err
	}
	f := field{ref: ref, dict: dict, name: parent.name, kind: parent.kind, value: parent.value}
	partial, err := pdf.As[pdf.String](w.File, dict["T"])
	if err != nil {
		return err
	}
	switch {
	case dict["T"] == nil:
	case parent.name == "":
		f.name = text(partial)
	default:
		f.name += "." + text(partial)
	}
	if err := w.Spend(int64(len(f.name))); err != nil { // of all above it
		return err
	}
	if dict["FT"] != nil {
		if f.kind, err = w.Resolve(dict["FT"]); err != nil {
			return err
		}
	}
	if dict["V"] != nil {
		f.value = dict["V"]
	}
	return w.descend(f, depth)
}

// descend tells the kids that are fields from those that are only the field's
// widgets: a widget has no partial name (12.7.3.1).
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
		return nil // not a terminal one
	}
	if len(kids) == 0 && f.dict["Subtype"] == pdf.Name("Widget") {
		f.widgets = []pdf.Ref{f.ref}
	}
	return w.visit(&f)
}
