//go:build foreign

package pdfsig

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bench is a folder to run other programs in.
type bench struct {
	*testing.T
	dir string
}

func newBench(t *testing.T) bench { return bench{t, t.TempDir()} }

// run runs a command line of plain words in the folder.
func (b bench) run(command string) (string, error) {
	words := strings.Fields(command)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.Fatal(err) // the program is not there
	}
	return string(out), err
}

func (b bench) must(command string) string {
	b.Helper()
	out, err := b.run(command)
	if err != nil {
		b.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}

func (b bench) write(name string, data []byte) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		b.Fatal(err)
	}
}

func (b bench) read(name string) []byte {
	b.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.Fatal(err)
	}
	return data
}

const postScript = `%!PS
/Helvetica findfont 24 scalefont setfont 72 700 moveto (page one) show showpage
/Times-Roman findfont 12 scalefont setfont 72 700 moveto (page two) show showpage
`

// corpus makes files with other programs, one of each structure they know.
func (b bench) corpus() map[string][]byte {
	b.Helper()
	b.write("in.ps", []byte(postScript))
	b.write("table.pdf", sample{objects: documentOf()}.bytes())
	b.write("form.pdf", samples()["fields of their own"].bytes())
	signed, err := sign(sample{objects: documentOf()}.bytes(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.write("signed.pdf", signed)
	files := map[string][]byte{}
	for _, command := range []string{
		"gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -o gs.pdf in.ps",
		"gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=1.4 -o gs-1.4.pdf in.ps",
		"gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=2.0 -o gs-2.0.pdf in.ps",
		"gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dPDFA=2 -dPDFACompatibilityPolicy=1 -sColorConversionStrategy=RGB -o gs-pdfa.pdf in.ps",
		"gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfimage24 -r20 -o gs-image.pdf in.ps",
		"pdftocairo -pdf gs.pdf cairo.pdf",
		"pdfunite gs.pdf table.pdf poppler-united.pdf",
		"mutool clean gs.pdf mutool-clean.pdf",
		"mutool clean -gggz gs.pdf mutool-compact.pdf",
		"mutool clean -l gs.pdf mutool-linear.pdf",
		"qpdf --object-streams=disable gs.pdf qpdf-table.pdf",
		"qpdf --object-streams=generate gs.pdf qpdf-streams.pdf",
		"qpdf --object-streams=generate --compress-streams=n gs.pdf qpdf-plain-streams.pdf",
		"qpdf --object-streams=generate --linearize gs.pdf qpdf-linear-streams.pdf",
		"qpdf --object-streams=disable --linearize gs.pdf qpdf-linear-table.pdf",
		"qpdf --qdf gs.pdf qpdf-qdf.pdf",
		"qpdf --force-version=2.0 gs.pdf qpdf-2.0.pdf",
		"qpdf --newline-before-endstream gs.pdf qpdf-newline.pdf",
		"qpdf --object-streams=generate form.pdf qpdf-form-streams.pdf",
		"qpdf --linearize form.pdf qpdf-form-linear.pdf",
	} {
		b.must(command)
		words := strings.Fields(command)
		name := words[len(words)-1]
		if words[0] == "gs" {
			name = words[len(words)-2]
		}
		files[name] = b.read(name)
	}
	return files
}

// TestOthersAcceptOurs signs every file once, twice and thrice, the second time
// visibly, and asks the other programs after each. The closing table goes to the log.
func TestOthersAcceptOurs(t *testing.T) {
	b := newBench(t)
	b.write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().Certificate.Raw}))
	files := b.corpus()
	for name, s := range samples() {
		if !strings.HasPrefix(name, "certified") { // their certification is none
			files["own: "+name] = s.bytes()
		}
	}
	for name, file := range files {
		b.write("unsigned.pdf", file)
		warnings := b.warnings("unsigned.pdf")
		for n := 1; n <= 3; n++ {
			profile := []Profile{Touki, PAdES, Touki}[n-1]
			options := Options{Profile: profile}
			if n == 2 {
				options.Visible = &Placement{Page: -1, Corner: BottomRight, Width: 60, Height: 20}
			}
			signed, err := sign(file, options)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
			b.accepted(fmt.Sprintf("%s, signed %d times", name, n), signed, n, warnings)
			file = signed
		}
	}
	t.Logf("%d files, each signed 3 times: accepted by qpdf, pdfsig and openssl", len(files))
}

// warnings counts what qpdf finds wrong. An unsigned file can have some, too:
// mutool's linearized ones do.
func (b bench) warnings(file string) int {
	b.Helper()
	out, err := b.run("qpdf --check " + file)
	n := strings.Count(out, "WARNING")
	if err != nil && n == 0 {
		b.Errorf("qpdf: %v\n%s", err, out)
	}
	return n
}

// accepted asks qpdf about the structure, pdfsig about every signature and
// openssl about the CMS of each over its ByteRange.
func (b bench) accepted(name string, file []byte, signatures, warnings int) {
	b.Helper()
	b.write("signed.pdf", file)
	if got := b.warnings("signed.pdf"); got > warnings {
		b.Errorf("%s: qpdf has %d warnings, %d before", name, got, warnings)
	}
	out := b.must("pdfsig -nocert signed.pdf")
	if got := strings.Count(out, "- Signature Validation: Signature is Valid."); got != signatures || strings.Count(out, "Signature Validation:") != signatures {
		b.Errorf("%s: pdfsig finds %d good signatures\n%s", name, got, out)
	}
	if strings.Count(out, "- Total document signed") != 1 {
		b.Errorf("%s: pdfsig does not see the last signature cover the document\n%s", name, out)
	}
	all := find(b, file)
	if len(all) != signatures {
		b.Fatalf("%s: %d signatures in the text, want %d", name, len(all), signatures)
	}
	for i, f := range all {
		r := f.byteRange
		b.write("covered", bytes.Join([][]byte{file[r[0] : r[0]+r[1]], file[r[2] : r[2]+r[3]]}, nil))
		b.write("cms", f.der(b))
		if out, err := b.run("openssl cms -verify -binary -cades -inform DER -in cms -content covered -CAfile signer.pem -purpose any -attime 1800000000 -out /dev/null"); err != nil {
			b.Errorf("%s: openssl on signature %d: %v\n%s", name, i+1, err, out)
		}
	}
}

func TestOthersEncrypted(t *testing.T) {
	b := newBench(t)
	b.write("in.pdf", sample{objects: documentOf()}.bytes())
	for _, bits := range []string{"40", "128", "256"} {
		b.must("qpdf --allow-weak-crypto --encrypt user owner " + bits + " -- in.pdf out.pdf")
		if _, err := sign(b.read("out.pdf"), Options{}); !errors.Is(err, ErrEncrypted) {
			t.Errorf("%s bits: %v", bits, err)
		}
	}
}

func TestOthersFormKeepsWorking(t *testing.T) {
	b := newBench(t)
	for _, k := range []kind{table, stream, hybrid} {
		signed := mustSign(t, fieldFile("", k), Options{Field: "甲.sign"})
		b.write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().Certificate.Raw}))
		b.accepted("existing field", signed, 1, 0)
	}
}
