package xmlsig

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func canonical(t *testing.T, c Canonicalizer, src string) string {
	t.Helper()
	d, err := Parse([]byte(src))
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	var out bytes.Buffer
	if err := c.Document(&out, d); err != nil {
		t.Fatalf("Document(%q): %v", src, err)
	}
	return out.String()
}

// TestCanonicalDocument shows each rule of Canonical XML 1.0, section 2.3, by
// itself. The expected forms were written by hand from the rules.
func TestCanonicalDocument(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"declaration goes", `<?xml version="1.0" encoding="UTF-8"?><a/>`, `<a></a>`},
		{"byte order mark goes", "\ufeff<a/>", `<a></a>`},
		{"beside the root", "<?xml version='1.0'?>\n\n<?one  x ?>\n<!-- c -->\n<a/> \n<!--d--> <?two?>\n",
			"<?one x ?>\n<!-- c -->\n<a></a>\n<!--d-->\n<?two?>"},
		{"attributes in order", `<a b:z="1" c="2" a='3' xmlns:b="urn:b" xml:lang="ja" a:z="4" xmlns:a="urn:c"/>`,
			`<a xmlns:a="urn:c" xmlns:b="urn:b" a="3" c="2" xml:lang="ja" b:z="1" a:z="4"></a>`},
		{"white space in tags", "<a  b = '1'\n\tc=\"2\"\r\n></a\n>", `<a b="1" c="2"></a>`},
		{"line ends", "<a>\r\n1\r2\n\r\n</a>", "<a>\n1\n2\n\n</a>"},
		{"referenced CR", "<a b='&#13;&#xA;&#9; '>&#13;&#10;&#9;</a>", "<a b=\"&#xD;&#xA;&#x9; \">&#xD;\n\t</a>"},
		{"line ends in attributes", "<a b='1\r\n2\r3\n4\t5'/>", `<a b="1 2 3 4 5"></a>`},
		{"escapes", `<a b="&lt;&gt;&amp;&quot;&apos;'>">&lt;&gt;&amp;&quot;&apos;"'></a>`,
			`<a b="&lt;>&amp;&quot;''>">&lt;&gt;&amp;"'"'&gt;</a>`},
		{"CDATA", "<a><![CDATA[<&>&amp;\r\n]]>x<![CDATA[]]]></a>", "<a>&lt;&amp;&gt;&amp;amp;\nx]</a>"},
		{"redundant declarations", `<a xmlns="urn:a" xmlns:p="urn:p"><b xmlns="urn:a" xmlns:p="urn:p"><p:c xmlns:p="urn:q"><d xmlns:p="urn:p"/></p:c></b></a>`,
			`<a xmlns="urn:a" xmlns:p="urn:p"><b><p:c xmlns:p="urn:q"><d xmlns:p="urn:p"></d></p:c></b></a>`},
		{"no default namespace", `<a xmlns=""><b xmlns="urn:b"><c xmlns=""><d xmlns=""/></c></b><e xmlns=""/></a>`,
			`<a><b xmlns="urn:b"><c xmlns=""><d></d></c></b><e></e></a>`},
		{"unused declarations stay", `<a xmlns:u="urn:u"/>`, `<a xmlns:u="urn:u"></a>`},
		{"xmlns:xml goes", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:space="preserve"/>`, `<a xml:space="preserve"></a>`},
		{"references", "<a>&#x3042;&#12354;あ𠮷&#x20BB7;</a>", "<a>あああ𠮷𠮷</a>"},
		{"order by characters", "<a ｱ='2' 𐀀='3' z='1'/>", "<a z=\"1\" ｱ=\"2\" 𐀀=\"3\"></a>"},
		{"reference in a namespace name", `<a xmlns="urn:&quot;a&#x26;"/>`, `<a xmlns="urn:&quot;a&amp;"></a>`},
		{"comments and instructions inside", "<a><!--\r\n--><?p \r\n q?>t</a>", "<a><!--\n--><?p q?>t</a>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := canonical(t, Canonicalizer{Method: C14N10Comments}, test.in); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			again := canonical(t, Canonicalizer{Method: C14N10Comments}, test.want)
			if again != test.want {
				t.Errorf("the canonical form has another canonical form: %q", again)
			}
		})
	}
}

func TestCanonicalWithoutComments(t *testing.T) {
	in := "<!--1-->\n<?p?><a><!--2-->x</a><!--3-->"
	for _, m := range []C14NMethod{C14N10, C14N11, ExcC14N10} {
		if got, want := canonical(t, Canonicalizer{Method: m}, in), "<?p?>\n<a>x</a>"; got != want {
			t.Errorf("%s: got %q, want %q", m, got, want)
		}
	}
}

func TestExclusive(t *testing.T) {
	for _, test := range []struct {
		name, in, want string
		prefixes       []string
	}{
		{"only what is used", `<p:a xmlns:p="urn:p" xmlns:q="urn:q" xmlns="urn:d"><b q:c=""/></p:a>`,
			`<p:a xmlns:p="urn:p"><b xmlns="urn:d" xmlns:q="urn:q" q:c=""></b></p:a>`, nil},
		{"at each place of use", `<a xmlns:p="urn:p"><p:b/><p:b/></a>`,
			`<a><p:b xmlns:p="urn:p"></p:b><p:b xmlns:p="urn:p"></p:b></a>`, nil},
		{"listed prefix", `<a xmlns:p="urn:p" xmlns:q="urn:q"><b xmlns:q="urn:r"/></a>`,
			`<a xmlns:q="urn:q"><b xmlns:q="urn:r"></b></a>`, []string{"q", "unknown"}},
		{"listed default", `<p:a xmlns:p="urn:p" xmlns="urn:d"><p:b xmlns=""><p:c xmlns="urn:d"/></p:b></p:a>`,
			`<p:a xmlns="urn:d" xmlns:p="urn:p"><p:b xmlns=""><p:c xmlns="urn:d"></p:c></p:b></p:a>`, []string{"#default"}},
		{"undeclared default", `<a xmlns="urn:d"><b xmlns=""><c xmlns="urn:d"/></b></a>`,
			`<a xmlns="urn:d"><b xmlns=""><c xmlns="urn:d"></c></b></a>`, nil},
		{"same name, other prefix", `<p:a xmlns:p="urn:p"><q:b xmlns:q="urn:p" p:c=""/></p:a>`,
			`<p:a xmlns:p="urn:p"><q:b xmlns:q="urn:p" p:c=""></q:b></p:a>`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := canonical(t, Canonicalizer{ExcC14N10, test.prefixes}, test.in); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestElement shows what the canonical form of an element inherits from its
// ancestors.
func TestElement(t *testing.T) {
	const in = `<r xmlns="urn:d" xmlns:p="urn:p" xml:lang="ja" xml:space="preserve" xml:base="http://x.test/a/b" xml:id="r" xml:other="1">` +
		`<m xml:lang="en" xmlns:p="urn:q" xml:base="../c/" xmlns:u="urn:u"><e Id="e" xml:base="d"><f xml:lang="fr"/></e></m></r>`
	for _, test := range []struct {
		method C14NMethod
		want   string
	}{
		{C14N10, `<e xmlns="urn:d" xmlns:p="urn:q" xmlns:u="urn:u" Id="e" xml:base="d" xml:id="r" xml:lang="en" xml:other="1" xml:space="preserve"><f xml:lang="fr"></f></e>`},
		{C14N11, `<e xmlns="urn:d" xmlns:p="urn:q" xmlns:u="urn:u" Id="e" xml:base="http://x.test/c/d" xml:lang="en" xml:space="preserve"><f xml:lang="fr"></f></e>`},
		{ExcC14N10, `<e xmlns="urn:d" Id="e" xml:base="d"><f xml:lang="fr"></f></e>`},
	} {
		d, err := Parse([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.ElementByID("e")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := (Canonicalizer{Method: test.method}).Element(&out, e); err != nil {
			t.Fatal(err)
		}
		if out.String() != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.method, out.String(), test.want)
		}
	}
}

func TestJoinReference(t *testing.T) {
	for _, test := range []struct{ base, ref, want string }{
		{"http://a/b/c/d", "../e", "http://a/b/e"},
		{"http://a/b/c/d", "http://x/y/../z", "http://x/z"},
		{"http://a/b/c", "http:d", "http://a/b/d"},
		{"http://a/b", "//c/./d", "http://c/d"},
		{"http://a", "b", "http://a/b"},
		{"http://a/b/c", "../../../d", "http://a/d"},
		{"http://a/b?q", "", "http://a/b?q"},
		{"http://a/b?q", "?r", "http://a/b?r"},
		{"a/b", "../c", "c"},
		{"a/", "../", ""},
		{"..", "..", "../../"},
		{"../x", "../../y", "../../../y"},
		{"a/b", "/c//d/", "/c/d/"},
		{"a/b", "c#f", "a/c"},
		{"a", ".", ""},
		{"a/b", ".", "a/"},
		{"/a", "..", "/"},
	} {
		if got := joinReference(test.base, test.ref); got != test.want {
			t.Errorf("join(%q, %q) = %q, want %q", test.base, test.ref, got, test.want)
		}
	}
}

func TestRelativeNamespace(t *testing.T) {
	for _, in := range []string{`<a xmlns="x"/>`, `<a><b xmlns:p="../y"/></a>`, `<a xmlns:p="1:y"/>`, `<a xmlns:p=":y"/>`} {
		d, err := Parse([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		for m := range c14nTraits {
			var relative *RelativeNamespaceError
			if err := (Canonicalizer{Method: m}).Document(&bytes.Buffer{}, d); !errors.As(err, &relative) {
				t.Errorf("%s of %s: %v", m, in, err)
			}
		}
	}
}

func TestUnknownCanonicalization(t *testing.T) {
	d, _ := Parse([]byte("<a/>"))
	var unsupported *UnsupportedError
	if err := (Canonicalizer{}).Document(&bytes.Buffer{}, d); !errors.As(err, &unsupported) {
		t.Error(err)
	}
}

type failingWriter struct{ after int }

var errFull = errors.New("full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.after -= len(b); w.after < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestCanonicalWriteError(t *testing.T) {
	d, err := Parse([]byte("<a>" + strings.Repeat("<b c='d'>text</b>", 20000) + "</a>"))
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{0, outputSize + 1, 4 * outputSize} {
		if err := (Canonicalizer{Method: C14N10}).Document(&failingWriter{after}, d); !errors.Is(err, errFull) {
			t.Errorf("after %d: %v", after, err)
		}
	}
}
