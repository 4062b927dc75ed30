package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/jst"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/signers"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// taxReturn is a document that is hard to sign: inherited namespaces,
// attributes of the xml namespace, CR LF, comments.
const taxReturn = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- 控え -->\r\n<t:申告 xmlns:t=\"urn:tax\" xmlns=\"urn:d\" xmlns:u=\"urn:u\" xml:lang=\"ja\" t:年='令和八'>\r\n" +
	"\t<項目 Id=\"k1\" u:単位=\"円\">1,234,567<!-- 概算 --></項目>\r\n\t<項目 Id=\"k2\" xml:space=\"preserve\"> <![CDATA[<&>]]> </項目>\r\n</t:申告>\r\n<?end?>\r\n"

// someFiles are files whose names need care in a URI.
var someFiles = files{"添付 書類.pdf": "%PDF-1.7 \x00\xff", "sub/a:b~c#d?e%20f.bin": "", "plain.txt": "text\r\n"}

// signedForms are signatures of every form that this package makes.
func signedForms(t testing.TB) map[string][]byte {
	s := fixture().signer.signing()
	forms := map[string][]byte{}
	for _, m := range []C14NMethod{C14N10, C14N10Comments, C14N11, C14N11Comments, ExcC14N10, ExcC14N10Comments} {
		c := Canonicalizer{Method: m}
		name := strings.TrimPrefix(string(m), "http://www.w3.org/")
		for _, xades := range []bool{false, true} {
			if xades {
				name += " xades"
			}
			forms["enveloped "+name] = sign(t, []byte(taxReturn), Options{C14N: c, XAdES: xades}, s)
			forms["enveloping "+name] = sign(t, []byte(taxReturn), Options{Form: Enveloping, C14N: c, XAdES: xades}, s)
			forms["detached "+name] = sign(t, []byte(taxReturn), Options{Form: Detached, C14N: c, IDs: []string{"k1", "k2"}, XAdES: xades}, s)
			forms["enveloped with files "+name] = sign(t, []byte(taxReturn), someFiles.request(Options{C14N: c, XAdES: xades}), s)
		}
	}
	forms["prefixes"] = sign(t, []byte(taxReturn), Options{C14N: Canonicalizer{ExcC14N10, []string{"u", "#default"}}}, s)
	forms["detached Japanese id"] = sign(t, []byte("<r><項目 xmlns='urn:d' Id='項一'/></r>"), Options{Form: Detached, IDs: []string{"項一"}}, s)
	for _, h := range []crypto.Hash{crypto.SHA384, crypto.SHA512} {
		forms["enveloped "+h.String()] = sign(t, []byte(taxReturn), Options{Hash: h, XAdES: true}, s)
	}
	for _, xades := range []bool{false, true} {
		p, err := PrepareFiles(someFiles.request(Options{XAdES: xades}))
		if err != nil {
			t.Fatal(err)
		}
		name := "files"
		if xades {
			name += " xades"
		}
		forms[name] = finish(t, p, s)
	}
	return forms
}

func TestSignAndVerify(t *testing.T) {
	for name, signed := range signedForms(t) {
		t.Run(name, func(t *testing.T) {
			partial := strings.HasPrefix(name, "detached")
			results := mustParse(t, signed).Verify(Verification{Open: someFiles.open, Partial: partial})
			if err := results.Err(); err != nil {
				t.Fatalf("%v\n%s", err, signed)
			}
			r := results[0]
			if len(results) != 1 || !r.Certificate.Equal(fixture().signer.cert) || len(r.Certificates) != 2 {
				t.Errorf("result %+v", r)
			}
			if r.Whole == partial || slices.Contains(r.Warnings, PartialCoverage) != partial {
				t.Errorf("Whole is %v, warnings %v", r.Whole, r.Warnings)
			}
			if xades := strings.Contains(name, "xades") || strings.Contains(name, "SHA-"); r.XAdES != xades || r.CertificateSigned != xades || r.SigningTime.Equal(signedAt) != xades {
				t.Errorf("XAdES %v, certificate signed %v, time %v", r.XAdES, r.CertificateSigned, r.SigningTime)
			}
			if partial {
				err := mustParse(t, signed).Verify(Verification{}).Err()
				if !errors.Is(err, cms.SigConstraintsFailure) || errors.Is(err, cms.HashFailure) || errors.Is(err, cms.SigCryptoFailure) {
					t.Errorf("part of the document: %v", err)
				}
			}
			if strings.Contains(name, "files") {
				if err := mustParse(t, signed).Verify(Verification{}).Err(); !errors.Is(err, cms.SignedDataNotFound) {
					t.Errorf("without the files: %v", err)
				}
				changed := maps.Clone(someFiles)
				changed["plain.txt"] += " "
				if err := mustParse(t, signed).Verify(Verification{Open: changed.open}).Err(); !errors.Is(err, cms.HashFailure) {
					t.Errorf("with another file: %v", err)
				}
			}
		})
	}
}

