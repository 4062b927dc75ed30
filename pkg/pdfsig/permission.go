package pdfsig

import (
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Permission is the entry P of a certification: the changes that it allows
// later (12.8.2.2, table 254). Zero means no certification.
type Permission int

// Permissions of a certification.
const (
	NoChanges      Permission = 1 // ISO 32000-2 still allows validation data
	FillForms      Permission = 2 // also allows signing
	AddAnnotations Permission = 3
)

// lock is a FieldMDP transform (12.8.2.4): fields that must not change after
// its signature.
type lock struct {
	action pdf.Name // All, Include or Exclude
	fields map[string]bool
}

// covers reports whether the lock includes a field. A name includes all fields
// below it.
func (l lock) covers(name string) bool {
	named := l.fields[name]
	for i := len(name) - 1; i >= 0 && !named; i-- {
		named = name[i] == '.' && l.fields[name[:i]]
	}
	return l.action == "All" || l.action == "Include" && named || l.action == "Exclude" && !named
}

// rules are the limits that one signature sets for later changes.
type rules struct {
	permission Permission
	locks      []lock
}

// rules reads the transforms of a signature dictionary's Reference (12.8.1).
func (d *document) rules(signature pdf.Dict) (r rules, err error) {
	references, err := pdf.As[pdf.Array](d.File, signature["Reference"])
	if err != nil {
		return r, err
	}
	for _, o := range references {
		reference, err := pdf.As[pdf.Dict](d.File, o)
		if err != nil {
			return r, err
		}
		params, err := pdf.As[pdf.Dict](d.File, reference["TransformParams"])
		if err != nil {
			return r, err
		}
		switch reference["TransformMethod"] {
		case pdf.Name("DocMDP"):
			if r.permission, err = d.permission(params); err != nil {
				return r, err
			}
		case pdf.Name("FieldMDP"):
			l, err := d.lock(params)
			if err != nil {
				return r, err
			}
			r.locks = append(r.locks, l)
		}
	}
	return r, nil
}

func (d *document) permission(params pdf.Dict) (Permission, error) {
	if params["P"] == nil {
		return FillForms, nil // the default
	}
	p, err := pdf.As[int64](d.File, params["P"])
	if err != nil {
		return 0, err
	}
	if p < 1 || p > 3 {
		return 0, pdf.Damagef("DocMDP with P %d", p)
	}
	return Permission(p), nil
}

func (d *document) lock(params pdf.Dict) (l lock, err error) {
	if l.action, err = pdf.As[pdf.Name](d.File, params["Action"]); err != nil {
		return l, err
	}
	if l.action == "" { // other readers treat a missing Action as Include
		l.action = "Include"
	}
	if l.action != "All" && l.action != "Include" && l.action != "Exclude" {
		return l, pdf.Damagef("FieldMDP with Action %s", l.action)
	}
	l.fields, err = d.lockedNames(params["Fields"])
	return l, err
}

// lockedNames reads the field names of a lock. It caches them, because many
// signatures can refer to one list.
func (d *document) lockedNames(o pdf.Object) (map[string]bool, error) {
	ref, shared := o.(pdf.Ref)
	if names, known := d.locked[ref]; shared && known {
		return names, nil
	}
	list, err := pdf.As[pdf.Array](d.File, o)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(list))
	for _, o := range list {
		name, err := pdf.As[pdf.String](d.File, o)
		if err != nil {
			return nil, err
		}
		if err := d.Spend(unitsPerName + int64(len(name))); err != nil {
			return nil, err
		}
		names[text(name)] = true
	}
	if shared {
		if d.locked == nil {
			d.locked = map[pdf.Ref]map[string]bool{}
		}
		d.locked[ref] = names
	}
	return names, nil
}

// unitsPerName is the cost of one stored name in units of work, besides its
// bytes.
const unitsPerName = 16
