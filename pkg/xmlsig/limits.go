package xmlsig

// Limits bound the cost of a hostile document. A field that is 0 has the value
// of [DefaultLimits].
type Limits struct {
	Size       int // bytes of a document, as it is and as UTF-8
	Depth      int // of elements
	Attributes int // of one element, namespace declarations counted
	Namespaces int // declarations in scope at one place
	Signatures int // of a document
	References int // of a signature
	Transforms int // of a reference
	Nodes      int // of a signature without its ds:Object content
	// Work is how many times the size of the document may be canonicalised and
	// digested for all references together.
	Work int
}

// defaultLimits are far above the needs of forms and statements of account.
var defaultLimits = Limits{
	Size:       1 << 30,
	Depth:      1000,
	Attributes: 1000,
	Namespaces: 1000,
	Signatures: 100,
	References: 1000,
	Transforms: 8,
	Nodes:      100000,
	Work:       50,
}

// DefaultLimits returns the limits that [Parse] sets.
func DefaultLimits() Limits { return defaultLimits }

func (l Limits) orDefault() Limits {
	d := defaultLimits
	for _, f := range []struct{ to, from *int }{
		{&d.Size, &l.Size}, {&d.Depth, &l.Depth}, {&d.Attributes, &l.Attributes}, {&d.Namespaces, &l.Namespaces},
		{&d.Signatures, &l.Signatures}, {&d.References, &l.References}, {&d.Transforms, &l.Transforms},
		{&d.Nodes, &l.Nodes}, {&d.Work, &l.Work},
	} {
		if *f.from > 0 {
			*f.to = *f.from
		}
	}
	return d
}
