package pdfsig

import "github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"

// Bounds of the page tree.
const (
	maxPageDepth = 1000
	maxPages     = 1 << 20
)

// page is a leaf of the page tree.
type page struct {
	ref       pdf.Ref
	dict      pdf.Dict
	inherited pdf.Dict // from the nodes above (7.7.3.4)
}

// attribute returns an inheritable attribute, not resolved.
func (p page) attribute(key pdf.Name) pdf.Object {
	if p.dict[key] != nil {
		return p.dict[key]
	}
	return p.inherited[key]
}

// page finds a page by its number: 1 is the first, -1 the last.
func (d *document) page(number int) (page, error) {
	if number < 0 {
		last := 0
		if err := d.pages(func(page) bool { last++; return true }); err != nil {
			return page{}, err
		}
		number += last + 1
	}
	var found page
	if number < 1 {
		return found, ErrNoPage
	}
	err := d.pages(func(p page) bool {
		number--
		found = p
		return number > 0
	})
	if err == nil && number > 0 {
		err = ErrNoPage
	}
	return found, err
}

// pages visits the pages in order, until visit returns false (7.7.3). It walks
// every leaf and ignores Count, because Count may be wrong.
func (d *document) pages(visit func(page) (more bool)) error {
	root, ok := d.catalog["Pages"].(pdf.Ref)
	if !ok {
		return pdf.Faultf(pdf.FaultPages, "the catalog's Pages is no reference")
	}
	type level struct {
		kids      []pdf.Ref
		inherited pdf.Dict
	}
	stack := []level{{kids: []pdf.Ref{root}}}
	for seen := map[pdf.Ref]bool{}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		if len(top.kids) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		ref := top.kids[0]
		top.kids = top.kids[1:]
		node, err := pdf.As[pdf.Dict](d.File, ref)
		if err != nil {
			return err
		}
		if node == nil { // other readers skip null kids
			continue
		}
		if seen[ref] && node["Kids"] != nil || len(seen) > maxPages || len(stack) > maxPageDepth {
			return pdf.Faultf(pdf.FaultPages, "the page tree is in a loop, or too large")
		}
		seen[ref] = true
		if node["Kids"] == nil {
			if node["Type"] == pdf.Name("Pages") { // readers ignore any other Type
				return pdf.Faultf(pdf.FaultPages, "a leaf of the page tree is no page")
			}
			if err := d.Spend(1 + int64(len(top.inherited))); err != nil {
				return err
			}
			if !visit(page{ref, node, top.inherited}) {
				return nil
			}
			continue
		}
		kids, err := d.refs(node["Kids"], pdf.FaultPages)
		if err != nil {
			return err
		}
		stack = append(stack, level{kids, inherit(top.inherited, node)})
	}
	return nil
}

// inherit adds a node's own attributes to those from above.
func inherit(above, node pdf.Dict) pdf.Dict {
	all := above
	for _, key := range []pdf.Name{"MediaBox", "CropBox", "Rotate"} {
		if node[key] != nil {
			all = all.Clone()
			all[key] = node[key]
		}
	}
	return all
}
