package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// responder is openssl ts behind an http server, with a CA of its own.
type responder struct {
	*httptest.Server
	dir   string
	asked atomic.Int32
	// spoil, if set, changes an answer.
	spoil func(answer []byte) []byte
}

func newResponder(t *testing.T) *responder {
	t.Helper()
	r := &responder{dir: t.TempDir()}
	config := `[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test TSA CA
[ca_ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[tsa_ext]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
[tsa]
default_tsa = t
[t]
serial = serial
signer_cert = tsa.pem
certs = ca.pem
signer_key = key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
`
	r.write(t, "cnf", config)
	r.write(t, "serial", "01\n")
	r.openssl(t, "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out ca.pem -days 2 -config cnf -extensions ca_ext")
	r.openssl(t, "req -new -key key.pem -out tsa.csr -subj /CN=tsa -config cnf")
	r.openssl(t, "x509 -req -in tsa.csr -CA ca.pem -CAkey key.pem -set_serial 2 -days 1 -out tsa.pem -extfile cnf -extensions tsa_ext")
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		query, err := io.ReadAll(q.Body)
		if err != nil || q.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "no query", http.StatusBadRequest)
			return
		}
		r.write(t, "query", string(query))
		r.openssl(t, "ts -reply -config cnf -queryfile query -out answer")
		answer, err := os.ReadFile(filepath.Join(r.dir, "answer"))
		if err != nil {
			t.Error(err)
		}
		if r.spoil != nil {
			answer = r.spoil(answer)
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *responder) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		t.Error(err)
	}
}

func (r *responder) openssl(t *testing.T, args string) {
	t.Helper()
	cmd := exec.Command("openssl", strings.Fields(args)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl %s: %v\n%s", args, err, out)
	}
}

const xmlSample = `<?xml version="1.0" encoding="UTF-8"?><root><name>デモ</name></root>`

// TestTimestampedSignatures makes B-T of every format that has a place for it.
func TestTimestampedSignatures(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	pdf, err := os.ReadFile(filepath.Join(w.back, "..", "..", "testdata", "script", "sign-pdf.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(pdf), "-- paper.pdf --\n")
	w.write("a.txt", "content")
	w.write("a.xml", xmlSample)
	w.write("a.pdf", sample)
	ca := filepath.Join(r.dir, "ca.pem")
	for _, c := range []struct{ flags, file, result string }{
		{"", "a.txt", "a.txt.p7s"},
		{"--profile pades", "a.pdf", "a-signed.pdf"},
		{"--format xades", "a.xml", "a-signed.xml"},
	} {
		sign := fmt.Sprintf("sign %s --card demo --pin-stdin %s --tsa %s --tsa-ca %s", c.file, c.flags, r.URL, ca)
		if exit, out := w.run(sign, virtualcard.SignPIN+"\n"); exit != 0 {
			t.Fatalf("%s: %s", c.file, out)
		}
		if exit, out := w.run("verify --trust demo --tsa-ca "+ca+" "+c.result, ""); exit != 0 || !strings.Contains(out, "it existed on") {
			t.Errorf("%s: %s", c.file, out)
		}
		if exit, out := w.run("verify --trust demo "+c.result, ""); exit != 0 || !strings.Contains(out, "not believed without --tsa-ca") {
			t.Errorf("%s without --tsa-ca: %s", c.file, out)
		}
	}
	if exit, out := w.run("sign a.pdf --card demo --pin-stdin -o x.pdf --tsa "+r.URL, virtualcard.SignPIN+"\n"); exit != 2 || !strings.Contains(out, "takes no timestamp") {
		t.Errorf("touki: %d %s", exit, out)
	}
}

// TestTimestampThatIsNotGood leaves nothing behind, and costs no try.
func TestTimestampThatIsNotGood(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	w.write("a.txt", "content")
	sign := func(address, ca string) (int, string) {
		return w.run(fmt.Sprintf("sign a.txt --card demo --pin-stdin --tsa %s --tsa-ca %s", address, ca), virtualcard.SignPIN+"\n")
	}
	refused := func(name string, exit int, out string) {
		t.Helper()
		if _, err := os.Stat(w.path("a.txt.p7s")); err == nil || exit != 1 {
			t.Errorf("%s: exit %d, file left: %v\n%s", name, exit, err == nil, out)
		}
	}
	ca := filepath.Join(r.dir, "ca.pem")
	exit, out := w.run("cert export sign-ca --card demo -o other-ca.pem", "")
	if exit != 0 {
		t.Fatal(out)
	}
	exit, out = sign(r.URL, "other-ca.pem")
	refused("authority of another CA", exit, out)
	var old []byte
	r.spoil = func(answer []byte) []byte {
		if old == nil {
			old = answer
		}
		return old
	}
	_, _ = sign(r.URL, "other-ca.pem")
	exit, out = sign(r.URL, ca)
	refused("an old answer", exit, out)
	r.spoil = func([]byte) []byte { return []byte("garbage") }
	exit, out = sign(r.URL, ca)
	refused("garbage", exit, out)
	r.spoil = func([]byte) []byte { return []byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02} }
	exit, out = sign(r.URL, ca)
	refused("rejection", exit, out)
	r.spoil = func(answer []byte) []byte { return append(answer, make([]byte, 2<<20)...) }
	exit, out = sign(r.URL, ca)
	refused("too large", exit, out)
	r.Close()
	exit, out = sign(r.URL, ca)
	refused("dead server", exit, out)
	if exit, out := w.run("pin status --card demo", ""); exit != 0 || !strings.Contains(out, "5 of 5") {
		t.Errorf("tries: %s", out)
	}
}
