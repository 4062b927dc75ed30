package pdfsig

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// rect is a rectangle of a page in default user space (8.3.2.3), or of the view
// of its reader, in points from the lower left corner.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) width() float64  { return r.x1 - r.x0 }
func (r rect) height() float64 { return r.y1 - r.y0 }
func (r rect) empty() bool     { return r.x0 >= r.x1 || r.y0 >= r.y1 }

func (r rect) intersect(s rect) rect {
	return rect{max(r.x0, s.x0), max(r.y0, s.y0), min(r.x1, s.x1), min(r.y1, s.y1)}
}

func (r rect) array() pdf.Array { return numbers(r.x0, r.y0, r.x1, r.y1) }

// rect reads a rectangle from any two opposite corners (7.9.5). A missing one
// is empty.
func (d *document) rect(o pdf.Object) (rect, error) {
	array, err := pdf.As[pdf.Array](d.File, o)
	if err != nil || array == nil {
		return rect{}, err
	}
	if len(array) != 4 {
		return rect{}, pdf.Damagef("a rectangle of %d numbers", len(array))
	}
	var n [4]float64
	for i, o := range array {
		if n[i], err = d.number(o); err != nil {
			return rect{}, err
		}
	}
	return rect{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}, nil
}

// number reads an integer or real number in the range of page coordinates.
func (d *document) number(o pdf.Object) (float64, error) {
	o, err := d.Resolve(o)
	if err != nil {
		return 0, err
	}
	var n float64
	switch v := o.(type) {
	case int64:
		n = float64(v)
	case pdf.Real:
		n, err = strconv.ParseFloat(string(v), 64)
	default:
		return 0, pdf.Damagef("something else where a number should be")
	}
	if err != nil || math.Abs(n) > 1e7 {
		return 0, pdf.Damagef("a number that is no place on a page")
	}
	return n, nil
}

// numbers rounds to three decimals; whole numbers have no fraction.
func numbers(all ...float64) pdf.Array {
	var array pdf.Array
	for _, n := range all {
		n = math.Round(n*1000) / 1000
		if n == math.Trunc(n) {
			array = append(array, int64(n))
		} else {
			array = append(array, pdf.Real(strconv.FormatFloat(n, 'f', -1, 64)))
		}
	}
	return array
}

// view is a page as its reader sees it: cropped, rotated and in points.
type view struct {
	box  rect    // visible part, in user space
	turn int     // clockwise quarter turns
	unit float64 // points per unit of user space (14.11.2)
}

func (d *document) view(p page) (v view, err error) {
	if v.box, err = d.rect(p.attribute("MediaBox")); err != nil {
		return v, err
	}
	if crop := p.attribute("CropBox"); crop != nil {
		r, err := d.rect(crop)
		if err != nil {
			return v, err
		}
		v.box = v.box.intersect(r)
	}
	if v.box.empty() {
		return v, pdf.Damagef("page object %d shows nothing", p.ref.Number)
	}
	rotate, err := pdf.As[int64](d.File, p.attribute("Rotate"))
	if err != nil {
		return v, err
	}
	if rotate%90 != 0 {
		return v, pdf.Damagef("a page turned by %d degrees", rotate)
	}
	v.turn = int((rotate/90%4 + 4) % 4)
	v.unit = 1
	if p.dict["UserUnit"] != nil {
		if v.unit, err = d.number(p.dict["UserUnit"]); err == nil && v.unit <= 0 {
			err = pdf.Damagef("a UserUnit that is not positive")
		}
	}
	return v, err
}

// size returns the size of a rectangle of the page as the reader sees it.
func (v view) size(r rect) (width, height float64) {
	width, height = r.width()*v.unit, r.height()*v.unit
	if v.turn%2 == 1 {
		return height, width
	}
	return width, height
}

