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
func Equal(a, b Object) bool { return equal(a, b, func(a, b Object) bool { return a == b }) }

// Rewritten reports whether a program that read old could have written now: the
// objects are equal, except for redundant zeros in real numbers. A real number
// without a fraction may become an integer, because every reader accepts that
// (7.3.3). An integer may not become a real number, because some readers reject
// it.
func Rewritten(old, now Object) bool {
	return equal(old, now, func(old, now Object) bool {
		was, isReal := old.(Real)
		if !isReal {
			return old == now
		}
		switch is := now.(type) {
		case int64:
			return was.plain() == Real(strconv.FormatInt(is, 10)).plain()
		case Real:
			return was.plain() == is.plain()
		}
		return false
	})
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

// equal compares two objects. It uses alike for values other than arrays,
// dictionaries and streams.
func equal(a, b Object, alike func(a, b Object) bool) bool {
	inside := func(a, b Object) bool { return equal(a, b, alike) }
	switch x := a.(type) {
	case Array:
		y, ok := b.(Array)
		return ok && slices.EqualFunc(x, y, inside)
	case Dict:
		y, ok := b.(Dict)
		return ok && maps.EqualFunc(x, y, inside)
	case *Stream:
		return false
	}
	if _, isArray := b.(Array); isArray {
		return false
	}
	if _, isDict := b.(Dict); isDict {
		return false
	}
	return alike(a, b)
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
