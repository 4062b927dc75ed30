package compare

import (
	"bytes"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Limits are what signatures before a step demand of it.
type Limits struct {
	// Locked reports whether a signature locked the field of this name
	// (FieldMDP).
	Locked func(name string) bool
	// Text decodes the name of a field.
	Text func(pdf.String) string
	// Judged reports whether a field holds a signature that is itself looked
	// at: one that is not is no signature.
	Judged func(field pdf.Ref) bool
}

// History compares the revisions of a file one after the other, oldest first.
type History struct {
	// Look, if there is one, is called with every object that is read to give it
	// a role.
	Look func(pdf.Object)

	roles *roles
}

// Step explains what the second revision changed in the first, which must be
// the second of the step before.
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

// unseen are the roles of objects that nothing shows.
const unseen = roleInfo | roleMetadata | roleDSS | roleExtensions | roleStructRoot | roleStructElem | roleParentTree | roleParentNums | roleParentValue | roleNavigation

// Reached calls visit for every object that some revision so far reaches from
// its trailer. drawn is false for one that nothing shows.
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

// Reaches tells whether some revision so far reaches an object, and whether it
// shows it.
func (h *History) Reaches(number int) (reached, drawn bool) {
	if h.roles == nil {
		return false, false
	}
	r := h.roles.table.of(number)
	return r != 0, r&^unseen != 0
}

// Reach follows a document from its trailer, for [History.Reached], where there
// is no step.
func (h *History) Reach(d *Document) error {
	if h.roles != nil {
		return nil
	}
	h.roles = newRoles(h.Look)
	return h.roles.start(d)
}

// Misfits are objects that are referred to by another generation than theirs.
func (h *History) Misfits() []int {
	if h.roles == nil {
		return nil
	}
	return h.roles.misfits
}

// Odd reports whether some revision so far refers to what is not there, or
// cannot be read.
func (h *History) Odd() bool { return h.roles != nil && h.roles.odd }

// Unread reports whether some object could not be read.
func (h *History) Unread() bool { return h.roles != nil && h.roles.unread }

// comparison is one step. What changed must be explained by a rule; what is
// left when all rules have been applied is a change of content.
type comparison struct {
	old, new *Document
	limits   Limits
	roles    *roles // as of old

	changed map[int]pair      // objects that both have, differently, or that are gone or new
	added   map[pdf.Ref]bool  // fields and their widgets that are new
	fields  map[int]*Field    // of old, by the numbers of their objects and widgets
	names   map[string]bool   // of fields of old
	waiting waiting           // fields of old that have no appearance of their own
	numbers map[int]int       // of pages of new, by their objects; see pageNumber
	listed  map[pdf.Ref][]int // pages that list the widgets that are new
	fresh   []fresh
	found   Changes
}

type pair struct {
	ref      pdf.Ref // of old
	old, new pdf.Object
}

// findChanged compares every object that can differ. A later revision builds
// on the signed one: it does not leave some of it out.
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
		for _, stream := range c.roles.owners[n] { // which is another one by its length
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
		now = nil // for those that refer to the old one
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

// same compares two versions of an object, a stream's bytes included.
func (c *comparison) same(old, now pdf.Object) (bool, error) {
	a, ok := old.(*pdf.Stream)
	if !ok {
		return pdf.Rewritten(old, now), nil
	}
	b, ok := now.(*pdf.Stream)
	if !ok || a.Length != b.Length || !pdf.Rewritten(a.Dict, b.Dict) {
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

// explain judges what changed, each object by its role.
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
	for _, f := range c.fresh { // where it is, by now
		if pages := c.listed[f.widget]; f.Shown && len(pages) > 0 && pages[0] > 0 {
			f.Pages = union(pages, nil)
		}
		c.found.add(f.Change)
	}
	return nil
}

// judge explains one object that changed. Its roles must be one, or some that
// belong together.
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

// rules say how an object of these roles, and no other, is judged.
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

// judged is an object all of which was looked at already.
func (c *comparison) judged(pair) error { return nil }

// differing are the keys that a later dictionary does not have alike, sorted.
func differing(old, now pdf.Dict) (keys []pdf.Name) {
	for key := range old {
		if !pdf.Rewritten(old[key], now[key]) {
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
