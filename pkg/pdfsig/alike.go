package pdfsig

import (
	"errors"
	"math"
	"strconv"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/update"
)

// alike checks that readers find the same pages in a document and draw its
// objects in the same way, as far as the structure decides it. A difference is
// an [update.Fault]. h has followed every object of the document.
func (d *document) alike(h *compare.History) error {
	one, err := h.Differing()
	if err != nil {
		return err
	}
	if one != nil {
		return &update.Fault{Kind: update.Drawn, Offset: -1, Number: one.Number, Err: errors.New(one.Detail)}
	}
	root, ok := d.catalog["Pages"].(pdf.Ref)
	if !ok {
		return pagesDiffer(0, "the catalog's Pages is no reference")
	}
	w := pageWalk{document: d, open: map[pdf.Ref]bool{}}
	_, err = w.walk(root, pdf.Ref{}, from{top: pdf.Dict{}, exact: true})
	return err
}

func pagesDiffer(number int, why string) error {
	return &update.Fault{Kind: update.Pages, Offset: -1, Number: number, Err: errors.New(why)}
}

// inheritable are the attributes that a page takes from the nodes above it
// (7.7.3.4).
var inheritable = []pdf.Name{"Resources", "MediaBox", "CropBox", "Rotate"}

// pageWalk goes through the page tree as the different readers do.
type pageWalk struct {
	*document
	open  map[pdf.Ref]bool // nodes on the way
	pages int
}

// from is what a node inherits.
type from struct {
	top   pdf.Dict // attributes of the nodes that list it
	exact bool     // Parent of each node is the node that lists it
}

// unitsPerNode is the cost of one node of the page tree, in units of work.
const unitsPerNode = 64

// walk checks a node and everything below, and returns the number of its pages.
func (w *pageWalk) walk(ref, parent pdf.Ref, f from) (pages int, err error) {
	node, err := pdf.As[pdf.Dict](w.File, ref)
	if err != nil || node == nil {
		return 0, err
	}
	if w.open[ref] || len(w.open) > maxPageDepth || w.pages > maxPages {
		return 0, pagesDiffer(ref.Number, "the page tree is in a loop, or too large")
	}
	if err := w.Spend(unitsPerNode); err != nil {
		return 0, err
	}
	f.exact = f.exact && node["Parent"] == pdf.Object(parent) || f.exact && parent == (pdf.Ref{}) && node["Parent"] == nil
	kind, err := w.Resolve(node["Type"])
	if err != nil {
		return 0, err
	}
	if _, inner := node["Kids"]; !inner {
		switch {
		case parent == pdf.Ref{}, kind == pdf.Name("Pages"):
			return 0, pagesDiffer(ref.Number, "a node of the page tree has no Kids")
		}
		w.pages++
		return 1, w.page(ref, node, f)
	}
	kids, err := w.refs(node["Kids"], pdf.FaultPages)
	if err != nil {
		return 0, err
	}
	if _, contents := node["Contents"]; kind == pdf.Name("Page") || contents && (kind != pdf.Name("Pages") || len(kids) == 0) {
		return 0, pagesDiffer(ref.Number, "a node of the page tree could be a page")
	}
	if f.top, err = w.inherit(ref, node, f.top); err != nil {
		return 0, err
	}
	w.open[ref] = true
	for _, kid := range kids {
		n, err := w.walk(kid, ref, f)
		if err != nil {
			return 0, err
		}
		pages += n
	}
	delete(w.open, ref)
	return pages, w.count(ref, node["Count"], pages)
}

// count checks Count. Some readers trust it and others count the pages.
func (w *pageWalk) count(ref pdf.Ref, o pdf.Object, pages int) error {
	o, err := w.Resolve(o)
	if err != nil {
		return err
	}
	var n float64
	switch o := o.(type) {
	case int64:
		n = float64(o)
	case pdf.Real:
		n, err = strconv.ParseFloat(string(o), 64)
	default:
		n = -1
	}
	if err != nil || n != float64(pages) {
		return pagesDiffer(ref.Number, "Count is not the number of pages")
	}
	return nil
}

