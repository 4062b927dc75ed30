package xmlsig

import (
	"crypto"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// TestFileTransforms shows the transforms of files that other programs write
// and this package accepts.
func TestFileTransforms(t *testing.T) {
	laid := files{"x.xml": "<?xml version='1.0'?><!-- c --><a b='2' a=\"1\"/>", "b64": "44GC\r\n44GE ", "html": "<p>"}
	c14n, comments := transform{algorithm: string(C14N10)}, transform{algorithm: string(C14N10Comments)}
	base64, enveloped := transform{algorithm: transformBase64}, transform{algorithm: transformEnveloped}
	for name, test := range map[string]struct {
		file       string
		transforms []transform
		digested   string
		want       error
	}{
		"as it is":                   {"html", nil, "<p>", nil},
		"canonical":                  {"x.xml", []transform{c14n}, `<a a="1" b="2"></a>`, nil},
		"canonical with comments":    {"x.xml", []transform{comments}, "<!-- c -->\n" + `<a a="1" b="2"></a>`, nil},
		"canonical twice":            {"x.xml", []transform{comments, c14n}, `<a a="1" b="2"></a>`, nil},
		"base64":                     {"b64", []transform{base64}, "あい", nil},
		"changed":                    {"html", nil, "<p> ", cms.HashFailure},
		"canonical, but no XML":      {"html", []transform{c14n}, "<p>", cms.FormatFailure},
		"base64, but none":           {"html", []transform{base64}, "<p>", cms.FormatFailure},
		"base64 of canonical XML":    {"x.xml", []transform{c14n, base64}, "", cms.FormatFailure},
		"enveloped in a file":        {"x.xml", []transform{enveloped}, "", cms.SigConstraintsFailure},
		"enveloped in canonical XML": {"x.xml", []transform{c14n, enveloped}, "", cms.SigConstraintsFailure},
		"not there":                  {"y.xml", nil, "", cms.SignedDataNotFound},
	} {
		p := mustPrepare(t, "<a/>", Options{})
		p.append(digested{uri: test.file, transforms: test.transforms, digest: sum(crypto.SHA256, []byte(test.digested))})
		signed := finish(t, p, fixture().signer.signing())
		if err := verdict(signed, Verification{Open: laid.open}); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFileTooLarge shows that a file that has to be held in memory is limited
// in size.
func TestFileTooLarge(t *testing.T) {
	p := mustPrepare(t, "<a/>", Options{})
	p.append(digested{uri: "x", transforms: p.canon.transforms(), digest: sum(crypto.SHA256, nil)})
	signed := finish(t, p, fixture().signer.signing())
	d, err := Limits{Size: len(signed)}.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	laid := files{"x": "<a>" + string(make([]byte, len(signed))) + "</a>"}
	err = d.Verify(Verification{Open: laid.open}).Err()
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != "Size" {
		t.Error(err)
	}
}