// onPage converts a rectangle from the view to the page.
func (v view) onPage(r rect) rect {
	r = rect{r.x0 / v.unit, r.y0 / v.unit, r.x1 / v.unit, r.y1 / v.unit}
	b := v.box
	switch v.turn {
	case 1:
		return rect{b.x1 - r.y1, b.y0 + r.x0, b.x1 - r.y0, b.y0 + r.x1}
	case 2:
		return rect{b.x1 - r.x1, b.y1 - r.y1, b.x1 - r.x0, b.y1 - r.y0}
	case 3:
		return rect{b.x0 + r.y0, b.y1 - r.x1, b.x0 + r.y1, b.y1 - r.x0}
	}
	return rect{b.x0 + r.x0, b.y0 + r.y0, b.x0 + r.x1, b.y0 + r.y1}
}

// seen converts a rectangle from the page to the view.
func (v view) seen(r rect) rect {
	b := v.box
	switch v.turn {
	case 0:
		r = rect{r.x0 - b.x0, r.y0 - b.y0, r.x1 - b.x0, r.y1 - b.y0}
	case 1:
		r = rect{r.y0 - b.y0, b.x1 - r.x1, r.y1 - b.y0, b.x1 - r.x0}
	case 2:
		r = rect{b.x1 - r.x1, b.y1 - r.y1, b.x1 - r.x0, b.y1 - r.y0}
	case 3:
		r = rect{b.y1 - r.y1, r.x0 - b.x0, b.y1 - r.y0, r.x1 - b.x0}
	}
	return rect{r.x0 * v.unit, r.y0 * v.unit, r.x1 * v.unit, r.y1 * v.unit}
}

// upright returns the matrix that keeps a form of this size (8.10.2) upright on
// a rotated page, with its origin at the lower left corner.
func (v view) upright(width, height float64) pdf.Array {
	switch v.turn {
	case 1:
		return numbers(0, 1, -1, 0, height, 0)
	case 2:
		return numbers(-1, 0, 0, -1, width, height)
	case 3:
		return numbers(0, -1, 1, 0, 0, width)
	}
	return numbers(1, 0, 0, 1, 0, 0)
}

// Distances around a signature, in points.
const (
	pageMargin = 24
	fieldGap   = 6
)

// corner finds room in a corner of the view that overlaps none of the others.
// It searches upwards from a lower corner and downwards from an upper one; when
// that column is full, it takes the next one towards the opposite side.
func (v view) corner(c Corner, width, height float64, others []rect) (rect, error) {
	pageWidth, pageHeight := v.size(v.box)
	width, height = min(width, pageWidth-2*pageMargin), min(height, pageHeight-2*pageMargin)
	if width <= 0 || height <= 0 {
		return rect{}, ErrNoSpace
	}
	fromTop := c == TopLeft || c == TopRight
	for column := 0.0; ; column++ {
		x := pageMargin + column*(width+fieldGap) // from the side where the search begins
		if x+width > pageWidth-pageMargin {
			return rect{}, ErrNoSpace
		}
		if c == TopRight || c == BottomRight {
			x = pageWidth - x - width
		}
		y, ok := lowest(x, x+width, height, pageHeight, fromTop, others)
		if !ok {
			continue
		}
		if fromTop {
			y = pageHeight - y - height
		}
		return rect{x, y, x + width, y + height}, nil
	}
}

// lowest finds room of the given height between x0 and x1, as near as possible
// to the edge where the search begins. It returns the distance from that edge.
func lowest(x0, x1, height, pageHeight float64, fromTop bool, others []rect) (y float64, ok bool) {
	var taken []rect
	for _, r := range others {
		if fromTop {
			r.y0, r.y1 = pageHeight-r.y1, pageHeight-r.y0
		}
		if r.x0 < x1 && r.x1 > x0 {
			taken = append(taken, r)
		}
	}
	slices.SortFunc(taken, func(a, b rect) int { return cmp.Compare(a.y0, b.y0) })
	y = pageMargin
	for _, r := range taken {
		if r.y0 < y+height && r.y1 > y {
			y = r.y1 + fieldGap
		}
	}
	return y, y+height <= pageHeight-pageMargin
}
