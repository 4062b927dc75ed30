package report

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/printable"
)

var clock = time.Date(2026, 11, 30, 12, 0, 0, 0, cert.JST)

// outside makes a page in which every string that can come from a document is s.
func outside(s string) Page {
	t := text{JA: "%s", EN: "%s"}.With(s)
	signature := Signature{
		Title: text{JA: "署名", EN: "Signature"}, Tone: Good, Verdict: t, Indication: "TOTAL-PASSED", Reasons: []Reason{{t, "GENERIC"}},
		Rows:   []Row{{text{JA: "署名者", EN: "Signer"}, t, "", Plain}, {text{JA: "失効", EN: "Revocation"}, t, "", Bad}, {text{JA: "指紋", EN: "Fingerprint"}, text{}, s, Plain}},
		Policy: t, Terms: []Term{Genuine, RevocationUnchecked}, Checklist: &Checklist{t, t, []Item{{t, t, t, Warn}, {t, t, text{}, Good}}}, Covered: []text{t}, Outside: []text{t},
		Changes: []Change{{t, s, true, false}}, Unchecked: []Unchecked{{t, t}},
		Events: []Event{{Begins, clock.AddDate(-3, 0, 0), text{}}, {Claimed, clock.AddDate(0, -1, 0), t}, {Now, clock, text{}}, {Ends, clock.AddDate(2, 0, 0), text{}}},
	}
	signature.Counter = []Signature{{Title: t, Tone: Warn, Verdict: t, Indication: "INDETERMINATE", Counter: []Signature{{Title: t, Tone: Bad, Verdict: t}}}}
	return Page{Program: "jpki 1.2.3", Made: clock, Command: t, Files: []File{
		{Name: s, SHA256: strings.Repeat("0123456789ABCDEF", 4), Size: 1234567, Tone: Good, Verdict: t, Signatures: []Signature{signature}, Notes: []text{t}},
		{Name: s, Tone: Bad, Verdict: t, Problem: t, Next: t},
	}}
}

func write(t *testing.T, p Page, l i18n.Lang) string {
	t.Helper()
	var b strings.Builder
	if err := p.Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tag is an element as it begins.
type tag struct {
	name       string
	attributes map[string]string
}

// read takes a page apart: the elements in their order, and all that is text.
func read(t *testing.T, page string) (tags []tag, words string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var b strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			return tags, b.String()
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := tag{token.Name.Local, map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			tags = append(tags, e)
		case xml.CharData:
			b.Write(token)
		}
	}
}

// names are the elements, in order.
func names(tags []tag) (all []string) {
	for _, e := range tags {
		all = append(all, e.name)
	}
	return all
}

// TestNothingIsInjected puts what attackers try where names come from outside:
// the page keeps its elements and attributes, and shows the text.
func TestNothingIsInjected(t *testing.T) {
	plain, _ := read(t, write(t, outside("x"), i18n.EN))
	for _, attack := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>alert(1)</script>`,
		`</style><script>alert(1)</script>`, `</svg><script>alert(1)</script>`, `<!--`, `-->`, `]]>`, `<![CDATA[`, `javascript:alert(1)`, `{{.Program}}`, `{{template "signature"}}`,
		"&lt;script&gt;", "&#60;script&#62;", `\u003cscript\u003e`, "`${alert(1)}`", `<a href="https://evil.example/">`, `<meta http-equiv="refresh" content="0;url=//evil.example">`,
		`<base href="//evil.example/">`, `<link rel=stylesheet href=//evil.example>`, `<iframe srcdoc="<script>alert(1)</script>">`, "a\u202Eb", "a\x00b", "a\x1B[31mb", "\xFF\xFE", "+ADw-script+AD4-",
	} {
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			page := write(t, outside(attack), l)
			tags, words := read(t, page)
			if !slices.Equal(names(tags), names(plain)) {
				t.Errorf("%q makes other elements:\n%v", attack, names(tags))
			}
			for i, e := range tags {
				for name, value := range e.attributes {
					if _, known := plain[min(i, len(plain)-1)].attributes[name]; !known {
						t.Errorf("%q makes an attribute %s=%q", attack, name, value)
					}
					if name == "href" && !strings.HasPrefix(value, "#") {
						t.Errorf("%q makes a link to %q", attack, value)
					}
				}
			}
			if shown := printable.Line(attack); strings.Count(words, shown) < 10 {
				t.Errorf("%q is shown %d times", shown, strings.Count(words, shown))
			}
			if strings.ContainsFunc(page, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\u202E' }) {
				t.Errorf("%q: the page holds what controls a screen", attack)
			}
		}
	}
}

// TestSelfContained: no script, nothing from anywhere, and a policy that says
// so to the browser.
func TestSelfContained(t *testing.T) {
	tags, _ := read(t, write(t, outside("x"), i18n.JA))
	policy := false
	for _, e := range tags {
		switch e.name {
		case "script", "link", "img", "iframe", "object", "embed", "form", "input", "base", "use", "image", "foreignObject":
			t.Errorf("the page has an element %s", e.name)
		}
		for name, value := range e.attributes {
			if strings.HasPrefix(name, "on") || name == "src" || name == "style" || strings.Contains(value, "//") {
				t.Errorf("%s %s=%q", e.name, name, value)
			}
		}
		policy = policy || e.attributes["http-equiv"] == "Content-Security-Policy" && strings.Contains(e.attributes["content"], "default-src 'none'")
	}
	if !policy {
		t.Error("no policy")
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style fetches something")
	}
}

