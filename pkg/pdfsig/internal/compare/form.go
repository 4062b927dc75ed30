package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// waiting records the fields and notes without an appearance. A reader shows
// their value as soon as it finds a default appearance and its font.
type waiting struct {
	any   bool
	form  bool            // some need the form's default appearance
	fonts map[string]bool // fonts named by their own default appearances
}

// on records a field or note without an appearance, and its own default
// appearance, which may be nil.
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

// readFields reads the fields of the signed revision and finds those without an
// appearance.
func (c *comparison) readFields() error {
	c.names = map[string]bool{}
	generated := c.old.Form["NeedAppearances"] == true || c.new.Form["NeedAppearances"] == true
	if c.roles.waiting {
		c.waiting.on(nil)
	}
	defer func() {
		for n, own := range c.roles.bare {
			if c.fields[n] == nil { // of no field of the form
				c.waiting.on(own)
			}
		}
	}()
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
			looks, err := c.old.hasLook(dict)
			if err != nil {
				return err
			}
			if generated || !looks {
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

// hasLook reports whether an annotation has an appearance that every reader
// draws (12.5.5). Some readers make their own appearance from the value of a
// field if N is no stream, or if AS names none of its streams. A check box
// that is off shows nothing without a stream for this state.
func (d *Document) hasLook(annotation pdf.Dict) (bool, error) {
	looks, err := pdf.As[pdf.Dict](d.File, annotation["AP"])
	if err != nil {
		return false, err
	}
	normal, err := d.Resolve(looks["N"])
	if err != nil {
		return false, err
	}
	states, ok := normal.(pdf.Dict)
	if !ok {
		_, isStream := normal.(*pdf.Stream)
		return isStream, nil
	}
	state, _ := annotation["AS"].(pdf.Name)
	chosen, err := d.Resolve(states[state])
	if _, isStream := chosen.(*pdf.Stream); isStream || err != nil {
		return true, err
	}
	kind, err := d.inherited(annotation, "FT")
	if err != nil || kind != pdf.Name("Btn") || state != "" && state != "Off" {
		return false, err
	}
	flags, err := d.inherited(annotation, "Ff")
	n, _ := flags.(int64)
	return n&flagPushButton == 0, err
}

// flagPushButton is the bit of a button's Ff without a lasting value (12.7.4.2,
// table 226).
const flagPushButton = 1 << 16

// maxFieldDepth bounds the ancestors of a field.
const maxFieldDepth = 64

// inherited returns an attribute of a field, its own or from the nearest field
// above it.
func (d *Document) inherited(field pdf.Dict, key pdf.Name) (pdf.Object, error) {
	for range maxFieldDepth {
		if value, err := d.Resolve(field[key]); err != nil || value != nil {
			return value, err
		}
		parent, err := pdf.As[pdf.Dict](d.File, field["Parent"])
		if err != nil || parent == nil {
			return nil, err
		}
		field = parent
	}
	return nil, nil
}

// compareForms compares the keys of the interactive form (12.7.2) and its list
// of fields.
func (c *comparison) compareForms() error {
	if err := c.checkFormRole(); err != nil {
		return err
	}
	for _, key := range differing(c.old.Form, c.new.Form) {
		switch {
		case key == "Fields", key == "DR": // below
		case key == "SigFlags": // only says that the file has signatures
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

// checkFormRole requires that the form has no other role. A different object
// may replace it only if that object is new.
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

// appearances records a change to the defaults for drawing fields. It is visible
// if a field has no appearance yet. A visible change violates the lock of any
// locked field.
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

// settings records a change of the form without visible effect.
func (c *comparison) settings(detail string) { c.about(Signature, Metadata, Settings, detail) }

// lists is the difference between two lists.
type lists struct {
	added, removed []pdf.Ref
	reordered      bool // common items changed their order or occur more often
}

// unitsPerListed is the cost of comparing one item, in units of work.
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

// compareResources compares the form's default resources (12.7.2), which fields
// use for text. Other signing programs replace an earlier signature's drawing
// there by their own. So names may be added, and XObject and ProcSet may
// change, because text does not use them.
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
		c.settings("the form's default resources were changed") // later changes to this object must fit all its roles
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

// compareCategory compares the names of one kind of default resources. Existing
// names must stay the same. An added font can make a field without an
// appearance show its value.
func (c *comparison) compareCategory(key pdf.Name, old, now pdf.Object) (added bool, err error) {
	if key == "XObject" || key == "ProcSet" {
		c.settings("the form's default resources were changed")
		return true, nil
	}
	same := pdf.Equal(old, now) // a reference to the same object; its role decides
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

// judgeCategory judges a dictionary of the default resources in an object of
// its own. compareResources has compared it if the form still uses it.
func (c *comparison) judgeCategory(p pair) error {
	_, was := p.old.(pdf.Dict)
	_, is := p.new.(pdf.Dict)
	if _, isArray := p.old.(pdf.Array); !isArray && (!was || !is) {
		c.content(object(p.ref.Number), "object %d of the form's default resources was changed", p.ref.Number)
	}
	return nil
}

// judgeList judges a list of fields or annotations in an object of its own.
// compareForms has compared the list of the form; judgeList compares those of
// pages.
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
