package xmlsig

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// markup writes elements. It writes ASCII: other characters become character
// references, so that it can stand in a document of any encoding. So do \ and
// ~, which some readers of Shift_JIS take for other characters.
type markup struct {
	strings.Builder
	prefix string // of the XML-DSig namespace, "" for the default one
	lines  string // line end after a tag, unless text follows; "" for none
}

func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x20, r >= 0x7E, strings.ContainsRune(`&<>"'\`, r):
			fmt.Fprintf(&b, "&#x%X;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// open writes a start tag; name gets the prefix of XML-DSig unless it has one,
// attributes are names and values in turn.
func (m *markup) open(name string, attributes ...string) {
	m.start(name, attributes...)
	m.WriteString(m.lines)
}

func (m *markup) start(name string, attributes ...string) {
	m.WriteString("<" + m.qualified(name))
	for i := 0; i < len(attributes); i += 2 {
		m.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
	}
	m.WriteString(">")
}

// close writes an end tag.
func (m *markup) close(name string) {
	m.end(name)
	m.WriteString(m.lines)
}

func (m *markup) end(name string) { m.WriteString("</" + m.qualified(name) + ">") }

func (m *markup) qualified(name string) string {
	if strings.Contains(name, ":") || m.prefix == "" {
		return name
	}
	return m.prefix + ":" + name
}

// empty writes an element with nothing in it.
func (m *markup) empty(name string, attributes ...string) { m.leaf(name, "", attributes...) }

// leaf writes an element with text in it.
func (m *markup) leaf(name, text string, attributes ...string) {
	m.start(name, attributes...)
	m.WriteString(escape(text))
	m.close(name)
}

// base64 writes an element with bytes in it. Where the markup has lines, they
// are of 64 characters.
func (m *markup) base64(name string, value []byte, attributes ...string) {
	const width = 64
	m.start(name, attributes...)
	text := base64.StdEncoding.EncodeToString(value)
	for ; m.lines != "" && len(text) > width; text = text[width:] {
		m.WriteString(text[:width] + m.lines)
	}
	m.WriteString(text)
	m.close(name)
}

// algorithm writes a method or transform with the parameter of exclusive
// canonicalisation.
func (m *markup) algorithm(name, uri string, prefixes []string) {
	m.start(name, "Algorithm", uri)
	if len(prefixes) > 0 {
		m.empty("ec:InclusiveNamespaces", "xmlns:ec", string(ExcC14N10), "PrefixList", strings.Join(prefixes, " "))
	}
	m.close(name)
}
