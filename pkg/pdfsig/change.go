package pdfsig

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// indirect is one object of the update: a new object, or a new version of an
// old one.
type indirect struct {
	ref    pdf.Ref
	object pdf.Object
	data   []byte // data of a stream; object is then its dictionary
}

// change records the new version of an object. A second, different version of
// the same object is an error: it means that one array serves two purposes and
// that the file's structure is damaged.
func (p *Prepared) change(ref pdf.Ref, o pdf.Object) error {
	for _, c := range p.changes {
		if c.ref.Number == ref.Number {
			if c.ref == ref && pdf.Equal(c.object, o) {
				return nil
			}
			return pdf.Damagef("object %d is two things at once", ref.Number)
		}
	}
	p.changes = append(p.changes, indirect{ref: ref, object: o})
	return nil
}

// Flags of an annotation (12.5.3) and of the form (12.7.2).
const (
	flagPrint, flagLocked          = 1 << 2, 1 << 7
	signaturesExist, appendOnlyBit = 1, 2
)

// addField makes a signature field with a widget. An invisible field goes to
// the first page and gets an empty appearance, because PDF/A-1 requires an
// appearance for every widget.
func (p *Prepared) addField(form *formState, visible *Placement) error {
	p.Field = freeName(form.names)
	number := 1
	if visible != nil {
		if form.forbidsWidget(p.Field) {
			return ErrNoNewField
		}
		number = cmp.Or(visible.Page, 1)
	}
	on, err := p.doc.page(number)
	if errors.Is(err, ErrNoPage) && visible == nil {
		err = ErrEmpty
	}
	if err != nil {
		return err
	}
	p.appearance = p.newRef()
	widget := p.newRef()
	box := numbers(0, 0, 0, 0)
	if visible == nil {
		p.changes = append(p.changes, indirect{
			ref:    p.appearance,
			object: pdf.Dict{"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"), "BBox": box, "Resources": pdf.Dict{}},
			data:   []byte{},
		})
	} else {
		if err := p.findPlace(on, *visible); err != nil {
			return err
		}
		p.place.widget = widget
	}
	if err := p.change(widget, pdf.Dict{
		"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
		"T": pdf.String(p.Field), "V": p.signature, "P": on.ref, "Rect": box,
		"F": int64(flagPrint | flagLocked), "AP": pdf.Dict{"N": p.appearance},
	}); err != nil {
		return err
	}
	if err := p.extendArray(on.ref, on.dict, "Annots", widget); err != nil {
		return err
	}
	return p.extendForm(&widget)
}

// extendArray adds an item to the array at dict[key]. The array may be missing,
// direct, or an object of its own; only the object that holds it changes.
func (p *Prepared) extendArray(owner pdf.Ref, dict pdf.Dict, key pdf.Name, item pdf.Ref) error {
	array, err := pdf.As[pdf.Array](p.doc.File, dict[key])
	if err != nil {
		return err
	}
	longer := append(array[:len(array):len(array)], item)
	if ref, ok := dict[key].(pdf.Ref); ok && array != nil {
		return p.change(ref, longer)
	}
	dict = dict.Clone()
	dict[key] = longer
	return p.change(owner, dict)
}

// extendForm adds the new field, if there is one, and sets SigFlags (12.7.2).
// The form may be missing, part of the catalog, or an object of its own.
func (p *Prepared) extendForm(widget *pdf.Ref) error {
	form := p.doc.form.Clone()
	flags, err := pdf.As[int64](p.doc.File, form["SigFlags"])
	if err != nil {
		return err
	}
	wanted := flags | signaturesExist | appendOnlyBit
	changed := wanted != flags || form["SigFlags"] == nil
	form["SigFlags"] = wanted
	if widget != nil {
		fields, err := pdf.As[pdf.Array](p.doc.File, form["Fields"])
		if err != nil {
			return err
		}
		longer := append(fields[:len(fields):len(fields)], *widget)
		if ref, ok := form["Fields"].(pdf.Ref); ok && fields != nil {
			if err := p.change(ref, longer); err != nil {
				return err
			}
		} else {
			form["Fields"], changed = longer, true
		}
	}
	if !changed {
		return nil
	}
	ref, indirectly := p.doc.catalog["AcroForm"].(pdf.Ref)
	if indirectly && p.doc.form != nil {
		return p.change(ref, form)
	}
	catalog := p.doc.catalog.Clone()
	if p.doc.form == nil {
		ref = p.newRef()
		if err := p.change(ref, form); err != nil {
			return err
		}
		catalog["AcroForm"] = ref
	} else {
		catalog["AcroForm"] = form
	}
	return p.change(p.doc.root, catalog)
}

