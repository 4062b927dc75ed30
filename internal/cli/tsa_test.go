package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// responder is openssl ts behind an http server, with a CA of its own.
type responder struct {
	*httptest.Server
	dir   string
	asked atomic.Int32
	// These change a query, or an answer, on the way; nil leaves it.
	mangle, spoil func([]byte) []byte
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
keyUsage = critical, keyCertSign, cRLSign
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
		if r.mangle != nil {
			query = r.mangle(query)
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
	if runtime.GOOS == "windows" {
		t.Skip("openssl stamps on Linux")
	}
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
		{"--attached", "a.txt", "a.txt.p7m"},
		{"--attached --pem --digest sha384 -o pem", "a.txt", "pem"},
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
		if exit, out := w.run("verify --trust demo "+c.result, ""); exit != 0 || !strings.Contains(out, "not trusted without --tsa-ca") {
			t.Errorf("%s without --tsa-ca: %s", c.file, out)
		}
	}
	if exit, out := w.run("sign a.pdf --card demo --pin-stdin -o x.pdf --tsa "+r.URL, virtualcard.SignPIN+"\n"); exit != 2 || !strings.Contains(out, "takes no timestamp") {
		t.Errorf("touki: %d %s", exit, out)
	}
}

// TestRevokedAuthority: the lists of --crl count for a timestamping authority,
// too. An authority with a compromised key proves no time at all.
func TestRevokedAuthority(t *testing.T) {
	r := newResponder(t)
	ca := filepath.Join(r.dir, "ca.pem")
	r.write(t, "ca.cnf", "[ca]\ndefault_ca = d\n[d]\ndatabase = index\ndefault_md = sha256\ndefault_crl_days = 1\n")
	list := func(name, entry string) string {
		r.write(t, "index", entry)
		r.openssl(t, "ca -gencrl -config ca.cnf -cert ca.pem -keyfile key.pem -out "+name)
		return " --crl " + filepath.Join(r.dir, name)
	}
	// A line of the database: status, end, revocation and its reason, serial number.
	revoked := func(at time.Time, why string) string {
		const utcTime = "060102150405Z"
		return fmt.Sprintf("R\t%s\t%s,%s\t02\tunknown\t/CN=tsa\n", at.AddDate(0, 0, 2).UTC().Format(utcTime), at.UTC().Format(utcTime), why)
	}
	w := newWorld(t, "en")
	w.real = true
	w.write("a.txt", "content")
	if exit, out := w.run("sign a.txt --card demo --pin-stdin --tsa "+r.URL+" --tsa-ca "+ca, virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	now := time.Now()
	for _, c := range []struct{ what, flags, says, not string }{
		{"good", list("good.crl", ""), "it existed on", "proves nothing"},
		{"good, to be proven", list("good.crl", "") + " --require-revocation", "it existed on", "proves nothing"},
		{"not asked, to be proven", " --require-revocation", "proves nothing: revocation could not be checked: nothing was given", "it existed on"},
		{"came to its end before", list("before.crl", revoked(now.Add(-time.Hour), "superseded")), "proves nothing: the timestamping authority's certificate is revoked since", "it existed on"},
		{"lost its key", list("lost.crl", revoked(now.Add(-time.Hour), "keyCompromise")), "(key compromised)", "it existed on"},
		{"was on another's list", list("good.crl", strings.Replace(revoked(now, "keyCompromise"), "\t02\t", "\t03\t", 1)), "it existed on", "proves nothing"},
	} {
		_, out := w.run("verify --trust demo a.txt.p7s --tsa-ca "+ca+c.flags, "")
		if !strings.Contains(out, c.says) || strings.Contains(out, c.not) {
			t.Errorf("%s: %s", c.what, out)
		}
	}
}

// TestTimestampThatIsNotGood leaves nothing behind, and costs no try.
func TestTimestampThatIsNotGood(t *testing.T) {
	r := newResponder(t)
	ca := filepath.Join(r.dir, "ca.pem")
	for _, lang := range []string{"ja", "en"} {
		w := newWorld(t, lang)
		w.real = true
		w.write("a.txt", "content")
		if exit, out := w.run("cert export sign-ca --card demo -o other-ca.pem", ""); exit != 0 {
			t.Fatal(out)
		}
		for name, c := range map[string]struct {
			ca            string
			mangle, spoil func([]byte) []byte
			days          int // how far the clock of this computer is ahead
			ja, en        string
		}{
			"authority of another CA": {ca: "other-ca.pem", ja: "--tsa-ca の認証局", en: "a CA of --tsa-ca"},
			"wrong nonce":             {mangle: flipAfter("\x02\x08"), ja: "別の要求への応答", en: "answers another request"},
			"wrong digest":            {mangle: flipAfter("\x04\x20"), ja: "別の内容", en: "over something else"},
			"expired certificate":     {days: 2, ja: "有効期間内ではありません", en: "not in force"},
			"no certificate yet":      {days: -2, ja: "有効期間内ではありません", en: "not in force"},
			"rejection": {mangle: func(q []byte) []byte { // of a digest that the authority does not take
				return bytes.Replace(q, []byte("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), []byte("\x60\x86\x48\x01\x65\x03\x04\x02\x08"), 1)
			}, ja: "PKIStatus 2", en: "PKIStatus 2"},
			"garbage":       {spoil: func([]byte) []byte { return []byte("garbage") }, ja: "読めません", en: "cannot be read"},
			"empty":         {spoil: func([]byte) []byte { return nil }, ja: "読めません", en: "cannot be read"},
			"cut":           {spoil: func(a []byte) []byte { return a[:len(a)/2] }, ja: "読めません", en: "cannot be read"},
			"bit flipped":   {spoil: func(a []byte) []byte { a[len(a)-1] ^= 1; return a }, ja: "局の署名", en: "authority's signature is wrong"},
			"too large":     {spoil: func(a []byte) []byte { return append(a, make([]byte, 2<<20)...) }, ja: "大きすぎます", en: "too large"},
			"not a CA file": {ca: "a.txt", ja: "証明書として読めません", en: "cannot be read as a certificate"},
		} {
			r.mangle, r.spoil, w.ahead = c.mangle, c.spoil, time.Duration(c.days)*24*time.Hour
			if c.ca == "" {
				c.ca = ca
			}
			for _, flags := range []string{"", "--attached"} {
				exit, out := w.run(fmt.Sprintf("sign a.txt --card demo --pin-stdin --tsa %s --tsa-ca %s %s", r.URL, c.ca, flags), virtualcard.SignPIN+"\n")
				if left := w.names(); exit != 1 || !slices.Equal(left, []string{"a.txt", "other-ca.pem", "state"}) {
					t.Errorf("%s: exit %d, left %v\n%s", name, exit, left, out)
				}
				if want := map[string]string{"ja": c.ja, "en": c.en}[lang]; !strings.Contains(out, want) {
					t.Errorf("%s: no %q in\n%s", name, want, out)
				}
			}
		}
		w.ahead = 0
		if exit, out := w.run("pin status --card demo --json", ""); exit != 0 || !strings.Contains(out, `"left": 5`) {
			t.Errorf("tries: %s", out)
		}
	}
	if r.mangle, r.spoil = nil, nil; r.asked.Load() == 0 {
		t.Error("nobody was asked")
	}
}

// flipAfter changes the last octet of the element of 8 or 32 octets that
// begins like this.
func flipAfter(header string) func([]byte) []byte {
	return func(query []byte) []byte {
		i := bytes.Index(query, []byte(header))
		query[i+1+int(header[1])] ^= 1
		return query
	}
}

// TestTimestampServer meets servers that are dead, slow, or wake up late.
func TestTimestampServer(t *testing.T) {
	r := newResponder(t)
	var hung, stumbled atomic.Int32
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if stumbled.Add(1) < 3 {
			panic(http.ErrAbortHandler)
		}
		r.Config.Handler.ServeHTTP(w, q)
	}))
	defer late.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hung.Add(1)
		http.Error(w, "busy", http.StatusServiceUnavailable)
	}))
	defer busy.Close()

	w := newWorld(t, "en")
	w.real = true
	w.write("a.txt", "content")
	sign := func(address string) (int, string) {
		return w.run("sign a.txt --card demo --pin-stdin --tsa "+address, virtualcard.SignPIN+"\n")
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	for address, want := range map[string]string{dead.URL: "there is no answer", busy.URL: "the server refuses"} {
		exit, out := sign(address)
		if exit != 1 || !strings.Contains(out, want) || len(w.names()) != 2 {
			t.Errorf("%s: %d %v %s", address, exit, w.names(), out)
		}
	}
	for _, address := range []string{"ftp://a", "http://user:secret@127.0.0.1/"} { // known before a PIN is asked
		if exit, out := sign(address); exit != 2 || strings.Contains(out, "secret") {
			t.Errorf("%s: %d %s", address, exit, out)
		}
	}
	if n := hung.Load(); n != 1 {
		t.Errorf("a server that refuses was asked %d times", n)
	}
	if exit, out := sign(late.URL); exit != 0 || !strings.Contains(out, "Trying again (3 of 3)") {
		t.Errorf("late: %d %s", exit, out)
	}
}

