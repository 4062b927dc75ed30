package pdfsig

import "github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"

// comparePages lets the annotations of a page change, in the page, in their
// array and in themselves, and nothing else of it.
func (c *comparison) comparePages() error {
	for n, p := range c.changed {
		if isType(p.old, "Page") && isType(p.new, "Page") {
			if err := c.comparePage(n, p); err != nil {
				return err
			}
		}
	}
	for n, p := range c.changed {
		old, ok1 := p.old.(pdf.Array)
		now, ok2 := p.new.(pdf.Array)
		if ok1 && ok2 && c.uses.only(c.revision, p.ref, fieldsPaths...) {
			delete(c.changed, n)
			if err := c.compareAnnotations(old, now); err != nil {
				return err
			}
		}
	}
	for n, p := range c.changed {
		dict, ok := p.old.(pdf.Dict)
		subtype, _ := dict["Subtype"].(pdf.Name)
		if now, still := p.new.(pdf.Dict); p.new != nil && (!still || now["Subtype"] != pdf.Object(subtype)) {
			continue // it is no annotation, or another one, now
		}
		if ok && c.fields[n] == nil && subtype != "" && subtype != "Widget" && dict["Rect"] != nil && c.explain(p.ref, fieldPaths...) {
			c.add(AnnotationsChanged, "an annotation (%s) was changed", subtype)
		}
	}
	return nil
}

func (c *comparison) comparePage(n int, p pair) error {
	old, now := p.old.(pdf.Dict), p.new.(pdf.Dict)
	for _, key := range differing(old, now) {
		switch key {
		case "Annots":
		case "Tabs": // the order in which the tabulator goes through them
			c.add(AnnotationsChanged, "the order of annotations was changed")
		default:
			c.add(ContentChanged, "page object %d: %s was changed", n, key)
		}
	}
	delete(c.changed, n) // all its keys are judged
	before, err := pdf.As[pdf.Array](c.old.File, old["Annots"])
	if err != nil {
		return err
	}
	after, err := pdf.As[pdf.Array](c.new.File, now["Annots"])
	if err != nil {
		return err
	}
	return c.compareAnnotations(before, after)
}

// compareAnnotations compares two lists of annotations (12.5.2). The widgets
// of added signature fields are judged with their fields.
func (c *comparison) compareAnnotations(old, now pdf.Array) error {
	oldRefs, oldDirect := separate(old)
	newRefs, newDirect := separate(now)
	had, has := setOf(oldRefs), setOf(newRefs)
	for ref := range had {
		if !has[ref] {
			if err := c.annotation(c.old, ref, "removed"); err != nil {
				return err
			}
		}
	}
	for ref := range has {
		if !had[ref] && !c.added[ref] {
			if err := c.annotation(c.new, ref, "added"); err != nil {
				return err
			}
		}
	}
	if pdf.Equal(oldDirect, newDirect) {
		return nil
	}
	for _, o := range append(oldDirect, newDirect...) {
		if err := c.annotation(c.new, o, "changed"); err != nil {
			return err
		}
	}
	return nil
}

// separate parts the references in an array from what stands there itself.
func separate(array pdf.Array) (refs []pdf.Ref, direct pdf.Array) {
	for _, o := range array {
		if ref, ok := o.(pdf.Ref); ok {
			refs = append(refs, ref)
		} else {
			direct = append(direct, o)
		}
	}
	return refs, direct
}

func (c *comparison) annotation(d *document, o pdf.Object, how string) error {
	dict, err := pdf.As[pdf.Dict](d.File, o)
	if err != nil {
		return err
	}
	subtype, _ := dict["Subtype"].(pdf.Name)
	if subtype == "" || subtype == "Widget" {
		c.add(ContentChanged, "a form field's widget was %s", how)
	} else {
		c.add(AnnotationsChanged, "an annotation (%s) was %s", subtype, how)
	}
	return nil
}
