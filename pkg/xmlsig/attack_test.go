package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// replaced replaces a text that must occur exactly once in src.
func replaced(t testing.TB, src []byte, old, new string) []byte {
	t.Helper()
	if n := bytes.Count(src, []byte(old)); n != 1 {
		t.Fatalf("%q is there %d times in\n%s", old, n, src)
	}
	return bytes.Replace(src, []byte(old), []byte(new), 1)
}

// between returns the text between two texts. It fails the test if they are
// missing.
func between(t testing.TB, src []byte, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(string(src), from)
	inside, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("no %s…%s in\n%s", from, to, src)
	}
	return inside
}

// verdict parses and verifies a forged document. A document that cannot be
// parsed is not valid either.
func verdict(src []byte, v Verification) error {
	d, err := Parse(src)
	if err != nil {
		return err
	}
	return d.Verify(v).Err()
}

// TestSingleBytes changes and removes each byte of signed documents. Where the
// signature stays valid, the change must have no meaning: the canonical form,
// the signed parts and the key stay the same.
func TestSingleBytes(t *testing.T) {
	f := fixture()
	small := "<?xml version=\"1.0\"?><!-- c --><p:a xmlns:p='urn:p' b=\"1&#10;\">\r\n<c Id='k1'>&lt;あ<![CDATA[x]]></c><d/></p:a>"
	s := f.signer.signing()
	s.CA = nil
	forms := map[string][]byte{
		"enveloped":  sign(t, []byte(small), Options{}, s),
		"comments":   sign(t, []byte(small), Options{C14N: Canonicalizer{Method: C14N10Comments}}, s),
		"exclusive":  sign(t, []byte(small), Options{C14N: Canonicalizer{Method: ExcC14N10}}, s),
		"enveloping": sign(t, []byte(small), Options{Form: Enveloping}, s),
		"xades":      sign(t, []byte(small), Options{XAdES: true}, s),
		"UTF-16":     sign(t, encoded(t, "<a>あ</a>", UTF16BE, true), Options{}, s),
	}
	for name, signed := range forms {
		t.Run(name, func(t *testing.T) {
			want := essence(t, signed)
			t.Parallel()
			d := mustParse(t, signed)
			sig, f := parseSignature(d.signatures[0])
			if f != nil {
				t.Fatal(f)
			}
			from, _ := sig.find(sig.valueNode).Range()
			_, to := sig.find(sig.keyInfo).Range()
			for i := range signed {
				if i > from+40 && i < to-80 && i%8 != 0 {
					continue // base64 of value and certificate, one like the other
				}
				for _, change := range []byte{signed[i] ^ 1, signed[i] ^ 0x20} {
					forged := slices.Clone(signed)
					forged[i] = change
					if verdict(forged, Verification{}) != nil {
						continue
					}
					if got := essence(t, forged); got != want {
						t.Fatalf("byte %d: %q instead of %q is valid\n%s\n%s", i, change, signed[i], got, want)
					}
				}
				without := slices.Delete(slices.Clone(signed), i, i+1)
				if verdict(without, Verification{}) == nil && essence(t, without) != want {
					t.Fatalf("byte %d may be left out", i)
				}
			}
		})
	}
}

// essence returns what must not change in a signed document with a valid
// signature: the signed parts in canonical form, the signature value and the
// key. The Id of a plain signature and the certificates beside the signer's may
// change.
func essence(t *testing.T, signed []byte) string {
	t.Helper()
	d := mustParse(t, signed)
	sig, f := parseSignature(d.signatures[0])
	if f != nil {
		t.Fatal(f)
	}
	method := Canonicalizer{Method: C14N10}
	set := nodeSet{doc: d, without: d.signatures[0]}
	if sig.references[0].URI == "#xpointer(/)" {
		method.Method, set.comments = C14N10Comments, true
	}
	var b bytes.Buffer
	if err := method.write(&b, set); err != nil {
		t.Fatal(err)
	}
	for _, n := range append([]*node{sig.signedInfo}, sig.objects...) {
		if err := (Canonicalizer{Method: C14N10}).Element(&b, sig.find(n)); err != nil {
			t.Fatal(err)
		}
	}
	b.Write(sig.value)
	r := d.Verify(Verification{})[0]
	if !r.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(fixture().signer.cert.PublicKey) {
		t.Fatal("by another key")
	}
	return b.String()
}

