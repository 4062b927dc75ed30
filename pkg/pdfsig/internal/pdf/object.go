package pdf

// Object is one of nil (the null object), bool, int64, [Real], [Name],
// [String], [Array], [Dict], [Ref] and *[Stream] (ISO 32000-1, 7.3).
type Object any

// Real is a real number in the file's own spelling, so that it can be written
// back unchanged.
type Real string

// Name is a name without its slash, with #xx decoded.
type Name string

// String holds the bytes of a literal or hexadecimal string.
type String string

// Array is an array object.
type Array []Object

// Dict is a dictionary object.
type Dict map[Name]Object

// Ref is an indirect reference.
type Ref struct {
	Number     int
	Generation int
}

// Stream is a stream object. Offset and Length give the place of its encoded
// bytes in the file.
type Stream struct {
	Dict   Dict
	Offset int64
	Length int64

	crypt *cipherOf // nil if its data is not encrypted
}

// Span is the part of the file from Start up to, but not including, End.
type Span struct{ Start, End int64 }

// Clone copies the dictionary but not its values.
func (d Dict) Clone() Dict {
	c := make(Dict, len(d)+1)
	for k, v := range d {
		c[k] = v
	}
	return c
}

func kindOf(o Object) string {
	switch o.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case Real:
		return "a real number"
	case Name:
		return "a name"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Dict:
		return "a dictionary"
	case Ref:
		return "a reference"
	case *Stream:
		return "a stream"
	}
	return "no PDF object"
}
