package pdf

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Append writes an object other than a stream as PDF text. Strings are written
// in hexadecimal, which no viewer, editor or line-end conversion changes; the
// keys of a dictionary come sorted, so that equal objects give equal bytes.
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
// when they name the same object; streams never are.
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
	if _, isArray := b.(Array); isArray {
		return false
	}
	if _, isDict := b.(Dict); isDict {
		return false
	}
	return a == b
}

// References calls yield for every reference inside o, not following any.
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
