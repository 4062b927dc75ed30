package pdfsig

import (
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// use is one place where an object is referred to: the object it stands in,
// and the last two dictionary keys on the way there: "AP/N"; "/Annots" where
// there is one key only, "/" where there is none.
type use struct {
	owner    pdf.Ref
	path     string
	revision int // the first that has it
}

// uses are the places where the objects that matter are referred to. An object
// may change only if all of its places let it: the same stream could be an
// appearance here and a page's content there.
type uses struct {
	of      map[pdf.Ref][]use // each use once in a row
	matter  map[int]bool      // numbers of the objects that are asked for
	scanned map[int64]bool    // offsets of the sections whose objects have been read
}

// findUses reads every object of the signed revisions, oldest first, for
// references to what a later one of them, or the file now, speaks of.
func findUses(signed []*document, now *document) (*uses, error) {
	u := &uses{matter: map[int]bool{}}
	revisions := append(signed[:len(signed):len(signed)], now)
	for i := range signed {
		for n := range unshared(revisions[i], revisions[i+1]) {
			u.matter[n] = true
		}
	}
	if len(u.matter) == 0 {
		return u, nil
	}
	for _, d := range signed { // it may be a page's, too
		if resources, ok := d.form["DR"].(pdf.Ref); ok {
			u.matter[resources.Number] = true
		}
	}
	// Where an array, or what holds an appearance, is an object of its own,
	// what uses it matters, too.
	const passes = 4
	for range passes {
		u.of, u.scanned = map[pdf.Ref][]use{}, map[int64]bool{}
		for revision, d := range signed {
			if err := u.scan(d, revision); err != nil {
				return nil, err
			}
		}
		if !u.addOwners() {
			break
		}
	}
	return u, nil
}

// unshared are the numbers of the objects that a section speaks of which the
// two revisions do not share: all that can differ.
func unshared(old, now *document) map[int]bool {
	count := map[int64]int{}
	for _, d := range []*document{old, now} {
		for _, s := range d.Sections() {
			count[s.Offset]++
		}
	}
	numbers := map[int]bool{}
	for _, d := range []*document{old, now} {
		for _, s := range d.Sections() {
			if count[s.Offset] == 2 {
				continue
			}
			for n := range s.Numbers {
				numbers[n] = true
			}
		}
	}
	return numbers
}

func (u *uses) addOwners() (more bool) {
	for _, all := range u.of {
		for _, use := range all {
			if (use.path == "/" || use.path == "/N") && !u.matter[use.owner.Number] {
				u.matter[use.owner.Number] = true
				more = true
			}
		}
	}
	return more
}

// scan reads the objects that a revision has and those before it had not.
func (u *uses) scan(d *document, revision int) error {
	seen := map[int]bool{}
	for _, s := range d.Sections() {
		if u.scanned[s.Offset] {
			continue
		}
		u.scanned[s.Offset] = true
		for n := range s.Numbers {
			if seen[n] {
				continue
			}
			seen[n] = true
			owner, o, err := d.live(n)
			if err != nil {
				return err
			}
			u.walk(use{owner: owner, revision: revision}, o, "", "")
		}
	}
	return nil
}

// live is the object that has a number in this revision, or nil.
func (d *document) live(number int) (pdf.Ref, pdf.Object, error) {
	e, err := d.Entry(number)
	if err != nil || e.Kind <= pdf.Free {
		return pdf.Ref{Number: number}, nil, err
	}
	ref := pdf.Ref{Number: number, Generation: e.Generation}
	o, err := d.Object(ref)
	return ref, o, err
}

func (u *uses) walk(at use, o pdf.Object, outer, key string) {
	switch v := o.(type) {
	case pdf.Ref:
		if u.matter[v.Number] {
			at.path = outer + "/" + key
			if all := u.of[v]; len(all) == 0 || all[len(all)-1] != at {
				u.of[v] = append(all, at)
			}
		}
	case pdf.Array:
		for _, item := range v {
			u.walk(at, item, outer, key)
		}
	case pdf.Dict:
		for k, item := range v {
			u.walk(at, item, key, string(k))
		}
	case *pdf.Stream:
		u.walk(at, v.Dict, outer, key)
	}
}

// at are the places where a revision, or one before it, refers to an object.
func (u *uses) at(revision int, ref pdf.Ref) (places []use) {
	for _, use := range u.of[ref] {
		if use.revision <= revision {
			places = append(places, use)
		}
	}
	return places
}

// maxUses is more than an honest file has of what changes.
const maxUses = 1000

// only reports whether a revision refers to an object by these paths only, be
// it through arrays that are objects of their own. Where there are more than
// maxUses, the answer is no.
func (u *uses) only(revision int, ref pdf.Ref, paths ...string) bool {
	todo, seen := []pdf.Ref{ref}, map[pdf.Ref]bool{}
	for steps := 0; len(todo) > 0; todo = todo[1:] {
		for _, use := range u.at(revision, todo[0]) {
			if steps++; steps > maxUses {
				return false
			}
			switch {
			case slices.Contains(paths, use.path):
			case use.path != "/" || !u.matter[use.owner.Number]:
				return false
			case !seen[use.owner]:
				seen[use.owner] = true
				todo = append(todo, use.owner)
			}
		}
	}
	return true
}