// inherit checks the attributes of a node and adds them to those from above.
func (w *pageWalk) inherit(ref pdf.Ref, node, above pdf.Dict) (pdf.Dict, error) {
	all := above
	for _, key := range inheritable {
		raw, has := node[key]
		if !has {
			continue
		}
		value, err := w.Resolve(raw)
		if err != nil {
			return nil, err
		}
		if value == nil {
			if above[key] != nil {
				return nil, pagesDiffer(ref.Number, string(key)+" is null, and has a value above")
			}
			continue
		}
		if err := w.attribute(ref, key, value); err != nil {
			return nil, err
		}
		if len(all) == len(above) {
			all = above.Clone()
		}
		all[key] = raw
	}
	return all, nil
}

// attribute checks one inheritable attribute.
func (w *pageWalk) attribute(ref pdf.Ref, key pdf.Name, value pdf.Object) error {
	switch key {
	case "Rotate":
		if turn, ok := value.(int64); !ok || turn%90 != 0 || turn > math.MaxInt32 || turn < math.MinInt32 {
			return pagesDiffer(ref.Number, "Rotate is no multiple of 90")
		}
	case "MediaBox", "CropBox":
		if box, err := w.rect(value); ignoreDamaged(err) != nil {
			return err
		} else if err != nil || box.empty() {
			return pagesDiffer(ref.Number, string(key)+" is no rectangle")
		}
	}
	return nil
}

// ignoreDamaged returns other errors than damage.
func ignoreDamaged(err error) error {
	if _, damaged := errors.AsType[*DamagedError](err); damaged {
		return nil
	}
	return err
}

// page checks a page.
func (w *pageWalk) page(ref pdf.Ref, node pdf.Dict, f from) error {
	all, err := w.inherit(ref, node, f.top)
	if err != nil {
		return err
	}
	if !f.exact {
		if err := w.chain(ref, node, all); err != nil {
			return err
		}
	}
	if all["CropBox"] != nil && all["MediaBox"] != nil {
		crop, err1 := w.rect(all["CropBox"])
		media, err2 := w.rect(all["MediaBox"])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if media.intersect(crop).empty() {
			return pagesDiffer(ref.Number, "the CropBox is outside the page")
		}
	}
	if unit := node["UserUnit"]; unit != nil {
		if n, err := w.number(unit); ignoreDamaged(err) != nil {
			return err
		} else if err == nil && n <= 0 {
			return pagesDiffer(ref.Number, "UserUnit is not positive")
		}
	}
	return w.contents(ref, node["Contents"])
}

// chain compares the attributes that a page inherits from the nodes that list
// it with those that it inherits along Parent.
func (w *pageWalk) chain(ref pdf.Ref, node, listed pdf.Dict) error {
	along := node.Clone()
	for depth := 0; ; depth++ {
		parent, ok := node["Parent"].(pdf.Ref)
		if !ok {
			break
		}
		if depth > maxPageDepth {
			return pagesDiffer(ref.Number, "the nodes above the page are in a loop")
		}
		if err := w.Spend(unitsPerNode); err != nil {
			return err
		}
		above, err := pdf.As[pdf.Dict](w.File, parent)
		if err != nil {
			return err
		}
		node = above
		for _, key := range inheritable {
			if along[key] == nil {
				along[key] = node[key]
			}
		}
	}
	for _, key := range inheritable {
		if !pdf.Equal(along[key], listed[key]) {
			return pagesDiffer(ref.Number, "Parent leads to another "+string(key))
		}
	}
	return nil
}

// contents checks that the content of a page is a stream or a list of streams.
func (w *pageWalk) contents(ref pdf.Ref, o pdf.Object) error {
	o, err := w.Resolve(o)
	array, isArray := o.(pdf.Array)
	if err != nil || !isArray {
		return err
	}
	for _, item := range array {
		if _, isRef := item.(pdf.Ref); !isRef {
			return pagesDiffer(ref.Number, "Contents lists something else than streams")
		}
		content, err := w.Once(item.(pdf.Ref))
		if ignoreDamaged(err) != nil {
			return err
		}
		if _, isStream := content.(*pdf.Stream); err == nil && content != nil && !isStream {
			return pagesDiffer(ref.Number, "Contents lists something else than streams")
		}
	}
	return nil
}
