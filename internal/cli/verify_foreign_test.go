//go:build foreign

package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestToukiOfPoppler goes through the checklist for a PDF that another program
// signed: why was it rejected?
func TestToukiOfPoppler(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	w.write("a.pdf", samplePDF(t, w))
	w.write("noise", strings.Repeat("noise", 100))
	if err := os.Mkdir(w.path("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"certutil -N -d db --empty-password",
		"certutil -S -d db -n us -s CN=Somebody -x -t C,, -k rsa -g 2048 -z noise -Z SHA256",
		"pdfsig -nssdir db -nick us -add-signature a.pdf theirs.pdf", // it may fail at closing its database
	} {
		args := strings.Fields(line)
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil && args[0] != "pdfsig" {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	exit, out := w.run("verify theirs.pdf --profile touki", "")
	for _, line := range []string{
		"Cannot be decided",
		"ok          Detached PKCS#7",
		"NOT OK      The signer's name, in UTF-16 (/Name): it is Somebody\n",
		"NOT OK      The time of signing, in Japanese time (/M, +09'00'): it is D:20",
		"ok          The signature is right, and nothing was changed after it\n",
		"cannot say  Made with the digital-signature certificate\n",
		"Whether the service accepts it was not verified",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q", line)
		}
	}
	if exit != 8 || strings.Count(out, "NOT OK") != 2 {
		t.Errorf("exit %d\n%s", exit, out)
	}
}

// TestSavedAgainByOthers: why was it rejected? Another program saved the file
// again. That is said, with who signed it, and no advice about anything else.
func TestSavedAgainByOthers(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"as when another program saved it again after signing", "Signer (unproven)", "NOT OK  No other program saved the file again", "the other items cannot be checked", "Hand in the file as it was signed"},
		"ja": {"別のソフトで保存し直されたときにこうなります", "署名者(未確認)", "不適合  署名したあとに、ほかのソフトで保存し直されていない", "ほかの項目は確かめられません", "そのまま提出するか"},
	} {
		t.Run(lang, func(t *testing.T) {
			w := newWorld(t, lang)
			w.write("a.pdf", samplePDF(t, w))
			w.write("pin", "DEMO123")
			if exit, out := w.run("sign a.pdf --card demo --pin-file pin", ""); exit != 0 {
				t.Fatalf("%d %s", exit, out)
			}
			if out, err := exec.Command("qpdf", w.path("a-signed.pdf"), w.path("saved.pdf")).CombinedOutput(); err != nil {
				t.Fatalf("qpdf: %v %s", err, out)
			}
			for _, line := range []string{"verify saved.pdf --trust demo", "verify saved.pdf --trust demo --profile touki"} {
				exit, out := w.run(line, "")
				if exit != 8 {
					t.Errorf("%s: exit %d", line, exit)
				}
				for i, sentence := range want {
					if there := strings.Contains(out, sentence); there != (i < 2 || strings.Contains(line, "touki")) {
						t.Errorf("%s: %q: %v\n%s", line, sentence, there, out)
					}
				}
				for _, other := range []string{"SHA-256", "digest", "forged", "偽造", "Put the card", "cannot say", "判定不可"} {
					if strings.Contains(out, other) {
						t.Errorf("%s: says %q\n%s", line, other, out)
					}
				}
			}
		})
	}
}

// TestOthersVerdicts checks the table of verdicts in .github/COMPARE.md: the
// exit statuses of verify and other programs for signatures that are sound and
// yet prove less than they seem to.
func TestOthersVerdicts(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	_, login := virtualcard.DemoCAs()
	w.write("login-ca.pem", pemText(login.Certificate))
	signedInAllFormats(t, w, loginSigning(t))
	w.write("changed.pdf", strings.Replace(string(w.read("iou.pdf")), "595 842", "595 843", 1))
	signed := w.read("iou.pdf")
	page := strings.Replace(newest(t, signed, 3), "/Annots [", "/Annots [50 0 R ", 1)
	w.write("note.pdf", string(appended(t, signed, map[int]string{3: page, 50: "<</Type /Annot /Subtype /Square /Rect [10 10 99 99]>>"}, 0)))
	w.write("hidden.pdf", string(signed)+"4 0 obj\n<</Length 3>>\nstream\n0 g\nendstream\nendobj\n"+string(signed[strings.LastIndex(string(signed), "startxref"):]))
	w.write("text", "Content-Type: text/plain\r\n\r\nhello\r\n")
	for _, line := range []string{
		"openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 5 -addext keyUsage=critical,keyCertSign",
		"openssl req -new -newkey rsa:2048 -nodes -keyout h.key -out h.csr -subj /CN=Bank",
		"printf 'subjectAltName=email:info@bank.example\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n' > mail.ext",
		"printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' > server.ext",
		"openssl x509 -req -in h.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 4 -out mail.pem -extfile mail.ext",
		"openssl x509 -req -in h.csr -CA ca.pem -CAkey ca.key -set_serial 3 -days 4 -out server.pem -extfile server.ext",
		"openssl cms -sign -in text -signer mail.pem -inkey h.key -from info@other.example -to you@example.jp -subject Hello -out mail.eml",
		"openssl cms -sign -binary -in iou.txt -signer server.pem -inkey h.key -outform DER -out server.p7s",
	} {
		if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	for _, row := range []struct {
		ours   string
		exit   int
		others []string // that exit with 0
	}{
		{"verify --trust demo iou.txt.p7s", 9, []string{
			"openssl cms -verify -binary -inform DER -in iou.txt.p7s -content iou.txt -CAfile login-ca.pem -out out",
			"certtool --p7-verify --inder --infile iou.txt.p7s --load-data iou.txt --load-ca-certificate login-ca.pem",
		}},
		{"verify --trust demo iou.pdf", 9, []string{"pdfsig -nocert iou.pdf"}},
		{"verify --trust demo iou.xml", 9, []string{"xmlsec1 --verify --trusted-pem login-ca.pem iou.xml"}},
		{"verify --ca ca.pem --content iou.txt server.p7s", 9, []string{
			"openssl cms -verify -binary -inform DER -in server.p7s -content iou.txt -CAfile ca.pem -purpose any -out out",
			"certtool --p7-verify --inder --infile server.p7s --load-data iou.txt --load-ca-certificate ca.pem",
		}},
		{"verify --ca ca.pem mail.eml", 9, []string{"openssl cms -verify -in mail.eml -CAfile ca.pem -out out"}},
		{"verify --trust demo --key-usage any changed.pdf", 8, []string{"pdfsig -nocert changed.pdf"}},
		{"verify --trust demo --key-usage any note.pdf", 7, []string{"pdfsig -nocert note.pdf"}},
		{"verify --trust demo --key-usage any hidden.pdf", 9, []string{"pdfsig -nocert hidden.pdf"}},
	} {
		if exit, out := w.run(row.ours, ""); exit != row.exit {
			t.Errorf("%s: exit %d, want %d\n%s", row.ours, exit, row.exit, out)
		}
		for _, line := range row.others {
			args := strings.Fields(line)
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
}
