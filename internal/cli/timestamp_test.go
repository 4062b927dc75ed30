package cli

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// lasting has the responder's certificates last longer.
func (r *responder) lasting(t *testing.T, days string) *responder {
	t.Helper()
	r.openssl(t, "req -x509 -key key.pem -out ca.pem -days "+days+" -config cnf -extensions ca_ext")
	r.openssl(t, "x509 -req -in tsa.csr -CA ca.pem -CAkey key.pem -set_serial 2 -days "+days+" -out tsa.pem -extfile cnf -extensions tsa_ext")
	return r
}

// list is a revocation list of the responder's CA.
func (r *responder) list(t *testing.T) []byte {
	t.Helper()
	block := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := pem.Decode(data)
		return b.Bytes
	}
	ca, err := x509.ParseCertificate(block("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(block("key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour),
	}, ca, key.(crypto.Signer))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (w *world) read(name string) []byte {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

// TestTimestampFiles: verify checks a .tsr and a PDF with a timestamp, for
// files without signatures, unchanged and changed.
func TestTimestampFiles(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	ca := filepath.Join(r.dir, "ca.pem")
	w.write("data.csv", "a,b\n1,2\n")
	w.write("receipt.pdf", samplePDF(t, w))
	exit, out := w.run("timestamp data.csv receipt.pdf --tsa "+r.URL+" --tsa-ca "+ca, "")
	if exit != 0 || !strings.Contains(out, "Made data.csv.tsr") || !strings.Contains(out, "Made receipt-timestamped.pdf") {
		t.Fatalf("exit %d:\n%s", exit, out)
	}
	for _, file := range []string{"data.csv.tsr", "data.csv", "receipt-timestamped.pdf"} {
		if exit, out := w.run("verify --tsa-ca "+ca+" "+file, ""); exit != 0 || !strings.Contains(out, "Genuine timestamp") || !strings.Contains(out, "it existed on") {
			t.Errorf("%s: exit %d:\n%s", file, exit, out)
		}
		if exit, out := w.run("verify "+file, ""); exit != 9 {
			t.Errorf("%s, nobody believed: exit %d:\n%s", file, exit, out)
		}
	}
	// openssl agrees.
	cmd := exec.Command("openssl", "ts", "-verify", "-in", w.path("data.csv.tsr"), "-data", w.path("data.csv"), "-CAfile", ca)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
	w.write("data.csv", "a,b\n1,3\n")
	if exit, out := w.run("verify --json --tsa-ca "+ca+" data.csv.tsr", ""); exit != 8 || !strings.Contains(out, "HASH_FAILURE") {
		t.Errorf("changed: exit %d:\n%s", exit, out)
	}
	w.write("changed.pdf", strings.Replace(string(w.read("receipt-timestamped.pdf")), "595 842", "595 843", 1))
	if exit, out := w.run("verify --tsa-ca "+ca+" changed.pdf", ""); exit != 8 {
		t.Errorf("changed PDF: exit %d:\n%s", exit, out)
	}
	// Nothing is replaced, nothing is left where the authority does not answer.
	if exit, _ := w.run("timestamp data.csv --tsa "+r.URL, ""); exit == 0 {
		t.Error("data.csv.tsr was replaced")
	}
	r.spoil = func(b []byte) []byte { return append(b, 0) }
	if exit, _ := w.run("timestamp data.csv -o new.tsr --tsa "+r.URL, ""); exit != 1 {
		t.Errorf("exit %d", exit)
	}
	if _, err := os.Stat(w.path("new.tsr")); err == nil {
		t.Error("a spoilt answer was saved")
	}
	if exit, out := w.run("timestamp --json missing.csv data.csv --tsa "+r.URL, ""); exit != 1 || strings.Count(out, `"error": {`) != 2 {
		t.Errorf("exit %d:\n%s", exit, out)
	}
	for _, line := range []string{"timestamp data.csv", "timestamp - --tsa http://localhost/", "timestamp data.csv receipt.pdf -o x --tsa http://localhost/", "timestamp data.csv --tsa https://me:secret@tsa.example/"} {
		if exit, out := w.run(line, ""); exit != 2 || strings.Contains(out, "secret") {
			t.Errorf("%s: exit %d:\n%s", line, exit, out)
		}
	}
}

// otherSigned writes a PDF and a CMS signature of a person under another CA, who
// is in force for five days.
func otherSigned(t *testing.T, w *world) (ca otherCA) {
	t.Helper()
	ca = newOtherCA(t)
	c := ca.issue(&x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "Somebody"}, KeyUsage: x509.KeyUsageContentCommitment, AuthorityKeyId: ca.cert.SubjectKeyId})
	s := cms.Signing{Certificate: c, CA: []*x509.Certificate{ca.cert}, Key: ca.key, Hash: crypto.SHA256, Time: time.Now()}
	w.write("ca.pem", pemText(ca.cert))
	w.write("ca.crl", string(ca.list()))
	w.write("a.txt", "text")
	h := crypto.SHA256.New()
	h.Write([]byte("text"))
	signature, err := s.Detached(h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	w.write("a.txt.p7s", string(signature))
	sample := samplePDF(t, w)
	p, err := pdfsig.Prepare(strings.NewReader(sample), int64(len(sample)), pdfsig.Options{Profile: pdfsig.PAdES})
	if err == nil {
		err = p.Hash(crypto.SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	u, err := p.Sign(pdfsig.Statement{Name: "Somebody", Time: s.Time}, s)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := u.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	w.write("a.pdf", out.String())
	return ca
}

// TestExtend brings signatures to B-LTA, renews that with an authority that
// lasts longer, and looks at them when everything of before has ended.
func TestExtend(t *testing.T) {
	short, long := newResponder(t), newResponder(t).lasting(t, "100")
	w := newWorld(t, "en")
	w.real = true
	otherSigned(t, w)
	w.write("short.crl", string(short.list(t)))
	w.write("long.crl", string(long.list(t)))
	tsaCA := func(all ...*responder) string {
		var text []byte
		for _, r := range all {
			data, err := os.ReadFile(filepath.Join(r.dir, "ca.pem"))
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, data...)
		}
		w.write("tsa.pem", string(text))
		return " --tsa-ca tsa.pem"
	}
	both := tsaCA(short, long)
	sources := " --ca ca.pem --crl ca.crl --crl short.crl --crl long.crl" + both
	for _, c := range []struct{ file, extended, renewed, content string }{
		{"a.txt.p7s", "b.txt.p7s", "c.txt.p7s", " --content a.txt"},
		{"a.pdf", "b.pdf", "c.pdf", ""},
	} {
		verify := func(file, more string) (int, string) {
			return w.run("verify --ca ca.pem"+both+more+c.content+" "+file, "")
		}
		exit, out := w.run("timestamp --extend "+c.file+c.content+" -o "+c.extended+sources+" --tsa "+short.URL, "")
		if exit != 0 || !strings.Contains(out, "B-LTA") || strings.Contains(out, "missing") {
			t.Fatalf("%s: exit %d:\n%s", c.file, exit, out)
		}
		// The output names each timestamp with its coverage, and the
		// revocation status of its authority if an embedded list proves
		// it.
		_, out = verify(c.extended, " --crl short.crl --json")
		if !strings.Contains(out, `"archive": true`) || strings.Count(out, `"revocation": "good"`) < 3 || strings.Contains(out, `"revocation": "not-checked"`) {
			t.Errorf("%s: %s", c.extended, out)
		}
		if _, out := verify(c.extended, ""); !strings.Contains(out, "Archive timestamp") && !strings.Contains(out, "Document timestamp") || strings.Count(out, "(revocation data in the signature)") > 2 {
			t.Errorf("%s: %s", c.extended, out)
		}
		// The embedded data proves the revocation status.
		if exit, out := verify(c.extended, ""); exit != 0 || !strings.Contains(out, "Valid (not revoked)") {
			t.Errorf("%s: exit %d:\n%s", c.extended, exit, out)
		}
		exit, out = w.run("timestamp --extend "+c.extended+c.content+" -o "+c.renewed+sources+" --tsa "+long.URL, "")
		if exit != 0 || !strings.Contains(out, "B-LTA") {
			t.Fatalf("%s: exit %d:\n%s", c.extended, exit, out)
		}
		w.ahead = 30 * 24 * time.Hour // the signer, the first authority and every list have ended
		for file, want := range map[string]int{c.file: 9, c.extended: 9, c.renewed: 0} {
			if exit, out := verify(file, ""); exit != want {
				t.Errorf("%s a month later: exit %d, want %d:\n%s", file, exit, want, out)
			}
		}
		if exit, out := verify(c.renewed, " --json"); exit != 0 || !strings.Contains(out, `"verdict": "valid"`) || !strings.Contains(out, `"from": "signature"`) {
			t.Errorf("%s a month later: exit %d:\n%s", c.renewed, exit, out)
		}
		w.ahead = 200 * 24 * time.Hour // the second authority, too
		if exit, out := verify(c.renewed, ""); exit != 9 {
			t.Errorf("%s when all has ended: exit %d:\n%s", c.renewed, exit, out)
		}
		w.ahead = 0
	}
	cmd := exec.Command("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", w.path("c.txt.p7s"), "-content", w.path("a.txt"), "-CAfile", w.path("ca.pem"), "-purpose", "any", "-out", os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}

// TestExtendRefuses: extend refuses bad signatures, and files with nothing to
// extend.
func TestExtendRefuses(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	otherSigned(t, w)
	tsa := " --ca ca.pem --tsa " + r.URL + " --tsa-ca " + filepath.Join(r.dir, "ca.pem")
	w.write("changed.pdf", strings.Replace(string(w.read("a.pdf")), "595 842", "595 843", 1))
	for line, want := range map[string]int{
		"changed.pdf" + tsa:            8,
		"a.txt" + tsa:                  1, // no signature in it
		"a.pdf --ca ca.pem":            1, // nothing to add
		"a.txt.p7s" + tsa:              2, // where to?
		"a.txt.p7s -o a.txt.p7s" + tsa: 2,
	} {
		if exit, out := w.run("timestamp --extend "+line, ""); exit != want {
			t.Errorf("%s: exit %d, want %d:\n%s", line, exit, want, out)
		}
	}
	// Without revocation data it is B-T, and said to be no more.
	exit, out := w.run("timestamp --extend a.txt.p7s --force --json"+tsa, "")
	if exit != 0 || !strings.Contains(out, `"level": "B-T"`) || !strings.Contains(out, `"revocation_complete": false`) {
		t.Errorf("exit %d:\n%s", exit, out)
	}
	if exit, out := w.run("verify --ca ca.pem --json --tsa-ca "+filepath.Join(r.dir, "ca.pem")+" a.txt.p7s", ""); exit != 0 || !strings.Contains(out, `"believed": true`) {
		t.Errorf("exit %d:\n%s", exit, out)
	}
}
