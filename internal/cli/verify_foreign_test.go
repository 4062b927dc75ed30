//go:build foreign

package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
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
