package compare

import (
	"fmt"
	"strconv"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// judgePage allows only changes to a page's annotations. Other nodes of the
// page tree must not change.
func (c *comparison) judgePage(p pair) error {
	old, ok1 := p.old.(pdf.Dict)
	now, ok2 := p.new.(pdf.Dict)
	if !ok1 || !ok2 || !isPage(old) || !isPage(now) {
		c.content(object(p.ref.Number), "object %d of the page tree was changed", p.ref.Number)
		return nil
	}
	for _, key := range differing(old, now) {
		switch key {
		case "Annots":
		case "Tabs": // the order of annotations for the tab key
			if _, isName := now[key].(pdf.Name); isName || now[key] == nil {
				c.about(Signature, Metadata, "", "the tab order of a page was changed")
				continue
			}
			c.content(c.page(p.ref, key), "page %s: %s was changed", c.pageName(p.ref), key)
		case "StructParents":
			if _, isNumber := now[key].(int64); old[key] == nil && isNumber {
				c.structure(Signature)
				continue
			}
			c.content(c.page(p.ref, key), "page %s: %s was changed", c.pageName(p.ref), key)
		default:
			c.content(c.page(p.ref, key), "page %s: %s was changed", c.pageName(p.ref), key)
		}
	}
	before, err := pdf.As[pdf.Array](c.old.File, old["Annots"])
	if err != nil {
		return err
	}
	after, err := pdf.As[pdf.Array](c.new.File, now["Annots"])
	if err != nil {
		return err
	}
	if ref, ok := now["Annots"].(pdf.Ref); ok && !pdf.Equal(ref, old["Annots"]) && c.roles.table.of(ref.Number) != 0 {
		c.content(c.page(p.ref, "Annots"), "page %s: its annotations are another object now", c.pageName(p.ref))
	}
	return c.compareAnnotations(p.ref.Number, before, after)
}

// isPage tells a page from another node of the tree. If Type is missing,
// readers decide by Kids.
func isPage(dict pdf.Dict) bool {
	return dict["Kids"] == nil && (dict["Type"] == pdf.Name("Page") || dict["Type"] == nil)
}

// compareAnnotations compares two lists of annotations (12.5.2) of a page. The
// widgets of added signature fields are judged with their fields.
func (c *comparison) compareAnnotations(page int, old, now pdf.Array) error {
	oldRefs, oldDirect := separate(old)
	newRefs, newDirect := separate(now)
	list, err := c.compareLists(oldRefs, newRefs)
	if err != nil {
		return err
	}
	if list.reordered {
		c.annotated(page, Order, "the order of annotations was changed")
	}
	for _, ref := range list.removed {
		if err := c.annotation(c.old, page, ref, "removed"); err != nil {
			return err
		}
	}
	for _, ref := range list.added {
		if c.added[ref] {
			c.listed[ref] = append(c.listed[ref], c.pageNumber(page))
			continue
		}
		if c.roles.table.of(ref.Number) != 0 {
			c.content(object(ref.Number), "object %d is an annotation now", ref.Number)
			continue
		}
		if err := c.annotation(c.new, page, ref, "added"); err != nil {
			return err
		}
	}
	if pdf.Equal(oldDirect, newDirect) {
		return nil
	}
	for _, o := range append(oldDirect, newDirect...) {
		if err := c.annotation(c.new, page, o, "changed"); err != nil {
			return err
		}
	}
	return nil
}

// separate splits an array into its references and its direct items.
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

func (c *comparison) annotation(d *Document, page int, o pdf.Object, how string) error {
	dict, err := pdf.As[pdf.Dict](d.File, o)
	if err != nil {
		return err
	}
	subtype, _ := dict["Subtype"].(pdf.Name)
	if dict == nil && how == "removed" {
		return nil // it was not an annotation
	}
	if subtype == "" || subtype == "Widget" {
		c.content(place{}, "a form field's widget was %s", how)
		return nil
	}
	c.annotated(page, "", fmt.Sprintf("an annotation (%s) was %s", subtype, how))
	return nil
}

func (c *comparison) annotated(page int, about About, detail string) {
	change := Change{Level: Annotation, Kind: Annotated, About: about, Shown: true, Detail: detail}
	if n := c.pageNumber(page); n > 0 {
		change.Pages = []int{n}
	}
	c.found.add(change)
}

// compareAnnotation judges a changed annotation that is not a field.
func (c *comparison) compareAnnotation(p pair) error {
	old, ok := p.old.(pdf.Dict)
	subtype, _ := old["Subtype"].(pdf.Name)
	now, still := p.new.(pdf.Dict)
	switch {
	case !ok || subtype == "" || subtype == "Widget" || c.roles.table.of(p.ref.Number)&roleField != 0:
		c.content(object(p.ref.Number), "object %d, a field or its widget, was changed", p.ref.Number)
	case p.new != nil && (!still || now["Subtype"] != pdf.Object(subtype) || now["FT"] != nil):
		c.content(place{}, "an annotation (%s) is something else now", subtype)
	default:
		page := c.roles.pages[p.ref.Number]
		if ref, ok := old["P"].(pdf.Ref); page == 0 && ok {
			page = ref.Number
		}
		c.annotated(page, "", fmt.Sprintf("an annotation (%s) was changed", subtype))
	}
	return nil
}

// pageNumber returns the number of a page, from 1 on, by its object; 0 if it is
// not a page.
func (c *comparison) pageNumber(object int) int {
	if c.numbers == nil {
		c.numbers = map[int]int{}
		n := 0
		// An unreadable tree is reported elsewhere.
		_ = c.new.Pages(func(ref pdf.Ref) bool {
			n++
			c.numbers[ref.Number] = n
			return true
		})
	}
	return c.numbers[object]
}

func (c *comparison) pageName(ref pdf.Ref) string { return strconv.Itoa(c.pageNumber(ref.Number)) }

// pagesOf returns the page that the annotation's P names.
func (c *comparison) pagesOf(annotation pdf.Dict) []int {
	if ref, ok := annotation["P"].(pdf.Ref); ok {
		if n := c.pageNumber(ref.Number); n > 0 {
			return []int{n}
		}
	}
	return nil
}

func quoted(s string) string { return strconv.Quote(s) }
