package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jpki-tools/jpki/pkg/cms"
)

const (
	egovPlain  = "egov/standard/kousei.xml"
	egovOthers = "egov/standard/kousei-other.xml"
	egovPart   = "egov/individual/999Z000000002000/kousei20260601093000001.xml"
	egovAttach = "egov/individual/999Z000000002000/kousei20260601093000002.xml"
	etaxPlain  = "etax/unsigned.xtx"
	formName   = "見本がぎ届_01.xml"
)

func govText(t testing.TB, name string) string { return string(govFile(t, name)) }

// swap replaces a text that must occur exactly once in s.
func swap(t testing.TB, s, old, new string) string { return string(replaced(t, []byte(s), old, new)) }

func TestDetect(t *testing.T) {
	egov, etax, kojo, official := govText(t, egovOthers), govText(t, etaxPlain), govText(t, "kojo/signed.xml"), govText(t, "official/unsigned.xml")
	contents := `<構成情報 ID="構成情報">`
	for name, test := range map[string]struct {
		src  string
		want Profile
	}{
		"e-Gov":               {egov, ProfileEGov},
		"e-Gov, CR LF":        {strings.ReplaceAll(egov, "\n", "\r\n"), ProfileEGov},
		"e-Gov, BOM":          {"\ufeff" + egov, ProfileEGov},
		"e-Gov, no lines":     {strings.NewReplacer("\n", "", "\t", "").Replace(egov), ProfileEGov},
		"e-Gov, part":         {govText(t, egovPart), ProfileEGov},
		"e-Gov, main of it":   {govText(t, "egov/individual/999Z000000002000/kousei.xml"), ProfileEGov},
		"e-Tax":               {etax, ProfileETax},
		"e-Tax, no id":        {govText(t, "etax/unsigned-noid.xtx"), ProfileETax},
		"e-Tax, BOM, CR LF":   {"\ufeff" + strings.ReplaceAll(etax, "><", ">\r\n<"), ProfileETax},
		"e-Tax, style sheet":  {swap(t, etax, "<DATA", `<?xml-stylesheet href="a.xsl" type="text/xsl"?><DATA`), ProfileETax},
		"e-Tax, another tax":  {strings.ReplaceAll(etax, "XSD/shotoku", "XSD/hojin"), ProfileETax},
		"tax certificate":     {kojo, ProfileTaxCertificate},
		"official, unsigned":  {official, ProfileOfficial},
		"e-Gov's form":        {govText(t, "egov/standard/"+formName), ProfileNone},
		"another root":        {strings.ReplaceAll(egov, "DataRoot>", "DocRoot>"), ProfileNone},
		"a namespace":         {swap(t, egov, "<DataRoot>", "<DataRoot xmlns='urn:x'>"), ProfileNone},
		"no ID":               {swap(t, egov, contents, "<構成情報>"), ProfileNone},
		"another ID":          {swap(t, egov, contents, `<構成情報 ID="構成">`), ProfileNone},
		"another order":       {swap(t, egov, "<様式バージョン>0001</様式バージョン>", ""), ProfileNone},
		"deeper":              {strings.NewReplacer("<DataRoot>", "<DataRoot><x>", "</DataRoot>", "</x></DataRoot>").Replace(egov), ProfileNone},
		"first":               {"<DataRoot>" + contents + "</構成情報></DataRoot>", ProfileNone},
		"foreign DATA":        {strings.ReplaceAll(etax, "http://xml.e-tax.nta.go.jp/XSD/shotoku", "http://xml.example.jp/XSD/shotoku"), ProfileNone},
		"DATA, no namespace":  {`<DATA id="DATA"><RKO0010 id="RKO0010"/></DATA>`, ProfileNone},
		"DATA inside":         {"<x>" + strings.Split(etax, "?>\n")[1] + "</x>", ProfileNone},
		"TEG of another":      {strings.ReplaceAll(kojo, "e-tax.nta.go.jp", "example.jp"), ProfileNone},
		"TEG without number":  {strings.ReplaceAll(kojo, "TEG850 ", "TEG8500 ") + "", ProfileNone},
		"official, no id":     {swap(t, official, ` ID="DOCBODY"`, ""), ProfileNone},
		"official, namespace": {swap(t, official, "<DOC ", "<DOC xmlns='urn:x' "), ProfileNone},
	} {
		if name == "TEG without number" {
			test.src = strings.ReplaceAll(test.src, "</TEG850>", "</TEG8500>")
		}
		if got := mustParse(t, []byte(test.src)).Detect(); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestReadEGov(t *testing.T) {
	read := func(name string) *EGov {
		t.Helper()
		g, err := mustParse(t, govFile(t, name)).EGov()
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := read(egovPlain)
	if g.Kind != EGovStandard || g.FormID != "999000000000000001" || g.FormVersion != "0001" || g.StyleSheet != "999000000000000001.xsl" ||
		g.ProcedureID != "999Z000000001000" || g.ProcedureName != "見本手続（試験用）／見本手続（試験用）" || g.Type != "新規申請" || g.Signatures != 0 {
		t.Errorf("%+v", g)
	}
	if want := []EGovFile{{formName, "見本届", "999Z00000000100001", true}}; !slices.Equal(g.Forms, want) || !slices.Equal(g.ToSign(), []string{formName}) {
		t.Errorf("%+v", g.Forms)
	}
	if want := []EGovFile{{"委任状.pdf", "委任状", "", true}, {"添付ぷり.txt", "説明", "", true}}; !slices.Equal(g.Attachments, want) || g.Parts() != nil {
		t.Errorf("%+v", g.Attachments)
	}
	if g := read("egov/standard/kousei-cosigned.xml"); g.Signatures != 2 {
		t.Errorf("%d signatures", g.Signatures)
	}
	if g := read("egov/individual/999Z000000002000/kousei.xml"); g.Kind != EGovIndividual || g.ToSign() != nil ||
		!slices.Equal(g.Parts(), []string{path.Base(egovPart), path.Base(egovAttach)}) {
		t.Errorf("%+v", g)
	}
	if g := read(egovPart); g.Kind != EGovStandard || g.Type != "申請書作成" || !slices.Equal(g.ToSign(), []string{"999Z00000000200001_01.xml"}) {
		t.Errorf("%+v", g)
	}
	if g := read(egovAttach); g.Kind != EGovAttachment || !slices.Equal(g.ToSign(), []string{"見本添付.pdf"}) || g.Parts() != nil {
		t.Errorf("%+v", g)
	}
	// What is not filled in names no file; what comes by post need not be there.
	src := govText(t, egovPlain)
	src = swap(t, src, "<添付書類ファイル名称>委任状.pdf</添付書類ファイル名称>", "<添付書類ファイル名称/>")
	src = swap(t, src, "ぷり.txt</添付書類ファイル名称>\n\t\t\t<提出情報>1<", "ぷり.txt</添付書類ファイル名称>\n\t\t\t<提出情報>2<")
	g, err := mustParse(t, []byte(src)).EGov()
	if err != nil || len(g.Attachments) != 1 || g.Attachments[0].Sent {
		t.Errorf("%v, %+v", err, g)
	}
	g, err = mustParse(t, []byte(swap(t, src, formName, " "))).EGov()
	if err != nil || g.Kind != EGovNothing || len(g.ToSign()) != 0 {
		t.Errorf("%v, %+v", err, g)
	}
	if _, err := mustParse(t, govFile(t, etaxPlain)).EGov(); !errors.Is(err, ErrProfile) {
		t.Error(err)
	}
}

// inserted returns the text that was inserted into a document and its place. It
// fails the test if anything else changed.
func inserted(t *testing.T, before, after []byte) (at int, what string) {
	t.Helper()
	for at < len(before) && at < len(after) && before[at] == after[at] {
		at++
	}
	// Where the beginning of both is alike, the piece may begin earlier.
	n := len(after) - len(before)
	for ; at > 0 && after[at] != '<'; at-- {
	}
	if n <= 0 || !bytes.Equal(before[at:], after[at+n:]) || !bytes.Equal(before[:at], after[:at]) {
		t.Fatalf("more was changed than something put in\n%s", after)
	}
	return at, string(after[at : at+n])
}

const japaneseTime = "20261122100203" // signedAt

// egovSignature is a signature in the accepted shape, with places for the
// digests and the value.
func egovSignature(id, cert string, uris ...string) string {
	s := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="` + id + `"><SignedInfo>` +
		`<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>`
	for i, uri := range uris {
		s += `<Reference URI="` + uri + `">`
		if i == 0 {
			s += `<Transforms><Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></Transform></Transforms>`
		}
		s += `<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>` + uri + ` digest</DigestValue></Reference>`
	}
	return s + `</SignedInfo><SignatureValue>value</SignatureValue><KeyInfo><X509Data><X509Certificate>` + cert + `</X509Certificate></X509Data></KeyInfo></Signature>`
}

// withDigests fills in the digests of egovSignature and cuts the signature
// value out of what is compared.
func withDigests(expected string, digests map[string]string) string {
	for uri, digest := range digests {
		expected = strings.ReplaceAll(expected, uri+" digest", digest)
	}
	return expected
}

func withoutValues(s string) string {
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(s, "SignatureValue>")
		b.WriteString(head)
		if !found {
			return b.String()
		}
		_, rest, _ = strings.Cut(rest, "</")
		b.WriteString("SignatureValue>value</")
		s = rest
		head, rest, _ = strings.Cut(s, "SignatureValue>")
		b.WriteString(head + "SignatureValue>")
		s = rest
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return base64Of(sum[:])
}

const contentsURI = "#%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1"

// TestSignEGov compares every inserted byte with the accepted shape, without
// our own verifier. The digest of 構成情報 comes from another implementation's
// canonical form.
func TestSignEGov(t *testing.T) {
	f := fixture()
	formURI := "%E8%A6%8B%E6%9C%AC%E3%81%8C%E3%81%8E%E5%B1%8A_01.xml"
	attached := "%E8%A6%8B%E6%9C%AC%E6%B7%BB%E4%BB%98.pdf"
	digest := func(signed string) string {
		return between(t, govFile(t, signed), contentsURI+`">`, "</Reference>")
	}
	value := func(reference string) string { return between(t, []byte(reference), "<DigestValue>", "</DigestValue>") }
	for name, test := range map[string]struct {
		file, elsewhere string // a signed twin
		uris            []string
	}{
		"標準形式":   {egovPlain, "egov/standard/kousei-signed.xml", []string{formURI}},
		"その他":    {egovOthers, "egov/standard/kousei-other-signed.xml", []string{formURI}},
		"申請書作成":  {egovPart, "egov/individual-signed/999Z000000002000/" + path.Base(egovPart), []string{"999Z00000000200001_01.xml"}},
		"添付書類署名": {egovAttach, "egov/individual-signed/999Z000000002000/" + path.Base(egovAttach), []string{attached}},
	} {
		t.Run(name, func(t *testing.T) {
			src, open := govFile(t, test.file), govOpen(path.Dir(test.file))
			signed := sign(t, src, Options{Profile: ProfileEGov, Open: open}, f.signer.signing())
			at, block := inserted(t, src, signed)
			if !strings.HasSuffix(string(src[:at]), "</構成情報>") {
				t.Errorf("not directly behind 構成情報 but behind %q", src[at-20:at])
			}
			digests := map[string]string{contentsURI: value(digest(test.elsewhere))}
			file, err := open(unescaped(test.uris[0]))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			content, err := io.ReadAll(file)
			if err != nil {
				t.Fatal(err)
			}
			digests[test.uris[0]] = digestOf(content)
			want := withDigests("<署名情報>"+egovSignature(japaneseTime, base64Of(f.signer.cert.Raw), contentsURI, test.uris[0])+"</署名情報>", digests)
			if got := withoutValues(block); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}

			// 連署, in the same second: the first stays as it is, and the Id is
			// the next one that is free.
			both := sign(t, signed, Options{Profile: ProfileEGov, Open: open}, f.other.signing())
			at, block = inserted(t, signed, both)
			if !strings.HasSuffix(string(signed[:at]), "</Signature>") || !strings.HasPrefix(string(signed[at:]), "</署名情報>") {
				t.Errorf("the second stands between %q and %q", signed[at-20:at], signed[at:at+20])
			}
			want = withDigests(egovSignature("20261122100204", base64Of(f.other.cert.Raw), contentsURI, test.uris[0]), digests)
			if got := withoutValues(block); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			results := mustParse(t, both).Verify(Verification{Open: open})
			if err := results.Err(); err != nil || len(results) != 2 {
				t.Errorf("%d: %v", len(results), err)
			}
		})
	}
}

func unescaped(uri string) string { return fileNames(uri)[0] }

// TestSlotEGov shows where 署名情報 is inserted, and in which documents.
func TestSlotEGov(t *testing.T) {
	open := govOpen("egov/standard")
	src := govText(t, egovOthers)
	for name, test := range map[string]struct{ src, behind, before string }{
		"no slot":    {src, "</構成情報>", "\n\t<その他>"},
		"empty tag":  {swap(t, src, "</構成情報>\n", "</構成情報>\n\t<署名情報/>\n"), "</構成情報>\n\t<署名情報>", "</署名情報>\n\t<その他>"},
		"empty":      {swap(t, src, "</構成情報>\n", "</構成情報><署名情報></署名情報>\n"), "</構成情報><署名情報>", "</署名情報>\n\t<その他>"},
		"white":      {swap(t, src, "</構成情報>\n", "</構成情報>\n\t<署名情報>\n\t</署名情報>\n"), "<署名情報>\n\t", "</署名情報>\n\t<その他>"},
		"last":       {govText(t, egovPlain), "</構成情報>", "\n</DataRoot>"},
		"CR LF, BOM": {"\ufeff" + strings.ReplaceAll(src, "\n", "\r\n"), "</構成情報>", "\r\n\t<その他>"},
	} {
		signed := sign(t, []byte(test.src), Options{Profile: ProfileEGov, Open: open}, fixture().signer.signing())
		text := string(signed)
		start := strings.Index(text, "<Signature ")
		end := strings.Index(text, "</Signature>") + len("</Signature>")
		before, after := strings.TrimSuffix(text[:start], "<署名情報>"), strings.TrimPrefix(text[end:], "</署名情報>")
		if strings.Contains(test.behind, "署名情報") {
			before, after = text[:start], text[end:]
		}
		if !strings.HasSuffix(before, test.behind) || !strings.HasPrefix(after, test.before) {
			t.Errorf("%s: between %q and %q", name, before[len(before)-40:], after[:40])
		}
		if strings.Count(text, "<署名情報>") != 1 || strings.Contains(text, "<署名情報/>") {
			t.Errorf("%s: not one 署名情報", name)
		}
		if err := verdict(signed, Verification{Open: open}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNamesEGov shows that the document decides which files are signed and how
// their names are spelt.
func TestNamesEGov(t *testing.T) {
	src := govText(t, egovPlain)
	named := func(name string) string { return swap(t, src, formName, strings.ReplaceAll(name, "&", "&amp;")) }
	for name, want := range map[string]string{
		"999Z00000000100001_01.xml": "999Z00000000100001_01.xml", "a-b_c.~d(1).xml": "a-b_c.&#x7E;d(1).xml", "a&b+c=d,e;f@g!.xml": "a&#x26;b+c=d,e;f@g!.xml",
		"a:b[c].xml": "a%3Ab%5Bc%5D.xml", "髙橋.xml": "%E9%AB%99%E6%A9%8B.xml", "a\u3000b.xml": "a%E3%80%80b.xml",
		"が.xml": "%E3%81%8C.xml", "か\u3099.xml": "%E3%81%8B%E3%82%99.xml", // as the document spells it
	} {
		laid := files{name: "form", "委任状.pdf": "", "添付ぷり.txt": ""}
		signed := sign(t, []byte(named(name)), Options{Profile: ProfileEGov, Open: laid.open}, fixture().signer.signing())
		if got := between(t, signed, `</Reference><Reference URI="`, `"`); got != want {
			t.Errorf("%s: %s", name, got)
		}
		if err := verdict(signed, Verification{Open: laid.open}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"a b.xml", "a%20b.xml", "a#b.xml", "a?b.xml", "a/b.xml", `a\b.xml`, "../a.xml", "/a.xml", ".."} {
		_, err := mustParse(t, []byte(named(name))).Prepare(Options{Profile: ProfileEGov, Open: files{name: "form"}.open})
		if p, ok := errors.AsType[*ProfileError](err); !ok || p.Reason != UnsafeName || !slices.Equal(p.Names, []string{name}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Several, in the order of the document, each once.
	form := between(t, []byte(src), "<申請書属性情報>", "</申請書属性情報>")
	more := swap(t, src, "<申請書属性情報>"+form+"</申請書属性情報>", "<申請書属性情報>"+swap(t, form, formName, "z.xml")+"</申請書属性情報><申請書属性情報>"+
		swap(t, form, formName, "b.xml")+"</申請書属性情報><申請書属性情報>"+swap(t, form, formName, "z.xml")+"</申請書属性情報>")
	laid := files{"z.xml": "z", "b.xml": "b"}
	p, err := mustParse(t, []byte(more)).Prepare(Options{Profile: ProfileEGov, Open: laid.open})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Covers()); got != "[element 構成情報 file z.xml file b.xml]" {
		t.Error(got)
	}
	if !slices.Equal(p.MissingAttachments, []string{"委任状.pdf", "添付ぷり.txt"}) {
		t.Errorf("missing %q", p.MissingAttachments)
	}
	_, err = mustParse(t, []byte(more)).Prepare(Options{Profile: ProfileEGov})
	if p, ok := errors.AsType[*ProfileError](err); !ok || p.Reason != MissingFile || !slices.Equal(p.Names, []string{"z.xml", "b.xml"}) {
		t.Error(err)
	}
}

// etaxLines is a signature in the layout of the agency's test vector.
const etaxLines = `<dsig:Signature xmlns:dsig="http://www.w3.org/2000/09/xmldsig#" Id="_%s">
<dsig:SignedInfo>
<dsig:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></dsig:CanonicalizationMethod>
<dsig:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></dsig:SignatureMethod>
<dsig:Reference URI="#RKO0010">
<dsig:Transforms>
<dsig:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></dsig:Transform>
</dsig:Transforms>
<dsig:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></dsig:DigestMethod>
<dsig:DigestValue>%s</dsig:DigestValue>
</dsig:Reference>
</dsig:SignedInfo>
<dsig:SignatureValue>value</dsig:SignatureValue>
<dsig:KeyInfo>
<dsig:X509Data>
<dsig:X509Certificate>%s</dsig:X509Certificate>
</dsig:X509Data>
</dsig:KeyInfo>
</dsig:Signature>`

func lines64(s string) string {
	var all []string
	for ; len(s) > 64; s = s[64:] {
		all = append(all, s[:64])
	}
	return strings.Join(append(all, s), "\n")
}

func TestSignETax(t *testing.T) {
	f := fixture()
	digest := map[string]string{
		etaxPlain:                 between(t, govFile(t, "etax/signed.xtx"), "<dsig:DigestValue>", "</dsig:DigestValue>"),
		"etax/unsigned-noid.xtx":  between(t, govFile(t, "etax/signed-noid.xtx"), "<dsig:DigestValue>", "</dsig:DigestValue>"),
		"etax/unsigned-forms.xtx": "",
	}
	for _, name := range sortedKeys(digest) {
		src := govFile(t, name)
		signed := sign(t, src, Options{Profile: ProfileETax}, f.signer.signing())
		at, block := inserted(t, src, signed)
		if string(src[at:]) != "</DATA>\n" {
			t.Errorf("%s: before %q", name, src[at:])
		}
		if digest[name] == "" {
			digest[name] = between(t, signed, "<dsig:DigestValue>", "</dsig:DigestValue>")
		}
		if got, want := withoutValues(block), fmt.Sprintf(etaxLines, japaneseTime, digest[name], lines64(base64Of(f.signer.cert.Raw))); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		for line := range strings.Lines(between(t, []byte(block), "<dsig:SignatureValue>", "</dsig:SignatureValue>")) {
			if len(strings.TrimSuffix(line, "\n")) > 64 {
				t.Errorf("%s: a line of %d", name, len(line))
			}
		}
		// Whoever signs next, and in either order, breaks nothing.
		both := sign(t, signed, Options{Profile: ProfileETax}, f.other.signing())
		at, block = inserted(t, signed, both)
		if string(signed[at:]) != "</DATA>\n" || !strings.HasPrefix(block, `<dsig:Signature xmlns:dsig="http://www.w3.org/2000/09/xmldsig#" Id="_20261122100204">`) {
			t.Errorf("%s: %s", name, block)
		}
		results := mustParse(t, both).Verify(Verification{})
		if err := results.Err(); err != nil || len(results) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLineEndsETax shows that a document with Windows line ends is signed as it
// is.
func TestLineEndsETax(t *testing.T) {
	src := "\ufeff" + strings.ReplaceAll(swap(t, govText(t, etaxPlain), "<DATA ", `<?xml-stylesheet type="text/xsl" href="https://xml.e-tax.nta.go.jp/x.xsl"?>`+"\n<DATA "), "><", ">\r\n<")
	signed := sign(t, []byte(src), Options{Profile: ProfileETax}, fixture().signer.signing())
	if _, block := inserted(t, []byte(src), signed); !strings.Contains(block, `URI="#RKO0010"`) {
		t.Error(block)
	}
	r := mustParse(t, signed).Verify(Verification{})[0]
	if r.Err() != nil || kinds(r.Outside) != "style-sheet" {
		t.Errorf("%v, %s", r.Err(), kinds(r.Outside))
	}
}

// TestProfileRefuses shows the reason for each document that a form refuses.
func TestProfileRefuses(t *testing.T) {
	egov, etax := govText(t, egovOthers), govText(t, etaxPlain)
	two := swap(t, etax, "</DATA>", `<RSH0010 id="RSH0010"/></DATA>`)
	wrongSheet := swap(t, egov, "<STYLESHEET>999000000000000001.xsl", "<STYLESHEET>999000000000000002.xsl")
	ETax, EGov := Options{Profile: ProfileETax}, Options{Profile: ProfileEGov, Open: govOpen("egov/standard")}
	with := func(o Options, change func(*Options)) Options { change(&o); return o }
	for name, test := range map[string]struct {
		src     string
		request Options
		reason  ProfileReason
		names   string
	}{
		"e-Gov as e-Tax":     {egov, ETax, NotThisForm, ""},
		"e-Tax as e-Gov":     {etax, EGov, NotThisForm, ""},
		"foreign DATA":       {strings.ReplaceAll(etax, "e-tax.nta.go.jp", "example.jp"), ETax, NotThisForm, ""},
		"no id":              {swap(t, egov, ` ID="構成情報"`, ""), EGov, NotThisForm, ""},
		"unknown":            {etax, Options{Profile: "moj"}, NotThisForm, ""},
		"several procedures": {two, ETax, SeveralProcedures, "RKO0010 RSH0010"},
		"no procedure":       {`<DATA xmlns="http://xml.e-tax.nta.go.jp/XSD/kyotsu"/>`, ETax, NoProcedure, ""},
		"no procedure id":    {swap(t, etax, ` id="RKO0010"`, ""), ETax, NoProcedureID, "RKO0010"},
		"text in DATA":       {swap(t, etax, "</DATA>", "x</DATA>"), ETax, FormStructure, "text beside the elements of the root"},
		"an instruction":     {swap(t, etax, "</DATA>", "<?x?></DATA>"), ETax, FormStructure, "instruction x"},
		"another host":       {swap(t, etax, "<DATA ", "<?xml-stylesheet href='http://example.jp/x.xsl'?><DATA "), ETax, FormStructure, `style sheet "http://example.jp/x.xsl"`},
		"XAdES":              {etax, with(ETax, func(o *Options) { o.XAdES = true }), OtherOption, "XAdES"},
		"enveloping":         {egov, with(EGov, func(o *Options) { o.Form = Enveloping }), OtherOption, "Form"},
		"ids":                {egov, with(EGov, func(o *Options) { o.IDs = []string{"構成情報"} }), OtherOption, "IDs"},
		"files":              {egov, with(EGov, func(o *Options) { o.Files = []File{{Name: "x", Content: strings.NewReader("")}} }), OtherOption, "Files"},
		"C14N":               {egov, with(EGov, func(o *Options) { o.C14N.Method = C14N11 }), OtherOption, "C14N"},
		"SHA-512":            {etax, with(ETax, func(o *Options) { o.Hash = crypto.SHA512 }), OtherOption, "Hash"},
		"main of 個別署名形式":     {govText(t, "egov/individual/999Z000000002000/kousei.xml"), EGov, SignedPartByPart, path.Base(egovPart) + " " + path.Base(egovAttach)},
		"no forms":           {swap(t, egov, formName, ""), EGov, NoForms, ""},
		"missing":            {egov, with(EGov, func(o *Options) { o.Open = nil }), MissingFile, formName},
		"a second 構成情報":      {swap(t, egov, "</その他>", "</その他><構成情報/>"), EGov, FormStructure, "element 構成情報"},
		"another child":      {swap(t, egov, "</その他>", "</その他><備考/>"), EGov, FormStructure, "element 備考"},
		"style sheet":        {wrongSheet, EGov, FormStructure, `head STYLESHEET style sheet "999000000000000001.xsl"`},
		"style sheet's line": {swap(t, egov, `href="999000000000000001.xsl"`, `href="a.xsl"`), EGov, FormStructure, `style sheet "a.xsl"`},
		"something signed":   {swap(t, egov, "</構成情報>", "</構成情報><署名情報><x/></署名情報>"), EGov, FormStructure, "element 署名情報"},
		"tax certificate":    {govText(t, "kojo/signed.xml"), Options{Profile: ProfileTaxCertificate}, NothingForHolders, ""},
		"official":           {govText(t, "official/unsigned.xml"), Options{Profile: ProfileOfficial}, NothingForHolders, ""},
		"no official":        {etax, Options{Profile: ProfileOfficial}, NotThisForm, ""},
	} {
		_, err := mustParse(t, []byte(test.src)).Prepare(test.request)
		p, ok := errors.AsType[*ProfileError](err)
		if !ok || !errors.Is(err, ErrProfile) || p.Reason != test.reason || strings.Join(p.Names, " ") != test.names {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		src     string
		request Options
		want    error
	}{
		"the id twice in e-Gov": {swap(t, egov, "<納付関連情報>", `<納付関連情報 Id="構成情報">`), EGov, ErrDuplicateID},
		"the id twice in e-Tax": {swap(t, etax, `id="CONTENTS"`, `id="RKO0010"`), ETax, ErrDuplicateID},
	} {
		if _, err := mustParse(t, []byte(test.src)).Prepare(test.request); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A signature over the whole would break.
	whole := sign(t, []byte(etax), Options{}, fixture().signer.signing())
	if _, err := mustParse(t, whole).Prepare(ETax); !errors.As(err, new(*BreaksSignatureError)) {
		t.Error(err)
	}
}

// TestClockIDs shows that the Id of a signature is one that nothing in the
// document has.
func TestClockIDs(t *testing.T) {
	later := fixture().signer.signing()
	later.Time = time.Date(2026, 11, 22, 14, 59, 58, 0, time.UTC) // 23:59:58 in Japan
	src := swap(t, govText(t, egovOthers), "<納付関連情報>", `<納付関連情報 id="20261122235958"><x Id="20261122235959"/></納付関連情報><納付関連情報>`)
	signed := sign(t, []byte(src), Options{Profile: ProfileEGov, Open: govOpen("egov/standard")}, later)
	if !strings.Contains(string(signed), `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="20261123000000">`) {
		t.Errorf("%s", signed)
	}
}

// TestTamper changes each kind of bytes of signed documents: signed bytes,
// bytes that the form leaves unsigned, and bytes outside every form.
func TestTamper(t *testing.T) {
	open := Verification{Open: govOpen("egov/standard")}
	egov, etax := govText(t, "egov/standard/kousei-other-signed.xml"), govText(t, "etax/cosigned.xtx")
	official, kojo := govText(t, "official/signed.xml"), govText(t, "kojo/signed.xml")
	sheet := `<?xml-stylesheet href="999000000000000001.xsl" type="text/xsl"?>`
	const ok = cms.Code("")
	for name, test := range map[string]struct {
		src     string
		want    cms.Code
		outside OutsideKind // that must be told
	}{
		"e-Gov as it is":                 {egov, ok, OutsideOther},
		"e-Gov: signed":                  {swap(t, egov, "A&amp;B", "A&amp;C"), cms.HashFailure, ""},
		"e-Gov: 様式ID":                    {swap(t, egov, "<様式ID>999000000000000001", "<様式ID>999000000000000009"), cms.SigConstraintsFailure, OutsideHead},
		"e-Gov: 様式バージョン":                 {swap(t, egov, "<様式バージョン>0001", "<様式バージョン>0002"), ok, OutsideHead},
		"e-Gov: STYLESHEET":              {swap(t, egov, "<STYLESHEET>", "<STYLESHEET>http://example.jp/"), cms.SigConstraintsFailure, OutsideHead},
		"e-Gov: all names of the sheet":  {strings.ReplaceAll(egov, "999000000000000001", "999000000000000009"), ok, OutsideStyleSheet},
		"e-Gov: a path":                  {strings.ReplaceAll(egov, "999000000000000001", "../999000000000000001"), cms.SigConstraintsFailure, OutsideHead},
		"e-Gov: element in 様式ID":         {swap(t, egov, "<様式ID>", "<様式ID><x/>"), cms.SigConstraintsFailure, OutsideHead},
		"e-Gov: sheet's line left out":   {swap(t, egov, sheet+"\n", ""), ok, OutsideHead},
		"e-Gov: two sheets":              {swap(t, egov, sheet, sheet+sheet), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Gov: another sheet":           {swap(t, egov, sheet, "<?xml-stylesheet href='data:,x'?>"), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Gov: instruction":             {swap(t, egov, sheet, sheet+"<?x?>"), cms.SigConstraintsFailure, OutsideInstruction},
		"e-Gov: instruction behind":      {egov + "<?xml-stylesheet href='999000000000000001.xsl'?>", cms.SigConstraintsFailure, OutsideInstruction},
		"e-Gov: その他":                     {swap(t, egov, "<納付方法>1", "<納付方法>2"), ok, OutsideOther},
		"e-Gov: a second その他":            {swap(t, egov, "</その他>", "</その他><その他/>"), cms.SigConstraintsFailure, OutsideElement},
		"e-Gov: その他 before":              {swap(t, egov, "<署名情報>", "<その他/><署名情報>"), cms.SigConstraintsFailure, OutsideElement},
		"e-Gov: a second 構成情報":           {swap(t, egov, "<構成情報 ", "<構成情報/><構成情報 "), cms.SigConstraintsFailure, ""},
		"e-Gov: in 署名情報":                 {swap(t, egov, "</署名情報>", "<x/></署名情報>"), cms.SigConstraintsFailure, OutsideElement},
		"e-Gov: text in 署名情報":            {swap(t, egov, "</署名情報>", "x</署名情報>"), cms.SigConstraintsFailure, OutsideElement},
		"e-Gov: text in the root":        {swap(t, egov, "</その他>", "</その他>x"), cms.SigConstraintsFailure, OutsideText},
		"e-Gov: another root":            {strings.ReplaceAll(egov, "DataRoot>", "DocRoot>"), cms.SigConstraintsFailure, OutsideRest},
		"e-Gov: attribute of the root":   {swap(t, egov, "<DataRoot>", "<DataRoot a='b'>"), ok, OutsideHead},
		"e-Gov: white space, comments":   {swap(t, egov, "</DataRoot>", " <!-- x --></DataRoot><!-- x -->"), ok, OutsideHead},
		"e-Gov: signature elsewhere":     {strings.NewReplacer("<署名情報>", "", "</署名情報>", "").Replace(egov), cms.SigConstraintsFailure, OutsidePlace},
		"e-Gov: signature in その他":        {moved(t, egov, "<署名情報>", "</署名情報>", "</その他>"), cms.SigConstraintsFailure, OutsidePlace},
		"e-Tax as it is":                 {etax, ok, ""},
		"e-Tax: signed":                  {swap(t, etax, "<gen:yy>8<", "<gen:yy>9<"), cms.HashFailure, ""},
		"e-Tax: attribute of DATA":       {swap(t, etax, ` id="DATA"`, ` id="DATA2" x="y"`), ok, ""},
		"e-Tax: another namespace":       {strings.ReplaceAll(etax, "XSD/shotoku", "XSD/hojin"), cms.HashFailure, ""},
		"e-Tax: of somebody else":        {strings.ReplaceAll(etax, "xml.e-tax", "xml.f-tax"), cms.HashFailure, OutsideRest},
		"e-Tax: another procedure":       {swap(t, etax, "</DATA>", "<RSH0010/></DATA>"), cms.SigConstraintsFailure, OutsideElement},
		"e-Tax: text":                    {swap(t, etax, "</DATA>", "x</DATA>"), cms.SigConstraintsFailure, OutsideText},
		"e-Tax: CDATA":                   {swap(t, etax, "</DATA>", "<![CDATA[ ]]></DATA>"), cms.SigConstraintsFailure, OutsideText},
		"e-Tax: instruction":             {swap(t, etax, "</DATA>", "<?x?></DATA>"), cms.SigConstraintsFailure, OutsideInstruction},
		"e-Tax: sheet of the agency":     {swap(t, etax, "<DATA ", "<?xml-stylesheet href='http://xml.e-tax.nta.go.jp/a/b.xsl'?><DATA "), ok, OutsideStyleSheet},
		"e-Tax: sheet of another":        {swap(t, etax, "<DATA ", "<?xml-stylesheet href='http://xml.e-tax.nta.go.jp.example.jp/a'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: sheet of a user":         {swap(t, etax, "<DATA ", "<?xml-stylesheet href='https://xml.e-tax.nta.go.jp@example.jp/a'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: sheet in disguise":       {swap(t, etax, "<DATA ", "<?xml-stylesheet href='&#x64;ata:,x'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: sheet without address":   {swap(t, etax, "<DATA ", "<?xml-stylesheet type='text/xsl'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: sheet with two":          {swap(t, etax, "<DATA ", "<?xml-stylesheet href='a.xsl' href='http://example.jp/'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: sheet above":             {swap(t, etax, "<DATA ", "<?xml-stylesheet href='..%2Fa.xsl'?><DATA "), cms.SigConstraintsFailure, OutsideStyleSheet},
		"e-Tax: a level down":            {strings.NewReplacer("<RKO0010 ", "<x><RKO0010 ", "</RKO0010>", "</RKO0010></x>").Replace(etax), cms.SigConstraintsFailure, OutsideElement},
		"official as it is":              {official, ok, OutsideFront},
		"official: signed":               {swap(t, official, "令和8年", "令和9年"), cms.HashFailure, OutsideFront},
		"official: FRONT":                {swap(t, official, "<SECRECY>見本", "<SECRECY>秘"), ok, OutsideFront},
		"official: no FRONT":             {moved(t, official, "<FRONT>", "</FRONT>", ""), ok, OutsideStyleSheet},
		"official: another in FRONT":     {swap(t, official, "<SECRECY>", "<TITLE>許可</TITLE><SECRECY>"), cms.SigConstraintsFailure, OutsideFront},
		"official: text in FRONT":        {swap(t, official, "<SECRECY>", "許可<SECRECY>"), cms.SigConstraintsFailure, OutsideFront},
		"official: a second FRONT":       {swap(t, official, "</FRONT>", "</FRONT><FRONT/>"), cms.SigConstraintsFailure, OutsideElement},
		"official: attribute of DOC":     {swap(t, official, `VERSION="1.0"`, `VERSION="2.0"`), ok, OutsideFront},
		"official: another BODY":         {swap(t, official, "</FRONT>", "</FRONT><BODY ID='B'/>"), cms.SigConstraintsFailure, OutsideElement},
		"official: BODY inside":          {strings.NewReplacer("<BODY ", "<BODY><BODY ", "</BODY>", "</BODY></BODY>").Replace(official), cms.SigConstraintsFailure, OutsideRest},
		"official: sheet":                {swap(t, official, `<?xml-stylesheet type="text/xsl" href="MIHON`, `<?xml-stylesheet type="text/xsl" href="//example.jp/MIHON`), cms.SigConstraintsFailure, OutsideStyleSheet},
		"certificate as it is":           {kojo, ok, OutsideStyleSheet},
		"certificate: signed":            {swap(t, kojo, "12000", "92000"), cms.HashFailure, OutsideStyleSheet},
		"certificate: attribute":         {swap(t, kojo, `softNM="mihon"`, `softNM="jpki"`), cms.HashFailure, OutsideStyleSheet},
		"certificate: child":             {swap(t, kojo, "</TEG850>", "<x/></TEG850>"), cms.HashFailure, OutsideStyleSheet},
		"certificate: a second, inside":  {swap(t, kojo, "</TEG850>", "</TEG850></x>"), "", ""},
		"certificate: in something else": {strings.Replace(kojo, "<TEG850 ", "<x><TEG850 ", 1) + "</x>", cms.SigConstraintsFailure, OutsideRest},
	} {
		if name == "certificate: a second, inside" {
			test.src = strings.Replace(kojo, "<TEG850 ", `<TEG850 xmlns="`+taxCertificateSpace+`" id="X"><TEG850 `, 1) + "</TEG850>"
			test.want, test.outside = cms.SigConstraintsFailure, OutsidePlace
		}
		d, err := Parse([]byte(test.src))
		if err != nil {
			t.Errorf("%s: the test's own mistake: %v", name, err)
			continue
		}
		results := d.Verify(open)
		if len(results) == 0 {
			t.Errorf("%s: no signature", name)
		}
		for _, r := range results {
			has := test.want == "" && r.Err() == nil || slices.ContainsFunc(r.Failures, func(f *cms.Failure) bool { return f.Code == test.want })
			told := test.outside == "" || slices.ContainsFunc(r.Outside, func(o Outside) bool { return o.Kind == test.outside })
			if !has || !told {
				t.Errorf("%s: %v, %s", name, r.Err(), kinds(r.Outside))
			}
			if test.want == cms.HashFailure && slices.ContainsFunc(r.Failures, func(f *cms.Failure) bool { return f.Code == cms.SigConstraintsFailure }) != (test.outside == OutsideRest) {
				t.Errorf("%s: hidden behind %v", name, r.Err())
			}
		}
	}
}

// moved takes a piece out and inserts it before another text, or drops it.
func moved(t testing.TB, s, from, to, before string) string {
	t.Helper()
	piece := from + between(t, []byte(s), from, to) + to
	s = swap(t, s, piece, "")
	if before == "" {
		return s
	}
	return swap(t, s, before, piece+before)
}

// TestReadersOfNames shows that the spellings of file names in other programs'
// References are read, if the file is in the folder.
func TestReadersOfNames(t *testing.T) {
	raw := govFile(t, "egov/standard/kousei-rawname-signed.xml")
	// The signature value no longer fits, but the file is found.
	for uri, want := range map[string]string{
		formName: formName, "./" + formName: formName,
		"%E8%A6%8B%E6%9C%AC%E3%81%8C%E3%81%8E%E5%B1%8A_01.xml": formName, "%e8%a6%8b%e6%9c%ac%e3%81%8c%e3%81%8e%e5%b1%8a_01.xml": formName,
		"見本か\u3099き\u3099届_01.xml": "見本か\u3099き\u3099届_01.xml",
	} {
		forged := replaced(t, raw, `URI="`+formName+`"`, `URI="`+uri+`"`)
		r := mustParse(t, forged).Verify(Verification{Open: func(name string) (io.ReadCloser, error) {
			if composed(name) == composed(formName) { // as a folder does that knows canonical equivalence
				name = formName
			}
			return govOpen("egov/standard")(name)
		}})[0]
		reason := cms.SigCryptoFailure
		if uri == formName {
			reason = "" // as it was
		}
		if r.References[1].File != want || !onlyReason(r.Failures, reason) {
			t.Errorf("%s: %q, %v", uri, r.References[1].File, r.Err())
		}
	}
	// + is itself where there is such a file, and a space where there is none.
	src := swap(t, govText(t, egovPlain), formName, "a+b.xml")
	signed := sign(t, []byte(src), Options{Profile: ProfileEGov, Open: files{"a+b.xml": "form"}.open}, fixture().signer.signing())
	spaced := []byte(swap(t, string(signed), "<申請書ファイル名称>a+b", "<申請書ファイル名称>a b"))
	for name, test := range map[string]struct {
		laid files
		file string
		want cms.Code
	}{
		"itself":                  {files{"a+b.xml": "form", "a b.xml": "other"}, "a+b.xml", ""},
		"a space":                 {files{"a b.xml": "form"}, "a b.xml", cms.SigConstraintsFailure}, // not the file that 構成情報 names
		"missing":                 {files{}, "a+b.xml", cms.SignedDataNotFound},
		"itself and not the same": {files{"a+b.xml": "other", "a b.xml": "form"}, "a+b.xml", cms.HashFailure},
	} {
		r := mustParse(t, signed).Verify(Verification{Open: test.laid.open})[0]
		if r.References[1].File != test.file || !onlyReason(r.Failures, test.want) {
			t.Errorf("%s: %q, %v", name, r.References[1].File, r.Err())
		}
	}
	r := mustParse(t, spaced).Verify(Verification{Open: files{"a b.xml": "form"}.open})[0]
	if r.References[1].File != "a b.xml" || !onlyReason(r.Failures, cms.HashFailure) { // 構成情報 was changed for this test
		t.Errorf("%q, %v", r.References[1].File, r.Err())
	}
}

// signedAs signs an element by its Id in the slot of a form as other programs
// do: with another canonicalisation of SignedInfo, other transforms, and files
// beside.
func signedAs(t *testing.T, src, id string, canon C14NMethod, laid files, transforms ...string) []byte {
	t.Helper()
	d := mustParse(t, []byte(src))
	p, err := d.prepared(Options{C14N: Canonicalizer{Method: canon}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.within(d.root); err != nil {
		t.Fatal(err)
	}
	e, err := d.ElementByID(id)
	if err != nil {
		t.Fatal(err)
	}
	h := p.hash.New()
	set := nodeSet{doc: d, apex: e}
	last := Canonicalizer{Method: C14N10}
	var steps []transform
	for _, algorithm := range transforms {
		steps = append(steps, transform{algorithm: algorithm})
		if C14NMethod(algorithm).Known() {
			last.Method = C14NMethod(algorithm)
		}
	}
	if err := last.write(h, set); err != nil {
		t.Fatal(err)
	}
	p.append(digested{uri: "#" + id, transforms: steps, digest: h.Sum(nil)})
	if err := p.files(laid.request(Options{}).Files); err != nil {
		t.Fatal(err)
	}
	return finish(t, p, fixture().signer.signing())
}

// TestOtherMakers shows the verdicts on documents of these forms made by other
// programs.
func TestOtherMakers(t *testing.T) {
	kojo := govText(t, "kojo/signed.xml")
	kojo = swap(t, kojo, "<dsig:Signature"+between(t, []byte(kojo), "<dsig:Signature", "</dsig:Signature>")+"</dsig:Signature>", "")
	digits := swap(t, kojo, `id="TEG85020260601000001"`, `id="20260601000001"`)
	bare := swap(t, kojo, "https://xml.e-tax.nta.go.jp/xsl/1.0/CMTEG850-001.xsl", "CMTEG850-001.xsl")
	official := govText(t, "official/unsigned.xml")
	attached := files{"別紙.pdf": "%PDF"}
	linked := func(refs ...string) string {
		var links strings.Builder
		for _, ref := range refs {
			links.WriteString(`<APPENDIX><APPTITLE>見本</APPTITLE><DOCLINK REF="` + ref + `"></DOCLINK></APPENDIX>`)
		}
		return swap(t, official, "</BODY>", links.String()+"</BODY>")
	}
	for name, test := range map[string]struct {
		signed  []byte
		laid    files
		outside string
	}{
		"exclusive, enveloped alone": {signedAs(t, kojo, "TEG85020260601000001", ExcC14N10, nil, transformEnveloped), nil, "style-sheet"},
		"an id of digits":            {signedAs(t, digits, "20260601000001", C14N10, nil, transformEnveloped, string(C14N10)), nil, "style-sheet"},
		"a bare style sheet":         {signedAs(t, bare, "TEG85020260601000001", C14N10, nil, transformEnveloped, string(C14N10)), nil, "style-sheet"},
		"http":                       {signedAs(t, swap(t, kojo, "https://xml", "http://xml"), "TEG85020260601000001", C14N10, nil, transformEnveloped, string(C14N10)), nil, "style-sheet"},
		"official with attachments":  {signedAs(t, official, "DOCBODY", C14N10Comments, attached, transformEnveloped), attached, "front style-sheet"},
		"official, its file":         {signedAs(t, linked("別紙.pdf"), "DOCBODY", C14N10, attached, string(C14N10)), attached, "front style-sheet"},
		"official, name encoded":     {signedAs(t, linked("%E5%88%A5%E7%B4%99.pdf", "別紙.pdf"), "DOCBODY", C14N10, attached, string(C14N10)), attached, "front style-sheet"},
		"official, decomposed":       {signedAs(t, linked("別紙か\u3099.pdf"), "DOCBODY", C14N10, files{"別紙が.pdf": "%PDF"}, string(C14N10)), files{"別紙が.pdf": "%PDF"}, "front style-sheet"},
		"official, files not signed": {signedAs(t, linked("通知.csv", "別紙.pdf", "通知.csv", "https://example.jp/a"), "DOCBODY", C14N10, attached, string(C14N10)), attached, "front style-sheet attachment attachment"},
		"official, C14N":             {signedAs(t, official, "DOCBODY", C14N10, nil, string(C14N10)), nil, "front style-sheet"},
	} {
		r := mustParse(t, test.signed).Verify(Verification{Open: test.laid.open})[0]
		if r.Err() != nil || kinds(r.Outside) != test.outside {
			t.Errorf("%s: %v, %s", name, r.Err(), kinds(r.Outside))
		}
	}
	missing := mustParse(t, signedAs(t, official, "DOCBODY", C14N10, attached, transformEnveloped)).Verify(Verification{})[0]
	if m, ok := errors.AsType[*MissingFileError](missing.Err()); !ok || m.Name != "別紙.pdf" || !onlyReason(missing.Failures, cms.SignedDataNotFound) {
		t.Error(missing.Err())
	}
}

// TestPublishedSamples shows that published samples, which publishers edit, are
// still recognised by their form, and that the parts that do not fit are named.
// Some signing programs leave references to carriage returns in base64.
func TestPublishedSamples(t *testing.T) {
	kojo := govText(t, "kojo/signed.xml")
	digest := between(t, []byte(kojo), "<dsig:DigestValue>", "</dsig:DigestValue>")
	certificate := between(t, []byte(kojo), "<dsig:X509Certificate>", "</dsig:X509Certificate>")
	value := between(t, []byte(kojo), "<dsig:SignatureValue>", "</dsig:SignatureValue>")
	inLines := func(s string) string { return s[:76] + "&#13;\n" + s[76:152] + "&#13;\n" + s[152:] }
	for name, test := range map[string]struct {
		src     string
		want    cms.Code
		cause   error
		outside string
	}{
		"lines":                  {strings.NewReplacer(value, inLines(value), certificate, inLines(certificate)).Replace(kojo), "", nil, "style-sheet"},
		"white space at the end": {swap(t, kojo, certificate, certificate+"\n        "), "", nil, "style-sheet"},
		"digest of words":        {swap(t, kojo, digest, "c2FtcGxlIG9ubHksIG5vIGRpZ2VzdCBhdCBhbGwsIGFuZCBsb25nZXI="), cms.HashFailure, nil, "style-sheet"},
		"no base64 at all":       {swap(t, kojo, digest, "***"), cms.FormatFailure, nil, ""},
		"certificate cut":        {swap(t, kojo, certificate, certificate[:400]), cms.NoSigningCertificateFound, ErrUnreadableCertificate, "style-sheet"},
	} {
		r := mustParse(t, []byte(test.src)).Verify(Verification{})[0]
		told := slices.ContainsFunc(r.Failures, func(f *cms.Failure) bool { return f.Code == test.want }) == (test.want != "")
		if !told || test.want == "" && r.Err() != nil || test.cause != nil && !errors.Is(r.Err(), test.cause) {
			t.Errorf("%s: %v", name, r.Err())
		}
		if r.Profile != ProfileTaxCertificate || kinds(r.Outside) != test.outside {
			t.Errorf("%s: a %s, %s", name, r.Profile, kinds(r.Outside))
		}
	}
}

// TestResembles shows which documents are reported as meant for a form and not
// in it.
func TestResembles(t *testing.T) {
	egov, etax := govText(t, egovPlain), govText(t, etaxPlain)
	for name, test := range map[string]struct {
		src  string
		want Profile
	}{
		"e-Gov":                    {egov, ProfileNone},
		"e-Gov, a namespace":       {swap(t, egov, "<DataRoot>", `<DataRoot xmlns="urn:x">`), ProfileEGov},
		"e-Gov, another order":     {swap(t, egov, "<様式ID>", "<x/><様式ID>"), ProfileEGov},
		"e-Gov, the id twice":      {swap(t, egov, "<様式ID>", `<x ID="構成情報"/><様式ID>`), ProfileEGov},
		"e-Gov, a form":            {govText(t, "egov/standard/見本がぎ届_01.xml"), ProfileNone},
		"e-Gov, another root":      {strings.ReplaceAll(egov, "DataRoot", "Root"), ProfileNone},
		"e-Tax":                    {etax, ProfileNone},
		"e-Tax, https":             {swap(t, etax, `xmlns="http:`, `xmlns="https:`), ProfileETax},
		"e-Tax, another namespace": {strings.ReplaceAll(etax, "xml.e-tax.nta.go.jp", "example.jp"), ProfileNone},
	} {
		if got := mustParse(t, []byte(test.src)).Resembles(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestWholeForms shows that a signature over the whole document counts as one
// wherever it stands. The files of the document are judged separately.
func TestWholeForms(t *testing.T) {
	for name, want := range map[string]string{
		etaxPlain: "", "etax/unsigned-noid.xtx": "", "official/unsigned.xml": "", egovPlain: "!form attachment attachment", egovPart: "!form",
		"egov/individual/999Z000000002000/kousei.xml": "attachment attachment attachment attachment",
	} {
		r := mustParse(t, sign(t, govFile(t, name), Options{}, fixture().signer.signing())).Verify(Verification{})[0]
		if kinds(r.Outside) != want || (r.Err() == nil) == strings.Contains(want, "!") {
			t.Errorf("%s: %v, %s", name, r.Err(), kinds(r.Outside))
		}
	}
}

// TestFileTwice shows that a file is read once, however many signatures cover
// it, and that each signature reports the name by which it was found.
func TestFileTwice(t *testing.T) {
	src := swap(t, govText(t, egovPlain), formName, "a+b.xml")
	laid := files{"a+b.xml": "form"}
	one := sign(t, []byte(src), Options{Profile: ProfileEGov, Open: laid.open}, fixture().signer.signing())
	two := sign(t, one, Options{Profile: ProfileEGov, Open: laid.open}, fixture().other.signing())
	opened := 0
	results := mustParse(t, two).Verify(Verification{Open: func(name string) (io.ReadCloser, error) {
		f, err := files{"a b.xml": "form"}.open(name)
		if err == nil {
			opened++
		}
		return f, err
	}})
	if len(results) != 2 || opened != 1 || results[0].References[1].File != "a b.xml" || results[1].References[1].File != "a b.xml" {
		t.Errorf("%d signatures, opened %d times", len(results), opened)
	}
}

// TestFormDecoded shows that a form of which only the decoded text was digested
// does not count as signed.
func TestFormDecoded(t *testing.T) {
	p := mustPrepare(t, govText(t, egovPlain), Options{Profile: ProfileEGov, Open: files{formName: "QUJD"}.open})
	p.digested[1].transforms, p.digested[1].digest = []transform{{algorithm: transformBase64}}, sum(crypto.SHA256, []byte("ABC"))
	r := mustParse(t, finish(t, p, fixture().signer.signing())).Verify(Verification{Open: files{formName: " QUJD"}.open})[0]
	if !onlyReason(r.Failures, cms.SigConstraintsFailure) || !strings.Contains(kinds(r.Outside), "!form") {
		t.Errorf("%v, %s", r.Err(), kinds(r.Outside))
	}
}

// TestFormEncodings signs and verifies the forms in each encoding.
func TestFormEncodings(t *testing.T) {
	for _, e := range encodings {
		for _, name := range []string{egovPlain, etaxPlain} {
			_, body, _ := strings.Cut(govText(t, name), "?>\n")
			open := govOpen(path.Dir(name))
			src := encoded(t, body, e.enc, e.mark)
			d := mustParse(t, src)
			signed := sign(t, src, Options{Profile: d.Detect(), Open: open}, fixture().signer.signing())
			r := mustParse(t, signed).Verify(Verification{Open: open})[0]
			if r.Err() != nil || r.Profile == ProfileNone {
				t.Errorf("%s %s: %q, %v", e.enc, name, r.Profile, r.Err())
			}
		}
	}
}

// TestEmbedded shows that the signature of a certificate embedded in an .xtx
// does not count as one of the document.
func TestEmbedded(t *testing.T) {
	_, kojo, _ := strings.Cut(govText(t, "kojo/signed-nostyle.xml"), "?>\n")
	src := swap(t, govText(t, etaxPlain), "</CONTENTS>", strings.TrimSpace(kojo)+"</CONTENTS>")
	signed := sign(t, []byte(src), Options{Profile: ProfileETax}, fixture().signer.signing())
	both := sign(t, signed, Options{Profile: ProfileETax}, fixture().other.signing())
	results := mustParse(t, both).Verify(Verification{})
	if len(results) != 3 || !results[0].Embedded || results[1].Embedded || results[2].Embedded {
		t.Fatalf("%d signatures", len(results))
	}
	if err := results[1:].Err(); err != nil {
		t.Error(err)
	}
	if got := kinds(results[0].Outside); got != "!element !place" {
		t.Errorf("the certificate's leaves out %s", got)
	}
	// One over a document of its own, which it no longer is in: it is not for
	// us to keep valid.
	own := sign(t, []byte("<a/>"), Options{}, fixture().signer.signing())
	src = swap(t, govText(t, etaxPlain), "</CONTENTS>", string(own)+"</CONTENTS>")
	if _, err := mustParse(t, []byte(src)).Prepare(Options{Profile: ProfileETax}); err != nil {
		t.Error(err)
	}
	if r := mustParse(t, govFile(t, "kojo/signed.xml")).Verify(Verification{})[0]; r.Embedded {
		t.Error("alone, and embedded")
	}
}

// TestHostileForms shows that a hostile document of a megabyte in a form costs
// little more than parsing it.
func TestHostileForms(t *testing.T) {
	egov := govText(t, "egov/standard/kousei-cosigned.xml")
	signature := "<Signature " + between(t, []byte(strings.Replace(egov, "<Signature ", "<Other ", 1)), "<Signature ", "</署名情報>")
	form := "<申請書属性情報><申請書ファイル名称>%d.xml</申請書ファイル名称></申請書属性情報>"
	var forms, references strings.Builder
	for i := range 900 {
		fmt.Fprintf(&forms, form, i)
		fmt.Fprintf(&references, `<Reference URI="%d+.xml"><DigestMethod Algorithm="%s"/><DigestValue>%s</DigestValue></Reference>`, i, digestURI(crypto.SHA256), base64Of(make([]byte, 32)))
	}
	many := strings.Replace(signature, "</SignedInfo>", references.String()+"</SignedInfo>", 1)
	for name, src := range map[string]string{
		"signatures":         swap(t, egov, "</署名情報>", strings.Repeat(signature, 98)+"</署名情報>"),
		"forms":              swap(t, swap(t, egov, "</構成情報>", forms.String()+"</構成情報>"), "</署名情報>", strings.Repeat(many, 5)+"</署名情報>"),
		"children":           swap(t, swap(t, egov, "</署名情報>", strings.Repeat(signature, 90)+"</署名情報>"), "</DataRoot>", strings.Repeat("<x/>", 1000)+"</DataRoot>"),
		"text of the head":   swap(t, swap(t, egov, "</署名情報>", strings.Repeat(signature, 90)+"</署名情報>"), "<様式ID>", "<様式ID>"+strings.Repeat("&amp;", 100000)),
		"instructions":       strings.Repeat("<?x?>", 100000) + "<DataRoot>" + strings.SplitN(egov, "<DataRoot>", 2)[1],
		"procedures":         swap(t, govText(t, "etax/signed.xtx"), "</DATA>", strings.Repeat("<x/>", 200000)+"</DATA>"),
		"things in FRONT":    swap(t, govText(t, "official/signed.xml"), "</FRONT>", strings.Repeat("<STAMP/>", 100000)+"</FRONT>"),
		"pseudo-attributes":  swap(t, govText(t, "kojo/signed.xml"), `type="text/xsl"`, strings.Repeat(`a="" `, 200000)),
		"other, all of text": swap(t, egov, "</DataRoot>", "<その他>"+strings.Repeat("<a>x</a>", 100000)+"</その他></DataRoot>"),
	} {
		d, err := Parse([]byte(src))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		start := time.Now()
		d.Verify(Verification{Open: files{}.open})
		if took := time.Since(start); took > 20*time.Second { // 2 on a machine of its own
			t.Errorf("%s, %d bytes: %v", name, len(src), took)
		} else {
			t.Logf("%s, %d bytes: %v", name, len(src), took)
		}
	}
}

// TestComments shows that comments in signed parts, which the canonical form
// drops, are reported.
func TestComments(t *testing.T) {
	for _, test := range []struct {
		src  string
		o    Options
		want string
	}{
		{"<a><!-- 1 --><b/><!-- 2 --></a>", Options{}, "2"},
		{"<!-- 0 --><a><!-- 1 --><b/><!-- 2 --></a>", Options{}, "3"},
		{"<!-- 0 --><a><!-- 1 --></a>", Options{C14N: Canonicalizer{Method: C14N10Comments}}, ""},
		{"<a><b/></a>", Options{}, ""},
		{"<r><!-- x --><a Id='k'><!-- 1 --></a></r>", Options{Form: Detached, IDs: []string{"k"}}, "1"},
	} {
		p := mustPrepare(t, test.src, test.o)
		if fmt.Sprint(p.Comments) != orDefault(test.want, "0") {
			t.Errorf("%s: %d comments", test.src, p.Comments)
		}
		r := mustParse(t, finish(t, p, fixture().signer.signing())).Verify(Verification{Partial: true})[0]
		got := ""
		for _, o := range r.Outside {
			if o.Kind == OutsideComments && o.Permitted {
				got = o.Text
			}
		}
		if got != test.want || r.Err() != nil {
			t.Errorf("%s: %q comments, %v", test.src, got, r.Err())
		}
	}
}

// TestInvalidNamespaces shows that namespace names that are no URI references
// are reported.
func TestInvalidNamespaces(t *testing.T) {
	for src, want := range map[string][]string{
		"<a xmlns='http://例.jp/税'/>":                                                   {"http://例.jp/税"},
		"<a xmlns='http://x.jp/%E7%A8%8E'><b xmlns:p='urn:b c' xmlns:q='urn:%z'/></a>": {"urn:b c", "urn:%z"},
		"<a xmlns='urn:a' xmlns:b='http://x.test/a?b#c'/>":                             nil,
	} {
		if p := mustPrepare(t, src, Options{}); !slices.Equal(p.InvalidNamespaces, want) {
			t.Errorf("%s: %q", src, p.InvalidNamespaces)
		}
	}
}

// TestUTF16WithoutMark shows that UTF-16 is recognised without a byte order
// mark and without a declaration.
func TestUTF16WithoutMark(t *testing.T) {
	for _, enc := range []Encoding{UTF16LE, UTF16BE} {
		for _, text := range []string{"<a/>", "<申告>税</申告>", "<!-- x --><a/>"} {
			src, err := encode(text, enc)
			if err != nil {
				t.Fatal(err)
			}
			d := mustParse(t, src)
			if d.Encoding() != enc {
				t.Errorf("%s %s: %s", enc, text, d.Encoding())
			}
			if err := verdict(sign(t, src, Options{}, fixture().signer.signing()), Verification{}); err != nil {
				t.Errorf("%s %s: %v", enc, text, err)
			}
		}
	}
}

// TestHead shows that a text is never cut inside a character or an escape,
// wherever the limit falls.
func TestHead(t *testing.T) {
	raw := []byte("a&amp;申&#x7533;告\r\n𠮷&lt;z")
	whole := string(appendText(nil, raw, charData))
	for n := range len(raw) + 2 {
		cut := head(raw, n)
		if len(cut) > n || n-len(cut) > 8 || !utf8.Valid(cut) || !strings.HasPrefix(strings.TrimSuffix(whole, "z")+"z", strings.TrimSuffix(string(appendText(nil, cut, charData)), "\n")) {
			t.Errorf("%d: %q", n, cut)
		}
	}
}
