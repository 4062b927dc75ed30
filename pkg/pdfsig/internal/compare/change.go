package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Level is what a certification must allow for a change (ISO 32000-1,
// 12.8.2.2). A larger one is graver.
type Level int

// The levels.
const (
	None       Level = iota // validation data and document timestamps, which ISO 32000-2 always allows
	Signature               // another signature that shows nothing new, metadata
	Form                    // values of form fields
	Annotation              // notes, stamps, a signature that shows itself in a new place
	Content                 // anything else: what is shown need not be what was signed
)

var levelNames = [...]string{"none", "signature", "form", "annotation", "content"}

// String is a word for the level: none, signature, form, annotation or content.
func (l Level) String() string { return levelNames[l] }

// Kind is what was added or changed.
type Kind string

// The kinds.
const (
	Timestamp      Kind = "timestamp"       // a document timestamp
	ValidationData Kind = "validation-data" // certificates and revocation data
	Signed         Kind = "signature"       // a signature that shows nothing
	SignedShown    Kind = "signature-shown" // a signature with an appearance
	Filled         Kind = "form"            // values of fields, and fields that are still empty
	Annotated      Kind = "annotation"      // notes, stamps, highlights
	Metadata       Kind = "metadata"        // about the document, its structure for reading aloud, or nothing at all
	Altered        Kind = "content"         // anything else
)

// About tells apart what is of one kind; "" where the kind says all.
type About string

// What a change of kind [Metadata], [Filled] or [Annotated] can be about.
const (
	Structure  About = "structure"   // the structure for reading aloud
	Nothing    About = "nothing"     // objects that nothing uses
	EmptyField About = "empty-field" // a signature field without a signature
	Order      About = "order"       // of annotations
	Settings   About = "settings"    // of the form, which show nothing by themselves
)

// Change is one thing that was added or changed after a signature.
type Change struct {
	Level Level
	Kind  Kind
	About About
	// Pages are where it shows, from 1 on; none where it shows nowhere, or
	// where that cannot be told.
	Pages []int
	Field string // full name of the form field it is about
	// Object and Key are, of content that was changed, the number of its object
	// and the key there, as far as they are known.
	Object int
	Key    string
	// Shown is true where a reader shows more, or something else, than was
	// there when the document was signed.
	Shown  bool
	Detail string // what it is, in English
}

// maxChanges bounds how many changes are listed one by one.
const maxChanges = 100

// Changes are all changes of one step, or of several.
type Changes []Change

// Gravest is the change of the highest level, the first of them; ok is false
// where nothing was changed.
func (all Changes) Gravest() (gravest Change, ok bool) {
	for i, c := range all {
		if i == 0 || c.Level > gravest.Level {
			gravest = c
		}
	}
	return gravest, len(all) > 0
}

// add notes a change. Beyond the bound only a graver one replaces the last.
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

// place is where content was changed, as far as it can be told.
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

// content notes a change that nothing allows.
func (c *comparison) content(at place, format string, args ...any) {
	change := Change{Level: Content, Kind: Altered, Shown: true, Object: at.object, Key: string(at.key), Field: at.field, Detail: fmt.Sprintf(format, args...)}
	if at.page > 0 {
		change.Pages = []int{at.page}
	}
	c.found.add(change)
}

// about is note for what its kind alone does not tell.
func (c *comparison) about(level Level, kind Kind, about About, detail string) {
	c.found.add(Change{Level: level, Kind: kind, About: about, Detail: detail})
}

// note notes a change that shows nothing.
func (c *comparison) note(level Level, kind Kind, format string, args ...any) {
	c.found.add(Change{Level: level, Kind: kind, Detail: fmt.Sprintf(format, args...)})
}

func byNumber(a, b pair) int { return cmp.Compare(a.ref.Number, b.ref.Number) }
