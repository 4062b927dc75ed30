package pdf

import (
	"math"
	"strings"
)

// Bounds of nesting, of object numbers, and of the keys of one dictionary.
// maxNumber and maxName are the limits in ISO 32000-1, annex C.
const (
	maxDepth      = 100
	maxNumber     = 8388607
	maxGeneration = 65535
	maxKeys       = 1 << 17
	maxName       = 127 // some readers ignore the rest of a longer name
)

// parser reads objects from a scanner.
type parser struct {
	*scanner
	begin  int64         // start of the object, for its size bound
	spans  map[Name]Span // if not nil, filled with the places of the outermost dictionary's values
	tokens int64         // number of objects parsed
	most   int64         // bound of tokens
	notes  []Note
	odd    error // the first spelling with [ErrAgreed]
}

// whole reads an object with everything inside it.
func (p *parser) whole() (Object, error) {
	o, err := p.object(0)
	if err == nil {
		err = p.odd
	}
	return o, err
}

// skip records a spelling that readers agree on. The object is unreadable, but
// the parser goes on to find worse in it.
func (p *parser) skip(at int64, format string, args ...any) {
	if p.odd == nil {
		p.odd = p.fail(at, format+": %w", append(args, ErrAgreed)...)
	}
}

func (p *parser) tooLong() error {
	if p.pos-p.begin > maxObject {
		return p.fail(p.begin, "object: %w", ErrTooLarge)
	}
	return nil
}

// object reads one object, without stream data (7.3). depth is the number of
// enclosing arrays and dictionaries.
func (p *parser) object(depth int) (Object, error) {
	if depth > maxDepth {
		return nil, p.fail(p.pos, "nesting: %w", ErrTooLarge)
	}
	if err := p.tooLong(); err != nil {
		return nil, err
	}
	if p.tokens++; p.tokens > p.most {
		return nil, p.fail(p.begin, "objects in an object: %w", ErrTooLarge)
	}
	p.skipSpace()
	switch c := p.peek(); {
	case c == '/':
		return p.name()
	case c == '(':
		return p.literal()
	case c == '[':
		return p.array(depth)
	case c == '<':
		p.pos++
		if p.peek() == '<' {
			p.pos++
			return p.dict(depth)
		}
		return p.hex()
	case isDigit(c):
		return p.numberOrRef()
	case c == '+' || c == '-' || c == '.':
		at := p.pos
		return p.number(at, p.regularToken(64))
	case isRegular(c):
		at := p.pos
		switch token := p.regularToken(8); token {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		default:
			return nil, p.fail(at, "unknown word %q", token)
		}
	case c == eof:
		return nil, p.fail(p.pos, "the file ends inside an object")
	default:
		return nil, p.fail(p.pos, "%q where an object should be", rune(c))
	}
}

// numberOrRef reads a number, or a reference if the form is two unsigned
// integers and an R (7.3.10).
func (p *parser) numberOrRef() (Object, error) {
	at := p.pos
	token := p.regularToken(64)
	if digits, glued := strings.CutSuffix(token, "endobj"); glued { // some programs write 17endobj, and every reader accepts it
		p.pos -= int64(len("endobj"))
		token = digits
	}
	number, ok := parseUnsigned(token)
	if !ok {
		return p.number(at, token)
	}
	after := p.pos
	p.skipSpace()
	if isDigit(p.peek()) {
		if generation, ok := parseUnsigned(p.regularToken(20)); ok {
			p.skipSpace()
			if p.peek() == 'R' && p.regularToken(1) == "R" {
				return newRef(p.scanner, at, number, generation)
			}
		}
	}
	p.pos = after
	return number, nil
}

func newRef(s *scanner, at, number, generation int64) (Ref, error) {
	if number > maxNumber || generation > maxGeneration {
		return Ref{}, s.fail(at, "reference %d %d R: %w", number, generation, ErrTooLarge)
	}
	return Ref{int(number), int(generation)}, nil
}

// number converts a token to an int64 or a [Real] (7.3.3).
func (p *parser) number(at int64, token string) (Object, error) {
	digits, sign := token, int64(1)
	if token != "" && (token[0] == '+' || token[0] == '-') {
		digits = token[1:]
		if token[0] == '-' {
			sign = -1
		}
	}
	if n, ok := parseUnsigned(digits); ok {
		return sign * n, nil
	}
	dots, figures := 0, 0
	for i := range len(digits) {
		switch c := digits[i]; {
		case c == '.':
			dots++
		case isDigit(int(c)):
			figures++
		default:
			dots = 2
		}
	}
	if dots == 0 && figures == len(digits) && figures > 0 { // too large for an int64
		p.skip(at, "a number of %d digits", figures)
		return nil, nil
	}
	if dots != 1 || figures == 0 {
		return nil, p.fail(at, "%q is no number", token)
	}
	return Real(token), nil
}

