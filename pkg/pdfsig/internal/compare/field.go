package compare

import (
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Keys that an added signature field, and its widget, can have. None makes it
// act, belong to optional content or be something else than a widget.
var (
	newFieldKeys  = []pdf.Name{"FT", "T", "TU", "TM", "Ff", "V", "Lock", "SV", "DA", "Q", "Kids"}
	newWidgetKeys = []pdf.Name{"Type", "Subtype", "Rect", "F", "P", "AP", "AS", "MK", "BS", "Border", "C", "H", "M", "NM", "Contents", "StructParent", "Parent"}
)

// addedField judges a field that is new: it must be a signature's, of an object
// that was not there before, a widget and nothing else.
func (c *comparison) addedField(ref pdf.Ref) error {
	field, widget, whole, err := c.newField(ref)
	if err != nil {
		return err
	}
	name, _ := field["T"].(pdf.String)
	if !whole || c.names[c.limits.Text(name)] {
		c.content(object(ref.Number), "form field %d was added", ref.Number)
		return nil
	}
	c.names[c.limits.Text(name)] = true
	shown, err := c.new.shows(widget)
	if err != nil {
		return err
	}
	change := Change{Level: Signature, Field: c.limits.Text(name), Shown: shown, Pages: c.pagesOf(widget)}
	if !shown {
		change.Pages = nil
	}
	if err := c.describeSigned(&change, ref, field["V"]); err != nil {
		return err
	}
	if shown && change.Level < Annotation {
		change.Level = Annotation
	}
	c.found.add(change)
	return nil
}

// describeSigned tells what a field that was added, or signed, holds.
func (c *comparison) describeSigned(change *Change, field pdf.Ref, value pdf.Object) error {
	signature, err := pdf.As[pdf.Dict](c.new.File, value)
	if err != nil {
		return err
	}
	switch {
	case signature == nil:
		change.Kind, change.About, change.Detail = Filled, EmptyField, "an empty signature field was added"
		if change.Shown {
			change.Detail = "an empty signature field that shows something was added"
		}
	case !c.limits.Judged(field):
		change.Level, change.Kind, change.Shown, change.Detail = Content, Altered, true, "a signature field with something that is no signature was added"
	case change.Shown:
		change.Kind, change.Detail = SignedShown, "a signature with an appearance of its own was added"
	case signature["Type"] == pdf.Name("DocTimeStamp") || signature["SubFilter"] == pdf.Name("ETSI.RFC3161"):
		change.Level, change.Kind, change.Detail = None, Timestamp, "a document timestamp was added"
	default:
		change.Kind, change.Detail = Signed, "a signature was added"
	}
	return nil
}

// newField reads a field that is new and its widget, which is itself or its one
// kid; whole is false where it is anything else.
func (c *comparison) newField(ref pdf.Ref) (field, widget pdf.Dict, whole bool, err error) {
	field, err = c.newDict(ref)
	if err != nil || field == nil || field["FT"] != pdf.Name("Sig") {
		return nil, nil, false, err
	}
	if _, named := field["T"].(pdf.String); !named {
		return nil, nil, false, nil
	}
	widget, kid := field, ref
	keys := slices.Concat(newFieldKeys, newWidgetKeys)
	if field["Kids"] != nil {
		kids, err := pdf.As[pdf.Array](c.new.File, field["Kids"])
		if err != nil || len(kids) != 1 {
			return nil, nil, false, err
		}
		kid, _ = kids[0].(pdf.Ref)
		if widget, err = c.newDict(kid); err != nil || widget == nil || widget["Parent"] != pdf.Object(ref) {
			return nil, nil, false, err
		}
		if !onlyKeys(widget, newWidgetKeys) {
			return nil, nil, false, nil
		}
		keys = newFieldKeys
	} else if field["Parent"] != nil {
		return nil, nil, false, nil
	}
	if widget["Subtype"] != pdf.Name("Widget") || !onlyKeys(field, keys) {
		return nil, nil, false, nil
	}
	if widget["Type"] != nil && widget["Type"] != pdf.Name("Annot") {
		return nil, nil, false, nil
	}
	place, err := c.new.box(widget["Rect"])
	if err != nil || !place.valid && widget["Rect"] != nil {
		return nil, nil, false, err
	}
	c.added[ref], c.added[kid] = true, true
	return field, widget, true, nil
}

// newDict is a dictionary that is an object that was not there, and that nothing
// referred to.
func (c *comparison) newDict(ref pdf.Ref) (pdf.Dict, error) {
	_, before, err := c.old.live(ref.Number)
	if err != nil || before != nil || c.roles.table.of(ref.Number) != 0 {
		return nil, err
	}
	return pdf.As[pdf.Dict](c.new.File, ref)
}

func onlyKeys(dict pdf.Dict, known []pdf.Name) bool {
	for key := range dict {
		if !slices.Contains(known, key) {
			return false
		}
	}
	return true
}

// box is a rectangle as far as it is one: four numbers (7.9.5). One that is a
// line is narrow, one that is a point is empty.
type box struct {
	valid, narrow, empty bool
}

func (d *Document) box(o pdf.Object) (b box, err error) {
	o, err = d.Resolve(o)
	array, ok := o.(pdf.Array)
	if err != nil || !ok || len(array) != 4 {
		return b, err
	}
	for i := range array {
		item, err := d.Resolve(array[i])
		if err != nil {
			return b, err
		}
		switch item.(type) {
		case int64, pdf.Real:
		default:
			return b, nil
		}
	}
	b.valid = true
	noWidth := pdf.Rewritten(real(array[0]), real(array[2]))
	noHeight := pdf.Rewritten(real(array[1]), real(array[3]))
	b.narrow, b.empty = noWidth || noHeight, noWidth && noHeight
	return b, nil
}

// real makes a real number of an integer, to compare the two.
func real(o pdf.Object) pdf.Object {
	if n, ok := o.(int64); ok {
		return pdf.Real(string(pdf.Append(nil, n)) + ".")
	}
	return o
}

// flagHidden is the bit of an annotation's F that hides it everywhere (12.5.3).
const flagHidden = 1 << 1

// shows reports whether a widget takes up room on its page (12.5.2). Some readers
// draw an appearance in a place that is a line.
func (d *Document) shows(widget pdf.Dict) (bool, error) {
	if widget["Rect"] == nil {
		return false, nil
	}
	if flags, ok := widget["F"].(int64); ok && flags&flagHidden != 0 {
		return false, nil
	}
	b, err := d.box(widget["Rect"])
	return !b.valid || !b.narrow || !b.empty && widget["AP"] != nil, err
}

// judgeField judges a field, widget or another annotation that changed.
func (c *comparison) judgeField(p pair) error {
	if _, isArray := p.old.(pdf.Array); isArray {
		c.content(object(p.ref.Number), "object %d, a list of fields or annotations, was changed", p.ref.Number)
		return nil
	}
	if f, ok := c.fields[p.ref.Number]; ok {
		return c.compareField(f, p)
	}
	return c.compareAnnotation(p)
}

// Keys of a field or widget that change when it is filled in or signed.
var (
	filledKeys = []pdf.Name{"V", "AS", "AP", "RV", "I", "TI", "M"}
	signedKeys = []pdf.Name{"V", "AP", "M", "F", "Type"}
)

func (c *comparison) compareField(f *Field, p pair) error {
	old, ok1 := p.old.(pdf.Dict)
	now, ok2 := p.new.(pdf.Dict)
	if !ok1 || !ok2 {
		c.content(place{field: f.Name}, "field %q was removed", f.Name)
		return nil
	}
	widget, err := c.widgetOf(f)
	if err != nil {
		return err
	}
	change, allowed, err := c.fillable(f)
	if err != nil {
		return err
	}
	change.Field, change.Pages = f.Name, c.pagesOf(widget)
	for _, key := range differing(old, now) {
		switch {
		case slices.Contains(allowed, key):
		case key == "Rect" && pdf.Rewritten(now[key], old[key]): // to integers as real numbers, which any reader takes here
		case key == "Rect" && change.Kind == Signed:
			// PDFBox takes the room of a field that it signs and shows nothing
			// in. In another place it is as much as a new field there.
			if shown, err := c.new.shows(now); err != nil {
				return err
			} else if shown {
				change.Level = max(change.Level, Annotation)
			}
		default:
			change = Change{Level: Content, Kind: Altered, Shown: true, Field: f.Name, Key: string(key), Pages: change.Pages, Detail: "field " + quoted(f.Name) + " was changed: " + string(key)}
		}
	}
	return c.finish(change, f, widget)
}

// finish adds what was found of a field. A signature shows where its widget
// does.
func (c *comparison) finish(change Change, f *Field, widget pdf.Dict) error {
	if change.Kind != Signed {
		c.found.add(change)
		return nil
	}
	var err error
	if change.Shown, err = c.new.shows(widget); err != nil {
		return err
	}
	field, err := pdf.As[pdf.Dict](c.new.File, f.Ref)
	if err != nil {
		return err
	}
	if err := c.describeSigned(&change, f.Ref, field["V"]); err != nil {
		return err
	}
	if change.Kind != Altered {
		change.Detail = "field " + quoted(f.Name) + " was signed"
	}
	if !change.Shown {
		change.Pages = nil
	}
	c.found.add(change)
	return nil
}

// widgetOf is the new version of a field's first widget, or of itself.
func (c *comparison) widgetOf(f *Field) (pdf.Dict, error) {
	ref := f.Ref
	if len(f.Widgets) > 0 {
		ref = f.Widgets[0]
	}
	return pdf.As[pdf.Dict](c.new.File, ref)
}

// fillable says which keys of a field may change, and what that is.
func (c *comparison) fillable(f *Field) (Change, []pdf.Name, error) {
	changed := Change{Level: Content, Kind: Altered, Shown: true, Detail: "field " + quoted(f.Name) + " was changed"}
	if c.limits.Locked(f.Name) {
		changed.Detail += ", which was locked"
		return changed, nil, nil
	}
	if !f.Signature {
		return Change{Level: Form, Kind: Filled, Shown: true, Detail: "field " + quoted(f.Name) + " was filled in"}, filledKeys, nil
	}
	value, err := c.old.Resolve(f.Value)
	if err != nil {
		return changed, nil, err
	}
	now, err := pdf.As[pdf.Dict](c.new.File, f.Ref) // what changed can be its widget
	if err != nil {
		return changed, nil, err
	}
	signature, err := c.new.Resolve(now["V"])
	if err != nil {
		return changed, nil, err
	}
	if _, isDict := signature.(pdf.Dict); value != nil || !isDict {
		return changed, nil, nil
	}
	return Change{Level: Signature, Kind: Signed}, signedKeys, nil
}

// judgeValue is for a value of a field that is an object of its own: every
// field that has it must be one that may be filled in.
func (c *comparison) judgeValue(p pair) error {
	return c.byOwners(p, "a field's value was changed")
}

// judgeAppearance is for an appearance (12.5.5) that changed in place: as what
// it belongs to may.
func (c *comparison) judgeAppearance(p pair) error {
	if _, isStream := p.old.(*pdf.Stream); !isStream {
		_, wasDict := p.old.(pdf.Dict)
		if _, isDict := p.new.(pdf.Dict); !wasDict || !isDict {
			c.content(object(p.ref.Number), "object %d, an appearance, was changed", p.ref.Number)
			return nil
		}
	}
	return c.byOwners(p, "an appearance was changed")
}

// byOwners judges what belongs to annotations and fields by what those may.
func (c *comparison) byOwners(p pair, detail string) error {
	owners := c.roles.owners[p.ref.Number]
	change := Change{Level: Form, Kind: Filled, Shown: true, Detail: detail}
	if len(owners) == 0 || len(owners) > maxOwners {
		change.Level = Content
	}
	for _, n := range owners {
		if change.Level == Content {
			break
		}
		if err := c.byOwner(n, &change); err != nil {
			return err
		}
	}
	if change.Level == Content {
		change.Kind = Altered
	}
	c.found.add(change)
	return nil
}

func (c *comparison) byOwner(n int, change *Change) error {
	_, o, err := c.old.live(n)
	if err != nil {
		return err
	}
	owner, _ := o.(pdf.Dict)
	f, isField := c.fields[n]
	switch {
	case isField && (f.Signature || c.limits.Locked(f.Name)):
		change.Level = Content
	case isField:
		change.Field = f.Name
	case owner["Subtype"] == nil || owner["Subtype"] == pdf.Name("Widget") || owner["Type"] == pdf.Name("Page"):
		change.Level = Content
	default:
		change.Level, change.Kind = Annotation, Annotated
	}
	change.Pages = union(change.Pages, c.pagesOf(owner))
	return nil
}