// TestBytesStay shows that signing changes no byte outside the signature, in
// any encoding.
func TestBytesStay(t *testing.T) {
	for _, e := range encodings {
		for _, text := range []string{
			"\r\n<申告 年='令和'>\r\n<a/></申告>\r\n<!-- 控 -->",
			"<申告/>", "<申告 a='b' />", "<p:申告 xmlns:p='urn:p'\n/>\r\n", "<a></a>",
		} {
			src := encoded(t, text, e.enc, e.mark)
			for _, xades := range []bool{false, true} {
				signed := sign(t, src, Options{XAdES: xades}, fixture().signer.signing())
				d := mustParse(t, signed)
				if err := d.Verify(Verification{}).Err(); err != nil {
					t.Fatalf("%s %s: %v", e.enc, text, err)
				}
				start, end := d.signatures[0].Range()
				rest := append(slices.Clone(signed[:start]), signed[end:]...)
				if strings.Contains(text, "/>") && !strings.Contains(text, "<a/>") {
					name, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n<"), "/")
					name = strings.Fields(name)[0]
					text := strings.Replace(text, "/>", "></"+name+">", 1)
					src = encoded(t, text, e.enc, e.mark)
				}
				if !bytes.Equal(rest, src) {
					t.Errorf("%s: around the signature\n%q\nwas\n%q", e.enc, rest, src)
				}
				src = encoded(t, text, e.enc, e.mark)
			}
		}
	}
}

