//go:build foreign

package xmlsig

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write puts content into a file of a directory, and gives its path.
func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// layOut writes signatures, and beside them the files that they name.
func layOut(t *testing.T, signed map[string][]byte) (paths map[string]string) {
	t.Helper()
	dir := t.TempDir()
	paths = map[string]string{}
	for i, name := range sortedKeys(signed) {
		paths[name] = write(t, dir, fmt.Sprintf("%03d/signed.xml", i), signed[name])
		for file, content := range someFiles {
			write(t, filepath.Dir(paths[name]), file, []byte(content))
		}
	}
	return paths
}

// java runs the JDK. Only tests with JDK in their names may use it (.ci/test).
func java(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if !strings.Contains(t.Name(), "JDK") {
		t.Fatal("the name of a test that needs the JDK says so")
	}
	return exec.Command("java", args...)
}

// jdk returns the JDK's answer to each job of Sig.java.
func jdk(t *testing.T, jobs []string) []string {
	t.Helper()
	cmd := java(t, "testdata/Sig.java")
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8") // of the files' names
	cmd.Stdin = strings.NewReader(strings.Join(jobs, "\n") + "\n")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("java: %v %s", err, stderr.String())
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(jobs) {
		t.Fatalf("java answered %d of %d: %s", len(answers), len(jobs), stderr.String())
	}
	return answers
}

func TestJDKVerifiesOurs(t *testing.T) {
	paths := layOut(t, signedForms(t))
	names := sortedKeys(paths)
	var jobs []string
	for _, name := range names {
		jobs = append(jobs, "verify\t"+paths[name])
	}
	for i, answer := range jdk(t, jobs) {
		if answer != "valid 1" {
			t.Errorf("%s: %s", names[i], answer)
		}
	}
}

// xmlsecIDs tells xmlsec1 which attributes are Ids. Without a document type it
// does not know them.
var xmlsecIDs = []string{
	"--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object", "--id-attr:Id", nsXAdES + ":SignedProperties",
	"--id-attr:Id", "urn:d:項目",
}

