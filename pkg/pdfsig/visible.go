package pdfsig

import (
	"bytes"
	"compress/zlib"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Corner is a corner of a page as its reader sees it.
type Corner string

// Corners of a page.
const (
	TopLeft     Corner = "top-left"
	TopRight    Corner = "top-right"
	BottomLeft  Corner = "bottom-left"
	BottomRight Corner = "bottom-right"
)

// Placement is the place of a visible signature. If the signature goes into an
// existing field, the field decides the place and Placement is ignored.
type Placement struct {
	Page          int // 1 is the first page, -1 the last; 0 is the first
	Corner        Corner
	Width, Height float64 // the largest size, in points
}

// Appearance is the drawing of a visible signature (12.5.5): the content of a
// form XObject without resources, drawn upright from (0, 0) to (Width, Height)
// in points. The package adjusts it to rotated and scaled pages.
type Appearance struct {
	Width, Height float64
	Content       []byte // not compressed
}

// Space is the room for an [Appearance], in points.
type Space struct {
	Width, Height float64
	Exact         bool // an existing field, which the appearance must fill
}

// place is the place of an appearance.
type place struct {
	view   view
	slot   rect // in the view of the reader
	corner Corner
	exact  bool
	widget pdf.Ref
}

// Space returns the room for the appearance of a visible signature. It is zero
// for an invisible one.
func (p *Prepared) Space() Space {
	if p.place == nil {
		return Space{}
	}
	return Space{p.place.slot.width(), p.place.slot.height(), p.place.exact}
}

// findPlace finds room for a new field on a page.
func (p *Prepared) findPlace(on page, wanted Placement) error {
	v, err := p.doc.view(on)
	if err != nil {
		return err
	}
	taken, err := p.doc.annotationsOn(on, v)
	if err != nil {
		return err
	}
	slot, err := v.corner(wanted.Corner, wanted.Width, wanted.Height, taken)
	p.place = &place{view: v, slot: slot, corner: wanted.Corner}
	return err
}

// annotationsOn returns the places of form fields, stamps and notes in the view
// of the reader. It ignores links, because they lie on the page's own text.
func (d *document) annotationsOn(on page, v view) (places []rect, err error) {
	annotations, err := pdf.As[pdf.Array](d.File, on.dict["Annots"])
	if err != nil {
		return nil, err
	}
	for _, o := range annotations {
		dict, err := pdf.As[pdf.Dict](d.File, o)
		if err != nil {
			return nil, err
		}
		if dict["Subtype"] == pdf.Name("Link") || dict["Subtype"] == pdf.Name("Popup") {
			continue
		}
		r, err := d.rect(dict["Rect"])
		if err != nil {
			return nil, err
		}
		if !r.empty() {
			places = append(places, v.seen(r))
		}
	}
	return places, nil
}

// Flags that hide an annotation or fix its orientation (12.5.3).
const flagHidden, flagNoRotate, flagNoView = 1 << 1, 1 << 4, 1 << 5

// fieldPlace finds the place of an existing field.
func (p *Prepared) fieldPlace(f *field) (err error) {
	if len(f.widgets) != 1 {
		return ErrFieldHidden
	}
	p.place = &place{exact: true, widget: f.widgets[0]}
	widget, err := pdf.As[pdf.Dict](p.doc.File, p.place.widget)
	if err != nil {
		return err
	}
	flags, err := pdf.As[int64](p.doc.File, widget["F"])
	if err != nil {
		return err
	}
	on, err := p.doc.pageOf(p.place.widget, widget)
	if err != nil {
		return err
	}
	r, err := p.doc.rect(widget["Rect"])
	if err != nil {
		return err
	}
	if r.empty() || flags&(flagHidden|flagNoView) != 0 {
		return ErrFieldHidden
	}
	if p.place.view, err = p.doc.view(on); err != nil {
		return err
	}
	if flags&flagNoRotate != 0 { // the viewer keeps it upright
		p.place.view.turn = 0
	}
	p.place.slot = p.place.view.seen(r)
	return nil
}

// pageOf finds the page of a widget.
func (d *document) pageOf(ref pdf.Ref, widget pdf.Dict) (found page, err error) {
	err = ErrFieldHidden
	walked := d.pages(func(p page) bool {
		annotations, failed := pdf.As[pdf.Array](d.File, p.dict["Annots"])
		switch {
		case failed != nil:
			err = failed
		case slices.Contains(annotations, pdf.Object(ref)):
			found, err = p, nil
		default:
			return true
		}
		return false
	})
	if walked != nil {
		err = walked
	}
	return found, err
}

// appear gives the widget its appearance and, if it is new, its place.
func (p *Prepared) appear(a *Appearance) ([]indirect, error) {
	if p.place == nil {
		return p.changes, nil
	}
	const rounding = 0.01
	space := p.Space()
	if a == nil || a.Width <= 0 || a.Height <= 0 || a.Width > space.Width+rounding || a.Height > space.Height+rounding ||
		space.Exact && (a.Width < space.Width-rounding || a.Height < space.Height-rounding) {
		return nil, ErrAppearance
	}
	form := pdf.Dict{
		"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"), "Resources": pdf.Dict{}, "Filter": pdf.Name("FlateDecode"),
		"BBox": numbers(0, 0, a.Width, a.Height), "Matrix": p.place.view.upright(a.Width, a.Height),
	}
	changes := slices.Clone(p.changes)
	for i, c := range changes {
		if c.ref == p.place.widget && !space.Exact {
			dict := c.object.(pdf.Dict).Clone()
			dict["Rect"] = p.place.view.onPage(p.place.fit(a)).array()
			changes[i].object = dict
		}
	}
	return append(changes, indirect{p.appearance, form, deflated(a.Content)}), nil
}

// fit puts an appearance into the corner of its room.
func (l *place) fit(a *Appearance) rect {
	r := rect{l.slot.x0, l.slot.y0, l.slot.x0 + a.Width, l.slot.y0 + a.Height}
	if l.corner == TopRight || l.corner == BottomRight {
		r.x0, r.x1 = l.slot.x1-a.Width, l.slot.x1
	}
	if l.corner == TopLeft || l.corner == TopRight {
		r.y0, r.y1 = l.slot.y1-a.Height, l.slot.y1
	}
	return r
}

// deflated compresses data. Writing to memory does not fail.
func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}