// TestSeveralSignatures shows that a document can be signed several times, as
// long as no signature covers the place of the next.
func TestSeveralSignatures(t *testing.T) {
	f := fixture()
	one := sign(t, []byte(taxReturn), Options{Form: Detached, IDs: []string{"k1"}, XAdES: true}, f.signer.signing())
	two := sign(t, one, Options{Form: Detached, IDs: []string{"k1", "k2"}}, f.other.signing())
	three := sign(t, two, Options{XAdES: true}, f.signer.signing())
	results := mustParse(t, three).Verify(Verification{Partial: true})
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	var whole []bool
	for _, r := range results {
		ids, whole = append(ids, r.ID), append(whole, r.Whole)
	}
	if !slices.Equal(ids, []string{"signature-1", "signature-2", "signature-3"}) || !slices.Equal(whole, []bool{false, false, true}) {
		t.Errorf("%v %v", ids, whole)
	}
	_, err := mustParse(t, three).Prepare(Options{})
	var breaks *BreaksSignatureError
	if !errors.As(err, &breaks) || breaks.ID != "signature-3" || breaks.Line == 0 {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := mustParse(t, one).Prepare(Options{Form: Enveloping}); !errors.Is(err, ErrSignedInside) {
		t.Errorf("around a signed document: %v", err)
	}
	p, err := PrepareFiles(someFiles.request(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mustParse(t, finish(t, p, f.signer.signing())).Prepare(Options{}); !errors.As(err, &breaks) {
		t.Errorf("a signature in a signature: %v", err)
	}
}

// TestRefusedBeforeTheKey shows that every refusal comes before the key is
// used.
func TestRefusedBeforeTheKey(t *testing.T) {
	f := fixture()
	used := 0
	good := f.signer.signing()
	good.Key = cardKey{f.signer.key, &used}
	for name, c := range map[string]struct {
		change func(*cms.Signing)
		want   error
	}{
		"no certificate":      {func(s *cms.Signing) { s.Certificate = nil }, cms.ErrKeyMismatch},
		"no key":              {func(s *cms.Signing) { s.Key = nil }, cms.ErrKeyMismatch},
		"another certificate": {func(s *cms.Signing) { s.Certificate = f.other.cert }, cms.ErrKeyMismatch},
		"short key":           {func(s *cms.Signing) { s.Certificate, s.Key = f.short.cert, cardKey{f.short.key, &used} }, cms.ErrKey},
		"no time":             {func(s *cms.Signing) { s.Time, s.WithoutTime = time.Time{}, true }, cms.ErrTime},
		"year 10000":          {func(s *cms.Signing) { s.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, cms.ErrTime},
		"year 10000 in its zone": {func(s *cms.Signing) {
			s.Time = time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC).In(jst.Zone)
		}, cms.ErrTime},
	} {
		s := good
		c.change(&s)
		p, err := mustParse(t, []byte(taxReturn)).Prepare(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Sign(s); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if used != 0 {
		t.Errorf("the key was used %d times", used)
	}
	finish(t, mustPrepare(t, taxReturn, Options{XAdES: true}), good)
	if used != 1 {
		t.Errorf("the key was used %d times for one signature", used)
	}
}

func mustPrepare(t *testing.T, src string, r Options) *Prepared {
	t.Helper()
	p, err := mustParse(t, []byte(src)).Prepare(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wrongKey signs other data than it is given.
type wrongKey struct{ crypto.Signer }

func (k wrongKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	digest = slices.Clone(digest)
	digest[0] ^= 1
	return k.Signer.Sign(r, digest, o)
}

func TestKeyThatErrs(t *testing.T) {
	s := fixture().signer.signing()
	s.Key = wrongKey{s.Key}
	if _, err := mustPrepare(t, taxReturn, Options{}).Sign(s); !errors.Is(err, cms.ErrBadSignature) {
		t.Error(err)
	}
	used := 0
	s.Key = cardKey{fixture().other.key, &used}
	s.Certificate = fixture().other.cert
	p := mustPrepare(t, taxReturn, Options{})
	p.hash = crypto.SHA384
	s.Key = refusingKey{s.Key}
	if _, err := p.Sign(s); !errors.Is(err, errCard) {
		t.Error(err)
	}
}

type refusingKey struct{ crypto.Signer }

func (refusingKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errCard }

func TestPrepareRefuses(t *testing.T) {
	for _, test := range []struct {
		name, src string
		request   Options
		want      error
	}{
		{"SHA-1", taxReturn, Options{Hash: crypto.SHA1}, cms.ErrHash},
		{"MD5", taxReturn, Options{Hash: crypto.MD5}, cms.ErrHash},
		{"prefixes", taxReturn, Options{C14N: Canonicalizer{C14N10, []string{"a"}}}, ErrPrefixList},
		{"unknown profile", taxReturn, Options{Profile: "tax"}, ErrProfile},
		{"an id of an enveloped one", taxReturn, Options{IDs: []string{"k1"}}, ErrIDs},
		{"nothing", taxReturn, Options{Form: Detached}, ErrNothingToSign},
		{"unknown id", taxReturn, Options{Form: Detached, IDs: []string{"k3"}}, ErrNoElement},
		{"two of an id", "<a><b Id='1'/><b id='1'/></a>", Options{Form: Detached, IDs: []string{"1"}}, ErrDuplicateID},
		{"an id no URI can say", "<a><b Id='x(y)'/></a>", Options{Form: Detached, IDs: []string{"x(y)"}}, ErrNoElement},
		{"the root", "<a Id='1'/>", Options{Form: Detached, IDs: []string{"1"}}, ErrSelf},
		{"a file above", taxReturn, Options{Files: []File{{Name: "../x", Content: strings.NewReader("")}}}, ErrFileName},
		{"an absolute file", taxReturn, Options{Files: []File{{Name: "/x", Content: strings.NewReader("")}}}, ErrFileName},
		{"backslash", taxReturn, Options{Files: []File{{Name: `a\b`, Content: strings.NewReader("")}}}, ErrFileName},
	} {
		if _, err := mustParse(t, []byte(test.src)).Prepare(test.request); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for want, o := range map[error]Options{
		ErrNothingToSign: {},
		ErrProfile:       {Profile: ProfileETax, Files: []File{{Name: "x", Content: strings.NewReader("")}}},
		ErrIDs:           {Form: Detached, IDs: []string{"1"}, Files: []File{{Name: "x", Content: strings.NewReader("")}}},
	} {
		if _, err := PrepareFiles(o); !errors.Is(err, want) {
			t.Errorf("files alone: %v, want %v", err, want)
		}
	}
	var unsupported *UnsupportedError
	if _, err := mustParse(t, []byte(taxReturn)).Prepare(Options{C14N: Canonicalizer{Method: "x"}}); !errors.As(err, &unsupported) {
		t.Error(err)
	}
	var relative *RelativeNamespaceError
	if _, err := mustParse(t, []byte("<a xmlns='b'><c xmlns='urn:c' Id='c'/></a>")).Prepare(Options{Form: Detached, IDs: []string{"c"}}); !errors.As(err, &relative) {
		t.Errorf("a namespace that only SignedInfo would see: %v", err)
	}
	var ambiguous *AmbiguousError
	src := "<?xml version='1.0' encoding='Shift_JIS'?><a>\n\x81\x60</a>"
	if _, err := mustParse(t, []byte(src)).Prepare(Options{}); !errors.As(err, &ambiguous) || ambiguous.Line != 2 || ambiguous.Column != 1 {
		t.Errorf("wave dash: %v", err)
	}
	if _, err := PrepareFiles(Options{}); !errors.Is(err, ErrNothingToSign) {
		t.Error(err)
	}
}

func TestNoSignature(t *testing.T) {
	if err := mustParse(t, []byte("<Signature/>")).Verify(Verification{}).Err(); !errors.Is(err, ErrNoSignature) {
		t.Error(err)
	}
	if err := (Result{}).Err(); err == nil {
		t.Error("the zero Result is good")
	}
	if err := (Results{{}}).Err(); err == nil {
		t.Error("a zero Result is good")
	}
}

// TestFileNames shows which files a URI may open, the likeliest name first.
func TestFileNames(t *testing.T) {
	for uri, want := range map[string]string{
		"a.pdf": "a.pdf", "./a/b": "a/b", "././a": "a", "%E6%B7%BB.pdf": "添.pdf|%E6%B7%BB.pdf", "%e6%b7%bb.pdf": "添.pdf|%e6%b7%bb.pdf",
		"添.pdf": "添.pdf", "添 付.pdf": "添 付.pdf", "a%zz": "a%zz", "a%3Ab": "a:b|a%3Ab", "a+b": "a+b|a b", "a%2Bb+c": "a+b+c|a%2Bb+c|a+b c|a%2Bb c",
		"http://x.test/a": "", "file:///etc/passwd": "", "//x.test/a": "", "/etc/passwd": "", "../a": "", "a/../../b": "", "C:/a": "", "C:a": "",
		"%2e%2e/a": "", "..%2fa": "", "%2Fetc": "", "a?b": "", "a#b": "", `a\b`: "", "a%5cb": "", "": "", ".": "", "a%00b": "", "./../a": "", ".%2e/a": "",
	} {
		if got := strings.Join(fileNames(uri), "|"); got != want {
			t.Errorf("%q: %q", uri, got)
		}
	}
	for name := range someFiles {
		if got := fileNames(fileURI(name)); len(got) == 0 || got[0] != name {
			t.Errorf("%q became %q", name, got)
		}
	}
}

// TestFreeID shows that a new Id differs from every Id of the document and
// begins none.
func TestFreeID(t *testing.T) {
	for src, want := range map[string]string{
		"<a/>": "signature-1",
		"<a Id='signature-1'><b id='signature-7-x'/><c Id='signature-'/><d x='signature-9'/></a>": "signature-8",
		"<a Id='signature-99999999999999999999'/>":                                                "signature-1000000000",
	} {
		if got := mustParse(t, []byte(src)).freeID(); got != want {
			t.Errorf("%s in %s", got, src)
		}
	}
}

// everyKey returns a signing for each kind of key.
func everyKey() map[string]cms.Signing {
	pss := fixture().signer.signing()
	pss.PSS = true
	return map[string]cms.Signing{
		"RSA": fixture().signer.signing(), "RSASSA-PSS": pss, "P-256": fixture().p256.signing(),
		"P-384": newHolder(signers.ECDSA(elliptic.P384()), "P-384", 6).signing(),
		"P-521": newHolder(signers.ECDSA(elliptic.P521()), "P-521", 7).signing(),
	}
}

// signedByEveryKey returns a document signed by each kind of key with each
// digest.
func signedByEveryKey(t testing.TB) map[string][]byte {
	signed := map[string][]byte{}
	for name, s := range everyKey() {
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			signed[name+" "+h.String()] = sign(t, []byte(taxReturn), Options{Hash: h, XAdES: true}, s)
		}
	}
	return signed
}

// TestSignWithEveryKey shows that other keys (of the next card, of software)
// sign like RSA, and that the forms of the state's services take RSA only.
func TestSignWithEveryKey(t *testing.T) {
	for name, signed := range signedByEveryKey(t) {
		results := mustParse(t, signed).Verify(Verification{})
		if err := results.Err(); err != nil || len(results) != 1 || !strings.HasSuffix(results[0].Algorithm.String(), strings.Fields(name)[1]) {
			t.Errorf("%s: %v, %v", name, results, err)
		}
	}
	p := &Prepared{sh: &shape{}, hash: crypto.SHA256}
	if err := p.checkSigner(everyKey()["P-256"]); !errors.Is(err, cms.ErrKey) {
		t.Errorf("a form with a key on P-256: %v", err)
	}
}
