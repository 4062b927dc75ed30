//go:build foreign

package witness

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// program updates PDF files as its users do.
type program struct {
	name string
	want want
	qpdf bool // qpdf finds nothing in its output
	argv func(dir, in, out string) []string
}

var programs = []program{
	{"Firefox fills a field", told, true, func(_, in, out string) []string {
		return []string{"node", "testdata/firefox.mjs", nodeModules, in, out, "Suzuki"}
	}},
	{"Firefox adds a note", told, true, func(_, in, out string) []string {
		return []string{"node", "testdata/firefox.mjs", nodeModules, in, out}
	}},
	{"MuPDF fills a field", told, true, func(_, in, out string) []string {
		return []string{"mutool", "run", "testdata/mupdf-save.js", in, out, "Suzuki"}
	}},
	{"MuPDF adds a note", told, true, func(_, in, out string) []string {
		return []string{"mutool", "run", "testdata/mupdf-save.js", in, out}
	}},
	{"poppler signs", accepted, true, func(dir, in, out string) []string {
		return []string{"pdfsig", "-nssdir", filepath.Join(dir, "db"), "-nick", "us", "-add-signature", "-new-signature-field-name", "theirs", in, out}
	}},
}

// TestPrograms has other programs update signed files, and signs files that
// they updated.
func TestPrograms(t *testing.T) {
	nodeModules = modules(t)
	dir := t.TempDir()
	nss(t, dir)
	v := &views{dir, map[[32]byte][]view{}}
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	run := func(p program, data []byte) []byte {
		if err := os.WriteFile(in, data, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Remove(out)
		cmd := exec.Command(p.argv(dir, in, out)[0], p.argv(dir, in, out)[1:]...)
		said, _ := cmd.CombinedOutput() // pdfsig may fail to close its database
		made, err := os.ReadFile(out)
		if err != nil {
			t.Fatalf("%s: %v: %s", p.name, err, said)
		}
		return made
	}
	var cases []testCase
	var contents [][]byte
	add := func(name string, then, now []byte, want want, p program) {
		cases = append(cases, testCase{name: name, want: want, qpdf: p.qpdf})
		contents = append(contents, then, now)
	}
	for _, p := range programs {
		for _, s := range structures {
			name := p.name + ": " + string(s)
			unsigned := rich().write(s, update{})
			f := unsigned.sign(signature{})
			add(name, f.data, run(p, f.data), p.want, p)

			// Changes before signing are signed.
			before := unsigned.read(run(p, unsigned.data))
			data, err := before.signedByUs(pdfsig.Options{})
			if err != nil {
				t.Errorf("%s, then we sign: %v", name, err)
				continue
			}
			add(name+", then we sign", data, data, accepted, p)
			twice, err := before.read(data).signedByUs(pdfsig.Options{Profile: pdfsig.PAdES})
			if err != nil {
				t.Errorf("%s, then we sign twice: %v", name, err)
				continue
			}
			add(name+", then we sign twice", data, twice, accepted, p)
		}
	}
	v.look(t, contents)
	for i, k := range cases {
		k.check(t, v, contents[2*i], contents[2*i+1])
	}
}

// nss makes a database with the signer's key in the folder db.
func nss(t *testing.T, dir string) {
	key, err := x509.MarshalPKCS8PrivateKey(signing().Key)
	if err != nil {
		t.Fatal(err)
	}
	var certificates []byte
	for _, c := range append([]*x509.Certificate{signing().Certificate}, signing().CA...) {
		certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	for name, content := range map[string][]byte{"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), "us.pem": certificates} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	inDir(dir, "openssl pkcs12 -export -inkey key.pem -in us.pem -name us -passout pass:x -out us.p12")
	inDir(dir, "certutil -N -d db --empty-password")
	inDir(dir, "pk12util -i us.p12 -d db -W x")
}
