package cli

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// page runs verify --report and gives the page.
func (w *world) page(t *testing.T, line string) (exit int, page string) {
	t.Helper()
	exit, out := w.run(line+" --report page.html --force", "")
	data, err := os.ReadFile(w.path("page.html"))
	if err != nil {
		t.Fatalf("exit %d: %v\n%s", exit, err, out)
	}
	return exit, string(data)
}

// TestReportPage: the page describes files that are good, changed, missing or
// unsigned. It has personal data only on request.
func TestReportPage(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	w.write("a.txt", "content")
	w.write("plain.txt", "nobody signed this")
	w.write("paper.pdf", samplePDF(t, w))
	for _, file := range []string{"a.txt", "paper.pdf"} {
		if exit, out := w.run("sign --card demo --pin-stdin "+file, virtualcard.SignPIN+"\n"); exit != 0 {
			t.Fatal(out)
		}
	}
	signed, err := os.ReadFile(w.path("paper-signed.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("changed.pdf", strings.Replace(string(signed), "595 842", "595 843", 1))
	exit, page := w.page(t, "verify --trust demo a.txt.p7s paper-signed.pdf changed.pdf plain.txt missing.p7s")
	for _, want := range []string{
		"Genuine (revocation not checked)", "NOT genuine", "TOTAL-PASSED", "TOTAL-FAILED", "HASH_FAILURE", "No signature to check", "Could not be checked",
		"DEMO", "Genuine (revocation not checked) (DEMO)", "(under a policy that asks for no check of revocation, noCheck;", "1BF091CF 3B072644", "the signer&#39;s claim (no proof)", "<svg", "デモ　太郎", "What was not checked", "the whole of a.txt",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if exit != 8 || strings.Contains(page, "見本") || strings.Contains(page, "1985") {
		t.Errorf("exit %d; personal data: %v", exit, strings.Contains(page, "見本"))
	}
	if exit, page := w.page(t, "verify --trust demo --personal a.txt.p7s"); exit != 0 || !strings.Contains(page, "見本") {
		t.Errorf("exit %d: no personal data", exit)
	}
	if exit, page := w.page(t, "verify --trust demo a.txt.p7s --signer nobody"); exit != 8 || !strings.Contains(page, "There is no signature of nobody") || !strings.Contains(page, "Does not meet what is asked (DEMO)") {
		t.Errorf("exit %d: the missing signer is not on the page", exit)
	}
	// The page of that check lists a service's requirement that is not met.
	if exit, page := w.page(t, "verify --trust demo --profile koshonin paper-signed.pdf"); exit != 0 || !strings.Contains(page, "cannot say") && !strings.Contains(page, "Cannot say") {
		t.Errorf("exit %d: no checklist", exit)
	}
	// Of a folder, the files that nobody signed; details stay in their sentence.
	if err := os.Mkdir(w.path("box"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("box/paper-signed.pdf", string(signed))
	w.write("box/plain.txt", "nobody signed this")
	w.write("box/cut.xml", "<a")
	_, page = w.page(t, "verify --trust demo box --lang ja")
	for _, want := range []string{"署名が見つからないファイル: ", "plain.txt</bdi>", "XMLとして読めません。 詳細: ", `<section class="file brief">`, "または調べられないもの 1件"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a folder does not say %q", want)
		}
	}
	// One file that cannot be checked has a page, too, and nothing is replaced.
	if exit, page := w.page(t, "verify plain.txt"); exit != 8 || !strings.Contains(page, "There is no signature in plain.txt.") {
		t.Errorf("exit %d:\n%s", exit, page)
	}
	if exit, out := w.run("verify --trust demo a.txt.p7s --report page.html", ""); exit == 0 || !strings.Contains(out, "page.html") {
		t.Errorf("exit %d:\n%s", exit, out)
	}
	for _, target := range []string{"a.txt.p7s", "plain.txt"} {
		if exit, _ := w.run("verify --trust demo a.txt.p7s plain.txt --force --report "+target, ""); exit != 2 {
			t.Errorf("%s: exit %d", target, exit)
		}
	}
}

// TestForgedNames: a signer's name from another CA is text, on the page and on
// the screen, in every format, and no name of JPKI's. Nobody vouches for a name
// under a CA that is not trusted.
func TestForgedNames(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	ca := newOtherCA(t)
	w.write("ca.pem", pemText(ca.cert))
	for _, name := range []string{
		`<script>alert(1)</script>`, "山田\u3164太郎", "山田\u115F太郎", "山田\u1160太郎", "山田\uFFA0太郎", "山田\u2800太郎", "a\u202Etxt.exe", "a\x1B[2Jb", `"><img src=x onerror=alert(1)>`, "デモ　太郎",
	} {
		c := ca.issue(&x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature})
		for _, file := range signedInAllFormats(t, w, cms.Signing{Certificate: c, Key: ca.key, Hash: crypto.SHA256, Time: time.Now()}) {
			exit, page := w.page(t, "verify --ca ca.pem "+file)
			if exit != 0 || strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.ContainsAny(page, "\u3164\u115F\u1160\uFFA0\u2800\u202E\x1B") || !strings.Contains(page, "not one of JPKI (the My Number Card)") {
				t.Errorf("%s, %q: exit %d\n%s", file, name, exit, page)
			}
			if _, out := w.run("verify --ca ca.pem "+file, ""); strings.ContainsAny(out, "\u3164\u115F\u1160\uFFA0\u2800\u202E\x1B") {
				t.Errorf("%s: %q is shown as it is", file, name)
			}
			exit, out := w.run("verify "+file+" --signer '"+name+"'", "")
			if exit != 9 || !strings.Contains(out, "Signer (unproven)") {
				t.Errorf("%s, %q, of nobody who is trusted: exit %d\n%s", file, name, exit, out)
			}
		}
	}
}

// TestNameThatIsNoText shows that a program gets the bytes of a file name that
// is not UTF-8.
func TestNameThatIsNoText(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("no such names here")
	}
	w := newWorld(t, "en")
	name := "a\xFF.p7s"
	w.write(name, "no signature")
	exit, out := w.run("verify --json "+name+" "+name, "")
	if exit != 8 || strings.Count(out, `"file_base64": "`+base64.StdEncoding.EncodeToString([]byte(name))+`"`) != 2 {
		t.Errorf("exit %d:\n%s", exit, out)
	}
	for _, line := range []string{"sign --dry-run --card demo --json --no-input a\xFF.txt", "timestamp --json --tsa http://127.0.0.1:1/ a\xFF.txt"} {
		w.write("a\xFF.txt", "text")
		if _, out := w.run(line, ""); !strings.Contains(out, `"input_base64": "`+base64.StdEncoding.EncodeToString([]byte("a\xFF.txt"))+`"`) {
			t.Errorf("%s:\n%s", line, out)
		}
	}
}

// TestScriptedPDF shows that JavaScript in a PDF is reported at signing and at
// verification.
func TestScriptedPDF(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	sample := samplePDF(t, w)
	at := strings.LastIndex(sample, "\nxref\n") + 1
	catalog := "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >> >>\nendobj\n"
	w.write("script.pdf", sample+catalog+fmt.Sprintf("xref\n1 1\n%010d 00000 n \ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", len(sample), at, len(sample)+len(catalog)))
	exit, out := w.run("sign --card demo --pin-stdin script.pdf", virtualcard.SignPIN+"\n")
	if exit != 0 || !strings.Contains(strings.Join(strings.Fields(out), " "), "JavaScript") {
		t.Fatalf("sign: exit %d\n%s", exit, out)
	}
	exit, page := w.page(t, "verify --trust demo script-signed.pdf")
	if exit != 0 || !strings.Contains(page, "JavaScript") {
		t.Errorf("verify: exit %d", exit)
	}
}
