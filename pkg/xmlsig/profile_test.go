package xmlsig

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// etaxReturn is a document of the shape that e-Tax has: the root DATA with an
// id, in it the procedure with an id.
const etaxReturn = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<DATA xmlns=\"urn:example:etax\" id=\"DATA\">\r\n<RKO0010 VR=\"1.0\" id=\"RKO0010\"><CONTENTS id=\"CONTENTS\">" +
	"<所得>1,234</所得></CONTENTS></RKO0010>\r\n<SOFUSHO id=\"SOFUSHO\">別紙</SOFUSHO>\r\n</DATA>\r\n"

// egovContents is one of the shape that e-Gov has.
const egovForm = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"kousei.xsl\"?>\n<DOC>\n<構成情報 ID=\"構成情報\"><手続名称>届出</手続名称></構成情報>\n" +
	"<署名情報/>\n<その他>印刷用</その他>\n</DOC>\n"

func TestDetect(t *testing.T) {
	for src, want := range map[string]Profile{
		etaxReturn:                 ProfileETax,
		"<DATA/>":                  ProfileNone,
		"<x><DATA id='DATA'/></x>": ProfileNone,
		egovForm:                   ProfileEGov,
		"<d><構成情報 ID='構成情報'/></d>":                  ProfileEGov,
		"<d><構成情報 ID='構成情報'/><その他/></d>":            ProfileEGov,
		"<d><構成情報 ID='x'/><署名情報/></d>":              ProfileNone,
		"<d><署名情報/><構成情報 ID='構成情報'/></d>":           ProfileNone,
		"<d><構成情報 ID='構成情報'/><署名情報/><その他/><x/></d>": ProfileNone,
		"<d><x><構成情報 ID='構成情報'/></x></d>":           ProfileNone,
		taxReturn: ProfileNone,
	} {
		if got := mustParse(t, []byte(src)).Detect(); got != want {
			t.Errorf("%q, want %q: %s", got, want, src)
		}
	}
}