// TestWrapping moves the signed part or the signature to a place where a
// program that reads the document does not look (signature wrapping). Each
// document must be refused.
func TestWrapping(t *testing.T) {
	f := fixture()
	const root = `<DATA id="DATA"><amount>1</amount></DATA>`
	const evil = `<DATA id="EVIL"><amount>1000000</amount>`
	byID := func() []byte { // an enveloped signature by the id of the root
		d := mustParse(t, []byte(root))
		p, err := d.prepared(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.within(d.root); err != nil {
			t.Fatal(err)
		}
		e, _ := d.ElementByID("DATA")
		if err := p.element(e, "DATA", "DATA", "", transform{algorithm: transformEnveloped}); err != nil {
			t.Fatal(err)
		}
		return finish(t, p, f.signer.signing())
	}()
	if err := verdict(byID, Verification{}); err != nil {
		t.Fatal(err)
	}
	whole := sign(t, []byte(root), Options{}, f.signer.signing())
	parts := sign(t, []byte(`<r><DATA id="DATA"><amount>1</amount></DATA></r>`), Options{Form: Detached, IDs: []string{"DATA"}}, f.signer.signing())
	enveloping := sign(t, []byte(root), Options{Form: Enveloping}, f.signer.signing())
	xades := sign(t, []byte(root), Options{XAdES: true}, f.signer.signing())
	signature := func(src []byte) string {
		return "<ds:Signature" + between(t, src, "<ds:Signature", "</ds:Signature>") + "</ds:Signature>"
	}
	without := func(src []byte) string { return strings.Replace(string(src), signature(src), "", 1) }
	inObject := func(src []byte, content string) string {
		return strings.Replace(signature(src), "</ds:Signature>", "<ds:Object>"+content+"</ds:Object></ds:Signature>", 1)
	}
	for name, forged := range map[string]string{
		"original beside, signature in the evil one":      evil + without(byID) + signature(byID) + "</DATA>",
		"original with its signature inside":              evil + string(byID) + "</DATA>",
		"original in an Object":                           evil + inObject(byID, without(byID)) + "</DATA>",
		"original in an Object of another element":        evil + "<x>" + string(byID) + "</x></DATA>",
		"the same id twice":                               `<DATA id="DATA"><amount>1000000</amount>` + string(byID) + "</DATA>",
		"the same id twice, in another kind of attribute": `<DATA Id="DATA"><amount>1000000</amount>` + string(byID) + "</DATA>",
		"the same id as xml:id":                           `<DATA xml:id="DATA"><amount>1000000</amount>` + string(byID) + "</DATA>",
		"an Object with something unsigned":               strings.Replace(string(whole), signature(whole), inObject(whole, evil+"</DATA>"), 1),
		"an unsigned Object around the properties":        strings.Replace(string(xades), "<ds:Object><xades:", "<ds:Object>"+evil+"</DATA><xades:", 1),
		"text in an unsigned Object":                      strings.Replace(string(whole), signature(whole), inObject(whole, "1000000"), 1),
		"something unsigned in KeyInfo":                   strings.Replace(string(whole), "<ds:KeyInfo>", "<ds:KeyInfo>"+evil+"</DATA>", 1),
		"something unsigned in X509Data":                  strings.Replace(string(whole), "<ds:X509Data>", "<ds:X509Data>"+evil+"</DATA>", 1),
		"something unsigned in the Signature":             strings.Replace(string(whole), "</ds:Signature>", evil+"</DATA></ds:Signature>", 1),
		"a style sheet":                                   "<?xml-stylesheet href='evil.xsl'?>" + string(byID),
		"a style sheet behind":                            strings.Split(string(enveloping), "?>\n")[1] + "<?xml-stylesheet href='evil.xsl'?>",
		"whole moved inside":                              evil + string(whole) + "</DATA>",
		"signature over nothing it is in":                 evil + signature(whole) + "</DATA>",
		"parts: another part beside":                      strings.Replace(string(parts), "<r>", "<r>"+evil+"</DATA>", 1),
		"parts: moved into the signature":                 "<r>" + evil + "</DATA>" + inObject(parts, between(t, parts, "<r>", "<ds:Signature")) + "</r>",
		"parts: taken out":                                strings.Replace(string(parts), between(t, parts, "<r>", "<ds:Signature"), "", 1),
		"enveloping: a second Object":                     strings.Replace(string(enveloping), "<ds:Object ", "<ds:Object>"+evil+"</DATA></ds:Object><ds:Object ", 1),
		"enveloping: in another document":                 "<x>" + evil + "</DATA>" + strings.TrimSpace(strings.Split(string(enveloping), "?>\n")[1]) + "</x>",
		"a Manifest":                                      strings.Replace(string(whole), signature(whole), inObject(whole, `<ds:Manifest><ds:Reference URI="x"/></ds:Manifest>`), 1),
		"properties for another signature":                strings.Replace(string(xades), `Target="#signature-1"`, `Target="#signature-2"`, 1),
		"two signatures, one without references":          strings.Replace(string(whole), "<amount>", `<ds:Signature xmlns:ds="`+nsDSig+`"/><amount>`, 1),
		"a second KeyInfo":                                strings.Replace(string(whole), "<ds:KeyInfo>", "<ds:KeyInfo/><ds:KeyInfo>", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if forged == string(whole) || forged == string(xades) || forged == string(parts) || forged == string(byID) || forged == string(enveloping) {
				t.Fatal("nothing was changed")
			}
			if err := verdict([]byte(forged), Verification{}); err == nil {
				t.Errorf("valid:\n%s", forged)
			} else if errors.As(err, new(*SyntaxError)) {
				t.Errorf("the test's own mistake: %v\n%s", err, forged)
			}
		})
	}
}

