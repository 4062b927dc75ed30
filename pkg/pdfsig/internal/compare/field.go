package compare

import (
	"bytes"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Allowed keys of an added signature field and of its widget. None of them adds
// an action, belongs to optional content, or changes the type of the
// annotation.
var (
	newFieldKeys  = []pdf.Name{"FT", "T", "TU", "TM", "Ff", "V", "Lock", "SV", "DA", "Q", "Kids"}
	newWidgetKeys = []pdf.Name{"Type", "Subtype", "Rect", "F", "P", "AP", "AS", "MK", "BS", "Border", "C", "H", "M", "NM", "Contents", "StructParent", "Parent"}
)

// addedField judges a new field. It must be a signature field in a new object,
// with one widget.
func (c *comparison) addedField(ref pdf.Ref) error {
	field, widget, kid, whole, err := c.newField(ref)
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
	c.fresh = append(c.fresh, fresh{change, kid})
	return nil
}

// fresh is an added field with its widget. Its pages are known only after the
// pages have been compared.
type fresh struct {
	Change
	widget pdf.Ref
}

// describeSigned describes the value of an added or signed field.
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

// newField reads a new field and its widget, which is the same object or the
// only kid; whole is false for any other form.
func (c *comparison) newField(ref pdf.Ref) (field, widget pdf.Dict, kid pdf.Ref, whole bool, err error) {
	field, err = c.newDict(ref)
	if err != nil || field == nil || field["FT"] != pdf.Name("Sig") {
		return nil, nil, kid, false, err
	}
	if _, named := field["T"].(pdf.String); !named {
		return nil, nil, kid, false, nil
	}
	widget, kid = field, ref
	keys := slices.Concat(newFieldKeys, newWidgetKeys)
	if field["Kids"] != nil {
		kids, err := pdf.As[pdf.Array](c.new.File, field["Kids"])
		if err != nil || len(kids) != 1 {
			return nil, nil, kid, false, err
		}
		kid, _ = kids[0].(pdf.Ref)
		if widget, err = c.newDict(kid); err != nil || widget == nil || widget["Parent"] != pdf.Object(ref) {
			return nil, nil, kid, false, err
		}
		if !onlyKeys(widget, newWidgetKeys) {
			return nil, nil, kid, false, nil
		}
		keys = newFieldKeys
	} else if field["Parent"] != nil {
		return nil, nil, kid, false, nil
	}
	if widget["Subtype"] != pdf.Name("Widget") || !onlyKeys(field, keys) {
		return nil, nil, kid, false, nil
	}
	if widget["Type"] != nil && widget["Type"] != pdf.Name("Annot") {
		return nil, nil, kid, false, nil
	}
	place, err := c.new.box(widget["Rect"])
	if err != nil || !place.valid && widget["Rect"] != nil {
		return nil, nil, kid, false, err
	}
	c.added[ref], c.added[kid] = true, true
	return field, widget, kid, true, nil
}

// newDict reads a dictionary that is a new object without references in the old
// revision.
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

// box is a rectangle of four numbers (7.9.5). A line counts as narrow, a point
// as empty.
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
	noWidth := pdf.Rewritten("", real(array[0]), real(array[2]))
	noHeight := pdf.Rewritten("", real(array[1]), real(array[3]))
	b.narrow, b.empty = noWidth || noHeight, noWidth && noHeight
	return b, nil
}

// real converts an integer to a real number, for comparison.
func real(o pdf.Object) pdf.Object {
	if n, ok := o.(int64); ok {
		return pdf.Real(string(pdf.Append(nil, n)) + ".")
	}
	return o
}

// flagHidden is the bit of an annotation's F that hides it everywhere (12.5.3).
const flagHidden = 1 << 1

// shows reports whether a widget is visible on its page (12.5.2). A Rect in the
// form of a line counts as visible. So does a widget with an appearance but no
// place, because some readers draw it.
func (d *Document) shows(widget pdf.Dict) (bool, error) {
	if flags, ok := widget["F"].(int64); ok && flags&flagHidden != 0 {
		return false, nil
	}
	if widget["Rect"] == nil {
		return d.draws(widget["AP"], 0)
	}
	b, err := d.box(widget["Rect"])
	if err != nil || !b.valid || !b.narrow {
		return true, err
	}
	return d.draws(widget["AP"], 0)
}

