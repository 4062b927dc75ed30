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

// role is what an object is to one that refers to it. Roles of an object are
// added up as bits.
type role uint32

// The roles. What is not told apart further is either content, which is drawn,
// or navigation, which is not.
const (
	roleCatalog role = 1 << iota
	roleInfo
	roleMetadata
	roleDSS        // the document security store and what it refers to
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
	roleAppearance  // AP of an annotation, and what it refers to, up to a stream
	roleValue       // of a form field
	roleResources   // DR of the form
	roleCategory    // a dictionary in it, other than the next
	roleXObjects    // XObject of DR, which no text is set with
	roleLength      // of an appearance's or a value's stream
	roleSignature   // a signature dictionary
	roleDrawnBy     // Resources of a page or of a stream that is drawn
	roleDrawnNames  // a dictionary in it
	roleContent
	roleNavigation
)

// typed are the roles of objects that navigation may refer to without making
// something else of them: a link to a page leaves it a page.
const typed = roleCatalog | roleForm | roleFields | roleField | roleAnnots | roleAnnot | rolePages | roleStructRoot | roleStructElem | roleSignature

// roleTable holds the roles of objects by number, in pages that are made when
// they are needed.
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

// roles follows every reference from the trailer on.
type roles struct {
	doc   *Document
	table roleTable
	// owners are the annotations and fields whose appearance, value or length
	// an object is; the streams that have a length.
	owners map[int][]int
	pages  map[int]int // by annotation, or array of them: the object number of its page
	// waiting is true where a note takes its font from the form and has no
	// appearance yet.
	waiting bool
	// misfits are objects that something refers to by another generation than
	// they have.
	misfits []int
	// generations are objects that something refers to by a generation other
	// than 0, or that are not there.
	generations map[int]bool
	// odd is true where something is referred to that is not there, or that
	// cannot be read: some readers rebuild the cross-references then.
	odd bool
	// unread is true where an object cannot be read.
	unread bool
	look   func(pdf.Object) // at each that is, or nil

	todo, later []visit
	err         error // that the file has cost all that it may
}

// visit is a reference to be followed.
type visit struct {
	ref   pdf.Ref
	role  role
	owner int // of an appearance, value, length; the page of an annotation
	// strange is a reference by navigation in a place where none to a page,
	// field or annotation is: it makes two things of one.
	strange bool
}

// maxOwners is more than an honest file has of what changes. An object with
// more of them may not change.
const maxOwners = 100

func newRoles(look func(pdf.Object)) *roles {
	return &roles{look: look, owners: map[int][]int{}, pages: map[int]int{}, generations: map[int]bool{}}
}

// start gives every object of a document its roles.
func (r *roles) start(d *Document) error {
	r.doc = d
	r.trailer()
	return r.run()
}

// trailer is where every way begins.
func (r *roles) trailer() {
	if info, ok := r.doc.Trailer()["Info"].(pdf.Ref); ok {
		r.push(visit{ref: info, role: roleInfo})
	}
	if encrypt, ok := r.doc.Trailer()["Encrypt"].(pdf.Ref); ok {
		r.push(visit{ref: encrypt, role: roleNavigation})
	}
	r.push(visit{ref: r.doc.Root, role: roleCatalog})
}

// extend goes on with the next revision, in which these objects differ: they
// keep their roles, and what they refer to now gets some.
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

// push notes a reference. What is drawn or navigated to comes after the rest:
// by then it is known which objects are more than that.
func (r *roles) push(v visit) {
	if v.owner == 0 && v.ref.Generation == 0 && r.table.of(v.ref.Number)&v.role != 0 && !r.generations[v.ref.Number] {
		return // followed before
	}
	const units = 48 // of work that following it takes
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

// run follows references, those of a wave by their numbers: so the objects of
// an object stream come one after the other.
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
		return r.misfit(v.ref) // the parent of the topmost
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
	if _, damaged := errors.AsType[*pdf.DamagedError](err); damaged && v.role&(roleContent|roleNavigation) != 0 {
		r.unread = true
		return r.followUnread(v, err)
	}
	if err != nil {
		return err
	}
	if has == 0 && r.look != nil {
		r.look(o)
	}
	r.expand(v, o)
	return nil
}

// maxUnread bounds an object that cannot be read, in bytes, and searchUnit is
// what it costs to look through one.
const (
	maxUnread  = 4 << 20
	searchUnit = 8
)

// followUnread is for an object that is drawn, or navigated to, and cannot be
// read, as a pattern with -1.#INF in its matrix: it stays as it is, and whatever
// looks like a reference in it counts as one.
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

// inSection reports whether a byte is one of a cross-reference section or its
// trailer, which belong to no object that lacks its end.
func (r *roles) inSection(offset int64) bool {
	return slices.ContainsFunc(r.doc.Sections(), func(s *pdf.Section) bool {
		return offset >= s.Offset && offset < s.End
	})
}

// reference is one as it is written; RG, which sets a colour, is none.
var reference = regexp.MustCompile(`(\d{1,7})[\x00\s]+(\d{1,5})[\x00\s]+R(?:[\x00\s<>\[\](){}/%]|$)`)

// misfit notes a reference with another generation than its object has: some
// readers take it, for others it is null.
func (r *roles) misfit(ref pdf.Ref) error {
	e, err := r.doc.Entry(ref.Number)
	if err == nil && e.Kind > pdf.Free && e.Generation != ref.Generation {
		r.misfits = append(r.misfits, ref.Number)
	}
	return err
}
