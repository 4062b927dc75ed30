package compare

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// role is the purpose of an object for the objects that refer to it. The roles
// of an object are combined as bits.
type role uint32

// Roles of objects. Objects without a more precise role are content, if they
// are drawn, or navigation, if not.
const (
	roleCatalog role = 1 << iota
	roleInfo
	roleMetadata
	roleDSS        // the document security store and the objects that it refers to
	roleExtensions // of the catalog
	roleForm
	roleFields // an array of the form's fields
	roleField
	roleAnnots // an array of a page's annotations
	roleAnnot
	rolePages // a node of the page tree, or a page
	roleStructRoot
	roleStructElem // an element of the structure tree, or an array of its children
	roleParentTree
	roleParentNums  // an array of a parent tree's numbers and values
	roleParentValue // an array of a parent tree's structure elements
	roleAppearance  // AP of an annotation and its objects, down to a stream
	roleValue       // value of a form field
	roleResources   // DR of the form
	roleCategory    // a dictionary in DR, except XObject
	roleXObjects    // XObject in DR; text does not use it
	roleLength      // length of an appearance's or a value's stream
	roleSignature   // a signature dictionary
	roleDrawnBy     // Resources of a page or of a drawn stream
	roleDrawnNames  // a dictionary in such Resources
	roleContent
	roleNavigation
)

// typed are the roles that a reference by navigation does not change. For
// example, a link to a page adds no role to the page.
const typed = roleCatalog | roleForm | roleFields | roleField | roleAnnots | roleAnnot | rolePages | roleStructRoot | roleStructElem | roleSignature

// roleTable holds the roles of objects by number. It allocates its pages on
// demand.
type roleTable []*[rolesPerPage]role

const rolesPerPage = 1 << 10

func (t roleTable) of(number int) role {
	if p := number / rolesPerPage; p < len(t) && t[p] != nil {
		return t[p][number%rolesPerPage]
	}
	return 0
}

func (t *roleTable) add(number int, r role) {
	p := number / rolesPerPage
	for len(*t) <= p {
		*t = append(*t, nil)
	}
	if (*t)[p] == nil {
		(*t)[p] = new([rolesPerPage]role)
	}
	(*t)[p][number%rolesPerPage] |= r
}

// roles follows every reference from the trailer on and records the role of
// each object.
type roles struct {
	doc   *Document
	table roleTable
	// owners are the annotations and fields that use an object as an
	// appearance, a value or a length; for a length, also its streams.
	owners map[int][]int
	pages  map[int]int // object number of the page, by annotation or array of annotations
	// waiting is true if a note without an appearance takes its font from the
	// form.
	waiting bool
	// bare are the default appearances of widgets without an appearance, by
	// the number of their object.
	bare map[int]pdf.Object
	// misfits are objects with a reference of the wrong generation.
	misfits []int
	// generations are missing objects, and objects with a reference of a
	// generation other than 0.
	generations map[int]bool
	// odd is true if a reference leads to a missing or unreadable object. Some
	// readers then rebuild the cross-references.
	odd bool
	// unread are the objects that cannot be read.
	unread map[int]bool
	// differing is the first place that readers draw in different ways, or nil.
	differing *Differing
	// used are the names of resources to follow; nil for all.
	used map[pdf.Name]bool
	look func(pdf.Object) // called for each object read, or nil

	todo, later []visit
	err         error // the work limit of the file is exceeded
}

// visit is a reference that remains to be followed.
type visit struct {
	ref   pdf.Ref
	role  role
	owner int // owner of an appearance, value or length; the page of an annotation
	// strange marks navigation that refers to a page, field or annotation from
	// an unusual place. The object then has two roles.
	strange bool
}

// maxOwners is more than the owners of any changing object in an honest file.
// An object with more owners may not change.
const maxOwners = 100

func newRoles(look func(pdf.Object)) *roles {
	return &roles{look: look, owners: map[int][]int{}, pages: map[int]int{}, bare: map[int]pdf.Object{}, unread: map[int]bool{}, generations: map[int]bool{}}
}

// start gives every object of a document its roles.
func (r *roles) start(d *Document) error {
	r.doc = d
	r.trailer()
	return r.run()
}

// trailer begins with the references in the trailer.
func (r *roles) trailer() {
	if info, ok := r.doc.Trailer()["Info"].(pdf.Ref); ok {
		r.push(visit{ref: info, role: roleInfo})
	}
	if encrypt, ok := r.doc.Trailer()["Encrypt"].(pdf.Ref); ok {
		r.push(visit{ref: encrypt, role: roleNavigation})
	}
	r.push(visit{ref: r.doc.Root, role: roleCatalog})
}

// extend continues with the next revision. The changed objects keep their
// roles, and their new references are followed.
func (r *roles) extend(d *Document, changed []int) error {
	r.doc = d
	r.trailer()
	for _, n := range changed {
		all := r.table.of(n)
		if all == 0 {
			continue
		}
		ref, o, err := d.live(n)
		if err != nil {
			return err
		}
		for one := role(1); one <= roleNavigation; one <<= 1 {
			if all&one == 0 {
				continue
			}
			owner := r.pages[n]
			for _, of := range append(r.owners[n], owner) {
				r.expand(visit{ref: ref, role: one, owner: of}, o)
			}
		}
	}
	return r.run()
}

