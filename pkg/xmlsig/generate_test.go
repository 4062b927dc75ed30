package xmlsig

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes documents for comparisons with other implementations. They
// are well-formed, and constructs that are hard to canonicalise are frequent.
type generator struct {
	*rand.Rand
	b     strings.Builder
	ids   int
	names []string // of attributes
	uris  []string // of namespaces
	other string   // an attribute of the xml namespace without a rule of its own
	bases []string // values of xml:base
	full  bool     // the root element has a child
	once  bool     // no attribute of the xml namespace is repeated further inside
}

// newGenerator returns a generator whose n-th document is always the same.
func newGenerator(n int) *generator {
	return &generator{
		Rand:  rand.New(rand.NewPCG(uint64(n), 8)),
		names: []string{"x", "y", "z", "X", "名", "_", "a.b", "é"},
		uris:  []string{"urn:a", "urn:b", "http://x.test/ns#", "urn:a%20b", "urn:a:b&#x27;"},
		other: "xml:other",
		bases: []string{"http://x.test/a/b", "../c", "d/", "e/f/../g", "..", "/h", "./i", "//y.test", "?q=1", "j//k", "../../l/", "k/."},
	}
}

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) newline() string { return pick(g, "\n", "\r\n", "\r", "\n\n", "\r\r\n") }

func (g *generator) space() string { return pick(g, " ", " ", "\n", "\t", "\r\n", "  ") }

// document returns a document whose elements have the Ids e0 to e(ids-1).
func (g *generator) document() string {
	if g.chance(50) {
		g.b.WriteString(pick(g, `<?xml version="1.0"?>`, `<?xml version='1.0' encoding='UTF-8' standalone="yes" ?>`) + pick(g, "", "\n"))
	}
	g.misc()
	g.element(pick(g, 3, 5, 8), map[string]string{"": ""})
	g.misc()
	return g.b.String()
}

func (g *generator) misc() {
	for g.chance(30) {
		g.b.WriteString(pick(g, g.comment(), g.procInst(), g.newline(), " "))
	}
}

func (g *generator) comment() string {
	return "<!--" + pick(g, "", " c ", "-x", "<&>'\"", "あ", g.newline(), "\t") + "-->"
}

func (g *generator) procInst() string {
	return "<?" + pick(g, "p", "x-y", "処理", "sxml") + pick(g, "", " ", " a", "  a b ", g.space()+"x=\"<&>\"", " \t"+g.newline()+"z") + "?>"
}

func (g *generator) text() string {
	var b strings.Builder
	for range g.IntN(4) {
		b.WriteString(pick(g, "x", " ", "税", "𠮷", "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#13;", "&#xD;", "&#10;", "&#9;", "&#x3042;",
			"&#x20BB7;", ">", "\"", "'", "]].", "]&gt;", "\t", g.newline(), "\u0085", "\u2028", "\ufeff", "e\u0301", "\u00e9"))
	}
	return b.String()
}

func (g *generator) value() string {
	quote := pick(g, `"`, `'`)
	other := strings.Trim(`"'`, quote)
	return quote + strings.NewReplacer(quote, "", "]]", other).Replace(g.text()) + quote
}

// element writes an element. scope has the meaning of prefixes and the
// inherited attributes of the xml namespace.
func (g *generator) element(depth int, scope map[string]string) {
	inner := map[string]string{}
	for p, u := range scope {
		inner[p] = u
	}
	var attrs []string
	for g.chance(40) {
		prefix := pick(g, "", "a", "b", "c", "ns", "A")
		uri := pick(g, g.uris...)
		if prefix == "" && g.chance(40) {
			uri = ""
		}
		if declared := strings.TrimSuffix("xmlns:"+prefix, ":"); !hasName(attrs, declared) {
			attrs = append(attrs, declared+`="`+uri+`"`)
			inner[prefix] = uri
		}
	}
	if g.chance(3) {
		attrs = append(attrs, `xmlns:xml="http://www.w3.org/XML/1998/namespace"`)
	}
	var prefixes []string
	for _, p := range []string{"", "a", "b", "c", "ns", "A"} {
		if _, ok := inner[p]; ok {
			prefixes = append(prefixes, p)
		}
	}
	qualified := func(local string) string { return strings.TrimPrefix(pick(g, prefixes...)+":"+local, ":") }
	seen := map[string]bool{}
	for g.chance(50) {
		name := qualified(pick(g, g.names...))
		prefix, local, found := strings.Cut(name, ":")
		expanded := name
		if found {
			expanded = inner[prefix] + " " + local
		}
		if !seen[expanded] {
			seen[expanded] = true
			attrs = append(attrs, name+pick(g, "=", " = ", "\n=")+g.value())
		}
	}
	for _, a := range []string{
		`xml:lang="` + pick(g, "ja", "en", "") + `"`, `xml:space="` + pick(g, "preserve", "default") + `"`,
		`xml:base="` + pick(g, g.bases...) + `"`,
		g.other + `="1"`,
	} {
		name, _, _ := strings.Cut(a, "=")
		if _, around := inner[name]; g.chance(8) && !(g.once && around) {
			attrs = append(attrs, a)
			inner[name] = ""
		}
	}
	full := g.full && g.ids == 0
	attrs = append(attrs, fmt.Sprintf(`Id="e%d"`, g.ids))
	g.ids++
	g.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
	name := qualified(pick(g, "e", "f", "要素", "G"))
	g.b.WriteString("<" + name)
	for _, a := range attrs {
		g.b.WriteString(g.space() + a)
	}
	if !full && g.chance(20) {
		g.b.WriteString(pick(g, "/>", " />", "\n/>"))
		return
	}
	g.b.WriteString(pick(g, ">", ">", g.space()+">"))
	if full {
		g.b.WriteString(".")
	}
	for range g.IntN(6) {
		switch {
		case g.chance(45):
			g.b.WriteString(g.text())
		case g.chance(15):
			g.b.WriteString("<![CDATA[" + pick(g, "", "<&>", "]]", "&lt;", g.newline(), "> ]", "税") + "]]>")
		case g.chance(20):
			g.b.WriteString(g.comment())
		case g.chance(20):
			g.b.WriteString(g.procInst())
		case depth > 0:
			g.element(depth-1, inner)
		}
	}
	g.b.WriteString("</" + name + pick(g, ">", ">", g.space()+">"))
}

func hasName(attrs []string, name string) bool {
	for _, a := range attrs {
		if strings.HasPrefix(a, name+"=") {
			return true
		}
	}
	return false
}
