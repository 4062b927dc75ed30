package pdfsig

import (
	"errors"
	"io"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/compare"
	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Feature is an active or external part of a document, such as a script or a
// stream in another file. The signature covers the part itself but not its
// result, so signers and readers should know of it.
type Feature string

// Features that this package looks for.
const (
	// Script is JavaScript; it can change the display (12.6.4.17).
	Script Feature = "javascript"
	// Launch is an action that starts a program or opens a file (12.6.4.3, .4,
	// .6 and .8.4).
	Launch Feature = "launch"
	// DynamicForm is an XFA form (12.7.9). Some programs show it instead of the
	// pages; others ignore it.
	DynamicForm Feature = "xfa"
	// ExternalStream is a stream, film or prepress image with its data in
	// another file (7.3.8, 13.4, 14.11.7).
	ExternalStream Feature = "external-stream"
	// ExternalPage shows a page of another file in place of a figure (reference
	// XObjects, 8.10.4).
	ExternalPage Feature = "external-page"
	// Layers are layers that are hidden, or that programs show or hide by the
	// purpose, the language, the zoom or a condition (8.11). Programs differ in
	// what they evaluate.
	Layers Feature = "layers"
	// PrintOnly is a note or an image that only a print shows (12.5.3, table
	// 165; 8.9.5.4).
	PrintOnly Feature = "print-only"
	// Portfolio is a collection: some programs show its attached files in place
	// of the pages (12.3.5).
	Portfolio Feature = "portfolio"
)

// Acting is the result of [Features].
type Acting struct {
	Features []Feature
	Complete bool // every object could be read
}

// maxFeatureObjects is the largest number of objects to search.
const maxFeatureObjects = 1 << 18

// Features searches every object that the current document reaches. complete is
// false if some objects could not be read, or if there are too many; the list
// may then miss features.
func Features(r io.ReaderAt, size int64) (found []Feature, complete bool, err error) {
	d, err := openDocument(r, size)
	if err != nil {
		return nil, false, err
	}
	s := &featureSearch{doc: d, seen: map[pdf.Ref]bool{}, complete: true}
	s.want(d.root)
	for len(s.next) > 0 {
		ref := s.next[len(s.next)-1]
		s.next = s.next[:len(s.next)-1]
		o, err := d.Once(ref)
		if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
			s.complete = false
			continue
		}
		if err != nil {
			return nil, false, err
		}
		s.look(o)
		pdf.References(o, s.want)
	}
	slices.Sort(s.found)
	return s.found, s.complete, nil
}

type featureSearch struct {
	doc      *document
	seen     map[pdf.Ref]bool
	next     []pdf.Ref
	found    []Feature
	complete bool
}

// acting returns the features seen while h assigned roles to the objects of a
// document.
func (s *featureSearch) acting(h *compare.History) *Acting {
	slices.Sort(s.found)
	return &Acting{s.found, s.complete && !h.Unread()}
}

func (s *featureSearch) want(ref pdf.Ref) {
	switch {
	case s.seen[ref]:
	case len(s.seen) == maxFeatureObjects:
		s.complete = false
	default:
		s.seen[ref] = true
		s.next = append(s.next, ref)
	}
}

func (s *featureSearch) add(f Feature) {
	if !slices.Contains(s.found, f) {
		s.found = append(s.found, f)
	}
}

// look searches an object and the objects directly inside it.
func (s *featureSearch) look(o pdf.Object) {
	switch o := o.(type) {
	case pdf.Array:
		for _, item := range o {
			s.look(item)
		}
	case *pdf.Stream:
		if o.Dict["F"] != nil {
			s.add(ExternalStream)
		}
		if o.Dict["Subtype"] == pdf.Name("Form") && o.Dict["Ref"] != nil {
			s.add(ExternalPage)
		}
		s.look(o.Dict)
	case pdf.Dict:
		if o["Type"] != pdf.Name("StructElem") { // S of a structure element is not an action type
			s.lookAction(o)
		}
		s.lookEntries(o)
		for _, value := range o {
			s.look(value)
		}
	}
}

func (s *featureSearch) lookAction(d pdf.Dict) {
	kind, err := s.doc.Resolve(d["S"])
	if err != nil {
		s.complete = false
		return
	}
	switch {
	case kind == pdf.Name("JavaScript"), kind == pdf.Name("Rendition") && d["JS"] != nil:
		s.add(Script)
	case kind == pdf.Name("Launch"), kind == pdf.Name("GoToR"), kind == pdf.Name("ImportData"), kind == pdf.Name("GoToE") && d["F"] != nil:
		s.add(Launch)
	}
}

// lookEntries searches a dictionary for features that a key alone reveals.
func (s *featureSearch) lookEntries(d pdf.Dict) {
	if d["XFA"] != nil {
		s.add(DynamicForm)
	}
	if d["OnInstantiate"] != nil { // of a 3D object
		s.add(Script)
	}
	if d["OPI"] != nil {
		s.add(ExternalStream)
	}
	if d["Collection"] != nil && d["Pages"] != nil {
		s.add(Portfolio)
	}
	const hidden, printed, noView = 1 << 1, 1 << 2, 1 << 5
	if flags, ok := d["F"].(int64); ok && d["Subtype"] != nil && flags&(hidden|printed|noView) == printed|noView || d["DefaultForPrinting"] == true {
		s.add(PrintOnly)
	}
	if s.layers(d) {
		s.add(Layers)
	}
	if d["Movie"] != nil {
		film, err := s.doc.Resolve(d["Movie"])
		if err != nil {
			s.complete = false
		}
		if film, ok := film.(pdf.Dict); ok && film["F"] != nil {
			s.add(ExternalStream)
		}
	}
}

// layers reports whether a dictionary makes a layer depend on more than being
// on (8.11.2 to 8.11.4).
func (s *featureSearch) layers(d pdf.Dict) bool {
	switch d["Type"] {
	case pdf.Name("OCMD"):
		return true
	case pdf.Name("OCG"):
		if intent := s.resolved(d["Intent"]); intent != nil && intent != pdf.Name("View") && !pdf.Equal(intent, pdf.Array{pdf.Name("View")}) {
			return true
		}
		usage, _ := s.resolved(d["Usage"]).(pdf.Dict)
		for _, kind := range []pdf.Name{"Zoom", "Language", "User"} {
			if usage[kind] != nil {
				return true
			}
		}
		for kind, state := range map[pdf.Name]pdf.Name{"View": "ViewState", "Print": "PrintState", "Export": "ExportState"} {
			if one, ok := s.resolved(usage[kind]).(pdf.Dict); ok && s.resolved(one[state]) == pdf.Name("OFF") {
				return true
			}
		}
	}
	all, ok := s.resolved(d["OCProperties"]).(pdf.Dict)
	if !ok {
		return false
	}
	groups, _ := s.resolved(all["OCGs"]).(pdf.Array)
	usual, _ := s.resolved(all["D"]).(pdf.Dict)
	off, _ := s.resolved(usual["OFF"]).(pdf.Array)
	base, intent := s.resolved(usual["BaseState"]), s.resolved(usual["Intent"])
	return len(off) > 0 || base != nil && base != pdf.Name("ON") || intent != nil && intent != pdf.Name("View") || len(groups) == 0
}

// resolved follows references. An unreadable object is null, and makes the
// search incomplete.
func (s *featureSearch) resolved(o pdf.Object) pdf.Object {
	o, err := s.doc.Resolve(o)
	if err != nil {
		s.complete = false
	}
	return o
}