// TestStructure: what a screen reader needs.
func TestStructure(t *testing.T) {
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		tags, _ := read(t, write(t, outside("x"), l))
		ids, level, count := map[string]bool{}, 0, map[string]int{}
		tables, captions := 0, 0
		for _, e := range tags {
			count[e.name]++
			if id, ok := e.attributes["id"]; ok {
				if ids[id] {
					t.Errorf("two elements %q", id)
				}
				ids[id] = true
			}
			if len(e.name) == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6' {
				if n := int(e.name[1] - '0'); n > level+1 {
					t.Errorf("a heading of level %d behind one of %d", n, level)
				} else {
					level = n
				}
			}
			switch e.name {
			case "html":
				if e.attributes["lang"] != string(l) {
					t.Errorf("language %q", e.attributes["lang"])
				}
			case "table":
				tables++
			case "caption":
				captions++
			case "th":
				if s := e.attributes["scope"]; s != "col" && s != "row" {
					t.Error("a header of nothing")
				}
			case "svg":
				if e.attributes["aria-hidden"] != "true" && (e.attributes["role"] != "img" || e.attributes["aria-label"] == "") {
					t.Error("a picture without a name")
				}
			}
		}
		for _, e := range tags {
			for _, name := range []string{"aria-labelledby", "href"} {
				if to, ok := e.attributes[name]; ok && !ids[strings.TrimPrefix(to, "#")] {
					t.Errorf("%s of %s leads nowhere: %q", name, e.name, to)
				}
			}
		}
		if count["main"] != 1 || count["header"] != 1 || count["footer"] != 1 || count["h1"] != 1 || count["title"] != 1 || tables == 0 || tables != captions {
			t.Errorf("%v", count)
		}
	}
}

// TestNothingIsEmpty: what there is nothing to say of has no place on the page.
func TestNothingIsEmpty(t *testing.T) {
	p := outside("x")
	p.Files = append(p.Files, File{Name: "x", Tone: Bad, Verdict: text{JA: "無効", EN: "NOT genuine"}})
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		page := write(t, p, l)
		for _, empty := range []string{"<p></p>", `<p class="problem"></p>`, "<td></td>", "<li></li>", "<ul></ul>", "</code> <"} {
			if strings.Contains(page, empty) {
				t.Errorf("%s: the page has %s", l, empty)
			}
		}
	}
}

// TestTimeline: the picture and the table say the same, whatever the times.
func TestTimeline(t *testing.T) {
	for what, events := range map[string][]Event{
		"ordinary": {{Now, clock, text{}}, {Begins, clock.AddDate(-3, 0, 0), text{}}, {Ends, clock.AddDate(2, 0, 0), text{}}, {Claimed, clock.AddDate(0, -1, 0), text{}}},
		"at once":  {{Now, clock, text{}}, {Claimed, clock, text{}}, {Stamped, clock, text{}}},
		"one":      {{Now, clock, text{}}},
		"ages":     {{Claimed, time.Date(1, 1, 1, 1, 0, 0, 0, time.UTC), text{}}, {Ends, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), text{}}, {Now, clock, text{}}},
		"many":     slices.Repeat([]Event{{Stamped, clock, text{}}, {Now, clock.Add(time.Hour), text{}}}, 20),
		"unknown":  {{Claimed, time.Time{}, text{}}, {Now, clock, text{}}},
		"none":     nil,
	} {
		line := newTimeline(events, i18n.EN)
		if len(line.Marks) != len(line.Rows) {
			t.Errorf("%s: %d marks, %d rows", what, len(line.Marks), len(line.Rows))
		}
		before := 0.0
		for i, m := range line.Marks {
			if m.X < line.Left || m.X > line.Right || m.X < before || m.TextY < 0 || m.Number != i+1 || m.Number != line.Rows[i].Number {
				t.Errorf("%s: mark %+v", what, m)
			}
			before = m.X
		}
		for _, s := range line.Spans {
			if s.Width <= 0 || s.X < line.Left || s.X+s.Width > line.Right+1 {
				t.Errorf("%s: span %+v", what, s)
			}
		}
	}
	line := newTimeline([]Event{{Begins, clock.AddDate(-1, 0, 0), text{}}, {Now, clock, text{}}, {Ends, clock.AddDate(1, 0, 0), text{}}}, i18n.JA)
	if got := line.Rows[1].Moment; got != "2026年11月30日 12:00:00 JST" {
		t.Errorf("now is %q", got)
	}
	if len(line.Spans) != 1 || line.From != "2025-11-30" || line.To != "2027-11-30" {
		t.Errorf("%+v", line)
	}
}

// TestLanguages: each page is in its language, but for what came from outside.
func TestLanguages(t *testing.T) {
	japanese := func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }
	if _, words := read(t, write(t, outside("x"), i18n.EN)); strings.ContainsFunc(strings.ReplaceAll(words, style, ""), japanese) {
		t.Error("Japanese on the English page")
	}
	_, words := read(t, write(t, outside("x"), i18n.JA))
	for _, english := range []string{"Check", "What", "Signature", "signed", "Times", "Verdict"} {
		if strings.Contains(strings.ReplaceAll(words, style, ""), english) {
			t.Errorf("%q on the Japanese page", english)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1,000 bytes", 1234567: "1,234,567 bytes"} {
		if got := sizeText(n).EN; got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := groups("0123456789AB"); got != "01234567 89AB" {
		t.Errorf("%q", got)
	}
}
