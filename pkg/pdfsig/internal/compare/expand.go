package compare

import (
	"strings"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// expand follows the references in an object and gives each the role that ISO
// 32000 defines for its place.
func (r *roles) expand(v visit, o pdf.Object) {
	if array, ok := o.(pdf.Array); ok {
		r.expandArray(v, array)
		return
	}
	stream, isStream := o.(*pdf.Stream)
	dict, _ := o.(pdf.Dict)
	if isStream {
		dict = stream.Dict
	}
	for key, value := range dict {
		r.expandKey(v, dict, key, value, isStream)
	}
}

// expandArray passes an array's role on to its items, except that the items of
// some lists have a role of their own.
func (r *roles) expandArray(v visit, array pdf.Array) {
	item := v.role
	switch v.role {
	case roleFields:
		item = roleField
	case roleAnnots:
		item = roleAnnot
	case roleParentValue:
		item = roleStructElem
	case roleParentNums:
		item = roleParentValue
	}
	for _, o := range array {
		r.child(visit{ref: v.ref, role: item, owner: v.owner}, o)
	}
}

// child follows a reference, or a direct object, which then has the role
// itself.
func (r *roles) child(v visit, o pdf.Object) {
	switch x := o.(type) {
	case pdf.Ref:
		r.push(visit{ref: x, role: v.role, owner: v.owner, strange: v.strange})
	case pdf.Array, pdf.Dict:
		r.expand(v, x)
	}
}

// as returns a visit of the same owner in another role.
func (v visit) as(other role) visit { return visit{ref: v.ref, role: other, owner: v.owner} }

// keyRoles gives the roles of referenced objects, by the role of the referring
// object and by key. Unlisted keys lead to content from drawn objects, and to
// navigation from others.
var keyRoles = map[role]map[pdf.Name]role{
	roleCatalog: {
		"Pages": rolePages, "AcroForm": roleForm, "Metadata": roleMetadata, "StructTreeRoot": roleStructRoot,
		"DSS": roleDSS, "Extensions": roleExtensions,
	},
	roleForm:       {"Fields": roleFields, "CO": roleFields, "DR": roleResources},
	rolePages:      {"Kids": rolePages, "Annots": roleAnnots},
	roleStructRoot: {"K": roleStructElem, "ParentTree": roleParentTree},
	roleStructElem: {"K": roleStructElem},
	roleParentTree: {"Kids": roleParentTree, "Nums": roleParentNums},
	// one element may stand in place of an array
	roleParentValue: {"K": roleStructElem},
}

// drawnKeys are the keys of a page that affect its drawing. All other keys of a
// page, and all keys of an annotation or field without a role of their own, are
// navigation.
var drawnKeys = map[pdf.Name]bool{
	"Contents": true, "MediaBox": true, "CropBox": true, "BleedBox": true, "TrimBox": true, "ArtBox": true,
	"Rotate": true, "Group": true, "UserUnit": true, "Thumb": true, "VP": true, "BoxColorInfo": true,
}

func (r *roles) expandKey(v visit, dict pdf.Dict, key pdf.Name, value pdf.Object, isStream bool) {
	switch v.role {
	case roleNavigation:
		r.child(visit{ref: v.ref, role: roleNavigation, strange: !navigates[key]}, value)
	case roleContent:
		next := roleContent
		if isStream && key == "Resources" {
			next = roleDrawnBy
		}
		r.child(visit{ref: v.ref, role: next}, value)
	case roleDrawnBy:
		r.child(visit{ref: v.ref, role: roleDrawnNames}, value)
	case roleDrawnNames:
		if r.used != nil && !r.used[key] && !strings.HasPrefix(string(key), "Default") { // content uses Default color spaces without naming them (8.6.5.6)
			return
		}
		r.child(visit{ref: v.ref, role: roleContent}, value)
	case roleInfo, roleMetadata, roleDSS, roleExtensions:
		r.child(v, value) // the whole object
	case roleAppearance, roleValue:
		r.expandAppearance(v, key, value, isStream)
	case roleField, roleAnnot, roleFields, roleAnnots:
		r.expandField(v, dict, key, value)
	case roleResources:
		switch key {
		case "XObject", "ProcSet":
			r.child(v.as(roleXObjects), value)
		default:
			r.child(v.as(roleCategory), value)
		}
	case roleCategory, roleXObjects:
		r.child(visit{ref: v.ref, role: roleContent}, value)
	case roleSignature:
		if key == "Reference" || key == "TransformParams" {
			r.child(v, value)
		} else {
			r.child(v.as(roleNavigation), value)
		}
	case roleLength:
	default:
		r.expandTyped(v, dict, key, value)
	}
}

// expandTyped follows the keys listed in keyRoles.
func (r *roles) expandTyped(v visit, dict pdf.Dict, key pdf.Name, value pdf.Object) {
	next := roleNavigation
	if v.role == roleCatalog && key == "OCProperties" {
		next = roleContent // it affects drawing
	}
	if known, ok := keyRoles[v.role][key]; ok {
		next = known
	} else if v.role == rolePages && key == "Resources" {
		next = roleDrawnBy
	} else if v.role == rolePages && drawnKeys[key] {
		next = roleContent
	}
	to := visit{ref: v.ref, role: next, strange: !navigates[key]}
	if v.role == rolePages && key == "Annots" {
		to.owner = v.ref.Number
	}
	r.child(to, value)
}

// expandAppearance follows an appearance or a value down to its streams.
// Objects that a stream uses are content. The length of a stream may be an
// object of its own.
func (r *roles) expandAppearance(v visit, key pdf.Name, value pdf.Object, isStream bool) {
	switch {
	case isStream && key == "Length":
		r.child(visit{ref: v.ref, role: roleLength, owner: v.ref.Number}, value)
	case isStream && key == "Resources":
		r.child(visit{ref: v.ref, role: roleDrawnBy}, value)
	case isStream:
		r.child(visit{ref: v.ref, role: roleContent}, value)
	default:
		r.child(v, value)
	}
}

// expandField follows a field, a widget or another annotation. One object can
// be both a field and its widget.
func (r *roles) expandField(v visit, dict pdf.Dict, key pdf.Name, value pdf.Object) {
	self := v.ref.Number
	r.compareLook(self, key, value)
	switch key {
	case "AP":
		r.child(visit{ref: v.ref, role: roleAppearance, owner: self}, value)
	case "V":
		next := roleValue
		if isSignatureValue(r.doc, value) {
			next = roleSignature
		}
		r.child(visit{ref: v.ref, role: next, owner: self}, value)
	case "RV":
		r.child(visit{ref: v.ref, role: roleValue, owner: self}, value)
	case "Subtype":
		r.findWaiting(self, dict, value)
	case "OC":
		r.child(visit{ref: v.ref, role: roleContent}, value)
	case "Kids":
		r.child(visit{ref: v.ref, role: roleField}, value)
	default:
		r.child(visit{ref: v.ref, role: roleNavigation, strange: !navigates[key]}, value)
	}
}

// findWaiting records an annotation without an appearance, if readers may draw
// it with the defaults of the form. A widget need not belong to a field of the
// form.
func (r *roles) findWaiting(number int, annotation pdf.Dict, subtype pdf.Object) {
	if subtype != pdf.Name("FreeText") && subtype != pdf.Name("Widget") {
		return
	}
	if looks, err := r.doc.hasLook(annotation); looks && err == nil {
		return
	}
	if subtype == pdf.Name("FreeText") {
		r.waiting = true
		return
	}
	if kind, err := r.doc.inherited(annotation, "FT"); err == nil && kind == pdf.Name("Sig") {
		return
	}
	own, _ := r.doc.inherited(annotation, "DA") // if it is unreadable, the form's is used
	r.bare[number] = own
}

// navigates are the keys through which navigation refers to a page, the
// catalog, a field, an annotation, a signature or a structure element;
// destinations are arrays and need no key. The list includes links to parents
// and siblings: only the references from above decide which objects are pages
// or fields.
var navigates = map[pdf.Name]bool{
	"Parent": true, "Popup": true, "IRT": true,
	"D": true, "SD": true, "Dest": true, "SE": true, "P": true, "Pg": true, "T": true, "TA": true, "AN": true, "Fields": true,
	"Data": true, "DocMDP": true, "UR3": true, "UR": true, "Start": true, "End": true, "Obj": true, "StmOwn": true, "Ref": true,
}

// isSignatureValue reports whether a field value is a signature dictionary.
func isSignatureValue(d *Document, value pdf.Object) bool {
	o, err := d.Resolve(value)
	dict, ok := o.(pdf.Dict)
	return err == nil && ok && (dict["ByteRange"] != nil || dict["Contents"] != nil || dict["Type"] == pdf.Name("Sig") || dict["Type"] == pdf.Name("DocTimeStamp"))
}
