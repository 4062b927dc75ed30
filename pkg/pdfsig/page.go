package pdfsig

import "github.com/jpki-tools/jpki/pkg/pdfsig/pdf"

// Bounds of the page tree.
const (
	maxPageDepth = 1000
	maxPages     = 1 << 20
)

// page finds a page by its number, from 1 on (7.7.3). The counts in the tree
// are not believed: every leaf before it is passed.
func (d *document) page(number int) (pdf.Ref, pdf.Dict, error) {
	root, ok := d.catalog["Pages"].(pdf.Ref)
	if !ok {
		return pdf.Ref{}, nil, pdf.Damagef("the catalog's Pages is no reference")
	}
	type level struct{ kids []pdf.Ref }
	stack := []level{{[]pdf.Ref{root}}}
	for seen := map[pdf.Ref]bool{}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		if len(top.kids) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		ref := top.kids[0]
		top.kids = top.kids[1:]
		if seen[ref] || len(seen) > maxPages || len(stack) > maxPageDepth {
			return ref, nil, pdf.Damagef("the page tree is in a loop, or too large")
		}
		seen[ref] = true
		node, err := pdf.As[pdf.Dict](d.File, ref)
		if err != nil {
			return ref, nil, err
		}
		if node["Kids"] == nil {
			if node["Type"] != pdf.Name("Page") {
				return ref, nil, pdf.Damagef("a leaf of the page tree is no page")
			}
			if number--; number == 0 {
				return ref, node, nil
			}
			continue
		}
		kids, err := d.refs(node["Kids"], "Kids of a page tree node")
		if err != nil {
			return ref, nil, err
		}
		stack = append(stack, level{kids})
	}
	return pdf.Ref{}, nil, ErrNoPage
}
