//go:build foreign

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestFormatsAsHelpSays makes each kind of file and has others verify it by the
// very commands of jpki help formats; changed ones must not pass.
func TestFormatsAsHelpSays(t *testing.T) {
	r := newResponder(t)
	w := newWorld(t, "en")
	w.real = true
	w.write("pin", virtualcard.SignPIN+"\n")
	w.write("X", "one line\nanother\n")
	w.write("X.pdf", samplePDF(t, w))
	w.write("X.xml", xmlSample)
	card := " --card demo --pin-file pin -q"
	for _, line := range []string{
		"sign X X.pdf X.xml" + card, "sign X --attached" + card, "sign X --format raw" + card, "sign X.xml --format xades -o X-xades.xml" + card,
		"cert export sign-ca --card demo -o CA.pem", "cert export sign --card demo --pin-file pin -o sign.pem", "timestamp X --tsa " + r.URL,
	} {
		if exit, out := w.run(line, ""); exit != 0 {
			t.Fatalf("%s: exit %d\n%s", line, exit, out)
		}
	}
	shell := func(command string) ([]byte, error) {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = w.dir
		return cmd.CombinedOutput()
	}
	ca, err := os.ReadFile(filepath.Join(r.dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("TSA-CA.pem", string(ca))
	if out, err := shell("openssl x509 -in sign.pem -pubkey -noout > key.pem"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	commands := regexp.MustCompile(`(?m)^\t+((?:openssl|certtool|pdfsig|xmlsec1) .*)$`).FindAllStringSubmatch(formatsTopic.In(i18n.EN), -1)
	if len(commands) != 8 {
		t.Fatalf("%d commands in the help", len(commands))
	}
	good := func(out []byte, err error) bool { // pdfsig has no exit status for it
		return err == nil && (!strings.Contains(string(out), "Signature Validation") || strings.Contains(string(out), "Signature is Valid"))
	}
	for _, c := range commands {
		if !strings.Contains(formatsTopic.In(i18n.JA), c[1]) {
			t.Errorf("the Japanese help has not %s", c[1])
		}
		if out, err := shell(c[1]); !good(out, err) {
			t.Errorf("%s: %v\n%s", c[1], err, out)
		}
	}
	change := func(name, from, to string) { w.write(name, strings.Replace(string(w.read(name)), from, to, 1)) }
	change("X", "another", "an other")
	change("X.p7m", "another", "ANOTHER")
	change("X-signed.pdf", "595 842", "595 843")
	change("X-signed.xml", "デモ", "でも")
	change("X-xades.xml", "デモ", "でも")
	for _, c := range commands {
		if out, err := shell(c[1]); good(out, err) {
			t.Errorf("changed, and still good: %s\n%s", c[1], out)
		}
	}
}

// TestForeignMail has openssl sign mails, as banks send them.
func TestForeignMail(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	shell := func(command string) {
		t.Helper()
		cmd := exec.Command("sh", "-ec", command)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	w.write("text", "Content-Type: text/plain; charset=utf-8\r\n\r\nこんにちは\r\n--\r\n銀行\r\n")
	shell(`openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=MailCA -days 5 -addext keyUsage=critical,keyCertSign
openssl req -new -newkey rsa:2048 -nodes -keyout bank.key -out bank.csr -subj /CN=Bank
printf 'subjectAltName=email:info@bank.example\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n' > ext
openssl x509 -req -in bank.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 4 -out bank.pem -extfile ext
openssl cms -sign -in text -signer bank.pem -inkey bank.key -md sha256 -from info@bank.example -to you@example.jp -subject Hello -out clear.eml
openssl cms -sign -nodetach -in text -signer bank.pem -inkey bank.key -md sha256 -from info@bank.example -to you@example.jp -subject Hello -out opaque.eml
tr -d '\r' < clear.eml > lf.eml
sed 's/$/\r/' lf.eml > crlf.eml`)
	for _, name := range []string{"clear.eml", "opaque.eml", "lf.eml", "crlf.eml"} {
		exit, out := w.run("verify --ca ca.pem "+name, "")
		if exit != 0 || !strings.Contains(out, "the text of the mail and its attachments") || !strings.Contains(out, "info@bank.example") || !strings.Contains(out, "Hello") {
			t.Errorf("%s: exit %d\n%s", name, exit, out)
		}
		if exit, _ := w.run("verify "+name, ""); exit != 9 {
			t.Errorf("%s, nobody believed: exit %d", name, exit)
		}
	}
	for name, c := range map[string]struct {
		from, to string
		want     int
	}{
		"changed": {"text/plain", "text/html ", 8},
		"sender":  {"From: info@bank.example", "From: info@bank.evil.example", 9},
		"two":     {"From: info@bank.example", "From: info@bank.example\nFrom: a@evil.example", 8},
		"mixed":   {"multipart/signed", "multipart/mixed", 8},
		"subject": {"Subject: Hello", "Subject: Other", 0}, // not signed, and said so
	} {
		w.write(name+".eml", strings.Replace(string(w.read("lf.eml")), c.from, c.to, 1))
		if exit, out := w.run("verify --ca ca.pem "+name+".eml", ""); exit != c.want {
			t.Errorf("%s: exit %d, want %d\n%s", name, exit, c.want, out)
		}
	}
}
