package xmlsig

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// markup writes elements. What it writes is ASCII: other characters become
// character references, so that it can stand in a document of any encoding.
// So do \ and ~, which some readers of Shift_JIS take for other characters.
type markup struct {
	strings.Builder
	prefix string // of the XML-DSig namespace
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
	m.WriteString("<" + m.qualified(name))
	for i := 0; i < len(attributes); i += 2 {
		m.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
	}
	m.WriteString(">")
}

func (m *markup) close(name string) { m.WriteString("</" + m.qualified(name) + ">") }

func (m *markup) qualified(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	return m.prefix + ":" + name
}

// empty writes an element with nothing in it.
func (m *markup) empty(name string, attributes ...string) {
	m.open(name, attributes...)
	m.close(name)
}

// leaf writes an element with text in it.
func (m *markup) leaf(name, text string, attributes ...string) {
	m.open(name, attributes...)
	m.WriteString(escape(text))
	m.close(name)
}

func (m *markup) base64(name string, value []byte, attributes ...string) {
	m.leaf(name, base64.StdEncoding.EncodeToString(value), attributes...)
}

// algorithm writes a method or transform with the parameter of exclusive
// canonicalisation.
func (m *markup) algorithm(name, uri string, prefixes []string) {
	m.open(name, "Algorithm", uri)
	if len(prefixes) > 0 {
		m.empty("ec:InclusiveNamespaces", "xmlns:ec", string(ExcC14N10), "PrefixList", strings.Join(prefixes, " "))
	}
	m.close(name)
}
