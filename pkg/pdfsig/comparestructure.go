package pdfsig

import "github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"

// compareStructure lets the structure tree of a tagged file change (14.7): a
// writer that adds an annotation lists it there. The tree shows nothing, but it
// can be read aloud, so that a change of it counts as one of annotations. What
// changes must have its place in the tree alone.
func (c *comparison) compareStructure() error {
	for n, p := range c.changed {
		if c.inStructure(p) {
			delete(c.changed, n)
			c.add(AnnotationsChanged, "the structure for reading aloud was changed")
		}
	}
	return nil
}

func (c *comparison) inStructure(p pair) bool {
	for _, kind := range []pdf.Name{"StructTreeRoot", "StructElem"} {
		if isType(p.old, kind) && isType(p.new, kind) {
			return c.uses.only(c.revision, p.ref, "/StructTreeRoot", "/K", "/P", "/Nums", "ParentTree/Nums")
		}
	}
	_, wasArray := p.old.(pdf.Array)
	_, isArray := p.new.(pdf.Array)
	if wasArray && isArray {
		return c.uses.only(c.revision, p.ref, "/K", "/Nums", "ParentTree/Nums")
	}
	return isNumberLeaf(p.old) && isNumberLeaf(p.new) && c.uses.only(c.revision, p.ref, "/ParentTree", "/Kids", "ParentTree/Kids")
}

// isNumberLeaf reports whether an object is a leaf of a number tree (7.9.7) and
// can be nothing else. A node with kids could be one of the page tree.
func isNumberLeaf(o pdf.Object) bool {
	dict, ok := o.(pdf.Dict)
	for key := range dict {
		if key != "Nums" && key != "Limits" {
			return false
		}
	}
	return ok && dict["Nums"] != nil
}
