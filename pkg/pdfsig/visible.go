package pdfsig

import (
	"bytes"
	"compress/zlib"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Corner is a corner of a page as its reader sees it.
type Corner string

// The corners.
const (
	TopLeft     Corner = "top-left"
	TopRight    Corner = "top-right"
	BottomLeft  Corner = "bottom-left"
	BottomRight Corner = "bottom-right"
)

// Placement says where a signature shows itself. In a field that is there it
// shows in the field, and nothing of this counts.
type Placement struct {
	Page          int // from 1 on, or from -1, the last, back; 0 is the first
	Corner        Corner
	Width, Height float64 // the most that it may take up, in points
}

// Appearance is what a visible signature shows (12.5.5): the content of a form
// XObject that needs no resources, drawn upright from (0, 0) to (Width, Height)
// in points. What is done to it so that the reader of a turned or scaled page
// sees it like that is no concern of the drawing.
type Appearance struct {
	Width, Height float64
	Content       []byte // not encoded
}

// Space is the room for an [Appearance], in points.
type Space struct {
	Width, Height float64
	Exact         bool // a field that is there, which has to be filled
}

// place is where an appearance goes.
type place struct {
	view   view
	slot   rect // as the reader sees it
	corner Corner
	exact  bool
	widget pdf.Ref
}

// Space is the room for the appearance of a visible signature. It is the zero
// value where none was asked for.
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

// annotationsOn are the places of what is laid over a page, as its reader sees
// it: form fields, stamps and notes. A link is where the page's own text is.
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

// Flags of an annotation that decide whether and how it is seen (12.5.3).
const flagHidden, flagNoRotate, flagNoView = 1 << 1, 1 << 4, 1 << 5

// fieldPlace is where a field that is there shows its appearance.
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
	if flags&flagNoRotate != 0 { // its viewer keeps it upright
		p.place.view.turn = 0
	}
	p.place.slot = p.place.view.seen(r)
	return nil
}

// pageOf is the page that a widget is on.
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

// appear gives the widget its appearance and, where it is new, its place.
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

// deflated compresses; writing to memory does not fail.
func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}