// push queues a reference. Content and navigation come last, because the more
// precise roles must be known first.
func (r *roles) push(v visit) {
	if v.owner == 0 && v.ref.Generation == 0 && r.table.of(v.ref.Number)&v.role != 0 && !r.generations[v.ref.Number] {
		return // already followed
	}
	const units = 48 // the cost of following one reference
	if err := r.doc.Spend(units); err != nil {
		r.err = err
		return
	}
	if v.role&(roleContent|roleNavigation) != 0 {
		r.later = append(r.later, v)
	} else {
		r.todo = append(r.todo, v)
	}
}

// run follows the queued references in waves. Each wave goes in order of object
// number, so that the objects of one object stream come together.
func (r *roles) run() error {
	for len(r.todo)+len(r.later) > 0 {
		wave := &r.todo
		if len(*wave) == 0 {
			wave = &r.later
		}
		all := *wave
		*wave = nil
		slices.SortStableFunc(all, func(a, b visit) int { return cmp.Compare(a.ref.Number, b.ref.Number) })
		for _, v := range all {
			if err := r.follow(v); err != nil {
				return err
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return r.err
}

func (r *roles) follow(v visit) error {
	n := v.ref.Number
	has := r.table.of(n)
	if v.role == roleNavigation && has&typed != 0 {
		if v.strange {
			r.table.add(n, roleNavigation)
		}
		return r.misfit(v.ref)
	}
	if v.role == roleStructElem && has&roleStructRoot != 0 {
		return r.misfit(v.ref) // Parent of the root node
	}
	known := has&v.role != 0
	if known && (v.ref.Generation > 0 || r.generations[n]) {
		if err := r.misfit(v.ref); err != nil {
			return err
		}
	}
	if v.owner != 0 {
		if v.role&(roleAnnot|roleAnnots) != 0 {
			r.pages[n] = v.owner
		} else if v.role&(roleAppearance|roleValue|roleLength) != 0 {
			if len(r.owners[n]) > maxOwners || slices.Contains(r.owners[n], v.owner) {
				return nil
			}
			r.owners[n] = append(r.owners[n], v.owner)
			known = false
		}
	}
	if known {
		return nil
	}
	r.table.add(n, v.role)
	o, err := r.doc.Once(v.ref)
	r.odd = r.odd || o == nil
	if o == nil && err == nil || v.ref.Generation > 0 {
		r.generations[n] = true
		err = r.misfit(v.ref)
	}
	if damaged(err) && v.role&(roleContent|roleNavigation) != 0 {
		r.unread[n] = true
		if v.role == roleContent && !errors.Is(err, pdf.ErrAgreed) { // readers skip different parts of it
			r.differ(n, "%v", err)
		}
		return r.followUnread(v, err)
	}
	if err != nil {
		return err
	}
	if has == 0 && r.look != nil {
		r.look(o)
	}
	if err := r.compareReaders(v, o); err != nil {
		return err
	}
	r.expand(v, o)
	return nil
}

// maxUnread is the largest unreadable object to search, in bytes. searchUnit is
// the cost of searching one.
const (
	maxUnread  = 4 << 20
	searchUnit = 8
)

// followUnread handles an unreadable object that is content or navigation, for
// example a pattern with -1.#INF in its matrix. The object must not change, and
// everything in it that looks like a reference counts as one.
func (r *roles) followUnread(v visit, unread error) error {
	e, err := r.doc.Entry(v.ref.Number)
	if err != nil || e.Kind != pdf.InFile || e.Offset >= r.doc.Size() {
		return unread
	}
	text := make([]byte, min(maxUnread, r.doc.Size()-e.Offset))
	if err := r.doc.Spend(searchUnit * int64(len(text))); err != nil {
		return err
	}
	n, err := r.doc.Source().ReadAt(text, e.Offset)
	if err != nil && err != io.EOF {
		return err
	}
	text, _, whole := bytes.Cut(text[:n], []byte("endobj"))
	if !whole {
		return unread
	}
	for _, found := range reference.FindAllSubmatchIndex(text, -1) {
		number, err1 := strconv.Atoi(string(text[found[2]:found[3]]))
		generation, err2 := strconv.Atoi(string(text[found[4]:found[5]]))
		if err1 == nil && err2 == nil && !r.inSection(e.Offset+int64(found[0])) {
			r.push(visit{ref: pdf.Ref{Number: number, Generation: generation}, role: v.role})
		}
	}
	return nil
}

// inSection reports whether an offset lies in a cross-reference section or its
// trailer. Such bytes belong to no object, even if endobj is missing before
// them.
func (r *roles) inSection(offset int64) bool {
	return slices.ContainsFunc(r.doc.Sections(), func(s *pdf.Section) bool {
		return offset >= s.Offset && offset < s.End
	})
}

// reference matches an indirect reference in the text of an object. It does not
// match RG, the operator for a colour.
var reference = regexp.MustCompile(`(\d{1,7})[\x00\s]+(\d{1,5})[\x00\s]+R(?:[\x00\s<>\[\](){}/%]|$)`)

// misfit records a reference of the wrong generation. Some readers follow it;
// others read null.
func (r *roles) misfit(ref pdf.Ref) error {
	e, err := r.doc.Entry(ref.Number)
	if err == nil && e.Kind > pdf.Free && e.Generation != ref.Generation {
		r.misfits = append(r.misfits, ref.Number)
	}
	return err
}
