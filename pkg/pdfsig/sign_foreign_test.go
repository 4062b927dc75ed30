//go:build foreign

package pdfsig

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// bench is a folder for running other programs.
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
		b.Fatal(err) // the program is not installed
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

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect x="9" y="9" width="50" height="50" fill="#0a0"/><text x="20" y="120">text</text></svg>`

// producers make the named files, one for each structure that they support.
var producers = []struct{ file, command string }{
	{"gs.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -o gs.pdf in.ps"},
	{"gs-1.4.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=1.4 -o gs-1.4.pdf in.ps"},
	{"gs-2.0.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=2.0 -o gs-2.0.pdf in.ps"},
	{"gs-fast.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dFastWebView -o gs-fast.pdf in.ps"},
	{"gs-pdfa.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dPDFA=2 -dPDFACompatibilityPolicy=1 -sColorConversionStrategy=RGB -o gs-pdfa.pdf in.ps"},
	{"gs-image.pdf", "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfimage24 -r20 -o gs-image.pdf in.ps"},
	{"cairo.pdf", "pdftocairo -pdf gs.pdf cairo.pdf"},
	{"rsvg.pdf", "rsvg-convert -f pdf -o rsvg.pdf in.svg"},
	{"groff.pdf", "groff -Tpdf -P-e in.ms"},
	{"poppler-united.pdf", "pdfunite gs.pdf table.pdf poppler-united.pdf"},
	{"poppler-page.pdf", "pdfseparate -f 2 -l 2 gs.pdf poppler-page.pdf"},
	{"mutool-created.pdf", "mutool create -o mutool-created.pdf page.txt"},
	{"mutool-drawn.pdf", "mutool convert -o mutool-drawn.pdf in.svg"},
	{"mutool-clean.pdf", "mutool clean gs.pdf mutool-clean.pdf"},
	{"mutool-compact.pdf", "mutool clean -gggz gs.pdf mutool-compact.pdf"},
	{"mutool-linear.pdf", "mutool clean -l gs.pdf mutool-linear.pdf"},
	{"qpdf-table.pdf", "qpdf --object-streams=disable gs.pdf qpdf-table.pdf"},
	{"qpdf-streams.pdf", "qpdf --object-streams=generate gs.pdf qpdf-streams.pdf"},
	{"qpdf-plain-streams.pdf", "qpdf --object-streams=generate --compress-streams=n gs.pdf qpdf-plain-streams.pdf"},
	{"qpdf-linear-streams.pdf", "qpdf --object-streams=generate --linearize gs.pdf qpdf-linear-streams.pdf"},
	{"qpdf-linear-table.pdf", "qpdf --object-streams=disable --linearize gs.pdf qpdf-linear-table.pdf"},
	{"qpdf-qdf.pdf", "qpdf --qdf gs.pdf qpdf-qdf.pdf"},
	{"qpdf-2.0.pdf", "qpdf --force-version=2.0 gs.pdf qpdf-2.0.pdf"},
	{"qpdf-newline.pdf", "qpdf --newline-before-endstream gs.pdf qpdf-newline.pdf"},
	{"qpdf-form-streams.pdf", "qpdf --object-streams=generate form.pdf qpdf-form-streams.pdf"},
	{"qpdf-form-linear.pdf", "qpdf --linearize form.pdf qpdf-form-linear.pdf"},
}

// corpus makes the files of all producers and adds the handwritten ones.
func (b bench) corpus() map[string][]byte {
	b.Helper()
	b.write("in.ps", []byte(postScript))
	b.write("in.svg", []byte(drawing))
	b.write("in.ms", []byte(".TH text\nwords\n.bp\nmore words\n"))
	b.write("page.txt", []byte("%%MediaBox 0 0 300 200\n0 0 100 100 re f\n"))
	b.write("table.pdf", sample{objects: documentOf()}.bytes())
	b.write("form.pdf", samples()["fields of their own"].bytes())
	files := map[string][]byte{}
	for _, p := range producers {
		if out := b.must(p.command); strings.HasPrefix(out, "%PDF") { // groff writes to standard output
			b.write(p.file, []byte(out))
		}
		files[p.file] = b.read(p.file)
	}
	for name, s := range samples() {
		if !strings.HasPrefix(name, "certified") { // their certification is fake
			files["by hand: "+name] = s.bytes()
		}
	}
	return files
}

// structure describes the structure of a file from its text alone.
func structure(file []byte) string {
	var found []string
	for _, part := range []struct{ name, text string }{{"linearized", "/Linearized"}, {"table", "\ntrailer"}, {"xref stream", "/XRef"}, {"object streams", "/ObjStm"}, {"form", "/AcroForm"}} {
		if bytes.Contains(file, []byte(part.text)) {
			found = append(found, part.name)
		}
	}
	version := "no version"
	if i := bytes.Index(file, []byte("%PDF-")); i >= 0 && i+8 <= len(file) {
		version = string(file[i+5 : i+8])
	}
	return version + ", " + strings.Join(found, ", ")
}

// TestOthersAcceptOurs signs every file three times, the second time visibly,
// and checks it with other programs after each signature. It logs a table of
// the results.
func TestOthersAcceptOurs(t *testing.T) {
	b := newBench(t)
	b.write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().Certificate.Raw}))
	files := b.corpus()
	var log strings.Builder
	rows := tabwriter.NewWriter(&log, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "file\tstructure\tonce (touki)\ttwice (PAdES, visible)\tthrice (touki)")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := files[name]
		fmt.Fprintf(rows, "%s\t%s", name, structure(file))
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
			result := "accepted"
			if t.Failed() {
				result = "NOT accepted" // this file, or one before it
			}
			fmt.Fprintf(rows, "\t%s", result)
			file = signed
		}
		fmt.Fprintln(rows)
	}
	rows.Flush()
	t.Logf("%d files, each signed 3 times, by qpdf --check, pdfsig and openssl cms -verify -cades:\n%s", len(files), &log)
}

// warnings counts the problems that qpdf reports. An unsigned file can also
// have some, such as mutool's linearized files.
func (b bench) warnings(file string) int {
	b.Helper()
	out, err := b.run("qpdf --check " + file)
	n := strings.Count(out, "WARNING")
	if err != nil && n == 0 {
		b.Errorf("qpdf: %v\n%s", err, out)
	}
	return n
}

// accepted checks the structure with qpdf, every signature with pdfsig, and the
// CMS of each over its ByteRange with openssl.
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

// TestOthersEncrypted signs files twice that qpdf encrypted, with every
// revision of the standard handler. Other programs must be able to decrypt the
// update and verify the signatures.
func TestOthersEncrypted(t *testing.T) {
	b := newBench(t)
	source := samples()["form of its own"].bytes()
	b.write("in.pdf", source)
	write := func(encryption, layout string) []byte {
		cmd := exec.Command("qpdf", append(strings.Fields("--allow-weak-crypto "+layout+" --encrypt"), append([]string{""}, strings.Fields(encryption+" -- in.pdf out.pdf")...)...)...)
		cmd.Dir = b.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("qpdf %s %s: %v\n%s", layout, encryption, err, out)
		}
		return b.read("out.pdf")
	}
	for _, encryption := range []string{
		"owner 40", "owner 128 --use-aes=n", "owner 128 --use-aes=n --force-V4", "owner 128 --use-aes=y",
		"owner 128 --use-aes=y --cleartext-metadata", "owner 256 --force-R5", "owner 256", "owner 256 --cleartext-metadata",
	} {
		for _, layout := range []string{"--object-streams=disable", "--object-streams=generate", "--linearize"} {
			name := encryption + " " + layout
			file := write(encryption, layout)
			if _, err := sign(file, Options{}); !errors.Is(err, ErrEncrypted) {
				t.Errorf("%s: touki: %v", name, err)
			}
			for range 2 {
				file = mustSign(t, file, Options{Profile: PAdES})
			}
			if err := mustVerify(t, file).Err(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			b.write("signed.pdf", file)
			b.must("qpdf --check signed.pdf")
			out := b.must("pdfsig -nocert signed.pdf")
			if strings.Count(out, "Signature is Valid") != 2 || strings.Count(out, "Signing Time: Nov 22 2026") != 2 || !strings.Contains(out, "Field Name: Signature2") {
				t.Errorf("%s: pdfsig\n%s", name, out)
			}
			if out := b.must("mutool show signed.pdf trailer/Root/AcroForm/Fields/3/V/M"); !strings.Contains(out, "D:20261122163005") {
				t.Errorf("%s: mutool reads M as %s", name, out)
			}
			b.must("qpdf --decrypt --qdf --object-streams=disable signed.pdf plain.pdf")
			if got := string(b.read("plain.pdf")); strings.Count(got, "/Name <feff516c76840020500b4ebad842dfb7>") != 2 || !strings.Contains(got, "/T (name)") {
				t.Errorf("%s: qpdf reads\n%s", name, got)
			}
		}
	}
	for encryption, want := range map[string]error{
		"owner 256 --modify=none": ErrNotPermitted, "owner 128 --use-aes=y --modify=assembly": ErrNotPermitted,
		"owner 256 --modify=annotate": ErrNotPermitted, "owner 40 --modify=n": ErrNotPermitted, "owner 40 --annotate=n": ErrNotPermitted,
		"owner 256 --modify=all --print=none --extract=n": nil,
	} {
		if _, err := sign(write(encryption, ""), Options{Profile: PAdES}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", encryption, err, want)
		}
	}
	b.write("in.pdf", fieldFile("", table))
	for encryption, want := range map[string]error{
		"owner 256 --modify=none": ErrNotPermitted, "owner 256 --modify=form": nil, "owner 256 --modify=annotate": nil,
	} {
		if _, err := sign(write(encryption, ""), Options{Profile: PAdES, Field: "甲.sign"}); !errors.Is(err, want) {
			t.Errorf("an empty field, %s: %v, want %v", encryption, err, want)
		}
	}
	b.must("qpdf --encrypt user owner 256 -- in.pdf out.pdf")
	if _, err := sign(b.read("out.pdf"), Options{Profile: PAdES}); !errors.Is(err, ErrPassword) {
		t.Errorf("with a password: %v", err)
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

// TestToukiForOthers checks each requirement of 登記・供託オンライン申請 with other
// programs, without any code of this package.
func TestToukiForOthers(t *testing.T) {
	b := newBench(t)
	for _, k := range []kind{table, stream, hybrid} {
		file := mustSign(t, sample{objects: documentOf(), kind: k}.bytes(), Options{})
		b.write("signed.pdf", file)
		b.must("qpdf --qdf --object-streams=disable --decrypt signed.pdf plain.pdf") // qpdf has read these objects
		dict := string(b.read("plain.pdf"))
		for key, want := range map[string]string{
			"Type": "/Sig", "Filter": "/Adobe.PPKLite", "SubFilter": "/adbe.pkcs7.detached", "M": "(D:20261122163005+09'00')",
			"Name": "<feff516c76840020500b4ebad842dfb7>",
		} {
			if strings.Count(dict, "/"+key+" "+want+"\n") != 1 {
				t.Errorf("%v: not one %s %s in\n%s", k, key, want, dict)
			}
		}
		if out := b.must("pdfsig -nocert signed.pdf"); !strings.Contains(out, "Total document signed") || !strings.Contains(out, "Signing Hash Algorithm: SHA-256") || !strings.Contains(out, "Signature Type: adbe.pkcs7.detached") {
			t.Errorf("%v: %s", k, out)
		}
		b.must("pdfsig -dump signed.pdf")
		b.write("cms", bytes.TrimRight(b.read("signed.pdf.sig0"), "\x00"))
		out := b.must("openssl cms -cmsout -print -inform DER -in cms")
		for text, times := range map[string]int{
			"issuerAndSerialNumber": 1, "eContent: <ABSENT>": 1, "d.certificate": 1,
			"object: contentType (1.2.840.113549.1.9.3)": 1, "object: messageDigest (1.2.840.113549.1.9.4)": 1,
			"object: signingTime (1.2.840.113549.1.9.5)": 1, "object: id-smime-aa-signingCertificateV2 (1.2.840.113549.1.9.16.2.47)": 1,
			"algorithm: sha256 (2.16.840.1.101.3.4.2.1)": 2, "unsignedAttrs:\n          <ABSENT>": 1,
		} {
			if n := strings.Count(out, text); n != times {
				t.Errorf("%v: %d times %q, want %d\n%s", k, n, text, times, out)
			}
		}
	}
}