// name reads a name and decodes its #xx (7.3.5).
func (p *parser) name() (Object, error) {
	at := p.pos
	p.pos++ // the slash
	var name []byte
	for c := p.peek(); isRegular(c); c = p.peek() {
		p.pos++
		if c == '#' {
			after := p.pos
			hi, lo := hexDigit(p.peek()), 0
			p.pos++
			lo = hexDigit(p.peek())
			p.pos++
			switch {
			case hi < 0 || lo < 0:
				p.skip(at, "wrong #xx in a name")
				p.pos = after
			case hi+lo == 0:
				return nil, p.fail(at, "#00 in a name")
			default:
				c = hi<<4 | lo
			}
		}
		name = append(name, byte(c))
		if err := p.tooLong(); err != nil {
			return nil, err
		}
	}
	return Name(name), nil
}

func hexDigit(c int) int {
	switch {
	case isDigit(c):
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return math.MinInt32
}

// hex reads a hexadecimal string after its "<" (7.3.4.3).
func (p *parser) hex() (Object, error) {
	var s []byte
	high, odd := 0, false
	for {
		c := p.peek()
		if c == '>' {
			p.pos++
			break
		}
		if c != eof && class[c] == white {
			p.pos++
			continue
		}
		digit := hexDigit(c)
		if digit < 0 {
			return nil, p.fail(p.pos, "no hexadecimal digit in a hexadecimal string")
		}
		p.pos++
		if odd {
			s = append(s, byte(high|digit))
		} else {
			high = digit << 4
		}
		odd = !odd
		if err := p.tooLong(); err != nil {
			return nil, err
		}
	}
	if odd {
		s = append(s, byte(high))
	}
	return String(s), nil
}

// literal reads a literal string (7.3.4.2).
func (p *parser) literal() (Object, error) {
	at := p.pos
	p.pos++
	var s []byte
	for open := 1; ; {
		c := p.peek()
		if c == eof {
			return nil, p.fail(at, "a string without an end")
		}
		p.pos++
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return String(s), nil
			}
		case '\r': // every end of line becomes one line feed
			if p.peek() == '\n' {
				p.pos++
			}
			c = '\n'
		case '\\':
			if c = p.escape(); c == eof {
				continue
			}
		}
		s = append(s, byte(c))
		if err := p.tooLong(); err != nil {
			return nil, err
		}
	}
}

// escape reads the rest of an escape after its backslash. It returns a
// character, or eof for none.
func (p *parser) escape() int {
	c := p.peek()
	p.pos++
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case '\n':
		return eof
	case '\r':
		if p.peek() == '\n' {
			p.pos++
		}
		return eof
	}
	if c < '0' || c > '7' {
		return c
	}
	octal := c - '0'
	for range 2 {
		d := p.peek()
		if d < '0' || d > '7' {
			break
		}
		octal = octal<<3 | (d - '0')
		p.pos++
	}
	return octal & 0xFF // ignore high-order overflow (7.3.4.2)
}

func (p *parser) array(depth int) (Object, error) {
	p.pos++ // the bracket
	a := Array{}
	for {
		p.skipSpace()
		if p.peek() == ']' {
			p.pos++
			return a, nil
		}
		o, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, o)
	}
}

// dict reads a dictionary after its "<<" (7.3.7). A repeated key has no defined
// value, unless its values are equal.
func (p *parser) dict(depth int) (Object, error) {
	d := Dict{}
	var long map[Name]Name // keys that some readers cut, by their beginning
	for {
		p.skipSpace()
		at := p.pos
		switch p.peek() {
		case '>':
			p.pos++
			if p.peek() != '>' {
				return nil, p.fail(p.pos, "a dictionary that ends with a single >")
			}
			p.pos++
			return d, nil
		case '/':
		default:
			return nil, p.fail(at, "a dictionary key that is no name")
		}
		key, err := p.name()
		if err != nil {
			return nil, err
		}
		p.skipSpace()
		valueAt := p.pos
		value, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		k := key.(Name)
		if len(k) > maxName {
			if long == nil {
				long = map[Name]Name{}
			}
			if before, twice := long[k[:maxName]]; twice && before != k {
				return nil, within(p.fail(at, "two keys of a dictionary begin with the same %d bytes", maxName), FaultTwice, 0)
			}
			long[k[:maxName]] = k
		}
		if before, twice := d[k]; twice {
			if !Equal(before, value) {
				return nil, within(p.fail(at, "key /%s comes twice in a dictionary", k), FaultTwice, 0)
			}
			p.notes = append(p.notes, Note{Kind: DoubledKey, Offset: at})
		} else if len(d) == maxKeys {
			return nil, p.fail(at, "keys of a dictionary: %w", ErrTooLarge)
		}
		d[k] = value
		if depth == 0 && p.spans != nil {
			p.spans[k] = Span{valueAt, p.pos}
		}
	}
}
