package compare

import (
	"bytes"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Limits are the restrictions that earlier signatures set for a step.
type Limits struct {
	// Locked reports whether a signature locked the named field (FieldMDP,
	// 12.8.2.4).
	Locked func(name string) bool
	// Text decodes the name of a field.
	Text func(pdf.String) string
	// Judged reports whether a field holds a signature that the verifier
	// checks. Any other value is not accepted as a signature.
	Judged func(field pdf.Ref) bool
}

// History compares the revisions of a file one after the other, oldest first.
type History struct {
	// Look, if not nil, is called with every object that is read to assign
	// roles.
	Look func(pdf.Object)

	roles *roles
}

// Step explains the changes between two revisions. old must be the new revision
// of the previous step.
func (h *History) Step(old, now *Document, limits Limits) (Changes, error) {
	c := &comparison{old: old, new: now, limits: limits, changed: map[int]pair{}, added: map[pdf.Ref]bool{}, fields: map[int]*Field{}, listed: map[pdf.Ref][]int{}}
	if old.Sections()[0].Offset == now.Sections()[0].Offset {
		return nil, nil
	}
	if h.roles == nil {
		h.roles = newRoles(h.Look)
		if err := h.roles.start(old); err != nil {
			return nil, err
		}
	}
	c.roles = h.roles
	if err := c.findChanged(); err != nil {
		return nil, err
	}
	numbers := make([]int, 0, len(c.changed))
	for n := range c.changed {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	err := c.explain()
	if err == nil && len(c.found) == 0 {
		c.about(Signature, Metadata, Nothing, "something was added that nothing uses")
	}
	if extended := h.roles.extend(now, numbers); err == nil {
		err = extended
	}
	return c.found, err
}

// unseen are the roles without visible effect.
const unseen = roleInfo | roleMetadata | roleDSS | roleExtensions | roleStructRoot | roleStructElem | roleParentTree | roleParentNums | roleParentValue | roleNavigation

// Reached calls visit for every object that any revision so far reaches from
// its trailer. drawn is false for objects without visible effect.
func (h *History) Reached(visit func(number int, drawn bool) error) error {
	if h.roles == nil {
		return nil
	}
	for p, page := range h.roles.table {
		if page == nil {
			continue
		}
		for i, r := range page {
			if r != 0 {
				if err := visit(p*rolesPerPage+i, r&^unseen != 0); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Reaches reports whether any revision so far reaches an object, and whether
// the object has a visible effect.
func (h *History) Reaches(number int) (reached, drawn bool) {
	if h.roles == nil {
		return false, false
	}
	r := h.roles.table.of(number)
	return r != 0, r&^unseen != 0
}

// Reach follows a single document from its trailer. It prepares
// [History.Reached] if there is no step.
func (h *History) Reach(d *Document) error {
	if h.roles != nil {
		return nil
	}
	h.roles = newRoles(h.Look)
	return h.roles.start(d)
}

// Stepped reports whether any step compared two different revisions.
func (h *History) Stepped() bool { return h.roles != nil }

// Misfits returns the objects with a reference of the wrong generation.
func (h *History) Misfits() []int {
	if h.roles == nil {
		return nil
	}
	return h.roles.misfits
}

// Odd reports whether any revision so far refers to an object that is missing
// or unreadable.
func (h *History) Odd() bool { return h.roles != nil && h.roles.odd }

// Unread reports whether some object could not be read.
func (h *History) Unread() bool { return h.roles != nil && len(h.roles.unread) > 0 }

// comparison is one step. A rule must explain each change; the rest is a change
// of content.
type comparison struct {
	old, new *Document
	limits   Limits
	roles    *roles // roles in old

	changed map[int]pair      // objects that differ, are new, or are gone
	added   map[pdf.Ref]bool  // new fields and their widgets
	fields  map[int]*Field    // fields of old, by the numbers of their objects and widgets
	names   map[string]bool   // names of the fields of old
	waiting waiting           // fields of old without their own appearance
	numbers map[int]int       // page numbers of new, by object; see pageNumber
	listed  map[pdf.Ref][]int // pages that list the new widgets
	fresh   []fresh
	found   Changes
}

type pair struct {
	ref      pdf.Ref // reference in old
	old, new pdf.Object
}

// findChanged compares every object that may differ. A later revision must
// build on the signed one and keep all of it.
func (c *comparison) findChanged() error {
	newest := c.old.Sections()[0].Offset
	if !slices.ContainsFunc(c.new.Sections(), func(s *pdf.Section) bool { return s.Offset == newest }) {
		c.content(place{}, "the file was not continued but written anew")
	}
	for n := range unshared(c.old, c.new) {
		if err := c.findOne(n); err != nil {
			return err
		}
		if c.roles.table.of(n) != roleLength {
			continue
		}
		for _, stream := range c.roles.owners[n] { // a new length changes the stream
			if err := c.findOne(stream); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *comparison) findOne(n int) error {
	oldRef, old, err := c.old.live(n)
	if err != nil {
		return err
	}
	newRef, now, err := c.new.live(n)
	if err != nil {
		return err
	}
	if old == nil && now == nil {
		return nil
	}
	if old != nil && newRef != oldRef {
		now = nil // a reference with the old generation reads null
	}
	same, err := c.same(old, now)
	if err != nil || same {
		return err
	}
	if isType(old, "ObjStm") {
		c.content(object(n), "object stream %d was changed", n)
	}
	c.changed[n] = pair{pdf.Ref{Number: n, Generation: oldRef.Generation}, old, now}
	return nil
}

func isType(o pdf.Object, name pdf.Name) bool {
	switch v := o.(type) {
	case pdf.Dict:
		return v["Type"] == name
	case *pdf.Stream:
		return v.Dict["Type"] == name
	}
	return false
}

// same compares two versions of an object, including the bytes of a stream.
func (c *comparison) same(old, now pdf.Object) (bool, error) {
	a, ok := old.(*pdf.Stream)
	if !ok {
		return pdf.Rewritten("", old, now), nil
	}
	b, ok := now.(*pdf.Stream)
	if !ok || a.Length != b.Length || !pdf.Rewritten("", a.Dict, b.Dict) {
		return false, nil
	}
	x, y := c.old.Encoded(a), c.new.Encoded(b)
	bufferX, bufferY := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(x, bufferX)
		m, err2 := io.ReadFull(y, bufferY)
		if !bytes.Equal(bufferX[:n], bufferY[:m]) {
			return false, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if err2 != nil {
			return false, err2
		}
	}
}

// explain judges each changed object by its role.
func (c *comparison) explain() error {
	for _, step := range []func() error{c.readFields, c.compareCatalogs, c.compareForms, c.compareParentTrees} {
		if err := step(); err != nil {
			return err
		}
	}
	all := make([]pair, 0, len(c.changed))
	for _, p := range c.changed {
		all = append(all, p)
	}
	slices.SortFunc(all, byNumber)
	for _, p := range all {
		if err := c.judge(p); err != nil {
			return err
		}
	}
	for _, f := range c.fresh { // the pages are known now
		if pages := c.listed[f.widget]; f.Shown && len(pages) > 0 && pages[0] > 0 {
			f.Pages = union(pages, nil)
		}
		c.found.add(f.Change)
	}
	return nil
}

// judge explains one changed object. It needs a rule that covers all roles of
// the object.
func (c *comparison) judge(p pair) error {
	roles := c.roles.table.of(p.ref.Number)
	if roles == 0 {
		return nil // nothing refers to it
	}
	if p.old == nil {
		c.content(object(p.ref.Number), "object %d was missing when the document was signed, and is there now", p.ref.Number)
		return nil
	}
	for _, rule := range rules {
		if roles&^rule.roles == 0 {
			return rule.judge(c, p)
		}
	}
	if roles&(roles-1) != 0 {
		c.content(object(p.ref.Number), "object %d, which is more than one thing, was changed", p.ref.Number)
	} else {
		c.content(object(p.ref.Number), "object %d was changed", p.ref.Number)
	}
	return nil
}

// rules map combinations of roles to their check. A rule applies if the object
// has no role besides these.
var rules = []struct {
	roles role
	judge func(*comparison, pair) error
}{
	{roleCatalog, (*comparison).judged},
	{roleForm, (*comparison).judged},
	{roleInfo, (*comparison).judgeInfo},
	{roleMetadata, (*comparison).judgeMetadata},
	{roleExtensions, (*comparison).judgeExtensions},
	{roleDSS, (*comparison).judgeValidation},
	{roleResources, (*comparison).judged},
	{roleCategory, (*comparison).judgeCategory},
	{roleXObjects, (*comparison).judgeCategory},
	{roleResources | roleDrawnBy, (*comparison).judgeShared},
	{roleCategory | roleXObjects | roleDrawnNames, (*comparison).judgeShared},
	{roleFields | roleAnnots, (*comparison).judgeList},
	{roleField | roleAnnot, (*comparison).judgeField},
	{rolePages, (*comparison).judgePage},
	{roleStructRoot | roleStructElem, (*comparison).judgeStructure},
	{roleStructElem | roleParentValue, (*comparison).judgeStructure},
	{roleParentTree | roleParentNums, (*comparison).judged},
	{roleAppearance, (*comparison).judgeAppearance},
	{roleValue, (*comparison).judgeValue},
	{roleLength, (*comparison).judged},
}

// judged accepts an object that an earlier step has compared completely.
func (c *comparison) judged(pair) error { return nil }

// differing returns the keys with different values in two dictionaries, sorted.
func differing(old, now pdf.Dict) (keys []pdf.Name) {
	for key := range old {
		if !pdf.Rewritten(key, old[key], now[key]) {
			keys = append(keys, key)
		}
	}
	for key := range now {
		if _, both := old[key]; !both && now[key] != nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