// TestInputChangesMeanwhile has files change after they were hashed: while the
// timestamp is fetched.
func TestInputChangesMeanwhile(t *testing.T) {
	r := newResponder(t)
	for name, change := range map[string]func(path string) error{
		"longer":  func(path string) error { return appendTo(path, "more") },
		"shorter": func(path string) error { return os.Truncate(path, 10) },
		"gone":    os.Remove,
		"another file": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, make([]byte, 1<<20), 0o600))
		},
		"in place, without a trace": func(path string) error {
			before, err := os.Stat(path)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("x"), 1<<19)
			return errors.Join(err, f.Close(), os.Chtimes(path, before.ModTime(), before.ModTime()))
		},
	} {
		for flags, result := range map[string]string{"": "a.bin.p7s", "--attached": "a.bin.p7m", "--attached --pem": "a.bin.p7m"} {
			if name == "in place, without a trace" && flags == "" {
				continue // of a detached signature nobody could tell
			}
			w := newWorld(t, "en")
			w.real = true
			w.write("a.bin", strings.Repeat("\x00", 1<<20))
			r.spoil = func(answer []byte) []byte {
				if err := change(w.path("a.bin")); err != nil {
					t.Error(err)
				}
				return answer
			}
			exit, out := w.run(fmt.Sprintf("sign a.bin --card demo --pin-stdin --tsa %s %s", r.URL, flags), virtualcard.SignPIN+"\n")
			if exit != 1 || slices.Contains(w.names(), result) || slices.ContainsFunc(w.names(), func(n string) bool { return strings.HasPrefix(n, ".jpki") }) {
				t.Errorf("%s %s: exit %d, left %v\n%s", name, flags, exit, w.names(), out)
			}
			if name != "in place, without a trace" && !strings.Contains(out, "a.bin changed while it was being signed") {
				t.Errorf("%s %s: %s", name, flags, out)
			}
		}
	}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
