package pdfsig

import (
	"bytes"
	"io"
	"maps"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// comparison is of one signed revision with a later one. What changed must be
// explained by a rule; what is left when all rules have been applied is a
// change of content, whatever it may be.
type comparison struct {
	old, new *document
	revision int // of old, for uses
	uses     *uses
	locks    []lock

	changed map[int]pair     // objects that both have, differently, or that are gone
	added   map[pdf.Ref]bool // signature fields that are new
	fields  map[int]*field   // of old, by the numbers of their objects and widgets
	Changes
}

type pair struct {
	ref      pdf.Ref // of old
	old, new pdf.Object
}

// compare explains what a later revision changed.
func compare(old, now *document, revision int, u *uses, locks []lock) (Changes, error) {
	c := &comparison{old: old, new: now, revision: revision, uses: u, locks: locks,
		changed: map[int]pair{}, added: map[pdf.Ref]bool{}, fields: map[int]*field{}}
	if old.Sections()[0].Offset == now.Sections()[0].Offset {
		return c.Changes, nil
	}
	for _, step := range []func() error{
		c.findChanged, c.compareTrailers, c.compareCatalogs, c.compareValidation, c.compareForms, c.compareFields, c.compareAppearances, c.comparePages, c.compareStructure,
	} {
		if err := step(); err != nil {
			return c.Changes, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(c.changed)) {
		if len(c.uses.at(revision, c.changed[n].ref)) > 0 {
			c.add(ContentChanged, "object %d was changed", n)
		}
	}
	if c.Level == Unchanged {
		c.add(SignatureAdded, "a revision without a visible change was added")
	}
	return c.Changes, nil
}

// findChanged compares every object that can differ. A later revision builds
// on the signed one: it does not leave some of it out.
func (c *comparison) findChanged() error {
	newest := c.old.Sections()[0].Offset
	if !slices.ContainsFunc(c.new.Sections(), func(s *pdf.Section) bool { return s.Offset == newest }) {
		c.add(ContentChanged, "the file was not continued but written anew")
	}
	for n := range unshared(c.old, c.new) {
		if err := c.findOne(n); err != nil {
			return err
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
	if now != nil && (old == nil || newRef != oldRef) && len(c.uses.at(c.revision, newRef)) > 0 {
		c.add(ContentChanged, "object %d was missing when the document was signed, and is there now", n)
	}
	if old == nil {
		return nil
	}
	if newRef != oldRef {
		now = nil
	}
	same, err := c.same(old, now)
	if err != nil || same {
		return err
	}
	if isType(old, "ObjStm") {
		c.add(ContentChanged, "object stream %d was changed", n)
	}
	if isType(old, "XRef") && isType(now, "XRef") && c.uses.only(c.revision, oldRef) {
		return nil // some writers use the number again
	}
	c.changed[n] = pair{oldRef, old, now}
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

// explain takes an object off the list of changes if a revision refers to it
// by these paths only.
func (c *comparison) explain(ref pdf.Ref, paths ...string) bool {
	if _, ok := c.changed[ref.Number]; !ok {
		return true
	}
	if !c.uses.only(c.revision, ref, paths...) {
		return false
	}
	delete(c.changed, ref.Number)
	return true
}

// compareTrailers wants the same catalog; document information is no content.
func (c *comparison) compareTrailers() error {
	if c.old.root != c.new.root {
		c.add(ContentChanged, "the file has another catalog")
	}
	info, ok := c.old.Trailer()["Info"].(pdf.Ref)
	if _, changed := c.changed[info.Number]; ok && changed && c.explain(info, "/Info") {
		c.add(SignatureAdded, "document information was changed")
	}
	return nil
}

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

// compareCatalogs goes through the keys of the catalog (7.7.2).
func (c *comparison) compareCatalogs() error {
	for _, key := range differing(c.old.catalog, c.new.catalog) {
		switch key {
		case "AcroForm": // compareForms
		case "DSS", "Extensions", "Version":
			c.add(ValidationAdded, "%s of the catalog was changed", key)
		case "Metadata":
			c.add(SignatureAdded, "metadata was replaced")
		default:
			c.add(ContentChanged, "%s of the catalog was changed", key)
		}
	}
	delete(c.changed, c.old.root.Number) // all its keys are judged
	metadata, ok := c.old.catalog["Metadata"].(pdf.Ref)
	if p, changed := c.changed[metadata.Number]; ok && changed && isType(p.old, "Metadata") && c.explain(metadata, "/Metadata") {
		c.add(SignatureAdded, "metadata was changed")
	}
	return nil
}

// compareValidation lets the dictionaries and arrays of the document security
// store change (EN 319 142-1, 5.4.2) that nothing else uses. What they refer
// to is there once and for all.
func (c *comparison) compareValidation() error {
	start, ok := c.old.catalog["DSS"].(pdf.Ref)
	if !ok {
		return nil
	}
	store := map[pdf.Ref]bool{}
	todo := []pdf.Ref{start}
	for len(todo) > 0 && len(store) < 1<<16 {
		ref := todo[0]
		todo = todo[1:]
		o, err := c.old.Object(ref)
		if err != nil {
			return err
		}
		if _, isStream := o.(*pdf.Stream); isStream || store[ref] {
			continue
		}
		store[ref] = true
		pdf.References(o, func(r pdf.Ref) { todo = append(todo, r) })
	}
	for ref := range store {
		if _, changed := c.changed[ref.Number]; !changed {
			continue
		}
		if !slices.ContainsFunc(c.uses.at(c.revision, ref), func(u use) bool {
			return !store[u.owner] && !(u.owner == c.old.root && u.path == "/DSS")
		}) {
			delete(c.changed, ref.Number)
			c.add(ValidationAdded, "validation data was added")
		}
	}
	return nil
}
