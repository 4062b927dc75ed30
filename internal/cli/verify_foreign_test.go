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