// TestSignatureOfNothing shows that a signature over its own properties only is
// refused.
func TestSignatureOfNothing(t *testing.T) {
	for name, prepare := range map[string]func() (*Prepared, error){
		"alone":     func() (*Prepared, error) { return PrepareFiles(someFiles.request(Options{XAdES: true})) },
		"enveloped": func() (*Prepared, error) { return mustParse(t, []byte("<a/>")).Prepare(Options{XAdES: true}) },
	} {
		p, err := prepare()
		if err != nil {
			t.Fatal(err)
		}
		p.digested = nil
		if err := verdict(finish(t, p, fixture().signer.signing()), Verification{}); !errors.Is(err, cms.SigConstraintsFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDuplicateIDs shows that an Id that occurs twice is refused, even if the
// caller accepts signatures over parts.
func TestDuplicateIDs(t *testing.T) {
	parts := sign(t, []byte(`<r><a Id="k">1</a></r>`), Options{Form: Detached, IDs: []string{"k"}}, fixture().signer.signing())
	for name, forged := range map[string][]byte{
		"before": replaced(t, parts, "<r>", `<r><a Id="k">2</a>`),
		"behind": replaced(t, parts, "</r>", `<a id="k">2</a></r>`),
		"inside": replaced(t, parts, ">1</a>", `>1<b xml:id="k"/></a>`),
		"around": append(append([]byte(`<x ID="k">`), parts...), "</x>"...),
	} {
		if err := verdict(forged, Verification{Partial: true}); !errors.Is(err, ErrDuplicateID) || !errors.Is(err, cms.SigConstraintsFailure) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Readers that do not resolve percent-encoding see the one, others the other.
	percent := sign(t, []byte(`<r><a Id="あ">1</a></r>`), Options{Form: Detached, IDs: []string{"あ"}}, fixture().signer.signing())
	if err := verdict(percent, Verification{Partial: true}); err != nil {
		t.Error(err)
	}
	percent = signGov(t, "egov/standard/kousei-other.xml")
	forged := replaced(t, percent, "<その他>", `<その他 Id="%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1">`)
	if err := verdict(forged, Verification{Partial: true}); !errors.Is(err, ErrDuplicateID) {
		t.Errorf("percent-encoded: %v", err)
	}
}

// TestRefusedAlgorithms shows that unsupported and forbidden algorithms are
// refused, and that the error names them.
func TestRefusedAlgorithms(t *testing.T) {
	signed := sign(t, []byte("<a/>"), Options{}, fixture().signer.signing())
	method := func(name, algorithm string) []byte {
		old := "<ds:" + name + ` Algorithm="` + between(t, signed, "<ds:"+name+` Algorithm="`, `"`) + `"`
		return bytes.Replace(signed, []byte(old), []byte("<ds:"+name+` Algorithm="`+algorithm+`"`), 1)
	}
	for _, test := range []struct {
		element, algorithm, what string
		reason                   cms.Code
	}{
		{"SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "signature", cms.CryptoConstraintsFailure},
		{"SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "signature", cms.CryptoConstraintsFailure},
		{"SignatureMethod", "none", "signature", cms.CryptoConstraintsFailure},
		{"SignatureMethod", "", "signature", cms.CryptoConstraintsFailure},
		{"SignatureMethod", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "signature", cms.CryptoConstraintsFailure},
		{"SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "signature", cms.CryptoConstraintsFailure},
		{"DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5", "digest", cms.CryptoConstraintsFailure},
		{"CanonicalizationMethod", "http://www.w3.org/TR/1999/REC-xslt-19991116", "canonicalization", cms.SigConstraintsFailure},
		{"CanonicalizationMethod", "", "canonicalization", cms.SigConstraintsFailure},
		{"Transform", "http://www.w3.org/TR/1999/REC-xslt-19991116", "transform", cms.SigConstraintsFailure},
		{"Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116", "transform", cms.SigConstraintsFailure},
		{"Transform", "http://www.w3.org/2002/06/xmldsig-filter2", "transform", cms.SigConstraintsFailure},
		{"Transform", "http://www.w3.org/2010/xml-c14n2", "transform", cms.SigConstraintsFailure},
		{"Transform", "", "transform", cms.SigConstraintsFailure},
	} {
		err := verdict(method(test.element, test.algorithm), Verification{})
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.What != test.what || unsupported.Algorithm != test.algorithm || !errors.Is(err, test.reason) {
			t.Errorf("%s %q: %v", test.element, test.algorithm, err)
		}
	}
	for name, forged := range map[string][]byte{
		"another canonicalisation of SignedInfo":  bytes.Replace(signed, []byte(`CanonicalizationMethod Algorithm="`+string(C14N10)), []byte(`CanonicalizationMethod Algorithm="`+string(C14N11)), 1),
		"another canonicalisation of the content": bytes.Replace(signed, []byte(`Transform Algorithm="`+string(C14N10)), []byte(`Transform Algorithm="`+string(ExcC14N10)), 1),
		"no transforms":            replaced(t, signed, "<ds:Transforms>"+between(t, signed, "<ds:Transforms>", "</ds:Transforms>")+"</ds:Transforms>", ""),
		"a parameter":              bytes.Replace(signed, []byte(`<ds:Transform Algorithm="`+string(C14N10)+`">`), []byte(`<ds:Transform Algorithm="`+string(C14N10)+`"><x/>`), 1),
		"HMACOutputLength":         replaced(t, signed, "</ds:SignatureMethod>", "<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"),
		"no reference":             replaced(t, signed, "<ds:Reference"+between(t, signed, "<ds:Reference", "</ds:Reference>")+"</ds:Reference>", ""),
		"no URI":                   replaced(t, signed, ` URI=""`, ""),
		"another URI":              replaced(t, signed, ` URI=""`, ` URI="http://x.test/"`),
		"an XPointer":              replaced(t, signed, ` URI=""`, ` URI="#xpointer(//a)"`),
		"XPointer element()":       replaced(t, signed, ` URI=""`, ` URI="#element(/1)"`),
		"a file above":             replaced(t, signed, ` URI=""`, ` URI="../a"`),
		"enveloped twice":          replaced(t, signed, "<ds:Transforms>", `<ds:Transforms><ds:Transform Algorithm="`+transformEnveloped+`"/>`),
		"base64 of the document":   replaced(t, signed, transformEnveloped, transformBase64),
		"an empty signature value": replaced(t, signed, between(t, signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), ""),
	} {
		if err := verdict(forged, Verification{}); err == nil {
			t.Errorf("%s: valid", name)
		} else if errors.As(err, new(*SyntaxError)) {
			t.Errorf("%s: the test's own mistake: %v", name, err)
		}
	}
}

// TestNoURI shows that a reference without a URI, whose meaning only the sender
// knows (XML-DSig 1.1, 4.4.3.1), is not reported as a damaged document.
func TestNoURI(t *testing.T) {
	signed := replaced(t, sign(t, []byte("<a/>"), Options{}, fixture().signer.signing()), ` URI=""`, "")
	if err := verdict(signed, Verification{}); !errors.Is(err, cms.SignedDataNotFound) || errors.Is(err, cms.FormatFailure) {
		t.Error(err)
	}
}

// TestParametersWithoutMeaning shows that InclusiveNamespaces, which xml-crypto
// writes into transforms that take no prefixes, is accepted, and that other
// content of a transform is refused.
func TestParametersWithoutMeaning(t *testing.T) {
	const in = `<ds:Transform Algorithm="` + transformEnveloped + `">`
	for parameter, want := range map[string]error{
		`<InclusiveNamespaces xmlns="` + transformEnveloped + `" PrefixList="u"></InclusiveNamespaces>`:      nil,
		`<x:InclusiveNamespaces xmlns:x="` + string(ExcC14N10) + `" PrefixList="u"></x:InclusiveNamespaces>`: nil,
		"<InclusiveNamespaces></InclusiveNamespaces><InclusiveNamespaces></InclusiveNamespaces>":             cms.FormatFailure,
		"<Other></Other>": cms.FormatFailure,
		"text":            cms.FormatFailure,
	} {
		p := mustPrepare(t, "<a/>", Options{})
		p.hash = crypto.SHA256
		reference := p.digested[0]
		reference.digest = sum(crypto.SHA256, []byte("<a></a>"))
		info := strings.Replace(p.signedInfo(rsaWith(p.hash), []digested{reference}), in, in+parameter, 1)
		if !strings.Contains(info, parameter) {
			t.Fatal(info)
		}
		signed := withInfo(t, p, info, rsaWith(crypto.SHA256), fixture().signer)
		if err := verdict(signed, Verification{}); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v", parameter, err)
		}
	}
}

// TestOpenIsAsked shows that Open is called only for paths below the folder,
// and only for files that references name.
func TestOpenIsAsked(t *testing.T) {
	p, err := PrepareFiles(someFiles.request(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	signed := finish(t, p, fixture().signer.signing())
	for _, uri := range []string{"http://x.test/plain.txt", "file:///plain.txt", "/plain.txt", "../plain.txt", "%2e%2e/plain.txt", "plain.txt?x", "plain.txt#x", "//x.test/plain.txt"} {
		forged := replaced(t, signed, `URI="plain.txt"`, `URI="`+uri+`"`)
		asked := 0
		err := verdict(forged, Verification{Open: func(name string) (r io.ReadCloser, err error) {
			asked++
			return someFiles.open(name)
		}})
		if !errors.Is(err, cms.SignedDataNotFound) {
			t.Errorf("%s: %v", uri, err)
		}
		if asked != len(someFiles)-1 {
			t.Errorf("%s: %d files opened", uri, asked)
		}
	}
}

// TestCertificateOfTheSigner shows that XAdES refuses another certificate for
// the same key. A plain signature accepts it, and package trust has to judge
// it.
func TestCertificateOfTheSigner(t *testing.T) {
	f := fixture()
	swap := func(signed []byte) []byte {
		return replaced(t, signed, base64Of(f.signer.cert.Raw), base64Of(f.twin.cert.Raw))
	}
	plain := swap(sign(t, []byte("<a/>"), Options{}, f.signer.signing()))
	results := mustParse(t, plain).Verify(Verification{})
	if results.Err() != nil || results[0].CertificateSigned || !results[0].Certificate.Equal(f.twin.cert) {
		t.Errorf("plain: %v, signed %v", results.Err(), results[0].CertificateSigned)
	}
	xades := sign(t, []byte("<a/>"), Options{XAdES: true}, f.signer.signing())
	if err := verdict(swap(xades), Verification{}); !errors.Is(err, cms.NoSigningCertificateFound) {
		t.Errorf("XAdES: %v", err)
	}
	bare := replaced(t, xades, "<ds:KeyInfo>"+between(t, xades, "<ds:KeyInfo>", "</ds:KeyInfo>")+"</ds:KeyInfo>", "")
	if err := verdict(bare, Verification{}); !errors.Is(err, cms.NoSigningCertificateFound) {
		t.Errorf("no certificate: %v", err)
	}
	if err := mustParse(t, bare).Verify(Verification{Others: []*x509.Certificate{f.other.cert, f.signer.cert}}).Err(); err != nil {
		t.Errorf("certificate from elsewhere: %v", err)
	}
	if err := verdict(replaced(t, xades, "<xades:SigningTime>", "<xades:SigningTime>2"), Verification{}); !errors.Is(err, cms.FormatFailure) {
		t.Errorf("no time: %v", err)
	}
	other := replaced(t, plain, base64Of(f.twin.cert.Raw), base64Of(f.other.cert.Raw))
	if err := verdict(other, Verification{}); !errors.Is(err, cms.SigCryptoFailure) {
		t.Errorf("another key: %v", err)
	}
}

// TestWork shows that references that ask for much more work than the size of
// the document are refused.
func TestWork(t *testing.T) {
	var b strings.Builder
	b.WriteString("<r><a Id='k'>" + strings.Repeat("<b/>", 50000) + "</a>" + `<ds:Signature xmlns:ds="` + nsDSig + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + string(C14N10) +
		`"/><ds:SignatureMethod Algorithm="` + signatureURI(rsaWith(crypto.SHA256)) + `"/>`)
	for range 900 {
		b.WriteString(`<ds:Reference URI="#k"><ds:DigestMethod Algorithm="` + digestURI(crypto.SHA256) + `"/><ds:DigestValue>` + base64Of(make([]byte, 32)) + `</ds:DigestValue></ds:Reference>`)
	}
	b.WriteString("</ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></r>")
	d, err := Limits{Work: 3}.Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	err = d.Verify(Verification{}).Err()
	if !errors.Is(err, cms.SigConstraintsFailure) || !strings.Contains(err.Error(), "more work") {
		t.Errorf("%.200v", err)
	}
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// TestThesePropertiesAreSigned shows that properties count as signed only if
// the reference points to them and not, for example, to a copy with the
// signer's digest.
func TestThesePropertiesAreSigned(t *testing.T) {
	f := fixture()
	signed := string(sign(t, []byte("<a/>"), Options{XAdES: true}, f.signer.signing()))
	properties := "<xades:SignedProperties" + between(t, []byte(signed), "<xades:SignedProperties", "</xades:SignedProperties>") + "</xades:SignedProperties>"
	const id = `Id="signature-1-properties"`
	// The signed ones go, with their id, to where nobody looks for properties;
	// others take their place.
	others := strings.Replace(strings.Replace(properties, id, `Id="others"`, 1), "<xades:SigningTime>2026", "<xades:SigningTime>2020", 1)
	decoy := `<ds:Object><x:x xmlns:x="urn:x" xmlns:xades="` + nsXAdES + `">` + properties + "</x:x></ds:Object>"
	forged := strings.Replace(signed, properties, others, 1)
	forged = strings.Replace(forged, "</ds:Signature>", decoy+"</ds:Signature>", 1)
	d := mustParse(t, []byte(forged))
	r := d.Verify(Verification{Partial: true})[0]
	if !slices.ContainsFunc(r.Failures, func(f *cms.Failure) bool {
		return f.Code == cms.FormatFailure && strings.Contains(f.Detail, "signed properties that means something else")
	}) {
		t.Errorf("%v\n%s", r.Err(), forged)
	}
	// No reference to properties at all, one to something else of this type, the
	// same one twice, and one where there are no properties.
	plain := string(sign(t, []byte("<a/>"), Options{}, f.signer.signing()))
	const toProperties = `<ds:Reference URI="#signature-1-properties"`
	reference := toProperties + between(t, []byte(signed), toProperties, "</ds:Reference>") + "</ds:Reference>"
	for name, forged := range map[string]string{
		"the same twice":   strings.Replace(signed, reference, reference+reference, 1),
		"no properties":    strings.Replace(plain, "<ds:Reference ", `<ds:Reference Type="`+typeSignedProperties+`" `, 1),
		"none of the type": strings.Replace(signed, ` Type="`+typeSignedProperties+`"`, "", 1),
		"two":              strings.Replace(signed, "</ds:SignedInfo>", `<ds:Reference Type="`+typeSignedProperties+`" URI=""><ds:DigestMethod Algorithm="`+digestURI(crypto.SHA256)+`"/><ds:DigestValue>`+base64Of(make([]byte, 32))+"</ds:DigestValue></ds:Reference></ds:SignedInfo>", 1),
	} {
		r := mustParse(t, []byte(forged)).Verify(Verification{})[0]
		if !slices.ContainsFunc(r.Failures, func(f *cms.Failure) bool {
			return f.Code == cms.FormatFailure && strings.Contains(f.Detail, "properties")
		}) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

// overRoot returns <a Id="r">QUJD</a> with a signature beside the text. The
// signature covers the root by its Id, through transforms whose output is
// octets.
func overRoot(t *testing.T, uri, octets string, transforms ...string) []byte {
	t.Helper()
	d := mustParse(t, []byte(`<a Id="r">QUJD</a>`))
	p, err := d.prepared(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.within(d.root); err != nil {
		t.Fatal(err)
	}
	var steps []transform
	for _, algorithm := range transforms {
		steps = append(steps, transform{algorithm: algorithm})
	}
	p.append(digested{uri: uri, transforms: steps, digest: sum(crypto.SHA256, []byte(octets))})
	return finish(t, p, fixture().signer.signing())
}

// TestTextOfAnObject shows that an Object does not count as signed if only its
// decoded text was digested.
func TestTextOfAnObject(t *testing.T) {
	signed := string(sign(t, []byte("<a/>"), Options{}, fixture().signer.signing()))
	for transform, want := range map[string]bool{string(C14N10): true, transformBase64: false} {
		forged := strings.Replace(signed, "</ds:SignedInfo>", `<ds:Reference URI="#o"><ds:Transforms><ds:Transform Algorithm="`+transform+`"/></ds:Transforms>`+
			`<ds:DigestMethod Algorithm="`+digestURI(crypto.SHA256)+`"/><ds:DigestValue>`+base64Of(make([]byte, 32))+"</ds:DigestValue></ds:Reference></ds:SignedInfo>", 1)
		forged = strings.Replace(forged, "</ds:Signature>", `<ds:Object><x Id="o">QUJD</x></ds:Object></ds:Signature>`, 1)
		r := mustParse(t, []byte(forged)).Verify(Verification{Partial: true})[0]
		left := slices.ContainsFunc(r.Outside, func(o Outside) bool { return o.Kind == OutsideObject })
		if left == want || len(r.References) != 2 {
			t.Errorf("%s: the object is left out %v: %v", transform, left, r.Err())
		}
	}
}

// TestEnvelopedTwice shows that a second enveloped-signature transform is
// refused.
func TestEnvelopedTwice(t *testing.T) {
	r := mustParse(t, overRoot(t, "", `<a Id="r">QUJD</a>`, transformEnveloped, transformEnveloped)).Verify(Verification{})[0]
	if !onlyReason(r.Failures, cms.SigConstraintsFailure) {
		t.Error(r.Err())
	}
}

// TestTextOfTheRoot shows that a signature over the decoded text of the root
// covers only a part of the document: name and attributes of the root can
// change. The signature stands beside the root's text.
func TestTextOfTheRoot(t *testing.T) {
	// The signature in the root is an element that base64 does not take, so it
	// has to be enveloped away first.
	for name, test := range map[string]struct {
		signed []byte
		want   bool
	}{
		"whole":             {overRoot(t, "#r", `<a Id="r">QUJD</a>`, transformEnveloped, string(C14N10)), true},
		"text":              {overRoot(t, "#r", "ABC", transformEnveloped, transformBase64), false},
		"the whole, by URI": {overRoot(t, "", `<a Id="r">QUJD</a>`, transformEnveloped, string(C14N10)), true},
		"text, by URI":      {overRoot(t, "", "ABC", transformEnveloped, transformBase64), false},
	} {
		r := mustParse(t, test.signed).Verify(Verification{})[0]
		if good := r.Err() == nil; good != test.want || r.Whole != test.want {
			t.Errorf("%s: %v, Whole %v", name, r.Err(), r.Whole)
		}
		if !test.want && (!errors.Is(r.Err(), ErrPartial) || errors.Is(r.Err(), cms.HashFailure)) {
			t.Errorf("%s: %v", name, r.Err())
		}
		// Another root around the same text.
		other := strings.Replace(string(test.signed), "<a Id", "<b Id", 1)
		other = strings.Replace(other, "</a>", "</b>", 1)
		if err := verdict([]byte(other), Verification{}); err == nil || errors.As(err, new(*SyntaxError)) {
			t.Errorf("%s: with another name of the root: %v", name, err)
		}
	}
	// Of the form of a tax certificate, too.
	d := mustParse(t, []byte(`<TEG850 xmlns="`+taxCertificateSpace+`" id="r">QUJD</TEG850>`))
	p, err := d.prepared(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.within(d.root); err != nil {
		t.Fatal(err)
	}
	p.append(digested{uri: "#r", transforms: []transform{{algorithm: transformEnveloped}, {algorithm: transformBase64}}, digest: sum(crypto.SHA256, []byte("ABC"))})
	if err := verdict(finish(t, p, fixture().signer.signing()), Verification{}); !errors.Is(err, ErrPartial) {
		t.Errorf("a certificate: %v", err)
	}
}

// TestEnvelopedContainment shows that the enveloped-signature transform removes
// only the signature that contains the reference. Outside such a signature it
// removes nothing, which is a failure with a warning.
func TestEnvelopedContainment(t *testing.T) {
	f := fixture()
	signed := func(src, uri string, set func(*Document) nodeSet) []byte {
		d := mustParse(t, []byte(src))
		p, err := d.prepared(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.within(d.root); err != nil {
			t.Fatal(err)
		}
		if err := p.add(digested{uri: uri, transforms: []transform{{algorithm: transformEnveloped}}}, set(d)); err != nil {
			t.Fatal(err)
		}
		return finish(t, p, f.signer.signing())
	}
	// What is beside the signature.
	beside := signed(`<r><a Id="a">1</a></r>`, "#a", func(d *Document) nodeSet {
		e, err := d.ElementByID("a")
		if err != nil {
			t.Fatal(err)
		}
		return nodeSet{doc: d, apex: e}
	})
	r := mustParse(t, beside).Verify(Verification{})[0]
	if !slices.Contains(r.Warnings, EnvelopedElsewhere) || !onlyReason(r.Failures, cms.SigConstraintsFailure) || !errors.Is(r.Err(), ErrPartial) {
		t.Errorf("beside: %v, %v", r.Warnings, r.Err())
	}
	r = mustParse(t, beside).Verify(Verification{Partial: true})[0]
	if r.Err() != nil || !slices.Contains(r.Warnings, PartialCoverage) {
		t.Errorf("beside, partial: %v", r.Err())
	}
	// What is changed there is 8, not hidden behind the transform.
	r = mustParse(t, replaced(t, beside, ">1<", ">2<")).Verify(Verification{Partial: true})[0]
	if !onlyReason(r.Failures, cms.HashFailure) {
		t.Errorf("beside, changed: %v", r.Err())
	}
	// A signature inside stays in what is digested, unless it is this one.
	inside := signed(`<r/>`, "", func(d *Document) nodeSet { return nodeSet{doc: d} })
	r = mustParse(t, inside).Verify(Verification{})[0]
	if r.Err() != nil || slices.Contains(r.Warnings, EnvelopedElsewhere) {
		t.Errorf("inside: %v, %v", r.Warnings, r.Err())
	}
	signature := "<ds:Signature" + between(t, inside, "<ds:Signature", "</ds:Signature>") + "</ds:Signature>"
	if err := verdict([]byte("<r>"+signature+signature+"</r>"), Verification{}); !errors.Is(err, cms.HashFailure) {
		t.Errorf("two: %v", err)
	}
	// The signature itself, or what is in it.
	for _, id := range []string{"s", "o"} {
		src := strings.Replace(string(inside), `URI=""`, `URI="#`+id+`"`, 1)
		src = strings.Replace(src, `Id="signature-1"`, `Id="s"`, 1)
		src = strings.Replace(src, "</ds:Signature>", `<ds:Object Id="o"/></ds:Signature>`, 1)
		if err := verdict([]byte(src), Verification{Partial: true}); err == nil || !strings.Contains(err.Error(), "of the signature itself") {
			t.Errorf("#%s: %v", id, err)
		}
	}
}
