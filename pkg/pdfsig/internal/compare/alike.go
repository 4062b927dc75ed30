package compare

import (
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Differing is a place in a document that readers are known to draw in
// different ways.
type Differing struct {
	Number int // object number; 0 if unknown
	Detail string
}

// Differing returns the first such place that a reader of the last revision
// comes to, or nil. Resources whose names no content stream has are left out,
// because no reader looks for those.
func (h *History) Differing() (*Differing, error) {
	if h.roles == nil || h.roles.differing == nil {
		return nil, nil
	}
	doc, drawn := h.roles.doc, newRoles(nil)
	var err error
	if drawn.used, err = h.roles.usedNames(doc); err != nil {
		return nil, err
	}
	if err := drawn.start(doc); err != nil {
		return nil, err
	}
	whole, err := drawn.contents(doc, func([]byte) bool { return true })
	if !whole || err != nil { // a stream that is drawn may contain any name
		return h.roles.differing, err
	}
	return drawn.differing, nil
}

func (r *roles) differ(number int, format string, args ...any) {
	if r.differing == nil {
		r.differing = &Differing{number, fmt.Sprintf(format, args...)}
	}
}

// compareReaders checks an object that is drawn for forms that readers draw in
// different ways.
func (r *roles) compareReaders(v visit, o pdf.Object) error {
	if v.role&unseen != 0 {
		return nil
	}
	if key := realInteger("", o); key != "" {
		r.differ(v.ref.Number, "%s of object %d is a real number", key, v.ref.Number)
	}
	switch o := o.(type) {
	case pdf.Ref: // only Ghostscript and MuPDF follow it
		r.differ(v.ref.Number, "object %d is only a reference", v.ref.Number)
	case *pdf.Stream:
		return r.compareStream(v.ref.Number, o.Dict)
	}
	return nil
}

// integers are keys of values that are integers. Some readers ignore a real
// number there, and others take its whole part.
var integers = map[pdf.Name]bool{
	"Differences": true, "FirstChar": true, "LastChar": true, "LC": true, "LJ": true, "Supplement": true,
	"FunctionType": true, "ShadingType": true, "PatternType": true, "PaintType": true, "TilingType": true, "HalftoneType": true,
	"Width": true, "Height": true, "BitsPerComponent": true, "BitsPerSample": true, "BitsPerCoordinate": true, "BitsPerFlag": true,
	"Q": true, "Ff": true, "MaxLen": true, "TI": true,
}

// realInteger returns a key with a real number in place of an integer, or "".
func realInteger(key pdf.Name, o pdf.Object) pdf.Name {
	switch o := o.(type) {
	case pdf.Real:
		if integers[key] {
			return key
		}
	case pdf.Array:
		for _, item := range o {
			if found := realInteger(key, item); found != "" {
				return found
			}
		}
	case pdf.Dict:
		for k, value := range o {
			if found := realInteger(k, value); found != "" {
				return found
			}
		}
	case *pdf.Stream:
		return realInteger(key, o.Dict)
	}
	return ""
}

// Filters that every reader undoes (7.4.1, and the short names of 8.9.7).
var drawnFilters = []pdf.Name{
	"ASCIIHexDecode", "ASCII85Decode", "LZWDecode", "FlateDecode", "RunLengthDecode", "CCITTFaxDecode", "JBIG2Decode", "DCTDecode", "JPXDecode",
	"AHx", "A85", "LZW", "Fl", "RL", "CCF", "DCT",
}

// shortKeys are keys of inline images (8.9.7). In the dictionary of any other
// image only some readers accept them.
var shortKeys = []pdf.Name{"BPC", "CS", "D", "H", "IM", "W"}

func (r *roles) compareStream(number int, dict pdf.Dict) error {
	switch dict["F"].(type) {
	case pdf.Name, pdf.Array: // for some readers a filter; a file specification is a string or a dictionary
		r.differ(number, "stream %d has F", number)
	}
	if dict["DP"] != nil {
		r.differ(number, "stream %d has DP", number)
	}
	picture := dict["Subtype"] == pdf.Name("Image")
	for _, key := range shortKeys {
		if picture && dict[key] != nil {
			r.differ(number, "image %d has %s", number, key)
		}
	}
	filters, err := r.list(dict["Filter"])
	if err != nil {
		return err
	}
	for _, f := range filters {
		if name, ok := f.(pdf.Name); !ok || !slices.Contains(drawnFilters, name) {
			r.differ(number, "stream %d has filter %v", number, f)
		}
	}
	parms, err := r.list(dict["DecodeParms"])
	if err != nil {
		return err
	}
	for _, o := range parms {
		if err := r.compareParms(number, o, picture); err != nil {
			return err
		}
	}
	return nil
}

// list resolves an object and the items of an array. Null is an empty list, and
// any other object a list of one.
func (r *roles) list(o pdf.Object) (pdf.Array, error) {
	o, err := r.doc.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	array, ok := o.(pdf.Array)
	if !ok {
		return pdf.Array{o}, nil
	}
	items := make(pdf.Array, len(array))
	for i := range array {
		if items[i], err = r.doc.Resolve(array[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// compareParms checks the predictor of a filter (7.4.4.4, table 8).
func (r *roles) compareParms(number int, o pdf.Object, picture bool) error {
	dict, ok := o.(pdf.Dict)
	if !ok && o != nil {
		r.differ(number, "stream %d has DecodeParms that are no dictionary", number)
	}
	values := map[pdf.Name]int64{"Predictor": 1, "Colors": 1, "BitsPerComponent": 8, "Columns": 1}
	for key := range values {
		value, err := r.doc.Resolve(dict[key])
		if err != nil {
			return err
		}
		if n, isInt := value.(int64); isInt {
			values[key] = n
		} else if value != nil {
			values[key] = 0
		}
	}
	p := values["Predictor"]
	switch {
	case p == 1:
	case p != 2 && (p < 10 || p > 15), values["Colors"] < 1, values["BitsPerComponent"] < 1, values["Columns"] < 1, p == 2 && !picture && values["BitsPerComponent"] != 8:
		r.differ(number, "stream %d has predictor %d that readers undo differently", number, p)
	}
	return nil
}

// compareLook checks the flags and the appearance of an annotation (12.5.2).
func (r *roles) compareLook(number int, key pdf.Name, value pdf.Object) {
	switch key {
	case "F":
		if flags, ok := value.(int64); value != nil && (!ok || flags < 0 || flags > 1<<31-1) {
			r.differ(number, "annotation %d has flags that are none", number)
		}
	case "AP":
		look, err := r.doc.Resolve(value)
		if err != nil || look == nil {
			return // an unreadable appearance is found when it is followed
		}
		states, ok := look.(pdf.Dict)
		if !ok || states["N"] == nil && (states["D"] != nil || states["R"] != nil) {
			r.differ(number, "annotation %d has no normal appearance, but another", number)
		}
	}
}