func xmlsecVerify(ca, file string) error {
	args := append([]string{"--verify", "--trusted-pem", ca, "--enabled-reference-uris", "empty,same-doc,local,remote"}, xmlsecIDs...)
	cmd := exec.Command("xmlsec1", append(args, filepath.Base(file))...)
	cmd.Dir = filepath.Dir(file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func certificateFile(t *testing.T, c *x509.Certificate) string {
	t.Helper()
	return write(t, t.TempDir(), "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func TestXmlsecVerifiesOurs(t *testing.T) {
	ca := certificateFile(t, fixture().ca.cert)
	for name, path := range layOut(t, signedForms(t)) {
		if err := xmlsecVerify(ca, path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestJDKReadsForeignEncodings shows that our package and the JDK verify
// signatures in every encoding.
func TestJDKReadsForeignEncodings(t *testing.T) {
	signed := map[string][]byte{}
	for _, e := range encodings {
		src := encoded(t, "<申告 xmlns='urn:d' 氏名='ｶﾅ・山田'>\r\n<項目 Id='k1'>表予能ソ</項目></申告>", e.enc, e.mark)
		signed[fmt.Sprintf("%s %v", e.enc, e.mark)] = sign(t, src, Options{XAdES: true}, fixture().signer.signing())
	}
	ca := certificateFile(t, fixture().ca.cert)
	paths := layOut(t, signed)
	var jobs []string
	for _, name := range sortedKeys(paths) {
		jobs = append(jobs, "verify\t"+paths[name])
		if err := xmlsecVerify(ca, paths[name]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, answer := range jdk(t, jobs) {
		if answer != "valid 1" {
			t.Errorf("%s: %s", sortedKeys(paths)[i], answer)
		}
	}
}

// pkcs8 is the key as the JDK reads it.
func pkcs8(t *testing.T, h holder) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(h.key)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// TestWeVerifyTheJDK verifies all forms, canonicalisations and algorithms that
// the JDK makes.
func TestWeVerifyTheJDK(t *testing.T) {
	f := fixture()
	dir := t.TempDir()
	in := write(t, dir, "in.xml", []byte(taxReturn))
	write(t, dir, "plain.txt", []byte(someFiles["plain.txt"]))
	key, cert := pkcs8(t, f.signer), certificateFile(t, f.signer.cert)
	var jobs, outs, forms []string
	add := func(form string, c C14NMethod, signature, digest string) {
		out := filepath.Join(dir, fmt.Sprintf("%d.xml", len(outs)))
		outs, forms = append(outs, out), append(forms, form)
		jobs = append(jobs, strings.Join([]string{"sign", in, form, string(c), signature, digest, key, cert, out}, "\t"))
	}
	const sha256, rsaSHA256 = "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	for _, form := range []string{"enveloped", "detached", "enveloping", "file:plain.txt"} {
		for _, c := range []C14NMethod{C14N10, C14N10Comments, C14N11, C14N11Comments, ExcC14N10, ExcC14N10Comments} {
			add(form, c, rsaSHA256, sha256)
		}
		for _, hash := range []string{"384", "512"} {
			add(form, C14N10, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha"+hash, sha256)
			add(form, C14N10, "http://www.w3.org/2007/05/xmldsig-more#sha"+hash+"-rsa-MGF1", sha256)
		}
		add(form, C14N10, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1")
	}
	for i, answer := range jdk(t, jobs) {
		if answer != "done" {
			t.Fatalf("%s: %s", jobs[i], answer)
		}
		signed, err := os.ReadFile(outs[i])
		if err != nil {
			t.Fatal(err)
		}
		results := mustParse(t, signed).Verify(Verification{Open: someFiles.open, Partial: forms[i] == "detached"})
		if err := results.Err(); !onlyWeak(results[0].Failures, strings.Contains(jobs[i], "#sha1")) {
			t.Errorf("%s: %v\n%s", jobs[i], err, signed)
			continue
		}
		if !results[0].Certificate.Equal(f.signer.cert) {
			t.Errorf("%s: another certificate", jobs[i])
		}
	}
}

// template is a Signature for xmlsec1 to fill in.
func template(c C14NMethod, signature, references string) string {
	return `<ds:Signature xmlns:ds="` + nsDSig + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + string(c) + `"/>` +
		`<ds:SignatureMethod Algorithm="` + signature + `"/>` + references + `</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>`
}

func templateReference(uri, digest string, transforms ...string) string {
	s := `<ds:Reference URI="` + uri + `"><ds:Transforms>`
	for _, t := range transforms {
		s += `<ds:Transform Algorithm="` + t + `"/>`
	}
	return s + `</ds:Transforms><ds:DigestMethod Algorithm="` + digest + `"/><ds:DigestValue/></ds:Reference>`
}

const (
	methodSHA256    = "http://www.w3.org/2001/04/xmlenc#sha256"
	methodRSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
)

// xmlsecSign lets xmlsec1 fill in the templates of a document.
func xmlsecSign(t *testing.T, h holder, dir, name, document string, ids ...string) []byte {
	t.Helper()
	in := write(t, dir, name, []byte(document))
	out := in + ".signed"
	args := append([]string{"--sign", "--privkey-pem", pkcs8(t, h) + "," + certificateFile(t, h.cert), "--output", out,
		"--enabled-reference-uris", "empty,same-doc,local,remote"}, ids...)
	cmd := exec.Command("xmlsec1", append(args, name)...)
	cmd.Dir = dir
	if message, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xmlsec1: %v %s\n%s", err, message, document)
	}
	signed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestWeVerifyXmlsec(t *testing.T) {
	f := fixture()
	dir := t.TempDir()
	write(t, dir, "plain.txt", []byte(someFiles["plain.txt"]))
	inside := func(signature string) string {
		return strings.Replace(taxReturn, "</t:申告>", signature+"</t:申告>", 1)
	}
	check := func(name string, signed []byte, partial bool, who holder) {
		t.Helper()
		results := mustParse(t, signed).Verify(Verification{Open: someFiles.open, Partial: partial})
		if err := results.Err(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, signed)
		} else if !results[0].Certificate.Equal(who.cert) {
			t.Errorf("%s: another certificate", name)
		}
	}
	for _, c := range []C14NMethod{C14N10, C14N10Comments, C14N11, C14N11Comments, ExcC14N10, ExcC14N10Comments} {
		uri := ""
		if c14nTraits[c].comments {
			uri = "#xpointer(/)"
		}
		check("enveloped "+string(c), xmlsecSign(t, f.signer, dir, "a.xml",
			inside(template(c, methodRSASHA256, templateReference(uri, methodSHA256, transformEnveloped, string(c))))), false, f.signer)
		check("detached "+string(c), xmlsecSign(t, f.signer, dir, "b.xml",
			inside(template(c, methodRSASHA256, templateReference("#k1", methodSHA256, string(c))+templateReference("#xpointer(id('k2'))", methodSHA256, string(c)))),
			xmlsecIDs...), true, f.signer)
		check("enveloping "+string(c), xmlsecSign(t, f.signer, dir, "c.xml",
			strings.Replace(template(c, methodRSASHA256, templateReference("#o", methodSHA256, string(c))+templateReference("#b", methodSHA256, transformBase64)),
				"</ds:Signature>", `<ds:Object Id="o"><x xmlns="urn:x">あ<!-- c --></x></ds:Object><ds:Object Id="b">44GC 44GE</ds:Object></ds:Signature>`, 1),
			xmlsecIDs...), false, f.signer)
	}
	check("no canonicalisation transform", xmlsecSign(t, f.signer, dir, "d.xml",
		inside(template(C14N11, methodRSASHA256, templateReference("", methodSHA256, transformEnveloped)))), false, f.signer)
	check("ECDSA", xmlsecSign(t, f.p256, dir, "e.xml",
		inside(template(C14N10, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", templateReference("", methodSHA256, transformEnveloped)))), false, f.p256)
	check("file", xmlsecSign(t, f.signer, dir, "f.xml",
		template(C14N10, methodRSASHA256, strings.Replace(templateReference("plain.txt", methodSHA256), "<ds:Transforms></ds:Transforms>", "", 1))), false, f.signer)
	check("inclusive prefixes", xmlsecSign(t, f.signer, dir, "g.xml", inside(strings.Replace(
		template(ExcC14N10, methodRSASHA256, templateReference("", methodSHA256, transformEnveloped, string(ExcC14N10))),
		`<ds:Transform Algorithm="`+string(ExcC14N10)+`"/>`,
		`<ds:Transform Algorithm="`+string(ExcC14N10)+`"><ec:InclusiveNamespaces xmlns:ec="`+string(ExcC14N10)+`" PrefixList="u #default"/></ds:Transform>`, 1))), false, f.signer)

	for name, transform := range map[string]string{
		"XPath":          `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>`,
		"XPath filter 2": `<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><x:XPath xmlns:x="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">//ds:Signature</x:XPath></ds:Transform>`,
	} {
		signed := xmlsecSign(t, f.signer, dir, "h.xml", inside(strings.Replace(
			template(C14N10, methodRSASHA256, templateReference("", methodSHA256, "x")), `<ds:Transform Algorithm="x"/>`, transform, 1)))
		var unsupported *UnsupportedError
		if err := mustParse(t, signed).Verify(Verification{}).Err(); !errors.As(err, &unsupported) || unsupported.What != "transform" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInheritanceAgainstXmlsec compares digests of elements whose ancestors
// have attributes of the xml namespace. xmlsec1 fills in the digests of many
// references of one signature, and ours must be the same.
func TestInheritanceAgainstXmlsec(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(11, 22))
	attributes := []string{
		`xml:lang="ja"`, `xml:lang="en"`, `xml:lang=""`, `xml:space="preserve"`, `xml:space="default"`, `xml:id="i%d"`, `xml:other="1"`,
		`xml:base="http://x.test/a/b"`, `xml:base="c/d"`, `xml:base="../e"`, `xml:base="/f/g"`, `xml:base="./h/"`, `xml:base="//y.test/i"`,
		`xmlns:p="urn:p"`, `xmlns:p="urn:q"`, `xmlns:r="urn:r"`,
	}
	var build func(n *int, depth int) string
	build = func(n *int, depth int) string {
		s := fmt.Sprintf(`<e Id="e%d"`, *n)
		for len(s) < 60 {
			a := attributes[random.IntN(len(attributes))]
			name, _, _ := strings.Cut(a, "=")
			if strings.Contains(s, name) {
				break
			}
			if strings.Contains(a, "%d") {
				a = fmt.Sprintf(a, *n)
			}
			s += " " + a
		}
		s += ">"
		*n++
		for range random.IntN(3) {
			if depth > 0 {
				s += build(n, depth-1)
			}
		}
		return s + "<!-- x --></e>"
	}
	compared := 0
	for i := range 60 {
		n := 0
		body := build(&n, 6)
		for _, c := range []C14NMethod{C14N10, C14N11, ExcC14N10} {
			var references string
			for id := range n {
				references += templateReference(fmt.Sprintf("#e%d", id), methodSHA256, string(c))
			}
			document := "<r>" + body + template(c, methodRSASHA256, references) + "</r>"
			signed := xmlsecSign(t, fixture().signer, dir, fmt.Sprintf("%d.xml", i), document, "--id-attr:Id", "e")
			d := mustParse(t, signed)
			sig, f := parseSignature(d.signatures[0])
			if f != nil {
				t.Fatal(f)
			}
			for _, r := range sig.references {
				e, err := d.ElementByID(r.URI[1:])
				if err != nil {
					t.Fatal(err)
				}
				var own bytes.Buffer
				if err := (Canonicalizer{Method: c}).Element(&own, e); err != nil {
					t.Fatal(err)
				}
				compared++
				if !bytes.Equal(sum(r.Hash, own.Bytes()), r.digest) {
					t.Errorf("%s of %s in\n%s\nours %s, theirs has SHA-256 %s", c, r.URI, document, own.Bytes(), base64.StdEncoding.EncodeToString(r.digest))
					return
				}
			}
		}
	}
	t.Logf("%d elements", compared)
}

// TestValidForTheJDK damages signed documents byte by byte. Where the damage
// has no meaning and the signature stays valid here, the JDK must accept it
// too. KeyInfo is left out, because certificates are not judged here.
func TestValidForTheJDK(t *testing.T) {
	dir := t.TempDir()
	var jobs []string
	changed := map[string]string{}
	for name, r := range map[string]Options{"plain": {}, "XAdES": {XAdES: true}, "exclusive": {C14N: Canonicalizer{Method: ExcC14N10}}, "enveloping": {Form: Enveloping}} {
		signed := sign(t, []byte(taxReturn), r, fixture().signer.signing())
		keyInfo := bytes.Index(signed, []byte("<ds:KeyInfo>"))
		end := bytes.Index(signed, []byte("</ds:KeyInfo>"))
		for i := range signed {
			if i > keyInfo && i < end {
				continue
			}
			for _, to := range []byte{signed[i] ^ 1, ' ', '\t', 'A'} {
				forged := slices.Clone(signed)
				if forged[i] = to; to == signed[i] || verdict(forged, Verification{}) != nil {
					continue
				}
				path := write(t, dir, fmt.Sprintf("%05d.xml", len(jobs)), forged)
				changed[path] = fmt.Sprintf("%s, byte %d: %q instead of %q after %q", name, i, to, signed[i], signed[max(0, i-20):i])
				jobs = append(jobs, "verify\t"+path)
			}
		}
	}
	t.Logf("%d documents", len(jobs))
	for i, answer := range jdk(t, jobs) {
		if answer != "valid 1" {
			t.Errorf("%s: %s", changed[strings.TrimPrefix(jobs[i], "verify\t")], answer)
		}
	}
}

// TestJDKVerifiesEveryKey verifies the documents of [TestSignWithEveryKey] with
// the JDK.
func TestJDKVerifiesEveryKey(t *testing.T) {
	paths := layOut(t, signedByEveryKey(t))
	names := sortedKeys(paths)
	var jobs []string
	for _, name := range names {
		jobs = append(jobs, "verify\t"+paths[name])
	}
	for i, answer := range jdk(t, jobs) {
		if answer != "valid 1" {
			t.Errorf("%s: %s", names[i], answer)
		}
	}
}
