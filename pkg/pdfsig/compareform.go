package pdfsig

import (
	"maps"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Paths by which forms, pages and structure refer to fields and annotations.
var (
	fieldsPaths = []string{"/Fields", "AcroForm/Fields", "/Annots"}
	fieldPaths  = append(fieldsPaths, "/Kids", "/Parent", "/CO", "AcroForm/CO", "/Obj", "K/Obj", "/Popup", "/IRT")
)

// compareForms goes through the keys of the interactive form (12.7.2) and
// through its list of fields.
func (c *comparison) compareForms() error {
	for _, key := range differing(c.old.form, c.new.form) {
		switch {
		case key == "Fields", key == "DR": // below
		case key == "SigFlags", key == "DA" && c.old.form[key] == nil:
			c.add(SignatureAdded, "%s of the form was changed", key)
		case key == "NeedAppearances":
			c.add(FormFilled, "%s of the form was changed", key)
		default:
			c.add(ContentChanged, "%s of the form was changed", key)
		}
	}
	if ref, ok := c.old.catalog["AcroForm"].(pdf.Ref); ok {
		c.explain(ref, "/AcroForm")
	}
	if ref, ok := c.old.form["Fields"].(pdf.Ref); ok {
		c.explain(ref, fieldsPaths...)
	}
	if err := c.compareResources(); err != nil {
		return err
	}
	old, err := c.old.refs(c.old.form["Fields"], "Fields")
	if err != nil {
		return err
	}
	now, err := c.new.refs(c.new.form["Fields"], "Fields")
	if err != nil {
		return err
	}
	had, has := setOf(old), setOf(now)
	for ref := range had {
		if !has[ref] {
			c.add(ContentChanged, "form field %d was removed", ref.Number)
		}
	}
	for ref := range has {
		if !had[ref] {
			if err := c.addedField(ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareResources compares the form's default resources (12.7.2), which text
// in fields is set with. Other programs that sign keep there what draws their
// own signature, in place of an earlier one's: names may be added, and XObject
// and ProcSet may change, which no text is set with.
func (c *comparison) compareResources() error {
	old, err := pdf.As[pdf.Dict](c.old.File, c.old.form["DR"])
	if err != nil {
		return err
	}
	now, err := pdf.As[pdf.Dict](c.new.File, c.new.form["DR"])
	if err != nil {
		return err
	}
	if !pdf.Equal(c.old.form["DR"], c.new.form["DR"]) || !pdf.Equal(old, now) {
		c.add(SignatureAdded, "DR of the form was changed")
	}
	of, ok := c.old.form["DR"].(pdf.Ref)
	ofForm := ok && c.uses.only(c.revision, of, "/DR", "AcroForm/DR")
	if ofForm {
		delete(c.changed, of.Number)
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if ref, ok := old[key].(pdf.Ref); ok && !slices.ContainsFunc(c.uses.at(c.revision, ref), func(u use) bool {
			return u.path != "DR/"+string(key) && !(ofForm && u.owner == of && u.path == "/"+string(key))
		}) {
			delete(c.changed, ref.Number)
		}
		if key == "XObject" || key == "ProcSet" {
			continue
		}
		was, err := pdf.As[pdf.Dict](c.old.File, old[key])
		if err != nil {
			return err
		}
		is, err := pdf.As[pdf.Dict](c.new.File, now[key])
		if err != nil {
			return err
		}
		for _, name := range differing(was, is) {
			if was[name] != nil {
				c.add(ContentChanged, "%s %s of the form was changed", key, name)
			}
		}
	}
	return nil
}

func setOf(refs []pdf.Ref) map[pdf.Ref]bool {
	set := make(map[pdf.Ref]bool, len(refs))
	for _, ref := range refs {
		set[ref] = true
	}
	return set
}

// addedField judges a field that is new: it must be a signature's, of an
// object that was not there before.
func (c *comparison) addedField(ref pdf.Ref) error {
	_, before, err := c.old.live(ref.Number)
	if err != nil {
		return err
	}
	dict, err := pdf.As[pdf.Dict](c.new.File, ref)
	if err != nil {
		return err
	}
	if before != nil || dict["FT"] != pdf.Name("Sig") || dict["Kids"] != nil || dict["A"] != nil || dict["AA"] != nil {
		c.add(ContentChanged, "form field %d was added", ref.Number)
		return nil
	}
	c.added[ref] = true
	value, err := pdf.As[pdf.Dict](c.new.File, dict["V"])
	if err != nil {
		return err
	}
	visible, err := c.new.shows(dict)
	switch {
	case err != nil:
		return err
	case visible:
		c.add(VisibleSignatureAdded, "a signature with an appearance of its own was added")
	case value != nil && value["Type"] == pdf.Name("DocTimeStamp"):
		c.add(ValidationAdded, "a document timestamp was added")
	default:
		c.add(SignatureAdded, "a signature was added")
	}
	return nil
}

// shows reports whether a widget takes up room on its page (12.5.2).
func (d *document) shows(widget pdf.Dict) (bool, error) {
	rect, err := pdf.As[pdf.Array](d.File, widget["Rect"])
	if err != nil || rect == nil {
		return false, err
	}
	if len(rect) != 4 {
		return true, nil
	}
	return !pdf.Equal(rect[0], rect[2]) && !pdf.Equal(rect[1], rect[3]), nil
}

// compareFields judges the fields and widgets that changed.
func (c *comparison) compareFields() error {
	err := c.old.fields(func(f *field) error {
		c.fields[f.ref.Number] = f
		for _, w := range f.widgets {
			c.fields[w.Number] = f
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n, p := range c.changed {
		f, ok := c.fields[n]
		if !ok {
			continue
		}
		if err := c.compareField(f, p); err != nil {
			return err
		}
	}
	return nil
}

// Keys of a field or widget that change when it is filled in or signed.
var (
	filledKeys = []pdf.Name{"V", "AS", "AP", "RV", "I", "TI", "M"}
	signedKeys = []pdf.Name{"V", "AP", "M", "F", "Type"}
)

func (c *comparison) compareField(f *field, p pair) error {
	old, ok1 := p.old.(pdf.Dict)
	now, ok2 := p.new.(pdf.Dict)
	if !ok1 || !ok2 || !c.explain(p.ref, fieldPaths...) {
		return nil // left on the list
	}
	level, allowed, err := c.fillable(f)
	if err != nil {
		return err
	}
	signed := level == SignatureAdded
	for _, key := range differing(old, now) {
		switch {
		case slices.Contains(allowed, key):
		case key == "Rect" && pdf.Rewritten(now[key], old[key]): // to integers as real numbers, which any reader takes here
		case key == "Rect" && signed:
			// PDFBox takes the room of a field that it signs and shows nothing
			// in. In another place it is as much as a new field there.
			visible, err := c.new.shows(now)
			if err != nil {
				return err
			}
			if visible {
				level = max(level, VisibleSignatureAdded)
			}
		default:
			level = ContentChanged
		}
	}
	switch level {
	case SignatureAdded:
		c.add(level, "field %q was signed", f.name)
	case VisibleSignatureAdded:
		c.add(level, "field %q was signed in another place", f.name)
	case FormFilled:
		c.add(level, "field %q was filled in", f.name)
	default:
		c.add(level, "field %q was changed", f.name)
	}
	return nil
}

// fillable says what a field may change, and how grave that is.
func (c *comparison) fillable(f *field) (Change, []pdf.Name, error) {
	if slices.ContainsFunc(c.locks, func(l lock) bool { return l.covers(f.name) }) {
		return ContentChanged, nil, nil
	}
	if !f.isSignature() {
		return FormFilled, filledKeys, nil
	}
	value, err := c.old.Resolve(f.value)
	if err != nil {
		return 0, nil, err
	}
	now, err := pdf.As[pdf.Dict](c.new.File, f.ref) // what changed can be its widget
	if err != nil {
		return 0, nil, err
	}
	signature, err := c.new.Resolve(now["V"])
	if err != nil {
		return 0, nil, err
	}
	if _, isDict := signature.(pdf.Dict); value != nil || !isDict {
		return ContentChanged, nil, nil
	}
	return SignatureAdded, signedKeys, nil
}

// compareAppearances judges appearances (12.5.5) that changed in place, streams
// and the dictionaries of them that are objects of their own: as what they
// belong to may.
func (c *comparison) compareAppearances() error {
	for n, p := range c.changed {
		owners, ok := c.shownBy(p.ref)
		if !ok || !sameKind(p.old, p.new) {
			continue
		}
		level, err := c.appearance(owners)
		if err != nil {
			return err
		}
		if level < ContentChanged {
			delete(c.changed, n)
			c.add(level, "an appearance was changed")
		}
	}
	return nil
}

// sameKind reports whether a stream, or a dictionary, is one still, or is gone.
func sameKind(old, now pdf.Object) bool {
	if _, isStream := old.(*pdf.Stream); isStream {
		return true // whatever takes its place is shown there and nowhere else
	}
	_, wasDict := old.(pdf.Dict)
	_, isDict := now.(pdf.Dict)
	return wasDict && isDict
}

// shownBy gives the annotations whose appearance an object is, or a part of it;
// ok is false where it has another use, too.
func (c *comparison) shownBy(ref pdf.Ref) (owners []pdf.Ref, ok bool) {
	for _, use := range c.uses.at(c.revision, ref) {
		switch use.path {
		case "AP/N", "AP/R", "AP/D", "/AP":
			owners = append(owners, use.owner)
		case "/N": // of a dictionary that is an object of its own
			if !c.uses.matter[use.owner.Number] {
				return nil, false
			}
			for _, through := range c.uses.at(c.revision, use.owner) {
				if through.path != "/AP" {
					return nil, false
				}
				owners = append(owners, through.owner)
			}
		default:
			return nil, false
		}
		if len(owners) > maxUses {
			return nil, false
		}
	}
	return owners, len(owners) > 0
}

// appearance says how grave it is that these annotations look otherwise.
func (c *comparison) appearance(owners []pdf.Ref) (level Change, err error) {
	for _, ref := range owners {
		f, isField := c.fields[ref.Number]
		switch {
		case !isField:
			owner, err := pdf.As[pdf.Dict](c.old.File, ref)
			if err != nil || owner["Subtype"] == nil || owner["Subtype"] == pdf.Name("Widget") {
				return ContentChanged, err
			}
			level = max(level, AnnotationsChanged)
		case f.isSignature(), slices.ContainsFunc(c.locks, func(l lock) bool { return l.covers(f.name) }):
			return ContentChanged, nil
		default:
			level = max(level, FormFilled)
		}
	}
	return level, nil
}
