package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// waiting are the fields and notes that have no appearance yet: each shows its
// value as soon as a reader knows what to set it with.
type waiting struct {
	any   bool
	form  bool            // for the form's default appearance
	fonts map[string]bool // that their own default appearances name
}

// on notes that something waits, with its own default appearance or nil.
func (w *waiting) on(appearance pdf.Object) {
	w.any = true
	da, ok := appearance.(pdf.String)
	if !ok {
		w.form = true
		return
	}
	if w.fonts == nil {
		w.fonts = map[string]bool{}
	}
	for _, word := range strings.Fields(string(da)) {
		if name, is := strings.CutPrefix(word, "/"); is {
			w.fonts[name] = true
		}
	}
}

// readFields notes the fields of the signed revision, and which of them wait.
func (c *comparison) readFields() error {
	c.names = map[string]bool{}
	generated := c.old.Form["NeedAppearances"] == true || c.new.Form["NeedAppearances"] == true
	if c.roles.waiting {
		c.waiting.on(nil)
	}
	return c.old.Fields(func(f *Field) error {
		c.names[f.Name] = true
		c.fields[f.Ref.Number] = f
		for _, w := range f.Widgets {
			c.fields[w.Number] = f
			if f.Signature {
				continue
			}
			dict, err := pdf.As[pdf.Dict](c.old.File, w)
			if err != nil {
				return err
			}
			look, err := pdf.As[pdf.Dict](c.old.File, dict["AP"])
			if err != nil {
				return err
			}
			if generated || look["N"] == nil {
				own := dict["DA"]
				if own == nil {
					own = f.Dict["DA"]
				}
				c.waiting.on(own)
			}
		}
		return nil
	})
}

// compareForms goes through the keys of the interactive form (12.7.2) and
// through its list of fields.
func (c *comparison) compareForms() error {
	if err := c.checkFormRole(); err != nil {
		return err
	}
	for _, key := range differing(c.old.Form, c.new.Form) {
		switch {
		case key == "Fields", key == "DR": // below
		case key == "SigFlags": // which says that there are signatures
			if flags, isInt := c.new.Form[key].(int64); !isInt || flags&^3 != 0 {
				c.settings("SigFlags of the form was changed")
			}
		case key == "DA":
			c.appearances(c.waiting.form, "the form's default appearance was changed")
		case key == "NeedAppearances":
			if _, isBool := c.new.Form[key].(bool); !isBool && c.new.Form[key] != nil {
				c.content(keyed("NeedAppearances"), "NeedAppearances of the form was changed")
			} else {
				c.appearances(len(c.fields) > 0, "readers draw the fields anew")
			}
		default:
			c.content(keyed(key), "%s of the form was changed", key)
		}
	}
	if err := c.compareResources(); err != nil {
		return err
	}
	old, err := c.old.refs(c.old.Form["Fields"])
	if err != nil {
		return err
	}
	now, err := c.new.refs(c.new.Form["Fields"])
	if err != nil {
		return err
	}
	list, err := c.compareLists(old, now)
	if err != nil {
		return err
	}
	for _, ref := range list.removed {
		c.content(object(ref.Number), "form field %d was removed", ref.Number)
	}
	if list.reordered {
		c.content(keyed("AcroForm"), "the form's fields are in another order")
	}
	for _, ref := range list.added {
		if err := c.addedField(ref); err != nil {
			return err
		}
	}
	return nil
}

// checkFormRole wants a form that is nothing else: another object takes its
// place only if it is new.
func (c *comparison) checkFormRole() error {
	ref, ok := c.new.Catalog["AcroForm"].(pdf.Ref)
	if ok && c.roles.table.of(ref.Number)&^roleForm != 0 && !pdf.Equal(ref, c.old.Catalog["AcroForm"]) {
		c.content(keyed("AcroForm"), "the form is another object now")
	}
	if c.old.Form != nil && c.new.Form == nil {
		c.content(keyed("AcroForm"), "the form was removed")
	}
	return nil
}

// appearances notes a change of what fields are drawn with: it shows where one
// waits for that, and breaks a lock that holds one.
func (c *comparison) appearances(shown bool, detail string) {
	if !shown {
		c.settings(detail)
		return
	}
	for _, f := range c.fields {
		if c.limits.Locked(f.Name) && !f.Signature {
			c.content(place{field: f.Name}, "%s, and field %q is locked", detail, f.Name)
			return
		}
	}
	c.found.add(Change{Level: Form, Kind: Filled, Shown: true, Detail: detail})
}

// settings notes a change of the form that shows nothing.
func (c *comparison) settings(detail string) { c.about(Signature, Metadata, Settings, detail) }

// lists is how a list differs from what it was.
type lists struct {
	added, removed []pdf.Ref
	reordered      bool // what both have is in another order, or there more often
}

// unitsPerListed is what an item of a list costs that is compared.
const unitsPerListed = 32