// maxStates is the largest depth of the appearance states of a widget.
const maxStates = 3

// draws reports whether an appearance can draw anything: a stream in it has
// more than comments, and its box is more than a point.
func (d *Document) draws(o pdf.Object, depth int) (bool, error) {
	o, err := d.Resolve(o)
	if err != nil || o == nil {
		return false, err
	}
	if stream, ok := o.(*pdf.Stream); ok {
		return d.streamDraws(stream)
	}
	dict, ok := o.(pdf.Dict)
	if !ok || depth == maxStates {
		return true, nil
	}
	for _, state := range dict {
		if draws, err := d.draws(state, depth+1); draws || err != nil {
			return draws, err
		}
	}
	return false, nil
}

func (d *Document) streamDraws(s *pdf.Stream) (bool, error) {
	b, err := d.box(s.Dict["BBox"])
	if err != nil || b.valid && b.empty {
		return false, err
	}
	data, err := d.Decode(s)
	if damaged(err) {
		return true, nil // this package does not decode the filter
	}
	if err != nil {
		return false, err
	}
	for line := range bytes.FieldsFuncSeq(data, func(r rune) bool { return r == '\n' || r == '\r' }) {
		text, _, _ := bytes.Cut(line, []byte("%"))
		if len(bytes.TrimSpace(text)) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// judgeField judges a changed field, widget or other annotation.
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

// Keys that may change when a field is filled in or signed.
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
	change, allowed, err := c.fillable(f)
	if err != nil {
		return err
	}
	shown, pages, err := c.widgetsOf(f)
	if err != nil {
		return err
	}
	change.Field, change.Pages = f.Name, pages
	for _, key := range differing(old, now) {
		switch {
		case slices.Contains(allowed, key):
		case key == "Rect" && pdf.Rewritten(key, now[key], old[key]): // integers rewritten as real numbers; every reader accepts them here
		case key == "P" && old["P"] == nil && c.isOn(p.ref.Number, now["P"]):
			// iText and PDFBox add P, the page of a field, when they sign it.
		case key == "Rect" && change.Kind == Signed:
			// PDFBox removes the area of a field when it signs invisibly. A
			// visible move counts like a new field.
			if shown, err := c.new.shows(now); err != nil {
				return err
			} else if shown {
				change.Level = max(change.Level, Annotation)
			}
		default:
			change = Change{Level: Content, Kind: Altered, Shown: true, Field: f.Name, Key: string(key), Pages: change.Pages, Detail: "field " + quoted(f.Name) + " was changed: " + string(key)}
		}
	}
	return c.finish(change, f, shown)
}

// isOn reports whether a reference leads to the page that lists an annotation.
func (c *comparison) isOn(annotation int, page pdf.Object) bool {
	ref, ok := page.(pdf.Ref)
	return ok && ref.Generation == 0 && c.roles.pages[annotation] == ref.Number
}

// finish records the change of a field. A signature is shown on the pages of
// its widget.
func (c *comparison) finish(change Change, f *Field, shown bool) error {
	if change.Kind != Signed {
		c.found.add(change)
		return nil
	}
	change.Shown = shown
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

// widgetsOf reports whether a widget of a field is visible now, and returns
// their pages.
func (c *comparison) widgetsOf(f *Field) (shown bool, pages []int, err error) {
	for _, ref := range f.Widgets {
		widget, err := pdf.As[pdf.Dict](c.new.File, ref)
		if err != nil {
			return false, nil, err
		}
		shows, err := c.new.shows(widget)
		if err != nil {
			return false, nil, err
		}
		shown = shown || shows
		pages = union(pages, c.pagesOf(widget))
	}
	return shown, pages, nil
}

// fillable returns the keys of a field that may change, and the kind of change.
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
	now, err := pdf.As[pdf.Dict](c.new.File, f.Ref) // the changed object can be the widget
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

// judgeValue judges the changed value of a field in an object of its own. Every
// field with this value must be one that may be filled in.
func (c *comparison) judgeValue(p pair) error {
	return c.byOwners(p, "a field's value was changed")
}

// judgeAppearance judges a changed appearance (12.5.5) by the rules of the
// fields and annotations that use it.
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

// byOwners judges an object by the rules of the annotations and fields that own
// it.
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