func TestETax(t *testing.T) {
	signed := sign(t, []byte(etaxReturn), Options{Profile: ProfileETax}, fixture().signer.signing())
	results := mustParse(t, signed).Verify(Verification{})
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Profile != ProfileETax || !r.Whole || len(r.Warnings) != 0 {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{
		"別紙</SOFUSHO>\r\n<dsig:Signature xmlns:dsig=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"", "</dsig:Signature></DATA>\r\n",
		`<dsig:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256">`,
		`<dsig:Reference URI="#DATA"><dsig:Transforms><dsig:Transform Algorithm="` + transformEnveloped + `"></dsig:Transform><dsig:Transform Algorithm="` + string(C14N10) + `">`,
	} {
		if !strings.Contains(string(signed), want) {
			t.Errorf("%s\nis not in\n%s", want, signed)
		}
	}
	var breaks *BreaksSignatureError
	if _, err := mustParse(t, signed).Prepare(Options{Profile: ProfileETax}); !errors.As(err, &breaks) {
		t.Errorf("a second signature over DATA: %v", err)
	}
}

// TestETaxCosign: the tax payer and the tax accountant.
func TestETaxCosign(t *testing.T) {
	f := fixture()
	first := sign(t, []byte(etaxReturn), Options{Profile: ProfileETax, Cosign: true}, f.signer.signing())
	both := sign(t, first, Options{Profile: ProfileETax, Cosign: true}, f.other.signing())
	closed := sign(t, both, Options{Profile: ProfileETax}, f.signer.signing())
	for n, signed := range [][]byte{first, both, closed} {
		results := mustParse(t, signed).Verify(Verification{})
		if err := results.Err(); err != nil || len(results) != n+1 {
			t.Fatalf("%d signatures: %v", len(results), err)
		}
		for i, r := range results {
			if r.Whole != (i == 2) || slices.Contains(r.Warnings, PartialCoverage) != (i < 2) {
				t.Errorf("signature %d: Whole %v, warnings %v", i, r.Whole, r.Warnings)
			}
		}
	}
	for name, forged := range map[string][]byte{
		"another element":    replaced(t, both, "<RKO0010 ", "<RKO0010 id='EVIL'/><RKO0010 "),
		"text":               replaced(t, both, "<RKO0010 ", "1<RKO0010 "),
		"style sheet":        append([]byte("<?xml-stylesheet?>"), both[40:]...),
		"instruction":        replaced(t, both, "<RKO0010 ", "<?x?><RKO0010 "),
		"attribute":          replaced(t, both, ` id="DATA"`, ` id="DATA" VR="2"`),
		"another root":       replaced(t, replaced(t, both, "</DATA>", "</DATE>"), "<DATA ", "<DATE "),
		"moved a level down": replaced(t, replaced(t, both, "</DATA>", "</x></DATA>"), "<RKO0010 ", "<x id='x'><RKO0010 "),
		"inside":             replaced(t, both, "1,234", "9,234"),
	} {
		if err := verdict(forged, Verification{}); err == nil {
			t.Errorf("%s: valid", name)
		} else if errors.As(err, new(*SyntaxError)) {
			t.Errorf("%s: the test's own mistake: %v", name, err)
		}
	}
	if _, err := mustParse(t, []byte("<DATA id='D'><a/></DATA>")).Prepare(Options{Profile: ProfileETax, Cosign: true}); !errors.Is(err, ErrNoElement) {
		t.Errorf("an element without id: %v", err)
	}
	if _, err := mustParse(t, []byte("<DATA id='D'/>")).Prepare(Options{Profile: ProfileETax, Cosign: true}); !errors.Is(err, ErrNothingToSign) {
		t.Errorf("nothing: %v", err)
	}
}

func TestEGov(t *testing.T) {
	f := fixture()
	attached := files{"添付書類.pdf": "%PDF", "kousei.xsl": "<x/>"}
	for name, form := range map[string]string{
		"empty":   egovForm,
		"present": strings.Replace(egovForm, "<署名情報/>", "<署名情報>\n</署名情報>", 1),
		"missing": strings.Replace(egovForm, "<署名情報/>\n", "", 1),
		"prefix":  strings.NewReplacer("<署名情報/>\n", "", "<構成情報 ", "<e:構成情報 ", "</構成情報", "</e:構成情報", "<DOC>", "<DOC xmlns:e='urn:e'>").Replace(egovForm),
	} {
		t.Run(name, func(t *testing.T) {
			one := sign(t, []byte(form), attached.request(Options{Profile: ProfileEGov}), f.signer.signing())
			later := f.other.signing()
			later.Time = later.Time.AddDate(0, 0, 1)
			two := sign(t, one, attached.request(Options{Profile: ProfileEGov}), later)
			results := mustParse(t, two).Verify(Verification{Open: attached.open})
			if err := results.Err(); err != nil || len(results) != 2 {
				t.Fatalf("%v\n%s", err, two)
			}
			if r := results[0]; r.Profile != ProfileEGov || r.Whole || !slices.Contains(r.Warnings, PartialCoverage) || r.ID != "20261122100203" || results[1].ID != "20261123100203" {
				t.Errorf("%+v", r)
			}
			for _, want := range []string{
				`<ds:Reference URI="#%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1"><ds:Transforms><ds:Transform Algorithm="` + string(C14N10) + `"></ds:Transform></ds:Transforms>`,
				`<ds:Reference URI="%E6%B7%BB%E4%BB%98%E6%9B%B8%E9%A1%9E.pdf"><ds:DigestMethod`,
				"</ds:Signature></署名情報>", "</ds:Signature></e:署名情報>",
			} {
				if !strings.Contains(string(one), want) && strings.Contains(want, "e:") == (name == "prefix") {
					t.Errorf("%s\nis not in\n%s", want, one)
				}
			}
			if _, err := mustPrepare(t, string(one), Options{Profile: ProfileEGov}).Sign(f.signer.signing()); !errors.Is(err, ErrDuplicateID) {
				t.Errorf("twice in a second: %v", err)
			}
			for name, forged := range map[string][]byte{
				"contents":         replaced(t, one, "届出", "取下"),
				"another contents": replaced(t, one, "<その他>", "<構成情報 ID='x'/><その他>"),
				"wrapped":          []byte("<X><構成情報 ID='x'>偽</構成情報><署名情報/><その他>" + strings.Split(string(one), "?>\n")[2] + "</その他></X>"),
				"in 署名情報":          replaced(t, one, "</ds:Signature>", "</ds:Signature><構成情報 ID='x'/>"),
				"beside":           replaced(t, one, "<その他>", "<x/><その他>"),
				"around":           []byte("<X>" + strings.Split(string(one), "?>\n")[2] + "</X>"),
			} {
				if err := verdict(forged, Verification{Open: attached.open}); err == nil {
					t.Errorf("%s: valid", name)
				} else if errors.As(err, new(*SyntaxError)) {
					t.Errorf("%s: the test's own mistake: %v", name, err)
				}
			}
		})
	}
}

func TestProfileEncodings(t *testing.T) {
	for _, e := range encodings {
		for _, form := range []string{egovForm, strings.Replace(egovForm, "<署名情報/>\n", "", 1)} {
			_, body, _ := strings.Cut(form, "?>\n")
			signed := sign(t, encoded(t, body, e.enc, e.mark), Options{Profile: ProfileEGov}, fixture().signer.signing())
			if err := verdict(signed, Verification{}); err != nil {
				t.Errorf("%s: %v", e.enc, err)
			}
		}
	}
}

func TestProfileRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		src     string
		request Options
	}{
		"another shape for e-Tax":  {egovForm, Options{Profile: ProfileETax}},
		"another shape for e-Gov":  {etaxReturn, Options{Profile: ProfileEGov}},
		"style sheet":              {"<?xml-stylesheet?>" + etaxReturn[40:], Options{Profile: ProfileETax}},
		"XAdES":                    {etaxReturn, Options{Profile: ProfileETax, XAdES: true}},
		"another canonicalisation": {egovForm, Options{Profile: ProfileEGov, C14N: Canonicalizer{Method: C14N11}}},
		"another form":             {etaxReturn, Options{Profile: ProfileETax, Form: Enveloping}},
		"ids":                      {etaxReturn, Options{Profile: ProfileETax, IDs: []string{"CONTENTS"}}},
		"files":                    {etaxReturn, someFiles.request(Options{Profile: ProfileETax})},
	} {
		if _, err := mustParse(t, []byte(test.src)).Prepare(test.request); !errors.Is(err, ErrProfile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