// compareLists compares two lists of references.
func (c *comparison) compareLists(old, now []pdf.Ref) (l lists, err error) {
	if err := c.new.Spend(unitsPerListed * int64(len(old)+len(now))); err != nil {
		return l, err
	}
	had, has := countOf(old), countOf(now)
	var before, after []pdf.Ref
	for _, ref := range old {
		if has[ref] == 0 {
			l.removed = append(l.removed, ref)
		} else {
			before = append(before, ref)
		}
	}
	for _, ref := range now {
		switch {
		case had[ref] > 0:
			after = append(after, ref)
		case has[ref] > 0:
			l.added = append(l.added, ref)
			l.reordered = l.reordered || has[ref] > 1
			has[ref] = 0
		}
	}
	l.reordered = l.reordered || !slices.Equal(before, after)
	return l, nil
}

func countOf(refs []pdf.Ref) map[pdf.Ref]int {
	count := make(map[pdf.Ref]int, len(refs))
	for _, ref := range refs {
		count[ref]++
	}
	return count
}

// compareResources compares the form's default resources (12.7.2), which text
// in fields is set with. Other programs that sign keep there what draws their
// own signature, in place of an earlier one's: names may be added, and XObject
// and ProcSet may change, which no text is set with.
func (c *comparison) compareResources() error {
	old, err := pdf.As[pdf.Dict](c.old.File, c.old.Form["DR"])
	if err != nil {
		return err
	}
	now, err := pdf.As[pdf.Dict](c.new.File, c.new.Form["DR"])
	if err != nil {
		return err
	}
	ref, ok := c.new.Form["DR"].(pdf.Ref)
	if ok && !pdf.Equal(ref, c.old.Form["DR"]) && c.roles.table.of(ref.Number)&^roleResources != 0 {
		c.settings("the form's default resources were changed") // and what they are now does not change
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if _, both := old[key]; !both {
			if _, err := c.compareCategory(key, nil, now[key]); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if key == "XObject" || key == "ProcSet" {
			if !pdf.Equal(old[key], now[key]) {
				c.settings("the form's default resources were changed")
			}
			continue
		}
		if _, err := c.compareCategory(key, old[key], now[key]); err != nil {
			return err
		}
	}
	return nil
}

// compareCategory compares the names of one kind of default resources. What was
// there stays; a font that is added can make a waiting field show its value.
func (c *comparison) compareCategory(key pdf.Name, old, now pdf.Object) (added bool, err error) {
	if key == "XObject" || key == "ProcSet" {
		c.settings("the form's default resources were changed")
		return true, nil
	}
	same := pdf.Equal(old, now) // the same object, which is judged by its role
	if old, err = c.old.Resolve(old); err != nil {
		return false, err
	}
	if now, err = c.new.Resolve(now); err != nil {
		return false, err
	}
	was, ok1 := old.(pdf.Dict)
	is, ok2 := now.(pdf.Dict)
	if !ok1 && old != nil || !ok2 && now != nil {
		if !same && !pdf.Equal(old, now) {
			c.content(keyed(key), "%s of the form's default resources was changed", key)
		}
		return false, nil
	}
	shown := false
	for _, name := range differing(was, is) {
		if was[name] != nil {
			c.content(keyed(name), "%s %s of the form was changed", key, name)
			continue
		}
		added = true
		shown = shown || c.waiting.any && (key != "Font" || c.waiting.form || c.waiting.fonts[string(name)])
	}
	if added {
		c.appearances(shown, "the form's default resources were added to")
	}
	return added, nil
}

// judgeCategory is for a dictionary of the default resources that is an object
// of its own: compareResources has looked at it, as far as it is still theirs.
func (c *comparison) judgeCategory(p pair) error {
	_, was := p.old.(pdf.Dict)
	_, is := p.new.(pdf.Dict)
	if _, isArray := p.old.(pdf.Array); !isArray && (!was || !is) {
		c.content(object(p.ref.Number), "object %d of the form's default resources was changed", p.ref.Number)
	}
	return nil
}

// judgeList is for an array of fields or annotations that is an object of its
// own. That of the form was compared; those of pages are here.
func (c *comparison) judgeList(p pair) error {
	old, ok1 := p.old.(pdf.Array)
	now, ok2 := p.new.(pdf.Array)
	if !ok1 || !ok2 {
		c.content(object(p.ref.Number), "object %d, a list of fields or annotations, was changed", p.ref.Number)
		return nil
	}
	roles := c.roles.table.of(p.ref.Number)
	if roles&roleFields != 0 && c.old.Form["Fields"] != pdf.Object(p.ref) {
		c.content(object(p.ref.Number), "object %d, a list of fields, was changed", p.ref.Number)
	}
	if roles&roleAnnots == 0 {
		return nil
	}
	return c.compareAnnotations(c.roles.pages[p.ref.Number], old, now)
}
