package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Level is the permission that a certification must give for a change (ISO
// 32000-1, 12.8.2.2). A higher level is more serious.
type Level int

// Levels of changes.
const (
	None       Level = iota // validation data and document timestamps, which ISO 32000-2 always allows
	Signature               // an invisible signature, metadata
	Form                    // values of form fields
	Annotation              // notes, stamps, a visible signature in a new place
	Content                 // anything else; the visible content may differ from the signed content
)

var levelNames = [...]string{"none", "signature", "form", "annotation", "content"}

// String returns none, signature, form, annotation or content.
func (l Level) String() string { return levelNames[l] }

// Kind is the kind of an addition or change.
type Kind string

// Kinds of changes.
const (
	Timestamp      Kind = "timestamp"       // a document timestamp
	ValidationData Kind = "validation-data" // certificates and revocation data
	Signed         Kind = "signature"       // an invisible signature
	SignedShown    Kind = "signature-shown" // a visible signature
	Filled         Kind = "form"            // values of form fields, and signature fields that are still empty
	Annotated      Kind = "annotation"      // notes, stamps, highlights
	Metadata       Kind = "metadata"        // document information, the structure for screen readers, or unused objects
	Altered        Kind = "content"         // anything else
)

// About divides the changes of one kind; it is "" if the kind is precise
// enough.
type About string

// Subjects of changes of kind [Metadata], [Filled] or [Annotated].
const (
	Structure  About = "structure"   // the structure for screen readers
	Nothing    About = "nothing"     // unused objects
	EmptyField About = "empty-field" // a signature field without a signature
	Order      About = "order"       // order of annotations
	Settings   About = "settings"    // settings of the form without visible effect
)

// Change is one addition or change after a signature.
type Change struct {
	Level Level
	Kind  Kind
	About About
	// Pages are the numbers of the pages that show the change, from 1 on. It is
	// empty if no page shows it, or if the pages are unknown.
	Pages []int
	Field string // full name of the form field
	// Object and Key locate a change of content, as far as known: the number of
	// the object, and the key in it.
	Object int
	Key    string
	// Shown is true if the change is visible: a reader shows more than the
	// signed document, or something else.
	Shown  bool
	Detail string // a description in English
}

// maxChanges is the longest list of changes.
const maxChanges = 100

// Changes are the changes of one step, or of several.
type Changes []Change

// MostSevere returns the first change of the highest level; ok is false if there
// are no changes.
func (all Changes) MostSevere() (gravest Change, ok bool) {
	for i, c := range all {
		if i == 0 || c.Level > gravest.Level {
			gravest = c
		}
	}
	return gravest, len(all) > 0
}

// add records a change. If the list is full, a change of a higher level
// replaces the last one.
func (all *Changes) add(c Change) {
	for i, is := range *all {
		if is.Kind == c.Kind && is.About == c.About && is.Level == c.Level && is.Field == c.Field && is.Detail == c.Detail {
			(*all)[i].Pages = union(is.Pages, c.Pages)
			(*all)[i].Shown = is.Shown || c.Shown
			return
		}
	}
	if len(*all) < maxChanges {
		*all = append(*all, c)
	} else if last := len(*all) - 1; c.Level > (*all)[last].Level {
		(*all)[last] = c
	}
}

// Add appends the changes of another step.
func (all *Changes) Add(more Changes) {
	for _, c := range more {
		all.add(c)
	}
}

func union(a, b []int) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// place locates a change of content, as far as known.
type place struct {
	object int
	key    pdf.Name
	page   int
	field  string
}

func object(number int) place  { return place{object: number} }
func keyed(key pdf.Name) place { return place{key: key} }

func (c *comparison) page(ref pdf.Ref, key pdf.Name) place {
	return place{key: key, page: c.pageNumber(ref.Number)}
}

// content records a change that no rule allows.
func (c *comparison) content(at place, format string, args ...any) {
	change := Change{Level: Content, Kind: Altered, Shown: true, Object: at.object, Key: string(at.key), Field: at.field, Detail: fmt.Sprintf(format, args...)}
	if at.page > 0 {
		change.Pages = []int{at.page}
	}
	c.found.add(change)
}

// about records a change without visible effect, divided by its subject.
func (c *comparison) about(level Level, kind Kind, about About, detail string) {
	c.found.add(Change{Level: level, Kind: kind, About: about, Detail: detail})
}

// note records a change without visible effect.
func (c *comparison) note(level Level, kind Kind, format string, args ...any) {
	c.found.add(Change{Level: level, Kind: kind, Detail: fmt.Sprintf(format, args...)})
}

func byNumber(a, b pair) int { return cmp.Compare(a.ref.Number, b.ref.Number) }