// fillField signs an existing empty field. It either fulfils each demand of the
// field's seed values and lock, or refuses to sign.
func (p *Prepared) fillField(f *field, visible *Placement) error {
	p.Field = f.name
	if err := p.checkSeedValues(f); err != nil {
		return err
	}
	if err := p.applyLock(f); err != nil {
		return err
	}
	dict := f.dict.Clone()
	dict["V"] = p.signature
	if visible != nil {
		if err := p.showInField(f, dict); err != nil {
			return err
		}
	}
	if err := p.change(f.ref, dict); err != nil {
		return err
	}
	return p.extendForm(nil)
}

// showInField adds an appearance to the field's widget. The widget is usually
// the field itself; dict is then its new dictionary.
func (p *Prepared) showInField(f *field, dict pdf.Dict) error {
	if err := p.fieldPlace(f); err != nil {
		return err
	}
	p.appearance = p.newRef()
	look := pdf.Dict{"N": p.appearance}
	if p.place.widget == f.ref {
		dict["AP"] = look
		return nil
	}
	widget, err := pdf.As[pdf.Dict](p.doc.File, p.place.widget)
	if err != nil {
		return err
	}
	widget = widget.Clone()
	widget["AP"] = look
	return p.change(p.place.widget, widget)
}

// checkSeedValues checks the field's seed values (12.7.4.5, table 234). Only values
// that Ff marks as required are binding.
func (p *Prepared) checkSeedValues(f *field) error {
	seed, err := pdf.As[pdf.Dict](p.doc.File, f.dict["SV"])
	if err != nil {
		return err
	}
	flags, err := pdf.As[int64](p.doc.File, seed["Ff"])
	if err != nil {
		return err
	}
	const filter, subFilter = 1, 2
	if flags&^(filter|subFilter) != 0 || seed["MDP"] != nil || seed["Cert"] != nil {
		return ErrFieldDemands
	}
	if flags&filter != 0 && seed["Filter"] != pdf.Name("Adobe.PPKLite") {
		return ErrFieldDemands
	}
	if flags&subFilter == 0 {
		return nil
	}
	accepted, err := pdf.As[pdf.Array](p.doc.File, seed["SubFilter"])
	if err != nil {
		return err
	}
	for _, o := range accepted {
		if o == pdf.Name(p.profile) {
			return nil
		}
	}
	return ErrFieldDemands
}

// applyLock turns the field's lock into the FieldMDP transform that the
// signature must carry (12.7.4.5, table 233).
func (p *Prepared) applyLock(f *field) error {
	dict, err := pdf.As[pdf.Dict](p.doc.File, f.dict["Lock"])
	if err != nil || dict == nil {
		return err
	}
	if dict["P"] != nil { // ISO 32000-2: the signature would have to certify
		return ErrFieldDemands
	}
	l, err := p.doc.lock(dict)
	if err != nil {
		return err
	}
	params := pdf.Dict{"Type": pdf.Name("TransformParams"), "V": pdf.Name("1.2"), "Action": l.action}
	if l.action != "All" {
		names := pdf.Array{}
		for _, n := range slices.Sorted(maps.Keys(l.fields)) {
			names = append(names, textString(n))
		}
		params["Fields"] = names
	}
	p.reference = pdf.Array{pdf.Dict{
		"Type": pdf.Name("SigRef"), "TransformMethod": pdf.Name("FieldMDP"),
		"TransformParams": params, "Data": p.doc.root,
	}}
	return nil
}
