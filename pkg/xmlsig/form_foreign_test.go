//go:build foreign

package xmlsig

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// laidOut writes documents into a folder, with the files of another folder
// beside them.
func laidOut(t *testing.T, folder string, documents map[string][]byte) (paths map[string]string) {
	t.Helper()
	paths = map[string]string{}
	for i, name := range sortedKeys(documents) {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		entries, err := os.ReadDir(filepath.Join(govFolder, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			write(t, dir, e.Name(), govFile(t, path.Join(folder, e.Name())))
		}
		paths[name] = write(t, dir, "signed.xml", documents[name])
	}
	return paths
}

// checked returns what check.py (libxml2 and openssl, none of our code) reports
// of a document: for each signature its Id, the number of certificates and the
// References.
func checked(file string) (string, error) {
	cmd := exec.Command("python3", filepath.Join(govFolder, "check.py"), file)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// twice signs a document in its form, and once more by another signer.
func twice(t *testing.T, name string) map[string][]byte {
	t.Helper()
	first := signGov(t, name)
	d := mustParse(t, first)
	return map[string][]byte{"1": first, "2": sign(t, first, Options{Profile: d.Detect(), Open: govOpen(path.Dir(name))}, fixture().other.signing())}
}

// signedGov are the documents that are signed in their forms, and the references
// that check.py finds in each.
var signedGov = map[string]string{
	egovPlain:                 contentsURI + plainC14N + " %E8%A6%8B%E6%9C%AC%E3%81%8C%E3%81%8E%E5%B1%8A_01.xml[]",
	egovOthers:                contentsURI + plainC14N + " %E8%A6%8B%E6%9C%AC%E3%81%8C%E3%81%8E%E5%B1%8A_01.xml[]",
	egovPart:                  contentsURI + plainC14N + " 999Z00000000200001_01.xml[]",
	egovAttach:                contentsURI + plainC14N + " %E8%A6%8B%E6%9C%AC%E6%B7%BB%E4%BB%98.pdf[]",
	etaxPlain:                 "#RKO0010" + plainC14N,
	"etax/unsigned-noid.xtx":  "#RKO0010" + plainC14N,
	"etax/unsigned-forms.xtx": "#RKO0010" + plainC14N,
}

const plainC14N = "[http://www.w3.org/TR/2001/REC-xml-c14n-20010315]"

// TestFormsElsewhere verifies documents signed in a form with libxml2 and
// openssl, and those of e-Tax with xmlsec1 too, which does not resolve the Id
// of e-Gov.
func TestFormsElsewhere(t *testing.T) {
	ca := certificateFile(t, fixture().ca.cert)
	for name, references := range signedGov {
		for n, file := range laidOut(t, path.Dir(name), twice(t, name)) {
			stem := ""
			if strings.HasPrefix(name, "etax") {
				stem = "_"
			}
			var want string
			for _, id := range []string{"20261122100203", "20261122100204"}[:len(n)+int(n[0]-'1')] {
				want += "ok\t" + stem + id + "\t" + methodRSASHA256 + "\t1\t" + references + "\n"
			}
			if got, err := checked(file); err != nil || got != want {
				t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
			}
			if stem == "" {
				continue
			}
			cmd := exec.Command("xmlsec1", "--verify", "--trusted-pem", ca, "--id-attr:id", "RKO0010", file)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v %s", name, err, out)
			}
		}
	}
	// The checker sees what is wrong.
	forged := replaced(t, signGov(t, etaxPlain), "<gen:yy>8<", "<gen:yy>9<")
	if got, err := checked(write(t, t.TempDir(), "forged.xtx", forged)); err == nil || !strings.Contains(got, "#RKO0010"+plainC14N+"!") {
		t.Errorf("a forged one: %v %s", err, got)
	}
}

// TestFormsInJDK verifies the same documents with the JDK.
func TestFormsInJDK(t *testing.T) {
	var jobs, want []string
	for name := range signedGov {
		for n, file := range laidOut(t, path.Dir(name), twice(t, name)) {
			jobs, want = append(jobs, "verify\t"+file), append(want, "valid "+n)
		}
	}
	forged := replaced(t, signGov(t, etaxPlain), "<gen:yy>8<", "<gen:yy>9<")
	jobs, want = append(jobs, "verify\t"+write(t, t.TempDir(), "forged.xtx", forged)), append(want, "invalid 0: value true #RKO0010 false")
	for i, answer := range jdk(t, jobs) {
		if answer != want[i] {
			t.Errorf("%s: %s, want %s", jobs[i], answer, want[i])
		}
	}
}

// TestETaxAgainstSchema validates each Signature by itself against the
// published part of the agency's schema.
func TestETaxAgainstSchema(t *testing.T) {
	dir := t.TempDir()
	valid := func(signature string) (string, bool) {
		out, err := exec.Command("xmllint", "--noout", "--nonet", "--schema", "testdata/xmldsig.xsd", write(t, dir, "sig.xml", []byte(signature))).CombinedOutput()
		return string(out), err == nil
	}
	cut := func(text, prefix string) string {
		_, after, _ := strings.Cut(text, "<"+prefix+"Signature ")
		inside, _, _ := strings.Cut(after, "</"+prefix+"Signature>")
		return "<" + prefix + "Signature " + inside + "</" + prefix + "Signature>"
	}
	both := string(twice(t, etaxPlain)["2"])
	first := cut(both, "dsig:")
	second := cut(strings.Replace(both, first, "", 1), "dsig:")
	if first == second {
		t.Fatal("one signature")
	}
	for name, s := range map[string]string{"first": first, "second": second, "another maker's": cut(govText(t, "etax/signed.xtx"), "dsig:")} {
		if out, ok := valid(s); !ok {
			t.Errorf("%s: %s", name, out)
		}
	}
	for name, s := range map[string]string{
		"no Id":          strings.Replace(first, ` Id="_20261122100203"`, "", 1),
		"digits as Id":   strings.Replace(first, `Id="_2026`, `Id="2026`, 1),
		"XAdES":          strings.Replace(first, "</dsig:Signature>", "<dsig:Object><x/></dsig:Object></dsig:Signature>", 1),
		"another order":  moved(t, first, "<dsig:KeyInfo>", "</dsig:KeyInfo>", "<dsig:SignedInfo>"),
		"e-Gov's own Id": cut(string(signGov(t, egovPlain)), ""),
	} {
		if _, ok := valid(s); ok {
			t.Errorf("%s: the schema allows it", name)
		}
	}
}

// TestNamespacesElsewhere shows that libxml2 refuses the namespace names about
// which signing warns.
func TestNamespacesElsewhere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"http://x.jp/a", "urn:a", "http://例.jp/税", "urn:a b", "urn:%zz", "urn:%E7", "http://x.jp/a?b=c&amp;d#e", "urn:a|b", "urn:a{b}", `urn:a\b`, "urn:a^b", "urn:a`b",
		"urn:税", "http://x.jp/~a(1)*!,;:@$'", "http://[::1]/a",
	} {
		src := `<a xmlns="` + name + `"/>`
		p := mustPrepare(t, src, Options{})
		out, err := exec.Command("xmllint", "--c14n", write(t, dir, "a.xml", []byte(src))).CombinedOutput()
		refused := err != nil || strings.Contains(string(out), "error") || len(out) == 0
		if told := len(p.InvalidNamespaces) > 0; told != refused {
			t.Errorf("%s: told %v, libxml2 %v %s", name, told, err, out)
		}
	}
}
