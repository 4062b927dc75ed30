package pdf

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Append writes an object other than a stream as PDF text. Strings are
// hexadecimal, because no viewer, editor or line-end conversion changes them.
// Dictionary keys are sorted, so that equal objects give equal bytes.
func Append(b []byte, o Object) []byte {
	switch v := o.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case Real:
		return append(b, v...)
	case Name:
		return appendName(b, v)
	case String:
		return fmt.Appendf(b, "<%X>", string(v))
	case Ref:
		return fmt.Appendf(b, "%d %d R", v.Number, v.Generation)
	case Array:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = Append(b, item)
		}
		return append(b, ']')
	case Dict:
		b = append(b, "<<"...)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = appendName(b, key)
			b = append(b, ' ')
			b = Append(b, v[key])
			b = append(b, '\n')
		}
		return append(b, ">>"...)
	}
	panic(fmt.Sprintf("pdf: %T cannot be written as an object", o))
}

// appendName writes a name with #xx for all but plain regular characters (7.3.5).
func appendName(b []byte, n Name) []byte {
	b = append(b, '/')
	for i := range len(n) {
		if c := n[i]; c > ' ' && c < 0x7F && c != '#' && class[c] == regular {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "#%02X", c)
		}
	}
	return b
}

// Equal reports whether two objects have the same value. References are equal
// if they name the same object, and numbers if they have the same spelling.
// Streams are never equal.
func Equal(a, b Object) bool {
	switch x := a.(type) {
	case Array:
		y, ok := b.(Array)
		return ok && slices.EqualFunc(x, y, Equal)
	case Dict:
		y, ok := b.(Dict)
		return ok && maps.EqualFunc(x, y, Equal)
	case *Stream:
		return false
	}
	switch b.(type) {
	case Array, Dict:
		return false
	}
	return a == b
}

// Rewritten reports whether a program that read old could have written now as
// the value of a key, or as an object of its own if key is "": the objects are
// equal, except for redundant zeros in real numbers. A coordinate without a
// fraction may become an integer, because every reader takes both. Elsewhere,
// some readers ignore a real number where they expect an integer, and an
// integer in its place counts: [48.0 /nine] in Differences. An integer may not
// become a real number.
func Rewritten(key Name, old, now Object) bool {
	switch was := old.(type) {
	case Array:
		is, ok := now.(Array)
		return ok && slices.EqualFunc(was, is, func(a, b Object) bool { return Rewritten(key, a, b) })
	case Dict:
		is, ok := now.(Dict)
		if !ok || len(was) != len(is) {
			return false
		}
		for k, a := range was {
			if b, both := is[k]; !both || !Rewritten(k, a, b) {
				return false
			}
		}
		return true
	case Real:
		switch is := now.(type) {
		case int64:
			return coordinates[key] && was.plain() == Real(strconv.FormatInt(is, 10)).plain()
		case Real:
			return was.plain() == is.plain()
		}
	}
	return Equal(old, now)
}

// coordinates are the keys of places, sizes and colors, where every reader
// takes integers and real numbers alike.
var coordinates = map[Name]bool{
	"Rect": true, "MediaBox": true, "CropBox": true, "BleedBox": true, "TrimBox": true, "ArtBox": true, "BBox": true, "RD": true,
	"Matrix": true, "QuadPoints": true, "Vertices": true, "InkList": true, "L": true, "CL": true, "C": true, "IC": true, "BC": true, "BG": true,
	"Border": true, "CA": true, "D": true, "Dest": true, "OpenAction": true,
}

// plain writes a real number without a plus sign and redundant zeros, with one
// decimal point; 0 becomes the empty string.
func (r Real) plain() string {
	digits, negative := strings.CutPrefix(strings.TrimPrefix(string(r), "+"), "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case whole+fraction == "":
		return ""
	case negative:
		whole = "-" + whole
	}
	return whole + "." + fraction
}

// References calls yield for every reference inside o. It does not follow them.
func References(o Object, yield func(Ref)) {
	switch v := o.(type) {
	case Ref:
		yield(v)
	case Array:
		for _, item := range v {
			References(item, yield)
		}
	case Dict:
		for _, item := range v {
			References(item, yield)
		}
	case *Stream:
		References(v.Dict, yield)
	}
}
