package compare

import (
	"maps"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// The structure of a tagged file (14.7) is invisible, but a screen reader can
// read it aloud. A writer that adds an annotation also lists it there. So
// elements may be added, but the text of existing elements must stay.

// judgeStructure judges the root of the structure, an element, or an array of
// elements.
func (c *comparison) judgeStructure(p pair) error {
	if old, isArray := p.old.(pdf.Array); isArray {
		now, still := p.new.(pdf.Array)
		if !still {
			c.content(object(p.ref.Number), "object %d of the structure was changed", p.ref.Number)
			return nil
		}
		return c.compareKids(old, now)
	}
	old, ok1 := p.old.(pdf.Dict)
	now, ok2 := p.new.(pdf.Dict)
	if !ok1 || !ok2 || old["Type"] != now["Type"] {
		c.content(object(p.ref.Number), "object %d of the structure was changed", p.ref.Number)
		return nil
	}
	for _, key := range differing(old, now) {
		switch key {
		case "K":
			if err := c.compareKids(old[key], now[key]); err != nil {
				return err
			}
		case "ParentTreeNextKey":
			c.structure(Signature)
		case "ParentTree": // compareParentTrees
		case "ActualText", "Alt", "E":
			c.content(keyed(key), "the structure for reading aloud says something else: %s", key)
		default:
			c.structure(Annotation)
		}
	}
	return nil
}

// structure records a change of the structure.
func (c *comparison) structure(level Level) {
	if level > Signature {
		c.found.add(Change{Level: level, Kind: Annotated, About: Structure, Shown: true, Detail: "the structure for reading aloud was changed"})
		return
	}
	c.about(level, Metadata, Structure, "the structure for reading aloud was added to")
}

// compareKids compares the children of an element. K is one child, or an array,
// which may be an object of its own.
func (c *comparison) compareKids(old, now pdf.Object) error {
	was, err := c.old.items(old)
	if err != nil {
		return err
	}
	is, err := c.new.items(now)
	if err != nil {
		return err
	}
	i := 0
	for _, o := range is {
		if i < len(was) && pdf.Equal(was[i], o) {
			i++
			continue
		}
		level, err := c.addedKid(o)
		if err != nil {
			return err
		}
		c.structure(level)
	}
	if i < len(was) {
		c.structure(Annotation)
	}
	return nil
}

// items returns the items of an array, or a single object as one item.
func (d *Document) items(o pdf.Object) (pdf.Array, error) {
	resolved, err := d.Resolve(o)
	if err != nil || resolved == nil {
		return nil, err
	}
	if array, ok := resolved.(pdf.Array); ok {
		return array, nil
	}
	return pdf.Array{o}, nil
}

// Allowed keys of an element that is added with a signature's widget.
var newElementKeys = []pdf.Name{"Type", "S", "P", "Pg", "K", "ID", "T", "Lang", "R", "A", "C"}

// addedKid returns the level of adding this child to an element.
func (c *comparison) addedKid(o pdf.Object) (Level, error) {
	if ref, isRef := o.(pdf.Ref); isRef {
		dict, err := c.newDict(ref)
		if err != nil || dict == nil || !onlyKeys(dict, newElementKeys) {
			return Annotation, err
		}
		o = dict["K"]
	}
	kids, err := c.new.items(o)
	if err != nil {
		return Annotation, err
	}
	for _, kid := range kids {
		dict, isDict := kid.(pdf.Dict)
		object, isRef := dict["Obj"].(pdf.Ref)
		if !isDict || dict["Type"] != pdf.Name("OBJR") || !isRef || !c.added[object] {
			return Annotation, nil
		}
	}
	return Signature, nil
}

// maxTree is the largest number of nodes in a parent tree.
const maxTree = 1 << 20

// compareParentTrees compares the trees that lead from page content to
// structure elements (14.7.4.4). Existing entries must stay the same.
func (c *comparison) compareParentTrees() error {
	changed := false
	for n := range c.changed {
		changed = changed || c.roles.table.of(n)&(roleParentTree|roleParentNums|roleStructRoot) != 0
	}
	if !changed {
		return nil
	}
	was, err := c.old.parentTree()
	if err != nil {
		return err
	}
	is, err := c.new.parentTree()
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(was)) {
		if !pdf.Equal(was[n], is[n]) {
			c.structure(Annotation)
			return nil
		}
	}
	if len(is) > len(was) {
		c.structure(Signature)
	}
	return nil
}

// parentTree reads the numbers of the parent tree with their values.
func (d *Document) parentTree() (map[int64]pdf.Object, error) {
	root, err := pdf.As[pdf.Dict](d.File, d.Catalog["StructTreeRoot"])
	if err != nil || root == nil {
		return nil, err
	}
	all := map[int64]pdf.Object{}
	seen := map[pdf.Ref]bool{}
	todo := []pdf.Object{root["ParentTree"]}
	for len(todo) > 0 && len(seen) < maxTree {
		o := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if ref, ok := o.(pdf.Ref); ok {
			if seen[ref] {
				return nil, pdf.Damagef("the structure's parent tree is in a loop")
			}
			seen[ref] = true
		}
		node, err := pdf.As[pdf.Dict](d.File, o)
		if err != nil {
			return nil, err
		}
		kids, err := pdf.As[pdf.Array](d.File, node["Kids"])
		if err != nil {
			return nil, err
		}
		todo = append(todo, kids...)
		nums, err := pdf.As[pdf.Array](d.File, node["Nums"])
		if err != nil {
			return nil, err
		}
		for i := 0; i+1 < len(nums); i += 2 {
			n, ok := nums[i].(int64)
			if _, twice := all[n]; !ok || twice {
				return nil, pdf.Damagef("the structure's parent tree has no number, or one twice")
			}
			all[n] = nums[i+1]
		}
	}
	return all, nil
}
