package xmlsig

import "io"

// output gathers small writes into large ones and keeps the first error.
type output struct {
	w   io.Writer
	buf []byte
	err error
}

const outputSize = 32 << 10

func (o *output) string(s string) {
	o.buf = append(o.buf, s...)
	o.spill()
}

func (o *output) bytes(b []byte) {
	if len(b) >= outputSize {
		if o.flush() == nil {
			_, o.err = o.w.Write(b)
		}
		return
	}
	o.buf = append(o.buf, b...)
	o.spill()
}

func (o *output) name(prefix, local []byte) {
	if len(prefix) > 0 {
		o.bytes(prefix)
		o.string(":")
	}
	o.bytes(local)
}

// escapes gives the character reference or entity for a byte, "" for itself.
type escapes [256]string

// The replacements of C14N 1.0, 2.3.
var (
	textEscapes = escapes{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\r': "&#xD;"}
	attrEscapes = escapes{'&': "&amp;", '<': "&lt;", '"': "&quot;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;"}
)

func (o *output) escaped(b []byte, table *escapes) {
	from := 0
	for i, c := range b {
		if e := table[c]; e != "" {
			o.bytes(b[from:i])
			o.string(e)
			from = i + 1
		}
	}
	o.bytes(b[from:])
}

func (o *output) spill() {
	if len(o.buf) >= outputSize {
		o.flush()
	}
}

func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}
